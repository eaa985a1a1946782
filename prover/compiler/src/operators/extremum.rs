//! Max and Min of several tensors, ReduceMax and ReduceMin: the largest or the smallest of groups of values at one scale.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::extremum::{self, Extrema, Extremum};
use assay_circuits::{Bounded, BuildError, Builder};

use super::bounds::clipped;
use super::broadcast::{are_whole, common_shape, joined, passed_on, rearranged, repeated};
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use super::reduction::Reduction;
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Row, Rule};
use crate::quantize::error::PlanError;

const TAG: u8 = 44;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Largest and smallest values",
    cost: "a comparison and a product an element but one of each group; with one constant, a clip",
    operators: &[
        OnnxOperator::onnx("Max", max),
        OnnxOperator::onnx("Min", min),
        OnnxOperator::onnx("ReduceMax", reduce_max),
        OnnxOperator::onnx("ReduceMin", reduce_min),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// The extremum of each group of values, which stand one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Groups {
    extrema: Extrema,
    count: usize,
    /// Whether the values are whole numbers.
    is_whole: bool,
}

impl Operator for Groups {
    fn name(&self) -> &'static str {
        self.kind()
    }

    fn arguments(&self) -> Vec<Argument> {
        let takes = if self.is_whole { Takes::Whole } else { Takes::Common };
        vec![Argument { len: self.count * self.extrema.len as usize, takes }]
    }

    fn len(&self) -> usize {
        self.count
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let end = |group: &[f64]| match self.extrema.of {
            Extremum::Maximum => group.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Extremum::Minimum => group.iter().copied().fold(f64::INFINITY, f64::min),
        };
        x.chunks_exact(self.extrema.len.max(1) as usize).map(end).collect()
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }

    fn chooses(&self) -> bool {
        true
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(arguments.first().and_then(ArgumentFormat::scale).unwrap_or(0))
    }

    fn quantize(&self, _formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        Ok(Arc::new(*self))
    }

    /// No further off than one of the group is.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let rule = |(group, value): (&[Row], &Range)| {
            let known = group.iter().all(|row| !row.may_miss);
            let error = group.iter().map(|row| row.error).reduce(Range::hull).filter(|_| known)?;
            Some(Rule::constant(error, *value))
        };
        given.rows.chunks_exact(self.extrema.len.max(1) as usize).zip(given.results).map(rule).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for Groups {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        match self.extrema.of {
            Extremum::Maximum => "max",
            Extremum::Minimum => "min",
        }
    }

    fn len(&self) -> usize {
        self.count
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        extremum::reference(x, &self.extrema)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        extremum::constrain(b, x, &self.extrema)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        extremum::cost(t, x, &self.extrema)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        write_ends(out, self.extrema.of, self.extrema.len);
    }
}

/// Writes which end, and the length of a group.
pub(super) fn write_ends(out: &mut dyn Sink, of: Extremum, len: u32) {
    out.bytes(&[u8::from(of == Extremum::Minimum)]);
    out.count(len as usize);
}

