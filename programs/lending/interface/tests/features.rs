//! The feature arithmetic equals the training script's, bit for bit: `features.csv` holds raw inputs of real
//! hours and of edge cases, and the sixteen integers that `models/liquidation-risk/features.py` made of them.

use assay_lending_interface::features::{self, COUNT, Inputs, NAMES, WINDOW};
use std::str::FromStr;

const FIXTURE: &str = include_str!("features.csv");

/// The next `N` cells of a row as numbers.
fn take<T: FromStr<Err: std::fmt::Debug> + Default + Copy, const N: usize>(
    cells: &mut std::str::Split<'_, char>,
) -> [T; N] {
    std::array::from_fn(|_| cells.next().unwrap().parse().unwrap())
}

#[test]
fn every_fixture_row_recomputes_exactly() {
    let mut lines = FIXTURE.lines();
    assert!(lines.next().unwrap().ends_with(&NAMES.join(",")), "the script names the features as Rust does");
    let mut rows = 0;
    for (line, number) in lines.zip(2..) {
        let mut cells = line.split(',');
        let closes: [u64; WINDOW] = take(&mut cells);
        let [confidence, ema] = take(&mut cells);
        let [collateral_value, debt_value] = take(&mut cells);
        let [liquidation_threshold_bps] = take(&mut cells);
        let [borrowed, supplied] = take(&mut cells);
        let expected: [i16; COUNT] = take(&mut cells);
        assert_eq!(cells.next(), None, "line {number} has more cells than columns");
        let inputs = Inputs {
            closes: &closes,
            confidence,
            ema,
            collateral_value,
            debt_value,
            liquidation_threshold_bps,
            borrowed,
            supplied,
        };
        assert_eq!(features::compute(&inputs), Ok(expected), "line {number}");
        rows += 1;
    }
    assert!(rows >= 400, "{rows} rows");
}

#[test]
fn the_fixture_reaches_both_saturation_points_and_signs() {
    let values: Vec<i16> = FIXTURE
        .lines()
        .skip(1)
        .flat_map(|line| line.rsplit(',').take(COUNT))
        .map(|cell| cell.parse().unwrap())
        .collect();
    for limit in [-16_384, -1, 0, 1, 16_383] {
        assert!(values.contains(&limit), "no feature of the fixture is {limit}");
    }
}
