//! What a position's accounts say about it, computed off chain by the program's own arithmetic.
//!
//! The keeper asks here before it sends anything: the same checks in the same order as the program's, on the same
//! accounts, with the lending program's own library. A wrong guess costs a refused transaction and nothing else, because
//! the program decides again.

use assay_lending::{
    math::{
        liquidation::{Exposure, FULL_CLOSE_LTV_BPS, overshoot_bonus_bps, repay_limit, score_bonus_bps},
        value::{ltv_at_least, ltv_bps},
    },
    prices::Prices,
    state::{Action, Close, HISTORY_LEN, Market, OBSERVATION_GAP, Position, PriceHistory},
};
use assay_lending_interface::features;

use crate::error::ReadError;

/// A market's accounts at one moment, interest charged.
#[derive(Clone)]
pub struct MarketView {
    /// The market, accrued to `now`.
    pub market: Market,
    /// Its price history.
    pub history: PriceHistory,
    /// Checked prices.
    pub prices: Prices,
    /// The cluster's clock, Unix seconds.
    pub now: i64,
}

/// What a keeper may do about a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eligibility {
    /// It owes nothing.
    NoDebt,
    /// Its loan-to-value ratio is below the floor of early liquidation.
    Safe,
    /// From the floor on, a score may open an early liquidation.
    Early {
        /// The model's inputs, as a snapshot would hold them.
        features: [i16; features::COUNT],
    },
    /// From the floor on, but no score can be had or used, and the plain rule does not apply yet.
    Unscored(Unscored),
    /// The plain rule applies.
    Liquidatable,
}

/// Why a position above the floor cannot be liquidated early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unscored {
    /// The history does not cover the last day, or the features are not defined.
    NoFeatures,
    /// The market is halted.
    Paused,
    /// The collateral no longer covers debt and bonus.
    NotCovered,
}

/// A position at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Assessment {
    /// Amounts and mid prices.
    pub exposure: Exposure,
    /// Loan-to-value ratio at mid prices, basis points, rounded up.
    pub ltv_bps: u32,
    /// What may be done.
    pub eligibility: Eligibility,
}

/// A liquidation as the program would execute it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Largest repayment allowed, base units of the debt asset.
    pub limit: u64,
    /// Bonus on it, basis points.
    pub bonus_bps: u16,
}

impl MarketView {
    /// Whether the current price is an hour younger than the last close, as `observe` demands.
    pub fn observation_is_due(&self) -> bool {
        let history = &self.history;
        if history.feed != self.market.params.collateral_feed {
            return true;
        }
        let Some(last) = history.count.checked_sub(1) else { return true };
        let due = |close: &Close| close.publish_time.saturating_add(OBSERVATION_GAP);
        let slots = (0..HISTORY_LEN as u64).zip(&history.closes);
        let mut latest = slots.filter(|(slot, _)| *slot == last % HISTORY_LEN as u64).map(|(_, close)| close);
        latest.all(|close| self.prices.collateral.publish_time >= due(close))
    }

    /// Assesses a position of this market.
    ///
    /// # Errors
    /// The books are out of range: not for a market that satisfies its invariant.
    pub fn assess(&self, position: &Position) -> Result<Assessment, ReadError> {
        let exposure = self.prices.exposure(&self.market, position).map_err(|_| ReadError::Books)?;
        let (debt, collateral) = (exposure.debt_value(), exposure.collateral_value());
        let params = &self.market.params;
        let eligibility = if position.debt_shares == 0 {
            Eligibility::NoDebt
        } else if self.is_liquidatable(&exposure) {
            Eligibility::Liquidatable
        } else if !ltv_at_least(debt, collateral, params.early_floor_bps) {
            Eligibility::Safe
        } else if self.market.require_open(Action::LiquidateEarly, self.now).is_err() {
            Eligibility::Unscored(Unscored::Paused)
        } else if !exposure.covered(params.bonus_min_bps) {
            Eligibility::Unscored(Unscored::NotCovered)
        } else {
            match self.features(&exposure) {
                Some(features) => Eligibility::Early { features },
                None => Eligibility::Unscored(Unscored::NoFeatures),
            }
        };
        Ok(Assessment { exposure, ltv_bps: ltv_bps(debt, collateral), eligibility })
    }

    /// Terms of an early liquidation that a score opens.
    ///
    /// # Errors
    /// The parameters are out of range: not for those that passed their checks.
    pub fn early_terms(&self, exposure: &Exposure, score: i16) -> Result<Terms, ReadError> {
        let params = &self.market.params;
        let limit = repay_limit(exposure.debt, params.early_close_factor_bps, params.min_borrow)
            .map_err(|_| ReadError::Books)?;
        let bonus_bps = score_bonus_bps(score, params.score_threshold, params.score_full, params.bonus());
        Ok(Terms { limit, bonus_bps })
    }

