//! `withdraw_reserves`: pays proposed reserves to their owner, once the proposal is due. Reserves that impaired debt needs
//! stay, and so does what the vault does not hold.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};

use super::{endings::pay_out, now};
use crate::{
    errors::LendingError,
    events::ReservesWithdrawn,
    state::{Kind, Market},
};

/// Accounts of `withdraw_reserves`.
#[derive(Accounts)]
pub struct WithdrawReserves {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[]` The debt mint.
    #[account(address = market.debt_mint @ LendingError::WrongMint)]
    pub mint: Account<Mint>,
    /// 3. `[writable]` The liquidity vault.
    #[account(mut, address = market.liquidity_vault @ LendingError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 4. `[writable]` A token account of the reserves' owner.
    #[account(mut, constraint = *destination.owner() == market.reserve_owner @ LendingError::WrongReceiver)]
    pub destination: Account<TokenAccount>,
    /// 5. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Withdraws the proposed amount, or as much of it as is free.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<WithdrawReserves>) -> Result<()> {
    let WithdrawReserves { market, mint, vault, destination, token_program, .. } = &mut ctx.accounts;
    let now = now()?;
    market.accrue(now)?;
    let proposed = market.take_proposal(Kind::Withdrawal, now)?.amount;
    let amount = proposed.min(market.free_reserves());
    if amount == 0 {
        return Err(LendingError::ZeroAmount.into());
    }
    market.reserves = market.reserves.checked_sub(amount).ok_or(LendingError::InvariantViolated)?;
    market.cash = market.cash.checked_sub(amount).ok_or(LendingError::InvariantViolated)?;
    pay_out(token_program, market, vault, mint, destination, amount, market.debt_decimals)?;
    market.settle_exit(now)?;
    emit!(ReservesWithdrawn { market: *market.address(), amount, reserves: market.reserves });
    Ok(market.invariant()?)
}
