//! Accounts as typed values: owner, discriminator and length checked first.

use anchor_lang::{Discriminator, Owner};
use assay_feed_interface::Source;
use assay_host::{Account, Chain, Watch, account::decode};
use assay_interface::{
    groth16::SetupKind,
    verifier::{ModelFacts, Series, Status},
};
use assay_lending::state::{Market, Position, RiskParams, SETUP_CEREMONY, SETUP_DEVELOPMENT, Snapshot};
use bytemuck::Pod;
use solana_address::Address;

use crate::{assess::MarketView, error::ReadError, instructions::PriceAccounts, keys::MarketKeys};

/// A market and the accounts through which a keeper trades with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The market's addresses.
    pub keys: MarketKeys,
    /// The market's price sources.
    pub prices: PriceAccounts,
    /// The wallet's token account that receives collateral.
    pub collateral_account: Address,
    /// The wallet's token account that pays debts.
    pub debt_account: Address,
}

/// The market of a route, with interest charged to the present, and its price sources.
///
/// # Errors
/// An account is missing or another, or a source is not the one that the market is pinned to.
pub fn market(chain: &dyn Chain, route: &Route) -> Result<MarketView, ReadError> {
    let now = chain.unix_time()?;
    let mut market: Market = account(chain, &route.keys.market, "market")?;
    market.accrue(now).map_err(|_| ReadError::Books)?;
    let collateral = source(chain, &route.prices.collateral, &market.params.collateral_source)?;
    let debt = source(chain, &route.prices.debt, &market.params.debt_source)?;
    Ok(MarketView { market, collateral, debt, now })
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

/// The snapshot of a market's position at an address, if there is one. It may have been closed, or somebody sent lamports there.
///
/// # Errors
/// It has another layout than this library reads.
pub fn snapshot(
    chain: &dyn Chain,
    keys: &MarketKeys,
    address: &Address,
) -> Result<Option<Snapshot>, ReadError> {
    let snapshots = Watch::of::<Snapshot>().holding(core::mem::offset_of!(Snapshot, market), &keys.market);
    let found = chain.listed(&snapshots, address)?;
    found.map(|found| parse(&found, address, "snapshot")).transpose()
}

/// The model that the market accepts now, if it can be proven for by whoever has the key of this hash: the pinned one, or the
/// current one of the series that is followed; active, of the market's schema, set up in an accepted way. Nothing is sent for
/// another.
///
/// # Errors
/// The account is missing, or is no model or series.
pub fn usable_model(
    chain: &dyn Chain,
    params: &RiskParams,
    key_hash: &[u8; 32],
) -> Result<Option<Address>, ReadError> {
    let address = match params.series() {
        None => Address::new_from_array(params.model),
        Some(series) => match current_model(chain, &Address::new_from_array(*series))? {
            Some(current) => current,
            None => return Ok(None),
        },
    };
    let found = chain.account(&address)?.ok_or(ReadError::Missing { what: "model", address })?;
    if found.owner != assay_verifier_host::ID {
        return Err(ReadError::NotModel { address });
    }
    let facts = ModelFacts::read(&found.data).map_err(|_| ReadError::NotModel { address })?;
    let kind = match facts.setup {
        SetupKind::Development => SETUP_DEVELOPMENT,
        SetupKind::Ceremony => SETUP_CEREMONY,
    };
    let is_usable = facts.status == Status::Active
        && *facts.domain == params.statement_domain
        && facts.key_hash == key_hash
        && params.accepted_setup_kinds & kind != 0;
    Ok(is_usable.then_some(address))
}

/// The current model of a series; none where it is closed, or its first model waits.
fn current_model(chain: &dyn Chain, address: &Address) -> Result<Option<Address>, ReadError> {
    let Some(found) = chain.account(address)?.filter(|found| found.owner == assay_verifier_host::ID) else {
        return Ok(None);
    };
    let series = Series::read(&found.data).map_err(|_| ReadError::NotSeries { address: *address })?;
    Ok(series.model().ok().map(|current| Address::new_from_array(*current)))
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

fn source(chain: &dyn Chain, address: &Address, pinned: &[u8; 32]) -> Result<Source, ReadError> {
    if address.as_array() != pinned {
        return Err(ReadError::OtherSource { address: *address });
    }
    Ok(assay_feed_host::read::source(chain, address)?)
}
