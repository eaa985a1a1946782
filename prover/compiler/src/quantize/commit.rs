//! From the graph that a search found to that of an architecture: formats for its weights, and what holds for all weights of these.

use assay_circuits::{Missing, at};

use super::bounds;
use super::committed::{Committed, MAX_BIAS_BITS, MAX_WEIGHT_BITS, is_movement};
use super::error::PlanError;
use super::graph::{QuantGraph, Step};
use super::interval::Interval;
use super::plan::Plan;
use super::realize::Realized;
use crate::internal::InternalError;
use crate::model::Model;

/// Widest output, in bits.
const MAX_OUTPUT_BITS: u32 = assay_interface::schema::MAX_BITS as u32;

/// A model whose weights cannot be committed to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// An operator that holds numbers of the model.
    #[error(
        "layer '{layer}' ({operator}) holds numbers that the model was trained to and that are no weights of an affine map: they would stand in \
         the circuit for all to see; compile it with fixed weights (--weights fixed)"
    )]
    Operator {
        /// Layer name.
        layer: String,
        /// What it is.
        operator: &'static str,
    },
    /// No affine map with weights.
    #[error(
        "the model has no weights of affine maps, so there is nothing to commit to: compile it with fixed weights (--weights fixed)"
    )]
    None,
    /// Weights that are too wide to be proven.
    #[error(
        "layer '{layer}' has a weight of more than {MAX_WEIGHT_BITS} bits or a bias of more than {MAX_BIAS_BITS}, with room for a retrained model: \
         allow a larger error (--max-error-calibrated), or scale the features to about the same size"
    )]
    Wide {
        /// Layer name.
        layer: String,
    },
    /// A layer that some weights of these formats would overflow.
    #[error(
        "layer '{layer}' has no room for all weights of its formats, whatever they are: allow a larger error (--max-error-calibrated), or compile the \
         model with fixed weights (--weights fixed)"
    )]
    Overflow {
        /// Layer name.
        layer: String,
    },
    /// An output that some weights of these formats would take beyond the widest.
    #[error(
        "output '{output}' would have {bits} bits for some weights of the formats, and a statement holds {MAX_OUTPUT_BITS}: fix its format \
         (--output-format), or allow a larger error (--max-error-calibrated)"
    )]
    Output {
        /// Name of the output.
        output: String,
        /// Bits that it would need.
        bits: u32,
    },
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<Missing> for CommitError {
    fn from(missing: Missing) -> Self {
        InternalError::from(missing).into()
    }
}

/// The graph that a search found, with formats for the weights that the model has, and what holds for all weights of these.
pub(crate) fn commit(model: &Model, plan: &Plan, realized: &Realized) -> Result<Realized, CommitError> {
    let mut graph = realized.graph.clone();
    for (position, (layer, quantized)) in model.layers.iter().zip(&mut graph.layers).enumerate() {
        let name = || quantized.name.clone();
        if let Step::Operator { operator, .. } = &quantized.step
            && operator.holds_parameters()
        {
            return Err(CommitError::Operator { layer: name(), operator: operator.kind() });
        }
        if is_movement(layer) {
            continue;
        }
        let scales = &plan.layer(position)?.rows;
        let committed = Committed::like(&quantized.map, scales)?;
        quantized.committed = Some(committed.ok_or_else(|| CommitError::Wide { layer: name() })?);
    }
    if graph.layers.iter().all(|layer| layer.committed.is_none()) {
        return Err(CommitError::None);
    }
    settle(graph)
}

/// The intervals of a graph whose formats are settled, and the outputs' bits that follow.
fn settle(mut graph: QuantGraph) -> Result<Realized, CommitError> {
    let intervals = bounds::of_graph(&graph).map_err(|(layer, error)| match error {
        PlanError::Infeasible => CommitError::Overflow { layer: layer.name.clone() },
        PlanError::Internal(what) => InternalError(what).into(),
    })?;
    for output in &mut graph.outputs {
        let results = &at("the intervals of an output", &intervals, output.layer)?.results;
        let bits = results.iter().copied().reduce(Interval::union).map_or(1, Interval::signed_bits);
        if bits > MAX_OUTPUT_BITS {
            return Err(CommitError::Output { output: output.name.clone(), bits });
        }
        output.bits = output.bits.max(bits as u8); // at most MAX_OUTPUT_BITS
    }
    Ok(Realized { graph, intervals })
}
