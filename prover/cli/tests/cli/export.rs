//! Contracts and calls for other chains. `tests/evm` runs them.

use assay_evm::{verify_calldata, verify_statement_calldata};
use assay_interface::proof_file::ProofFile;
use serde_json::Value;

use crate::common::{SEED, Workspace};

const SOLIDITY: [&str; 6] = ["export", "solidity", "--vk", "model.vk", "-o", "Risk.sol"];

#[test]
fn a_contract_holds_its_key_and_gives_way_to_none_of_another() {
    let workspace = Workspace::with_keys();
    let said: Value =
        serde_json::from_str(&workspace.succeed(SOLIDITY.iter().chain(&["--json"]))).expect("JSON");
    let field = |name: &str| said[name].as_str().expect("a text").to_owned();
    assert_eq!(
        (field("contract"), field("form"), field("setup")),
        ("Risk".into(), "plain".into(), "development".into())
    );
    let digests_alone = String::from_utf8(workspace.read("Risk.sol")).expect("text");
    assert!(digests_alone.contains(&format!("KEY_HASH = 0x{};", field("key_hash"))), "{digests_alone}");
    assert!(digests_alone.contains("contract Risk {") && digests_alone.contains("// A development key"));
    assert!(!digests_alone.contains("verifyStatement"));

    // The same key's gives way: with the model, and again.
    let with_model: Vec<&str> = SOLIDITY.into_iter().chain(["--model", "model.assay"]).collect();
    workspace.succeed(&with_model);
    let first = workspace.read("Risk.sol");
    assert!(String::from_utf8_lossy(&first).contains("function verifyStatement("));
    workspace.succeed(&with_model);
    assert_eq!(first, workspace.read("Risk.sol"), "a contract is a function of key and model");
    let shown = workspace.succeed(["export", "solidity", "--vk", "model.vk", "--name", "Risk", "-o", "-"]);
    assert_eq!(shown, digests_alone);

    workspace.succeed([
        "setup",
        "model.assay",
        "--development",
        "--force",
        "--seed",
        &SEED.replace("07", "08"),
    ]);
    let refusal = workspace.refused(SOLIDITY);
    assert!(refusal.contains("is the contract of another key") && refusal.contains("--force"), "{refusal}");
    workspace.write("Risk.sol", "contract Risk { /* of one's own */ }");
    assert!(workspace.refused(SOLIDITY).contains("is not an earlier output"));
    workspace.succeed(SOLIDITY.iter().chain(&["--force"]));

    for name in ["risk", "1Risk", "Risk-2", "Ri\u{202e}sk", ""] {
        let refusal = workspace.refused(SOLIDITY.iter().chain(&["--name", name]));
        assert!(
            refusal.contains("is no contract's name in Solidity") && refusal.contains("RiskVerifier"),
            "{refusal}"
        );
    }
    let refusal = workspace.refused(["export", "solidity", "--vk", "model.vk", "-o", "9.sol"]);
    assert!(refusal.contains("--name"), "{refusal}");
}

#[test]
fn the_call_is_the_proofs() {
    let workspace = Workspace::proven();
    let file = ProofFile::from_bytes(&workspace.read("decision.proof")).expect("a proof");
    let digest = file.statement.digest().expect("a digest");
    let export = ["export", "calldata", "--proof", "decision.proof"];
    let line = |call: Vec<u8>| format!("0x{}\n", hex::encode(call));
    assert_eq!(workspace.succeed(export), line(verify_statement_calldata(&file.proof, &file.statement)));
    let by_digest = workspace.succeed(export.iter().chain(&["--digest"]));
    assert_eq!(by_digest, line(verify_calldata(&file.proof, digest.as_be_bytes())));
    assert_eq!(by_digest.len(), "0x\n".len() + 2 * (4 + 3 * 32 + 256));
    let parts: Value =
        serde_json::from_str(&workspace.succeed(export.iter().chain(&["--json"]))).expect("JSON");
    assert_eq!(parts["digest"], digest.to_string());
    assert_eq!(parts["limbs"].as_array().map(Vec::len), Some(file.statement.limbs.len()));
    assert!(workspace.refused(["export", "calldata", "--proof", "model.vk"]).contains("model.vk"));
}
