//! Real closes of the test split, as the hourly prices that three sources hold.

use crate::error::DemoError;

/// Hourly SOL candles; source and terms in `models/data/README.md`.
const CANDLES: &str = include_str!("../../../../models/data/sol_1h.csv");

/// First hour of the test split: 730 hours of training and validation, and a gap of 33 (`dataset.py`).
const TEST_SPLIT: usize = 763;

/// Hourly returns of a window.
pub const RETURNS: usize = 24;

/// Seconds between two candles.
const HOUR: i64 = 3_600;

/// Consecutive closes.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// When the last close was known, Unix seconds: a full hour.
    pub ends_at: i64,
    /// The closes, 1e-8 USD, oldest first.
    pub closes: Vec<u64>,
}

impl Window {
    /// When the first close was known, Unix seconds.
    pub fn starts_at(&self) -> i64 {
        self.ends_at - RETURNS as i64 * HOUR
    }

    /// What the candles say: the daily volatility of the closes, percent.
    pub fn percent_a_day(&self) -> f64 {
        let returns = self.closes.array_windows().map(|[before, after]| *after as f64 / *before as f64 - 1.0);
        let squares: f64 = returns.map(|change| change * change).sum();
        100.0 * (24.0 * squares / RETURNS as f64).sqrt()
    }
}

/// The test split's most volatile day, its calmest, and its last.
///
/// # Errors
/// The file is none of candles.
pub fn all() -> Result<[Window; 3], DemoError> {
    let candles: Vec<(i64, u64)> =
        CANDLES.lines().skip(1).map(candle).collect::<Option<_>>().ok_or(DemoError::Candles)?;
    let (_, test) = candles.split_at_checked(TEST_SPLIT).ok_or(DemoError::Candles)?;
    let windows: Vec<Window> = test.windows(RETURNS + 1).filter_map(window).collect();
    let by_volatility = |a: &&Window, b: &&Window| a.percent_a_day().total_cmp(&b.percent_a_day());
    let most = windows.iter().max_by(by_volatility).ok_or(DemoError::Candles)?;
    let least = windows.iter().min_by(by_volatility).ok_or(DemoError::Candles)?;
    let last = windows.last().ok_or(DemoError::Candles)?;
    Ok([most.clone(), least.clone(), last.clone()])
}

/// Time of a candle, and its close in 1e-8 USD.
fn candle(line: &str) -> Option<(i64, u64)> {
    let (time, cells) = line.split_once(',')?;
    let (whole, fraction) = cells.rsplit(',').next()?.split_once('.')?;
    let close = format!("{whole}{fraction:0<8}");
    (fraction.len() <= 8).then_some(())?;
    Some((time.parse().ok()?, close.parse().ok()?))
}

fn window(candles: &[(i64, u64)]) -> Option<Window> {
    let (time, _) = candles.last()?;
    Some(Window { ends_at: time + HOUR, closes: candles.iter().map(|(_, close)| *close).collect() })
}
