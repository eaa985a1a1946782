//! A ring buffer of hourly closes of the collateral's price, written by anyone from verified prices.
//!
//! Publish times strictly increase, at least [`OBSERVATION_GAP`] apart, so nobody can fill the buffer with the prices of
//! one moment. A snapshot reads the last 24 closes that are at least half an hour old, and only if they cover about a
//! day: without prompt observers there are no early liquidations, and the plain rule remains.

use anchor_lang::prelude::*;
use assay_lending_interface::features::WINDOW;
use bytemuck::{Pod, Zeroable};

use crate::errors::{LendingError, MathResult};

/// Closes that the buffer holds.
pub const HISTORY_LEN: usize = 32;

/// Least time between two closes, seconds.
pub const OBSERVATION_GAP: i64 = 3_600;

/// A close younger than this is not yet one: the current price stands in for it.
const MIN_CLOSE_AGE: i64 = OBSERVATION_GAP / 2;

/// The youngest close in a window is at most this old.
const MAX_CLOSE_AGE: i64 = 2 * OBSERVATION_GAP;

/// The oldest close in a window is at most this old: 24 hours and a quarter of that for late observers.
const MAX_WINDOW_AGE: i64 = 30 * OBSERVATION_GAP;

/// One close.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct Close {
    /// When the price was published, Unix seconds.
    pub publish_time: i64,
    /// The price, 1e-8 USD.
    pub price: u64,
}

/// The ring buffer. 592 bytes after the discriminator.
#[account]
pub struct PriceHistory {
    /// The market.
    pub market: Address,
    /// The feed of the closes: a market that changes its feed starts again.
    pub feed: [u8; 32],
    /// Closes written since the start; the next goes to `count % HISTORY_LEN`.
    pub count: u64,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The closes.
    pub closes: [Close; HISTORY_LEN],
}

const _: () = assert!(size_of::<PriceHistory>() == 592);

impl PriceHistory {
    /// Appends a close.
    ///
    /// # Errors
    /// It is not at least [`OBSERVATION_GAP`] younger than the last.
    pub fn push(&mut self, feed: &[u8; 32], close: Close) -> MathResult<()> {
        if self.feed != *feed {
            self.feed = *feed;
            self.count = 0;
        }
        if let Some(last) = self.back(0) {
            let due = last.publish_time.checked_add(OBSERVATION_GAP).ok_or(LendingError::MathOverflow)?;
            if close.publish_time < due {
                return Err(LendingError::ObservationTooSoon);
            }
        }
        let slot = slot(self.count);
        *self.closes.get_mut(slot).ok_or(LendingError::InvariantViolated)? = close;
        self.count = self.count.checked_add(1).ok_or(LendingError::MathOverflow)?;
        Ok(())
    }

    /// The window of the features: 24 closes, oldest first, then the current price.
    ///
    /// # Errors
    /// The buffer is of another feed, too short, or does not cover the last day.
    pub fn window(&self, feed: &[u8; 32], now: i64, price: u64) -> MathResult<[u64; WINDOW]> {
        if self.feed != *feed {
            return Err(LendingError::HistoryIncomplete);
        }
        let age = |close: &Close| now.saturating_sub(close.publish_time);
        // Closes are an hour apart, so at most one is younger than half an hour.
        let skipped = self.back(0).is_some_and(|last| age(last) < MIN_CLOSE_AGE);
        let newest = self.back(u64::from(skipped)).ok_or(LendingError::HistoryIncomplete)?;
        let mut window = [0; WINDOW];
        let [past @ .., current] = &mut window;
        let mut oldest = newest;
        for (depth, slot) in (u64::from(skipped)..).zip(past.iter_mut().rev()) {
            oldest = self.back(depth).ok_or(LendingError::HistoryIncomplete)?;
            *slot = oldest.price;
        }
        *current = price;
        if age(newest) > MAX_CLOSE_AGE || age(oldest) > MAX_WINDOW_AGE {
            return Err(LendingError::HistoryIncomplete);
        }
        Ok(window)
    }

