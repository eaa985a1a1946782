//! And, Or, Xor and Not of truth values. With a constant, and Not, they are affine maps.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::logic::{self, Connective};
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{common_shape, joined, repeated};
use super::comparison::proven_truth;
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::quantize::error::{Feasible, PlanError};

const TAG: u8 = 41;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Logic",
    cost: "a product for each pair of variables; Not, and constants, nothing",
    operators: &[
        OnnxOperator::onnx("And", import),
        OnnxOperator::onnx("Or", import),
        OnnxOperator::onnx("Xor", import),
        OnnxOperator::onnx("Not", not).folded(),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// A connective of pairs of truth values: all left ones, then all right ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Logic {
    connective: Connective,
    /// Pairs.
    len: usize,
}

impl Operator for Logic {
    fn name(&self) -> &'static str {
        self.kind()
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: 2 * self.len, takes: Takes::Exact }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (left, right) = x.split_at(self.len.min(x.len()));
        let of = |(&x, &y): (&f64, &f64)| f64::from(u8::from(self.connective.of(x != 0.0, y != 0.0)));
        left.iter().zip(right).map(of).collect()
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn gives_truths(&self) -> bool {
        true
    }

    fn measure(&self) -> Measure {
        Measure::Decisions
    }

    /// A side without doubt may decide by itself.
    fn doubtful(&self, x: &[f64], doubt: &[bool]) -> Vec<bool> {
        let side = |i: usize| (x.get(i).is_some_and(|&x| x != 0.0), doubt.get(i).copied().unwrap_or(true));
        let of_pair = |i: usize| {
            let decides = |(value, is_doubtful): (bool, bool)| match self.connective {
                Connective::And => !value && !is_doubtful,
                Connective::Or => value && !is_doubtful,
                Connective::Xor => false,
            };
            let (left, right) = (side(i), side(i + self.len));
            (left.1 || right.1) && !decides(left) && !decides(right)
        };
        (0..self.len).map(of_pair).collect()
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(0)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        whole(formats.arguments)?;
        Ok(Arc::new(*self))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A tensor of truth values that are 0 or 1 in the circuit. Inputs have a format that holds other integers as well, so they
/// are compared with 1; what operators give is what they say.
pub(super) fn truths(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    if !layers.reads_inputs(x) {
        return Ok(x.clone());
    }
    proven_truth(node, layers, x)
}

/// Truth values are whole numbers.
pub(super) fn whole(arguments: &[ArgumentFormat]) -> Result<(), PlanError> {
    match arguments.first().and_then(ArgumentFormat::scale) {
        Some(0) => Ok(()),
        _ => None.feasible(),
    }
}

impl IntegerOperator for Logic {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        match self.connective {
            Connective::And => "and",
            Connective::Or => "or",
            Connective::Xor => "xor",
        }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        logic::reference(x, self.connective)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        logic::constrain(b, x, self.connective)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        logic::cost(t, x, self.connective)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        let code = Connective::ALL.iter().position(|&known| known == self.connective);
        out.bytes(&[code.unwrap_or(0) as u8]); // of three
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let code = reader.byte()?;
    let connective = Connective::ALL.get(usize::from(code)).copied().ok_or(ReadError::Step(code))?;
    let found = shape.one()?;
    if !found.is_multiple_of(2) {
        return Err(ReadError::Count { what: "truth values", expected: found + 1, found });
    }
    Ok(Arc::new(Logic { connective, len: found / 2 }))
}

/// A connective, elementwise.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let connective = match node.proto.op_type.as_str() {
        "And" => Connective::And,
        "Or" => Connective::Or,
        _ => Connective::Xor,
    };
    let (a, b) = (node.tensor(0)?, node.tensor(1)?);
    let (shape, len) = common_shape(node, layers, &[a, b])?;
    let (a, b) = (repeated(node, layers, a, &shape, len)?, repeated(node, layers, b, &shape, len)?);
    if let Some((constants, x)) = a.as_constants().map(|a| (a, &b)).or(b.as_constants().map(|b| (b, &a))) {
        let pair = |i: usize| {
            Some(match (connective, *constants.get(i)? != 0.0) {
                (Connective::And, true) | (Connective::Or | Connective::Xor, false) => (1.0, 0.0),
                (Connective::And, false) => (0.0, 0.0),
                (Connective::Or, true) => (0.0, 1.0),
                (Connective::Xor, true) => (-1.0, 1.0),
            })
        };
        return Ok(layers.affine(node, x, pair)?.of_kind(Kind::Bool).into());
    }
    let (a, b) = (truths(node, layers, &a)?, truths(node, layers, &b)?);
    let pairs = joined(node, layers, &[&a, &b])?;
    let results = layers.apply(node, Arc::new(Logic { connective, len }), &[&pairs], shape)?;
    Ok(results.of_kind(Kind::Bool).into())
}

/// `1 - x`.
fn not(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    Ok(layers.affine(node, x, |_| Some((-1.0, 1.0)))?.of_kind(Kind::Bool).into())
}
