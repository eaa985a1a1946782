//! A market that follows a series: which models it takes up, and what a switch does to what is in flight.

use assay_lending::state::{
    MODEL_FOLLOWED, MODEL_PINNED, RiskParams, SETUP_CEREMONY, SETUP_DEVELOPMENT, Snapshot,
    TIGHTENING_SECONDS, TIMELOCK_SECONDS,
};
use assay_lending_host::{ALL, Proven, Vouched};
use assay_localnet::Outcome;
use assay_verifier_host::{
    self as verifier, MIN_TIMELOCK, NewSeries, apply_series, close_series, propose_series, receipt_address,
};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::support::{Model, SOL, TestMarket, USDC, refused, with_account};

const TIMELOCK: i64 = TIMELOCK_SECONDS as i64;

/// Places of the accounts in `liquidate_by_proof`.
const SERIES: usize = 14;
const RECEIPT: usize = 15;

/// A series of the stranger's, whose first model waits.
fn propose_first(
    test: &mut TestMarket,
    name: &str,
    model: Address,
    attestor_set: Address,
    timelock: i64,
) -> Address {
    let creator = test.stranger.address();
    let domain = Model::shared().schema.domain().to_be_bytes();
    let series = NewSeries { creator, payer: creator, name, model, domain, attestor_set, timelock };
    let create = series.create();
    test.stranger_sends(create).expect_ok();
    series.address()
}

/// A series of the stranger's with a current model.
fn series(test: &mut TestMarket, name: &str, model: Address, timelock: i64) -> Address {
    let series = propose_first(test, name, model, Address::default(), timelock);
    test.advance(timelock);
    apply(test, series, model, Address::default()).expect_ok();
    series
}

fn apply(test: &mut TestMarket, series: Address, model: Address, set: Address) -> Outcome {
    let apply = apply_series(test.stranger.address(), series, model, set);
    test.stranger_sends(apply)
}

/// The parameters follow the series, whose current model is the test's.
fn follow(test: &mut TestMarket, series: Address) {
    (test.params.model, test.params.model_mode) = (series.to_bytes(), MODEL_FOLLOWED);
    test.vouched = Vouched::Series(test.model);
}

/// A market that follows a series whose next model waits and is due: 100 SOL against 6,900 USDC at 86 USD.
pub struct Following {
    pub test: TestMarket,
    series: Address,
    next: Address,
}

impl Following {
    pub fn new() -> Self {
        let mut test = TestMarket::without_market();
        let model = test.model;
        let series = series(&mut test, "scores", model, TIMELOCK);
        follow(&mut test, series);
        let create = test.create();
        test.admin_sends(create).expect_ok();
        let next = test.register(Model::successor());
        let propose = propose_series(test.stranger.address(), series, next);
        test.stranger_sends(propose).expect_ok();
        test.advance(TIMELOCK);
        let supply = test.keys.supply(test.lender.address(), test.lender.debt, 1_000_000 * USDC);
        test.lender_sends(supply).expect_ok();
        test.fill_history();
        test.take_loan(100 * SOL, 6_900 * USDC);
        test.set_prices(86.0, 1.0);
        Self { test, series, next }
    }

    /// What a proof opens, in the order of the ledger's measurement.
    pub fn flag_liquidate_and_clear(&mut self) {
        let first = self.test.take_snapshot();
        let flag = self.test.flag(&first);
        self.test.liquidator_sends(flag).expect_ok();
        let with_receipt = Proven { proof: None, ..self.test.proven(&first) };
        let early = self.early(&with_receipt, 100 * USDC);
        self.test.liquidator_sends(early).expect_ok();
        self.test.set_prices(90.0, 1.0);
        let mild = self.test.take_snapshot();
        let clear = self.test.clear(&mild);
        self.test.liquidator_sends(clear).expect_ok();
    }

    /// The next model becomes the current one.
    fn switch(&mut self) {
        apply(&mut self.test, self.series, self.next, Address::default()).expect_ok();
    }

    /// The liquidator's proof under the next model.
    fn by_next(&self, snapshot: &Snapshot) -> Proven {
        let prover = self.test.liquidator.address();
        Proven { model: self.next, ..self.test.proven_by(Model::successor(), snapshot, &prover) }
    }

