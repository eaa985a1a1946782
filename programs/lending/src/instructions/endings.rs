//! How instructions that move tokens end: paying out of a vault, settling the exit clock, reporting the change, checking what
//! must hold.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use crate::{
    events::{PositionChanged, SupplyChanged},
    state::{Deposit, Market, Position},
};

/// What a supplier did.
#[derive(Clone, Copy)]
pub(super) enum Moved {
    /// Deposited so much.
    In(u64),
    /// Withdrew so much.
    Out(u64),
}

/// Pays `amount` of a mint with `decimals` out of a vault, whose authority is the market.
#[inline(always)]
pub(super) fn pay_out(
    token_program: &Program<Token>,
    market: &Account<Market>,
    vault: &mut Account<TokenAccount>,
    mint: &Account<Mint>,
    destination: &mut Account<TokenAccount>,
    amount: u64,
    decimals: u8,
) -> Result<()> {
    let bump = [market.bump];
    let [label, creator, collateral, debt] = market.seeds();
    let seeds = [label, creator, collateral, debt, &bump];
    token_program.transfer_checked(vault, mint, destination, market, &[&seeds], amount, decimals)
}

/// Settles the exit clock, reports a changed position, and checks position and market.
#[inline(always)]
pub(super) fn position_changed(
    market: &mut Account<Market>,
    position: &Account<Position>,
    now: i64,
) -> Result<()> {
    market.settle_exit(now)?;
    emit!(PositionChanged {
        market: *market.address(),
        position: *position.address(),
        collateral: position.collateral,
        debt: position.debt(market)?,
        debt_shares: position.debt_shares,
    });
    position.invariant(market)?;
    Ok(market.invariant()?)
}

/// Settles the exit clock, reports what a supplier deposited or withdrew, and checks the market.
#[inline(always)]
pub(super) fn supply_changed(
    market: &mut Account<Market>,
    deposit: &Account<Deposit>,
    moved: Moved,
    now: i64,
) -> Result<()> {
    market.settle_exit(now)?;
    let (deposited, withdrawn) = match moved {
        Moved::In(amount) => (amount, 0),
        Moved::Out(amount) => (0, amount),
    };
    emit!(SupplyChanged {
        market: *market.address(),
        owner: deposit.owner,
        deposited,
        withdrawn,
        shares: deposit.shares,
    });
    Ok(market.invariant()?)
}
