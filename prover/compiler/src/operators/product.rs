//! Products of two variables: elementwise, of matrices, and over axes.
//!
//! Factors are rounded to domains of their own, sums of products are rounded once. A factor that is read several times, by
//! broadcasting or in a product of matrices, is rounded once: see [`assay_circuits::layers::product`].

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::product::{self, Product};
use assay_circuits::layers::requantize::Requantize;
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{common_shape, joined, rearranged, sources};
use super::elementwise::scale;
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::gated;
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use super::quantized::{self, Factors};
use super::reduction::Reduction;
use crate::bytes::{CONSTRAINT, ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Kind, Tensor, Value};
use crate::number::pow2;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Enclosure, Given, Rule};
use crate::quantize::error::{Feasible, PlanError};
use crate::quantize::moved::{Equalizing, Moved, relative};

const TAG: u8 = 49;
/// Bits of a factor, at most.
const MAX_DOMAIN_BITS: u32 = 24;
/// Most bits by which results are finer than the products that they are rounded from.
const MAX_UP: u32 = 30;
/// Most bits that a rounding drops.
const MAX_SHIFT: u32 = 58;
/// Products of which errors are bounded one by one, at most.
const MOST_CERTIFIED: usize = 1 << 16;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Products of variables",
    cost: "by a constant nothing; else one product, and a rounding a result",
    operators: &[
        OnnxOperator::onnx("Mul", mul).folded().remarks("`x * f(x)` may become a function of one variable"),
        OnnxOperator::onnx("ReduceProd", reduce),
        OnnxOperator::onnx("CumProd", running).remarks("along a constant axis"),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// Products, in the form of [`Product`] but for the rounding.
#[derive(Clone, Debug)]
pub(super) struct Products {
    /// Elements of each argument.
    lengths: Vec<usize>,
    /// Where left and right factors begin.
    pairs: Vec<(u32, u32)>,
    rows: u32,
    inner: u32,
    columns: u32,
    /// Whether factors are integers, whose products are exact.
    whole: bool,
}

/// Magnitude of a product of integers, at most.
const MOST_WHOLE: i64 = 1 << 40;

impl Products {
    fn with(&self, rounding: Requantize) -> Product {
        let Products { pairs, rows, inner, columns, .. } = self;
        Product { pairs: pairs.clone(), rows: *rows, inner: *inner, columns: *columns, rounding }
    }

    /// Whether all products are squares.
    fn are_squares(&self) -> bool {
        self.inner == 1 && self.rows == 1 && self.columns == 1 && self.pairs.iter().all(|(a, b)| a == b)
    }
}

impl Operator for Products {
    fn name(&self) -> &'static str {
        "product"
    }

    fn arguments(&self) -> Vec<Argument> {
        let takes = if self.whole { Takes::Whole } else { Takes::rounded(MAX_DOMAIN_BITS) };
        let argument = |&len: &usize| Argument { len, takes };
        self.lengths.iter().map(argument).collect()
    }

    fn len(&self) -> usize {
        self.pairs.len() * self.rows as usize * self.columns as usize
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (rows, inner, columns) = (self.rows as usize, self.inner as usize, self.columns as usize);
        let value = |at: usize| x.get(at).copied().unwrap_or(f64::NAN);
        let mut results = Vec::with_capacity(self.len());
        for &(a, b) in &self.pairs {
            let (a, b) = (a as usize, b as usize);
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let product = |k: usize| value(a + row * inner + k) * value(b + k * columns + column);
                results.push((0..inner).map(product).sum());
            }
        }
        results
    }

    /// A factor of zero does not decide: zero times what is not defined is not defined.
    fn doubtful(&self, _x: &[f64], doubt: &[bool]) -> Vec<bool> {
        let (rows, inner, columns) = (self.rows as usize, self.inner as usize, self.columns as usize);
        let of = |at: usize| doubt.get(at).copied().unwrap_or(true);
        let mut results = Vec::with_capacity(self.len());
        for &(a, b) in &self.pairs {
            let (a, b) = (a as usize, b as usize);
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                results.push((0..inner).any(|k| of(a + row * inner + k) || of(b + k * columns + column)));
            }
        }
        results
    }

    fn work(&self) -> usize {
        self.len().saturating_mul(self.inner as usize)
    }

    fn is_unsigned(&self) -> bool {
        self.are_squares()
    }

    /// `(2^a x) (2^b y) = 2^(a + b) x y`: results by their importance; of factors that are multiplied with one other each, those that
    /// these are multiplied with by their size.
    fn equalized(&self, peaks: &[f64], importance: &[f64]) -> Option<Equalizing> {
        if self.whole || [self.rows, self.inner, self.columns] != [1; 3] {
            return None;
        }
        let wanted = relative(importance)?;
        let mut rows = vec![0; peaks.len()];
        if self.are_squares() {
            for (&(place, _), wanted) in self.pairs.iter().zip(&wanted) {
                *rows.get_mut(place as usize)? = wanted.div_euclid(2);
            }
        } else {
            let &[left, _] = self.lengths.as_slice() else { return None };
            let by_right: Vec<(u32, u32)> = self.pairs.iter().map(|&(a, b)| (b, a)).collect();
            let (pairs, others) = match (are_distinct(&self.pairs), are_distinct(&by_right)) {
                (true, _) => (&self.pairs, left..peaks.len()),
                (_, true) => (&by_right, 0..left),
                _ => return None,
            };
            let sizes = relative(peaks.get(others.clone())?);
            let sized = rows.get_mut(others)?.iter_mut().zip(sizes.into_iter().flatten());
            sized.for_each(|(row, size)| *row = -size);
            for (&(one, other), wanted) in pairs.iter().zip(&wanted) {
                *rows.get_mut(one as usize)? = wanted - rows.get(other as usize)?;
            }
        }
        let result = |&(a, b): &(u32, u32)| Some(Moved::by(rows.get(a as usize)? + rows.get(b as usize)?));
        let results = self.pairs.iter().map(result).collect::<Option<_>>()?;
        Some(Equalizing { rows, results })
    }

    fn is_whole(&self) -> bool {
        self.whole
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        if self.whole { ResultScale::Fixed(0) } else { ResultScale::Free }
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let scales: Vec<i32> =
            formats.arguments.iter().map(ArgumentFormat::scale).collect::<Option<_>>().feasible()?;
        if self.whole {
            let rounding = Requantize { shift: 0, lo: -MOST_WHOLE, hi: MOST_WHOLE };
            let integers = Integers { product: self.with(rounding), up: 0 };
            let is_whole = scales.iter().all(|&scale| scale == 0);
            return Ok(Arc::new(is_whole.then_some(integers).feasible()?));
        }
        let of_products = match *scales.as_slice() {
            [one] => 2 * one,
            [left, right] => left + right,
            _ => return Err(PlanError::Internal("the factors of a product")),
        };
        let dropped = of_products - formats.scale;
        let (shift, up) = (dropped.max(0).unsigned_abs(), dropped.min(0).unsigned_abs());
        if shift > MAX_SHIFT || up > MAX_UP {
            return None.feasible();
        }
        let (lo, hi) = formats.value_range(self.is_unsigned());
        // Results are multiples of 2^up.
        let rounding = Requantize { shift, lo: -(-lo >> up), hi: hi >> up };
        Ok(Arc::new(Integers { product: self.with(rounding), up }))
    }

    /// `(x + d)(y + e) - x y = y d + x e + d e`, each product summed; then rounding, and what the format has no room for.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let (rows, inner, columns) = (self.rows as usize, self.inner as usize, self.columns as usize);
        if self.work() > MOST_CERTIFIED || given.rows.iter().any(|row| row.may_miss) {
            return None;
        }
        let scale = |at: usize| given.scales.get(at).copied();
        let mut results = given.results.iter();
        let mut rules = Vec::with_capacity(self.len());
        for &(a, b) in &self.pairs {
            let (a, b) = (a as usize, b as usize);
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let places = (0..inner).map(|k| (a + row * inner + k, b + k * columns + column));
                let (mut error, mut value) = (Enclosure::constant(Range::ZERO), Range::ZERO);
                let mut gains = Vec::new();
                for (i, j) in places {
                    let (x, y) = (given.rows.get(i)?, given.rows.get(j)?);
                    let both = Enclosure::constant(x.error.times(y.error));
                    let one = Enclosure::sloped(i, x.error, y.value);
                    error = error.plus(one).plus(Enclosure::sloped(j, y.error, x.value)).plus(both);
                    let product = x.value.times(y.value);
                    value = value.plus(if i == j {
                        Range::new(product.lo.max(0.0), product.hi)
                    } else {
                        product
                    });
                    gains.extend([(i, y.value), (j, x.value)]);
                }
                let results = *results.next()?;
                let unit = pow2(-given.scale);
                let dropped = scale(a + row * inner)? + scale(b + column)? - given.scale;
                let half = if dropped > 0 { Range::around(0.5 * unit) } else { Range::ZERO };
                let rounded = value.plus(half);
                if !rounded.is_finite() {
                    return None;
                }
                let cut =
                    Range { lo: (rounded.lo - results.lo).min(0.0), hi: (rounded.hi - results.hi).max(0.0) };
                let own = half.plus(cut);
                let value = Enclosure::constant(rounded.cut(results));
                rules.push(Rule { error: error.shifted(own), value, gains, own, cut });
            }
        }
        Some(rules)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    product: Product,
    /// Results are multiplied by `2^up`.
    up: u32,
}

