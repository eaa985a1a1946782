//! `close_buffer`: the rent of a buffer returns to whoever paid it, at any time: nobody may rely on one.

use anchor_lang::prelude::*;

use crate::{AccountClosed, Buffer, VerifierError};

/// 0. `[signer, writable]` payer, 1. `[writable]` buffer.
#[derive(Accounts)]
pub struct CloseBuffer {
    /// Whose buffer it is, and who is paid back.
    #[account(mut, address = buffer.payer @ VerifierError::NotPayer)]
    pub payer: Signer,
    /// The buffer.
    #[account(mut, close = payer)]
    pub buffer: Account<Buffer>,
}

/// Closes the buffer.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CloseBuffer>) -> Result<()> {
    let CloseBuffer { payer, buffer } = &ctx.accounts;
    emit!(AccountClosed { account: *buffer.address(), payer: *payer.address() });
    Ok(())
}
