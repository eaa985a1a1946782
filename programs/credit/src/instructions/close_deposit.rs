//! `close_deposit`: its owner closes a deposit account without shares and gets the lamports back.

use anchor_lang::prelude::*;

use crate::{errors::CreditError, state::Deposit};

/// Accounts of `close_deposit`.
#[derive(Accounts)]
pub struct CloseDeposit {
    /// 0. `[signer, writable]` The owner, who paid for it.
    #[account(mut, address = deposit.owner @ CreditError::WrongAuthority)]
    pub owner: Signer,
    /// 1. `[writable]` The deposit account.
    #[account(mut, close = owner)]
    pub deposit: Account<Deposit>,
}

/// Closes the deposit account.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CloseDeposit>) -> Result<()> {
    if ctx.accounts.deposit.shares == 0 { Ok(()) } else { Err(CreditError::AccountInUse.into()) }
}
