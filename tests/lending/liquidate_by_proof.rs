use assay_client::{
    compute_budget,
    lending::{ALL, Liquidation, Proven},
    verifier,
};
use assay_interface::groth16::{CommittedProof, Proof, Transcript};
use assay_lending::state::{SETUP_CEREMONY, Snapshot};
use assay_localnet::MAX_TRANSACTION_SIZE;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{Model, SOL, USDC, World, price_attacks, refused, unsigned, with_account};

/// Places of the accounts that a proof adds to the plain liquidation's twelve.
const SNAPSHOT: usize = 12;
const RENT_RECEIVER: usize = 13;
const MODEL: usize = 14;
const VERIFIER: usize = 15;

/// 100 SOL against 6,900 USDC at 86 USD: 80.2 %, a score of 6,573.
fn risky() -> (World, Snapshot) {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    world.set_prices(86.0, 1.0);
    let snapshot = world.take_snapshot();
    assert_eq!(Model::score(&snapshot), 6_573);
    (world, snapshot)
}

fn with_proof(world: &World, proven: &Proven) -> Instruction {
    world.keys.liquidate_by_proof(&world.liquidation(ALL), proven)
}

#[test]
fn a_proven_score_opens_a_partial_liquidation() {
    let (mut world, snapshot) = risky();
    let (tokens, collateral) =
        (world.balance(&world.liquidator.debt), world.balance(&world.liquidator.collateral));
    let rent = world.net.account(&world.snapshot_address()).unwrap().lamports;
    let payer = world.net.account(&world.stranger.address()).unwrap().lamports;
    let early = world.early(&snapshot, ALL);
    let budget = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    let [limit, price] = budget;
    let outcome = world.net.send(&[limit, price, early], &[&world.liquidator.key]).expect_ok();
    assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);
    assert!(outcome.compute_units < 200_000, "{} compute units", outcome.compute_units);

    let paid = tokens - world.balance(&world.liquidator.debt);
    let seized = world.balance(&world.liquidator.collateral) - collateral;
    assert_eq!(paid, 1_380 * USDC, "a fifth of the debt");
    // 173 of the 560 points between threshold and full score: 200 + 600 * 173 / 560 = 385 basis points.
    assert_eq!(seized, 16_664_302_325);
    assert_eq!(world.position().collateral, 100 * SOL - seized);
    assert_eq!(world.position().debt(&world.market()), Ok(5_520 * USDC));
    assert_eq!(world.balance(&world.keys.collateral_vault), world.market().collateral_total);
    assert_eq!(world.balance(&world.keys.liquidity_vault), world.market().cash);
    assert!(world.net.account(&world.snapshot_address()).is_none(), "the snapshot is consumed");
    assert_eq!(world.net.account(&world.stranger.address()).unwrap().lamports, payer + rent);
}

#[test]
fn a_keeper_that_paid_for_the_snapshot_gets_the_rent_back() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    world.set_prices(86.0, 1.0);
    let take = world.keys.take_snapshot(world.liquidator.address(), world.position_address(), world.prices);
    world.liquidator_sends(take).expect_ok();
    let rent = world.net.account(&world.snapshot_address()).unwrap().lamports;
    let before = world.net.account(&world.liquidator.address()).unwrap().lamports;
    let early = world.early(&world.snapshot(), ALL);
    world.liquidator_sends(early).expect_ok();
    let after = world.net.account(&world.liquidator.address()).unwrap().lamports;
    assert_eq!(after, before + rent - 5_000, "less the fee of one signature");
}

#[test]
fn the_bonus_grows_with_the_score_inside_its_bounds() {
    let seized = [87.5, 86.0, 82.5].map(|price| {
        let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
        world.set_prices(price, 1.0);
        let snapshot = world.take_snapshot();
        let before = world.balance(&world.liquidator.collateral);
        let early = world.early(&snapshot, 1_000 * USDC);
        world.liquidator_sends(early).expect_ok();
        let value = (world.balance(&world.liquidator.collateral) - before) as f64 / 1e9 * price;
        value / 1_000.0 - 1.0
    });
    assert!(seized.windows(2).all(|pair| pair[0] < pair[1]), "{seized:?}");
    assert!(seized[0] >= 0.0199 && seized[2] <= 0.0801, "{seized:?}");
}

