//! What a liquidation proof is bound to: the statement's context.
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

use assay_interface::sha256;

/// Label of the context's hash: what the proof is for, and the version.
pub const CONTEXT_LABEL: &[u8] = b"assay:lending:liquidation:v1\0";

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
