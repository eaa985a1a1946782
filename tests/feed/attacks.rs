//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use solana_address::Address;

use assay_feed_interface::{Source, source};

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &["refresh.source", "observe.source"],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &["observe.update"],
        why: "the receiver program alone makes price updates, and any of the feed will do",
    },
    Exception { attack: Attack::Stranger, on: &["create_source.payer"], why: "whoever pays may" },
    Exception {
        attack: Attack::Replayed,
        on: &["refresh", "observe"],
        why: "the second time changes nothing, and must not fail who comes second",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["refresh", "observe"],
        why: "the second time changes nothing, and must not fail who comes second",
    },
    Exception {
        attack: Attack::Twin,
        on: &[
            "accept_offices.feed",
            "propose_offices.feed",
            "start.feed",
            "stop.feed",
            "close_round.round",
            "publish_fallback.round",
        ],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &["create_feed.model"],
        why: "the verifier alone makes models, each at the address of its key and schema: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &["create_feed.source"],
        why: "the creator chooses the sources; who reads the feed sees them in it, and they stay",
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
        on: &["open_round.caller"],
        why: "whoever pays may: prices are the sources'",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["open_round", "publish_by_proof", "publish_fallback", "stop"],
        why: "the second time changes nothing, and must not fail who comes second",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["propose_offices"],
        why: "the second time changes nothing but the wait's start",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["open_round", "publish_by_proof", "publish_fallback", "stop"],
        why: "the second time changes nothing, and must not fail who comes second",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["propose_offices"],
        why: "the second time changes nothing but the wait's start",
    },
    Exception {
        attack: Attack::Joined,
        on: &["accept_offices.start", "propose_offices.stop", "publish_by_proof.open_round"],
        why: "none of them waits for the other",
    },
    Exception {
        attack: Attack::Around,
        on: &["propose_offices.stop", "publish_by_proof.open_round"],
        why: "to stop what is stopped, and to open what is sealed, changes nothing",
    },
    Exception {
        attack: Attack::Ahead,
        on: &["propose_offices.stop", "publish_by_proof.open_round"],
        why: "played where the round was sealed and the feed ran: neither needs the other",
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
        why: "a round is of its minute: not before it is final, not after its time",
    },
    Times {
        on: &["publish_fallback"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::HourOn, Shift::YearOn],
        why: "played in the first second after the window for proofs",
    },
    Times {
        on: &["close_round", "start"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack],
        why: "played in the first second after the wait: of a round's time, of a stop",
    },
    Times {
        on: &["accept_offices"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::YearOn],
        why: "played in the first second after the wait; a proposal lapses",
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
        why: "useless or strict, not dangerous: the price ages",
    },
    Numbers {
        on: &["create_feed.params.threshold"],
        accepted: &[Edge::Zero, Edge::One, Edge::BelowGreatest, Edge::Greatest],
        why: "any but the least, which every score would reach",
    },
];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    let Some(account) = net.account(address) else { return Ok(()) };
    if account.owner != assay_feed_host::IDENTITY.id || !account.data.starts_with(&source::DISCRIMINATOR) {
        return Ok(());
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
