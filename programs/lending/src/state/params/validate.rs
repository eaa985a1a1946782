//! Which parameters a market takes: each field's bounds, and what must hold between them.
//!
//! A bound on each field alone is not enough: parameters that are harmless one by one can together let a loan be liquidated
//! in the second in which it was taken, or pay a liquidator for waiting. The combinations are:
//!
//! | combination | what it stops |
//! | --- | --- |
//! | `floor >= max LTV + 200`, `threshold >= floor + 200` | the price that a caller may choose (30 s, 0.1 to 0.2 %) does not carry a position from one state into the next |
//! | `max LTV (1 + c) < threshold (1 - c)`, `c` the clamped confidence | uncertainty alone does not liquidate a fresh loan |
//! | `early min <= early max <= plain min <= plain max` | a proof never costs the borrower more than the rule; nobody waits for the rule's bonus |
//! | `threshold (1 + plain max) <= 1` | a position at the threshold pays debt and bonus |
//! | `early window >= snapshot's life` | one snapshot does not reach over two budgets |
//! | `strict confidence <= clamped` | what a loan may ignore, a liquidation may count |
//! | `least repayment <= early close factor` | a budget is never smaller than one step |
//! | a ceremony needs attestors | "ceremony" is not the registrar's word alone |

use assay_interface::field::Scalar;

use super::{MODEL_FOLLOWED, RiskParams, SETUP_CEREMONY, SETUP_DEVELOPMENT};
use crate::{
    errors::{LendingError, MathResult},
    math::BASIS_POINTS,
};

/// Least distance between neighbouring loan-to-value limits, basis points.
pub const LTV_STEP_BPS: u16 = 200;

/// Largest supply cap: it keeps every share count within 64 bits.
const MAX_SUPPLY_CAP: u64 = 1 << 53;

/// A tenth of a cent to 100 USD, in 1e-8 USD.
const DUST_VALUES: core::ops::RangeInclusive<u64> = 10_0000..=100_0000_0000;

impl RiskParams {
    /// Checks every bound and every combination. Parameters that fail never reach a market.
    ///
    /// # Errors
    /// One error for each group of fields.
    pub fn validate(&self) -> MathResult<()> {
        self.validate_thresholds()?;
        self.validate_bonuses()?;
        self.validate_repayments()?;
        self.validate_rates()?;
        self.validate_prices()?;
        self.validate_times()?;
        self.validate_model()?;
        self.validate_caps()?;
        ensure((500..=2_000).contains(&self.exit_cash_bps), LendingError::InvalidExitCash)?;
        ensure(self.reserved == [0; 8], LendingError::ReservedNotZero)
    }

    /// `0 < max LTV`, 200 basis points to the floor, 200 to the threshold, which is at most 95 %.
    fn validate_thresholds(&self) -> MathResult<()> {
        let step = u32::from(LTV_STEP_BPS);
        let [max, floor, threshold] =
            [self.max_ltv_bps, self.early_floor_bps, self.liquidation_threshold_bps].map(u32::from);
        let ordered = max > 0 && floor >= max + step && threshold >= floor + step && threshold <= 9_500;
        ensure(ordered, LendingError::InvalidThresholds)?;
        let clamp = u32::from(self.clamp_confidence_bps.min(10_000));
        ensure(max * (10_000 + clamp) < threshold * (10_000 - clamp), LendingError::InvalidThresholds)
    }

    /// Early below plain, and a position at the threshold pays debt and the greatest bonus.
    fn validate_bonuses(&self) -> MathResult<()> {
        let paid = u64::from(self.liquidation_threshold_bps) * (BASIS_POINTS + u64::from(self.bonus_max_bps));
        let bounded = self.early_bonus_min_bps <= self.early_bonus_max_bps
            && self.early_bonus_max_bps <= self.bonus_min_bps
            && self.bonus_min_bps <= self.bonus_max_bps
            && self.bonus_max_bps <= 2_000
            && paid <= BASIS_POINTS * BASIS_POINTS;
        ensure(bounded, LendingError::InvalidBonus)
    }

    /// Early liquidations are partial: a fifth of the debt in a window at most, so two fifths in any stretch of that length.
    fn validate_repayments(&self) -> MathResult<()> {
        let factors = (1..=2_000).contains(&self.early_close_factor_bps)
            && (2_000..=10_000).contains(&self.close_factor_bps)
            && (1..=1_000).contains(&self.least_repayment_bps)
            && self.least_repayment_bps <= self.early_close_factor_bps
            && (25..=100).contains(&self.tolerance_bps);
        ensure(factors, LendingError::InvalidCloseFactor)
    }

