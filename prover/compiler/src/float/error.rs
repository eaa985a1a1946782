//! Why the float reference engine has no answer.

use crate::import::ImportError;

/// The float reference engine could not run a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloatError {
    /// Import refused the model.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The engine refused the model.
    #[error("the float reference engine cannot load the model: {0}")]
    Load(String),
    /// The engine failed on a sample.
    #[error("the float reference engine failed on a sample: {0}")]
    Run(String),
    /// A sample has another number of elements than the model's inputs.
    #[error("a sample has {found} values, the model takes {expected}")]
    Sample {
        /// Elements of all inputs.
        expected: usize,
        /// Values in the sample.
        found: usize,
    },
    /// The crate was built without its feature `float-engine`.
    #[error("this build has no float reference engine (feature `float-engine`)")]
    Absent,
}
