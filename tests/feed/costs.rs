//! What each instruction costs, against the ledger and against what was promised.

use assay_feed_host::{Interval, Offices, WAIT};
use assay_feed_interface::pyth::PriceUpdate;
use assay_localnet::{MAX_TRANSACTION_SIZE, Outcome};
use assay_tests::ledger::{self, Cost};
use solana_signer::Signer;

use crate::fed::{CALM, Fed, minute};
use crate::support::{SOL, T, World, update};

/// Most compute units of an instruction on a source, which runs all day.
const MAX_DAILY: u64 = 4_000;

/// Most compute units of a proven round.
const MAX_PUBLISH: u64 = 105_000;

/// Most compute units of anything else.
const MAX_OTHER: u64 = 25_000;

fn cost(outcome: Outcome) -> Cost {
    let outcome = outcome.expect_ok();
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

#[test]
pub fn every_instruction_costs_what_the_ledger_says() {
    let mut world = World::empty();
    let create = world.keys.create(world.payer.pubkey(), &SOL);
    let create_source = cost(world.send(create));
    let refresh = cost(world.refresh(&update(100.0, T)));
    let unchanged = cost(world.refresh(&update(100.0, T)));
    let first = PriceUpdate { previous_publish_time: T - 1, ..update(100.0, T) };
    let observe = cost(world.observe(T, &first));
    let again = cost(world.observe(T, &first));
    let hour = cost(world.observe_in(Interval::Hour, T, &first));
    for daily in [refresh, unchanged, observe, again, hour] {
        assert!(daily.compute_units <= MAX_DAILY, "{daily:?}");
    }
    let mut measured = vec![
        ("create_source", create_source),
        ("refresh", refresh),
        ("refresh (unchanged)", unchanged),
        ("observe", observe),
        ("observe (hour)", hour),
        ("observe (final already)", again),
    ];
    measured.extend(rounds());
    for (name, cost) in &measured {
        let most = if *name == "publish_by_proof" { MAX_PUBLISH } else { MAX_OTHER };
        let fits = cost.compute_units <= most && cost.transaction_bytes <= MAX_TRANSACTION_SIZE;
        assert!(fits, "{name} {cost:?}");
    }
    if let Err(differences) = ledger::check("feed", &measured) {
        panic!("{differences}");
    }
}

/// The instructions on a feed of five sources, and a round of eight.
fn rounds() -> Vec<(&'static str, Cost)> {
    let mut fed = Fed::empty();
    let create = fed.create();
    let create_feed = cost(fed.net.send(&[create], &[&fed.creator]));
    fed.bring(T, &[Some(100.0), None, None, Some(100.1), Some(100.2)]);
    let partial = cost(fed.open(T));
    fed.bring(T, &[None, Some(100.05), Some(100.15)]);
    let open_round = cost(fed.open(T));
    let sealed = cost(fed.open(T));
    let publish = cost(fed.publish(T));
    let published = cost(fed.publish(T));
    fed.seal(T + 60, &CALM);
    fed.net.set_time(T + 120);
    let fallback = cost(fed.fallback(T + 60));
    fed.net.set_time(T + 900);
    let close = fed.keys.close_round(fed.prover.pubkey(), minute(T));
    let close_round = cost(fed.net.send(&[close], &[&fed.creator]));
    let stop = cost(fed.stop());
    let next = Offices { authority: fed.thief.pubkey(), guardian: fed.guardian.pubkey() };
    let propose = fed.keys.propose_offices(fed.creator.pubkey(), &next);
    let propose_offices = cost(fed.net.send(&[propose], &[&fed.creator]));
    fed.net.advance(WAIT);
    let start = cost(fed.start());
    let accept = fed.keys.accept_offices(fed.thief.pubkey());
    let accept_offices = cost(fed.net.send(&[accept], &[&fed.thief]));

    let mut wide = Fed::with(|params| (params.sources, params.quorum) = (8, 5));
    wide.bring(T, &[Some(100.0); 8]);
    let eight = cost(wide.open(T));
    vec![
        ("create_feed", create_feed),
        ("open_round", open_round),
        ("open_round (eight sources)", eight),
        ("open_round (partial)", partial),
        ("open_round (sealed already)", sealed),
        ("publish_by_proof", publish),
        ("publish_by_proof (published already)", published),
        ("publish_fallback", fallback),
        ("close_round", close_round),
        ("stop", stop),
        ("start", start),
        ("propose_offices", propose_offices),
        ("accept_offices", accept_offices),
    ]
}
