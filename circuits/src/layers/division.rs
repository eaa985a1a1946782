//! Quotients and remainders of whole numbers by whole numbers that vary, pair by pair: ONNX `Div` and `Mod` of integers. By constants
//! they cost less: [`super::modulo`], which says what the conventions are.
//!
//! With `D = |d|`, proven to be at least 1 (what is divided by zero has no witness), and Euclid's division [`divide`]:
//!
//! | convention | divides | quotient | remainder |
//! | --- | --- | --- | --- |
//! | floored | `sign(d) a` by `D` | as it is | with the sign of `d` |
//! | truncated | `|a|` by `D` | with the signs of both | with the sign of `a` |
//!
//! Cost: a division; the bits of a divisor that may be zero; for what may have either sign, a comparison and one to three selections.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{divide, range};
use crate::integer::{Interval, LIMIT_BITS, bit_length, difference, meet, times};
use crate::layers::magnitude::Signed;
use crate::layers::modulo::{Convention, Modulo, Part};

/// Parameters of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Whose sign the remainder has.
    pub convention: Convention,
    /// Which result.
    pub part: Part,
}

const OPERATION: &str = "division of whole numbers";

/// All dividends, and behind them as many divisors.
fn pairs<T>(x: &[T]) -> Result<impl Iterator<Item = (&T, &T)>, BuildError> {
    let (dividends, divisors) = x.split_at(x.len() / 2);
    if dividends.len() != divisors.len() {
        let (expected, found) = (dividends.len(), divisors.len());
        return Err(BuildError::Length { operation: OPERATION, what: "divisors", expected, found });
    }
    Ok(dividends.iter().zip(divisors))
}

/// That a divisor may be anything but what is divided by.
fn no_divisor((lo, hi): Interval) -> BuildError {
    BuildError::NotProven { operation: OPERATION, index: 0, lo, hi, min: 1, max: i64::MAX.into() }
}

/// Integer reference, of dividends and the divisors behind them.
pub fn reference(x: &[i64], p: &Division) -> Result<Vec<i64>, BuildError> {
    let one = |(&a, &d): (&i64, &i64)| {
        if d == 0 {
            return Err(no_divisor((0, 0)));
        }
        let by = Modulo { modulus: d, convention: p.convention, part: p.part };
        let result = super::modulo::reference(&[a], &by)?;
        result.first().copied().ok_or(BuildError::Empty { operation: OPERATION })
    };
    pairs(x)?.map(one).collect()
}

/// The results, of dividends and the divisors behind them.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Division) -> Result<Vec<Bounded>, BuildError> {
    let pairs: Vec<(&Bounded, &Bounded)> = pairs(x)?.collect();
    b.scope("whole division", |b| pairs.into_iter().map(|(a, d)| divided(b, a, d, p)).collect())
}

fn divided(b: &mut Builder, a: &Bounded, d: &Bounded, p: &Division) -> Result<Bounded, BuildError> {
    let divisor = Signed::constrain(b, d)?;
    let magnitude = positive(b, &divisor.magnitude)?;
    match p.convention {
        Convention::Floored => {
            let dividend = divisor.restore(b, a)?;
            check(dividend.interval(), magnitude.interval())?;
            let result = divide::constrain(b, &dividend, &magnitude)?;
            match p.part {
                Part::Quotient => Ok(result.quotient),
                Part::Remainder => divisor.restore(b, &result.remainder),
            }
        }
        Convention::Truncated => {
            let dividend = Signed::constrain(b, a)?;
            check(dividend.magnitude.interval(), magnitude.interval())?;
            let result = divide::constrain(b, &dividend.magnitude, &magnitude)?;
            match p.part {
                Part::Quotient => {
                    let quotient = dividend.restore(b, &result.quotient)?;
                    divisor.restore(b, &quotient)
                }
                Part::Remainder => dividend.restore(b, &result.remainder),
            }
        }
    }
}

