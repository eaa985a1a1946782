//! Price accounts as Pyth's receiver program writes them, for runtimes in which no guardian signs.

use assay_feed_interface::pyth::{PriceUpdate, RECEIVER_PROGRAM};
use assay_host::Account;
use solana_address::Address;

/// Pyth's receiver program.
pub const RECEIVER: Address = Address::new_from_array(RECEIVER_PROGRAM);

/// The account that the receiver program would have written after checking the update's signatures.
pub fn account(update: &PriceUpdate) -> Account {
    Account { owner: RECEIVER, data: update.encode().to_vec() }
}
