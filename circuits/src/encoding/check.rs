//! What a circuit's bytes must say beyond their form: canonical matrices, and a program that can be run.

use std::collections::HashSet;

use ark_bn254::Fr;
use ark_ff::Zero;

use super::bytes::check_index;
use crate::error::{DecodeError, Missing, at_mut};
use crate::instruction::{Choice, HashOutput, Instruction, Table};
use crate::linear::Wire;
use crate::permutation;
use crate::program::WitnessProgram;
use crate::r1cs::{NUM_INSTANCE, R1cs};

/// No value is zero, none occurs twice.
pub(super) fn check_values(field: &'static str, values: &[Fr]) -> Result<(), DecodeError> {
    let mut seen = HashSet::with_capacity(values.len());
    if values.iter().any(|value| value.is_zero() || !seen.insert(*value)) {
        return Err(DecodeError::NotCanonical { field, rule: "values are distinct and not zero" });
    }
    Ok(())
}

/// Indices into a table whose entries are in the order of their first use.
pub(super) struct FirstUse {
    field: &'static str,
    next: u32,
}

impl FirstUse {
    pub(super) fn new(field: &'static str) -> Self {
        Self { field, next: 0 }
    }

    pub(super) fn see(&mut self, index: u32, len: usize) -> Result<(), DecodeError> {
        check_index(self.field, index.into(), len as u64)?;
        if index > self.next {
            return Err(DecodeError::NotCanonical { field: self.field, rule: "in the order of first use" });
        }
        self.next += u32::from(index == self.next);
        Ok(())
    }

    pub(super) fn finish(self, len: usize) -> Result<(), DecodeError> {
        if self.next as usize == len {
            return Ok(());
        }
        Err(DecodeError::NotCanonical { field: self.field, rule: "every value is used" })
    }
}

/// Ascending wires below `limit`.
fn check_ascending(
    field: &'static str,
    wires: impl Iterator<Item = u32>,
    limit: usize,
) -> Result<(), DecodeError> {
    let mut previous = None;
    for wire in wires {
        check_index(field, wire.into(), limit as u64)?;
        if previous.is_some_and(|p| p >= wire) {
            return Err(DecodeError::NotCanonical { field, rule: "wires ascend" });
        }
        previous = Some(wire);
    }
    Ok(())
}

pub(super) fn check_matrices(r1cs: &R1cs) -> Result<(), DecodeError> {
    let matrices = [&r1cs.a, &r1cs.b, &r1cs.c];
    // Every wire occurs, so there are no more wires than entries: only then allocate by wires.
    let (wires, entries) = (r1cs.num_wires(), matrices.iter().map(|m| m.nonzeros()).sum::<usize>());
    if r1cs.num_witness > entries {
        let (expected, found) = (entries as u64, r1cs.num_witness as u64);
        return Err(DecodeError::Mismatch {
            what: "witness wires, at most one a matrix entry",
            expected,
            found,
        });
    }
    let mut coefficients = FirstUse::new("coefficients");
    let mut occurs = vec![false; wires];
    for row in 0..r1cs.num_constraints() {
        for matrix in matrices {
            check_ascending("matrix wire", matrix.row(row).map(|(wire, _)| wire), wires)?;
            for (wire, coefficient) in matrix.row(row) {
                coefficients.see(coefficient, r1cs.values.len())?;
                *at_mut("wires", &mut occurs, wire as usize)? = true;
            }
        }
    }
    coefficients.finish(r1cs.values.len())?;
    match occurs.iter().skip(1).position(|occurs| !occurs) {
        None => Ok(()),
        Some(_) => Err(DecodeError::NotCanonical { field: "constraints", rule: "every wire occurs in one" }),
    }
}

