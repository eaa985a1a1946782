//! Accounts as typed values: owner, discriminator and length checked first, prices by the program's own policy.

use anchor_lang::{Discriminator, Owner};
use assay_host::{Account, Chain, account::decode};
use assay_interface::price::Price;
use assay_lending::{
    ID,
    prices::Prices,
    state::{Market, Position, PriceHistory, RiskParams, Snapshot},
};
use assay_lending_interface::{
    MAX_PRICE_AHEAD_SECONDS,
    pyth::{Policy, PriceUpdate},
};
use bytemuck::Pod;
use solana_address::Address;

use crate::{
    assess::MarketView, error::ReadError, instructions::PriceAccounts, keys::MarketKeys, price::RECEIVER,
};

/// A market and the accounts through which a keeper trades with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The market's addresses.
    pub keys: MarketKeys,
    /// Pyth accounts of the two prices.
    pub prices: PriceAccounts,
    /// The wallet's token account that receives collateral.
    pub collateral_account: Address,
    /// The wallet's token account that pays debts.
    pub debt_account: Address,
}

/// The market of a route, with interest charged to the present, and its prices.
///
/// # Errors
/// An account is missing or another, or a price may not be acted on.
pub fn market(chain: &dyn Chain, route: &Route) -> Result<MarketView, ReadError> {
    let now = chain.unix_time()?;
    let mut market: Market = account(chain, &route.keys.market, "market")?;
    market.accrue(now).map_err(|_| ReadError::Books)?;
    let history: PriceHistory = account(chain, &route.keys.history, "price history")?;
    let params = &market.params;
    let collateral = price(chain, &route.prices.collateral, &params.collateral_feed, params, now)?;
    let debt = price(chain, &route.prices.debt, &params.debt_feed, params, now)?;
    Ok(MarketView { market, history, prices: Prices { collateral, debt }, now })
}

/// A position of a market.
///
/// # Errors
/// The account is missing, or is no position of this market.
pub fn position(chain: &dyn Chain, keys: &MarketKeys, address: &Address) -> Result<Position, ReadError> {
    let position: Position = account(chain, address, "position")?;
    if position.market != keys.market {
        return Err(ReadError::OtherMarket { position: *address });
    }
    Ok(position)
}

/// The snapshot at an address, if there is one.
///
/// # Errors
/// The lending program's account there is no snapshot.
pub fn snapshot(chain: &dyn Chain, address: &Address) -> Result<Option<Snapshot>, ReadError> {
    match chain.account(address)? {
        Some(found) if found.owner == ID => parse(&found, address, "snapshot").map(Some),
        // Closed, or an address that somebody sent lamports to.
        Some(_) | None => Ok(None),
    }
}

fn account<T: Owner + Discriminator + Pod>(
    chain: &dyn Chain,
    address: &Address,
    what: &'static str,
) -> Result<T, ReadError> {
    let found = chain.account(address)?.ok_or(ReadError::Missing { what, address: *address })?;
    parse(&found, address, what)
}

fn parse<T: Owner + Discriminator + Pod>(
    found: &Account,
    address: &Address,
    what: &'static str,
) -> Result<T, ReadError> {
    let foreign = |source| ReadError::Foreign { what, address: *address, source };
    decode(&found.owner, &found.data).map_err(foreign)
}

fn price(
    chain: &dyn Chain,
    address: &Address,
    feed: &[u8; 32],
    params: &RiskParams,
    now: i64,
) -> Result<Price, ReadError> {
    let missing = ReadError::Missing { what: "price account", address: *address };
    let found = chain.account(address)?.ok_or(missing)?;
    if found.owner != RECEIVER {
        return Err(ReadError::NotPyth { address: *address, owner: found.owner });
    }
    let policy = Policy {
        feed_id: *feed,
        max_age: params.price_max_age,
        max_ahead: MAX_PRICE_AHEAD_SECONDS,
        max_confidence_bps: params.price_max_confidence_bps,
    };
    PriceUpdate::decode(&found.data)
        .and_then(|update| update.accept(&policy, now))
        .map_err(|source| ReadError::Price { address: *address, source })
}
