//! What the admin decides, as one block that changes only as a whole, behind a timelock.

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use bytemuck::{Pod, Zeroable};

use crate::{
    errors::{LendingError, MathResult},
    math::{BASIS_POINTS, interest::RateCurve, liquidation::BonusRange},
};

/// Seconds between the proposal of parameters and the earliest moment they apply: two days.
pub const TIMELOCK_SECONDS: i64 = 172_800;

/// Bit of `accepted_setup_kinds`: keys whose secret one machine knew.
pub const SETUP_DEVELOPMENT: u8 = 1;

/// Bit of `accepted_setup_kinds`: keys from a ceremony.
pub const SETUP_CEREMONY: u8 = 2;

/// Largest supply cap: it keeps every share count within 64 bits.
const MAX_SUPPLY_CAP: u64 = 1 << 53;

/// Risk parameters of a market: 208 bytes, no implicit padding.
///
/// Ratios are basis points, times are seconds, amounts are base units, scores are the model's output units.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, SchemaWrite, SchemaRead, IdlType)]
pub struct RiskParams {
    /// The model account, of the verifier program, whose scores count.
    pub model: [u8; 32],
    /// Domain tag of the model's schema: features as `assay_lending_interface::features` computes them, and one score.
    pub statement_domain: [u8; 32],
    /// Pyth feed of the collateral, in USD.
    pub collateral_feed: [u8; 32],
    /// Pyth feed of the debt asset, in USD.
    pub debt_feed: [u8; 32],
    /// Suppliers' assets never exceed this by a deposit.
    pub supply_cap: u64,
    /// All collateral together never exceeds this by a deposit.
    pub collateral_cap: u64,
    /// A loan leaves at least this debt; a debt up to this may be liquidated whole.
    pub min_borrow: u64,
    /// Greatest age of a price.
    pub price_max_age: u32,
    /// Least time between two snapshots of a position.
    pub snapshot_spacing: u32,
    /// Life of a snapshot.
    pub snapshot_expiry: u32,
    /// Yearly rate at no utilization.
    pub base_rate_bps: u32,
    /// Yearly rate at the kink.
    pub kink_rate_bps: u32,
    /// Yearly rate at full utilization.
    pub max_rate_bps: u32,
    /// Greatest confidence interval of a price, of the price.
    pub price_max_confidence_bps: u16,
    /// Loan-to-value ratio up to which one may borrow.
    pub max_ltv_bps: u16,
    /// Hard floor: below it no score opens a liquidation.
    pub early_floor_bps: u16,
    /// From here on the plain rule liquidates.
    pub liquidation_threshold_bps: u16,
    /// Share of the debt that one early liquidation may repay.
    pub early_close_factor_bps: u16,
    /// Share of the debt that one plain liquidation may repay.
    pub close_factor_bps: u16,
    /// Least liquidation bonus.
    pub bonus_min_bps: u16,
    /// Greatest liquidation bonus.
    pub bonus_max_bps: u16,
    /// Utilization at which the rate curve bends.
    pub kink_utilization_bps: u16,
    /// Share of the interest that stays as reserves against bad debt.
    pub reserve_factor_bps: u16,
    /// Scores from here on open an early liquidation, at the least bonus.
    pub score_threshold: i16,
    /// Scores from here on give the greatest bonus.
    pub score_full: i16,
    /// Setup kinds of keys that are accepted: [`SETUP_DEVELOPMENT`], [`SETUP_CEREMONY`].
    pub accepted_setup_kinds: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

const _: () = assert!(size_of::<RiskParams>() == 208);

impl RiskParams {
    /// Rules to start from, for a volatile collateral against a dollar. What is a market's own is zero and does not pass
    /// [`RiskParams::validate`]: model, domain, feeds, caps, least loan, scores, setup kinds.
    pub const TEMPLATE: RiskParams = RiskParams {
        model: [0; 32],
        statement_domain: [0; 32],
        collateral_feed: [0; 32],
        debt_feed: [0; 32],
        supply_cap: 0,
        collateral_cap: 0,
        min_borrow: 0,
        price_max_age: 60,
        snapshot_spacing: 30,
        snapshot_expiry: 120,
        base_rate_bps: 0,
        kink_rate_bps: 800,
        max_rate_bps: 15_000,
        price_max_confidence_bps: 200,
        max_ltv_bps: 8_000,
        early_floor_bps: 8_000,
        liquidation_threshold_bps: 8_500,
        early_close_factor_bps: 2_000,
        close_factor_bps: 5_000,
        bonus_min_bps: 200,
        bonus_max_bps: 800,
        kink_utilization_bps: 8_000,
        reserve_factor_bps: 1_000,
        score_threshold: 0,
        score_full: 0,
        accepted_setup_kinds: 0,
        reserved: [0; 7],
    };

