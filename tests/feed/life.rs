//! A feed's life in bytecode, under random orders of everything that anybody can do: sources that lie or are silent, provers
//! that are late, guardians, strangers. What it promises must hold after each step.

use assay_feed_host::{FeedAccount, RoundResult, WAIT};
use assay_interface::price::Status;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fed::{Fed, minute};
use crate::support::T;

/// Lives, and minutes of each.
const LIVES: u64 = 6;
const MINUTES: usize = 40;

/// How often each thing happened, so that none is left out.
#[derive(Debug, Default)]
struct Tally {
    proven: usize,
    degraded: usize,
    refused: usize,
    not_sealed: usize,
    stops: usize,
}

/// What every step must leave true.
fn check(fed: &Fed, before: &FeedAccount, at: i64) {
    let (feed, header, old) = (fed.feed(), fed.feed().prices.header, before.prices.header);
    assert!(header.publish_time >= old.publish_time && header.round >= old.round);
    assert_eq!(header.publish_time > old.publish_time, header.round > old.round);
    assert_eq!(feed.is_stopped(), header.status == Status::Stopped as u8);
    // A final entry never changes but for a later one's.
    for (new, old) in feed.prices.minutes.iter().zip(&before.prices.minutes) {
        assert!(new == old || old.price == 0 || new.minute > old.minute);
    }
    for (new, old) in feed.prices.hours.iter().zip(&before.prices.hours) {
        assert!(new == old || old.price == 0 || new.hour > old.hour);
    }
    if header.round == old.round {
        assert_eq!((feed.prices.minutes, feed.prices.hours), (before.prices.minutes, before.prices.hours));
        return;
    }
    let round = fed.round(at);
    assert_eq!((header.publish_time, header.price, header.previous), (at, round.price, old.price));
    // The price lies among the sources that it is made of, and these are a quorum.
    let chosen = round.quotes().iter().enumerate().filter(|(place, _)| round.mask >> place & 1 == 1);
    let prices: Vec<u64> = chosen.map(|(_, quote)| quote.price).collect();
    assert!(prices.len() >= usize::from(feed.params.quorum) && !prices.contains(&0));
    assert!(prices.iter().min() <= Some(&header.price) && Some(&header.price) <= prices.iter().max());
    // What was not proven says so, and is in no ring.
    let proven = round.result == RoundResult::Proven as u8;
    assert_eq!(header.status, u8::from(!proven));
    assert_eq!(feed.source().minute(at, fed.net.now()).is_ok(), proven);
    // A step within its bound, or a second round that says the same.
    let within = |from: u64, since: i64| {
        let allowed = u128::from(from) * 5 * u128::try_from(at - since).unwrap();
        u128::from(from.abs_diff(header.price)) * 10_000 <= allowed
    };
    let confirmed = before.refused_at > 0
        && at - before.refused_at <= 300
        && within(before.refused_price, before.refused_at);
    assert!(old.price == 0 || within(old.price, old.publish_time) || confirmed);
}

#[test]
fn whatever_is_done_the_feeds_promises_hold() {
    let mut tally = Tally::default();
    for life in 0..LIVES {
        live(&mut ChaCha8Rng::seed_from_u64(life), &mut tally);
    }
    let Tally { proven, degraded, refused, not_sealed, stops } = tally;
    assert!([proven, degraded, refused, not_sealed, stops].iter().all(|count| *count > 3), "{tally:?}");
}

fn live(rng: &mut ChaCha8Rng, tally: &mut Tally) {
    let mut fed = Fed::new();
    let (mut at, mut level) = (T, 100.0);
    for _ in 0..MINUTES {
        // Mostly calm, now and then a crash that stays or a lie that passes.
        level *= if rng.gen_bool(0.1) { rng.gen_range(0.9..1.1) } else { rng.gen_range(0.998..1.002) };
        let lie = if rng.gen_bool(0.1) { rng.gen_range(0.8..1.2) } else { 1.0 };
        let said = [(); 5].map(|()| {
            let own = if rng.gen_bool(0.1) { rng.gen_range(0.9..1.1) } else { rng.gen_range(0.9995..1.0005) };
            rng.gen_bool(0.92).then_some(level * lie * own)
        });
        if fed.feed().is_stopped() {
            let before = fed.feed();
            fed.net.advance(if rng.gen_bool(0.5) { WAIT } else { 600 });
            let _ = fed.start();
            check(&fed, &before, at);
            at = fed.net.now() / 60 * 60 + 60;
            continue;
        }
        fed.bring(at, &said);
        for _ in 0..rng.gen_range(2..6) {
            let before = fed.feed();
            let older = at - 60 * rng.gen_range(0..3);
            match rng.gen_range(0..12) {
                0..3 => drop(fed.open(at)),
                3 => {
                    fed.net.set_time(fed.net.now() + rng.gen_range(1..20));
                    let _ = fed.open(at);
                }
                4..9 => {
                    let _ = fed.open(at);
                    let sealed = fed.round(at).is_sealed();
                    let published = fed.publish(at);
                    if !sealed {
                        assert_eq!(published.error(), "NotSealed");
                        tally.not_sealed += 1;
                    }
                }
                9 => {
                    let exists = fed.net.account(&fed.keys.round(minute(older))).is_some();
                    if exists {
                        let _ = fed.publish(older);
                    }
                }
                10 => {
                    fed.net.set_time(fed.net.now().max(at + 60));
                    let _ = fed.open(at);
                    let _ = fed.fallback(at);
                }
                _ if rng.gen_bool(0.15) => {
                    fed.stop().expect_ok();
                    tally.stops += 1;
                }
                _ => drop(fed.start()),
            }
            let after = fed.feed();
            let changed = after.prices.header.round > before.prices.header.round;
            let of = if changed { after.prices.header.publish_time } else { at };
            check(&fed, &before, of);
            match fed.net.account(&fed.keys.round(minute(of))).map(|_| fed.round(of).result) {
                Some(1) if changed => tally.proven += 1,
                Some(2) if changed => tally.degraded += 1,
                Some(3) if after.refused_at > before.refused_at => tally.refused += 1,
                _ => {}
            }
            if after.is_stopped() {
                break;
            }
        }
        at = fed.net.now().max(at + 60).div_euclid(60) * 60;
    }
}
