//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use assay_tests::vectors;
use solana_address::Address;

use assay_lending::state::{Market, Position};

use crate::costs::every_instruction_costs_what_the_ledger_says;
use crate::series::Following;

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
    Exception {
        attack: Attack::Accomplice,
        on: &["*.attestors", "*.attestation"],
        why: "nobody attests a development key",
    },
    Exception {
        attack: Attack::Joined,
        on: &[
            "propose_params.init_market",
            "supply.init_market",
            "cancel_proposal.propose_params",
            "set_pause.apply_params",
            "propose_guardian.lower_pause",
            "propose_admin.set_guardian",
            "propose_withdrawal.repay",
            "renounce_admin.accept_admin",
        ],
        why: "the offices' own, and what waits was waited for: no proposal is applied where it is made",
    },
    Exception {
        attack: Attack::Joined,
        on: &[
            "deposit_collateral.supply",
            "borrow.deposit_collateral",
            "withdraw_collateral.deposit_collateral",
            "withdraw_supply.supply",
            "repay.withdraw_supply",
        ],
        why: "the owners' own; a loan that ends where it began moves nothing but dust of interest, for the market",
    },
    Exception {
        attack: Attack::Joined,
        on: &["liquidate_by_proof.flag_by_proof", "impair.liquidate"],
        why: "a flag's auction begins with it, at the least bonus; a loss is assessed as it stands",
    },
    Exception {
        attack: Attack::Around,
        on: &[
            "cancel_proposal.propose_params",
            "deposit_collateral.supply",
            "borrow.deposit_collateral",
            "withdraw_collateral.deposit_collateral",
            "withdraw_supply.supply",
            "repay.withdraw_supply",
            "liquidate_by_proof.flag_by_proof",
            "impair.liquidate",
        ],
        why: "what comes twice may come as often as its signer likes; the last proposal counts",
    },
    Exception {
        attack: Attack::Ahead,
        on: &[
            "deposit_collateral.supply",
            "withdraw_collateral.deposit_collateral",
            "withdraw_supply.supply",
            "repay.withdraw_supply",
            "impair.liquidate",
            "set_pause.apply_params",
            "propose_guardian.lower_pause",
            "propose_withdrawal.repay",
        ],
        why: "neither needs the other",
    },
];

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[
    Times {
        on: &["apply_params"],
        refused: &[Shift::YearBack, Shift::YearOn],
        why: "these parameters only tighten the rules and wait for less; a proposal expires",
    },
    Times {
        on: &["set_guardian", "accept_admin", "withdraw_reserves"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::YearOn],
        why: "played in the first second after the two days in which suppliers could leave; a proposal expires",
    },
    Times {
        on: &["lower_pause"],
        refused: &[Shift::YearBack],
        why: "without the guardian, a day after the level rose",
    },
    Times {
        on: &[
            "borrow",
            "withdraw_collateral",
            "liquidate",
            "liquidate_start",
            "liquidate_end",
            "impair",
            "socialize",
        ],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::HourOn, Shift::YearOn],
        why: "a price from the future, or one of an hour ago; a second is within what an action allows",
    },
    Times {
        on: &["snapshot"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::HourOn, Shift::YearOn],
        why: "played in the first second of its minute, which may be taken for two minutes",
    },
    Times {
        on: &["flag_by_proof", "liquidate_by_proof", "clear_by_proof"],
        refused: &[Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::HourOn, Shift::YearOn],
        why: "played a second after the snapshot, as early as may be; a snapshot expires",
    },
    Times { on: &["close_position"], refused: &[Shift::YearBack], why: "three minutes after its debt ended" },
];

