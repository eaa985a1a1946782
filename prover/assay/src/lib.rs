//! From a model to a proven decision.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod context;
mod error;
mod execution;
mod files;
mod hex;
mod keys;
mod model;
mod prover;
mod salts;
mod samples;
mod tensor;
mod values;
mod verifier;

pub use assay_compiler::{Format as IntegerFormat, Options as CompileOptions, Report, Strategy};
pub use assay_groth16::{
    Calibration, Cancelled, Estimate, Observer, Progress, Proof, ProvingKey, SetupKind, SetupRecord,
    SetupSeed, Stage, ValidatedKeys, VerifyingKey,
};
pub use assay_interface::{field::Scalar, proof_file::ProofFile, schema::ModelSchema, statement::Statement};
pub use context::{Context, ContextError};
pub use error::{Class, Error, WitnessFileError};
pub use execution::Execution;
pub use keys::{CircuitBinding, Keys, open_setup_record, open_verifying_key};
pub use model::{Compilation, Model};
pub use prover::{Decision, Prover, Timings, system_rng};
pub use salts::Salts;
pub use samples::{Format as SampleFormat, Samples};
pub use tensor::{Content, DecodeError, Tensor, Tensors, real};
pub use values::{Inputs, Outputs, Trace};
pub use verifier::{Verified, Verifier};
