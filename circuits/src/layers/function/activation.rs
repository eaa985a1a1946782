//! What functions there are, and how their arguments and values are quantized.

/// A number `mantissa * 2^-shift`: every finite `f32` above 2^-39 is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dyadic {
    /// The mantissa, below 2^31 in magnitude.
    pub mantissa: i64,
    /// Bits behind the point, at most 62.
    pub shift: u32,
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
        }
    }
}
