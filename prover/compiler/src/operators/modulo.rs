//! Mod by constants, either way to treat signs; and the quotients of integers by constants.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::modulo::{self, Convention, MAX_MODULUS, Modulo, Part};
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{common_shape, passed_on, repeated};
use super::division::{divided, of_integers};
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
    WHOLE_QUOTIENT,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::Row;
use crate::number::pow2;
use crate::quantize::error::{Feasible, PlanError};

const TAG: u8 = 46;
/// Most bits by which dividends are multiplied that stand for multiples of a power of two.
const MAX_UP: u32 = 40;
/// How far a factor may be from one over a whole number, relatively: two roundings to single precision.
const SINGLE_PRECISION: f64 = 1.0 / (1 << 22) as f64;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Remainders",
    cost: "a division by a constant an element; with the sign of the dividend, a comparison and two selections more",
    operators: &[OnnxOperator::onnx("Mod", import).remarks("by constants that a power of two makes whole, and of integers by integers")],
    integers: &[Encoded { tag: TAG, read }],
};

/// The remainder or the quotient of each element by its modulus.
#[derive(Clone, Debug)]
struct Divided {
    convention: Convention,
    part: Part,
    moduli: Vec<f64>,
}

impl Operator for Divided {
    fn name(&self) -> &'static str {
        name(self.convention, self.part)
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.moduli.len(), takes: Takes::Common }]
    }

    fn len(&self) -> usize {
        self.moduli.len()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        x.iter().zip(&self.moduli).map(|(&x, &m)| divided(x, m, self.convention, self.part)).collect()
    }

    fn is_unsigned(&self) -> bool {
        let is_floored = (self.convention, self.part) == (Convention::Floored, Part::Remainder);
        is_floored && self.moduli.iter().all(|&m| m > 0.0)
    }

    fn is_whole(&self) -> bool {
        self.part == Part::Quotient
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(match self.part {
            Part::Remainder => arguments.first().and_then(ArgumentFormat::scale).unwrap_or(0),
            Part::Quotient => 0,
        })
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let scale = formats.arguments.first().and_then(ArgumentFormat::scale).feasible()?;
        // Multiples of a power of two are divided as the numbers that they stand for.
        let up = if self.part == Part::Quotient { scale.min(0).unsigned_abs() } else { 0 };
        let scale = if up <= MAX_UP { scale + up as i32 } else { return None.feasible() }; // at most 40
        let whole = |&m: &f64| {
            let m = m * pow2(scale);
            (m.fract() == 0.0 && m.abs() <= MAX_MODULUS as f64 && m != 0.0).then_some(m as i64)
        };
        let moduli = self.moduli.iter().map(whole).collect::<Option<Vec<i64>>>().feasible()?;
        Ok(Arc::new(Integers { convention: self.convention, part: self.part, up, moduli }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn name(convention: Convention, part: Part) -> &'static str {
    match (convention, part) {
        (_, Part::Remainder) => "mod",
        (Convention::Floored, Part::Quotient) => "floor of a quotient",
        (Convention::Truncated, Part::Quotient) => WHOLE_QUOTIENT,
    }
}

#[derive(Debug)]
struct Integers {
    convention: Convention,
    part: Part,
    /// Values are multiplied by `2^up`.
    up: u32,
    moduli: Vec<i64>,
}

impl Integers {
    /// Calls `divided` for each run of values of one modulus.
    fn runs<T: Clone>(
        &self,
        x: &[T],
        mut divided: impl FnMut(&[T], &Modulo) -> Result<Vec<T>, BuildError>,
    ) -> Result<Vec<T>, BuildError> {
        let (expected, found) = (self.moduli.len(), x.len());
        let wrong = BuildError::Length { operation: "remainder", what: "values", expected, found };
        let (mut rest, mut results) = (x, Vec::with_capacity(x.len()));
        for run in self.moduli.chunk_by(|a, b| a == b) {
            let (Some(&modulus), Some((part, others))) = (run.first(), rest.split_at_checked(run.len()))
            else {
                return Err(wrong);
            };
            let p = Modulo { modulus, convention: self.convention, part: self.part };
            results.extend(divided(part, &p)?);
            rest = others;
        }
        if rest.is_empty() { Ok(results) } else { Err(wrong) }
    }
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        name(self.convention, self.part)
    }

    fn len(&self) -> usize {
        self.moduli.len()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let multiplied = |&x: &i64| {
            let wide = i128::from(x) << self.up;
            i64::try_from(wide).map_err(|_| BuildError::Overflow { operation: "quotient", lo: wide, hi: wide })
        };
        self.runs(&x.iter().map(multiplied).collect::<Result<Vec<_>, _>>()?, modulo::reference)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let x = x.iter().map(|x| x.mul_const(1 << self.up)).collect::<Result<Vec<_>, _>>()?;
        self.runs(&x, |x, p| modulo::constrain(b, x, p))
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let x: Vec<Interval> = x.iter().map(|&(lo, hi)| (lo << self.up, hi << self.up)).collect();
        self.runs(&x, |x, p| modulo::cost(t, x, p))
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        let is_truncated = u8::from(self.convention == Convention::Truncated);
        match self.part {
            Part::Remainder => out.bytes(&[is_truncated]),
            Part::Quotient => out.bytes(&[is_truncated + 2, self.up as u8]), // at most 40
        }
        out.integers(&self.moduli);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (convention, part) = match reader.byte()? {
        0 => (Convention::Floored, Part::Remainder),
        1 => (Convention::Truncated, Part::Remainder),
        2 => (Convention::Floored, Part::Quotient),
        3 => (Convention::Truncated, Part::Quotient),
        other => return Err(ReadError::Step(other)),
    };
    let up = if part == Part::Quotient { u32::from(reader.byte()?) } else { 0 };
    if up > MAX_UP {
        return Err(ReadError::Index { what: "bits of a shift", index: up as usize });
    }
    let moduli = reader.integers(shape.one()?, 8)?;
    let is_modulus = |m: &&i64| **m != 0 && m.unsigned_abs() <= MAX_MODULUS.unsigned_abs();
    match moduli.iter().find(|m| !is_modulus(m)) {
        Some(&other) => Err(ReadError::Clamp { lo: other, hi: other }),
        None => Ok(Arc::new(Integers { convention, part, up, moduli })),
    }
}

/// `x mod m`, elementwise with broadcasting.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let convention = match node.int("fmod", 0)? {
        0 => Convention::Floored,
        1 => Convention::Truncated,
        other => return Err(node.bad_attribute("fmod", other.to_string(), "0 or 1")),
    };
    let (x, m) = (node.tensor(0)?, node.tensor(1)?);
    let (shape, elements) = common_shape(node, layers, &[x, m])?;
    if m.as_constants().is_none() && x.kind == Kind::Integer && m.kind == Kind::Integer {
        return of_integers(node, layers, [x, m], (convention, Part::Remainder)).map(Value::from);
    }
    let (x, m) = (repeated(node, layers, x, &shape, elements)?, repeated(node, layers, m, &shape, elements)?);
    let moduli = m.as_constants().ok_or_else(|| node.not_constant(1))?;
    by_constants(node, layers, &x, moduli, (convention, Part::Remainder)).map(Value::from)
}

