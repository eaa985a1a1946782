//! Rounding of fixed-point numbers `x * 2^-s` to whole ones: ONNX `Floor`, `Ceil` and `Round`, which rounds ties to even.
//!
//! ```text
//! floor: q = floor(x / 2^s)                                            ceil: -floor(-x / 2^s)
//! ties to even: x + 2^(s-1) = 2^(s+1) * h + R, R in [0, 2^(s+1)):      q = 2 * h + [R > 2^s]
//! ```
//!
//! The last line: `h` and the upper half of `R` are `q' = floor((x + 2^(s-1)) / 2^s)`, which rounds ties up, to `2 h` or `2 h + 1`.
//! A tie has `R = 0`, where `q' = 2 h` is even and stays, or `R = 2^s`, where `q' = 2 h + 1` is odd, and the even neighbour is `2 h`.
//!
//! Cost: [`div_pow2`], one constraint a bit; to even, a comparison of `s + 2` bits more. None for `s = 0`.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, div_pow2};
use crate::integer::{Interval, difference, half, meet, sum, times};

/// Which whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The largest that is not above.
    Down,
    /// The smallest that is not below.
    Up,
    /// The nearest; of two, the even one.
    Nearest,
}

/// Parameters: which whole number, and how many bits are behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Which whole number.
    pub direction: Direction,
    /// `s`.
    pub bits: u32,
}

const OPERATION: &str = "rounding to whole numbers";

/// Most bits behind the point.
pub const MAX_BITS: u32 = div_pow2::MAX_SHIFT - 1;

impl Whole {
    fn check(&self) -> Result<(), BuildError> {
        if self.bits <= MAX_BITS {
            return Ok(());
        }
        Err(BuildError::Bits { operation: OPERATION, bits: self.bits, min: 0, max: MAX_BITS })
    }

    fn of(&self, x: i128) -> i128 {
        let one = 1i128 << self.bits;
        match self.direction {
            _ if self.bits == 0 => x,
            Direction::Down => x.div_euclid(one),
            Direction::Up => -(-x).div_euclid(one),
            Direction::Nearest => {
                let up = (x + one / 2).div_euclid(one);
                let is_tie = (x + one / 2).rem_euclid(one) == 0;
                up - i128::from(is_tie && up.rem_euclid(2) == 1)
            }
        }
    }
}

/// Integer reference.
pub fn reference(x: &[i64], p: &Whole) -> Result<Vec<i64>, BuildError> {
    p.check()?;
    // Never larger than the value.
    x.iter().map(|&x| crate::bounded::narrow(OPERATION, p.of(x.into()))).collect()
}

/// The whole numbers.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Whole) -> Result<Vec<Bounded>, BuildError> {
    p.check()?;
    if p.bits == 0 {
        return Ok(x.to_vec());
    }
    let one = |b: &mut Builder, x: &Bounded| match p.direction {
        Direction::Down => down(b, x, p.bits),
        Direction::Up => down(b, &x.mul_const(-1)?, p.bits)?.mul_const(-1),
        Direction::Nearest => nearest(b, x, p),
    };
    b.scope("whole", |b| x.iter().map(|x| one(b, x)).collect())
}

/// `floor(x / 2^shift)`: what [`div_pow2`] adds is taken off before.
fn down(b: &mut Builder, x: &Bounded, shift: u32) -> Result<Bounded, BuildError> {
    div_pow2::constrain(b, &x.add_const(-half(shift))?, shift)
}