const NUMBERS: &[Numbers] = &[
    Numbers {
        on: &[
            "supply.amount",
            "deposit_collateral.amount",
            "withdraw_collateral.amount",
            "repay.amount",
            "liquidate.repay",
            "liquidate_start.repay",
        ],
        accepted: &[Edge::One],
        why: "dust: rounded for the market, and no state hangs on it",
    },
    Numbers {
        on: &["liquidate_by_proof.repay"],
        accepted: &[Edge::Greatest],
        why: "all that the budget allows",
    },
    Numbers {
        on: &["liquidate.min_seized", "liquidate_by_proof.min_seized", "liquidate_start.min_seized"],
        accepted: &[Edge::One],
        why: "the liquidator's own bound",
    },
    Numbers {
        on: &["propose_withdrawal.amount"],
        accepted: &[Edge::One, Edge::BelowGreatest, Edge::Greatest, Edge::SignBit],
        why: "a proposal: what is paid is bounded by the reserves when it is",
    },
    Numbers {
        on: &["init_market.params.score_threshold", "propose_params.params.score_threshold"],
        accepted: &[Edge::Zero, Edge::One, Edge::BelowGreatest, Edge::Greatest],
        why: "any but the least, which every score would reach; what a score opens the floor bounds",
    },
    Numbers {
        on: &["propose_params.params.model_mode"],
        accepted: &[Edge::One],
        why: "to follow a series: what stands at the address is asked for when the parameters apply",
    },
    Numbers {
        on: &["init_market.params.collateral_cap", "propose_params.params.collateral_cap"],
        accepted: &[Edge::One, Edge::BelowGreatest, Edge::Greatest, Edge::SignBit],
        why: "a cap of nothing is refused, a large one is none; sums are checked",
    },
    Numbers {
        on: &[
            "init_market.params.base_rate_bps",
            "init_market.params.early_bonus_min_bps",
            "init_market.params.reserve_factor_bps",
            "propose_params.params.base_rate_bps",
            "propose_params.params.early_bonus_min_bps",
            "propose_params.params.reserve_factor_bps",
        ],
        accepted: &[Edge::Zero, Edge::One],
        why: "no interest at no use, no bonus at first, no reserves: nobody loses what he has",
    },
    Numbers {
        on: &[
            "init_market.params.kink_utilization_bps",
            "init_market.params.least_repayment_bps",
            "init_market.params.max_ltv_bps",
            "init_market.params.min_borrow",
            "init_market.params.price_max_age",
            "init_market.params.skew",
            "init_market.params.strict_confidence_bps",
            "propose_params.params.kink_utilization_bps",
            "propose_params.params.least_repayment_bps",
            "propose_params.params.max_ltv_bps",
            "propose_params.params.min_borrow",
            "propose_params.params.price_max_age",
            "propose_params.params.skew",
            "propose_params.params.strict_confidence_bps",
        ],
        accepted: &[Edge::One],
        why: "useless or strict, not dangerous: `validate` holds the combination",
    },
];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    if let Ok(Some(market)) = net.read::<Market>(address) {
        market.invariant().map_err(|error| format!("a market with {error:?}"))?;
        let short = |vault: &Address, books: u64| net.token_balance(vault) < books;
        if short(&market.liquidity_vault, market.cash)
            || short(&market.collateral_vault, market.collateral_total)
        {
            return Err("a vault with less than the books hold".to_owned());
        }
    }
    let Ok(Some(position)) = net.read::<Position>(address) else { return Ok(()) };
    let market = net.read::<Market>(&position.market);
    let Ok(Some(market)) = market else { return Err("a position without a market".to_owned()) };
    position.invariant(&market).map_err(|error| format!("a position with {error:?}"))
}

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_lending_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

/// The same where the market follows a series: the first uses of what takes a proof are of such a market.
#[test]
fn every_attack_on_a_market_that_follows_a_series_is_refused() {
    let mut following = Following::new();
    let recorded = record(|| {
        following.flag_liquidate_and_clear();
        every_instruction_costs_what_the_ledger_says();
    });
    let refused = check(&assay_lending_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn times_and_numbers_are_refused_where_they_must_be() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check_limits(&assay_lending_host::IDENTITY, &recorded, &LIMITS, holds);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} times and numbers refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_lending_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}

#[test]
fn other_languages_have_every_instruction() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    vectors::instructions(&assay_lending_host::IDENTITY, &recorded);
}
