//! What a liquidation proof is bound to: the statement's context, and the tensors of the liquidation-risk model.
//!
//! ```text
//! context = SHA-256("assay:lending:liquidation:v1\0" || lending program || market || position || snapshot
//!                   || nonce: u64 little-endian || taken at: i64 little-endian, Unix seconds)
//! ```
//!
//! Every part has a fixed length, so no two lists of parts give the same bytes. The program computes the context when it
//! takes the snapshot and stores it there; a keeper computes or reads it and proves for it. A proof made for another
//! program, market, position or snapshot, or for an earlier snapshot at the same address, has another context, hence
//! another digest.

use alloc::vec::Vec;

use crate::{
    features,
    field::Scalar,
    statement::{StatementError, pack},
    syscalls::sha256,
};

/// Label of the context's hash: what the proof is for, and the version.
pub const CONTEXT_LABEL: &[u8] = b"assay:lending:liquidation:v1\0";

/// Bits of the score: a signed integer in [-2^15, 2^15).
pub const SCORE_BITS: u8 = 16;

/// How far a price's publish time may lie ahead of the cluster's clock, in seconds: that clock lags real time.
pub const MAX_PRICE_AHEAD_SECONDS: u32 = 10;

/// What one snapshot is, to the last bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    /// The lending program.
    pub program: [u8; 32],
    /// The market.
    pub market: [u8; 32],
    /// The position that is scored.
    pub position: [u8; 32],
    /// Address of the snapshot.
    pub snapshot: [u8; 32],
    /// How many snapshots of the position were taken, this one included.
    pub nonce: u64,
    /// When it was taken, Unix seconds.
    pub taken_at: i64,
}

/// The context of a snapshot's statement.
pub fn context(id: &SnapshotId) -> [u8; 32] {
    sha256(&[
        CONTEXT_LABEL,
        &id.program,
        &id.market,
        &id.position,
        &id.snapshot,
        &id.nonce.to_le_bytes(),
        &id.taken_at.to_le_bytes(),
    ])
}

/// The statement's limbs: the packed features, then the packed score.
///
/// # Errors
/// [`StatementError::Range`] for a feature outside [`features::BITS`] bits; every score fits.
pub fn limbs(features: &[i16; features::COUNT], score: i16) -> Result<Vec<Scalar>, StatementError> {
    let mut limbs = pack(&features.map(i64::from), features::BITS)?;
    limbs.extend(pack(&[i64::from(score)], SCORE_BITS)?);
    Ok(limbs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::unpack;
    use alloc::vec;
    use proptest::prelude::*;

    const ID: SnapshotId = SnapshotId {
        program: [1; 32],
        market: [2; 32],
        position: [3; 32],
        snapshot: [4; 32],
        nonce: 5,
        taken_at: 6,
    };

    #[test]
    fn every_part_changes_the_context() {
        let others = [
            SnapshotId { program: [9; 32], ..ID },
            SnapshotId { market: [9; 32], ..ID },
            SnapshotId { position: [9; 32], ..ID },
            SnapshotId { snapshot: [9; 32], ..ID },
            SnapshotId { nonce: 6, ..ID },
            SnapshotId { taken_at: 5, ..ID },
        ];
        for other in others {
            assert_ne!(context(&other), context(&ID), "{other:?}");
        }
    }

    #[test]
    fn the_context_is_the_hash_of_the_documented_bytes() {
        let mut bytes = CONTEXT_LABEL.to_vec();
        for part in [ID.program, ID.market, ID.position, ID.snapshot] {
            bytes.extend(part);
        }
        bytes.extend([5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(context(&ID), sha256(&[&bytes]));
    }

    #[test]
    fn a_feature_of_more_than_fifteen_bits_is_refused() {
        let mut features = [0; features::COUNT];
        features[3] = 1 << 14;
        assert_eq!(limbs(&features, 0), Err(StatementError::Range { index: 3, value: 1 << 14, bits: 15 }));
    }

    proptest! {
        #[test]
        fn limbs_unpack_to_features_and_score(
            features in prop::array::uniform16(-(1i16 << 14)..1 << 14), score: i16,
        ) {
            let limbs = limbs(&features, score).unwrap();
            prop_assert_eq!(limbs.len(), 2);
            prop_assert_eq!(unpack(&limbs[..1], 16, 15).unwrap(), features.map(i64::from).to_vec());
            prop_assert_eq!(unpack(&limbs[1..], 1, 16).unwrap(), vec![i64::from(score)]);
        }
    }
}
