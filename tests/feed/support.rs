//! A source with its pinned account, in a runtime of its own.

use assay_feed_host::{IDENTITY, Interval, PythFeed, Source, SourceKeys, oracle};
use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_localnet::{Localnet, Outcome};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// A full hour, so a full minute too.
pub const T: i64 = 1_764_000_000;

/// The feed of the tests.
pub const SOL: PythFeed = PythFeed { shard: 0, id: [0xc0; 32] };

/// Where anybody's own update lies: an account of the receiver, not of the push oracle.
pub const POSTED: Address = Address::new_from_array([0x0b; 32]);

/// A runtime with a source in it.
pub struct World {
    pub net: Localnet,
    pub payer: Keypair,
    pub keys: SourceKeys,
}

/// A good update: a price in dollars, published at a time, after one a second before.
pub fn update(dollars: f64, publish_time: i64) -> PriceUpdate {
    let price = (dollars * 1e8).round() as i64;
    PriceUpdate {
        write_authority: [0; 32],
        verification_level: VerificationLevel::Full,
        feed_id: SOL.id,
        price,
        confidence: price.unsigned_abs() / 1_000,
        exponent: -8,
        publish_time,
        previous_publish_time: publish_time.saturating_sub(1),
        ema_price: price,
        ema_confidence: price.unsigned_abs() / 1_000,
        posted_slot: 1,
    }
}

impl World {
    /// The clock stands at [`T`]; nothing exists.
    pub fn empty() -> Self {
        let mut net = Localnet::new(&[IDENTITY]).unwrap();
        net.set_time(T);
        let payer = Keypair::new_from_array([1; 32]);
        net.airdrop(&payer.pubkey(), 100_000_000_000);
        Self { net, payer, keys: SourceKeys::of(&SOL) }
    }

    /// With the source, and nothing in it.
    pub fn new() -> Self {
        let mut world = Self::empty();
        let create = world.keys.create(world.payer.pubkey(), &SOL);
        world.send(create).expect_ok();
        world
    }

    pub fn send(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.payer])
    }

    /// The pinned account holds an update.
    pub fn push(&mut self, update: &PriceUpdate) {
        self.net.put(self.keys.pinned, oracle::account(update));
    }

    /// Pushes an update and refreshes.
    pub fn refresh(&mut self, update: &PriceUpdate) -> Outcome {
        self.push(update);
        self.send(self.keys.refresh())
    }

    /// Posts an update somewhere and observes it for a minute.
    pub fn observe(&mut self, at: i64, update: &PriceUpdate) -> Outcome {
        self.observe_in(Interval::Minute, at, update)
    }

    /// Posts an update somewhere and observes it.
    pub fn observe_in(&mut self, interval: Interval, at: i64, update: &PriceUpdate) -> Outcome {
        self.net.put(POSTED, oracle::account(update));
        self.send(self.keys.observe(interval, at, POSTED))
    }

    pub fn source(&self) -> Source {
        Source::decode(&self.net.account(&self.keys.source).unwrap().data).unwrap()
    }
}

/// Asserts that a transaction was refused with an error of this name.
#[track_caller]
pub fn refused(outcome: &Outcome, name: &str) {
    let found = if outcome.is_ok() { "it went through" } else { outcome.error() };
    assert_eq!(found, name, "{}", outcome.logs.join("\n"));
}

/// The instruction with another account at `index`.
pub fn with_account(mut instruction: Instruction, index: usize, address: Address) -> Instruction {
    instruction.accounts[index].pubkey = address;
    instruction
}

/// Tries every bad price account in place of a good one, and expects each one's own error and an unchanged source.
#[track_caller]
pub fn price_attacks(world: &mut World, account: Address, good: &PriceUpdate, instruction: &Instruction) {
    let partial = |signatures| VerificationLevel::Partial { signatures };
    let cases = [
        (PriceUpdate { feed_id: [0xee; 32], ..*good }, "PriceFeed"),
        (PriceUpdate { verification_level: partial(5), ..*good }, "PricePartiallyVerified"),
        (PriceUpdate { verification_level: partial(255), ..*good }, "PricePartiallyVerified"),
        (PriceUpdate { price: -good.price, ..*good }, "PriceNotPositive"),
        (PriceUpdate { price: i64::MIN, ..*good }, "PriceNotPositive"),
        (PriceUpdate { price: 0, ..*good }, "PriceNotPositive"),
        (PriceUpdate { exponent: 1, ..*good }, "PriceExponent"),
        (PriceUpdate { exponent: -13, ..*good }, "PriceExponent"),
        (PriceUpdate { exponent: i32::MIN, ..*good }, "PriceExponent"),
        (PriceUpdate { exponent: i32::MAX, ..*good }, "PriceExponent"),
        (PriceUpdate { price: i64::MAX, exponent: 0, ..*good }, "PriceOutOfRange"),
        (PriceUpdate { price: 9_999, exponent: -12, ..*good }, "PriceOutOfRange"),
    ];
    let before = world.source();
    for (update, error) in cases {
        world.net.put(account, oracle::account(&update));
        refused(&world.send(instruction.clone()), error);
    }
    // The right bytes under another owner, and other bytes under the right one.
    let right = oracle::account(good);
    let lamports = 10_000_000;
    let raw = |owner, data: Vec<u8>| Account { lamports, owner, data, ..Account::default() };
    let accounts = [
        (raw(assay_feed_host::ID, right.data.clone()), "PriceOwner"),
        (raw(Address::default(), right.data.clone()), "PriceOwner"),
        (raw(world.payer.pubkey(), right.data.clone()), "PriceOwner"),
        (raw(oracle::RECEIVER, vec![0; 134]), "PriceMalformed"),
        (raw(oracle::RECEIVER, right.data[..100].to_vec()), "PriceMalformed"),
        (raw(oracle::RECEIVER, vec![]), "PriceMalformed"),
    ];
    for (bad, error) in accounts {
        world.net.set_account(account, bad);
        refused(&world.send(instruction.clone()), error);
    }
    // The account's other reading: the level Full where Partial was written shifts every field by a byte.
    let mut shifted = PriceUpdate { verification_level: partial(1), ..*good }.encode().to_vec();
    shifted[40] = 1;
    world.net.set_account(account, raw(oracle::RECEIVER, shifted));
    refused(&world.send(instruction.clone()), "PriceFeed");
    assert_eq!(world.source(), before);
    world.net.put(account, right);
}
