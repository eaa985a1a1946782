//! What callers of the verifier program need: the arguments of `verify` and `record`, the return data, the hashes
//! that name a model and chain its records, and readers of the program's accounts.
//!
//! ```text
//! arguments   = proof length: u32 | proof 0, 256 or 384 | context 32 | limb count: u32 | limbs, 32 bytes each, big-endian
//! return data = model address 32 | digest 32 | setup kind 1                             (65 bytes)
//! model id    = SHA-256("assay:model:v2\0" | setup kind 1 | transcript hash 32 | key hash 32 | schema)
//! ```
//!
//! Lengths and counts are little-endian; the proof's length says whether it is plain or committed. `record` also takes
//! no proof, for a statement that has a receipt. Both answer with the return data.
//! The limbs are those of the statement: what [`crate::statement::pack`] gives for each public tensor, one
//! commitment for each committed one. The program takes the domain from the model's account. What a caller by CPI must
//! check, `assay-cpi` checks.

mod attestors;
mod batch;
mod error;
mod model;
mod series;

use alloc::vec::Vec;
use core::borrow::Borrow;

use thiserror::Error;

use crate::{
    groth16::{KeyRef, ProofRef, SetupKind},
    syscalls::sha256,
};

pub use attestors::{
    Attestation, AttestorSet, MAX_ATTESTORS, attestation_account, attested, attestor_set_account,
};
pub use batch::{
    BATCH_RETURN_DATA_LEN, RECORD_BATCH, VERIFY_BATCH, VerifiedBatch, digests_hash, error_at, error_place,
    put_batch,
};
pub use error::AccountError;
pub use model::{ModelFacts, Status, model_account};
pub use series::{Series, series_account};

/// First bytes of the instruction data of `verify`.
pub const VERIFY: [u8; 8] = [133, 161, 141, 48, 120, 198, 88, 150];
/// First bytes of the instruction data of `record`.
pub const RECORD: [u8; 8] = [222, 57, 201, 216, 199, 90, 247, 136];

/// First bytes of what [`model_id`] hashes.
const MODEL_LABEL: &[u8] = b"assay:model:v2\0";

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
    /// Another length than [`RETURN_DATA_LEN`], or for a batch [`BATCH_RETURN_DATA_LEN`].
    #[error(
        "the return data has {0} bytes; the verifier's answer has {RETURN_DATA_LEN}, for a batch {BATCH_RETURN_DATA_LEN}"
    )]
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
    put_raw_arguments(data, proof.into().as_bytes(), context, limbs);
}

/// The same with the bytes of a proof that nobody looked at, or with none: `record` takes none where a receipt is.
pub fn put_raw_arguments(
    data: &mut Vec<u8>,
    proof: &[u8],
    context: &[u8; 32],
    limbs: &[impl Borrow<[u8; 32]>],
) {
    data.reserve(4 + proof.len() + context.len() + 4 + 32 * limbs.len());
    data.extend_from_slice(&(proof.len() as u32).to_le_bytes());
    data.extend_from_slice(proof);
    data.extend_from_slice(context);
    data.extend_from_slice(&(limbs.len() as u32).to_le_bytes());
    limbs.iter().for_each(|limb| data.extend_from_slice(limb.borrow()));
}

/// What a model is: `SHA-256("assay:model:v2\0" || setup kind || transcript hash || key hash || schema)`.
///
/// All parts but the last have a fixed length, so no part can be taken for the start of the next. Setup and transcript are
/// part of it: who registers a key with another word on how it was made registers another model, at another address.
pub fn model_id<'a>(
    setup: SetupKind,
    transcript_hash: &[u8; 32],
    key: impl Into<KeyRef<'a>>,
    schema: &[u8],
) -> [u8; 32] {
    let (setup, key_hash) = ([setup.to_byte()], key.into().key_hash());
    sha256(&[MODEL_LABEL, &setup, transcript_hash, &key_hash, schema])
}

/// What a set of attestors is: `SHA-256("assay:attestors:v1\0" || threshold || attestors, 32 bytes each)`. Its address holds
/// this, so whoever closes and creates it again can change nothing.
pub fn attestor_set_id(threshold: u8, attestors: &[[u8; 32]]) -> [u8; 32] {
    sha256(&[b"assay:attestors:v1\0", &[threshold], attestors.as_flattened()])
}

/// What a series promises: `SHA-256("assay:series:v1\0" || timelock, little-endian || domain || attestor set || name)`. Its
/// address holds this beside its creator, so whoever closes and creates it again keeps the same promise.
pub fn series_id(timelock: i64, domain: &[u8; 32], attestor_set: &[u8; 32], name: &[u8]) -> [u8; 32] {
    sha256(&[b"assay:series:v1\0", &timelock.to_le_bytes(), domain, attestor_set, name])
}

/// A model's audit chain before its first recorded statement: `SHA-256("assay:audit:v1\0" || model id)`.
pub fn audit_start(model_id: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"assay:audit:v1\0", model_id])
}

/// The audit chain after one more recorded statement: `SHA-256(chain || digest || recorded at, little-endian)`.
///
/// Whoever reads a model's receipts in the order of their index can recompute its chain: none is missing or added. Where
/// receipts were closed, the events of their recording have the same values.
pub fn audit_extend(chain: &[u8; 32], digest: &[u8; 32], recorded_at: i64) -> [u8; 32] {
    sha256(&[chain, digest, &recorded_at.to_le_bytes()])
}
