//! Uniqueness by propagation: which wires have one possible value, given those that the prover
//! chooses freely (inputs, context, salts)?
//!
//! Rules, each sound by itself, applied until nothing changes:
//! - *Linear.* A constraint in which only one unknown wire is left, linearly, determines it.
//! - *Bit.* `L * L = L` or `L * (L - 1) = 0` says that `L` is 0 or 1: a domain for the wire, if `L` is one wire; a range for a
//!   wire that is a sum of bits; else an equation with one more unknown bit.
//! - *Digits.* A linear equation `sum c_i * u_i = t` over wires with domains `{0, g_i, ..., h_i * g_i}` has at most one
//!   solution if each `c_i * g_i` exceeds the sum of all smaller `c_j * h_j * g_j`, and nothing wraps around the
//!   modulus. It is solved from the largest down, or refuted; and it is refuted where `t` is out of reach.
//! - *Products.* `b * L = u` with a bit `b` gives `u` a domain: `{0, L}` if `L` is known, else `[0, max L]`. It narrows as more
//!   becomes known.
//! - *Cases.* A wire with two values, of which one leads to a contradiction by the rules above, is determined.
//!
//! Whatever remains unknown is reported. The method is that of Ecne and Picus, cut down to what this
//! crate's gadgets need, so a gap shows as a false alarm and never as a missed wire.

use std::collections::VecDeque;

use ark_bn254::Fr;
use ark_ff::{BigInteger, Field, One, PrimeField, Zero};

use super::{Allowed, Columns, Report, audited, escape};
use crate::circuit::{Circuit, Witness};
use crate::program::Instruction;
use crate::r1cs::{Csr, R1cs};

