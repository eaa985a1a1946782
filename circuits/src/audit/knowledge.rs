//! What the proof of uniqueness knows, and the rules by which it learns: see [`super::unique`].

use std::collections::{HashMap, VecDeque};

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

use super::columns::Columns;
use super::domain::{Affine, Digit, Digits, Domain, SMALL, collision, from_small, small};
use super::report::Monitor;
use super::tables::{Entry, Query, Table};
use crate::r1cs::{Csr, R1cs};

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

/// What is known of the wires of a circuit.
pub(super) struct Knowledge<'a, 'm> {
    pub(super) r1cs: &'a R1cs,
    pub(super) columns: &'a Columns<'a>,
    pub(super) tables: &'a [Table],
    /// Which table and query a constraint belongs to.
    queries: HashMap<usize, (usize, usize)>,
    pub(super) value: Vec<Option<Fr>>,
    /// The values of a wire that is proven to be one of a few small integers.
    pub(super) domain: Vec<Option<Domain>>,
    pub(super) undo: Vec<Undo>,
    queue: VecDeque<usize>,
    queued: Vec<bool>,
    budget: Budget<'m>,
}

/// How long the search goes on: so many steps, unless it is cancelled before.
pub(super) struct Budget<'a> {
    steps: u64,
    limit: u64,
    monitor: Monitor<'a>,
    stopped: Option<Stop>,
}

/// Why the search stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Limit,
    Cancelled,
}

/// Steps between two calls of the callback.
const STRIDE: u64 = 4096;

impl<'a> Budget<'a> {
    pub(super) fn new(limit: Option<u64>, monitor: Monitor<'a>) -> Self {
        Self { steps: 0, limit: limit.unwrap_or(u64::MAX), monitor, stopped: None }
    }
}

impl<'a, 'm> Knowledge<'a, 'm> {
    /// Nothing is known but the values of some wires; every constraint has something to say.
    pub(super) fn new(
        r1cs: &'a R1cs,
        columns: &'a Columns<'a>,
        tables: &'a [Table],
        known: impl IntoIterator<Item = (usize, Fr)>,
        budget: Budget<'m>,
    ) -> Self {
        let queries = (0..)
            .zip(tables)
            .flat_map(|(t, table)| (0..).zip(&table.queries).map(move |(q, query)| (query.row, (t, q))));
        let mut value = vec![None; r1cs.num_wires()];
        known.into_iter().for_each(|(wire, known)| value[wire] = Some(known));
        Self {
            r1cs,
            columns,
            tables,
            queries: queries.collect(),
            value,
            domain: vec![None; r1cs.num_wires()],
            undo: Vec::new(),
            queue: (0..r1cs.num_constraints()).collect(),
            queued: vec![true; r1cs.num_constraints()],
            budget,
        }
    }

    /// Why the search stopped, if it did.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.budget.stopped
    }

    /// Takes a step; false if there is none left. What is known then stays known, and nothing else follows.
    pub(super) fn goes_on(&mut self) -> bool {
        let budget = &mut self.budget;
        if budget.stopped.is_none() && budget.steps >= budget.limit {
            budget.stopped = Some(Stop::Limit);
        }
        if budget.stopped.is_none() && budget.steps.is_multiple_of(STRIDE) {
            let known = self.value.iter().flatten().count();
            if budget.monitor.tell(known, self.value.len()).is_err() {
                budget.stopped = Some(Stop::Cancelled);
            }
        }
        budget.steps += 1;
        budget.stopped.is_none()
    }

    fn enqueue(&mut self, row: usize) {
        if !std::mem::replace(&mut self.queued[row], true) {
            self.queue.push_back(row);
        }
    }

    fn enqueue_rows_of(&mut self, wire: usize) {
        for i in 0..self.columns.of(wire).len() {
            self.enqueue(self.columns.of(wire)[i].row());
        }
    }

    /// Applies the rules until the queue is empty; false on a contradiction.
    pub(super) fn propagate(&mut self) -> bool {
        while let Some(row) = self.queue.pop_front() {
            self.queued[row] = false;
            if !self.goes_on() {
                return true;
            }
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
            return match (&table.values, query.value) {
                (Some(values), wire) => match (values.get(&argument.constant), wire) {
                    (None, _) => false,
                    (Some(_), None) => true,
                    (Some(&value), Some(wire)) => self.set(wire, value),
                },
                (None, _) => self.entries(table).is_none_or(|entries| entries.contains(&argument.constant)),
            };
        }
        let Some((lo, hi)) = table.domain else { return true };
        let mut offset = argument;
        offset.constant -= from_small(lo);
        self.derive_domain(&offset, hi - lo) && self.solve_digits(&offset, hi - lo) != Digits::None
    }

    /// The arguments of a table's entries, if all are known.
    pub(super) fn entries(&self, table: &Table) -> Option<Vec<Fr>> {
        let argument = |entry: &Entry| {
            let affine = self.affine_of(entry.argument.iter().copied());
            affine.terms.is_empty().then_some(affine.constant)
        };
        table.entries.iter().map(argument).collect()
    }

    /// The tables rule, for multiplicities; then propagates.
    pub(super) fn count_queries(&mut self) -> bool {
        for table in self.tables {
            let argument = |query: &Query| {
                let affine = self.affine_of(query.argument.iter().copied());
                affine.terms.is_empty().then_some(affine.constant)
            };
            let Some(arguments) = table.queries.iter().map(argument).collect::<Option<Vec<Fr>>>() else {
                continue;
            };
            let Some(entries) = self.entries(table) else { continue };
            let mut counts: HashMap<Fr, u64> = HashMap::new();
            arguments.into_iter().for_each(|x| *counts.entry(x).or_default() += 1);
            let mut equal: HashMap<Fr, usize> = HashMap::new();
            entries.iter().for_each(|&x| *equal.entry(x).or_default() += 1);
            for (argument, entry) in entries.iter().zip(&table.entries) {
                // Equal entries have a sum of counts only. One that is not queried has no count.
                let is_alone = equal.get(argument) == Some(&1);
                let count = counts.get(argument).copied().unwrap_or(0);
                if is_alone && !self.set(entry.multiplicity, Fr::from(count)) {
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
            (Some(&(wire, c)), None, _) if c == -Fr::one() => (wire, -1),
            // An integer by its domain, so that a coefficient may divide.
            (None, _, &[(wire, c)]) => match small(c) {
                Some(c) if c != 0 => (wire, c),
                _ => return true,
            },
            _ => return true,
        };
        let terms = affine.terms.iter().filter(|(other, _)| *other != wire).copied().collect();
        let others = Affine { terms, constant: affine.constant };
        let Some((least, most)) = self.reach(&others) else { return true };
        // c * u is in [-most, slack - least], and -c * u in the negative of that.
        let (least, most) = if c > 0 { (-most, slack - least) } else { (least - slack, most) };
        let (lo, hi) = (-(-least).div_euclid(c.abs()), most.div_euclid(c.abs()));
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
