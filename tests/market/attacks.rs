//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use assay_tests::vectors;
use solana_address::Address;

use assay_market::state::Question;

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
        on: &["create.mint", "create.source"],
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
    Exception {
        attack: Attack::Accomplice,
        on: &["create.attestation", "create.second_attestation"],
        why: "no attestors are named, so nobody reads it",
    },
    Exception {
        attack: Attack::Joined,
        on: &[
            "add_outcome.create",
            "merge.split",
            "dispute.resolve_by_proof",
            "council.dispute",
            "redeem.council",
            "close.redeem",
        ],
        why: "no state has to last: what a window waits for is others, and these end none",
    },
    Exception {
        attack: Attack::Around,
        on: &["merge.split"],
        why: "a set made, taken back and made again: the owner's own",
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
        on: &["split.collateral", "split.outcome_destination", "merge.outcome_source", "redeem.source"],
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

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[
    Times {
        on: &["create"],
        refused: &[Shift::YearOn],
        why: "a question whose trading would be over already",
    },
    Times {
        on: &["split"],
        refused: &[Shift::YearOn],
        why: "trading closes before the first price that counts",
    },
    Times {
        on: &["observe"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::YearOn],
        why: "played in the first second after trading: not before it, and not after the last time to observe",
    },
    Times {
        on: &["void", "settle"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack],
        why: "played in the first second after the wait: void time runs out, a row's window for disputes",
    },
    Times {
        on: &["resolve_by_proof", "dispute", "council"],
        refused: &[Shift::YearOn],
        why: "each has its window",
    },
];

const NUMBERS: &[Numbers] = &[
    Numbers { on: &["council.choice"], accepted: &[Edge::Zero], why: "the first row is proven too" },
    Numbers {
        on: &["create.terms.flags"],
        accepted: &[Edge::One],
        why: "trusts its models' authority, and shows it",
    },
    Numbers {
        on: &["create.terms.observe_bounty", "create.terms.resolve_bounty"],
        accepted: &[Edge::Zero],
        why: "no bounty: the creator's choice, shown in the question",
    },
    Numbers {
        on: &["create.terms.thresholds"],
        accepted: &[Edge::Zero, Edge::One, Edge::BelowGreatest, Edge::Greatest],
        why: "any that increase strictly are the creator's choice; whoever buys sees them",
    },
    Numbers {
        on: &["merge.amount", "split.amount"],
        accepted: &[Edge::One],
        why: "one unit is a set of one unit of each outcome",
    },
];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    let Ok(Some(question)) = net.read::<Question>(address) else { return Ok(()) };
    question.invariant().map_err(|error| format!("a question with {error:?}"))?;
    if net.token_balance(&question.vault) < question.held {
        return Err(format!("a vault with less than the {} that the books hold", question.held));
    }
    Ok(())
}

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_market_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn times_and_numbers_are_refused_where_they_must_be() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check_limits(&assay_market_host::IDENTITY, &recorded, &LIMITS, holds);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} times and numbers refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_market_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}

#[test]
fn other_languages_have_every_instruction() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    vectors::instructions(&assay_market_host::IDENTITY, &recorded);
}
