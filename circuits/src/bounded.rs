//! Proven ranges as a type: an integer linear combination of wires with an interval that the
//! constraints prove.
//!
//! `Bounded` states: *in every assignment that satisfies the constraints of the finished circuit, `sum c_i * w_i`, taken as
//! an integer, lies in `[lo, hi]`*. Only gadgets that add the proving constraints can create one;
//! sums and products with constants derive their interval from those of their operands. So an
//! overflow of the field (intervals stay below 2^60, the field has 254 bits) or of the witness
//! integers (64 bits) cannot be expressed: it is a [`BuildError::Overflow`].
//!
//! Cost: none; linear combinations are free in R1CS.

use ark_bn254::Fr;

use crate::error::BuildError;
use crate::integer::{Interval, LIMIT_BITS};
use crate::linear::{Lc, Wire};

const LIMIT: i128 = 1 << LIMIT_BITS;

/// An integer linear combination of wires and the interval that it is proven to lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounded {
    /// Sorted by wire, no coefficient zero; [`Wire::ONE`] carries the constant.
    terms: Vec<(Wire, i64)>,
    lo: i128,
    hi: i128,
    /// The builder whose constraints prove the interval; `None` for a constant, true anywhere.
    owner: Option<u64>,
}

impl Bounded {
    /// The caller adds constraints to `builder` that prove `wire` to hold an integer of `[0, hi]`.
    /// Gadgets reach this through [`crate::Builder`].
    pub(crate) fn proven_wire(builder: u64, wire: Wire, hi: i64) -> Self {
        Self { terms: vec![(wire, 1)], lo: 0, hi: i128::from(hi), owner: Some(builder) }
    }

    /// The caller adds constraints to `builder` that prove `wire` to hold an integer of `[lo, hi]`, which may be negative.
    pub(crate) fn proven_signed(
        operation: &'static str,
        builder: u64,
        wire: Wire,
        (lo, hi): Interval,
    ) -> Result<Self, BuildError> {
        Self::checked(operation, vec![(wire, 1)], lo, hi, Some(builder))
    }

    /// The builder that it belongs to.
    pub(crate) fn owner(&self) -> Option<u64> {
        self.owner
    }

    /// The caller has added constraints that prove the interval, or it follows from them.
    /// The new interval is the intersection with the known one.
    pub(crate) fn proven(&self, lo: i128, hi: i128) -> Self {
        let terms = self.terms.clone();
        Self { terms, lo: self.lo.max(lo), hi: self.hi.min(hi), owner: self.owner }
    }

    /// A constant; its interval is one point.
    pub fn constant(value: i64) -> Result<Self, BuildError> {
        let terms = if value == 0 { Vec::new() } else { vec![(Wire::ONE, value)] };
        Self::checked("constant", terms, i128::from(value), i128::from(value), None)
    }

    /// Smallest value that the constraints allow.
    pub fn lo(&self) -> i128 {
        self.lo
    }

    /// Largest value that the constraints allow.
    pub fn hi(&self) -> i128 {
        self.hi
    }

    /// Both.
    pub fn interval(&self) -> Interval {
        (self.lo, self.hi)
    }

    /// The value, if the interval is one point.
    pub fn as_constant(&self) -> Option<i128> {
        (self.lo == self.hi).then_some(self.lo)
    }

    /// Whether the interval is inside `[lo, hi]`.
    pub fn is_within(&self, lo: i128, hi: i128) -> bool {
        lo <= self.lo && self.hi <= hi
    }

    /// Whether the value is proven to be 0 or 1.
    pub fn is_bit(&self) -> bool {
        self.is_within(0, 1)
    }

    /// `self + other`.
    pub fn add(&self, other: &Bounded) -> Result<Bounded, BuildError> {
        Self::combine("add", &[(self, 1), (other, 1)], 0)
    }

    /// `self - other`.
    pub fn sub(&self, other: &Bounded) -> Result<Bounded, BuildError> {
        Self::combine("subtract", &[(self, 1), (other, -1)], 0)
    }

    /// `self + value`.
    pub fn add_const(&self, value: i64) -> Result<Bounded, BuildError> {
        Self::combine("add constant", &[(self, 1)], value)
    }

    /// `value * self`.
    pub fn mul_const(&self, value: i64) -> Result<Bounded, BuildError> {
        Self::combine("multiply by constant", &[(self, value)], 0)
    }

    /// `constant - self`.
    pub fn sub_from_const(&self, constant: i64) -> Result<Bounded, BuildError> {
        Self::combine("subtract from constant", &[(self, -1)], constant)
    }

