use assay_host::compute_budget;
use assay_interface::groth16::{CommittedProof, Proof, Transcript};
use assay_lending::state::{SETUP_CEREMONY, Snapshot};
use assay_lending_host::{ALL, Liquidation, Proven};
use assay_localnet::MAX_TRANSACTION_SIZE;
use assay_verifier_host as verifier;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{Model, SOL, TestMarket, USDC, price_attacks, refused, unsigned, with_account};

/// Places of the accounts that a proof adds to the plain liquidation's twelve.
const SNAPSHOT: usize = 12;
const RENT_RECEIVER: usize = 13;
const MODEL: usize = 14;
const VERIFIER: usize = 15;

/// 100 SOL against 6,900 USDC at 86 USD: 80.2 %, a score of 6,573.
fn risky() -> (TestMarket, Snapshot) {
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
fn a_proven_score_opens_a_partial_liquidation() {
    let (mut test, snapshot) = risky();
    let (tokens, collateral) =
        (test.balance(&test.liquidator.debt), test.balance(&test.liquidator.collateral));
    let rent = test.net.account(&test.snapshot_address()).unwrap().lamports;
    let payer = test.net.account(&test.stranger.address()).unwrap().lamports;
    let early = test.early(&snapshot, ALL);
    let budget = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    let [limit, price] = budget;
    let outcome = test.net.send(&[limit, price, early], &[&test.liquidator.key]).expect_ok();
    assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);
    assert!(outcome.compute_units < 200_000, "{} compute units", outcome.compute_units);

    let paid = tokens - test.balance(&test.liquidator.debt);
    let seized = test.balance(&test.liquidator.collateral) - collateral;
    assert_eq!(paid, 1_380 * USDC, "a fifth of the debt");
    // 173 of the 560 points between threshold and full score: 200 + 600 * 173 / 560 = 385 basis points.
    assert_eq!(seized, 16_664_302_325);
    assert_eq!(test.position().collateral, 100 * SOL - seized);
    assert_eq!(test.position().debt(&test.market()), Ok(5_520 * USDC));
    assert_eq!(test.balance(&test.keys.collateral_vault), test.market().collateral_total);
    assert_eq!(test.balance(&test.keys.liquidity_vault), test.market().cash);
    assert!(test.net.account(&test.snapshot_address()).is_none(), "the snapshot is consumed");
    assert_eq!(test.net.account(&test.stranger.address()).unwrap().lamports, payer + rent);
}

#[test]
fn a_keeper_that_paid_for_the_snapshot_gets_the_rent_back() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(86.0, 1.0);
    let take = test.keys.take_snapshot(test.liquidator.address(), test.position_address(), test.prices);
    test.liquidator_sends(take).expect_ok();
    let rent = test.net.account(&test.snapshot_address()).unwrap().lamports;
    let before = test.net.account(&test.liquidator.address()).unwrap().lamports;
    let early = test.early(&test.snapshot(), ALL);
    test.liquidator_sends(early).expect_ok();
    let after = test.net.account(&test.liquidator.address()).unwrap().lamports;
    assert_eq!(after, before + rent - 5_000, "less the fee of one signature");
}

#[test]
fn the_bonus_grows_with_the_score_inside_its_bounds() {
    let seized = [87.5, 86.0, 82.5].map(|price| {
        let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
        test.set_prices(price, 1.0);
        let snapshot = test.take_snapshot();
        let before = test.balance(&test.liquidator.collateral);
        let early = test.early(&snapshot, 1_000 * USDC);
        test.liquidator_sends(early).expect_ok();
        let value = (test.balance(&test.liquidator.collateral) - before) as f64 / 1e9 * price;
        value / 1_000.0 - 1.0
    });
    assert!(seized.windows(2).all(|pair| pair[0] < pair[1]), "{seized:?}");
    assert!(seized[0] >= 0.0199 && seized[2] <= 0.0801, "{seized:?}");
}

#[test]
fn a_consumed_snapshot_opens_nothing_more() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, 100 * USDC);
    test.liquidator_sends(early.clone()).expect_ok();
    refused(&test.liquidator_sends(early.clone()), "AccountDataTooSmall");
    // Nor does the same proof for the next snapshot: its context is another.
    test.advance(30);
    test.take_snapshot();
    refused(&test.liquidator_sends(early), "ProofInvalid");
}

