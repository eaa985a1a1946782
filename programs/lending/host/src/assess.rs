//! What a position's accounts say about it, computed off chain by the program's own arithmetic.
//!
//! The keeper asks here before it sends anything: the same checks in the same order as the program's, on the same
//! accounts, with the lending program's own library. A wrong guess costs a refused transaction and nothing else, because
//! the program decides again.

use assay_feed_interface::{Source, source::last_hour_before};
use assay_lending::{
    math::{
        interest::PPB,
        liquidation::{Exposure, FULL_CLOSE_LTV_BPS, overshoot_bonus_bps, repay_limit},
        value::{ltv_at_least, ltv_bps},
    },
    oracle::{Purpose, SNAPSHOT_CONFIDENCE_BPS, clamped},
    prices::Prices,
    state::{Action, Market, Position, epoch_start, least_repayment, may_be_taken},
};
use assay_lending_interface::{closes, features};

use crate::error::ReadError;

/// A market's accounts at one moment, interest charged.
#[derive(Clone)]
pub struct MarketView {
    /// The market, accrued to `now`.
    pub market: Market,
    /// Price source of the collateral.
    pub collateral: Source,
    /// Price source of the debt asset.
    pub debt: Source,
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
    Early,
    /// From the floor on, but no score can be used, and the plain rule does not apply yet.
    Unscored(Unscored),
    /// The plain rule applies.
    Liquidatable,
}

/// Why a position above the floor cannot be liquidated early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unscored {
    /// The market is halted.
    Paused,
    /// The collateral no longer covers debt and bonus.
    NotCovered,
    /// This window's budget is spent.
    BudgetSpent,
    /// A price is not good enough for anything but the plain rule.
    NoPrice,
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
    /// Smallest repayment taken, base units of the debt asset.
    pub least: u64,
    /// Largest repayment allowed.
    pub limit: u64,
    /// Bonus on it, basis points.
    pub bonus_bps: u16,
}

impl MarketView {
    /// Both prices for a purpose.
    ///
    /// # Errors
    /// The program's refusal of a price.
    pub fn prices(&self, purpose: Purpose) -> Result<Prices, ReadError> {
        let params = &self.market.params;
        let collateral = purpose.admit(&self.collateral.header, params, self.now);
        let debt = purpose.admit(&self.debt.header, params, self.now);
        let pair = collateral.and_then(|collateral| Prices::pair(collateral, debt?, params));
        pair.map_err(ReadError::Price)
    }

    /// Assesses a position of this market.
    ///
    /// # Errors
    /// No price serves the plain rule, or the books are out of range: not for a market that satisfies its invariant.
    pub fn assess(&self, position: &Position) -> Result<Assessment, ReadError> {
        let prices = self.prices(Purpose::PlainRule)?;
        let exposure = prices.exposure(&self.market, position).map_err(|_| ReadError::Books)?;
        let (debt, collateral) = (exposure.debt_value(), exposure.collateral_value());
        let params = &self.market.params;
        let eligibility = if position.debt_shares == 0 {
            Eligibility::NoDebt
        } else if self.is_liquidatable(&prices, &exposure) {
            Eligibility::Liquidatable
        } else if !ltv_at_least(debt, collateral, params.early_floor_bps) {
            Eligibility::Safe
        } else if self.market.require_open(Action::LiquidateEarly, self.now).is_err() {
            Eligibility::Unscored(Unscored::Paused)
        } else if !exposure.covered(params.bonus_min_bps) {
            Eligibility::Unscored(Unscored::NotCovered)
        } else if self.prices(Purpose::Evidence).is_err() {
            Eligibility::Unscored(Unscored::NoPrice)
        } else if self.early_terms(&exposure, position)?.limit == 0 {
            Eligibility::Unscored(Unscored::BudgetSpent)
        } else {
            Eligibility::Early
        };
        Ok(Assessment { exposure, ltv_bps: ltv_bps(debt, collateral), eligibility })
    }

