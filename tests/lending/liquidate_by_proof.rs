use assay_host::compute_budget;
use assay_interface::groth16::{CommittedProof, Proof, Transcript};
use assay_lending::oracle::Purpose;
use assay_lending::state::{Market, Snapshot};
use assay_lending_host::{ALL, Liquidation, MarketKeys, Proven, source};
use assay_localnet::MAX_TRANSACTION_SIZE;
use assay_verifier_host as verifier;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{Model, SOL, TestMarket, USDC, price_attacks, refused, unsigned, with_account};

/// Places of the accounts that a proof adds to the plain liquidation's twelve.
const SNAPSHOT: usize = 12;
const MODEL: usize = 13;
const VERIFIER: usize = 16;

/// 100 SOL against 6,900 USDC at 86 USD: 80.2 %, a score of 6,573.
pub fn risky() -> (TestMarket, Snapshot) {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    assert_eq!(Model::score(&snapshot), 6_573);
    (test, snapshot)
}

fn with_proof(test: &TestMarket, proven: &Proven) -> Instruction {
    test.keys.liquidate_by_proof(&test.liquidation(ALL), proven)
}

#[test]
fn a_proven_score_opens_a_partial_liquidation_and_leaves_its_receipt() {
    let (mut test, snapshot) = risky();
    let (tokens, collateral) =
        (test.balance(&test.liquidator.debt), test.balance(&test.liquidator.collateral));
    let early = test.early(&snapshot, ALL);
    let [limit, price] = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    let outcome = test.net.send(&[limit, price, early], &[&test.liquidator.key]).expect_ok();
    assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);

    let paid = tokens - test.balance(&test.liquidator.debt);
    let seized = test.balance(&test.liquidator.collateral) - collateral;
    assert_eq!(paid, test.position().budget.repaid);
    assert!(paid.abs_diff(1_380 * USDC) <= USDC, "a fifth of the debt: {paid}");
    // 25 basis points in a flag's first second.
    let bonus = seized as f64 * 86.0 / 1e9 / (paid as f64 / 1e6) - 1.0;
    assert!((bonus - 0.0025).abs() < 1e-6, "{bonus}");
    let (position, market) = (test.position(), test.market());
    assert_eq!(position.collateral, 100 * SOL - seized);
    assert_eq!((position.flag.since, position.flag.epoch), (test.net.now(), snapshot.epoch));
    assert_eq!(test.balance(&test.keys.collateral_vault), market.collateral_total);
    assert_eq!(test.balance(&test.keys.liquidity_vault), market.cash);

    let proven = test.proven(&snapshot);
    let address = verifier::receipt_address(&test.model, &proven.digest);
    let receipt: verifier::Receipt = test.net.read(&address).unwrap().unwrap();
    assert_eq!(receipt.payer, test.liquidator.address());
    let mut expected: Market = bytemuck::Zeroable::zeroed();
    expected.chain_decision(&assay_lending::state::Decision {
        digest: proven.digest.to_be_bytes(),
        position: test.position_address().to_bytes(),
        repaid: paid,
        seized,
        at: test.net.now(),
    });
    assert_eq!(market.decision_chain, expected.decision_chain);
}

#[test]
fn with_a_receipt_the_proof_may_be_left_out() {
    let (mut test, snapshot) = risky();
    let flag = test.flag(&snapshot);
    test.liquidator_sends(flag).expect_ok();
    let without = Proven { proof: None, ..test.proven(&snapshot) };
    let early = with_proof(&test, &without);
    let outcome = test.liquidator_sends(early).expect_ok();
    assert!(outcome.compute_units < 60_000, "{} compute units", outcome.compute_units);
    // Without a receipt there is nothing to leave out, and a receipt does not outlive the right to act.
    let (mut test, snapshot) = risky();
    let without = Proven { proof: None, ..test.proven(&snapshot) };
    let early = with_proof(&test, &without);
    refused(&test.liquidator_sends(early.clone()), "ReceiptMissing");
    let flag = test.flag(&snapshot);
    test.liquidator_sends(flag).expect_ok();
    let suspend = verifier::suspend(test.admin.address(), test.model);
    test.admin_sends(suspend).expect_ok();
    refused(&test.liquidator_sends(early), "ModelSuspended");
}

