//! Comparisons: of two variables, or of one with thresholds.
//!
//! `x < y` is `x - y < 0`, so the operator compares one row with one constant. What is constant in a row belongs to the
//! threshold `c`, which no rounding of weights touches; at the rows' scale `s` it becomes an integer bound of an integer, as
//! [`Grid`] says. Elements of inputs that are compared with constants are trees of one condition ([`trees`]). Whole numbers are what they are in every format. Other inputs are rounded to the nearest integer of theirs, and so is
//! their threshold: a value that is equal to it stays equal to it. One between the threshold and its neighbour on the grid may be taken
//! for it, as any input's rounding may; the search counts that.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::comparison::{self, Relation};
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{common_shape, repeated};
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::grid::Grid;
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use super::{monotone, trees};
use crate::bytes::{ReadError, Reader};
use crate::import::decisions::mirrored;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Kind, Tensor, Value};
use crate::model::{LayerFunction, Row};
use crate::number::pow2;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Row as Argued, Rule};
use crate::quantize::error::{Feasible, PlanError};

const TAG: u8 = 40;
/// A bound that no accumulator reaches, and that may still be subtracted from one.
const BEYOND: i64 = 1 << (assay_circuits::LIMIT_BITS - 1);

/// Layers that are gone through for what a compared value is chosen from, at most.
const MOST_CHOICES: usize = 8;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Comparisons",
    cost: "the bits of the difference for an order, 3 for equality",
    operators: &[
        OnnxOperator::onnx("Less", import),
        OnnxOperator::onnx("LessOrEqual", import),
        OnnxOperator::onnx("Greater", import),
        OnnxOperator::onnx("GreaterOrEqual", import),
        OnnxOperator::onnx("Equal", import).remarks("of texts with constant ones, too"),
        OnnxOperator::onnx("IsInf", never).remarks("false: inputs are finite numbers"),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// Each element compared with a threshold.
#[derive(Clone, Debug)]
struct Threshold {
    relation: Relation,
    thresholds: Vec<f64>,
    /// Elements of values as they are have a scale each, at which they are exact; sums share one.
    takes: Takes,
    /// What is known of the elements.
    values: Values,
}

/// What numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// Whole ones, which no format rounds: a threshold between two of them stays there.
    Whole,
    /// Any. An input is rounded to the nearest integer of its format, so thresholds are rounded alike: a value that is equal to one
    /// stays equal to it.
    Any,
}

impl Operator for Threshold {
    fn name(&self) -> &'static str {
        name(self.relation)
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.thresholds.len(), takes: self.takes }]
    }

    fn len(&self) -> usize {
        self.thresholds.len()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let holds = |(x, c): (&f64, &f64)| f64::from(u8::from(self.relation.holds(x, c)));
        x.iter().zip(&self.thresholds).map(holds).collect()
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn gives_truths(&self) -> bool {
        true
    }

    fn measure(&self) -> Measure {
        Measure::Scores
    }

    /// Whole numbers decide, and so does an element as it is that equals its threshold: both are what they are in every precision.
    fn margins(&self, x: &[f64]) -> Vec<f64> {
        let margin = |(x, c): (&f64, &f64)| match (x - c).abs() {
            _ if self.values == Values::Whole => f64::INFINITY,
            0.0 if self.takes == Takes::Exact => f64::INFINITY,
            margin => margin,
        };
        x.iter().zip(&self.thresholds).map(margin).collect()
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(0)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let len = self.thresholds.len();
        let scale_of = |i: usize| match formats.arguments {
            [ArgumentFormat::Exact(scales)] => scales.get(i * scales.len() / len.max(1)).copied(),
            [ArgumentFormat::Common(scale)] => Some(*scale),
            _ => None,
        };
        // The relation that is left once the bound is an integer.
        let relation = match self.relation {
            Relation::Greater | Relation::GreaterOrEqual => Relation::GreaterOrEqual,
            Relation::Less | Relation::LessOrEqual => Relation::LessOrEqual,
            equality => equality,
        };
        let bound = |(i, &c): (usize, &f64)| {
            let scale = scale_of(i)?;
            let place = c * pow2(scale);
            let grid = match self.values {
                Values::Whole if scale >= 0 => Grid::Exact,
                _ => Grid::Rounded,
            };
            let bound = match self.relation {
                Relation::Greater => grid.first_above(place),
                Relation::GreaterOrEqual => grid.first_at_least(place),
                Relation::Less => grid.first_at_least(place) - 1.0,
                Relation::LessOrEqual => grid.first_above(place) - 1.0,
                Relation::Equal | Relation::NotEqual => grid.equal(place).unwrap_or(BEYOND as f64),
            };
            // Saturates beyond 64 bits.
            Some((bound as i64).clamp(-BEYOND, BEYOND))
        };
        let bounds = self.thresholds.iter().enumerate().map(bound).collect::<Option<_>>().feasible()?;
        Ok(Arc::new(Integers { relation, bounds }))
    }

    /// Further from a threshold than rounding it, both decide alike; nearer, they may differ.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let rule = |((row, &scale), (&threshold, &value)): ((&Argued, &i32), (&f64, &Range))| {
            let near = Range::new(threshold, threshold).widened(2.0 * pow2(-scale));
            let is_far = |all: Range| all.lo > near.hi || all.hi < near.lo;
            let is_same = row.error == Range::ZERO && self.values == Values::Whole && scale >= 0;
            let off =
                if is_far(row.value.hull(row.float)) || is_same { Range::ZERO } else { Range::around(1.0) };
            (!row.may_miss).then(|| Rule::constant(off, value))
        };
        given.rows.iter().zip(given.scales).zip(self.thresholds.iter().zip(given.results)).map(rule).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn name(relation: Relation) -> &'static str {
    match relation {
        Relation::Less => "less",
        Relation::LessOrEqual => "at most",
        Relation::Greater => "greater",
        Relation::GreaterOrEqual => "at least",
        Relation::Equal => "equal",
        Relation::NotEqual => "not equal",
    }
}

