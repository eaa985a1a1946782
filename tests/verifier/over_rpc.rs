//! The program on a cluster, over RPC and with subscriptions: what LiteSVM shows in the other files, through what a client
//! has in between. `cargo xtask anchor-test` gives the cluster.

mod client;

use assay::{CompileOptions, Context, Keys, Model, Prover, Samples};
use assay_chain::Error;
use assay_feed_interface::pyth::{PriceUpdate, RECEIVER_PROGRAM};
use assay_interface::field::Scalar;
use assay_localnet::Version;
use assay_tests::ledger::{self, Cost};
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Registration};
use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{Echo, Proven, fixed_key};
use client::{Cluster, Executed};

const NEEDED: u64 = 10_000_000_000;

/// The name of the program's error.
#[track_caller]
fn refused(outcome: Result<Executed, Error>, name: &str) {
    match outcome.unwrap_err() {
        Error::Refused(refusal) => assert_eq!(refusal.name, name, "{refusal}"),
        other => panic!("{other}"),
    }
}

/// A model of somebody's own, from an ONNX file to receipts.
#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn a_model_is_registered_and_its_proofs_are_taken_and_wrong_ones_are_not() {
    let cluster = Cluster::of_the_environment();
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/suite/linear-score"));
    let samples = Samples::open(&folder.join("calibration.csv")).unwrap();
    let options = CompileOptions { max_error: 0.01, ..CompileOptions::default() };
    let onnx = std::fs::read(folder.join("model.onnx")).unwrap();
    let model = Model::compile(&onnx, &samples, &options).unwrap().model;
    let keys = Keys::setup(&model, &mut assay::system_rng().unwrap()).unwrap();
    let prover = Prover::new(&model, &keys).unwrap();
    let row = &model.arrange(&samples).unwrap().rows[0];
    let decision = prover.prove(&model.quantize(row).unwrap(), Context::from([3; 32])).unwrap();
    let (proof, limbs) = (decision.proof.to_interface(), decision.statement.limbs.clone());

    let authority = Keypair::new();
    cluster.fund(&authority.pubkey(), NEEDED);
    let key = prover.verifying_key().to_interface();
    let registration = Registration::development(authority.pubkey(), &key, model.schema());
    let account = registration.model();
    let register = registration.instruction().unwrap();
    cluster.send(Version::V0, std::slice::from_ref(&register), &[&authority]).unwrap();
    refused(cluster.send(Version::V0, &[register], &[&authority]), "ModelExists");
    let verify = verifier::verify(account, &proof, [3; 32], &limbs);
    refused(cluster.send(Version::V0, std::slice::from_ref(&verify), &[&authority]), "ModelProposed");

    let mut changes = cluster.subscribe(&account);
    let activate = verifier::activate(authority.pubkey(), account);
    refused(cluster.send(Version::V0, std::slice::from_ref(&activate), &[&authority]), "TimelockRunning");
    cluster.wait_until(cluster.now() + MIN_TIMELOCK);
    cluster.send(Version::V0, &[activate], &[&authority]).unwrap();
    assert_eq!(changes.next()["method"], "accountNotification");

    for version in [Version::Legacy, Version::V0, Version::V1] {
        let send = |instruction: Instruction| cluster.send(version, &[instruction], &[&authority]);
        send(verify.clone()).unwrap();
        refused(send(verifier::verify(account, &proof, [4; 32], &limbs)), "ProofInvalid");
        let mut raised = limbs.clone();
        let mut bytes = raised[0].to_be_bytes();
        bytes[31] ^= 1;
        raised[0] = Scalar::from_be_bytes(bytes).unwrap();
        refused(send(verifier::verify(account, &proof, [3; 32], &raised)), "ProofInvalid");
    }

    let record = verifier::record(authority.pubkey(), account, &proof, [3; 32], &limbs, &decision.digest);
    let signed = cluster.sign(Version::V1, &[record], &[&authority]);
    cluster.hand_in(&signed).unwrap();
    let again = cluster.hand_in(&signed).unwrap_err().to_string();
    assert!(again.contains("AlreadyProcessed") || again.contains("already been processed"), "{again}");
    let receipt = verifier::receipt_address(&account, &decision.digest);
    assert_eq!(cluster.rpc.account(&receipt).unwrap().unwrap().owner, verifier::ID);
}

