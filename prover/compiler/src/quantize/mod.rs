//! Quantization: from a model of real numbers to a graph of integers.
//!
//! Scales are powers of two, one for each tensor (for each row, for accumulators), symmetric around zero. See
//! [`graph`] for the meaning of the graph and `search` for how scales and widths are chosen.

mod cost;
pub(crate) use cost::is_free_row;
pub(crate) mod encoding;
pub(crate) mod equalize;
pub mod graph;
pub(crate) mod interval;
pub(crate) mod plan;
pub(crate) mod profile;
pub(crate) mod search;

pub use graph::{QuantGraph, QuantInput, QuantLayer, QuantOutput, RunError, Step};

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
}
