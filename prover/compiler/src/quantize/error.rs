//! Why no quantized graph was found.

use assay_circuits::{BuildError, Missing};

use crate::internal::InternalError;
use crate::progress::Cancelled;

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
    /// The error bound is met, and more decisions differ than may.
    #[error(
        "{achieved} decisions over the calibration data differ from the float model's even with {bits}-bit weights and \
         activations, and at most {max_flips} may: allow as many flips, move the threshold away from where samples lie, \
         or choose a finer input or output format"
    )]
    Flips {
        /// Decisions that may differ.
        max_flips: usize,
        /// Fewest that do, where the error bound is met.
        achieved: usize,
        /// Width of weights and activations, at most.
        bits: u32,
    },
    /// The error bound is met, and more labels differ than may where nothing is said about them.
    #[error(
        "{achieved} of {total} decisions differ from the float model's even with {bits}-bit weights and activations, and one in 1,000, \
         {most}, was aimed at"
    )]
    Labels {
        /// Decisions that may differ.
        most: usize,
        /// Fewest that do, where the error bound is met.
        achieved: usize,
        /// Decisions of all samples.
        total: usize,
        /// Width of weights and activations, at most.
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
    /// A function that is not defined for all of its arguments over the calibration data.
    #[error("layer '{layer}': {function} is applied to values from {lo} to {hi}, and needs {needed}")]
    Undefined {
        /// Layer name.
        layer: String,
        /// The function.
        function: &'static str,
        /// What arguments it needs.
        needed: &'static str,
        /// Smallest argument over the calibration data.
        lo: f64,
        /// Largest argument over the calibration data.
        hi: f64,
    },
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl QuantizeError {
    /// What was found in place of what was demanded, without a remedy.
    pub(crate) fn shortly(&self) -> String {
        match self {
            QuantizeError::Unreachable { achieved, .. } => format!("with them the error is {achieved:.6}"),
            QuantizeError::Flips { achieved, .. } | QuantizeError::Labels { achieved, .. } => {
                format!("with them {achieved} decisions differ")
            }
            QuantizeError::TooWide { .. } => "with them numbers become too large".into(),
            undefined @ (QuantizeError::Undefined { .. } | QuantizeError::Internal(_)) => {
                undefined.to_string()
            }
        }
    }

    /// Whether it is the model's fault, or the compiler's, and no other demand or sample would mend it.
    pub(crate) fn is_of_model(&self) -> bool {
        match self {
            QuantizeError::Undefined { .. } | QuantizeError::Internal(_) => true,
            QuantizeError::Unreachable { .. }
            | QuantizeError::Flips { .. }
            | QuantizeError::Labels { .. }
            | QuantizeError::TooWide { .. } => false,
        }
    }
}

/// The search ended without a graph.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum SearchError {
    /// There is none.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// The caller ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<InternalError> for SearchError {
    fn from(error: InternalError) -> Self {
        QuantizeError::from(error).into()
    }
}

impl From<Missing> for SearchError {
    fn from(missing: Missing) -> Self {
        InternalError::from(missing).into()
    }
}

/// A plan has no graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// A weight, an accumulator or an output would be too wide, or a function has no table: other scales may do.
    Infeasible,
    /// A bug in the compiler, which no other plan mends.
    Internal(&'static str),
}

impl PlanError {
    /// What a plan gives, if it is feasible.
    pub fn feasible<T>(result: Result<T, PlanError>) -> Result<Option<T>, InternalError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(PlanError::Infeasible) => Ok(None),
            Err(PlanError::Internal(what)) => Err(InternalError(what)),
        }
    }
}

impl From<InternalError> for PlanError {
    fn from(InternalError(what): InternalError) -> Self {
        PlanError::Internal(what)
    }
}

impl From<Missing> for PlanError {
    fn from(missing: Missing) -> Self {
        PlanError::Internal(missing.what)
    }
}

/// Evaluating a layer fails where a plan's numbers are too large for it; that lengths differ is no plan's fault.
impl From<BuildError> for PlanError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Internal(missing) => missing.into(),
            BuildError::Length { what, .. } => PlanError::Internal(what),
            _ => PlanError::Infeasible,
        }
    }
}

/// What only a feasible plan has.
pub(crate) trait Feasible<T> {
    /// The value, or [`PlanError::Infeasible`].
    fn feasible(self) -> Result<T, PlanError>;
}

impl<T> Feasible<T> for Option<T> {
    fn feasible(self) -> Result<T, PlanError> {
        self.ok_or(PlanError::Infeasible)
    }
}