impl IntegerOperator for Integers {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "product"
    }

    fn len(&self) -> usize {
        self.product.len()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        // Within the bounds of the format.
        Ok(product::reference(x, &self.product)?.into_iter().map(|y| y << self.up).collect())
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        product::constrain(b, x, &self.product)?.iter().map(|y| y.mul_const(1 << self.up)).collect()
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let results = product::cost(t, x, &self.product)?;
        Ok(results.into_iter().map(|(lo, hi)| (lo << self.up, hi << self.up)).collect())
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        let Product { pairs, rows, inner, columns, rounding: Requantize { shift, lo, hi } } = &self.product;
        write_pairs(out, pairs);
        [rows, inner, columns].into_iter().for_each(|&size| out.count(size as usize));
        out.bytes(&[*shift as u8, self.up as u8]); // at most 58 and 30
        out.bytes(&lo.to_le_bytes());
        out.bytes(&hi.to_le_bytes());
    }
}

/// Whether no two pairs have the same first place.
pub(super) fn are_distinct(pairs: &[(u32, u32)]) -> bool {
    let mut firsts: Vec<u32> = pairs.iter().map(|&(first, _)| first).collect();
    firsts.sort_unstable();
    firsts.windows(2).all(|two| two.first() != two.last())
}

/// Writes places, two by two.
pub(super) fn write_pairs(out: &mut dyn Sink, pairs: &[(u32, u32)]) {
    out.count(pairs.len());
    for &(a, b) in pairs {
        out.count(a as usize);
        out.count(b as usize);
    }
}

