//! Why an input is not explained.

use crate::calibrate::CalibrationError;
use crate::check::Difference;
use crate::feature::InputError;
use crate::import::ImportError;
use crate::internal::InternalError;
use crate::quantize::RunError;
use crate::quantize::error::PlanError;

/// An input cannot be explained.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// Another ONNX file, or other calibration data.
    #[error(transparent)]
    Differs(#[from] Difference),
    /// The integers are not those of the float model's weights without what the calibration data says.
    #[error(
        "what values of this model's layers were scaled by depends on the calibration data, which was not given"
    )]
    NeedsCalibration,
    /// The same file gives other layers.
    #[error(
        "this version of the compiler makes other layers of the ONNX file than the one that compiled the model, version {0}"
    )]
    Layers(String),
    /// The ONNX file is not read as it was.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The calibration data does not fit the model.
    #[error("calibration data: {0}")]
    Table(#[from] CalibrationError),
    /// The model does not take the sample.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The integers do not fit.
    #[error(transparent)]
    Run(Box<RunError>),
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<RunError> for ExplainError {
    fn from(error: RunError) -> Self {
        ExplainError::Run(Box::new(error))
    }
}

impl From<PlanError> for ExplainError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Internal(what) => InternalError(what).into(),
            PlanError::Infeasible => InternalError("a graph that was feasible").into(),
        }
    }
}
