//! ONNX models into quantized graphs and circuits.
//!
//! ```text
//! model file -> Model -> QuantGraph -> Circuit
//!     import      quantize      lower
//! ```
//!
//! [`compile`] does all of it. A [`Model`](model::Model) is what import makes of an ONNX file: affine maps of real
//! numbers with an operator behind each. Calibration data decides scales and widths; the result is a
//! [`QuantGraph`], integers only, whose every operator means what `assay_circuits::layers` says; and a circuit that
//! equals it bit for bit. The same inputs give the same bytes on every machine.
//!
//! ```no_run
//! use assay_compiler::{Format, Options, Table, compile};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let onnx = std::fs::read("model.onnx")?;
//! let calibration = Table::from_csv(&std::fs::read("calibration.csv")?)?;
//! let options = Options { max_error: 0.05, input_format: Some(Format { bits: 15, scale: 12 }), ..Options::default() };
//! let (model, report) = compile(&onnx, &calibration, &options)?;
//! println!("{}", report.text(80));
//!
//! let sample = &model.arrange(&calibration)?.rows[0];
//! let outputs = model.run_reference(&model.quantize_inputs(sample)?)?;
//! println!("{:?}", model.dequantize_outputs(&outputs));
//! std::fs::write("model.assay", model.to_bytes())?;
//! # Ok(())
//! # }
//! ```
//!
//! What is assumed: `max_error` holds on the calibration data; other data of the domain can be further off. The report says how far at most, where
//! it has a certificate ([`report::CertifiedReport`]), and how far a search found it.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod budget;
#[cfg(test)]
mod budgets;
mod bytes;
pub mod calibrate;
mod check;
pub mod committed;
mod compile;
mod compile_error;
mod compiled;
pub mod compute_units;
pub mod crossings;
pub mod decision;
mod elementary;
mod explain;
mod feature;
mod features;
mod file_inputs;
pub mod float;
pub mod import;
mod internal;
mod lower;
mod measured;
pub mod model;
mod named;
mod number;
pub mod onnx;
pub mod operators;
mod options;
mod progress;
mod provenance;
pub mod quantize;
mod random;
pub mod registration;
mod remedy;
pub mod report;
mod source;
pub mod strategy;
pub mod synthetic;
mod trace;
pub mod warning;

pub use budget::OverBudget;
pub use bytes::ReadError;
pub use calibrate::{Arranged, CalibrationError, Table};
pub use check::{CheckError, CheckOutcome, Difference, check, check_with};
pub use committed::{CommitError, FitError, Fitted, ModelWeights, WeightsError};
pub use compile::{compile, compile_with};
pub use compile_error::CompileError;
pub use compiled::{CompiledModel, DecodeError};
pub use explain::{
    Causes, Clamped, Compared, Differences, ExplainError, Explainer, Explanation, LayerExplanation,
    OutputExplanation,
};
pub use feature::{Feature, InputError};
pub use import::{ImportError, Refusal};
pub use internal::InternalError;
pub use lower::LowerError;
pub use options::{ExactFloats, Format, MemberInput, OptionError, Options, Strategy, Weights, Widths};
pub use progress::{Cancelled, Progress, Stage, Unobserved};
pub use provenance::{Provenance, calibration_digest};
pub use quantize::{QuantGraph, QuantizeError, RunError};
pub use report::{Report, ReportError};
pub use source::{OnnxFile, Source};
pub use trace::LayerTrace;
pub use warning::Warning;
