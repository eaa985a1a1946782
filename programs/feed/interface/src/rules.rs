//! How a source changes. Two rules, since one cannot serve both ends.
//!
//! **Spot** ([`Source::refresh`]): the pinned account's update, if it is not older than the last one taken. Who sends the
//! transaction chooses which signed update after the last push to push, and when; no one can go back. The pinned account
//! hardly ever holds *the* update of a given second, so it cannot serve the rings.
//!
//! **Observation** ([`Source::observe`]) of a time T: any fully verified update, from any account of the receiver, chosen by a
//! rule in T alone. Updates form a chain, each with the publish time of the one before it:
//!
//! - `T <= publish_time <= T + window` (60 s for a minute, 600 s for an hour), always.
//! - `previous < T`: nothing of the chain lies between T and this update. It is **the** price of T and final at once. At most
//!   one update of a chain satisfies this.
//! - otherwise it is a *candidate*: it holds the place until an earlier one comes, in the order of (publish time, price,
//!   confidence, average), and is final at T + window. A candidate is taken in the first half of the window only, so that
//!   whoever sees one that is not the first has the other half to bring the first.
//! - a final entry never changes; a place of a ring never goes back to an older T.
//!
//! So an entry is a function of T and of the set of updates that anybody brought in time, not of their order; and of T alone
//! as soon as one honest caller brings the first update. Without any, who brings a candidate chooses among the updates of
//! half a window: 30 s, 300 s. After the window a missing entry can be filled by the first update only.
//!
//! What is refused would have changed something against the rules. What changes nothing (a final entry observed again, a
//! later candidate, an equal publish time) succeeds: otherwise whoever comes first makes the transactions of all others fail.
//!
//! Assumed: Pyth's chain has no two updates with the same place and different contents, and the cluster's clock runs. Where
//! it stands still for a whole half window, a candidate goes unchallenged; it is still a price of Pyth's within the window.

use assay_interface::price::{MAX_AHEAD_SECONDS, Price};
use thiserror::Error;

use crate::{
    interval::Interval,
    source::{HOURS, Hour, MINUTES, Minute, Source, place},
};

/// A checked update: its price, and its place in the oracle's chain of updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The price.
    pub price: Price,
    /// Publish time of the update before it, Unix seconds.
    pub previous_publish_time: i64,
}

/// What `refresh` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The header holds the price.
    Written,
    /// The header held it already.
    Unchanged,
}

/// What `observe` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The entry is the update's.
    New,
    /// The entry stays what it was.
    Old,
}

/// Why a pinned account's update is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RefreshError {
    /// The update is older than the price in the header.
    #[error("the update was published at {given}, before the last one taken, of {held}")]
    Older {
        /// Publish time of the header's price.
        held: i64,
        /// Publish time of the update.
        given: i64,
    },
    /// The update is too far ahead of the clock.
    #[error("the update was published {ahead} s after the present")]
    Future {
        /// Seconds until it will be published.
        ahead: u64,
    },
    /// The count of prices is at its end.
    #[error("the source has taken its last price")]
    Exhausted,
}

/// Why an update is refused for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ObserveError {
    /// A time that is no multiple of the interval, or before 1970.
    #[error("{0} is no time of this ring")]
    Time(i64),
    /// The update lies before the time or after its window.
    #[error("the update of {publish_time} is not of the time {at}: it must lie within {window} s after it")]
    OutsideWindow {
        /// The time to observe.
        at: i64,
        /// Publish time of the update.
        publish_time: i64,
        /// Seconds of the window.
        window: i64,
    },
    /// The update is too far ahead of the clock.
    #[error("the update was published {ahead} s after the present")]
    Future {
        /// Seconds until it will be published.
        ahead: u64,
    },
    /// The ring's place is a later time's.
    #[error("the ring has gone on: a later time has the place of {0}")]
    Passed(i64),
    /// An update that is not proven to be the first, after the first half of the window.
    #[error("it is too late for an update that is not the first after {0}; bring the first")]
    LateCandidate(i64),
}

