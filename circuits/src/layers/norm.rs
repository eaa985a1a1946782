//! Norms of groups of values: the sum of magnitudes, the sum of squares, and the root of the latter.
//!
//! ```text
//! L1:       y = sum |q_i|                |q_i| = (2 s_i - 1) q_i,  s_i the sign
//! squares:  y = sum q_i^2
//! L2:       y = floor(sqrt(4^j * sum q_i^2))
//! ```
//!
//! With `q_i * 2^-s` the values, the results have `s`, `2 s` and `s + j` bits behind the point. The first two are exact, and so is the
//! integer that L2 is the root of; L2 is too small by less than one unit, `2^-j` of one of the values.
//!
//! Cost for `n` values: `n` signs and products; `n` products; the latter and a root ([`crate::gadgets::root`]).

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, root, select};
use crate::integer::{Interval, LIMIT_BITS, sum, times};

/// Which norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The sum of magnitudes.
    L1,
    /// The sum of squares.
    Squares,
    /// The root of the sum of squares, with this number of bits more than the values.
    L2 {
        /// `j`, below 30.
        extra: u32,
    },
}

/// A norm of each group of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Norm {
    /// Which one.
    pub kind: Kind,
    /// Values of a group.
    pub len: usize,
}

const OPERATION: &str = "norm";

impl Norm {
    fn check(&self, found: usize) -> Result<usize, BuildError> {
        if let Kind::L2 { extra } = self.kind
            && extra >= LIMIT_BITS / 2
        {
            return Err(BuildError::Bits {
                operation: OPERATION,
                bits: extra,
                min: 0,
                max: LIMIT_BITS / 2 - 1,
            });
        }
        if self.len > 0 && found > 0 && found.is_multiple_of(self.len) {
            return Ok(self.len);
        }
        Err(BuildError::Length {
            operation: OPERATION,
            what: "values, or a multiple,",
            expected: self.len,
            found,
        })
    }

    /// `4^j`.
    fn factor(&self) -> i64 {
        match self.kind {
            Kind::L1 | Kind::Squares => 1,
            Kind::L2 { extra } => 1 << (2 * extra),
        }
    }
}

/// Integer reference: the norm of each group. Fails where a sum leaves 64 bits.
pub fn reference(x: &[i64], norm: &Norm) -> Result<Vec<i64>, BuildError> {
    let of_group = |group: &[i64]| -> Result<i64, BuildError> {
        let part = |&x: &i64| match norm.kind {
            Kind::L1 => i128::from(x).abs(),
            Kind::Squares | Kind::L2 { .. } => i128::from(x) * i128::from(x),
        };
        let total = group.iter().map(part).fold(0i128, i128::saturating_add);
        let total = narrow(OPERATION, total.saturating_mul(norm.factor().into()))?;
        Ok(if matches!(norm.kind, Kind::L2 { .. }) { root::reference(total) } else { total })
    };
    x.chunks_exact(norm.check(x.len())?).map(of_group).collect()
}

/// The norm of each group.
pub fn constrain(b: &mut Builder, x: &[Bounded], norm: &Norm) -> Result<Vec<Bounded>, BuildError> {
    let len = norm.check(x.len())?;
    b.scope("norm", |b| {
        x.chunks_exact(len)
            .map(|group| {
                let parts = group.iter().map(|x| match norm.kind {
                    Kind::L1 => magnitude(b, x),
                    Kind::Squares | Kind::L2 { .. } => square(b, x),
                });
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                let total = Bounded::weighted_sum(&parts, &vec![norm.factor(); parts.len()], 0)?;
                if matches!(norm.kind, Kind::L2 { .. }) { root::square_root(b, &total) } else { Ok(total) }
            })
            .collect()
    })
}

/// `x` where it is not negative, `-x` elsewhere.
fn magnitude(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    let sign = compare::is_non_negative(b, x)?;
    let (least, most) = of_magnitude(x.interval());
    Ok(select::constrain(b, &sign, x, &x.mul_const(-1)?)?.proven(least, most))
}

/// `x * x`.
fn square(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    let (least, most) = of_square(x.interval());
    let product = b.product_wire("x * x", x, x, &Bounded::constant(0)?, narrow(OPERATION, most)?)?;
    // Whatever the witness, a square of an integer of the interval.
    Ok(product.proven(least, most))
}

/// The interval of a magnitude.
fn of_magnitude((lo, hi): Interval) -> Interval {
    (lo.max(-hi).max(0), hi.max(-lo))
}

