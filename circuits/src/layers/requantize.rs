//! Requantization: `y = clamp(floor((acc + 2^(s-1)) / 2^s), lo, hi)`, and the same fused with ReLU.
//!
//! Rounds half up, for negative accumulators as well; `s = 0` only clamps. A bound costs constraints
//! only if the accumulator's interval can exceed it: see [`crate::gadgets::clamp`] for the equations.
//! For an accumulator of `n` bits with its sign, and outputs of 2^m values: `n` constraints if nothing
//! can saturate, about `n + 2` to `n + 4` if both bounds can.
//!
//! `requantize_relu` is `max(requantize(acc), 0)` in one clamp, with the lower bound raised to 0: the
//! sign bit serves rounding and ReLU together, so ReLU adds one constraint.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::clamp;
use crate::integer::{Interval, quotients};

/// Parameters of a requantization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requantize {
    /// Bits dropped: the output's scale is `2^shift` times coarser.
    pub shift: u32,
    /// Smallest output.
    pub lo: i64,
    /// Largest output.
    pub hi: i64,
}

impl Requantize {
    /// To signed integers of `bits` bits.
    pub fn signed(shift: u32, bits: u32) -> Self {
        let half = 1i64 << bits.clamp(1, 62).saturating_sub(1);
        Self { shift, lo: -half, hi: half - 1 }
    }

    /// To unsigned integers of `bits` bits.
    pub fn unsigned(shift: u32, bits: u32) -> Self {
        Self { shift, lo: 0, hi: (1i64 << bits.min(61)) - 1 }
    }

    /// The results of accumulators of an interval.
    pub(crate) fn results(self, acc: Interval) -> Interval {
        let (lowest, highest) = quotients(acc, self.shift);
        let end = |q: i128| q.min(self.hi.into()).max(self.lo.into());
        (end(lowest), end(highest))
    }

    /// The same parameters with ReLU behind them.
    pub fn relu(self) -> Self {
        Self { shift: self.shift, lo: self.lo.max(0), hi: self.hi.max(0) }
    }
}

/// Integer reference of requantization.
pub fn reference(acc: i64, parameters: Requantize) -> i64 {
    clamp::reference(acc, parameters.shift, parameters.lo, parameters.hi)
}

/// Integer reference of requantization followed by ReLU.
pub fn reference_relu(acc: i64, parameters: Requantize) -> i64 {
    reference(acc, parameters).max(0)
}

/// Requantizes one value.
pub fn constrain_one(b: &mut Builder, acc: &Bounded, p: Requantize) -> Result<Bounded, BuildError> {
    clamp::constrain(b, acc, p.shift, p.lo, p.hi)
}

/// Requantizes each value.
pub fn constrain(b: &mut Builder, acc: &[Bounded], p: Requantize) -> Result<Vec<Bounded>, BuildError> {
    b.scope("requantize", |b| clamp::constrain_all(b, acc, p.shift, p.lo, p.hi))
}

/// Requantizes each value and applies ReLU.
pub fn requantize_relu(b: &mut Builder, acc: &[Bounded], p: Requantize) -> Result<Vec<Bounded>, BuildError> {
    let p = p.relu();
    b.scope("requantize_relu", |b| clamp::constrain_all(b, acc, p.shift, p.lo, p.hi))
}

/// Adds what [`constrain`] costs for accumulators of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, acc: &[Interval], p: Requantize) -> Vec<Interval> {
    clamp::cost_all(t, acc, p.shift, p.lo, p.hi);
    acc.iter().map(|&acc| p.results(acc)).collect()
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("requantize 24 bits to signed 9 by 2^16, no saturation", 1, 24, |b, x| {
        constrain(b, x, Requantize::signed(16, 9))
    }),
    Case::new("requantize 24 bits to signed 8 by 2^8, saturating", 1, 24, |b, x| {
        constrain(b, x, Requantize::signed(8, 8))
    }),
    Case::new("requantize_relu 24 bits to unsigned 9 by 2^15, no saturation", 1, 24, |b, x| {
        requantize_relu(b, x, Requantize::unsigned(15, 9))
    }),
    Case::new("requantize_relu 24 bits to unsigned 8 by 2^8, saturating", 1, 24, |b, x| {
        requantize_relu(b, x, Requantize::unsigned(8, 8))
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_every_constraint_is_needed, check, gadget, gadget_with_bounds};
    use proptest::prelude::*;

    #[test]
    fn rounds_half_up_and_saturates() {
        let p = Requantize::signed(3, 4);
        let cases = [
            (3, 0),
            (4, 1),
            (-4, 0),
            (-5, -1),
            (-12, -1),
            (-13, -2),
            (59, 7),
            (60, 7),
            (1000, 7),
            (-60, -7),
            (-69, -8),
            (-1000, -8),
        ];
        for (acc, expected) in cases {
            assert_eq!(reference(acc, p), expected, "{acc}");
            assert_eq!(reference_relu(acc, p), expected.max(0), "{acc}");
        }
        assert_eq!(Requantize::signed(0, 8), Requantize { shift: 0, lo: -128, hi: 127 });
        assert_eq!(Requantize::unsigned(2, 8).relu(), Requantize { shift: 2, lo: 0, hi: 255 });
    }

    #[test]
    fn all_values_of_eight_bits() -> Result<(), BuildError> {
        for shift in [0, 1, 2, 4, 7] {
            for bits in [1, 2, 3, 4, 8] {
                for p in [Requantize::signed(shift, bits), Requantize::unsigned(shift, bits)] {
                    let (circuit, bounds) = gadget_with_bounds(1, 8, |b, x| {
                        let mut y = constrain(b, x, p)?;
                        y.extend(requantize_relu(b, x, p)?);
                        Ok(y)
                    })?;
                    let inputs = all(8).map(|x| vec![x]);
                    check(&circuit, &bounds, inputs, |x| vec![reference(x[0], p), reference_relu(x[0], p)]);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn fusing_is_cheaper_and_nothing_is_redundant() -> Result<(), BuildError> {
        let p = Requantize::signed(2, 4);
        let fused = gadget(1, 8, |b, x| requantize_relu(b, x, p))?;
        let apart = gadget(1, 8, |b, x| {
            let y = constrain(b, x, p)?;
            clamp::constrain_all(b, &y, 0, 0, 1 << crate::integer::LIMIT_BITS)
        })?;
        assert!(fused.stats().constraints < apart.stats().constraints);
        for circuit in [fused, apart] {
            assert_every_constraint_is_needed(
                &circuit,
                &[-128, -3, -2, -1, 0, 2, 29, 30, 127].map(|x| vec![x]),
            );
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_accumulators(
            x in prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX)],
            factor in 1i64..1 << 16,
            shift in 0..40u32,
            bits in 1..20u32,
        ) {
            let p = Requantize::signed(shift, bits);
            let (circuit, bounds) = gadget_with_bounds(1, 32, |b, v| {
                let acc = [v[0].mul_const(factor)?];
                let mut y = constrain(b, &acc, p)?;
                y.extend(requantize_relu(b, &acc, p)?);
                Ok(y)
            })?;
            let expected = |x: &[i64]| vec![reference(x[0] * factor, p), reference_relu(x[0] * factor, p)];
            check(&circuit, &bounds, [vec![x.into()]], expected);
        }
    }
}
