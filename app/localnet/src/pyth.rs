//! Price accounts as Pyth's receiver program writes them.

use assay_interface::pyth::{PriceUpdate, RECEIVER_PROGRAM};
use solana_account::Account;
use solana_address::Address;

use crate::Localnet;

impl Localnet {
    /// Puts `update` at `address`, as Pyth's receiver program would after checking its signatures.
    pub fn set_price(&mut self, address: Address, update: &PriceUpdate) {
        let data = update.encode().to_vec();
        let account = Account {
            lamports: self.svm.minimum_balance_for_rent_exemption(data.len()),
            data,
            owner: Address::new_from_array(RECEIVER_PROGRAM),
            executable: false,
            rent_epoch: u64::MAX,
        };
        self.set_account(address, account);
    }
}
