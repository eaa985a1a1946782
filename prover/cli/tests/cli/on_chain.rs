//! What goes to a cluster and what is made of its answers, with a scripted cluster: the one that is real has `over_rpc`.

use assay::{Keys, ProofFile};
use assay_interface::groth16::SetupKind;
use assay_interface::schema::ModelSchema;
use assay_verifier::NewModel;
use assay_verifier_host::{self as verifier, Model, Receipt, Registration, Status, Verified, WINDOW};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytemuck::{Zeroable as _, bytes_of};
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::common::cluster::{Answer, Cluster, LAST_HEIGHT, key};
use crate::common::{Workspace, show};

mod attestors;
mod audit;
mod distrust;
mod hands;
mod series;

const DAY: i64 = 86_400;
const REGISTER: [&str; 3] = ["model", "register", "model.assay"];

/// A cluster, files, and the model of the files at the address that they give.
struct World {
    workspace: Workspace,
    cluster: Cluster,
    key: Keypair,
    schema: ModelSchema,
    vk: assay_interface::groth16::VerifyingKey,
    address: Address,
}

impl World {
    fn new() -> World {
        World::of(Workspace::with_keys())
    }

    fn of(workspace: Workspace) -> World {
        let key = key(&workspace);
        let model = assay::Model::load(&workspace.read("model.assay")).unwrap();
        let schema = model.schema().clone();
        let vk = Keys::load(&workspace.read("model.pk")).unwrap().verifying_key().to_interface();
        let address = Registration::development(key.pubkey(), &vk, &schema).model();
        World { workspace, cluster: Cluster::start(), key, schema, vk, address }
    }

    /// With the model on the cluster, as the program registers it now and `change` leaves it.
    fn with(self, change: impl FnOnce(&mut Model)) -> World {
        let authority = self.key.pubkey();
        let encoded = self.schema.encode();
        let new = NewModel {
            authority,
            guardian: Address::default(),
            payer: authority,
            key: self.vk.as_ref(),
            schema: &encoded,
            domain: self.schema.domain(),
            limb_count: u16::try_from(self.schema.input_limbs() + self.schema.output_limbs()).unwrap(),
            setup: SetupKind::Development,
            transcript_hash: [0; 32],
            timelock: DAY,
        };
        let mut model = Model::zeroed();
        let now = self.cluster.state().now;
        model.propose(&new, &new.id(), 255, now).unwrap();
        change(&mut model);
        let discriminator = assay_interface::verifier::model_account::DISCRIMINATOR;
        let data = [&discriminator[..], bytes_of(&model)].concat();
        self.cluster.state().accounts.insert(self.address, (verifier::ID, data));
        self
    }

    /// Puts the model of other files on the cluster as well, active: its address.
    fn beside(&self, others: Workspace) -> String {
        let other = World::of(others).with(|model| model.status = Status::Active as u8);
        let account = other.cluster.state().accounts[&other.address].clone();
        self.cluster.state().accounts.insert(other.address, account);
        other.address.to_string()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.cluster.json(&self.workspace, arguments)
    }

    /// The code and the message of what is refused before anything is sent.
    fn refused(&self, arguments: &[&str]) -> (String, String) {
        let error = self.cluster.refused(&self.workspace, arguments);
        assert!(error["hint"].is_string(), "{error}: every refusal names a way out");
        (error["code"].as_str().unwrap().into(), error["message"].as_str().unwrap().into())
    }

