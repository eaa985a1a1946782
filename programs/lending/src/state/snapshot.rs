//! The features of a position at one moment, as the program computed them.

use anchor_lang::prelude::*;
use assay_lending_interface::features;

/// What a proof about a position must be about. 240 bytes after the discriminator.
///
/// It lives from `snapshot` until a liquidation consumes it, or until the next snapshot overwrites it.
#[account]
pub struct Snapshot {
    /// The market.
    pub market: Address,
    /// The position that the features describe.
    pub position: Address,
    /// Who paid the rent, and gets it back when the snapshot is consumed.
    pub payer: Address,
    /// The statement's context: `assay_lending_interface::context` of this snapshot.
    pub context: [u8; 32],
    /// The position's snapshot count when this one was taken.
    pub nonce: u64,
    /// When it was taken, Unix seconds.
    pub taken_at: i64,
    /// Last second at which it may be used, Unix seconds.
    pub expires_at: i64,
    /// The model's inputs, as `assay_lending_interface::features` computes them.
    pub features: [i16; features::COUNT],
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// Zero; for later versions.
    pub reserved: [u64; 6],
}

const _: () = assert!(size_of::<Snapshot>() == 240);
