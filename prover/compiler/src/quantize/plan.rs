//! A plan: the scales and widths of a quantized graph.
//!
//! A layer's constraints depend on the scales of its accumulators only, since dropping bits in a requantization is
//! free: coarser accumulators, fewer constraints. At given accumulator scales the scale of the layer before trades
//! finer activations for coarser weights, at no cost. Functions take their arguments from a *domain* of few bits, to
//! which the accumulators are rounded first: the size of their table.

use std::sync::Arc;

use assay_circuits::{Missing, at, at_mut};

use crate::model::{Layer, LayerFunction, Map};
use crate::number::MAX_SCALE;
use crate::operators::operator::{Argument, ArgumentFormat, Domain, Takes};

/// Widest activation, in bits.
pub(crate) const MAX_BITS: u32 = 24;
/// Narrowest activation, in bits.
pub(crate) const MIN_BITS: u32 = 8;
/// Scales and widths of a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub inputs: Vec<InputPlan>,
    pub layers: Vec<LayerPlan>,
}

/// Format of an input tensor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InputPlan {
    /// Signed bits of an element.
    pub bits: u32,
    /// Scale of the coarsest elements.
    pub scale: i32,
    /// What each element's scale is above that; empty where all have the same.
    pub finer: Arc<[i32]>,
    /// Who chooses it.
    pub format: FormatChoice,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LayerResult {
    /// They are requantized.
    Requantized,
    /// They are an output as they are.
    Accumulators,
    /// They are sums of elements of one value, at its scale.
    Sums,
    /// They are the arguments of an operator.
    Operator(Vec<ArgumentPlan>),
}

/// An argument of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArgumentPlan {
    /// Runs of rows that it has.
    pub runs: usize,
    /// How it is taken.
    pub taken: Taken,
}

/// How an argument is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// As it is, each row at a scale of its own.
    Exact,
    /// As it is, at scale 0.
    Whole,
    /// As it is, all rows at one scale.
    Common,
    /// Rounded to a domain.
    Rounded(Domain),
}

/// Who chooses scale and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatChoice {
    /// The search.
    Free,
    /// The caller, or the model.
    Fixed,
    /// They follow from the arguments of an operator.
    Follows,
}

impl LayerPlan {
    /// For each run of rows, the coarsest scale that it may have; `None` where it may not be changed.
    pub fn floors(&self) -> Vec<Option<i32>> {
        match &self.result {
            LayerResult::Requantized => vec![Some(self.scale); self.rows.len()],
            LayerResult::Accumulators | LayerResult::Sums => vec![None; self.rows.len()],
            LayerResult::Operator(arguments) => {
                let floor = |argument: &ArgumentPlan| match argument.taken {
                    Taken::Exact | Taken::Whole => None,
                    Taken::Common => Some(-MAX_SCALE),
                    Taken::Rounded(domain) => Some(domain.scale),
                };
                arguments.iter().flat_map(|a| std::iter::repeat_n(floor(a), a.runs)).collect()
            }
        }
    }

    /// For each run of rows, the scale that it is rounded to, if it is.
    pub fn targets(&self) -> Vec<Option<i32>> {
        match &self.result {
            LayerResult::Operator(arguments) => {
                let target = |argument: &ArgumentPlan| match argument.taken {
                    Taken::Rounded(domain) => Some(domain.scale),
                    _ => None,
                };
                arguments.iter().flat_map(|a| std::iter::repeat_n(target(a), a.runs)).collect()
            }
            _ => self.floors(),
        }
    }

    /// The formats of an operator's arguments.
    pub fn formats(&self) -> Vec<ArgumentFormat> {
        let LayerResult::Operator(arguments) = &self.result else { return Vec::new() };
        let mut rows = self.rows.iter().copied();
        let mut format = |argument: &ArgumentPlan| {
            let rows: Vec<i32> = rows.by_ref().take(argument.runs).collect();
            match argument.taken {
                Taken::Exact | Taken::Whole => ArgumentFormat::Exact(rows),
                Taken::Common => ArgumentFormat::Common(rows.first().copied().unwrap_or(0)),
                Taken::Rounded(domain) => ArgumentFormat::Rounded(domain),
            }
        };
        arguments.iter().map(&mut format).collect()
    }

    /// Whether the search may change scale and width of the results.
    pub fn is_free(&self) -> bool {
        let is_rounded = matches!(self.result, LayerResult::Requantized | LayerResult::Operator(_));
        is_rounded && self.format == FormatChoice::Free
    }
}

/// Runs of rows that have a scale of their own: rows of a matrix, filters of a convolution; one where all rows are
/// compared with each other.
pub(crate) fn runs(layer: &Layer) -> usize {
    let is_compared = match layer.map.as_ref() {
        Map::Convolution(_) => false,
        _ => layer.pool.is_some(),
    };
    match &layer.function {
        LayerFunction::Sum => 1,
        LayerFunction::Operator(operator) => match operator.arguments().as_slice() {
            [Argument { takes: Takes::Common, .. }] => 1,
            [_] => layer.map.channels(),
            // Arguments begin anywhere: each row on its own.
            _ => layer.map.rows(),
        },
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

    /// Scale of value `source` (inputs first, then layers); of an input whose elements differ, that of the coarsest.
    pub fn source_scale(&self, source: usize) -> Result<i32, Missing> {
        match source.checked_sub(self.inputs.len()) {
            None => Ok(at("the format of an input", &self.inputs, source)?.scale),
            Some(layer) => Ok(self.layer(layer)?.scale),
        }
    }

    /// Scale of an element of value `source`.
    pub fn element_scale(&self, source: usize, element: usize) -> Result<i32, Missing> {
        let finer = self.inputs.get(source).and_then(|input| input.finer.get(element));
        Ok(self.source_scale(source)? + finer.copied().unwrap_or(0))
    }
}