#[derive(Debug)]
struct Integers {
    relation: Relation,
    bounds: Vec<i64>,
}

impl Integers {
    /// What is compared: the elements, then the bounds.
    fn both<T: Clone>(
        &self,
        x: &[T],
        constant: impl Fn(i64) -> Result<T, BuildError>,
    ) -> Result<Vec<T>, BuildError> {
        let (expected, found) = (self.bounds.len(), x.len());
        if expected != found {
            return Err(BuildError::Length { operation: "threshold", what: "values", expected, found });
        }
        let mut both = x.to_vec();
        for &bound in &self.bounds {
            both.push(constant(bound)?);
        }
        Ok(both)
    }
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        name(self.relation)
    }

    fn len(&self) -> usize {
        self.bounds.len()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        comparison::reference(&self.both(x, Ok)?, self.relation)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        comparison::constrain(b, &self.both(x, Bounded::constant)?, self.relation)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let constant = |bound: i64| Ok((bound.into(), bound.into()));
        comparison::cost(t, &self.both(x, constant)?, self.relation)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        let code = Relation::ALL.iter().position(|&known| known == self.relation);
        out.bytes(&[code.unwrap_or(0) as u8]); // of six
        out.integers(&self.bounds);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let code = reader.byte()?;
    let relation = Relation::ALL.get(usize::from(code)).copied().ok_or(ReadError::Step(code))?;
    let bounds = reader.integers(shape.one()?, 8)?;
    match bounds.iter().find(|bound| bound.unsigned_abs() > BEYOND as u64) {
        Some(&beyond) => Err(ReadError::Clamp { lo: beyond, hi: beyond }),
        None => Ok(Arc::new(Integers { relation, bounds })),
    }
}

/// A relation, elementwise.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let relation = match node.proto.op_type.as_str() {
        "Less" => Relation::Less,
        "LessOrEqual" => Relation::LessOrEqual,
        "Greater" => Relation::Greater,
        "GreaterOrEqual" => Relation::GreaterOrEqual,
        _ => Relation::Equal,
    };
    let (a, b) = (node.tensor(0)?, node.tensor(1)?);
    compare(node, layers, a, b, relation).map(Value::from)
}

/// What an element is that says whether a relation holds.
pub(super) struct Compared {
    pub row: Row,
    pub relation: Relation,
    pub threshold: f64,
}

/// The comparison that an atom is the result of, if it is one's.
pub(super) fn compared(layers: &Layers, atom: u32) -> Option<Compared> {
    let (layer, element) = layers.maker(atom)?;
    let layer = layers.layer(layer)?;
    let LayerFunction::Operator(operator) = &layer.function else { return None };
    let comparison = operator.as_any().downcast_ref::<Threshold>()?;
    let threshold = *comparison.thresholds.get(element)?;
    Some(Compared { row: layer.map.row(element), relation: comparison.relation, threshold })
}

