//! Quotients of two variables: `y = clamp(floor(x * 2^k / d + 1/2), lo, hi)`, for a divisor that is never zero.
//!
//! With `a = 2^(k+1) * x + d` and `D = 2 * d`, both negated where `d` is negative, `y = clamp(floor(a / D), lo, hi)`: half a unit is
//! added before anything is rounded, so ties go up, exactly. The sign of the divisor is that of its interval.
//!
//! A quotient of values that both vary widely spans more bits than their product has room for, and mostly saturates. So the
//! dividend is brought within the bounds first, and only bits of `[lo, hi]` are divided for:
//!
//! ```text
//! not_below = [a - lo * D >= 0]        a' = not_below ? a : lo * D
//! above = [a - (hi + 1) * D >= 0]      a'' = above ? hi * D : a'
//! y = floor(a'' / D)                   with the remainder, see crate::gadgets::divide
//! ```
//!
//! Each line only where intervals leave it open. `a < lo * D` says `floor(a / D) < lo`, and `a >= (hi + 1) * D` that it exceeds
//! `hi`; saturated ones are exact multiples of `D`. So `lo <= floor(a'' / D) <= hi` whatever the intervals say.
//!
//! *Limits.* `2^(k+1) * x`, and the divisor times the larger bound, stay within 2^58 or so; else the error is an overflow, and
//! fewer bits of scale or of divisor are needed. A divisor whose interval touches zero is refused.
//!
//! Cost, for results of `m` bits and a divisor of `n`: `2 * m` and two range checks of `n + 1` bits; for each bound that can be
//! exceeded, a comparison and a selection. By a constant the products are linear, and the bounds are clamped behind.

use crate::bounded::{Bounded, limited, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, at};
use crate::gadgets::{clamp, compare, divide, select};
use crate::integer::{Interval, LIMIT_BITS, bit_length, difference, hull, sum, times};
use crate::layers::requantize::Requantize;

/// Which values are divided, and the scale and bounds of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotient {
    /// Where dividend and divisor of each quotient stand.
    pub pairs: Vec<(u32, u32)>,
    /// `k`: bits that the result has behind the point, beyond those of dividend less divisor.
    pub up: u32,
    /// Smallest result.
    pub lo: i64,
    /// Largest result.
    pub hi: i64,
}

const OPERATION: &str = "quotient";

impl Quotient {
    /// Fails unless every place exists and the parameters make sense.
    pub fn check(&self, inputs: usize) -> Result<(), BuildError> {
        if self.pairs.is_empty() {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        if self.up >= LIMIT_BITS {
            return Err(BuildError::Bits {
                operation: OPERATION,
                bits: self.up,
                min: 0,
                max: LIMIT_BITS - 1,
            });
        }
        if self.lo > self.hi {
            let (lo, hi) = (self.lo.into(), self.hi.into());
            return Err(BuildError::EmptyRange { operation: OPERATION, lo, hi });
        }
        let last = self.pairs.iter().map(|&(x, d)| x.max(d) as usize).max().unwrap_or(0);
        if last >= inputs {
            return Err(BuildError::Index { operation: OPERATION, index: last, inputs });
        }
        Ok(())
    }

    /// `2^(k+1)`.
    fn factor(&self) -> i64 {
        1 << (self.up + 1).min(62)
    }

    fn bounds(&self) -> Interval {
        (self.lo.into(), self.hi.into())
    }

    /// The unclamped quotients of an interval and a positive divisor.
    fn ends(&self, x: Interval, d: Interval) -> Interval {
        // At a given dividend the quotient is monotonic in the divisor, and the other way round: the corners are extreme.
        let corner = |x: i128, d: i128| {
            x.saturating_mul(self.factor().into()).saturating_add(d).div_euclid(d.saturating_mul(2))
        };
        let low = corner(x.0, if x.0 < 0 { d.0 } else { d.1 });
        (low, corner(x.1, if x.1 < 0 { d.1 } else { d.0 }))
    }
}

/// 1 for an interval of positive divisors, -1 for negative ones; an error where it touches zero.
fn sign_of(d: Interval, index: usize) -> Result<i64, BuildError> {
    match d {
        (1.., _) => Ok(1),
        (_, ..=-1) => Ok(-1),
        (lo, hi) => {
            Err(BuildError::NotProven { operation: OPERATION, index, lo, hi, min: 1, max: 1 << LIMIT_BITS })
        }
    }
}

/// Integer reference. Fails on a divisor of zero.
pub fn reference(x: &[i64], p: &Quotient) -> Result<Vec<i64>, BuildError> {
    p.check(x.len())?;
    let quotient = |&(a, d): &(u32, u32)| {
        let place = d as usize;
        let (a, d) = (i128::from(*at("inputs", x, a as usize)?), i128::from(*at("inputs", x, place)?));
        let sign = i128::from(sign_of((d, d), place)?);
        let (a, d) = (sign * a, sign * d);
        let quotient = a.saturating_mul(p.factor().into()).saturating_add(d).div_euclid(2 * d);
        narrow(OPERATION, quotient.clamp(p.lo.into(), p.hi.into()))
    };
    p.pairs.iter().map(quotient).collect()
}

/// The quotients.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Quotient) -> Result<Vec<Bounded>, BuildError> {
    p.check(x.len())?;
    b.scope("quotient", |b| {
        let mut results = Vec::with_capacity(p.pairs.len());
        for &(place, divisor) in &p.pairs {
            let (a, d) = (at("inputs", x, place as usize)?, at("inputs", x, divisor as usize)?);
            let sign = sign_of(d.interval(), divisor as usize)?;
            results.push(quotient(b, &a.mul_const(sign)?, &d.mul_const(sign)?, p)?);
        }
        Ok(results)
    })
}

