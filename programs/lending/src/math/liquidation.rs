//! What a liquidation repays and seizes.
//!
//! The liquidator repays `y` of the debt and receives collateral of the same value plus a bonus `b`:
//!
//! `seized = min(floor(y * debt_price * (1 + b) / collateral_price), floor(collateral * y / debt))`
//!
//! at mid prices: the bonus alone is the reward, the confidence interval is not paid out. The second bound keeps the
//! loan-to-value ratio from rising, whatever the prices: `seized / collateral <= y / debt`. It binds when the collateral
//! is worth less than debt and bonus, and the bonus shrinks to what is left.
//!
//! A position is **covered** while its collateral pays the debt and the smallest bonus. Beyond that no partial
//! liquidation can improve it: the second bound is dropped, as much may be repaid as buys all collateral at the smallest
//! bonus, and the rest of the debt is bad.
//!
//! The bonus of the plain rule grows with the overshoot of the loan-to-value ratio over the liquidation threshold; that of
//! early liquidations with time alone ([`auction`](super::auction)).
//!
//! Cost: a dozen [wide](super::wide) divisions.

use super::{
    BASIS_POINTS,
    fixed::mul_div_floor,
    value::{Value, ltv_bps, unit},
    wide::{div_ceil, div_rem},
};
use crate::errors::{LendingError, MathResult};

/// Above this ratio the plain rule lets the whole debt be repaid.
pub const FULL_CLOSE_LTV_BPS: u16 = 9_500;

/// A position and the mid prices at which collateral is exchanged.
#[derive(Clone, Copy, Debug)]
pub struct Exposure {
    /// Collateral, base units.
    pub collateral: u64,
    /// Debt, base units, rounded up.
    pub debt: u64,
    /// Mid price of the collateral.
    pub collateral_price: u64,
    /// Mid price of the debt asset.
    pub debt_price: u64,
    /// Decimals of the collateral mint.
    pub collateral_decimals: u8,
    /// Decimals of the debt mint.
    pub debt_decimals: u8,
}

/// Bonus bounds, basis points.
#[derive(Clone, Copy, Debug)]
pub struct BonusRange {
    /// At the threshold.
    pub min_bps: u16,
    /// At most.
    pub max_bps: u16,
}

/// The outcome of a liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Debt repaid by the liquidator, base units.
    pub repaid: u64,
    /// Collateral that the liquidator receives, base units.
    pub seized: u64,
}

impl Exposure {
    /// Value of the collateral at the mid price, rounded down.
    pub fn collateral_value(&self) -> Value {
        Value::of_collateral(self.collateral, self.collateral_price, self.collateral_decimals)
    }

    /// Value of the debt at the mid price, rounded up.
    pub fn debt_value(&self) -> Value {
        Value::of_debt(self.debt, self.debt_price, self.debt_decimals)
    }

    /// Whether the collateral pays the debt and a bonus of `bonus_bps`.
    pub fn covered(&self, bonus_bps: u16) -> bool {
        self.collateral_value().get() >= self.debt_value().scale_floor(BASIS_POINTS + u64::from(bonus_bps))
    }

    /// The plan for a repayment, which must not exceed the debt.
    ///
    /// # Errors
    /// The repayment exceeds the debt, or the collateral has no price.
    pub fn plan(&self, repaid: u64, bonus_bps: u16, min_bonus_bps: u16) -> MathResult<Plan> {
        if repaid > self.debt || self.collateral_price == 0 {
            return Err(LendingError::MathOverflow);
        }
        let covered = self.covered(min_bonus_bps);
        let bonus = if covered { bonus_bps } else { min_bonus_bps };
        // Rounded down: the liquidator bears every rounding.
        let paid = Value::of_collateral(repaid, self.debt_price, self.debt_decimals);
        let reward = paid.scale_floor(BASIS_POINTS + u64::from(bonus));
        let wanted = self.collateral_worth(reward).min(self.collateral);
        let seized =
            if covered { wanted.min(mul_div_floor(self.collateral, repaid, self.debt)?) } else { wanted };
        Ok(Plan { repaid, seized })
    }

    /// Collateral of a value, rounded down; `u64::MAX` if it is more.
    fn collateral_worth(&self, value: u128) -> u64 {
        amount_worth(value, self.collateral_price, self.collateral_decimals)
            .map_or(u64::MAX, |(amount, _)| amount)
    }

