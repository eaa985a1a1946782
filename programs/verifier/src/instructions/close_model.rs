//! `close_model`: the rent of a retired model returns to whoever paid it, 30 days after its retirement.
//!
//! An empty account of the program's stays at the address, with the rent of its 128 bytes of overhead. Without it the authority
//! (or who stole it) could register the same model again at the address that consumers pinned, and a model that was retired
//! because its key is broken would come back to every consumer who did not look. Retirement is for good.

use anchor_lang::prelude::*;
use anchor_lang::realloc_account;

use super::manage::now;
use crate::{AccountClosed, Model, VerifierError, after};

/// 0. `[signer]` authority, 1. `[writable]` payer, 2. `[writable]` model.
#[derive(Accounts)]
pub struct CloseModel {
    /// Who managed the model.
    #[account(address = model.authority @ VerifierError::NotAuthority)]
    pub authority: Signer,
    /// Who paid for the model, and is paid back; may be the authority.
    #[account(mut, unsafe(dup), address = model.payer @ VerifierError::NotPayer)]
    pub payer: UncheckedAccount,
    /// The model: retired.
    #[account(mut)]
    pub model: Account<Model>,
}

/// Takes the account's data away, and pays their rent back.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CloseModel>) -> Result<()> {
    let CloseModel { payer, model, .. } = &ctx.accounts;
    require!(model.retired_at != 0, VerifierError::NotRetired);
    let closes_from = after(model.retired_at, Model::CLOSES_AFTER)?;
    require!(now()? >= closes_from, VerifierError::TooEarlyToClose);
    let mut account = *model.account();
    realloc_account(&mut account, 0, payer.account(), false)?; // the model is not read from here on
    emit!(AccountClosed { account: *account.address(), payer: *payer.address() });
    Ok(())
}