#[test]
fn a_consumed_snapshot_opens_nothing_more() {
    let (mut world, snapshot) = risky();
    let early = world.early(&snapshot, 100 * USDC);
    world.liquidator_sends(early.clone()).expect_ok();
    refused(&world.liquidator_sends(early.clone()), "AccountDataTooSmall");
    // Nor does the same proof for the next snapshot: its context is another.
    world.advance(30);
    world.take_snapshot();
    refused(&world.liquidator_sends(early), "ProofInvalid");
}

#[test]
fn replay_within_one_transaction_fails() {
    let (mut world, snapshot) = risky();
    let early = world.early(&snapshot, 100 * USDC);
    let outcome =
        world.net.send(&[compute_budget::limit(400_000), early.clone(), early], &[&world.liquidator.key]);
    assert_eq!(outcome.refusal.as_ref().unwrap().instruction, Some(2));
    assert_eq!(world.position().collateral, 100 * SOL, "the first liquidation is undone as well");
}

#[test]
fn an_expired_snapshot_opens_nothing() {
    let (mut world, snapshot) = risky();
    let early = world.early(&snapshot, ALL);
    world.advance(120);
    world.net.simulate(std::slice::from_ref(&early), &[&world.liquidator.key.insecure_clone()]).expect_ok();
    world.advance(1);
    refused(&world.liquidator_sends(early), "SnapshotExpired");
}

#[test]
fn a_score_that_was_not_proven_is_refused() {
    let (mut world, snapshot) = risky();
    let honest = world.proven(&snapshot);
    for score in [honest.score + 1, honest.score - 1, 6_400, i16::MAX] {
        refused(&world.liquidator_sends(with_proof(&world, &Proven { score, ..honest })), "ProofInvalid");
    }
    let mut bent = honest;
    bent.proof.plain_mut().c[63] ^= 1;
    let outcome = world.liquidator_sends(with_proof(&world, &bent));
    refused(&outcome, "ProofInvalid");
    let zero = Proven { proof: Proof::from_slice(&[0; 256]).unwrap(), ..honest };
    refused(&world.liquidator_sends(with_proof(&world, &zero)), "ProofIdentity");
}

#[test]
fn a_score_below_the_threshold_opens_nothing_however_well_proven() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    world.set_prices(90.0, 1.0); // 76.7 %: above the floor, a score of 6,281
    let snapshot = world.take_snapshot();
    let early = world.early(&snapshot, ALL);
    refused(&world.liquidator_sends(early), "ScoreBelowThreshold");
}

#[test]
fn a_proof_for_other_features_or_another_context_is_refused() {
    let (mut world, snapshot) = risky();
    let honest = world.proven(&snapshot);
    let mut features = snapshot.features;
    features[5] += 1;
    let other_features = Model::shared().prove_for(Transcript::Assay, features, snapshot.context);
    let mut context = snapshot.context;
    context[0] ^= 1;
    let other_context = Model::shared().prove_for(Transcript::Assay, snapshot.features, context);
    for proof in [other_features, other_context] {
        refused(&world.liquidator_sends(with_proof(&world, &Proven { proof, ..honest })), "ProofInvalid");
    }
}

#[test]
fn another_positions_snapshot_or_proof_opens_nothing() {
    let (mut world, snapshot) = risky();
    // The lender opens a position like the borrower's; both snapshots hold the same features.
    world.set_prices(100.0, 1.0);
    let owner = world.lender.address();
    let deposit = world.keys.deposit_collateral(owner, world.lender.collateral, 100 * SOL);
    let borrow = world.keys.borrow(owner, world.lender.debt, world.prices, 6_900 * USDC);
    world.net.send(&[deposit, borrow], &[&world.lender.key]).expect_ok();
    world.set_prices(86.0, 1.0);
    let position = world.keys.position(&owner);
    let take = world.keys.take_snapshot(world.stranger.address(), position, world.prices);
    world.stranger_sends(take).expect_ok();
    let address = assay_client::lending::MarketKeys::snapshot(&position);
    let other: Snapshot = world.net.read(&address).unwrap().unwrap();
    assert_eq!(other.features[..14], snapshot.features[..14]);

    let borrowed = with_account(world.early(&snapshot, ALL), SNAPSHOT, address);
    refused(&world.liquidator_sends(borrowed), "WrongPosition");
    let liquidation = Liquidation { position, ..world.liquidation(ALL) };
    let crossed = world.keys.liquidate_by_proof(&liquidation, &world.proven(&snapshot));
    refused(&world.liquidator_sends(crossed), "ProofInvalid");
    let honest = world.keys.liquidate_by_proof(&liquidation, &world.proven(&other));
    world.liquidator_sends(honest).expect_ok();
}

