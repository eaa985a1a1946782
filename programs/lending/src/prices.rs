//! Prices of a market's two mints, from the sources that its parameters pin.

use anchor_lang::prelude::*;
use assay_feed_interface::{PROGRAM, Source};
use assay_interface::price::Price;

use crate::{
    errors::{LendingError, MathResult},
    math::{
        liquidation::Exposure,
        value::{Value, ltv_at_most},
    },
    oracle::{Purpose, require_simultaneous},
    state::{Market, Position, RiskParams},
};

const FEED: Address = Address::new_from_array(PROGRAM);

/// Both prices at about one time.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    /// Price of the collateral.
    pub collateral: Price,
    /// Price of the debt asset.
    pub debt: Price,
}

impl Prices {
    /// Reads both sources for a purpose.
    ///
    /// # Errors
    /// An error of its own for each check: address, owner, form, status, age, future, confidence, distance in time.
    pub fn load(
        collateral: &AccountView,
        debt: &AccountView,
        params: &RiskParams,
        purpose: Purpose,
        now: i64,
    ) -> Result<Self> {
        let read = |account, pinned| {
            with_source(account, pinned, |source| purpose.admit(&source.header, params, now))
        };
        let collateral = read(collateral, &params.collateral_source)?;
        let debt = read(debt, &params.debt_source)?;
        Ok(Self::pair(collateral, debt, params)?)
    }

    /// Two prices of about one moment.
    ///
    /// # Errors
    /// [`LendingError::PricesApart`].
    pub fn pair(collateral: Price, debt: Price, params: &RiskParams) -> MathResult<Self> {
        require_simultaneous(&collateral, &debt, params)?;
        Ok(Self { collateral, debt })
    }

    /// A position at mid prices. Interest must have accrued.
    ///
    /// # Errors
    /// The debt exceeds 64 bits; not while the market's invariant holds.
    pub fn exposure(&self, market: &Market, position: &Position) -> MathResult<Exposure> {
        Ok(Exposure {
            collateral: position.collateral,
            debt: position.debt(market)?,
            collateral_price: self.collateral.price,
            debt_price: self.debt.price,
            collateral_decimals: market.collateral_decimals,
            debt_decimals: market.debt_decimals,
        })
    }

    /// A position at its best: collateral at the high end of the interval, debt at the low end. What is lost then is lost.
    ///
    /// # Errors
    /// As [`Prices::exposure`].
    pub fn at_best(&self, market: &Market, position: &Position) -> MathResult<Exposure> {
        let collateral_price = self.collateral.high();
        let debt_price = self.debt.low();
        Ok(Exposure { collateral_price, debt_price, ..self.exposure(market, position)? })
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
    pub fn require_healthy(&self, market: &Market, position: &Position) -> MathResult<()> {
        let (debt, collateral) = self.safe_values(market, position.debt(market)?, position.collateral);
        let healthy = ltv_at_most(debt, collateral, market.params.max_ltv_bps);
        if healthy { Ok(()) } else { Err(LendingError::LtvExceeded) }
    }

    /// Assesses anew which part of the position's debt no collateral pays, and books it.
    ///
    /// # Errors
    /// As [`Prices::exposure`].
    pub fn impair(&self, market: &mut Market, position: &mut Position) -> MathResult<()> {
        let loss = self.at_best(market, position)?.shortfall(market.params.bonus_min_bps);
        position.impair(market, loss)
    }
}

/// Reads a pinned source.
///
/// # Errors
/// Another address than the pinned one, another owner than the feed program, no source; or the reader's.
pub fn with_source<T>(
    account: &AccountView,
    pinned: &[u8; 32],
    read: impl FnOnce(&Source) -> MathResult<T>,
) -> Result<T> {
    if account.address().as_array() != pinned {
        return Err(LendingError::WrongSource.into());
    }
    if !account.owned_by(&FEED) {
        return Err(LendingError::SourceMalformed.into());
    }
    let data = account.try_borrow()?;
    let source = Source::read(&data).map_err(|_| LendingError::SourceMalformed)?;
    Ok(read(source)?)
}
