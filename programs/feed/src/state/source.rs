//! A source: one price of an oracle, as the framework and the IDL see it.

use core::ops::{Deref, DerefMut};

use anchor_lang::prelude::*;
use assay_feed_interface as layout;

use super::prices::{HourEntry, MinuteEntry, PriceHeader, same_layout};
use crate::errors::FeedError;

/// A source. 1,216 bytes after the discriminator.
#[account]
pub struct Source {
    /// The spot price.
    pub header: PriceHeader,
    /// Which price this is, by the oracle's name of it.
    pub feed_id: [u8; 32],
    /// The account that `refresh` reads.
    pub pinned: Address,
    /// Who paid for this account.
    pub payer: Address,
    /// Ring of minutes: minute m lies at place m mod 16.
    pub minutes: [MinuteEntry; layout::source::MINUTES],
    /// Ring of hours: hour h lies at place h mod 32.
    pub hours: [HourEntry; layout::source::HOURS],
    /// Zero; for later versions.
    pub reserved: [u64; 4],
}

same_layout!(Source, layout::Source: header feed_id pinned payer minutes hours reserved);

impl Deref for Source {
    type Target = layout::Source;

    fn deref(&self) -> &layout::Source {
        bytemuck::must_cast_ref(self)
    }
}

impl DerefMut for Source {
    fn deref_mut(&mut self) -> &mut layout::Source {
        bytemuck::must_cast_mut(self)
    }
}

impl Source {
    /// What must hold before and after every instruction.
    ///
    /// # Errors
    /// [`FeedError::UnknownVersion`].
    pub fn require_known_version(&self) -> Result<()> {
        if self.header.version == layout::PriceV1::VERSION {
            Ok(())
        } else {
            Err(FeedError::UnknownVersion.into())
        }
    }
}
