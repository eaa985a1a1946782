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
];

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[Times {
    on: &["refresh", "observe"],
    refused: &[Shift::YearBack, Shift::HourBack],
    why: "a price from the future; how old one may be is its readers' business",
}];

const NUMBERS: &[Numbers] = &[Numbers {
    on: &["observe.interval"],
    accepted: &[Edge::One],
    why: "the update is the first of its hour, too",
}];

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
