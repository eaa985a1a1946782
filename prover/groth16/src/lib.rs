//! Groth16 over BN254 for Assay circuits: keys, development setup, prove, verify, files, snarkjs forms.
//!
//! A proof (A, B, C) of digest d satisfies `e(A, B) = e(alpha, beta) e(IC_0 + d IC_1, gamma) e(C, delta)`
//! (Groth, EUROCRYPT 2016). Its one public input is the statement's digest. A circuit with lookups adds one BSB22
//! commitment: D to some private wires, PoK = sigma D, and a challenge that hashes D (`assay_interface::groth16` has the
//! equations); weights of a model may be wires that a stored commitment fixes ([`weights`]). The arithmetic is `assay_engine`'s.
//! arkworks is the reference: for a plain circuit over a domain of 2^k
//! points, the same secrets give arkworks' key and the same blinding arkworks' proof, point for point (the tests of
//! `assay-arkworks`).
//!
//! ```
//! # use assay_circuits::{Assignment, Builder, StatementInput, StatementOutput, Visibility};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut b = Builder::new();
//! # let x = b.input("x", 1, 8)?;
//! # b.bind_statement(
//! #     7u64.into(),
//! #     &[StatementInput { values: &x, bits: 8, visibility: Visibility::Public }],
//! #     &[StatementOutput { values: &x, bits: 8 }],
//! # )?;
//! # let circuit = b.finish()?;
//! # let witness = circuit.solve(&Assignment { inputs: vec![vec![40]], ..Assignment::default() })?;
//! let mut rng = rand::rngs::OsRng;
//! let (proving_key, verifying_key) = assay_groth16::setup_development(&circuit, &mut rng)?;
//! let proof = assay_groth16::prove(&proving_key, &circuit, &witness, &mut rng)?;
//! assay_groth16::verify(&verifying_key, &proof, &assay_groth16::scalar(witness.digest()))?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is assumed
//! Soundness: the q-type assumptions of Groth16 on BN254 in the generic (algebraic) group model, and that nobody knows
//! the setup's secrets alpha, beta, gamma, delta, tau, sigma: the *toxic waste*. [`setup_development`] draws them on one
//! machine, so its owner could forge, and marks the keys for good. A commitment adds SHA-256 as a random oracle.
//! Zero-knowledge is perfect given honest keys and uniform, fresh blinding r and s, which come from the caller's generator: it
//! must be cryptographic and never be replayed. With a commitment it is computational: D holds a mask from the same
//! generator. A malicious proving key can leak witnesses; a key from others must come with a ceremony's transcript.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cache;
mod calibration;
pub mod circom;
mod encoding;
mod estimate;
mod file;
mod footprint;
mod key;
mod layout;
mod many;
mod memory;
#[cfg(feature = "oracle")]
pub mod oracle;
pub mod parts;
mod points;
mod progress;
mod proof;
mod prove;
mod qap;
mod record;
mod rows;
mod setup;
mod shared;
pub mod snarkjs;
mod store;
pub mod synthetic;
mod system;
mod validated;
pub mod weights;

pub use assay_engine::{Backend, BackendError};
pub use assay_interface::groth16::SetupKind;
pub use calibration::{Calibration, MeasureError};
pub use encoding::KeyReadError;
pub use estimate::{Estimate, estimate, estimate_with, solving_ms};
pub use key::{ProvingKey, VerifyingKey};
pub use many::{Rejected, verify_many};
pub use memory::{MemoryError, available as available_memory};
pub use points::{PointError, element, scalar};
pub use progress::{Cancelled, Observer, Progress, Stage};
pub use proof::{Proof, VerifyError, verify};
pub use prove::{ProveError, ProveTimings, Prover, prove};
pub use record::{RecordError, SetupRecord};
pub use setup::{SetupError, SetupSeed, setup_development, setup_from_seed};
pub use shared::SharedError;
pub use system::SystemError;
pub use validated::{KeyOpenError, ValidatedKeys};

#[cfg(test)]
#[path = "../tests/it/common.rs"]
mod common;
