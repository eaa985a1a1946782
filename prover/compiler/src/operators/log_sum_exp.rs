//! Logarithms of sums of exponentials: ReduceLogSumExp, and LogSoftmax, which is `x` less that: an affine map behind it.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::log_sum_exp;
use assay_circuits::{Bounded, BuildError, Builder};

use super::axes::{self, Reduced};
use super::broadcast::rearranged;
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use super::softmax::{MAX_DOMAIN_BITS, MAX_DOMAIN_SCALE, Softmax};
use crate::bytes::{ENTRY, ReadError, Reader};
use crate::elementary::exp;
use crate::elementary::logarithm::ln;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Tensor, Value, merged};
use crate::model::{Groups, Row};
use crate::number::pow2;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Row as Argued, Rule};
use crate::quantize::error::{Feasible, PlanError};

const TAG: u8 = 61;
/// Values of a group of which the layer says how far it is off, at most.
const MOST_CERTIFIED: usize = 256;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Logarithms of sums of exponentials",
    cost: "a maximum a group, a table an element, two tables and some comparisons a group",
    operators: &[
        OnnxOperator::onnx("ReduceLogSumExp", reduce),
        OnnxOperator::onnx("LogSoftmax", log_softmax),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// `ln Σ_j e^x_j` of each group of elements, one group behind the other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LogSumExp {
    groups: usize,
    length: usize,
}

impl Operator for LogSumExp {
    fn name(&self) -> &'static str {
        "log-sum-exp"
    }

    fn arguments(&self) -> Vec<Argument> {
        let takes = Takes::rounded(MAX_DOMAIN_BITS).no_finer_than(MAX_DOMAIN_SCALE);
        vec![Argument { len: self.groups * self.length, takes }]
    }

    fn len(&self) -> usize {
        self.groups
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let of_group = |group: &[f64]| {
            let top = group.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            top + ln(group.iter().map(|x| exp(x - top)).sum())
        };
        x.chunks_exact(self.length.max(1)).map(of_group).collect()
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(match arguments {
            [ArgumentFormat::Rounded(domain)] => log_sum_exp::LogSumExp::scale_of(domain.scale),
            _ => 0,
        })
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let (domain, _) = formats.one_rounded()?;
        let made = formats.tables.log_sum_exp(self.length, domain.scale).feasible()?;
        let input_scale = i8::try_from(domain.scale).ok().feasible()?;
        Ok(Arc::new(Integers { groups: self.groups, length: self.length, input_scale, made }))
    }

    /// A mean of what each value is off, weighted by some softmax, and what the layer itself is off ([`log_sum_exp`]).
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        if self.length > MOST_CERTIFIED || given.rows.iter().any(|row| row.may_miss) {
            return None;
        }
        let own = Range::around(pow2(-13));
        let groups = given.rows.chunks_exact(self.length.max(1)).zip(given.results).enumerate();
        let rule = |(group, (rows, &value)): (usize, (&[Argued], &Range))| {
            let error = rows.iter().map(|row| row.error).reduce(Range::hull)?.plus(own);
            let first = group * self.length;
            let gains = (first..first + self.length).map(|row| (row, Range::new(0.0, 1.0))).collect();
            Some(Rule { gains, own, ..Rule::constant(error, value) })
        };
        groups.map(rule).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    groups: usize,
    length: usize,
    input_scale: i8,
    made: Arc<log_sum_exp::LogSumExp>,
}

impl IntegerOperator for Integers {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "log-sum-exp"
    }

    fn len(&self) -> usize {
        self.groups
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        log_sum_exp::reference(x, &self.made)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        log_sum_exp::constrain(b, x, &self.made)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        log_sum_exp::cost(t, x, &self.made)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&self.input_scale.to_le_bytes());
        out.count(self.length);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (elements, _) = shape.one_rounded()?;
    let input_scale = i8::from_le_bytes(reader.fixed()?);
    let len = reader.count("values of a group", elements)?;
    if len == 0 || !elements.is_multiple_of(len) {
        return Err(ReadError::Count { what: "values of a group", expected: elements, found: len });
    }
    let entries = log_sum_exp::LogSumExp::entries(len, input_scale.into()).map_err(ReadError::Layer)?;
    reader.spend("table entries", ENTRY * entries)?;
    let made = Arc::new(log_sum_exp::LogSumExp::new(len, input_scale.into()).map_err(ReadError::Layer)?);
    if i64::from(made.scale()) != i64::from(shape.scale) {
        return Err(ReadError::Scale(shape.scale));
    }
    Ok(Arc::new(Integers { groups: elements / len, length: len, input_scale, made }))
}

