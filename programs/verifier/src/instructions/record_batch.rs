//! `record_batch`: proofs are checked together, and each statement gets its receipt; where it has one, nothing changes.
//!
//! The receipts are the accounts behind the declared ones, one for each proof in the batch's order. A statement that
//! stands in the batch twice has its receipt account there twice: the second finds what the first wrote. So the sender, who
//! chooses proofs, order and receipts, can neither leave a statement without a receipt nor count one twice; and who records a
//! statement of the batch before, by itself or in another batch, stops nobody.
//!
//! Unlike `record` it takes no batch without proofs: consumers read receipts one by one. Returns what `verify_batch` returns.

use anchor_lang::prelude::*;

use crate::Model;
use crate::recording::record_all;

/// 0. `[signer, writable]` payer, 1. `[writable]` model, 2. system program; then `[writable]` a receipt for each proof.
#[derive(Accounts)]
pub struct RecordBatch {
    /// Who pays for the receipts.
    #[account(mut)]
    pub payer: Signer,
    /// The model: active.
    #[account(mut)]
    pub model: Account<Model>,
    /// Creates the accounts.
    pub system_program: Program<System>,
}

/// Checks the proofs, writes the receipts that are missing, extends the audit chain by each.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<RecordBatch>, batch: &[u8]) -> Result<[u8; 67]> {
    let receipts = ctx.remaining_accounts()?;
    let RecordBatch { payer, model, .. } = &mut ctx.accounts;
    record_all(payer.account(), model, &receipts, batch)
}
