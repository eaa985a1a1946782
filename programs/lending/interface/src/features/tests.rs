//! Tests of the feature arithmetic.

use super::*;
use alloc::vec::Vec;
use proptest::prelude::*;

const FLAT: [u64; WINDOW] = [100_0000_0000; WINDOW];

fn inputs(closes: &[u64; WINDOW]) -> Inputs<'_> {
    Inputs {
        closes,
        confidence: 1000_0000,
        ema: 100_0000_0000,
        collateral_value: 1_000_000,
        debt_value: 600_000,
        liquidation_threshold_bps: 8_000,
        borrowed: 3,
        supplied: 4,
    }
}

fn named(features: [i16; COUNT], name: &str) -> i16 {
    NAMES.iter().zip(features).find(|(other, _)| **other == name).map(|(_, value)| value).unwrap()
}

#[test]
fn flat_prices_give_the_values_of_the_table() {
    let features = compute(&inputs(&FLAT)).unwrap();
    let expected = [
        // ltv 0.6 * 2, distance 0.2 * 8, drop 0.25 * 8, in units of 2^-12
        4915, 6554, 8192, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
        // confidence 0.001 * 128, no gap, utilization 0.75 * 2, infinitely many volatilities
        524, 0, 6144, 16_383,
    ];
    assert_eq!(features, expected);
}

#[test]
fn one_fall_shows_in_every_price_feature() {
    let mut closes = FLAT;
    closes[WINDOW - 1] = 97_0000_0000;
    let features = compute(&inputs(&closes)).unwrap();
    for (name, value, multiplier) in [
        ("volatility_24h", 0.03, 16.0),
        ("volatility_6h", 0.06, 16.0),
        ("downside_volatility_24h", 0.03, 16.0),
        ("drawdown_24h", 0.03, 16.0),
        ("run_up_24h", 0.0, 16.0),
        ("return_1h", -0.03, 32.0),
        ("return_6h", -0.03, 16.0),
        ("return_24h", -0.03, 16.0),
        ("worst_hour_24h", -0.03, 32.0),
        ("ema_gap", -0.03, 32.0),
        ("buffer_in_volatilities", 0.25 / 0.03, 0.25),
    ] {
        let real = f64::from(named(features, name)) / 4096.0;
        assert!((real - value * multiplier).abs() < 0.001, "{name}: {real} against {}", value * multiplier);
    }
}

#[test]
fn the_last_six_returns_are_the_recent_ones() {
    let mut closes = [110_0000_0000; WINDOW];
    closes[..=18].fill(100_0000_0000); // the rise is the return into close 19, the first of the last six
    let features = compute(&inputs(&closes)).unwrap();
    assert_eq!(named(features, "volatility_6h"), 13_107);
    closes[18] = 110_0000_0000; // one hour earlier it has left the six hours
    let features = compute(&inputs(&closes)).unwrap();
    assert_eq!(named(features, "volatility_6h"), 0);
    assert_eq!(named(features, "return_6h"), 0);
    assert_eq!(named(features, "volatility_24h"), 6_554);
}

#[test]
fn each_missing_input_is_its_own_error() {
    let good = inputs(&FLAT);
    for index in [0, 1, WINDOW - 1] {
        let mut closes = FLAT;
        closes[index] = 0;
        assert_eq!(compute(&Inputs { closes: &closes, ..good }), Err(FeatureError::EmptyClose(index)));
    }
    assert_eq!(compute(&Inputs { ema: 0, ..good }), Err(FeatureError::EmptyEma));
    assert_eq!(compute(&Inputs { collateral_value: 0, ..good }), Err(FeatureError::NoCollateral));
    for threshold in [0, 10_001, u16::MAX] {
        let bad = Inputs { liquidation_threshold_bps: threshold, ..good };
        assert_eq!(compute(&bad), Err(FeatureError::Threshold(threshold)));
    }
}

#[test]
fn empty_reserves_have_no_utilization_and_impossible_ones_saturate() {
    let good = inputs(&FLAT);
    let empty = compute(&Inputs { borrowed: 0, supplied: 0, ..good }).unwrap();
    assert_eq!(named(empty, "utilization"), 0);
    let impossible = compute(&Inputs { borrowed: 1, supplied: 0, ..good }).unwrap();
    assert_eq!(named(impossible, "utilization"), 16_383);
}

/// Any magnitude, not only the large ones that a uniform draw gives.
fn any_u64() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(value, shift)| value >> shift)
}

