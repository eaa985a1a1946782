//! Minutes made of real candles, and what five sources say of each.
//!
//! A minute moves an eighth of what an hour of real SOL candles did: the training's measure of a minute. The hours lie in
//! the test split, which the model was not trained on.

use crate::error::DemoError;

/// Hourly SOL candles; source and terms in `models/data/README.md`.
const CANDLES: &str = include_str!("../../../../models/data/sol_1h.csv");

/// First hour of the test split (`models/anomaly-filter/dataset.py`).
const TEST_SPLIT: usize = 760;

/// What an hour moves in minutes.
const FACTOR: i64 = 8;

/// How many sources there are.
pub const SOURCES: usize = 5;

/// Each source's level, in 1/100,000 of the price.
const LEVELS: [i64; SOURCES] = [0, 9, -8, 4, -5];

/// Each source's confidence, in 1/100,000 of the price.
const CONFIDENCES: [i64; SOURCES] = [40, 55, 45, 70, 50];

/// Seconds after the minute at which each source's first update is published.
pub const LAGS: [i64; SOURCES] = [1, 2, 0, 3, 1];

/// What a source says of a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The price, 1e-8 USD.
    pub price: i64,
    /// Half-width of its interval, 1e-8 USD.
    pub confidence: u64,
}

/// The true prices, minute after minute, 1e-8 USD.
///
/// # Errors
/// The file is none of candles.
pub fn truth(minutes: usize) -> Result<Vec<i64>, DemoError> {
    let closes: Vec<i64> =
        CANDLES.lines().skip(1 + TEST_SPLIT).map(close).collect::<Option<_>>().ok_or(DemoError::Candles)?;
    let mut price = *closes.first().ok_or(DemoError::Candles)?;
    let mut path = vec![price];
    for [before, after] in closes.array_windows().take(minutes) {
        let moved = i128::from(after - before) * i128::from(price) / i128::from(FACTOR * before);
        price += i64::try_from(moved).map_err(|_| DemoError::Candles)?;
        path.push(price);
    }
    Ok(path)
}

/// What the sources say of a price.
pub fn quotes(truth: i64) -> [Said; SOURCES] {
    let mut said = [Said { price: 0, confidence: 0 }; SOURCES];
    for ((said, level), confidence) in said.iter_mut().zip(LEVELS).zip(CONFIDENCES) {
        let share = |parts: i64| truth / 100_000 * parts;
        *said = Said { price: truth + share(level), confidence: share(confidence).unsigned_abs() };
    }
    said
}

/// A candle's close in 1e-8 USD.
fn close(line: &str) -> Option<i64> {
    let (whole, fraction) = line.rsplit(',').next()?.split_once('.')?;
    (fraction.len() <= 8).then_some(())?;
    format!("{whole}{fraction:0<8}").parse().ok()
}
