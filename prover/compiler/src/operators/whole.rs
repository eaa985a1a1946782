//! Floor, Ceil and Round of each element.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::modulo::{Convention, Part};
use assay_circuits::layers::whole::{self, Direction, Whole};
use assay_circuits::{Bounded, BuildError, Builder};

use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::modulo::{by_constants, by_whole_numbers};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Value};
use crate::quantize::error::{Feasible, PlanError};

const TAG: u8 = 45;
const DIRECTIONS: [Direction; 3] = [Direction::Down, Direction::Up, Direction::Nearest];

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Whole numbers",
    cost: "the bits of an element; to even, those behind the point once more",
    operators: &[
        OnnxOperator::onnx("Floor", import),
        OnnxOperator::onnx("Ceil", import),
        OnnxOperator::onnx("Round", import).remarks("ties to even"),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// A whole number near each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rounded {
    direction: Direction,
    len: usize,
}

impl Operator for Rounded {
    fn name(&self) -> &'static str {
        name(self.direction)
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.len, takes: Takes::Common }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let of = |&x: &f64| match self.direction {
            Direction::Down => x.floor(),
            Direction::Up => x.ceil(),
            Direction::Nearest => x.round_ties_even(),
        };
        x.iter().map(of).collect()
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(0)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let scale = formats.arguments.first().and_then(ArgumentFormat::scale).feasible()?;
        let (direction, len) = (self.direction, self.len);
        let (bits, up) = if scale < 0 { (0, scale.unsigned_abs()) } else { (scale.unsigned_abs(), 0) };
        let fits = bits <= whole::MAX_BITS && up <= MAX_UP;
        let integers = fits.then_some(Integers { whole: Whole { direction, bits }, up, len });
        Ok(Arc::new(integers.feasible()?))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::Down => "floor",
        Direction::Up => "ceil",
        Direction::Nearest => "round",
    }
}

/// Most bits by which values are multiplied that stand for multiples of a power of two.
const MAX_UP: u32 = 40;

/// The same on integers that stand for `x · 2^(up - bits)`, one of which is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Integers {
    whole: Whole,
    up: u32,
    len: usize,
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        name(self.whole.direction)
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let mut results = whole::reference(x, &self.whole)?;
        for value in &mut results {
            let (lo, hi) = (i128::from(*value), i128::from(*value) << self.up);
            *value = i64::try_from(hi).map_err(|_| BuildError::Overflow { operation: "floor", lo, hi })?;
        }
        Ok(results)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        whole::constrain(b, x, &self.whole)?.iter().map(|x| x.mul_const(1 << self.up)).collect()
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let results = whole::cost(t, x, &self.whole)?;
        Ok(results.into_iter().map(|(lo, hi)| (lo << self.up, hi << self.up)).collect())
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        let code = DIRECTIONS.iter().position(|&known| known == self.whole.direction);
        out.bytes(&[code.unwrap_or(0) as u8, self.whole.bits as u8, self.up as u8]); // of three; below 58; below 41
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let code = reader.byte()?;
    let direction = DIRECTIONS.get(usize::from(code)).copied().ok_or(ReadError::Step(code))?;
    let (bits, up) = (u32::from(reader.byte()?), u32::from(reader.byte()?));
    if bits > whole::MAX_BITS || up > MAX_UP || (bits > 0 && up > 0) {
        return Err(ReadError::Index { what: "bits behind the point", index: bits as usize });
    }
    Ok(Arc::new(Integers { whole: Whole { direction, bits }, up, len: shape.one()? }))
}

/// The largest whole number that is not above, and its like.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let direction = match node.proto.op_type.as_str() {
        "Floor" => Direction::Down,
        "Ceil" => Direction::Up,
        _ => Direction::Nearest,
    };
    let x = node.tensor(0)?;
    if x.kind != Kind::Real {
        return Ok(x.clone().into());
    }
    if direction == Direction::Down
        && let Some((values, divisors)) = by_whole_numbers(x)
    {
        let floored = (Convention::Floored, Part::Quotient);
        return Ok(by_constants(node, layers, &values, &divisors, floored)?.of_kind(Kind::Real).into());
    }
    layers.apply(node, Arc::new(Rounded { direction, len: x.len() }), &[x], x.shape.clone()).map(Value::from)
}