fn reduce(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let groups = axes::reduction(node, layers, x, 18)?;
    of_groups(node, layers, x, &groups).map(Value::from)
}

fn of_groups(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: &axes::Groups,
) -> Result<Tensor, Refusal> {
    let x = axes::grouped(node, layers, x, groups)?;
    let operator = LogSumExp { groups: groups.count(), length: groups.len };
    layers.apply(node, Arc::new(operator), &[&x], groups.shape.clone())
}

/// `x - ln Σ e^x` along `axis`; before operator set 13 over all dimensions from `axis` on.
fn log_softmax(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = &layers.foldable(node.tensor(0)?)?;
    let rank = x.shape.len();
    let (axis, default) = (node.optional_int("axis")?, if node.opset < 13 { 1 } else { -1 });
    let axis = node.axis(axis.unwrap_or(default), &x.shape, rank)?;
    let axes: Vec<usize> = if node.opset < 13 { (axis..rank).collect() } else { vec![axis] };
    let groups = axes::along(node, layers, &x.shape, &axes, Reduced::Dropped)?;
    let sums = of_groups(node, layers, x, &groups)?;
    let (rows, of_sums) = (layers.rows(node, x)?, layers.rows(node, &sums)?);
    let owners = groups.of_elements();
    let less = |(row, owner): (&Row, usize)| Some(row.plus_scaled(of_sums.get(owner)?, -1.0));
    let rows = node.expected(rows.iter().zip(owners).map(less).collect::<Option<Vec<Row>>>())?;
    let trail = merged([&x.trail, &sums.trail].into_iter());
    Ok(Tensor::new(x.shape.clone(), rows).with_trail(trail).into())
}

/// `e^x` of a tensor that is `x_i - ln sum_j e^x_j`, as classifiers write the probabilities of joint likelihoods: these are the softmax of
/// the `x`, which rounds once where a logarithm and its exponential would round twice. `None` of any other tensor.
pub(super) fn exponentials(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
) -> Result<Option<Tensor>, Refusal> {
    let Some((operator, scores, order)) = log_probabilities(layers, x) else { return Ok(None) };
    let groups = Groups { outer: operator.groups, length: operator.length, inner: 1 };
    let shape = vec![scores.len()];
    let probabilities = layers.apply(node, Arc::new(Softmax(groups)), &[&scores], shape)?;
    rearranged(node, layers, &probabilities, x.shape.clone(), order.into_iter()).map(Some)
}

/// The logarithm that is subtracted, what it is of, and which of these each element of `x` is.
fn log_probabilities(layers: &Layers, x: &Tensor) -> Option<(LogSumExp, Tensor, Vec<usize>)> {
    let Data::Variable(map) = &x.data else { return None };
    // A logarithm among the terms of a row: its atom, layer and group.
    let subtracted = |row: &Row| {
        let mut minus = row.terms.iter().filter(|(_, factor)| *factor == -1.0);
        minus.find_map(|&(atom, _)| {
            let (position, group) = layers.maker(atom)?;
            let layer = layers.layer(position)?;
            let operator = layer.function.operator()?.as_any().downcast_ref::<LogSumExp>()?;
            Some((atom, layer, group, *operator))
        })
    };
    let first = (0..map.rows()).next().map(|position| map.row(position))?;
    let (_, first, _, operator) = subtracted(&first)?;
    // How many elements of each group have been seen: they come in its order.
    let mut seen = vec![0; operator.groups];
    let mut order = Vec::with_capacity(map.rows());
    for row in (0..map.rows()).map(|position| map.row(position)) {
        let (atom, layer, group, _) = subtracted(&row)?;
        let of_group: &mut usize = seen.get_mut(group)?;
        let place = group * operator.length + *of_group;
        *of_group += 1;
        let is_next = *of_group <= operator.length && std::ptr::eq(layer, first);
        if !is_next || row.plus_scaled(&Row::atom(atom), 1.0) != first.map.row(place) {
            return None;
        }
        order.push(place);
    }
    let (shape, data) = (vec![first.map.rows()], Data::Variable(Arc::clone(&first.map)));
    Some((operator, Tensor { shape, kind: x.kind, data, trail: x.trail.clone() }, order))
}
