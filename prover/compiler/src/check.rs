//! Compiling a model again, to see that a file is what it is said to be.
//!
//! A compilation depends on the ONNX file, the calibration data and the options only. A `.assay` file names the first two
//! by digest and holds the third, so that whoever has the two can compile again and compare: what a proof proves is then
//! known to be that ONNX file's model, and not only some circuit.

use crate::calibrate::Table;
use crate::compile::compile_with;
use crate::compile_error::CompileError;
use crate::compiled::{CompiledModel, DecodeError};
use crate::options::Options;
use crate::progress::{Progress, Unobserved};
use crate::quantize::committed::wires::without_values;
use crate::source::Source;

/// What differs between a compiled model and what its sources give.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// Another version of the compiler made the file: it may choose other scales and widths.
    #[error("the file was made by version {file} of the compiler, this is {here}")]
    Version {
        /// Version that the file names.
        file: String,
        /// Version of this compiler.
        here: String,
    },
    /// Another ONNX file, or other weights beside it: see [`Source::digest`].
    #[error("the ONNX file has digest {}, the model was compiled from {}", hex(.given), hex(.file))]
    Onnx {
        /// Digest that the file names.
        file: [u8; 32],
        /// Digest of what was given.
        given: [u8; 32],
    },
    /// Other calibration data.
    #[error("the calibration data has digest {}, the model was compiled with {}", hex(.given), hex(.file))]
    Calibration {
        /// Digest that the file names.
        file: [u8; 32],
        /// Digest of what was given.
        given: [u8; 32],
    },
    /// Options that are not those that were expected.
    #[error("compiled with other options: {}", .names.join(", "))]
    Options {
        /// Which ones.
        names: Vec<&'static str>,
    },
    /// Other tensors: names, shapes, formats or visibilities.
    #[error("the schema differs")]
    Schema,
    /// Other names or domains of features.
    #[error("the features' names or domains differ")]
    Features,
    /// Other names of classes: nothing else that is compared or proven says which class a label is.
    #[error("the names of classes differ")]
    Classes,
    /// The same circuit with another claim about the outputs' decisions: no proof speaks of it, so nothing else shows that it was changed.
    #[error("what is claimed of the decisions differs: {}", .outputs.join(", "))]
    Decisions {
        /// The outputs.
        outputs: Vec<String>,
    },
    /// Another circuit: proofs of the two are proofs of different statements.
    #[error("the circuit digest is {}, compiling again gives {}", hex(.file), hex(.rebuilt))]
    Circuit {
        /// Digest of the file's circuit.
        file: [u8; 32],
        /// Digest of the circuit that the sources give.
        rebuilt: [u8; 32],
    },
    /// The same circuit of another integer model.
    #[error("the integer model differs, with the same circuit")]
    Graph,
    /// The sources do not compile.
    #[error("compiling again fails: {0}")]
    Rebuild(Box<CompileError>),
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckOutcome {
    /// Everything that differs.
    pub differences: Vec<Difference>,
    /// Digest of the file's circuit.
    pub circuit_digest: [u8; 32],
    /// The options that the file names, with which the model was compiled again.
    pub options: Options,
}

impl CheckOutcome {
    /// Whether the sources give the file: nothing differs, or nothing but the compiler's version.
    pub fn is_reproduced(&self) -> bool {
        self.differences.iter().all(|difference| matches!(difference, Difference::Version { .. }))
    }
}

/// A check came to no end.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// The bytes are no compiled model.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The caller's [`Progress`] ended it.
    #[error("the check was cancelled")]
    Cancelled,
}

/// Compiles `source` with `calibration` and the options that a `.assay` file names, and compares the result with the file.
/// `expected` are options that the file should have been compiled with, if the caller knows.
///
/// # Errors
/// [`CheckError::Decode`] if the bytes are no compiled model. Whatever differs is no error but the outcome.
pub fn check<'a>(
    compiled: &[u8],
    source: impl Into<Source<'a>>,
    calibration: &Table,
    expected: Option<&Options>,
) -> Result<CheckOutcome, CheckError> {
    check_with(compiled, source, calibration, expected, &mut Unobserved)
}

/// As [`check`], telling `progress` how far it is.
///
/// # Errors
/// As [`check`], and [`CheckError::Cancelled`] where `progress` ends it.
pub fn check_with<'a>(
    compiled: &[u8],
    source: impl Into<Source<'a>>,
    calibration: &Table,
    expected: Option<&Options>,
    progress: &mut dyn Progress,
) -> Result<CheckOutcome, CheckError> {
    let file = CompiledModel::from_bytes(compiled)?;
    let options = file.provenance.options.clone();
    let circuit_digest = file.circuit.digest();
    let mut differences = Vec::new();
    if let Some(names) = expected.map(|expected| expected.differences(&options)).filter(|n| !n.is_empty()) {
        differences.push(Difference::Options { names });
    }
    let source = source.into();
    let given = source.digest();
    if given != file.source_digest {
        differences.push(Difference::Onnx { file: file.source_digest, given });
    }
    match compile_with(source, calibration, &options, progress) {
        Ok((rebuilt, _)) => compare(&file, &rebuilt, &mut differences),
        Err(CompileError::Cancelled) => return Err(CheckError::Cancelled),
        Err(error) => differences.push(Difference::Rebuild(Box::new(error))),
    }
    Ok(CheckOutcome { differences, circuit_digest, options })
}

fn compare(file: &CompiledModel, rebuilt: &CompiledModel, differences: &mut Vec<Difference>) {
    let (was, is) = (&file.provenance, &rebuilt.provenance);
    if was.compiler != is.compiler {
        let (file, here) = (was.compiler.clone(), is.compiler.clone());
        differences.push(Difference::Version { file, here });
    }
    if was.calibration_digest != is.calibration_digest {
        let (file, given) = (was.calibration_digest, is.calibration_digest);
        differences.push(Difference::Calibration { file, given });
    }
    if file.schema != rebuilt.schema {
        differences.push(Difference::Schema);
    }
    if file.features != rebuilt.features {
        differences.push(Difference::Features);
    }
    if file.classes != rebuilt.classes {
        differences.push(Difference::Classes);
    }
    let (ours, theirs) = (file.circuit.digest(), rebuilt.circuit.digest());
    if ours != theirs {
        differences.push(Difference::Circuit { file: ours, rebuilt: theirs });
        // What else there is to say of it is another circuit's.
        return;
    }
    // A file of an architecture holds neither weights nor what is claimed of decisions that they make.
    if file.graph != without_values(&rebuilt.graph) {
        differences.push(Difference::Graph);
    }
    if file.is_committed() {
        return;
    }
    let claims = file.schema.outputs().iter().zip(file.decisions.iter().zip(&rebuilt.decisions));
    let outputs: Vec<String> =
        claims.filter(|(_, (was, is))| was != is).map(|(tensor, _)| tensor.name.clone()).collect();
    if !outputs.is_empty() {
        differences.push(Difference::Decisions { outputs });
    }
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
