//! Where: a choice between two values, element by element. Between constants it is an affine map of the condition.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::selection;
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{are_whole, common_shape, joined, passed_on, repeated};
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::logic::{truths, whole};
use super::mask;
use super::missing::{self, Choice};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use super::trees;
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::PlanError;

const TAG: u8 = 42;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Where",
    cost: "a product an element; nothing between constants",
    operators: &[OnnxOperator::onnx("Where", import)
        .remarks("of texts, too, where the condition depends on the same element of a text input")],
    integers: &[Encoded { tag: TAG, read }],
};

/// `condition ? x : y`: all conditions; then all `x`, then all `y`, at one scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Where {
    /// Number of conditions.
    pub len: usize,
    /// Whether what is chosen are whole numbers.
    pub is_whole: bool,
}

impl Operator for Where {
    fn name(&self) -> &'static str {
        "where"
    }

    fn arguments(&self) -> Vec<Argument> {
        let takes = if self.is_whole { Takes::Whole } else { Takes::Common };
        let branches = Argument { len: 2 * self.len, takes };
        vec![Argument { len: self.len, takes: Takes::Exact }, branches]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (conditions, branches) = x.split_at(self.len.min(x.len()));
        let (left, right) = branches.split_at(self.len.min(branches.len()));
        let choose = |((&condition, &x), &y): ((&f64, &f64), &f64)| if condition == 0.0 { y } else { x };
        conditions.iter().zip(left).zip(right).map(choose).collect()
    }

    fn chooses(&self) -> bool {
        true
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// What is not chosen decides nothing.
    fn doubtful(&self, x: &[f64], doubt: &[bool]) -> Vec<bool> {
        let of = |i: usize| doubt.get(i).copied().unwrap_or(true);
        let chosen = |i: usize| {
            let is_left = x.get(i).is_some_and(|&condition| condition != 0.0);
            of(i) || of(if is_left { i + self.len } else { i + 2 * self.len })
        };
        (0..self.len).map(chosen).collect()
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(arguments.get(1).and_then(ArgumentFormat::scale).unwrap_or(0))
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        whole(formats.arguments)?;
        Ok(Arc::new(*self))
    }

    /// Off by no more than what is chosen; or, where the condition may be another, as far as the branches are apart.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let rule = |(at, &value): (usize, &Range)| {
            let (left, right) = (at + self.len, at + 2 * self.len);
            let [condition, x, y] = [given.rows.get(at)?, given.rows.get(left)?, given.rows.get(right)?];
            if [condition, x, y].into_iter().any(|row| row.may_miss) {
                return None;
            }
            let is_exact = condition.error == Range::ZERO;
            if is_exact && condition.value == Range::ZERO {
                return Some(Rule::copied(right, y));
            }
            if is_exact && !condition.value.contains(0.0) {
                return Some(Rule::copied(left, x));
            }
            let same = x.error.hull(y.error);
            let other = match is_exact {
                true => Range::ZERO,
                false => x.float.minus(y.value).hull(y.float.minus(x.value)),
            };
            let one = Range::new(0.0, 1.0);
            let error = if is_exact { same } else { same.hull(other) };
            Some(Rule { gains: vec![(left, one), (right, one)], own: other, ..Rule::constant(error, value) })
        };
        given.results.iter().enumerate().map(rule).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for Where {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "where"
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        selection::reference(x)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        selection::constrain(b, x)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        selection::cost(t, x)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, _out: &mut dyn Sink) {}
}

fn read(_reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    match shape.arguments {
        &[(len, None), (branches, None)] if branches == 2 * len => {
            Ok(Arc::new(Where { len, is_whole: false }))
        }
        all => Err(ReadError::Count { what: "arguments of a selection", expected: 2, found: all.len() }),
    }
}

/// `condition ? x : y`, elementwise with broadcasting.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(3..=3, "3")?;
    let (condition, x, y) = (node.tensor(0)?, node.tensor(1)?, node.tensor(2)?);
    let (shape, len) = common_shape(node, layers, &[condition, x, y])?;
    let each = [condition, x, y];
    let mut operands = Vec::with_capacity(each.len());
    for operand in each {
        operands.push(repeated(node, layers, operand, &shape, len)?);
    }
    let [condition, left, right] = operands.as_slice() else { return Err(node.not_constant(0)) };
    let kind = if x.kind == y.kind { x.kind } else { Kind::Real };
    let chosen = match missing::chosen(node, layers, [condition, left, right])? {
        Choice::Made(chosen) => chosen,
        Choice::Between(left, right) => {
            let chosen = choose(node, layers, condition, &left, &right)?;
            trees::decided(node, layers, &chosen, |layers, i| {
                let (condition, left, right) = (condition.row(i)?, left.row(i)?, right.row(i)?);
                layers.decisions.chosen(&condition, &left, &right)
            })?;
            chosen
        }
    };
    Ok(chosen.of_kind(kind).into())
}

/// `condition ? x : y` of tensors of one shape.
fn choose(
    node: &Node<'_>,
    layers: &mut Layers,
    condition: &Tensor,
    x: &Tensor,
    y: &Tensor,
) -> Result<Tensor, Refusal> {
    if let Some(known) = condition.as_constants() {
        // The elements of both, one behind the other, and of those the ones that are chosen.
        let len = known.len();
        let order =
            known.iter().enumerate().map(|(i, &condition)| if condition == 0.0 { len + i } else { i });
        let both = joined(node, layers, &[x, y])?;
        return super::broadcast::rearranged(node, layers, &both, x.shape.clone(), order);
    }
    if let (Some(x), Some(y)) = (x.as_constants(), y.as_constants()) {
        if mask::is_masking(x, y) {
            let condition = truths(node, layers, condition)?;
            return mask::between(node, layers, &condition, (x, y));
        }
        // y + condition · (x - y)
        let pair = |i: usize| Some((x.get(i)? - y.get(i)?, *y.get(i)?));
        return layers.affine(node, condition, pair);
    }
    // Whole numbers are exact as they are, negated truth values too: rounded, they would have a scale of their own.
    let is_whole = are_whole(layers, x) && are_whole(layers, y);
    let (x, y) = match is_whole {
        true => (x.clone(), y.clone()),
        false => (passed_on(node, layers, x)?, passed_on(node, layers, y)?),
    };
    let condition = &truths(node, layers, condition)?;
    let len = condition.len();
    layers.apply(node, Arc::new(Where { len, is_whole }), &[condition, &x, &y], condition.shape.clone())
}
