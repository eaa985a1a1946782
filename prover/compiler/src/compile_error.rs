//! Why a model cannot be compiled.

use crate::calibrate::CalibrationError;
use crate::compiled::DecodeError;
use crate::feature::InputError;
use crate::float::FloatError;
use crate::import::ImportError;
use crate::internal::InternalError;
use crate::lower::LowerError;
use crate::options::OptionError;
use crate::progress::Cancelled;
use crate::quantize::QuantizeError;
use crate::quantize::commit::CommitError;
use crate::quantize::error::SearchError;
use crate::report::ReportError;

/// A model cannot be compiled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompileError {
    /// An option makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The ONNX file is not supported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The calibration data does not fit the model.
    #[error("calibration data: {0}")]
    Calibration(#[from] CalibrationError),
    /// Calibration data outside a declared domain.
    #[error("calibration data, row {row}: {error}")]
    Domain {
        /// Row, counted from 1.
        row: usize,
        /// Which value.
        error: InputError,
    },
    /// No scales and widths meet the error bound.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// The graph has no circuit.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// The weights cannot be committed to.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The compiled model asks for more than a file of its length may.
    #[error("no file of this model would be read: {0}")]
    Unreadable(DecodeError),
    /// The float reference engine failed.
    #[error(transparent)]
    Float(#[from] FloatError),
    /// The report found what must not be.
    #[error(transparent)]
    Report(ReportError),
    /// The caller's [`Progress`] ended the compilation.
    #[error("the compilation was cancelled")]
    Cancelled,
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<Cancelled> for CompileError {
    fn from(_: Cancelled) -> Self {
        CompileError::Cancelled
    }
}

impl From<ReportError> for CompileError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Float(error) => error.into(),
            ReportError::Internal(error) => error.into(),
            ReportError::Cancelled(cancelled) => cancelled.into(),
            error @ (ReportError::Disagreement { .. } | ReportError::Run(_)) => CompileError::Report(error),
        }
    }
}

impl From<SearchError> for CompileError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Quantize(error) => error.into(),
            SearchError::Cancelled(cancelled) => cancelled.into(),
        }
    }
}
