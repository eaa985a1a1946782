//! Uniqueness by propagation: which wires have one possible value, given those that the prover
//! chooses freely (inputs, context, salts)?
//!
//! Rules, each sound by itself, applied until nothing changes:
//! - *Linear.* A constraint in which only one unknown wire is left, linearly, determines it.
//! - *Bit.* `L * L = L` or `L * (L - 1) = 0` says that `L` is 0 or 1: a domain for the wire, if `L` is one wire; a range for a
//!   wire that is a sum of bits; else an equation with one more unknown bit.
//! - *Digits.* A linear equation `sum c_i * u_i = t` over wires with domains `{0, g_i, ..., h_i * g_i}`, or such a domain shifted, has at most one
//!   solution if each `c_i * g_i` exceeds the sum of all smaller `c_j * h_j * g_j`, and nothing wraps around the
//!   modulus. It is solved from the largest down, or refuted; and it is refuted where `t` is out of reach.
//! - *Products.* `b * L = u` with a bit `b` gives `u` a domain: `{0, L}` if `L` is known, else `[0, max L]`. It narrows as more
//!   becomes known.
//! - *Tables.* A query of a table that [`super::tables`] finds in the constraints is one of its entries: a
//!   domain for a range, the value of a function for a known argument. Once all queries of a table are
//!   known, so are its multiplicities. This is the one rule that a challenge can break, by chance.
//! - *Cases* ([`super::cases`]). A wire with two values, of which one leads to a contradiction by the rules above, is determined.
//! - *Factors* (there too). Where a product is zero whose factors are all known but for one and the same wire, the wire is a root of one of
//!   them; if all roots but one lead to a contradiction, it is determined.
//!
//! Whatever remains unknown is reported. The method is that of Ecne and Picus, cut down to what this
//! crate's gadgets need, so a gap shows as a false alarm and never as a missed wire.

use std::collections::{HashMap, VecDeque};

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

use super::domain::{Affine, Digit, Digits, Domain, SMALL, collision, from_small, small};
use super::tables::{self, Table};
use super::{Allowed, Columns, Report, audited, escape};
use crate::circuit::{Circuit, Witness};
use crate::linear::Wire;
use crate::program::Instruction;
use crate::r1cs::{Csr, R1cs};

/// Proves that every wire is determined by inputs, context and salts; `escapes` lists those for which
/// no proof was found. The witness must satisfy the constraints: it supplies the values of the
/// free wires, and each value derived is compared with it.
pub fn uniqueness(circuit: &Circuit, witness: &Witness, allow: &[Allowed<'_>]) -> Report {
    let columns = Columns::new(&circuit.r1cs);
    let tables = tables::find(circuit, &columns, &witness.values);
    let queries = (0..)
        .zip(&tables)
        .flat_map(|(t, table)| (0..).zip(&table.queries).map(move |(q, query)| (query.row, (t, q))));
    let mut knowledge = Knowledge {
        r1cs: &circuit.r1cs,
        columns: &columns,
        queries: queries.collect(),
        tables: &tables,
        value: vec![None; witness.values.len()],
        domain: vec![None; witness.values.len()],
        undo: Vec::new(),
        queue: VecDeque::new(),
        queued: vec![false; circuit.r1cs.num_constraints()],
    };
    for wire in free_wires(circuit) {
        knowledge.value[wire] = Some(witness.values[wire]);
    }
    (0..circuit.r1cs.num_constraints()).for_each(|row| knowledge.enqueue(row));
    let consistent = knowledge.propagate()
        && knowledge.split_cases(&witness.values)
        && knowledge.count_queries()
        && knowledge.split_cases(&witness.values);
    let mut report = Report { wires: audited(circuit).len(), ..Report::default() };
    for wire in audited(circuit) {
        if consistent && knowledge.value[wire] == Some(witness.values[wire]) {
            report.checks += 1;
        } else {
            report.escapes.push(escape(
                &circuit.r1cs,
                &columns,
                wire,
                "no proof that its value is unique".into(),
            ));
        }
    }
    report.settle(allow)
}

/// The constant one, challenge, inputs, context and salts.
pub(super) fn free_wires(circuit: &Circuit) -> Vec<usize> {
    let program = &circuit.program;
    let mut free = vec![0];
    free.extend(circuit.commitment.iter().map(|_| Wire::CHALLENGE.index()));
    let (mut next, mut inputs) = (circuit.r1cs.num_instance, program.inputs.iter());
    for (&instruction, written) in program.instructions.iter().zip(program.wires_written()) {
        let is_free = match instruction {
            Instruction::Input => inputs.next().is_some(),
            Instruction::Context | Instruction::Salt => true,
            _ => false,
        };
        if is_free {
            free.extend(next..next + written);
        }
        next += written;
    }
    free
}

/// What a constraint says once the known wires are filled in.
pub(super) enum Reduced {
    /// `sum = 0`.
    Linear(Affine),
    /// `sum` is 0 or 1.
    Bit(Affine),
    /// The product of the first two is the third.
    Product(Affine, Affine, Affine),
}

pub(super) enum Undo {
    Value(usize),
    Domain(usize, Option<Domain>),
}

pub(super) struct Knowledge<'a> {
    pub(super) r1cs: &'a R1cs,
    pub(super) columns: &'a Columns,
    tables: &'a [Table],
    /// Which table and query a constraint belongs to.
    queries: HashMap<usize, (usize, usize)>,
    pub(super) value: Vec<Option<Fr>>,
    /// The values of a wire that is proven to be one of a few small integers.
    pub(super) domain: Vec<Option<Domain>>,
    pub(super) undo: Vec<Undo>,
    queue: VecDeque<usize>,
    queued: Vec<bool>,
}