    /// Terms of a liquidation under the plain rule.
    ///
    /// # Errors
    /// The parameters are out of range: not for those that passed their checks.
    pub fn plain_terms(&self, exposure: &Exposure) -> Result<Terms, ReadError> {
        let params = &self.market.params;
        let (debt, collateral) = self.prices.safe_values(&self.market, exposure.debt, exposure.collateral);
        let limit = if !exposure.covered(params.bonus_min_bps) {
            exposure.payable(params.bonus_min_bps)
        } else if ltv_at_least(debt, collateral, FULL_CLOSE_LTV_BPS) {
            exposure.debt
        } else {
            repay_limit(exposure.debt, params.close_factor_bps, params.min_borrow)
                .map_err(|_| ReadError::Books)?
        };
        let threshold = params.liquidation_threshold_bps;
        Ok(Terms { limit, bonus_bps: overshoot_bonus_bps(debt, collateral, threshold, params.bonus()) })
    }

    /// Whether the plain rule applies: its loan-to-value ratio is at the safe ends of the confidence intervals.
    fn is_liquidatable(&self, exposure: &Exposure) -> bool {
        let (debt, collateral) = self.prices.safe_values(&self.market, exposure.debt, exposure.collateral);
        ltv_at_least(debt, collateral, self.market.params.liquidation_threshold_bps)
    }

    /// The model's inputs, or `None` while the program would not take a snapshot.
    fn features(&self, exposure: &Exposure) -> Option<[i16; features::COUNT]> {
        let market = &self.market;
        let window =
            self.history.window(&market.params.collateral_feed, self.now, self.prices.collateral.price);
        let closes = window.ok()?;
        let computed = features::compute(&features::Inputs {
            closes: &closes,
            confidence: self.prices.collateral.confidence,
            ema: self.prices.collateral.ema,
            collateral_value: exposure.collateral_value().get(),
            debt_value: exposure.debt_value().get(),
            liquidation_threshold_bps: market.params.liquidation_threshold_bps,
            borrowed: u128::from(market.settled_debt),
            supplied: u128::from(market.settled_debt) + u128::from(market.settled_cash),
        });
        computed.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::prelude::PodU128;
    use assay_interface::price::Price;
    use bytemuck::Zeroable;

    const NOW: i64 = 1_708_000_000;

    fn view(count: u64, last: i64, publish_time: i64) -> MarketView {
        let mut history = PriceHistory { count, ..Zeroable::zeroed() };
        let newest = usize::try_from(count.saturating_sub(1)).unwrap() % HISTORY_LEN;
        history.closes[newest] = Close { publish_time: last, price: 1 };
        let price = Price { price: 100_0000_0000, confidence: 0, ema: 100_0000_0000, publish_time };
        let mut market = Market { borrow_index: PodU128::from(1 << 64), ..Zeroable::zeroed() };
        (market.collateral_decimals, market.debt_decimals) = (9, 6);
        market.params.early_floor_bps = 8_000;
        market.params.liquidation_threshold_bps = 8_500;
        market.params.close_factor_bps = 5_000;
        market.params.bonus_min_bps = 200;
        market.params.bonus_max_bps = 800;
        let debt = Price { price: 1_0000_0000, ema: 1_0000_0000, ..price };
        MarketView { market, history, prices: Prices { collateral: price, debt }, now: NOW }
    }

    fn owing(usd: u64) -> Position {
        Position { collateral: 100_000_000_000, debt_shares: usd * 1_000_000, ..Zeroable::zeroed() }
    }

    #[test]
    fn an_observation_is_due_an_hour_after_the_last_also_around_the_ring() {
        for count in [1, HISTORY_LEN as u64, HISTORY_LEN as u64 + 5] {
            assert!(view(count, NOW - OBSERVATION_GAP, NOW).observation_is_due(), "{count}");
            assert!(!view(count, NOW - OBSERVATION_GAP + 1, NOW).observation_is_due(), "{count}");
        }
        assert!(view(0, 0, NOW).observation_is_due());
        let mut other_feed = view(1, NOW, NOW);
        other_feed.history.feed = [1; 32];
        assert!(other_feed.observation_is_due());
    }

    #[test]
    fn eligibility_changes_at_the_floor_and_at_the_threshold() {
        let eligibility = |usd| view(0, 0, NOW).assess(&owing(usd)).unwrap().eligibility;
        assert_eq!(eligibility(0), Eligibility::NoDebt);
        assert_eq!(eligibility(7_999), Eligibility::Safe);
        assert_eq!(eligibility(8_000), Eligibility::Unscored(Unscored::NoFeatures));
        assert_eq!(eligibility(8_499), Eligibility::Unscored(Unscored::NoFeatures));
        assert_eq!(eligibility(8_500), Eligibility::Liquidatable);
    }

    #[test]
    fn the_plain_limit_grows_with_the_trouble() {
        let terms = |usd| {
            let view = view(0, 0, NOW);
            view.plain_terms(&view.assess(&owing(usd)).unwrap().exposure).unwrap()
        };
        assert_eq!(terms(8_600), Terms { limit: 4_300_000_000, bonus_bps: 300 });
        assert_eq!(terms(9_600).limit, 9_600_000_000, "past 95 % the whole debt");
        // 10,000 USD / 1.02: beyond cover, what buys all collateral.
        assert_eq!(terms(11_000).limit, 9_803_921_569);
    }
}
