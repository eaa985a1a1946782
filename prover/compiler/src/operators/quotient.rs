//! Div: by constants, and of variables by variables. Where what is divided by comes near zero, results are as large as their format goes, and
//! whoever asks for those gets what is nearest.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::comparison::{self, Relation};
use assay_circuits::layers::modulo::{Convention, Part};
use assay_circuits::layers::quotient::{self, Quotient};
use assay_circuits::layers::requantize::{self, Requantize};
use assay_circuits::layers::selection;
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{common_shape, repeated, sources};
use super::call::call;
use super::elementwise::{scale, stepped};
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{Argument, ArgumentFormat, Domain, Formats, IntegerOperator, Operator, Sink, Takes};
use super::product::{are_distinct, is_same, read_bounds, read_pairs, write_pairs};
use super::{division, function, modulo, product};
use crate::bytes::{CONSTRAINT, ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::single::Step;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::clip;
use crate::number::{pow2, quantize, signed_range};
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Enclosure, Given, Rule};
use crate::quantize::error::{Feasible, PlanError};
use crate::quantize::moved::{Equalizing, Moved, relative};

const TAG: u8 = 50;
/// Bits of a dividend, at most.
const MAX_DIVIDEND_BITS: u32 = 24;
/// Bits of a divisor, at most: what a quotient times a divisor leaves room for.
const MAX_DIVISOR_BITS: u32 = 24;
/// Most bits that either side is shifted by.
const MAX_SHIFT: u32 = 40;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Quotients",
    cost: "by a constant nothing; of a constant a table; else two constraints a bit of the result and of the divisor, whose sign costs a \
           comparison and three selections where it changes",
    operators: &[OnnxOperator::onnx("Div", import)
        .folded()
        .remarks("closer to zero than a unit a divisor counts as one; of constants by variables of one sign; integers rounded towards zero")],
    integers: &[Encoded { tag: TAG, read }],
};

/// Quotients of pairs of elements of two arguments.
#[derive(Clone, Debug)]
struct Quotients {
    /// Elements of the dividends, which the divisors follow, and of these.
    lengths: [usize; 2],
    /// Where dividend and divisor stand.
    pairs: Vec<(u32, u32)>,
    /// What is clipped of the quotients.
    bounds: [Option<f64>; 2],
}

