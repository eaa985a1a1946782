//! What keeps a source: which instructions bring it forward, from the price accounts that are there.
//!
//! Nobody is trusted here: the feed program decides by the same rules, which this module asks first, in memory, so that nothing is
//! sent that would change nothing. The updates are all of Pyth's accounts for the source's feed that the chain lists: the pinned
//! one, and any that somebody posted. A source that copies something else than a Pyth account has none, and is left alone.

use assay_feed_interface::{
    Interval, Kind, Observed, Source,
    pyth::{DISCRIMINATOR, PriceUpdate},
    source::HOURS,
};
use assay_host::{
    Account, Chain, Holds, Watch,
    strategy::{Action, Decision, Reason},
};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{
    instructions::SourceKeys,
    oracle::RECEIVER,
    read::{self, SourceError},
};

/// A source has all that its price accounts can bring.
pub const KEPT: Reason = Reason("kept");

/// The name of what it sends.
pub const OBSERVE: &str = "observe";

/// Hours that one transaction observes at most.
const HOURS_AT_ONCE: usize = 6;

/// Where the feed's id lies in a fully verified update, the discriminator counted: behind authority and level.
const FEED_ID: usize = 8 + 32 + 1;

/// What a keeper does about a source that it is not about to use: its hours are observed, 24 a day.
///
/// # Errors
/// There is no source, or the chain did not answer.
pub fn keep_hours(chain: &dyn Chain, source: &Address) -> Result<Decision, SourceError> {
    let instructions = Keeping::read(chain, source)?.observe_hours(chain.unix_time()?);
    if instructions.is_empty() {
        return Ok(Decision::Leave(KEPT));
    }
    Ok(Decision::Settle(Action { name: OBSERVE, instructions, payment: None, gain: None }))
}

/// A source as it would be after the instructions that were asked for.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// Its addresses.
    pub keys: SourceKeys,
    /// The source.
    pub source: Source,
    updates: Vec<(Address, Observed)>,
}

impl Keeping {
    /// Reads a source, and the updates for it, earliest first.
    ///
    /// # Errors
    /// There is no source, or the chain did not answer.
    pub fn read(chain: &dyn Chain, address: &Address) -> Result<Self, SourceError> {
        let mut keeping = Self::pinned(chain, address)?;
        keeping.list(chain)?;
        Ok(keeping)
    }

    /// Reads a source with its pinned account alone: enough for [`Keeping::refresh`], and of the same cost however many updates
    /// strangers post.
    ///
    /// # Errors
    /// As [`Keeping::read`].
    pub fn pinned(chain: &dyn Chain, address: &Address) -> Result<Self, SourceError> {
        let source = read::source(chain, address)?;
        let keys = SourceKeys { source: *address, pinned: Address::new_from_array(source.pinned) };
        let mut keeping = Self { keys, source, updates: Vec::new() };
        if let Some(updates) = keeping.updates_of() {
            let pinned = chain.account(&keys.pinned)?.filter(|found| updates.admits(found));
            keeping.add(keys.pinned, pinned);
        }
        Ok(keeping)
    }

    /// Reads all updates that the chain lists.
    ///
    /// # Errors
    /// The chain did not answer.
    pub fn list(&mut self, chain: &dyn Chain) -> Result<(), SourceError> {
        let Some(updates) = self.updates_of() else { return Ok(()) };
        self.updates.clear();
        for address in chain.addresses(&updates)? {
            self.add(address, chain.listed(&updates, &address)?);
        }
        self.updates.sort_by_key(|(_, observed)| observed.price.publish_time);
        Ok(())
    }

    /// The updates of the source's feed; of another kind than Pyth's a source has none.
    fn updates_of(&self) -> Option<Watch> {
        let holds = Some(Holds { offset: FEED_ID, bytes: self.source.feed_id });
        let is_pyth = self.source.header.kind == Kind::Pyth as u8;
        is_pyth.then_some(Watch { program: RECEIVER, discriminator: DISCRIMINATOR, holds })
    }

    fn add(&mut self, address: Address, found: Option<Account>) {
        let observed = found.and_then(|found| observed(&found.data, &self.source.feed_id));
        self.updates.extend(observed.map(|observed| (address, observed)));
    }

    /// `refresh`, if the pinned account has another price than the source.
    pub fn refresh(&mut self, now: i64) -> Option<Instruction> {
        let (_, pinned) = self.updates.iter().find(|(address, _)| *address == self.keys.pinned)?;
        let mut next = self.source;
        next.refresh(&pinned.price, next.header.slot, now).ok()?;
        self.changed(next).then(|| self.keys.refresh())
    }

    /// `observe` for a time of a ring, if an update changes what the ring has for it.
    pub fn observe(&mut self, interval: Interval, at: i64, now: i64) -> Option<Instruction> {
        // Of an update that is out of the time's window nothing becomes: a flood of them costs a comparison each.
        let latest = at.saturating_add(interval.window());
        let within = |(_, update): &&(Address, Observed)| (at..=latest).contains(&update.price.publish_time);
        let found = self.updates.iter().filter(within).find_map(|(address, update)| {
            let mut next = self.source;
            next.observe(interval, at, update, now).ok().filter(|_| next != self.source)?;
            Some((*address, next))
        });
        let (update, next) = found?;
        self.source = next;
        Some(self.keys.observe(interval, at, update))
    }

    /// `observe` for the newest hours that the ring lacks and updates can bring.
    fn observe_hours(&mut self, now: i64) -> Vec<Instruction> {
        let newest = now.div_euclid(Interval::Hour.seconds());
        let hours = (0..HOURS as i64).map(|back| newest.saturating_sub(back));
        let times = hours.map(|hour| hour.saturating_mul(Interval::Hour.seconds()));
        times.filter_map(|at| self.observe(Interval::Hour, at, now)).take(HOURS_AT_ONCE).collect()
    }

    fn changed(&mut self, next: Source) -> bool {
        next != std::mem::replace(&mut self.source, next)
    }
}

fn observed(data: &[u8], feed_id: &[u8; 32]) -> Option<Observed> {
    let update = PriceUpdate::decode(data).ok()?;
    let price = update.checked(feed_id).ok()?;
    Some(Observed { price, previous_publish_time: update.previous_publish_time })
}