    /// Checks every bound. Parameters that fail never reach a market.
    ///
    /// # Errors
    /// One error for each group of fields.
    pub fn validate(&self) -> MathResult<()> {
        self.validate_thresholds()?;
        self.validate_bonus()?;
        let factors = [self.early_close_factor_bps, self.close_factor_bps];
        ensure(factors.iter().all(|factor| (1..=10_000).contains(factor)), LendingError::InvalidCloseFactor)?;
        // Early liquidations are partial: at most half of the debt.
        ensure(self.early_close_factor_bps <= 5_000, LendingError::InvalidCloseFactor)?;
        self.validate_rates()?;
        let price =
            (1..=600).contains(&self.price_max_age) && (1..=1_000).contains(&self.price_max_confidence_bps);
        ensure(price, LendingError::InvalidPriceLimits)?;
        let times = (1..=3_600).contains(&self.snapshot_spacing)
            && (self.snapshot_spacing..=3_600).contains(&self.snapshot_expiry);
        ensure(times, LendingError::InvalidSnapshotTimes)?;
        ensure(self.score_threshold < self.score_full, LendingError::InvalidScores)?;
        ensure(Scalar::from_be_bytes(self.statement_domain).is_ok(), LendingError::InvalidDomain)?;
        let kinds = SETUP_DEVELOPMENT | SETUP_CEREMONY;
        let known = self.accepted_setup_kinds != 0 && self.accepted_setup_kinds & !kinds == 0;
        ensure(known, LendingError::InvalidSetupKinds)?;
        let caps =
            (1..=MAX_SUPPLY_CAP).contains(&self.supply_cap) && self.collateral_cap > 0 && self.min_borrow > 0;
        ensure(caps && self.min_borrow <= self.supply_cap, LendingError::InvalidCaps)?;
        ensure(self.reserved == [0; 7], LendingError::ReservedNotZero)
    }

    /// The interest curve.
    pub const fn curve(&self) -> RateCurve {
        RateCurve {
            kink_utilization_bps: self.kink_utilization_bps,
            base_rate_bps: self.base_rate_bps,
            kink_rate_bps: self.kink_rate_bps,
            max_rate_bps: self.max_rate_bps,
        }
    }

    /// The bounds of the bonus.
    pub const fn bonus(&self) -> BonusRange {
        BonusRange { min_bps: self.bonus_min_bps, max_bps: self.bonus_max_bps }
    }

    /// `0 < max LTV <= early floor <= threshold <= 95 %`, and room between loan and liquidation.
    fn validate_thresholds(&self) -> MathResult<()> {
        let ordered = 0 < self.max_ltv_bps
            && self.max_ltv_bps <= self.early_floor_bps
            && self.early_floor_bps <= self.liquidation_threshold_bps
            && self.max_ltv_bps < self.liquidation_threshold_bps
            && self.liquidation_threshold_bps <= 9_500;
        ensure(ordered, LendingError::InvalidThresholds)
    }

