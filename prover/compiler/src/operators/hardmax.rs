//! Hardmax: 1 at the first maximum along an axis, 0 elsewhere.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::hardmax;
use assay_circuits::{Bounded, BuildError, Builder};

use super::argmax::ArgMax;
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;
use crate::model::Groups;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::PlanError;

const TAG: u8 = 47;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Hardmax",
    cost: "a comparison and two products an element",
    operators: &[OnnxOperator::onnx("Hardmax", import)],
    integers: &[Encoded { tag: TAG, read }],
};

/// 1 at the first maximum of each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hardmax(Groups);

impl Hardmax {
    /// Values of a group; a tensor has fewer than 2^32.
    fn length(&self) -> u32 {
        self.0.length as u32
    }
}

impl Operator for Hardmax {
    fn name(&self) -> &'static str {
        "hardmax"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.0.count() * self.0.length, takes: Takes::Common }]
    }

    fn len(&self) -> usize {
        self.0.count() * self.0.length
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        self.0.mapped(x, |group| {
            let largest = group.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let first = group.iter().position(|&x| x == largest);
            group.iter_mut().enumerate().for_each(|(i, x)| *x = f64::from(u8::from(Some(i) == first)));
        })
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn measure(&self) -> Measure {
        Measure::Scores
    }

    fn margins(&self, x: &[f64]) -> Vec<f64> {
        ArgMax(self.0).margins(x)
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(0)
    }

    fn quantize(&self, _formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        Ok(Arc::new(*self))
    }

    /// Another first maximum is one result less and one more.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let is_exact = given.rows.iter().all(|row| row.error == Range::ZERO && !row.may_miss);
        let off = if is_exact { Range::ZERO } else { Range::around(1.0) };
        Some(given.results.iter().map(|&value| Rule::constant(off, value)).collect())
    }

    fn rivals(&self) -> Vec<Vec<usize>> {
        ArgMax(self.0).rivals()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for Hardmax {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "hardmax"
    }

    fn len(&self) -> usize {
        self.0.count() * self.0.length
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        self.0.back_in_place(hardmax::reference(&self.0.in_order(x)?, self.length())?)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        self.0.back_in_place(hardmax::constrain(b, &self.0.in_order(x)?, self.length())?)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        self.0.back_in_place(hardmax::cost(t, &self.0.in_order(x)?, self.length())?)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        self.0.write(out);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    Ok(Arc::new(Hardmax(Groups::read(reader, shape.one()?)?)))
}

/// Along `axis`; before operator set 13 over all dimensions from `axis` on.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let (axis, default) = (node.optional_int("axis")?, if node.opset < 13 { 1 } else { -1 });
    let mut groups = node.groups(x, node.axis(axis.unwrap_or(default), &x.shape, x.shape.len())?)?;
    if node.opset < 13 {
        groups = Groups { outer: groups.outer, length: groups.length * groups.inner, inner: 1 };
    }
    Ok(layers.apply(node, Arc::new(Hardmax(groups)), &[x], x.shape.clone())?.of_kind(x.kind).into())
}