/// The interval of a square.
fn of_square(x: Interval) -> Interval {
    let (least, most) = of_magnitude(x);
    (least * least, most * most)
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], norm: &Norm) -> Result<Vec<Interval>, BuildError> {
    let len = norm.check(x.len())?;
    let of_group = |group: &[Interval]| {
        let mut total = (0, 0);
        for &x in group {
            let part = match norm.kind {
                Kind::L1 => {
                    if compare::cost(t, x).is_none() {
                        select::cost(t, x, times(x, -1));
                    }
                    of_magnitude(x)
                }
                Kind::Squares | Kind::L2 { .. } => {
                    t.add(1);
                    of_square(x)
                }
            };
            total = sum(total, times(part, norm.factor().into()));
        }
        if matches!(norm.kind, Kind::L2 { .. }) {
            root::cost(t, total);
            (total.0.max(0).isqrt(), total.1.max(0).isqrt())
        } else {
            total
        }
    };
    Ok(x.chunks_exact(len).map(of_group).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("sum of 4 magnitudes, 6 bits", 4, 6, |b, x| constrain(b, x, &Norm { kind: Kind::L1, len: 4 })),
    Case::new("sum of 4 squares, 6 bits", 4, 6, |b, x| {
        constrain(b, x, &Norm { kind: Kind::Squares, len: 4 })
    }),
    Case::new("length of 4 values, 6 bits", 4, 6, |b, x| {
        constrain(b, x, &Norm { kind: Kind::L2 { extra: 2 }, len: 4 })
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, forge, gadget,
        gadget_with_bounds,
    };

    const KINDS: [Kind; 4] = [Kind::L1, Kind::Squares, Kind::L2 { extra: 0 }, Kind::L2 { extra: 3 }];

    #[test]
    fn known_norms() -> Result<(), BuildError> {
        let of = |kind, x: &[i64]| reference(x, &Norm { kind, len: 2 });
        assert_eq!(of(Kind::L1, &[3, -4, 0, -7])?, [7, 7]);
        assert_eq!(of(Kind::Squares, &[3, -4, 0, -7])?, [25, 49]);
        assert_eq!(of(Kind::L2 { extra: 0 }, &[3, -4, 1, 1])?, [5, 1]);
        // sqrt 2 = 1.414..., in quarters.
        assert_eq!(of(Kind::L2 { extra: 2 }, &[3, -4, 1, 1])?, [20, 5]);
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        for kind in KINDS {
            let norm = Norm { kind, len: 2 };
            let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &norm);
            let expected = |x: &[i64]| reference(x, &norm).unwrap_or_default();
            let (circuit, bounds) = gadget_with_bounds(2, 5, build)?;
            check(&circuit, &bounds, all_pairs(5), expected);
            check_both(2, 5, build, all_pairs(4).collect::<Vec<_>>(), expected)?;
            for (len, bits) in [(2, 5), (6, 12)] {
                let (_, bounds) = gadget_with_bounds(len, bits, build)?;
                assert_costs(len, bits, build, |t, x| assert_eq!(cost(t, x, &norm), Ok(bounds.clone())))?;
            }
            let ends = [vec![-2048; 6], vec![2047; 6], vec![0, -2048, 2047, 0, 1, -1]];
            check_both(6, 12, build, ends, expected)?;
        }
        Ok(())
    }

    /// Intervals that decide signs, and such that do not reach zero.
    #[test]
    fn shifted_values() -> Result<(), BuildError> {
        for kind in KINDS {
            for offset in [-20, -8, -3, 0, 7, 8, 30] {
                let norm = Norm { kind, len: 1 };
                let build = |b: &mut Builder, x: &[Bounded]| constrain(b, &[x[0].add_const(offset)?], &norm);
                let (circuit, bounds) = gadget_with_bounds(1, 4, build)?;
                check(&circuit, &bounds, all(4).map(|x| vec![x]), |x| {
                    reference(&[x[0] + offset], &norm).unwrap_or_default()
                });
                let moved = i128::from(offset);
                assert_costs(1, 4, build, |t, x| {
                    assert_eq!(cost(t, &[sum(x[0], (moved, moved))], &norm), Ok(bounds.clone()));
                })?;
            }
        }
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        for kind in KINDS {
            let circuit = gadget(2, 3, |b, x| constrain(b, x, &Norm { kind, len: 2 }))?;
            assert_every_constraint_is_needed(&circuit, &all_pairs(3).collect::<Vec<_>>());
        }
        Ok(())
    }

    #[test]
    fn a_wrong_magnitude_is_caught() -> Result<(), BuildError> {
        let circuit = gadget(1, 6, |b, x| constrain(b, x, &Norm { kind: Kind::L1, len: 1 }))?;
        let y = crate::linear::Wire(circuit.r1cs.num_wires() as u32 - 1);
        let forged = forge(&circuit, &[-9], &[(y, ark_bn254::Fr::from(8u64 + 32))]);
        assert!(forged.starts_with("norm/select/"), "{forged}");
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let run = |kind, len, x: &[i64]| reference(x, &Norm { kind, len });
        assert!(matches!(run(Kind::L1, 2, &[1, 2, 3]), Err(BuildError::Length { .. })));
        assert!(matches!(run(Kind::L1, 0, &[1]), Err(BuildError::Length { .. })));
        assert!(matches!(run(Kind::L2 { extra: 30 }, 1, &[1]), Err(BuildError::Bits { .. })));
        assert!(matches!(run(Kind::Squares, 1, &[i64::MAX]), Err(BuildError::Overflow { .. })));
    }
}
