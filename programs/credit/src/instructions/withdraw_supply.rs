//! `withdraw_supply`: redeems shares, as far as the pool holds cash. Defaulted debt does not count: who leaves first does not
//! leave the loss to the others.
//!
//! What is not stopped: due dates are public, so a supplier who sees one pass without a repayment can leave in the grace,
//! before anybody may mark the default. That is the risk of lending without a price for each borrower's promise.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};
use assay_program::math::shares::assets_for_shares;

use super::{
    ALL,
    endings::{Moved, pay_out, supply_changed},
    now,
};
use crate::{
    errors::CreditError,
    state::{Action, Deposit, Pool},
};

/// Accounts of `withdraw_supply`.
#[derive(Accounts)]
pub struct WithdrawSupply {
    /// 0. `[signer]` The supplier.
    #[account(address = deposit.owner @ CreditError::WrongAuthority)]
    pub owner: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[writable]` The owner's deposit account.
    #[account(mut, constraint = deposit.pool == *pool.address() @ CreditError::WrongPool)]
    pub deposit: Account<Deposit>,
    /// 3. `[]` The mint.
    #[account(address = pool.mint @ CreditError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The vault.
    #[account(mut, address = pool.vault @ CreditError::WrongVault)]
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
    let WithdrawSupply { pool, deposit, mint, vault, destination, token_program, .. } = &mut ctx.accounts;
    let now = now()?;
    pool.require_open(Action::Withdraw, now)?;
    pool.accrue(now)?;

    let shares = if shares == ALL { deposit.shares } else { shares };
    let amount =
        assets_for_shares(shares, pool.redeemable()?, pool.supply_shares).map_err(CreditError::from)?;
    if amount == 0 {
        return Err(CreditError::ZeroAmount.into());
    }
    deposit.shares = deposit.shares.checked_sub(shares).ok_or(CreditError::InsufficientBalance)?;
    pool.supply_shares = pool.supply_shares.checked_sub(shares).ok_or(CreditError::InvariantViolated)?;
    pool.cash = pool.cash.checked_sub(amount).ok_or(CreditError::InsufficientLiquidity)?;

    pay_out(token_program, pool, vault, mint, destination, amount)?;
    supply_changed(pool, deposit, Moved::Out(amount), now)
}
