//! Comparisons of elements of inputs with constants: each is a tree of one condition, so that a threshold is where it is for trees, moved
//! through a scaler and on the side of the calibration data's values; elements that are compared several times share their bits.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::layers::comparison::Relation;
use assay_circuits::layers::trees::Aggregate;

use super::ensemble::{Branch, Condition, Missing, RealEnsemble};
use super::operator::Trees;
use super::over;
use crate::import::decisions::mirrored;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Tensor;
use crate::model::Row;
use crate::operators::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale,
};
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::PlanError;

/// Truth values, each a tree.
#[derive(Clone, Debug)]
struct Compared(Trees);

impl Operator for Compared {
    fn name(&self) -> &'static str {
        "compared"
    }

    fn arguments(&self) -> Vec<Argument> {
        self.0.arguments()
    }

    fn compares_keys(&self, row: usize) -> bool {
        self.0.compares_keys(row)
    }

    fn with_values(&self, of_row: &dyn Fn(usize) -> Vec<f64>) -> Option<Arc<dyn Operator>> {
        Some(Arc::new(Compared(self.0.with_seen(of_row))))
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        self.0.apply(x)
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn measure(&self) -> Measure {
        Measure::Decisions
    }

    fn gives_truths(&self) -> bool {
        true
    }

    fn work(&self) -> usize {
        self.0.work()
    }

    /// Each depends on its element.
    fn doubtful(&self, _x: &[f64], doubt: &[bool]) -> Vec<bool> {
        let of = |feature| self.0.argument_of(feature).and_then(|argument| doubt.get(argument).copied());
        (0..self.len()).map(|feature| of(feature).unwrap_or(true)).collect()
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        self.0.result_scale(arguments)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        self.0.quantize(formats)
    }

    fn quantize_missing(
        &self,
        formats: &Formats<'_>,
        codes: &[Option<i64>],
    ) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        self.0.quantize_missing(formats, codes)
    }

    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        self.0.certify(given)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The truth values of an order of two tensors of one shape, one of which is constant, and the other elements of inputs that are no whole
/// numbers, or functions of one each; `None` of others.
pub(in crate::operators) fn compared(
    node: &Node<'_>,
    layers: &mut Layers,
    (a, b): (&Tensor, &Tensor),
    relation: Relation,
) -> Result<Option<Tensor>, Refusal> {
    let (x, constants, relation) = match (a.as_constants(), b.as_constants()) {
        (None, Some(constants)) => (a, constants, relation),
        (Some(constants), None) => (b, constants, mirrored(relation)),
        _ => return Ok(None),
    };
    let condition: fn(f64) -> Condition = match relation {
        Relation::Less => Condition::Below,
        Relation::LessOrEqual => Condition::AtMost,
        Relation::Greater => Condition::Above,
        Relation::GreaterOrEqual => Condition::AtLeast,
        Relation::Equal | Relation::NotEqual => return Ok(None),
    };
    let Some(rows) = x.as_rows() else { return Ok(None) };
    let is_of_input = |row: &Row| match row.terms.as_slice() {
        [] => true,
        &[(atom, _)] => layers.maker(atom).is_none(),
        _ => false,
    };
    if layers.is_whole_numbers(x) || !rows.iter().all(is_of_input) {
        return Ok(None);
    }
    layers.spend_terms(node, 3 * rows.len() as u128)?;
    let tree = |((feature, output), &constant): ((usize, u32), &f64)| {
        let (condition, missing) = (condition(constant), Missing::AsCompared);
        vec![
            Branch::Condition { feature: feature as u32, condition, yes: 1, no: 2, missing },
            Branch::Leaf(vec![(output, 1.0)]),
            Branch::Leaf(Vec::new()),
        ]
    };
    let ensemble = Arc::new(RealEnsemble {
        features: (0..rows.len()).collect(),
        trees: (0..rows.len()).zip(0..).zip(constants).map(tree).collect(),
        base: vec![0.0; rows.len()],
        aggregate: Aggregate::Sum,
        precision: node.precision,
    });
    let asked: Vec<&Row> = rows.iter().collect();
    let (trees, arguments) = over(node, layers, &asked, &ensemble, &mut (Vec::new(), Arc::clone(&ensemble)))?;
    let arguments = arguments.with_trail(x.trail.clone());
    layers.apply(node, Arc::new(Compared(trees)), &[&arguments], x.shape.clone()).map(Some)
}
