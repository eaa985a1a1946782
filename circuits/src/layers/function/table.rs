//! Tables of functions, each entry correctly rounded.

use super::activation::{Activation, Quantization};
use super::exact;
use super::interval::{self, Interval as Enclosure};
use super::real::{self, Reals};
use crate::bounded::Bounded;
use crate::error::BuildError;
use crate::lookups;

/// A function on the integers from `lo` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTable {
    lo: i64,
    values: Vec<i64>,
}

/// Most entries of a table.
pub const MAX_ENTRIES: usize = lookups::MAX_ENTRIES;

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
    pub fn of(function: Activation, q: Quantization) -> Result<Self, BuildError> {
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
        let (first, last) = (self.index(lo), self.index(hi));
        Self { lo: self.lo + first as i64, values: self.values[first..=last.max(first)].to_vec() }
    }

    /// The value at an argument, once it is clamped to the domain.
    pub fn value(&self, x: i64) -> i64 {
        self.values[self.index(x.into())]
    }

    /// The position of an argument, once it is clamped to the domain, which is never empty: below the number of values.
    fn index(&self, x: i128) -> usize {
        (x.clamp(self.lo.into(), self.hi().into()) - i128::from(self.lo)) as usize
    }
}

const NOT_EXACT: &str = "internal error: the exact value is missing; please report this";

struct Evaluator {
    function: Activation,
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
        // At least 40: scales are at most 40.
        let shift = (interval::FRACTION as i32 - q.input_scale) as u32;
        let at = Enclosure::point(i128::from(x) << shift);
        let value = match self.function {
            Activation::Sigmoid => self.reals.sigmoid(at),
            Activation::Tanh => self.reals.tanh(at),
            Activation::Gelu => self.reals.gelu(at),
            Activation::GeluTanh => self.reals.gelu_tanh(at),
            Activation::Silu => at.mul(self.reals.sigmoid(at)),
            Activation::Softplus => self.reals.softplus(at),
            Activation::Erf => self.reals.erf(at),
            Activation::Elu { alpha } => {
                let alpha = Enclosure::integer(alpha.mantissa).scale(-(alpha.shift as i32));
                alpha.mul(self.reals.exp(at).sub(Enclosure::ONE))
            }
            Activation::Exp => self.reals.exp(at),
            Activation::Sqrt | Activation::Reciprocal | Activation::InverseSqrt => return Err(NOT_EXACT),
            Activation::LeakyRelu { .. } | Activation::HardSigmoid { .. } | Activation::HardSwish => {
                return Err(NOT_EXACT);
            }
        };
        real::round(value, q.output_scale, q.output_lo, q.output_hi)
            .ok_or("80 bits behind the point do not decide the rounding, or the value is beyond ±2^46; use a smaller output scale or range")
    }
}
