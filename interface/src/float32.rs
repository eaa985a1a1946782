//! Order keys of single-precision numbers: integers that compare as the numbers do.
//!
//! ```text
//! key(x) = m for x >= 0, -m for x < 0, with m the lower 31 bits of x as an IEEE 754 binary32
//! ```
//!
//! Those 31 bits, exponent before fraction, grow with the magnitude, denormal numbers and infinities included. So `key` is strictly
//! monotonic: `x < y` exactly if `key(x) < key(y)`, and a threshold on the number is one on the key, with no rounding anywhere. Both zeros
//! have the key 0, as they are equal. Keys are the integers from [`KEY_OF_INFINITY`] down to its negative, each of one number; the others
//! of 32 bits stand for none. NaN has no order and no key: where an element may be missing, the code of a missing one
//! ([`crate::missing::code`], which no number has) stands for it.
//!
//! (The usual key, `bits ^ ((bits >> 31) >> 1)`, tells the two zeros apart: with one of them, -1 would be an integer within the range that
//! is no number's.)

/// Bits of a key, signed.
pub const BITS: u8 = 32;
/// The largest key: that of infinity.
pub const KEY_OF_INFINITY: i64 = 0x7f80_0000;

const SIGN: u32 = 1 << 31;

/// The key of a number; `None` of NaN.
pub const fn key(number: f32) -> Option<i64> {
    let bits = number.to_bits();
    let magnitude = (bits & !SIGN) as i64;
    if magnitude > KEY_OF_INFINITY {
        return None;
    }
    Some(if bits & SIGN == 0 { magnitude } else { -magnitude })
}

/// The number of a key, zero as the positive one; `None` of an integer that is no key.
pub const fn number(key: i64) -> Option<f32> {
    if key < -KEY_OF_INFINITY || key > KEY_OF_INFINITY {
        return None;
    }
    let magnitude = key.unsigned_abs() as u32; // at most that of infinity
    Some(f32::from_bits(if key < 0 { magnitude | SIGN } else { magnitude }))
}