    pub fn early(&self, proven: &Proven, repay: u64) -> Instruction {
        self.test.keys.liquidate_by_proof(&self.test.liquidation(repay), proven)
    }
}

#[test]
fn the_current_model_opens_and_the_next_one_does_not() {
    let mut following = Following::new();
    let snapshot = following.test.take_snapshot();
    let next = following.early(&following.by_next(&snapshot), ALL);
    refused(&following.test.liquidator_sends(next), "WrongModel");
    let current = following.early(&following.test.proven(&snapshot), ALL);
    following.test.liquidator_sends(current).expect_ok();
    assert_eq!(following.test.position().flag.state, 1);
}

#[test]
fn after_a_switch_neither_a_proof_nor_a_receipt_of_the_former_model_opens_anything() {
    let mut following = Following::new();
    let snapshot = following.test.take_snapshot();
    let former = following.test.proven(&snapshot);
    let flag = following.test.flag(&snapshot);
    following.test.liquidator_sends(flag.clone()).expect_ok();
    let since = following.test.position().flag.since;
    following.test.advance(5);
    following.switch();

    let next = following.by_next(&snapshot);
    assert_eq!(former.digest, next.digest, "a statement names no model: its key does");
    refused(&following.test.liquidator_sends(flag), "WrongModel");
    let cases = [
        (former, "WrongModel"),
        (Proven { proof: None, ..former }, "WrongModel"),
        (Proven { model: following.next, ..former }, "ProofInvalid"),
        (Proven { proof: None, ..next }, "ReceiptMissing"),
    ];
    for (index, (proven, error)) in cases.into_iter().enumerate() {
        let early = following.early(&proven, ALL);
        let outcome = following.test.liquidator_sends(early);
        assert_eq!(outcome.error(), error, "case {index}: {}", outcome.logs.join("\n"));
    }
    // The former's receipt in the place of the present model's.
    let receipt = receipt_address(&following.test.model, &former.digest);
    let early = following.early(&Proven { proof: None, ..next }, ALL);
    refused(&following.test.liquidator_sends(with_account(early, RECEIPT, receipt)), "WrongAddress");
    // A snapshot is no word of a model's, and the flag stood when it was set: both stay.
    let early = following.early(&next, ALL);
    following.test.liquidator_sends(early).expect_ok();
    assert_eq!(following.test.position().flag.since, since);
}

#[test]
fn a_flag_of_the_former_model_is_cleared_by_the_present_one() {
    let mut following = Following::new();
    let snapshot = following.test.take_snapshot();
    let flag = following.test.flag(&snapshot);
    following.test.liquidator_sends(flag).expect_ok();
    following.test.set_prices(91.0, 1.0);
    let mild = following.test.take_snapshot();
    let former = following.test.clear(&mild);
    following.switch();
    refused(&following.test.liquidator_sends(former), "WrongModel");
    let (prover, position) = (following.test.liquidator.address(), mild.position);
    let clear = following.test.keys.clear_by_proof(prover, position, &following.by_next(&mild));
    following.test.liquidator_sends(clear).expect_ok();
    assert_eq!(following.test.position().flag.state, 2);
}

#[test]
fn a_switch_opens_no_second_budget() {
    let mut following = Following::new();
    let snapshot = following.test.take_snapshot();
    let first = following.early(&following.test.proven(&snapshot), 1_000 * USDC);
    following.test.liquidator_sends(first).expect_ok();
    following.switch();
    // The repayment lowered the ratio; the price restores it.
    following.test.set_prices(83.5, 1.0);
    // A fifth of 6,900 USDC, and a little interest, less what the former model's proof repaid.
    let next = following.by_next(&snapshot);
    let rest = following.test.position().budget.base_debt / 5 - 1_000 * USDC;
    let more = following.early(&next, rest + 1);
    refused(&following.test.liquidator_sends(more), "CloseFactorExceeded");
    let all = following.early(&next, ALL);
    following.test.liquidator_sends(all.clone()).expect_ok();
    assert_eq!(following.test.position().budget.repaid, rest + 1_000 * USDC);
    following.test.set_prices(82.5, 1.0);
    refused(&following.test.liquidator_sends(all), "BudgetSpent");
}