#[test]
fn a_snapshot_serves_again_until_the_budget_is_spent() {
    let (mut test, snapshot) = risky();
    for _ in 0..2 {
        let early = test.early(&snapshot, 200 * USDC);
        test.liquidator_sends(early).expect_ok();
    }
    // Both have lowered the ratio; for more on this evidence the position must be as risky as it was.
    let more = test.early(&snapshot, 200 * USDC);
    refused(&test.liquidator_sends(more), "PositionRecovered");
    test.set_prices(84.0, 1.0);
    let too_much = test.early(&snapshot, 1_300 * USDC);
    refused(&test.liquidator_sends(too_much), "CloseFactorExceeded");
    let rest = test.early(&snapshot, ALL);
    test.liquidator_sends(rest.clone()).expect_ok();
    assert!(test.position().budget.repaid.abs_diff(1_380 * USDC) <= USDC);
    test.set_prices(81.8, 1.0);
    refused(&test.liquidator_sends(rest), "BudgetSpent");
    // Nor does the next snapshot open more, until the window is over.
    let next = test.take_snapshot();
    let early = test.early(&next, ALL);
    refused(&test.liquidator_sends(early), "BudgetSpent");
    test.advance(i64::from(test.params.early_window));
    test.fill_history();
    let next = test.take_snapshot();
    let early = test.early(&next, ALL);
    test.liquidator_sends(early).expect_ok();
}

#[test]
fn replay_within_one_transaction_is_undone_whole() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    let outcome =
        test.net.send(&[compute_budget::limit(400_000), early.clone(), early], &[&test.liquidator.key]);
    refused(&outcome, "PositionRecovered");
    assert_eq!(test.position().collateral, 100 * SOL, "the first liquidation is undone as well");
}

#[test]
fn the_bonus_is_the_auctions_and_nobody_elses() {
    // Neither score nor price moves it.
    let bonuses = [87.5, 86.0, 82.5].map(|price| {
        let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
        test.set_prices(price, 1.0);
        let snapshot = test.take_snapshot();
        let before = test.balance(&test.liquidator.collateral);
        let early = test.early(&snapshot, 1_000 * USDC);
        test.liquidator_sends(early).expect_ok();
        (test.balance(&test.liquidator.collateral) - before) as f64 / 1e9 * price / 1_000.0 - 1.0
    });
    assert!(bonuses.iter().all(|bonus| (bonus - 0.0025).abs() < 1e-6), "{bonuses:?}");
    // The clock of the flag does, for everybody alike, up to the plain rule's least.
    for (wait, expected) in [(179, 0.0077), (899, 0.02)] {
        let (mut test, snapshot) = risky();
        let flag = test.flag(&snapshot);
        test.liquidator_sends(flag).expect_ok();
        test.advance(wait - 60);
        test.fill_history();
        let next = test.take_snapshot();
        let waited = test.net.now() - test.position().flag.since;
        let before = test.balance(&test.liquidator.collateral);
        let early = test.early(&next, 1_000 * USDC);
        test.liquidator_sends(early).expect_ok();
        let value = (test.balance(&test.liquidator.collateral) - before) as f64 / 1e9 * 86.0;
        let bonus = value / 1_000.0 - 1.0;
        let on_the_ramp = (25.0 + 175.0 * (waited.min(600) as f64) / 600.0).floor() / 10_000.0;
        assert!((bonus - on_the_ramp).abs() < 1e-6, "{bonus} after {waited} s, {expected}");
    }
}

#[test]
fn an_expired_snapshot_opens_nothing() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    test.advance(snapshot.expires_at - test.net.now());
    test.net.simulate(std::slice::from_ref(&early), &[&test.liquidator.key.insecure_clone()]).expect_ok();
    test.advance(1);
    refused(&test.liquidator_sends(early), "SnapshotExpired");
}

#[test]
fn a_score_that_was_not_proven_is_refused() {
    let (mut test, snapshot) = risky();
    let honest = test.proven(&snapshot);
    for score in [honest.score + 1, honest.score - 1, 6_400, i16::MAX] {
        refused(&test.liquidator_sends(with_proof(&test, &Proven { score, ..honest })), "ProofInvalid");
    }
    let mut bent = honest.proof.unwrap();
    bent.plain_mut().c[63] ^= 1;
    let outcome = test.liquidator_sends(with_proof(&test, &Proven { proof: Some(bent), ..honest }));
    refused(&outcome, "ProofInvalid");
    let zero = Proven { proof: Some(Proof::from_slice(&[0; 256]).unwrap()), ..honest };
    refused(&test.liquidator_sends(with_proof(&test, &zero)), "ProofIdentity");
}

#[test]
fn a_score_below_the_threshold_opens_nothing_however_well_proven() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(86.0, 1.0);
    test.change_params(|params| params.score_threshold = 7_000);
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let early = test.early(&snapshot, ALL);
    refused(&test.liquidator_sends(early), "ScoreBelowThreshold");
}

