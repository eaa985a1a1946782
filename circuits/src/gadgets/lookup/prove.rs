//! Turns what a builder has collected into digits, queries, multiplicities and constraints.

use ark_bn254::Fr;
use ark_ff::One;

use super::cost::{Demand, SCALED_BITS};
use crate::builder::Builder;
use crate::error::{BuildError, at};
use crate::gadgets::poseidon;
use crate::instruction::{Entries, Instruction, Table};
use crate::integer::half;
use crate::linear::{Lc, Wire};
use crate::lookups::{Check, Lookups, Query, Range, RequestedCombinations, RequestedFunction, Terms};

/// The tables of a circuit whose queries are all counted.
pub(crate) struct Tables {
    scopes: Vec<String>,
    tables: Vec<Counted>,
}

struct Counted {
    entries: Entries,
    /// The entries, where they are combinations.
    computed: Vec<Terms>,
    queries: Vec<Query>,
    multiplicities: Vec<Wire>,
}

impl Lookups {
    /// Digits of all ranges, then the multiplicities of all tables: the end of the first phase.
    pub(crate) fn count(mut self, b: &mut Builder) -> Result<Tables, BuildError> {
        // Functions are tables of the program already, in the order of their first use.
        let mut functions: Vec<_> = self.functions.drain(..).filter(|f| f.table.is_some()).collect();
        functions.sort_by_key(|function| function.table);
        let mut tables: Vec<Counted> = functions
            .into_iter()
            .map(|RequestedFunction { lo, values, queries, .. }| Counted {
                entries: Entries::Function { lo, values },
                computed: Vec::new(),
                queries,
                multiplicities: Vec::new(),
            })
            .collect();
        for RequestedCombinations { entries: computed, queries } in self.combinations.drain(..) {
            let count = u32::try_from(computed.len())
                .map_err(|_| BuildError::TooLarge { what: "entries of a table" })?;
            let entries = Entries::Combinations { count };
            tables.push(Counted { entries, computed, queries, multiplicities: Vec::new() });
        }
        if !self.checks.is_empty() {
            let width = self.demand().best_width();
            let mut queries = Vec::new();
            for check in std::mem::take(&mut self.checks) {
                let scope = at("scopes", &self.scopes, check.scope as usize)?;
                decompose(b, scope, &check, width, &mut queries)?;
            }
            let bits = u8::try_from(width).map_err(|_| BuildError::TooLarge { what: "bits" })?;
            tables.push(Counted {
                entries: Entries::Range { bits },
                computed: Vec::new(),
                queries,
                multiplicities: Vec::new(),
            });
        }
        *b.tables() = tables.iter().map(Counted::table).collect::<Result<_, _>>()?;
        if !tables.is_empty() {
            b.instruct_raw(Instruction::Count, tables.iter().flat_map(Counted::operands))?;
            for table in &mut tables {
                table.multiplicities =
                    (0..table.entries.len()).map(|_| b.integer_wire()).collect::<Result<_, _>>()?;
            }
        }
        Ok(Tables { scopes: self.scopes, tables })
    }

    fn demand(&self) -> Demand {
        let mut demand = Demand::default();
        for check in &self.checks {
            match check.range {
                Range::Exact { bits } => demand.add_exact(bits, 1),
                Range::Integer { bits } => demand.add_integer(bits, 1),
                Range::Loose { bits } => demand.add_loose(bits, 1),
                Range::Within { bits, most } => demand.add_within(bits, most, 1),
                Range::Sign { magnitude, .. } => demand.add_integer(magnitude, 1),
            }
        }
        demand
    }
}

/// What a query reads: its argument and, of a function, its value.
fn operands(query: &Query) -> impl Iterator<Item = &[(Wire, i64)]> {
    std::iter::once(query.x.as_slice()).chain(query.y.as_ref().map(|y| y.as_slice()))
}

