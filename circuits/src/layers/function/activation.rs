//! What functions there are, and how their arguments and values are quantized.

/// A number `mantissa * 2^-shift`: every finite `f32` above 2^-39 is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dyadic {
    /// The mantissa, below 2^31 in magnitude.
    pub mantissa: i64,
    /// Bits behind the point, at most 62.
    pub shift: u32,
}

impl Dyadic {
    /// Whether nothing is behind the point.
    pub fn is_integer(self) -> bool {
        self.mantissa == 0 || self.mantissa.trailing_zeros() >= self.shift
    }
}

/// An elementwise function of a network. The one definition: models, tables and reports name it by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `1 / (1 + e^-x)`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `x/2 (1 + erf(x / sqrt 2))`.
    Gelu,
    /// `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`.
    GeluTanh,
    /// `x / (1 + e^-x)`, also called swish.
    Silu,
    /// `ln(1 + e^x)`.
    Softplus,
    /// `e^x`.
    Exp,
    /// The error function.
    Erf,
    /// `x` where positive, else `alpha (e^x - 1)`.
    Elu {
        /// The factor.
        alpha: Dyadic,
    },
    /// `sqrt x`, of 0 for negative arguments.
    Sqrt,
    /// `1 / x`; 0 must not be in the domain.
    Reciprocal,
    /// `1 / sqrt x`; the domain must be positive.
    InverseSqrt,
    /// `x` where positive, else `slope * x`.
    LeakyRelu {
        /// The slope.
        slope: Dyadic,
    },
    /// `clamp(alpha * x + beta, 0, 1)`.
    HardSigmoid {
        /// The slope.
        alpha: Dyadic,
        /// The value at 0.
        beta: Dyadic,
    },
    /// `x * clamp(x + 3, 0, 6) / 6`.
    HardSwish,
    /// `ln x`; the domain must be positive.
    Log,
    /// `x tanh(ln(1 + e^x))`.
    Mish,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `gamma x` where positive, else `gamma alpha (e^x - 1)`.
    Selu {
        /// The factor of the exponential part.
        alpha: Dyadic,
        /// The factor of all.
        gamma: Dyadic,
    },
    /// `x` where positive, else `alpha (e^(x / alpha) - 1)`.
    Celu {
        /// The factor, which must be positive.
        alpha: Dyadic,
    },
    /// `x` where above `alpha`, else 0.
    ThresholdedRelu {
        /// The threshold.
        alpha: Dyadic,
    },
    /// `x - bias` above `lambda`, `x + bias` below `-lambda`, else 0.
    Shrink {
        /// Half of the width of what becomes 0.
        lambda: Dyadic,
        /// What the rest is moved by.
        bias: Dyadic,
    },
    /// `x^exponent`. An exponent that is no integer gives 0 for negative arguments, as [`Activation::Sqrt`]; a negative one needs a domain
    /// without 0, and, if it is no integer, a positive one.
    Power {
        /// The exponent.
        exponent: Dyadic,
    },
    /// The sine.
    Sin,
    /// The cosine.
    Cos,
    /// The tangent.
    Tan,
    /// The angle of a sine; of the nearest of ±1 for arguments beyond.
    Asin,
    /// The angle of a cosine; of the nearest of ±1 for arguments beyond.
    Acos,
    /// The angle of a tangent.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse hyperbolic cosine; of 1 for smaller arguments.
    Acosh,
    /// Inverse hyperbolic tangent; the domain must lie inside ±1.
    Atanh,
    /// `ln(x / (1 - x))`; the domain must lie inside of 0 and 1.
    Logit,
    /// The quantile of the normal distribution: the x at which `(1 + erf(x / sqrt 2)) / 2` is the argument; the domain must lie inside
    /// of 0 and 1.
    Probit,
}

/// The arguments at which a function has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// All numbers.
    All,
    /// All numbers, those below 0 counting as 0.
    AtLeastZero,
    /// All but 0.
    NotZero,
    /// Above 0.
    Positive,
    /// Between -1 and 1, both left out.
    InsideOne,
    /// Between 0 and 1, both left out.
    Probability,
}

