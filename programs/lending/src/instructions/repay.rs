//! `repay`: pays debt back, for anyone's position. Open at every pause level.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::{ALL, endings::position_changed, now};
use crate::{
    errors::LendingError,
    state::{Market, Position},
};

/// Accounts of `repay`.
#[derive(Accounts)]
pub struct Repay {
    /// 0. `[signer]` Who pays: the authority of the source account.
    pub payer: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[]` The debt mint.
    #[account(address = market.debt_mint @ LendingError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The liquidity vault.
    #[account(mut, address = market.liquidity_vault @ LendingError::WrongVault)]
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
    let Repay { payer, market, position, mint, vault, source, token_program } = &mut ctx.accounts;
    let now = now()?;
    market.accrue(now)?;
    let debt = position.debt(market)?;
    if debt == 0 {
        return Err(LendingError::NoDebt.into());
    }
    let amount = if amount == ALL { debt } else { amount };
    if amount == 0 {
        return Err(LendingError::ZeroAmount.into());
    }
    position.cancel_debt(market, amount, now)?;
    token_program.transfer_checked(source, mint, vault, payer, &[], amount, market.debt_decimals)?;
    position_changed(market, position, now)
}
