//! ArgMax and ArgMin: the index of the largest or the smallest element along an axis.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::argmax;
use assay_circuits::{Bounded, BuildError, Builder, gather};

use super::broadcast::rearranged;
use super::{nearest, softmax};
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Value};
use crate::model::Groups;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::PlanError;

const TAG: u8 = 2;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Index of the largest or smallest element",
    cost: "a comparison and two selections an element",
    operators: &[OnnxOperator::onnx("ArgMax", argmax), OnnxOperator::onnx("ArgMin", argmin)],
    integers: &[Encoded { tag: TAG, read }],
};

/// Index of the largest element along an axis, the first one of equals; as many results as groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArgMax(pub Groups);

impl Operator for ArgMax {
    fn name(&self) -> &'static str {
        "argmax"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.0.count() * self.0.length, takes: Takes::Common }]
    }

    fn len(&self) -> usize {
        self.0.count()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let largest = |group: Vec<f64>| {
            let mut best = (0, f64::NEG_INFINITY);
            for (index, &value) in group.iter().enumerate() {
                if value > best.1 {
                    best = (index, value);
                }
            }
            best.0 as f64
        };
        self.0.gathered(x).map(largest).collect()
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn measure(&self) -> Measure {
        Measure::Scores
    }

    /// Half of what the best score is ahead of the next, since both may be off.
    fn margins(&self, x: &[f64]) -> Vec<f64> {
        let margin = |group: Vec<f64>| {
            let (mut best, mut next) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
            for score in group {
                (best, next) = if score > best { (score, best) } else { (best, next.max(score)) };
            }
            (best - next) / 2.0
        };
        self.0.gathered(x).map(margin).collect()
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(0)
    }

    fn quantize(&self, _formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        Ok(Arc::new(*self))
    }

    /// Where no score is off, no index is.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let is_exact = given.rows.iter().all(|row| row.error == Range::ZERO && !row.may_miss);
        let off = if is_exact { Range::ZERO } else { Range::around(self.0.length.saturating_sub(1) as f64) };
        Some(given.results.iter().map(|&value| Rule::constant(off, value)).collect())
    }

    fn rivals(&self) -> Vec<Vec<usize>> {
        self.0.positions().map(Iterator::collect).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for ArgMax {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "argmax"
    }

    fn len(&self) -> usize {
        self.0.count()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let index = |scores: Vec<i64>| {
            let index = argmax::reference(&scores).and_then(|index| i64::try_from(index).ok());
            index.ok_or(BuildError::Empty { operation: "argmax" })
        };
        self.0.positions().map(|group| index(gather("a score", x, group)?)).collect()
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        self.0.positions().map(|group| argmax::constrain(b, &gather("a score", x, group)?)).collect()
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        for group in self.0.positions() {
            argmax::cost(t, &gather("a score", x, group)?);
        }
        self.intervals(x)
    }

    fn intervals(&self, _x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(vec![(0, self.0.length as i128 - 1); self.0.count()])
    }

    fn ranks(&self) -> Option<Vec<Vec<usize>>> {
        Some(self.rivals())
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        self.0.write(out);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    Ok(Arc::new(ArgMax(Groups::read(reader, shape.one()?)?)))
}

fn argmax(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    import(node, layers, 1.0)
}

/// That of the largest negated element.
fn argmin(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    import(node, layers, -1.0)
}

/// Index of the largest of `sign · x` along `axis`; of equal elements the first, or the last where `select_last_index` says so.
fn import(node: &Node<'_>, layers: &mut Layers, sign: f64) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let flag = |name, default| match node.int(name, default)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(node.bad_attribute(name, other.to_string(), "0 or 1")),
    };
    let (keep, last) = (flag("keepdims", 1)?, flag("select_last_index", 0)?);
    let x = node.tensor(0)?;
    let axis = node.axis(node.int("axis", 0)?, &x.shape, x.shape.len())?;
    let groups = node.groups(x, axis)?;
    let (before, behind) = x.shape.split_at(axis);
    let mut shape = before.to_vec();
    if keep {
        shape.push(1);
    }
    shape.extend(behind.iter().skip(1));
    layers.check_size(node, &shape)?;
    if sign == -1.0
        && !last
        && let Some(index) = nearest::of_smallest(node, layers, x, groups, &shape)?
    {
        return Ok(Value::from(index));
    }
    // A softmax keeps the order of what it is made of.
    let undone = softmax::scores(layers, x, groups);
    let x = undone.as_ref().unwrap_or(x);
    let mut scores = if sign == 1.0 { x.clone() } else { layers.affine(node, x, |_| Some((sign, 0.0)))? };
    if last {
        // The first of the axis backwards.
        let mut order = vec![0; x.len()];
        for group in groups.positions() {
            let backwards: Vec<usize> = group.clone().collect();
            for (place, from) in group.zip(backwards.into_iter().rev()) {
                *node.expected(order.get_mut(place))? = from;
            }
        }
        scores = rearranged(node, layers, &scores, x.shape.clone(), order.into_iter())?;
    }
    let mut index = layers.apply(node, Arc::new(ArgMax(groups)), &[&scores], shape)?;
    if last {
        let end = groups.length as f64 - 1.0;
        index = layers.affine(node, &index, |_| Some((-1.0, end)))?;
    }
    Ok(Value::from(index.of_kind(Kind::Integer)))
}
