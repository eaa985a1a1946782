//! Values of very different size in one tensor: amounts beside rates, and what is made of them.

use assay_compiler::import::import;
use assay_compiler::{CompiledModel, Options, Report, Table, compile};

use crate::builder::*;

/// Samples of amounts of up to 375,000, of ratios and of rates of about a hundredth.
fn samples() -> Vec<Vec<f64>> {
    let of = |row: &Vec<f64>| vec![3e3 * (3.0 + row[0]).powi(3), 0.5 + 0.2 * row[1], 0.01 + 0.004 * row[2]];
    rows(150, 3, 5).iter().map(of).collect()
}

fn input() -> Onnx {
    Onnx::with_opset(20).input("x", &[1, 3])
}

/// Compiles a model whose outputs are these functions of a sample, and compares it everywhere.
fn checked(onnx: &Onnx, answers: impl Fn(&[f64]) -> Vec<f64>, max_error: f64) -> (CompiledModel, Report) {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    for sample in samples() {
        for (own, answer) in model.evaluate(&sample).concat().iter().zip(answers(&sample)) {
            assert!((own - answer).abs() < 1e-5 * (1.0 + answer.abs()), "{own}, {answer}");
        }
    }
    let options = Options { max_error, ..Options::default() };
    let (compiled, report) =
        compile(&onnx.bytes(), &Table::Rows(samples()), &options).unwrap_or_else(|error| panic!("{error}"));
    for output in &report.outputs {
        assert!(output.max_error <= 1.05 * max_error, "{report:#?}");
    }
    check_circuit(&compiled, 8);
    (compiled, report)
}

/// As scikit-learn's GaussianNB is exported: `((x - mean)^2 / variance)` of each class and feature, summed.
#[test]
fn squared_distances_in_units_of_each_feature() {
    let means = [3e4f32, 0.5, 0.01, 5e4, 0.6, 0.012];
    let variances = [9e8f32, 0.02, 1e-5, 2e9, 0.03, 2e-5];
    let onnx = input()
        .integers("shape", &[1, 1, 3])
        .node("r", "Reshape", &["x", "shape"], vec![])
        .floats("means", &[1, 2, 3], &means)
        .node("d", "Sub", &["r", "means"], vec![])
        .floats("two", &[], &[2.0])
        .node("p", "Pow", &["d", "two"], vec![])
        .floats("variances", &[1, 2, 3], &variances)
        .node("q", "Div", &["p", "variances"], vec![])
        .integers("axis", &[2])
        .node("y", "ReduceSum", &["q", "axis"], vec![int("keepdims", 0)])
        .output("y");
    let answers = |x: &[f64]| {
        let term = |class: usize, i: usize| {
            let (mean, variance) = (f64::from(means[3 * class + i]), f64::from(variances[3 * class + i]));
            (x[i] - mean).powi(2) / variance
        };
        (0..2).map(|class| (0..3).map(|i| term(class, i)).sum()).collect()
    };
    let (_, report) = checked(&onnx, answers, 0.01);
    // What a report says of the squares is in the units of the model.
    let squares = &report.layers[0];
    assert!(squares.calibrated.1 > 1e9, "{squares:?}");
}

