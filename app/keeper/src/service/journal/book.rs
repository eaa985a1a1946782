//! The journal's sums, in memory: what was spent, what may still be spent by what is on its way, and what the caps leave.
//!
//! A transaction counts in full from its reservation until it ended, and what it then took counts in the day that begins at that moment.
//! So within any 24 hours no more can be executed than the cap: of the transactions that were executed in them, consider the last one to be
//! reserved. At that moment each of the others was on its way, or had ended no earlier than it was executed, thus within the same 24 hours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use solana_address::Address;

use super::spend::{Asset, Cap, Caps, Spend};

/// A rolling day, seconds.
const DAY: i64 = 86_400;
/// What was spent is summed by the minute.
const MINUTE: i64 = 60;
/// How far a journal's time may be ahead of the clock: clocks are set right by seconds, and wrong by more.
const AHEAD: i64 = 600;

/// A transaction that may have been handed in and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// Its number in the journal.
    pub id: u64,
    /// The account that it is about.
    #[serde(with = "super::spend::text")]
    pub target: Address,
    /// What it does.
    pub action: String,
    /// Its signature.
    pub signature: String,
    /// Last block height at which it can land.
    pub last_height: u64,
    /// Most that it spends.
    pub most: Spend,
    /// When it was written down, Unix seconds.
    pub at: i64,
}

/// Sums that outlive a compaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sums {
    /// Latest time seen, Unix seconds. It never goes back.
    pub(super) at: i64,
    /// Number of the next transaction.
    pub(super) next: u64,
    /// Spent by what has ended.
    pub(super) life: Spend,
    /// The same by the minute in which it ended, for a day.
    pub(super) minutes: Vec<(i64, Spend)>,
}

/// What a cap leaves of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// For the journal's life.
    pub life: u64,
    /// For now, of the day's.
    pub day: u64,
}

impl Left {
    /// Most that may be spent now.
    pub fn most(&self) -> u64 {
        self.life.min(self.day)
    }
}

/// What a reservation would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the cap of {asset} leaves {} (for life {}, for the day {}), and this can take {asked}",
    left.most(), left.life, left.day
)]
pub struct CapReached {
    /// Of which asset.
    pub asset: Asset,
    /// What its cap leaves.
    pub left: Left,
    /// What was asked for.
    pub asked: u64,
}

/// The sums, and what is held against the caps.
#[derive(Debug)]
pub(super) struct Book {
    caps: Caps,
    sums: Sums,
    /// By number: its target, and the most that it spends.
    held: BTreeMap<u64, (Address, Spend)>,
    flying: BTreeMap<u64, InFlight>,
}

impl Book {
    pub(super) fn new(caps: Caps) -> Self {
        Self { caps, sums: Sums::default(), held: BTreeMap::new(), flying: BTreeMap::new() }
    }

    /// Takes up the sums of a compacted journal. `false` where there are others already.
    pub(super) fn resume(&mut self, sums: Sums) -> bool {
        let is_first = self.sums == Sums::default() && self.held.is_empty();
        if is_first {
            self.sums = sums;
        }
        is_first
    }

    /// Notes the time; an earlier one than before changes nothing.
    pub(super) fn advance(&mut self, now: i64) {
        self.sums.at = self.sums.at.max(now);
        let at = self.sums.at;
        self.sums.minutes.retain(|(minute, _)| is_within_day(*minute, at));
    }

    /// Takes the clock's word where this journal is far ahead of it, and counts all of its last day as spent now: otherwise nothing would
    /// return before the clock had come there. How far it was ahead, where it was.
    pub(super) fn set_back(&mut self, now: i64) -> Option<i64> {
        let ahead = self.sums.at.saturating_sub(now);
        if ahead <= AHEAD {
            return None;
        }
        self.sums.at = now;
        let mut day = Spend::default();
        self.sums.minutes.drain(..).for_each(|(_, spent)| day.add(&spent));
        if !day.is_empty() {
            self.sums.minutes.push((now.div_euclid(MINUTE), day));
        }
        self.flying.values_mut().for_each(|flight| flight.at = flight.at.min(now));
        Some(ahead)
    }

