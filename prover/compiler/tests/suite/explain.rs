//! What explains an input: both models' values, parts that sum up to the difference, and the bounds that the compiler certified.

use assay_compiler::{CompiledModel, Difference, ExplainError, Options, Report, Strategy, Table, compile};

use crate::builder::*;
use crate::networks::perceptron;

/// Bounds found again from the file are those of the compilation, errors lie within them, and their parts sum up to them.
fn check(what: &str, onnx: &Onnx, options: &Options) {
    for ranges in [Strategy::Bits, Strategy::Lookup] {
        let (compiled, report) = compiled(onnx, &Options { ranges, ..options.clone() });
        let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
        check_explained(&format!("{what}, {ranges:?}"), &onnx.bytes(), &read, &report);
    }
}

fn check_explained(what: &str, onnx: &[u8], compiled: &CompiledModel, report: &Report) {
    let explainer = compiled.explainer(onnx, None).unwrap_or_else(|error| panic!("{what}: {error}"));
    for row in rows(12, compiled.features.len(), 31) {
        let row: Vec<f64> = row.iter().zip(&compiled.features).map(|(x, f)| x.clamp(f.min, f.max)).collect();
        let explained = explainer.explain(&row).unwrap();
        let integers = compiled.run_reference(&compiled.quantize_inputs(&row).unwrap()).unwrap();
        let reals = compiled.dequantize_outputs(&integers);
        let all = explained.outputs.iter().zip(&report.outputs).zip(&reals);
        for ((output, reported), integers) in all {
            let certified = reported.bound.as_ref().and_then(|bound| bound.certified.as_ref());
            let bound = explained.layers[output.layer].bound;
            let same = bound.zip(certified).is_some_and(|(bound, known)| is_same(bound, known.error));
            assert!(same || bound.is_none() && certified.is_none(), "{what}: {bound:?} {certified:?}");
            let worst = &output.worst;
            let tolerance = 1e-9 * (1.0 + worst.float.abs());
            assert!(
                worst.error.abs() <= worst.bound.unwrap_or(f64::INFINITY) + tolerance,
                "{what}: {worst:?}"
            );
            let sum: f64 = output.layers.iter().map(|causes| causes.sum()).sum();
            assert!((sum - worst.error).abs() <= tolerance, "{what}: {sum} {worst:?}");
            assert!(output.is_of_scores || worst.integer == integers[worst.element], "{what}: {worst:?}");
        }
        for layer in &explained.layers {
            let worst = &layer.worst;
            let tolerance = 1e-9 * (1.0 + worst.float.abs());
            let sum = layer.inherited + layer.added.sum();
            assert!((sum - worst.error).abs() <= tolerance, "{what}: {layer:?}");
            assert!(
                worst.error.abs() <= worst.bound.unwrap_or(f64::INFINITY) + tolerance,
                "{what}: {layer:?}"
            );
        }
    }
}

/// But for how sums are rounded.
fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * b.abs()
}

fn options(max_error: f64) -> Options {
    Options { max_error, ..Options::default() }
}