/// Logarithms, roots, powers and reciprocals, products and quotients: of amounts and of rates in one tensor.
#[test]
fn functions_of_amounts_and_rates() {
    type Function = fn(f64) -> f64;
    let sum = |onnx: Onnx, weights: &[f32]| {
        onnx.floats("w", &[3, 1], weights).node("y", "MatMul", &["f", "w"], vec![]).output("y")
    };
    let functions: [(&str, Option<f32>, Function, [f32; 3]); 5] = [
        ("Log", None, f64::ln, [0.5, 1.0, -1.0]),
        ("Sqrt", None, f64::sqrt, [0.01, 1.0, 10.0]),
        ("Reciprocal", None, |x| 1.0 / x, [1e4, 1.0, 0.01]),
        ("Pow", Some(-0.25), |x| x.powf(-0.25), [10.0, 1.0, 0.3]),
        ("Pow", Some(2.0), |x| x * x, [1e-9, 1.0, 1e4]),
    ];
    for (operator, exponent, function, weights) in functions {
        let onnx = match exponent {
            None => input().node("f", operator, &["x"], vec![]),
            Some(exponent) => input().floats("e", &[], &[exponent]).node("f", operator, &["x", "e"], vec![]),
        };
        let answer =
            |x: &[f64]| vec![x.iter().zip(weights).map(|(&x, weight)| f64::from(weight) * function(x)).sum()];
        checked(&sum(onnx, &weights), answer, 0.01);
    }
    let two = input()
        .integers("order", &[1, 2, 0])
        .node("z", "Gather", &["x", "order"], vec![int("axis", 1)])
        .node("f", "Mul", &["x", "z"], vec![]);
    let two = sum(two, &[1e-4, 100.0, 1e-3]);
    let answer =
        |x: &[f64]| vec![1e-4f32 as f64 * x[0] * x[1] + 100.0 * x[1] * x[2] + 1e-3f32 as f64 * x[2] * x[0]];
    checked(&two, answer, 0.01);
    let two = input()
        .integers("order", &[1, 2, 0])
        .node("z", "Gather", &["x", "order"], vec![int("axis", 1)])
        .node("f", "Div", &["x", "z"], vec![]);
    let two = sum(two, &[1e-6, 0.01, 1e6]);
    let answer =
        |x: &[f64]| vec![1e-6f32 as f64 * x[0] / x[1] + 0.01f32 as f64 * x[1] / x[2] + 1e6 * x[2] / x[0]];
    checked(&two, answer, 0.02);
}

/// A label is one of scores that nobody sees: an error of them counts in proportion to what they reach.
#[test]
fn scores_of_a_label_count_in_proportion() {
    let onnx = input()
        .floats("w", &[3, 2], &[1.0, -1.0, 5e4, 2e5, 1e6, -2e6])
        .node("s", "MatMul", &["x", "w"], vec![])
        .node("r", "Mul", &["s", "s"], vec![])
        .node("y", "ArgMax", &["r"], vec![int("axis", 1)])
        .output("y");
    let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(samples()), &Options::default())
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(report.outputs[0].decisions.as_ref().map_or(0, |decisions| decisions.flipped), 0);
    check_circuit(&compiled, 8);
}

/// A health factor: `min(collateral / max(debt, 1e-6), 10)`. What the quotient is beyond the bound takes no bits of it.
#[test]
fn quotients_by_what_is_nearly_zero_are_clipped() {
    let onnx = Onnx::with_opset(13)
        .input("x", &[1, 2])
        .integers("axes", &[1])
        .integers("zero", &[0])
        .integers("one", &[1])
        .integers("two", &[2])
        .node("c", "Slice", &["x", "zero", "one", "axes"], vec![])
        .node("e", "Slice", &["x", "one", "two", "axes"], vec![])
        .floats("least", &[], &[1e-6])
        .floats("most", &[], &[10.0])
        .node("d", "Clip", &["e", "least"], vec![])
        .node("q", "Div", &["c", "d"], vec![])
        .node("y", "Clip", &["q", "", "most"], vec![])
        .output("y");
    let samples: Vec<Vec<f64>> = rows(120, 2, 6)
        .iter()
        .enumerate()
        .map(|(i, row)| vec![3.0 + row[0], if i % 5 == 0 { 0.0 } else { 2.2 + row[1] }])
        .collect();
    let options = Options { max_error: 0.01, ..Options::default() };
    let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(samples.clone()), &options)
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(report.outputs[0].max_error <= 0.0105, "{report:#?}");
    check_circuit(&compiled, 8);
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    for x in samples {
        let answer = (x[0] / x[1].max(1e-6)).min(10.0);
        assert!((model.evaluate(&x).concat()[0] - answer).abs() < 1e-9);
    }
}