#[test]
fn below_the_hard_floor_no_score_liquidates() {
    let (mut world, snapshot) = risky();
    let early = world.early(&snapshot, ALL);
    // The price recovers after the snapshot: 74.9 %.
    world.set_prices(92.1, 1.0);
    refused(&world.liquidator_sends(early.clone()), "BelowEarlyFloor");
    // The floor takes mid prices: 74.99 % is below it, whatever the confidence interval says.
    world.set_prices(92.01, 1.0);
    refused(&world.liquidator_sends(early.clone()), "BelowEarlyFloor");
    world.set_prices(92.0, 1.0);
    world.liquidator_sends(early).expect_ok();
}

#[test]
fn a_wrong_model_cannot_liquidate_a_healthy_position() {
    // A threshold that every score reaches stands for a model that is wrong about everything.
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    world.change_params(|params| params.score_threshold = i16::MIN);
    world.fill_history();
    let snapshot = world.take_snapshot();
    let early = world.early(&snapshot, ALL);
    refused(&world.liquidator_sends(early), "BelowEarlyFloor");
}

#[test]
fn the_close_factor_and_the_minimum_bind() {
    let (mut world, snapshot) = risky();
    let over = world.early(&snapshot, 1_380 * USDC + 1);
    refused(&world.liquidator_sends(over), "CloseFactorExceeded");
    let none = world.early(&snapshot, 0);
    refused(&world.liquidator_sends(none), "ZeroAmount");
    let greedy = Liquidation { min_seized: 17 * SOL, ..world.liquidation(ALL) };
    let greedy = world.keys.liquidate_by_proof(&greedy, &world.proven(&snapshot));
    refused(&world.liquidator_sends(greedy), "SlippageExceeded");
}

#[test]
fn a_position_that_no_longer_covers_its_debt_is_left_to_the_plain_rule() {
    let (mut world, snapshot) = risky();
    let early = world.early(&snapshot, ALL);
    world.set_prices(70.0, 1.0);
    refused(&world.liquidator_sends(early), "NotCovered");
    let plain = world.keys.liquidate(&world.liquidation(ALL));
    world.liquidator_sends(plain).expect_ok();
}

#[test]
fn a_program_that_answers_in_the_verifiers_place_is_not_asked() {
    let (mut world, snapshot) = risky();
    let fake = Keypair::new_from_array([77; 32]).pubkey();
    world.net.deploy(fake, "assay_example_anchor").unwrap();
    let early = world.early(&snapshot, ALL);
    refused(&world.liquidator_sends(with_account(early.clone(), VERIFIER, fake)), "WrongVerifier");
    refused(
        &world.liquidator_sends(with_account(early.clone(), VERIFIER, assay_lending::ID)),
        "WrongVerifier",
    );
    // An account that looks like a model but is not the market's; and one that the verifier does not own.
    let forged = Keypair::new_from_array([78; 32]).pubkey();
    let account = world.net.account(&world.model).unwrap();
    world.net.set_account(forged, account.clone());
    refused(&world.liquidator_sends(with_account(early.clone(), MODEL, forged)), "WrongModel");
    let stolen = solana_account::Account { owner: fake, ..account };
    world.net.set_account(world.model, stolen);
    refused(&world.liquidator_sends(early), "NotAModel");
}

#[test]
fn another_registered_model_is_not_the_markets() {
    let (mut world, snapshot) = risky();
    let renamed = Model::renamed();
    let other = world.register(renamed);
    let proof = renamed.prove(&snapshot);
    let proven = Proven { model: other, proof, ..world.proven(&snapshot) };
    refused(&world.liquidator_sends(with_proof(&world, &proven)), "WrongModel");
    let under_the_markets_model = Proven { proof, ..world.proven(&snapshot) };
    refused(&world.liquidator_sends(with_proof(&world, &under_the_markets_model)), "ProofInvalid");
}

#[test]
fn a_model_of_another_schema_proves_another_statement() {
    let (mut world, _) = risky();
    let renamed = Model::renamed();
    let other = world.register(renamed);
    // The market trusts the model but still has the domain of the old schema.
    world.change_params(|params| params.model = other.to_bytes());
    world.set_prices(100.0, 1.0);
    world.fill_history();
    world.set_prices(86.0, 1.0);
    let snapshot = world.take_snapshot();
    let proven = Proven { model: other, proof: renamed.prove(&snapshot), ..world.proven(&snapshot) };
    refused(&world.liquidator_sends(with_proof(&world, &proven)), "WrongDomain");
}

