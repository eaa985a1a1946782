//! Tables of functions, each entry correctly rounded.

use std::cell::OnceCell;

use super::activation::{Activation, Dyadic, Quantization};
use super::exact;
use super::interval::Interval as Enclosure;
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
        Self::from_enclosures(&Enclosures::new(function, q), q)
    }

    /// The same, where what the values are to 80 bits is known: other scales and ranges of results are only rounded anew.
    pub fn from_enclosures(known: &Enclosures, q: Quantization) -> Result<Self, BuildError> {
        let function = known.function;
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
        let evaluator = Evaluator { known, q };
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
        let Part { lo, values } = self.part(lo, hi);
        Self { lo, values: values.to_vec() }
    }

    /// The values that arguments of `[lo, hi]` reach once they are clamped to the domain, which are never none.
    pub(super) fn part(&self, lo: i128, hi: i128) -> Part<'_> {
        let (first, last) = (self.index(lo), self.index(hi));
        let values = self.values.get(first..=last.max(first)).unwrap_or_default();
        Part { lo: self.lo + first as i64, values }
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

/// Neighbouring values of a table.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// The first one's argument.
    pub lo: i64,
    pub values: &'a [i64],
}

impl Part<'_> {
    /// The last one's argument.
    pub fn hi(self) -> i64 {
        self.lo + self.values.len() as i64 - 1
    }
}

/// What the values of a function are to 80 bits, each computed when it is first asked for.
pub struct Enclosures {
    function: Activation,
    input_scale: i32,
    lo: i64,
    values: Vec<OnceCell<Result<Enclosure, &'static str>>>,
    reals: &'static Reals,
}

impl Enclosures {
    /// Of the arguments of `q`.
    pub fn new(function: Activation, q: Quantization) -> Self {
        let entries = q.hi.abs_diff(q.lo).saturating_add(1);
        let entries = usize::try_from(entries).map_or(0, |entries| entries.min(MAX_ENTRIES));
        let values = std::iter::repeat_with(OnceCell::new).take(entries).collect();
        Self { function, input_scale: q.input_scale, lo: q.lo, values, reals: Reals::shared() }
    }

    fn of(&self, x: i64) -> Result<Enclosure, &'static str> {
        let known = usize::try_from(x - self.lo).ok().and_then(|place| self.values.get(place));
        known.map_or_else(|| self.enclose(x), |known| *known.get_or_init(|| self.enclose(x)))
    }
}

struct Evaluator<'a> {
    known: &'a Enclosures,
    q: Quantization,
}

impl Evaluator<'_> {
    fn entry(&self, x: i64) -> Result<i64, &'static str> {
        let (q, function, scale) = (self.q, self.known.function, self.known.input_scale);
        function.arguments().check(x, scale)?;
        if let Some(ratio) = exact::value(function, x, scale)? {
            return ratio.round(q.output_scale, q.output_lo, q.output_hi);
        }
        if let Some(radicand) = exact::radicand(function, x, q)? {
            return Ok(exact::rounded_root(radicand).clamp(q.output_lo, q.output_hi));
        }
        real::round(self.known.of(x)?, q.output_scale, q.output_lo, q.output_hi)
            .ok_or("80 bits behind the point do not decide the rounding, or the value is beyond ±2^46; use a smaller output scale or range")
    }
}

impl Enclosures {
    /// An interval around the value at an argument.
    fn enclose(&self, x: i64) -> Result<Enclosure, &'static str> {
        use Activation as A;
        let (reals, scale) = (self.reals, self.input_scale);
        let at = Enclosure::dyadic(x.into(), scale);
        let real = |d: Dyadic| Enclosure::dyadic(d.mantissa.into(), d.shift as i32);
        Ok(match self.function {
            A::Sigmoid => reals.sigmoid(at),
            A::Tanh => reals.tanh(at),
            A::Gelu => reals.gelu(at),
            A::GeluTanh => reals.gelu_tanh(at),
            A::Silu => at.mul(reals.sigmoid(at)),
            A::Softplus => reals.softplus(at),
            A::Erf => reals.erf(at),
            A::Elu { alpha } => reals.scaled_expm1(real(alpha), at),
            A::Exp => reals.exp(at),
            A::Log => reals.ln(at),
            A::Mish => reals.mish(at),
            A::Selu { alpha, gamma } => reals.scaled_expm1(real(alpha).mul(real(gamma)), at),
            A::Celu { alpha } if alpha.mantissa <= 0 => return Err("alpha is not positive"),
            A::Celu { alpha } => reals.scaled_expm1(real(alpha), at.div(real(alpha))),
            A::Power { exponent } => reals.power(x, scale, exponent),
            A::Sin => reals.sin(at),
            A::Cos => reals.cos(at),
            A::Tan => reals.tan(at),
            A::Asin => reals.asin(at),
            A::Acos => reals.acos(at),
            A::Atan => reals.atan(at),
            A::Sinh => reals.sinh(at),
            A::Cosh => reals.cosh(at),
            A::Asinh => reals.asinh(at),
            A::Acosh => reals.acosh(at),
            A::Atanh => reals.atanh(at),
            A::Logit => reals.logit(at),
            A::Probit => reals.probit(at),
            A::Sqrt | A::Reciprocal | A::InverseSqrt => return Err(NOT_EXACT),
            A::LeakyRelu { .. } | A::HardSigmoid { .. } | A::HardSwish => return Err(NOT_EXACT),
            A::Softsign | A::ThresholdedRelu { .. } | A::Shrink { .. } => return Err(NOT_EXACT),
        })
    }
}
