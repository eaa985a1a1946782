//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::record;
use assay_tests::attacks::{Attack, Exception, cases, check, fuzz};

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
];

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_credit_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_credit_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}
