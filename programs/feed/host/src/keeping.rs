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
    Chain, Holds, Watch,
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
        let source = read::source(chain, address)?;
        let keys = SourceKeys { source: *address, pinned: Address::new_from_array(source.pinned) };
        let mut updates = Vec::new();
        if source.header.kind == Kind::Pyth as u8 {
            let holds = Some(Holds { offset: FEED_ID, bytes: source.feed_id });
            for update in
                chain.addresses(&Watch { program: RECEIVER, discriminator: DISCRIMINATOR, holds })?
            {
                let Some(found) = chain.account(&update)? else { continue };
                updates.extend(observed(&found.data, &source.feed_id).map(|observed| (update, observed)));
            }
        }
        updates.sort_by_key(|(_, observed)| observed.price.publish_time);
        Ok(Self { keys, source, updates })
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
        let found = self.updates.iter().find_map(|(address, update)| {
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
