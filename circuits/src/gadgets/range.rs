//! Asserts `lo <= x <= hi` for any bounds, and narrows the proven interval to them.
//!
//! Let `M = hi - lo` have `n` bits.
//! - Both ends open: the bits of `u = x - lo` prove `0 <= u < 2^n` (`n` constraints). Unless `M = 2^n - 1`,
//!   the bits are then compared with those of `M` from the top: `e`, the product of the bits of `u`
//!   where `M` has ones, says that `u` equals `M` so far; wherever `M` has zeros, `e * (sum of the
//!   bits of u there) = 0`, one constraint a run of zeros. Ones at the end of `M` cost nothing.
//! - One end open, the other already proven: the bits of the distance to the open end.
//!
//! Unlike a sum of digits with weights fitted to `M`, every witness is unique.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::bits::{assert_bits, bit_length};
use crate::linear::Lc;
use ark_bn254::Fr;
use ark_ff::One;

/// Integer reference.
pub fn reference(x: i64, lo: i64, hi: i64) -> bool {
    (lo..=hi).contains(&x)
}

/// Constrains `x` to `[lo, hi]`.
pub fn constrain(b: &mut Builder, x: &Bounded, lo: i64, hi: i64) -> Result<Bounded, BuildError> {
    let (min, max) = (i128::from(lo), i128::from(hi));
    if min > max {
        return Err(BuildError::EmptyRange { operation: "range", lo: min, hi: max });
    }
    if x.hi() < min || x.lo() > max {
        return Err(BuildError::Unsatisfiable { lo: x.lo(), hi: x.hi(), min, max });
    }
    let (below, above) = (x.lo() < min, x.hi() > max);
    b.scope("range", |b| match (below, above) {
        (false, false) => Ok(()),
        (true, false) => non_negative(b, &shifted(x, 1, -min)?, x.hi() - min),
        (false, true) => non_negative(b, &shifted(x, -1, max)?, max - x.lo()),
        (true, true) => {
            let u = shifted(x, 1, -min)?;
            let bits = bits_or_zero(b, &u, max - min)?;
            at_most(b, &bits, max - min)
        }
    })?;
    Ok(x.proven(min, max))
}

fn shifted(x: &Bounded, factor: i64, constant: i128) -> Result<Bounded, BuildError> {
    let overflow = BuildError::Overflow { operation: "range", lo: constant, hi: constant };
    Bounded::combine("range", &[(x, factor)], i64::try_from(constant).map_err(|_| overflow)?)
}

/// `u >= 0`, where `u <= hi` is known.
fn non_negative(b: &mut Builder, u: &Bounded, hi: i128) -> Result<(), BuildError> {
    bits_or_zero(b, u, hi).map(|_| ())
}

/// Bits that prove `0 <= u < 2^n`, `n` the bits of `hi`.
fn bits_or_zero(b: &mut Builder, u: &Bounded, hi: i128) -> Result<Vec<Bounded>, BuildError> {
    let n = bit_length(hi);
    if n == 0 {
        b.enforce("the only value", &u.to_lc(), &Lc::constant(Fr::one()), &Lc::zero())?;
        return Ok(Vec::new());
    }
    assert_bits(b, u, n)
}

/// The number with these bits is at most `bound`, which has as many bits.
fn at_most(b: &mut Builder, bits: &[Bounded], bound: i128) -> Result<(), BuildError> {
    let is_one = |i: usize| (bound >> i) & 1 == 1;
    let trailing_ones = bound.trailing_ones() as usize;
    // The product of the bits so far where `bound` has ones.
    let mut equal: Option<Bounded> = None;
    let mut zeros = Lc::zero();
    for (i, bit) in bits.iter().enumerate().skip(trailing_ones).rev() {
        if is_one(i) {
            equal = Some(match equal {
                None => bit.clone(),
                Some(e) => b.product_wire("equal so far * bit", &e, bit, &Bounded::constant(0)?, 1)?,
            });
        } else {
            zeros = zeros.plus(&bit.to_lc());
            if i == trailing_ones || is_one(i - 1) {
                if let Some(e) = &equal {
                    b.enforce("not above the bound", &e.to_lc(), &zeros, &Lc::zero())?;
                }
                zeros = Lc::zero();
            }
        }
    }
    Ok(())
}
