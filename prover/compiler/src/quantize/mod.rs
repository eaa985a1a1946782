//! Quantization: from a model of real numbers to a graph of integers.
//!
//! Scales are powers of two, one for each tensor (for each row or filter, for accumulators), symmetric around zero. See
//! [`graph`] for the meaning of the graph and `search` for how scales and widths are chosen.

pub(crate) mod bounds;
pub(crate) mod candidate;
pub mod certify;
mod codes;
pub(crate) mod commit;
pub(crate) mod committed;
pub(crate) mod cost;
pub(crate) mod crossing;
mod descent;
mod domain;
mod doubt;
pub(crate) mod encoding;
pub(crate) mod equalize;
pub(crate) mod error;
mod evaluation;
mod fit;
pub mod graph;
pub(crate) mod input;
pub(crate) mod interval;
pub(crate) mod linear;
pub(crate) mod loss;
pub(crate) mod made;
pub mod moved;
mod open;
pub(crate) mod plan;
pub(crate) mod profile;
pub(crate) mod realize;
pub(crate) mod search;
pub(crate) mod spend;
mod steps;
pub(crate) mod tables;
mod uniform;
mod unseen;
pub(crate) mod weights;

pub use error::{Outlier, Place, QuantizeError};
pub use graph::{QuantArgument, QuantGraph, QuantInput, QuantLayer, QuantOutput, Rounding, RunError, Step};
pub use linear::Linear;
