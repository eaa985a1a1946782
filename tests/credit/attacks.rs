//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_credit_host::Pool;
use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use assay_tests::vectors;
use solana_address::Address;

use crate::costs::every_instruction_costs_what_the_ledger_says;

const PROGRAMS_OWN: &str =
    "the program alone makes accounts of its own, each at its address: there is no such account";
const NOT_READ: &str = "the model's key is a development key, which the terms accept, so nobody reads it";
const OWN_TOKENS: &str =
    "another token account of the same owner, who signs or is the one that the pool names";
const AGAIN: &str = "the signer's own, as often as they sign, each time with its own effect";
const NO_WAIT: &str = "no state has to last between the two: what waits here, waits for something else";

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &[
            "append_leaf.tree",
            "apply_terms.pool",
            "cancel_proposal.pool",
            "close_deposit.deposit",
            "close_tree.tree",
            "draw.line",
            "lower_pause.pool",
            "mark_default.line",
            "open_line_by_proof.tree",
            "propose_terms.pool",
            "propose_withdrawal.pool",
            "renew_by_proof.tree",
            "renounce_admin.pool",
            "repay.line",
            "set_pause.pool",
            "start_issuer.issuer",
            "stop_issuer.issuer",
            "withdraw_supply.deposit",
            "write_off.line",
        ],
        why: PROGRAMS_OWN,
    },
    Exception {
        attack: Attack::Twin,
        on: &["create_pool.mint"],
        why: "the creator chooses the mint; whoever supplies sees it in the pool, and it stays",
    },
    Exception {
        attack: Attack::Twin,
        on: &[
            "close_pool.destination",
            "draw.destination",
            "repay.source",
            "supply.source",
            "withdraw_reserves.destination",
            "withdraw_supply.destination",
        ],
        why: OWN_TOKENS,
    },
    Exception {
        attack: Attack::Stranger,
        on: &[
            "apply_terms.attestation",
            "apply_terms.attestors",
            "create_pool.attestation",
            "create_pool.attestors",
        ],
        why: NOT_READ,
    },
    Exception {
        attack: Attack::OtherProgram,
        on: &[
            "apply_terms.attestation",
            "apply_terms.attestors",
            "create_pool.attestation",
            "create_pool.attestors",
        ],
        why: NOT_READ,
    },
    Exception {
        attack: Attack::Accomplice,
        on: &[
            "apply_terms.attestation",
            "apply_terms.attestors",
            "create_pool.attestation",
            "create_pool.attestors",
        ],
        why: NOT_READ,
    },
    Exception {
        attack: Attack::Replayed,
        on: &["append_leaf", "draw", "propose_terms", "propose_withdrawal", "repay", "supply"],
        why: AGAIN,
    },
    Exception {
        attack: Attack::Repeated,
        on: &["append_leaf", "draw", "propose_terms", "propose_withdrawal", "repay", "supply"],
        why: AGAIN,
    },
    Exception {
        attack: Attack::Joined,
        on: &[
            "append_leaf.create_tree",
            "cancel_proposal.propose_terms",
            "close_deposit.withdraw_supply",
            "draw.open_line_by_proof",
            "lower_pause.set_pause",
            "propose_terms.repay",
            "propose_withdrawal.apply_terms",
            "renounce_admin.lower_pause",
            "repay.renew_by_proof",
            "set_pause.withdraw_reserves",
            "start_issuer.stop_issuer",
            "supply.create_pool",
            "withdraw_supply.repay",
        ],
        why: NO_WAIT,
    },
    Exception {
        attack: Attack::Ahead,
        on: &[
            "propose_terms.repay",
            "repay.renew_by_proof",
            "set_pause.withdraw_reserves",
            "withdraw_supply.repay",
        ],
        why: NO_WAIT,
    },
    Exception {
        attack: Attack::Around,
        on: &["cancel_proposal.propose_terms", "lower_pause.set_pause", "start_issuer.stop_issuer"],
        why: "done, undone and done again by those whose it is: both keys signed what undoes a stop or a pause at once",
    },
];

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[
    Times {
        on: &["create_tree", "append_leaf"],
        refused: &[Shift::YearBack, Shift::YearOn],
        why: "a tree is made and grows in its epoch, and in the one before",
    },
    Times {
        on: &["close_tree"],
        refused: &[Shift::YearBack],
        why: "a tree closes when its epoch is no longer in force",
    },
    Times {
        on: &["open_line_by_proof", "renew_by_proof", "draw"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::YearOn],
        why: "played in the first hour of the epoch, which is in force from its first second to three days after its end",
    },
    Times {
        on: &["mark_default", "write_off"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack],
        why: "played in the first second after the wait",
    },
    Times {
        on: &["apply_terms", "withdraw_reserves"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::YearOn],
        why: "played in the first second after the timelock; a proposal expires",
    },
];

const NUMBERS: &[Numbers] = &[
    Numbers {
        on: &["create_pool.terms.reserve_factor_bps", "propose_terms.terms.reserve_factor_bps"],
        accepted: &[Edge::Zero, Edge::One],
        why: "no reserves: suppliers see it",
    },
    Numbers {
        on: &["create_pool.terms.supply_cap", "propose_terms.terms.supply_cap"],
        accepted: &[Edge::One],
        why: "a pool that takes nothing more",
    },
    Numbers {
        on: &[
            "create_pool.terms.tiers.limit",
            "create_pool.terms.tiers.rate_bps",
            "propose_terms.terms.tiers.limit",
            "propose_terms.terms.tiers.rate_bps",
        ],
        accepted: &[Edge::Zero, Edge::One],
        why: "the riskiest tier gets nothing, or the best one pays nothing",
    },
    Numbers {
        on: &["draw.amount", "supply.amount"],
        accepted: &[Edge::One],
        why: "one base unit is an amount: it rounds against its owner",
    },
    Numbers {
        on: &["repay.amount"],
        accepted: &[Edge::One, Edge::Greatest],
        why: "one base unit is an amount, and the greatest number stands for the whole debt",
    },
    Numbers {
        on: &["propose_withdrawal.amount"],
        accepted: &[Edge::One, Edge::BelowGreatest, Edge::Greatest, Edge::SignBit],
        why: "no more is paid than is free when it is paid",
    },
];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    let Ok(Some(pool)) = net.read::<Pool>(address) else { return Ok(()) };
    pool.invariant().map_err(|error| format!("a pool with {error:?}"))?;
    if net.token_balance(&pool.vault) < pool.cash {
        return Err(format!("a vault with less than the {} that the books hold", pool.cash));
    }
    Ok(())
}

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_credit_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn times_and_numbers_are_refused_where_they_must_be() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check_limits(&assay_credit_host::IDENTITY, &recorded, &LIMITS, holds);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} times and numbers refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_credit_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}

#[test]
fn other_languages_have_every_instruction() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    vectors::instructions(&assay_credit_host::IDENTITY, &recorded);
}
