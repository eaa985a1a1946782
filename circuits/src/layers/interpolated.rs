//! Functions of integers of many bits by chords: a table of every `2^w`-th value, and between two of them the line through both. One table
//! would have an entry an argument.
//!
//! ```text
//! x = 2^w a + r                    0 <= r < 2^w
//! V = 2^w A[a] + (A[a + 1] - A[a]) r          y = floor(V / 2^(w+g) + 1/2)
//! A[a] = floor(2^(s+g) f(a * 2^(w-i)) + 1/2)  g = 3, in ±2^(56-w)
//! ```
//!
//! *Error.* A chord is off by at most `h^2 / 8` of the largest second derivative along it, `h = 2^(w-i)`; at kinks of functions that are made of
//! pieces, all at 0, chords meet. Entries are off by half a unit of theirs, an eighth of one of y, to which its own rounding adds half a unit.
//!
//! The constraints are those of the gadgets: a division by `2^w` that is rounded down, whose remainder r is, two tables (the second is that
//! of the slopes, less the smallest one, so that the product is not negative), a product, a division by `2^(w+g)`. That V lies between the
//! ends of the chords follows from a and r, of which it is a function.
//!
//! Cost, for arguments of n bits and results of m: n bits, two tables of at most `2^11 + 1` entries, a product, `m + w + g` bits.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::div_pow2;
use crate::integer::{Interval, bit_length, times};
use crate::layers::function::{self, Activation, FunctionTable, Quantization};

/// A function over a domain, with the scales of arguments and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpolated {
    /// A, from the least argument's `a` to one above the largest one's.
    knots: FunctionTable,
    /// `A[a + 1] - A[a]`, less the smallest of them.
    slopes: FunctionTable,
    /// That smallest one.
    least: i64,
    /// `w`.
    width: u32,
    /// `w + g`.
    drop: u32,
}

const OPERATION: &str = "interpolated function";
/// Bits of an argument, at most.
const MAX_BITS: u32 = 24;
/// Bits of `a`.
const KNOTS: u32 = 11;
/// `g`.
const GUARD: u32 = 3;
/// Bits of V, at most.
const MAX_SUM: u32 = 56;

impl Interpolated {
    /// Table entries that [`Interpolated::new`] computes, at most.
    pub const ENTRIES: u64 = (1 << KNOTS) + 2;

    /// Whether a function is continuous, and has values everywhere.
    pub fn has(function: Activation) -> bool {
        use Activation as A;
        matches!(
            function,
            A::Sigmoid
                | A::Tanh
                | A::Erf
                | A::Softplus
                | A::Softsign
                | A::Atan
                | A::Asinh
                | A::Gelu
                | A::GeluTanh
                | A::Silu
                | A::Mish
                | A::Sin
                | A::Cos
                | A::Elu { .. }
                | A::Selu { .. }
                | A::Celu { .. }
        )
    }

    /// `w`, for a domain whose last argument is so much more than its first.
    pub fn width(span: u64) -> u32 {
        bit_length(span.into()).saturating_sub(KNOTS).max(1)
    }

