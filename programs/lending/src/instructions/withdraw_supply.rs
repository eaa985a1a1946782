//! `withdraw_supply`: redeems shares for the debt asset, as far as the market holds it and has not lent it. Impaired loans do
//! not count: who leaves first does not leave the loss to the others.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};

use super::{
    ALL,
    endings::{Moved, pay_out, supply_changed},
    now,
};
use crate::{
    errors::LendingError,
    math::shares::assets_for_shares,
    state::{Action, Deposit, Market},
};

/// Accounts of `withdraw_supply`.
#[derive(Accounts)]
pub struct WithdrawSupply {
    /// 0. `[signer]` The supplier.
    #[account(address = deposit.owner @ LendingError::WrongAuthority)]
    pub owner: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The owner's deposit account.
    #[account(mut, constraint = deposit.market == *market.address() @ LendingError::WrongMarket)]
    pub deposit: Account<Deposit>,
    /// 3. `[]` The debt mint.
    #[account(address = market.debt_mint @ LendingError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The liquidity vault.
    #[account(mut, address = market.liquidity_vault @ LendingError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 5. `[writable]` Token account that receives the assets.
    #[account(mut)]
    pub destination: Account<TokenAccount>,
    /// 6. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Redeems `shares`, or every share for [`ALL`].
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<WithdrawSupply>, shares: u64) -> Result<()> {
    let WithdrawSupply { market, deposit, mint, vault, destination, token_program, .. } = &mut ctx.accounts;
    let now = now()?;
    market.require_open(Action::WithdrawSupply, now)?;
    market.accrue(now)?;

    let shares = if shares == ALL { deposit.shares } else { shares };
    let amount =
        assets_for_shares(shares, market.redeemable()?, market.supply_shares).map_err(LendingError::from)?;
    if amount == 0 {
        return Err(LendingError::ZeroAmount.into());
    }
    deposit.shares = deposit.shares.checked_sub(shares).ok_or(LendingError::InsufficientBalance)?;
    market.supply_shares = market.supply_shares.checked_sub(shares).ok_or(LendingError::InvariantViolated)?;
    market.cash = market.cash.checked_sub(amount).ok_or(LendingError::InsufficientLiquidity)?;

    pay_out(token_program, market, vault, mint, destination, amount, market.debt_decimals)?;
    supply_changed(market, deposit, Moved::Out(amount), now)
}
