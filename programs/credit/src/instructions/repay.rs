//! `repay`: pays a debt back, for anyone's line. Open at every pause level, and for defaulted lines too.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::{
    ALL,
    endings::{Moved, line_changed},
    now,
};
use crate::{
    errors::CreditError,
    state::{Line, Pool},
};

/// Accounts of `repay`.
#[derive(Accounts)]
pub struct Repay {
    /// 0. `[signer]` Who pays: the authority of the source account.
    pub payer: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[writable]` The line.
    #[account(mut, constraint = line.pool == *pool.address() @ CreditError::WrongPool)]
    pub line: Account<Line>,
    /// 3. `[]` The mint.
    #[account(address = pool.mint @ CreditError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The vault.
    #[account(mut, address = pool.vault @ CreditError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 5. `[writable]` The payer's token account.
    #[account(mut)]
    pub source: Account<TokenAccount>,
    /// 6. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Repays `amount` base units, or the whole debt for [`ALL`].
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Repay>, amount: u64) -> Result<()> {
    let Repay { payer, pool, line, mint, vault, source, token_program } = &mut ctx.accounts;
    let now = now()?;
    pool.accrue(now)?;
    let debt = line.debt(pool)?;
    if debt == 0 {
        return Err(CreditError::NoDebt.into());
    }
    let amount = if amount == ALL { debt } else { amount };
    if amount == 0 {
        return Err(CreditError::ZeroAmount.into());
    }
    line.repay(pool, amount, now)?;
    token_program.transfer_checked(source, mint, vault, payer, &[], amount, pool.decimals)?;
    line_changed(pool, line, Moved::In(amount), now)
}
