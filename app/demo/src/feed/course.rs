//! The feed's minutes: calm ones, a source that lies, one that is silent, no prover, a crash, a stop.

use assay_feed_host::{RoundResult, WAIT, strategy::Rounds};
use assay_host::strategy::Reason;
use assay_interface::price::{PriceV1, Status};
use assay_keeper::{Conclusion, Keeper};
use rand_chacha::ChaCha20Rng;

use super::{
    path::{self, SOURCES, Said},
    world::{PARAMS, START, World},
};
use crate::error::DemoError;
use crate::scenario::Check;

/// Calm minutes at the beginning.
const CALM: usize = 6;

/// The runtime with the keeper, and the minutes so far.
pub struct Course<'a> {
    world: &'a mut World,
    keeper: Keeper<Rounds, ChaCha20Rng>,
    truth: Vec<i64>,
    passed: usize,
}

/// A minute that the keeper has looked at.
struct Kept {
    said: [Said; SOURCES],
    header: PriceV1,
    mask: u8,
    result: u8,
}

impl Kept {
    /// Whether the price lies among what some sources said.
    fn is_among(&self, places: impl Fn(usize) -> bool) -> bool {
        let prices = || {
            let chosen = self.said.iter().enumerate().filter(|(place, _)| places(*place));
            chosen.map(|(_, said)| said.price.unsigned_abs())
        };
        prices().min() <= Some(self.header.price) && Some(self.header.price) <= prices().max()
    }

    fn is_good(&self) -> bool {
        self.header.status == Status::Good as u8 && self.result == RoundResult::Proven as u8
    }
}

impl<'a> Course<'a> {
    /// The beginning.
    ///
    /// # Errors
    /// The candles are malformed.
    pub fn new(world: &'a mut World, keeper: Keeper<Rounds, ChaCha20Rng>) -> Result<Self, DemoError> {
        Ok(Self { world, keeper, truth: path::truth(64)?, passed: 0 })
    }

    /// The next minute's time, and what the sources say of it.
    fn next(&mut self) -> Result<(i64, [Said; SOURCES]), DemoError> {
        let at = START + 60 * i64::try_from(self.passed).map_err(|_| DemoError::Candles)?;
        let truth = *self.truth.get(self.passed).ok_or(DemoError::Candles)?;
        self.passed += 1;
        Ok((at, path::quotes(truth)))
    }

    fn kept(&self, at: i64, said: [Said; SOURCES]) -> Result<Kept, DemoError> {
        let (feed, round) = (self.world.feed()?, self.world.round(at)?);
        Ok(Kept { said, header: feed.source().header, mask: round.mask, result: round.result })
    }

    /// One minute in which every source speaks and the keeper works, with what it said changed before.
    fn minute(&mut self, change: impl FnOnce(&mut [Said; SOURCES])) -> Result<Kept, DemoError> {
        let (at, mut said) = self.next()?;
        change(&mut said);
        self.world.bring(at, &said.map(Some))?;
        self.world.keep(&mut self.keeper)?;
        self.kept(at, said)
    }

