//! Groth16 over BN254, plain or with one BSB22 commitment: bytes, key checks, transcripts, verification.
//!
//! The one public input is the statement's digest d. A plain proof (A, B, C) is accepted when
//!
//! ```text
//! e(A, B) = e(alpha, beta) e(IC_0 + d IC_1, gamma) e(C, delta)
//! ```
//!
//! A committed proof also holds D, a commitment to some private wires, and PoK = sigma D, the proof that D is one.
//! The challenge h, a hash of D, is a second public wire that the prover cannot choose before it has committed:
//!
//! ```text
//! e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta),   V = IC_0 + d IC_1 + h IC_2 + D
//! e(D, -sigma gamma) e(PoK, gamma) = 1
//! ```
//!
//! The commitment key's base in G2 is gamma, so a random rho folds the second equation into the first for one more
//! pairing; [`verify`] checks
//!
//! ```text
//! e(-A, B) e(alpha, beta) e(V + rho PoK, gamma) e(C, delta) e(rho D, -sigma gamma) = 1
//! ```
//!
//! rho hashes every byte of the proof, so both sides of the second equation are fixed before it is known: if that
//! equation is false, at most one rho of 2^128 hides it. Sharing gamma gives a prover nothing: its G1 elements have the
//! factor sigma only in `sigma kappa_j / gamma` for committed wires j, so PoK = sigma D puts D in their span as it does
//! with an independent base, and `sigma gamma` beside gamma adds no element of G2 that a useful B could hold. gnark
//! draws a base g of its own: its keys would take one pairing more, `e(rho PoK, g)`, and are none of these.
//!
//! # Bytes
//!
//! Points are big-endian and uncompressed as in EIP-197: G1 is x || y, G2 is x.c1 || x.c0 || y.c1 || y.c0; the
//! identity would be all zeros and is refused everywhere. An honest D is never the identity (it holds a random mask),
//! so nothing is lost by refusing D and PoK too, and zeros that somebody forgot to fill in never count as a commitment.
//!
//! ```text
//! plain key       = alpha G1 64 | beta G2 128 | gamma G2 128 | delta G2 128 | IC_0 G1 64 | IC_1 G1 64  (576 bytes)
//! committed key   = plain key 576 | IC_2 G1 64 | -sigma gamma G2 128                                   (768 bytes)
//! plain proof     = -A G1 64 | B G2 128 | C G1 64                                                      (256 bytes)
//! committed proof = plain proof 256 | D G1 64 | PoK G1 64                                              (384 bytes)
//! ```
//!
//! -A makes the equation one product of pairings that equals 1. The length says which form bytes have, and a form never
//! stands for the other: a plain key takes plain proofs only, a committed key committed ones. Keys travel
//! [compressed](VerifyingKey::compress), at half the length.
//!
//! # Cost
//!
//! Compute units on chain, four pairings or five being most of it: [`verify`] about 78,000 plain and 104,000 committed,
//! [`check_key`] 62,000 and 75,000, [`VerifyingKey::decompress`] 43,000 and 57,000.
//!
//! [`batch`] verifies several proofs under one key, each further one for a quarter of that.
//!
//! [`weights`] verifies proofs of circuits whose weights a stored commitment fixes.
//!
//! Proof bytes are malleable: whoever has one proof makes others of the same statement. Replay protection keys on the
//! digest.

pub mod batch;
#[cfg(feature = "bsb22")]
mod bsb22;
mod check;
mod compressed;
mod error;
mod forms;
mod key;
mod proof;
mod transcript;
mod verify;
pub mod weights;

#[cfg(feature = "bsb22")]
pub use bsb22::{Transcript, verify_bsb22};
pub use check::check_key;
pub use error::{KeyError, KeyPoint, ProofPoint, VerifyError};
pub use forms::{
    BASE_MODULUS, COMMITTED_KEY_COMPRESSED_LEN, COMMITTED_KEY_LEN, COMMITTED_PROOF_LEN, Form, G1_LEN, G2_LEN,
    PLAIN_KEY_COMPRESSED_LEN, PLAIN_KEY_LEN, PLAIN_PROOF_LEN,
};
pub use key::{CommittedKey, KeyRef, PlainKey, SetupKind, VerifyingKey};
pub use proof::{CommittedProof, PlainProof, Proof, ProofRef};
pub use transcript::challenge;
pub use verify::verify;
