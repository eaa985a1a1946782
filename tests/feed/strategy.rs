//! What a keeper does for a feed, decision by decision, against the bytecode.

use std::error::Error;

use assay_feed_host::strategy::{
    CLOSE_ROUND, MODEL_UNUSABLE, NO_QUORUM, OPEN_ROUND, OTHER_MODEL, PUBLISH_BY_PROOF, PUBLISH_FALLBACK,
    ROUND_GONE, ROUND_OPEN, STOPPED, WAITING,
};
use assay_feed_host::{FeedParams, Rounds, TRUSTS_AUTHORITY};
use assay_feed_interface::formats::{FEATURES, SCORES};
use assay_feed_interface::rounds::LIFETIME;
use assay_host::strategy::{Action, Answer, Decision, Evaluate, Question, Strategy, View};
use assay_interface::groth16::Transcript;
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::{ModelSchema, TensorSchema};
use assay_localnet::Wallet;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Registration};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::fed::{CALM, Fed, MODEL, PARAMS};
use crate::support::T;

/// The tests' model, as strategies ask it.
struct Filter;

impl Evaluate for Filter {
    fn schema(&self) -> &ModelSchema {
        &MODEL.schema
    }

    fn key_hash(&self) -> [u8; 32] {
        MODEL.key.key_hash()
    }

