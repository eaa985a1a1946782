//! Integers and intervals of them, as gadgets and their costs reckon with them: no circuit here.

/// Intervals stay within ±2^60: the solver's offsets then fit 64 bits, and the field is never near.
pub const LIMIT_BITS: u32 = 60;

/// Smallest and largest value, as of a [`crate::Bounded`].
pub type Interval = (i128, i128);

/// Number of bits of a non-negative integer; 0 for 0.
pub(crate) fn bit_length(value: i128) -> u32 {
    i128::BITS - value.max(0).leading_zeros()
}

/// The smallest `n` with `-2^n <= lo` and `hi < 2^n`.
pub(crate) fn magnitude((lo, hi): Interval) -> u32 {
    bit_length(hi).max(bit_length(-lo - 1))
}

/// `2^(bits-1)`, or 0 for no bits: what rounding adds before it drops bits, and what makes a signed integer of
/// so many bits non-negative.
pub(crate) fn half(bits: u32) -> i64 {
    if bits == 0 { 0 } else { 1 << (bits.min(63) - 1) }
}

/// The interval of `floor((x + 2^(shift-1)) / 2^shift)`.
pub(crate) fn quotients(x: Interval, shift: u32) -> Interval {
    let half = i128::from(half(shift));
    ((x.0 + half) >> shift, (x.1 + half) >> shift)
}

/// The interval of `x + y`.
pub(crate) fn sum(x: Interval, y: Interval) -> Interval {
    (x.0.saturating_add(y.0), x.1.saturating_add(y.1))
}

/// The interval of `factor * x`.
pub(crate) fn times(x: Interval, factor: i128) -> Interval {
    let (a, b) = (x.0.saturating_mul(factor), x.1.saturating_mul(factor));
    (a.min(b), a.max(b))
}

/// The interval of `x - y`.
pub(crate) fn difference(x: Interval, y: Interval) -> Interval {
    sum(x, times(y, -1))
}

/// The interval of `x * y`.
pub(crate) fn product(x: Interval, y: Interval) -> Interval {
    let (a, b) = (times(x, y.0), times(x, y.1));
    (a.0.min(b.0), a.1.max(b.1))
}

/// The interval of `x * x`.
pub(crate) fn square(x: Interval) -> Interval {
    let (a, b) = (x.0.saturating_mul(x.0), x.1.saturating_mul(x.1));
    (if x.0 <= 0 && x.1 >= 0 { 0 } else { a.min(b) }, a.max(b))
}

/// The smallest interval that holds both.
pub(crate) fn hull(x: Interval, y: Interval) -> Interval {
    (x.0.min(y.0), x.1.max(y.1))
}

/// What both hold; they must meet.
pub(crate) fn meet(x: Interval, y: Interval) -> Interval {
    (x.0.max(y.0), x.1.min(y.1))
}

/// Divides the number of these limbs, the lowest first, by one that is not 0; returns the rest.
pub(crate) fn divide(limbs: &mut [u64; 4], by: u64) -> u64 {
    let by = u128::from(by.max(1));
    limbs.iter_mut().rev().fold(0u128, |rest, limb| {
        let value = (rest << 64) | u128::from(*limb);
        *limb = (value / by) as u64;
        value % by
    }) as u64
}
