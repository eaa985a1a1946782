//! Tables of functions, each entry correctly rounded.

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
        let evaluator = Evaluator::new(function, q);
        let entry = |x: i64| evaluator.entry(x).map_err(|why| refuse(x, why));
        Self::new(q.lo, (q.lo..=q.hi).map(entry).collect::<Result<_, _>>()?)
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

/// Powers of e below 1 as products, `e^-((i 2^8 + j) 2^-s) = e^-(i 2^(8-s)) e^-(j 2^-s)`: of a long table of them an entry takes one
/// multiplication.
struct Powers {
    coarse: Vec<Enclosure>,
    fine: Vec<Enclosure>,
}

impl Powers {
    const FINE_BITS: u32 = 8;

    /// Those of all arguments up to a magnitude.
    fn new(largest: u64, scale: i32, reals: &Reals) -> Self {
        let step = 1usize << Self::FINE_BITS;
        let power = |magnitude: u64| reals.exp(Enclosure::dyadic(-i128::from(magnitude), scale));
        Self {
            coarse: (0..=largest).step_by(step).map(power).collect(),
            fine: (0..=largest).take(step).map(power).collect(),
        }
    }

    /// `e^-|x|`.
    fn at(&self, x: i64) -> Option<Enclosure> {
        let place = usize::try_from(x.unsigned_abs()).ok()?;
        let fine = self.fine.get(place % (1 << Self::FINE_BITS))?;
        Some(self.coarse.get(place >> Self::FINE_BITS)?.mul(*fine))
    }
}

const NOT_EXACT: &str = "internal error: the exact value is missing; please report this";

struct Evaluator {
    function: Activation,
    q: Quantization,
    reals: Reals,
    /// Of functions that take one.
    powers: Option<Powers>,
}

impl Evaluator {
    fn new(function: Activation, q: Quantization) -> Self {
        let reals = Reals::new();
        // A table far from zero would take more powers than it has entries.
        let largest = q.lo.unsigned_abs().max(q.hi.unsigned_abs());
        let takes_power =
            matches!(function, Activation::Exp | Activation::Sigmoid) && largest / 2 <= q.hi.abs_diff(q.lo);
        let powers = takes_power.then(|| Powers::new(largest, q.input_scale, &reals));
        Self { function, q, reals, powers }
    }

    fn entry(&self, x: i64) -> Result<i64, &'static str> {
        let q = self.q;
        self.function.arguments().check(x, q.input_scale)?;
        if let Some(ratio) = exact::value(self.function, x, q.input_scale)? {
            return ratio.round(q.output_scale, q.output_lo, q.output_hi);
        }
        if let Some(radicand) = exact::radicand(self.function, x, q)? {
            return Ok(exact::rounded_root(radicand).clamp(q.output_lo, q.output_hi));
        }
        let round = |value| real::round(value, q.output_scale, q.output_lo, q.output_hi);
        // A product of powers is a wider enclosure, which may decide nothing.
        if let Some(entry) = self.by_power(x).and_then(round) {
            return Ok(entry);
        }
        round(self.enclose(x)?).ok_or("80 bits behind the point do not decide the rounding, or the value is beyond ±2^46; use a smaller output scale or range")
    }

    /// An interval around the value at an argument, of a function of a power that is known.
    fn by_power(&self, x: i64) -> Option<Enclosure> {
        let power = self.powers.as_ref()?.at(x)?;
        let below = |power: Enclosure| power.div(Enclosure::ONE.add(power));
        match self.function {
            Activation::Exp if x <= 0 => Some(power),
            Activation::Sigmoid if x <= 0 => Some(below(power)),
            Activation::Sigmoid => Some(Enclosure::ONE.sub(below(power))),
            _ => None,
        }
    }

    /// An interval around the value at an argument.
    fn enclose(&self, x: i64) -> Result<Enclosure, &'static str> {
        use Activation as A;
        let (reals, scale) = (&self.reals, self.q.input_scale);
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
