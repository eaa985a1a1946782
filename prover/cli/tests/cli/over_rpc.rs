//! From a file to a receipt on a cluster, over RPC, with the programs' bytecode. `cargo xtask anchor-test` gives the cluster and its wallet.

use std::path::PathBuf;

use assay::Keys;
use assay_chain::settings::keypair;
use assay_chain::{Commitment, Error, MOST_PRIORITY, Price, Rpc, Sender};
use assay_verifier_host::Registration;
use serde_json::{Value, json};
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer as _;

use crate::common::onnx::network;
use crate::common::{Workspace, prove, show};

const DAY: i64 = 86_400;

/// Tests share the cluster's clock: one that moves it would end the timelocks that another looks at, and make its prices old.
pub static CLOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// A cluster, an authority of this test's own, and the wallet that pays.
struct World {
    workspace: Workspace,
    url: String,
    wallet: PathBuf,
    authority: Keypair,
}

impl World {
    fn of(workspace: Workspace) -> World {
        let variable = |name| {
            std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask anchor-test`"))
        };
        let authority = Keypair::new();
        write_keypair_file(&authority, workspace.path("authority.json")).unwrap();
        let wallet = variable("ANCHOR_WALLET").into();
        World { workspace, url: variable("ANCHOR_PROVIDER_URL"), wallet, authority }
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let wallet = self.wallet.to_str().unwrap();
        let common = ["--url", &self.url, "--keypair", "authority.json", "--fee-payer", wallet, "--json"];
        self.workspace.run(arguments.iter().chain(&common))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", show(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str], why: &str) {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", show(&output));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(answer["error"]["message"].as_str().unwrap().contains(why), "{answer}");
    }

    fn rpc(&self) -> Rpc {
        Rpc::new(&self.url, Commitment::Confirmed)
    }

    /// Others may have moved the clock further in the meantime: then this is refused, and all is well.
    fn wait(&self, seconds: i64) {
        let (rpc, until) = (self.rpc(), self.rpc().unix_time().unwrap() + seconds);
        let _ = rpc.ask("surfnet_timeTravel", &json!([{ "absoluteTimestamp": until * 1_000 }]));
        while rpc.unix_time().unwrap() < until {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    fn registered_and_active(&self) -> String {
        let _clock = CLOCK.lock();
        let done = self.json(&["model", "register", "model.assay"]);
        assert_eq!((&done["registered"], &done["status"]), (&json!(true), &json!("proposed")));
        let model = done["model"].as_str().unwrap().to_owned();
        self.refused(&["model", "activate", &model], "timelock runs until");
        self.wait(DAY);
        assert_eq!(self.json(&["model", "activate", &model])["status"], "active");
        model
    }
}

#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn from_a_file_to_a_receipt() {
    let world = World::of(Workspace::proven());
    let trial = world.json(&["model", "register", "model.assay", "--dry-run"]);
    assert_eq!(trial["registered"], false);
    let model = world.registered_and_active();
    assert_eq!(trial["model"], model);
    assert_eq!(world.json(&["model", "register", "model.assay"])["existed"], true);
    assert_eq!(world.json(&["model", "activate", &model])["changed"], false);
    let list = world.workspace.run(["model", "list", "--vk", "model.vk", "--url", &world.url, "--json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert!(list["models"].as_array().unwrap().iter().any(|listed| listed["model"] == model), "{list}");

    let submit = ["submit", "decision.proof", "--to", &model, "--model", "model.assay", "--vk", "model.vk"];
    let verified = world.json(&[&submit[..], &["--verify-only"]].concat());
    assert!(verified["transaction"]["signature"].is_string(), "{verified}");
    let look = ["receipt", "show", "--proof", "decision.proof", "--of", &model, "--url", &world.url];
    assert_eq!(world.workspace.run(look).status.code(), Some(1));
    let recorded = world.json(&[&submit[..], &["--priority-fee", "auto"]].concat());
    assert_eq!(recorded["recorded"], true);
    let shown = world.workspace.succeed(look);
    assert!(shown.contains(recorded["receipt"].as_str().unwrap()), "{shown}");
    assert_eq!(world.json(&submit)["existed"], true);

    world.workspace.succeed(prove(&["-o", "other.proof", "--context", &"11".repeat(32)]));
    let other = ["submit", "other.proof", "--to", &model];
    assert_eq!(world.json(&["model", "suspend", &model])["status"], "suspended");
    world.refused(&other, "it is suspended");
    assert_eq!(world.json(&["model", "resume", &model])["status"], "proposed");
    world.refused(&other, "it is proposed");
    let retired = world.json(&["model", "retire", &model, "--for-good"]);
    assert_eq!((&retired["status"], &retired["accepted"]), (&json!("retired"), &json!(1)));
}

/// What the command line looks at first is left out here, so the program itself refuses.
#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn what_the_program_refuses_has_the_programs_name() {
    let world = World::of(Workspace::with_keys());
    world.json(&["model", "register", "model.assay"]);
    let model = assay::Model::load(&world.workspace.read("model.assay")).unwrap();
    let key = Keys::load(&world.workspace.read("model.pk")).unwrap().verifying_key().to_interface();
    let wallet = keypair(&world.wallet).unwrap();
    let registration = Registration {
        payer: wallet.pubkey(),
        ..Registration::development(world.authority.pubkey(), &key, model.schema())
    };
    let rpc = world.rpc();
    let sender = Sender {
        rpc: &rpc,
        payer: wallet.pubkey(),
        keys: vec![&world.authority, &wallet],
        price: Price::Fixed(0),
        most_priority: MOST_PRIORITY,
        patience: std::time::Duration::from_secs(60),
    };
    match sender.simulate(&[registration.instruction().unwrap()]) {
        Err(Error::Refused(refusal)) => {
            assert_eq!((refusal.name.as_str(), refusal.number), ("ModelExists", Some(6010)))
        }
        other => panic!("{other:?}"),
    }
    // Nobody has sent SOL to the authority.
    let poor = Sender { payer: world.authority.pubkey(), keys: vec![&world.authority], ..sender };
    match poor.simulate(&[registration.instruction().unwrap()]) {
        Err(Error::Refused(refusal)) => {
            assert!(refusal.message.contains("SOL") || refusal.name.contains("Signature"), "{refusal}")
        }
        other => panic!("{other:?}"),
    }
}

/// A statement of so many limbs fits a transaction of version 1 only.
#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn a_long_statement_goes_into_a_long_transaction() {
    const FEATURES: usize = 1_000;
    let workspace = Workspace::new();
    workspace.write("model.onnx", network(&[FEATURES, 1]).to_bytes());
    let names: Vec<String> = (0..FEATURES).map(|i| format!("x{i}")).collect();
    let row = |value: f64| {
        (0..FEATURES).map(|i| (value * f64::from(i as u32 % 7)).to_string()).collect::<Vec<_>>().join(",")
    };
    workspace.write("samples.csv", format!("{}\n{}\n{}\n", names.join(","), row(0.1), row(-0.1)));
    workspace.succeed([
        "compile",
        "model.onnx",
        "--calibration",
        "samples.csv",
        "--max-error-calibrated",
        "1",
    ]);
    workspace.succeed(["setup", "model.assay", "--development"]);
    workspace.succeed([
        "prove",
        "--model",
        "model.assay",
        "--key",
        "model.pk",
        "--input",
        "samples.csv",
        "--row",
        "1",
        "-o",
        "decision.proof",
    ]);
    let world = World::of(workspace);
    let model = world.registered_and_active();
    let done = world.json(&["submit", "decision.proof", "--to", &model]);
    assert!(done["transaction"]["bytes"].as_u64().unwrap() > 1_232, "{done}");
    assert_eq!(done["recorded"], true);
}