/// `clamp(floor(x * 2^k / d + 1/2), lo, hi)`; `d` is positive.
fn quotient(b: &mut Builder, x: &Bounded, d: &Bounded, p: &Quotient) -> Result<Bounded, BuildError> {
    let ends = p.ends(x.interval(), d.interval());
    if ends.1 <= p.bounds().0 || p.lo == p.hi {
        return Bounded::constant(p.lo);
    }
    if ends.0 >= p.bounds().1 {
        return Bounded::constant(p.hi);
    }
    let dividend = Bounded::combine(OPERATION, &[(x, p.factor()), (d, 1)], 0)?;
    let divisor = d.mul_const(2)?;
    if let Some(constant) = divisor.as_constant() {
        let quotient = divide::by_constant(b, &dividend, narrow(OPERATION, constant)?)?.quotient;
        return clamp::constrain(b, &quotient, 0, p.lo, p.hi);
    }
    let mut within = dividend.clone();
    if ends.0 < p.bounds().0 {
        let least = divisor.mul_const(p.lo)?;
        let not_below = compare::at_least(b, &dividend, &least)?;
        within = select::constrain(b, &not_below, &within, &least)?;
    }
    if ends.1 > p.bounds().1 {
        let beyond = divisor.mul_const(narrow(OPERATION, p.bounds().1 + 1)?)?;
        let above = compare::at_least(b, &dividend, &beyond)?;
        within = select::constrain(b, &above, &divisor.mul_const(p.hi)?, &within)?;
    }
    let reached = (ends.0.max(p.bounds().0), ends.1.min(p.bounds().1));
    Ok(divide::constrain_within(b, &within, &divisor, reached)?.quotient)
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Quotient) -> Result<Vec<Interval>, BuildError> {
    p.check(x.len())?;
    let one = |&(a, d): &(u32, u32)| {
        let place = d as usize;
        let (a, d) = (*at("inputs", x, a as usize)?, *at("inputs", x, place)?);
        let sign = sign_of(d, place)?.into();
        cost_of_one(t, times(a, sign), times(d, sign), p)
    };
    p.pairs.iter().map(one).collect()
}

