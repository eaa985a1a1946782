//! `close_receipt`: whoever paid for a receipt takes the rent back, a week after it was written.
//!
//! The week is for those who rely on it: a receipt saves a pairing while a statement is acted on, which takes minutes, and
//! tells readers of the audit chain what was recorded. Afterwards the event of its recording tells it. A statement whose receipt was closed
//! can be recorded again, as a later record of its own: nothing may take a receipt for a mark that something happened once.

use anchor_lang::prelude::*;

use super::manage::now;
use crate::{AccountClosed, Receipt, VerifierError, after};

/// 0. `[signer, writable]` payer, 1. `[writable]` receipt.
#[derive(Accounts)]
pub struct CloseReceipt {
    /// Who paid for the receipt, and is paid back.
    #[account(mut, address = receipt.payer @ VerifierError::NotPayer)]
    pub payer: Signer,
    /// The receipt.
    #[account(mut, close = payer)]
    pub receipt: Account<Receipt>,
}

/// Closes the receipt.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CloseReceipt>) -> Result<()> {
    let CloseReceipt { payer, receipt } = &ctx.accounts;
    let closes_from = after(receipt.recorded_at, Receipt::LIFETIME)?;
    require!(now()? >= closes_from, VerifierError::TooEarlyToClose);
    emit!(AccountClosed { account: *receipt.address(), payer: *payer.address() });
    Ok(())
}
