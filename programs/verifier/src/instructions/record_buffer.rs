//! `record_buffer`: `record_batch` of the bytes that a buffer holds.
//!
//! Receipts stand as in `record_batch`; a transaction of version 0 has room for the addresses of 27. Whose the buffer is does not
//! matter, as in `verify_buffer`: a receipt says that its statement was proven, and is its payer's.

use anchor_lang::prelude::*;

use crate::recording::record_all;
use crate::{Buffer, Model};

/// 0. `[signer, writable]` payer, 1. `[writable]` model, 2. `[]` buffer, 3. system program; then `[writable]` a receipt for
///    each proof.
#[derive(Accounts)]
pub struct RecordBuffer {
    /// Who pays for the receipts.
    #[account(mut)]
    pub payer: Signer,
    /// The model: active.
    #[account(mut)]
    pub model: Account<Model>,
    /// The buffer: anybody's.
    pub buffer: Account<Buffer>,
    /// Creates the accounts.
    pub system_program: Program<System>,
}

/// Checks the proofs, writes the receipts that are missing, extends the audit chain by each.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<RecordBuffer>) -> Result<[u8; 67]> {
    let receipts = ctx.remaining_accounts()?;
    let RecordBuffer { payer, model, buffer, .. } = &mut ctx.accounts;
    buffer.require_version()?;
    let data = buffer.account().try_borrow()?;
    record_all(payer.account(), model, &receipts, Buffer::batch_of(&data)?)
}
