//! Abs and Sign of each element.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::magnitude::{self, Part};
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::passed_on;
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Enclosure, Given, Row, Rule};
use crate::quantize::error::PlanError;

const TAG: u8 = 43;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Absolute value and sign",
    cost: "the bits of an element and 1 to 3",
    operators: &[OnnxOperator::onnx("Abs", abs), OnnxOperator::onnx("Sign", sign)],
    integers: &[Encoded { tag: TAG, read }],
};

/// The layer and the row there that an atom is the magnitude of, if it is one.
pub(super) fn under_magnitude(layers: &Layers, atom: u32) -> Option<(usize, usize)> {
    let (position, element) = layers.maker(atom)?;
    let layer = layers.layer(position)?;
    let part = layer.function.operator()?.as_any().downcast_ref::<PartOf>()?.part;
    (part == Part::Magnitude).then_some((position, element))
}

/// A part of each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PartOf {
    part: Part,
    len: usize,
}

impl Operator for PartOf {
    fn name(&self) -> &'static str {
        self.kind()
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.len, takes: Takes::Common }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let of = |&x: &f64| match self.part {
            Part::Magnitude => x.abs(),
            Part::Sign if x == 0.0 => 0.0,
            Part::Sign => x.signum(),
        };
        x.iter().map(of).collect()
    }

    fn is_unsigned(&self) -> bool {
        self.part == Part::Magnitude
    }

    fn measure(&self) -> Measure {
        match self.part {
            Part::Magnitude => Measure::Results,
            Part::Sign => Measure::Scores,
        }
    }

    fn margins(&self, x: &[f64]) -> Vec<f64> {
        match self.part {
            Part::Magnitude => Vec::new(),
            Part::Sign => x.iter().map(|x| x.abs()).collect(),
        }
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        let scale = arguments.first().and_then(ArgumentFormat::scale).unwrap_or(0);
        ResultScale::Fixed(if self.part == Part::Sign { 0 } else { scale })
    }

    fn quantize(&self, _formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        Ok(Arc::new(*self))
    }

    /// A magnitude is no further off than its element; a sign is right where the element is.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let rule = |(at, (row, &value)): (usize, (&Row, &Range))| {
            let slopes = match row.value.hull(row.float) {
                _ if row.may_miss => return None,
                _ if self.part == Part::Sign && row.error != Range::ZERO => return None,
                _ if self.part == Part::Sign => Range::ZERO,
                all if all.lo >= 0.0 => Range::new(1.0, 1.0),
                all if all.hi <= 0.0 => Range::new(-1.0, -1.0),
                _ => Range::new(-1.0, 1.0),
            };
            let error = Enclosure::sloped(at, row.error, slopes);
            let value = Enclosure::constant(value);
            Some(Rule { error, value, gains: vec![(at, slopes)], own: Range::ZERO, cut: Range::ZERO })
        };
        given.rows.iter().zip(given.results).enumerate().map(rule).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for PartOf {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        match self.part {
            Part::Magnitude => "abs",
            Part::Sign => "sign",
        }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        Ok(magnitude::reference(x, self.part))
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        magnitude::constrain(b, x, self.part)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(magnitude::cost(t, x, self.part))
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&[u8::from(self.part == Part::Sign)]);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let part = match reader.byte()? {
        0 => Part::Magnitude,
        1 => Part::Sign,
        other => return Err(ReadError::Step(other)),
    };
    Ok(Arc::new(PartOf { part, len: shape.one()? }))
}

/// `|x|`.
fn abs(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let passed = passed_on(node, layers, x)?;
    let operator = Arc::new(PartOf { part: Part::Magnitude, len: x.len() });
    Ok(layers.apply(node, operator, &[&passed], x.shape.clone())?.of_kind(x.kind).into())
}

/// 1, 0 or -1.
fn sign(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let operator = Arc::new(PartOf { part: Part::Sign, len: x.len() });
    Ok(layers.apply(node, operator, &[x], x.shape.clone())?.of_kind(x.kind).into())
}
