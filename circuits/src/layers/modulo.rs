//! The remainder or the quotient of a division by a constant, either way to treat signs: ONNX `Mod`, and `Div` of integers.
//!
//! | `fmod` | remainder | sign | quotient |
//! | --- | --- | --- | --- |
//! | 0 | `x - m * floor(x / m)` | that of `m` | `floor(x / m)` |
//! | 1 | `x - m * trunc(x / m)` | that of `x` | `trunc(x / m)`, which `Div` gives |
//!
//! Floored: Euclid's division by `|m|`, of `-x` where `m` is negative, which negates the remainder. Truncated: that of `|x|` by
//! `|m|`, with the sign of `x`; the quotient with that of `m` as well.
//!
//! Cost: a division by a constant ([`divide::by_constant`]); truncated, where `x` may have either sign, a comparison and two
//! selections more.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::divide;
use crate::integer::{Interval, difference, meet, times};
use crate::layers::magnitude::Signed;

/// Whose sign the remainder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// The divisor's.
    Floored,
    /// The dividend's.
    Truncated,
}

/// Which result of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is left.
    Remainder,
    /// How often the divisor is there.
    Quotient,
}

/// Parameters of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulo {
    /// `m`, not zero.
    pub modulus: i64,
    /// Whose sign the remainder has.
    pub convention: Convention,
    /// Which result.
    pub part: Part,
}

const OPERATION: &str = "remainder";

/// Largest modulus.
pub const MAX_MODULUS: i64 = 1 << 58;

impl Modulo {
    /// `|m|`, if it is a modulus.
    fn magnitude(&self) -> Result<i64, BuildError> {
        match self.modulus.checked_abs() {
            Some(magnitude @ 1..=MAX_MODULUS) => Ok(magnitude),
            _ => {
                let (value, max) = (self.modulus.into(), MAX_MODULUS.into());
                Err(BuildError::NotProven {
                    operation: OPERATION,
                    index: 0,
                    lo: value,
                    hi: value,
                    min: 1,
                    max,
                })
            }
        }
    }

    /// The part of Euclid's division.
    fn of(&self, quotient: divide::Quotient) -> Bounded {
        match self.part {
            Part::Remainder => quotient.remainder,
            Part::Quotient => quotient.quotient,
        }
    }

    /// What the part of Euclid's division by `|m|` is multiplied by.
    fn factor(&self) -> i64 {
        match (self.convention, self.part) {
            (Convention::Floored, Part::Remainder) | (Convention::Truncated, Part::Quotient) => self.sign(),
            (Convention::Floored, Part::Quotient) | (Convention::Truncated, Part::Remainder) => 1,
        }
    }

    /// The sign of the dividend that Euclid's division takes.
    fn sign(&self) -> i64 {
        if self.modulus < 0 { -1 } else { 1 }
    }
}

/// Integer reference.
pub fn reference(x: &[i64], p: &Modulo) -> Result<Vec<i64>, BuildError> {
    let modulus = i128::from(p.magnitude()?);
    let one = |&x: &i64| {
        let (x, sign) = (i128::from(x), i128::from(p.sign()));
        let result = match (p.convention, p.part) {
            (Convention::Floored, Part::Remainder) => sign * (sign * x).rem_euclid(modulus),
            (Convention::Floored, Part::Quotient) => (sign * x).div_euclid(modulus),
            (Convention::Truncated, Part::Remainder) => x % modulus,
            (Convention::Truncated, Part::Quotient) => sign * x / modulus,
        };
        crate::bounded::narrow(OPERATION, result)
    };
    x.iter().map(one).collect()
}