    /// The repayment that buys all collateral at a bonus, rounded up, and at most the debt: who pays more gets nothing
    /// more for it.
    pub fn payable(&self, bonus_bps: u16) -> u64 {
        let reward = Value::of_debt(self.collateral, self.collateral_price, self.collateral_decimals);
        let factor = u128::from(BASIS_POINTS) + u128::from(bonus_bps);
        let paid = div_ceil(reward.get() * u128::from(BASIS_POINTS), factor).unwrap_or(u128::MAX);
        match amount_worth(paid, self.debt_price, self.debt_decimals) {
            Some((amount, exact)) => amount.saturating_add(u64::from(!exact)).min(self.debt),
            None => self.debt,
        }
    }

    /// The part of the debt that all collateral does not pay at a bonus: what is bad however it is liquidated.
    pub fn shortfall(&self, bonus_bps: u16) -> u64 {
        if self.covered(bonus_bps) { 0 } else { self.debt.saturating_sub(self.payable(bonus_bps)) }
    }
}

/// Base units of a value, rounded down, and whether that is exact; `None` if they exceed 64 bits.
fn amount_worth(value: u128, price: u64, decimals: u8) -> Option<(u64, bool)> {
    let (price, unit) = (u128::from(price), unit(decimals));
    // In two parts, because value * unit may not fit 128 bits.
    let (tokens, rest) = div_rem(value, price)?;
    let (part, rest) = div_rem(rest * unit, price)?;
    let whole = tokens.checked_mul(unit)?.checked_add(part)?;
    Some((u64::try_from(whole).ok()?, rest == 0))
}

/// Largest repayment under a close factor: its share of the debt, or all of a debt not above `dust`.
///
/// # Errors
/// Never for a factor of at most 10,000.
pub fn repay_limit(debt: u64, close_factor_bps: u16, dust: u64) -> MathResult<u64> {
    if debt <= dust {
        return Ok(debt);
    }
    Ok(mul_div_floor(debt, u64::from(close_factor_bps), BASIS_POINTS)?)
}

/// Bonus of the plain rule: `min` at the threshold, and a basis point for each that the ratio lies above it.
pub fn overshoot_bonus_bps(debt: Value, collateral: Value, threshold_bps: u16, range: BonusRange) -> u16 {
    let over = i64::from(ltv_bps(debt, collateral)) - i64::from(threshold_bps);
    clamp_bonus(i64::from(range.min_bps) + over.max(0), range)
}