/// Follows the program without values: which wires exist at each step, and which hold integers.
pub(super) fn check_program(program: &WitnessProgram) -> Result<(), DecodeError> {
    let limit = program.num_wires as usize;
    check_phases(program)?;
    check_weights(program)?;
    // Digest and challenge are wires, but no integers.
    let mut is_integer = Vec::with_capacity(limit);
    is_integer.push(true);
    is_integer.resize(program.num_instance(), false);
    let (mut integers, mut elements, mut inputs, mut digests) = (0usize, 0usize, program.inputs.iter(), 0u64);
    let (mut has_challenge, mut has_member) = (false, false);
    let input_instructions = program.instructions.iter().filter(|&&i| i == Instruction::Input).count();
    let functions = program.tables.iter().filter(|table| table.entries.is_function()).count();
    let mut choices = 0u32;
    for &instruction in &program.instructions {
        if let Instruction::Choose { choice } = instruction {
            // Each is searched once: work is linear in the bytes.
            if choice != choices {
                return Err(DecodeError::NotCanonical {
                    field: "choice",
                    rule: "each is used once, in order",
                });
            }
            choices += 1;
        }
        // Before the loop: a table may claim any number of queries.
        let behind = integers.saturating_add(program.integer_operands(instruction));
        if behind > program.integers.len() {
            let (expected, found) = (behind as u64, program.integers.len() as u64);
            return Err(DecodeError::Mismatch { what: "integer combinations", expected, found });
        }
        for operand in integers..behind {
            check_integers(program.integers.get(operand)?, &is_integer)?;
        }
        integers = behind;
        let mut constants = 0;
        let first = elements;
        elements += WitnessProgram::element_operands(instruction);
        if elements > program.elements.len() {
            let (expected, found) = (elements as u64, program.elements.len() as u64);
            return Err(DecodeError::Mismatch { what: "element combinations", expected, found });
        }
        for operand in first..elements {
            let terms = program.elements.get(operand)?;
            check_ascending("element wire", terms.iter().map(|t| t.0), is_integer.len())?;
            let early = |wire: u32| {
                !has_challenge && wire == Wire::CHALLENGE.0 && program.num_instance() > NUM_INSTANCE
            };
            if terms.iter().any(|t| t.0 == Wire::DIGEST.0 || early(t.0)) {
                return Err(DecodeError::NotCanonical {
                    field: "element wire",
                    rule: "the digest is not read, the challenge only behind it",
                });
            }
            constants += usize::from(terms.iter().all(|t| t.0 == Wire::ONE.0));
        }
        let tables = || program.tables.iter();
        let (count, kind) = match instruction {
            Instruction::Weights => (program.num_weights().saturating_add(1), true),
            Instruction::Input => {
                let input = inputs.next().ok_or(DecodeError::Mismatch {
                    what: "input instructions",
                    expected: program.inputs.len() as u64,
                    found: input_instructions as u64,
                })?;
                (input.len as usize, true)
            }
            Instruction::Context => (2, false),
            Instruction::Salt | Instruction::Element | Instruction::Product => (1, false),
            Instruction::Member { depth } => {
                if std::mem::replace(&mut has_member, true) {
                    let rule = "there is at most one member input";
                    return Err(DecodeError::NotCanonical { field: "instructions", rule });
                }
                // Secret, salt, scope; bits and siblings.
                (4 + 2 * usize::from(depth), false)
            }
            Instruction::Bits { count, .. } | Instruction::Limbs { count, .. } => (usize::from(count), true),
            Instruction::Quotient { .. } | Instruction::MultiplyAdd | Instruction::Maximum { .. } => {
                (1, true)
            }
            Instruction::IsZero => (2, true),
            Instruction::Apply { table } => {
                check_index("table of a function", table.into(), functions as u64)?;
                (1, true)
            }
            Instruction::Choose { choice } => {
                (program.choices.get(choice as usize).map_or(0, Choice::wires), true)
            }
            Instruction::Regions { tail, .. } => (2 + usize::from(tail), true),
            Instruction::Poseidon { arity, output } => {
                let is_digest = output == HashOutput::Digest;
                digests += u64::from(is_digest);
                let arity = usize::from(arity);
                let unknown =
                    Missing { what: "widths of Poseidon", index: arity, len: permutation::MAX_ARITY };
                let wires = permutation::wires(arity, 1 + constants).ok_or(unknown)?;
                (wires.saturating_sub(usize::from(is_digest)), false)
            }
            Instruction::Count => (tables().map(|t| t.entries.len()).fold(0, usize::saturating_add), true),
            Instruction::Mask => {
                has_challenge = true;
                (1, false)
            }
            Instruction::Fractions => (tables().map(Table::fractions).fold(0, usize::saturating_add), false),
        };
        let written = is_integer.len().saturating_add(count);
        check_index("wire written", written as u64, limit as u64 + 1)?;
        is_integer.resize(written, kind);
        // An inverse, or the mask of the weights.
        if let (Instruction::IsZero | Instruction::Weights, Some(element)) =
            (instruction, is_integer.last_mut())
        {
            *element = false;
        }
    }
    let outputs: u64 = program.outputs.iter().map(|&len| u64::from(len)).sum();
    for i in integers..program.integers.len() {
        check_integers(program.integers.get(i)?, &is_integer)?;
    }
    let counts = [
        ("wires written", limit as u64, is_integer.len() as u64),
        ("input tensors read", program.inputs.len() as u64, (program.inputs.len() - inputs.len()) as u64),
        ("choices", program.choices.len() as u64, choices.into()),
        ("hashes to the digest", 1, digests),
        ("integer combinations", (integers as u64).saturating_add(outputs), program.integers.len() as u64),
        ("element combinations", elements as u64, program.elements.len() as u64),
    ];
    match counts.into_iter().find(|(_, expected, found)| expected != found) {
        Some((what, expected, found)) => Err(DecodeError::Mismatch { what, expected, found }),
        None => Ok(()),
    }
}

