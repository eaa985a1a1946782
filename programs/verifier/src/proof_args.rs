//! The arguments of `verify` and `record`, of their batches, and of a piece of one.

use anchor_lang::prelude::*;
use assay_program::bounded::Vec;

/// A proof and what it proves, as `assay_interface::verifier` lays them out.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct ProofArgs {
    /// The 256 bytes of a plain proof, or the 384 of a committed one.
    pub proof: Vec<u8>,
    /// The caller's binding: what this inference is for.
    pub context: [u8; 32],
    /// The statement's limbs: packed public inputs, commitments, packed outputs, each below the field's order.
    pub limbs: Vec<[u8; 32]>,
}

/// Several proofs and what they prove.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct BatchArgs {
    /// As `assay_interface::groth16::batch` lays it out, for the form and the number of limbs of the model.
    pub batch: Vec<u8>,
}

/// A piece of a batch, and where it goes.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct ChunkArgs {
    /// Which of the payer's buffers.
    pub nonce: u64,
    /// Bytes of the batch ahead of the piece.
    pub offset: u32,
    /// The piece.
    pub chunk: Vec<u8>,
}