    pub(super) fn now(&self) -> i64 {
        self.sums.at
    }

    /// What the cap leaves: everything on its way counted in full.
    pub(super) fn left(&self, asset: &Asset) -> Left {
        let held = self.held(asset);
        let day = self.sums.minutes.iter().fold(held, |sum, (_, spent)| sum.saturating_add(spent.of(asset)));
        let Cap { life: cap, day: daily } = self.caps.of(asset);
        let life = held.saturating_add(self.sums.life.of(asset));
        Left { life: cap.saturating_sub(life), day: daily.saturating_sub(day) }
    }

    /// What is held of an asset for what is on its way, or about to be.
    pub(super) fn held(&self, asset: &Asset) -> u64 {
        self.held.values().fold(0, |sum, (_, most)| sum.saturating_add(most.of(asset)))
    }

    pub(super) fn spent(&self) -> &Spend {
        &self.sums.life
    }

    pub(super) fn caps(&self) -> &Caps {
        &self.caps
    }

    /// What is held for a target, if anything is.
    pub(super) fn holder(&self, target: &Address) -> Option<u64> {
        self.held.iter().find(|(_, (held, _))| held == target).map(|(id, _)| *id)
    }

    /// Holds the most that a transaction spends.
    pub(super) fn hold(&mut self, target: &Address, most: &Spend) -> Result<u64, CapReached> {
        for (asset, asked) in most.iter() {
            let left = self.left(&asset);
            if asked > left.most() {
                return Err(CapReached { asset, left, asked });
            }
        }
        let id = self.sums.next;
        self.sums.next = id.saturating_add(1);
        self.held.insert(id, (*target, most.clone()));
        Ok(id)
    }

    /// Gives back what was held for a transaction that was never handed in.
    pub(super) fn release(&mut self, id: u64) {
        if !self.flying.contains_key(&id) {
            self.held.remove(&id);
        }
    }

    /// Notes that a transaction may be handed in. `false` where its number was used before.
    pub(super) fn fly(&mut self, flight: InFlight) -> bool {
        self.sums.next = self.sums.next.max(flight.id.saturating_add(1));
        self.held.insert(flight.id, (flight.target, flight.most.clone()));
        self.flying.insert(flight.id, flight).is_none()
    }

    pub(super) fn flight(&self, id: u64) -> Option<&InFlight> {
        self.flying.get(&id)
    }

    pub(super) fn flights(&self) -> impl Iterator<Item = &InFlight> {
        self.flying.values()
    }

    /// Notes that a transaction ended, and what it took. `false` where it is not on its way.
    pub(super) fn land(&mut self, id: u64, spent: &Spend) -> bool {
        self.held.remove(&id);
        let was = self.flying.remove(&id).is_some();
        if was && !spent.is_empty() {
            self.sums.life.add(spent);
            let minute = self.sums.at.div_euclid(MINUTE);
            match self.sums.minutes.last_mut().filter(|(last, _)| *last == minute) {
                Some((_, sum)) => sum.add(spent),
                None => self.sums.minutes.push((minute, spent.clone())),
            }
        }
        was
    }

    /// What a compacted journal has to hold.
    pub(super) fn sums(&self) -> &Sums {
        &self.sums
    }
}

