//! The feed's state machine under random orders of everything that can be done to it.

use bytemuck::Zeroable;
use proptest::prelude::*;

use super::*;

/// A full hour.
const T: i64 = 1_764_000_000;
const KEYS: [Address; 3] =
    [Address::new_from_array([1; 32]), Address::new_from_array([2; 32]), Address::new_from_array([3; 32])];

fn feed() -> Feed {
    let mut feed = Feed::zeroed();
    feed.prices.header.version = 1;
    feed.prices.header.kind = 1;
    [feed.authority, feed.guardian, _] = KEYS;
    feed.params = FeedParams {
        threshold: 220,
        max_step_bps: 5,
        max_distance_bps: 200,
        max_confidence_bps: 200,
        patience: 15,
        proof_window: 60,
        quorum: 3,
        sources: 5,
        setups: 1,
        flags: 0,
    };
    feed
}

fn price(price: u64) -> Aggregate {
    Aggregate { price, confidence: 1, ema: price }
}

#[derive(Clone, Debug)]
enum Act {
    Proof { minutes: i64, price: u64 },
    Fallback { minutes: i64, price: u64 },
    Stop,
    Start,
    Propose { authority: usize, guardian: usize },
    HandOver { signer: usize },
    Wait(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let prices = || prop_oneof![9_000u64..11_000, 5_000u64..15_000, Just(u64::MAX)];
    prop_oneof![
        8 => (-3i64..4, prices()).prop_map(|(minutes, price)| Act::Proof { minutes, price }),
        4 => (-3i64..4, prices()).prop_map(|(minutes, price)| Act::Fallback { minutes, price }),
        1 => Just(Act::Stop),
        2 => Just(Act::Start),
        1 => (0usize..4, 0usize..4).prop_map(|(authority, guardian)| Act::Propose { authority, guardian }),
        2 => (0usize..3).prop_map(|signer| Act::HandOver { signer }),
        3 => prop_oneof![1i64..600, Just(WAIT), Just(OFFICES_LAPSE)].prop_map(Act::Wait),
    ]
}

fn key(place: usize) -> Address {
    KEYS.get(place).copied().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn whatever_is_done_the_feeds_promises_hold(acts in prop::collection::vec(act(), 1..60)) {
        let (mut feed, mut now) = (feed(), T);
        let mut refused: Option<(i64, u64)> = None;
        for act in acts {
            let before = feed;
            match act {
                Act::Wait(seconds) => now += seconds,
                Act::Proof { minutes, price: given } | Act::Fallback { minutes, price: given } => {
                    let digest = matches!(act, Act::Proof { .. }).then_some([7; 32]);
                    let at = (before.considered().max(T) / 60 + minutes) * 60;
                    let result = feed.publish(&price(given), at, digest.as_ref(), 1);
                    let (old, new) = (before.prices.header, feed.prices.header);
                    match result {
                        Ok(Decision::Published) => {
                            prop_assert!(!before.is_stopped() && at > before.considered());
                            prop_assert!(new.publish_time == at && new.publish_time > old.publish_time);
                            prop_assert!(new.round == old.round + 1 && new.previous == old.price);
                            prop_assert_eq!(new.status, u8::from(digest.is_none()));
                            prop_assert_ne!(feed.chain, before.chain);
                            // A step within its bound, or a second round that says the same.
                            let within = |from: u64, since: i64| {
                                let seconds = u128::try_from(at - since).unwrap();
                                u128::from(from.abs_diff(given)) * 10_000 <= u128::from(from) * 5 * seconds
                            };
                            let confirmed = refused.is_some_and(|(since, from)| at - since <= 300 && within(from, since));
                            prop_assert!(old.price == 0 || within(old.price, old.publish_time) || confirmed);
                            // Rings hold proven prices only, and a final entry stays.
                            let source = feed.source();
                            match digest {
                                Some(_) => prop_assert_eq!(source.minute(at, at).map(|price| price.price), Ok(given)),
                                None => prop_assert_eq!(source.minutes, before.source().minutes),
                            }
                            for (new, old) in source.hours.iter().zip(&before.source().hours) {
                                prop_assert!(new == old || old.price == 0 || new.hour > old.hour);
                            }
                            refused = None;
                        }
                        Ok(Decision::Refused) => {
                            prop_assert_eq!((new, feed.chain), (old, before.chain));
                            prop_assert_eq!(feed.source(), before.source());
                            refused = Some((at, given));
                        }
                        Err(_) => prop_assert_eq!(bytemuck::bytes_of(&feed), bytemuck::bytes_of(&before)),
                    }
                }
                // Nobody signs for a guardian that is none.
                Act::Stop if feed.guardian == Address::default() => {}
                Act::Stop => {
                    feed.stop(now);
                    prop_assert!(feed.is_stopped() && (before.stopped_at == 0 || feed.stopped_at == before.stopped_at));
                    prop_assert!(feed.source().header.spot_even_degraded(feed.prices.header.publish_time, 60).is_err());
                }
                Act::Start => {
                    let started = feed.start(now);
                    prop_assert_eq!(started.is_ok(), before.is_stopped() && now >= before.stopped_at + WAIT);
                    if started.is_ok() {
                        // Nothing good comes of it but by a proof.
                        prop_assert!(feed.source().header.spot(feed.prices.header.publish_time, 60).is_err());
                    }
                }
                Act::Propose { authority, guardian } => {
                    let offices = Offices { authority: key(authority), guardian: key(guardian) };
                    let proposed = feed.propose(&offices, now);
                    prop_assert_eq!(proposed.is_ok(), authority < 3 || guardian == 3);
                    prop_assert_eq!((feed.authority, feed.guardian), (before.authority, before.guardian));
                }
                Act::HandOver { signer } => {
                    let signer = key(signer);
                    if feed.hand_over(&signer, now).is_ok() {
                        prop_assert!(now >= before.proposed_at + WAIT && now <= before.proposed_at + OFFICES_LAPSE);
                        prop_assert!(before.next_authority == signer || feed.authority == Address::default());
                        prop_assert_eq!(feed.authority, before.next_authority);
                        prop_assert_eq!(feed.guardian, before.next_guardian);
                    } else {
                        prop_assert_eq!(bytemuck::bytes_of(&feed), bytemuck::bytes_of(&before));
                    }
                }
            }
            prop_assert_eq!(feed.invariant(), Ok(()));
            // Never stopped for good: who is stopped has somebody to start it.
            prop_assert!(!feed.is_stopped() || feed.authority != Address::default());
            prop_assert!(feed.guardian == Address::default() || feed.authority != Address::default());
        }
    }
}

#[test]
fn two_prices_of_one_minute_are_one() {
    let mut feed = feed();
    assert_eq!(feed.publish(&price(100), T, Some(&[1; 32]), 1), Ok(Decision::Published));
    let before = feed;
    assert_eq!(feed.publish(&price(101), T, Some(&[2; 32]), 1), Err(FeedError::RoundPassed));
    assert_eq!(feed.publish(&price(101), T - 60, None, 1), Err(FeedError::RoundPassed));
    // Refused once, the same minute cannot confirm itself.
    assert_eq!(feed.publish(&price(500), T + 60, Some(&[3; 32]), 1), Ok(Decision::Refused));
    assert_eq!(feed.publish(&price(500), T + 60, None, 1), Err(FeedError::RoundPassed));
    assert_eq!(feed.prices.header, before.prices.header);
    assert_eq!((feed.refused_at, feed.refused_price), (T + 60, 500));
    assert_eq!(feed.publish(&price(505), T + 120, None, 1), Ok(Decision::Published));
    assert_eq!((feed.prices.header.price, feed.prices.header.status), (505, 1));
}
