//! From a model to a proven decision.
//!
//! A model decides something about someone: whether a loan is granted, a position liquidated, a claim paid. This library
//! compiles the model to integers and a circuit, proves what it decides for an input, and verifies such proofs, here or on
//! chain. Everything that makes or checks decisions (the command line, keepers, services, bindings) goes through it.
//!
//! ```
//! use assay::{CircuitBinding, CompileOptions, Context, Keys, Model, Prover, Samples, Verifier};
//!
//! # fn main() -> Result<(), assay::Error> {
//! # let folder = std::path::Path::new("../../models/suite/linear-score");
//! # let (onnx, calibration) = (std::fs::read(folder.join("model.onnx")).unwrap(), folder.join("calibration.csv"));
//! // Once for a model: integers and a circuit from an ONNX file and samples of its inputs, and keys.
//! let samples = Samples::open(&calibration)?;
//! let options = CompileOptions { max_error: 0.01, ..CompileOptions::default() };
//! let model = Model::compile(&onnx, &samples, &options)?.model;
//! let keys = Keys::setup(&model, &mut assay::system_rng()?)?;
//!
//! // Whoever decides: a proof for each decision, in milliseconds, from as many threads as there are.
//! let prover = Prover::new(&model, &keys)?;
//! let applicant = &model.arrange(&samples)?.rows[0];
//! let inputs = model.quantize(applicant)?;
//! let purpose: Context = "1f".repeat(32).parse().expect("64 digits");
//! let decision = prover.prove(&inputs, purpose)?;
//! assert_eq!(decision.outputs, model.evaluate(&inputs)?);
//! let file = decision.to_bytes();
//!
//! // Whoever is told the decision: the proof, the purpose, and what was decided about whom.
//! let proof = assay::ProofFile::from_bytes(&file)?;
//! let verifier = Verifier::new(keys.verifying_key().clone()).for_model(&model)?;
//! let verified = verifier.verify_file(&proof)?;
//! verified.expect_context(purpose)?;
//! let tensors = verified.tensors.expect("a verifier with a model decodes");
//! println!("{:?} of {:?}", tensors.outputs[0].values(), tensors.inputs[0].values());
//!
//! // That the key is of this model's circuit, its file claims. Who made it can show it, with the record of the setup.
//! assert_eq!(verified.binding, CircuitBinding::Claimed);
//! # Ok(())
//! # }
//! ```
//!
//! # The parts
//!
//! | Part | What it is |
//! |---|---|
//! | [`Model`] | schema, integer graph and circuit; [`Model::compile`], [`Model::load`] |
//! | [`OnnxFile`], [`open_onnx`] | what a model is compiled from: a file, and the weights beside it |
//! | [`Samples`], [`Inputs`], [`Outputs`], [`Tensors`] | real values from files; a model's integers; a statement's values with names |
//! | [`Keys`], [`SetupRecord`] | proving and verifying key, and what shows their circuit |
//! | [`Weights`], [`Model::fit`] | weights that are committed to: of the first model of an architecture, of a retrained one |
//! | [`ArchitectureKeys`], [`WeightsRegistration`], [`CommittedProver`], [`CommittedVerifier`] | keys of an architecture, commitments to weights, and proofs for them |
//! | [`Membership`], [`member`] | an input that is in somebody's tree: what shows it, and the tree |
//! | [`Prover`], [`Decision`] | proofs, each verified before it is given |
//! | [`Verifier`], [`Verified`] | verdicts, and what they rest on |
//! | [`Model::execute`], [`Execution`] | statement and witness without a proof |
//! | [`Model::decide`], [`OutputDecision`] | on which side of a threshold a score lies, which class it is, and whether the float model certainly decides the same |
//! | [`Model::explain`], [`Explanation`] | float model beside integers, layer by layer, with the certified bound |
//! | [`Error`] | everything that goes wrong, by stable [codes](Error::code) |
//! | [`Observer`] | progress and cancellation of what takes long, by one callback |
//!
//! Any schema will do: no number of inputs, features or bits is built in. A model, keys and prover are cheap to clone and can be
//! sent to other threads.
//!
//! # What is assumed
//!
//! What a valid proof means is in the module docs of `assay_groth16` and `assay_interface::groth16`. Beyond the mathematics: a
//! development key is as honest as whoever made it; a key's circuit is what its file claims until it is recomputed
//! ([`CircuitBinding`]); randomness is the system's, or the caller's where a generator is given. Salts, witnesses and setup
//! records are secrets, and their bytes are named so ([`Execution::to_secret_bytes`], [`SetupRecord::to_secret_bytes`]).

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod architecture;
mod causes;
mod context;
mod decisions;
mod error;
mod execution;
mod files;
mod hex;
mod keys;
mod membership;
mod model;
mod number;
mod onnx;
mod prover;
mod salts;
mod samples;
mod scalars;
mod secret_json;
mod tensor;
mod values;
mod verifier;
mod weights;

pub use architecture::{
    ArchitectureKeys, CommittedProver, CommittedVerifier, WeightsRegistration, open_weights_key,
    registration_circuit,
};
pub use assay_compiler::{
    Arranged, Causes, CheckOutcome, Clamped, Compared, Difference, Differences, ExactFloats, ExplainError,
    Explainer, Explanation, Feature, Format as IntegerFormat, LayerExplanation, LayerTrace, MemberInput,
    OnnxFile, Options as CompileOptions, OutputExplanation, Report, Source as OnnxSource, Strategy, Warning,
    Weights as WeightsIn, Widths,
    decision::{Band, Certain, DecisionClaim, Lead, Uncertain},
    model::ClassNames,
    report::ProvingTime,
};
pub use assay_groth16::weights::{WeightsProvingKey, WeightsVerifyingKey};
pub use assay_groth16::{
    Calibration, Cancelled, Estimate, MeasureError, Observer, Progress, Proof, ProvingKey, SetupKind,
    SetupRecord, SetupSeed, Stage, ValidatedKeys, VerifyingKey,
};
pub use assay_interface::member;
pub use assay_interface::{field::Scalar, proof_file::ProofFile, schema::ModelSchema, statement::Statement};
pub use causes::{CommitmentError, MembershipError, SaltsError, WeightsFileError, WitnessFileError};
pub use context::{Context, ContextError};
pub use decisions::{Certainty, Choice, ClaimFields, Decided, OutputDecision};
pub use error::{Class, Error};
pub use execution::Execution;
pub use keys::{CircuitBinding, Keys, open_setup_record, open_verifying_key};
pub use membership::Membership;
pub use model::{Compilation, Model};
pub use number::{real, reals};
pub use onnx::{external_data, open_onnx};
pub use prover::{Decision, Prover, Timings, system_rng};
pub use salts::Salts;
pub use samples::{Format as SampleFormat, Samples};
pub use scalars::{draw_scalar, parse_scalar};
pub use tensor::{Content, DecodeError, InputDifference, Tensor, Tensors};
pub use values::{Inputs, Outputs, Trace};
pub use verifier::{Verified, Verifier};
pub use weights::Weights;
