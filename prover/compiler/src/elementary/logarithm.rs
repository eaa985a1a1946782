//! The natural logarithm, and the functions that are logarithms of algebraic ones.

use super::{LN_2, ln_1p};
use crate::number::pow2;

/// `ln x = k ln 2 + ln(x / 2^k)` with `1/sqrt 2 <= x / 2^k < sqrt 2`, the second by the series of `2 artanh`. Not finite where x is not
/// positive.
pub(crate) fn ln(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 || x == f64::INFINITY {
        return if x == 0.0 {
            f64::NEG_INFINITY
        } else if x > 0.0 {
            x
        } else {
            f64::NAN
        };
    }
    // Of numbers below the least normal one, 2^54 times as much.
    let (x, scaled) = if x < f64::MIN_POSITIVE { (x * pow2(54), 54) } else { (x, 0) };
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let mantissa = f64::from_bits((x.to_bits() & ((1 << 52) - 1)) | 1023 << 52);
    let (mantissa, k) = if mantissa > std::f64::consts::SQRT_2 {
        (0.5 * mantissa, exponent + 1)
    } else {
        (mantissa, exponent)
    };
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let sum = (0..14).rev().fold(0.0, |sum, n| sum * square + 1.0 / f64::from(2 * n + 1));
    f64::from(k - scaled) * LN_2 + 2.0 * z * sum
}

/// `ln(x + sqrt(x^2 + 1))`.
pub(crate) fn asinh(x: f64) -> f64 {
    let magnitude = x.abs();
    let value = if magnitude < 0.5 {
        let square = x * x;
        ln_1p(magnitude + square / (1.0 + (1.0 + square).sqrt()))
    } else {
        ln(magnitude + (magnitude * magnitude + 1.0).sqrt())
    };
    if x < 0.0 { -value } else { value }
}

/// `ln(x + sqrt((x - 1) (x + 1)))` for `x >= 1`.
pub(crate) fn acosh(x: f64) -> f64 {
    let t = x - 1.0;
    if t < 0.25 {
        return ln_1p(t + (t * (2.0 + t)).sqrt());
    }
    ln(x + (t * (x + 1.0)).sqrt())
}

/// `ln((1 + x) / (1 - x)) / 2`; not finite for x outside ±1.
pub(crate) fn atanh(x: f64) -> f64 {
    let magnitude = x.abs();
    let value = if magnitude < 0.3 {
        0.5 * ln_1p(2.0 * magnitude / (1.0 - magnitude))
    } else {
        0.5 * ln((1.0 + magnitude) / (1.0 - magnitude))
    };
    if x < 0.0 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_to_the_platforms_functions_up_to_rounding() {
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1e-2), "{found} and {expected}");
        };
        for i in 1..6000 {
            let x = f64::from(i) / 997.0;
            close(ln(x), x.ln());
            close(ln(x * 1e-300), (x * 1e-300).ln());
            close(asinh(x - 3.0), (x - 3.0).asinh());
            close(acosh(1.0 + x), (1.0 + x).acosh());
            close(atanh(x / 6.1), (x / 6.1).atanh());
            close(atanh(-x / 6.1), (-x / 6.1).atanh());
        }
        close(ln(1e-310), 1e-310f64.ln());
        assert_eq!((ln(1.0), ln(0.0), ln(f64::INFINITY)), (0.0, f64::NEG_INFINITY, f64::INFINITY));
        assert!(ln(-1.0).is_nan() && !atanh(1.0).is_finite() && !atanh(2.0).is_finite());
    }
}