    /// `sum weight_i * value_i + bias`.
    pub fn weighted_sum(values: &[Bounded], weights: &[i64], bias: i64) -> Result<Bounded, BuildError> {
        if values.len() != weights.len() {
            return Err(BuildError::Length {
                operation: "weighted sum",
                what: "weights",
                expected: values.len(),
                found: weights.len(),
            });
        }
        let pairs: Vec<(&Bounded, i64)> = values.iter().zip(weights.iter().copied()).collect();
        Self::combine("weighted sum", &pairs, bias)
    }

    /// `sum factor_i * value_i + constant`, with the interval that follows.
    pub(crate) fn combine(
        operation: &'static str,
        parts: &[(&Bounded, i64)],
        constant: i64,
    ) -> Result<Bounded, BuildError> {
        let overflow = |lo, hi| BuildError::Overflow { operation, lo, hi };
        let mut terms = Vec::with_capacity(parts.iter().map(|(part, _)| part.terms.len()).sum::<usize>() + 1);
        let (mut lo, mut hi) = (i128::from(constant), i128::from(constant));
        terms.push((Wire::ONE, i128::from(constant)));
        let mut owner = None;
        for &(part, factor) in parts {
            if owner.is_some() && part.owner.is_some() && owner != part.owner {
                return Err(BuildError::ForeignValue { operation });
            }
            owner = owner.or(part.owner);
            // |interval| <= 2^63 (2^60 but for the wire of a product) and |factor| <= 2^63: each product fits i128. A sum
            // that saturated could come back into the limits and prove what is false, so it is refused.
            let factor = i128::from(factor);
            let (a, b) = (part.lo * factor, part.hi * factor);
            let ends = lo.checked_add(a.min(b)).zip(hi.checked_add(a.max(b)));
            (lo, hi) = ends.ok_or_else(|| overflow(i128::MIN, i128::MAX))?;
            terms.extend(part.terms.iter().map(|&(wire, c)| (wire, i128::from(c) * factor)));
        }
        terms.sort_unstable_by_key(|&(wire, _)| wire);
        let mut merged: Vec<(Wire, i128)> = Vec::with_capacity(terms.len());
        for (wire, c) in terms {
            match merged.last_mut() {
                Some((last, sum)) if *last == wire => {
                    *sum = sum.checked_add(c).ok_or_else(|| overflow(i128::MIN, i128::MAX))?;
                }
                _ => merged.push((wire, c)),
            }
        }
        let terms = merged
            .into_iter()
            .filter(|&(_, c)| c != 0)
            .map(|(wire, c)| i64::try_from(c).map(|c| (wire, c)).map_err(|_| overflow(lo, hi)))
            .collect::<Result<_, _>>()?;
        Self::checked(operation, terms, lo, hi, owner)
    }

    fn checked(
        operation: &'static str,
        terms: Vec<(Wire, i64)>,
        lo: i128,
        hi: i128,
        owner: Option<u64>,
    ) -> Result<Self, BuildError> {
        let (lo, hi) = limited(operation, (lo, hi))?;
        Ok(Self { terms, lo, hi, owner })
    }

    /// The integer terms, sorted by wire.
    pub(crate) fn terms(&self) -> &[(Wire, i64)] {
        &self.terms
    }

    /// The same combination over the field, with the wires as the builder numbers them: a circuit
    /// that turns out to have no challenge numbers them one lower, from wire 3 on.
    pub fn to_lc(&self) -> Lc {
        Lc::from_terms(self.terms.iter().map(|&(wire, c)| (wire, Fr::from(c))).collect())
    }
}

/// The value as a witness integer.
pub(crate) fn narrow(operation: &'static str, value: i128) -> Result<i64, BuildError> {
    i64::try_from(value).map_err(|_| BuildError::Overflow { operation, lo: value, hi: value })
}

