//! A plan: the scales and widths of a quantized graph.
//!
//! A layer's constraints depend on the scales of its accumulators only, since dropping bits in a requantization is
//! free: coarser accumulators, fewer constraints. At given accumulator scales the scale of the layer before trades
//! finer activations for coarser weights, at no cost. Functions take their arguments from a *domain* of few bits, to
//! which the accumulators are rounded first: the size of their table.

use assay_circuits::{Missing, at, at_mut};

use crate::model::{Layer, LayerFunction, Map};
use crate::options::Format;

/// Widest activation, in bits.
pub(crate) const MAX_BITS: u32 = 16;
/// Narrowest activation, in bits.
pub(crate) const MIN_BITS: u32 = 8;
/// Scales and widths of a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub inputs: Vec<Format>,
    pub layers: Vec<LayerPlan>,
}

/// Scales and widths of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LayerPlan {
    /// Scale of the results.
    pub scale: i32,
    /// Width at which results saturate: unsigned bits where results are not negative, signed bits else.
    pub bits: u32,
    /// Scales of the accumulators: one for each run of rows of equal length ([`runs`] of them).
    pub rows: Vec<i32>,
    /// What becomes of the accumulators.
    pub result: LayerResult,
    /// Who chooses scale and width.
    pub format: FormatChoice,
}

/// What becomes of a layer's accumulators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerResult {
    /// They are requantized.
    Requantized,
    /// They are an output as they are.
    Accumulators,
    /// They are sums of elements of one value, at its scale.
    Sums,
    /// They are the scores of an ArgMax.
    Index,
    /// They are rounded to the arguments of a function.
    Function(Domain),
}

/// Format of a function's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    /// Binary scale.
    pub scale: i32,
    /// A table has `2^bits` entries.
    pub bits: u32,
}

/// Who chooses a layer's scale and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatChoice {
    /// The search.
    Free,
    /// The caller, for an output.
    Fixed,
}

impl LayerPlan {
    /// The scale that accumulators are rounded to, if they are.
    pub fn rounded_scale(&self) -> Option<i32> {
        match self.result {
            LayerResult::Requantized => Some(self.scale),
            LayerResult::Function(domain) => Some(domain.scale),
            _ => None,
        }
    }

    /// Whether the search may change scale and width of the results.
    pub fn is_free(&self) -> bool {
        matches!(self.result, LayerResult::Requantized | LayerResult::Function(_))
            && self.format == FormatChoice::Free
    }
}

/// Runs of rows that have a scale of their own: rows of a matrix, filters of a convolution; one where all rows are
/// compared with each other.
pub(crate) fn runs(layer: &Layer) -> usize {
    let is_compared = match layer.map.as_ref() {
        Map::Convolution(_) => false,
        _ => layer.pool.is_some(),
    };
    match layer.function {
        LayerFunction::ArgMax(_) | LayerFunction::Sum => 1,
        _ if is_compared => 1,
        _ => layer.map.channels(),
    }
}

impl Plan {
    /// What it says of a layer.
    pub fn layer(&self, position: usize) -> Result<&LayerPlan, Missing> {
        at("the plan of a layer", &self.layers, position)
    }

    /// As [`Plan::layer`], to be changed.
    pub fn layer_mut(&mut self, position: usize) -> Result<&mut LayerPlan, Missing> {
        at_mut("the plan of a layer", &mut self.layers, position)
    }

    /// Scale of value `source` (inputs first, then layers).
    pub fn source_scale(&self, source: usize) -> Result<i32, Missing> {
        match source.checked_sub(self.inputs.len()) {
            None => Ok(at("the format of an input", &self.inputs, source)?.scale.into()),
            Some(layer) => Ok(self.layer(layer)?.scale),
        }
    }
}
