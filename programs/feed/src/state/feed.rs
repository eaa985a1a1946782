//! A feed: a price that is made of several sources, those that a model judged sound.
//!
//! ```text
//!           publish_by_proof            publish_fallback
//! Good  <--------------------  any  -------------------->  Degraded
//!                               |  stop (guardian)
//!                               v
//!                            Stopped  --start (authority, 24 h later)-->  Degraded, until the next proof
//! ```
//!
//! Nobody holds a key that makes a price. The guardian stops, and does nothing else; the authority starts, a day later at the
//! earliest, and names the next two, who wait a day as well. So a stolen guardian's key costs a day of prices, a stolen
//! authority's key nothing but that it can undo a stop, in a day. A feed may have neither: then nobody can stop it.
//!
//! Always: publish times and the count of prices rise; a step is within its bound or confirmed; what was not proven says so in
//! the header's status, and is in no ring.

use anchor_lang::prelude::*;
use assay_feed_interface::{
    self as layout, Aggregate, MAX_SOURCES,
    context::{Published, link},
    source::{FEED_ACCOUNT_LEN, FEED_DISCRIMINATOR},
    step::{At, Memory, Verdict},
};
use assay_interface::price::Status;

use super::{FeedParams, prices::Prices};
use crate::errors::{FeedError, Rule};

/// Seconds that a start and a change of offices wait.
pub const WAIT: i64 = 86_400;

/// Seconds after its making in which a proposal of offices lapses.
pub const OFFICES_LAPSE: i64 = 14 * 86_400;

/// A feed. 1,880 bytes after the discriminator.
#[account]
pub struct Feed {
    /// What readers take for a source.
    pub prices: Prices,
    /// Who made it; part of its address, and of no other meaning.
    pub creator: Address,
    /// Who starts it; zero for nobody.
    pub authority: Address,
    /// Who stops it; zero for nobody.
    pub guardian: Address,
    /// The proposed authority.
    pub next_authority: Address,
    /// The proposed guardian.
    pub next_guardian: Address,
    /// The model that judges the sources.
    pub model: Address,
    /// Domain of its statements.
    pub domain: [u8; 32],
    /// Attestors whom the model had when the feed was made; zero where none was asked for.
    pub attestors: Address,
    /// Chain of everything that was published.
    pub chain: [u8; 32],
    /// The sources, in order; zero beyond their number.
    pub sources: [Address; MAX_SOURCES],
    /// Part of the address.
    pub nonce: u64,
    /// When offices were proposed, Unix seconds; zero for never.
    pub proposed_at: i64,
    /// When it was stopped, Unix seconds; zero while it runs.
    pub stopped_at: i64,
    /// The minute of the round that the step refused since the last published price, Unix seconds; zero for none.
    pub refused_at: i64,
    /// The price of that round, 1e-8 USD.
    pub refused_price: u64,
    /// What never changes.
    pub params: FeedParams,
    /// Zero; for later versions.
    pub reserved: [u64; 8],
}

const _: () = assert!(FEED_DISCRIMINATOR.len() + size_of::<Feed>() == FEED_ACCOUNT_LEN);

/// Who stops and who starts a feed; zero for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offices {
    /// Who starts it.
    pub authority: Address,
    /// Who stops it.
    pub guardian: Address,
}

/// What became of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is the feed's.
    Published,
    /// It is beyond the step: the feed keeps the old one.
    Refused,
}

impl Offices {
    /// Fails where somebody may stop the feed and nobody start it.
    ///
    /// # Errors
    /// [`FeedError::OfficesIncomplete`].
    pub fn validate(&self) -> Rule<()> {
        let none = Address::default();
        if self.guardian != none && self.authority == none {
            return Err(FeedError::OfficesIncomplete);
        }
        Ok(())
    }
}

impl Feed {
    /// The part that readers take for a source.
    pub fn source(&self) -> &layout::Source {
        bytemuck::must_cast_ref(&self.prices)
    }

    fn source_mut(&mut self) -> &mut layout::Source {
        bytemuck::must_cast_mut(&mut self.prices)
    }

    /// Whether nobody may publish.
    pub const fn is_stopped(&self) -> bool {
        self.stopped_at > 0
    }

    /// Fails while the feed is stopped.
    ///
    /// # Errors
    /// [`FeedError::Stopped`].
    pub const fn require_running(&self) -> Rule<()> {
        if self.is_stopped() { Err(FeedError::Stopped) } else { Ok(()) }
    }

    /// The minute of the last round that was published or refused by its step, Unix seconds.
    pub fn considered(&self) -> i64 {
        self.prices.header.publish_time.max(self.refused_at)
    }