/// Adds what one quotient by a positive divisor costs; returns its interval.
fn cost_of_one(t: &mut Tally, x: Interval, d: Interval, p: &Quotient) -> Result<Interval, BuildError> {
    let (ends, bounds) = (p.ends(x, d), p.bounds());
    let reached = (ends.0.clamp(bounds.0, bounds.1), ends.1.clamp(bounds.0, bounds.1));
    if ends.1 <= bounds.0 || ends.0 >= bounds.1 || p.lo == p.hi {
        return Ok(reached);
    }
    let dividend = limited(OPERATION, sum(times(x, p.factor().into()), d))?;
    let divisor = times(d, 2);
    if divisor.0 == divisor.1 {
        let quotient = divide::cost_by_constant(t, dividend, divisor.0);
        clamp::cost(t, quotient, 0, p.lo, p.hi);
        let rounding = Requantize { shift: 0, lo: p.lo, hi: p.hi };
        return Ok(rounding.results(quotient));
    }
    let mut within = dividend;
    if ends.0 < bounds.0 {
        let least = limited(OPERATION, times(divisor, bounds.0))?;
        compare::cost(t, limited(OPERATION, difference(dividend, least))?);
        select::cost(t, within, least);
        within = hull(within, least);
    }
    if ends.1 > bounds.1 {
        let beyond = limited(OPERATION, times(divisor, bounds.1 + 1))?;
        compare::cost(t, limited(OPERATION, difference(dividend, beyond))?);
        let most = times(divisor, bounds.1);
        select::cost(t, most, within);
        within = hull(within, most);
    }
    // What the division subtracts on its way, and as much again for its comparisons.
    let base = reached.0.min(0);
    let most = times(divisor, (1i128 << (bit_length(reached.1 - base) + 1)) - 1);
    limited(OPERATION, difference(difference(within, times(divisor, base)), (0, most.1)))?;
    divide::cost_within(t, within, divisor, reached);
    Ok(reached)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("quotient of 8 bits by 1 to 256, to 8", 2, 8, |b, x| {
        let divisor = x[1].add_const(129)?;
        constrain(b, &[x[0].clone(), divisor], &Quotient { pairs: vec![(0, 1)], up: 6, lo: -128, hi: 127 })
    }),
    Case::new("quotient of 8 bits by 65 to 320, nothing saturates", 2, 8, |b, x| {
        let divisor = x[1].add_const(193)?;
        constrain(b, &[x[0].clone(), divisor], &Quotient { pairs: vec![(0, 1)], up: 6, lo: -128, hi: 127 })
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget,
        gadget_with_bounds,
    };
    use proptest::prelude::*;

    fn one(up: u32, lo: i64, hi: i64) -> Quotient {
        Quotient { pairs: vec![(0, 1)], up, lo, hi }
    }

    /// `x / (factor * y + offset)`.
    fn build(
        p: &Quotient,
        factor: i64,
        offset: i64,
    ) -> impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        move |b, x| constrain(b, &[x[0].clone(), x[1].mul_const(factor)?.add_const(offset)?], p)
    }

    fn expected(p: &Quotient, factor: i64, offset: i64) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(&[x[0], factor * x[1] + offset], p).unwrap_or_default()
    }

    #[test]
    fn rounds_half_up_and_saturates() -> Result<(), BuildError> {
        let p = one(0, -8, 7);
        let cases = [
            (7, 2, 4),
            (-7, 2, -3),
            (7, -2, -3),
            (-7, -2, 4),
            (5, 3, 2),
            (-5, 3, -2),
            (0, -3, 0),
            (100, 3, 7),
            (-100, 3, -8),
            (100, -3, -8),
            (15, 2, 7),
            (-17, 2, -8),
            (1, 3, 0),
            (-1, 2, 0),
        ];
        for (x, d, y) in cases {
            assert_eq!(reference(&[x, d], &p)?, [y], "{x} / {d}");
            let exact = ((x as f64 / d as f64) + 0.5).floor().clamp(-8.0, 7.0);
            assert_eq!(y as f64, exact, "{x} / {d}");
        }
        assert_eq!(reference(&[1, 3], &one(4, -99, 99))?, [5]);
        assert_eq!(reference(&[i64::MIN, -1], &one(59, -99, 99))?, [99]);
        Ok(())
    }

    #[test]
    fn all_pairs_of_one_to_five_bits() -> Result<(), BuildError> {
        for bits in 1..=5u8 {
            let half = 1i64 << (bits - 1);
            for p in
                [one(0, -8, 7), one(3, -8, 7), one(2, -1000, 1000), one(2, 0, 5), one(2, -9, 0), one(1, 2, 9)]
            {
                for (factor, offset) in [(1, half + 1), (1, 3 * half), (-1, -half - 1), (0, 3), (0, -4)] {
                    let build = build(&p, factor, offset);
                    let (circuit, bounds) = gadget_with_bounds(2, bits, &build)?;
                    let few = all_pairs(bits).step_by(if bits > 3 { 7 } else { 1 });
                    check(&circuit, &bounds, few, expected(&p, factor, offset));
                    assert_costs(2, bits, &build, |t, x| {
                        let by = i128::from(offset);
                        let d = sum(times(x[1], factor.into()), (by, by));
                        assert_eq!(cost(t, &[x[0], d], &p), Ok(bounds.clone()), "{p:?} {factor} {offset}");
                    })?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn all_pairs_of_seven_bits() -> Result<(), BuildError> {
        let p = one(3, -50, 50);
        check_both(2, 7, build(&p, 1, 65), all_pairs(7).collect::<Vec<_>>(), expected(&p, 1, 65))
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        let p = one(2, -3, 3);
        let circuit = gadget(2, 4, build(&p, 1, 9))?;
        assert_every_constraint_is_needed(&circuit, &all_pairs(4).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn what_has_no_quotient_is_refused() {
        let p = one(2, -3, 3);
        // Up to 0, from 0, across.
        for (factor, offset) in [(1, 8), (1, -7), (1, 0)] {
            let refused = gadget(2, 4, build(&p, factor, offset)).map(|_| ());
            assert!(matches!(
                refused,
                Err(BuildError::NotProven { operation: OPERATION, index: 1, min: 1, .. })
            ));
        }
        assert!(matches!(reference(&[1, 0], &p), Err(BuildError::NotProven { lo: 0, hi: 0, .. })));
        let wide = gadget(2, 24, build(&one(40, -3, 3), 1, 1 << 24)).map(|_| ());
        assert!(matches!(wide, Err(BuildError::Overflow { .. })), "{wide:?}");
        for (p, error) in [
            (one(2, 3, -3), BuildError::EmptyRange { operation: OPERATION, lo: 3, hi: -3 }),
            (one(60, 0, 3), BuildError::Bits { operation: OPERATION, bits: 60, min: 0, max: 59 }),
            (
                Quotient { pairs: vec![(0, 2)], ..one(0, 0, 3) },
                BuildError::Index { operation: OPERATION, index: 2, inputs: 2 },
            ),
            (Quotient { pairs: vec![], ..one(0, 0, 3) }, BuildError::Empty { operation: OPERATION }),
        ] {
            assert_eq!(reference(&[1, 1], &p), Err(error.clone()));
            assert_eq!(gadget(2, 4, build(&p, 1, 9)).map(|_| ()), Err(error));
        }
    }

    proptest! {
        #![proptest_config(crate::testing::property(64))]
        #[test]
        fn wide_values(
            x in prop_oneof![-(1i64 << 23)..1 << 23, Just(-(1 << 23)), Just((1 << 23) - 1)],
            y in prop_oneof![-(1i64 << 19)..1 << 19, Just(-(1 << 19)), Just((1 << 19) - 1)],
            up in 0..30u32,
        ) {
            let p = one(up, -(1 << 15), (1 << 15) - 1);
            let by = (1 << 19) + 1;
            let circuit = gadget(2, 24, |b, v| {
                let d = crate::gadgets::div_pow2::constrain(b, &v[1], 4)?.add_const(by)?;
                constrain(b, &[v[0].clone(), d], &p)
            })?;
            crate::testing::check_values(&circuit, [vec![x, y << 4]], |v| {
                reference(&[v[0], (v[1] >> 4) + by], &p).unwrap_or_default()
            });
        }
    }
}
