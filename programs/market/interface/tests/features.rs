//! The features against the training script's: raw prices and results that it wrote.

#![allow(missing_docs)]

use assay_market_interface::features::{COUNT, FeatureError, MAX_HOURS, MAX_SOURCES, NAMES, Prices, compute};
use proptest::prelude::*;

const CSV: &str = include_str!("../../../../models/market-resolver/features.csv");

#[test]
fn features_are_the_training_scripts() {
    let mut lines = CSV.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(header[header.len() - COUNT..], NAMES);
    let mut rows = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |index: usize| cells[index].parse::<u64>().unwrap();
        let (hours, count) = (number(0) as usize + 1, number(1) as usize);
        let mut sources = [[0; MAX_HOURS]; MAX_SOURCES];
        for (source, prices) in sources.iter_mut().enumerate().take(count) {
            for (hour, price) in prices.iter_mut().enumerate().take(hours) {
                *price = number(2 + source * hours + hour);
            }
        }
        let expected: Vec<i16> =
            cells[cells.len() - COUNT..].iter().map(|cell| cell.parse().unwrap()).collect();
        let computed = compute(&sources[..count], hours).unwrap();
        assert_eq!(computed.as_slice(), expected, "row {rows}: {line}");
        rows += 1;
    }
    assert!(rows > 100, "{rows}");
}

#[test]
fn windows_that_are_none_are_named() {
    let flat = [[5; MAX_HOURS]; 5];
    assert_eq!(compute(&[], 25), Err(FeatureError::Sources(0)));
    assert_eq!(compute(&flat, 25), Err(FeatureError::Sources(5)));
    for hours in [0, 1, 12, 33, usize::MAX] {
        assert_eq!(compute(&flat[..1], hours), Err(FeatureError::Hours(hours)));
    }
    let mut gap = flat[0];
    gap[7] = 0;
    assert_eq!(compute(&[gap, gap], 25), Err(FeatureError::EmptyHour(7)));
    assert!(compute(&[gap, flat[0]], 25).is_ok());
    // Behind the window nothing is read.
    assert!(compute(&[gap], 13).is_err() && compute(&[flat[0]], 13) == compute(&[[5; MAX_HOURS]], 13));
}

fn price() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>(), 1u64..1 << 44, 1_0000_0000u64..1_0010_0000]
}

proptest! {
    #[test]
    fn no_prices_make_it_panic_and_no_order_matters(
        raw in prop::collection::vec(prop::collection::vec(price(), MAX_HOURS), 1..=MAX_SOURCES),
        hours in 13usize..=MAX_HOURS, turn in 0usize..4,
    ) {
        let mut sources: Vec<Prices> = raw.iter().map(|prices| prices.as_slice().try_into().unwrap()).collect();
        let features = compute(&sources, hours);
        let turn = turn % sources.len();
        sources.rotate_left(turn);
        prop_assert_eq!(compute(&sources, hours), features);
        if let Ok(features) = features {
            prop_assert!(features.iter().all(|feature| (-(1 << 14)..1 << 14).contains(feature)));
        }
    }
}