#[test]
fn the_series_account_is_the_parameters_own() {
    let mut following = Following::new();
    let other_model = following.next;
    let other = series(&mut following.test, "others", other_model, TIMELOCK);
    following.test.fill_history();
    following.test.set_prices(86.0, 1.0);
    let snapshot = following.test.take_snapshot();
    let honest = following.test.proven(&snapshot);
    let early = following.early(&honest, ALL);
    // Another series, and a model that is current in it.
    refused(&following.test.liquidator_sends(with_account(early.clone(), SERIES, other)), "WrongSeries");
    let foreign = Proven { model: other_model, ..honest };
    let foreign = following.early(&foreign, ALL);
    refused(&following.test.liquidator_sends(foreign.clone()), "WrongModel");
    refused(&following.test.liquidator_sends(with_account(foreign, SERIES, other)), "WrongSeries");
    // None; and a pinned market that is given one.
    let without = following.early(&Proven { series: None, ..honest }, ALL);
    refused(&following.test.liquidator_sends(without), "SeriesMissing");
    let (mut pinned, of_pinned) = crate::liquidate_by_proof::risky();
    let given = Proven { series: Some(pinned.prices.debt), ..pinned.proven(&of_pinned) };
    let given = pinned.keys.liquidate_by_proof(&pinned.liquidation(ALL), &given);
    refused(&pinned.liquidator_sends(given), "SeriesUnwanted");
    // What is at the address must be a series of the verifier's, of a known version.
    let good = following.test.net.account(&following.series).unwrap();
    let (mut kind, mut version) = (good.clone(), good.clone());
    kind.data[0] ^= 1;
    let at = 8 + 2 * 8 + 9 * 32;
    assert_eq!(version.data[at], 1);
    version.data[at] = 2;
    let short = Account { data: good.data[..200].to_vec(), ..good.clone() };
    for bad in [Account { owner: assay_lending::ID, ..good.clone() }, kind, version, short] {
        following.test.net.set_account(following.series, bad);
        refused(&following.test.liquidator_sends(early.clone()), "WrongSeries");
    }
    following.test.net.set_account(following.series, good);
    following.test.liquidator_sends(early).expect_ok();
}

#[test]
fn without_series_or_active_model_the_plain_rule_remains() {
    let mut following = Following::new();
    let snapshot = following.test.take_snapshot();
    let early = following.early(&following.test.proven(&snapshot), ALL);
    let (admin, model) = (following.test.admin.address(), following.test.model);
    let suspend = verifier::suspend(admin, model);
    following.test.admin_sends(suspend).expect_ok();
    refused(&following.test.liquidator_sends(early.clone()), "ModelSuspended");
    let retire = verifier::retire(admin, model);
    following.test.admin_sends(retire).expect_ok();
    refused(&following.test.liquidator_sends(early.clone()), "ModelRetired");
    let stranger = following.test.stranger.address();
    let close = close_series(stranger, stranger, model, following.series);
    following.test.stranger_sends(close).expect_ok();
    refused(&following.test.liquidator_sends(early), "WrongSeries");
    // Nor does it keep the market from being made safer.
    let safer = RiskParams { max_ltv_bps: 6_000, ..following.test.params };
    let propose = following.test.keys.propose_params(admin, safer);
    following.test.admin_sends(propose).expect_ok();
    following.test.advance(TIGHTENING_SECONDS as i64);
    let apply = following.test.apply();
    refused(&following.test.admin_sends(with_account(apply.clone(), 3, model)), "WrongModel");
    following.test.admin_sends(apply).expect_ok();
    following.test.set_prices(80.0, 1.0);
    let plain = following.test.keys.liquidate(&following.test.liquidation(ALL));
    following.test.liquidator_sends(plain).expect_ok();
}

