//! Elementwise functions on a quantized domain, as tables: `y = T[clamp(x, lo, hi)]`.
//!
//! ```text
//! T[q] = clamp(floor(f(q * 2^-input_scale) * 2^output_scale + 1/2), output_lo, output_hi)
//! ```
//!
//! Entries are correctly rounded, so each is within half a unit of the output's scale of the true value (or saturated), and the
//! same on every machine: `f` is enclosed by an interval of 80-bit fixed-point integers, and a table is built only if the whole
//! interval rounds to one entry. It practically always does: enclosures are narrower than 2^-60 for |x| <= 32. For rational
//! arguments but zero the values are transcendental (Lindemann-Weierstrass; Siegel-Shidlovskii for erf), so they are never half-way
//! and never an end of their interval; at zero they are exact. For the tanh form of GELU no theorem says so, but where its
//! tanh reaches 1 to 80 bits, it is below. The algebraic functions are computed exactly, ties included.
//!
//! Cost: see [`constrain_one`].

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::{clamp, multiplex};

mod exact;
mod interval;
mod real;

use interval::Interval;
use real::Reals;

/// A number `mantissa * 2^-shift`: every finite `f32` above 2^-39 is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dyadic {
    /// The mantissa, below 2^31 in magnitude.
    pub mantissa: i64,
    /// Bits behind the point, at most 62.
    pub shift: u32,
}

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
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

/// A function on the integers from `lo` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTable {
    lo: i64,
    values: Vec<i64>,
}

/// Most entries of a table.
pub const MAX_ENTRIES: usize = 1 << 20;

impl FunctionTable {
    /// Any function: `values[i]` is that of `lo + i`.
    pub fn new(lo: i64, values: Vec<i64>) -> Result<Self, BuildError> {
        if values.is_empty() {
            return Err(BuildError::Empty { operation: "function table" });
        }
        if values.len() > MAX_ENTRIES {
            return Err(BuildError::Bits {
                operation: "domain of a function table",
                bits: values.len().ilog2() + 1,
                min: 0,
                max: MAX_ENTRIES.ilog2(),
            });
        }
        for value in values.iter().copied().chain([lo]) {
            // The limits of `Bounded`; with 2^20 entries, the upper end of the domain cannot overflow either.
            Bounded::constant(value)?;
        }
        Ok(Self { lo, values })
    }

    /// The table of a function, each entry correctly rounded (half up).
    pub fn of(function: Function, q: Quantization) -> Result<Self, BuildError> {
        let name = function.name();
        let range = |lo: i64, hi: i64| match lo <= hi {
            true => Ok(()),
            false => Err(BuildError::EmptyRange { operation: name, lo: lo.into(), hi: hi.into() }),
        };
        range(q.lo, q.hi)?;
        range(q.output_lo, q.output_hi)?;
        let refuse = |argument, why| BuildError::Function { function: name, argument, why };
        let entries = q.hi.abs_diff(q.lo);
        if entries >= MAX_ENTRIES as u64 {
            return Err(refuse(q.hi, "the domain has more than 2^20 arguments"));
        }
        if !(-20..=40).contains(&q.input_scale) || !(-20..=40).contains(&q.output_scale) {
            return Err(refuse(q.lo, "a scale is outside [-20, 40]"));
        }
        // |q| * 2^-input_scale <= 2^20, without a division.
        let limit = 1i128 << (20 + q.input_scale);
        if let Some(end) = [q.lo, q.hi].into_iter().find(|&end| i128::from(end).abs() > limit) {
            return Err(refuse(end, "the argument is beyond ±2^20"));
        }
        let evaluator = Evaluator { function, q, reals: Reals::new() };
        Self::new(
            q.lo,
            (q.lo..=q.hi)
                .map(|x| evaluator.entry(x).map_err(|why| refuse(x, why)))
                .collect::<Result<_, _>>()?,
        )
    }

    /// Smallest argument.
    pub fn lo(&self) -> i64 {
        self.lo
    }

    /// Largest argument.
    pub fn hi(&self) -> i64 {
        self.lo + self.values.len() as i64 - 1
    }

    /// The values from the smallest argument on.
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// The part of the table that arguments of `[lo, hi]` reach once they are clamped to the domain.
    pub fn restrict(&self, lo: i128, hi: i128) -> Self {
        let index = |x: i128| {
            let x = x.clamp(self.lo.into(), self.hi().into());
            usize::try_from(x - i128::from(self.lo)).unwrap_or(0)
        };
        let (first, last) = (index(lo), index(hi));
        let values = self.values.get(first..=last).unwrap_or_default().to_vec();
        Self { lo: self.lo + first as i64, values }
    }
}

impl Function {
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

struct Evaluator {
    function: Function,
    q: Quantization,
    reals: Reals,
}

impl Evaluator {
    fn entry(&self, x: i64) -> Result<i64, &'static str> {
        let q = self.q;
        if let Some(ratio) = exact::value(self.function, x, q.input_scale)? {
            return ratio.round(q.output_scale, q.output_lo, q.output_hi);
        }
        if let Some(radicand) = exact::radicand(self.function, x, q)? {
            return Ok(exact::rounded_root(radicand).clamp(q.output_lo, q.output_hi));
        }
        let shift = u32::try_from(interval::FRACTION as i32 - q.input_scale).unwrap_or(0);
        let at = Interval::point(i128::from(x) << shift);
        let value = match self.function {
            Function::Sigmoid => self.reals.sigmoid(at),
            Function::Tanh => self.reals.tanh(at),
            Function::Gelu => self.reals.gelu(at),
            Function::GeluTanh => self.reals.gelu_tanh(at),
            Function::Silu => at.mul(self.reals.sigmoid(at)),
            Function::Softplus => self.reals.softplus(at),
            Function::Erf => self.reals.erf(at),
            Function::Elu { alpha } => {
                let alpha = Interval::integer(alpha.mantissa).scale(-(alpha.shift as i32));
                alpha.mul(self.reals.exp(at).sub(Interval::ONE))
            }
            _ => self.reals.exp(at),
        };
        real::round(value, q.output_scale, q.output_lo, q.output_hi)
            .ok_or("80 bits behind the point do not decide the rounding, or the value is beyond ±2^46; use a smaller output scale or range")
    }
}

/// Integer reference.
pub fn reference(x: i64, table: &FunctionTable) -> i64 {
    let x = x.clamp(table.lo, table.hi());
    let index = usize::try_from(x - table.lo).unwrap_or(0);
    table.values.get(index).copied().unwrap_or(0)
}

/// Applies the function to each value.
pub fn constrain(b: &mut Builder, x: &[Bounded], table: &FunctionTable) -> Result<Vec<Bounded>, BuildError> {
    x.iter().map(|x| constrain_one(b, x, table)).collect()
}

/// Applies the function to one value.
///
/// Cost: what the interval of `x` reaches beyond the domain is clamped ([`crate::gadgets::clamp`]; nothing if it stays inside);
/// then a selection by bits, see [`multiplex`]: about `n + 3 * 2^(n/2)` for `2^n` entries.
pub fn constrain_one(b: &mut Builder, x: &Bounded, table: &FunctionTable) -> Result<Bounded, BuildError> {
    let part = table.restrict(x.lo(), x.hi());
    b.scope("function", |b| {
        let x = clamp::constrain(b, x, 0, part.lo(), part.hi())?;
        multiplex::constrain(b, &x, part.lo(), part.values())
    })
}

#[cfg(test)]
mod tests;