impl Source {
    /// Takes the pinned account's price, in slot `slot`, at the time `now`.
    ///
    /// # Errors
    /// [`RefreshError`]; the source is unchanged then.
    pub fn refresh(&mut self, price: &Price, slot: u64, now: i64) -> Result<Refreshed, RefreshError> {
        let header = &mut self.header;
        if let Some(ahead) = too_far_ahead(price.publish_time, now) {
            return Err(RefreshError::Future { ahead });
        }
        if header.price > 0 {
            if price.publish_time < header.publish_time {
                let (held, given) = (header.publish_time, price.publish_time);
                return Err(RefreshError::Older { held, given });
            }
            if price.publish_time == header.publish_time {
                return Ok(Refreshed::Unchanged);
            }
        }
        header.round = header.round.checked_add(1).ok_or(RefreshError::Exhausted)?;
        header.previous = header.price;
        header.price = price.price;
        header.confidence = price.confidence;
        header.ema = price.ema;
        header.publish_time = price.publish_time;
        header.slot = slot;
        Ok(Refreshed::Written)
    }

    /// Takes an update for the time `at` of a ring, at the time `now`.
    ///
    /// # Errors
    /// [`ObserveError`]; the source is unchanged then.
    pub fn observe(
        &mut self,
        interval: Interval,
        at: i64,
        update: &Observed,
        now: i64,
    ) -> Result<Kept, ObserveError> {
        let index = interval.index(at).ok_or(ObserveError::Time(at))?;
        let Price { price, confidence, ema, publish_time } = update.price;
        let window = interval.window();
        let outside = ObserveError::OutsideWindow { at, publish_time, window };
        if !(at..=interval.closes_at(at)).contains(&publish_time) {
            return Err(outside);
        }
        if let Some(ahead) = too_far_ahead(publish_time, now) {
            return Err(ObserveError::Future { ahead });
        }
        let lag = u16::try_from(publish_time.saturating_sub(at)).map_err(|_| outside)?;
        let claim = Claim { interval, at, index, first: update.previous_publish_time < at, now };
        let first = u8::from(claim.first);
        match interval {
            Interval::Minute => {
                let entry = Minute { minute: index, lag, first, padding: 0, price, confidence, ema };
                let held = self.minutes.get_mut(place(index, MINUTES)).ok_or(ObserveError::Time(at))?;
                let order = |entry: &Minute| (entry.lag, entry.price, entry.confidence, entry.ema);
                let is_earlier = order(&entry) < order(held);
                let kept = claim.against(held.price, held.minute, held.first, is_earlier)?;
                kept.put(held, entry);
                Ok(kept)
            }
            Interval::Hour => {
                let entry = Hour { hour: index, lag, first, padding: 0, price };
                let held = self.hours.get_mut(place(index, HOURS)).ok_or(ObserveError::Time(at))?;
                let is_earlier = (entry.lag, entry.price) < (held.lag, held.price);
                let kept = claim.against(held.price, held.hour, held.first, is_earlier)?;
                kept.put(held, entry);
                Ok(kept)
            }
        }
    }
}

/// An update's claim on a place of a ring.
struct Claim {
    interval: Interval,
    at: i64,
    index: u32,
    first: bool,
    now: i64,
}

impl Claim {
    /// Decides against what the place holds: its price (zero for nothing), its index, whether it is the first, and whether the
    /// update comes before it in order.
    fn against(&self, price: u64, index: u32, first: u8, is_earlier: bool) -> Result<Kept, ObserveError> {
        let is_held = price > 0;
        if is_held && index > self.index {
            return Err(ObserveError::Passed(self.at));
        }
        let is_same = is_held && index == self.index;
        let is_final = first == 1 || self.now >= self.interval.closes_at(self.at);
        if is_same && is_final {
            return Ok(Kept::Old);
        }
        if self.first {
            return Ok(Kept::New);
        }
        if self.now > self.interval.last_candidate(self.at) {
            return Err(ObserveError::LateCandidate(self.at));
        }
        Ok(if is_same && !is_earlier { Kept::Old } else { Kept::New })
    }
}

impl Kept {
    fn put<T>(self, place: &mut T, entry: T) {
        match self {
            Self::New => *place = entry,
            Self::Old => {}
        }
    }
}

/// Seconds by which a publish time lies too far ahead of the clock.
fn too_far_ahead(publish_time: i64, now: i64) -> Option<u64> {
    let ahead = publish_time.abs_diff(now);
    (publish_time > now && ahead > u64::from(MAX_AHEAD_SECONDS)).then_some(ahead)
}

#[cfg(test)]
mod tests;
