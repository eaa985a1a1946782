//! What a liquidation proof is bound to: the statement's context.
//!
//! ```text
//! context = SHA-256("assay:lending:liquidation:v2\0" || lending program || market || position || snapshot
//!                   || epoch: u32 || revision: u32 || taken at: i64 || prover)
//! ```
//!
//! Integers are little-endian, times Unix seconds, the epoch Unix minutes. Every part has a fixed length, so no two lists of
//! parts give the same bytes. The program computes the context when a proof is brought; a keeper computes it from the
//! snapshot. A proof made for another program, market, position or snapshot has another context, hence another digest. The
//! prover is who signs the transaction: a proof that is copied out of the pool of pending transactions is of no use to the
//! copier.

use assay_interface::sha256;

use crate::features;

/// Label of the context's hash: what the proof is for, and the version.
pub const CONTEXT_LABEL: &[u8] = b"assay:lending:liquidation:v2\0";

/// What one snapshot is, to the last bit, and who proves about it.
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
    /// Final minute of its prices, Unix minutes.
    pub epoch: u32,
    /// How often risk had been added to the position.
    pub revision: u32,
    /// When it was taken, Unix seconds.
    pub taken_at: i64,
    /// Who signs the transaction that brings the proof.
    pub prover: [u8; 32],
}

/// The context of a snapshot's statement.
pub fn context(id: &SnapshotId) -> [u8; 32] {
    sha256(&[
        CONTEXT_LABEL,
        &id.program,
        &id.market,
        &id.position,
        &id.snapshot,
        &id.epoch.to_le_bytes(),
        &id.revision.to_le_bytes(),
        &id.taken_at.to_le_bytes(),
        &id.prover,
    ])
}

/// The hourly closes of the features, from the source's hours and the final minute's price, which is the last of them.
pub fn closes(hours: &[u64; features::WINDOW - 1], price: u64) -> [u64; features::WINDOW] {
    let mut closes = [price; features::WINDOW];
    for (close, hour) in closes.iter_mut().zip(hours) {
        *close = *hour;
    }
    closes
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: SnapshotId = SnapshotId {
        program: [1; 32],
        market: [2; 32],
        position: [3; 32],
        snapshot: [4; 32],
        epoch: 5,
        revision: 6,
        taken_at: 7,
        prover: [8; 32],
    };

    #[test]
    fn every_part_changes_the_context() {
        let others = [
            SnapshotId { program: [9; 32], ..ID },
            SnapshotId { market: [9; 32], ..ID },
            SnapshotId { position: [9; 32], ..ID },
            SnapshotId { snapshot: [9; 32], ..ID },
            SnapshotId { epoch: 6, ..ID },
            SnapshotId { revision: 5, ..ID },
            SnapshotId { taken_at: 5, ..ID },
            SnapshotId { prover: [9; 32], ..ID },
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
        bytes.extend([5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(ID.prover);
        assert_eq!(context(&ID), sha256(&[&bytes]));
    }

    #[test]
    fn the_final_minute_is_the_last_close() {
        let closes = closes(&core::array::from_fn(|hour| hour as u64), 99);
        assert_eq!((closes[0], closes[23], closes[24]), (0, 23, 99));
    }
}