#[test]
fn a_proof_for_other_features_another_context_or_another_prover_is_refused() {
    let (mut test, snapshot) = risky();
    let honest = test.proven(&snapshot);
    let context = source::snapshot_context(&snapshot, &honest.snapshot, &test.liquidator.address());
    let mut features = snapshot.features;
    features[5] += 1;
    let other_features = Model::shared().prove_for(Transcript::Assay, features, context).0;
    let mut other = context;
    other[0] ^= 1;
    let other_context = Model::shared().prove_for(Transcript::Assay, snapshot.features, other).0;
    let strangers = test.proven_by(Model::shared(), &snapshot, &test.stranger.address()).proof.unwrap();
    for proof in [other_features, other_context, strangers] {
        let proof = Some(proof);
        refused(&test.liquidator_sends(with_proof(&test, &Proven { proof, ..honest })), "ProofInvalid");
    }
}

#[test]
fn another_positions_snapshot_or_proof_opens_nothing() {
    let (mut test, snapshot) = risky();
    // The lender opens a position like the borrower's.
    test.set_prices(100.0, 1.0);
    let owner = test.lender.address();
    let deposit = test.keys.deposit_collateral(owner, test.lender.collateral, 100 * SOL);
    let borrow = test.keys.borrow(owner, test.lender.debt, test.prices, 6_900 * USDC);
    test.net.send(&[deposit, borrow], &[&test.lender.key]).expect_ok();
    test.set_prices(86.0, 1.0);
    test.next_minute();
    let (position, evidence) = (test.keys.position(&owner), test.evidence());
    let take = test.keys.take_snapshot(test.stranger.address(), position, evidence, test.prices);
    test.stranger_sends(take).expect_ok();
    test.advance(1);
    let address = MarketKeys::snapshot(&position, evidence);
    let other: Snapshot = test.net.read(&address).unwrap().unwrap();

    let borrowed = with_account(test.early(&snapshot, ALL), SNAPSHOT, address);
    refused(&test.liquidator_sends(borrowed), "WrongSnapshot");
    let liquidation = Liquidation { position, ..test.liquidation(ALL) };
    let crossed = Proven { snapshot: address, ..test.proven(&snapshot) };
    let crossed = test.keys.liquidate_by_proof(&liquidation, &crossed);
    refused(&test.liquidator_sends(crossed), "ProofInvalid");
    let honest = test.keys.liquidate_by_proof(&liquidation, &test.proven(&other));
    test.liquidator_sends(honest).expect_ok();
}

#[test]
fn below_the_hard_floor_no_score_liquidates() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    // The price recovers after the snapshot: 74.9 %.
    test.set_prices(92.1, 1.0);
    refused(&test.liquidator_sends(early), "BelowEarlyFloor");
    // A threshold that nearly every score reaches stands for a model that is wrong about everything.
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    test.change_params(|params| params.score_threshold = i16::MIN + 1);
    let snapshot = test.take_snapshot();
    let early = test.early(&snapshot, ALL);
    refused(&test.liquidator_sends(early), "BelowEarlyFloor");
}

#[test]
fn over_the_threshold_no_proof_is_needed() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    test.set_prices(81.0, 1.0);
    refused(&test.liquidator_sends(early), "PlainRuleApplies");
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(plain).expect_ok();
}

#[test]
fn the_budget_and_the_minimum_bind() {
    let (mut test, snapshot) = risky();
    for (repay, error) in [
        (1_381 * USDC, "CloseFactorExceeded"),
        (0, "RepaymentTooSmall"),
        (1, "RepaymentTooSmall"),
        (68 * USDC, "RepaymentTooSmall"),
    ] {
        let early = test.early(&snapshot, repay);
        refused(&test.liquidator_sends(early), error);
    }
    let greedy = Liquidation { min_seized: 17 * SOL, ..test.liquidation(ALL) };
    let greedy = test.keys.liquidate_by_proof(&greedy, &test.proven(&snapshot));
    refused(&test.liquidator_sends(greedy), "SlippageExceeded");
}

#[test]
fn a_position_that_no_longer_covers_its_debt_is_left_to_the_plain_rule() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    test.set_prices(70.0, 1.0);
    refused(&test.liquidator_sends(early), "NotCovered");
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(plain).expect_ok();
}

#[test]
fn a_program_that_answers_in_the_verifiers_place_is_not_asked() {
    let (mut test, snapshot) = risky();
    let fake = Keypair::new_from_array([77; 32]).pubkey();
    test.net.deploy(fake, "assay_example_anchor").unwrap();
    let early = test.early(&snapshot, ALL);
    refused(&test.liquidator_sends(with_account(early.clone(), VERIFIER, fake)), "WrongVerifier");
    refused(
        &test.liquidator_sends(with_account(early.clone(), VERIFIER, assay_lending::ID)),
        "WrongVerifier",
    );
    // An account that looks like a model but is not the market's; and one that the verifier does not own.
    let forged = Keypair::new_from_array([78; 32]).pubkey();
    let account = test.net.account(&test.model).unwrap();
    test.net.set_account(forged, account.clone());
    refused(&test.liquidator_sends(with_account(early.clone(), MODEL, forged)), "WrongModel");
    let stolen = solana_account::Account { owner: fake, ..account };
    test.net.set_account(test.model, stolen);
    refused(&test.liquidator_sends(early), "NotAModel");
}

