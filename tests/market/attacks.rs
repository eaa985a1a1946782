//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::record;
use assay_tests::attacks::{Attack, Exception, cases, check, fuzz};

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &["*.question", "*.observation"],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &["create.model", "create.second_model"],
        why: "the verifier alone makes models, each at the address of its key and schema: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &["create.mint", "create.remaining"],
        why: "the creator chooses collateral and sources; whoever buys sees them in the question, and they stay",
    },
    Exception {
        attack: Attack::Duplicate,
        on: &["create.second_model"],
        why: "the system program: no second model, which the creator may choose and the question shows",
    },
    Exception {
        attack: Attack::Stranger,
        on: &["create.attestation", "create.second_attestation"],
        why: "no attestors are named, so nobody reads it",
    },
    Exception {
        attack: Attack::OtherProgram,
        on: &["create.attestation", "create.second_attestation"],
        why: "no attestors are named, so nobody reads it",
    },
    Exception { attack: Attack::Stranger, on: &["add_outcome.payer"], why: "whoever pays may" },
    Exception {
        attack: Attack::Stranger,
        on: &["observe.caller"],
        why: "whoever pays may: prices are the sources'",
    },
    Exception { attack: Attack::Stranger, on: &["dispute.challenger"], why: "whoever pays the bond may" },
    Exception {
        attack: Attack::Twin,
        on: &["split.collateral", "split.remaining", "merge.remaining", "redeem.source"],
        why: "another token account of the same owner; a mint's twin is refused (`split`, `merge`)",
    },
    Exception {
        attack: Attack::Twin,
        on: &["merge.collateral", "redeem.destination"],
        why: "the owner, who signs, says where to",
    },
    Exception {
        attack: Attack::Twin,
        on: &["close.destination"],
        why: "another token account of who paid for the question",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["split", "merge"],
        why: "the owner's own, as often as they sign, and a set for each unit",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["split", "merge"],
        why: "the owner's own, as often as they sign, and a set for each unit",
    },
    Exception { attack: Attack::Replayed, on: &["observe"], why: "a written hour stays: it changes nothing" },
    Exception { attack: Attack::Repeated, on: &["observe"], why: "a written hour stays: it changes nothing" },
    Exception {
        attack: Attack::ReadOnly,
        on: &[
            "settle.first_prover",
            "settle.second_prover",
            "settle.first_challenger",
            "council.first_prover",
            "council.second_prover",
            "council.first_challenger",
            "council.second_challenger",
            "void.payer",
        ],
        why: "paid nothing here, or named a second time as writable; to pay an account that cannot be written fails",
    },
];

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_market_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_market_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}
