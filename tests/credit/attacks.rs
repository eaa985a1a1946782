//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_credit::state::{Line, Pool};
use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use solana_address::Address;

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception { attack: Attack::Extended, on: &["*"], why: "bytes behind the arguments are read by nobody" },
    Exception {
        attack: Attack::Twin,
        on: &["*.pool", "*.line", "*.deposit", "*.issuer", "*.tree"],
        why: "the program alone makes accounts of its own, each at its address: there is no such account",
    },
    Exception {
        attack: Attack::Twin,
        on: &[
            "draw.destination",
            "repay.source",
            "supply.source",
            "withdraw_supply.destination",
            "withdraw_reserves.destination",
            "close_pool.destination",
        ],
        why: "another token account of the same owner",
    },
    Exception {
        attack: Attack::Twin,
        on: &["create_pool.mint"],
        why: "the creator chooses the asset; who supplies sees it in the pool, and it stays",
    },
    Exception {
        attack: Attack::Stranger,
        on: &["*.attestors", "*.attestation"],
        why: "nobody attests a development key",
    },
    Exception {
        attack: Attack::OtherProgram,
        on: &["*.attestors", "*.attestation"],
        why: "nobody attests a development key",
    },
    Exception {
        attack: Attack::Accomplice,
        on: &["*.attestors", "*.attestation"],
        why: "nobody attests a development key",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["supply", "draw", "repay"],
        why: "the owner's own, as often as they sign and the limit lasts",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["append_leaf"],
        why: "the issuer's own: a leaf twice is the same person twice, and has one nullifier in a pool",
    },
    Exception {
        attack: Attack::Replayed,
        on: &["propose_terms", "propose_withdrawal"],
        why: "the second time changes nothing but the timelock's start",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["supply", "draw", "repay"],
        why: "the owner's own, as often as they sign and the limit lasts",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["append_leaf"],
        why: "the issuer's own: a leaf twice is the same person twice, and has one nullifier in a pool",
    },
    Exception {
        attack: Attack::Repeated,
        on: &["propose_terms", "propose_withdrawal"],
        why: "the second time changes nothing but the timelock's start",
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
        why: "the owners' and the offices' own; a guardian who lowers or starts at once signs for it; what waits was waited for",
    },
    Exception {
        attack: Attack::Around,
        on: &["cancel_proposal.propose_terms", "lower_pause.set_pause", "start_issuer.stop_issuer"],
        why: "the last of them counts",
    },
    Exception {
        attack: Attack::Ahead,
        on: &[
            "propose_terms.repay",
            "repay.renew_by_proof",
            "set_pause.withdraw_reserves",
            "withdraw_supply.repay",
        ],
        why: "neither needs the other",
    },
];

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[
    Times {
        on: &["create_tree", "append_leaf"],
        refused: &[Shift::YearBack, Shift::YearOn],
        why: "a tree is of its epoch",
    },
    Times { on: &["close_tree"], refused: &[Shift::YearBack], why: "not while a pool may read it" },
    Times {
        on: &["open_line_by_proof", "renew_by_proof"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::YearOn],
        why: "played in the first hour of an epoch: roots of the epoch and, for a while, of the one before",
    },
    Times {
        on: &["draw"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::YearOn],
        why: "a line lapses with its epoch",
    },
    Times {
        on: &["mark_default", "write_off"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack],
        why: "played in the first second after the wait: of what is due and its grace, of a default",
    },
    Times {
        on: &["apply_terms", "withdraw_reserves"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::YearOn],
        why: "played in the first second after the time in which suppliers could leave; a proposal expires",
    },
];

const NUMBERS: &[Numbers] = &[
    Numbers {
        on: &[
            "create_pool.terms.reserve_factor_bps",
            "create_pool.terms.tiers.limit",
            "create_pool.terms.tiers.rate_bps",
            "propose_terms.terms.reserve_factor_bps",
            "propose_terms.terms.tiers.limit",
            "propose_terms.terms.tiers.rate_bps",
        ],
        accepted: &[Edge::Zero, Edge::One],
        why: "no reserves, a tier that lends nothing or for nothing: the pool's choice, which suppliers see",
    },
    Numbers {
        on: &["create_pool.terms.supply_cap", "propose_terms.terms.supply_cap"],
        accepted: &[Edge::One],
        why: "useless, not dangerous",
    },
    Numbers {
        on: &["draw.amount", "supply.amount"],
        accepted: &[Edge::One],
        why: "dust: rounded for the pool, and no state hangs on it",
    },
    Numbers {
        on: &["repay.amount"],
        accepted: &[Edge::One, Edge::Greatest],
        why: "dust, or all that is owed",
    },
    Numbers {
        on: &["propose_withdrawal.amount"],
        accepted: &[Edge::One, Edge::BelowGreatest, Edge::Greatest, Edge::SignBit],
        why: "a proposal: what is paid is bounded by the reserves when it is",
    },
];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    if let Ok(Some(pool)) = net.read::<Pool>(address) {
        return pool.invariant().map_err(|error| format!("a pool with {error:?}"));
    }
    let Ok(Some(line)) = net.read::<Line>(address) else { return Ok(()) };
    let Ok(Some(pool)) = net.read::<Pool>(&line.pool) else { return Err("a line without a pool".to_owned()) };
    line.invariant(&pool).map_err(|error| format!("a line with {error:?}"))
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
