//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::record;
use assay_tests::attacks::{Attack, Exception, cases, check, fuzz};

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &["*.model", "*.receipt", "*.set", "*.attestation", "*.series"],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Stranger,
        on: &[
            "record.payer",
            "record_batch.payer",
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
            "attest",
            "propose_authority",
            "propose_guardian",
            "propose_series",
        ],
        why: "the second time changes nothing",
    },
];

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_verifier_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_verifier_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}
