//! Functions of one variable in floating point. What each of them is, `assay_circuits::layers::function` says, where
//! their tables of integers are made; these values decide nothing but scales and reported errors.

pub use assay_circuits::layers::function::{Activation, Dyadic};

use crate::elementary::{erf, exp, sigmoid, softplus, tanh};
use crate::number::pow2;

/// The function's value; not finite where the function is not defined (the reciprocal of zero).
pub fn apply(activation: Activation, x: f64) -> f64 {
    let negative = x < 0.0;
    match activation {
        Activation::Sigmoid => sigmoid(x),
        Activation::Tanh => tanh(x),
        Activation::Gelu => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        Activation::GeluTanh => {
            let slope = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
            0.5 * x * (1.0 + tanh(slope * (x + 0.044715 * x * x * x)))
        }
        Activation::Silu => x * sigmoid(x),
        Activation::Softplus => softplus(x),
        Activation::Exp => exp(x),
        Activation::Erf => erf(x),
        Activation::Elu { alpha } if negative => real(alpha) * (exp(x) - 1.0),
        Activation::LeakyRelu { slope } if negative => real(slope) * x,
        Activation::Elu { .. } | Activation::LeakyRelu { .. } => x,
        Activation::Sqrt => x.max(0.0).sqrt(),
        Activation::Reciprocal => 1.0 / x,
        Activation::InverseSqrt => 1.0 / x.sqrt(),
        Activation::HardSigmoid { alpha, beta } => (real(alpha) * x + real(beta)).clamp(0.0, 1.0),
        Activation::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
    }
}

/// Whether the results are never negative.
pub fn is_unsigned(activation: Activation) -> bool {
    use Activation as A;
    matches!(activation, A::Sigmoid | A::Exp | A::Sqrt | A::InverseSqrt | A::HardSigmoid { .. } | A::Softplus)
}

/// A number of the model as a fraction with a power of two below; `None` for numbers that need more than the fraction
/// holds (above 2^31, or with digits behind the 62nd).
pub fn dyadic(value: f64) -> Option<Dyadic> {
    let shift = (0..=62).find(|&shift| (value * pow2(shift)).fract() == 0.0)?;
    let mantissa = value * pow2(shift);
    (mantissa.abs() < pow2(31)).then_some(Dyadic { mantissa: mantissa as i64, shift: shift as u32 })
}

/// The number that a fraction stands for.
fn real(value: Dyadic) -> f64 {
    value.mantissa as f64 * pow2(-(value.shift as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_definitions() {
        let close = |activation, x, expected: f64| {
            let found = apply(activation, x);
            assert!((found - expected).abs() < 1e-12, "{activation:?}: {found}, {expected}");
        };
        let fraction = |value| dyadic(value).unwrap();
        close(Activation::Gelu, 1.0, 0.841_344_746_068_542_9);
        close(Activation::GeluTanh, 1.0, 0.841_191_990_608_303_9);
        close(Activation::Silu, 1.0, 0.731_058_578_630_004_9);
        close(Activation::Elu { alpha: fraction(2.0) }, -1.0, -1.264_241_117_657_115_3);
        close(Activation::LeakyRelu { slope: fraction(0.25) }, -2.0, -0.5);
        close(Activation::HardSigmoid { alpha: fraction(0.25), beta: fraction(0.5) }, 10.0, 1.0);
        close(Activation::HardSwish, -4.0, 0.0);
        close(Activation::HardSwish, 5.0, 5.0);
        close(Activation::Sqrt, 9.0, 3.0);
        close(Activation::InverseSqrt, 4.0, 0.5);
        assert!(!apply(Activation::Reciprocal, 0.0).is_finite());
    }

    #[test]
    fn single_precision_numbers_are_fractions() {
        for value in [0.2f32, 0.01, 1.0, -3.5, 0.0, 1e-3] {
            let fraction = dyadic(f64::from(value)).unwrap();
            assert_eq!(real(fraction), f64::from(value));
        }
        assert_eq!((dyadic(1e300), dyadic(f64::NAN)), (None, None));
    }
}
