//! What each instruction costs, against the ledger and against what was promised.

use assay_host::compute_budget;
use assay_interface::scales::{MAX_SCALES, Scales};
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_localnet::{Localnet, MAX_TRANSACTION_SIZE, Outcome};
use assay_tests::ledger::{self, Cost};
use assay_verifier::Model;
use assay_verifier_host::{
    self as verifier, Attestors, MAX_SCHEMA_LEN, MIN_TIMELOCK, NewSeries, Registration,
};
use solana_address::Address;
use solana_signer::Signer;

use crate::batch;
use crate::buffer;
use crate::examples::{self, ANCHOR, NATIVE, PINOCCHIO};
use crate::series::new_series;
use crate::support::{Echo, World, fixed_key};

/// Most compute units of `verify` by CPI, caller included, and of `record`.
const MAX_VERIFY_BY_CPI: u64 = 92_000;
const MAX_RECORD: u64 = 110_000;
/// The same with a commitment.
const MAX_COMMITTED_BY_CPI: u64 = 125_000;
const MAX_COMMITTED_RECORD: u64 = 130_000;

fn cost(outcome: Outcome) -> Cost {
    let outcome = outcome.expect_ok();
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

#[test]
pub fn every_instruction_costs_what_the_ledger_says() {
    let mut world = World::active();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let visitor = world.stranger.pubkey();
    let proven = Echo::shared().prove(3, [7; 32]);

    let register = Echo::other().registration(authority);
    let other = register.model();
    let register = cost(world.authority_sends(register.instruction().unwrap()));
    world.net.advance(MIN_TIMELOCK);
    let activate = cost(world.authority_sends(verifier::activate(authority, other)));
    let verify = cost(world.verify(&proven));
    let [by_cpi, by_pinocchio, by_native] =
        [&ANCHOR, &PINOCCHIO, &NATIVE].map(|example| cost(examples::open(example, Echo::shared())));
    let [recorded, recorded_again] = examples::open_with_receipts(&ANCHOR).map(cost);
    let record = cost(world.record(&proven));
    let again = cost(world.record(&proven));
    let without_proof = cost(world.record_without_proof(&proven));
    let propose_authority =
        cost(world.authority_sends(verifier::propose_authority(authority, model, visitor)));
    let accept_authority = cost(world.stranger_sends(verifier::accept_authority(visitor, model)));
    let suspend = cost(world.authority_sends(verifier::suspend(authority, other)));
    let resume = cost(world.authority_sends(verifier::resume(authority, other)));
    let retire = cost(world.authority_sends(verifier::retire(authority, other)));
    world.net.advance(Model::CLOSES_AFTER);
    let receipt = verifier::receipt_address(&model, &proven.digest);
    let close_receipt = cost(world.stranger_sends(verifier::close_receipt(visitor, receipt)));
    let close_model = cost(world.authority_sends(verifier::close_model(authority, authority, other)));

    assert!(by_cpi.compute_units <= MAX_VERIFY_BY_CPI, "{by_cpi:?}");
    assert!(record.compute_units <= MAX_RECORD, "{record:?}");
    let measured = [
        ("register", register),
        ("activate", activate),
        ("suspend", suspend),
        ("resume", resume),
        ("retire", retire),
        ("propose_authority", propose_authority),
        ("accept_authority", accept_authority),
        ("verify", verify),
        ("verify by CPI", by_cpi),
        ("record by CPI", recorded),
        ("record by CPI (without proof)", recorded_again),
        ("verify by CPI (native)", by_native),
        ("verify by CPI (pinocchio)", by_pinocchio),
        ("record", record),
        ("record (with receipt)", again),
        ("record (without proof)", without_proof),
        ("close_receipt", close_receipt),
        ("close_model", close_model),
    ];
    let measured = [
        &measured[..],
        &with_a_commitment(),
        &of_guardians(),
        &of_attestors_and_series(),
        &batch::costs::rows(),
        &buffer::costs::rows(),
    ]
    .concat();
    ledger::check("verifier", &measured).unwrap_or_else(|differences| panic!("{differences}"));
}

/// Changing the guardian, and doing without anybody.
fn of_guardians() -> Vec<(&'static str, Cost)> {
    let (mut world, _) = World::guarded();
    let (authority, model, other) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    let propose = cost(world.authority_sends(verifier::propose_guardian(authority, model, other)));
    let cancel = cost(world.sends_as_authority(verifier::cancel_guardian));
    world.authority_sends(verifier::propose_guardian(authority, model, Address::default())).expect_ok();
    world.net.advance(MIN_TIMELOCK);
    let apply = cost(world.sends_as_authority(verifier::apply_guardian));
    let renounce = cost(world.sends_as_authority(verifier::renounce_authority));
    vec![
        ("propose_guardian", propose),
        ("cancel_guardian", cancel),
        ("apply_guardian", apply),
        ("renounce_authority", renounce),
    ]
}

/// A series whose models are attested, from its creation to its end.
fn of_attestors_and_series() -> Vec<(&'static str, Cost)> {
    let mut world = World::active();
    let (authority, payer, model) = (world.authority.pubkey(), world.stranger.pubkey(), world.model);
    let set = Attestors::new(2, &[authority, payer, Address::new_from_array([1; 32])]);
    let create_set = cost(world.stranger_sends(set.create(payer)));
    let attest_first = cost(world.stranger_sends(verifier::attest(payer, payer, set.address(), model)));
    let attest = cost(world.authority_sends(verifier::attest(authority, authority, set.address(), model)));

    let new = NewSeries { attestor_set: set.address(), ..new_series(&world) };
    let series = new.address();
    let create_series = cost(world.authority_sends(new.create()));
    let cancel = cost(world.authority_sends(verifier::cancel_series(authority, series)));
    let propose = cost(world.authority_sends(verifier::propose_series(authority, series, model)));
    world.net.advance(new.timelock);
    let apply = verifier::apply_series(authority, series, model, set.address());
    let apply = cost(world.authority_sends(apply));
    let mut renounced = world.net.clone();
    let renounce = verifier::renounce_series(authority, series);
    let renounce = cost(renounced.send(&[renounce], &[&world.authority]));

    world.sends_as_authority(verifier::retire).expect_ok();
    let close_series =
        cost(world.authority_sends(verifier::close_series(authority, authority, model, series)));
    let close_attestation =
        cost(world.stranger_sends(verifier::close_attestation(payer, set.address(), model)));
    let close_set = cost(world.stranger_sends(verifier::close_attestor_set(payer, set.address())));
    vec![
        ("create_attestor_set", create_set),
        ("attest", attest),
        ("attest (first)", attest_first),
        ("create_series", create_series),
        ("propose_series", propose),
        ("cancel_series", cancel),
        ("apply_series", apply),
        ("renounce_series", renounce),
        ("close_series", close_series),
        ("close_attestation", close_attestation),
        ("close_attestor_set", close_set),
    ]
}

/// What depends on the form of a model's key.
fn with_a_commitment() -> Vec<(&'static str, Cost)> {
    let echo = Echo::committed();
    let mut world = World::active_with(echo);
    let authority = world.authority.pubkey();
    let proven = echo.prove(3, [7; 32]);
    let register = echo.rival().registration(authority).instruction().unwrap();
    let register = cost(world.authority_sends(register));
    let verify = cost(world.verify(&proven));
    let by_cpi = cost(examples::open(&ANCHOR, echo));
    let record = cost(world.record(&proven));
    assert!(by_cpi.compute_units <= MAX_COMMITTED_BY_CPI, "{by_cpi:?}");
    assert!(record.compute_units <= MAX_COMMITTED_RECORD, "{record:?}");
    vec![
        ("register (committed)", register),
        ("verify (committed)", verify),
        ("verify by CPI (committed)", by_cpi),
        ("record (committed)", record),
    ]
}

/// A schema of exactly [`MAX_SCHEMA_LEN`] bytes: names are what can be stretched.
fn longest_schema() -> ModelSchema {
    let tensor = |name: String| TensorSchema {
        name,
        shape: vec![1],
        bits: 8,
        scales: 0.into(),
        missing: Default::default(),
        visibility: Visibility::Public,
    };
    let name = |letter: &str, length: usize| letter.repeat(length);
    let inputs = ["a", "b", "c", "d", "e"].map(|letter| tensor(name(letter, 32))).to_vec();
    let schema =
        |last: usize| ModelSchema::new(name("m", 32), inputs.clone(), vec![tensor(name("o", last))]).unwrap();
    let missing = MAX_SCHEMA_LEN - schema(1).encode().len();
    schema(1 + missing)
}

/// What [`MAX_SCALES`] is chosen for: one matrix in, one matrix out, every name of the longest, fit an account.
#[test]
fn an_input_with_the_most_scales_fits_a_models_account() {
    let tensor = |letter: &str, scales: Scales| TensorSchema {
        name: letter.repeat(32),
        shape: vec![1, MAX_SCALES as u32],
        bits: 8,
        scales,
        missing: Default::default(),
        visibility: Visibility::Public,
    };
    let scales = Scales::Axis { axis: 1, scales: (0..MAX_SCALES).map(|i| (i % 20) as i8).collect() };
    let (input, output) = (tensor("i", scales), tensor("o", Scales::One(0)));
    let schema = ModelSchema::new("m".repeat(32), vec![input], vec![output]).unwrap();
    assert_eq!(schema.encode().len(), 253);
    assert!(schema.encode().len() <= MAX_SCHEMA_LEN);
}

#[test]
fn the_longest_schema_registers_in_one_transaction_with_a_payer_of_its_own() {
    let mut net = Localnet::new(&[assay_verifier_host::IDENTITY]).unwrap();
    let (authority, payer) = (fixed_key(1), fixed_key(2));
    net.airdrop(&payer.pubkey(), 10_000_000_000);
    let schema = longest_schema();
    assert_eq!(schema.encode().len(), MAX_SCHEMA_LEN);
    // With both instructions of the compute budget: a schema and a committed key leave room for them.
    let [limit, price] = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    for (echo, size) in Echo::of_each_form().into_iter().zip([1_019, 1_115]) {
        let registration =
            Registration { payer: payer.pubkey(), schema: &schema, ..echo.registration(authority.pubkey()) };
        let register = registration.instruction().unwrap();
        let instructions = [limit.clone(), price.clone(), register];
        let outcome = net.send(&instructions, &[&payer, &authority]).expect_ok();
        assert_eq!(outcome.size, size);
        assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);
    }
}