/// Reads what [`write_pairs`] wrote: places among `inputs` values.
pub(super) fn read_pairs(reader: &mut Reader<'_>, inputs: usize) -> Result<Vec<(u32, u32)>, ReadError> {
    let count = reader.count("pairs of factors", 1 << 27)?;
    reader.spend("pairs of factors", count as u64)?;
    let mut place = || reader.count("the place of a factor", inputs).map(|place| place as u32); // read from 32 bits
    (0..count).map(|_| Ok((place()?, place()?))).collect()
}

/// Bounds of a format: a clamp of at most 2^40.
pub(super) fn read_bounds(reader: &mut Reader<'_>) -> Result<(i64, i64), ReadError> {
    let (lo, hi) = (i64::from_le_bytes(reader.fixed()?), i64::from_le_bytes(reader.fixed()?));
    if lo > hi || lo < -(1 << 40) || hi > 1 << 40 {
        return Err(ReadError::Clamp { lo, hi });
    }
    Ok((lo, hi))
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let inputs = shape.arguments.iter().fold(0usize, |sum, (len, _)| sum.saturating_add(*len));
    let pairs = read_pairs(reader, inputs)?;
    let mut size = || reader.count("rows of a factor", inputs).map(|size| size as u32); // read from 32 bits
    let (rows, inner, columns) = (size()?, size()?, size()?);
    let (shift, up) = (u32::from(reader.byte()?), u32::from(reader.byte()?));
    if shift > MAX_SHIFT || up > MAX_UP || (shift > 0 && up > 0) {
        return Err(ReadError::Index { what: "bits of a rounding", index: shift as usize });
    }
    let (lo, hi) = read_bounds(reader)?;
    // What they are multiplied by leaves them bounds of a format.
    if lo.min(-hi) < -((1i64 << 40) >> up) {
        return Err(ReadError::Clamp { lo, hi });
    }
    let product = Product { pairs, rows, inner, columns, rounding: Requantize { shift, lo, hi } };
    let multiplications = (product.len() as u64).saturating_mul(inner.into());
    reader.spend("products", multiplications.saturating_mul(CONSTRAINT))?;
    product.check(inputs).map_err(ReadError::Layer)?;
    Ok(Arc::new(Integers { product, up }))
}