    /// Of arguments in `[lo, hi]` at scale `input_scale`, with results at `output_scale`.
    pub fn new(function: Activation, q: Quantization) -> Result<Self, BuildError> {
        let refuse = |why| BuildError::Function { function: function.name(), argument: q.lo, why };
        let span = q.hi.checked_sub(q.lo).filter(|span| (0..1 << MAX_BITS).contains(span));
        let span = span.ok_or_else(|| refuse("the domain has more than 2^24 arguments, or none"))?;
        let width = Self::width(span.unsigned_abs());
        let most = 1i64 << (MAX_SUM - width);
        let (first, last) = (q.lo >> width, q.hi >> width);
        let knots = FunctionTable::of(
            function,
            Quantization {
                lo: first,
                hi: last + 1,
                input_scale: q.input_scale - width as i32,
                output_scale: q.output_scale + GUARD as i32,
                output_lo: -most,
                output_hi: most,
            },
        )?;
        let ends = knots.values().iter().zip(knots.values().iter().skip(1));
        let slopes: Vec<i64> = ends.map(|(start, end)| end - start).collect();
        let least = slopes.iter().copied().min().unwrap_or(0);
        let above = slopes.into_iter().map(|slope| slope - least).collect();
        let slopes = FunctionTable::new(first, above)?;
        // The product of a slope and r is as long as the steepest chord.
        let steepest = slopes.values().iter().copied().max().unwrap_or(0).max(least.abs());
        if bit_length(steepest.into()) + width > MAX_SUM {
            return Err(refuse("the function is too steep for results of this scale"));
        }
        Ok(Self { knots, slopes, least, width, drop: width + GUARD })
    }

    /// The interval of V for these `a`.
    fn sums(&self, (first, last): Interval) -> Interval {
        let part = self.knots.restrict(first, last + 1);
        let (least, most) = (part.values().iter().min(), part.values().iter().max());
        let end = |value: Option<&i64>| i128::from(value.copied().unwrap_or(0)) << self.width;
        (end(least), end(most))
    }
}

/// Integer reference.
pub fn reference(x: i64, p: &Interpolated) -> Result<i64, BuildError> {
    let a = x >> p.width;
    let r = x - (a << p.width);
    let slope = i128::from(p.slopes.value(a)) + i128::from(p.least);
    let sum = (i128::from(p.knots.value(a)) << p.width) + slope * i128::from(r);
    Ok(div_pow2::reference(narrow(OPERATION, sum)?, p.drop))
}

