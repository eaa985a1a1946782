//! What lies behind the challenge of a circuit with lookups, on values: the fractions of all tables. See
//! [`crate::gadgets::lookup`] for the equations.

use ark_bn254::Fr;
use ark_ff::{One, Zero};

use crate::error::{Missing, at};
use crate::instruction::Entries;
use crate::program::WitnessProgram;

/// The wires of all fractions, and whether one of them has no value.
pub(crate) struct Fractions {
    pub(crate) wires: Vec<Fr>,
    /// A denominator is zero: the challenge is the value of an entry or of a query.
    pub(crate) is_undefined: bool,
}

/// Computes them with one inversion in the field: a query has the denominator of the entry that it hits. A query that
/// hits none gets its own, and the sums will not agree.
///
/// `elements` are the wires so far; `positions` says which entry each query hits, as far as it is known; `offset` is
/// added to each operand of a query.
pub(crate) fn of(
    program: &WitnessProgram,
    challenge: Fr,
    elements: &[Fr],
    positions: &[Option<u32>],
    offset: impl Fn(usize) -> i64,
) -> Result<Fractions, Missing> {
    let entries: usize = program.tables.iter().map(|table| table.entries.len()).sum();
    let rho_wires = program.rho_wires();
    let (len, behind) = (elements.len(), rho_wires + 1 + entries);
    let first_count = len.checked_sub(behind).ok_or(Missing { what: "wires", index: behind, len })?;
    let rho = if rho_wires > 0 { *at("wires", elements, len - 1)? } else { Fr::zero() };

    // An operand of `Instruction::Count` over the field.
    let operand_value = |operand: usize| -> Result<Fr, Missing> {
        let mut sum = Fr::from(offset(operand));
        for &(wire, c) in program.integers.get(operand)? {
            let value = *at("wires", elements, wire as usize)?;
            sum += if c == 1 { value } else { value * Fr::from(c) };
        }
        Ok(sum)
    };
    let mut denominators = Vec::with_capacity(entries);
    let mut operand = program.first_query()?;
    for table in &program.tables {
        match &table.entries {
            Entries::Range { .. } => {
                let mut next = challenge;
                for _ in 0..table.entries.len() {
                    denominators.push(next);
                    next -= Fr::one();
                }
            }
            Entries::Function { lo, values } => {
                let mut next = challenge - Fr::from(*lo);
                for &value in values {
                    denominators.push(next - rho * Fr::from(value));
                    next -= Fr::one();
                }
            }
            Entries::Combinations { .. } => {
                for entry in 0..table.entries.operands() {
                    denominators.push(challenge - operand_value(operand + entry)?);
                }
            }
        }
        operand += table.operands();
    }
    let mut queries = Vec::new(); // value of the second column, position of the denominator
    let (mut operand, mut known, mut first_entry) = (program.first_query()?, positions.iter(), 0);
    for table in &program.tables {
        let columns = table.entries.columns();
        operand += table.entries.operands();
        for _ in 0..table.queries {
            let value = if table.entries.is_function() { operand_value(operand + 1)? } else { Fr::zero() };
            match known.next() {
                Some(&Some(position)) => queries.push((value, first_entry + position as usize)),
                // Not in the table, or not known to be.
                Some(None) | None => {
                    queries.push((value, denominators.len()));
                    denominators.push(challenge - operand_value(operand)? - rho * value);
                }
            }
            operand += columns;
        }
        first_entry += table.entries.len();
    }
    let is_undefined = denominators.iter().any(Zero::is_zero);
    ark_ff::batch_inversion(&mut denominators);

    let mut wires = Vec::with_capacity(program.tables.iter().map(|table| table.fractions()).sum());
    let (mut queries, mut entry) = (queries.into_iter(), 0);
    for table in &program.tables {
        for _ in 0..table.entries.len() {
            let count = *at("multiplicities", elements, first_count + entry)?;
            // Most entries are queried rarely.
            wires.push(if count.is_zero() {
                count
            } else {
                count * at("denominators", &denominators, entry)?
            });
            entry += 1;
        }
        for (value, position) in queries.by_ref().take(table.queries()) {
            if table.entries.is_function() {
                wires.push(rho * value);
            }
            wires.push(*at("denominators", &denominators, position)?);
        }
    }
    Ok(Fractions { wires, is_undefined })
}
