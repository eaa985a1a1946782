//! Proofs whose challenge is gnark's, for tests that compare with the `bsb22` verifier of the crate `groth16-solana`.
//!
//! ```text
//! h = expand_message_xmd(SHA-256, D, "bsb22-commitment", 48 bytes) mod r       (RFC 9380)
//! ```
//!
//! A key works with both transcripts; a proof is made for one. No program and no product asks for the feature `bsb22`,
//! so this is in nobody's bytecode.

use super::{
    error::VerifyError, forms::G1_LEN, key::CommittedKey, proof::CommittedProof, transcript::challenge,
    verify::verify_committed,
};
use crate::{field::Scalar, syscalls::sha256};

/// RFC 9380's DST_prime: gnark's domain separation tag and its length.
const BSB22_DST: &[u8] = b"bsb22-commitment\x10";
/// RFC 9380's Z_pad: one block of SHA-256.
const BSB22_PAD: [u8; 64] = [0; 64];

/// Which hash gives the challenge of a committed proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transcript {
    /// Key, commitment and statement: what Assay's verifier program takes.
    Assay,
    /// The commitment alone, as gnark hashes it: what the `bsb22` verifier of the crate `groth16-solana` takes.
    Bsb22,
}

impl Transcript {
    /// The challenge h for a commitment `D` (64 bytes) to the wires of a proof of `digest`.
    pub fn challenge(self, key_hash: &[u8; 32], commitment: &[u8; G1_LEN], digest: &Scalar) -> Scalar {
        match self {
            Transcript::Assay => challenge(key_hash, commitment, digest),
            Transcript::Bsb22 => hash_to_field(commitment),
        }
    }
}

/// [`verify`](super::verify()) for proofs of [`Transcript::Bsb22`]: accepts what the `bsb22` verifier of `groth16-solana`
/// accepts, identity points aside, for half its extra cost. That verifier takes the same key: gamma is the commitment
/// key's `g2` and -sigma gamma its `g_sigma_neg_g2`.
pub fn verify_bsb22(key: &CommittedKey, proof: &CommittedProof, digest: &Scalar) -> Result<(), VerifyError> {
    verify_committed(|_, commitment, _| hash_to_field(commitment), key, proof, digest)
}

/// gnark-crypto's `fr.Hash(commitment, "bsb22-commitment", 1)`: RFC 9380, 5.2 and 5.3.1, with L = 48.
fn hash_to_field(commitment: &[u8; G1_LEN]) -> Scalar {
    let first = sha256(&[&BSB22_PAD, commitment, &[0, 48, 0], BSB22_DST]);
    let high = sha256(&[&first, &[1], BSB22_DST]);
    let mut mixed = first;
    mixed.iter_mut().zip(&high).for_each(|(byte, other)| *byte ^= other);
    let low = sha256(&[&mixed, &[2], BSB22_DST]);
    let uniform = high.iter().chain(low.iter().take(16));
    Scalar::from_be_bytes_reduced(uniform.copied())
}
