//! `a * b / c` in either rounding direction, and unsigned 64.64 fixed point.
//!
//! Cost on chain: one wide division each for the first two; four 64-bit multiplications for [`mul_q64`].

use super::wide::{div_ceil, div_floor};
use crate::rules::{Rule, RuleError};

/// One in 64.64 fixed point.
pub const ONE_Q64: u128 = 1 << 64;

/// `floor(a * b / c)`.
///
/// # Errors
/// `c` is zero, or the result exceeds 64 bits.
pub fn mul_div_floor(a: u64, b: u64, c: u64) -> Rule<u64> {
    let quotient = div_floor(u128::from(a) * u128::from(b), u128::from(c));
    quotient.and_then(|q| u64::try_from(q).ok()).ok_or(RuleError::Overflow)
}

/// `ceil(a * b / c)`.
///
/// # Errors
/// As [`mul_div_floor`].
pub fn mul_div_ceil(a: u64, b: u64, c: u64) -> Rule<u64> {
    let quotient = div_ceil(u128::from(a) * u128::from(b), u128::from(c));
    quotient.and_then(|q| u64::try_from(q).ok()).ok_or(RuleError::Overflow)
}

/// `floor(a * b)` of two 64.64 numbers.
///
/// # Errors
/// The product is 2^64 or more.
pub fn mul_q64(a: u128, b: u128) -> Rule<u128> {
    let (a_high, a_low) = halves(a);
    let (b_high, b_low) = halves(b);
    let top = (a_high * b_high).checked_mul(ONE_Q64);
    top.and_then(|sum| sum.checked_add(a_high * b_low))
        .and_then(|sum| sum.checked_add(a_low * b_high))
        .and_then(|sum| sum.checked_add((a_low * b_low) >> 64))
        .ok_or(RuleError::Overflow)
}

/// High and low 64 bits, each widened, so that a product of two of them cannot overflow.
fn halves(value: u128) -> (u128, u128) {
    (value >> 64, value & (ONE_Q64 - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rounding_directions_differ_by_one_unless_exact() {
        assert_eq!(mul_div_floor(7, 3, 2), Ok(10));
        assert_eq!(mul_div_ceil(7, 3, 2), Ok(11));
        assert_eq!(mul_div_floor(6, 3, 2), mul_div_ceil(6, 3, 2));
    }

    #[test]
    fn division_by_zero_and_overflow_are_errors() {
        assert_eq!(mul_div_floor(1, 1, 0), Err(RuleError::Overflow));
        assert_eq!(mul_div_ceil(1, 1, 0), Err(RuleError::Overflow));
        assert_eq!(mul_div_floor(u64::MAX, 2, 1), Err(RuleError::Overflow));
        assert_eq!(mul_div_ceil(u64::MAX, 2, 1), Err(RuleError::Overflow));
        assert_eq!(mul_q64(u128::MAX, ONE_Q64 * 2), Err(RuleError::Overflow));
    }

    proptest! {
        #[test]
        fn floor_and_ceil_enclose_the_quotient(a: u64, b: u64, c in 1u64..) {
            let product = u128::from(a) * u128::from(b);
            if let Ok(low) = mul_div_floor(a, b, c) {
                prop_assert!(u128::from(low) * u128::from(c) <= product);
                prop_assert!((u128::from(low) + 1) * u128::from(c) > product);
            } else {
                prop_assert!(product / u128::from(c) > u128::from(u64::MAX));
            }
            if let Ok(high) = mul_div_ceil(a, b, c) {
                prop_assert!(u128::from(high) * u128::from(c) >= product);
            }
        }

        #[test]
        fn fixed_point_products_agree_with_wide_arithmetic(a in 0u128..1 << 96, b in 0u128..1 << 90) {
            // Schoolbook in 32-bit digits, kept to 256 bits, is the reference.
            let digits = |x: u128| [x & 0xffff_ffff, (x >> 32) & 0xffff_ffff, (x >> 64) & 0xffff_ffff, x >> 96];
            let mut wide = [0u128; 8];
            for (i, x) in digits(a).into_iter().enumerate() {
                for (j, y) in digits(b).into_iter().enumerate() {
                    wide[i + j] += x * y;
                }
            }
            for i in 0..7 {
                wide[i + 1] += wide[i] >> 32;
                wide[i] &= 0xffff_ffff;
            }
            let expected = wide[2] | wide[3] << 32 | wide[4] << 64 | wide[5] << 96;
            prop_assert_eq!(mul_q64(a, b), Ok(expected));
        }
    }
}
