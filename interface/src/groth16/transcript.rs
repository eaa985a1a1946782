//! What a committed proof is challenged with: the public wire h, and the factor that folds the knowledge check.
//!
//! ```text
//! h   = first 31 bytes of SHA-256("assay:challenge:v1\0" || key hash || D || digest), as an integer
//! rho = first 16 bytes of SHA-256("assay:fold:v1\0" || key hash || proof || digest), as an integer
//! ```
//!
//! All integers are big-endian. h must come after the commitment, and does: it hashes D. It hashes the
//! statement as well, and the key, whose hash stands for the circuit, so that no challenge is shared between two circuits
//! or two statements. gnark, and `groth16-solana` after it, hash D alone, which suffices for lookups whose
//! queries and multiplicities are all committed, as here (the module `bsb22`, for tests that compare).
//!
//! rho exists only in a verifier that folds: no prover computes it.

use super::{forms::G1_LEN, proof::CommittedProof};
use crate::{field::Scalar, syscalls::sha256};

const CHALLENGE_PREFIX: &[u8] = b"assay:challenge:v1\0";
const FOLD_PREFIX: &[u8] = b"assay:fold:v1\0";

/// The challenge h for a commitment `D` (64 bytes) to the wires of a proof of `digest`.
pub fn challenge(key_hash: &[u8; 32], commitment: &[u8; G1_LEN], digest: &Scalar) -> Scalar {
    scalar_of(sha256(&[CHALLENGE_PREFIX, key_hash, commitment, digest.as_be_bytes()]))
}

/// The first 31 bytes of a hash.
#[inline]
pub(super) fn scalar_of(hash: [u8; 32]) -> Scalar {
    let [head @ .., _] = hash;
    Scalar::from_be_bytes_31(&head)
}

/// rho, as 32 big-endian bytes of which the first 16 are zero.
pub(super) fn fold_factor(key_hash: &[u8; 32], proof: &CommittedProof, digest: &Scalar) -> [u8; 32] {
    fold_factor_of(sha256(&[FOLD_PREFIX, key_hash, proof.as_bytes(), digest.as_be_bytes()]))
}

/// The first 16 bytes of a hash, as 32 big-endian bytes.
#[inline]
pub(super) fn fold_factor_of(hash: [u8; 32]) -> [u8; 32] {
    let mut factor = [0; 32];
    factor.split_at_mut(16).1.copy_from_slice(hash.split_at(16).0);
    factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groth16::COMMITTED_PROOF_LEN;

    #[test]
    fn the_fold_factor_is_its_formula_and_binds_every_byte() {
        let factor = |key: [u8; 32], proof: [u8; COMMITTED_PROOF_LEN], digest: [u8; 32]| {
            let digest = Scalar::from_be_bytes(digest).expect("no byte of it is over 3");
            fold_factor(&key, &CommittedProof::from_bytes(proof), &digest)
        };
        let (key, proof, digest) = ([1; 32], [2; COMMITTED_PROOF_LEN], [3; 32]);
        let honest = factor(key, proof, digest);
        let hash = sha256(&[b"assay:fold:v1\0", &key, &proof, &digest]);
        assert_eq!((honest.split_at(16).0, honest.split_at(16).1), (&[0; 16][..], hash.split_at(16).0));
        fn flipped<const N: usize>(bytes: [u8; N]) -> impl Iterator<Item = [u8; N]> {
            (0..N).map(move |at| {
                let mut bytes = bytes;
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
                bytes
            })
        }
        assert!(flipped(key).all(|key| factor(key, proof, digest) != honest));
        assert!(flipped(proof).all(|proof| factor(key, proof, digest) != honest));
        assert!(flipped(digest).all(|digest| factor(key, proof, digest) != honest));
    }
}
