//! Linear combinations of what trees are made of: bits of thresholds and products.

use std::collections::BTreeMap;

use super::set::{BELOW_ALL, Set};
use crate::error::BuildError;
use crate::integer::{Interval, LIMIT_BITS};

pub(super) const OPERATION: &str = "trees";

/// A wire of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Atom {
    /// `[x_f >= t]` of a feature and a threshold.
    Bit(u32, i64),
    /// A product, by its position among the steps.
    Product(u32),
    /// What a named leaf has more than the least one of its tree, by position among these trees.
    Named(u32),
}

/// `constant + sum coefficient * atom`; no coefficient is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Affine {
    pub(super) terms: BTreeMap<Atom, i64>,
    pub(super) constant: i64,
}

/// A combination with the interval that it is proven to lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) form: Affine,
    pub(super) interval: Interval,
}

impl Affine {
    pub(super) fn constant(constant: i64) -> Self {
        Self { terms: BTreeMap::new(), constant }
    }

    pub(super) fn atom(atom: Atom) -> Self {
        Self { terms: BTreeMap::from([(atom, 1)]), constant: 0 }
    }

    /// `[x_f in set]`, for a set that changes within the feature's interval only.
    pub(super) fn indicator(feature: u32, set: &Set) -> Self {
        let mut form = Self::default();
        let mut sign = 1;
        for &t in set.changes() {
            match t {
                BELOW_ALL => form.constant = 1,
                _ => {
                    form.terms.insert(Atom::Bit(feature, t), sign);
                }
            }
            sign = -sign;
        }
        form
    }

    pub(super) fn as_constant(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.constant)
    }

    /// `self += factor * other`.
    pub(super) fn add(&mut self, other: &Self, factor: i64) -> Result<(), BuildError> {
        let sum = |a: i64, b: i64| b.checked_mul(factor).and_then(|b| a.checked_add(b)).ok_or_else(overflow);
        self.constant = sum(self.constant, other.constant)?;
        for (&atom, &c) in &other.terms {
            let entry = self.terms.entry(atom).or_default();
            *entry = sum(*entry, c)?;
            if *entry == 0 {
                self.terms.remove(&atom);
            }
        }
        Ok(())
    }

    /// Number of terms, the constant's included: as a [`crate::Bounded`] has them.
    pub(super) fn len(&self) -> usize {
        self.terms.len() + usize::from(self.constant != 0)
    }
}

pub(super) fn overflow() -> BuildError {
    BuildError::Overflow { operation: OPERATION, lo: i128::MIN, hi: i128::MAX }
}

/// Fails beyond what witness integers hold.
pub(super) fn within_limits((lo, hi): Interval) -> Result<(), BuildError> {
    let limit = 1i128 << LIMIT_BITS;
    let fits = -limit <= lo && hi <= limit && hi - lo <= limit;
    if fits { Ok(()) } else { Err(BuildError::Overflow { operation: OPERATION, lo, hi }) }
}

/// As a witness integer.
pub(super) fn narrow(value: i128) -> Result<i64, BuildError> {
    i64::try_from(value).map_err(|_| BuildError::Overflow { operation: OPERATION, lo: value, hi: value })
}
