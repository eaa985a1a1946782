//! What the admin decides, as one block that changes only as a whole, behind the exit clock.
//!
//! [`RiskParams::validate`] (in [`validate`]) says which blocks a market takes; [`RiskParams::only_tightens`] which changes
//! need not wait for suppliers to leave.

mod tightening;
mod validate;

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use crate::math::{auction::Auction, interest::RateCurve, liquidation::BonusRange};

/// Bit of `accepted_setup_kinds`: keys whose secret one machine knew.
pub const SETUP_DEVELOPMENT: u8 = 1;

/// Bit of `accepted_setup_kinds`: keys from a ceremony.
pub const SETUP_CEREMONY: u8 = 2;

/// `model_mode`: the parameters name the model itself.
pub const MODEL_PINNED: u8 = 0;

/// `model_mode`: the parameters name a series, whose current model is the market's.
pub const MODEL_FOLLOWED: u8 = 1;

/// Risk parameters of a market: 272 bytes, no implicit padding.
///
/// Ratios are basis points, times are seconds, amounts are base units, values 1e-8 USD, scores the model's output units.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, SchemaWrite, SchemaRead, IdlType)]
pub struct RiskParams {
    /// Whose scores count, by `model_mode`: this model, or the current model of this series. An account of the verifier program.
    pub model: [u8; 32],
    /// Domain tag of the model's schema: features as `assay_lending_interface::features` computes them, and one score.
    pub statement_domain: [u8; 32],
    /// Price source of the collateral: an account of the feed program, pinned.
    pub collateral_source: [u8; 32],
    /// Price source of the debt asset: an account of the feed program, pinned.
    pub debt_source: [u8; 32],
    /// Attestors who must have confirmed the ceremony behind the model's key; zero where only development keys count.
    pub attestors: [u8; 32],
    /// Suppliers' assets never exceed this by a deposit.
    pub supply_cap: u64,
    /// All collateral together never exceeds this by a deposit.
    pub collateral_cap: u64,
    /// A loan leaves at least this debt; the plain rule may take a debt up to this whole.
    pub min_borrow: u64,
    /// Collateral worth less than this, 1e-8 USD, backs nothing: the debt above it may be written off.
    pub dust_value: u64,
    /// Greatest age of a price for a loan, a withdrawal under debt and an early liquidation.
    pub price_max_age: u32,
    /// Greatest age of a price for the plain rule and for losses.
    pub liquidation_max_age: u32,
    /// Greatest difference between the publish times of the two prices.
    pub skew: u32,
    /// Life of a snapshot, from its final minute on.
    pub snapshot_expiry: u32,
    /// Window of the budget of early liquidations.
    pub early_window: u32,
    /// From a flag's first second to the full early bonus.
    pub bonus_ramp: u32,
    /// Yearly rate at no utilization.
    pub base_rate_bps: u32,
    /// Yearly rate at the kink.
    pub kink_rate_bps: u32,
    /// Yearly rate at full utilization.
    pub max_rate_bps: u32,
    /// Confidence interval of a price above which nothing adds risk, of the price.
    pub strict_confidence_bps: u16,
    /// Confidence interval that the plain rule and losses count at most, of the price.
    pub clamp_confidence_bps: u16,
    /// Loan-to-value ratio up to which one may borrow.
    pub max_ltv_bps: u16,
    /// Hard floor: below it no score opens a liquidation.
    pub early_floor_bps: u16,
    /// From here on the plain rule liquidates, and no proof is needed.
    pub liquidation_threshold_bps: u16,
    /// How far the loan-to-value ratio may have fallen since the snapshot that a proof is about.
    pub tolerance_bps: u16,
    /// Share of the debt that early liquidations may repay in one window, all together.
    pub early_close_factor_bps: u16,
    /// Share of the debt that one plain liquidation may repay.
    pub close_factor_bps: u16,
    /// Share of the debt that an early liquidation repays at least.
    pub least_repayment_bps: u16,
    /// Bonus of an early liquidation in the first second of a flag.
    pub early_bonus_min_bps: u16,
    /// Bonus of an early liquidation from the end of the ramp on.
    pub early_bonus_max_bps: u16,
    /// Least bonus of the plain rule.
    pub bonus_min_bps: u16,
    /// Greatest bonus of the plain rule.
    pub bonus_max_bps: u16,
    /// Utilization at which the rate curve bends.
    pub kink_utilization_bps: u16,
    /// Share of the interest that stays as reserves against bad debt.
    pub reserve_factor_bps: u16,
    /// Share of the suppliers' assets that must lie in the vault for them to count as free to leave.
    pub exit_cash_bps: u16,
    /// Scores from here on open an early liquidation.
    pub score_threshold: i16,
    /// Setup kinds of keys that are accepted: [`SETUP_DEVELOPMENT`], [`SETUP_CEREMONY`].
    pub accepted_setup_kinds: u8,
    /// What `model` is: [`MODEL_PINNED`] or [`MODEL_FOLLOWED`].
    pub model_mode: u8,
    /// Zero.
    pub reserved: [u8; 8],
}