    /// The exit code and the document of a command that signs nothing.
    fn look(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.workspace.run([arguments, &["--url", &self.cluster.url, "--json"]].concat());
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// `assay model STEP` of the model.
    fn step<'a>(&self, step: &'a str, more: &[&'a str]) -> Vec<String> {
        let mut arguments = vec!["model".into(), step.into(), self.address.to_string()];
        arguments.extend(more.iter().map(|more| (*more).into()));
        arguments
    }
}

/// A model of other statements, with its keys.
fn stranger() -> Workspace {
    let stranger = Workspace::new();
    stranger.write("model.onnx", crate::common::onnx::network(&[3, 1]).to_bytes());
    stranger.write("samples.csv", "a,b,c\n-1,0.5,0\n0.25,-0.75,1\n1,1,-1\n0.5,-1,0\n");
    stranger.succeed(crate::common::COMPILE);
    stranger.succeed(["setup", "model.assay", "--development"]);
    stranger
}

fn texts(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// The program's instruction data in an unsigned transaction of version 0 with a compute limit: what stands behind everything else.
fn holds(wire: &[u8], data: &[u8]) -> bool {
    wire.windows(data.len()).any(|window| window == data)
}

#[test]
fn a_dry_run_builds_the_programs_instruction_and_sends_nothing() {
    let world = World::new();
    let done =
        world.json(&[&REGISTER[..], &["--dry-run", "--timelock", "36h", "--priority-fee", "2000"]].concat());
    assert_eq!((&done["registered"], &done["model"]), (&json!(false), &json!(world.address.to_string())));
    let transaction = &done["transaction"];
    let wire = BASE64.decode(transaction["unsigned_transaction"].as_str().unwrap()).unwrap();
    let mut registration = Registration::development(world.key.pubkey(), &world.vk, &world.schema);
    registration.timelock = 36 * 3_600;
    assert!(holds(&wire, &registration.instruction().unwrap().data));
    assert!(wire[1..65].iter().all(|byte| *byte == 0), "nobody signed it");
    // A tenth and a thousand more than the simulation took; its price, rounded up to a lamport, and one signature.
    assert_eq!(transaction["compute_unit_limit"], 111_000);
    assert!(holds(&wire, &[&[2][..], &111_000_u32.to_le_bytes()].concat()));
    assert!(holds(&wire, &[&[3][..], &2_000_u64.to_le_bytes()].concat()));
    assert_eq!((&transaction["fee_lamports"], &transaction["bytes"]), (&json!(5_222), &json!(wire.len())));
    assert_eq!(transaction["rent_lamports"], 11_414_400);
    assert!(world.cluster.sent().is_empty());
    let simulated = &world.cluster.asked("simulateTransaction")[0][1];
    assert_eq!(
        (&simulated["sigVerify"], &simulated["replaceRecentBlockhash"]),
        (&json!(false), &json!(true))
    );
}

#[test]
fn a_model_is_registered_once() {
    let world = World::new();
    let done = world.json(&REGISTER);
    assert_eq!((&done["registered"], &done["existed"]), (&json!(true), &json!(false)));
    let [wire] = &world.cluster.sent()[..] else { panic!("one transaction") };
    assert_ne!(wire[1..65], [0; 64]);
    // It was simulated: what a server refuses to pass on would be in doubt until its blockhash expires.
    assert_eq!(world.cluster.asked("sendTransaction")[0][1]["skipPreflight"], true);

    let world = world.with(|_| {});
    let again = world.json(&REGISTER);
    assert_eq!((&again["registered"], &again["existed"]), (&json!(false), &json!(true)));
    assert_eq!((&again["status"], &again["transaction"]), (&json!("proposed"), &Value::Null));
    assert_eq!(world.cluster.sent().len(), 1);
    for other in [["--timelock", "2d"], ["--guardian", "SysvarC1ock11111111111111111111111111111111"]] {
        let (_, message) = world.refused(&[&REGISTER[..], &other].concat());
        assert!(message.contains("registered already") && message.contains("1 d and nobody"), "{message}");
    }
    let address = world.address;
    world.cluster.state().accounts.insert(address, (verifier::ID, Vec::new()));
    assert_eq!(world.refused(&REGISTER).0, "closed");
    world.cluster.state().accounts.insert(address, (verifier::ID, vec![1; 1_512]));
    assert_eq!(world.refused(&REGISTER).0, "account");
    // SOL that somebody sent there is no model.
    world.cluster.state().accounts.insert(address, (Address::default(), Vec::new()));
    assert_eq!(world.json(&REGISTER)["registered"], true);
}

#[test]
fn what_does_not_belong_together_is_refused_before_a_cluster_is_asked() {
    let world = World::new();
    let mut other = world.workspace.read("model.vk");
    let last = other.len() - 1;
    other[last] ^= 1;
    world.workspace.write("altered.vk", other);
    assert_eq!(world.refused(&[&REGISTER[..], &["--vk", "altered.vk"]].concat()).0, "key-file");
    let stranger = Workspace::new();
    stranger.write("model.onnx", crate::common::onnx::network(&[2, 4, 1]).to_bytes());
    stranger.write("samples.csv", "a,b\n-1,0.5\n0.25,-0.75\n1,1\n0.5,-1\n");
    stranger.succeed(crate::common::COMPILE);
    stranger.succeed(["setup", "model.assay", "--development"]);
    world.workspace.write("stranger.vk", stranger.read("model.vk"));
    let (_, message) = world.refused(&[&REGISTER[..], &["--vk", "stranger.vk"]].concat());
    assert!(message.contains("is a key for circuit"), "{message}");
    let hash = "11".repeat(32);
    let (_, message) = world.refused(&[&REGISTER[..], &["--transcript-hash", &hash]].concat());
    assert!(message.contains("development key"), "{message}");
    let guardian = world.key.pubkey().to_string();
    let (_, message) = world.refused(&[&REGISTER[..], &["--guardian", &guardian]].concat());
    assert!(message.contains("a key apart"), "{message}");
    assert!(world.cluster.asked("simulateTransaction").is_empty());
}

#[test]
fn the_programs_refusals_have_their_names_and_remedies() {
    let world = World::new();
    let logs = json!([format!("Program {} failed: custom program error: 0x178f", verifier::ID)]);
    let refusal = json!({ "InstructionError": [1, { "Custom": 6031 }] });
    world.cluster.state().simulation = json!({ "err": refusal, "logs": logs, "unitsConsumed": 5 });
    let (code, message) = world.refused(&REGISTER);
    assert_eq!(code, "refused");
    assert!(
        message.contains("KeyIdentity (6031): A point of the verifying key is the identity"),
        "{message}"
    );
    for error in ["AccountNotFound", "ProgramAccountNotFound", "Unheard"] {
        world.cluster.state().simulation =
            json!({ "err": error, "logs": ["Program log: alas"], "unitsConsumed": 0 });
        assert!(world.refused(&REGISTER).1.starts_with("the transaction was refused: "), "{error}");
    }
    world.cluster.state().lamports = 1_000_000;
    let (code, message) = world.refused(&REGISTER);
    assert_eq!(code, "funds");
    assert!(
        message.contains("has 0.001 SOL") && message.contains("0.0114144 in the new account"),
        "{message}"
    );
}

#[test]
fn each_step_looks_first() {
    let world = World::new().with(|_| {});
    let [activate, suspend, resume] = ["activate", "suspend", "resume"].map(|step| world.step(step, &[]));
    let (_, message) = world.refused(&texts(&activate));
    assert!(message.contains("timelock runs until 2027-01-16 08:00:00 UTC, 1 d from now"), "{message}");
    assert_eq!(world.json(&texts(&resume))["changed"], false, "it is proposed already");
    world.cluster.state().now += DAY + WINDOW + 1;
    assert!(world.refused(&texts(&activate)).1.contains("lapsed on"));
    assert_eq!(world.json(&texts(&resume))["changed"], true);
    world.cluster.state().now -= WINDOW;
    assert_eq!(world.json(&texts(&activate))["changed"], true);
    let (_, message) = world.refused(&texts(&world.step("retire", &[])));
    assert!(message.contains("never comes back"), "{message}");
    assert_eq!(world.json(&texts(&world.step("retire", &["--for-good"])))["changed"], true);
    let built: Vec<Vec<u8>> = [verifier::resume, verifier::activate, verifier::retire]
        .iter()
        .map(|build| build(world.key.pubkey(), world.address).data)
        .collect();
    let sent = world.cluster.sent();
    assert!(sent.len() == 3 && sent.iter().zip(&built).all(|(wire, data)| holds(wire, data)));

    let world = world.with(|model| model.status = Status::Suspended as u8);
    assert!(world.refused(&texts(&activate)).1.contains("suspended"));
    assert_eq!(world.json(&texts(&suspend))["changed"], false);
    let world = world.with(|model| model.status = Status::Active as u8);
    assert_eq!(world.json(&texts(&activate))["changed"], false);
    assert!(world.refused(&texts(&resume)).1.contains("active"));
    let world = world.with(|model| model.authority = Address::new_from_array([5; 32]));
    let (_, message) = world.refused(&texts(&suspend));
    assert!(message.contains(&Address::new_from_array([5; 32]).to_string()), "{message}");
    let guardian = world.key.pubkey();
    let world = world.with(|model| {
        model.authority = Address::new_from_array([5; 32]);
        model.guardian = guardian;
    });
    assert_eq!(world.json(&texts(&suspend))["changed"], true, "the guardian may");
    assert!(
        world.refused(&texts(&world.step("retire", &["--for-good"]))).1.contains("this is for its authority")
    );
    let world = world.with(|model| {
        model.status = Status::Retired as u8;
        model.retired_at = 1;
    });
    assert!(world.refused(&texts(&resume)).1.contains("retired on"));
    let nowhere = Address::new_from_array([6; 32]).to_string();
    assert_eq!(world.refused(&["model", "activate", &nowhere]).0, "missing");
}

#[test]
fn models_are_shown_listed_and_compared() {
    let world = World::new().with(|model| model.status = Status::Active as u8);
    let (url, address) = (world.cluster.url.clone(), world.address.to_string());
    let list = world.workspace.succeed(["model", "list", "--vk", "model.vk", "--url", &url, "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["models"][0]["model"], address);
    let filters = &world.cluster.asked("getProgramAccounts")[0][1]["filters"];
    assert_eq!(filters[0], json!({ "dataSize": 1_512 }));
    assert_eq!(
        filters[2]["memcmp"],
        json!({ "offset": 296, "bytes": BASE64.encode(world.vk.key_hash()), "encoding": "base64" })
    );

    let compare = ["model", "show", &address, "--vk", "model.vk", "--model", "model.assay", "--url", &url];
    assert!(world.workspace.succeed(compare).contains("same  the model is the files'"));
    let others = Workspace::compiled();
    others.succeed(["setup", "model.assay", "--development"]);
    world.workspace.write("model.vk", others.read("model.vk"));
    let output = world.workspace.run(compare);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    let differs = format!("hash of the key: {}", hex::encode(world.vk.key_hash()));
    assert!(String::from_utf8_lossy(&output.stdout).contains(&differs), "{}", show(&output));
}

#[test]
fn a_proof_is_compared_with_the_model_before_it_is_sent() {
    let world = World::of(Workspace::proven()).with(|model| model.status = Status::Active as u8);
    let to = world.address.to_string();
    let submit = ["submit", "decision.proof", "--to", &to];
    let proof = ProofFile::from_bytes(&world.workspace.read("decision.proof")).unwrap();
    let digest = proof.statement.digest().unwrap();
    let answer = Verified {
        model: world.address.to_bytes(),
        digest: digest.to_be_bytes(),
        setup: SetupKind::Development,
    };
    world.cluster.state().simulation = json!({
        "err": null, "logs": [], "unitsConsumed": 80_000,
        "returnData": { "programId": verifier::ID.to_string(), "data": [BASE64.encode(answer.encode()), "base64"] },
    });
    let with_files = [&submit[..], &["--model", "model.assay", "--vk", "model.vk"]].concat();
    let done = world.json(&with_files);
    let receipt = verifier::receipt_address(&world.address, &digest);
    assert_eq!((&done["recorded"], &done["receipt"]), (&json!(true), &json!(receipt.to_string())));
    let record = verifier::record(
        world.key.pubkey(),
        world.address,
        &proof.proof,
        [0; 32],
        &proof.statement.limbs,
        &digest,
    );
    assert!(holds(&world.cluster.sent()[0], &record.data));
    let checked = world.json(&[&submit[..], &["--verify-only", "--dry-run"]].concat());
    assert_eq!((&checked["recorded"], &checked["receipt"]), (&json!(false), &Value::Null));

    // The simulation's answer is read: a program that answers for another model is none that one wants.
    let other = Verified { model: [1; 32], ..answer };
    world.cluster.state().simulation["returnData"]["data"][0] = json!(BASE64.encode(other.encode()));
    let output = world.cluster.run(&world.workspace, &submit);
    assert_eq!(output.status.code(), Some(3), "{}", show(&output));
    assert_eq!(world.cluster.sent().len(), 1, "and nothing is sent to it");

    let world = world.with(|_| {});
    let (_, message) = world.refused(&submit);
    assert!(message.contains("it is proposed; it can be activated from"), "{message}");
    let stranger = world.beside(stranger());
    let to_stranger = ["submit", "decision.proof", "--to", &stranger];
    let (_, message) = world.refused(&to_stranger);
    assert!(message.contains("the statement's domain is"), "{message}");
    let (_, message) = world.refused(&[&to_stranger[..], &["--model", "model.assay"]].concat());
    assert!(message.contains("its schema's domain is"), "{message}");
    // Another sound key: the proof is none under it.
    let others = Workspace::compiled();
    others.succeed(["setup", "model.assay", "--development"]);
    let (_, message) = world.refused(&["submit", "decision.proof", "--to", &world.beside(others)]);
    assert!(message.contains("proves nothing for the model at"), "{message}");

    let mut found = Receipt::zeroed();
    (found.model, found.digest, found.version) = (world.address, digest.to_be_bytes(), Receipt::VERSION);
    let url = world.cluster.url.clone();
    let look = ["receipt", "show", "--proof", "decision.proof", "--of", &to, "--url", &url, "--json"];
    let output = world.workspace.run(look);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    let data = [<Receipt as anchor_lang::Discriminator>::DISCRIMINATOR, bytes_of(&found)].concat();
    let world = world.with(|model| model.status = Status::Active as u8);
    world.cluster.state().accounts.insert(receipt, (verifier::ID, data));
    let shown: Value = serde_json::from_str(&world.workspace.succeed(look)).unwrap();
    assert_eq!((&shown["found"], &shown["receipt"]), (&json!(true), &json!(receipt.to_string())));
    let again = world.json(&submit);
    assert_eq!((&again["recorded"], &again["existed"]), (&json!(false), &json!(true)));
    assert_eq!(world.cluster.sent().len(), 1);
}

#[test]
fn lost_answers_and_busy_servers_double_nothing() {
    let world = World::new();
    let none = || Answer::Result(json!({ "context": { "slot": 1 }, "value": [null] }));
    world.cluster.script(
        "getGenesisHash",
        [Answer::Page(429, "slow down"), Answer::Error(json!({ "code": -32005, "message": "behind" }))],
    );
    world.cluster.script("sendTransaction", [Answer::Nothing]);
    world.cluster.script("getSignatureStatuses", (0..12).map(|_| none()));
    let done = world.json(&REGISTER);
    assert_eq!(done["registered"], true);
    let sent = world.cluster.sent();
    assert!(
        sent.len() > 1 && sent.iter().all(|wire| wire == &sent[0]),
        "one transaction, {} times",
        sent.len()
    );
    assert_eq!(world.cluster.asked("getGenesisHash").len(), 3);
    // The server executed it, and says so to whoever brings it again.
    let executed = json!({ "code": -32002, "message": "Transaction simulation failed", "data": { "err": "AlreadyProcessed", "logs": [] } });
    world.cluster.script("sendTransaction", [Answer::Error(executed)]);
    assert_eq!(world.json(&REGISTER)["registered"], true);
}

#[test]
fn a_transaction_that_cannot_land_any_more_is_given_up() {
    let world = World::new();
    let none = || Answer::Result(json!({ "context": { "slot": 1 }, "value": [null] }));
    world.cluster.script("getSignatureStatuses", (0..40).map(|_| none()));
    let quick = [&REGISTER[..], &["--timeout", "1"]].concat();
    let error = world.cluster.failed(&world.workspace, &quick);
    assert!(error["code"] == "unconfirmed" && error["signature"].is_string(), "{error}");
    world.cluster.state().height = LAST_HEIGHT + 33;
    let error = world.cluster.failed(&world.workspace, &REGISTER);
    assert!(error["code"] == "expired" && error["signature"].is_string(), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("nothing was done"), "{error}");
    assert_eq!(world.cluster.sent().len(), 2, "it is not sent again once its blockhash expired");
    let failed = json!({ "InstructionError": [1, { "Custom": 6010 }] });
    let failed = |level: &str| {
        let status = json!([{ "slot": 3, "err": failed, "confirmationStatus": level }]);
        Answer::Result(json!({ "context": { "slot": 1 }, "value": status }))
    };
    world.cluster.state().script.clear();
    // A fork on which it failed may be left.
    world.cluster.script("getSignatureStatuses", [failed("processed")]);
    assert_eq!(world.json(&REGISTER)["registered"], true);
    world.cluster.script("getSignatureStatuses", [failed("confirmed")]);
    let error = world.cluster.failed(&world.workspace, &REGISTER);
    assert!(error["message"].as_str().unwrap().contains("ModelExists (6010)"), "{error}");
    assert!(error["code"] == "refused" && error["signature"].is_string(), "{error}");
}

#[test]
fn which_cluster_and_which_key() {
    let workspace = Workspace::new();
    let code = |arguments: &[&str]| {
        let output = workspace.run([arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", show(&output));
        let error = serde_json::from_slice::<Value>(&output.stdout).unwrap()["error"].take();
        assert!(error["hint"].is_string(), "{error}");
        error["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(&["model", "list"]), "request");
    assert_eq!(code(&["model", "list", "--url", "moonnet"]), "settings");
    assert_eq!(code(&["model", "list", "--config", "missing.yml"]), "settings");
    assert_eq!(code(&["model", "list", "--url", "http://127.0.0.1:1"]), "unreachable");
    let address = Address::new_from_array([6; 32]).to_string();
    assert_eq!(code(&["model", "activate", &address, "--url", "localhost"]), "request");
    assert_eq!(code(&["model", "activate", &address, "--keypair", "none.json"]), "keypair");
    workspace.write("short.json", "[1,2,3]");
    assert_eq!(code(&["model", "activate", &address, "--keypair", "short.json"]), "keypair");

    let cluster = Cluster::start();
    cluster.script(
        "getGenesisHash",
        [Answer::Page(200, "<html>"), Answer::Page(404, "nobody"), Answer::Result(json!(5))],
    );
    assert_eq!(code(&["model", "list", "--url", &cluster.url]), "rpc-answer");
    assert_eq!(code(&["model", "list", "--url", &cluster.url]), "rpc");
    assert_eq!(code(&["model", "list", "--url", &cluster.url]), "rpc-answer");
    cluster.script(
        "getProgramAccounts",
        [Answer::Error(json!({ "code": -32601, "message": "Method not found" }))],
    );
    assert_eq!(code(&["model", "list", "--url", &cluster.url]), "rpc");

    workspace.write("config.yml", format!("---\njson_rpc_url: {}\ncommitment: finalized\n", cluster.url));
    assert_eq!(workspace.succeed(["model", "list", "--config", "config.yml"]), "no models\n");
    assert_eq!(cluster.asked("getProgramAccounts")[1][1]["commitment"], "finalized");
    std::fs::create_dir_all(workspace.path(".config/solana/cli")).unwrap();
    workspace.write(".config/solana/cli/config.yml", workspace.read("config.yml"));
    let home = workspace
        .command(["model", "list", "--commitment", "processed"])
        .env("HOME", workspace.path(""))
        .output()
        .unwrap();
    assert!(home.status.success(), "{}", show(&home));
    assert_eq!(cluster.asked("getProgramAccounts")[2][1]["commitment"], "processed");
}
