//! How instructions end: pay out, settle the exit clock, report, and check the accounts.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use crate::{
    authority::Authority,
    events::{LineChanged, SupplyChanged},
    state::{Deposit, Line, Pool},
};

/// What a supplier or a borrower did with tokens.
#[derive(Clone, Copy)]
pub(super) enum Moved {
    /// Into the vault.
    In(u64),
    /// Out of it.
    Out(u64),
    /// Nowhere: a default, a write-off.
    Nothing,
}

impl Moved {
    /// Base units in, and out.
    const fn amounts(self) -> (u64, u64) {
        match self {
            Self::In(amount) => (amount, 0),
            Self::Out(amount) => (0, amount),
            Self::Nothing => (0, 0),
        }
    }
}

/// Pays `amount` out of the vault, whose authority is the pool.
#[inline(always)]
pub(super) fn pay_out(
    token_program: &Program<Token>,
    pool: &Account<Pool>,
    vault: &mut Account<TokenAccount>,
    mint: &Account<Mint>,
    destination: &mut Account<TokenAccount>,
    amount: u64,
) -> Result<()> {
    let authority = Authority::of(pool)?;
    let (signers, decimals) = ([&authority.seeds()[..]], pool.decimals);
    token_program.transfer_checked(vault, mint, destination, pool, &signers, amount, decimals)
}

/// Settles the exit clock, reports a changed debt, and checks line and pool.
#[inline(always)]
pub(super) fn line_changed(
    pool: &mut Account<Pool>,
    line: &Account<Line>,
    moved: Moved,
    now: i64,
) -> Result<()> {
    pool.settle_exit(now)?;
    let (repaid, drawn) = moved.amounts();
    emit!(LineChanged {
        pool: *pool.address(),
        line: *line.address(),
        drawn,
        repaid,
        debt: line.debt(pool)?,
        due: line.due,
        status: line.status,
    });
    line.invariant(pool)?;
    Ok(pool.invariant()?)
}

/// Settles the exit clock, reports what a supplier deposited or withdrew, and checks the pool.
#[inline(always)]
pub(super) fn supply_changed(
    pool: &mut Account<Pool>,
    deposit: &Account<Deposit>,
    moved: Moved,
    now: i64,
) -> Result<()> {
    pool.settle_exit(now)?;
    let (deposited, withdrawn) = moved.amounts();
    emit!(SupplyChanged {
        pool: *pool.address(),
        owner: deposit.owner,
        deposited,
        withdrawn,
        shares: deposit.shares,
    });
    Ok(pool.invariant()?)
}