    /// An increasing curve of at most 300 % a year with its kink inside, and at most half of the interest reserved.
    fn validate_rates(&self) -> MathResult<()> {
        let rates = (1..10_000).contains(&self.kink_utilization_bps)
            && self.base_rate_bps <= self.kink_rate_bps
            && self.kink_rate_bps <= self.max_rate_bps
            && self.max_rate_bps <= 30_000
            && self.reserve_factor_bps <= 5_000;
        ensure(rates, LendingError::InvalidRates)
    }

    /// Young, simultaneous prices; two sources.
    fn validate_prices(&self) -> MathResult<()> {
        let limits = (1..=30).contains(&self.price_max_age)
            && (self.price_max_age..=60).contains(&self.liquidation_max_age)
            && (1..=15).contains(&self.skew)
            && (1..=200).contains(&self.strict_confidence_bps)
            && (self.strict_confidence_bps..=200).contains(&self.clamp_confidence_bps);
        ensure(limits, LendingError::InvalidPriceLimits)?;
        let sources = self.collateral_source != self.debt_source
            && self.collateral_source != [0; 32]
            && self.debt_source != [0; 32];
        ensure(sources, LendingError::InvalidSources)
    }

    /// A snapshot lives two to ten minutes, a budget ten minutes to an hour.
    fn validate_times(&self) -> MathResult<()> {
        let times = (120..=600).contains(&self.snapshot_expiry)
            && (600..=3_600).contains(&self.early_window)
            && self.early_window >= self.snapshot_expiry
            && (60..=7_200).contains(&self.bonus_ramp);
        ensure(times, LendingError::InvalidSnapshotTimes)
    }

    /// A known mode, a field element, known kinds, attestors where a ceremony counts, and a threshold that not every score
    /// reaches.
    fn validate_model(&self) -> MathResult<()> {
        ensure(self.score_threshold > i16::MIN, LendingError::InvalidScores)?;
        ensure(self.model_mode <= MODEL_FOLLOWED, LendingError::InvalidModelMode)?;
        ensure(Scalar::from_be_bytes(self.statement_domain).is_ok(), LendingError::InvalidDomain)?;
        let kinds = SETUP_DEVELOPMENT | SETUP_CEREMONY;
        let known = self.accepted_setup_kinds != 0 && self.accepted_setup_kinds & !kinds == 0;
        ensure(known, LendingError::InvalidSetupKinds)?;
        let attested = self.accepted_setup_kinds & SETUP_CEREMONY == 0 || self.attestors != [0; 32];
        ensure(attested, LendingError::AttestorsMissing)
    }

    /// The least loan is at most a hundredth of the cap: what the plain rule may take whole stays small.
    fn validate_caps(&self) -> MathResult<()> {
        let caps = (1..=MAX_SUPPLY_CAP).contains(&self.supply_cap)
            && self.collateral_cap > 0
            && self.min_borrow > 0
            && self.min_borrow <= self.supply_cap / 100
            && DUST_VALUES.contains(&self.dust_value);
        ensure(caps, LendingError::InvalidCaps)
    }
}