impl Operator for Quotients {
    fn name(&self) -> &'static str {
        "division"
    }

    fn arguments(&self) -> Vec<Argument> {
        let [dividends, divisors] = self.lengths;
        vec![
            Argument { len: dividends, takes: Takes::rounded(MAX_DIVIDEND_BITS) },
            Argument { len: divisors, takes: Takes::rounded(MAX_DIVISOR_BITS) },
        ]
    }

    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let value = |at: u32| x.get(at as usize).copied().unwrap_or(f64::NAN);
        let [low, high] = self.bounds;
        self.pairs.iter().map(|&(a, d)| clip(value(a) / value(d), low, high)).collect()
    }

    fn needs(&self, argument: usize, (lo, hi): (f64, f64)) -> Option<&'static str> {
        (argument == 1 && lo == 0.0 && hi == 0.0).then_some("ones that are not zero")
    }

    fn doubtful(&self, _x: &[f64], doubt: &[bool]) -> Vec<bool> {
        let of = |at: u32| doubt.get(at as usize).copied().unwrap_or(true);
        self.pairs.iter().map(|&(a, d)| of(a) || of(d)).collect()
    }

    /// Divisors are not zero: those closer to zero than a unit are taken for one, of either sign where they have both.
    fn domain(&self, argument: usize, range: (f64, f64), bits: u32) -> (i64, i64) {
        match argument {
            1 if range.0 >= 0.0 => (1, (1i64 << bits.min(40)) - 1),
            1 if range.1 <= 0.0 => (signed_range(bits).0, -1),
            _ => signed_range(bits),
        }
    }

    fn clipped(&self, low: Option<f64>, high: Option<f64>) -> Option<Arc<dyn Operator>> {
        (self.bounds == [None; 2])
            .then(|| Arc::new(Quotients { bounds: [low, high], ..self.clone() }) as Arc<dyn Operator>)
    }

    /// `(2^a x) / (2^b y) = 2^(a - b) x / y`: divisors by their size, results by their importance.
    fn equalized(&self, peaks: &[f64], importance: &[f64]) -> Option<Equalizing> {
        let [dividends, _] = self.lengths;
        let (wanted, sizes) = (relative(importance), relative(peaks.get(dividends..)?));
        if (wanted.is_none() && sizes.is_none()) || !are_distinct(&self.pairs) || self.bounds != [None; 2] {
            return None;
        }
        let mut rows = vec![0; peaks.len()];
        let sized = rows.get_mut(dividends..)?.iter_mut().zip(sizes.into_iter().flatten());
        sized.for_each(|(row, size)| *row = -size);
        let mut results = Vec::with_capacity(self.pairs.len());
        let wanted = wanted.into_iter().flatten().chain(std::iter::repeat(0));
        for (&(dividend, divisor), wanted) in self.pairs.iter().zip(wanted) {
            *rows.get_mut(dividend as usize)? = wanted + rows.get(divisor as usize)?;
            results.push(Moved::by(wanted));
        }
        Some(Equalizing { rows, results })
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let &[
            ArgumentFormat::Rounded(Domain { scale: of_dividend, .. }),
            ArgumentFormat::Rounded(Domain { scale: of_divisor, .. }),
        ] = formats.arguments
        else {
            return Err(PlanError::Internal("dividend and divisor"));
        };
        let up = formats.scale - of_dividend + of_divisor;
        let (up, down) = (up.max(0).unsigned_abs(), up.min(0).unsigned_abs());
        if up > MAX_SHIFT || down > MAX_SHIFT {
            return None.feasible();
        }
        let (lo, hi) = formats.value_range(false);
        let bound = |bound: Option<f64>, end: i64| {
            let integer = bound.and_then(|bound| quantize(bound, formats.scale));
            integer.map_or(end, |integer| integer.clamp(lo, hi))
        };
        let (lo, hi) = (bound(self.bounds[0], lo), bound(self.bounds[1], hi));
        let is_signed = formats.ranges.get(1).is_some_and(|&(lo, hi)| lo < 0.0 && hi > 0.0);
        Ok(Arc::new(Integers {
            quotient: Quotient { pairs: self.pairs.clone(), up, lo, hi },
            down,
            is_signed,
        }))
    }

    /// `(x + e) / (d + f) - x / d` is `e / (d + f) - f x / (d (d + f))`; there is no bound where a divisor may be zero.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let mut rules = Vec::with_capacity(self.pairs.len());
        for (&(i, j), &results) in self.pairs.iter().zip(given.results) {
            let (i, j) = (i as usize, j as usize);
            let (x, d) = (given.rows.get(i)?, given.rows.get(j)?);
            let of_float = d.float.inverse()?;
            let quotient = x.value.times(d.value.inverse()?);
            if x.may_miss || d.may_miss || !quotient.is_finite() {
                return None;
            }
            let of_divisor = quotient.times(of_float).negated();
            let exact =
                Enclosure::sloped(i, x.error, of_float).plus(Enclosure::sloped(j, d.error, of_divisor));
            let half = Range::around(0.5 * pow2(-given.scale));
            let rounded = quotient.plus(half);
            if self.bounds != [None; 2] {
                // Of both clipped, ranges alone are known.
                let [low, high] = self.bounds.map(|bound| bound.unwrap_or(f64::NAN));
                let float = Range { lo: f64::NEG_INFINITY.max(low), hi: f64::INFINITY.min(high) };
                let (float, integer) = (float.clamp(x.float.times(of_float)), results.clamp(rounded));
                rules.push(Rule::constant(float.minus(integer), integer));
                continue;
            }
            let cut =
                Range { lo: (rounded.lo - results.lo).min(0.0), hi: (rounded.hi - results.hi).max(0.0) };
            let own = half.plus(cut);
            let value = Enclosure::constant(rounded.cut(results));
            let gains = vec![(i, of_float), (j, of_divisor)];
            rules.push(Rule { error: exact.shifted(own), value, gains, own, cut });
        }
        Some(rules)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    quotient: Quotient,
    /// Divisors are multiplied by `2^down`.
    down: u32,
    /// Whether divisors have both signs: then they are divided by as magnitudes, of at least a unit, and dividends get their signs.
    is_signed: bool,
}

/// What is larger than any magnitude of a divisor.
const BEYOND: i64 = 1 << 40;
/// A magnitude as a divisor.
const AT_LEAST_ONE: Requantize = Requantize { shift: 0, lo: 1, hi: BEYOND };

