//! Weights that are committed to: one pair of keys for two models, and what is refused.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::common::onnx::{Graph, network};
use crate::common::{SEED, Workspace};

const ADDRESS: &str = "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";
const OTHER: &str = "2f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";

/// The model as if it had been trained longer.
fn retrained(factor: f32) -> Vec<u8> {
    let Graph { mut weights, .. } = network(&[2, 3, 1]);
    for (position, weight) in weights.iter_mut().flat_map(|(_, _, values)| values).enumerate() {
        *weight *= factor * if position % 2 == 0 { 0.9 } else { 1.1 };
    }
    Graph { weights, ..network(&[2, 3, 1]) }.to_bytes()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// With an architecture, its keys, and the weights of two models.
fn architecture() -> Workspace {
    let workspace = Workspace::with_model();
    workspace.succeed(["compile", "model.onnx", "samples.csv", "--weights", "committed"]);
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    workspace.write("second.onnx", retrained(1.0));
    workspace.succeed(["weights", "fit", "second.onnx", "samples.csv", "--architecture", "model.assay"]);
    workspace
}

fn commit<'a>(weights: &'a str, address: &'a str) -> Vec<&'a str> {
    vec!["weights", "commit", "model.assay", "--weights", weights, "--address", address]
}

fn prove<'a>(weights: &'a str, proof: &'a str) -> Vec<&'a str> {
    let common = ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "input.json"];
    common.into_iter().chain(["--weights", weights, "-o", proof]).collect()
}

fn verify<'a>(proof: &'a str, commitment: &'a str, address: &'a str) -> Vec<&'a str> {
    let keys = ["--vk", "model.vk", "--registration-vk", "model.registration.vk", "--model", "model.assay"];
    let what = ["--proof", proof, "--commitment", commitment, "--address", address, "--json"];
    ["verify"].into_iter().chain(keys).chain(what).collect()
}

#[test]
fn one_key_proves_two_models_of_one_architecture() {
    let workspace = architecture();
    let mode = std::fs::metadata(workspace.path("model.weights")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for weights in ["model.weights", "second.weights"] {
        workspace.succeed(commit(weights, ADDRESS));
        workspace.succeed(prove(weights, &weights.replace("weights", "proof")));
    }
    let answer = |proof: &str, commitment: &str, address: &str| {
        let output = workspace.run(verify(proof, commitment, address));
        json(&String::from_utf8(output.stdout).unwrap())
    };
    for name in ["model", "second"] {
        let (proof, commitment) = (format!("{name}.proof"), format!("{name}.commitment"));
        let verdict = answer(&proof, &commitment, ADDRESS);
        assert_eq!(verdict["valid"], true, "{verdict}");
        assert_eq!(verdict["outputs"][0]["name"], "score");
        // A copy elsewhere is another one.
        assert_eq!(answer(&proof, &commitment, OTHER)["code"], "other-context");
        let check = [
            "weights",
            "check",
            &commitment,
            "--model",
            "model.assay",
            "--vk",
            "model.vk",
            "--registration-vk",
        ];
        let check = |address| [&check[..], &["model.registration.vk", "--address", address]].concat();
        workspace.succeed(check(ADDRESS));
        assert_eq!(workspace.run(check(OTHER)).status.code(), Some(1));
    }
    // The proof of one model is none of the other's.
    assert_eq!(answer("model.proof", "second.commitment", ADDRESS)["code"], "invalid-proof");
    // Two models, two decisions for one input.
    let score = |weights: &str| {
        let run = ["run", "--model", "model.assay", "--input", "input.json", "--json", "--weights", weights];
        json(&workspace.succeed(run))["outputs"].clone()
    };
    assert_ne!(score("model.weights"), score("second.weights"));
    assert_eq!(score("model.weights"), answer("model.proof", "model.commitment", ADDRESS)["outputs"]);

    let audit = |weights: &str| {
        let audit = ["weights", "audit", "model.commitment", "--model", "model.assay", "--key", "model.pk"];
        workspace.run([&audit[..], &["--weights", weights]].concat()).status.code()
    };
    assert_eq!((audit("model.weights"), audit("second.weights")), (Some(0), Some(1)));
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let workspace = architecture();
    let fails = |command: &[&str], texts: &[&str]| {
        let output = workspace.run(command.iter());
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(texts.iter().all(|text| stderr.contains(text)), "{command:?}: {stderr}");
    };
    let run = ["run", "--model", "model.assay", "--input", "input.json"];
    fails(&run, &["weights are in a file of their own", "--weights"]);
    workspace.write("third.onnx", retrained(8.0));
    let fit =
        ["weights", "fit", "third.onnx", "samples.csv", "--architecture", "model.assay", "--max-error", "9"];
    fails(&fit, &["does not fit the architecture", "layer", "holds up to"]);
    assert!(!workspace.path("third.weights").exists());
    // Weights and their mask are not replaced unasked.
    fails(&["compile", "model.onnx", "samples.csv", "--weights", "committed"], &["mask", "--force"]);
    workspace.succeed(["compile", "model.onnx", "samples.csv", "--to", "fixed.assay"]);
    let fixed = ["run", "--model", "fixed.assay", "--input", "input.json", "--weights", "model.weights"];
    fails(&fixed, &["fixed weights"]);
    let mut damaged = workspace.read("model.weights");
    *damaged.last_mut().unwrap() ^= 1;
    workspace.write("damaged.weights", damaged);
    fails(&[&run[..], &["--weights", "damaged.weights"]].concat(), &["checksum"]);
    // A commitment whose registration is another's.
    workspace.succeed(commit("model.weights", ADDRESS));
    let mut bytes = workspace.read("model.commitment");
    let payload = assay_interface::artifact::HEADER_LEN;
    workspace.succeed([&commit("second.weights", ADDRESS)[..], &["-o", "other.commitment"]].concat());
    let other = workspace.read("other.commitment");
    bytes[payload..payload + 128].copy_from_slice(&other[payload..payload + 128]);
    let parent = assay_interface::artifact::decode(assay_interface::artifact::Kind::Commitment, &other)
        .unwrap()
        .parent;
    let kind = assay_interface::artifact::Kind::Commitment;
    workspace.write("mixed.commitment", assay_interface::artifact::encode(kind, parent, &bytes[payload..]));
    let check = ["weights", "check", "mixed.commitment", "--vk", "model.vk", "--registration-vk"];
    let check = [&check[..], &["model.registration.vk", "--address", ADDRESS]].concat();
    assert_eq!(workspace.run(check).status.code(), Some(1));
}
