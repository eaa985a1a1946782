//! `assay run`: what a proof would show, without keys.

use serde_json::Value;

use crate::common::{Workspace, prove, show};

const RUN: [&str; 3] = ["run", "--model", "model.assay"];

fn run<'a>(more: &[&'a str]) -> Vec<&'a str> {
    RUN.iter().chain(more).copied().collect()
}

#[test]
fn the_outputs_are_those_of_a_proof() {
    let workspace = Workspace::proven();
    let printed = workspace.succeed(run(&["--input", "input.json", "--trace", "--json"]));
    let ran: Value = serde_json::from_str(&printed).unwrap();
    let printed = workspace.succeed(["inspect", "decision.proof", "--model", "model.assay", "--json"]);
    let proven: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(ran["outputs"], proven["outputs"]);
    assert_eq!(ran["inputs"], proven["inputs"]);
    // Two layers, of three and of one element; the last is the output.
    let layers = ran["trace"].as_array().unwrap();
    assert_eq!(layers.iter().map(|l| l["integers"].as_array().unwrap().len()).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(layers[1]["integers"], proven["outputs"][0]["integers"]);
    let text = workspace.succeed(run(&["--input", "input.json", "--trace"]));
    assert!(text.contains("layers") && text.contains("outputs") && text.contains("score"), "{text}");
}

#[test]
fn many_rows_are_a_list() {
    let workspace = Workspace::compiled();
    let printed = workspace.succeed(run(&["--input", "samples.csv", "--all", "--json"]));
    let all: Value = serde_json::from_str(&printed).unwrap();
    let rows = all["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    let one: Value =
        serde_json::from_str(&workspace.succeed(run(&["--input", "samples.csv", "--row", "3", "--json"])))
            .unwrap();
    assert_eq!(rows[2]["outputs"], one["outputs"]);
    assert_eq!(workspace.succeed(run(&["--input", "samples.csv", "--rows", "2,4"])).lines().count(), 3);
    assert!(workspace.refused(run(&["--input", "samples.csv"])).contains("--rows or --all"));
}

/// Rows outside of the domain do not keep the others from their answers, and a remedy that takes all of them is named.
#[test]
fn rows_that_the_model_does_not_take_are_marked() {
    let workspace = Workspace::with_model();
    let compile = ["compile", "model.onnx", "samples.csv", "-o", "model.assay", "--force"];
    let report = workspace.succeed(compile);
    // Four samples, and two features with two ends each.
    assert!(report.contains("up to 80%"), "{report}");
    workspace.write("rows.csv", "a,b\n0.5,0.5\n1.5,0.5\n-1,1\n0,-1.25\n");
    let ran = workspace.run(run(&["--input", "rows.csv", "--all", "--json"]));
    assert_eq!(ran.status.code(), Some(1), "{}", show(&ran));
    let value: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(value["refused"], 2);
    let is_answered = |row: &Value| row["outputs"].is_array();
    let answered: Vec<bool> = value["rows"].as_array().unwrap().iter().map(is_answered).collect();
    assert_eq!(answered, [true, false, true, false]);
    assert!(value["rows"][1]["refused"].as_str().unwrap().contains("'a' = 1.5"), "{value}");
    let text = workspace.run(run(&["--input", "rows.csv", "--all"]));
    let stderr = String::from_utf8(text.stderr.clone()).unwrap();
    assert!(stderr.contains("2 of 4 rows are refused"), "{stderr}");
    assert!(String::from_utf8_lossy(&text.stdout).contains("refused"), "{}", show(&text));
    let domains = ["--domain", "a=-1:1.5", "--domain", "b=-1.25:1"];
    assert!(stderr.contains("--domain 'a=-1:1.5' --domain 'b=-1.25:1'"), "{stderr}");
    workspace.succeed(compile.iter().chain(&domains));
    workspace.succeed(run(&["--input", "rows.csv", "--all"]));

    let report = workspace.succeed(compile.iter().chain(&["--margin", "30%"]));
    assert!(report.contains("30% wider"), "{report}");
    workspace.succeed(run(&["--input", "rows.csv", "--all"]));
    let inspected: Value =
        serde_json::from_str(&workspace.succeed(["inspect", "model.assay", "--json"])).unwrap();
    // -1 to 1 and its span of 2; of b as well.
    assert_eq!(inspected["features"][0]["min"], -1.6);
    assert_eq!(
        (&inspected["features"][1]["max"], &inspected["observed_ends"]),
        (&Value::from(1.6), &Value::from(4))
    );
    workspace.succeed(["compile", "--check", "model.assay", "model.onnx", "samples.csv"]);
    for wrong in ["-1%", "nan", "half", "1e9"] {
        workspace.refused(compile.iter().chain(&[format!("--margin={wrong}").as_str()]));
    }
}

#[test]
fn the_witness_is_that_of_a_proof() {
    let workspace = Workspace::with_keys();
    workspace.succeed(run(&["--input", "input.json", "--witness", "ran.wtns"]));
    workspace.succeed(prove(&["--witness", "proven.wtns"]));
    assert!(workspace.read("ran.wtns") == workspace.read("proven.wtns"));
    let stderr = workspace.refused(run(&["--input", "input.json", "--witness", "model.pk"]));
    assert!(stderr.contains("model.pk is a proving key"), "{stderr}");
}

/// A label that is a text is proven as a position; people and scripts read its name.
#[test]
fn classes_are_called_as_the_model_file_calls_them() {
    let workspace = Workspace::new();
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/corpus/linear/logistic-string-labels");
    let [onnx, samples] = ["model.onnx", "calibration.csv"].map(|file| format!("{corpus}/{file}"));
    workspace.succeed(["compile", &onnx, &samples, "-o", "model.assay", "--max-error-calibrated", "0.08"]);
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&workspace.succeed(arguments.iter().chain(&["--json"]))).unwrap()
    };
    let described = json(&["inspect", "model.assay"]);
    let classes = ["default", "repaid"];
    for output in ["output_label", "output_probability"] {
        assert_eq!(described["classes"][output], serde_json::json!(classes));
    }
    let ran = json(&run(&["--input", &samples, "--all"]));
    for row in ran["rows"].as_array().unwrap() {
        let [label, scores] = row["outputs"].as_array().unwrap().as_slice() else { panic!("{row}") };
        let position = label["integers"][0].as_u64().unwrap() as usize;
        assert_eq!(label["classes"], serde_json::json!([classes[position]]));
        assert_eq!(
            scores["elements"],
            serde_json::json!(classes.map(|class| format!("output_probability[{class}]")))
        );
        assert_eq!(scores["classes"], Value::Null);
    }
    let text = workspace.succeed(run(&["--input", &samples, "--row", "1"]));
    assert!(text.contains("0 ('default')") && text.contains("output_probability[repaid]"), "{text}");
}