#[test]
fn a_series_is_taken_up_on_the_parameters_terms() {
    let mut test = TestMarket::without_market();
    let (model, renamed) = (test.model, test.register(Model::renamed()));
    let fast = series(&mut test, "fast", model, MIN_TIMELOCK);
    follow(&mut test, fast);
    let create = test.create();
    refused(&test.admin_sends(create), "SeriesTooFast");
    let waiting = propose_first(&mut test, "slow", model, Address::default(), TIMELOCK);
    follow(&mut test, waiting);
    let create = test.create();
    refused(&test.admin_sends(create.clone()), "WrongSeries");
    test.advance(TIMELOCK);
    apply(&mut test, waiting, model, Address::default()).expect_ok();
    refused(&test.admin_sends(with_account(create.clone(), 8, renamed)), "WrongModel");
    refused(&test.admin_sends(with_account(create.clone(), 9, fast)), "WrongSeries");
    // Ceremonies, and nobody attests the series' models.
    let set = test.attestors(2);
    let sound = test.params;
    (test.params.accepted_setup_kinds, test.params.attestors) =
        (SETUP_DEVELOPMENT | SETUP_CEREMONY, set.to_bytes());
    let unattested = test.create();
    refused(&test.admin_sends(unattested), "SeriesAttestors");
    test.params.accepted_setup_kinds = SETUP_CEREMONY;
    let ceremonies = test.create();
    refused(&test.admin_sends(ceremonies), "SetupRefused");
    test.params = sound;
    test.params.statement_domain = Model::renamed().schema.domain().to_be_bytes();
    let other_domain = test.create();
    refused(&test.admin_sends(other_domain), "WrongDomain");
    test.params = sound;
    test.admin_sends(create).expect_ok();
    assert_eq!(test.market().params.series(), Some(&waiting.to_bytes()));
}

#[test]
fn where_ceremonies_count_the_set_attests_every_model_that_becomes_current() {
    let mut test = TestMarket::without_market();
    let (set, lax) = (test.attestors(2), test.attestors(1));
    let [first, second] = [Model::shared(), Model::successor()].map(|model| test.register_ceremony(model));
    test.advance(MIN_TIMELOCK);
    for model in [first, second] {
        let activate = verifier::activate(test.admin.address(), model);
        test.admin_sends(activate).expect_ok();
    }
    let (lender, stranger) = (test.lender.key.insecure_clone(), test.stranger.key.insecure_clone());
    let strict = propose_first(&mut test, "strict", first, set, TIMELOCK);
    let other = propose_first(&mut test, "other", first, lax, TIMELOCK);
    for who in [&lender, &stranger] {
        test.attest(who, set, first);
    }
    test.attest(&lender, lax, first);
    test.advance(TIMELOCK);
    apply(&mut test, strict, first, set).expect_ok();
    apply(&mut test, other, first, lax).expect_ok();
    test.model = first;
    (test.params.accepted_setup_kinds, test.params.attestors) = (SETUP_CEREMONY, set.to_bytes());
    follow(&mut test, other);
    let create = test.create();
    refused(&test.admin_sends(create), "SeriesAttestors");
    follow(&mut test, strict);
    let create = test.create();
    test.admin_sends(create).expect_ok();
    // The next model: one attestation is too few, and until there are two the first stays.
    let propose = propose_series(test.stranger.address(), strict, second);
    test.stranger_sends(propose).expect_ok();
    test.attest(&lender, set, second);
    test.advance(TIMELOCK);
    refused(&apply(&mut test, strict, second, set), "NotAttested");
    test.attest(&stranger, set, second);
    apply(&mut test, strict, second, set).expect_ok();
}

#[test]
fn a_market_moves_between_pinning_and_following_by_proposals_only() {
    let mut test = TestMarket::new();
    let (pinned, model) = (test.params, test.model);
    let series = series(&mut test, "scores", model, TIMELOCK);
    follow(&mut test, series);
    let propose = test.keys.propose_params(test.admin.address(), test.params);
    test.admin_sends(propose).expect_ok();
    let apply_params = test.apply();
    refused(&test.admin_sends(apply_params.clone()), "TimelockRunning");
    test.pass_timelock();
    refused(&test.admin_sends(with_account(apply_params.clone(), 3, assay_lending::ID)), "SeriesMissing");
    test.admin_sends(apply_params).expect_ok();
    assert_eq!(test.market().params.model_mode, MODEL_FOLLOWED);
    test.vouched = Vouched::Nothing;
    test.change_params(|params| (params.model, params.model_mode) = (pinned.model, MODEL_PINNED));
    assert_eq!(test.market().params, pinned);
}
