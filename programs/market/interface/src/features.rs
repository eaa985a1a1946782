//! The sixteen inputs of the resolver, computed from the hourly prices of up to four sources.
//!
//! The training script has the same formula (`models/market-resolver/features.py`); `tests/features.rs` compares the two on the
//! raw inputs and results that it wrote. Integers only, no result depends on the order of the sources, and no input makes
//! it panic.
//!
//! ```text
//! M[h]     median of the present prices at hour h
//! r[s][h]  return of source s from hour h to h + 1, where both prices are there
//! R[h]     median of the sources' returns; if there is none, the return of M
//! day(x)   the daily volatility of hourly returns x: sqrt(24 * mean of squares)
//! V        day(r[s]) of the sources, ascending
//! ```
//!
//! | # | name | value | `2^m` |
//! | --- | --- | --- | --- |
//! | 0 | `volatility_of_medians` | day(returns of M) | 16 |
//! | 1 | `volatility_of_median_returns` | day(R) | 16 |
//! | 2 | `volatility_lowest` | least of V | 16 |
//! | 3 | `volatility_lower_median` | lower middle of V | 16 |
//! | 4 | `volatility_upper_median` | upper middle of V | 16 |
//! | 5 | `volatility_highest` | greatest of V | 16 |
//! | 6 | `bipower` | sqrt(24 * mean of \|R\[h\] R\[h+1\]\|) | 16 |
//! | 7 | `absolute_returns` | 24 * mean of \|R\| | 4 |
//! | 8 | `largest_return` | max \|R\| | 32 |
//! | 9 | `bounce` | signed root of 24 * mean of R\[h\] R\[h+1\] | 16 |
//! | 10 | `range` | (max M - min M) / min M | 16 |
//! | 11 | `mean_spread` | mean over hours of (highest - lowest price) / M | 128 |
//! | 12 | `largest_spread` | the largest | 32 |
//! | 13 | `still_median` | share of hours with R = 0 | 2 |
//! | 14 | `still_source` | the largest such share of one source | 2 |
//! | 15 | `absent` | share of prices that are not there | 2 |
//!
//! Cost: (sources + 2) divisions an hour, nine roots, all on 64 bits.

use assay_feed_interface::arithmetic::{FRACTION, change, median, median_signed, quantize, ratio, signed};
use thiserror::Error;

/// Number of features: the length of the model's input tensor.
pub const COUNT: usize = 16;

/// Most sources.
pub const MAX_SOURCES: usize = 4;

/// Fewest hourly returns of a window.
pub const MIN_RETURNS: usize = 12;

/// Fewest hourly prices of a window.
pub const MIN_HOURS: usize = MIN_RETURNS + 1;

/// Most hourly prices of a window: one more than returns.
pub const MAX_HOURS: usize = 32;

/// In place of a price that is not there.
pub const ABSENT: u64 = 0;

/// Names of the features in tensor order; the ONNX model and `calibration.csv` carry the same ones.
pub const NAMES: [&str; COUNT] = [
    "volatility_of_medians",
    "volatility_of_median_returns",
    "volatility_lowest",
    "volatility_lower_median",
    "volatility_upper_median",
    "volatility_highest",
    "bipower",
    "absolute_returns",
    "largest_return",
    "bounce",
    "range",
    "mean_spread",
    "largest_spread",
    "still_median",
    "still_source",
    "absent",
];

/// Base-2 logarithms of the multipliers, in tensor order.
pub const MULTIPLIERS: [u8; COUNT] = [4, 4, 4, 4, 4, 4, 4, 2, 5, 4, 4, 7, 5, 1, 1, 1];

/// Hourly prices of one source, oldest first, 1e-8 USD; [`ABSENT`] where there is none, and beyond the window's hours.
pub type Prices = [u64; MAX_HOURS];

/// Why prices have no features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FeatureError {
    /// No source, or more than [`MAX_SOURCES`].
    #[error("{0} sources; a window has 1 to {MAX_SOURCES}")]
    Sources(usize),
    /// Too few or too many hours.
    #[error("{0} hourly prices; a window has {MIN_HOURS} to {MAX_HOURS}")]
    Hours(usize),
    /// An hour for which no source has a price.
    #[error("no source has a price for hour {0} of the window")]
    EmptyHour(usize),
}

