//! The rules *Cases* and *Factors* of [`super::unique`]: a wire of two values, or a root of a product that is zero, is
//! determined if every other value leads to a contradiction by the other rules.

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

use super::domain::{Affine, Domain, collision, from_small};
use super::knowledge::{Knowledge, Reduced, Undo};

/// Factors of one product, at most.
const MAX_FACTORS: usize = 64;

impl Knowledge<'_, '_> {
    /// The cases rule, wherever a digit's weight is too small to be determined directly; the names rule before it.
    pub(super) fn split_cases(&mut self, witness: &[Fr]) -> bool {
        let mut progress = true;
        while progress {
            match self.read_names() {
                Some(learned) => progress = learned,
                None => return false,
            }
            for row in 0..self.r1cs.num_constraints() {
                if !self.goes_on() {
                    return true;
                }
                if let Some((wire, roots)) = self.roots(row) {
                    let others = roots.iter().filter(|&&root| root != witness[wire]);
                    if roots.contains(&witness[wire]) && others.copied().all(|root| self.refutes(wire, root))
                    {
                        progress = true;
                        if !(self.set(wire, witness[wire]) && self.propagate()) {
                            return false;
                        }
                    }
                }
                for (wire, sum) in self.candidates(row) {
                    if self.value[wire].is_some() || !self.refutes(wire, from_small(sum) - witness[wire]) {
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

    /// Wires with two values, and the sum of these, in an equation that the digits rule cannot decide: the largest, and
    /// some where it stops.
    fn candidates(&self, row: usize) -> Vec<(usize, i128)> {
        let (affine, slack) = match self.reduce(row) {
            Reduced::Linear(affine) => (affine, 0),
            Reduced::Bit(affine) => (affine, 1),
            Reduced::Product(..) => return Vec::new(),
        };
        let Some((digits, _)) = self.digits(&affine, slack) else { return Vec::new() };
        let Some(weight) = collision(&digits) else { return Vec::new() };
        let colliding = digits.iter().filter(|digit| digit.weight == weight && digit.domain.hi == 1);
        let largest = digits.iter().rev().find(|digit| digit.domain.hi == 1);
        let sum = |domain: Domain| domain.start + domain.max();
        largest.into_iter().chain(colliding.take(4)).filter_map(|d| Some((d.wire?, sum(d.domain)))).collect()
    }

    /// The one unknown wire of all factors of a product that is zero, and the values for which one of them is.
    fn roots(&self, row: usize) -> Option<(usize, Vec<Fr>)> {
        let Reduced::Product(a, b, c) = self.reduce(row) else { return None };
        if !c.terms.is_empty() || !c.constant.is_zero() {
            return None;
        }
        let (mut open, mut factors) = (vec![a, b], Vec::new());
        while let Some(factor) = open.pop() {
            match self.product_of(&factor) {
                Some((a, b)) if open.len() + factors.len() < MAX_FACTORS => open.extend([a, b]),
                _ => factors.push(factor),
            }
        }
        let wire = factors.first()?.terms.first()?.0;
        let root = |factor: &Affine| match factor.terms.as_slice() {
            &[(known, c)] if known == wire => Some(-factor.constant * c.inverse()?),
            _ => None,
        };
        let mut roots = factors.iter().map(root).collect::<Option<Vec<Fr>>>()?;
        roots.sort_unstable();
        roots.dedup();
        Some((wire, roots))
    }

    /// The factors of a single wire that a constraint says is their product.
    fn product_of(&self, factor: &Affine) -> Option<(Affine, Affine)> {
        let &[(wire, c)] = factor.terms.as_slice() else { return None };
        if !c.is_one() || !factor.constant.is_zero() {
            return None;
        }
        self.columns.of(wire).iter().find_map(|entry| match self.reduce(entry.row()) {
            Reduced::Product(a, b, c) => {
                let occurs = |affine: &Affine| affine.terms.iter().any(|&(other, _)| other == wire);
                (c == *factor && !occurs(&a) && !occurs(&b)).then_some((a, b))
            }
            _ => None,
        })
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
