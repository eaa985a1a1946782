//! Leaky ReLU with an exact slope `m / 2^s`, on accumulators of any width:
//!
//! ```text
//! acc = 2^s * x  where x >= 0,  else  m * x        = m * x + (2^s - m) * relu(x)
//! ```
//!
//! The result has `s` more bits behind the point; a requantization that drops them follows. One slope for all
//! values, or one each (PReLU).
//!
//! Cost: a ReLU a value. Where the values have at most about 12 bits already, a [`crate::layers::function`]
//! table does it in one step.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::layers::relu;

/// Most bits behind the point of a slope.
pub const MAX_SHIFT: u32 = 40;

/// Slopes `m / 2^shift` for negative values: one, or one a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slopes {
    /// The numerators.
    pub m: Vec<i64>,
    /// Bits behind the point.
    pub shift: u32,
}

impl Slopes {
    fn check(&self, inputs: usize) -> Result<(), BuildError> {
        if self.shift > MAX_SHIFT {
            return Err(BuildError::Bits {
                operation: "leaky ReLU",
                bits: self.shift,
                min: 0,
                max: MAX_SHIFT,
            });
        }
        if self.m.len() != 1 && self.m.len() != inputs {
            let (expected, found) = (inputs, self.m.len());
            return Err(BuildError::Length {
                operation: "leaky ReLU",
                what: "slopes, or one,",
                expected,
                found,
            });
        }
        Ok(())
    }

    fn of_each(&self) -> impl Iterator<Item = i64> + '_ {
        self.m.iter().copied().cycle()
    }
}

/// Integer reference: accumulators with `shift` more bits behind the point. Fails where one leaves 64 bits.
pub fn reference(x: &[i64], slopes: &Slopes) -> Result<Vec<i64>, BuildError> {
    slopes.check(x.len())?;
    x.iter()
        .zip(slopes.of_each())
        .map(|(&x, m)| {
            let acc = i128::from(x) * if x >= 0 { 1i128 << slopes.shift } else { m.into() };
            i64::try_from(acc).map_err(|_| BuildError::Overflow { operation: "leaky ReLU", lo: acc, hi: acc })
        })
        .collect()
}

/// The accumulators.
pub fn constrain(b: &mut Builder, x: &[Bounded], slopes: &Slopes) -> Result<Vec<Bounded>, BuildError> {
    slopes.check(x.len())?;
    let one = 1i64 << slopes.shift;
    b.scope("leaky_relu", |b| {
        x.iter()
            .zip(slopes.of_each())
            .map(|(x, m)| {
                let positive = relu::constrain_one(b, x)?;
                let rest = one.checked_sub(m).ok_or(BuildError::Overflow {
                    operation: "leaky ReLU",
                    lo: m.into(),
                    hi: m.into(),
                })?;
                let acc = Bounded::combine("leaky ReLU", &[(x, m), (&positive, rest)], 0)?;
                // The two terms depend on each other: each sign by itself bounds the result.
                let (one, m) = (i128::from(one), i128::from(m));
                let (below, above) = (x.lo().min(0), x.hi().max(0));
                let ends = [m * below, m * x.hi().min(0), one * above, one * x.lo().max(0)];
                let (lo, hi) = if x.lo() >= 0 {
                    (one * x.lo(), one * x.hi())
                } else if x.hi() < 0 {
                    ((m * x.lo()).min(m * x.hi()), (m * x.lo()).max(m * x.hi()))
                } else {
                    (ends.iter().copied().min().unwrap_or(0), ends.iter().copied().max().unwrap_or(0))
                };
                Ok(acc.proven(lo, hi))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_no_constraint_is_idle, check, gadget, gadget_with_bounds};

    #[test]
    fn all_values_of_eight_bits() -> Result<(), BuildError> {
        for m in [0, 1, 3, -5, 256, 300] {
            let slopes = Slopes { m: vec![m], shift: 8 };
            for offset in [0, -200, 200] {
                let (circuit, bounds) =
                    gadget_with_bounds(1, 8, |b, x| constrain(b, &[x[0].add_const(offset)?], &slopes))?;
                check(&circuit, &bounds, all(8).map(|x| vec![x]), |x| {
                    reference(&[x[0] + offset], &slopes).unwrap_or_default()
                });
                let ends: Vec<i64> =
                    all(8).filter_map(|x| reference(&[x + offset], &slopes).ok()).flatten().collect();
                let exact =
                    (ends.iter().min().copied().unwrap_or(0), ends.iter().max().copied().unwrap_or(0));
                assert_eq!(bounds, [(exact.0.into(), exact.1.into())], "slope {m}, offset {offset}");
            }
        }
        Ok(())
    }

    #[test]
    fn one_slope_a_value() -> Result<(), BuildError> {
        let slopes = Slopes { m: vec![1, -2], shift: 2 };
        assert_eq!(reference(&[-3, -3], &slopes)?, [-3, 6]);
        assert_eq!(reference(&[3, 3], &slopes)?, [12, 12]);
        let circuit = gadget(2, 4, |b, x| constrain(b, x, &slopes))?;
        assert_eq!(circuit.stats().constraints - 2 * 4, 2 * 5);
        assert_no_constraint_is_idle(&circuit, &[vec![-3, 5], vec![3, -8]]);
        Ok(())
    }

    #[test]
    fn wrong_slopes_are_refused() {
        let refused = reference(&[1, 2, 3], &Slopes { m: vec![1, 2], shift: 2 });
        assert!(matches!(refused, Err(BuildError::Length { .. })));
        let refused = reference(&[1], &Slopes { m: vec![1], shift: 41 });
        assert!(matches!(refused, Err(BuildError::Bits { bits: 41, .. })));
        let refused = reference(&[i64::MAX], &Slopes { m: vec![1], shift: 1 });
        assert!(matches!(refused, Err(BuildError::Overflow { .. })));
    }
}
