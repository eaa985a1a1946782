//! Real hourly candles as the price updates that they stand for, and the stretch of them that the demo replays.
//!
//! A Pyth update has a confidence interval and a moving average; a candle has neither. Both follow the rule by which
//! the model was trained (`models/liquidation-risk/candles.py`), in integers of 1e-8 USD:
//!
//! ```text
//! price        = close                          confidence = floor((high - low) / 16)
//! ema          = close of the first candle, then ema + floor((close - ema) / 2)
//! publish time = the candle's time + 3600: a close is known when its hour ends
//! ```
//!
//! The replay takes nothing that the model was trained or tuned on: [`Candles::window`] searches the test split only,
//! and takes there the stretch with the deepest fall. The rule knows prices alone, never a score.

use thiserror::Error;

/// Seconds between two candles.
pub const HOUR: i64 = 3_600;

/// First hour of the test split: 730 hours of training and validation, and the gap of 30 (`dataset.py`).
pub const TEST_SPLIT: usize = 760;

/// Decimals of a price.
const DECIMALS: usize = 8;

/// One hour, as a price. Amounts are in units of 1e-8 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// When the close was known, Unix seconds.
    pub publish_time: i64,
    /// The close.
    pub price: u64,
    /// Half-width of the confidence interval.
    pub confidence: u64,
    /// Exponential moving average of the closes.
    pub ema: u64,
}

/// Why a file is no series of candles.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CandleError {
    /// The file is not text.
    #[error("the candles are not UTF-8 text")]
    Encoding,
    /// The first line is another one.
    #[error("the first line is {0:?}, expected \"time,open,high,low,close\"")]
    Header(String),
    /// A line has another number of cells.
    #[error("line {line} has {cells} cells, expected 5")]
    Cells {
        /// Line of the file, from 1.
        line: usize,
        /// Cells in it.
        cells: usize,
    },
    /// A cell is no time, or no positive price of at most 8 decimals.
    #[error("line {line}: {cell:?} is no {what}")]
    Number {
        /// Line of the file, from 1.
        line: usize,
        /// The cell.
        cell: String,
        /// What was expected there.
        what: &'static str,
    },
    /// High, low and close contradict each other.
    #[error("line {line}: the close or the low is above the high, or the close below the low")]
    Order {
        /// Line of the file, from 1.
        line: usize,
    },
    /// A candle does not follow its predecessor by an hour; the features count hours.
    #[error("line {line}: the candle is {seconds} s after the one before it, expected {HOUR}")]
    Gap {
        /// Line of the file, from 1.
        line: usize,
        /// Seconds between the two.
        seconds: i64,
    },
    /// The test split does not hold a replay of this length.
    #[error("{hours} hours do not fit into the {available} of the test split")]
    TooLong {
        /// Hours asked for.
        hours: usize,
        /// Hours of the split.
        available: usize,
    },
}

/// A series of hourly updates, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candles {
    updates: Vec<Update>,
}

/// Part of a series: the hours before the replay, which fill the program's price history, and the replayed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<'a> {
    /// The hours before it.
    pub before: &'a [Update],
    /// The replayed hours; the first is the one at whose price the positions open.
    pub hours: &'a [Update],
    /// Index of the first replayed hour in the series.
    pub start: usize,
}

impl Candles {
    /// Reads a file of candles.
    ///
    /// # Errors
    /// [`CandleError`], with the line.
    pub fn parse(file: &[u8]) -> Result<Self, CandleError> {
        let text = std::str::from_utf8(file).map_err(|_| CandleError::Encoding)?;
        let mut lines = (1..).zip(text.lines());
        let header = lines.next().map_or("", |(_, line)| line);
        if header != "time,open,high,low,close" {
            return Err(CandleError::Header(header.to_owned()));
        }
        let mut updates: Vec<Update> = Vec::new();
        for (line, text) in lines {
            let cells: Vec<&str> = text.split(',').collect();
            let &[time, _, high, low, close] = cells.as_slice() else {
                return Err(CandleError::Cells { line, cells: cells.len() });
            };
            let [high, low, close] = [price(high, line)?, price(low, line)?, price(close, line)?];
            if close > high || low > close {
                return Err(CandleError::Order { line });
            }
            let publish_time = unix_time(time, line)?;
            let ema = match updates.last() {
                None => close,
                Some(before) => {
                    let seconds = publish_time.saturating_sub(before.publish_time);
                    if seconds != HOUR {
                        return Err(CandleError::Gap { line, seconds });
                    }
                    average(before.ema, close)
                }
            };
            updates.push(Update { publish_time, price: close, confidence: (high - low) / 16, ema });
        }
        Ok(Self { updates })
    }

    /// The replay: of all stretches of `hours` hours in the test split, the one whose price falls deepest below its
    /// first; the earliest of equals. `before` hours lead up to it.
    ///
    /// # Errors
    /// [`CandleError::TooLong`].
    pub fn window(&self, before: usize, hours: usize) -> Result<Window<'_>, CandleError> {
        let first = TEST_SPLIT.max(before);
        let available = self.updates.len().saturating_sub(first);
        let too_long = CandleError::TooLong { hours, available };
        let mut deepest: Option<(Fall, usize)> = None;
        for start in first..self.updates.len() {
            let Some(stretch) = start.checked_add(hours).and_then(|end| self.updates.get(start..end)) else {
                break;
            };
            let Some(fall) = Fall::of(stretch) else { break };
            if deepest.is_none_or(|(best, _)| fall.is_deeper_than(&best)) {
                deepest = Some((fall, start));
            }
        }
        let (_, start) = deepest.ok_or(too_long.clone())?;
        let end = start.saturating_add(hours);
        match (
            start.checked_sub(before).and_then(|lead| self.updates.get(lead..start)),
            self.updates.get(start..end),
        ) {
            (Some(before), Some(hours)) => Ok(Window { before, hours, start }),
            _ => Err(too_long),
        }
    }
}

