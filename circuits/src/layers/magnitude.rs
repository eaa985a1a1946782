//! Absolute value and sign, element by element.
//!
//! ```text
//! z = [x >= 0]        |x| = z ? x : -x        sign(x) = 2 z - 1 - [x = 0]
//! ```
//!
//! Cost, for values of `n` bits with their sign: `n + 1` for the absolute value, `n + 3` for the sign ([`crate::gadgets::zero`]); none
//! or less where the interval is on one side of zero.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, select, zero};
use crate::integer::{Interval, difference, hull, times};

/// What is taken of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The absolute value.
    Magnitude,
    /// 1, 0 or -1.
    Sign,
}

/// Integer reference.
pub fn reference(x: &[i64], part: Part) -> Vec<i64> {
    let of = |&x: &i64| match part {
        Part::Magnitude => x.saturating_abs(),
        Part::Sign => x.signum(),
    };
    x.iter().map(of).collect()
}

/// The part of each value.
pub fn constrain(b: &mut Builder, x: &[Bounded], part: Part) -> Result<Vec<Bounded>, BuildError> {
    match part {
        Part::Magnitude => {
            b.scope("abs", |b| x.iter().map(|x| Ok(Signed::constrain(b, x)?.magnitude)).collect())
        }
        Part::Sign => b.scope("sign", |b| x.iter().map(|x| sign(b, x)).collect()),
    }
}

/// A value as sign and magnitude.
pub(crate) struct Signed {
    /// Where the value is not negative; `None` where it is never positive.
    pub(crate) non_negative: Option<Bounded>,
    pub(crate) magnitude: Bounded,
}

impl Signed {
    pub(crate) fn constrain(b: &mut Builder, x: &Bounded) -> Result<Self, BuildError> {
        if x.hi() <= 0 {
            return Ok(Self { non_negative: None, magnitude: x.mul_const(-1)? });
        }
        let non_negative = compare::is_non_negative(b, x)?;
        let most = x.hi().max(-x.lo());
        // One of two, of which the one that the sign says is not negative.
        let magnitude = select::constrain(b, &non_negative, x, &x.mul_const(-1)?)?.proven(0, most);
        Ok(Self { non_negative: Some(non_negative), magnitude })
    }

    /// `magnitude`, with the sign of the value.
    pub(crate) fn restore(&self, b: &mut Builder, magnitude: &Bounded) -> Result<Bounded, BuildError> {
        let negative = magnitude.mul_const(-1)?;
        match &self.non_negative {
            None => Ok(negative),
            Some(non_negative) => select::constrain(b, non_negative, magnitude, &negative),
        }
    }

    /// Adds what [`Signed::restore`] costs for a value and a magnitude of these intervals; returns that of the result.
    pub(crate) fn cost_restored(t: &mut Tally, x: Interval, magnitude: Interval) -> Interval {
        let negative = times(magnitude, -1);
        match x {
            (_, ..=0) => negative,
            (0.., _) => magnitude,
            _ => {
                select::cost(t, magnitude, negative);
                hull(magnitude, negative)
            }
        }
    }

    /// Adds what [`Signed::constrain`] costs; returns the interval of the magnitude.
    pub(crate) fn cost(t: &mut Tally, x: Interval) -> Interval {
        if x.1 <= 0 {
            return times(x, -1);
        }
        if x.0 >= 0 {
            return x;
        }
        compare::cost(t, x);
        select::cost(t, x, times(x, -1));
        (0, x.1.max(-x.0))
    }
}

fn sign(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    if x.is_within(-1, 1) {
        return Ok(x.clone());
    }
    let non_negative = compare::is_non_negative(b, x)?;
    let zero = zero::is_zero(b, x)?;
    match x.interval() {
        // 1 less where it is zero, and one more.
        (0.., _) => zero.sub_from_const(1),
        (_, ..=0) => zero.add_const(-1),
        _ => Ok(Bounded::combine("sign", &[(&non_negative, 2), (&zero, -1)], -1)?.proven(-1, 1)),
    }
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], part: Part) -> Vec<Interval> {
    let of = |&x: &Interval| match part {
        Part::Magnitude => Signed::cost(t, x),
        Part::Sign if x.0 >= -1 && x.1 <= 1 => x,
        Part::Sign => {
            compare::cost(t, x);
            let zero = zero::cost(t, x);
            match x {
                (0.., _) => difference((1, 1), zero),
                (_, ..=0) => difference(zero, (1, 1)),
                _ => (-1, 1),
            }
        }
    };
    x.iter().map(of).collect()
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("absolute values of 12 bits", 2, 12, |b, x| constrain(b, x, Part::Magnitude)),
    Case::new("signs of 12 bits", 2, 12, |b, x| constrain(b, x, Part::Sign)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::sum;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget, gadget_with_bounds,
    };
    use proptest::prelude::*;

    #[test]
    fn all_values_of_one_to_eight_bits() -> Result<(), BuildError> {
        for part in [Part::Magnitude, Part::Sign] {
            for bits in [1, 2, 3, 5, 8] {
                let half = 1i64 << (bits - 1);
                for offset in [0, 1, -1, half, half + 1, -half, 1 - half, -2 * half] {
                    let build =
                        |b: &mut Builder, x: &[Bounded]| constrain(b, &[x[0].add_const(offset)?], part);
                    let (circuit, bounds) = gadget_with_bounds(1, bits, build)?;
                    let expected = |x: &[i64]| reference(&[x[0] + offset], part);
                    check(&circuit, &bounds, all(bits).map(|x| vec![x]), expected);
                    assert_costs(1, bits, build, |t, x| {
                        let x = sum(x[0], (offset.into(), offset.into()));
                        assert_eq!(cost(t, &[x], part), bounds, "{part:?} of {bits} bits, {offset}");
                    })?;
                }
                let inputs = all(bits).map(|x| vec![x]).collect::<Vec<_>>();
                check_both(1, bits, |b, x| constrain(b, x, part), inputs, |x| reference(x, part))?;
            }
        }
        assert_eq!(reference(&[i64::MIN], Part::Magnitude), [i64::MAX]);
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        for part in [Part::Magnitude, Part::Sign] {
            let circuit = gadget(1, 4, |b, x| constrain(b, x, part))?;
            assert_every_constraint_is_needed(&circuit, &all(4).map(|x| vec![x]).collect::<Vec<_>>());
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::testing::property(64))]
        #[test]
        fn wide_values(x in prop_oneof![any::<i32>(), -1..=1, Just(i32::MIN)]) {
            for part in [Part::Magnitude, Part::Sign] {
                let (circuit, bounds) = gadget_with_bounds(1, 32, |b, x| constrain(b, x, part))?;
                check(&circuit, &bounds, [vec![x.into()]], |x| reference(x, part));
            }
        }
    }
}