impl Knowledge<'_> {
    fn enqueue(&mut self, row: usize) {
        if !std::mem::replace(&mut self.queued[row], true) {
            self.queue.push_back(row);
        }
    }

    fn enqueue_rows_of(&mut self, wire: usize) {
        for i in 0..self.columns.of(wire).len() {
            self.enqueue(self.columns.of(wire)[i].row);
        }
    }

    /// Applies the rules until the queue is empty; false on a contradiction.
    pub(super) fn propagate(&mut self) -> bool {
        while let Some(row) = self.queue.pop_front() {
            self.queued[row] = false;
            if !self.learn_from(row) {
                for row in self.queue.drain(..) {
                    self.queued[row] = false;
                }
                return false;
            }
        }
        true
    }

    fn affine(&self, matrix: &Csr, row: usize) -> Affine {
        self.affine_of(matrix.row(row).map(|(wire, c)| (wire as usize, self.r1cs.values[c as usize])))
    }

    fn affine_of(&self, terms: impl Iterator<Item = (usize, Fr)>) -> Affine {
        let mut affine = Affine { terms: Vec::new(), constant: Fr::zero() };
        for (wire, coefficient) in terms {
            match self.value[wire] {
                Some(value) => affine.constant += value * coefficient,
                None => affine.terms.push((wire, coefficient)),
            }
        }
        affine
    }

    pub(super) fn reduce(&self, row: usize) -> Reduced {
        let (a, b, c) =
            (self.affine(&self.r1cs.a, row), self.affine(&self.r1cs.b, row), self.affine(&self.r1cs.c, row));
        match (a.terms.is_empty(), b.terms.is_empty()) {
            (true, _) => Reduced::Linear(b.scaled_minus(a.constant, &c)),
            (_, true) => Reduced::Linear(a.scaled_minus(b.constant, &c)),
            _ if a == b && b == c => Reduced::Bit(a),
            // L * (L - 1) = 0
            _ if a.is_one_more_than(&b) && c.terms.is_empty() && c.constant.is_zero() => Reduced::Bit(a),
            _ => Reduced::Product(a, b, c),
        }
    }

    fn learn_from(&mut self, row: usize) -> bool {
        if let Some(&(table, query)) = self.queries.get(&row)
            && !self.learn_from_query(table, query)
        {
            return false;
        }
        match self.reduce(row) {
            Reduced::Product(a, b, c) => self.bound_product(&a, &b, &c),
            Reduced::Linear(affine) => match affine.terms.as_slice() {
                [] => affine.constant.is_zero(),
                [(wire, c)] => match c.inverse() {
                    Some(inverse) => self.set(*wire, -affine.constant * inverse),
                    None => true,
                },
                _ => self.derive_multiple(&affine) && self.solve_digits(&affine, 0) != Digits::None,
            },
            Reduced::Bit(affine) => match affine.terms.as_slice() {
                [] => affine.constant.is_zero() || affine.constant.is_one(),
                _ => self.derive_domain(&affine, 1) && self.solve_digits(&affine, 1) != Digits::None,
            },
        }
    }

    /// The tables rule, for one query.
    fn learn_from_query(&mut self, table: usize, query: usize) -> bool {
        let tables = self.tables;
        let (table, query) = (&tables[table], &tables[table].queries[query]);
        let argument = self.affine_of(query.argument.iter().copied());
        if argument.terms.is_empty() {
            return match (table.values.get(&argument.constant), query.value) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(&value), Some(wire)) => self.set(wire, value),
            };
        }
        let Some((lo, hi)) = table.domain else { return true };
        let mut offset = argument;
        offset.constant -= from_small(lo);
        self.derive_domain(&offset, hi - lo) && self.solve_digits(&offset, hi - lo) != Digits::None
    }

    /// The tables rule, for multiplicities; then propagates.
    fn count_queries(&mut self) -> bool {
        for table in self.tables {
            let argument = |query: &tables::Query| {
                let affine = self.affine_of(query.argument.iter().copied());
                affine.terms.is_empty().then_some(affine.constant)
            };
            let Some(arguments) = table.queries.iter().map(argument).collect::<Option<Vec<Fr>>>() else {
                continue;
            };
            let mut counts: HashMap<Fr, u64> = HashMap::new();
            arguments.into_iter().for_each(|x| *counts.entry(x).or_default() += 1);
            for (argument, wire) in &table.multiplicities {
                let count = counts.get(argument).copied().unwrap_or(0);
                if !self.set(*wire, Fr::from(count)) {
                    return false;
                }
            }
        }
        self.propagate()
    }

    pub(super) fn set(&mut self, wire: usize, value: Fr) -> bool {
        if let Some(known) = self.value[wire] {
            return known == value;
        }
        if self.domain[wire].is_some_and(|domain| small(value).is_none_or(|v| !domain.contains(v))) {
            return false;
        }
        self.value[wire] = Some(value);
        self.undo.push(Undo::Value(wire));
        self.enqueue_rows_of(wire);
        true
    }

    /// Narrows the domain of an unknown wire, if the new one has fewer values; false if nothing is left.
    fn set_domain(&mut self, wire: usize, mut new: Domain) -> bool {
        let old = self.domain[wire];
        if let Some(old) = old.filter(|old| old.step == 1 && new.step == 1) {
            let (start, max) = (new.start.max(old.start), new.max().min(old.max()));
            if start > max {
                return false;
            }
            new = Domain { start, hi: max - start, step: 1 };
        }
        let inside = |old: Domain| new.start >= old.start && new.max() <= old.max();
        let narrower = old.is_none_or(|old| new.hi < old.hi && inside(old));
        if self.value[wire].is_none() && narrower {
            self.domain[wire] = Some(new);
            self.undo.push(Undo::Domain(wire, old));
            self.enqueue_rows_of(wire);
        }
        true
    }

    /// The smallest and largest value of a combination of wires with domains.
    fn reach(&self, affine: &Affine) -> Option<(i128, i128)> {
        let constant = small(affine.constant)?;
        affine.terms.iter().try_fold((constant, constant), |(lo, hi), &(wire, c)| {
            let (c, domain) = (small(c)?, self.domain[wire]?);
            let end = |value: i128| c.checked_mul(value).filter(|end| end.abs() < SMALL);
            let (a, b) = (end(domain.start)?, end(domain.max())?);
            Some((lo + a.min(b), hi + a.max(b))).filter(|&(lo, hi)| -SMALL < lo && hi < SMALL)
        })
    }

    /// `b * L = u`: `u` is at most the largest `L`.
    fn bound_product(&mut self, a: &Affine, b: &Affine, c: &Affine) -> bool {
        let single = |affine: &Affine| match affine.terms.as_slice() {
            [(wire, c)] if c.is_one() && affine.constant.is_zero() => Some(*wire),
            _ => None,
        };
        let is_bit = |wire: &usize| self.domain[*wire] == Some(Domain::BIT);
        let (Some(_), Some(u)) = (single(a).filter(is_bit), single(c)) else { return true };
        match self.reach(b) {
            Some((0.., hi)) => self.set_domain(u, Domain { start: 0, hi, step: 1 }),
            _ => true,
        }
    }

    /// `k * u = k' * v` with a domain for `u`: the values of `v` are `k / k'` as far apart.
    fn derive_multiple(&mut self, affine: &Affine) -> bool {
        let &[(u, k), (v, l)] = affine.terms.as_slice() else { return true };
        if !affine.constant.is_zero() {
            return true;
        }
        for (u, k, v, l) in [(u, k, v, l), (v, l, u, k)] {
            let factor = l.inverse().and_then(|inverse| small(-k * inverse)).filter(|&factor| factor > 0);
            let domain = self.domain[u].filter(|domain| domain.start == 0);
            if let (Some(domain), Some(factor)) = (domain, factor) {
                let step = domain
                    .step
                    .checked_mul(factor)
                    .filter(|step| step.checked_mul(domain.hi).is_some_and(|max| max < SMALL));
                // As many values as `u` has: narrower, unless `v` is known to have no more.
                let multiples = |step| Domain { start: 0, hi: domain.hi, step };
                if step.is_some_and(|step| !self.set_domain(v, multiples(step))) {
                    return false;
                }
            }
        }
        true
    }

    /// `c * u + sum of wires with domains + constant` is in `[0, slack]`: that bounds `u`. Of a wire that has a
    /// domain already, only an equation of its own says more.
    fn derive_domain(&mut self, affine: &Affine, slack: i128) -> bool {
        let mut open = affine.terms.iter().filter(|(wire, _)| self.domain[*wire].is_none());
        let (wire, c) = match (open.next(), open.next(), affine.terms.as_slice()) {
            (Some(&(wire, c)), None, _) if c.is_one() => (wire, 1),
            // An integer by its domain, so that a coefficient may divide.
            (None, _, &[(wire, c)]) => match small(c) {
                Some(c) if c > 0 => (wire, c),
                _ => return true,
            },
            _ => return true,
        };
        let terms = affine.terms.iter().filter(|(other, _)| *other != wire).copied().collect();
        let others = Affine { terms, constant: affine.constant };
        let Some((least, most)) = self.reach(&others) else { return true };
        // c * u is in [-most, slack - least].
        let (lo, hi) = (-most.div_euclid(c), (slack - least).div_euclid(c));
        if lo > hi {
            return false;
        }
        let is_small = lo > -SMALL && hi < SMALL;
        !is_small || self.set_domain(wire, Domain { start: lo, hi: hi - lo, step: 1 })
    }

    /// The digits rule; the sum is in `[0, slack]`.
    fn solve_digits(&mut self, affine: &Affine, slack: i128) -> Digits {
        let Some((digits, target)) = self.digits(affine, slack) else { return Digits::Unclear };
        let Some(target) = target else { return Digits::None };
        let reach: i128 = digits.iter().map(Digit::reach).sum();
        if !(0..=reach).contains(&target) {
            return Digits::None;
        }
        if collision(&digits).is_some() {
            return Digits::Unclear;
        }
        let mut rest = target;
        for digit in digits.iter().rev() {
            let quotient = rest.div_euclid(digit.weight);
            if !(0..=digit.domain.hi).contains(&quotient) {
                return Digits::None;
            }
            rest -= quotient * digit.weight;
            let Domain { start, hi, step } = digit.domain;
            let value = start + step * if digit.mirrored { hi - quotient } else { quotient };
            if digit.wire.is_some_and(|wire| !self.set(wire, from_small(value))) {
                return Digits::None;
            }
        }
        if rest == 0 { Digits::Solved } else { Digits::None }
    }

    /// The equation with positive weights, ascending, and its right side (none if it is not a small
    /// number, so that there is no solution); `None` if a wire has no domain or the sum could wrap.
    pub(super) fn digits(&self, affine: &Affine, slack: i128) -> Option<(Vec<Digit>, Option<i128>)> {
        let mut digits = Vec::with_capacity(affine.terms.len() + 1);
        let (mut shift, mut reach) = (0i128, 0i128);
        let rest = (slack > 0).then_some((None, -1, Domain { start: 0, hi: slack, step: 1 }));
        let wires = affine.terms.iter().map(|&(wire, c)| Some((Some(wire), small(c)?, self.domain[wire]?)));
        for entry in wires.chain(rest.map(Some)) {
            let (wire, c, domain) = entry?;
            // c * u = c * start + c * (u - start), or, for a negative c, c * max + |c| * (max - u)
            let mirrored = c < 0;
            let from = if mirrored { domain.max() } else { domain.start };
            shift = shift.checked_sub(c.checked_mul(from)?)?;
            let digit = Digit { wire, weight: c.abs().checked_mul(domain.step)?, domain, mirrored };
            reach = reach.checked_add(digit.weight.checked_mul(domain.hi)?)?;
            digits.push(digit);
        }
        digits.sort_by_key(|digit| digit.weight);
        // Every sum of the wires is then within ±2^100, so that a target beyond that is none of them.
        let is_small = reach < SMALL / 2 && shift.abs() < SMALL / 2;
        is_small.then(|| (digits, small(-affine.constant).map(|target| target + shift)))
    }
}