/// The interval, if a [`Bounded`] can have it.
pub(crate) fn limited(operation: &'static str, (lo, hi): Interval) -> Result<Interval, BuildError> {
    if lo < -LIMIT || hi > LIMIT {
        return Err(BuildError::Overflow { operation, lo, hi });
    }
    Ok((lo, hi))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(index: u32, hi: i64) -> Bounded {
        Bounded::proven_wire(1, Wire(index), hi)
    }

    #[test]
    fn intervals_follow_the_operations() -> Result<(), BuildError> {
        let (x, y) = (wire(2, 255), wire(3, 15));
        let sum = Bounded::weighted_sum(&[x.clone(), y.clone()], &[-3, 2], 7)?;
        assert_eq!((sum.lo(), sum.hi()), (7 - 3 * 255, 7 + 30));
        let difference = x.sub(&y)?;
        assert_eq!((difference.lo(), difference.hi()), (-15, 255));
        assert_eq!(x.mul_const(0)?.as_constant(), Some(0));
        assert_eq!(x.mul_const(0)?.terms(), &[]);
        assert_eq!(x.sub_from_const(255)?.terms(), &[(Wire::ONE, 255), (Wire(2), -1)]);
        Ok(())
    }

    #[test]
    fn terms_of_one_wire_merge_and_cancel() -> Result<(), BuildError> {
        let x = wire(2, 255);
        assert_eq!(x.add(&x)?.terms(), &[(Wire(2), 2)]);
        assert_eq!(x.sub(&x)?.terms(), &[]);
        Ok(())
    }

    #[test]
    fn values_of_two_circuits_do_not_mix() -> Result<(), BuildError> {
        let mut builders = [crate::Builder::new(), crate::Builder::new()];
        let x = builders[0].input("x", 1, 8)?.remove(0);
        let y = builders[1].input("y", 1, 8)?.remove(0);
        let foreign = |operation| Some(BuildError::ForeignValue { operation });
        assert_eq!(x.add(&y).err(), foreign("add"));
        assert!(x.add(&Bounded::constant(3)?).is_ok());
        assert_eq!(
            crate::gadgets::bits::decompose(&mut builders[1], &x.add_const(128)?).err(),
            foreign("bit decomposition")
        );
        assert_eq!(crate::gadgets::range::constrain(&mut builders[1], &x, 3, 3).err(), foreign("range"));
        assert_eq!(
            crate::gadgets::poseidon::hash(&mut builders[1], &[Lc::wire(Wire(99))]).err(),
            foreign("poseidon")
        );
        let outputs = [crate::StatementOutput { values: &[x], bits: 8 }];
        let (values, visibility) = ([y], crate::Visibility::Public);
        let inputs = [crate::StatementInput { values: &values, bits: 8, visibility }];
        let bound = builders[1].bind_statement(1u64.into(), &inputs, &outputs);
        assert_eq!(bound.err(), foreign("statement output"));
        Ok(())
    }

    #[test]
    fn overflow_is_a_typed_error() -> Result<(), BuildError> {
        let x = wire(2, 1 << 30);
        assert!(x.mul_const(1 << 30).is_ok());
        assert!(matches!(
            x.mul_const((1 << 30) + 1),
            Err(BuildError::Overflow { operation: "multiply by constant", lo: 0, .. })
        ));
        assert!(matches!(x.mul_const(i64::MIN), Err(BuildError::Overflow { .. })));
        assert!(matches!(Bounded::constant(i64::MAX), Err(BuildError::Overflow { .. })));
        assert!(matches!(
            x.mul_const(1 << 30)?.add_const(1),
            Err(BuildError::Overflow { operation: "add constant", .. })
        ));
        // A zero-width interval does not hide a coefficient that leaves 64 bits.
        let zero = Bounded::proven_wire(1, Wire(2), 0).mul_const(1 << 62)?;
        assert!(matches!(zero.mul_const(4), Err(BuildError::Overflow { .. })));
        Ok(())
    }

    /// A sum that leaves 128 bits does not come back: its interval would be a wrong one.
    #[test]
    fn sums_beyond_128_bits_are_refused() {
        let largest = 1i64 << LIMIT_BITS;
        // Wires of one value each: the interval is a point, -2^127 if it saturates.
        let constant = |index| wire(index, largest).proven(LIMIT, LIMIT);
        let below: Vec<Bounded> = (0..32).map(|i| constant(2 + i)).collect();
        let above: Vec<Bounded> = (0..16).map(|i| constant(40 + i)).collect();
        let mut parts: Vec<(&Bounded, i64)> = below.iter().map(|x| (x, -i64::MAX)).collect();
        parts.extend(above.iter().map(|x| (x, i64::MAX)));
        // -2^127 + 16 * 2^60 * (2^63 - 1) = -16 * 2^60
        let last = constant(60);
        parts.push((&last, 16));
        let sum = Bounded::combine("sum", &parts, 0);
        assert!(matches!(sum, Err(BuildError::Overflow { operation: "sum", .. })), "{sum:?}");
        // The coefficients of one wire likewise.
        let mut parts = vec![(&last, -i64::MAX); 32];
        parts.extend(vec![(&last, i64::MAX); 16]);
        parts.push((&last, 16));
        assert!(matches!(Bounded::combine("sum", &parts, 0), Err(BuildError::Overflow { .. })));
    }
}