/// The function of each value, which is to lie in the domain.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Interpolated) -> Result<Vec<Bounded>, BuildError> {
    b.scope("interpolated", |b| {
        let (mut cells, mut rests) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
        for x in x {
            let (a, r) = div_pow2::split(b, x, p.width)?;
            rests.push(r);
            cells.push(a);
        }
        let starts = function::constrain(b, &cells, &p.knots)?;
        let slopes = function::constrain(b, &cells, &p.slopes)?;
        let zero = Bounded::constant(0)?;
        let mut results = Vec::with_capacity(x.len());
        for (((a, r), start), slope) in cells.iter().zip(&rests).zip(&starts).zip(&slopes) {
            let most = narrow(OPERATION, slope.hi() * r.hi())?;
            let along = b.product_wire("slope * r", slope, r, &zero, most)?;
            let terms = [(start, 1 << p.width), (r, p.least), (&along, 1)];
            let (lo, hi) = p.sums(a.interval());
            let sum = Bounded::combine(OPERATION, &terms, 0)?.proven(lo, hi);
            results.push(div_pow2::constrain(b, &sum, p.drop)?);
        }
        Ok(results)
    })
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Interpolated) -> Result<Vec<Interval>, BuildError> {
    let (cells, rests): (Vec<_>, Vec<_>) = x.iter().map(|&x| div_pow2::split_cost(t, x, p.width)).unzip();
    let starts = function::cost(t, &cells, &p.knots);
    let slopes = function::cost(t, &cells, &p.slopes);
    let one = |(((&a, &r), start), slope): (((&Interval, &Interval), &Interval), &Interval)| {
        t.add(1);
        // What its terms say, and what follows from a and r.
        let terms = [times(*start, 1 << p.width), times(r, p.least.into()), (0, slope.1 * r.1)];
        let (least, most) = terms.iter().fold((0, 0), |(lo, hi), term| (lo + term.0, hi + term.1));
        let (lo, hi) = p.sums(a);
        div_pow2::cost(t, (lo.max(least), hi.min(most)), p.drop)
    };
    Ok(cells.iter().zip(&rests).zip(&starts).zip(&slopes).map(one).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("interpolated tanh of 16 bits", 1, 16, |b, x| {
    let q = Quantization {
        lo: -(1 << 15),
        hi: (1 << 15) - 1,
        input_scale: 13,
        output_scale: 14,
        output_lo: i64::MIN,
        output_hi: i64::MAX,
    };
    constrain(b, x, &Interpolated::new(Activation::Tanh, q)?)
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget, gadget_with_bounds,
    };

    fn quantization(lo: i64, hi: i64, input_scale: i32, output_scale: i32) -> Quantization {
        Quantization { lo, hi, input_scale, output_scale, output_lo: i64::MIN, output_hi: i64::MAX }
    }

    fn one(x: i64, p: &Interpolated) -> i64 {
        reference(x, p).unwrap_or_else(|e| panic!("{x}: {e}"))
    }

    /// By the bound on the error, with second derivatives of at most 0.77 (tanh), 0.1 (the logistic function) and 1.
    #[test]
    fn errs_by_what_chords_do() -> Result<(), BuildError> {
        fn sigmoid(x: f64) -> f64 {
            1.0 / (1.0 + (-x).exp())
        }
        let functions = [
            (Activation::Tanh, f64::tanh as fn(f64) -> f64, 0.77),
            (Activation::Sigmoid, sigmoid, 0.1),
            (Activation::Softplus, |x| (1.0 + x.exp()).ln(), 0.25),
            (Activation::Sin, f64::sin, 1.0),
        ];
        for (function, f, bend) in functions {
            for (bits, input_scale, output_scale) in [(24, 20, 20), (20, 17, 16), (14, 10, 12), (4, 2, 8)] {
                let (lo, hi) = (-(1i64 << (bits - 1)), (1 << (bits - 1)) - 1);
                let p = Interpolated::new(function, quantization(lo, hi, input_scale, output_scale))?;
                let step = 2f64.powi(p.width as i32 - input_scale);
                let bound = 0.625 + bend * step * step / 8.0 * 2f64.powi(output_scale) + 1e-6;
                for x in (lo..=hi).step_by(((hi - lo) / 5000).max(1) as usize).chain([lo, -1, 0, 1, hi]) {
                    let exact = f(x as f64 * 2f64.powi(-input_scale)) * 2f64.powi(output_scale);
                    let found = one(x, &p) as f64;
                    assert!((found - exact).abs() <= bound, "{function:?} of {x}: {found}, {exact}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        for function in [Activation::Tanh, Activation::Cos, Activation::Gelu] {
            for (input_scale, output_scale) in [(4, 6), (6, 10), (2, 0)] {
                let p = Interpolated::new(function, quantization(-128, 127, input_scale, output_scale))?;
                let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
                let expected = |x: &[i64]| vec![one(x[0], &p)];
                let (circuit, bounds) = gadget_with_bounds(1, 8, build)?;
                check(&circuit, &bounds, all(8).map(|x| vec![x]), expected);
                check_both(1, 8, build, all(8).map(|x| vec![x]), expected)?;
                assert_costs(1, 8, build, |t, x| assert_eq!(cost(t, x, &p), Ok(bounds.clone()), "{p:?}"))?;
            }
        }
        let p = Interpolated::new(Activation::Tanh, quantization(-8, 7, 2, 4))?;
        let circuit = gadget(1, 4, |b, x| constrain(b, x, &p))?;
        assert_every_constraint_is_needed(&circuit, &all(4).map(|x| vec![x]).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        for (lo, hi, input_scale, output_scale) in [
            (0, 1 << 25, 20, 8),
            (1, 0, 20, 8),
            (i64::MIN, i64::MAX, 20, 8),
            (0, 100, 60, 8),
            (0, 100, 10, 41),
            (0, 1 << 23, -20, 8),
        ] {
            let q = quantization(lo, hi, input_scale, output_scale);
            assert!(Interpolated::new(Activation::Tanh, q).is_err(), "{q:?}");
        }
    }
}
