//! `deposit_collateral`: adds collateral to the owner's position. The first deposit creates the position. Open at every
//! pause level: it can only make a position safer.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};
use assay_lending_interface::seeds::POSITION;

use super::{endings::position_changed, now};
use crate::{
    errors::LendingError,
    state::{Market, Position, VERSION},
};

/// Accounts of `deposit_collateral`.
#[derive(Accounts)]
pub struct DepositCollateral {
    /// 0. `[signer, writable]` The borrower, who owns the position, pays its rent and gets it back.
    #[account(mut)]
    pub owner: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The owner's position.
    #[account(init_if_needed, payer = owner, seeds = [POSITION, market, owner], bump)]
    pub position: Account<Position>,
    /// 3. `[]` The collateral mint.
    #[account(address = market.collateral_mint @ LendingError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The collateral vault.
    #[account(mut, address = market.collateral_vault @ LendingError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 5. `[writable]` The owner's token account.
    #[account(mut)]
    pub source: Account<TokenAccount>,
    /// 6. `[]` The SPL token program.
    pub token_program: Program<Token>,
    /// 7. `[]` The system program.
    pub system_program: Program<System>,
}

/// Deposits `amount` base units.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<DepositCollateral>, amount: u64) -> Result<()> {
    let bump = ctx.bumps.position;
    let DepositCollateral { owner, market, position, mint, vault, source, token_program, .. } =
        &mut ctx.accounts;
    let now = now()?;
    market.accrue(now)?;
    if amount == 0 {
        return Err(LendingError::ZeroAmount.into());
    }
    let total = market.collateral_total.checked_add(amount).ok_or(LendingError::MathOverflow)?;
    if total > market.params.collateral_cap {
        return Err(LendingError::CapExceeded.into());
    }

    position.market = *market.address();
    position.owner = *owner.address();
    position.bump = bump;
    position.version = VERSION;
    position.collateral = position.collateral.checked_add(amount).ok_or(LendingError::MathOverflow)?;
    market.collateral_total = total;
    token_program.transfer_checked(source, mint, vault, owner, &[], amount, market.collateral_decimals)?;
    position_changed(market, position, now)
}
