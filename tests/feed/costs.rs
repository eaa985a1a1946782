//! What each instruction costs, against the ledger and against what was promised.

use assay_feed_host::Interval;
use assay_feed_interface::pyth::PriceUpdate;
use assay_localnet::Outcome;
use assay_tests::ledger::{self, Cost};
use solana_signer::Signer;

use crate::support::{SOL, T, World, update};

/// Most compute units of an instruction that runs all day.
const MAX_DAILY: u64 = 4_000;

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
    let measured = [
        ("create_source", create_source),
        ("refresh", refresh),
        ("refresh (unchanged)", unchanged),
        ("observe", observe),
        ("observe (hour)", hour),
        ("observe (final already)", again),
    ];
    if let Err(differences) = ledger::check("feed", &measured) {
        panic!("{differences}");
    }
}
