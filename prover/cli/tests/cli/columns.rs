//! A data frame's pipeline of 14 columns, which share tensors: every command calls them as the file does.

use serde_json::{Map, Value, json};

use crate::common::{SEED, Workspace};

const FRAME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/corpus/pipelines/frame-of-14-columns");

fn parse(printed: &str) -> Value {
    serde_json::from_str(printed).unwrap()
}

/// A sample of the calibration data as onnxruntime takes it: an array of shape [1, 1] for each input.
fn by_input(csv: &str, row: usize) -> Map<String, Value> {
    let line = |at: usize| csv.lines().nth(at).unwrap().split(',').map(str::to_owned).collect::<Vec<_>>();
    let cell = |cell: String| cell.parse::<f64>().map_or_else(|_| json!(cell), |number| json!(number));
    line(0).into_iter().zip(line(row)).map(|(name, value)| (name, json!([[cell(value)]]))).collect()
}

#[test]
fn columns_keep_their_names_from_the_table_to_the_proof() {
    let workspace = Workspace::new();
    let [onnx, samples] = ["model.onnx", "calibration.csv"].map(|file| format!("{FRAME}/{file}"));
    let report = workspace.succeed([
        "compile",
        &onnx,
        &samples,
        "-o",
        "model.assay",
        "--max-error-calibrated",
        "0.05",
        "--domain",
        "age=18:99",
    ]);
    assert!(report.contains("of columns") && report.contains("income, debt_ratio"), "{report}");

    let described = parse(&workspace.succeed(["inspect", "model.assay", "--json"]));
    assert_eq!(described["columns"]["categories"], json!(["purpose", "housing", "region", "grade"]));
    assert_eq!(described["columns"]["integers"], json!(["age", "late_payments", "n_transactions_30d"]));
    let features = described["features"].as_array().unwrap();
    let feature = |name: &str| features.iter().find(|feature| feature["name"] == name).unwrap();
    assert_eq!(feature("age")["max"], 99.0);
    assert_eq!(feature("purpose")["categories"], json!(["car", "education", "furniture", "repairs"]));
    let text = workspace.succeed(["inspect", "model.assay"]);
    assert!(text.contains("joined columns"), "{text}");

    assert_eq!(described["order"][2], "age");
    assert_eq!(described["order"].as_array().unwrap().len(), 14);
    assert!(text.contains("order of samples without names"), "{text}");

    // The same row of the table, and by name.
    let csv = std::fs::read_to_string(&samples).unwrap();
    let mut sample = by_input(&csv, 3);
    workspace.write("sample.json", Value::Object(sample.clone()).to_string());
    let run = |more: &[&str]| {
        let arguments = ["run", "--model", "model.assay", "--json", "--input"];
        parse(&workspace.succeed(arguments.iter().chain(more)))
    };
    let of_table = run(&[&samples, "--row", "3"]);
    let of_names = run(&["sample.json"]);
    assert_eq!(of_table["inputs"], of_names["inputs"]);
    assert_eq!(of_table["outputs"], of_names["outputs"]);
    // What an integer stands for is shown beside it.
    let purpose = sample["purpose"][0][0].as_str().unwrap().to_owned();
    let categories =
        of_table["inputs"].as_array().unwrap().iter().find(|input| input["name"] == "categories").unwrap();
    assert_eq!(categories["categories"][0], json!(purpose));
    let text = workspace.succeed(["run", "--model", "model.assay", "--input", "sample.json"]);
    let line = text.lines().find(|line| line.trim().starts_with("purpose ")).unwrap();
    assert!(line.contains(&format!("('{purpose}')")), "{line}");
    // By position, in the order of the file; the tensors by the names that inspect shows; and as lists.
    let in_order: Vec<Value> = csv
        .lines()
        .nth(3)
        .unwrap()
        .split(',')
        .map(|cell| cell.parse::<f64>().map_or_else(|_| json!(cell), |number| json!(number)))
        .collect();
    let order: Vec<&str> =
        described["order"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let at = |name: &str| in_order[header.iter().position(|column| *column == name).unwrap()].clone();
    let of_order: Vec<Value> = order.iter().map(|name| at(name)).collect();
    let tensors: Map<String, Value> = described["columns"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(tensor, columns)| {
            let columns = columns.as_array().unwrap().iter().map(|name| at(name.as_str().unwrap()));
            (tensor.clone(), json!([columns.collect::<Vec<_>>()]))
        })
        .collect();
    let lists: Map<String, Value> =
        order.iter().map(|name| ((*name).to_owned(), json!([at(name), at(name)]))).collect();
    for (name, sample) in [
        ("order.json", json!([of_order])),
        ("tensors.json", Value::Object(tensors)),
        ("lists.json", Value::Object(lists)),
    ] {
        workspace.write(name, sample.to_string());
        assert_eq!(run(&[name, "--row", "1"])["outputs"], of_table["outputs"], "{name}");
    }

    // A value that the encoder ignores, and one outside of the domain.
    sample.insert("purpose".into(), json!([["boat"]]));
    workspace.write("unknown.json", Value::Object(sample.clone()).to_string());
    run(&["unknown.json"]);
    sample.insert("age".into(), json!([[120]]));
    workspace.write("old.json", Value::Object(sample.clone()).to_string());
    let refused = workspace.refused(["run", "--model", "model.assay", "--input", "old.json"]);
    assert!(refused.contains("'age' = 120"), "{refused}");
    sample.remove("grade");
    workspace.write("without.json", Value::Object(sample).to_string());
    let refused = workspace.refused(["run", "--model", "model.assay", "--input", "without.json"]);
    assert!(refused.contains("grade"), "{refused}");

    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    let prove = ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "sample.json"];
    workspace.succeed(prove.iter().chain(&["-o", "decision.proof"]));
    let verify =
        ["verify", "--vk", "model.vk", "--proof", "decision.proof", "--model", "model.assay", "--input"];
    let verified = workspace.succeed(verify.iter().chain(&["sample.json"]));
    assert!(verified.contains("months_at_address") && verified.contains("purpose"), "{verified}");
    workspace.succeed(verify.iter().chain(&[samples.as_str(), "--row", "3"]));
    let other = workspace.run(verify.iter().chain(&["unknown.json"]));
    assert_eq!(other.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&other.stdout).contains("purpose"));

    let check = workspace.succeed(["compile", "--check", "model.assay", &onnx, &samples]);
    assert!(!check.contains("differs"), "{check}");
}
