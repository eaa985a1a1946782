//! Sums of trees as products: nested selects from the leaves up.
//!
//! `y_v = y_no + [x in S] (y_yes - y_no)` is one product. Less:
//! - a subtree on one feature is linear in that feature's bits: free;
//! - a cap with `m` exits that are no leaves takes `m` products `[x in I_j] y_j`, or `m - 1` if it has no leaves among its exits:
//!   `y_b + sum_(j != b) [x in I_j] (y_j - y_b)`;
//! - in a sum of trees, all that is multiplied by the indicator of one set, or of its complement, is one product, and the sum inside is
//!   planned in the same way.
//!
//! The witness of a product `[x in I] (Y - lo)` is never negative, `lo` the least that `Y` can be. The interval of each sum is the sum of
//! those of its subtrees' leaves: the sets of a cap's exits cover all values once, so exactly one indicator is 1 whether or not the cap is
//! reached, and every subtree's value is one of its leaves.

use std::collections::BTreeMap;

use super::affine::{Affine, Atom, Value, narrow, overflow, within_limits};
use super::dag::{Cap, Dag, Vertex};
use super::set::Set;
use crate::error::{BuildError, at};
use crate::integer::Interval;

/// `bit * value`, a new wire.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The equation's name.
    pub(super) equation: &'static str,
    /// 0 or 1.
    pub(super) bit: Affine,
    /// In `[0, span]`.
    pub(super) value: Affine,
    pub(super) span: i64,
}

/// Subtrees of a sum, each with its factor.
pub(super) type Terms = BTreeMap<u32, i64>;

/// What is multiplied by an indicator, and by its complement.
#[derive(Default)]
struct Bucket {
    inside: Terms,
    outside: Terms,
    /// Values of exits that are the base of their cap, to be taken off inside.
    less: Vec<(Value, i64)>,
}

/// Collects products.
pub(super) struct Planner<'a> {
    pub(super) dag: &'a Dag,
    pub(super) steps: Vec<Step>,
}

