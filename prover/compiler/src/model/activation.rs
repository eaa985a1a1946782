//! Functions of one variable in floating point. What each of them is, `assay_circuits::layers::function` says, where
//! their tables of integers are made; these values decide nothing but scales and reported errors.

pub use assay_circuits::layers::function::{Activation, Arguments, Dyadic};

use crate::elementary::logarithm::{acosh, asinh, atanh, ln};
use crate::elementary::trigonometric::{acos, asin, atan, cos, sin};
use crate::elementary::{erf, exp, powi, sigmoid, sinh, softplus, tanh};
use crate::number::pow2;

/// The function's value; not finite where the function is not defined (the reciprocal of zero).
pub fn apply(function: Activation, x: f64) -> f64 {
    let negative = x < 0.0;
    match function {
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
        Activation::Log => ln(x),
        Activation::Mish => x * tanh(softplus(x)),
        Activation::Softsign => x / (1.0 + x.abs()),
        Activation::Selu { alpha, gamma } if negative => real(gamma) * real(alpha) * (exp(x) - 1.0),
        Activation::Selu { gamma, .. } => real(gamma) * x,
        Activation::Celu { alpha } if negative => real(alpha) * (exp(x / real(alpha)) - 1.0),
        Activation::Celu { .. } => x,
        Activation::ThresholdedRelu { alpha } if x > real(alpha) => x,
        Activation::ThresholdedRelu { .. } => 0.0,
        Activation::Shrink { lambda, bias } if x > real(lambda) => x - real(bias),
        Activation::Shrink { lambda, bias } if x < -real(lambda) => x + real(bias),
        Activation::Shrink { .. } => 0.0,
        Activation::Power { exponent } => power(x, exponent),
        Activation::Sin => sin(x),
        Activation::Cos => cos(x),
        Activation::Tan => sin(x) / cos(x),
        Activation::Asin => asin(x.clamp(-1.0, 1.0)),
        Activation::Acos => acos(x.clamp(-1.0, 1.0)),
        Activation::Atan => atan(x),
        Activation::Sinh => sinh(x),
        Activation::Cosh => 0.5 * exp(x) + 0.5 * exp(-x),
        Activation::Asinh => asinh(x),
        Activation::Acosh => acosh(x.max(1.0)),
        Activation::Atanh => atanh(x),
        Activation::Logit => ln(x / (1.0 - x)),
        Activation::Probit => probit(x),
    }
}

/// Of an exponent that is no integer, 0 for negative arguments.
fn power(x: f64, exponent: Dyadic) -> f64 {
    match exponent.mantissa >> exponent.shift.min(62) {
        whole if exponent.is_integer() => powi(x, whole),
        _ if x > 0.0 => exp(real(exponent) * ln(x)),
        _ if exponent.mantissa > 0 => 0.0,
        _ => f64::NAN,
    }
}

/// The argument at which the normal distribution has the value `p`, by bisection; not a number outside of 0 and 1.
fn probit(p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    let (mut below, mut above) = (-9.0, 9.0);
    for _ in 0..64 {
        let middle = 0.5 * (below + above);
        let value = 0.5 * (1.0 + erf(middle * std::f64::consts::FRAC_1_SQRT_2));
        (below, above) = if value < p { (middle, above) } else { (below, middle) };
    }
    0.5 * (below + above)
}

/// What arguments the function needs, where it has no value somewhere between two numbers.
pub fn needs(function: Activation, (lo, hi): (f64, f64)) -> Option<&'static str> {
    let (is_defined, needed) = match function.arguments() {
        Arguments::All | Arguments::AtLeastZero => (true, ""),
        Arguments::NotZero => (lo > 0.0 || hi < 0.0, "ones that are all positive or all negative"),
        Arguments::Positive => (lo > 0.0, "positive ones"),
        Arguments::InsideOne => (lo > -1.0 && hi < 1.0, "ones between -1 and 1"),
        Arguments::Probability => (lo > 0.0 && hi < 1.0, "ones between 0 and 1"),
    };
    (!is_defined).then_some(needed)
}

/// Whether the results are never negative.
pub fn is_unsigned(function: Activation) -> bool {
    use Activation as A;
    match function {
        A::Sigmoid | A::Exp | A::Sqrt | A::InverseSqrt | A::HardSigmoid { .. } | A::Softplus => true,
        A::Acos | A::Cosh | A::Acosh => true,
        A::ThresholdedRelu { alpha } => alpha.mantissa >= 0,
        A::Power { exponent } => !exponent.is_integer() || (exponent.mantissa >> exponent.shift) % 2 == 0,
        _ => false,
    }
}

/// A number of the model as a fraction with a power of two below; `None` for numbers that need more than the fraction
/// holds (above 2^31, or with digits behind the 62nd).
pub fn dyadic(value: f64) -> Option<Dyadic> {
    let shift = (0..=62).find(|&shift| (value * pow2(shift)).fract() == 0.0)?;
    let mantissa = value * pow2(shift);
    (mantissa.abs() < pow2(31)).then_some(Dyadic { mantissa: mantissa as i64, shift: shift as u32 })
}

/// The nearest such fraction to a number below 2^31, to 31 bits. As an exponent e, which a model of doubles has, it changes `x^e` by less
/// than `2^-31 e ln x` of itself.
pub fn nearest(value: f64) -> Option<Dyadic> {
    let rounded = |shift: u32| ((value * pow2(shift as i32)).round(), shift);
    let (mantissa, shift) = (0..=62).rev().map(rounded).find(|(mantissa, _)| mantissa.abs() < pow2(31))?;
    // Rounded, it may be even: files have one way to write each number.
    dyadic(mantissa * pow2(-(shift as i32)))
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
        close(Activation::Log, 2.0, std::f64::consts::LN_2);
        close(Activation::Mish, 1.0, 0.865_098_388_267_310_3);
        close(Activation::Softsign, -3.0, -0.75);
        close(Activation::Selu { alpha: fraction(1.5), gamma: fraction(2.0) }, -1.0, -1.896_361_676_485_673);
        close(Activation::Celu { alpha: fraction(2.0) }, -2.0, -1.264_241_117_657_115_3);
        close(Activation::ThresholdedRelu { alpha: fraction(1.0) }, 1.0, 0.0);
        close(Activation::ThresholdedRelu { alpha: fraction(1.0) }, 1.5, 1.5);
        close(Activation::Shrink { lambda: fraction(1.0), bias: fraction(0.5) }, -1.5, -1.0);
        close(Activation::Power { exponent: fraction(3.0) }, -2.0, -8.0);
        close(Activation::Power { exponent: fraction(-2.0) }, -2.0, 0.25);
        close(Activation::Power { exponent: fraction(1.5) }, 4.0, 8.0);
        close(Activation::Power { exponent: fraction(0.5) }, -4.0, 0.0);
        close(Activation::Probit, 0.975, 1.959_963_984_540_054_2);
        close(Activation::Logit, 0.75, 1.098_612_288_668_109_8);
        assert!(!apply(Activation::Log, 0.0).is_finite() && !apply(Activation::Log, -1.0).is_finite());
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
