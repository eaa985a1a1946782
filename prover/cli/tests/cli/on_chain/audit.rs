//! `assay audit receipts`: from what a cluster tells to a verdict, a history, a checkpoint.

use assay_chain::transaction::{Budget, Unsigned};
use assay_interface::verifier::{audit_extend, audit_start};
use assay_verifier_host::evidence::{Recording, written};

use super::*;

const RECORDED_AT: i64 = 1_800_000_050;
/// That of nobody: what the transaction here is signed with.
const SIGNATURE: &str = "1111111111111111111111111111111111111111111111111111111111111111";

const PROVE: [&str; 11] = [
    "prove",
    "--model",
    "model.assay",
    "--key",
    "model.pk",
    "--input",
    "samples.csv",
    "--row",
    "2",
    "--output",
    "samples.proof",
];

/// A model of which one statement was recorded, as a cluster tells of it.
fn recorded() -> (World, Value) {
    let world = World::new();
    world.workspace.succeed(PROVE);
    let file = ProofFile::from_bytes(&world.workspace.read("samples.proof")).unwrap();
    let digest = file.statement.digest().unwrap();
    let context = file.statement.context;
    let payer = world.key.pubkey();
    let instruction =
        verifier::record(payer, world.address, &file.proof, context, &file.statement.limbs, &digest);
    let budget = Budget { compute_units: 200_000, price: 0 };
    let hash = crate::common::cluster::BLOCKHASH.parse().unwrap();
    let wire = Unsigned::new(&payer, &[instruction], budget, hash).unwrap().wire();
    let digest = digest.to_be_bytes();
    let mut chain = [0; 32];
    let world = world.with(|model| {
        model.status = Status::Active as u8;
        chain = audit_extend(&audit_start(&model.id), &digest, RECORDED_AT);
        (model.accepted, model.last_accepted_at, model.audit_chain) = (1, RECORDED_AT, chain);
    });
    let event = written(&Recording {
        model: world.address,
        digest,
        context,
        index: 0,
        recorded_at: RECORDED_AT,
        audit_chain: chain,
    });
    let logs = [
        format!("Program {} invoke [1]", verifier::ID),
        format!("Program data: {}", BASE64.encode(event)),
        format!("Program {} success", verifier::ID),
    ];
    let past = json!({
        "slot": 9,
        "transaction": [BASE64.encode(wire), "base64"],
        "meta": { "err": null, "logMessages": logs, "innerInstructions": [] },
    });
    (world, past)
}

impl World {
    /// What the cluster says next of the past.
    fn tells(&self, signatures: &Value, past: Value) {
        self.cluster.script("getSignaturesForAddress", [Answer::Result(signatures.clone())]);
        self.cluster.script("getTransaction", [Answer::Result(past)]);
    }

    fn audit(&self, more: &[&str]) -> (Option<i32>, Value) {
        let address = self.address.to_string();
        self.look(&[&["audit", "receipts", &address][..], more].concat())
    }
}

#[test]
fn what_was_recorded_is_verified_saved_and_signed() {
    let (world, past) = recorded();
    let named = json!([{ "signature": SIGNATURE, "slot": 9, "err": null, "memo": null }]);
    world.tells(&named, past.clone());
    let auditor = world.key.pubkey().to_string();
    let (code, report) = world.audit(&[
        "--key",
        "model.vk",
        "--save",
        "history.json",
        "--sign",
        "june.json",
        "--keypair",
        "id.json",
    ]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(
        (&report["proven"], &report["recorded"], &report["chain"]),
        (&json!(1), &json!(1), &json!("whole"))
    );
    assert_eq!(report["signed_by"], auditor);

    // Again from the file; and from the checkpoint nothing is left to do.
    let text = world.workspace.succeed(["audit", "receipts", "--history", "history.json"]);
    assert!(text.starts_with("clean") && text.contains("1 of 1"), "{text}");
    world.tells(&json!([]), Value::Null);
    let (code, report) = world.audit(&["--from", "june.json", "--auditor", &auditor]);
    assert_eq!((code, &report["checked_before"], &report["proven"]), (Some(0), &json!(1), &json!(0)));
    assert_eq!(world.cluster.asked("getSignaturesForAddress")[2][1]["until"], SIGNATURE);

    // Another model's, or another transaction in the place of the one that was asked for.
    let other = Address::new_from_array([5; 32]).to_string();
    let said = world.workspace.refused(["audit", "receipts", &other, "--history", "history.json"]);
    assert!(said.contains("is of model"), "{said}");

    // Files that stand there stay.
    world.tells(&named, past);
    let (code, refused) = world.audit(&["--save", "history.json"]);
    assert_eq!(code, Some(2));
    assert!(refused["error"]["message"].as_str().unwrap().contains("servers forget"), "{refused}");
}

#[test]
fn what_is_not_proven_is_named_and_signed_by_nobody() {
    let (world, past) = recorded();
    let named = json!([{ "signature": SIGNATURE, "slot": 9, "err": null }]);
    // The transaction is gone.
    world.tells(&named, Value::Null);
    let (code, report) = world.audit(&["--sign", "june.json", "--keypair", "id.json"]);
    assert_eq!((code, &report["clean"], &report["chain"]), (Some(1), &json!(false), &json!("incomplete")));
    assert!(report["findings"][0]["what"].as_str().unwrap().contains("left out"), "{report}");
    assert!(!world.workspace.path("june.json").exists());
    // Its proof is another one.
    let mut wire = BASE64.decode(past["transaction"][0].as_str().unwrap()).unwrap();
    let file = ProofFile::from_bytes(&world.workspace.read("samples.proof")).unwrap();
    let proof = file.proof.as_bytes();
    let at = wire.windows(proof.len()).position(|window| window == proof).unwrap();
    wire[at + 200] ^= 1;
    let mut altered = past;
    altered["transaction"][0] = BASE64.encode(wire).into();
    world.tells(&named, altered);
    let (code, report) = world.audit(&[]);
    assert_eq!((code, &report["chain"]), (Some(1), &json!("whole")));
    let finding = &report["findings"][0];
    assert_eq!((&finding["index"], &finding["transaction"]), (&json!(0), &json!(SIGNATURE)));
    assert!(finding["what"].as_str().unwrap().contains("its proof is not accepted"), "{finding}");
}

#[test]
fn wrong_files_are_refused_with_a_way_out() {
    let (world, _) = recorded();
    let refused = |more: &[&str]| {
        let (code, answer) = world.audit(more);
        assert_eq!(code, Some(2), "{answer}");
        let error = &answer["error"];
        assert!(error["hint"].is_string(), "{error}");
        error["message"].as_str().unwrap().to_owned()
    };
    let auditor = world.key.pubkey().to_string();
    let stranger = stranger();
    world.workspace.write("other.vk", stranger.read("model.vk"));
    world.tells(&json!([]), Value::Null);
    assert!(refused(&["--key", "other.vk"]).contains("another key"));
    world.workspace.write("june.json", "{}");
    assert!(refused(&["--from", "june.json", "--auditor", &auditor]).contains("no checkpoint"));
    let said = world.workspace.refused(["audit", "receipts", "--history", "june.json"]);
    assert!(said.contains("no history") && said.contains("--save"), "{said}");
}