    /// Terms of an early liquidation that a score opens now.
    ///
    /// # Errors
    /// The parameters are out of range: not for those that passed their checks.
    pub fn early_terms(&self, exposure: &Exposure, position: &Position) -> Result<Terms, ReadError> {
        let params = &self.market.params;
        let budget = position.budget.renewed(exposure.debt, params.early_window, self.now);
        let limit =
            budget.allowed(exposure.debt, params.early_close_factor_bps).map_err(|_| ReadError::Books)?;
        let least = least_repayment(exposure.debt, params.least_repayment_bps, params.min_borrow, limit)
            .map_err(|_| ReadError::Books)?;
        let since = position.flag.standing(self.now).unwrap_or(self.now);
        let bonus_bps = params.auction().bonus_bps(self.now.saturating_sub(since));
        Ok(Terms { least, limit, bonus_bps })
    }

    /// Terms of a liquidation under the plain rule.
    ///
    /// # Errors
    /// No price serves it, or the parameters are out of range.
    pub fn plain_terms(&self, exposure: &Exposure) -> Result<Terms, ReadError> {
        let params = &self.market.params;
        let prices = self.prices(Purpose::PlainRule)?;
        let (debt, collateral) = prices.safe_values(&self.market, exposure.debt, exposure.collateral);
        let limit = if !exposure.covered(params.bonus_min_bps) {
            exposure.payable(params.bonus_min_bps)
        } else if ltv_at_least(debt, collateral, FULL_CLOSE_LTV_BPS) {
            exposure.debt
        } else {
            repay_limit(exposure.debt, params.close_factor_bps, params.min_borrow)
                .map_err(|_| ReadError::Books)?
        };
        let threshold = params.liquidation_threshold_bps;
        let bonus_bps = overshoot_bonus_bps(debt, collateral, threshold, params.bonus());
        Ok(Terms { least: 1, limit, bonus_bps })
    }

    /// Whether the plain rule applies: its loan-to-value ratio is at the safe ends of the confidence intervals.
    fn is_liquidatable(&self, prices: &Prices, exposure: &Exposure) -> bool {
        let (debt, collateral) = prices.safe_values(&self.market, exposure.debt, exposure.collateral);
        ltv_at_least(debt, collateral, self.market.params.liquidation_threshold_bps)
    }

    /// Whether a snapshot of this minute could be taken now: it is near, and both sources hold its final price.
    pub fn is_final(&self, epoch: u32) -> bool {
        let at = epoch_start(epoch);
        may_be_taken(epoch, self.now)
            && [&self.collateral, &self.debt].iter().all(|source| source.minute(at, self.now).is_ok())
    }