/// Reads what [`write_ends`] wrote, for `found` values: which end, the length of a group, and how many there are.
pub(super) fn read_ends(reader: &mut Reader<'_>, found: usize) -> Result<(Extremum, u32, usize), ReadError> {
    let of = match reader.byte()? {
        0 => Extremum::Maximum,
        1 => Extremum::Minimum,
        other => return Err(ReadError::Step(other)),
    };
    let len = reader.count("values of a group", found)?;
    match found.checked_div(len) {
        Some(count) if count * len == found && count > 0 => Ok((of, len as u32, count)), // read from 32 bits
        _ => Err(ReadError::Count { what: "values of all groups", expected: len, found }),
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (of, len, count) = read_ends(reader, shape.one()?)?;
    Ok(Arc::new(Groups { extrema: Extrema { of, len }, count, is_whole: false }))
}

fn max(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    of_several(node, layers, Extremum::Maximum)
}

fn min(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    of_several(node, layers, Extremum::Minimum)
}

/// Of the operands, elementwise with broadcasting.
fn of_several(node: &Node<'_>, layers: &mut Layers, of: Extremum) -> Result<Value, Refusal> {
    node.arity(1..=usize::MAX, "1 or more")?;
    let operands = (0..node.operands.len()).map(|i| node.tensor(i)).collect::<Result<Vec<_>, _>>()?;
    let (shape, elements) = common_shape(node, layers, &operands)?;
    let whole = operands.iter().all(|operand| operand.kind == Kind::Integer);
    let kind = if whole { Kind::Integer } else { Kind::Real };
    let end = |x: f64, y: f64| match of {
        Extremum::Maximum => x.max(y),
        Extremum::Minimum => x.min(y),
    };
    // All constants are one.
    let (mut constants, mut variables): (Option<Vec<f64>>, Vec<Tensor>) = (None, Vec::new());
    for operand in operands {
        let operand = repeated(node, layers, operand, &shape, elements)?;
        match operand.as_constants() {
            None => variables.push(operand),
            Some(data) => {
                let merged =
                    constants.map(|known| known.iter().zip(data).map(|(&x, &y)| end(x, y)).collect());
                constants = Some(merged.unwrap_or_else(|| data.to_vec()));
            }
        }
    }
    let result = match (constants, variables.as_slice()) {
        (None, [x]) => x.clone(),
        (Some(data), []) => Tensor::constants(shape, data),
        (Some(data), [x]) if kind != Kind::Integer && data.iter().all(|value| Some(value) == data.first()) => {
            let bound = data.first().copied();
            let (low, high) = match of {
                Extremum::Maximum => (bound, None),
                Extremum::Minimum => (None, bound),
            };
            clipped(node, layers, x, low, high)?
        }
        (constants, _) => {
            let mut all = Vec::with_capacity(variables.len() + 1);
            let is_whole = variables.iter().all(|variable| are_whole(layers, variable));
            for variable in &variables {
                all.push(if is_whole { variable.clone() } else { passed_on(node, layers, variable)? });
            }
            all.extend(constants.map(|data| Tensor::constants(shape.clone(), data)));
            let parts: Vec<&Tensor> = all.iter().collect();
            let together = joined(node, layers, &parts)?;
            let order = (0..elements).flat_map(|i| (0..parts.len()).map(move |part| part * elements + i));
            let groups = rearranged(node, layers, &together, vec![together.len()], order)?;
            grouped(node, layers, &groups, of, parts.len(), shape)?
        }
    };
    Ok(result.of_kind(kind).into())
}

fn reduce_max(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    reduce(node, layers, Extremum::Maximum)
}

fn reduce_min(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    reduce(node, layers, Extremum::Minimum)
}

/// Over the node's axes.
fn reduce(node: &Node<'_>, layers: &mut Layers, of: Extremum) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let Some(Reduction { shape, len, order }) = Reduction::of(node, &x.shape, 18)? else {
        return Ok(x.clone().into());
    };
    let passed = if len == 1 || are_whole(layers, x) { x.clone() } else { passed_on(node, layers, x)? };
    let groups = rearranged(node, layers, &passed, vec![order.len()], order.into_iter())?;
    Ok(grouped(node, layers, &groups, of, len, shape)?.of_kind(x.kind).into())
}

/// The extremum of groups of `len` elements, one group behind the other.
fn grouped(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    of: Extremum,
    len: usize,
    shape: Vec<usize>,
) -> Result<Tensor, Refusal> {
    if len == 1 {
        return Ok(x.with_shape(shape));
    }
    let count = layers.check_size(node, &shape)?;
    let len = node.expected(u32::try_from(len).ok())?;
    let is_whole = are_whole(layers, x);
    layers.apply(node, Arc::new(Groups { extrema: Extrema { of, len }, count, is_whole }), &[x], shape)
}
