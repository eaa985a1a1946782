//! The features against the training script's: raw quotes and results that it wrote.

#![allow(missing_docs)]

use assay_feed_interface::features::{COUNT, NAMES, compute};
use assay_feed_interface::quote::{MAX_SOURCES, Quote, Quotes};
use proptest::prelude::*;

const CSV: &str = include_str!("../../../../models/anomaly-filter/features.csv");

#[test]
fn features_are_the_training_scripts() {
    let mut lines = CSV.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let names: Vec<String> =
        (0..MAX_SOURCES).flat_map(|source| NAMES.map(|name| format!("{name}_{source}"))).collect();
    assert_eq!(header[header.len() - COUNT..], names);
    let mut rows = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |index: usize| cells[index].parse::<u64>().unwrap();
        let mut quotes: Quotes = [Quote::ABSENT; MAX_SOURCES];
        for (source, quote) in quotes.iter_mut().enumerate() {
            let at = 1 + 3 * source;
            if !cells[at].is_empty() {
                let lag = u16::try_from(number(at + 2)).unwrap();
                *quote = Quote { price: number(at), confidence: number(at + 1), lag, ..Quote::ABSENT };
            }
        }
        let expected: Vec<i16> =
            cells[cells.len() - COUNT..].iter().map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(compute(&quotes, number(0)).as_slice(), expected, "row {rows}: {line}");
        rows += 1;
    }
    assert!(rows > 200, "{rows}");
}

fn quote() -> impl Strategy<Value = Quote> {
    let number = || prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>(), 1u64..1 << 44];
    (number(), number(), any::<u16>()).prop_map(|(price, confidence, lag)| Quote {
        price,
        confidence,
        lag,
        ..Quote::ABSENT
    })
}

proptest! {
    #[test]
    fn no_quotes_make_it_panic_and_sources_keep_their_places(
        quotes in prop::array::uniform8(quote()), last: u64, turn in 0usize..MAX_SOURCES,
    ) {
        let mut features = compute(&quotes, last);
        prop_assert!(features.iter().all(|feature| (-(1 << 14)..1 << 14).contains(feature)));
        let mut turned = quotes;
        turned.rotate_left(turn);
        features.rotate_left(turn * NAMES.len());
        prop_assert_eq!(compute(&turned, last), features);
    }
}