    /// Calm minutes.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn calm(&mut self) -> Result<Check, DemoError> {
        let mut good = 0;
        for _ in 0..CALM {
            let kept = self.minute(|_| {})?;
            good += usize::from(kept.is_good() && kept.mask.count_ones() == 5 && kept.is_among(|_| true));
        }
        Ok(Check {
            name: "calm minutes are published, of all sources",
            detail: format!("{good} of {CALM}"),
            holds: good == CALM,
        })
    }

    /// A source whose price is 3 % off.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn one_lies(&mut self) -> Result<Check, DemoError> {
        let kept = self.minute(|said| {
            let [.., liar] = said;
            liar.price += liar.price * 3 / 100;
        })?;
        Ok(Check {
            name: "a source that lies is left out",
            detail: format!("mask {:05b}, status {}", kept.mask, kept.header.status),
            holds: kept.is_good() && kept.mask >> 4 == 0 && kept.is_among(|place| place < 4),
        })
    }

    /// A source that says nothing.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn one_is_silent(&mut self) -> Result<Check, DemoError> {
        let (at, said) = self.next()?;
        let mut heard = said.map(Some);
        let [_, _, silent, ..] = &mut heard;
        *silent = None;
        self.world.bring(at, &heard)?;
        let early = self.world.keep(&mut self.keeper)?.conclusion;
        self.world.net.set_time(at + i64::from(PARAMS.patience));
        self.world.keep(&mut self.keeper)?;
        let kept = self.kept(at, said)?;
        let waited = early == Conclusion::LeftAlone(Reason("waiting for quotes"));
        Ok(Check {
            name: "a silent source is waited for, and then done without",
            detail: format!("waited: {waited}, mask {:05b}", kept.mask),
            holds: waited && kept.is_good() && kept.mask == 0b11011,
        })
    }

    /// Nobody proves.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn no_prover(&mut self) -> Result<Check, DemoError> {
        let (at, said) = self.next()?;
        self.world.bring(at, &said.map(Some))?;
        let (anyone, keys) = (self.world.thief.clone(), self.world.keys);
        let minute = super::world::minute(at)?;
        let sources = self.world.addresses();
        self.world.send("open_round", &anyone, &[keys.open_round(anyone.address(), minute, &sources)])?;
        self.world.net.set_time(at + i64::from(PARAMS.proof_window));
        self.world.send("publish_fallback", &anyone, &[keys.publish_fallback(minute)])?;
        let (kept, now) = (self.kept(at, said)?, self.world.net.now());
        let (good, any) = (kept.header.spot(now, 60), kept.header.spot_even_degraded(now, 60));
        let in_ring = self.world.feed()?.source().minute(at, now).is_ok();
        Ok(Check {
            name: "without a prover the price is degraded, and in no ring",
            detail: format!("for a loan: {}, for a liquidation: {}", good.is_ok(), any.is_ok()),
            holds: good.is_err() && any.is_ok() && !in_ring && kept.is_among(|_| true),
        })
    }

    /// Every price falls by 4 % in a minute, which is beyond the step.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn crash(&mut self) -> Result<[Check; 2], DemoError> {
        let before = self.world.feed()?.source().header;
        self.truth.iter_mut().skip(self.passed).for_each(|price| *price -= *price * 4 / 100);
        let first = self.minute(|_| {})?;
        let second = self.minute(|_| {})?;
        let (old, refused, new) = (before.price, first.result, second.header.price);
        Ok([
            Check {
                name: "a step beyond the bound is not published at once",
                detail: format!("result {refused}, the price stays"),
                holds: refused == RoundResult::Refused as u8 && first.header == before,
            },
            Check {
                name: "a second round that agrees gets through",
                detail: format!("{old} to {new}"),
                holds: second.is_good() && new < old && second.is_among(|_| true),
            },
        ])
    }

    /// The guardian stops the feed; a day later it runs again.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn stop(&mut self) -> Result<[Check; 2], DemoError> {
        let (guardian, authority) = (self.world.guardian.clone(), self.world.authority.clone());
        let keys = self.world.keys;
        self.world.send("stop", &guardian, &[keys.stop(guardian.address())])?;
        let (at, said) = self.next()?;
        self.world.bring(at, &said.map(Some))?;
        let left = self.world.keep(&mut self.keeper)?.conclusion;
        let header = self.world.feed()?.source().header;
        let is_refused = header.spot_even_degraded(self.world.net.now(), 600).is_err();
        self.world.net.advance(WAIT);
        self.world.send("start", &authority, &[keys.start(authority.address())])?;
        // The next full minute after the day.
        let next = self.world.net.now() / 60 * 60 + 60;
        self.passed = usize::try_from((next - START) / 60).map_err(|_| DemoError::Candles)?;
        let last = *self.truth.last().ok_or(DemoError::Candles)?;
        self.truth.resize(self.passed + 1, last);
        let kept = self.minute(|_| {})?;
        Ok([
            Check {
                name: "a stopped feed has no price for anybody",
                detail: format!("status {}, the keeper left it alone: {left:?}", header.status),
                holds: is_refused && left == Conclusion::LeftAlone(assay_feed_host::strategy::STOPPED),
            },
            Check {
                name: "a day later it runs again, by a proof",
                detail: format!("status {}", kept.header.status),
                holds: kept.is_good(),
            },
        ])
    }
}
