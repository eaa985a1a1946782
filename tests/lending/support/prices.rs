//! Price updates, good and bad.

use assay_lending_host::price;
use assay_lending_interface::pyth::{PriceUpdate, VerificationLevel};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use super::{TestMarket, refused};

/// A good update: a price in dollars with a confidence interval of a tenth of a percent.
pub fn update(feed: [u8; 32], dollars: f64, publish_time: i64) -> PriceUpdate {
    let price = (dollars * 1e8).round() as i64;
    PriceUpdate {
        write_authority: [0; 32],
        verification_level: VerificationLevel::Full,
        feed_id: feed,
        price,
        confidence: price.unsigned_abs() / 1_000,
        exponent: -8,
        publish_time,
        previous_publish_time: publish_time - 1,
        ema_price: price,
        ema_confidence: price.unsigned_abs() / 1_000,
        posted_slot: 1,
    }
}

/// Tries every bad price account in place of a good one, and expects each one's own error.
///
/// `account` is the price account that the instruction reads; it holds the good update again at the end.
#[track_caller]
pub fn price_attacks(
    test: &mut TestMarket,
    account: Address,
    instruction: &Instruction,
    signers: &[&Keypair],
) {
    let good = test.net.account(&account).unwrap();
    let update = PriceUpdate::decode(&good.data).unwrap();
    let now = test.net.now();
    let partial = VerificationLevel::Partial { signatures: 12 };
    let limit = i64::from(test.params.price_max_age);
    let cases: [(PriceUpdate, &str); 9] = [
        (PriceUpdate { feed_id: [0xee; 32], ..update }, "PriceFeed"),
        (PriceUpdate { verification_level: partial, ..update }, "PricePartiallyVerified"),
        (PriceUpdate { publish_time: now - limit - 1, ..update }, "PriceStale"),
        (PriceUpdate { publish_time: now + 11, ..update }, "PriceFromFuture"),
        (PriceUpdate { price: -update.price, ..update }, "PriceNotPositive"),
        (PriceUpdate { price: 0, ..update }, "PriceNotPositive"),
        (PriceUpdate { ema_price: -1, ..update }, "PriceNotPositive"),
        (PriceUpdate { confidence: update.price.unsigned_abs() / 40, ..update }, "PriceUncertain"),
        (PriceUpdate { exponent: 3, ..update }, "PriceOutOfRange"),
    ];
    for (update, error) in cases {
        test.net.put(account, price::account(&update));
        refused(&test.net.simulate(std::slice::from_ref(instruction), signers), error);
    }
    // The right bytes under another owner, and other bytes under the right one.
    let accounts: [(Account, &str); 3] = [
        (Account { owner: assay_lending::ID, ..good.clone() }, "PriceOwner"),
        (Account { data: vec![0; 134], ..good.clone() }, "PriceMalformed"),
        (Account { data: good.data[..100].to_vec(), ..good.clone() }, "PriceMalformed"),
    ];
    for (bad, error) in accounts {
        test.net.set_account(account, bad);
        refused(&test.net.simulate(std::slice::from_ref(instruction), signers), error);
    }
    test.net.set_account(account, good);
}
