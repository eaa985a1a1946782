//! Reductions, normalizations and what is affine over axes: float meaning, integers, circuit and files agree.

use crate::builder::*;
use assay_compiler::import::import;

/// `[1, 2, 3]` inputs through one node of the newest operator set.
fn node(operator: &str, attributes: Vec<assay_compiler::onnx::AttributeProto>) -> Onnx {
    Onnx::with_opset(23).input("x", &[1, 2, 3]).node("y", operator, &["x"], attributes).output("y")
}

/// The same with the axes as an operand.
fn over(axes: &[i64], operator: &str, attributes: Vec<assay_compiler::onnx::AttributeProto>) -> Onnx {
    let onnx = Onnx::with_opset(23).input("x", &[1, 2, 3]).integers("axes", axes);
    onnx.node("y", operator, &["x", "axes"], attributes).output("y")
}

/// A result for each group of three neighbours.
fn rows_of(f: impl Fn(&[f64]) -> f64) -> impl Fn(&[f64]) -> Vec<f64> {
    move |x| x.chunks(3).map(&f).collect()
}

/// A result for each of three columns.
fn columns_of(f: impl Fn(&[f64]) -> f64) -> impl Fn(&[f64]) -> Vec<f64> {
    move |x| (0..3).map(|i| f(&[x[i], x[i + 3]])).collect()
}