const _: () = assert!(size_of::<RiskParams>() == 272);

impl RiskParams {
    /// Rules to start from, for a volatile collateral against a dollar. What is a market's own is zero and does not pass
    /// [`RiskParams::validate`]: model, domain, sources, caps, least loan, setup kinds.
    pub const TEMPLATE: RiskParams = RiskParams {
        model: [0; 32],
        statement_domain: [0; 32],
        collateral_source: [0; 32],
        debt_source: [0; 32],
        attestors: [0; 32],
        supply_cap: 0,
        collateral_cap: 0,
        min_borrow: 0,
        dust_value: 1_0000_0000,
        price_max_age: 30,
        liquidation_max_age: 60,
        skew: 15,
        snapshot_expiry: 240,
        early_window: 900,
        bonus_ramp: 600,
        base_rate_bps: 0,
        kink_rate_bps: 800,
        max_rate_bps: 15_000,
        strict_confidence_bps: 200,
        clamp_confidence_bps: 200,
        max_ltv_bps: 7_800,
        early_floor_bps: 8_000,
        liquidation_threshold_bps: 8_500,
        tolerance_bps: 50,
        early_close_factor_bps: 2_000,
        close_factor_bps: 5_000,
        least_repayment_bps: 100,
        early_bonus_min_bps: 25,
        early_bonus_max_bps: 200,
        bonus_min_bps: 200,
        bonus_max_bps: 800,
        kink_utilization_bps: 8_000,
        reserve_factor_bps: 1_000,
        exit_cash_bps: 500,
        score_threshold: 0,
        accepted_setup_kinds: 0,
        model_mode: MODEL_PINNED,
        reserved: [0; 8],
    };

    /// The series whose current model is the market's; `None` where the model is pinned.
    pub const fn series(&self) -> Option<&[u8; 32]> {
        if self.model_mode == MODEL_FOLLOWED { Some(&self.model) } else { None }
    }

    /// Whether `next` trusts the same model or series, for the same statements, on the same word.
    pub fn trusts_alike(&self, next: &Self) -> bool {
        let trust = |params: &Self| {
            let RiskParams { model, statement_domain, attestors, accepted_setup_kinds, model_mode, .. } =
                *params;
            (model, statement_domain, attestors, accepted_setup_kinds, model_mode)
        };
        trust(self) == trust(next)
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

    /// The bounds of the plain rule's bonus.
    pub const fn bonus(&self) -> BonusRange {
        BonusRange { min_bps: self.bonus_min_bps, max_bps: self.bonus_max_bps }
    }

    /// The rising bonus of early liquidations.
    pub const fn auction(&self) -> Auction {
        Auction {
            start_bps: self.early_bonus_min_bps,
            end_bps: self.early_bonus_max_bps,
            ramp: self.bonus_ramp,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Parameters that pass.
    pub(crate) fn sound() -> RiskParams {
        RiskParams {
            model: [1; 32],
            collateral_source: [2; 32],
            debt_source: [3; 32],
            supply_cap: 1 << 50,
            collateral_cap: 1 << 60,
            min_borrow: 1_000_000,
            max_ltv_bps: 7_500,
            accepted_setup_kinds: SETUP_DEVELOPMENT,
            ..RiskParams::TEMPLATE
        }
    }
}