/// The same keys as in `costs`, so the same addresses with the same bumps: what a client is told that it used is what the ledger says.
#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn compute_units_are_the_ledgers() {
    let cluster = Cluster::of_the_environment();
    let (authority, stranger) = (fixed_key(1), fixed_key(2));
    for key in [&authority, &stranger] {
        cluster.fund(&key.pubkey(), NEEDED);
    }
    let mut table = Vec::new();
    for (echo, suffix) in [(Echo::shared(), ""), (Echo::committed(), " (committed)")] {
        let [model, rival] = [echo, echo.rival()].map(|echo| echo.registration(authority.pubkey()));
        assert!(
            cluster.rpc.account(&model.model()).unwrap().is_none(),
            "this cluster has the test's accounts already: start a fresh one"
        );
        let proven = echo.prove(3, [7; 32]);
        let model_address = model.model();
        let verify = verifier::verify(model_address, &proven.proof, proven.context, &proven.limbs);
        let record = record(&stranger.pubkey(), model_address, &proven);

        let mut measure = |name: &str, signer: &Keypair, instruction: &Instruction| {
            let done = cluster.send(Version::Legacy, std::slice::from_ref(instruction), &[signer]).unwrap();
            let cost = Cost { compute_units: done.compute_units, transaction_bytes: done.bytes };
            table.push((format!("{name}{suffix}"), cost));
        };
        cluster.send(Version::Legacy, &[model.instruction().unwrap()], &[&authority]).unwrap();
        measure("register", &authority, &rival.instruction().unwrap());
        cluster.wait_until(cluster.now() + MIN_TIMELOCK);
        cluster
            .send(Version::Legacy, &[verifier::activate(authority.pubkey(), model_address)], &[&authority])
            .unwrap();
        measure("verify", &stranger, &verify);
        measure("record", &stranger, &record);
        let by_v1 = cluster.send(Version::V1, &[verify], &[&stranger]).unwrap();
        println!("verify{suffix} in version 1: {} compute units, {} bytes", by_v1.compute_units, by_v1.bytes);
    }
    for (name, cost) in &table {
        let expected = ledger::row("verifier", name).unwrap();
        println!(
            "{name:<24} {:>8} compute units by RPC, {:>8} in the ledger",
            cost.compute_units, expected.compute_units
        );
        assert_eq!(*cost, expected, "{name}");
    }
}

fn record(payer: &Address, model: Address, proven: &Proven) -> Instruction {
    let Proven { proof, context, limbs, digest } = proven;
    verifier::record(*payer, model, proof, *context, limbs, digest)
}

/// What `cargo xtask localnet` prints is there. Another cluster promises none of it.
#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn the_local_cluster_has_what_it_says() {
    let Some(report) = std::env::var_os("ASSAY_CLUSTER") else {
        println!("not a cluster of `cargo xtask localnet`: nothing is promised");
        return;
    };
    let cluster = Cluster::of_the_environment();
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let ask = |method, address: &Value| cluster.rpc.ask(method, &json!([address])).unwrap();

    assert_eq!(report["wallet"]["address"], cluster.wallet.pubkey().to_string());
    assert!(cluster.rpc.balance(&cluster.wallet.pubkey()).unwrap() > 900_000_000_000_000);
    let identities = assay_programs::identities();
    assert_eq!(report["programs"].as_object().unwrap().len(), identities.len());
    for program in identities {
        assert_eq!(report["programs"][program.library], program.id.to_string());
        assert!(cluster.rpc.account(&program.id).unwrap().is_some(), "{}", program.library);
    }
    for (name, mint) in report["mints"].as_object().unwrap() {
        let held = ask("getTokenAccountBalance", &mint["walletAccount"]);
        assert_eq!(held["value"]["uiAmountString"], "1000000", "{name}");
        let supply = ask("getTokenSupply", &mint["address"]);
        assert_eq!(
            (&supply["value"]["uiAmountString"], &supply["value"]["decimals"]),
            (&json!("1000000"), &mint["decimals"])
        );
    }
    let published = |name: &str| {
        let address = report["prices"][name]["account"].as_str().unwrap().parse().unwrap();
        let account = cluster.rpc.account(&address).unwrap().unwrap();
        assert_eq!(account.owner.to_bytes(), RECEIVER_PROGRAM, "{name}");
        let update = PriceUpdate::decode(&account.data).unwrap();
        update.checked(&update.feed_id).unwrap()
    };
    let first = published("SOL");
    assert_eq!((first.price, first.confidence, first.ema), (15_000_000_000, 7_500_000, 15_000_000_000));
    for name in report["prices"].as_object().unwrap().keys() {
        published(name);
    }
    // It is published again as the clock goes on.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while published("SOL").publish_time <= first.publish_time {
        assert!(std::time::Instant::now() < deadline, "the price is old");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
