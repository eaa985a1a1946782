//! Committed weights: a circuit for all models of an architecture.
//!
//! An *architecture* is a graph with formats in place of weights: shapes, scales, widths, activations. Its circuit takes weights and
//! biases as wires (`assay_circuits::Weights`), and nothing of it depends on their values: two models of one architecture have one
//! circuit, one digest and one key. A commitment to the weights stands beside the key and is registered once.
//!
//! ```text
//! model --commit--> architecture (.assay) + weights (.weights)       other weights for it: `fit`
//!                   architecture --registration--> the circuit that proves that weights are integers of their formats
//! ```
//!
//! What is open in an architecture, so whoever has the `.assay` file knows it: layers and what they read, activations, scales and bits
//! (which say how large weights are, to a factor of three), features with their domains, and that a layer moves elements or adds them.
//! What is hidden: every weight and bias.
//!
//! A layer's map is committed to unless it is a movement or a plain sum of elements. What a model was trained to and is no affine map,
//! such as thresholds of trees, has no wire to stand in: such models are refused, with the layer's name.

mod fit;
mod registration;
mod weights;

pub use crate::quantize::commit::CommitError;
pub use crate::quantize::committed::{Committed, WeightFormat};
pub use fit::{FitError, Fitted, fit, fit_with};
pub use registration::{registration, registration_domain};
pub use weights::{ModelWeights, WeightsError};