/// The sixteen features of the first `hours` prices of each source, in the order of [`NAMES`].
///
/// # Errors
/// [`FeatureError`]. Any prices, however extreme, have features otherwise.
pub fn compute(sources: &[Prices], hours: usize) -> Result<[i16; COUNT], FeatureError> {
    if sources.is_empty() || sources.len() > MAX_SOURCES {
        return Err(FeatureError::Sources(sources.len()));
    }
    if !(MIN_HOURS..=MAX_HOURS).contains(&hours) {
        return Err(FeatureError::Hours(hours));
    }
    let levels = Levels::of(sources, hours)?;
    let returns = Returns::of(sources, hours, &levels);
    let all = u64::try_from(sources.len() * hours).unwrap_or(u64::MAX);
    let lowest = returns.volatility(|_| 0);
    let values = [
        day(levels.squares, returns.count),
        day(returns.squares, returns.count),
        lowest,
        returns.volatility(|last| last / 2),
        returns.volatility(|last| last.div_ceil(2)),
        returns.volatility(|last| last),
        root(mean(24 * returns.neighbours, returns.count - 1)),
        mean(24 * returns.absolute, returns.count),
        returns.largest,
        returns.bounce(),
        signed(ratio(levels.high - levels.low, levels.low)),
        mean(levels.spreads, u64::try_from(hours).unwrap_or(u64::MAX)),
        levels.largest_spread,
        share(returns.still, returns.count),
        returns.still_source,
        share(levels.absent, all),
    ];
    let mut features = [0i16; COUNT];
    for ((feature, value), multiplier) in features.iter_mut().zip(values).zip(MULTIPLIERS) {
        *feature = quantize(value, multiplier);
    }
    Ok(features)
}

/// What the prices of each hour say: medians and spreads.
struct Levels {
    medians: Prices,
    low: u64,
    high: u64,
    /// Sum of squared returns of the medians, units of 2^-40.
    squares: u64,
    spreads: u64,
    largest_spread: i64,
    absent: u64,
}

impl Levels {
    fn of(sources: &[Prices], hours: usize) -> Result<Self, FeatureError> {
        let mut levels = Self {
            medians: [ABSENT; MAX_HOURS],
            low: u64::MAX,
            high: 0,
            squares: 0,
            spreads: 0,
            largest_spread: 0,
            absent: 0,
        };
        let mut before = None;
        for (hour, place) in levels.medians.iter_mut().enumerate().take(hours) {
            let mut room = [ABSENT; MAX_SOURCES];
            let mut count = 0;
            let reported = sources.iter().filter_map(|prices| prices.get(hour));
            for (slot, price) in room.iter_mut().zip(reported.filter(|price| **price != ABSENT)) {
                *slot = *price;
                count += 1;
            }
            let (present, _) = room.split_at_mut(count);
            let level = median(present).ok_or(FeatureError::EmptyHour(hour))?;
            let (lowest, highest) =
                present.first().zip(present.last()).ok_or(FeatureError::EmptyHour(hour))?;
            let spread = ratio(highest - lowest, level);
            levels.spreads += spread;
            levels.largest_spread = levels.largest_spread.max(signed(spread));
            levels.absent += u64::try_from(sources.len() - count).unwrap_or(u64::MAX);
            levels.low = levels.low.min(level);
            levels.high = levels.high.max(level);
            if let Some(before) = before {
                levels.squares += square(change(before, level));
            }
            before = Some(level);
            *place = level;
        }
        Ok(levels)
    }
}

/// What the returns say: of the sources one by one, and of their medians R.
struct Returns {
    /// Returns of the window.
    count: u64,
    /// Of R: sums of squares, of magnitudes, of |products of neighbours|, of products.
    squares: u64,
    absolute: u64,
    neighbours: u64,
    products: i64,
    largest: i64,
    /// How many of R are zero.
    still: u64,
    still_source: i64,
    /// Volatilities of the sources that have a return, ascending, and their number.
    volatilities: [i64; MAX_SOURCES],
    sources: usize,
    /// Volatility of the medians: where no source has a return.
    fallback: i64,
}

