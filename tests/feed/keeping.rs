//! What a keeper finds for a source: the pinned account and posted updates, by the program's own rules, and then the program's word.

use assay_feed_host::{Interval, Keeping, PythFeed, SourceKeys, keeping::KEPT, keeping::keep_hours, oracle};
use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_host::strategy::Decision;
use assay_localnet::{Localnet, Wallet};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

const FEED: PythFeed = PythFeed { shard: 0, id: [0x61; 32] };
const HOUR: i64 = 3_600;

struct World {
    net: Localnet,
    key: Keypair,
    keys: SourceKeys,
}

impl World {
    /// A source, a minute after a full hour.
    fn new() -> Self {
        let mut net = Localnet::new(&assay_programs::identities()).unwrap();
        let key = net.fund();
        let keys = SourceKeys::of(&FEED);
        net.send(&[keys.create(key.pubkey(), &FEED)], &[&key]).expect_ok();
        let at = (net.now() / HOUR + 40) * HOUR + 60;
        net.set_time(at);
        Self { net, key, keys }
    }

    /// An update of the feed at an address.
    fn put(&mut self, address: Address, publish_time: i64, previous: i64, level: VerificationLevel) {
        let update = PriceUpdate {
            write_authority: [0; 32],
            verification_level: level,
            feed_id: FEED.id,
            price: 100_0000_0000 + publish_time % 1_000,
            confidence: 1_000_000,
            exponent: -8,
            publish_time,
            previous_publish_time: previous,
            ema_price: 100_0000_0000,
            ema_confidence: 1_000_000,
            posted_slot: 0,
        };
        self.net.put(address, oracle::account(&update));
    }

    fn keeping(&mut self) -> Keeping {
        Keeping::read(&Wallet::new(&mut self.net, &self.key), &self.keys.source).unwrap()
    }

    /// Sends what is due, and has the program agree with what was foreseen.
    fn send(&mut self, keeping: &Keeping, instructions: &[Instruction]) {
        self.net.send(instructions, &[&self.key]).expect_ok();
        let header = |keeping: &Keeping| (keeping.source.header.price, keeping.source.header.publish_time);
        let after = self.keeping();
        assert_eq!(header(&after), header(keeping));
        assert_eq!(
            (after.source.minutes, after.source.hours),
            (keeping.source.minutes, keeping.source.hours)
        );
    }
}

fn posted(byte: u8) -> Address {
    Address::new_from_array([byte; 32])
}

#[test]
fn a_refresh_is_due_when_the_pinned_account_is_newer() {
    let mut world = World::new();
    let now = world.net.now();
    assert_eq!(world.keeping().refresh(now), None, "there is nothing to copy");
    world.put(world.keys.pinned, now - 5, now - 8, VerificationLevel::Full);
    world.put(posted(9), now, now - 5, VerificationLevel::Full);
    let mut keeping = world.keeping();
    let refresh = keeping.refresh(now).unwrap();
    assert_eq!(keeping.source.header.publish_time, now - 5, "spot prices are the pinned account's");
    assert_eq!(keeping.refresh(now), None, "once");
    world.send(&keeping, &[refresh]);
}

#[test]
fn the_earliest_update_that_counts_is_brought_and_nothing_twice() {
    let mut world = World::new();
    let (now, at) = (world.net.now(), world.net.now() / 60 * 60);
    // Partly verified; of the minute, but not its first; its first.
    world.put(posted(7), at, at - 3, VerificationLevel::Partial { signatures: 5 });
    world.put(posted(8), at + 1, at + 1, VerificationLevel::Full);
    world.net.set_time(now + 2);
    let mut keeping = world.keeping();
    let candidate = keeping.observe(Interval::Minute, at, now + 2).unwrap();
    assert_eq!(candidate.accounts[1].pubkey, posted(8));
    assert!(keeping.source.minute(at, now + 2).is_err(), "a candidate is open");
    world.send(&keeping, &[candidate]);
    assert_eq!(world.keeping().observe(Interval::Minute, at, now + 2), None, "it would change nothing");
    world.put(posted(6), at + 1, at - 3, VerificationLevel::Full);
    let mut keeping = world.keeping();
    let first = keeping.observe(Interval::Minute, at, now + 2).unwrap();
    assert_eq!(first.accounts[1].pubkey, posted(6));
    assert!(keeping.source.minute(at, now + 2).is_ok());
    world.send(&keeping, &[first]);
}

#[test]
fn hours_are_kept_from_whatever_updates_are_there() {
    let mut world = World::new();
    let now = world.net.now();
    let last = now / HOUR * HOUR;
    for back in 0..10 {
        let at = last - back * HOUR;
        world.put(posted(back as u8 + 1), at + 4, at - 2, VerificationLevel::Full);
    }
    // Six in one transaction, then the rest, then nothing.
    for expected in [6, 4, 0] {
        let decision = keep_hours(&Wallet::new(&mut world.net, &world.key), &world.keys.source).unwrap();
        match decision {
            Decision::Settle(action) => {
                assert_eq!(action.instructions.len(), expected);
                world.net.send(&action.instructions, &[&world.key]).expect_ok();
            }
            Decision::Leave(reason) => assert_eq!((reason, expected), (KEPT, 0)),
            other => panic!("{other:?}"),
        }
    }
    let hour = u32::try_from(last / HOUR).unwrap();
    assert!(world.keeping().source.hours::<10>(hour, now).is_ok());
}