/// A magnitude that is proven not to be zero.
fn positive(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    if x.hi() < 1 {
        return Err(no_divisor(x.interval()));
    }
    let most = i64::try_from(x.hi()).map_err(|_| no_divisor(x.interval()))?;
    range::constrain(b, x, 1, most)
}

/// That no multiple of a divisor leaves what [`divide`] takes: the divisor times the largest number of as many bits as the quotient,
/// and the divisor times the smallest quotient.
fn check(a: Interval, d: Interval) -> Result<(), BuildError> {
    let ends = divide::quotients(a, d);
    let quotient = bit_length(ends.1.saturating_sub(ends.0.min(0))).max(bit_length(-ends.0.min(0)));
    match quotient + bit_length(d.1) < LIMIT_BITS {
        true => Ok(()),
        false => Err(BuildError::Overflow { operation: OPERATION, lo: a.0, hi: a.1 }),
    }
}

/// Adds what [`constrain`] costs for dividends of these intervals and the divisors behind them; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Division) -> Result<Vec<Interval>, BuildError> {
    pairs(x)?.map(|(&a, &d)| cost_divided(t, a, d, p)).collect()
}

fn cost_divided(t: &mut Tally, a: Interval, d: Interval, p: &Division) -> Result<Interval, BuildError> {
    let magnitude = Signed::cost(t, d);
    let most = i64::try_from(magnitude.1).ok().filter(|&most| most >= 1);
    let magnitude = range::cost(t, magnitude, 1, most.ok_or_else(|| no_divisor(magnitude))?);
    let signed = Signed::cost_restored;
    match p.convention {
        Convention::Floored => {
            let dividend = signed(t, d, a);
            check(dividend, magnitude)?;
            let quotient = divide::cost(t, dividend, magnitude);
            Ok(match p.part {
                Part::Quotient => quotient,
                Part::Remainder => signed(t, d, remainder(dividend, quotient, magnitude)),
            })
        }
        Convention::Truncated => {
            let dividend = Signed::cost(t, a);
            check(dividend, magnitude)?;
            let quotient = divide::cost(t, dividend, magnitude);
            Ok(match p.part {
                Part::Quotient => {
                    let quotient = signed(t, a, quotient);
                    signed(t, d, quotient)
                }
                Part::Remainder => signed(t, a, remainder(dividend, quotient, magnitude)),
            })
        }
    }
}

/// The interval that [`divide`] proves of a remainder: below the divisor, and no more than what the quotient's bits begin with. By a
/// constant it knows the quotient as well.
fn remainder(a: Interval, quotient: Interval, d: Interval) -> Interval {
    let most = difference(a, times(d, quotient.0.min(0))).1;
    let below = (0, most.min(d.1 - 1));
    if d.0 == d.1 { meet(difference(a, times(quotient, d.0)), below) } else { below }
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("whole quotient of 10 bits by 7, truncated", 2, 10, |b, x| {
        let x = odd(b, x)?;
        constrain(b, &x, &Division { convention: Convention::Truncated, part: Part::Quotient })
    }),
    Case::new("remainder of 10 bits by 7, floored", 2, 10, |b, x| {
        let x = odd(b, x)?;
        constrain(b, &x, &Division { convention: Convention::Floored, part: Part::Remainder })
    }),
    Case::new("remainder of 10 bits by 7, truncated", 2, 10, |b, x| {
        let x = odd(b, x)?;
        constrain(b, &x, &Division { convention: Convention::Truncated, part: Part::Remainder })
    }),
];

