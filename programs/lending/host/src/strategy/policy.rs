//! How a keeper of a market is set up.

use std::collections::BTreeMap;

use assay_host::strategy::StrategyError;
use solana_address::Address;

use crate::{instructions::PriceAccounts, keys::MarketKeys, read::Route};

/// Which liquidations a keeper makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Early ones that a proven score opens, and those of the plain rule.
    ProofAndRule,
    /// Those of the plain rule only.
    RuleOnly,
}

/// Liquidations of one market's positions, and what they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidations {
    /// The market and the wallet's accounts.
    pub route: Route,
    /// Which liquidations.
    pub rules: Rules,
    /// How much less collateral than computed is accepted, basis points.
    pub slippage_bps: u16,
    /// Bonus below which an early liquidation does not pay, basis points: the keeper flags the position, which starts the
    /// auction's public clock, and liquidates when the clock has brought it there, if nobody did before. Above the market's
    /// greatest early bonus it stands for that.
    pub least_bonus_bps: u16,
}

/// Names of the addresses that [`open`] wants.
pub const ADDRESSES: [&str; 7] = [
    "creator",
    "collateral_mint",
    "debt_mint",
    "collateral_price",
    "debt_price",
    "collateral_account",
    "debt_account",
];

/// Half a percent, as slippage and as least bonus of a strategy that was opened by addresses alone.
const DEFAULT_BPS: u16 = 50;

/// The strategy of one market.
///
/// # Errors
/// An address is missing.
pub fn open(named: &BTreeMap<String, Address>) -> Result<Liquidations, StrategyError> {
    let address = |name: &'static str| {
        let missing = || StrategyError {
            reason: "configuration".into(),
            source: format!("no address is named {name}").into(),
        };
        named.get(name).copied().ok_or_else(missing)
    };
    let route = Route {
        keys: MarketKeys::derive(&address("creator")?, address("collateral_mint")?, address("debt_mint")?),
        prices: PriceAccounts { collateral: address("collateral_price")?, debt: address("debt_price")? },
        collateral_account: address("collateral_account")?,
        debt_account: address("debt_account")?,
    };
    let rules = Rules::ProofAndRule;
    Ok(Liquidations { route, rules, slippage_bps: DEFAULT_BPS, least_bonus_bps: DEFAULT_BPS })
}