    /// Fails unless a round of the minute `at` is later than every one that was published or refused.
    ///
    /// # Errors
    /// [`FeedError::RoundPassed`].
    pub fn require_later(&self, at: i64) -> Rule<()> {
        if at > self.considered() { Ok(()) } else { Err(FeedError::RoundPassed) }
    }

    /// Takes the price of the round of minute `at`, if its step lets it through. `digest` is that of the statement that
    /// proved it, none for the fallback.
    ///
    /// # Errors
    /// Stopped, passed, or the count of prices at its end. The feed is unchanged then.
    pub fn publish(
        &mut self,
        price: &Aggregate,
        at: i64,
        digest: Option<&[u8; 32]>,
        slot: u64,
    ) -> Rule<Decision> {
        self.require_running()?;
        self.require_later(at)?;
        let minute = layout::Interval::Minute.index(at).ok_or(FeedError::InvariantViolated)?;
        let header = &self.prices.header;
        let memory = Memory {
            published: At { price: header.price, at: header.publish_time },
            refused: At { price: self.refused_price, at: self.refused_at },
        };
        if memory.judge(price, at, self.params.max_step_bps) == Verdict::Refused {
            (self.refused_at, self.refused_price) = (at, price.price);
            return Ok(Decision::Refused);
        }
        let status = if digest.is_some() { Status::Good } else { Status::Degraded } as u8;
        self.source_mut().publish(price, at, status, slot).map_err(|_| FeedError::Exhausted)?;
        if digest.is_some() {
            self.source_mut().enter(price, at);
        }
        (self.refused_at, self.refused_price) = (0, 0);
        let published = Published {
            digest: digest.copied().unwrap_or([0; 32]), // the fallback proves nothing
            minute,
            price: price.price,
            status,
        };
        self.chain = link(&self.chain, &published);
        Ok(Decision::Published)
    }

    /// Stops the feed. Stopping again changes nothing: nobody puts the start off.
    pub const fn stop(&mut self, now: i64) {
        if !self.is_stopped() {
            self.stopped_at = now;
            self.prices.header.status = Status::Stopped as u8;
        }
    }

    /// Lets the feed run again. The old price is no good one: it stands as degraded until a proof comes.
    ///
    /// # Errors
    /// Not stopped, or not for a day yet.
    pub const fn start(&mut self, now: i64) -> Rule<()> {
        if !self.is_stopped() {
            return Err(FeedError::NotStopped);
        }
        if now < self.stopped_at.saturating_add(WAIT) {
            return Err(FeedError::TooEarly);
        }
        self.stopped_at = 0;
        self.prices.header.status = Status::Degraded as u8;
        Ok(())
    }

    /// Proposes who holds the offices next.
    ///
    /// # Errors
    /// [`Offices::validate`]'s.
    pub fn propose(&mut self, offices: &Offices, now: i64) -> Rule<()> {
        offices.validate()?;
        self.next_authority = offices.authority;
        self.next_guardian = offices.guardian;
        self.proposed_at = now;
        Ok(())
    }

    /// Gives the offices to those proposed: `signer` must be the next authority, if there is to be one.
    ///
    /// # Errors
    /// Nothing proposed, lapsed, too early, another signer, or a stopped feed that nobody could start.
    pub fn hand_over(&mut self, signer: &Address, now: i64) -> Rule<Offices> {
        let none = Address::default();
        if self.proposed_at == 0 || now > self.proposed_at.saturating_add(OFFICES_LAPSE) {
            return Err(FeedError::NoProposal);
        }
        if now < self.proposed_at.saturating_add(WAIT) {
            return Err(FeedError::TooEarly);
        }
        if self.next_authority == none && self.is_stopped() {
            return Err(FeedError::OfficesIncomplete);
        }
        if self.next_authority != none && self.next_authority != *signer {
            return Err(FeedError::NotAuthority);
        }
        let offices = Offices { authority: self.next_authority, guardian: self.next_guardian };
        self.authority = offices.authority;
        self.guardian = offices.guardian;
        (self.next_authority, self.next_guardian, self.proposed_at) = (none, none, 0);
        Ok(offices)
    }

    /// What must hold after every instruction.
    ///
    /// # Errors
    /// [`FeedError::InvariantViolated`].
    pub fn invariant(&self) -> Rule<()> {
        let header = &self.prices.header;
        let holds = self.is_stopped() == (header.status == Status::Stopped as u8)
            && Status::from_byte(header.status).is_some()
            && (self.refused_at == 0 || self.refused_at > header.publish_time)
            && (self.refused_at == 0) == (self.refused_price == 0)
            && (header.price == 0) == (header.round == 0)
            && self.params.validate().is_ok();
        if holds { Ok(()) } else { Err(FeedError::InvariantViolated) }
    }
}

#[cfg(test)]
mod tests;