impl Integers {
    /// The first divisor.
    fn first(&self, values: usize) -> usize {
        self.quotient.pairs.iter().map(|&(_, divisor)| divisor as usize).min().unwrap_or(values)
    }

    /// Dividends, then divisors, of which these are multiplied; of divisors of both signs the quotients are those of a dividend for each
    /// pair, and of magnitudes, that `signed` makes of dividend and divisor.
    fn prepared<T: Clone>(
        &self,
        x: &[T],
        multiply: impl Fn(&T) -> Result<T, BuildError>,
        mut signed: impl FnMut(&T, &T) -> Result<(T, T), BuildError>,
    ) -> Result<(Vec<T>, Quotient), BuildError> {
        if !self.is_signed {
            let first = self.first(x.len());
            let each =
                |(place, value): (usize, &T)| if place < first { Ok(value.clone()) } else { multiply(value) };
            return Ok((x.iter().enumerate().map(each).collect::<Result<_, _>>()?, self.quotient.clone()));
        }
        let wrong = || BuildError::Index { operation: "division", index: x.len(), inputs: x.len() };
        let (mut dividends, mut divisors, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        let count = self.quotient.pairs.len() as u32; // read from 32 bits, or of a tensor's elements
        for (i, &(a, d)) in (0..count).zip(&self.quotient.pairs) {
            let (a, d) = x.get(a as usize).zip(x.get(d as usize)).ok_or_else(wrong)?;
            let (a, d) = signed(a, d)?;
            dividends.push(a);
            divisors.push(multiply(&d)?);
            pairs.push((i, count + i));
        }
        dividends.extend(divisors);
        Ok((dividends, Quotient { pairs, ..self.quotient.clone() }))
    }
}

impl IntegerOperator for Integers {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "division"
    }