/// `A · B` elementwise: by a constant, a function of one variable written as a product, or any product.
fn mul(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (a, b) = (node.tensor(0)?, node.tensor(1)?);
    match (a.as_constants(), b.as_constants()) {
        (_, Some(factors)) => scale(node, layers, a, b, factors),
        (Some(factors), None) => scale(node, layers, b, a, factors),
        (None, None) => {
            if let Some(product) = gated::product(node, a, b, layers)? {
                return Ok(Value::from(product));
            }
            let whole = a.kind == Kind::Integer && b.kind == Kind::Integer;
            let kind = if whole { Kind::Integer } else { Kind::Real };
            elementwise(node, layers, a, b).map(|product| product.of_kind(kind).into())
        }
    }
}

/// The products of the elements of two variables, with broadcasting.
pub(super) fn elementwise(
    node: &Node<'_>,
    layers: &mut Layers,
    a: &Tensor,
    b: &Tensor,
) -> Result<Tensor, Refusal> {
    let (shape, elements) = common_shape(node, layers, &[a, b])?;
    if is_same(a, b) {
        let place = |i: usize| node.expected(u32::try_from(i).ok());
        let pairs = (0..elements).map(|i| Ok((place(i)?, place(i)?))).collect::<Result<_, Refusal>>()?;
        return of_pairs(node, layers, &[a], (pairs, [1; 3]), shape);
    }
    let place = |i: usize| node.expected(u32::try_from(i).ok());
    let pairs = sources(&shape, elements, a).zip(sources(&shape, elements, b));
    let pairs = pairs.map(|(i, j)| Ok((place(i)?, place(a.len() + j)?))).collect::<Result<_, Refusal>>()?;
    of_pairs(node, layers, &[a, b], (pairs, [1; 3]), shape)
}

/// Whether two tensors are the same value.
pub(super) fn is_same(a: &Tensor, b: &Tensor) -> bool {
    a.shape == b.shape
        && match (&a.data, &b.data) {
            (Data::Variable(left), Data::Variable(right)) => Arc::ptr_eq(left, right) || left == right,
            _ => false,
        }
}

/// The products of matrices that begin at pairs of places in the arguments.
pub(super) fn of_pairs(
    node: &Node<'_>,
    layers: &mut Layers,
    arguments: &[&Tensor],
    (pairs, [rows, inner, columns]): (Vec<(u32, u32)>, [u32; 3]),
    shape: Vec<usize>,
) -> Result<Tensor, Refusal> {
    let lengths = arguments.iter().map(|argument| argument.len()).collect();
    let mut products = Products { lengths, pairs, rows, inner, columns, whole: false };
    layers.spend_work(node, products.len() as u128 * u128::from(inner))?;
    let Some(Factors { integers, unit, most }) = quantized::factors(layers, arguments) else {
        return layers.apply(node, Arc::new(products), arguments, shape);
    };
    products.whole = true;
    let result = layers.apply(node, Arc::new(products), &integers.iter().collect::<Vec<_>>(), shape)?;
    let most = most.saturating_mul(inner.into()).min(MOST_WHOLE);
    let result = quantized::noted(layers, result, (-most, most));
    layers.affine(node, &result, |_| Some((unit, 0.0)))
}