#[test]
fn bounds_are_those_of_the_compilation() {
    for sizes in [&[4i64, 1][..], &[6, 8, 1], &[16, 32, 16, 1], &[5, 12, 10, 8, 2]] {
        check(&format!("{sizes:?}"), &perceptron(sizes, 3), &options(0.02));
    }
    let weights =
        |count: usize| (0..count).map(|i| ((i * 7919) % 997) as f32 / 997.0 - 0.5).collect::<Vec<f32>>();
    let image = Onnx::new()
        .input("x", &[1, 1, 6, 6])
        .floats("w", &[2, 1, 3, 3], &weights(18))
        .floats("v", &[2, 2, 1, 1], &weights(4))
        .node("c", "Conv", &["x", "w"], vec![ints("pads", &[1, 1, 1, 1])])
        .node("p", "MaxPool", &["c"], vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("r", "Relu", &["p"], vec![])
        .node("d", "Conv", &["r", "v"], vec![])
        .node("s", "Add", &["d", "r"], vec![])
        .node("y", "GlobalAveragePool", &["s"], vec![])
        .output("y");
    check("image", &image, &options(0.02));
    for function in ["Sigmoid", "Tanh", "LeakyRelu", "Softmax", "Abs", "Softplus"] {
        let onnx = Onnx::with_opset(20)
            .input("x", &[1, 3])
            .floats("w", &[3, 4], &weights(12))
            .floats("v", &[4, 2], &weights(8))
            .node("g", "MatMul", &["x", "w"], vec![])
            .node("h", function, &["g"], vec![])
            .node("y", "MatMul", &["h", "v"], vec![])
            .output("y");
        check(function, &onnx, &options(0.01));
    }
    let product = Onnx::new()
        .input("x", &[1, 4])
        .floats("w", &[4, 3], &weights(12))
        .node("g", "MatMul", &["x", "w"], vec![])
        .node("h", "Relu", &["g"], vec![])
        .node("y", "Mul", &["g", "h"], vec![])
        .output("y");
    check("product", &product, &options(0.02));
    let decided = Onnx::new()
        .input("x", &[1, 4])
        .floats("w", &[4, 3], &weights(12))
        .node("g", "MatMul", &["x", "w"], vec![])
        .node("z", "ArgMax", &["g"], vec![int("axis", 1)])
        .output("z");
    check("decision", &decided, &options(0.02));
}

/// Trees say how far they are off where the calibration data is given, and compare without it.
#[test]
fn trees_need_the_data_for_their_bounds() {
    use crate::trees::{leaf, regressor};
    let lines = [
        crate::trees::Line(0, 0, "BRANCH_LEQ", 0, 0.3, [1, 2], &[]),
        leaf(0, 1, &[(0, 0.1)]),
        leaf(0, 2, &[(0, -0.7)]),
    ];
    let onnx = regressor(&lines, vec![]);
    let data = Table::Rows([0.29, 0.1, 0.9].iter().map(|&x| vec![x, 0.5, x]).collect());
    let (compiled, report) = compile(&onnx.bytes(), &data, &options(0.01)).unwrap();
    let bytes = onnx.bytes();
    let without = compiled.explainer(&bytes, None).unwrap().explain(&[0.2, 0.5, 0.5]).unwrap();
    assert!(without.unbounded.is_some() && without.outputs[0].worst.bound.is_none(), "{without:?}");
    let with = compiled.explainer(&bytes, Some(&data)).unwrap().explain(&[0.2, 0.5, 0.5]).unwrap();
    assert_eq!(with.unbounded, None);
    let certified = report.outputs[0].bound.as_ref().unwrap().certified.as_ref().unwrap();
    assert!(is_same(with.layers[with.outputs[0].layer].bound.unwrap(), certified.error), "{with:?}");
    assert!((with.outputs[0].worst.float - f64::from(0.1f32)).abs() < 1e-12, "{with:?}");
    let other = Table::Rows(vec![vec![0.29, 0.5, 0.1]]);
    let refused = compiled.explainer(&bytes, Some(&other)).err();
    assert!(matches!(refused, Some(ExplainError::Differs(Difference::Calibration { .. }))), "{refused:?}");
    let refused = compiled.explainer(&perceptron(&[3, 1], 3).bytes(), None).err();
    assert!(matches!(refused, Some(ExplainError::Differs(Difference::Onnx { .. }))), "{refused:?}");
}

/// Amounts of different sizes under a logarithm are brought to one: then the data says to which.
#[test]
fn what_was_brought_to_one_size_is_explained_with_the_data() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .node("h", "Log", &["x"], vec![])
        .floats("v", &[2, 1], &[1.0, 0.5])
        .node("y", "MatMul", &["h", "v"], vec![])
        .output("y");
    let data: Vec<Vec<f64>> =
        (0..40).map(|i| vec![1.0 + f64::from(i) / 10.0, 1e4 + f64::from(i) * 700.0]).collect();
    let data = Table::Rows(data);
    let (compiled, _) = compile(&onnx.bytes(), &data, &options(0.05)).unwrap();
    let bytes = onnx.bytes();
    let explained = compiled.explainer(&bytes, Some(&data)).unwrap().explain(&[2.0, 20000.0]).unwrap();
    let expected = 2f64.ln() + 0.5 * 20000f64.ln();
    let worst = explained.outputs[0].worst;
    assert!((worst.float - expected).abs() < 0.01 && worst.error.abs() < 0.05, "{explained:?}");
    // In the model's own units.
    let hidden = &explained.layers[0].worst;
    let own = [2f64.ln(), 20000f64.ln()][hidden.element];
    assert!((hidden.float - own).abs() < 0.01, "{hidden:?}");
}
