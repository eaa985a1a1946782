//! Price sources as the feed program writes them, for runtimes without a price oracle, and what a snapshot is proven under.

use assay_feed_interface::{PROGRAM, Source, source::DISCRIMINATOR};
use assay_host::Account;
use assay_lending::state::Snapshot;
use assay_lending_interface::{SnapshotId, context};
use solana_address::Address;

/// The feed program.
pub const FEED: Address = Address::new_from_array(PROGRAM);

/// The account that the feed program would have written.
pub fn account(source: &Source) -> Account {
    Account { owner: FEED, data: [&DISCRIMINATOR, bytemuck::bytes_of(source)].concat() }
}

/// The context of a statement about a snapshot at `address`, for a prover.
pub fn snapshot_context(snapshot: &Snapshot, address: &Address, prover: &Address) -> [u8; 32] {
    context(&SnapshotId {
        program: assay_lending::ID.to_bytes(),
        market: snapshot.market.to_bytes(),
        position: snapshot.position.to_bytes(),
        snapshot: address.to_bytes(),
        epoch: snapshot.epoch,
        revision: snapshot.revision,
        taken_at: snapshot.taken_at,
        prover: prover.to_bytes(),
    })
}