fn l2(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn log_sum_exp(x: &[f64]) -> f64 {
    x.iter().map(|x| x.exp()).sum::<f64>().ln()
}

#[test]
fn norms_over_axes() {
    check_answers(&over(&[-1], "ReduceL1", vec![]), rows_of(|x| x.iter().map(|x| x.abs()).sum()));
    check_answers(&over(&[1], "ReduceL2", vec![int("keepdims", 0)]), columns_of(l2));
    check_answers(&over(&[1], "ReduceSumSquare", vec![]), columns_of(|x| x[0] * x[0] + x[1] * x[1]));
    // All axes, and none.
    check_answers(&node("ReduceL2", vec![]), |x| vec![l2(x)]);
    let each = |x: &[f64]| x.iter().map(|x| x.abs()).collect();
    check_answers(&node("ReduceL1", vec![int("noop_with_empty_axes", 1)]), each);
    // Axes as an attribute.
    let old = Onnx::with_opset(13).input("x", &[1, 2, 3]);
    let old = old.node("y", "ReduceL2", &["x"], vec![ints("axes", &[2])]).output("y");
    check_answers(&old, rows_of(l2));
}

#[test]
fn logarithms_of_sums_of_exponentials() {
    check_answers(&over(&[2], "ReduceLogSumExp", vec![]), rows_of(log_sum_exp));
    check_answers(&over(&[1], "ReduceLogSumExp", vec![int("keepdims", 0)]), columns_of(log_sum_exp));
    let softmax = |x: &[f64]| {
        x.chunks(3).flat_map(|x| x.iter().map(|v| v - log_sum_exp(x)).collect::<Vec<_>>()).collect()
    };
    check_answers(&node("LogSoftmax", vec![]), softmax);
    // Before operator set 13: over everything from axis 1 on.
    let old = Onnx::with_opset(11).input("x", &[1, 2, 3]).node("y", "LogSoftmax", &["x"], vec![]).output("y");
    check_answers(&old, |x| x.iter().map(|v| v - log_sum_exp(x)).collect());
    check_engines(&node("LogSoftmax", vec![int("axis", 1)]));
}

#[test]
fn sums_and_means_are_affine() {
    let affine = |onnx: &Onnx| {
        let model = import(&onnx.bytes()).unwrap();
        assert!(model.layers.iter().all(|layer| layer.function.operator().is_none()));
    };
    for onnx in [
        over(&[1], "ReduceSum", vec![int("keepdims", 0)]),
        over(&[-1, 1], "ReduceSum", vec![]),
        over(&[1], "ReduceMean", vec![]),
        node("ReduceMean", vec![]),
    ] {
        affine(&onnx);
        check_engines(&onnx);
    }
    let several =
        Onnx::with_opset(13).input("x", &[1, 3]).input("z", &[1, 3]).floats("c", &[3], &[0.5, 1.0, -1.0]);
    for operator in ["Sum", "Mean"] {
        let onnx = several.clone().node("y", operator, &["x", "z", "c"], vec![]).output("y");
        affine(&onnx);
        check_engines(&onnx);
    }
    check_answers(&node("ReduceSum", vec![int("noop_with_empty_axes", 1)]), <[f64]>::to_vec);
}

#[test]
fn running_sums() {
    let running = |attributes| {
        let onnx = Onnx::with_opset(14).input("x", &[1, 2, 3]).integers("axis", &[2]);
        onnx.node("y", "CumSum", &["x", "axis"], attributes).output("y")
    };
    let each = |f: fn(&[f64], usize) -> f64| {
        move |x: &[f64]| x.chunks(3).flat_map(|x| (0..3).map(|i| f(x, i)).collect::<Vec<_>>()).collect()
    };
    check_answers(&running(vec![]), each(|x, i| x[..=i].iter().sum()));
    check_answers(&running(vec![int("exclusive", 1)]), each(|x, i| x[..i].iter().sum()));
    check_answers(&running(vec![int("reverse", 1)]), each(|x, i| x[i..].iter().sum()));
    check_answers(
        &running(vec![int("reverse", 1), int("exclusive", 1)]),
        each(|x, i| x[i + 1..].iter().sum()),
    );
}

#[test]
fn logarithm_of_a_sum() {
    let onnx = Onnx::with_opset(18).input("x", &[1, 3]).floats("o", &[], &[3.0]).node(
        "p",
        "Add",
        &["x", "o"],
        vec![],
    );
    let onnx = onnx.node("y", "ReduceLogSum", &["p"], vec![]).output("y");
    check_answers(&onnx, |x| vec![x.iter().map(|x| x + 3.0).sum::<f64>().ln()]);
}

#[test]
fn slopes_by_channel() {
    let onnx = Onnx::with_opset(16).input("x", &[1, 2, 3]).floats("slope", &[2, 1], &[0.25, -1.5]);
    check_engines(&onnx.node("y", "PRelu", &["x", "slope"], vec![]).output("y"));
    let wrong = Onnx::with_opset(16).input("x", &[1, 3]).floats("slope", &[2, 1], &[0.25, -1.5]);
    let wrong = wrong.node("y", "PRelu", &["x", "slope"], vec![]).output("y");
    assert!(import(&wrong.bytes()).is_err());
}

/// `(x - mean) / sqrt(variance + epsilon)`.
fn normal(x: &[f64], epsilon: f64) -> Vec<f64> {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / x.len() as f64;
    x.iter().map(|x| (x - mean) / (variance + epsilon).sqrt()).collect()
}

#[test]
fn normalizations() {
    let wide = |operator, inputs: &[&str], attributes| {
        let onnx = Onnx::with_opset(23).input("x", &[1, 4, 3]).floats("s", &[4], &[1.0, 0.5, 2.0, -1.0]);
        let onnx = onnx.floats("b", &[4], &[0.0, 1.0, -0.5, 0.25]).floats("g", &[3], &[1.0, 0.5, -1.0]);
        onnx.node("y", operator, inputs, attributes).output("y")
    };
    let affine = |values: Vec<f64>| {
        let (scale, bias) = ([1.0, 0.5, 2.0, -1.0], [0.0, 1.0, -0.5, 0.25]);
        values.iter().enumerate().map(|(i, v)| scale[i / 3] * v + bias[i / 3]).collect::<Vec<f64>>()
    };
    let instance = wide("InstanceNormalization", &["x", "s", "b"], vec![float("epsilon", 0.01)]);
    check_answers_within(&instance, |x| affine(x.chunks(3).flat_map(|x| normal(x, 0.01)).collect()), 0.05);
    let group =
        wide("GroupNormalization", &["x", "s", "b"], vec![int("num_groups", 2), float("epsilon", 0.01)]);
    check_answers_within(&group, |x| affine(x.chunks(6).flat_map(|x| normal(x, 0.01)).collect()), 0.05);
    let root = wide("RMSNormalization", &["x", "g"], vec![float("epsilon", 0.01)]);
    let root_mean_square = |x: &[f64]| -> Vec<f64> {
        let of = |x: &[f64]| (x.iter().map(|x| x * x).sum::<f64>() / 3.0 + 0.01).sqrt();
        x.chunks(3).flat_map(|x| [x[0] / of(x), 0.5 * x[1] / of(x), -x[2] / of(x)]).collect()
    };
    check_answers_within(&root, root_mean_square, 0.05);
    // Over two axes, and over one that is not the last.
    let layer =
        Onnx::with_opset(17).input("x", &[1, 2, 3]).floats("g", &[2, 3], &[1.0, 2.0, 0.5, -1.0, 1.0, 0.0]);
    let layer =
        layer.node("y", "LayerNormalization", &["x", "g"], vec![int("axis", 1), float("epsilon", 0.01)]);
    let scaled =
        |x: &[f64]| normal(x, 0.01).iter().zip([1.0, 2.0, 0.5, -1.0, 1.0, 0.0]).map(|(v, g)| v * g).collect();
    check_answers_within(&layer.output("y"), scaled, 0.05);
    let unit = node("LpNormalization", vec![int("axis", 1)]);
    check_answers_within(
        &unit,
        |x| (0..6).map(|i| x[i] / (x[i % 3] * x[i % 3] + x[i % 3 + 3] * x[i % 3 + 3]).sqrt()).collect(),
        0.05,
    );
    check_answers_within(
        &node("MeanVarianceNormalization", vec![ints("axes", &[1, 2])]),
        |x| normal(x, 0.0),
        0.05,
    );
}

/// Group normalization before operator set 21 has its scale and bias by group.
#[test]
fn group_normalization_of_operator_set_18() {
    let onnx = Onnx::with_opset(18).input("x", &[1, 4, 2]).floats("s", &[2], &[1.0, -0.5]).floats(
        "b",
        &[2],
        &[0.5, 0.0],
    );
    let attributes = vec![int("num_groups", 2), float("epsilon", 0.01)];
    let onnx = onnx.node("y", "GroupNormalization", &["x", "s", "b"], attributes).output("y");
    let expected = |x: &[f64]| {
        let normal: Vec<f64> = x.chunks(4).flat_map(|x| normal(x, 0.01)).collect();
        normal.iter().enumerate().map(|(i, v)| if i < 4 { v + 0.5 } else { -0.5 * v }).collect()
    };
    check_answers_within(&onnx, expected, 0.05);
}