#[test]
fn another_registered_model_is_not_the_markets() {
    let (mut test, _) = risky();
    let renamed = Model::renamed();
    let other = test.register(renamed);
    test.set_prices(86.0, 1.0);
    test.fill_history();
    let snapshot = test.take_snapshot();
    let proof = test.proven_by(renamed, &snapshot, &test.liquidator.address()).proof;
    let proven = Proven { model: other, proof, ..test.proven(&snapshot) };
    refused(&test.liquidator_sends(with_proof(&test, &proven)), "WrongModel");
    let under_the_markets_model = Proven { proof, ..test.proven(&snapshot) };
    refused(&test.liquidator_sends(with_proof(&test, &under_the_markets_model)), "ProofInvalid");
}

#[test]
fn a_model_with_a_commitment_opens_liquidations_by_its_proofs() {
    let (mut test, _) = risky();
    let model = Model::committed();
    test.adopt(model);
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let liquidator = test.liquidator.address();
    let plain = test.proven(&snapshot);
    refused(&test.liquidator_sends(with_proof(&test, &plain)), "ProofForm");
    let proven = test.proven_by(model, &snapshot, &liquidator);
    let context = source::snapshot_context(&snapshot, &proven.snapshot, &liquidator);
    let mut features = snapshot.features;
    features[5] += 1;
    let wrong = model.prove_for(Transcript::Assay, features, context).0;
    let of_groth16_solana = model.prove_for(Transcript::Bsb22, snapshot.features, context).0;
    let mixed = with_commitment_of(proven.proof.unwrap(), wrong);
    for proof in [wrong, of_groth16_solana, mixed] {
        let attempt = Proven { proof: Some(proof), ..proven };
        refused(&test.liquidator_sends(with_proof(&test, &attempt)), "ProofInvalid");
    }
    refused(
        &test.liquidator_sends(with_proof(&test, &Proven { score: proven.score + 1, ..proven })),
        "ProofInvalid",
    );
    let early = with_proof(&test, &proven);
    let [limit, price] = [compute_budget::limit(250_000), compute_budget::price(1_000)];
    let outcome = test.net.send(&[limit, price, early], &[&test.liquidator.key]).expect_ok();
    assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);
}

/// The first proof, with D and PoK of the second.
fn with_commitment_of(proof: Proof, other: Proof) -> Proof {
    let (Proof::Committed(proof), Proof::Committed(other)) = (proof, other) else {
        unreachable!("the model has a commitment")
    };
    CommittedProof { plain: proof.plain, ..other }.into()
}

#[test]
fn bytes_of_no_proofs_length_are_named() {
    let (mut test, snapshot) = risky();
    let mut early = test.early(&snapshot, ALL);
    early.data.remove(8 + 4);
    early.data[8..12].copy_from_slice(&255u32.to_le_bytes());
    refused(&test.liquidator_sends(early), "CallerProofLength");
}

#[test]
fn a_suspended_model_opens_nothing() {
    let (mut test, snapshot) = risky();
    let suspend = verifier::suspend(test.admin.address(), test.model);
    test.admin_sends(suspend).expect_ok();
    let early = test.early(&snapshot, ALL);
    refused(&test.liquidator_sends(early), "ModelSuspended");
    test.set_prices(80.0, 1.0);
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(plain).expect_ok();
}

#[test]
fn prices_are_checked_again_at_execution() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    let signer = test.liquidator.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, Purpose::Evidence, &early, &[&signer]);
    }
    let swapped = with_account(with_account(early, 9, test.prices.debt), 10, test.prices.collateral);
    refused(&test.liquidator_sends(swapped), "WrongSource");
}

#[test]
fn accounts_cannot_be_substituted() {
    let (mut test, snapshot) = risky();
    let other = test.second_market();
    let early = test.early(&snapshot, ALL);
    let mut attack = |index, address, error| {
        let attacked = with_account(early.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.liquidator.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, test.keys.debt_mint, "WrongMint");
    attack(5, other.collateral_vault, "WrongVault");
    attack(6, other.liquidity_vault, "WrongVault");
    attack(SNAPSHOT, other.market, "InvalidAccountData");
    refused(&test.net.send(&[unsigned(early, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}
