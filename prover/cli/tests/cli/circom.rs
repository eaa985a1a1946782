//! `assay prove --zkey`: a key of snarkjs and a witness of circom, as `prover/groth16/tests/data` has them, and snarkjs'
//! verdict on the proof.

use assay_groth16::circom::Zkey;
use assay_groth16::snarkjs::proof_from_json;

use crate::{common::Workspace, snarkjs};

const ZKEY: &[u8] = include_bytes!("../../../groth16/tests/data/tiny.zkey");
const WTNS: &[u8] = include_bytes!("../../../groth16/tests/data/tiny.wtns");
const PUBLIC: &str = include_str!("../../../groth16/tests/data/tiny.public.json");
const PROVE: [&str; 5] = ["prove", "--zkey", "tiny.zkey", "--wtns", "tiny.wtns"];

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("tiny.zkey", ZKEY);
    workspace.write("tiny.wtns", WTNS);
    workspace
}

fn json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn proof_and_public_signals_are_snarkjs() {
    let workspace = workspace();
    let report = workspace.succeed(PROVE.into_iter().chain(["--json"]));
    let report = json(report.as_bytes());
    assert_eq!((&report["wires"], &report["public_inputs"]), (&11.into(), &2.into()));
    assert_eq!(json(&workspace.read("public.json")), json(PUBLIC.as_bytes()));
    let proof = proof_from_json(&String::from_utf8(workspace.read("proof.json")).unwrap()).unwrap();
    let witness = assay_groth16::circom::read_wtns(WTNS).unwrap();
    let key = Zkey::from_bytes(ZKEY).unwrap();
    assert_eq!(key.verify(&proof, key.public_inputs(&witness).unwrap()), Ok(()));

    // Again: its own outputs give way, other files do not.
    workspace.succeed(PROVE.into_iter().chain(["--proof", "proof.json", "--public", "public.json"]));
    assert_ne!(proof, proof_from_json(&String::from_utf8(workspace.read("proof.json")).unwrap()).unwrap());
    workspace.write("notes.txt", "keep");
    let refused = workspace.refused(PROVE.into_iter().chain(["--public", "notes.txt"]));
    assert!(refused.contains("notes.txt exists"), "{refused}");
}

#[test]
fn snarkjs_accepts_the_proof_and_no_other_public_signals() {
    let workspace = workspace();
    workspace.write("vk.json", include_bytes!("../../../groth16/tests/data/tiny.vk.json"));
    workspace.write("theirs.json", include_bytes!("../../../groth16/tests/data/tiny.proof.json"));
    workspace.succeed(PROVE);
    let verdict = |public: &str, proof: &str| {
        snarkjs::accepts(&workspace.path("vk.json"), &workspace.path(public), &workspace.path(proof))
    };
    assert!(verdict("public.json", "proof.json"));
    assert!(verdict("public.json", "theirs.json"), "snarkjs' own proof of the same witness");

    let signals: Vec<String> = serde_json::from_slice(&workspace.read("public.json")).unwrap();
    for position in 0..signals.len() {
        let mut altered = signals.clone();
        // Another last digit: a number below the field's order still.
        let last = altered[position].pop().unwrap();
        altered[position].push(if last == '0' { '1' } else { '0' });
        workspace.write("altered.json", serde_json::to_vec(&altered).unwrap());
        assert!(!verdict("altered.json", "proof.json"), "signal {position}");
    }
    let mut proof = json(&workspace.read("proof.json"));
    proof["pi_c"] = json(&workspace.read("theirs.json"))["pi_c"].clone();
    workspace.write("mixed.json", proof.to_string());
    assert!(!verdict("public.json", "mixed.json"));
}

#[test]
fn what_cannot_be_proven_says_why() {
    let workspace = workspace();
    // The witness' last byte but one wire: the unused one is wire 10.
    let mut wrong = WTNS.to_vec();
    let used = wrong.len() - 64;
    wrong[used] ^= 1;
    workspace.write("tiny.wtns", &wrong);
    let refused = workspace.refused(PROVE);
    assert!(refused.contains("tiny.wtns breaks a constraint of tiny.zkey"), "{refused}");
    workspace.write("tiny.wtns", &WTNS[..WTNS.len() - 1]);
    assert!(workspace.refused(PROVE).contains("damaged or cut off"));
    workspace.write("tiny.wtns", ZKEY);
    assert!(workspace.refused(PROVE).contains("not a .wtns file"));
    let missing = workspace.refused(["prove", "--zkey", "none.zkey", "--wtns", "tiny.wtns"]);
    assert!(missing.contains("cannot open the proving key none.zkey"), "{missing}");
    for arguments in [
        &["prove", "--zkey", "tiny.zkey"][..],
        &["prove", "--wtns", "tiny.wtns"],
        &["prove", "--zkey", "tiny.zkey", "--wtns", "tiny.wtns", "--model", "model.assay"],
    ] {
        assert_eq!(workspace.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
