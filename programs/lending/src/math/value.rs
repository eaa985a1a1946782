//! Amounts to values, and comparisons of debt against collateral.
//!
//! `value = amount * price / 10^decimals`, in 1e-8 USD. With 64-bit amounts and prices and at least
//! [`MIN_DECIMALS`] decimals a value is below 2^109, so a value times a ratio in basis points always fits 128 bits:
//! nothing in this file can fail. Collateral rounds down, debt rounds up.
//!
//! Cost: one [wide](super::wide) division a value.

use super::{
    BASIS_POINTS,
    wide::{div_ceil, div_floor},
};

/// Fewest decimals of a mint: what keeps values times basis points within 128 bits.
pub const MIN_DECIMALS: u8 = 6;

/// Most decimals of a mint.
pub const MAX_DECIMALS: u8 = 9;

/// A value in 1e-8 USD, below 2^109.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(u128);

impl Value {
    /// Value of collateral, rounded down. Decimals outside the bounds count as the nearer bound.
    pub fn of_collateral(amount: u64, price: u64, decimals: u8) -> Self {
        Self(div_floor(u128::from(amount) * u128::from(price), unit(decimals)).unwrap_or(0))
    }

    /// Value of debt, rounded up. Decimals outside the bounds count as the nearer bound.
    pub fn of_debt(amount: u64, price: u64, decimals: u8) -> Self {
        Self(div_ceil(u128::from(amount) * u128::from(price), unit(decimals)).unwrap_or(u128::MAX))
    }

    /// The number of 1e-8 USD.
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The value times `bps / 10,000`, rounded down.
    pub fn scale_floor(self, bps: u64) -> u128 {
        div_floor(self.0 * u128::from(bps), u128::from(BASIS_POINTS)).unwrap_or(0)
    }

    /// The value times `bps`, exactly.
    const fn times(self, bps: u16) -> u128 {
        self.0 * (bps as u128)
    }
}

/// Base units of one token.
pub fn unit(decimals: u8) -> u128 {
    match decimals {
        0..=6 => 1_000_000,
        7 => 10_000_000,
        8 => 100_000_000,
        _ => 1_000_000_000,
    }
}

/// Whether a mint's decimals are within the bounds.
pub const fn decimals_supported(decimals: u8) -> bool {
    decimals >= MIN_DECIMALS && decimals <= MAX_DECIMALS
}

/// `debt / collateral >= bps / 10,000`. No debt never reaches a limit; debt without collateral reaches every one.
pub const fn ltv_at_least(debt: Value, collateral: Value, bps: u16) -> bool {
    debt.0 > 0 && debt.0 * (BASIS_POINTS as u128) >= collateral.times(bps)
}

/// `debt / collateral <= bps / 10,000`.
pub const fn ltv_at_most(debt: Value, collateral: Value, bps: u16) -> bool {
    debt.0 * (BASIS_POINTS as u128) <= collateral.times(bps)
}

/// `debt / collateral` in basis points, rounded up; `u32::MAX` where it is larger or has no denominator.
pub fn ltv_bps(debt: Value, collateral: Value) -> u32 {
    if debt.0 == 0 {
        return 0;
    }
    let ratio = div_ceil(debt.0 * u128::from(BASIS_POINTS), collateral.0);
    ratio.and_then(|bps| u32::try_from(bps).ok()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_in_hundred_millionths_of_a_dollar() {
        // 2 SOL at 104.07 USD, 150 USDC at 0.9999 USD.
        assert_eq!(Value::of_collateral(2_000_000_000, 104_0700_0000, 9).get(), 208_1400_0000);
        assert_eq!(Value::of_debt(150_000_000, 9999_0000, 6).get(), 149_9850_0000);
    }

    #[test]
    fn a_limit_is_reached_at_equality() {
        let (debt, collateral) = (Value(75), Value(100));
        assert!(ltv_at_least(debt, collateral, 7_500) && ltv_at_most(debt, collateral, 7_500));
        assert!(!ltv_at_least(debt, collateral, 7_501) && !ltv_at_most(debt, collateral, 7_499));
        assert_eq!(ltv_bps(debt, collateral), 7_500);
    }

    #[test]
    fn nothing_owed_and_nothing_held() {
        let none = Value(0);
        assert!(!ltv_at_least(none, none, 0) && ltv_at_most(none, none, 0));
        assert!(ltv_at_least(Value(1), none, u16::MAX) && !ltv_at_most(Value(1), none, u16::MAX));
        assert_eq!((ltv_bps(none, none), ltv_bps(Value(1), none)), (0, u32::MAX));
    }

    proptest! {
        #[test]
        fn no_extreme_overflows_and_debt_rounds_above_collateral(
            amount: u64, price: u64, decimals: u8, other: u64, bps: u16,
        ) {
            let collateral = Value::of_collateral(amount, price, decimals);
            let debt = Value::of_debt(amount, price, decimals);
            prop_assert!(debt >= collateral && debt.get() - collateral.get() <= 1);
            prop_assert!(debt.get() < 1 << 109);
            let others = Value::of_collateral(other, price, decimals);
            prop_assert!(ltv_at_least(debt, others, bps) || ltv_at_most(debt, others, bps));
            let _ = (ltv_bps(debt, others), collateral.scale_floor(u64::from(bps)));
        }

        #[test]
        fn the_ratio_agrees_with_the_comparisons(debt in 1u128..1 << 100, collateral in 1u128..1 << 100, bps in 1u16..) {
            let (debt, collateral) = (Value(debt), Value(collateral));
            let ratio = ltv_bps(debt, collateral);
            prop_assert_eq!(ltv_at_most(debt, collateral, bps), ratio <= u32::from(bps));
            if ltv_at_least(debt, collateral, bps) {
                prop_assert!(ratio >= u32::from(bps));
            }
        }
    }
}