impl Arguments {
    /// The least and the largest of them as integers at a scale; of those without 0, the positive ones. An interval without an
    /// integer has a least above its largest.
    pub fn integers(self, input_scale: i32) -> (i64, i64) {
        // The largest integer below 1; of scales past those of a table, which a file may state, what is left of it.
        let inside = match input_scale {
            ..=0 => 0,
            scale => i64::MAX >> (63 - scale.min(63)),
        };
        match self {
            Self::All => (i64::MIN, i64::MAX),
            Self::AtLeastZero => (0, i64::MAX),
            Self::NotZero | Self::Positive => (1, i64::MAX),
            Self::InsideOne => (-inside, inside),
            Self::Probability => (1, inside),
        }
    }

    /// Why a function has no value at an argument.
    pub(super) fn check(self, x: i64, input_scale: i32) -> Result<(), &'static str> {
        let (lo, hi) = self.integers(input_scale);
        let why = match self {
            Self::NotZero if x != 0 => return Ok(()),
            Self::All | Self::AtLeastZero => return Ok(()),
            _ if (lo..=hi).contains(&x) => return Ok(()),
            Self::NotZero => "1 / 0",
            Self::Positive => "the argument is not positive",
            Self::InsideOne => "the argument is not between -1 and 1",
            Self::Probability => "the argument is not between 0 and 1",
        };
        Err(why)
    }
}

/// Domain, scales and range of a table. An integer `q` at scale `s` stands for `q * 2^-s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantization {
    /// Smallest argument.
    pub lo: i64,
    /// Largest argument.
    pub hi: i64,
    /// Scale of the arguments, -20 to 40.
    pub input_scale: i32,
    /// Scale of the values, -20 to 40.
    pub output_scale: i32,
    /// Smallest value; what is below saturates.
    pub output_lo: i64,
    /// Largest value; what is above saturates.
    pub output_hi: i64,
}

impl Activation {
    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Gelu => "GELU",
            Self::GeluTanh => "GELU (tanh)",
            Self::Silu => "SiLU",
            Self::Softplus => "softplus",
            Self::Exp => "exp",
            Self::Erf => "erf",
            Self::Elu { .. } => "ELU",
            Self::Sqrt => "sqrt",
            Self::Reciprocal => "reciprocal",
            Self::InverseSqrt => "inverse sqrt",
            Self::LeakyRelu { .. } => "leaky ReLU",
            Self::HardSigmoid { .. } => "hard sigmoid",
            Self::HardSwish => "hard swish",
            Self::Log => "logarithm",
            Self::Mish => "Mish",
            Self::Softsign => "softsign",
            Self::Selu { .. } => "SELU",
            Self::Celu { .. } => "CELU",
            Self::ThresholdedRelu { .. } => "thresholded ReLU",
            Self::Shrink { .. } => "shrink",
            Self::Power { .. } => "power",
            Self::Sin => "sine",
            Self::Cos => "cosine",
            Self::Tan => "tangent",
            Self::Asin => "arcsine",
            Self::Acos => "arccosine",
            Self::Atan => "arctangent",
            Self::Sinh => "sinh",
            Self::Cosh => "cosh",
            Self::Asinh => "arsinh",
            Self::Acosh => "arcosh",
            Self::Atanh => "artanh",
            Self::Logit => "logit",
            Self::Probit => "probit",
        }
    }

    /// The arguments at which it has a value.
    pub fn arguments(self) -> Arguments {
        match self {
            Self::Sqrt => Arguments::AtLeastZero,
            Self::Reciprocal => Arguments::NotZero,
            Self::InverseSqrt | Self::Log => Arguments::Positive,
            Self::Power { exponent } => match (exponent.is_integer(), exponent.mantissa < 0) {
                (true, false) => Arguments::All,
                (true, true) => Arguments::NotZero,
                (false, false) => Arguments::AtLeastZero,
                (false, true) => Arguments::Positive,
            },
            Self::Atanh => Arguments::InsideOne,
            Self::Logit | Self::Probit => Arguments::Probability,
            _ => Arguments::All,
        }
    }
}