    /// The model's inputs that a snapshot of a final minute would hold; none while the program would not take it.
    pub fn features(&self, position: &Position, epoch: u32) -> Option<[i16; features::COUNT]> {
        let (market, at) = (&self.market, epoch_start(epoch));
        let minute = |source: &Source| {
            source.minute(at, self.now).ok().map(|price| clamped(price, SNAPSHOT_CONFIDENCE_BPS))
        };
        let prices = Prices { collateral: minute(&self.collateral)?, debt: minute(&self.debt)? };
        let hours = self.collateral.hours(last_hour_before(at)?, self.now).ok()?;
        let exposure = prices.exposure(market, position).ok()?;
        let computed = features::compute(&features::Inputs {
            closes: &closes(&hours, prices.collateral.price),
            confidence: prices.collateral.confidence,
            ema: prices.collateral.ema,
            collateral_value: exposure.collateral_value().get(),
            debt_value: exposure.debt_value().get(),
            liquidation_threshold_bps: market.params.liquidation_threshold_bps,
            borrowed: u128::from(market.utilization),
            supplied: u128::from(PPB),
        });
        computed.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::prelude::PodU128;
    use assay_feed_interface::PriceV1;
    use assay_lending::state::RiskParams;
    use bytemuck::Zeroable;

    const NOW: i64 = 1_708_000_000;

    fn source(price: u64) -> Source {
        let header = PriceV1 { version: 1, price, ema: price, publish_time: NOW, ..Zeroable::zeroed() };
        Source { header, ..Zeroable::zeroed() }
    }

    fn view() -> MarketView {
        let mut market = Market { borrow_index: PodU128::from(1 << 64), ..Zeroable::zeroed() };
        (market.collateral_decimals, market.debt_decimals) = (9, 6);
        market.params = RiskParams { min_borrow: 1, ..RiskParams::TEMPLATE };
        MarketView { market, collateral: source(100_0000_0000), debt: source(1_0000_0000), now: NOW }
    }

    fn owing(usd: u64) -> Position {
        Position { collateral: 100_000_000_000, debt_shares: usd * 1_000_000, ..Zeroable::zeroed() }
    }

    #[test]
    fn eligibility_changes_at_the_floor_and_at_the_threshold() {
        let eligibility = |usd| view().assess(&owing(usd)).unwrap().eligibility;
        assert_eq!(eligibility(0), Eligibility::NoDebt);
        assert_eq!(eligibility(7_999), Eligibility::Safe);
        assert_eq!(eligibility(8_000), Eligibility::Early);
        assert_eq!(eligibility(8_499), Eligibility::Early);
        assert_eq!(eligibility(8_500), Eligibility::Liquidatable);
    }

    #[test]
    fn an_old_or_uncertain_price_leaves_the_plain_rule() {
        let mut old = view();
        old.collateral.header.publish_time = NOW - 31;
        old.debt.header.publish_time = NOW - 31;
        let eligibility = |view: &MarketView, usd| view.assess(&owing(usd)).unwrap().eligibility;
        assert_eq!(eligibility(&old, 8_100), Eligibility::Unscored(Unscored::NoPrice));
        assert_eq!(eligibility(&old, 8_500), Eligibility::Liquidatable);
        let mut wide = view();
        wide.collateral.header.confidence = 10_0000_0000;
        assert_eq!(eligibility(&wide, 8_100), Eligibility::Unscored(Unscored::NoPrice));
        assert_eq!(eligibility(&wide, 8_400), Eligibility::Liquidatable);
        let mut apart = view();
        apart.debt.header.publish_time = NOW - 16;
        assert!(apart.assess(&owing(8_500)).is_err());
    }

    #[test]
    fn a_spent_budget_leaves_the_position_alone() {
        let mut position = owing(8_200);
        let view = view();
        let terms = view.early_terms(&view.assess(&position).unwrap().exposure, &position).unwrap();
        assert_eq!(terms, Terms { least: 82_000_000, limit: 1_640_000_000, bonus_bps: 25 });
        // A fifth is repaid, and the collateral for it seized: the ratio is what it was.
        position = Position { collateral: 80_000_000_000, ..owing(6_560) };
        position.budget = position.budget.renewed(8_200_000_000, 900, NOW);
        position.budget.spend(1_640_000_000).unwrap();
        let eligibility = view.assess(&position).unwrap().eligibility;
        assert_eq!(eligibility, Eligibility::Unscored(Unscored::BudgetSpent));
    }

    #[test]
    fn the_plain_limit_grows_with_the_trouble() {
        let terms = |usd| {
            let view = view();
            view.plain_terms(&view.assess(&owing(usd)).unwrap().exposure).unwrap()
        };
        assert_eq!(terms(8_600), Terms { least: 1, limit: 4_300_000_000, bonus_bps: 300 });
        assert_eq!(terms(9_600).limit, 9_600_000_000, "past 95 % the whole debt");
        // 10,000 USD / 1.02: beyond cover, what buys all collateral.
        assert_eq!(terms(11_000).limit, 9_803_921_569);
    }
}
