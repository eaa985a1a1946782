//! `observe`: writes a close into the price history, from a checked price account. Anyone may, at every pause level.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::LendingError,
    events::PriceObserved,
    prices::load_price,
    state::{Close, Market, PriceHistory},
};

/// Accounts of `observe`.
#[derive(Accounts)]
pub struct Observe {
    /// 0. `[]` The market.
    pub market: Account<Market>,
    /// 1. `[writable]` Its price history.
    #[account(mut, constraint = history.market == *market.address() @ LendingError::WrongMarket)]
    pub history: Account<PriceHistory>,
    /// 2. `[]` Price of the collateral.
    pub collateral_price: UncheckedAccount,
}

/// Appends the price, if it is at least an hour younger than the last.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Observe>) -> Result<()> {
    let Observe { market, history, collateral_price } = &mut ctx.accounts;
    let feed = market.params.collateral_feed;
    let price = load_price(collateral_price, &feed, &market.params, now()?)?;
    history.push(&feed, Close { publish_time: price.publish_time, price: price.price })?;
    emit!(PriceObserved { market: *market.address(), publish_time: price.publish_time, price: price.price });
    Ok(())
}