    fn len(&self) -> usize {
        self.quotient.pairs.len()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let multiply = |&d: &i64| {
            let wide = i128::from(d) << self.down;
            i64::try_from(wide).map_err(|_| BuildError::Overflow {
                operation: "division",
                lo: wide,
                hi: wide,
            })
        };
        // A sign more or less on both sides changes no quotient.
        let (x, quotient) = self.prepared(x, multiply, |&a, &d| Ok((a, if d == 0 { 1 } else { d })))?;
        quotient::reference(&x, &quotient)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let zero = Bounded::constant(0)?;
        let one = |values: Vec<Bounded>| {
            values.into_iter().next().ok_or(BuildError::Empty { operation: "division" })
        };
        let signed = |a: &Bounded, d: &Bounded| {
            let is_positive =
                one(comparison::constrain(b, &[d.clone(), zero.clone()], Relation::GreaterOrEqual)?)?;
            let mut chosen = |x: &Bounded| {
                one(selection::constrain(b, &[is_positive.clone(), x.clone(), x.mul_const(-1)?])?)
            };
            let (a, magnitude) = (chosen(a)?, chosen(d)?);
            Ok((a, requantize::constrain_one(b, &magnitude, AT_LEAST_ONE)?))
        };
        let (x, quotient) = self.prepared(x, |d| d.mul_const(1 << self.down), signed)?;
        quotient::constrain(b, &x, &quotient)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let multiply = |&(lo, hi): &Interval| Ok((lo << self.down, hi << self.down));
        let one = |values: Vec<Interval>| {
            values.into_iter().next().ok_or(BuildError::Empty { operation: "division" })
        };
        let signed = |&a: &Interval, &d: &Interval| {
            let is_positive = one(comparison::cost(t, &[d, (0, 0)], Relation::GreaterOrEqual)?)?;
            let mut chosen = |x: Interval| one(selection::cost(t, &[is_positive, x, (-x.1, -x.0)])?);
            let (a, magnitude) = (chosen(a)?, chosen(d)?);
            Ok((a, one(requantize::cost(t, &[magnitude], AT_LEAST_ONE))?))
        };
        let (x, quotient) = self.prepared(x, multiply, signed)?;
        quotient::cost(t, &x, &quotient)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        let Quotient { pairs, up, lo, hi } = &self.quotient;
        write_pairs(out, pairs);
        out.bytes(&[*up as u8, self.down as u8]); // at most 40
        out.bytes(&lo.to_le_bytes());
        out.bytes(&hi.to_le_bytes());
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let &[(dividends, Some(_)), (divisors, Some((lo, hi)))] = shape.arguments else {
        let found = shape.arguments.len();
        return Err(ReadError::Count { what: "rounded arguments", expected: 2, found });
    };
    let is_signed = lo < 0 && hi > 0;
    if (lo <= 0 && hi >= 0 && !is_signed) || lo < -BEYOND || hi > BEYOND {
        return Err(ReadError::Clamp { lo, hi });
    }
    let inputs = dividends.saturating_add(divisors);
    let pairs = read_pairs(reader, inputs)?;
    if let Some(&(a, d)) = pairs.iter().find(|&&(a, d)| a as usize >= dividends || (d as usize) < dividends) {
        return Err(ReadError::Index { what: "place of a divisor", index: d.min(a) as usize });
    }
    let (up, down) = (u32::from(reader.byte()?), u32::from(reader.byte()?));
    if up > MAX_SHIFT || down > MAX_SHIFT || (up > 0 && down > 0) {
        return Err(ReadError::Index { what: "bits of a shift", index: up as usize });
    }
    let (lo, hi) = read_bounds(reader)?;
    let quotient = Quotient { pairs, up, lo, hi };
    quotient.check(inputs).map_err(ReadError::Layer)?;
    // A division is some hundred constraints.
    reader.spend("divisions", (quotient.pairs.len() as u64).saturating_mul(100 * CONSTRAINT))?;
    Ok(Arc::new(Integers { quotient, down, is_signed }))
}

/// `A / B` elementwise; of whole numbers rounded towards zero.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (a, b) = (node.tensor(0)?, node.tensor(1)?);
    let whole = a.kind == Kind::Integer && b.kind == Kind::Integer;
    match (a.as_constants(), b.as_constants()) {
        (_, Some(divisors)) if whole => truncated(node, layers, a, b, divisors),
        (_, Some(divisors)) => {
            stepped(node, layers, a, b, |i| Some(Step::Over(*divisors.get(i)?))).map(Value::from)
        }
        _ if whole => division::of_integers(node, layers, [a, b], (Convention::Truncated, Part::Quotient))
            .map(Value::from),
        (Some(factors), None) => {
            let reciprocals = function::reciprocal(node, layers, b)?;
            scale(node, layers, &reciprocals, a, factors)
        }
        // Not defined where it is zero, and no other value is as near to being right.
        (None, None) if is_same(a, b) => Ok(Tensor::constants(a.shape.clone(), vec![1.0; a.len()]).into()),
        (None, None) => match function::logistic(node, layers, b)? {
            Some(gate) => call(node, layers, (&product::FAMILY, "Mul"), &[a, &gate], &[]).map(Value::from),
            None => quotients(node, layers, a, b).map(Value::from),
        },
    }
}

/// The quotients of integers by constants, rounded towards zero.
fn truncated(
    node: &Node<'_>,
    layers: &mut Layers,
    a: &Tensor,
    d: &Tensor,
    divisors: &[f64],
) -> Result<Value, Refusal> {
    let (shape, elements) = common_shape(node, layers, &[a, d])?;
    let divisors = node.expected(
        sources(&shape, elements, d).map(|at| divisors.get(at).copied()).collect::<Option<Vec<f64>>>(),
    )?;
    let a = repeated(node, layers, a, &shape, elements)?;
    let whole = (Convention::Truncated, Part::Quotient);
    modulo::by_constants(node, layers, &a, &divisors, whole).map(Value::from)
}

/// The quotients of the elements of two variables, with broadcasting.
fn quotients(node: &Node<'_>, layers: &mut Layers, a: &Tensor, b: &Tensor) -> Result<Tensor, Refusal> {
    let (shape, elements) = common_shape(node, layers, &[a, b])?;
    let place = |i: usize| node.expected(u32::try_from(i).ok());
    let pairs = sources(&shape, elements, a).zip(sources(&shape, elements, b));
    let pairs = pairs.map(|(i, j)| Ok((place(i)?, place(a.len() + j)?))).collect::<Result<_, Refusal>>()?;
    layers.apply(
        node,
        Arc::new(Quotients { lengths: [a.len(), b.len()], pairs, bounds: [None; 2] }),
        &[a, b],
        shape,
    )
}