#[test]
fn a_model_with_a_commitment_opens_liquidations_by_its_proofs() {
    let (mut world, _) = risky();
    let model = Model::committed();
    world.adopt(model);
    world.set_prices(86.0, 1.0);
    let snapshot = world.take_snapshot();
    let plain = world.proven(&snapshot);
    refused(&world.liquidator_sends(with_proof(&world, &plain)), "ProofForm");
    let mut features = snapshot.features;
    features[5] += 1;
    let wrong = Proven { proof: model.prove_for(Transcript::Assay, features, snapshot.context), ..plain };
    refused(&world.liquidator_sends(with_proof(&world, &wrong)), "ProofInvalid");

    let of_groth16_solana = model.prove_for(Transcript::Bsb22, snapshot.features, snapshot.context);
    let proven = Proven { proof: model.prove(&snapshot), ..plain };
    for proof in [of_groth16_solana, with_commitment_of(proven.proof, wrong.proof)] {
        refused(&world.liquidator_sends(with_proof(&world, &Proven { proof, ..plain })), "ProofInvalid");
    }
    refused(
        &world.liquidator_sends(with_proof(&world, &Proven { score: proven.score + 1, ..proven })),
        "ProofInvalid",
    );
    let early = with_proof(&world, &proven);
    let [limit, price] = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    let outcome = world.net.send(&[limit, price, early], &[&world.liquidator.key]).expect_ok();
    assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);
    assert!(world.net.account(&world.snapshot_address()).is_none(), "the snapshot is consumed");
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
    let (mut world, snapshot) = risky();
    let mut early = world.early(&snapshot, ALL);
    early.data.remove(8 + 4);
    early.data[8..12].copy_from_slice(&255u32.to_le_bytes());
    refused(&world.liquidator_sends(early), "CallerProofLength");
}

#[test]
fn a_development_key_is_refused_where_only_ceremonies_count() {
    let (mut world, _) = risky();
    world.change_params(|params| params.accepted_setup_kinds = SETUP_CEREMONY);
    world.set_prices(100.0, 1.0);
    world.fill_history();
    world.set_prices(86.0, 1.0);
    let snapshot = world.take_snapshot();
    let early = world.early(&snapshot, ALL);
    refused(&world.liquidator_sends(early), "SetupRefused");
}

#[test]
fn a_suspended_model_opens_nothing() {
    let (mut world, snapshot) = risky();
    let suspend = verifier::suspend(world.admin.address(), world.model);
    world.admin_sends(suspend).expect_ok();
    let early = world.early(&snapshot, ALL);
    refused(&world.liquidator_sends(early), "ModelSuspended");
    world.set_prices(80.0, 1.0);
    let plain = world.keys.liquidate(&world.liquidation(ALL));
    world.liquidator_sends(plain).expect_ok();
}

#[test]
fn prices_are_checked_again_at_execution() {
    let (mut world, snapshot) = risky();
    let early = world.early(&snapshot, ALL);
    let signer = world.liquidator.key.insecure_clone();
    for account in [world.prices.collateral, world.prices.debt] {
        price_attacks(&mut world, account, &early, &[&signer]);
    }
    let swapped = with_account(with_account(early, 9, world.prices.debt), 10, world.prices.collateral);
    refused(&world.liquidator_sends(swapped), "PriceFeed");
}

#[test]
fn accounts_cannot_be_substituted() {
    let (mut world, snapshot) = risky();
    let other = world.second_market();
    let early = world.early(&snapshot, ALL);
    let mut attack = |index, address, error| {
        let attacked = with_account(early.clone(), index, address);
        refused(&world.net.send(&[attacked], &[&world.liquidator.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, world.keys.debt_mint, "WrongMint");
    attack(5, other.collateral_vault, "WrongVault");
    attack(6, other.liquidity_vault, "WrongVault");
    attack(SNAPSHOT, world.keys.history, "InvalidAccountData");
    attack(RENT_RECEIVER, world.liquidator.address(), "WrongRentReceiver");
    attack(RENT_RECEIVER, world.lender.address(), "WrongRentReceiver");
    refused(&world.net.send(&[unsigned(early, 0)], &[&world.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_newer_snapshot_replaces_the_one_that_was_proven() {
    let (mut world, snapshot) = risky();
    let early = world.early(&snapshot, ALL);
    world.advance(30);
    let newer = world.take_snapshot();
    refused(&world.liquidator_sends(early), "ProofInvalid");
    let early = world.early(&newer, ALL);
    world.liquidator_sends(early).expect_ok();
}