/// The fall from the first to the lowest price of a stretch, as the fraction `low / first`.
#[derive(Clone, Copy)]
struct Fall {
    first: u64,
    low: u64,
}

impl Fall {
    fn of(stretch: &[Update]) -> Option<Self> {
        let low = stretch.iter().map(|update| update.price).min()?;
        Some(Self { first: stretch.first()?.price, low })
    }

    fn is_deeper_than(&self, other: &Self) -> bool {
        u128::from(self.low) * u128::from(other.first) < u128::from(other.low) * u128::from(self.first)
    }
}

/// `ema + floor((close - ema) / 2)`: the mean of the two, rounded down.
fn average(ema: u64, close: u64) -> u64 {
    let (low, high) = (ema.min(close), ema.max(close));
    low + (high - low) / 2
}

/// A decimal price as an integer in units of 1e-8, exactly.
fn price(cell: &str, line: usize) -> Result<u64, CandleError> {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let amount = (digits(whole) && digits(fraction) && !whole.is_empty() && fraction.len() <= DECIMALS)
        .then(|| format!("{whole}{fraction:0<DECIMALS$}").parse().ok())
        .flatten();
    amount.filter(|&amount| amount > 0).ok_or_else(|| CandleError::Number {
        line,
        cell: cell.to_owned(),
        what: "positive price with at most 8 decimals",
    })
}

/// The publish time of a candle: the end of its hour.
fn unix_time(cell: &str, line: usize) -> Result<i64, CandleError> {
    let time = cell.parse::<i64>().ok().filter(|time| (0..=i64::from(u32::MAX)).contains(time));
    time.map(|time| time + HOUR).ok_or_else(|| CandleError::Number {
        line,
        cell: cell.to_owned(),
        what: "Unix time",
    })
}

#[cfg(test)]
mod tests {
    use super::super::assets;
    use super::*;

    fn series() -> Candles {
        Candles::parse(assets::CANDLES).unwrap()
    }

    #[test]
    fn the_first_updates_follow_the_documented_rule() {
        // 96.03..96.55 / 94.65, close 95.76; then 96.99 / 95.08, close 96.93.
        let expected = [
            Update {
                publish_time: 1_705_197_600 + HOUR,
                price: 95_7600_0000,
                confidence: 1_9000_0000 / 16,
                ema: 95_7600_0000,
            },
            Update {
                publish_time: 1_705_201_200 + HOUR,
                price: 96_9300_0000,
                confidence: 1_9100_0000 / 16,
                ema: 96_3450_0000,
            },
        ];
        assert_eq!(series().updates[..2], expected);
        assert_eq!(series().updates.len(), 1_000);
    }

    #[test]
    fn the_average_rounds_down_both_ways() {
        assert_eq!([average(3, 8), average(8, 3), average(5, 5)], [5, 5, 5]);
    }

    #[test]
    fn the_window_is_the_deepest_fall_of_the_test_split() {
        let candles = series();
        let window = candles.window(24, 48).unwrap();
        assert!(window.start >= TEST_SPLIT && window.before.len() == 24 && window.hours.len() == 48);
        let low = window.hours.iter().map(|update| update.price).min().unwrap();
        let fall = 1.0 - low as f64 / window.hours[0].price as f64;
        assert!(fall > 0.1, "{fall}");
        for start in TEST_SPLIT..=candles.updates.len() - 48 {
            let stretch = &candles.updates[start..start + 48];
            let low = stretch.iter().map(|update| update.price).min().unwrap();
            assert!(1.0 - low as f64 / stretch[0].price as f64 <= fall, "{start}");
        }
        assert_eq!(candles.updates[window.start], window.hours[0]);
    }

    #[test]
    fn a_window_longer_than_the_split_is_refused() {
        let candles = series();
        assert!(candles.window(24, 240).is_ok());
        assert_eq!(candles.window(24, 241), Err(CandleError::TooLong { hours: 241, available: 240 }));
        assert_eq!(candles.window(24, 0), Err(CandleError::TooLong { hours: 0, available: 240 }));
        assert!(candles.window(24, usize::MAX).is_err());
    }

    #[test]
    fn each_defect_of_a_file_is_named() {
        let parse =
            |rows: &str| Candles::parse(format!("time,open,high,low,close\n{rows}").as_bytes()).unwrap_err();
        let number = |cell: &str, what| CandleError::Number { line: 2, cell: cell.into(), what };
        let price = "positive price with at most 8 decimals";
        assert_eq!(Candles::parse(&[0xff]).unwrap_err(), CandleError::Encoding);
        assert_eq!(Candles::parse(b"").unwrap_err(), CandleError::Header(String::new()));
        assert_eq!(parse("1,2,3"), CandleError::Cells { line: 2, cells: 3 });
        assert_eq!(parse("x,1,1,1,1"), number("x", "Unix time"));
        assert_eq!(parse("-1,1,1,1,1"), number("-1", "Unix time"));
        for cell in ["abc", "0", "-1", "1.123456789", "", ".5", "1e3", "99999999999999999999"] {
            assert_eq!(parse(&format!("0,1,{cell},1,1")), number(cell, price), "{cell}");
        }
        assert_eq!(parse("0,1,1,1,2"), CandleError::Order { line: 2 });
        assert_eq!(parse("0,1,3,2,1"), CandleError::Order { line: 2 });
        assert_eq!(parse("0,1,1,1,1\n3601,1,1,1,1"), CandleError::Gap { line: 3, seconds: 3601 });
    }
}
