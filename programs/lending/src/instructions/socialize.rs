//! `socialize`: writes a debt off whose collateral is dust or gone. Anyone may, at every pause level.
//!
//! The reserves bear it first, then all suppliers alike. Without this, a liquidator who leaves the last unit of collateral
//! keeps a lost debt on the books, and whoever withdraws first leaves the loss to the others. Before the collateral is dust
//! the debt is never forgiven: it is impaired, and the position can still be liquidated. What little collateral there is
//! leaves the books with it and stays in the vault.

use anchor_lang::prelude::*;

use super::{impair::AssessLoss, now};
use crate::{errors::LendingError, events::Socialized, math::value::Value};

/// Writes the debt off.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AssessLoss>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = now()?;
    let prices = accounts.prices(now)?;
    let AssessLoss { market, position, .. } = accounts;
    let worth =
        Value::of_collateral(position.collateral, prices.collateral.high(), market.collateral_decimals);
    if worth.get() >= u128::from(market.params.dust_value) {
        return Err(LendingError::NotDust.into());
    }
    // Dust that would pay the whole debt pays it: liquidate instead.
    if prices.at_best(market, position)?.shortfall(market.params.bonus_min_bps) == 0 {
        return Err(LendingError::NotDust.into());
    }
    let dust = core::mem::take(&mut position.collateral);
    market.collateral_total =
        market.collateral_total.checked_sub(dust).ok_or(LendingError::InvariantViolated)?;
    let lost = position.write_off(market, now)?;
    market.settle_exit(now)?;
    emit!(Socialized { market: *market.address(), position: *position.address(), lost, dust });
    position.invariant(market)?;
    Ok(market.invariant()?)
}
