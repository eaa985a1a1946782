//! Rows that calibration data does not have, made of those that it has.
//!
//! Formats that fit the given rows only are too narrow and too coarse for the next one: ranges saturate, and the error is the largest of
//! few. So the search also sees rows of three kinds, within the box that the given ones span:
//!
//! - *shuffled*, half of them: each feature from a row of its own, which breaks what ties features to each other;
//! - *between two rows*, or beyond one of them on the line through both, cut to the box;
//! - *at the border*: a row of which some features are at an end of their range.
//!
//! Features that are whole numbers in every given row (codes, counts, truth values, one-hot columns) keep values that they have there. The
//! numbers come from a generator with a fixed seed, so the
//! rows depend on the given ones only.
//!
//! What they show is an estimate and no bound: the box has rows that are worse.

use crate::number::{decimal, decimals};
use crate::random::SplitMix64;

/// Any constant.
const SEED: u64 = 0x6173_7361_7920_6361;
/// How far behind a row the line through two of them goes, in their distance.
const BEYOND: f64 = 0.5;
/// Largest share of the features that are at an end of their range, in a row at the border.
const AT_ENDS: f64 = 0.5;
/// In one of how many rows a feature that may be missing is.
const MISSING: f64 = 8.0;
/// A step of a feature, in its range: that of 14 bits.
const STEP: f64 = 1.0 / 16384.0;

/// `count` rows made of the `given` ones; none of none.
///
/// Features that may be missing (`coded`; empty where none may) are, in one row of [`MISSING`]: where no given row misses one, ranges and
/// errors would know nothing of what stands for it.
pub(super) fn rows(given: &[Vec<f64>], coded: &[bool], count: usize) -> Vec<Vec<f64>> {
    if given.is_empty() {
        return Vec::new();
    }
    let features = Feature::all(given);
    let mut random = SplitMix64(SEED);
    let mut made = |position| {
        let mut row = row(given, &features, position, &mut random)?;
        for (value, _) in row.iter_mut().zip(coded).filter(|(_, is_coded)| **is_coded) {
            if random.part() * MISSING < 1.0 {
                *value = f64::NAN;
            }
        }
        Some(row)
    };
    (0..count).filter_map(&mut made).collect()
}

/// `count` rows like given ones, as dense as those are: each value is moved towards its neighbour among the feature's values, half of the way
/// at most. Decimals become others of as many digits, so that truth values stay; and so does what is missing.
pub(super) fn near(given: &[Vec<f64>], count: usize) -> Vec<Vec<f64>> {
    let features = given.first().map_or(0, Vec::len);
    let sorted = |column: usize| {
        let mut values: Vec<f64> = given.iter().filter_map(|row| row.get(column).copied()).collect();
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    };
    let sorted: Vec<Vec<f64>> = (0..features).map(sorted).collect();
    let digits: Vec<Option<i32>> = sorted.iter().map(|values| decimals(values.iter().copied())).collect();
    let mut random = SplitMix64(SEED);
    let mut row = || {
        let row = random.of(given)?;
        let moved = |((&value, digits), sorted): ((&f64, &Option<i32>), &Vec<f64>)| {
            let (is_up, part) = (random.part() < 0.5, random.part());
            if !value.is_finite() {
                return value;
            }
            let place = sorted.partition_point(|&other| other < value);
            let neighbour = if is_up {
                sorted.get(place + 1)
            } else {
                place.checked_sub(1).and_then(|place| sorted.get(place))
            };
            let moved = neighbour.map_or(value, |neighbour| value + 0.5 * part * (neighbour - value));
            digits.map_or(moved, |digits| decimal(moved, digits))
        };
        Some(row.iter().zip(&digits).zip(&sorted).map(moved).collect())
    };
    (0..count).map_while(|_| row()).collect()
}

/// What each feature may be off: about a step of its format.
pub(super) struct Steps(Vec<f64>);

impl Steps {
    /// A part of each feature's range, up and down in turns; none where it is whole numbers, or not rounded (`exact`; empty where all are).
    pub fn of(given: &[Vec<f64>], exact: &[bool]) -> Self {
        let step = |(column, feature): (usize, Feature)| match feature {
            _ if exact.get(column) == Some(&true) => 0.0,
            Feature { is_whole: true, .. } => 0.0,
            Feature { low, high, .. } => (high - low) * STEP * if column % 2 == 0 { 1.0 } else { -1.0 },
        };
        Steps(Feature::all(given).into_iter().enumerate().map(step).collect())
    }

    /// A row whose features are moved by a step, in the direction of `sign`.
    pub fn moved(&self, row: &[f64], sign: f64) -> Vec<f64> {
        row.iter().zip(&self.0).map(|(value, step)| value + sign * step).collect()
    }
}

/// A column of the given rows.
#[derive(Clone, Copy, Debug)]
struct Feature {
    low: f64,
    high: f64,
    is_whole: bool,
}

