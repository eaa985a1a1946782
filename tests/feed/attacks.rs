//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use assay_tests::vectors;
use solana_address::Address;

use assay_feed_host::{FeedAccount, Round};
use assay_feed_interface::Source;

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &[
            "refresh.source",
            "observe.source",
            "create_feed.source",
            "publish_fallback.round",
            "close_round.round",
            "stop.feed",
            "start.feed",
            "propose_offices.feed",
            "accept_offices.feed",
        ],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &["observe.update"],
        why: "the receiver program alone makes price updates, and any of the feed will do",
    },
    Exception {
        attack: Attack::Twin,
        on: &["create_feed.model"],
        why: "the verifier alone makes models, each at the address of its key and schema: there is no such account",
    },
    Exception {
        attack: Attack::Stranger,
        on: &["create_feed.attestation"],
        why: "no attestors are named, so nobody reads it",
    },
    Exception {
        attack: Attack::OtherProgram,
        on: &["create_feed.attestation"],
        why: "no attestors are named, so nobody reads it",
    },
    Exception {
        attack: Attack::Accomplice,
        on: &["create_feed.attestation"],
        why: "no attestors are named, so nobody reads it",
    },
    Exception {
        attack: Attack::Stranger,
        on: &["create_source.payer", "open_round.caller"],
        why: "whoever pays may",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["refresh", "observe", "open_round", "publish_by_proof", "publish_fallback", "stop"],
        why: "the second time changes nothing, and must not fail who comes second",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["refresh", "observe", "open_round", "publish_by_proof", "publish_fallback", "stop"],
        why: "the second time changes nothing, and must not fail who comes second",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["propose_offices"],
        why: "the authority's own: the same proposal, which waits anew",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["propose_offices"],
        why: "the authority's own: the same proposal, which waits anew",
    },
    Exception {
        attack: Attack::Ahead,
        on: &["publish_by_proof.open_round", "propose_offices.stop"],
        why: "the round was sealed before, so opening it changes nothing; a stop and a proposal have nothing to do with each other",
    },
    Exception {
        attack: Attack::Joined,
        on: &["publish_by_proof.open_round", "propose_offices.stop", "accept_offices.start"],
        why: "a sealed round is a function of final minutes, proven in whatever transaction; offices and stops each wait by themselves",
    },
    Exception {
        attack: Attack::Around,
        on: &["publish_by_proof.open_round", "propose_offices.stop"],
        why: "opening a sealed round and stopping a stopped feed change nothing",
    },
];

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[
    Times {
        on: &["refresh", "observe"],
        refused: &[Shift::YearBack, Shift::HourBack],
        why: "a price from the future; how old one may be is its readers' business",
    },
    Times {
        on: &["open_round", "publish_by_proof"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::HourOn, Shift::YearOn],
        why: "a round is of use from its minute on, for a quarter of an hour",
    },
    Times {
        on: &["publish_fallback"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::HourOn, Shift::YearOn],
        why: "played in the first second after the proof window; a round is of use for a quarter of an hour",
    },
    Times {
        on: &["close_round", "start"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack],
        why: "played in the first second after the round's time, and after the day that a stop lasts",
    },
    Times {
        on: &["accept_offices"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::YearOn],
        why: "played in the first second after the day that a proposal waits; it lapses after fourteen",
    },
];

const NUMBERS: &[Numbers] = &[
    Numbers {
        on: &["observe.interval"],
        accepted: &[Edge::One],
        why: "the update is the first of its hour, too",
    },
    Numbers {
        on: &["create_feed.params.flags"],
        accepted: &[Edge::One],
        why: "trusts its model's authority, and shows it",
    },
    Numbers {
        on: &["create_feed.params.max_confidence_bps", "create_feed.params.max_step_bps"],
        accepted: &[Edge::One],
        why: "a narrow bound: the creator's choice, shown in the feed",
    },
    Numbers {
        on: &["create_feed.params.threshold"],
        accepted: &[Edge::Zero, Edge::One, Edge::BelowGreatest, Edge::Greatest],
        why: "any but the one that every score reaches is the creator's choice, shown in the feed",
    },
];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    let Some(account) = net.account(address).filter(|account| account.owner == assay_feed_host::ID) else {
        return Ok(());
    };
    if let Ok(Some(feed)) = net.read::<FeedAccount>(address) {
        return feed.invariant().map_err(|error| format!("a feed with {error:?}"));
    }
    if let Ok(Some(round)) = net.read::<Round>(address) {
        let is_decided = round.price > 0;
        let holds = is_decided == (round.result > 0) && (round.is_sealed() || !is_decided);
        return if holds { Ok(()) } else { Err("a round with a result that it cannot have".into()) };
    }
    Source::read(&account.data).map(drop).map_err(|error| format!("a source with {error:?}"))
}

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_feed_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn times_and_numbers_are_refused_where_they_must_be() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check_limits(&assay_feed_host::IDENTITY, &recorded, &LIMITS, holds);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} times and numbers refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_feed_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 12, "random cases must get far enough to meet the program's own errors");
}

#[test]
fn other_languages_have_every_instruction() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    vectors::instructions(&assay_feed_host::IDENTITY, &recorded);
}
