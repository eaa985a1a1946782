//! `assay compile`: names, warnings, bounds, and the check that a file is what its sources give.

use serde_json::Value;

use crate::common::onnx::network;
use crate::common::{COMPILE, Workspace, show};

fn compile<'a>(more: &[&'a str]) -> Vec<&'a str> {
    COMPILE.iter().chain(more).copied().collect()
}

fn check(workspace: &Workspace) -> (Option<i32>, Value) {
    let output = workspace.run(["compile", "--check", "model.assay", "model.onnx", "samples.csv", "--json"]);
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", show(&output))),
    )
}

#[test]
fn a_file_is_what_its_sources_give_or_not() {
    let workspace = Workspace::compiled();
    let before = workspace.snapshot();
    assert_eq!(check(&workspace).0, Some(0));
    let text = workspace.succeed(["compile", "--check", "model.assay", "model.onnx", "samples.csv"]);
    assert!(text.starts_with("same  model.assay"), "{text}");

    let samples = workspace.read("samples.csv");
    workspace.write("samples.csv", "a,b\n-1,0.5\n0.25,-0.75\n1,1\n0.5,-0.5\n");
    let (code, value) = check(&workspace);
    assert_eq!((code, &value["same"]), (Some(1), &Value::Bool(false)));
    assert!(value["differences"].to_string().contains("calibration data"), "{value}");
    workspace.write("samples.csv", samples);
    let mut other = network(&[2, 3, 1]);
    other.weights[0].2[0] += 0.25;
    workspace.write("model.onnx", other.to_bytes());
    let (code, value) = check(&workspace);
    assert_eq!(code, Some(1));
    assert!(value["differences"].to_string().contains("ONNX"), "{value}");
    workspace.write("model.onnx", network(&[2, 3, 1]).to_bytes());
    assert!(before == workspace.snapshot(), "a check writes nothing");

    let mixed =
        workspace.run(["compile", "--check", "model.assay", "model.onnx", "samples.csv", "-o", "x.assay"]);
    assert_eq!(mixed.status.code(), Some(2), "{}", show(&mixed));
    let stderr = workspace.refused(["compile", "--check", "model.onnx", "model.onnx", "samples.csv"]);
    assert!(stderr.contains("not an Assay file"), "{stderr}");
}

#[test]
fn calibration_data_by_position_and_by_name_are_one() {
    let workspace = Workspace::with_model();
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv", "-o", "one.assay"]);
    workspace.succeed(["compile", "model.onnx", "samples.csv", "-o", "two.assay"]);
    assert!(workspace.read("one.assay") == workspace.read("two.assay"));
}

/// A domain is shown, as text and as JSON, in the digits that give it back; what is no number is refused.
#[test]
fn decimals_of_a_domain() {
    let workspace = Workspace::with_model();
    let (low, high) = ("-2.1995177268981934", "7.000000000000001");
    let domain = format!("a={low}:{high}");
    workspace.succeed(["compile", "model.onnx", "samples.csv", "--domain", &domain, "-o", "model.assay"]);
    let value: Value =
        serde_json::from_str(&workspace.succeed(["inspect", "model.assay", "--json"])).unwrap();
    let ends = ["min", "max"].map(|end| value["features"][0][end].as_f64().unwrap().to_bits());
    assert_eq!(ends, [low, high].map(|text| text.parse::<f64>().unwrap().to_bits()));
    let text = workspace.succeed(["inspect", "model.assay"]);
    assert!(text.contains(low) && text.contains(high), "{text}");
    for wrong in ["a=nan:1", "a=-inf:1", "a=0:1e999", "a=0:1_0", "a=0x1:2", "a=1:0"] {
        workspace.refused(["compile", "model.onnx", "samples.csv", "--domain", wrong, "-o", "other.assay"]);
    }
    for wrong in ["nan", "inf", "0", "-0.0"] {
        let option = format!("--max-error={wrong}");
        workspace.refused(["compile", "model.onnx", "samples.csv", &option, "-o", "other.assay"]);
    }
}