    /// A position at the threshold pays debt and the greatest bonus: `threshold * (1 + max) <= 1`.
    fn validate_bonus(&self) -> MathResult<()> {
        let paid = u64::from(self.liquidation_threshold_bps) * (BASIS_POINTS + u64::from(self.bonus_max_bps));
        let bounded = self.bonus_min_bps <= self.bonus_max_bps
            && self.bonus_max_bps <= 2_000
            && paid <= BASIS_POINTS * BASIS_POINTS;
        ensure(bounded, LendingError::InvalidBonus)
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
}

fn ensure(holds: bool, error: LendingError) -> MathResult<()> {
    if holds { Ok(()) } else { Err(error) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Parameters that pass.
    pub(crate) fn sound() -> RiskParams {
        RiskParams {
            model: [1; 32],
            statement_domain: [0; 32],
            collateral_feed: [2; 32],
            debt_feed: [3; 32],
            supply_cap: 1 << 50,
            collateral_cap: 1 << 60,
            min_borrow: 1_000_000,
            max_ltv_bps: 7_500,
            early_floor_bps: 7_500,
            score_full: 512,
            accepted_setup_kinds: SETUP_DEVELOPMENT,
            ..RiskParams::TEMPLATE
        }
    }

    #[test]
    fn the_template_wants_what_is_a_markets_own() {
        assert!(RiskParams::TEMPLATE.validate().is_err());
        let own = RiskParams {
            supply_cap: 1,
            collateral_cap: 1,
            min_borrow: 1,
            score_full: 1,
            accepted_setup_kinds: SETUP_CEREMONY,
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
            (|p| p.max_ltv_bps = 7_501, LendingError::InvalidThresholds),
            (|p| p.early_floor_bps = 8_501, LendingError::InvalidThresholds),
            (|p| p.liquidation_threshold_bps = 7_500, LendingError::InvalidThresholds),
            (|p| p.liquidation_threshold_bps = 9_501, LendingError::InvalidThresholds),
            (|p| p.bonus_min_bps = 801, LendingError::InvalidBonus),
            (|p| p.bonus_max_bps = 2_001, LendingError::InvalidBonus),
            (|p| (p.liquidation_threshold_bps, p.bonus_max_bps) = (9_400, 700), LendingError::InvalidBonus),
            (|p| p.close_factor_bps = 10_001, LendingError::InvalidCloseFactor),
            (|p| p.close_factor_bps = 0, LendingError::InvalidCloseFactor),
            (|p| p.early_close_factor_bps = 5_001, LendingError::InvalidCloseFactor),
            (|p| p.kink_utilization_bps = 10_000, LendingError::InvalidRates),
            (|p| p.base_rate_bps = 801, LendingError::InvalidRates),
            (|p| p.max_rate_bps = 30_001, LendingError::InvalidRates),
            (|p| p.reserve_factor_bps = 5_001, LendingError::InvalidRates),
            (|p| p.price_max_age = 0, LendingError::InvalidPriceLimits),
            (|p| p.price_max_age = 601, LendingError::InvalidPriceLimits),
            (|p| p.price_max_confidence_bps = 1_001, LendingError::InvalidPriceLimits),
            (|p| p.snapshot_spacing = 0, LendingError::InvalidSnapshotTimes),
            (|p| p.snapshot_expiry = 29, LendingError::InvalidSnapshotTimes),
            (|p| p.score_full = 0, LendingError::InvalidScores),
            (|p| p.statement_domain = [0xff; 32], LendingError::InvalidDomain),
            (|p| p.accepted_setup_kinds = 0, LendingError::InvalidSetupKinds),
            (|p| p.accepted_setup_kinds = 4, LendingError::InvalidSetupKinds),
            (|p| p.supply_cap = (1 << 53) + 1, LendingError::InvalidCaps),
            (|p| p.collateral_cap = 0, LendingError::InvalidCaps),
            (|p| p.min_borrow = 0, LendingError::InvalidCaps),
            (|p| p.reserved[6] = 1, LendingError::ReservedNotZero),
        ];
        for (index, (change, error)) in cases.iter().enumerate() {
            let mut params = sound();
            change(&mut params);
            assert_eq!(params.validate(), Err(*error), "case {index}");
        }
    }
}