/// The remainder or the quotient of each element by its modulus.
pub(super) fn by_constants(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    moduli: &[f64],
    (convention, part): (Convention, Part),
) -> Result<Tensor, Refusal> {
    // At some scale each modulus is a whole number of few bits.
    let is_modulus = |&m: &f64| m != 0.0 && (m * pow2(40)).fract() == 0.0 && m.abs() < pow2(40);
    if let Some(other) = moduli.iter().find(|m| !is_modulus(m)) {
        let allowed = "divisors that are not zero, and whole after multiplication by 2^40";
        return Err(node.bad_attribute("B", other.to_string(), allowed));
    }
    let passed = passed_on(node, layers, x)?;
    let operator = Arc::new(Divided { convention, part, moduli: moduli.to_vec() });
    Ok(layers.apply(node, operator, &[&passed], x.shape.clone())?.of_kind(x.kind))
}

/// Elements that are each a value over a whole number: the values, and the whole numbers. What is rounded of them is exact as a quotient:
/// of a value times the reciprocal it would not be where that has no end in binary.
pub(super) fn by_whole_numbers(x: &Tensor) -> Option<(Tensor, Vec<f64>)> {
    let selection = x.selection()?;
    let divisor = |(&factor, &offset): (&f64, &f64)| {
        let divisor = (1.0 / factor).round();
        let is_whole = (2.0..=2f64.powi(30)).contains(&divisor.abs()) && offset == 0.0;
        (is_whole && (factor * divisor - 1.0).abs() <= SINGLE_PRECISION).then_some(divisor)
    };
    let divisors = selection.factors.iter().zip(&selection.offsets).map(divisor).collect::<Option<Vec<f64>>>()?;
    let values = selection.atoms.iter().map(|atom| Some(Row::atom((*atom)?))).collect::<Option<Vec<Row>>>()?;
    Some((Tensor::new(x.shape.clone(), values).with_trail(x.trail.clone()), divisors))
}
