//! Div: by constants, and of variables by variables that are never zero on the calibration data.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::modulo::{Convention, Part};
use assay_circuits::layers::quotient::{self, Quotient};
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
use crate::number::{quantize, signed_range};
use crate::quantize::moved::{Equalizing, Moved, relative};
use crate::quantize::error::{Feasible, PlanError};

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
    cost: "by a constant nothing; of a constant a table; else two constraints a bit of the result and of the divisor",
    operators: &[OnnxOperator::onnx("Div", import)
        .folded()
        .remarks("by variables whose sign does not change on the calibration data; integers rounded towards zero")],
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
        (argument == 1 && lo <= 0.0 && hi >= 0.0).then_some("ones that are all positive or all negative")
    }

    fn doubtful(&self, _x: &[f64], doubt: &[bool]) -> Vec<bool> {
        let of = |at: u32| doubt.get(at as usize).copied().unwrap_or(true);
        self.pairs.iter().map(|&(a, d)| of(a) || of(d)).collect()
    }

    /// Divisors are not zero: those closer to zero than a unit are taken for one.
    fn domain(&self, argument: usize, range: (f64, f64), bits: u32) -> (i64, i64) {
        match argument {
            1 if range.0 >= 0.0 => (1, (1i64 << bits.min(40)) - 1),
            1 => (signed_range(bits).0, -1),
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
        Ok(Arc::new(Integers { quotient: Quotient { pairs: self.pairs.clone(), up, lo, hi }, down }))
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
}

impl Integers {
    /// The values, of which the divisors are multiplied.
    fn prepared<T: Clone>(
        &self,
        x: &[T],
        multiply: impl Fn(&T) -> Result<T, BuildError>,
    ) -> Result<Vec<T>, BuildError> {
        let first = self.quotient.pairs.iter().map(|&(_, divisor)| divisor as usize).min().unwrap_or(x.len());
        let each =
            |(place, value): (usize, &T)| if place < first { Ok(value.clone()) } else { multiply(value) };
        x.iter().enumerate().map(each).collect()
    }
}

impl IntegerOperator for Integers {
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
        quotient::reference(&self.prepared(x, multiply)?, &self.quotient)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        quotient::constrain(b, &self.prepared(x, |d| d.mul_const(1 << self.down))?, &self.quotient)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let multiply = |&(lo, hi): &Interval| Ok((lo << self.down, hi << self.down));
        quotient::cost(t, &self.prepared(x, multiply)?, &self.quotient)
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
    if lo <= 0 && hi >= 0 {
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
    Ok(Arc::new(Integers { quotient, down }))
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
        _ if whole => {
            division::of_integers(node, layers, [a, b], (Convention::Truncated, Part::Quotient)).map(Value::from)
        }
        (Some(factors), None) => {
            let reciprocals = function::reciprocal(node, layers, b)?;
            scale(node, layers, &reciprocals, a, factors)
        }
        // Not defined where it is zero, and no other value is as near to being right.
        (None, None) if is_same(a, b) => {
            Ok(Tensor::constants(a.shape.clone(), vec![1.0; a.len()]).into())
        }
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
    layers.apply(node, Arc::new(Quotients { lengths: [a.len(), b.len()], pairs, bounds: [None; 2] }), &[a, b], shape)
}