/// Whether a minute's last second is no more than a day ago.
fn is_within_day(minute: i64, now: i64) -> bool {
    minute.saturating_add(1).saturating_mul(MINUTE) >= now.saturating_sub(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Asset = Asset::Token(Address::new_from_array([7; 32]));

    fn book(life: u64, day: u64) -> Book {
        Book::new([(TOKEN, Cap { life, day })].into_iter().collect())
    }

    fn spend(amount: u64) -> Spend {
        Spend::default().and(TOKEN, amount)
    }

    fn target(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    /// One that was handed in, as it would be.
    fn fly(book: &mut Book, byte: u8, amount: u64) -> u64 {
        let id = book.hold(&target(byte), &spend(amount)).unwrap();
        let flight = InFlight {
            id,
            target: target(byte),
            action: "a".into(),
            signature: "s".into(),
            last_height: 1,
            most: spend(amount),
            at: book.now(),
        };
        assert!(book.fly(flight));
        id
    }

    #[test]
    fn what_is_on_its_way_counts_in_full_and_what_it_left_returns() {
        let mut book = book(100, 100);
        let id = fly(&mut book, 1, 60);
        let refused = book.hold(&target(2), &spend(41)).unwrap_err();
        assert_eq!((refused.asked, refused.left.most()), (41, 40));
        assert!(book.land(id, &spend(10)));
        assert!(!book.land(id, &spend(10)), "it ended once");
        assert_eq!(book.left(&TOKEN), Left { life: 90, day: 90 });
    }

    #[test]
    fn what_was_never_handed_in_returns_and_what_was_does_not() {
        let mut book = book(100, 100);
        let held = book.hold(&target(1), &spend(60)).unwrap();
        assert_eq!((book.holder(&target(1)), book.holder(&target(2))), (Some(held), None));
        book.release(held);
        assert_eq!(book.left(&TOKEN).most(), 100);
        let flying = fly(&mut book, 1, 60);
        book.release(flying);
        assert_eq!(book.left(&TOKEN).most(), 40);
    }

    #[test]
    fn what_has_no_cap_is_not_spent() {
        let mut book = book(100, 100);
        let other = Spend::lamports(1);
        assert_eq!(book.hold(&target(1), &other).unwrap_err().asset, Asset::Lamports);
        assert!(book.hold(&target(1), &Spend::default()).is_ok());
    }

    /// A day ends a day after it ended, its minute rounded up; a clock that goes back gives nothing back.
    #[test]
    fn a_day_is_a_rolling_day() {
        let mut book = book(1_000, 100);
        book.advance(1_000_000);
        let id = fly(&mut book, 1, 100);
        book.advance(1_000_000 + DAY);
        assert_eq!(book.left(&TOKEN).day, 0, "on its way for a day");
        book.land(id, &spend(100));
        let ended = 1_000_000 + DAY;
        for (now, left) in [(ended - 5 * DAY, 0), (ended + DAY - 1, 0), (ended + DAY + 2 * MINUTE, 100)] {
            book.advance(now);
            assert_eq!(book.left(&TOKEN).day, left, "{now}");
        }
        assert_eq!(book.left(&TOKEN).life, 900);
        book.advance(0);
        assert_eq!(book.now(), ended + DAY + 2 * MINUTE);
    }

    /// A clock that was a year ahead, and was set right: the day it counted begins anew, and ends.
    #[test]
    fn a_clock_that_was_ahead_counts_its_day_from_now() {
        let mut book = book(1_000, 100);
        let year = 365 * DAY;
        book.advance(1_000_000 + year);
        let id = fly(&mut book, 1, 60);
        book.land(id, &spend(60));
        fly(&mut book, 2, 10);
        assert_eq!(book.set_back(1_000_000 + year - AHEAD), None, "clocks differ by some");
        assert_eq!(book.set_back(1_000_000), Some(year));
        assert_eq!((book.now(), book.left(&TOKEN).day), (1_000_000, 30));
        assert!(book.flights().all(|flight| flight.at == 1_000_000));
        book.advance(1_000_000 + DAY - MINUTE);
        assert_eq!(book.left(&TOKEN).day, 30);
        book.advance(1_000_000 + DAY + 2 * MINUTE);
        assert_eq!(book.left(&TOKEN).day, 90);
    }

    #[test]
    fn sums_stay_at_the_end_of_their_bits() {
        let mut book = book(u64::MAX, u64::MAX);
        let id = fly(&mut book, 1, u64::MAX);
        assert_eq!(book.left(&TOKEN).most(), 0);
        book.land(id, &spend(u64::MAX));
        assert_eq!(book.left(&TOKEN).most(), 0);
        assert!(book.hold(&target(2), &spend(1)).is_err());
    }
}