/// The remainders, or the quotients.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Modulo) -> Result<Vec<Bounded>, BuildError> {
    let modulus = p.magnitude()?;
    let one = |b: &mut Builder, x: &Bounded| match p.convention {
        Convention::Floored => {
            p.of(divide::by_constant(b, &x.mul_const(p.sign())?, modulus)?).mul_const(p.factor())
        }
        Convention::Truncated => {
            let signed = Signed::constrain(b, x)?;
            let part = p.of(divide::by_constant(b, &signed.magnitude, modulus)?);
            signed.restore(b, &part)?.mul_const(p.factor())
        }
    };
    b.scope("modulo", |b| x.iter().map(|x| one(b, x)).collect())
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Modulo) -> Result<Vec<Interval>, BuildError> {
    let modulus = i128::from(p.magnitude()?);
    let part = |t: &mut Tally, x: Interval| {
        let quotient = divide::cost_by_constant(t, x, modulus);
        match p.part {
            Part::Remainder => meet(difference(x, times(quotient, modulus)), (0, modulus - 1)),
            Part::Quotient => quotient,
        }
    };
    let one = |&x: &Interval| match p.convention {
        Convention::Floored => times(part(t, times(x, p.sign().into())), p.factor().into()),
        Convention::Truncated => {
            let magnitude = Signed::cost(t, x);
            let part = part(t, magnitude);
            times(Signed::cost_restored(t, x, part), p.factor().into())
        }
    };
    Ok(x.iter().map(one).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("remainder of 12 bits by 25, floored", 2, 12, |b, x| {
        constrain(b, x, &Modulo { modulus: 25, convention: Convention::Floored, part: Part::Remainder })
    }),
    Case::new("remainder of 12 bits by 25, truncated", 2, 12, |b, x| {
        constrain(b, x, &Modulo { modulus: 25, convention: Convention::Truncated, part: Part::Remainder })
    }),
    Case::new("quotient of 12 bits by 25, truncated", 2, 12, |b, x| {
        constrain(b, x, &Modulo { modulus: 25, convention: Convention::Truncated, part: Part::Quotient })
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::sum;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget, gadget_with_bounds,
    };
    use proptest::prelude::*;

    fn each(modulus: i64) -> impl Iterator<Item = Modulo> {
        let parts = [Part::Remainder, Part::Quotient];
        let conventions = [Convention::Floored, Convention::Truncated];
        let each = move |convention| parts.map(|part| Modulo { modulus, convention, part });
        conventions.into_iter().flat_map(each)
    }

    fn expected(p: Modulo) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(x, &p).unwrap_or_default()
    }

    #[test]
    fn as_python_and_c_do() -> Result<(), BuildError> {
        let both = |modulus, convention, part| {
            reference(&[-4, 7, 5, 4, -7, 8, 0], &Modulo { modulus, convention, part })
        };
        let of = |modulus, convention| both(modulus, convention, Part::Remainder);
        assert_eq!(of(3, Convention::Floored)?, [2, 1, 2, 1, 2, 2, 0]);
        assert_eq!(of(-3, Convention::Floored)?, [-1, -2, -1, -2, -1, -1, 0]);
        assert_eq!(of(3, Convention::Truncated)?, [-1, 1, 2, 1, -1, 2, 0]);
        assert_eq!(of(-3, Convention::Truncated)?, [-1, 1, 2, 1, -1, 2, 0]);
        let of = |modulus, convention| both(modulus, convention, Part::Quotient);
        assert_eq!(of(3, Convention::Floored)?, [-2, 2, 1, 1, -3, 2, 0]);
        assert_eq!(of(-3, Convention::Floored)?, [1, -3, -2, -2, 2, -3, 0]);
        assert_eq!(of(3, Convention::Truncated)?, [-1, 2, 1, 1, -2, 2, 0]);
        assert_eq!(of(-3, Convention::Truncated)?, [1, -2, -1, -1, 2, -2, 0]);
        let least = Modulo { modulus: 3, convention: Convention::Floored, part: Part::Remainder };
        assert_eq!(reference(&[i64::MIN], &least)?, [1]);
        Ok(())
    }

    #[test]
    fn all_values_by_small_constants() -> Result<(), BuildError> {
        for modulus in [1, 2, 3, 4, 5, 7, 16, 25, 100, 127, 128, 200, 300, -1, -3, -8, -25, -300] {
            for p in each(modulus) {
                for (bits, offset) in [(7, 0), (4, 8), (4, 30), (4, -8), (4, -30), (2, 1)] {
                    let build = |b: &mut Builder, x: &[Bounded]| constrain(b, &[x[0].add_const(offset)?], &p);
                    let (circuit, bounds) = gadget_with_bounds(1, bits, build)?;
                    let few = all(bits).step_by(if bits > 4 { 5 } else { 1 });
                    check(&circuit, &bounds, few.map(|x| vec![x]), |x| expected(p)(&[x[0] + offset]));
                    assert_costs(1, bits, build, |t, x| {
                        let x = sum(x[0], (offset.into(), offset.into()));
                        assert_eq!(cost(t, &[x], &p), Ok(bounds.clone()), "{p:?} of {bits} bits, {offset}");
                    })?;
                }
                let inputs = all(8).map(|x| vec![x]).collect::<Vec<_>>();
                check_both(1, 8, |b, x| constrain(b, x, &p), inputs, expected(p))?;
            }
        }
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        for modulus in [5, 8, -5] {
            for p in each(modulus) {
                let circuit = gadget(1, 5, |b, x| constrain(b, x, &p))?;
                assert_every_constraint_is_needed(&circuit, &all(5).map(|x| vec![x]).collect::<Vec<_>>());
            }
        }
        Ok(())
    }

    #[test]
    fn no_modulus_is_refused() {
        for modulus in [0, i64::MIN, MAX_MODULUS + 1] {
            let p = Modulo { modulus, convention: Convention::Floored, part: Part::Remainder };
            assert!(matches!(reference(&[1], &p), Err(BuildError::NotProven { operation: OPERATION, .. })));
            let refused = gadget(1, 4, |b, x| constrain(b, x, &p)).map(|_| ());
            assert!(matches!(refused, Err(BuildError::NotProven { operation: OPERATION, .. })));
        }
    }

    proptest! {
        #![proptest_config(crate::testing::property(64))]
        #[test]
        fn wide_values(x in any::<i32>(), modulus in prop_oneof![1i64..1 << 30, -(1i64 << 30)..0, 1..5i64]) {
            for p in each(modulus) {
                let (circuit, bounds) = gadget_with_bounds(1, 32, |b, x| constrain(b, x, &p))?;
                let x = i64::from(x);
                let multiple = x / modulus * modulus;
                check(&circuit, &bounds, [vec![x], vec![multiple]], expected(p));
            }
        }
    }
}