#[test]
fn replay_within_one_transaction_fails() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, 100 * USDC);
    let outcome =
        test.net.send(&[compute_budget::limit(400_000), early.clone(), early], &[&test.liquidator.key]);
    assert_eq!(outcome.refusal.as_ref().unwrap().instruction, Some(2));
    assert_eq!(test.position().collateral, 100 * SOL, "the first liquidation is undone as well");
}

#[test]
fn an_expired_snapshot_opens_nothing() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    test.advance(120);
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
    let mut bent = honest;
    bent.proof.plain_mut().c[63] ^= 1;
    let outcome = test.liquidator_sends(with_proof(&test, &bent));
    refused(&outcome, "ProofInvalid");
    let zero = Proven { proof: Proof::from_slice(&[0; 256]).unwrap(), ..honest };
    refused(&test.liquidator_sends(with_proof(&test, &zero)), "ProofIdentity");
}

#[test]
fn a_score_below_the_threshold_opens_nothing_however_well_proven() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(90.0, 1.0); // 76.7 %: above the floor, a score of 6,281
    let snapshot = test.take_snapshot();
    let early = test.early(&snapshot, ALL);
    refused(&test.liquidator_sends(early), "ScoreBelowThreshold");
}

#[test]
fn a_proof_for_other_features_or_another_context_is_refused() {
    let (mut test, snapshot) = risky();
    let honest = test.proven(&snapshot);
    let mut features = snapshot.features;
    features[5] += 1;
    let other_features = Model::shared().prove_for(Transcript::Assay, features, snapshot.context);
    let mut context = snapshot.context;
    context[0] ^= 1;
    let other_context = Model::shared().prove_for(Transcript::Assay, snapshot.features, context);
    for proof in [other_features, other_context] {
        refused(&test.liquidator_sends(with_proof(&test, &Proven { proof, ..honest })), "ProofInvalid");
    }
}

#[test]
fn another_positions_snapshot_or_proof_opens_nothing() {
    let (mut test, snapshot) = risky();
    // The lender opens a position like the borrower's; both snapshots hold the same features.
    test.set_prices(100.0, 1.0);
    let owner = test.lender.address();
    let deposit = test.keys.deposit_collateral(owner, test.lender.collateral, 100 * SOL);
    let borrow = test.keys.borrow(owner, test.lender.debt, test.prices, 6_900 * USDC);
    test.net.send(&[deposit, borrow], &[&test.lender.key]).expect_ok();
    test.set_prices(86.0, 1.0);
    let position = test.keys.position(&owner);
    let take = test.keys.take_snapshot(test.stranger.address(), position, test.prices);
    test.stranger_sends(take).expect_ok();
    let address = assay_lending_host::MarketKeys::snapshot(&position);
    let other: Snapshot = test.net.read(&address).unwrap().unwrap();
    assert_eq!(other.features[..14], snapshot.features[..14]);

    let borrowed = with_account(test.early(&snapshot, ALL), SNAPSHOT, address);
    refused(&test.liquidator_sends(borrowed), "WrongPosition");
    let liquidation = Liquidation { position, ..test.liquidation(ALL) };
    let crossed = test.keys.liquidate_by_proof(&liquidation, &test.proven(&snapshot));
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
    refused(&test.liquidator_sends(early.clone()), "BelowEarlyFloor");
    // The floor takes mid prices: 74.99 % is below it, whatever the confidence interval says.
    test.set_prices(92.01, 1.0);
    refused(&test.liquidator_sends(early.clone()), "BelowEarlyFloor");
    test.set_prices(92.0, 1.0);
    test.liquidator_sends(early).expect_ok();
}

#[test]
fn a_wrong_model_cannot_liquidate_a_healthy_position() {
    // A threshold that every score reaches stands for a model that is wrong about everything.
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    test.change_params(|params| params.score_threshold = i16::MIN);
    test.fill_history();
    let snapshot = test.take_snapshot();
    let early = test.early(&snapshot, ALL);
    refused(&test.liquidator_sends(early), "BelowEarlyFloor");
}