fn ensure(holds: bool, error: LendingError) -> MathResult<()> {
    if holds { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sound;
    use super::*;

    #[test]
    fn the_template_wants_what_is_a_markets_own() {
        assert!(RiskParams::TEMPLATE.validate().is_err());
        let own = RiskParams {
            collateral_source: [1; 32],
            debt_source: [2; 32],
            supply_cap: 100,
            collateral_cap: 1,
            min_borrow: 1,
            accepted_setup_kinds: SETUP_DEVELOPMENT,
            ..RiskParams::TEMPLATE
        };
        assert_eq!(own.validate(), Ok(()));
    }

    #[test]
    fn each_bound_has_its_error() {
        assert_eq!(sound().validate(), Ok(()));
        type Change = fn(&mut RiskParams);
        let cases: &[(Change, LendingError)] = &[
            (|p| p.max_ltv_bps = 0, LendingError::InvalidThresholds),
            (|p| p.max_ltv_bps = 7_801, LendingError::InvalidThresholds),
            (|p| p.early_floor_bps = 8_301, LendingError::InvalidThresholds),
            (|p| p.early_floor_bps = u16::MAX, LendingError::InvalidThresholds),
            (|p| p.liquidation_threshold_bps = 8_199, LendingError::InvalidThresholds),
            (|p| p.liquidation_threshold_bps = 9_501, LendingError::InvalidThresholds),
            // 91.1 % at a clamp of 2 % is above 95 %: uncertainty alone would liquidate a fresh loan.
            (
                |p| {
                    (p.max_ltv_bps, p.early_floor_bps, p.liquidation_threshold_bps) = (9_140, 9_340, 9_540);
                    p.liquidation_threshold_bps = 9_500;
                    (p.max_ltv_bps, p.early_floor_bps, p.bonus_max_bps) = (9_100, 9_300, 500);
                    p.clamp_confidence_bps = 220;
                },
                LendingError::InvalidThresholds,
            ),
            (|p| p.early_bonus_min_bps = 201, LendingError::InvalidBonus),
            (|p| p.early_bonus_max_bps = 201, LendingError::InvalidBonus),
            (|p| p.bonus_min_bps = 801, LendingError::InvalidBonus),
            (|p| p.bonus_max_bps = 2_001, LendingError::InvalidBonus),
            (|p| (p.liquidation_threshold_bps, p.bonus_max_bps) = (9_400, 700), LendingError::InvalidBonus),
            (|p| p.close_factor_bps = 10_001, LendingError::InvalidCloseFactor),
            (|p| p.close_factor_bps = 1_999, LendingError::InvalidCloseFactor),
            (|p| p.early_close_factor_bps = 2_001, LendingError::InvalidCloseFactor),
            (|p| p.early_close_factor_bps = 99, LendingError::InvalidCloseFactor),
            (|p| p.least_repayment_bps = 0, LendingError::InvalidCloseFactor),
            (|p| p.least_repayment_bps = 1_001, LendingError::InvalidCloseFactor),
            (|p| p.tolerance_bps = 24, LendingError::InvalidCloseFactor),
            (|p| p.tolerance_bps = 101, LendingError::InvalidCloseFactor),
            (|p| p.kink_utilization_bps = 10_000, LendingError::InvalidRates),
            (|p| p.base_rate_bps = 801, LendingError::InvalidRates),
            (|p| p.max_rate_bps = 30_001, LendingError::InvalidRates),
            (|p| p.reserve_factor_bps = 5_001, LendingError::InvalidRates),
            (|p| p.price_max_age = 0, LendingError::InvalidPriceLimits),
            (|p| p.price_max_age = 31, LendingError::InvalidPriceLimits),
            (|p| p.liquidation_max_age = 61, LendingError::InvalidPriceLimits),
            (|p| p.liquidation_max_age = 29, LendingError::InvalidPriceLimits),
            (|p| p.skew = 16, LendingError::InvalidPriceLimits),
            (|p| p.strict_confidence_bps = 201, LendingError::InvalidPriceLimits),
            (|p| p.clamp_confidence_bps = 199, LendingError::InvalidPriceLimits),
            (|p| p.clamp_confidence_bps = 201, LendingError::InvalidPriceLimits),
            (|p| p.debt_source = p.collateral_source, LendingError::InvalidSources),
            (|p| p.debt_source = [0; 32], LendingError::InvalidSources),
            (|p| p.snapshot_expiry = 119, LendingError::InvalidSnapshotTimes),
            (|p| p.snapshot_expiry = 601, LendingError::InvalidSnapshotTimes),
            (|p| p.early_window = 599, LendingError::InvalidSnapshotTimes),
            (|p| p.early_window = 3_601, LendingError::InvalidSnapshotTimes),
            (|p| p.bonus_ramp = 59, LendingError::InvalidSnapshotTimes),
            (|p| p.score_threshold = i16::MIN, LendingError::InvalidScores),
            (|p| p.model_mode = 2, LendingError::InvalidModelMode),
            (|p| p.statement_domain = [0xff; 32], LendingError::InvalidDomain),
            (|p| p.accepted_setup_kinds = 0, LendingError::InvalidSetupKinds),
            (|p| p.accepted_setup_kinds = 4, LendingError::InvalidSetupKinds),
            (|p| p.accepted_setup_kinds = SETUP_CEREMONY, LendingError::AttestorsMissing),
            (|p| p.accepted_setup_kinds = 3, LendingError::AttestorsMissing),
            (|p| p.supply_cap = (1 << 53) + 1, LendingError::InvalidCaps),
            (|p| p.collateral_cap = 0, LendingError::InvalidCaps),
            (|p| p.min_borrow = 0, LendingError::InvalidCaps),
            (|p| p.min_borrow = p.supply_cap / 100 + 1, LendingError::InvalidCaps),
            (|p| p.dust_value = 0, LendingError::InvalidCaps),
            (|p| p.dust_value = 101_0000_0000, LendingError::InvalidCaps),
            (|p| p.exit_cash_bps = 499, LendingError::InvalidExitCash),
            (|p| p.exit_cash_bps = 2_001, LendingError::InvalidExitCash),
            (|p| p.reserved[7] = 1, LendingError::ReservedNotZero),
        ];
        for (index, (change, error)) in cases.iter().enumerate() {
            let mut params = sound();
            change(&mut params);
            assert_eq!(params.validate(), Err(*error), "case {index}");
        }
    }
}
