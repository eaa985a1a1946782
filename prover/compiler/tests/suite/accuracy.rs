//! Accuracy where values are of very different size, tie with thresholds, or are not defined and thrown away.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::{CompiledModel, Options, Report, Table, compile};

fn compiled_on(onnx: &Onnx, rows: &[Vec<f64>], max_error: f64) -> (CompiledModel, Report) {
    let options = Options { max_error, ..Options::default() };
    compile(&onnx.bytes(), &Table::Rows(rows.to_vec()), &options).unwrap_or_else(|error| panic!("{error}"))
}

/// The quantized model against the model's own float evaluation.
fn check(onnx: &Onnx, rows: &[Vec<f64>], max_error: f64) -> CompiledModel {
    let (compiled, _) = compiled_on(onnx, rows, max_error);
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    for row in rows {
        let integers = compiled.quantize_inputs(row).unwrap();
        let found = compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap());
        for (found, expected) in found.iter().flatten().zip(model.evaluate(row).iter().flatten()) {
            assert!((found - expected).abs() <= max_error * 1.001, "{found}, expected {expected} of {row:?}");
        }
    }
    check_circuit(&compiled, 4);
    compiled
}

/// Rows of an amount in the ten thousands, a ratio and an age.
fn applicants(count: usize) -> Vec<Vec<f64>> {
    let of_row =
        |row: &Vec<f64>| vec![42_000.0 + 19_000.0 * row[0], 0.4 + 0.15 * row[1], 48.0 + 14.0 * row[2]];
    rows(count, 3, 11).iter().map(of_row).collect()
}

/// Distances of standardized features from points: the squares are of standardized values, whatever the features' sizes.
#[test]
fn squared_distances_of_features_of_different_size() {
    let points: Vec<f32> = rows(8, 3, 2).concat().iter().map(|&x| x as f32).collect();
    let onnx = Onnx::with_opset(18)
        .input("x", &[1, 3])
        .floats("mean", &[3], &[42_000.0, 0.4, 48.0])
        .floats("deviation", &[3], &[19_000.0, 0.15, 14.0])
        .floats("points", &[8, 3], &points)
        .integers("axes", &[1])
        .node("centered", "Sub", &["x", "mean"], vec![])
        .node("z", "Div", &["centered", "deviation"], vec![])
        .node("d", "Sub", &["z", "points"], vec![])
        .node("squares", "ReduceSumSquare", &["d", "axes"], vec![int("keepdims", 0)])
        .node("y", "ReduceMin", &["squares"], vec![int("keepdims", 1)])
        .output("y");
    check(&onnx, &applicants(60), 0.02);
}

/// Likelihoods far apart, and the probabilities that exporters make of them: those of a softmax.
#[test]
fn probabilities_of_likelihoods_that_are_far_apart() {
    let onnx = Onnx::with_opset(18)
        .input("x", &[1, 3])
        .floats("w", &[3, 2], &[40.0, -38.0, 35.0, 60.0, -20.0, 25.0])
        .integers("axes", &[1])
        .node("joint", "MatMul", &["x", "w"], vec![])
        .node("sum", "ReduceLogSumExp", &["joint", "axes"], vec![int("keepdims", 1)])
        .node("log", "Sub", &["joint", "sum"], vec![])
        .node("y", "Exp", &["log"], vec![])
        .output("y");
    let compiled = check(&onnx, &rows(120, 3, 4), 0.01);
    let kinds: Vec<String> = compiled.graph.layers.iter().map(|layer| layer.kind()).collect();
    assert_eq!(kinds, ["softmax"]);
}

/// The transformation of Yeo and Johnson as scikit-learn's exporter writes it: `x / x` for one, powers of all values, of which masks
/// choose.
#[test]
fn what_a_mask_throws_away_need_not_be_defined() {
    let onnx = Onnx::with_opset(18)
        .input("x", &[1, 2])
        .floats("zero", &[1], &[0.0])
        .node("one", "Div", &["x", "x"], vec![])
        .node("above", "Add", &["x", "one"], vec![])
        .node("logarithm", "Log", &["above"], vec![])
        .node("is_negative", "Less", &["x", "zero"], vec![])
        .node("y", "Where", &["is_negative", "x", "logarithm"], vec![])
        .output("y");
    let compiled = check(&onnx, &rows(80, 2, 6), 0.02);
    assert!(compiled.graph.layers.iter().all(|layer| layer.kind() != "division"));
    // Without the choice it is refused.
    let bare = Onnx::with_opset(18)
        .input("x", &[1, 2])
        .node("logarithm", "Log", &["x"], vec![])
        .node("y", "Neg", &["logarithm"], vec![])
        .output("y");
    let refused = compile(&bare.bytes(), &Table::Rows(rows(80, 2, 6)), &Options::default()).unwrap_err();
    assert!(refused.to_string().contains("needs positive ones"), "{refused}");
}

/// Decisions that follow from a comparison of sums that ties are no flips: of half of the rows all features are equal, and the sum of the
/// weights is zero but for their rounding to single precision.
#[test]
fn ties_behind_logic_decide_nothing() {
    let onnx = Onnx::with_opset(18)
        .input("x", &[1, 3])
        .floats("w", &[3, 1], &[0.1, 0.2, -0.3])
        .floats("zero", &[1], &[0.0])
        .floats("half", &[1, 3], &[0.5, 0.5, 0.5])
        .node("sum", "MatMul", &["x", "w"], vec![])
        .node("p", "Greater", &["sum", "zero"], vec![])
        .node("q", "Less", &["x", "half"], vec![])
        .node("y", "And", &["p", "q"], vec![])
        .output("y");
    let rows = rows(60, 3, 8).into_iter().enumerate();
    let rows: Vec<Vec<f64>> = rows.map(|(i, row)| if i % 2 == 0 { vec![row[0]; 3] } else { row }).collect();
    let options = Options { max_flips: Some(0), max_error: 1.0, ..Options::default() };
    let compiled = compile(&onnx.bytes(), &Table::Rows(rows), &options);
    assert!(compiled.is_ok(), "{}", compiled.unwrap_err());
}
