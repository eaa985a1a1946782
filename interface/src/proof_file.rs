//! What a `.proof` file holds: the proof and the whole statement, never a bare digest.
//!
//! ```text
//! payload = domain 32 | proof length: u32 | proof 256 or 384 | context 32 | limb count: u32 | limbs, 32 bytes each
//! ```
//!
//! Lengths and counts are little-endian, limbs big-endian. After the domain these are the arguments of the verifier program's `verify`, byte for byte: a keeper copies them
//! into its instruction. The artifact's parent is the digest of the verifying key's artifact.

use alloc::vec::Vec;

use thiserror::Error;

use crate::{
    artifact::{self, ArtifactError, Kind},
    bytes::Reader,
    field::Scalar,
    groth16::{Proof, VerifyError},
    statement::Statement,
    verifier::put_arguments,
};

/// Most limbs that a reader takes: more than any schema within its limits needs for a useful model.
pub const MAX_LIMBS: usize = 1 << 16;

/// A proof with its statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// The proof, as the verifier program takes it.
    pub proof: Proof,
    /// What it proves.
    pub statement: Statement,
    /// Digest of the verifying key's artifact that the proof was made for.
    pub key: [u8; 32],
}

/// Why bytes are not a proof file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofFileError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The payload ends inside its fixed part.
    #[error("the proof ends too early: {0} bytes")]
    Truncated(usize),
    /// No proof has the length that is announced.
    #[error(transparent)]
    Proof(#[from] VerifyError),
    /// The payload's length does not fit its limb count.
    #[error("the proof says that it has {count} limbs of 32 bytes, and {found} bytes follow")]
    LimbCount {
        /// Limbs announced.
        count: u32,
        /// Bytes that follow the count.
        found: usize,
    },
    /// More limbs than [`MAX_LIMBS`].
    #[error("a statement of {0} limbs is larger than any model's (at most {MAX_LIMBS})")]
    TooManyLimbs(u32),
    /// An element of the statement is not below the field's order.
    #[error("element {0} of the statement is not below the order of the field")]
    NotCanonical(usize),
}

impl ProofFile {
    /// The artifact's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut payload = self.statement.domain.to_be_bytes().to_vec();
        put_arguments(&mut payload, &self.proof, &self.statement.context, &self.statement.limbs);
        artifact::encode(Kind::Proof, self.key, &payload)
    }

    /// The proof file that `bytes` hold, all of them. The proof itself is not verified here.
    pub fn from_bytes(bytes: &[u8]) -> Result<ProofFile, ProofFileError> {
        let artifact = artifact::decode(Kind::Proof, bytes)?;
        let mut reader = Reader::new(artifact.payload);
        let truncated = || ProofFileError::Truncated(artifact.payload.len());
        let domain = reader.chunk::<32>().ok_or_else(truncated)?;
        let length = u32::from_le_bytes(reader.array().ok_or_else(truncated)?);
        let proof = Proof::from_slice(reader.take(length as usize).ok_or_else(truncated)?)?;
        let context = reader.array().ok_or_else(truncated)?;
        let count = u32::from_le_bytes(reader.array().ok_or_else(truncated)?);
        if count as usize > MAX_LIMBS {
            return Err(ProofFileError::TooManyLimbs(count));
        }
        let (limbs, tail) = reader.rest().as_chunks::<32>();
        if limbs.len() != count as usize || !tail.is_empty() {
            return Err(ProofFileError::LimbCount { count, found: reader.rest().len() });
        }
        let element = |(index, bytes): (usize, &[u8; 32])| {
            Scalar::from_be_bytes(*bytes).map_err(|_| ProofFileError::NotCanonical(index))
        };
        Ok(ProofFile {
            proof,
            statement: Statement {
                domain: element((0, domain))?,
                context,
                limbs: (1..).zip(limbs).map(element).collect::<Result<_, _>>()?,
            },
            key: artifact.parent,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn sample(limbs: usize) -> ProofFile {
        with_proof(256, limbs)
    }

    fn with_proof(length: usize, limbs: usize) -> ProofFile {
        let proof: Vec<u8> = (0..length).map(|i| i as u8).collect();
        ProofFile {
            proof: Proof::from_slice(&proof).unwrap(),
            statement: Statement {
                domain: Scalar::from(7u64),
                context: [9; 32],
                limbs: (0..limbs as u64).map(Scalar::from).collect(),
            },
            key: [3; 32],
        }
    }

    #[test]
    fn round_trip() {
        for limbs in [0, 1, 2, 40] {
            for file in [with_proof(256, limbs), with_proof(384, limbs)] {
                assert_eq!(ProofFile::from_bytes(&file.to_bytes()), Ok(file));
            }
        }
    }

    /// The payload of `sample(2)` after `change`, in a sound container.
    fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<ProofFile, ProofFileError> {
        let bytes = sample(2).to_bytes();
        let mut payload = artifact::decode(Kind::Proof, &bytes).unwrap().payload.to_vec();
        change(&mut payload);
        ProofFile::from_bytes(&artifact::encode(Kind::Proof, [3; 32], &payload))
    }

    #[test]
    fn each_damage_has_its_error() {
        assert_eq!(changed(|p| p.truncate(100)), Err(ProofFileError::Truncated(100)));
        assert_eq!(changed(|p| p.push(0)), Err(ProofFileError::LimbCount { count: 2, found: 65 }));
        assert_eq!(changed(|p| p[35] = 1), Err(ProofFileError::Truncated(392)));
        assert_eq!(changed(|p| p[32] = 1), Err(ProofFileError::Proof(VerifyError::Length(257))));
        assert_eq!(changed(|p| p[324] = 3), Err(ProofFileError::LimbCount { count: 3, found: 64 }));
        assert_eq!(changed(|p| p[327] = 1), Err(ProofFileError::TooManyLimbs(2 + (1 << 24))));
        assert_eq!(changed(|p| p[0] = 0xff), Err(ProofFileError::NotCanonical(0)));
        assert_eq!(changed(|p| p[328 + 32] = 0xff), Err(ProofFileError::NotCanonical(2)));
        let bytes = sample(2).to_bytes();
        let short = ProofFile::from_bytes(&bytes[..bytes.len() - 1]);
        assert!(matches!(short, Err(ProofFileError::Artifact(ArtifactError::Truncated { .. }))));
    }

    #[test]
    fn the_payload_after_the_domain_is_the_instruction() {
        let file = sample(2);
        let bytes = file.to_bytes();
        let mut arguments = Vec::new();
        put_arguments(&mut arguments, &file.proof, &file.statement.context, &file.statement.limbs);
        assert_eq!(artifact::decode(Kind::Proof, &bytes).unwrap().payload[32..], arguments);
    }
}
