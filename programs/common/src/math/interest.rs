//! Interest by utilization: a rate with one kink, and a borrow index that only grows.
//!
//! `rate(u) = base + (kink_rate - base) * u / kink` up to the kink, then linear to `max_rate` at `u = 1`.
//! `index(t + dt) = index(t) * (1 + rate * dt / year)`: simple interest between two touches of the market,
//! compounded at each. The index is 64.64 fixed point and starts at one. It rounds up, a borrower owes the unit.
//!
//! Cost: two wide divisions a touch.

use super::{
    fixed::{ONE_Q64, mul_q64},
    wide::div_floor,
};
use crate::rules::{Rule, RuleError};

/// Seconds of a year of 365 days.
pub const SECONDS_PER_YEAR: u64 = 31_536_000;

/// Parts per billion in one: the unit of utilization and of yearly rates.
pub const PPB: u64 = 1_000_000_000;

/// Parts per billion in a basis point.
const PPB_PER_BASIS_POINT: u64 = 100_000;

/// The index does not grow past this: 2^32 times the first loan.
const MAX_INDEX: u128 = 1 << 96;

/// The four numbers of the curve, in basis points: utilization at the kink, yearly rates at 0, kink and 1.
#[derive(Clone, Copy, Debug)]
pub struct RateCurve {
    /// Utilization of the kink, 1 to 9,999.
    pub kink_utilization_bps: u16,
    /// Yearly rate at no utilization.
    pub base_rate_bps: u32,
    /// Yearly rate at the kink.
    pub kink_rate_bps: u32,
    /// Yearly rate at full utilization.
    pub max_rate_bps: u32,
}

/// `borrowed / (borrowed + cash)` in parts per billion, rounded down; zero for an empty market.
pub fn utilization_ppb(borrowed: u64, cash: u64) -> u64 {
    let total = u128::from(borrowed) + u128::from(cash);
    let ratio = div_floor(u128::from(borrowed) * u128::from(PPB), total).unwrap_or(0);
    u64::try_from(ratio).unwrap_or(PPB)
}

/// Yearly rate at a utilization, both in parts per billion, rounded down.
///
/// # Errors
/// The curve is not increasing, or its kink is not inside (0, 1).
pub fn rate_ppb(curve: &RateCurve, utilization: u64) -> Rule<u64> {
    let kink = u64::from(curve.kink_utilization_bps) * PPB_PER_BASIS_POINT;
    let [base, at_kink, at_full] = [curve.base_rate_bps, curve.kink_rate_bps, curve.max_rate_bps]
        .map(|bps| u64::from(bps) * PPB_PER_BASIS_POINT);
    let utilization = utilization.min(PPB);
    let (from, to, along, length) = if utilization <= kink {
        (base, at_kink, utilization, kink)
    } else {
        (at_kink, at_full, utilization - kink, PPB.saturating_sub(kink))
    };
    let rise = to.checked_sub(from).ok_or(RuleError::Overflow)?;
    rise.checked_mul(along)
        .and_then(|product| product.checked_div(length))
        .and_then(|part| from.checked_add(part))
        .ok_or(RuleError::Overflow)
}

/// The index after `seconds` at a yearly rate, rounded up.
///
/// It stops at [`MAX_INDEX`] rather than fail, so that a market left alone for centuries can still be repaid.
///
/// # Errors
/// `rate * seconds` exceeds 64 bits: more than 195 years at 300 %.
pub fn grow_index(index: u128, rate_ppb: u64, seconds: u64) -> Rule<u128> {
    let parts = rate_ppb.checked_mul(seconds).ok_or(RuleError::Overflow)?;
    if parts == 0 {
        return Ok(index);
    }
    let growth = div_floor(u128::from(parts) << 64, u128::from(PPB * SECONDS_PER_YEAR));
    let growth = growth.ok_or(RuleError::Overflow)?;
    let interest = mul_q64(index, growth)? + 1;
    Ok(index.saturating_add(interest).min(MAX_INDEX.max(index)))
}

const _: () = assert!(MAX_INDEX > ONE_Q64);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CURVE: RateCurve = RateCurve {
        kink_utilization_bps: 8_000,
        base_rate_bps: 100,
        kink_rate_bps: 1_000,
        max_rate_bps: 20_000,
    };

    #[test]
    fn the_curve_passes_through_its_three_points() {
        assert_eq!(rate_ppb(&CURVE, 0), Ok(10_000_000));
        assert_eq!(rate_ppb(&CURVE, 800_000_000), Ok(100_000_000));
        assert_eq!(rate_ppb(&CURVE, PPB), Ok(2_000_000_000));
        assert_eq!(rate_ppb(&CURVE, 400_000_000), Ok(55_000_000));
    }

    #[test]
    fn a_falling_curve_or_a_kink_at_an_end_is_an_error() {
        let falling = RateCurve { max_rate_bps: 10, ..CURVE };
        assert_eq!(rate_ppb(&falling, 900_000_000), Err(RuleError::Overflow));
        let no_kink = RateCurve { kink_utilization_bps: 0, ..CURVE };
        assert_eq!(rate_ppb(&no_kink, 0), Err(RuleError::Overflow));
    }

    #[test]
    fn a_year_at_ten_percent_adds_a_tenth() {
        let index = grow_index(ONE_Q64, PPB / 10, SECONDS_PER_YEAR).unwrap();
        assert_eq!(index, ONE_Q64 + ONE_Q64 / 10 + 1);
        assert_eq!(grow_index(ONE_Q64, PPB / 10, 0), Ok(ONE_Q64));
        assert_eq!(grow_index(ONE_Q64, 0, SECONDS_PER_YEAR), Ok(ONE_Q64));
    }

    #[test]
    fn utilization_of_an_empty_market_is_zero_and_of_a_drained_one_is_one() {
        assert_eq!(utilization_ppb(0, 0), 0);
        assert_eq!(utilization_ppb(5, 0), PPB);
        assert_eq!(utilization_ppb(u64::MAX, u64::MAX), PPB / 2);
    }

    proptest! {
        #[test]
        fn the_rate_rises_with_utilization(
            kink in 1u16..10_000, base in 0u32..30_000, rise in 0u32..30_000, more in 0u32..30_000,
            low in 0..=PPB, step in 0..=PPB,
        ) {
            let curve = RateCurve {
                kink_utilization_bps: kink,
                base_rate_bps: base,
                kink_rate_bps: base + rise,
                max_rate_bps: base + rise + more,
            };
            let low_rate = rate_ppb(&curve, low).unwrap();
            let high_rate = rate_ppb(&curve, (low + step).min(PPB)).unwrap();
            prop_assert!(low_rate <= high_rate);
            prop_assert!(low_rate >= u64::from(base) * PPB_PER_BASIS_POINT);
            prop_assert!(high_rate <= u64::from(base + rise + more) * PPB_PER_BASIS_POINT);
        }

        #[test]
        fn the_index_never_falls_and_grows_with_time_and_rate(
            index in ONE_Q64..MAX_INDEX, rate in 0..=3 * PPB, seconds in 0..=SECONDS_PER_YEAR, more in 0..SECONDS_PER_YEAR,
        ) {
            let first = grow_index(index, rate, seconds).unwrap();
            prop_assert!(first >= index);
            prop_assert!(grow_index(index, rate, seconds + more).unwrap() >= first);
            prop_assert!(grow_index(index, rate + 1, seconds).unwrap() >= first);
        }

        #[test]
        fn no_utilization_is_outside_zero_to_one(borrowed: u64, cash: u64) {
            prop_assert!(utilization_ppb(borrowed, cash) <= PPB);
        }
    }
}