fn nearest(b: &mut Builder, x: &Bounded, p: &Whole) -> Result<Bounded, BuildError> {
    let v = x.add_const(half(p.bits))?;
    let h = down(b, &v, p.bits + 1)?;
    let unit = 1i64 << p.bits;
    // The remainder of the division.
    let rest = Bounded::combine(OPERATION, &[(&v, 1), (&h, -2 * unit)], 0)?.proven(0, (2 * unit - 1).into());
    let odd = compare::is_non_negative(b, &rest.add_const(-unit - 1)?)?;
    Ok(Bounded::combine(OPERATION, &[(&h, 2), (&odd, 1)], 0)?.proven(p.of(x.lo()), p.of(x.hi())))
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Whole) -> Result<Vec<Interval>, BuildError> {
    p.check()?;
    let floor = |t: &mut Tally, x: Interval, shift: u32| {
        let half = i128::from(half(shift));
        div_pow2::cost(t, difference(x, (half, half)), shift)
    };
    let one = |&x: &Interval| match p.direction {
        _ if p.bits == 0 => x,
        Direction::Down => floor(t, x, p.bits),
        Direction::Up => times(floor(t, times(x, -1), p.bits), -1),
        Direction::Nearest => {
            let (unit, half) = (1i128 << p.bits, i128::from(half(p.bits)));
            let v = sum(x, (half, half));
            let h = floor(t, v, p.bits + 1);
            let rest = meet(difference(v, times(h, 2 * unit)), (0, 2 * unit - 1));
            compare::cost(t, difference(rest, (unit + 1, unit + 1)));
            (p.of(x.0), p.of(x.1))
        }
    };
    Ok(x.iter().map(one).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("floor of 12 bits, 5 behind the point", 2, 12, |b, x| {
        constrain(b, x, &Whole { direction: Direction::Down, bits: 5 })
    }),
    Case::new("ceil of 12 bits, 5 behind the point", 2, 12, |b, x| {
        constrain(b, x, &Whole { direction: Direction::Up, bits: 5 })
    }),
    Case::new("round of 12 bits, 5 behind the point, ties to even", 2, 12, |b, x| {
        constrain(b, x, &Whole { direction: Direction::Nearest, bits: 5 })
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget, gadget_with_bounds,
    };
    use proptest::prelude::*;

    const DIRECTIONS: [Direction; 3] = [Direction::Down, Direction::Up, Direction::Nearest];

    fn expected(p: Whole) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(x, &p).unwrap_or_default()
    }

    #[test]
    fn as_floating_point_rounds() -> Result<(), BuildError> {
        for bits in 0..=6 {
            for x in -300..=300i64 {
                let exact = x as f64 / f64::from(1u32 << bits);
                for (direction, y) in
                    DIRECTIONS.into_iter().zip([exact.floor(), exact.ceil(), exact.round_ties_even()])
                {
                    assert_eq!(
                        reference(&[x], &Whole { direction, bits })?,
                        [y as i64],
                        "{direction:?} {exact}"
                    );
                }
            }
        }
        Ok(())
    }

    #[test]
    fn all_values_of_one_to_eight_bits() -> Result<(), BuildError> {
        for direction in DIRECTIONS {
            for bits in [1, 2, 3, 5, 8] {
                for point in 0..=u32::from(bits) + 1 {
                    let p = Whole { direction, bits: point };
                    for offset in [0, 3, 100] {
                        let build =
                            |b: &mut Builder, x: &[Bounded]| constrain(b, &[x[0].add_const(offset)?], &p);
                        let (circuit, bounds) = gadget_with_bounds(1, bits, build)?;
                        check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| {
                            expected(p)(&[x[0] + offset])
                        });
                        assert_costs(1, bits, build, |t, x| {
                            let x = sum(x[0], (offset.into(), offset.into()));
                            assert_eq!(cost(t, &[x], &p), Ok(bounds.clone()), "{p:?} of {bits} bits");
                        })?;
                    }
                }
            }
            let p = Whole { direction, bits: 3 };
            let inputs = all(8).map(|x| vec![x]).collect::<Vec<_>>();
            check_both(1, 8, |b, x| constrain(b, x, &p), inputs, expected(p))?;
        }
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        for direction in DIRECTIONS {
            let circuit = gadget(1, 6, |b, x| constrain(b, x, &Whole { direction, bits: 3 }))?;
            assert_every_constraint_is_needed(&circuit, &all(6).map(|x| vec![x]).collect::<Vec<_>>());
        }
        Ok(())
    }

    #[test]
    fn too_many_bits_are_refused() {
        let p = Whole { direction: Direction::Down, bits: MAX_BITS + 1 };
        let refused = BuildError::Bits { operation: OPERATION, bits: 58, min: 0, max: 57 };
        assert_eq!(reference(&[1], &p), Err(refused.clone()));
        assert_eq!(gadget(1, 4, |b, x| constrain(b, x, &p)).map(|_| ()), Err(refused));
    }

    proptest! {
        #![proptest_config(crate::testing::property(64))]
        #[test]
        fn wide_values(x in any::<i32>(), bits in 1..=40u32) {
            for direction in DIRECTIONS {
                let p = Whole { direction, bits };
                let shift = bits.min(31);
                let tie = (i64::from(x) >> shift << shift) ^ (1 << (shift - 1));
                let tie = tie.clamp(i32::MIN.into(), i32::MAX.into());
                let (circuit, bounds) = gadget_with_bounds(1, 32, |b, x| constrain(b, x, &p))?;
                check(&circuit, &bounds, [vec![x.into()], vec![tie]], expected(p));
            }
        }
    }
}
