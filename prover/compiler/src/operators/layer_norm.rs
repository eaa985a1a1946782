//! Layer normalization: mean and deviation of each group taken out.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::layer_norm::{self, Normalization};
use assay_circuits::{Bounded, BuildError, Builder};

use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Domain, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;
use crate::model::Groups;
use crate::number::{pow2, quantize, signed_range};
use crate::quantize::error::{Feasible, PlanError};

/// Bits of its arguments, at most.
const MAX_DOMAIN_BITS: u32 = 12;
const TAG: u8 = 5;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Layer normalization",
    cost: "two products an element, an inverse square root a group",
    operators: &[OnnxOperator::onnx("LayerNormalization", import).remarks("over the last axis")],
    integers: &[Encoded { tag: TAG, read }],
};

/// `(x_i - mean) / sqrt(variance + epsilon)` of each group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LayerNorm {
    /// The groups.
    pub groups: Groups,
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Operator for LayerNorm {
    fn name(&self) -> &'static str {
        "layer norm"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.len(), takes: Takes::rounded(MAX_DOMAIN_BITS) }]
    }

    fn len(&self) -> usize {
        self.groups.count() * self.groups.length
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        self.groups.mapped(x, |group| {
            let count = group.len().max(1) as f64;
            let mean = group.iter().sum::<f64>() / count;
            let variance = group.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
            let deviation = (variance + self.epsilon).sqrt();
            group.iter_mut().for_each(|x| *x = (*x - mean) / deviation);
        })
    }

    /// That of the normalization over the domain; where there is none, the plan is not feasible.
    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        let normalization = match arguments {
            [ArgumentFormat::Rounded(domain)] => normalization(self.groups, self.epsilon, *domain),
            _ => None,
        };
        ResultScale::Fixed(normalization.map_or(0, |normalization| normalization.scale as i32)) // at most 60
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let (domain, _) = formats.one_rounded()?;
        let normalization = normalization(self.groups, self.epsilon, *domain).feasible()?;
        Ok(Arc::new(Integers { groups: self.groups, normalization }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The parameters of a layer normalization over a domain; `None` where the plan is not feasible.
fn normalization(groups: Groups, epsilon: f64, domain: Domain) -> Option<Normalization> {
    let (lo, hi) = signed_range(domain.bits);
    let length = u32::try_from(groups.length).ok()?;
    let shape = Normalization::for_range(length, lo, hi, 1).ok()?;
    // In units of 2^v / n^3, at the square of the domain's scale.
    let cube = f64::from(length) * f64::from(length) * f64::from(length);
    let unit = epsilon * cube * pow2(2 * domain.scale - shape.variance_shift as i32);
    let units = quantize(unit, 0).filter(|&units| units < 1 << 40)?;
    Normalization::for_range(length, lo, hi, units.max(1)).ok()
}

#[derive(Debug)]
struct Integers {
    groups: Groups,
    normalization: Normalization,
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        "layer norm"
    }

    fn len(&self) -> usize {
        self.groups.count() * self.groups.length
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        self.groups.back_in_place(layer_norm::reference(&self.groups.in_order(x)?, &self.normalization)?)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        self.groups.back_in_place(layer_norm::constrain(b, &self.groups.in_order(x)?, &self.normalization)?)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        layer_norm::cost(t, &self.groups.in_order(x)?, &self.normalization);
        self.intervals(x)
    }

    fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        // sqrt(n) · 2^scale: see the layer's own file.
        let square = (self.groups.length as i128) << (2 * self.normalization.scale).min(80);
        let bound = square.isqrt() + 1;
        Ok(vec![(-bound, bound); x.len()])
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        self.groups.write(out);
        out.bytes(&self.normalization.epsilon.to_le_bytes());
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (len, (lo, hi)) = shape.one_rounded()?;
    let groups = Groups::read(reader, len)?;
    let epsilon = i64::from_le_bytes(reader.fixed()?);
    let length = u32::try_from(groups.length)
        .map_err(|_| ReadError::Index { what: "length of a normalization", index: groups.length })?;
    let normalization = Normalization::for_range(length, lo, hi, epsilon).map_err(ReadError::Layer)?;
    if normalization.epsilon != epsilon || i64::from(normalization.scale) != i64::from(shape.scale) {
        let index = normalization.scale as usize;
        return Err(ReadError::Index { what: "scale of a normalization", index });
    }
    Ok(Arc::new(Integers { groups, normalization }))
}

/// `scale · (x - mean) / sqrt(variance + epsilon) + bias` over the last dimension.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let x = node.tensor(0)?;
    let axis = node.axis(node.int("axis", -1)?, &x.shape, x.shape.len())?;
    if axis + 1 != x.shape.len() {
        return Err(node.bad_attribute("axis", axis.to_string(), "the last dimension"));
    }
    let groups = node.groups(x, axis)?;
    let epsilon = node.float("epsilon", 1e-5)?;
    if epsilon < 0.0 {
        return Err(node.bad_attribute("epsilon", epsilon.to_string(), "a number that is not negative"));
    }
    let parameter = |position| -> Result<Option<Vec<f64>>, Refusal> {
        if node.operand(position).is_none() {
            return Ok(None);
        }
        let (shape, data) = node.constant(position)?;
        if data.len() == groups.length { Ok(Some(data)) } else { Err(node.mismatch(&x.shape, &shape)) }
    };
    let (scale, bias) = (parameter(1)?, parameter(2)?);
    let normalized = layers.apply(node, Arc::new(LayerNorm { groups, epsilon }), &[x], x.shape.clone())?;
    let of = |list: &Option<Vec<f64>>, i: usize, neutral| {
        list.as_ref().map_or(Some(neutral), |list| list.get(i % groups.length).copied())
    };
    layers.affine(node, &normalized, |i| of(&scale, i, 1.0).zip(of(&bias, i, 0.0))).map(Value::from)
}

