//! `supply`: deposits the debt asset for shares. The first deposit of an owner creates the deposit account.
//!
//! Shares are priced at all assets, impaired loans in full: who deposits between an impairment and a recovery does not buy
//! the recovery.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};
use assay_lending_interface::seeds::DEPOSIT;

use super::{
    endings::{Moved, supply_changed},
    now,
};
use crate::{
    errors::LendingError,
    math::shares::shares_for_deposit,
    state::{Action, Deposit, Market, VERSION},
};

/// Accounts of `supply`.
#[derive(Accounts)]
pub struct Supply {
    /// 0. `[signer, writable]` The supplier, who owns the shares and pays the rent of the deposit account.
    #[account(mut)]
    pub owner: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The owner's deposit account.
    #[account(init_if_needed, payer = owner, seeds = [DEPOSIT, market, owner], bump)]
    pub deposit: Account<Deposit>,
    /// 3. `[]` The debt mint.
    #[account(address = market.debt_mint @ LendingError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The liquidity vault.
    #[account(mut, address = market.liquidity_vault @ LendingError::WrongVault)]
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
pub(crate) fn handler(ctx: &mut Context<Supply>, amount: u64) -> Result<()> {
    let bump = ctx.bumps.deposit;
    let Supply { owner, market, deposit, mint, vault, source, token_program, .. } = &mut ctx.accounts;
    let now = now()?;
    market.require_open(Action::Supply, now)?;
    market.accrue(now)?;

    let assets = market.assets()?;
    if assets == 0 && market.supply_shares > 0 {
        return Err(LendingError::MarketInsolvent.into());
    }
    let total = assets.checked_add(amount).ok_or(LendingError::MathOverflow)?;
    if total > market.params.supply_cap {
        return Err(LendingError::CapExceeded.into());
    }
    let shares = shares_for_deposit(amount, assets, market.supply_shares).map_err(LendingError::from)?;
    if shares == 0 {
        return Err(LendingError::ZeroAmount.into());
    }

    deposit.market = *market.address();
    deposit.owner = *owner.address();
    deposit.bump = bump;
    deposit.version = VERSION;
    deposit.shares = deposit.shares.checked_add(shares).ok_or(LendingError::MathOverflow)?;
    market.supply_shares = market.supply_shares.checked_add(shares).ok_or(LendingError::MathOverflow)?;
    market.cash = market.cash.checked_add(amount).ok_or(LendingError::MathOverflow)?;
    token_program.transfer_checked(source, mint, vault, owner, &[], amount, market.debt_decimals)?;
    supply_changed(market, deposit, Moved::In(amount), now)
}
