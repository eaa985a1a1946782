//! Quantization: from a model of real numbers to a graph of integers.
//!
//! Scales are powers of two, one for each tensor (for each row or filter, for accumulators), symmetric around zero. See
//! [`graph`] for the meaning of the graph and `search` for how scales and widths are chosen.

mod cost;
pub(crate) use cost::{by_shift, is_free, of_graph as size, pools_first};
mod descent;
pub(crate) mod encoding;
pub(crate) mod equalize;
pub mod graph;
pub(crate) mod interval;
mod linear;
pub(crate) mod plan;
pub(crate) mod profile;
pub(crate) mod search;
pub(crate) mod steps;

pub use graph::{QuantGraph, QuantInput, QuantLayer, QuantOutput, Rounding, RunError, Step};
pub use linear::Linear;

/// No quantized graph meets the demands.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QuantizeError {
    /// The error bound is below what the widest formats achieve.
    #[error(
        "max error {max_error} cannot be met: with {bits}-bit weights and activations the error is {achieved:.6}; \
         allow a larger error, scale features to similar ranges, or choose a finer input or output format"
    )]
    Unreachable {
        /// Error asked for.
        max_error: f64,
        /// Smallest error found.
        achieved: f64,
        /// Width of weights and activations at which it was found, at most.
        bits: u32,
    },
    /// Accumulators or outputs are too wide even at the narrowest formats.
    #[error(
        "even with {bits}-bit weights and activations an accumulator leaves 60 bits or an output 32 bits: \
         the model's weights span too many orders of magnitude"
    )]
    TooWide {
        /// Narrowest width tried.
        bits: u32,
    },
    /// A function whose arguments reach a pole, or leave its domain, over the calibration data.
    #[error("layer '{layer}': {function} is applied to values from {lo} to {hi}, and needs positive ones")]
    Pole {
        /// Layer name.
        layer: String,
        /// The function.
        function: &'static str,
        /// Smallest argument over the calibration data.
        lo: f64,
        /// Largest argument over the calibration data.
        hi: f64,
    },
}
