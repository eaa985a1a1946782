//! `supply`: deposits for shares. The first deposit of an owner creates the deposit account.
//!
//! Shares are priced at all assets, defaulted debt in full: who deposits between a default and its recovery does not buy the
//! recovery.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};
use assay_credit_interface::seeds::DEPOSIT;
use assay_program::math::shares::shares_for_deposit;

use super::{
    endings::{Moved, supply_changed},
    now,
};
use crate::{
    errors::CreditError,
    state::{Action, Deposit, Pool, VERSION},
};

/// Accounts of `supply`.
#[derive(Accounts)]
pub struct Supply {
    /// 0. `[signer, writable]` The supplier, who owns the shares and pays the rent of the deposit account.
    #[account(mut)]
    pub owner: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[writable]` The owner's deposit account.
    #[account(init_if_needed, payer = owner, seeds = [DEPOSIT, pool, owner], bump)]
    pub deposit: Account<Deposit>,
    /// 3. `[]` The mint.
    #[account(address = pool.mint @ CreditError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The vault.
    #[account(mut, address = pool.vault @ CreditError::WrongVault)]
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
    let Supply { owner, pool, deposit, mint, vault, source, token_program, .. } = &mut ctx.accounts;
    let now = now()?;
    pool.require_open(Action::Supply, now)?;
    pool.accrue(now)?;

    let assets = pool.assets()?;
    if assets == 0 && pool.supply_shares > 0 {
        return Err(CreditError::PoolInsolvent.into());
    }
    let total = assets.checked_add(amount).ok_or(CreditError::MathOverflow)?;
    if total > pool.terms.supply_cap {
        return Err(CreditError::CapExceeded.into());
    }
    let shares = shares_for_deposit(amount, assets, pool.supply_shares).map_err(CreditError::from)?;
    if shares == 0 {
        return Err(CreditError::ZeroAmount.into());
    }

    deposit.pool = *pool.address();
    deposit.owner = *owner.address();
    deposit.bump = bump;
    deposit.version = VERSION;
    deposit.shares = deposit.shares.checked_add(shares).ok_or(CreditError::MathOverflow)?;
    pool.supply_shares = pool.supply_shares.checked_add(shares).ok_or(CreditError::MathOverflow)?;
    pool.cash = pool.cash.checked_add(amount).ok_or(CreditError::MathOverflow)?;
    token_program.transfer_checked(source, mint, vault, owner, &[], amount, pool.decimals)?;
    supply_changed(pool, deposit, Moved::In(amount), now)
}
