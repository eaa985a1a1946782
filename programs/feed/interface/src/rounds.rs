//! How a feed's price is made, round by round, and what its rings hold.
//!
//! A **round** is a minute T. Its quotes are the *final* minutes T of the feed's sources, which no caller can choose
//! ([`crate::rules`]). It is *sealed* when every source has one, or from T + patience on with what there is then, a quorum at least. After that
//! it never changes: features, and so the statement that is proven, are a function of the sealed round.
//!
//! ```text
//! T ---- all there, or T + patience: sealed ---- T + proof window ---------- T + 900 s
//!         | a proof: good, if a quorum is accepted |  the fallback: degraded  |  gone
//! ```
//!
//! Rounds are looked at in rising order only: a round at or before the last one that was published or refused by its step
//! is passed. Every minute has an account of its own, so nobody holds a place by opening a round, and opening or publishing
//! one that somebody else did succeeds and changes nothing.
//!
//! **Who chooses what.** Whoever seals chooses nothing if every source is there. After T + patience he chooses the second, and so
//! whether a quote that comes late is in: it takes everybody's silence for `patience` seconds to leave out a source whose first update is known.
//! He also chooses whether the round before is published before or after, which enters one value of each source (its move since
//! the last price). The prover chooses nothing: the model gives one list of scores. Whoever publishes could leave rounds out only
//! if nobody publishes them in the minute before the next one exists.
//!
//! **The rings** hold proven rounds only, whatever the fallback says. Minute T is the round T. Hour H is the first proven round
//! at or after H, within 600 s: the same window as a source's. An entry is final when it is written ([`crate::source::Minute::first`] is
//! 1), since rounds only rise: nothing earlier can come. So snapshots (final minutes) and markets (final hours) read a feed as they read a
//! source, and whoever calls does not choose: to move an hour from its round to the next one he needs everybody's silence for a
//! minute.
//!
//! The publish time of a feed's price is T, not that of any update: prices of two feeds are of one moment, and a reader's age
//! limit counts from the minute. With a limit of 30 s a feed is readable for some half of each minute, with 60 s nearly always.

use crate::{
    aggregate::Aggregate,
    interval::Interval,
    source::{HOURS, Hour, MINUTES, Minute, Source, place},
};

/// Seconds after its minute in which a round is of use; then it is closed. Less than a source's ring of minutes holds.
pub const LIFETIME: i64 = 900;

const _: () = assert!(LIFETIME <= (MINUTES as i64 - 1) * Interval::Minute.seconds());

impl Source {
    /// Writes a published price of a round into the header, in slot `slot`. The round is later than the one before.
    ///
    /// # Errors
    /// The count of prices is at its end.
    pub fn publish(&mut self, price: &Aggregate, at: i64, status: u8, slot: u64) -> Result<(), Exhausted> {
        let header = &mut self.header;
        header.round = header.round.checked_add(1).ok_or(Exhausted)?;
        header.previous = header.price;
        header.price = price.price;
        header.confidence = price.confidence;
        header.ema = price.ema;
        header.publish_time = at;
        header.status = status;
        header.slot = slot;
        Ok(())
    }

    /// Writes a proven price of the minute `at` into the rings. The round is later than every one that was written before.
    pub fn enter(&mut self, price: &Aggregate, at: i64) {
        let Some(minute) = Interval::Minute.index(at) else { return };
        let Aggregate { price, confidence, ema } = *price;
        if let Some(entry) = self.minutes.get_mut(place(minute, MINUTES)) {
            *entry = Minute { minute, lag: 0, first: 1, padding: 0, price, confidence, ema };
        }
        let after = at.rem_euclid(Interval::Hour.seconds());
        let Some(hour) = Interval::Hour.index(at - after) else { return };
        let Some(entry) = self.hours.get_mut(place(hour, HOURS)) else { return };
        let is_held = entry.price > 0 && entry.hour == hour;
        if after <= Interval::Hour.window() && !is_held {
            let lag = u16::try_from(after).unwrap_or(u16::MAX);
            *entry = Hour { hour, lag, first: 1, padding: 0, price };
        }
    }
}

/// The count of prices is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable;

    use super::*;
    use crate::source::RingError;

    /// A full hour.
    const T: i64 = 1_764_000_000;

    fn price(price: u64) -> Aggregate {
        Aggregate { price, confidence: 1, ema: 2 }
    }

    #[test]
    fn a_minute_is_its_round_and_final_at_once() {
        let mut source = Source::zeroed();
        source.enter(&price(5), T + 60);
        assert_eq!(
            source.minute(T + 60, T + 61).map(|price| (price.price, price.publish_time)),
            Ok((5, T + 60))
        );
        assert_eq!(source.minute(T, T + 61), Err(RingError::Missing(T)));
        assert_eq!(source.header.price, 0);
    }

    #[test]
    fn an_hour_is_the_first_round_of_its_ten_minutes() {
        let hour = Interval::Hour.index(T).unwrap();
        for (first, held) in [(0, true), (60, true), (600, true), (660, false), (3_540, false)] {
            let mut source = Source::zeroed();
            source.enter(&price(7), T + first);
            source.enter(&price(8), T + first + 60);
            let expected = if held { Ok(7) } else { Err(RingError::Missing(T)) };
            assert_eq!(source.hour(hour, T + first), expected, "{first}");
        }
        // The next hour has its own place.
        let mut source = Source::zeroed();
        source.enter(&price(7), T);
        source.enter(&price(9), T + 3_600);
        assert_eq!(source.hours::<2>(hour + 1, T + 3_600), Ok([7, 9]));
    }

    #[test]
    fn a_published_price_has_its_minute_as_its_time() {
        let mut source = Source::zeroed();
        source.publish(&price(5), T, 0, 9).unwrap();
        source.publish(&price(6), T + 60, 1, 10).unwrap();
        let header = source.header;
        assert_eq!((header.price, header.previous, header.publish_time), (6, 5, T + 60));
        assert_eq!((header.status, header.round, header.slot), (1, 2, 10));
        source.header.round = u64::MAX;
        let before = source;
        assert_eq!((source.publish(&price(6), T, 0, 0), source), (Err(Exhausted), before));
    }
}
