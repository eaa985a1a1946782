//! Exponential, logarithm, trigonometric and error functions from the five exact operations of IEEE 754 alone: the same bits on every
//! machine, which the functions of the platform's C library do not promise. Tables of activation functions are made of
//! these. Relative error below 1e-14, which a rounding to at most 32 bits does not see.

pub(crate) mod logarithm;
pub(crate) mod trigonometric;

use crate::number::pow2;

const LN_2: f64 = std::f64::consts::LN_2;

/// `e^x`: `2^k · e^r` with `|r| <= ln(2) / 2`, the second factor by its series.
pub(crate) fn exp(x: f64) -> f64 {
    if x.is_nan() || x > 709.0 {
        return if x > 709.0 { f64::INFINITY } else { x };
    }
    if x < -708.0 {
        return 0.0;
    }
    let k = (x / LN_2).round();
    // ln(2) in two parts, the first with few enough digits that k times it is exact.
    let (high, low) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10);
    let r = (x - k * high) - k * low;
    let sum = (1..=18).rev().fold(1.0, |sum, n| 1.0 + sum * r / f64::from(n));
    sum * pow2(k as i32)
}

/// `ln(1 + e^x)`, without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

/// `(e^x - e^-x) / 2`.
pub(crate) fn sinh(x: f64) -> f64 {
    if x.abs() < 0.3 {
        // Where the difference cancels: the series.
        let square = x * x;
        return x * (1..=7).rev().fold(1.0, |sum, n| 1.0 + sum * square / f64::from(2 * n * (2 * n + 1)));
    }
    0.5 * exp(x) - 0.5 * exp(-x)
}

/// `x^n` by repeated squaring.
pub(crate) fn powi(x: f64, n: i64) -> f64 {
    let (mut power, mut square, mut left) = (1.0, x, n.unsigned_abs());
    while left > 0 {
        if left % 2 == 1 {
            power *= square;
        }
        square *= square;
        left /= 2;
    }
    if n < 0 { 1.0 / power } else { power }
}

/// `ln(1 + t)` for `0 <= t <= 1`: `2 artanh(t / (2 + t))`, whose series converges like `9^-n`.
fn ln_1p(t: f64) -> f64 {
    let z = t / (2.0 + t);
    let square = z * z;
    let sum = (0..20).rev().fold(0.0, |sum, n| sum * square + 1.0 / f64::from(2 * n + 1));
    2.0 * z * sum
}

/// `1 / (1 + e^-x)`.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x < 0.0 {
        let e = exp(x);
        return e / (1.0 + e);
    }
    1.0 / (1.0 + exp(-x))
}

/// `(e^x - e^-x) / (e^x + e^-x)`.
pub(crate) fn tanh(x: f64) -> f64 {
    let magnitude = x.abs();
    let value = if magnitude < 0.05 {
        // Where the quotient cancels: sinh / cosh by their series.
        let square = x * x;
        let sinh = magnitude * (1.0 + square / 6.0 * (1.0 + square / 20.0 * (1.0 + square / 42.0)));
        let cosh = 1.0 + square / 2.0 * (1.0 + square / 12.0 * (1.0 + square / 30.0));
        sinh / cosh
    } else {
        let e = exp(-2.0 * magnitude);
        (1.0 - e) / (1.0 + e)
    };
    if x < 0.0 { -value } else { value }
}

/// The error function `2 / sqrt(pi) · ∫_0^x e^(-t²) dt`: the series `2x/√π · e^(-x²) · Σ (2x²)^n / (1·3···(2n+1))`
/// (Abramowitz and Stegun 7.1.6), all of whose terms have one sign; beyond 6, one.
pub(crate) fn erf(x: f64) -> f64 {
    let magnitude = x.abs();
    if magnitude >= 6.0 {
        return if x < 0.0 { -1.0 } else { 1.0 };
    }
    let square = 2.0 * x * x;
    let (mut term, mut sum, mut n) = (1.0, 1.0, 1.0);
    while term > 1e-18 * sum {
        term *= square / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    std::f64::consts::FRAC_2_SQRT_PI * x * exp(-x * x) * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-13 * expected.abs().max(1e-3), "{found} and {expected}");
    }

    #[test]
    fn known_values() {
        close(exp(1.0), std::f64::consts::E);
        close(exp(-1.0), 0.367_879_441_171_442_33);
        close(exp(20.5), 799_902_177.475_505_4);
        close(exp(0.0), 1.0);
        assert_eq!((exp(1000.0), exp(-1000.0)), (f64::INFINITY, 0.0));
        assert!(exp(f64::NAN).is_nan());
        close(softplus(0.0), LN_2);
        close(softplus(-3.0), 0.048_587_351_573_741_96);
        close(softplus(40.0), 40.0);
        close(sigmoid(2.0), 0.880_797_077_977_882_3);
        close(sigmoid(-2.0), 1.0 - 0.880_797_077_977_882_3);
        close(tanh(0.5), 0.462_117_157_260_009_8);
        close(tanh(-0.01), -0.009_999_666_679_999_46);
        close(erf(0.5), 0.520_499_877_813_046_5);
        close(erf(-2.0), -0.995_322_265_018_952_7);
        assert_eq!((erf(7.0), erf(-7.0)), (1.0, -1.0));
        close(sinh(1.0), 1.175_201_193_643_801_4);
        close(sinh(-0.25), -0.252_612_316_808_168_3);
        assert_eq!((powi(-3.0, 5), powi(2.0, -3), powi(7.0, 0)), (-243.0, 0.125, 1.0));
    }

    #[test]
    fn equal_to_the_platforms_functions_up_to_rounding() {
        for i in -6000..6000 {
            let x = f64::from(i) / 997.0;
            close(exp(x), x.exp());
            close(tanh(x), x.tanh());
            close(softplus(x), x.exp().ln_1p());
        }
    }
}
