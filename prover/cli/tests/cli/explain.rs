//! `assay explain`: where the integers differ from the float model, and why.

use serde_json::Value;

use crate::common::onnx::{Dim, Graph, Node};
use crate::common::{Workspace, show};

fn near(value: &Value, expected: f64) {
    let found = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

/// Weights of `score = v relu(w x)`, by column.
const W: [f32; 4] = [0.731, -0.217, -0.413, 0.877];
const V: [f32; 2] = [0.619, 0.355];

/// Hidden values and score, by hand.
fn float(a: f64, b: f64) -> ([f64; 2], f64) {
    let [w, v] = [W.map(f64::from).to_vec(), V.map(f64::from).to_vec()];
    let hidden = [a * w[0] + b * w[2], a * w[1] + b * w[3]].map(|x| x.max(0.0));
    (hidden, hidden[0] * v[0] + hidden[1] * v[1])
}

fn by_hand() -> Workspace {
    let workspace = Workspace::new();
    let node = |name, operator, inputs, output| Node { name, operator, inputs, output };
    let graph = Graph {
        name: "hand",
        input: vec![Dim::Fixed(1), Dim::Fixed(2)],
        output: vec![Dim::Fixed(1), Dim::Fixed(1)],
        nodes: vec![
            node("first", "MatMul", vec!["x", "w"], "g"),
            node("relu", "Relu", vec!["g"], "h"),
            node("last", "MatMul", vec!["h", "v"], "score"),
        ],
        weights: vec![("w", vec![2, 2], W.to_vec()), ("v", vec![2, 1], V.to_vec())],
        features: Some("a,b"),
    };
    workspace.write("model.onnx", graph.to_bytes());
    workspace.write("samples.csv", "a,b\n-1,0.5\n0.25,-0.75\n1,1\n0.5,-1\n");
    workspace.write("input.json", "{\"a\": 0.75, \"b\": 0.5}");
    workspace
}

fn json(workspace: &Workspace, more: &[&str]) -> Value {
    let arguments = ["explain", "model.assay", "input.json", "--json"];
    serde_json::from_str(&workspace.succeed(arguments.iter().chain(more))).unwrap()
}

const COMPILE: [&str; 7] =
    ["compile", "model.onnx", "samples.csv", "--input-format", "12:8", "--max-error-calibrated", "0.05"];

#[test]
fn values_are_those_of_both_models_and_parts_sum_up_to_the_error() {
    let workspace = by_hand();
    workspace.succeed(COMPILE);
    let explained = json(&workspace, &[]);
    let [output] = explained["outputs"].as_array().unwrap().as_slice() else { panic!("{explained}") };
    let (hidden_values, score) = float(0.75, 0.5);
    near(&output["worst"]["float"], score);
    let ran: Value = serde_json::from_str(&workspace.succeed([
        "run",
        "--model",
        "model.assay",
        "--input",
        "input.json",
        "--json",
    ]))
    .unwrap();
    let integer = ran["outputs"][0]["values"][0].as_f64().unwrap_or_else(|| panic!("{ran}"));
    near(&output["worst"]["integer"], integer);
    near(&output["worst"]["error"], integer - score);
    let part = |causes: &Value| {
        ["weights", "rounding", "saturation", "tables"]
            .iter()
            .map(|cause| causes[cause].as_f64().unwrap())
            .sum::<f64>()
    };
    let parts: f64 = output["layers"].as_array().unwrap().iter().map(part).sum();
    assert!((parts - (integer - score)).abs() < 1e-9, "{explained}");
    near(&output["input_rounding"], 0.0);
    // The certified bound is the report's.
    let report: Value = serde_json::from_str(&workspace.succeed(COMPILE.iter().chain(&["--json"]))).unwrap();
    let certified = report["assay_report"]["outputs"][0]["bound"]["certified"]["error"].as_f64().unwrap();
    near(&output["worst"]["bound"], certified);
    assert!((integer - score).abs() <= certified);
    // The hidden layer, in the float model's units.
    let [hidden, last] = explained["layers"].as_array().unwrap().as_slice() else { panic!("{explained}") };
    let element = hidden["worst"]["element"].as_u64().unwrap();
    near(&hidden["worst"]["float"], hidden_values[element as usize]);
    assert_eq!(last["worst"], output["worst"]);
    let of_layer = last["inherited"].as_f64().unwrap() + part(&last["added"]);
    assert!((of_layer - (integer - score)).abs() < 1e-9, "{last}");
    let text = workspace.succeed(["explain", "model.assay", "input.json"]);
    assert!(text.contains("score") && text.contains("at most") && text.contains("weights"), "{text}");
}

/// A row that the data is nothing like saturates, and that is said with what to do.
#[test]
fn what_is_clamped_is_named() {
    let workspace = by_hand();
    let rows = (0..60)
        .map(|i| format!("{},{}\n", f64::from(i * 37 % 60) / 120.0 - 0.25, f64::from(i) / 120.0 - 0.25));
    workspace.write("samples.csv", format!("a,b\n{}", rows.collect::<String>()));
    let compile = ["compile", "model.onnx", "samples.csv", "--force", "--max-error-calibrated", "0.01"];
    let wide = ["--domain", "a=-9:9", "--domain", "b=-9:9", "--ranges", "lookup"];
    let report = workspace.succeed(compile.iter().chain(&wide).chain(&["--widths", "calibrated", "--json"]));
    let report: Value = serde_json::from_str(&report).unwrap();
    let saturation = &report["assay_report"]["saturation"];
    // At three corners of four a hidden value is more than the format holds, at the fourth both are negative.
    let share = saturation["share"].as_f64().unwrap_or_else(|| panic!("{report}"));
    assert!((0.6..0.95).contains(&share) && saturation["layers"][0]["values"] == 2, "{saturation}");
    workspace.write("input.json", "{\"a\": 8, \"b\": -8}");
    let explained = json(&workspace, &[]);
    let clamped = &explained["layers"][0]["clamped"];
    // But for the rounding of weights.
    let (hidden, _) = float(8.0, -8.0);
    let (value, limit) = (clamped["value"].as_f64().unwrap(), clamped["limit"].as_f64().unwrap());
    assert!((value - hidden[0]).abs() < 0.1 && (0.28..1.0).contains(&limit), "{clamped}");
    let of_saturation = explained["outputs"][0]["layers"][0]["saturation"].as_f64().unwrap();
    let lost = f64::from(V[0]) * (limit - value);
    assert!((of_saturation - lost).abs() < 1e-9, "{explained}");
    let text = workspace.succeed(["explain", "model.assay", "input.json"]);
    assert!(text.contains("--widths certified"), "{text}");
    // The remedy works.
    workspace.succeed(compile.iter().chain(&wide).chain(&["--widths", "certified"]));
    assert_eq!(json(&workspace, &[])["layers"][0]["clamped"], Value::Null);
}

#[test]
fn another_model_is_refused() {
    let workspace = by_hand();
    workspace.succeed(["compile", "model.onnx", "samples.csv"]);
    let other = Workspace::with_model();
    workspace.write("other.onnx", other.read("model.onnx"));
    let refused = workspace.refused(["explain", "model.assay", "input.json", "--onnx", "other.onnx"]);
    assert!(refused.contains("digest") && refused.contains("hint"), "{refused}");
    workspace.write("data.csv", "a,b\n-1,0.5\n");
    let refused = workspace.refused(["explain", "model.assay", "input.json", "--calibration", "data.csv"]);
    assert!(refused.contains("calibration data has digest"), "{refused}");
    workspace.succeed(["explain", "model.assay", "input.json", "--calibration", "samples.csv"]);
    workspace.write("beyond.json", "{\"a\": 100, \"b\": 0}");
    let refused = workspace.refused(["explain", "model.assay", "beyond.json"]);
    assert!(refused.contains("--domain"), "{refused}");
    std::fs::remove_file(workspace.path("model.onnx")).unwrap();
    let missing = workspace.run(["explain", "model.assay", "input.json"]);
    assert_eq!(missing.status.code(), Some(2), "{}", show(&missing));
}
