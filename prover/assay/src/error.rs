//! Everything that can go wrong, each with a code that stays.

mod conversions;

use std::{
    io,
    path::{Path, PathBuf},
};

use assay_circuits::{SolveError, Violation};
use assay_compiler::{
    CalibrationError, CompileError, DecodeError as ModelFileError, Difference, ExplainError, FitError,
    InputError, RunError,
};
use assay_groth16::{
    Cancelled, KeyOpenError, KeyReadError, MemoryError, ProveError, RecordError, SetupError, VerifyError,
};
use assay_interface::{proof_file::ProofFileError, statement::StatementError};

use crate::{
    causes::{CommitmentError, MembershipError, SaltsError, WeightsFileError, WitnessFileError},
    context::{Context, ContextError},
    hex,
    tensor::{DecodeError, InputDifference},
};

/// Why something was not done. [`Error::code`] is for programs, the text for people, [`Error::hint`] for what to do.
///
/// | Code | Class | Meaning |
/// |---|---|---|
/// | `io` | unreadable | a file cannot be read |
/// | `file-too-large` | unreadable | a file has more bytes than any of its kind |
/// | `model-file` | unreadable | bytes are not a compiled model |
/// | `key-file` | unreadable | bytes are not a key, or one that nobody should trust |
/// | `proof-file` | unreadable | bytes are not a proof file |
/// | `witness-file` | unreadable | bytes are not a witness file, or it names another circuit |
/// | `weights-file` | unreadable | bytes are not the weights of this architecture |
/// | `setup-record` | unreadable | bytes are not a setup record, or it is of another circuit or key |
/// | `samples` | unreadable | bytes are not samples, or not ones of this model |
/// | `salts` | unreadable | bytes are not the salts of this model's committed inputs |
/// | `membership` | unreadable | bytes are not a membership |
/// | `member` | refused | a membership is missing, is not asked for, or is in a tree of another depth |
/// | `context` | refused | a text is not a context |
/// | `compile` | refused | the model cannot be compiled |
/// | `weights` | refused | weights are missing, not asked for, or do not fit the architecture |
/// | `input` | refused | a value is outside its domain, or the row has another length |
/// | `integers` | refused | integers do not fit the model's tensors |
/// | `salt-count` | refused | another number of salts than committed inputs |
/// | `other-source` | refused | a model was not compiled from this ONNX file, with this data or by this version |
/// | `other-model` | refused | inputs or a witness of another model |
/// | `wrong-circuit` | refused | a key names another circuit, or is of another form |
/// | `other-key` | refused | a key is not the one that was recomputed |
/// | `not-recomputed` | refused | a key's circuit is only claimed, where more was asked for |
/// | `setup` | refused | the circuit has no keys |
/// | `prove` | refused | the key does not fit the circuit, or the witness does not |
/// | `memory` | system | there is less memory than is needed |
/// | `randomness` | system | the system has no random numbers |
/// | `cancelled` | cancelled | the caller's callback ended the work |
/// | `invalid-proof` | invalid | the proof is none of this statement under this key |
/// | `invalid-witness` | invalid | a witness breaks a constraint |
/// | `invalid-commitment` | invalid | a commitment to weights is none, or not one to these |
/// | `proof-key` | invalid | the proof names another key |
/// | `other-statement` | invalid | the statement is of another model, or its limbs are no packing |
/// | `other-context` | invalid | the statement was made for another use |
/// | `other-input` | invalid | the statement is about another input |
/// | `internal` | internal | a check of this library on itself failed: a damaged key, a damaged machine, or a bug |
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file is larger than any of its kind.
    #[error("{} has more than {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Most bytes.
        limit: u64,
    },
    /// Bytes are not a compiled model.
    #[error(transparent)]
    ModelFile(Box<ModelFileError>),
    /// Bytes are not a key.
    #[error(transparent)]
    KeyFile(KeyReadError),
    /// Bytes are not a proof file.
    #[error(transparent)]
    ProofFile(#[from] ProofFileError),
    /// Bytes are not a witness file of the model.
    #[error(transparent)]
    WitnessFile(#[from] WitnessFileError),
    /// Bytes are not a setup record, or it is of another circuit or key.
    #[error(transparent)]
    Record(RecordError),
    /// Bytes are not samples, or not of this model.
    #[error(transparent)]
    Samples(#[from] CalibrationError),
    /// Bytes are not salts.
    #[error(transparent)]
    Salts(#[from] SaltsError),
    /// Bytes are not a membership, or it is none of the model's.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// A text is not a context.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The model cannot be compiled.
    #[error(transparent)]
    Compile(Box<CompileError>),
    /// Bytes are not weights of this architecture.
    #[error(transparent)]
    WeightsFile(#[from] WeightsFileError),
    /// No commitment to weights, or not this one.
    #[error(transparent)]
    Commitment(#[from] CommitmentError),
    /// A model that does not fit an architecture.
    #[error(transparent)]
    Fit(Box<FitError>),
    /// A model without its weights.
    #[error(
        "model {model:?} is an architecture, whose weights are in a file of their own, and they were not given"
    )]
    NeedsWeights {
        /// Name of the model.
        model: String,
    },
    /// Weights for a model that holds its own.
    #[error("model {model:?} has fixed weights, which stand in its circuit: there is nothing to commit to")]
    FixedWeights {
        /// Name of the model.
        model: String,
    },
    /// The model was not compiled from this, or not by this version.
    #[error(transparent)]
    Source(Box<ExplainError>),
    /// Real values that the model does not take.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Integers that the model does not take.
    #[error(transparent)]
    Integers(Box<RunError>),
    /// Another number of tensors than the model has inputs.
    #[error("the model has {expected} input tensors, {found} were given")]
    TensorCount {
        /// Input tensors.
        expected: usize,
        /// Lists given.
        found: usize,
    },
    /// Another number of integers than a tensor has elements.
    #[error("input {tensor:?} has {expected} elements, {found} were given")]
    TensorLength {
        /// The tensor.
        tensor: String,
        /// Its elements.
        expected: usize,
        /// Integers given.
        found: usize,
    },
    /// An integer outside its tensor's bits.
    #[error("input {tensor:?}, element {index}: {value} is not a signed integer of {bits} bits")]
    TensorRange {
        /// The tensor.
        tensor: String,
        /// Position of the element.
        index: usize,
        /// The integer.
        value: i64,
        /// Bits of the tensor.
        bits: u8,
    },
    /// An integer that stands for no float32 number, where a tensor's do.
    #[error("input {element}: the integer {value} stands for no float32 number")]
    NoNumber {
        /// The tensor and the position, such as `x[2]`.
        element: String,
        /// The integer.
        value: i64,
    },
    /// Another number of salts than committed inputs.
    #[error("the model commits to {expected} inputs, one salt each; {found} salts were given")]
    SaltCount {
        /// Committed inputs.
        expected: usize,
        /// Salts given.
        found: usize,
    },
    /// Something of another model.
    #[error("this is of model {found:?}, and {expected:?} was asked: the two have different circuits")]
    OtherModel {
        /// The model that was asked.
        expected: String,
        /// The model that it is of.
        found: String,
    },
    /// A key that names another circuit.
    #[error("the key is for circuit {}, and model {model:?} has circuit {}", hex::short(.key), hex::short(.circuit))]
    WrongCircuit {
        /// Circuit digest in the key.
        key: [u8; 32],
        /// Name of the model.
        model: String,
        /// Circuit digest of the model.
        circuit: [u8; 32],
    },
    /// A key that names the model's circuit and cannot be its key: the one has a commitment and the other has none.
    #[error(
        "the key names the circuit of model {model:?} and is of another form: the digest in it was changed"
    )]
    KeyForm {
        /// Name of the model.
        model: String,
    },
    /// A key that is not the recomputed one.
    #[error(
        "the {what} is not the one that the model and the setup record give: it is another circuit's, or was altered"
    )]
    OtherKey {
        /// `verifying key` or `proving key`.
        what: &'static str,
    },
    /// The key's circuit is what its file claims.
    #[error("that the key is of this circuit is claimed by its file and was not checked")]
    NotRecomputed,
    /// The circuit has no keys.
    #[error(transparent)]
    Setup(SetupError),
    /// No proof can be made.
    #[error(transparent)]
    Prove(ProveError),
    /// Less memory than is needed.
    #[error("this {0}")]
    Memory(MemoryError),
    /// The system has no random numbers.
    #[error("the system has no random numbers: {0}")]
    Randomness(rand::Error),
    /// The caller's callback ended the work.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The proof is none of the statement under the key.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A witness from outside that breaks a constraint.
    #[error("the witness is not one of this circuit: {0}")]
    Witness(Violation),
    /// The proof names another key.
    #[error("the proof was made for key {}, and this is key {}", hex::short(.proof), hex::short(.key))]
    ProofKey {
        /// Key digest in the proof file.
        proof: [u8; 32],
        /// Digest of the key.
        key: [u8; 32],
    },
    /// The statement is none of the model's.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The statement was made for another use.
    #[error("the statement has context {found}, not {expected}")]
    OtherContext {
        /// The context asked for.
        expected: Context,
        /// The statement's.
        found: Context,
    },
    /// The statement is about another input.
    #[error("the statement is about another input: {0}")]
    OtherInput(InputDifference),
    /// The solver failed on inputs that fit the model.
    #[error("the circuit cannot be solved: {0}")]
    Solve(#[from] SolveError),
    /// Values that fit the model make no statement.
    #[error("no statement can be made: {0}")]
    Statement(#[from] StatementError),
    /// A witness that the solver gave breaks a constraint.
    #[error("the witness is not valid: {0}")]
    Unsatisfied(Violation),
    /// A fresh proof does not verify.
    #[error("the fresh proof does not verify: {0}")]
    SelfCheck(VerifyError),
    /// Another check of this library on itself.
    #[error("{0}")]
    Internal(&'static str),
}

/// What an error means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The question was answered: the proof, statement or witness is not valid.
    Invalid,
    /// Bytes could not be read as what they should be.
    Unreadable,
    /// What was asked for makes no sense, or its parts do not belong together.
    Refused,
    /// The machine lacks something.
    System,
    /// The caller ended it.
    Cancelled,
    /// This library failed a check on itself.
    Internal,
}

impl Error {
    /// The stable code: see the table of [`Error`].
    pub fn code(&self) -> &'static str {
        self.row().0
    }

    /// What the error means for whoever asked.
    pub fn class(&self) -> Class {
        self.row().1
    }

    fn row(&self) -> (&'static str, Class) {
        use Class::{Internal, Invalid, Refused, System, Unreadable};
        match self {
            Error::Io { .. } => ("io", Unreadable),
            Error::TooLarge { .. } => ("file-too-large", Unreadable),
            Error::ModelFile(_) => ("model-file", Unreadable),
            Error::KeyFile(_) => ("key-file", Unreadable),
            Error::ProofFile(_) => ("proof-file", Unreadable),
            Error::WitnessFile(_) => ("witness-file", Unreadable),
            Error::Record(_) => ("setup-record", Unreadable),
            Error::Samples(_) => ("samples", Unreadable),
            Error::Salts(_) => ("salts", Unreadable),
            Error::Membership(error) => match error {
                MembershipError::Json(_)
                | MembershipError::Missing(_)
                | MembershipError::Malformed(..)
                | MembershipError::Unknown(_) => ("membership", Unreadable),
                MembershipError::Unwanted(_)
                | MembershipError::Needed { .. }
                | MembershipError::PathLength { .. }
                | MembershipError::Position { .. } => ("member", Refused),
            },
            Error::Context(_) => ("context", Refused),
            Error::Compile(_) => ("compile", Refused),
            Error::WeightsFile(_) => ("weights-file", Unreadable),
            Error::Fit(_) | Error::NeedsWeights { .. } | Error::FixedWeights { .. } => ("weights", Refused),
            Error::Source(_) => ("other-source", Refused),
            Error::Input(_) => ("input", Refused),
            Error::Integers(_)
            | Error::TensorCount { .. }
            | Error::TensorLength { .. }
            | Error::TensorRange { .. }
            | Error::NoNumber { .. } => ("integers", Refused),
            Error::SaltCount { .. } => ("salt-count", Refused),
            Error::OtherModel { .. } => ("other-model", Refused),
            Error::WrongCircuit { .. } | Error::KeyForm { .. } => ("wrong-circuit", Refused),
            Error::OtherKey { .. } => ("other-key", Refused),
            Error::NotRecomputed => ("not-recomputed", Refused),
            Error::Setup(_) => ("setup", Refused),
            Error::Prove(_) => ("prove", Refused),
            Error::Memory(_) => ("memory", System),
            Error::Randomness(_) => ("randomness", System),
            Error::Cancelled(_) => ("cancelled", Class::Cancelled),
            Error::Verify(_) => ("invalid-proof", Invalid),
            Error::Commitment(error) => match error {
                CommitmentError::Artifact(_) | CommitmentError::Truncated => ("weights-file", Unreadable),
                CommitmentError::Keys(_) | CommitmentError::Make(_) => ("weights", Refused),
                _ => ("invalid-commitment", Invalid),
            },
            Error::Witness(_) => ("invalid-witness", Invalid),
            Error::ProofKey { .. } => ("proof-key", Invalid),
            Error::Decode(_) => ("other-statement", Invalid),
            Error::OtherContext { .. } => ("other-context", Invalid),
            Error::OtherInput(_) => ("other-input", Invalid),
            Error::Solve(_)
            | Error::Statement(_)
            | Error::Unsatisfied(_)
            | Error::SelfCheck(_)
            | Error::Internal(_) => ("internal", Internal),
        }
    }

    /// What to do about it, where there is something to say.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Error::Samples(error) => return samples_hint(error),
            Error::Input(InputError::OutsideDomain { .. }) => {
                "the domain was declared when the model was compiled: compile it with a wider one, or with wider samples"
            }
            Error::Source(error) => match error.as_ref() {
                ExplainError::Differs(Difference::Onnx { .. }) => {
                    "give the ONNX file that the model was compiled from, or compile it again from this one"
                }
                ExplainError::Differs(Difference::Calibration { .. }) | ExplainError::NeedsCalibration => {
                    "give the calibration data that the model was compiled with"
                }
                _ => "compile the model again with this version",
            },
            Error::WrongCircuit { .. } | Error::Prove(ProveError::WrongCircuit { .. }) => {
                "a key fits the one model that it was made for: make keys for this one"
            }
            Error::NeedsWeights { .. } => {
                "give the weights file as well (--weights): `assay compile --weights committed` writes it, and `assay weights fit`"
            }
            Error::FixedWeights { .. } => {
                "compile the model with --weights committed: its circuit is then that of all models of the architecture"
            }
            Error::KeyForm { .. } | Error::OtherKey { .. } => {
                "do not trust this key: ask who made it for another"
            }
            Error::NotRecomputed => {
                "a setup record shows which circuit a development key is of; without it, whose key it is, you must know"
            }
            Error::Membership(MembershipError::PathLength { .. }) => {
                "the path is of the tree that the model was compiled for: its depth is the model's"
            }
            Error::SaltCount { .. } => "the salts are those that the proof was made with",
            Error::Randomness(_) => "/dev/urandom or getrandom is missing: see the sandbox that this runs in",
            Error::Unsatisfied(_) | Error::SelfCheck(_) | Error::Internal(_) => {
                "the key is damaged in a way its checks do not see, or the machine is, or this is a bug: make the keys again"
            }
            _ => return None,
        })
    }

    pub(crate) fn key_open(path: &Path, error: KeyOpenError) -> Error {
        match error {
            KeyOpenError::Io(error) => Error::Io { path: path.to_owned(), error },
            KeyOpenError::Key(error) => error.into(),
        }
    }
}

/// Advice for samples that cannot be used.
fn samples_hint(error: &CalibrationError) -> Option<&'static str> {
    Some(match error {
        CalibrationError::MissingColumns { .. } => {
            "the columns must be the model's features, by name, in any order"
        }
        CalibrationError::OtherColumns { .. } => {
            "name the columns as the features are named, or give rows without names in the features' order"
        }
        CalibrationError::Category { .. } => {
            "the model was not made for this value: replace it by one that it knows, or leave out the row"
        }
        CalibrationError::NotANumber { .. } => {
            "every cell is a number in the model's own units, such as 0.72"
        }
        CalibrationError::NotFinite { .. } => {
            "remove the row, or replace the value by what the model gets in its place"
        }
        // What says itself what to do.
        CalibrationError::Csv(text) if text.contains("save") => return None,
        CalibrationError::Json(text) if text.contains("twice") => return None,
        CalibrationError::Csv(_) | CalibrationError::Json(_) => {
            "the form follows the file's ending: .csv, .json, .npy, .npz"
        }
        CalibrationError::Empty => "at least one row of values is needed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
