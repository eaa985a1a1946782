//! Groth16 over BN254 for Assay circuits: keys, development setup, prove, verify, files, snarkjs forms.
//!
//! A proof (A, B, C) of digest d satisfies `e(A, B) = e(alpha, beta) e(IC_0 + d IC_1, gamma) e(C, delta)`
//! (Groth, EUROCRYPT 2016). Its one public input is the statement's digest. arkworks gives the curve, the FFT, the
//! generator and the verifier. The prover here computes what arkworks' matrices entry point computes, faster: from the
//! circuit's own sparse matrices, without the key's identity points, with one transform less and with affine buckets. The
//! tests hold the two equal, point for point.
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
//! # let witness = circuit.solve(&Assignment { inputs: vec![vec![40]], context: [0; 32], salts: vec![] })?;
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
//! the setup's secrets alpha, beta, gamma, delta, tau: the *toxic waste*. [`setup_development`] draws them on one machine,
//! so its owner could forge, and marks the keys for good. Zero-knowledge is perfect given honest keys and uniform,
//! fresh blinding r and s, which come from the caller's generator: it must be cryptographic and never be replayed. A
//! malicious proving key can leak witnesses; a key from others must come with a ceremony's transcript.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod encoding;
mod estimate;
mod key;
mod msm;
mod points;
mod proof;
mod prove;
mod qap;
mod setup;
pub mod snarkjs;

pub use assay_interface::groth16::SetupKind;
pub use encoding::KeyReadError;
pub use estimate::{Calibration, Estimate, estimate, estimate_with};
pub use key::{ProvingKey, VerifyingKey};
pub use points::{PointError, element, scalar};
pub use proof::{Proof, VerifyError, verify};
pub use prove::{ProveError, Prover, prove};
pub use qap::CosetReduction;
pub use setup::{SetupError, setup_development};

#[cfg(test)]
#[path = "../tests/it/common.rs"]
mod common;
