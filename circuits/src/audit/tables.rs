//! Finds the lookup tables of a circuit in its constraints alone.
//!
//! A table counts only if everything that the argument of [`crate::gadgets::lookup`] needs is there: the
//! sum over all its fractions, one constraint for each fraction, entries that are constants and
//! differ, or combinations of wires, and a commitment that binds every multiplicity, every query, every
//! value of a function and every wire of an entry. The program that made the constraints is not asked.

use std::collections::{HashMap, HashSet};

use ark_bn254::Fr;
use ark_ff::{One, Zero};

use super::columns::Columns;
use super::domain::small;
use super::honest;
use crate::circuit::Circuit;
use crate::linear::Wire;
use crate::permutation;
use crate::r1cs::{Csr, R1cs};

/// A table: what satisfies the constraints (but for the error of the challenge) makes every query one
/// of the entries, and each multiplicity the number of queries of its entry, if no other entry equals it.
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    /// Value by argument, 0 for a range, if all arguments are constants: they then differ.
    pub(super) values: Option<HashMap<Fr, Fr>>,
    /// The queries.
    pub(super) queries: Vec<Query>,
    /// The arguments, if they are consecutive integers.
    pub(super) domain: Option<(i128, i128)>,
}

/// An entry: an affine argument, a value that is 0 unless it is a function's, and the wire of its multiplicity.
pub(super) struct Entry {
    /// Terms of the argument; wire 0 carries the constant.
    pub(super) argument: Vec<(usize, Fr)>,
    value: Fr,
    pub(super) multiplicity: usize,
}

impl Entry {
    /// The argument, if it is a constant.
    fn constant(&self) -> Option<Fr> {
        match self.argument.as_slice() {
            [] => Some(Fr::zero()),
            &[(0, constant)] => Some(constant),
            _ => None,
        }
    }
}

/// A query: an affine argument and, for a function, the wire that holds the value.
pub(super) struct Query {
    /// Terms of the argument; wire 0 carries the constant.
    pub(super) argument: Vec<(usize, Fr)>,
    pub(super) value: Option<usize>,
    /// The constraint `inverse * (challenge - query) = 1`, or the home row of a weight that says the same.
    pub(super) row: usize,
}

/// Wires and coefficients.
type Terms = Vec<(usize, Fr)>;

/// The witness says what rho has to be, the hash of its challenge: see [`Finder::is_rho`].
pub(super) fn find(circuit: &Circuit, columns: &Columns<'_>, witness: &[Fr]) -> Vec<Table> {
    let Some(commitment) = &circuit.commitment else { return Vec::new() };
    // Weights are fixed before the challenge too, by a commitment of their own.
    let committed = commitment.committed.iter().map(|&wire| wire as usize);
    let committed: HashSet<usize> = committed.chain(honest::weights(circuit)).collect();
    let r1cs = &circuit.r1cs;
    let rho =
        witness.get(Wire::CHALLENGE.index()).and_then(|&challenge| permutation::reference(&[challenge]));
    let finder = Finder { r1cs, columns, committed, witness, rho };
    (0..r1cs.num_constraints()).filter_map(|row| finder.table(row)).collect()
}

struct Finder<'a> {
    r1cs: &'a R1cs,
    columns: &'a Columns<'a>,
    committed: HashSet<usize>,
    witness: &'a [Fr],
    /// The hash of the witness' challenge.
    rho: Option<Fr>,
}

