//! Exact conversions between real numbers and scaled integers. Multiplying by a power of two is exact in `f64`, so
//! each conversion rounds once, the same way on every machine.

/// `2^exponent`; exponents beyond those of normal numbers saturate.
pub(crate) fn pow2(exponent: i32) -> f64 {
    let biased = (exponent.clamp(-1022, 1023) + 1023) as u64;
    f64::from_bits(biased << 52)
}

/// `value · 2^scale` to the nearest integer, ties away from zero; `None` beyond ±2^62.
pub(crate) fn quantize(value: f64, scale: i32) -> Option<i64> {
    let scaled = (value * pow2(scale)).round();
    (scaled.abs() < pow2(62)).then_some(scaled as i64)
}

/// `integer · 2^-scale`; exact for integers below 2^53.
pub(crate) fn dequantize(integer: i64, scale: i32) -> f64 {
    integer as f64 * pow2(-scale)
}

/// Smallest and largest signed integer of `bits` bits (1 to 63).
pub(crate) fn signed_range(bits: u32) -> (i64, i64) {
    let half = 1i64 << bits.clamp(1, 63).saturating_sub(1);
    (-half, half - 1)
}

/// Largest scale of at most `MAX_SCALE` at which `magnitude` still rounds to at most `limit`; zero fits at any
/// scale and gets `MAX_SCALE`.
pub(crate) fn fitting_scale(magnitude: f64, limit: i64) -> i32 {
    let fits = |&scale: &i32| quantize(magnitude, scale).is_some_and(|integer| integer <= limit);
    (-MAX_SCALE..=MAX_SCALE).rev().find(fits).unwrap_or(-MAX_SCALE)
}

/// The finest scale at which results of magnitude `peak` have `bits` bits.
pub(crate) fn activation_scale(peak: f64, bits: u32, unsigned: bool) -> i32 {
    let limit = if unsigned { (1i64 << bits) - 1 } else { (1i64 << (bits - 1)) - 1 };
    // A layer that is zero on all data would fit at any scale.
    if peak == 0.0 { 0 } else { fitting_scale(peak, limit) }
}

/// Digits behind the point that numbers of single precision are kept apart by, at most.
const MAX_DECIMALS: i32 = 6;

/// How many digits behind the point all of these numbers have, in single precision; `None` of any that are no decimals of few digits.
pub(crate) fn decimals(values: impl Iterator<Item = f64> + Clone) -> Option<i32> {
    let is_of = |decimals: i32| values.clone().all(|x| decimal(x, decimals) as f32 == x as f32);
    (0..=MAX_DECIMALS).find(|&decimals| is_of(decimals))
}

/// The number of so many digits behind the point that is nearest to another.
pub(crate) fn decimal(x: f64, decimals: i32) -> f64 {
    let unit = 10f64.powi(decimals);
    (x * unit).round() / unit
}

/// Largest magnitude of a scale that the compiler chooses.
pub(crate) const MAX_SCALE: i32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        assert_eq!(pow2(0), 1.0);
        assert_eq!(pow2(10), 1024.0);
        assert_eq!(pow2(-3), 0.125);
    }

    #[test]
    fn rounding_is_to_nearest_and_ties_go_away_from_zero() {
        assert_eq!(quantize(0.5, 0), Some(1));
        assert_eq!(quantize(-0.5, 0), Some(-1));
        assert_eq!(quantize(0.499_999_999_999_999_94, 0), Some(0));
        assert_eq!(quantize(1.25, 2), Some(5));
        assert_eq!(quantize(1e30, 0), None);
        assert_eq!(quantize(f64::NAN, 0), None);
    }

    #[test]
    fn decimals_are_those_of_single_precision() {
        let of = |values: &[f64]| decimals(values.iter().copied());
        assert_eq!(of(&[1.0, -3.0, 1e9]), Some(0));
        assert_eq!(of(&[37_292.64, 0.5, 4.0]), Some(2));
        assert_eq!(of(&[f64::from(0.1436f32), 0.25]), Some(4));
        assert_eq!(of(&[0.1, 1.0 / 3.0]), None);
        assert_eq!(of(&[]), Some(0));
        assert_eq!(decimal(0.143_61, 4), 0.1436);
    }

    #[test]
    fn fitting_scale_is_the_largest() {
        let scale = fitting_scale(3.9, 127);
        assert_eq!(scale, 5);
        assert!(quantize(3.9, scale + 1) > Some(127));
        assert_eq!(fitting_scale(0.0, 127), MAX_SCALE);
    }
}
