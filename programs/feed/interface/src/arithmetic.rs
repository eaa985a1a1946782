//! The integer arithmetic of features: ratios in units of 2^-20 out of 64-bit prices, medians, and the models' format. Shared by
//! all features that are made of sources' prices, and by their training. No input makes it panic.

use crate::formats::FEATURES;

/// Fractional bits of a ratio.
pub const FRACTION: u32 = 20;

/// Largest ratio, 16: above every saturation point, and 24 squares of it fit 64 bits.
pub const RATIO_CAP: u64 = 16 << FRACTION;

/// `numerator / denominator` in units of 2^-20, rounded down, at most [`RATIO_CAP`]. Both are first shifted right together
/// until they fit 44 bits. A denominator that is zero, or that vanishes beside the numerator, gives the cap.
pub fn ratio(numerator: u64, denominator: u64) -> u64 {
    let excess = FRACTION.saturating_sub((numerator | denominator).leading_zeros());
    match ((numerator >> excess) << FRACTION).checked_div(denominator >> excess) {
        Some(quotient) => quotient.min(RATIO_CAP),
        None => RATIO_CAP,
    }
}

/// `(to - from) / from` in units of 2^-20, rounded toward zero.
pub fn change(from: u64, to: u64) -> i64 {
    let magnitude = signed(ratio(to.abs_diff(from), from));
    if to < from { -magnitude } else { magnitude }
}

/// The middle one of some values; of an even number the mean of the middle two, rounded down. Sorts them. `None` of none.
pub fn median(values: &mut [u64]) -> Option<u64> {
    values.sort_unstable();
    let (low, high) = middle(values)?;
    Some(low + (high - low) / 2)
}

/// [`median`] of signed values, whose mean is rounded toward minus infinity.
pub fn median_signed(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let (low, high) = middle(values)?;
    Some(low + (high - low).div_euclid(2))
}

/// The two middle ones of sorted values: the same one twice where their number is odd.
pub fn middle<T: Copy>(sorted: &[T]) -> Option<(T, T)> {
    let last = sorted.len().checked_sub(1)?;
    Some((*sorted.get(last / 2)?, *sorted.get(last.div_ceil(2))?))
}

/// A ratio or a root as a signed number: below 2^63.
pub fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Scales a value in units of 2^-20 by `2^multiplier` into units of 2^-12, rounding halves up, and saturates to 15 bits.
pub fn quantize(value: i64, multiplier: u8) -> i16 {
    const LIMIT: i64 = 1 << (FEATURES.bits - 1);
    let multiplier = u32::from(multiplier);
    let scaled = match WITHOUT_MULTIPLIER.checked_sub(multiplier) {
        Some(shift @ 1..) => value.saturating_add(1 << (shift - 1)) >> shift,
        Some(0) | None => {
            let shift = multiplier.saturating_sub(WITHOUT_MULTIPLIER).min(FEATURES.bits.into());
            value.saturating_mul(1 << shift)
        }
    };
    i16::try_from(scaled.clamp(-LIMIT, LIMIT - 1)).unwrap_or(i16::MAX)
}

/// Bits that [`quantize`] drops when the multiplier is 1.
const WITHOUT_MULTIPLIER: u32 = 8;

const _: () = assert!(WITHOUT_MULTIPLIER == FRACTION - FEATURES.scale.unsigned_abs() as u32);
