//! Which price each action takes: age, confidence, status, and the side of the interval.
//!
//! | purpose | age | confidence | degraded | side |
//! | --- | --- | --- | --- | --- |
//! | [`AddRisk`](Purpose::AddRisk): loans, withdrawals under a debt | 30 | refused above the strict limit | refused | collateral low, debt high |
//! | [`Evidence`](Purpose::Evidence): early liquidations, flags | 30 | refused above the strict limit | refused | middle |
//! | [`PlainRule`](Purpose::PlainRule): liquidations over the threshold | 60 | never refused, counted up to the clamp | taken | collateral low, debt high; exchange at the middle |
//! | [`Loss`](Purpose::Loss): impairment, write-offs | 60 | as for the plain rule | taken | collateral high, debt low |
//!
//! Ages are the greatest that parameters may state. What adds risk waits for a good price; what takes it away does not:
//! an insolvent position can be liquidated however uncertain the price is. Supplying, repaying, depositing collateral and
//! withdrawing without a debt need no price at all. Snapshots take final minutes, not spot prices.
//!
//! Whoever sends the transaction chooses which signed update, newer than the last, the pinned account holds: a choice
//! within the age, which the distances between the loan-to-value limits cover. The two prices must be of about one moment,
//! so that nobody combines one asset's low with another's high.

use assay_interface::price::{Price, PriceV1, SpotError};

use crate::{
    errors::{LendingError, MathResult},
    math::{BASIS_POINTS, fixed::mul_div_floor},
    state::RiskParams,
};

/// Confidence interval that a snapshot's features count at most, basis points of the price: beyond, the feature saturates.
pub const SNAPSHOT_CONFIDENCE_BPS: u16 = 1_000;

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A loan, or a withdrawal of collateral from under a debt.
    AddRisk,
    /// What a proof opens.
    Evidence,
    /// A liquidation over the threshold.
    PlainRule,
    /// What part of a debt no collateral pays.
    Loss,
}

impl Purpose {
    /// The price that a source's header gives for this purpose.
    ///
    /// # Errors
    /// One for each check: stopped, degraded, stale, future, uncertain.
    pub fn admit(self, header: &PriceV1, params: &RiskParams, now: i64) -> MathResult<Price> {
        match self {
            Self::AddRisk | Self::Evidence => {
                let price = header.spot(now, params.price_max_age).map_err(spot_error)?;
                let wide = price.confidence > share(price.price, params.strict_confidence_bps);
                if wide { Err(LendingError::PriceUncertain) } else { Ok(price) }
            }
            Self::PlainRule | Self::Loss => {
                let price = header.spot_even_degraded(now, params.liquidation_max_age);
                Ok(clamped(price.map_err(spot_error)?, params.clamp_confidence_bps))
            }
        }
    }
}

/// Fails where two prices are further apart in time than the market allows.
///
/// # Errors
/// [`LendingError::PricesApart`].
pub fn require_simultaneous(one: &Price, other: &Price, params: &RiskParams) -> MathResult<()> {
    let apart = one.publish_time.abs_diff(other.publish_time);
    if apart <= u64::from(params.skew) { Ok(()) } else { Err(LendingError::PricesApart) }
}

/// The price with its confidence interval at most this wide.
pub fn clamped(price: Price, bps: u16) -> Price {
    Price { confidence: price.confidence.min(share(price.price, bps)), ..price }
}

/// A share of an amount, rounded down; a share above one saturates.
fn share(amount: u64, bps: u16) -> u64 {
    mul_div_floor(amount, u64::from(bps), BASIS_POINTS).unwrap_or(u64::MAX)
}

const fn spot_error(error: SpotError) -> LendingError {
    match error {
        SpotError::Empty | SpotError::Stopped(_) => LendingError::PriceStopped,
        SpotError::Degraded => LendingError::PriceDegraded,
        SpotError::Stale { .. } => LendingError::PriceStale,
        SpotError::Future { .. } => LendingError::PriceFromFuture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::RiskParams;
    use bytemuck::Zeroable;

    const NOW: i64 = 1_708_000_000;
    const ALL: [Purpose; 4] = [Purpose::AddRisk, Purpose::Evidence, Purpose::PlainRule, Purpose::Loss];

    fn header() -> PriceV1 {
        PriceV1 { version: 1, price: 100_000, confidence: 100, publish_time: NOW, ..PriceV1::zeroed() }
    }

    fn admitted(header: PriceV1) -> [MathResult<u64>; 4] {
        ALL.map(|purpose| purpose.admit(&header, &RiskParams::TEMPLATE, NOW).map(|price| price.confidence))
    }

    #[test]
    fn the_table_holds() {
        use LendingError::*;
        let with = |change: fn(&mut PriceV1)| {
            let mut header = header();
            change(&mut header);
            admitted(header)
        };
        assert_eq!(admitted(header()), [Ok(100); 4]);
        assert_eq!(with(|h| h.publish_time -= 30), [Ok(100); 4]);
        let stale = Err(PriceStale);
        assert_eq!(with(|h| h.publish_time -= 31), [stale, stale, Ok(100), Ok(100)]);
        assert_eq!(with(|h| h.publish_time -= 61), [stale; 4]);
        assert_eq!(with(|h| h.publish_time += 11), [Err(PriceFromFuture); 4]);
        let wide = Err(PriceUncertain);
        assert_eq!(with(|h| h.confidence = 2_000), [Ok(2_000); 4]);
        assert_eq!(with(|h| h.confidence = 2_001), [wide, wide, Ok(2_000), Ok(2_000)]);
        assert_eq!(with(|h| h.confidence = u64::MAX), [wide, wide, Ok(2_000), Ok(2_000)]);
        let degraded = Err(PriceDegraded);
        assert_eq!(with(|h| h.status = 1), [degraded, degraded, Ok(100), Ok(100)]);
        assert_eq!(with(|h| h.status = 2), [Err(PriceStopped); 4]);
        assert_eq!(with(|h| h.price = 0), [Err(PriceStopped); 4]);
    }

    #[test]
    fn two_prices_are_of_one_moment() {
        let price = |publish_time| Price { price: 1, confidence: 0, ema: 1, publish_time };
        let apart = |seconds| require_simultaneous(&price(NOW), &price(NOW + seconds), &RiskParams::TEMPLATE);
        assert_eq!([apart(15), apart(-15)], [Ok(()); 2]);
        assert_eq!([apart(16), apart(-16)], [Err(LendingError::PricesApart); 2]);
    }
}
