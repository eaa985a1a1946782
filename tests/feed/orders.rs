//! The properties that everything that reads prices rests on, in bytecode: publish times used never fall, and a final minute is
//! the same for every order of callers that contains the earliest update.

use assay_feed_interface::pyth::PriceUpdate;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{T, World, update};

/// Rounds of random calls.
const ROUNDS: usize = 60;

/// A chain of updates around T: several a second, gaps, prices that tell them apart.
fn chain(rng: &mut ChaCha8Rng) -> Vec<PriceUpdate> {
    let mut publish_time = T - rng.gen_range(1..5);
    let mut chain = Vec::new();
    for link in 0..rng.gen_range(6..16) {
        let previous_publish_time = publish_time;
        publish_time += [0, 0, 1, 1, 2, 5][rng.gen_range(0..6)];
        let dollars = 100.0 + f64::from(link) + rng.gen_range(0.0..0.5);
        chain.push(PriceUpdate { previous_publish_time, ..update(dollars, publish_time) });
    }
    chain
}

#[test]
fn a_minute_is_the_same_for_every_order_that_contains_the_earliest() {
    let mut rng = ChaCha8Rng::seed_from_u64(0xfeed);
    let mut checked = 0;
    for _ in 0..ROUNDS {
        let chain = chain(&mut rng);
        let Some(first) = chain.iter().find(|update| update.publish_time >= T) else { continue };
        if first.previous_publish_time >= T {
            continue;
        }
        let mut calls: Vec<PriceUpdate> = chain.iter().filter(|_| rng.gen_bool(0.7)).copied().collect();
        calls.push(*first);
        calls.shuffle(&mut rng);
        let mut world = World::new();
        world.net.set_time(T + 25);
        let mut settled = None;
        for call in &calls {
            // Whatever is refused, is: the honest call is among them, in whatever place.
            let _ = world.observe(T, call);
            if let Ok(price) = world.source().minute(T, world.net.now()) {
                assert_eq!(*settled.get_or_insert(price), price, "a final entry changed");
            }
        }
        world.net.set_time(T + 60 + rng.gen_range(0..500));
        let price = world.source().minute(T, world.net.now()).unwrap();
        assert_eq!((price.price, price.publish_time), (first.price.unsigned_abs(), first.publish_time));
        checked += 1;
    }
    assert!(checked > ROUNDS / 2, "{checked}");
}

#[test]
fn publish_times_used_never_fall() {
    let mut rng = ChaCha8Rng::seed_from_u64(0x5907);
    let mut world = World::new();
    let (mut last, mut taken, mut refused) = (i64::MIN, 0, 0);
    for _ in 0..300 {
        world.net.set_time(world.net.now() + rng.gen_range(0..4));
        let publish_time = world.net.now() + rng.gen_range(-15..15);
        let before = world.source();
        if world.refresh(&update(rng.gen_range(1.0..200.0), publish_time)).is_ok() {
            taken += 1;
            let header = world.source().header;
            assert!(header.publish_time >= last && header.publish_time <= world.net.now() + 10);
            if header.publish_time == last {
                assert_eq!(header, before.header, "an equal time changes nothing");
            }
            last = header.publish_time;
        } else {
            refused += 1;
            assert_eq!(world.source(), before);
        }
    }
    assert!(taken > 50 && refused > 50, "{taken} {refused}");
}
