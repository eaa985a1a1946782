//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::record;
use assay_tests::attacks::{Attack, Exception, cases, check, fuzz};

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &["*.market", "*.position", "*.deposit", "*.snapshot"],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &["*.source", "*.destination", "*.debt_source", "*.collateral_destination", "*.debt_destination"],
        why: "another token account of the same owner",
    },
    Exception { attack: Attack::Stranger, on: &["snapshot.payer"], why: "whoever pays may" },
    Exception {
        attack: Attack::Stranger,
        on: &["*.attestors", "*.attestation"],
        why: "nobody attests a development key",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["supply", "deposit_collateral", "withdraw_supply", "withdraw_collateral"],
        why: "the owner's own, as often as they sign",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["supply", "deposit_collateral", "withdraw_supply", "withdraw_collateral"],
        why: "the owner's own, as often as they sign",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["propose_params", "propose_admin", "propose_guardian", "propose_withdrawal"],
        why: "the second time changes nothing but the timelock's start",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["propose_params", "propose_admin", "propose_guardian", "propose_withdrawal"],
        why: "the second time changes nothing but the timelock's start",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["snapshot", "flag_by_proof", "impair"],
        why: "the second time changes nothing",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["snapshot", "flag_by_proof", "impair"],
        why: "the second time changes nothing",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["liquidate_by_proof", "liquidate"],
        why: "as long as the window's budget lasts, and the position is over the threshold",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["liquidate_by_proof", "liquidate"],
        why: "as long as the window's budget lasts, and the position is over the threshold",
    },
    Exception {
        attack: Attack::Twin,
        on: &["liquidate_by_proof.receipt"],
        why: "the verifier alone makes receipts, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::NotSigned,
        on: &["liquidate_start.liquidator", "liquidate_end.liquidator"],
        why: "the other half of the transaction has the same signer",
    },
    Exception {
        attack: Attack::ReadOnly,
        on: &[
            "liquidate_start.market",
            "liquidate_start.position",
            "liquidate_end.market",
            "liquidate_end.position",
        ],
        why: "the other half of the transaction writes the same accounts",
    },
    Exception {
        attack: Attack::Stranger,
        on: &["liquidate_start.liquidator"],
        why: "whoever starts: the end repays",
    },
    Exception {
        attack: Attack::OtherProgram,
        on: &["*.attestors", "*.attestation"],
        why: "nobody attests a development key",
    },
];

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_lending_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_lending_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}
