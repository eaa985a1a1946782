//! The features of a position at one final minute, as the program computed them.

use anchor_lang::prelude::*;
use assay_lending_interface::{EPOCH_SECONDS, features};

use crate::state::Evidence;

/// How long after its final minute a snapshot may be taken, seconds.
pub const TAKING_SECONDS: i64 = 120;

/// What a proof about a position must be about. 176 bytes after the discriminator.
///
/// It is evidence, not a token: a function of position, final minute and revision, never consumed, and several live at
/// once. So nobody holds a position's snapshot against others, and nobody uses it up.
#[account]
pub struct Snapshot {
    /// The market.
    pub market: Address,
    /// The position that the features describe.
    pub position: Address,
    /// Who paid for the account, and gets it back when it is closed.
    pub payer: Address,
    /// The model's inputs, as `assay_lending_interface::features` computes them.
    pub features: [i16; features::COUNT],
    /// Final minute of the prices, Unix minutes.
    pub epoch: u32,
    /// The position's revision.
    pub revision: u32,
    /// When it was taken, Unix seconds.
    pub taken_at: i64,
    /// Last second at which it may be used, Unix seconds.
    pub expires_at: i64,
    /// Loan-to-value ratio at the minute's mid prices, basis points, rounded up; the greatest number where it is more.
    pub ltv_bps: u16,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// Zero; for later versions.
    pub reserved: [u64; 2],
}

const _: () = assert!(size_of::<Snapshot>() == 176);

impl Snapshot {
    /// Which evidence it is.
    pub const fn evidence(&self) -> Evidence {
        Evidence { epoch: self.epoch, revision: self.revision }
    }
}

/// The second that a final minute names.
pub const fn epoch_start(epoch: u32) -> i64 {
    (epoch as i64).saturating_mul(EPOCH_SECONDS)
}

/// Whether a snapshot of a final minute may be taken at `now`.
pub const fn may_be_taken(epoch: u32, now: i64) -> bool {
    let start = epoch_start(epoch);
    now >= start && now < start.saturating_add(TAKING_SECONDS)
}