/// Proves that every wire is determined by inputs, context and salts; `escapes` lists those for which
/// no proof was found. The witness must satisfy the constraints: it supplies the values of the
/// free wires, and each value derived is compared with it.
pub fn uniqueness(circuit: &Circuit, witness: &Witness, allow: &[Allowed<'_>]) -> Report {
    let columns = Columns::new(&circuit.r1cs);
    let mut knowledge = Knowledge {
        r1cs: &circuit.r1cs,
        columns: &columns,
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
    let consistent = knowledge.propagate() && knowledge.split_cases(&witness.values);
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

/// The constant one, inputs, context and salts.
pub(super) fn free_wires(circuit: &Circuit) -> Vec<usize> {
    let program = &circuit.program;
    let mut free = vec![0];
    let (mut next, mut inputs) = (2, program.inputs.iter());
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
enum Reduced {
    /// `sum = 0`.
    Linear(Affine),
    /// `sum` is 0 or 1.
    Bit(Affine),
    /// The product of the first two is the third.
    Product(Affine, Affine, Affine),
}

/// Unknown wires with coefficients, and a constant.
#[derive(PartialEq, Eq)]
struct Affine {
    terms: Vec<(usize, Fr)>,
    constant: Fr,
}

/// The integers `0, step, ..., hi * step`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Domain {
    hi: i128,
    step: i128,
}

impl Domain {
    fn max(self) -> i128 {
        self.hi * self.step
    }

    fn contains(self, value: i128) -> bool {
        (0..=self.max()).contains(&value) && value % self.step == 0
    }
}

enum Undo {
    Value(usize),
    Domain(usize, Option<Domain>),
}

struct Knowledge<'a> {
    r1cs: &'a R1cs,
    columns: &'a Columns,
    value: Vec<Option<Fr>>,
    /// The values of a wire that is proven to be one of a few small non-negative integers.
    domain: Vec<Option<Domain>>,
    undo: Vec<Undo>,
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
    fn propagate(&mut self) -> bool {
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
        let mut affine = Affine { terms: Vec::new(), constant: Fr::zero() };
        for (wire, c) in matrix.row(row) {
            let (wire, coefficient) = (wire as usize, self.r1cs.values[c as usize]);
            match self.value[wire] {
                Some(value) => affine.constant += value * coefficient,
                None => affine.terms.push((wire, coefficient)),
            }
        }
        affine
    }

    fn reduce(&self, row: usize) -> Reduced {
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
        match self.reduce(row) {
            Reduced::Product(a, b, c) => self.bound_product(&a, &b, &c),
            Reduced::Linear(affine) => match affine.terms.as_slice() {
                [] => affine.constant.is_zero(),
                [(wire, c)] => match c.inverse() {
                    Some(inverse) => self.set(*wire, -affine.constant * inverse),
                    None => true,
                },
                _ => self.derive_multiple(&affine) && self.solve_digits(&affine, false) != Digits::None,
            },
            Reduced::Bit(affine) => match affine.terms.as_slice() {
                [] => affine.constant.is_zero() || affine.constant.is_one(),
                [(wire, c)] if c.is_one() && affine.constant.is_zero() => {
                    self.set_domain(*wire, Domain { hi: 1, step: 1 })
                }
                _ => self.derive_domain(&affine) && self.solve_digits(&affine, true) != Digits::None,
            },
        }
    }

    fn set(&mut self, wire: usize, value: Fr) -> bool {
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

    /// Narrows the domain of an unknown wire, if the new one has fewer values.
    fn set_domain(&mut self, wire: usize, new: Domain) -> bool {
        let old = self.domain[wire];
        let narrower = old.is_none_or(|old| new.hi < old.hi && new.max() <= old.max());
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
            let end = small(c)?.checked_mul(self.domain[wire]?.max()).filter(|end| end.abs() < SMALL)?;
            Some((lo + end.min(0), hi + end.max(0))).filter(|&(lo, hi)| -SMALL < lo && hi < SMALL)
        })
    }

    /// `b * L = u`: `u` is at most the largest `L`.
    fn bound_product(&mut self, a: &Affine, b: &Affine, c: &Affine) -> bool {
        let single = |affine: &Affine| match affine.terms.as_slice() {
            [(wire, c)] if c.is_one() && affine.constant.is_zero() => Some(*wire),
            _ => None,
        };
        let is_bit = |wire: &usize| self.domain[*wire] == Some(Domain { hi: 1, step: 1 });
        let (Some(_), Some(u)) = (single(a).filter(is_bit), single(c)) else { return true };
        match self.reach(b) {
            Some((0.., hi)) => self.set_domain(u, Domain { hi, step: 1 }),
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
            if let (Some(domain), Some(factor)) = (self.domain[u], factor) {
                let step = domain
                    .step
                    .checked_mul(factor)
                    .filter(|step| step.checked_mul(domain.hi).is_some_and(|max| max < SMALL));
                // As many values as `u` has: narrower, unless `v` is known to have no more.
                if let Some(step) = step {
                    self.set_domain(v, Domain { hi: domain.hi, step });
                }
            }
        }
        true
    }

    /// `u - sum of wires with domains - constant` is 0 or 1: that bounds `u`.
    fn derive_domain(&mut self, affine: &Affine) -> bool {
        let mut open = affine.terms.iter().filter(|(wire, _)| self.domain[*wire].is_none());
        let (Some(&(wire, c)), None) = (open.next(), open.next()) else { return true };
        let Some(constant) = small(affine.constant) else { return true };
        if !c.is_one() {
            return true;
        }
        let (mut lo, mut hi) = (-constant, 1 - constant);
        for &(other, c) in affine.terms.iter().filter(|(other, _)| *other != wire) {
            let (Some(c), Some(bound)) = (small(c), self.domain[other]) else { return true };
            let reach = -c * bound.max();
            lo += reach.min(0);
            hi += reach.max(0);
        }
        if lo >= 0 && hi < SMALL { self.set_domain(wire, Domain { hi, step: 1 }) } else { true }
    }

    /// The digits rule; with `plus_bit`, the sum is 0 or 1 rather than 0.
    fn solve_digits(&mut self, affine: &Affine, plus_bit: bool) -> Digits {
        let Some((digits, target)) = self.digits(affine, plus_bit) else { return Digits::Unclear };
        let Some(target) = target else { return Digits::None };
        let reach: i128 = digits.iter().map(|digit| digit.weight * digit.hi).sum();
        if !(0..=reach).contains(&target) {
            return Digits::None;
        }
        if collision(&digits).is_some() {
            return Digits::Unclear;
        }
        let mut rest = target;
        for digit in digits.iter().rev() {
            let quotient = rest.div_euclid(digit.weight);
            if !(0..=digit.hi).contains(&quotient) {
                return Digits::None;
            }
            rest -= quotient * digit.weight;
            let value = if digit.mirrored { digit.hi - quotient } else { quotient };
            if digit.wire.is_some_and(|wire| !self.set(wire, Fr::from(value * digit.step))) {
                return Digits::None;
            }
        }
        if rest == 0 { Digits::Solved } else { Digits::None }
    }

    /// The equation with positive weights, ascending, and its right side (none if it is not a small
    /// number, so that there is no solution); `None` if a wire has no domain or the sum could wrap.
    fn digits(&self, affine: &Affine, plus_bit: bool) -> Option<(Vec<Digit>, Option<i128>)> {
        let mut digits = Vec::with_capacity(affine.terms.len() + 1);
        let mut shift = 0i128;
        let bit = plus_bit.then_some((None, -1, Domain { hi: 1, step: 1 }));
        let wires = affine.terms.iter().map(|&(wire, c)| Some((Some(wire), small(c)?, self.domain[wire]?)));
        for entry in wires.chain(bit.map(Some)) {
            let (wire, c, Domain { hi, step }) = entry?;
            let weight = c
                .abs()
                .checked_mul(step)
                .filter(|weight| weight.checked_mul(hi).is_some_and(|max| max < SMALL))?;
            let mirrored = c < 0;
            if mirrored {
                // c * u = |c| * (max - u) - |c| * max
                shift += weight * hi;
            }
            digits.push(Digit { wire, weight, hi, step, mirrored });
        }
        digits.sort_by_key(|digit| digit.weight);
        let reach: i128 = digits.iter().map(|digit| digit.weight * digit.hi).sum();
        (reach < SMALL).then(|| (digits, small(-affine.constant).map(|target| target + shift)))
    }

    /// The cases rule, wherever a digit's weight is too small to be determined directly.
    fn split_cases(&mut self, witness: &[Fr]) -> bool {
        let mut progress = true;
        while progress {
            progress = false;
            for row in 0..self.r1cs.num_constraints() {
                for (wire, step) in self.candidates(row) {
                    if self.value[wire].is_some() || !self.refutes(wire, Fr::from(step) - witness[wire]) {
                        continue;
                    }
                    progress = true;
                    if !(self.set(wire, witness[wire]) && self.propagate()) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Wires with two values, 0 and a step, in an equation that the digits rule cannot decide: the largest, and some
    /// where it stops.
    fn candidates(&self, row: usize) -> Vec<(usize, i128)> {
        let (affine, plus_bit) = match self.reduce(row) {
            Reduced::Linear(affine) => (affine, false),
            Reduced::Bit(affine) => (affine, true),
            Reduced::Product(..) => return Vec::new(),
        };
        let Some((digits, _)) = self.digits(&affine, plus_bit) else { return Vec::new() };
        let Some(weight) = collision(&digits) else { return Vec::new() };
        let colliding = digits.iter().filter(|digit| digit.weight == weight && digit.hi == 1);
        let largest = digits.iter().rev().find(|digit| digit.hi == 1);
        largest.into_iter().chain(colliding.take(4)).filter_map(|d| Some((d.wire?, d.step))).collect()
    }

    /// Whether `wire = value` contradicts what is known. Leaves the knowledge as it was.
    fn refutes(&mut self, wire: usize, value: Fr) -> bool {
        let mark = self.undo.len();
        let contradiction = !(self.set(wire, value) && self.propagate());
        for undo in self.undo.drain(mark..).rev() {
            match undo {
                Undo::Value(wire) => self.value[wire] = None,
                Undo::Domain(wire, old) => self.domain[wire] = old,
            }
        }
        contradiction
    }
}

impl Affine {
    fn is_one_more_than(&self, other: &Affine) -> bool {
        self.terms == other.terms && self.constant - other.constant == Fr::one()
    }

    /// `factor * self - other`.
    fn scaled_minus(mut self, factor: Fr, other: &Affine) -> Affine {
        self.constant = self.constant * factor - other.constant;
        self.terms.iter_mut().for_each(|(_, c)| *c *= factor);
        for &(wire, c) in &other.terms {
            match self.terms.iter_mut().find(|(known, _)| *known == wire) {
                Some((_, sum)) => *sum -= c,
                None => self.terms.push((wire, -c)),
            }
        }
        self.terms.retain(|(_, c)| !c.is_zero());
        self
    }
}

#[derive(PartialEq, Eq)]
enum Digits {
    Solved,
    /// No solution: a contradiction.
    None,
    /// The rule does not apply.
    Unclear,
}

/// One unknown of an equation with positive weights.
struct Digit {
    /// `None` for the added bit.
    wire: Option<usize>,
    /// Of one step.
    weight: i128,
    hi: i128,
    step: i128,
    /// Stands for `max - u`.
    mirrored: bool,
}

/// The first weight that does not exceed what all smaller digits can reach.
fn collision(digits: &[Digit]) -> Option<i128> {
    let mut reach = 0;
    digits.iter().find_map(|digit| {
        let collides = digit.weight <= reach;
        reach += digit.weight * digit.hi;
        collides.then_some(digit.weight)
    })
}

/// Sums of small numbers stay exact in `i128` and far from the modulus.
const SMALL: i128 = 1 << 100;

/// The element as an integer within ±2^100, if it is one.
fn small(value: Fr) -> Option<i128> {
    let narrow = |value: Fr| {
        let [low, high, ..] = value.into_bigint().0;
        let number = (i128::from(high) << 64) | i128::from(low);
        (value.into_bigint().num_bits() <= 100).then_some(number)
    };
    narrow(value).or_else(|| narrow(-value).map(|number| -number))
}