impl Returns {
    fn of(sources: &[Prices], hours: usize, levels: &Levels) -> Self {
        let count = u64::try_from(hours.saturating_sub(1)).unwrap_or(u64::MAX);
        let mut returns = Self {
            count,
            squares: 0,
            absolute: 0,
            neighbours: 0,
            products: 0,
            largest: 0,
            still: 0,
            still_source: 0,
            volatilities: [0; MAX_SOURCES],
            sources: 0,
            fallback: day(levels.squares, count),
        };
        returns.add_sources(sources, hours);
        returns.add_medians(sources, hours, levels);
        returns
    }

    fn add_sources(&mut self, sources: &[Prices], hours: usize) {
        for (prices, slot) in sources.iter().zip(self.volatilities.iter_mut()) {
            let (mut squares, mut count, mut still) = (0, 0, 0);
            for (before, after) in prices.iter().zip(prices.iter().skip(1)).take(hours - 1) {
                if *before != ABSENT && *after != ABSENT {
                    let change = change(*before, *after);
                    squares += square(change);
                    count += 1;
                    still += u64::from(change == 0);
                }
            }
            // Behind all others until sorted.
            *slot = i64::MAX;
            if count > 0 {
                *slot = day(squares, count);
                self.sources += 1;
                self.still_source = self.still_source.max(share(still, count));
            }
        }
        let (reported, _) = self.volatilities.split_at_mut(sources.len().min(MAX_SOURCES));
        reported.sort_unstable();
    }

    fn add_medians(&mut self, sources: &[Prices], hours: usize, levels: &Levels) {
        let mut last: Option<i64> = None;
        for hour in 0..hours - 1 {
            let mut room = [0; MAX_SOURCES];
            let mut count = 0;
            let pairs = sources.iter().filter_map(|prices| pair(prices, hour));
            for (slot, (before, after)) in
                room.iter_mut().zip(pairs.filter(|(before, after)| *before != ABSENT && *after != ABSENT))
            {
                *slot = change(before, after);
                count += 1;
            }
            let (present, _) = room.split_at_mut(count);
            let of_medians =
                || pair(&levels.medians, hour).map_or(0, |(before, after)| change(before, after));
            let common = median_signed(present).unwrap_or_else(of_medians);
            let magnitude = common.unsigned_abs();
            self.squares += square(common);
            self.absolute += magnitude;
            self.largest = self.largest.max(signed(magnitude));
            self.still += u64::from(common == 0);
            if let Some(last) = last {
                self.neighbours += last.unsigned_abs() * magnitude;
                self.products += last * common;
            }
            last = Some(common);
        }
    }

    /// The volatility at a place among the sources' ascending ones, given the last place.
    fn volatility(&self, place: impl FnOnce(usize) -> usize) -> i64 {
        match self.sources.checked_sub(1) {
            Some(last) => self.volatilities.get(place(last)).copied().unwrap_or(self.fallback),
            None => self.fallback,
        }
    }

    fn bounce(&self) -> i64 {
        let rooted = root(mean(24 * self.products.unsigned_abs(), self.count - 1));
        if self.products < 0 { -rooted } else { rooted }
    }
}

fn pair(prices: &Prices, hour: usize) -> Option<(u64, u64)> {
    Some((*prices.get(hour)?, *prices.get(hour + 1)?))
}

fn square(change: i64) -> u64 {
    change.unsigned_abs() * change.unsigned_abs()
}

/// `sqrt(24 * squares / count)`: squares in units of 2^-40, at most 31 of 2^48, so 24 of them fit 64 bits.
fn day(squares: u64, count: u64) -> i64 {
    root(mean(24 * squares, count))
}

/// A mean, rounded down; of nothing it is zero.
fn mean(sum: u64, count: u64) -> i64 {
    signed(sum.checked_div(count).unwrap_or(0))
}

fn root(squares: i64) -> i64 {
    signed(squares.unsigned_abs().isqrt())
}

/// `part / whole` in units of 2^-20; whole is not zero where it is called, and small.
fn share(part: u64, whole: u64) -> i64 {
    mean(part << FRACTION, whole)
}