fn clamp_bonus(bonus: i64, range: BonusRange) -> u16 {
    u16::try_from(bonus.min(i64::from(range.max_bps))).unwrap_or(range.min_bps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RANGE: BonusRange = BonusRange { min_bps: 200, max_bps: 800 };

    /// 10 SOL at 100 USD against 800 USDC at 1 USD.
    const POSITION: Exposure = Exposure {
        collateral: 10_000_000_000,
        debt: 800_000_000,
        collateral_price: 100_0000_0000,
        debt_price: 1_0000_0000,
        collateral_decimals: 9,
        debt_decimals: 6,
    };

    #[test]
    fn a_repayment_buys_its_value_and_the_bonus() {
        let plan = POSITION.plan(100_000_000, 500, 200).unwrap();
        assert_eq!(plan, Plan { repaid: 100_000_000, seized: 1_050_000_000 });
    }

    #[test]
    fn the_bonus_shrinks_to_what_keeps_the_ratio() {
        let tight = Exposure { debt: 970_000_000, ..POSITION };
        assert!(tight.covered(200));
        let plan = tight.plan(97_000_000, 800, 200).unwrap();
        assert_eq!(plan.seized, 1_000_000_000); // a tenth for a tenth
    }

    #[test]
    fn beyond_cover_the_smallest_bonus_takes_all_collateral_and_leaves_bad_debt() {
        let lost = Exposure { debt: 1_100_000_000, ..POSITION };
        assert!(!lost.covered(200));
        let plan = lost.plan(1_100_000_000, 800, 200).unwrap();
        assert_eq!(plan.seized, lost.collateral);
        let part = lost.plan(100_000_000, 800, 200).unwrap();
        assert_eq!(part.seized, 1_020_000_000);
        // 1,000 USD / 1.02, rounded up: all collateral, and not a unit more than that takes.
        assert_eq!(lost.payable(200), 980_392_157);
        assert_eq!(lost.plan(980_392_157, 800, 200).unwrap().seized, lost.collateral);
        assert!(lost.plan(980_392_156, 800, 200).unwrap().seized < lost.collateral);
    }

    #[test]
    fn repaying_more_than_the_debt_is_an_error() {
        assert_eq!(POSITION.plan(800_000_001, 0, 0), Err(LendingError::MathOverflow));
        let unpriced = Exposure { collateral_price: 0, ..POSITION };
        assert_eq!(unpriced.plan(1, 0, 0), Err(LendingError::MathOverflow));
    }

    #[test]
    fn the_overshoot_bonus_runs_from_min_to_max() {
        let ratio = |debt| {
            let position = Exposure { debt, ..POSITION };
            overshoot_bonus_bps(position.debt_value(), position.collateral_value(), 8_000, RANGE)
        };
        assert_eq!(ratio(800_000_000), 200);
        assert_eq!(ratio(830_000_000), 500);
        assert_eq!(ratio(950_000_000), 800);
    }

    #[test]
    fn dust_may_be_repaid_whole() {
        assert_eq!(repay_limit(1_000, 2_000, 999), Ok(200));
        assert_eq!(repay_limit(1_000, 2_000, 1_000), Ok(1_000));
        assert_eq!(repay_limit(u64::MAX, 10_000, 0), Ok(u64::MAX));
    }

    fn any_exposure() -> impl Strategy<Value = Exposure> {
        let amount = || (any::<u64>(), 0u32..64).prop_map(|(value, shift)| (value >> shift).max(1));
        (amount(), amount(), amount(), amount(), 6u8..=9, 6u8..=9).prop_map(
            |(collateral, debt, collateral_price, debt_price, collateral_decimals, debt_decimals)| Exposure {
                collateral,
                debt,
                collateral_price,
                debt_price,
                collateral_decimals,
                debt_decimals,
            },
        )
    }

    proptest! {
        #[test]
        fn a_covered_liquidation_never_raises_the_ratio(
            position in any_exposure(), part in 0u64..=10_000, bonus in 0u16..=2_000, min in 0u16..=300,
        ) {
            let repaid = mul_div_floor(position.debt, part, BASIS_POINTS).unwrap();
            let plan = position.plan(repaid, bonus.max(min), min).unwrap();
            prop_assert!(plan.seized <= position.collateral && plan.repaid == repaid);
            if position.covered(min) {
                // (debt - repaid) / (collateral - seized) <= debt / collateral, in amounts: no price enters.
                let after = u128::from(position.debt - plan.repaid) * u128::from(position.collateral);
                let before = u128::from(position.debt) * u128::from(position.collateral - plan.seized);
                prop_assert!(after <= before, "{plan:?}");
            }
        }

        #[test]
        fn the_payable_amount_takes_all_collateral_or_is_the_debt(position in any_exposure(), min in 0u16..=300) {
            let payable = position.payable(min);
            prop_assert!(payable <= position.debt);
            if !position.covered(min) && payable < position.debt {
                prop_assert_eq!(position.plan(payable, min, min).unwrap().seized, position.collateral);
            }
        }

        #[test]
        fn the_liquidator_never_gets_more_than_the_bonus(
            position in any_exposure(), part in 0u64..=10_000, bonus in 200u16..=2_000,
        ) {
            let repaid = mul_div_floor(position.debt, part, BASIS_POINTS).unwrap();
            let plan = position.plan(repaid, bonus, 200).unwrap();
            let seized = Value::of_collateral(plan.seized, position.collateral_price, position.collateral_decimals);
            let paid = Value::of_collateral(repaid, position.debt_price, position.debt_decimals);
            prop_assert!(seized.get() <= paid.scale_floor(BASIS_POINTS + u64::from(bonus)));
        }

        #[test]
        fn what_is_payable_and_what_is_short_make_the_debt(position in any_exposure(), min in 0u16..=300) {
            let short = position.shortfall(min);
            prop_assert!(short <= position.debt);
            if short > 0 {
                prop_assert_eq!(position.payable(min) + short, position.debt);
            }
            // More collateral, or dearer, never makes it worse.
            let richer = Exposure { collateral: position.collateral.saturating_mul(2), ..position };
            prop_assert!(richer.shortfall(min) <= short);
        }

        #[test]
        fn bonuses_stay_inside_the_range(position in any_exposure(), threshold: u16, min in 0u16..=500, width in 0u16..=1_500) {
            let range = BonusRange { min_bps: min, max_bps: min + width };
            let bonus = overshoot_bonus_bps(position.debt_value(), position.collateral_value(), threshold, range);
            prop_assert!((range.min_bps..=range.max_bps).contains(&bonus));
        }

        #[test]
        fn no_extreme_position_panics(position in any_exposure(), repaid: u64, bonus: u16, min: u16, dust: u64) {
            let _ = position.plan(repaid, bonus, min);
            let _ = repay_limit(position.debt, bonus, dust);
            let _ = overshoot_bonus_bps(position.debt_value(), position.collateral_value(), bonus, BonusRange {
                min_bps: min, max_bps: bonus,
            });
        }
    }
}