    /// The close `depth` before the last, if it was written and is still there.
    fn back(&self, depth: u64) -> Option<&Close> {
        let behind = depth.checked_add(1)?;
        if behind > HISTORY_LEN as u64 {
            return None;
        }
        self.closes.get(slot(self.count.checked_sub(behind)?))
    }
}

/// Where the close of an index lies.
fn slot(index: u64) -> usize {
    (index % HISTORY_LEN as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FEED: [u8; 32] = [7; 32];
    const START: i64 = 1_700_000_000;

    fn with_hours(hours: i64) -> PriceHistory {
        let mut history: PriceHistory = Zeroable::zeroed();
        for hour in 0..hours {
            let close =
                Close { publish_time: START + hour * OBSERVATION_GAP, price: 100 + hour.unsigned_abs() };
            history.push(&FEED, close).unwrap();
        }
        history
    }

    #[test]
    fn the_window_is_the_last_day_and_the_current_price() {
        let history = with_hours(40);
        let last = START + 39 * OBSERVATION_GAP;
        let expected: [u64; WINDOW] = core::array::from_fn(|i| if i == 24 { 999 } else { 116 + i as u64 });
        assert_eq!(history.window(&FEED, last + 1_800, 999), Ok(expected));
        // A close of less than half an hour ago is left out: the window before it counts.
        let earlier: [u64; WINDOW] = core::array::from_fn(|i| if i == 24 { 999 } else { 115 + i as u64 });
        assert_eq!(history.window(&FEED, last + 1_799, 999), Ok(earlier));
    }

    #[test]
    fn a_short_old_or_foreign_history_is_incomplete() {
        let now = START + 23 * OBSERVATION_GAP + 1_800;
        assert!(with_hours(24).window(&FEED, now, 1).is_ok());
        assert_eq!(with_hours(23).window(&FEED, now, 1), Err(LendingError::HistoryIncomplete));
        assert_eq!(with_hours(0).window(&FEED, now, 1), Err(LendingError::HistoryIncomplete));
        assert_eq!(with_hours(24).window(&[8; 32], now, 1), Err(LendingError::HistoryIncomplete));
        let late = START + 25 * OBSERVATION_GAP + 1;
        assert_eq!(with_hours(24).window(&FEED, late, 1), Err(LendingError::HistoryIncomplete));
    }

    #[test]
    fn a_gap_in_the_last_day_is_incomplete() {
        let mut history = with_hours(20);
        for hour in 28..40 {
            let close = Close { publish_time: START + hour * OBSERVATION_GAP, price: 1 };
            history.push(&FEED, close).unwrap();
        }
        let now = START + 39 * OBSERVATION_GAP + 1_800;
        assert_eq!(history.window(&FEED, now, 1), Err(LendingError::HistoryIncomplete));
    }

    #[test]
    fn closes_are_an_hour_apart_and_in_order() {
        let mut history = with_hours(2);
        for seconds in [0, 1, OBSERVATION_GAP - 1, -10 * OBSERVATION_GAP] {
            let close = Close { publish_time: START + OBSERVATION_GAP + seconds, price: 1 };
            assert_eq!(history.push(&FEED, close), Err(LendingError::ObservationTooSoon), "{seconds}");
        }
        assert_eq!(history.count, 2);
    }

    #[test]
    fn another_feed_starts_again() {
        let mut history = with_hours(30);
        history.push(&[9; 32], Close { publish_time: START, price: 5 }).unwrap();
        assert_eq!((history.count, history.feed), (1, [9; 32]));
    }

    proptest! {
        #[test]
        fn no_history_makes_the_window_panic(count: u64, now: i64, times in prop::array::uniform32(any::<i64>())) {
            let history = PriceHistory {
                count,
                feed: FEED,
                closes: times.map(|publish_time| Close { publish_time, price: 1 }),
                ..Zeroable::zeroed()
            };
            let _ = history.window(&FEED, now, 1);
            let mut history = history;
            let _ = history.push(&FEED, Close { publish_time: now, price: 1 });
        }
    }
}