#[test]
fn a_model_without_a_name_of_its_own_has_its_files() {
    let workspace = Workspace::with_model();
    let mut graph = network(&[2, 3, 1]);
    graph.name = "main_graph";
    workspace.write("credit-risk.onnx", graph.to_bytes());
    let name = |arguments: &[&str]| {
        workspace.succeed(arguments);
        let printed = workspace.succeed(["inspect", "credit-risk.assay", "--json"]);
        serde_json::from_str::<Value>(&printed).unwrap()["model"].clone()
    };
    assert_eq!(name(&["compile", "credit-risk.onnx", "samples.csv"]), "credit-risk");
    assert_eq!(name(&["compile", "credit-risk.onnx", "samples.csv", "--name", "mine"]), "mine");
    graph.name = "network";
    workspace.write("credit-risk.onnx", graph.to_bytes());
    assert_eq!(name(&["compile", "credit-risk.onnx", "samples.csv", "--force"]), "network");
}

#[test]
fn decisions_that_rounding_changes_can_be_bounded() {
    let workspace = Workspace::with_model();
    workspace.succeed(compile(&["--threshold", "0", "--max-flips", "4"]));
    let stderr = workspace.refused(compile(&["--max-flips", "1"]));
    assert!(stderr.contains("give a threshold"), "{stderr}");
}

#[test]
fn a_table_that_was_taken_on_trust_is_warned_of() {
    let workspace = Workspace::compiled();
    workspace.write("bare.csv", "0.5,-0.25\n");
    let output = workspace.run(["run", "--model", "model.assay", "--input", "bare.csv"]);
    assert!(output.status.success(), "{}", show(&output));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("warning: bare.csv: the first row is numbers"), "{stderr}");
}

#[test]
fn the_report_fits_the_terminal() {
    let workspace = Workspace::with_model();
    for width in ["60", "80", "120"] {
        let mut command = workspace.command(COMPILE);
        let text = String::from_utf8(command.env("COLUMNS", width).output().unwrap().stdout).unwrap();
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= width.parse().unwrap(), "{width}: {longest}\n{text}");
    }
}

/// A model that no program would register is compiled, with a warning; and the remedy that it names is one.
#[test]
fn what_cannot_be_registered_is_warned_of() {
    let workspace = Workspace::with_model();
    workspace.write("model.onnx", network(&[800, 1]).to_bytes());
    let row = |value: &str| vec![value; 800].join(",") + "\n";
    workspace.write("samples.csv", row("-1") + &row("0.5") + &row("1"));
    let formats = ["--input-format", "31:8", "--output-format", "16:12", "-o", "model.assay", "--force"];
    let of = |more: &[&str]| {
        let arguments = ["compile", "model.onnx", "samples.csv", "--json"];
        let value: Value =
            serde_json::from_str(&workspace.succeed(arguments.iter().chain(&formats).chain(more))).unwrap();
        let warnings = value["assay_report"]["warnings"].as_array().unwrap().clone();
        warnings.into_iter().find(|warning| warning["code"] == "many-limbs")
    };
    let warning = of(&[]).unwrap();
    let text = warning["text"].as_str().unwrap();
    assert!(text.contains("101 limbs") && text.contains("96") && text.contains("'x' 100"), "{text}");
    assert!(warning["remedy"].as_str().unwrap().contains("--commit x"), "{warning}");
    let inspected = workspace.run(["inspect", "model.assay"]);
    let stderr = String::from_utf8(inspected.stderr).unwrap();
    assert!(stderr.contains("101 limbs") && stderr.contains("--commit x"), "{stderr}");
    assert!(String::from_utf8(inspected.stdout).unwrap().contains("bytes, of 256"));
    assert_eq!(of(&["--commit", "x"]), None);
}
