//! `assay compile --exact-floats`: float32 numbers in, float32 numbers out.

use serde_json::{Value, json};

use crate::common::{SEED, Workspace, prove};

/// Six features of trees, some of which may be missing.
fn files() -> [String; 2] {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/corpus/exact/xgboost-exact-floats");
    ["model.onnx", "calibration.csv"].map(|file| format!("{folder}/{file}"))
}

#[test]
fn numbers_go_in_and_come_out_as_they_are() {
    let workspace = Workspace::new();
    let [onnx, samples] = files();
    let options = ["--exact-floats", "--output", "probabilities", "-o", "model.assay"];
    let compiled = workspace.succeed(["compile", &onnx, &samples].into_iter().chain(options));
    assert!(compiled.contains("exact float32"), "{compiled}");
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&workspace.succeed(arguments.iter().chain(&["--json"]))).unwrap()
    };
    let described = json(&["inspect", "model.assay"]);
    let input = &described["inputs"][0];
    assert_eq!(
        (&input["scale"], &input["bits"], &input["least"]),
        (&json!("float32"), &json!(32), &json!("-inf"))
    );
    assert_eq!(described["features"][0]["max"], "inf");
    assert!(workspace.succeed(["inspect", "model.assay"]).contains("float32"));

    // A double becomes the nearest number of single precision, and is shown as that.
    workspace.write("input.json", r#"[[0.1, "-Infinity", null, -0.0, 1e-45, 3]]"#);
    let ran = json(&["run", "--model", "model.assay", "--input", "input.json"]);
    let numbers = json!([f64::from(0.1f32), "-Infinity", null, 0.0, f64::from(1e-45f32), 3.0]);
    assert_eq!(ran["inputs"][0]["values"], numbers);
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    workspace.succeed(prove(&["-o", "decision.proof"]));
    let verified = ["verify", "--vk", "model.vk", "--proof", "decision.proof", "--model", "model.assay"];
    let text = workspace.succeed(verified.into_iter().chain(["--input", "input.json"]));
    assert!(text.contains(&f64::from(0.1f32).to_string()) && text.contains("-inf"), "{text}");
    let proven = json(&["inspect", "decision.proof", "--model", "model.assay"]);
    assert_eq!((&proven["inputs"], &proven["outputs"]), (&ran["inputs"], &ran["outputs"]));
    // One step beside is another statement.
    workspace.write("other.json", r#"[[0.10000001, "-Infinity", null, 0, 1e-45, 3]]"#);
    let refused = workspace.run(verified.into_iter().chain(["--input", "other.json"]));
    let text = String::from_utf8(refused.stdout).unwrap();
    assert!(!refused.status.success() && text.contains("0.10000000894069672"), "{text}");

    let check = ["compile", "--check", "model.assay", &onnx, &samples];
    workspace.succeed(check);
}

#[test]
fn the_option_is_refused_where_it_says_nothing() {
    let workspace = Workspace::with_model();
    let [onnx, samples] = files();
    let refused = workspace.refused(["compile", &onnx, &samples, "--exact-floats=z"]);
    assert!(refused.contains("'z'") && refused.contains("features"), "{refused}");
    let refused = workspace.refused(["compile", &onnx, &samples, "--exact-floats="]);
    assert!(refused.contains("input ''") && refused.contains("features"), "{refused}");
    let refused = workspace.refused(["compile", "model.onnx", "samples.csv", "--exact-floats"]);
    assert!(refused.contains("MatMul") || refused.contains("Gemm"), "{refused}");
    assert!(refused.contains("--exact-floats=INPUT"), "{refused}");
    let both = ["compile", "model.onnx", "samples.csv", "--exact-floats", "--input-format", "12:8"];
    assert!(workspace.refused(both).contains("cannot be used with"));
}