impl Finder<'_> {
    fn terms(&self, matrix: &Csr, row: usize) -> Vec<(usize, Fr)> {
        matrix.row(row).map(|(wire, c)| (wire as usize, self.r1cs.values[c as usize])).collect()
    }

    /// The one wire of a row, with coefficient 1.
    fn wire(&self, matrix: &Csr, row: usize) -> Option<usize> {
        match self.terms(matrix, row).as_slice() {
            &[(wire, c)] if c.is_one() => Some(wire),
            _ => None,
        }
    }

    /// The table whose sum this row is.
    fn table(&self, row: usize) -> Option<Table> {
        let r1cs = self.r1cs;
        if r1cs.a.row(row).next().is_some() || r1cs.b.row(row).next().is_some() {
            return None;
        }
        let mut table = Table { entries: Vec::new(), values: None, queries: Vec::new(), domain: None };
        for (fraction, sign) in self.terms(&r1cs.c, row) {
            let (row, denominator, numerator) = self.fraction(fraction)?;
            if sign.is_one() {
                table.entries.push(self.entry(&denominator, numerator)?);
            } else if sign == -Fr::one() && numerator == Wire::ONE.index() {
                table.queries.push(self.query(row, denominator)?);
            } else {
                return None;
            }
        }
        let constants = table.entries.iter().map(|entry| Some((entry.constant()?, entry.value)));
        table.values = constants.collect();
        match &table.values {
            Some(values) if values.len() < table.entries.len() => return None,
            // Of computed entries no two are told apart by a value.
            None if table.entries.iter().any(|entry| !entry.value.is_zero()) => return None,
            _ => {}
        }
        let arguments = table.values.iter().flat_map(HashMap::keys);
        let arguments: Option<Vec<i128>> = arguments.map(|&x| small(x)).collect();
        if let Some((lo, hi)) = arguments.and_then(|a| Some((*a.iter().min()?, *a.iter().max()?))) {
            let consecutive = hi - lo + 1 == table.entries.len() as i128;
            table.domain = consecutive.then_some((lo, hi));
        }
        (!table.queries.is_empty()).then_some(table)
    }

    /// The row `fraction * denominator = numerator`, its denominator less the challenge, and the wire of its numerator. In the
    /// home row of a weight the sides are exchanged, and both the denominator and the numerator, which is one, negated.
    fn fraction(&self, fraction: usize) -> Option<(usize, Terms, usize)> {
        let R1cs { a, b, c, .. } = self.r1cs;
        let without_challenge = |mut terms: Terms| {
            let position = terms.iter().position(|&term| term == (Wire::CHALLENGE.index(), Fr::one()))?;
            terms.remove(position);
            Some(terms)
        };
        let negated = |matrix, row| self.terms(matrix, row).into_iter().map(|(wire, c)| (wire, -c)).collect();
        let rows = self.columns.of(fraction).iter().map(|entry| entry.row());
        let mut found = rows.filter_map(|row| {
            if self.wire(a, row) == Some(fraction) {
                return Some((row, without_challenge(self.terms(b, row))?, self.wire(c, row)?));
            }
            let one = Wire::ONE.index();
            let is_home = self.wire(b, row) == Some(fraction) && negated(c, row) == [(one, Fr::one())];
            is_home.then(|| Some((row, without_challenge(negated(a, row))?, one)))?
        });
        found.next()
    }

    /// An entry, whose denominator holds constants, rho and committed wires, and so does not depend on the challenge but
    /// by rho.
    fn entry(&self, denominator: &[(usize, Fr)], multiplicity: usize) -> Option<Entry> {
        let mut entry = Entry { argument: Vec::new(), value: Fr::zero(), multiplicity };
        for &(wire, c) in denominator {
            match wire {
                _ if self.is_rho(wire) => entry.value = -c,
                _ => entry.argument.push((wire, -c)),
            }
        }
        let wires = entry.argument.iter().map(|&(wire, _)| wire).filter(|&wire| wire != 0);
        wires.chain([multiplicity]).all(|wire| self.committed.contains(&wire)).then_some(entry)
    }

    /// Rho is what the constraint of that name defines, and has the value of the challenge's hash: a table whose rho is
    /// another function of the challenge, such as the challenge itself, proves nothing. That no other wire has a part in it
    /// follows if its value is proven unique, as it has to be for a clean report.
    fn is_rho(&self, wire: usize) -> bool {
        if self.rho.is_none() || self.witness.get(wire).copied() != self.rho {
            return false;
        }
        let is_definition = |row: usize| {
            self.r1cs.violation(row).block == "lookup/rho/rho * 1 = hash of the challenge"
                && self.wire(&self.r1cs.a, row) == Some(wire)
                && self.wire(&self.r1cs.b, row) == Some(0)
        };
        self.columns.of(wire).iter().any(|entry| is_definition(entry.row()))
    }

    fn query(&self, row: usize, denominator: Vec<(usize, Fr)>) -> Option<Query> {
        let mut query = Query { argument: Vec::new(), value: None, row };
        for (wire, c) in denominator {
            match self.factor_of_rho(wire) {
                Some(value) if c == -Fr::one() && query.value.is_none() => query.value = Some(value),
                Some(_) => return None,
                None => query.argument.push((wire, -c)),
            }
        }
        let wires = query.argument.iter().map(|&(wire, _)| wire).filter(|&wire| wire != 0);
        wires.chain(query.value).all(|wire| self.committed.contains(&wire)).then_some(query)
    }

    /// The `y` of a constraint `rho * y = wire`.
    fn factor_of_rho(&self, wire: usize) -> Option<usize> {
        let rows = self.columns.of(wire).iter().map(|entry| entry.row());
        let mut factors = rows.filter_map(|row| {
            let is_product =
                self.wire(&self.r1cs.c, row)? == wire && self.is_rho(self.wire(&self.r1cs.a, row)?);
            self.wire(&self.r1cs.b, row).filter(|_| is_product)
        });
        factors.next()
    }
}