/// Digits of one range, as queries: see [`super::digits`].
fn decompose(
    b: &mut Builder,
    scope: &str,
    check: &Check,
    width: u32,
    queries: &mut Vec<Query>,
) -> Result<(), BuildError> {
    let mut home = check.weight;
    let mut value = check.value.clone();
    if let Some(weight) = home.filter(|weight| u32::from(weight.bits) < width) {
        // Its one digit is queried twice, and a weight stands in one row: a copy of it does.
        let copy = b.scope(scope, |b| b.copy_weight(&weight))?;
        (home, value) = (None, copy.add_const(half(weight.bits.into()))?);
    }
    let terms = value.terms();
    let (terms, bits, is_exact) = match &check.range {
        Range::Exact { bits } => (terms.to_vec(), *bits, true),
        Range::Loose { bits } => (terms.to_vec(), *bits, false),
        Range::Within { bits, most } => (terms.to_vec(), *bits, bits.next_multiple_of(width) > *most),
        Range::Integer { bits } => {
            // Scaled to whole digits, unless that would leave 64 bits.
            let rounded = bits.next_multiple_of(width);
            let factor = if rounded <= SCALED_BITS { 1i64 << (rounded - bits) } else { 1 };
            match scaled(terms.to_vec(), factor) {
                Ok(terms) if factor > 1 => (terms, rounded, true),
                _ => (terms.to_vec(), *bits, true),
            }
        }
        Range::Sign { magnitude, non_negative } => {
            let rounded = magnitude.next_multiple_of(width);
            let bits = if rounded <= SCALED_BITS { rounded } else { *magnitude };
            let weight = 1i64 << bits;
            let mut terms = terms.to_vec();
            terms.push((Wire::ONE, weight));
            terms.extend(non_negative.terms().iter().map(|&(wire, c)| (wire, -c * weight)));
            (merge(terms)?, bits, true)
        }
    };
    let count = bits.div_ceil(width);
    let mut digits: Vec<Wire> = Vec::new();
    if count > 1 {
        let narrow = |n: u32| u8::try_from(n).map_err(|_| BuildError::TooLarge { what: "digits" });
        let (width, count) = (narrow(width)?, narrow(count - 1)?);
        b.instruct_raw(Instruction::Limbs { from: width, width, count }, [terms.as_slice()])?;
        digits = (0..count).map(|_| b.integer_wire()).collect::<Result<_, _>>()?;
    }
    // Digit 0 completes the sum. The new wires come behind all others: the terms stay sorted.
    let mut digit_0 = terms;
    digit_0.extend((1..).zip(&digits).map(|(i, &digit)| (digit, -(1i64 << (width * i)))));
    let mut all: Vec<Terms> = vec![digit_0];
    all.extend(digits.iter().map(|&digit| vec![(digit, 1)]));
    if is_exact && !bits.is_multiple_of(width) {
        let factor = 1i64 << (width * count - bits);
        let top = at("digits", &all, all.len() - 1)?.clone();
        all.push(scaled(top, factor)?);
    }
    // Of a weight, digit 0 is the home row; the others are wires.
    let query = |x| Query { scope: check.scope, x, y: None, weight: home.take() };
    queries.extend(all.into_iter().map(query));
    Ok(())
}

fn overflow() -> BuildError {
    BuildError::Overflow { operation: "range by lookup", lo: i128::MIN, hi: i128::MAX }
}

/// Adds up the coefficients of each wire.
fn merge(mut terms: Terms) -> Result<Terms, BuildError> {
    terms.sort_unstable_by_key(|&(wire, _)| wire);
    let mut merged: Terms = Vec::with_capacity(terms.len());
    for (wire, c) in terms {
        match merged.last_mut() {
            Some((last, sum)) if *last == wire => *sum = sum.checked_add(c).ok_or_else(overflow)?,
            _ => merged.push((wire, c)),
        }
    }
    merged.retain(|&(_, c)| c != 0);
    Ok(merged)
}

fn scaled(terms: Terms, factor: i64) -> Result<Terms, BuildError> {
    let scale = |(wire, c): (Wire, i64)| Ok((wire, c.checked_mul(factor).ok_or_else(overflow)?));
    terms.into_iter().map(scale).collect()
}