    fn evaluate(&self, inputs: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, Box<dyn Error + Send + Sync>> {
        Ok(vec![inputs[0][..8].to_vec()])
    }
}

/// What the strategy decides now; the prover is the keeper.
fn decide(fed: &mut Fed) -> Decision {
    let (key, feed) = (fed.prover.insecure_clone(), fed.keys.feed);
    let wallet = Wallet::new(&mut fed.net, &key);
    Rounds { feed }.decide(&View::new(&wallet, 0, &Filter), &feed).unwrap()
}

fn act(fed: &mut Fed, answer: &Answer) -> Decision {
    let (key, feed) = (fed.prover.insecure_clone(), fed.keys.feed);
    let wallet = Wallet::new(&mut fed.net, &key);
    Rounds { feed }.act(&View::new(&wallet, 0, &Filter), &feed, answer).unwrap()
}

fn prove(question: Question) -> Answer {
    let (proof, statement) = MODEL.prove(&question.inputs[0], question.context, Transcript::Assay, 9);
    let outputs = Filter.evaluate(&question.inputs).unwrap();
    let digest = statement.digest().unwrap();
    Answer { question, outputs, limbs: Vec::new(), digest, proof }
}

#[track_caller]
fn left(decision: Decision, reason: assay_host::strategy::Reason) {
    assert!(matches!(decision, Decision::Leave(found) if found == reason), "{decision:?}, not {reason:?}");
}

/// Sends what a decision prepares or settles, if it has this name.
#[track_caller]
fn send(fed: &mut Fed, decision: Decision, expected: &str) {
    let (Decision::Prepare(action) | Decision::Settle(action)) = decision else { panic!("{decision:?}") };
    let Action { name, instructions, .. } = action;
    assert_eq!(name, expected);
    for instruction in instructions {
        fed.by_prover(instruction).expect_ok();
    }
}

#[test]
fn a_round_is_opened_proven_and_published() {
    let mut fed = Fed::new();
    left(decide(&mut fed), WAITING);
    fed.bring(T, &CALM.map(Some));
    let open = decide(&mut fed);
    send(&mut fed, open, OPEN_ROUND);
    let Decision::Prove { question, .. } = decide(&mut fed) else { panic!("there is something to prove") };
    let answer = prove(question);
    let publish = act(&mut fed, &answer);
    send(&mut fed, publish, PUBLISH_BY_PROOF);
    assert_eq!(fed.feed().prices.header.round, 1);
    // Done: nothing is left, and the proof is of no use.
    left(decide(&mut fed), WAITING);
    left(act(&mut fed, &answer), ROUND_GONE);
    // The rent comes back once nothing can be published of the round.
    let (round, key) = (fed.keys.round(u32::try_from(T / 60).unwrap()), fed.prover.insecure_clone());
    let rounds = Rounds { feed: fed.keys.feed };
    let targets = rounds.targets(&Wallet::new(&mut fed.net, &key)).unwrap();
    assert_eq!(targets, [fed.keys.feed, round]);
    let of_round = |fed: &mut Fed| {
        rounds.decide(&View::new(&Wallet::new(&mut fed.net, &key), 0, &Filter), &round).unwrap()
    };
    left(of_round(&mut fed), ROUND_OPEN);
    fed.net.set_time(T + LIFETIME);
    let close = of_round(&mut fed);
    send(&mut fed, close, CLOSE_ROUND);
    left(of_round(&mut fed), ROUND_GONE);
}

#[test]
fn the_newest_round_that_can_be_sealed_comes_first() {
    let mut fed = Fed::new();
    fed.bring(T, &CALM.map(Some));
    // The next minute has begun, and nobody has brought it yet.
    fed.net.set_time(T + 61);
    let open = decide(&mut fed);
    send(&mut fed, open, OPEN_ROUND);
    assert!(fed.round(T).is_sealed());
    fed.bring(T + 60, &CALM.map(Some));
    let open = decide(&mut fed);
    send(&mut fed, open, OPEN_ROUND);
    assert!(fed.round(T + 60).is_sealed());
}

#[test]
fn a_silent_source_is_waited_for() {
    let mut fed = Fed::new();
    fed.bring(T, &[Some(100.0), Some(100.0), Some(100.0), Some(100.0)]);
    left(decide(&mut fed), WAITING);
    fed.net.set_time(T + 15);
    let open = decide(&mut fed);
    send(&mut fed, open, OPEN_ROUND);
    assert!(matches!(decide(&mut fed), Decision::Prove { .. }));
}

#[test]
fn without_a_quorum_it_falls_back_after_the_window() {
    let mut fed = Fed::with(|params| params.quorum = 4);
    fed.seal(T, &[99.8, 100.0, 103.0, 104.0, 100.01]);
    left(decide(&mut fed), NO_QUORUM);
    fed.net.set_time(T + 60);
    let fallback = decide(&mut fed);
    send(&mut fed, fallback, PUBLISH_FALLBACK);
    assert_eq!(fed.feed().prices.header.status, 1);
}

#[test]
fn with_a_stopped_model_it_falls_back_after_the_window() {
    let mut fed = Fed::empty();
    let registrar = Keypair::new_from_array([9; 32]);
    fed.net.airdrop(&registrar.pubkey(), 100_000_000_000);
    let registration = Registration::development(registrar.pubkey(), &MODEL.key, &MODEL.schema);
    fed.net.send(&[registration.instruction().unwrap()], &[&registrar]).expect_ok();
    fed.net.advance(MIN_TIMELOCK);
    fed.model = registration.model();
    fed.net.send(&[verifier::activate(registrar.pubkey(), fed.model)], &[&registrar]).expect_ok();
    fed.params = FeedParams { flags: TRUSTS_AUTHORITY, ..PARAMS };
    let create = fed.create();
    fed.net.send(&[create], &[&fed.creator]).expect_ok();
    let at = T + MIN_TIMELOCK;
    fed.seal(at, &CALM);
    assert!(matches!(decide(&mut fed), Decision::Prove { .. }));
    fed.net.send(&[verifier::suspend(registrar.pubkey(), fed.model)], &[&registrar]).expect_ok();
    assert!(!fed.publish(at).is_ok());
    left(decide(&mut fed), MODEL_UNUSABLE);
    fed.net.set_time(at + 60);
    let fallback = decide(&mut fed);
    send(&mut fed, fallback, PUBLISH_FALLBACK);
}

#[test]
fn a_stopped_feed_and_one_of_another_key_are_left_alone() {
    let mut fed = Fed::sealed();
    let mut account = fed.net.account(&fed.model).unwrap();
    let honest = account.clone();
    let key = account.data.windows(32).position(|bytes| bytes == MODEL.key.key_hash()).unwrap();
    account.data[key] ^= 1;
    fed.net.set_account(fed.model, account);
    left(decide(&mut fed), OTHER_MODEL);
    fed.net.set_account(fed.model, honest);
    assert!(matches!(decide(&mut fed), Decision::Prove { .. }));
    fed.stop().expect_ok();
    left(decide(&mut fed), STOPPED);
}

#[test]
fn a_models_tensors_are_the_filters() {
    let rounds = Rounds { feed: Address::default() };
    let of = |scale: i8, bits: u8| {
        let [input] = MODEL.schema.inputs() else { panic!("one input") };
        let [output] = MODEL.schema.outputs() else { panic!("one output") };
        let output = TensorSchema { scales: scale.into(), bits, ..output.clone() };
        ModelSchema::new("filter".into(), vec![input.clone()], vec![output]).unwrap()
    };
    assert!(rounds.accepts(&of(SCORES.scale, SCORES.bits)).is_ok());
    assert!(rounds.accepts(&of(SCORES.scale + 1, SCORES.bits)).is_err());
    assert!(rounds.accepts(&of(SCORES.scale, SCORES.bits - 1)).is_err());

    // The program writes its features at one scale: a model that reads them at several reads other numbers.
    let [input] = MODEL.schema.inputs() else { panic!("one input") };
    let axis = input.shape.len() - 1;
    let mut scales = vec![FEATURES.scale; input.shape[axis] as usize];
    scales[0] += 1;
    let input = TensorSchema { scales: Scales::along(axis as u8, scales), ..input.clone() };
    let schema = ModelSchema::new("filter".into(), vec![input], MODEL.schema.outputs().to_vec()).unwrap();
    assert!(rounds.accepts(&schema).is_err());

    // Nor does it write order keys of float32 numbers, whatever the bits.
    let [input] = MODEL.schema.inputs() else { panic!("one input") };
    let input = TensorSchema { scales: Scales::Float32, bits: 32, ..input.clone() };
    let schema = ModelSchema::new("filter".into(), vec![input], MODEL.schema.outputs().to_vec()).unwrap();
    assert!(rounds.accepts(&schema).is_err());

    // Nor does it write any integer for a value that is not there.
    let [input] = MODEL.schema.inputs() else { panic!("one input") };
    let input = TensorSchema { missing: Missing::Anywhere, ..input.clone() };
    let schema = ModelSchema::new("filter".into(), vec![input], MODEL.schema.outputs().to_vec()).unwrap();
    assert!(rounds.accepts(&schema).is_err());
}
