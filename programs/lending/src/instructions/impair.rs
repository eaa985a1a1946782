//! `impair`: assesses which part of a position's debt no collateral pays, up or down. Anyone may, at every pause level.
//!
//! Suppliers withdraw without it from then on, so nobody leaves a known loss to the others. Collateral counts at the high end
//! of its interval and debt at the low end: uncertainty impairs nothing. The caller chooses the moment, within the minute
//! that a price may be old; whoever disagrees assesses again with a newer one.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::LendingError,
    events::Impaired,
    oracle::Purpose,
    prices::Prices,
    state::{Market, Position},
};

/// Accounts of `impair` and `socialize`.
#[derive(Accounts)]
pub struct AssessLoss {
    /// 0. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 1. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 2. `[]` Price source of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 3. `[]` Price source of the debt asset.
    pub debt_price: UncheckedAccount,
}

impl AssessLoss {
    /// Charges interest and reads the prices of losses, for a position that owes.
    pub(super) fn prices(&mut self, now: i64) -> Result<Prices> {
        self.market.accrue(now)?;
        if self.position.debt_shares == 0 {
            return Err(LendingError::NoDebt.into());
        }
        let params = &self.market.params;
        Prices::load(&self.collateral_price, &self.debt_price, params, Purpose::Loss, now)
    }
}

/// Assesses the position anew.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AssessLoss>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = now()?;
    let prices = accounts.prices(now)?;
    let AssessLoss { market, position, .. } = accounts;
    prices.impair(market, position)?;
    market.settle_exit(now)?;
    emit!(Impaired {
        market: *market.address(),
        position: *position.address(),
        impaired: position.impaired,
        total: market.impaired,
    });
    position.invariant(market)?;
    Ok(market.invariant()?)
}
