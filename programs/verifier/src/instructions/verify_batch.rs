//! `verify_batch`: the answer to "were these statements proven for this model?", several at once for less each.
//!
//! Stateless, as `verify`: the model is read only. It returns `assay_interface::verifier::VerifiedBatch`, which names all
//! digests by one hash; a program that calls it uses `assay_cpi::verify_batch`, which compares that with what it expects.
//!
//! Who chooses what: the sender which proofs, their order, and the sums C and K, after the coefficients that combine them
//! are fixed (`assay_interface::groth16::batch` says why that gains nothing). A batch is accepted as a whole or not at all.
//! A fault that has a place fails with the place of the proof in the error's upper bits; a product of pairings that is not 1
//! has none: whoever sends a batch verifies each proof before, as `assay_verifier_host::batch` does.

use anchor_lang::prelude::*;
use assay_interface::verifier::BATCH_RETURN_DATA_LEN;

use crate::Model;

const _: () = assert!(BATCH_RETURN_DATA_LEN == 67, "the IDL needs it as a literal");

/// 0. `[]` model.
#[derive(Accounts)]
pub struct VerifyBatch {
    /// The model: active.
    pub model: Account<Model>,
}

/// Checks the proofs and answers.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<VerifyBatch>, batch: &[u8]) -> Result<[u8; 67]> {
    let model = &ctx.accounts.model;
    let (_, digests) = model.check_batch(batch)?;
    model.batch_answer(model.address(), &digests)
}
