//! Errors as Python's exceptions.

use std::error::Error as _;

use assay::{Class, Error};
use assay_compiler::{CompileError, ImportError, Refusal};
use pyo3::prelude::*;

/// The exception of an error of the library.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let class = match error.class() {
        Class::Invalid => "invalid",
        Class::Unreadable => "unreadable",
        Class::Refused => "refused",
        Class::System => "system",
        Class::Cancelled => "cancelled",
        Class::Internal => "internal",
    };
    exception(py, error.code(), class, &message(error), hint(error))
}

/// An exception of `assay`, made by its Python half.
pub fn exception(py: Python<'_>, code: &str, class: &str, message: &str, hint: Option<&str>) -> PyErr {
    let make = || py.import("assay._errors")?.getattr("make")?.call1((code, class, message, hint));
    make().map_or_else(|error| error, PyErr::from_value)
}

/// The message and its causes, each said once: libraries often repeat their source in their own message.
fn message(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = next.source();
    }
    text
}

/// What to do about it, in this module's words.
fn hint(error: &Error) -> Option<&'static str> {
    let refusals = match error {
        Error::Input(_) => {
            return Some(
                "compile with wider data, margin=, domain= or input_format=; Compiled.inputs has the declared domains",
            );
        }
        Error::Compile(cause) => match &**cause {
            CompileError::Import(ImportError::NotOnnx(_) | ImportError::NoGraph) => {
                return Some("give an ONNX file, its bytes, an onnx.ModelProto or a fitted estimator");
            }
            CompileError::Import(ImportError::Refused(refusals)) => refusals,
            CompileError::Calibration(error) => return Error::Samples(error.clone()).hint(),
            CompileError::Domain { .. } => return Some("widen domain=, or remove the row"),
            _ => return None,
        },
        error => return error.hint(),
    };
    let is = |test: fn(&Refusal) -> bool| refusals.iter().any(test);
    if is(|refusal| matches!(refusal, Refusal::Weight { .. })) {
        Some(
            "NaN and infinite numbers have no integer meaning: the training diverged, or the model has a table with gaps",
        )
    } else if is(|refusal| matches!(refusal, Refusal::DynamicDimension { .. })) {
        Some("shape={'time': 24} sets the size of a free dimension; or export with fixed shapes")
    } else if is(|refusal| matches!(refusal, Refusal::UnknownOutput { .. })) {
        Some("output= names what is proven")
    } else if is(|refusal| matches!(refusal, Refusal::ExactOperand { .. })) {
        Some("exact_floats=['INPUT'] names the inputs that only trees read; without it all are rounded")
    } else if is(|refusal| matches!(refusal, Refusal::Operator { .. })) {
        Some(
            "docs/operators.md lists what is supported; output= leaves out what the outputs that you prove do not need",
        )
    } else {
        None
    }
}