#[test]
fn the_close_factor_and_the_minimum_bind() {
    let (mut test, snapshot) = risky();
    let over = test.early(&snapshot, 1_380 * USDC + 1);
    refused(&test.liquidator_sends(over), "CloseFactorExceeded");
    let none = test.early(&snapshot, 0);
    refused(&test.liquidator_sends(none), "ZeroAmount");
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
    let (mut test, snapshot) = risky();
    let renamed = Model::renamed();
    let other = test.register(renamed);
    let proof = renamed.prove(&snapshot);
    let proven = Proven { model: other, proof, ..test.proven(&snapshot) };
    refused(&test.liquidator_sends(with_proof(&test, &proven)), "WrongModel");
    let under_the_markets_model = Proven { proof, ..test.proven(&snapshot) };
    refused(&test.liquidator_sends(with_proof(&test, &under_the_markets_model)), "ProofInvalid");
}

#[test]
fn a_model_of_another_schema_proves_another_statement() {
    let (mut test, _) = risky();
    let renamed = Model::renamed();
    let other = test.register(renamed);
    // The market trusts the model but still has the domain of the old schema.
    test.change_params(|params| params.model = other.to_bytes());
    test.set_prices(100.0, 1.0);
    test.fill_history();
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let proven = Proven { model: other, proof: renamed.prove(&snapshot), ..test.proven(&snapshot) };
    refused(&test.liquidator_sends(with_proof(&test, &proven)), "WrongDomain");
}

#[test]
fn a_model_with_a_commitment_opens_liquidations_by_its_proofs() {
    let (mut test, _) = risky();
    let model = Model::committed();
    test.adopt(model);
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let plain = test.proven(&snapshot);
    refused(&test.liquidator_sends(with_proof(&test, &plain)), "ProofForm");
    let mut features = snapshot.features;
    features[5] += 1;
    let wrong = Proven { proof: model.prove_for(Transcript::Assay, features, snapshot.context), ..plain };
    refused(&test.liquidator_sends(with_proof(&test, &wrong)), "ProofInvalid");

    let of_groth16_solana = model.prove_for(Transcript::Bsb22, snapshot.features, snapshot.context);
    let proven = Proven { proof: model.prove(&snapshot), ..plain };
    for proof in [of_groth16_solana, with_commitment_of(proven.proof, wrong.proof)] {
        refused(&test.liquidator_sends(with_proof(&test, &Proven { proof, ..plain })), "ProofInvalid");
    }
    refused(
        &test.liquidator_sends(with_proof(&test, &Proven { score: proven.score + 1, ..proven })),
        "ProofInvalid",
    );
    let early = with_proof(&test, &proven);
    let [limit, price] = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    let outcome = test.net.send(&[limit, price, early], &[&test.liquidator.key]).expect_ok();
    assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);
    assert!(test.net.account(&test.snapshot_address()).is_none(), "the snapshot is consumed");
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
fn a_development_key_is_refused_where_only_ceremonies_count() {
    let (mut test, _) = risky();
    test.change_params(|params| params.accepted_setup_kinds = SETUP_CEREMONY);
    test.set_prices(100.0, 1.0);
    test.fill_history();
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let early = test.early(&snapshot, ALL);
    refused(&test.liquidator_sends(early), "SetupRefused");
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
        price_attacks(&mut test, account, &early, &[&signer]);
    }
    let swapped = with_account(with_account(early, 9, test.prices.debt), 10, test.prices.collateral);
    refused(&test.liquidator_sends(swapped), "PriceFeed");
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
    attack(SNAPSHOT, test.keys.history, "InvalidAccountData");
    attack(RENT_RECEIVER, test.liquidator.address(), "WrongRentReceiver");
    attack(RENT_RECEIVER, test.lender.address(), "WrongRentReceiver");
    refused(&test.net.send(&[unsigned(early, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_newer_snapshot_replaces_the_one_that_was_proven() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    test.advance(30);
    let newer = test.take_snapshot();
    refused(&test.liquidator_sends(early), "ProofInvalid");
    let early = test.early(&newer, ALL);
    test.liquidator_sends(early).expect_ok();
}
