//! Functions of one variable in floating point. What each of them is, `assay_circuits::layers::function` says, where
//! their tables of integers are made; these values decide nothing but scales and reported errors.

pub use assay_circuits::layers::function::{Dyadic, Function};

use crate::elementary::{erf, exp, sigmoid, softplus, tanh};
use crate::number::pow2;

/// The function's value; not finite where the function is not defined (the reciprocal of zero).
pub fn apply(function: Function, x: f64) -> f64 {
    let negative = x < 0.0;
    match function {
        Function::Sigmoid => sigmoid(x),
        Function::Tanh => tanh(x),
        Function::Gelu => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        Function::GeluTanh => {
            let slope = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
            0.5 * x * (1.0 + tanh(slope * (x + 0.044715 * x * x * x)))
        }
        Function::Silu => x * sigmoid(x),
        Function::Softplus => softplus(x),
        Function::Exp => exp(x),
        Function::Erf => erf(x),
        Function::Elu { alpha } if negative => real(alpha) * (exp(x) - 1.0),
        Function::LeakyRelu { slope } if negative => real(slope) * x,
        Function::Elu { .. } | Function::LeakyRelu { .. } => x,
        Function::Sqrt => x.max(0.0).sqrt(),
        Function::Reciprocal => 1.0 / x,
        Function::InverseSqrt => 1.0 / x.sqrt(),
        Function::HardSigmoid { alpha, beta } => (real(alpha) * x + real(beta)).clamp(0.0, 1.0),
        Function::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
    }
}

/// Whether the results are never negative.
pub fn is_unsigned(function: Function) -> bool {
    use Function as A;
    matches!(function, A::Sigmoid | A::Exp | A::Sqrt | A::InverseSqrt | A::HardSigmoid { .. } | A::Softplus)
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
        let close = |function, x, expected: f64| {
            let found = apply(function, x);
            assert!((found - expected).abs() < 1e-12, "{function:?}: {found}, {expected}");
        };
        let fraction = |value| dyadic(value).unwrap();
        close(Function::Gelu, 1.0, 0.841_344_746_068_542_9);
        close(Function::GeluTanh, 1.0, 0.841_191_990_608_303_9);
        close(Function::Silu, 1.0, 0.731_058_578_630_004_9);
        close(Function::Elu { alpha: fraction(2.0) }, -1.0, -1.264_241_117_657_115_3);
        close(Function::LeakyRelu { slope: fraction(0.25) }, -2.0, -0.5);
        close(Function::HardSigmoid { alpha: fraction(0.25), beta: fraction(0.5) }, 10.0, 1.0);
        close(Function::HardSwish, -4.0, 0.0);
        close(Function::HardSwish, 5.0, 5.0);
        close(Function::Sqrt, 9.0, 3.0);
        close(Function::InverseSqrt, 4.0, 0.5);
        assert!(!apply(Function::Reciprocal, 0.0).is_finite());
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