fn any_u128() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0u32..128).prop_map(|(value, shift)| value >> shift)
}

proptest! {
    #[test]
    fn any_input_gives_features_in_range_or_an_error(
        closes in prop::array::uniform25(any_u64()),
        prices in (any_u64(), any_u64()),
        values in (any_u128(), any_u128(), any_u128(), any_u128()),
        threshold in any::<u16>(),
    ) {
        let inputs = Inputs {
            closes: &closes,
            confidence: prices.0,
            ema: prices.1,
            collateral_value: values.0,
            debt_value: values.1,
            liquidation_threshold_bps: threshold,
            borrowed: values.2,
            supplied: values.3,
        };
        if let Ok(features) = compute(&inputs) {
            prop_assert!(features.iter().all(|q| (-(1 << 14)..1 << 14).contains(q)));
        }
    }

    #[test]
    fn features_agree_with_real_arithmetic(
        closes in prop::array::uniform25(80_0000_0000u64..120_0000_0000),
        debt in 1u128..1_000_000,
        threshold in 5_000u16..=9_500,
    ) {
        let base = inputs(&closes);
        let inputs = Inputs { debt_value: debt, liquidation_threshold_bps: threshold, ..base };
        let features = compute(&inputs).unwrap();
        let price = closes[WINDOW - 1] as f64;
        let returns: Vec<f64> = closes.windows(2).map(|w| w[1] as f64 / w[0] as f64 - 1.0).collect();
        let norm = |r: &[f64]| r.iter().map(|x| x * x).sum::<f64>().sqrt();
        let ltv = debt as f64 / 1e6;
        let limit = f64::from(threshold) / 1e4;
        let drop = 1.0 - ltv / limit;
        let high = closes.iter().copied().max().unwrap() as f64;
        let low = closes.iter().copied().min().unwrap() as f64;
        let falls: Vec<f64> = returns.iter().copied().filter(|r| *r < 0.0).collect();
        let expected = [
            ltv, limit - ltv, drop, norm(&returns), 2.0 * norm(&returns[18..]), norm(&falls),
            (high - price) / high, (price - low) / low, returns[23], price / closes[18] as f64 - 1.0,
            price / closes[0] as f64 - 1.0, returns.iter().copied().fold(f64::MAX, f64::min),
            inputs.confidence as f64 / price, price / inputs.ema as f64 - 1.0, 0.75, drop / norm(&returns),
        ];
        for (index, (q, value)) in features.into_iter().zip(expected).enumerate() {
            let multiplier = f64::from(MULTIPLIERS[index]).exp2();
            let real = (value * multiplier).clamp(-4.0, 4.0 - 1.0 / 4096.0);
            // Half a unit of rounding, and the ratios' own 2^-20, magnified by the multiplier.
            let tolerance = 0.5 / 4096.0 + (multiplier * 26.0 + 16.0) / 1_048_576.0;
            let got = f64::from(q) / 4096.0;
            prop_assert!((got - real).abs() <= tolerance, "{}: {got} against {real}", NAMES[index]);
        }
    }

    #[test]
    fn more_debt_never_looks_safer(debt in any_u128(), more in any_u128(), threshold in 1u16..=10_000) {
        let good = Inputs { liquidation_threshold_bps: threshold, ..inputs(&FLAT) };
        let less = compute(&Inputs { debt_value: debt, ..good }).unwrap();
        let more = compute(&Inputs { debt_value: debt.saturating_add(more), ..good }).unwrap();
        prop_assert!(less[0] <= more[0]);
        prop_assert!(less[1] >= more[1] && less[2] >= more[2] && less[15] >= more[15]);
    }

    #[test]
    fn the_unit_of_prices_and_values_does_not_matter(
        closes in prop::array::uniform25(1u64 << 40..1 << 41),
        debt in 1u128 << 40..1 << 41,
        shift in 0u32..20,
    ) {
        let scaled = closes.map(|close| close << shift);
        let base = Inputs {
            confidence: 1 << 30, ema: 1 << 40, collateral_value: 1 << 41, debt_value: debt,
            ..inputs(&closes)
        };
        let other = Inputs {
            closes: &scaled,
            confidence: base.confidence << shift,
            ema: base.ema << shift,
            collateral_value: base.collateral_value << (3 * shift),
            debt_value: debt << (3 * shift),
            ..base
        };
        prop_assert_eq!(compute(&base), compute(&other));
    }
}
