//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use assay_tests::vectors;
use solana_address::Address;

use assay_verifier::Model;

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &["*.model", "*.receipt", "*.set", "*.attestation", "*.series", "*.buffer"],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Stranger,
        on: &[
            "record.payer",
            "record_batch.payer",
            "record_buffer.payer",
            "register.payer",
            "attest.payer",
            "create_attestor_set.payer",
            "create_series.payer",
        ],
        why: "whoever pays may",
    },
    Exception {
        attack: Attack::Replayed,
        on: &[
            "verify",
            "verify_batch",
            "record",
            "record_batch",
            "verify_buffer",
            "record_buffer",
            "write_buffer",
            "attest",
            "propose_authority",
            "propose_guardian",
            "propose_series",
        ],
        why: "the second time changes nothing",
    },
    Exception {
        attack: Attack::Repeated,
        on: &[
            "verify",
            "verify_batch",
            "record",
            "record_batch",
            "verify_buffer",
            "record_buffer",
            "write_buffer",
            "attest",
            "propose_authority",
            "propose_guardian",
            "propose_series",
        ],
        why: "the second time changes nothing",
    },
    Exception {
        attack: Attack::Joined,
        on: &[
            "accept_authority.propose_authority",
            "cancel_guardian.propose_guardian",
            "cancel_series.create_series",
            "propose_authority.record",
            "propose_guardian.activate",
            "propose_series.cancel_series",
            "renounce_authority.apply_guardian",
            "renounce_series.apply_series",
            "resume.suspend",
            "retire.resume",
        ],
        why: "none of them waits for the other: what comes after a proposal waits for its timelock, and that is refused here",
    },
    Exception {
        attack: Attack::Around,
        on: &[
            "cancel_guardian.propose_guardian",
            "propose_authority.record",
            "propose_series.cancel_series",
            "resume.suspend",
        ],
        why: "the last of them counts: a proposal starts its timelock anew",
    },
    Exception {
        attack: Attack::Ahead,
        on: &["propose_authority.record", "propose_guardian.activate", "propose_series.cancel_series"],
        why: "neither needs the other",
    },
];

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[
    Times {
        on: &["activate", "apply_guardian", "apply_series"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::YearOn],
        why: "played in the first second after the timelock; a proposal lapses after 14 days",
    },
    Times {
        on: &["accept_authority"],
        refused: &[Shift::YearOn],
        why: "an offer lapses after 14 days, and waits for nothing",
    },
    Times { on: &["close_receipt"], refused: &[Shift::YearBack], why: "a receipt stays for a week" },
    Times {
        on: &["close_model"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack],
        why: "played in the first second after the 30 days from its retirement",
    },
];

const NUMBERS: &[Numbers] = &[
    Numbers {
        on: &["write_buffer.args.offset"],
        accepted: &[Edge::One],
        why: "a payer writes where it likes into its own buffer, and nothing follows from that",
    },
    Numbers {
        on: &["write_buffer.args.chunk.len"],
        accepted: &[Edge::Zero, Edge::One],
        why: "a shorter piece: bytes behind the arguments are read by nobody",
    },
];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    let Ok(Some(model)) = net.read::<Model>(address) else { return Ok(()) };
    model.invariant().map_err(|error| format!("a model with {error:?}"))
}

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_verifier_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn times_and_numbers_are_refused_where_they_must_be() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check_limits(&assay_verifier_host::IDENTITY, &recorded, &LIMITS, holds);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} times and numbers refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_verifier_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}

#[test]
fn other_languages_have_every_instruction() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    vectors::instructions(&assay_verifier_host::IDENTITY, &recorded);
}