/// The truth values of a relation, elementwise with broadcasting.
pub(super) fn compare(
    node: &Node<'_>,
    layers: &mut Layers,
    a: &Tensor,
    b: &Tensor,
    relation: Relation,
) -> Result<Tensor, Refusal> {
    let (shape, elements) = common_shape(node, layers, &[a, b])?;
    let (mut a, mut b) =
        (repeated(node, layers, a, &shape, elements)?, repeated(node, layers, b, &shape, elements)?);
    let mut relation = relation;
    let is_order = !matches!(relation, Relation::Equal | Relation::NotEqual);
    let seen_through = match (a.as_constants(), b.as_constants()) {
        _ if !is_order => None,
        (None, Some(c)) => monotone::undone(node, layers, &a, c)?.map(|(x, c)| (x, c, relation)),
        (Some(c), None) => monotone::undone(node, layers, &b, c)?.map(|(x, c)| (x, c, mirrored(relation))),
        _ => None,
    };
    if let Some((x, thresholds, of_x)) = seen_through {
        (a, b, relation) = (x, Tensor::constants(shape.clone(), thresholds), of_x);
    }
    if let (Some(a), Some(b)) = (a.as_constants(), b.as_constants()) {
        // Not by their difference, which may round.
        let holds = a.iter().zip(b).map(|(a, b)| f64::from(u8::from(relation.holds(a, b))));
        return Ok(Tensor::constants(shape, holds.collect()).of_kind(Kind::Bool));
    }
    let results = match trees::compared(node, layers, (&a, &b), relation)? {
        Some(results) => results,
        None => variables(node, layers, (&a, &b), relation)?,
    };
    trees::decided(node, layers, &results, |layers, i| {
        layers.decisions.compared(&a.row(i)?, &b.row(i)?, relation, node.precision)
    })?;
    Ok(results.of_kind(Kind::Bool))
}

/// A relation of two tensors of one shape, of which one may be constant.
fn variables(
    node: &Node<'_>,
    layers: &mut Layers,
    (a, b): (&Tensor, &Tensor),
    relation: Relation,
) -> Result<Tensor, Refusal> {
    let (a, b) = (&rounded(node, layers, a, b)?, &rounded(node, layers, b, a)?);
    let (difference, thresholds) = split(node, layers, a, b)?;
    let (x, thresholds, relation, takes) = match unscaled(&difference, &thresholds) {
        None => (difference, thresholds, relation, Takes::Common),
        Some((elements, thresholds, sign)) => {
            let relation = if sign < 0.0 { mirrored(relation) } else { relation };
            (elements, thresholds, relation, Takes::Exact)
        }
    };
    let values = if layers.is_whole_numbers(&x) { Values::Whole } else { Values::Any };
    let operator = Arc::new(Threshold { relation, thresholds, takes, values });
    layers.apply(node, operator, &[&x], a.shape.clone())
}

/// `a` as `b` has it: where `b` is the largest of its elements, or another of them, these were rounded before, and what equals one of them
/// does so after the same rounding only.
fn rounded(node: &Node<'_>, layers: &mut Layers, a: &Tensor, b: &Tensor) -> Result<Tensor, Refusal> {
    let Some(selection) = b.selection().filter(|_| !a.is_constant()) else { return Ok(a.clone()) };
    // The layers that `b` is chosen by, and what they choose from.
    let (mut reached, mut waiting) = (BTreeSet::new(), Vec::new());
    waiting.extend(
        selection.atoms.into_iter().flatten().filter_map(|atom| layers.maker(atom)).map(|(layer, _)| layer),
    );
    let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
    while let Some(position) = waiting.pop() {
        if reached.len() == MOST_CHOICES || !reached.insert(position) {
            continue;
        }
        let Some((layer, first)) = layers.layer(position).zip(layers.first(position)) else { continue };
        let (rows, terms) = (layer.map.rows(), layer.map.terms());
        if !layers.affords(terms) {
            continue;
        }
        match &layer.function {
            LayerFunction::Operator(operator) if operator.chooses() => {
                layer.map.for_each_atom(|atom| waiting.extend(layers.maker(atom).map(|(layer, _)| layer)));
                waiting.sort_unstable();
                waiting.dedup();
            }
            LayerFunction::Linear if layer.pool.is_none() => {
                let keys = (0..rows).map(|row| key(&layer.map.row(row)));
                known.extend(keys.zip(first..));
            }
            _ => continue,
        }
        layers.spend_work(node, terms as u128)?;
    }
    if known.is_empty() || !layers.affords(a.terms()) {
        return Ok(a.clone());
    }
    let rows = layers.rows(node, a)?;
    let atoms: Option<Vec<Row>> =
        rows.iter().map(|row| known.get(&key(row)).map(|&atom| Row::atom(atom))).collect();
    Ok(atoms.map_or_else(|| a.clone(), |atoms| Tensor::new(a.shape.clone(), atoms).of_kind(a.kind)))
}