/// A dividend, and an odd divisor of a few bits, which is not zero.
fn odd(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    let [a, d, ..] = x else { return Err(BuildError::Empty { operation: OPERATION }) };
    let few = crate::gadgets::div_pow2::constrain(b, d, 4)?;
    Ok(vec![a.clone(), few.mul_const(2)?.add_const(1)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::integer::sum;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, assign, check, check_both, gadget,
        gadget_with_bounds,
    };
    use proptest::prelude::*;

    const EACH: [Division; 4] = [
        Division { convention: Convention::Floored, part: Part::Remainder },
        Division { convention: Convention::Floored, part: Part::Quotient },
        Division { convention: Convention::Truncated, part: Part::Remainder },
        Division { convention: Convention::Truncated, part: Part::Quotient },
    ];

    /// The dividend by `factor * y + offset`.
    fn by(
        p: Division,
        factor: i64,
        offset: i64,
    ) -> impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        move |b, x| constrain(b, &[x[0].clone(), x[1].mul_const(factor)?.add_const(offset)?], &p)
    }

    fn expected(p: Division, factor: i64, offset: i64) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(&[x[0], factor * x[1] + offset], &p).unwrap_or_default()
    }

    #[test]
    fn all_pairs_by_divisors_of_any_sign() -> Result<(), BuildError> {
        for p in EACH {
            // Odd ones of both signs, positive ones, negative ones, and one only.
            for (factor, offset) in [(2, 1), (1, 9), (1, 20), (1, -9), (-2, -33), (0, 5), (0, -3)] {
                let (circuit, bounds) = gadget_with_bounds(2, 4, by(p, factor, offset))?;
                check(&circuit, &bounds, all_pairs(4), expected(p, factor, offset));
                assert_costs(2, 4, by(p, factor, offset), |t, x| {
                    let d = sum(times(x[1], factor.into()), (offset.into(), offset.into()));
                    assert_eq!(cost(t, &[x[0], d], &p), Ok(bounds.clone()), "{p:?} {factor} {offset}");
                })?;
            }
            check_both(2, 6, by(p, 2, 1), all_pairs(6).collect::<Vec<_>>(), expected(p, 2, 1))?;
        }
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        for p in EACH {
            let circuit = gadget(2, 3, by(p, 2, 1))?;
            assert_every_constraint_is_needed(&circuit, &all_pairs(3).collect::<Vec<_>>());
        }
        Ok(())
    }

    #[test]
    fn nothing_is_divided_by_zero() -> Result<(), BuildError> {
        for p in EACH {
            assert!(matches!(reference(&[1, 0], &p), Err(BuildError::NotProven { .. })));
            let circuit = gadget(2, 3, by(p, 1, 0))?;
            let violated = |x: &[i64]| {
                let witness = audit::solve(&circuit, &assign(x)).unwrap_or_else(|e| panic!("{x:?}: {e}"));
                circuit.r1cs.first_violation(&witness).map(|violation| violation.block)
            };
            for a in all(3) {
                let block = violated(&[a, 0]).unwrap_or_default();
                assert!(block.starts_with("whole division/range"), "{a}: {block}");
                assert_eq!(violated(&[a, 1]), None, "{a}");
            }
            let refused = gadget(2, 3, by(p, 0, 0)).map(|_| ());
            assert!(matches!(refused, Err(BuildError::NotProven { operation: OPERATION, .. })));
        }
        Ok(())
    }

    #[test]
    fn wide_pairs_are_refused() {
        for p in EACH {
            let wide = |b: &mut Builder, x: &[Bounded]| {
                constrain(b, &[x[0].mul_const(1 << 20)?, x[1].mul_const(2)?.add_const(1)?], &p)
            };
            let refused = gadget(2, 32, wide).map(|_| ());
            assert!(matches!(refused, Err(BuildError::Overflow { .. })), "{refused:?}");
        }
    }

    proptest! {
        #![proptest_config(crate::testing::property(32))]
        #[test]
        fn wide_values(a in -(1i64 << 23)..1 << 23, d in prop_oneof![-(1i64 << 23)..1 << 23, -4..4i64]) {
            for p in EACH {
                let (circuit, bounds) = gadget_with_bounds(2, 24, by(p, 2, 1))?;
                check(&circuit, &bounds, [vec![a, d], vec![(2 * d + 1) / 3, d]], expected(p, 2, 1));
            }
        }
    }
}
