//! `withdraw_reserves`: pays proposed reserves to their owner, once the proposal is due. Reserves that defaulted debt needs
//! stay, and so does what the vault does not hold.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};

use super::{endings::pay_out, now};
use crate::{
    errors::CreditError,
    events::ReservesWithdrawn,
    state::{Kind, Pool},
};

/// Accounts of `withdraw_reserves`.
#[derive(Accounts)]
pub struct WithdrawReserves {
    /// 0. `[signer]` The admin.
    #[account(address = pool.admin @ CreditError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[]` The mint.
    #[account(address = pool.mint @ CreditError::WrongMint)]
    pub mint: Account<Mint>,
    /// 3. `[writable]` The vault.
    #[account(mut, address = pool.vault @ CreditError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 4. `[writable]` A token account of the reserves' owner.
    #[account(mut, constraint = *destination.owner() == pool.reserve_owner @ CreditError::WrongReceiver)]
    pub destination: Account<TokenAccount>,
    /// 5. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Withdraws the proposed amount, or as much of it as is free.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<WithdrawReserves>) -> Result<()> {
    let WithdrawReserves { pool, mint, vault, destination, token_program, .. } = &mut ctx.accounts;
    let now = now()?;
    pool.accrue(now)?;
    let proposed = pool.take_proposal(Kind::Withdrawal, now)?.amount;
    let amount = proposed.min(pool.free_reserves());
    if amount == 0 {
        return Err(CreditError::ZeroAmount.into());
    }
    pool.reserves = pool.reserves.checked_sub(amount).ok_or(CreditError::InvariantViolated)?;
    pool.cash = pool.cash.checked_sub(amount).ok_or(CreditError::InvariantViolated)?;
    pay_out(token_program, pool, vault, mint, destination, amount)?;
    pool.settle_exit(now)?;
    emit!(ReservesWithdrawn { pool: *pool.address(), amount, reserves: pool.reserves });
    Ok(pool.invariant()?)
}
