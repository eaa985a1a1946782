//! Accounts as typed values: owner, discriminator and length checked first.

use anchor_lang::{Discriminator, Owner};
use assay_client::account::decode;
use assay_client::lending::{ID, Market, Position, PriceHistory, RiskParams, Snapshot};
use assay_interface::lending::MAX_PRICE_AHEAD_SECONDS;
use assay_interface::pyth::{Policy, Price, PriceUpdate, RECEIVER_PROGRAM};
use assay_lending::prices::Prices;
use bytemuck::Pod;
use solana_address::Address;

use crate::{
    assess::MarketView,
    chain::{Account, Chain},
    error::{AssessError, KeeperError},
    keeper::Route,
};

/// Offset of the amount in a token account.
const TOKEN_AMOUNT: std::ops::Range<usize> = 64..72;

/// The market of a route, with interest charged to the present, and its prices.
pub(crate) fn market<C: Chain>(chain: &C, route: &Route) -> Result<MarketView, KeeperError<C::Error>> {
    let now = chain.unix_time().map_err(KeeperError::Chain)?;
    let mut market: Market = account(chain, &route.keys.market, "market")?;
    market.accrue(now).map_err(|_| AssessError::Books)?;
    let history: PriceHistory = account(chain, &route.keys.history, "price history")?;
    let params = &market.params;
    let collateral = price(chain, &route.prices.collateral, &params.collateral_feed, params, now)?;
    let debt = price(chain, &route.prices.debt, &params.debt_feed, params, now)?;
    Ok(MarketView { market, history, prices: Prices { collateral, debt }, now })
}

/// A position of the route's market.
pub(crate) fn position<C: Chain>(
    chain: &C,
    route: &Route,
    address: &Address,
) -> Result<Position, KeeperError<C::Error>> {
    let position: Position = account(chain, address, "position")?;
    if position.market != route.keys.market {
        return Err(KeeperError::OtherMarket { position: *address });
    }
    Ok(position)
}

/// The snapshot at an address, if there is one.
pub(crate) fn snapshot<C: Chain>(
    chain: &C,
    address: &Address,
) -> Result<Option<Snapshot>, KeeperError<C::Error>> {
    match chain.account(address).map_err(KeeperError::Chain)? {
        Some(found) if found.owner == ID => parse(&found, address, "snapshot").map(Some),
        // Closed, or an address that somebody sent lamports to.
        Some(_) | None => Ok(None),
    }
}

/// Tokens in a token account.
pub(crate) fn balance<C: Chain>(chain: &C, address: &Address) -> Result<u64, KeeperError<C::Error>> {
    let missing = KeeperError::Missing { what: "token account", address: *address };
    let found = chain.account(address).map_err(KeeperError::Chain)?.ok_or(missing)?;
    let bytes = found.data.get(TOKEN_AMOUNT).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u64::from_le_bytes).ok_or(KeeperError::NotToken { address: *address })
}

fn account<C: Chain, T: Owner + Discriminator + Pod>(
    chain: &C,
    address: &Address,
    what: &'static str,
) -> Result<T, KeeperError<C::Error>> {
    let missing = KeeperError::Missing { what, address: *address };
    let found = chain.account(address).map_err(KeeperError::Chain)?.ok_or(missing)?;
    parse(&found, address, what)
}

fn parse<E: std::error::Error + 'static, T: Owner + Discriminator + Pod>(
    found: &Account,
    address: &Address,
    what: &'static str,
) -> Result<T, KeeperError<E>> {
    decode(&found.owner, &found.data).map_err(|source| KeeperError::Foreign {
        what,
        address: *address,
        source,
    })
}

fn price<C: Chain>(
    chain: &C,
    address: &Address,
    feed: &[u8; 32],
    params: &RiskParams,
    now: i64,
) -> Result<Price, KeeperError<C::Error>> {
    let missing = KeeperError::Missing { what: "price account", address: *address };
    let found = chain.account(address).map_err(KeeperError::Chain)?.ok_or(missing)?;
    if found.owner.to_bytes() != RECEIVER_PROGRAM {
        return Err(KeeperError::NotPyth { address: *address, owner: found.owner });
    }
    let policy = Policy {
        feed_id: *feed,
        max_age: params.price_max_age,
        max_ahead: MAX_PRICE_AHEAD_SECONDS,
        max_confidence_bps: params.price_max_confidence_bps,
    };
    PriceUpdate::decode(&found.data)
        .and_then(|update| update.accept(&policy, now))
        .map_err(|source| KeeperError::Price { address: *address, source })
}
