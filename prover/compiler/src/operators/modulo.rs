//! Mod by constants, either way to treat signs.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::modulo::{self, Convention, MAX_MODULUS, Modulo};
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{common_shape, passed_on, repeated};
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::number::pow2;
use crate::quantize::error::{Feasible, PlanError};

const TAG: u8 = 46;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Remainders",
    cost: "a division by a constant an element; with the sign of the dividend, a comparison and two selections more",
    operators: &[OnnxOperator::onnx("Mod", import).remarks("by constants that a power of two makes whole")],
    integers: &[Encoded { tag: TAG, read }],
};

/// The remainder of each element by its modulus.
#[derive(Clone, Debug)]
struct Remainder {
    convention: Convention,
    moduli: Vec<f64>,
}

impl Operator for Remainder {
    fn name(&self) -> &'static str {
        "mod"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.moduli.len(), takes: Takes::Common }]
    }

    fn len(&self) -> usize {
        self.moduli.len()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let of = |(&x, &m): (&f64, &f64)| match self.convention {
            Convention::Truncated => x % m,
            Convention::Floored => {
                let rest = x % m;
                if rest != 0.0 && (rest < 0.0) != (m < 0.0) { rest + m } else { rest }
            }
        };
        x.iter().zip(&self.moduli).map(of).collect()
    }

    fn is_unsigned(&self) -> bool {
        self.convention == Convention::Floored && self.moduli.iter().all(|&m| m > 0.0)
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(arguments.first().and_then(ArgumentFormat::scale).unwrap_or(0))
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let scale = formats.arguments.first().and_then(ArgumentFormat::scale).feasible()?;
        let whole = |&m: &f64| {
            let m = m * pow2(scale);
            (m.fract() == 0.0 && m.abs() <= MAX_MODULUS as f64 && m != 0.0).then_some(m as i64)
        };
        let moduli = self.moduli.iter().map(whole).collect::<Option<Vec<i64>>>().feasible()?;
        Ok(Arc::new(Integers { convention: self.convention, moduli }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    convention: Convention,
    moduli: Vec<i64>,
}

impl Integers {
    /// Calls `remainders` for each run of values of one modulus.
    fn runs<T: Clone>(
        &self,
        x: &[T],
        mut remainders: impl FnMut(&[T], &Modulo) -> Result<Vec<T>, BuildError>,
    ) -> Result<Vec<T>, BuildError> {
        let (expected, found) = (self.moduli.len(), x.len());
        let wrong = BuildError::Length { operation: "remainder", what: "values", expected, found };
        let (mut rest, mut results) = (x, Vec::with_capacity(x.len()));
        for run in self.moduli.chunk_by(|a, b| a == b) {
            let (Some(&modulus), Some((part, others))) = (run.first(), rest.split_at_checked(run.len()))
            else {
                return Err(wrong);
            };
            results.extend(remainders(part, &Modulo { modulus, convention: self.convention })?);
            rest = others;
        }
        if rest.is_empty() { Ok(results) } else { Err(wrong) }
    }
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        "mod"
    }

    fn len(&self) -> usize {
        self.moduli.len()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        self.runs(x, modulo::reference)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        self.runs(x, |x, p| modulo::constrain(b, x, p))
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        self.runs(x, |x, p| modulo::cost(t, x, p))
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&[u8::from(self.convention == Convention::Truncated)]);
        out.integers(&self.moduli);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let convention = match reader.byte()? {
        0 => Convention::Floored,
        1 => Convention::Truncated,
        other => return Err(ReadError::Step(other)),
    };
    let moduli = reader.integers(shape.one()?, 8)?;
    let is_modulus = |m: &&i64| **m != 0 && m.unsigned_abs() <= MAX_MODULUS.unsigned_abs();
    match moduli.iter().find(|m| !is_modulus(m)) {
        Some(&other) => Err(ReadError::Clamp { lo: other, hi: other }),
        None => Ok(Arc::new(Integers { convention, moduli })),
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
    let (x, m) = (repeated(node, layers, x, &shape, elements)?, repeated(node, layers, m, &shape, elements)?);
    let moduli = m.as_constants().ok_or_else(|| node.not_constant(1))?;
    remainders(node, layers, &x, moduli, convention).map(Value::from)
}

/// The remainder of each element by its modulus.
pub(super) fn remainders(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    moduli: &[f64],
    convention: Convention,
) -> Result<Tensor, Refusal> {
    // At some scale each modulus is a whole number of few bits.
    let is_modulus = |&m: &f64| m != 0.0 && (m * pow2(40)).fract() == 0.0 && m.abs() < pow2(40);
    if let Some(other) = moduli.iter().find(|m| !is_modulus(m)) {
        let allowed = "divisors that are not zero, and whole after multiplication by 2^40";
        return Err(node.bad_attribute("B", other.to_string(), allowed));
    }
    let passed = passed_on(node, layers, x)?;
    let operator = Arc::new(Remainder { convention, moduli: moduli.to_vec() });
    Ok(layers.apply(node, operator, &[&passed], x.shape.clone())?.of_kind(x.kind))
}