impl Planner<'_> {
    /// `bit * value` for a value of an interval: a wire, unless one of them is constant.
    pub(super) fn product(
        &mut self,
        equation: &'static str,
        bit: &Affine,
        value: &Value,
    ) -> Result<Affine, BuildError> {
        let mut product = Affine::default();
        if let Some(constant) = value.form.as_constant() {
            product.add(bit, constant)?;
            return Ok(product);
        }
        let (lo, hi) = value.interval;
        let (lo, span) = (narrow(lo)?, narrow(hi - lo)?);
        within_limits((0, span.into()))?;
        product.add(bit, lo)?;
        let mut shifted = value.form.clone();
        shifted.constant = shifted.constant.checked_sub(lo).ok_or_else(overflow)?;
        let wire = self.step(Step { equation, bit: bit.clone(), value: shifted, span })?;
        product.add(&Affine::atom(wire), 1)?;
        Ok(product)
    }

    fn step(&mut self, step: Step) -> Result<Atom, BuildError> {
        self.check(&step.bit)?;
        self.check(&step.value)?;
        let position =
            u32::try_from(self.steps.len()).map_err(|_| BuildError::TooLarge { what: "products" })?;
        self.steps.push(step);
        Ok(Atom::Product(position))
    }

    /// Fails where the terms alone, whatever they prove together, leave the range of witness integers.
    pub(super) fn check(&self, form: &Affine) -> Result<Interval, BuildError> {
        let (mut lo, mut hi) = (i128::from(form.constant), i128::from(form.constant));
        for (&atom, &c) in &form.terms {
            let most = match atom {
                Atom::Bit(..) => 1,
                // A plan is of names or of selects, and this one of selects.
                Atom::Named(_) => return Err(BuildError::TooLarge { what: "named leaves among selects" }),
                Atom::Product(position) => at("products", &self.steps, position as usize)?.span,
            };
            let end = i128::from(c) * i128::from(most);
            (lo, hi) = (lo + end.min(0), hi + end.max(0));
        }
        within_limits((lo, hi))?;
        Ok((lo, hi))
    }

    /// The sum of some subtrees.
    pub(super) fn sum(&mut self, terms: &Terms) -> Result<Value, BuildError> {
        let mut total = Affine::default();
        let mut interval = (0i128, 0i128);
        let mut buckets: BTreeMap<(u32, Set), Bucket> = BTreeMap::new();
        for (&subtree, &factor) in terms {
            let (lo, hi) = self.dag.range(subtree)?;
            let (a, b) = (i128::from(lo) * i128::from(factor), i128::from(hi) * i128::from(factor));
            interval = (interval.0 + a.min(b), interval.1 + a.max(b));
            match self.dag.cap(subtree)? {
                Cap::Leaf(value) => total.add(&Affine::constant(value), factor)?,
                Cap::Exits { feature, exits } => {
                    self.add_cap(feature, exits, factor, &mut total, &mut buckets)?;
                }
            }
        }
        for ((feature, set), bucket) in buckets {
            let outside = self.sum(&bucket.outside)?;
            let mut difference = self.sum(&bucket.inside)?;
            difference.subtract(&outside, 1)?;
            for (base, factor) in &bucket.less {
                difference.subtract(base, *factor)?;
            }
            let indicator = Affine::indicator(feature, &set);
            total.add(&outside.form, 1)?;
            total.add(&self.product("[x in set] * (inside - outside) = y", &indicator, &difference)?, 1)?;
        }
        self.check(&total)?;
        Ok(Value { form: total, interval })
    }

    fn add_cap(
        &mut self,
        feature: u32,
        exits: Vec<(u32, Set)>,
        factor: i64,
        total: &mut Affine,
        buckets: &mut BTreeMap<(u32, Set), Bucket>,
    ) -> Result<(), BuildError> {
        let mut open = Vec::with_capacity(exits.len());
        let count = exits.len();
        for (subtree, set) in exits {
            match self.dag.vertex(subtree)? {
                Vertex::Leaf(value) => {
                    let value = value.checked_mul(factor).ok_or_else(overflow)?;
                    total.add(&Affine::indicator(feature, &set), value)?;
                }
                Vertex::Branch { .. } => open.push((subtree, set)),
            }
        }
        // No leaf, and more than an indicator and its complement: one exit is the base of the others.
        let mut base = None;
        if open.len() == count && count > 2 {
            let position = open.iter().position(|(_, set)| set.is_unbounded_below()).unwrap_or(0);
            let (subtree, _) = open.remove(position);
            let value = self.sum(&Terms::from([(subtree, 1)]))?;
            total.add(&value.form, factor)?;
            base = Some(value);
        }
        for (subtree, set) in open {
            let bucket = if set.is_unbounded_below() {
                let bucket = buckets.entry((feature, set.complement())).or_default();
                (&mut bucket.outside, &mut bucket.less)
            } else {
                let bucket = buckets.entry((feature, set)).or_default();
                (&mut bucket.inside, &mut bucket.less)
            };
            let sum = bucket.0.entry(subtree).or_default();
            *sum = sum.checked_add(factor).ok_or_else(overflow)?;
            if *sum == 0 {
                bucket.0.remove(&subtree);
            }
            bucket.1.extend(base.iter().map(|base| (base.clone(), factor)));
        }
        Ok(())
    }
}

impl Value {
    /// `self += factor * other`.
    pub(super) fn add(&mut self, other: &Value, factor: i64) -> Result<(), BuildError> {
        self.form.add(&other.form, factor)?;
        let (a, b) = (other.interval.0 * i128::from(factor), other.interval.1 * i128::from(factor));
        self.interval = (self.interval.0 + a.min(b), self.interval.1 + a.max(b));
        Ok(())
    }

    /// `self -= factor * other`.
    pub(super) fn subtract(&mut self, other: &Value, factor: i64) -> Result<(), BuildError> {
        self.add(other, factor.checked_neg().ok_or_else(overflow)?)
    }
}