/// What two rows have in common that are the same.
fn key(row: &Row) -> Vec<u64> {
    let terms = row.terms.iter().flat_map(|&(atom, factor)| [u64::from(atom), factor.to_bits()]);
    terms.chain([row.bias.to_bits()]).collect()
}

/// `x >= 1`: a truth value, whatever integer stands for it. A graph input says of itself that its elements are 0 or 1; two
/// bits can be -2, too.
pub(super) fn proven_truth(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    let (relation, thresholds) = (Relation::GreaterOrEqual, vec![1.0; x.len()]);
    let operator = Threshold { relation, thresholds, takes: Takes::Exact, values: Values::Whole };
    Ok(layers.apply(node, Arc::new(operator), &[x], x.shape.clone())?.of_kind(Kind::Bool))
}

/// `a - b` without its constants, and what it is compared with.
fn split(
    node: &Node<'_>,
    layers: &mut Layers,
    a: &Tensor,
    b: &Tensor,
) -> Result<(Tensor, Vec<f64>), Refusal> {
    // One side is mostly constant: then the rows are those of the other, perhaps a whole matrix.
    let (difference, constants) = match (a.as_constants(), b.as_constants()) {
        (_, Some(b)) => (a.clone(), b.to_vec()),
        (Some(a), None) => {
            let negated = layers.affine(node, b, |_| Some((-1.0, 0.0)))?;
            (negated, a.iter().map(|a| -a).collect())
        }
        (None, None) => {
            let (a, b) = (layers.foldable(a)?, layers.foldable(b)?);
            let (left, right) = (layers.rows(node, &a)?, layers.rows(node, &b)?);
            let rows: Vec<Row> = left.iter().zip(&right).map(|(a, b)| a.plus_scaled(b, -1.0)).collect();
            let zeros = vec![0.0; rows.len()];
            let trail = crate::import::value::merged([&a.trail, &b.trail].into_iter());
            (Tensor::new(a.shape.clone(), rows).with_trail(trail), zeros)
        }
    };
    let Data::Variable(map) = &difference.data else { return Ok((difference, constants)) };
    let biases: Vec<f64> = (0..map.rows()).map(|row| map.bias(row)).collect();
    let thresholds = constants.iter().zip(&biases).map(|(c, bias)| c - bias).collect();
    let without = layers.affine(node, &difference, |i| Some((1.0, -*biases.get(i)?)))?;
    Ok((without, thresholds))
}

/// Elements that are single elements of values times factors of one sign: those elements as they are, the thresholds divided
/// by the factors, and the sign.
fn unscaled(x: &Tensor, thresholds: &[f64]) -> Option<(Tensor, Vec<f64>, f64)> {
    let selection = x.selection()?;
    let sign = selection.factors.iter().find(|&&factor| factor != 0.0)?.signum();
    let element = |((atom, &factor), &c): ((&Option<u32>, &f64), &f64)| match atom {
        Some(atom) if factor.signum() == sign => Some((Row::atom(*atom), c / factor)),
        Some(_) => None,
        None => Some((Row::constant(0.0), c * sign)),
    };
    let all = selection.atoms.iter().zip(&selection.factors).zip(thresholds).map(element);
    let (rows, thresholds) = all.collect::<Option<Vec<_>>>()?.into_iter().unzip();
    Some((Tensor::new(x.shape.clone(), rows).with_trail(x.trail.clone()), thresholds, sign))
}

/// What no finite number is.
fn never(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    Ok(Tensor::constants(x.shape.clone(), vec![0.0; x.len()]).of_kind(Kind::Bool).into())
}

#[cfg(test)]
mod tests;