impl Tables {
    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Mask, rho, and the three equations of each table: all that lies behind the challenge.
    pub(crate) fn prove(self, b: &mut Builder) -> Result<(), BuildError> {
        let (one, challenge) = (Lc::constant(Fr::one()), Lc::wire(Wire::CHALLENGE));
        b.instruct_raw(Instruction::Mask, [])?;
        let mask = Lc::wire(b.element_wire()?);
        b.enforce_in("lookup", "mask * 1 = mask", [&mask, &one, &mask])?;
        let rho = if self.tables.iter().any(|table| table.entries.columns() > 1) {
            b.scope("lookup/rho", |b| -> Result<Lc, BuildError> {
                let hash = poseidon::hash(b, std::slice::from_ref(&challenge))?;
                b.instruct_elements(Instruction::Element, std::slice::from_ref(&hash))?;
                let rho = Lc::wire(b.element_wire()?);
                b.enforce("rho * 1 = hash of the challenge", &rho, &one, &hash)?;
                Ok(rho)
            })?
        } else {
            Lc::zero()
        };
        b.instruct_raw(Instruction::Fractions, [])?;
        for (index, table) in self.tables.iter().enumerate() {
            table.prove(b, &self.scopes, &format!("lookup/table {index}"), &challenge, &rho)?;
        }
        Ok(())
    }
}

impl Counted {
    /// What is read to count: entries that are combinations, then the queries.
    fn operands(&self) -> impl Iterator<Item = &[(Wire, i64)]> {
        self.computed.iter().map(Vec::as_slice).chain(self.queries.iter().flat_map(operands))
    }

    fn table(&self) -> Result<Table, BuildError> {
        let queries = u32::try_from(self.queries.len())
            .map_err(|_| BuildError::TooLarge { what: "queries of a table" })?;
        Ok(Table { entries: self.entries.clone(), queries })
    }

    fn prove(
        &self,
        b: &mut Builder,
        scopes: &[String],
        name: &str,
        challenge: &Lc,
        rho: &Lc,
    ) -> Result<(), BuildError> {
        let one = Lc::constant(Fr::one());
        let mut sum = Vec::with_capacity(self.multiplicities.len() + self.queries.len());
        let mut argument = match self.entries {
            Entries::Range { .. } | Entries::Combinations { .. } => challenge.clone(),
            Entries::Function { lo, .. } => challenge.minus(&Lc::constant(Fr::from(lo))),
        };
        for (position, &multiplicity) in (0u32..).zip(&self.multiplicities) {
            let denominator = match &self.entries {
                // An entry of a range has no second column.
                Entries::Range { .. } => argument.clone(),
                Entries::Function { values, .. } => {
                    let value = *at("values of a function", values, position as usize)?;
                    argument.plus_scaled(rho, -Fr::from(value))
                }
                Entries::Combinations { .. } => {
                    let entry = at("entries of a table", &self.computed, position as usize)?;
                    challenge.minus(&Lc::from_terms(entry.iter().map(|&(w, c)| (w, Fr::from(c))).collect()))
                }
            };
            let fraction = b.element_wire()?;
            let sides = [&Lc::wire(fraction), &denominator, &Lc::wire(multiplicity)];
            b.enforce_in(name, "fraction * (challenge - entry) = multiplicity", sides)?;
            sum.push((fraction, Fr::one()));
            if self.computed.is_empty() {
                argument = argument.minus(&one);
            }
        }
        for query in &self.queries {
            let scope = at("scopes", scopes, query.scope as usize)?.as_str();
            let mut terms = vec![(Wire::CHALLENGE, Fr::one())];
            terms.extend(query.x.iter().map(|&(wire, c)| (wire, -Fr::from(c))));
            if let Some([(value, _)]) = query.y {
                let product = b.element_wire()?;
                let sides = [rho, &Lc::wire(value), &Lc::wire(product)];
                b.enforce_in(scope, "rho * value = product", sides)?;
                terms.push((product, -Fr::one()));
            }
            let inverse = b.element_wire()?;
            let denominator = Lc::from_terms(terms);
            if let Some(weight) = &query.weight {
                let sides = [denominator.scaled(-Fr::one()), Lc::wire(inverse), one.scaled(-Fr::one())];
                b.scope(scope, |b| b.home_row(weight, "(query - challenge) * inverse = -1", sides))?;
            } else {
                let sides = [&Lc::wire(inverse), &denominator, &one];
                b.enforce_in(scope, "inverse * (challenge - query) = 1", sides)?;
            }
            sum.push((inverse, -Fr::one()));
        }
        // On the C side alone, which a prover derives from the other two.
        let (zero, sum) = (Lc::zero(), Lc::from_terms(sum));
        b.enforce_in(name, "fractions of entries = fractions of queries", [&zero, &zero, &sum])
    }
}
