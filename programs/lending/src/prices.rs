//! Prices of a market's two mints, from Pyth accounts that passed every check.
//!
//! The account's owner is checked here; `assay_lending_interface::pyth` checks the rest. Limits take the safe end of the confidence
//! interval (collateral low, debt high); exchange in a liquidation and the features take the middle.

use anchor_lang::prelude::*;
use assay_interface::price::Price;
use assay_lending_interface::{
    MAX_PRICE_AHEAD_SECONDS,
    pyth::{Policy, PriceUpdate, PythError, RECEIVER_PROGRAM},
};

use crate::{
    errors::LendingError,
    math::{
        liquidation::Exposure,
        value::{Value, ltv_at_most},
    },
    state::{Market, Position, RiskParams},
};

const RECEIVER: Address = Address::new_from_array(RECEIVER_PROGRAM);

/// Both prices at one time.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    /// Price of the collateral.
    pub collateral: Price,
    /// Price of the debt asset.
    pub debt: Price,
}

impl Prices {
    /// Reads and checks both accounts.
    ///
    /// # Errors
    /// See [`load_price`].
    pub fn load(collateral: &AccountView, debt: &AccountView, params: &RiskParams, now: i64) -> Result<Self> {
        Ok(Self {
            collateral: load_price(collateral, &params.collateral_feed, params, now)?,
            debt: load_price(debt, &params.debt_feed, params, now)?,
        })
    }

    /// A position at mid prices. Interest must have accrued.
    ///
    /// # Errors
    /// The debt exceeds 64 bits; not while the market's invariant holds.
    pub fn exposure(&self, market: &Market, position: &Position) -> Result<Exposure> {
        Ok(Exposure {
            collateral: position.collateral,
            debt: position.debt(market)?,
            collateral_price: self.collateral.price,
            debt_price: self.debt.price,
            collateral_decimals: market.collateral_decimals,
            debt_decimals: market.debt_decimals,
        })
    }

    /// Value of a debt at the high end of the interval, and of collateral at the low end.
    pub fn safe_values(&self, market: &Market, debt: u64, collateral: u64) -> (Value, Value) {
        (
            Value::of_debt(debt, self.debt.high(), market.debt_decimals),
            Value::of_collateral(collateral, self.collateral.low(), market.collateral_decimals),
        )
    }

    /// Fails unless the position may owe what it owes: safe loan-to-value ratio at most the maximum.
    ///
    /// # Errors
    /// [`LendingError::LtvExceeded`].
    pub fn require_healthy(&self, market: &Market, position: &Position) -> Result<()> {
        let (debt, collateral) = self.safe_values(market, position.debt(market)?, position.collateral);
        let healthy = ltv_at_most(debt, collateral, market.params.max_ltv_bps);
        if healthy { Ok(()) } else { Err(LendingError::LtvExceeded.into()) }
    }
}

/// Reads and checks one price account.
///
/// # Errors
/// An error of its own for each check: owner, form, verification level, feed, age, future, sign, confidence, range.
pub fn load_price(account: &AccountView, feed: &[u8; 32], params: &RiskParams, now: i64) -> Result<Price> {
    if !account.owned_by(&RECEIVER) {
        return Err(LendingError::PriceOwner.into());
    }
    let data = account.try_borrow()?;
    let policy = Policy {
        feed_id: *feed,
        max_age: params.price_max_age,
        max_ahead: MAX_PRICE_AHEAD_SECONDS,
        max_confidence_bps: params.price_max_confidence_bps,
    };
    let price = PriceUpdate::decode(&data).and_then(|update| update.accept(&policy, now));
    price.map_err(|error| price_error(error).into())
}

const fn price_error(error: PythError) -> LendingError {
    match error {
        PythError::Discriminator | PythError::Truncated(_) | PythError::UnknownVerificationLevel(_) => {
            LendingError::PriceMalformed
        }
        PythError::PartiallyVerified { .. } => LendingError::PricePartiallyVerified,
        PythError::Feed => LendingError::PriceFeed,
        PythError::Stale { .. } => LendingError::PriceStale,
        PythError::Future { .. } => LendingError::PriceFromFuture,
        PythError::Price(_) | PythError::Ema(_) => LendingError::PriceNotPositive,
        PythError::Confidence { .. } => LendingError::PriceUncertain,
        PythError::Exponent(_) | PythError::Range { .. } => LendingError::PriceOutOfRange,
    }
}