impl Feature {
    fn all(given: &[Vec<f64>]) -> Vec<Feature> {
        let mut features: Vec<Feature> = Vec::new();
        for row in given {
            let none = Feature { low: f64::INFINITY, high: f64::NEG_INFINITY, is_whole: true };
            features.resize(row.len(), none);
            for (feature, &value) in features.iter_mut().zip(row) {
                feature.low = feature.low.min(value);
                feature.high = feature.high.max(value);
                feature.is_whole &= value.is_nan() || value.fract() == 0.0;
            }
        }
        features
    }

    /// A value cut to the range. What is no number stays none.
    fn cut(&self, value: f64) -> f64 {
        if value.is_nan() { value } else { value.max(self.low).min(self.high) }
    }
}

fn row(
    given: &[Vec<f64>],
    features: &[Feature],
    position: usize,
    random: &mut SplitMix64,
) -> Option<Vec<f64>> {
    match position % 4 {
        0 | 1 => (0..features.len()).map(|column| random.of(given)?.get(column).copied()).collect(),
        2 => {
            let (first, second) = (random.of(given)?, random.of(given)?);
            let along = (1.0 + 2.0 * BEYOND) * random.part() - BEYOND;
            let between = |(feature, (a, b)): (&Feature, (&f64, &f64))| match feature {
                Feature { is_whole: true, .. } if random.part() < along => *b,
                Feature { is_whole: true, .. } => *a,
                // Between infinities there is no number.
                feature => match a + along * (b - a) {
                    made if made.is_nan() && !b.is_nan() => *a,
                    made => feature.cut(made),
                },
            };
            Some(features.iter().zip(first.iter().zip(second)).map(between).collect())
        }
        _ => {
            let row = random.of(given)?;
            let share = AT_ENDS * random.part();
            let ends = |(feature, &value): (&Feature, &f64)| match random.part() {
                _ if value.is_nan() => value,
                part if part < share / 2.0 => feature.low,
                part if part < share => feature.high,
                _ => value,
            };
            Some(features.iter().zip(row).map(ends).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Vec<Vec<f64>> {
        (0..40).map(|i| vec![f64::from(i) / 7.0, f64::from(i % 3), -1.5 - f64::from(i * i)]).collect()
    }

    /// All lie in the box of the given rows; whole features keep their values; and few rows are given ones.
    #[test]
    fn rows_are_new_and_inside_the_box() {
        let given = given();
        let made = rows(&given, &[], 200);
        assert_eq!(made.len(), 200);
        for row in &made {
            for (column, &value) in row.iter().enumerate() {
                let seen = || given.iter().map(|row| row[column]);
                let (low, high) = (seen().fold(f64::MAX, f64::min), seen().fold(f64::MIN, f64::max));
                assert!((low..=high).contains(&value), "{value} in column {column}");
            }
            assert!([0.0, 1.0, 2.0].contains(&row[1]), "{row:?}");
        }
        let given_again = made.iter().filter(|row| given.contains(row)).count();
        assert!(given_again < 50, "{given_again}");
        assert_eq!(made, rows(&given, &[], 200));
    }

    /// Columns without numbers, constant ones and single rows make rows, too; no rows make none.
    #[test]
    fn rows_of_few_and_of_missing_values() {
        assert!(rows(&[], &[], 10).is_empty());
        assert_eq!(rows(&[vec![0.5, 2.0]], &[], 3), vec![vec![0.5, 2.0]; 3]);
        let made = rows(&[vec![f64::NAN, 0.1], vec![f64::NAN, 0.9]], &[], 40);
        assert!(made.iter().all(|row| row[0].is_nan() && (0.1..=0.9).contains(&row[1])), "{made:?}");
    }

    /// What may be missing is, in some rows, also where no given one misses it; nothing else is.
    #[test]
    fn rows_miss_what_may_be_missing() {
        let made = rows(&given(), &[false, false, true], 200);
        let missing = |column: usize| made.iter().filter(|row| row[column].is_nan()).count();
        assert_eq!((missing(0), missing(1)), (0, 0));
        assert!((10..50).contains(&missing(2)), "{}", missing(2));
    }

    /// Each value lies between the neighbours of one that is given, and whole numbers are given ones.
    #[test]
    fn rows_that_are_near_are_as_dense_as_the_given_ones() {
        let given = given();
        let near = near(&given, 400);
        assert_eq!(near.len(), 400);
        assert!(near.iter().all(|row| [0.0, 1.0, 2.0].contains(&row[1])));
        // The squares of the third column: a tenth of the given ones is above 35^2, and so is one of these.
        let large = near.iter().filter(|row| row[2] < -1.5 - 35.5 * 35.5).count();
        assert!((20..70).contains(&large), "{large}");
        assert!(near.iter().all(|row| given.iter().any(|other| (row[0] - other[0]).abs() <= 0.5 / 7.0)));
        assert!(super::near(&[], 10).is_empty());
    }

    /// Steps are small, and none of whole numbers.
    #[test]
    fn steps_are_a_part_of_the_range() {
        let given = given();
        let moved = Steps::of(&given, &[]).moved(&given[3], 1.0);
        assert_eq!(moved[1], given[3][1]);
        assert!(moved[0] > given[3][0] && moved[0] - given[3][0] < 39.0 / 7.0 / 16000.0);
        assert!(moved[2] > given[3][2]);
    }
}
