//! What the creator of a feed decides, once: nothing of it changes, and nobody may change it. Who wants other parameters makes
//! another feed, at another address, which its readers must take up.

use anchor_lang::prelude::*;
use assay_cpi::Setups;
use assay_feed_interface::{Filter, MAX_SOURCES, rounds::LIFETIME};
use bytemuck::{Pod, Zeroable};

use crate::errors::{FeedError, Rule};

/// Flag: the model may be one that an authority can suspend.
pub const TRUSTS_AUTHORITY: u8 = 1;

/// Fewest sources: of two nobody can say which one lies.
const MIN_SOURCES: usize = 3;

/// The parameters: 16 bytes, no implicit padding.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, SchemaWrite, SchemaRead, IdlType)]
pub struct FeedParams {
    /// Least score of a source that counts, in units of the model's output.
    pub threshold: i16,
    /// Most that the price may move, basis points a second.
    pub max_step_bps: u16,
    /// Greatest distance of a quote from the median of those there, basis points.
    pub max_distance_bps: u16,
    /// Widest interval of a good price, basis points.
    pub max_confidence_bps: u16,
    /// Seconds after the minute in which a round waits for every source.
    pub patience: u16,
    /// Seconds after the minute from which on the fallback may publish.
    pub proof_window: u16,
    /// Fewest sources that make a price.
    pub quorum: u8,
    /// Number of sources.
    pub sources: u8,
    /// Setup kinds of the model's key that are accepted: bit 0 development, bit 1 ceremony.
    pub setups: u8,
    /// [`TRUSTS_AUTHORITY`].
    pub flags: u8,
}

const _: () = assert!(size_of::<FeedParams>() == 16);

impl FeedParams {
    /// What a quote must satisfy.
    pub const fn filter(&self) -> Filter {
        Filter { threshold: self.threshold, max_distance_bps: self.max_distance_bps }
    }

    /// Setup kinds that are accepted.
    ///
    /// # Errors
    /// [`FeedError::InvalidSetupKinds`]; not for parameters that are valid.
    pub fn setups(&self) -> Rule<Setups> {
        Setups::from_bits(self.setups).ok_or(FeedError::InvalidSetupKinds)
    }

    /// Fails where a bound is violated. A quorum is more than half of the sources, so two quorums share one.
    ///
    /// # Errors
    /// One of [`FeedError`]'s for each part.
    pub fn validate(&self) -> Rule<()> {
        self.setups()?;
        let (sources, quorum) = (usize::from(self.sources), usize::from(self.quorum));
        if !(MIN_SOURCES..=MAX_SOURCES).contains(&sources) {
            return Err(FeedError::InvalidSources);
        }
        if 2 * quorum <= sources || quorum > sources {
            return Err(FeedError::InvalidQuorum);
        }
        let bounded = (1..=100).contains(&self.max_step_bps)
            && (10..=2_000).contains(&self.max_distance_bps)
            && (1..=2_000).contains(&self.max_confidence_bps);
        if !bounded {
            return Err(FeedError::InvalidBounds);
        }
        let (patience, window) = (i64::from(self.patience), i64::from(self.proof_window));
        if !(5..=120).contains(&patience) || window < patience + 30 || window > LIFETIME - 300 {
            return Err(FeedError::InvalidTimes);
        }
        if self.threshold == i16::MIN {
            return Err(FeedError::InvalidThreshold);
        }
        if self.flags & !TRUSTS_AUTHORITY != 0 {
            return Err(FeedError::ReservedNotZero);
        }
        Ok(())
    }
}