/// Lookups end the first phase with the counts and make the second; a plain circuit has neither.
fn check_phases(program: &WitnessProgram) -> Result<(), DecodeError> {
    use Instruction as I;
    let is_lookup = |i: &I| matches!(i, I::Count | I::Mask | I::Element | I::Fractions);
    let tail: &[I] = match (program.tables.is_empty(), program.rho_wires() > 0) {
        (true, _) => &[],
        (false, false) => &[I::Count, I::Mask, I::Fractions],
        (false, true) => {
            let output = HashOutput::Linear;
            &[I::Count, I::Mask, I::Poseidon { arity: 1, output }, I::Element, I::Fractions]
        }
    };
    match program.instructions.strip_suffix(tail) {
        Some(rest) if !rest.iter().any(is_lookup) => Ok(()),
        _ => Err(DecodeError::NotCanonical {
            field: "instructions",
            rule: "the instructions of lookups are the last ones",
        }),
    }
}

/// Weights are written first, once, and where there are some.
fn check_weights(program: &WitnessProgram) -> Result<(), DecodeError> {
    let mut instructions = program.instructions.iter();
    let has_weights = !program.weights.is_empty();
    let is_first = !has_weights || instructions.next() == Some(&Instruction::Weights);
    if is_first && !instructions.any(|&instruction| instruction == Instruction::Weights) {
        return Ok(());
    }
    let rule = "weights are written first, once, and where there are some";
    Err(DecodeError::NotCanonical { field: "instructions", rule })
}

fn check_integers(terms: &[(u32, i64)], is_integer: &[bool]) -> Result<(), DecodeError> {
    check_ascending("integer wire", terms.iter().map(|t| t.0), is_integer.len())?;
    let reads_integers = terms.iter().all(|t| is_integer.get(t.0 as usize) == Some(&true));
    if reads_integers {
        return Ok(());
    }
    Err(DecodeError::NotCanonical { field: "integer wire", rule: "integer code reads integer wires" })
}
