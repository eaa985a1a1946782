//! Why no report was made.

use crate::float::FloatError;
use crate::internal::InternalError;
use crate::progress::Cancelled;
use crate::quantize::RunError;

/// Why no report was made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReportError {
    /// The float reference engine failed.
    #[error(transparent)]
    Float(#[from] FloatError),
    /// The compiler's reading of the model and the float reference engine disagree.
    #[error(
        "output '{output}': this compiler computes {own} and the float reference engine {reference} for calibration \
         row {row}: the model depends on rounding, or one of the two misreads it"
    )]
    Disagreement {
        /// Output.
        output: String,
        /// Row, counted from 1.
        row: usize,
        /// The compiler's value.
        own: f64,
        /// The engine's value.
        reference: f64,
    },
    /// The integer model failed.
    #[error(transparent)]
    Run(Box<RunError>),
    /// The caller ended the compilation.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<RunError> for ReportError {
    fn from(error: RunError) -> Self {
        ReportError::Run(Box::new(error))
    }
}