/// The product of all elements up to each one along an axis: without it (`exclusive`), from the end (`reverse`).
fn running(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let x = node.tensor(0)?;
    let &[axis] = node.integers(1)?.as_slice() else {
        return Err(node.mismatch(&x.shape, node.tensor(1)?.shape.as_slice()));
    };
    let flag = |name| match node.int(name, 0)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(node.bad_attribute(name, other.to_string(), "0 or 1")),
    };
    let (is_exclusive, is_reversed) = (flag("exclusive")?, flag("reverse")?);
    let groups = node.groups(x, node.axis(axis, &x.shape, x.shape.len())?)?;
    layers.spend_work(node, x.len() as u128)?;
    let positions: Vec<Vec<usize>> = groups.positions().map(Iterator::collect).collect();
    // Step by step of all groups at once: the places of a step, and the product up to there.
    let steps: Vec<usize> =
        if is_reversed { (0..groups.length).rev().collect() } else { (0..groups.length).collect() };
    let count = groups.count();
    let mut total = Tensor::constants(vec![count], vec![1.0; count]);
    let (mut parts, mut places) = (Vec::with_capacity(steps.len()), vec![0; x.len()]);
    for (number, &step) in steps.iter().enumerate() {
        let of_step: Option<Vec<usize>> = positions.iter().map(|group| group.get(step).copied()).collect();
        let of_step = node.expected(of_step)?;
        for (group, &at) in of_step.iter().enumerate() {
            *node.expected(places.get_mut(at))? = number * count + group;
        }
        let factor = rearranged(node, layers, x, vec![count], of_step.into_iter())?;
        let next = match (total.as_constants(), factor.as_constants()) {
            (_, Some(factors)) => scaled(node, layers, &total, factors)?,
            (Some(factors), None) => scaled(node, layers, &factor, factors)?,
            (None, None) => elementwise(node, layers, &total, &factor)?,
        };
        let before = std::mem::replace(&mut total, next);
        parts.push(if is_exclusive { before } else { total.clone() });
    }
    let all = joined(node, layers, &parts.iter().collect::<Vec<_>>())?;
    Ok(rearranged(node, layers, &all, x.shape.clone(), places.into_iter())?.of_kind(x.kind).into())
}

/// The product over axes: pairs are multiplied, then pairs of products, each rounded to a format of its own.
fn reduce(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let Some(Reduction { shape, mut len, order }) = Reduction::of(node, &x.shape, 18)? else {
        return Ok(x.clone().into());
    };
    let groups = order.len() / len.max(1);
    let mut level = rearranged(node, layers, x, vec![order.len()], order.into_iter())?;
    while len > 1 {
        let (pairs, odd) = (len / 2, len % 2);
        let of_groups =
            |from: usize, to: usize| (0..groups).flat_map(move |g| (from..to).map(move |i| g * len + i));
        let half = |node: &Node<'_>, layers: &mut Layers, from: usize| {
            rearranged(node, layers, &level, vec![groups * pairs], of_groups(from, from + pairs))
        };
        let (left, right) = (half(node, layers, 0)?, half(node, layers, pairs)?);
        let product = match (left.as_constants(), right.as_constants()) {
            (_, Some(factors)) => scaled(node, layers, &left, factors)?,
            (Some(factors), None) => scaled(node, layers, &right, factors)?,
            (None, None) => elementwise(node, layers, &left, &right)?,
        };
        let rest = rearranged(node, layers, &level, vec![groups * odd], of_groups(2 * pairs, len))?;
        // Group by group: its products, and the element that is left.
        let all = joined(node, layers, &[&product, &rest])?;
        let products = groups * pairs;
        let order = (0..groups).flat_map(|g| {
            (0..pairs).map(move |i| g * pairs + i).chain((0..odd).map(move |i| products + g * odd + i))
        });
        let order: Vec<usize> = order.collect();
        len = pairs + odd;
        level = rearranged(node, layers, &all, vec![groups * len], order.into_iter())?;
    }
    Ok(level.with_shape(shape).of_kind(x.kind).into())
}

fn scaled(node: &Node<'_>, layers: &mut Layers, x: &Tensor, factors: &[f64]) -> Result<Tensor, Refusal> {
    layers.affine(node, x, |i| Some((*factors.get(i)?, 0.0)))
}
