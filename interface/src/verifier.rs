//! What callers of the verifier program need: the arguments of `verify` and `record`, the return data, and the hashes
//! that name a model and chain its records.
//!
//! ```text
//! arguments   = proof length: u32 | proof 256 or 384 | context 32 | limb count: u32 | limbs, 32 bytes each, big-endian
//! return data = model address 32 | digest 32 | setup kind 1                          (65 bytes)
//! ```
//!
//! Lengths and counts are little-endian; the proof's length says whether it is plain or committed.
//! The limbs are those of the statement: what [`crate::statement::pack`] gives for each public tensor, one
//! commitment for each committed one. The program takes the domain from the model's account. What a caller by CPI must
//! check, `assay-cpi` checks.

use alloc::vec::Vec;
use core::borrow::Borrow;

use thiserror::Error;

use crate::{
    groth16::{KeyRef, ProofRef, SetupKind},
    syscalls::sha256,
};

/// First bytes of the instruction data of `verify`.
pub const VERIFY: [u8; 8] = [133, 161, 141, 48, 120, 198, 88, 150];

/// Where fields of a model's account lie, for programs that read one.
pub mod model_account {
    use core::ops::Range;

    /// SHA-256 of the verifying key.
    pub const KEY_HASH: Range<usize> = 144..176;
    /// Domain of the model's statements: a field element, big-endian.
    pub const DOMAIN: Range<usize> = 208..240;
}

/// Bytes of the return data.
pub const RETURN_DATA_LEN: usize = 65;

/// The verifier program's answer: this digest was proven for this model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Address of the model's account.
    pub model: [u8; 32],
    /// Digest of the proven statement.
    pub digest: [u8; 32],
    /// How the model's key was made.
    pub setup: SetupKind,
}

/// Why return data is not the answer of `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReturnDataError {
    /// Another length than [`RETURN_DATA_LEN`].
    #[error("the return data has {0} bytes; the verifier's answer has {RETURN_DATA_LEN}")]
    Length(usize),
    /// A setup byte that stands for no kind.
    #[error("setup kind {0} does not exist")]
    SetupKind(u8),
}

impl Verified {
    /// The return data.
    pub fn encode(&self) -> [u8; RETURN_DATA_LEN] {
        let mut out = [0; RETURN_DATA_LEN];
        let (model, rest) = out.split_at_mut(32);
        let (digest, setup) = rest.split_at_mut(32);
        model.copy_from_slice(&self.model);
        digest.copy_from_slice(&self.digest);
        setup.fill(self.setup.to_byte());
        out
    }

    /// The answer that return data hold.
    pub fn decode(bytes: &[u8]) -> Result<Verified, ReturnDataError> {
        let bytes: &[u8; RETURN_DATA_LEN] =
            bytes.try_into().map_err(|_| ReturnDataError::Length(bytes.len()))?;
        let mut verified = Verified { model: [0; 32], digest: [0; 32], setup: SetupKind::Development };
        let (model, rest) = bytes.split_at(32);
        let (digest, setup) = rest.split_at(32);
        verified.model.copy_from_slice(model);
        verified.digest.copy_from_slice(digest);
        for &byte in setup {
            verified.setup = SetupKind::from_byte(byte).ok_or(ReturnDataError::SetupKind(byte))?;
        }
        Ok(verified)
    }
}

/// Appends the arguments of `verify` or `record` to instruction data that holds the discriminator.
pub fn put_arguments<'a>(
    data: &mut Vec<u8>,
    proof: impl Into<ProofRef<'a>>,
    context: &[u8; 32],
    limbs: &[impl Borrow<[u8; 32]>],
) {
    let proof = proof.into().as_bytes();
    data.reserve(4 + proof.len() + context.len() + 4 + 32 * limbs.len());
    data.extend_from_slice(&(proof.len() as u32).to_le_bytes());
    data.extend_from_slice(proof);
    data.extend_from_slice(context);
    data.extend_from_slice(&(limbs.len() as u32).to_le_bytes());
    limbs.iter().for_each(|limb| data.extend_from_slice(limb.borrow()));
}

/// What a model is: `SHA-256(key hash || schema)`. The hash of a plain key is never that of a committed one, and has a
/// fixed length, so the end of the key cannot be taken for the start of the schema.
pub fn model_id<'a>(key: impl Into<KeyRef<'a>>, schema: &[u8]) -> [u8; 32] {
    sha256(&[&key.into().key_hash(), schema])
}

/// A model's audit chain before its first recorded statement: `SHA-256("assay:audit:v1\0" || model id)`.
pub fn audit_start(model_id: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"assay:audit:v1\0", model_id])
}

/// The audit chain after one more recorded statement: `SHA-256(chain || digest || recorded at, little-endian)`.
///
/// Whoever reads a model's receipts in the order of their index can recompute its chain: none is missing or added.
pub fn audit_extend(chain: &[u8; 32], digest: &[u8; 32], recorded_at: i64) -> [u8; 32] {
    sha256(&[chain, digest, &recorded_at.to_le_bytes()])
}
