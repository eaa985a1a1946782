//! Models that compile and say nothing, and bounds on the decisions that rounding changes.

use assay_compiler::import::import;
use assay_compiler::report::FloatBehaviour;
use assay_compiler::{
    CompileError, CompiledModel, Format, OptionError, Options, QuantizeError, Report, Table, Warning, compile,
};

use crate::builder::*;
use crate::networks::perceptron;

/// `y = 0.5 + 0.01 x0 - 0.004 x1`: its values lie closer together than a coarse format's steps.
fn faint() -> Onnx {
    Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 1], &[0.01, -0.004])
        .floats("b", &[1], &[0.5])
        .node("y", "Gemm", &["x", "w", "b"], vec![])
        .output("y")
}

/// Integers of 8 bits, each 1/16.
const COARSE: Format = Format { bits: 8, scale: 4 };

fn compile_rows(
    onnx: &Onnx,
    rows: &[[f64; 2]],
    options: &Options,
) -> Result<(CompiledModel, Report), CompileError> {
    let rows = rows.iter().map(|row| row.to_vec()).collect();
    compile(&onnx.bytes(), &Table::Rows(rows), options)
}

const THREE: [[f64; 2]; 3] = [[1.0, 0.5], [-1.0, 2.0], [0.25, -1.5]];

#[test]
fn a_constant_output_is_told() {
    let options = Options { max_error: 0.05, output_format: Some(COARSE), ..Options::default() };
    let (model, report) = compile_rows(&faint(), &THREE, &options).unwrap();
    let outputs: Vec<_> =
        THREE.iter().map(|row| model.run_reference(&model.quantize_inputs(row).unwrap()).unwrap()).collect();
    assert!(
        outputs.iter().all(|output| *output == outputs[0]),
        "the model of this test became constant: {outputs:?}"
    );
    assert!(report.outputs[0].max_error <= 0.05);
    let codes: Vec<&str> = report.warnings.iter().map(Warning::code).collect();
    assert_eq!(codes, ["constant-layer", "constant-output"]);
    let Warning::ConstantOutput { output, float: FloatBehaviour::Varies(range) } = &report.warnings[1] else {
        panic!("{:?}", report.warnings)
    };
    assert!(output == "y" && (0.02..0.04).contains(range), "{range}");
    let relative = report.outputs[0].relative_error.unwrap();
    assert!((relative.of_range - report.outputs[0].max_error / relative.range).abs() < 1e-12);
    assert!(relative.of_deviation.unwrap() > relative.of_range);
    assert!(report.text(80).contains("constant-output: output 'y' is the same for every sample"));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["warnings"][1]["code"], "constant-output");
    assert!(json["warnings"][1]["remedy"].as_str().unwrap().contains("smaller error"));
}

#[test]
fn the_same_model_with_a_fine_format_is_silent() {
    let options = Options { max_error: 0.0005, ..Options::default() };
    let (_, report) = compile_rows(&faint(), &THREE, &options).unwrap();
    assert_eq!(report.warnings, []);
    assert!(report.outputs[0].relative_error.unwrap().of_range < 0.05);
}

#[test]
fn a_large_error_is_told() {
    let options =
        Options { max_error: 0.01, output_format: Some(Format { bits: 8, scale: 6 }), ..Options::default() };
    let (_, report) = compile_rows(&faint(), &THREE, &options).unwrap();
    assert!(matches!(report.warnings.as_slice(), [Warning::LargeError { .. }]), "{:?}", report.warnings);
}

#[test]
fn a_dead_layer_of_the_float_model_is_told() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 2], &[1.0, 0.5, -0.5, 0.25])
        .floats("dead", &[2], &[-100.0, -100.0])
        .floats("v", &[2, 1], &[1.0, 1.0])
        .floats("u", &[2, 1], &[1.0, -1.0])
        .node("g", "Gemm", &["x", "w", "dead"], vec![])
        .node("h", "Relu", &["g"], vec![])
        .node("z", "Gemm", &["h", "v"], vec![])
        .node("s", "Gemm", &["x", "u"], vec![])
        .node("y", "Add", &["z", "s"], vec![])
        .output("y");
    let (_, report) = compile_rows(&onnx, &THREE, &Options::default()).unwrap();
    let constant = |warning: &Warning| matches!(warning, Warning::ConstantLayer { float: FloatBehaviour::Constant, layer } if layer.contains('h'));
    assert!(report.warnings.iter().any(constant), "{:?}", report.warnings);
    assert!(report.warnings.iter().all(|warning| warning.code() != "constant-output"));
}

/// `x0 > -50 ? x0 : x1`: of all samples, and in the float model too.
#[test]
fn a_decision_that_is_always_the_same_is_no_loss() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("at", &[1], &[-50.0])
        .integers("first", &[0])
        .integers("second", &[1])
        .node("a", "Gather", &["x", "first"], vec![int("axis", 1)])
        .node("b", "Gather", &["x", "second"], vec![int("axis", 1)])
        .node("is_above", "Greater", &["a", "at"], vec![])
        .node("y", "Where", &["is_above", "a", "b"], vec![])
        .output("y");
    let rows = [[1.0, 100.0], [-2.0, 50.0], [0.25, -100.0]];
    let (_, report) = compile_rows(&onnx, &rows, &Options::default()).unwrap();
    assert!(
        report.warnings.iter().all(|warning| warning.code() != "constant-layer"),
        "{:?}",
        report.warnings
    );
}

#[test]
fn data_that_does_not_vary_is_told() {
    let options = Options::default();
    for rows in [vec![THREE[0]], vec![THREE[0]; 5]] {
        let (_, report) = compile_rows(&faint(), &rows, &options).unwrap();
        assert_eq!(report.warnings, [Warning::OneSample { samples: rows.len() }]);
    }
    let rows: Vec<[f64; 2]> = (0..8).map(|i| [f64::from(i), 0.75]).collect();
    let (_, report) = compile_rows(&faint(), &rows, &Options { max_error: 0.001, ..options }).unwrap();
    assert_eq!(report.warnings, [Warning::ConstantFeatures { features: vec!["x[1]".into()] }]);
}

/// `x0 + x1` of features that nearly cancel: rows that combine them anew leave the output format, and calibration does not.
#[test]
fn what_only_the_given_rows_meet_is_told() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 1], &[1.0, 1.0])
        .node("y", "Gemm", &["x", "w"], vec![])
        .output("y");
    let rows: Vec<[f64; 2]> =
        (0..40).map(|i| (f64::from(i) / 40.0, 0.9 * f64::from(i).sin())).map(|(x, y)| [x, y - x]).collect();
    let format = |scale| Some(Format { bits: 8, scale });
    let compile = |scale| {
        let options = Options { max_error: 0.05, output_format: format(scale), ..Options::default() };
        compile_rows(&onnx, &rows, &options).unwrap().1
    };
    let wide = compile(6);
    assert_eq!((wide.samples, wide.warnings.as_slice()), (40, [].as_slice()));
    assert!(wide.made_samples > 100, "{}", wide.made_samples);
    assert!(wide.text(80).contains(&format!("40 samples, and {} made of them", wide.made_samples)));
    let narrow = compile(7);
    let [Warning::GivenRowsOnly { made, .. }] = narrow.warnings.as_slice() else {
        panic!("{:?}", narrow.warnings)
    };
    assert_eq!((narrow.made_samples, *made), (0, wide.made_samples));
    let text = narrow.warnings[0].text();
    assert!(text.contains("with them the error of output 'y' is 0."), "{text}");
}

/// Rows whose outputs lie on both sides of 0.5, some of them close to it.
fn around_the_threshold() -> Vec<[f64; 2]> {
    (-20..20).map(|i| [f64::from(i) / 4.0 + 0.05, 0.0]).collect()
}

fn deciding(max_flips: Option<u32>) -> Options {
    let output_format = Some(COARSE);
    Options { max_error: 0.05, threshold: Some(0.5), max_flips, output_format, ..Options::default() }
}

fn flipped(report: &Report) -> usize {
    report.outputs[0].decisions.as_ref().unwrap().flipped
}

#[test]
fn the_search_goes_on_until_no_more_decisions_flip_than_may() {
    let (onnx, rows) = (perceptron(&[2, 8, 1], 3), rows(400, 2, 3));
    let model = import(&onnx.bytes()).unwrap();
    let mut scores: Vec<f64> = rows.iter().map(|row| model.evaluate(row)[0][0]).collect();
    let median = {
        scores.sort_by(f64::total_cmp);
        scores[200]
    };
    let compile = |max_flips| {
        let options = Options { max_error: 0.2, threshold: Some(median), max_flips, ..Options::default() };
        compile(&onnx.bytes(), &Table::Rows(rows.clone()), &options).unwrap()
    };
    let (free_model, free) = compile(None);
    assert!(flipped(&free) > 5, "without a bound some flip: {}", flipped(&free));
    for most in [0, 2] {
        let (compiled, report) = compile(Some(most));
        assert!(flipped(&report) <= most as usize);
        assert_ne!(compiled.graph, free_model.graph);
        // The report counts what the integer model does.
        let counted = rows.iter().filter(|row| {
            let outputs = compiled.run_reference(&compiled.quantize_inputs(row).unwrap()).unwrap();
            let score = compiled.dequantize_outputs(&outputs)[0][0];
            (score >= median) != (model.evaluate(row)[0][0] >= median)
        });
        assert_eq!(counted.count(), flipped(&report));
    }
}

#[test]
fn flips_that_no_width_avoids_are_refused() {
    // An output of the threshold's own step rounds up what lies up to half a step below.
    let error = compile_rows(&faint(), &around_the_threshold(), &deciding(Some(1))).unwrap_err();
    let CompileError::Quantize(QuantizeError::Flips { max_flips: 1, achieved, .. }) = error else {
        panic!("{error:?}")
    };
    assert!(achieved > 1);
    let text = error.to_string();
    assert!(text.contains(&format!("{achieved} decisions")) && text.contains("choose a finer"), "{text}");
    let enough = deciding(u32::try_from(achieved).ok());
    let (_, report) = compile_rows(&faint(), &around_the_threshold(), &enough).unwrap();
    assert!(flipped(&report) <= achieved);
}

#[test]
fn labels_flip_too() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 3], &[1.0, -0.5, 0.25, 0.5, 1.0, -1.0])
        .node("s", "Gemm", &["x", "w"], vec![])
        .node("y", "ArgMax", &["s"], vec![int("axis", 1)])
        .output("y");
    let rows: Vec<Vec<f64>> = rows(300, 2, 3);
    let compile = |max_flips| {
        let options = Options { max_error: 0.5, max_flips, ..Options::default() };
        compile(&onnx.bytes(), &Table::Rows(rows.clone()), &options).unwrap().1
    };
    let free = flipped(&compile(Some(300)));
    assert!(free > 0);
    // One in 1,000 where nothing is said.
    assert_eq!(flipped(&compile(None)), 0);
    let bounded = compile(Some(0));
    assert_eq!(flipped(&bounded), 0);
    let decisions = bounded.outputs[0].decisions.as_ref().unwrap();
    assert_eq!((decisions.threshold, decisions.total), (None, 300));
    assert!((1..=300).contains(&decisions.near));
}

/// The larger of two scores that are the same but for a part in 10^8: single precision does not tell them apart, and no flip is counted.
#[test]
fn scores_that_tie_decide_nothing() {
    let of = |difference: f32| {
        Onnx::new()
            .input("x", &[1, 2])
            .floats("w", &[2, 2], &[1.0, 1.0 + difference, 0.5, 0.5])
            .node("s", "Gemm", &["x", "w"], vec![])
            .node("y", "ArgMax", &["s"], vec![int("axis", 1)])
            .output("y")
    };
    let rows: Vec<Vec<f64>> = rows(300, 2, 3);
    let options = Options { max_error: 0.5, ..Options::default() };
    let compile = |difference| compile(&of(difference).bytes(), &Table::Rows(rows.clone()), &options);
    let (_, report) = compile(f32::EPSILON).unwrap();
    assert_eq!(flipped(&report), 0);
    // Where they differ by more, finer formats keep them apart.
    let (_, report) = compile(0.001).unwrap();
    assert_eq!(flipped(&report), 0);
}

/// Labels that no format of the inputs tells apart are told, and refused where the caller bounds them.
#[test]
fn labels_that_no_width_keeps_are_told() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 2], &[1.0, 0.0, 0.0, 1.0])
        .node("s", "Gemm", &["x", "w"], vec![])
        .node("y", "ArgMax", &["s"], vec![int("axis", 1)])
        .output("y");
    let rows: Vec<[f64; 2]> =
        (0..40).map(|i| f64::from(i) / 10.0).map(|x| [x, x + 0.002 * (7.0 * x).sin()]).collect();
    let options = Options { max_error: 0.05, input_format: Some(COARSE), ..Options::default() };
    let (_, report) = compile_rows(&onnx, &rows, &options).unwrap();
    let [Warning::Labels { unmet: QuantizeError::Labels { achieved, .. } }, ..] = report.warnings.as_slice()
    else {
        panic!("{:?}", report.warnings)
    };
    let bounded = |flips: usize| Options { max_flips: u32::try_from(flips).ok(), ..options.clone() };
    assert!(flipped(&compile_rows(&onnx, &rows, &bounded(*achieved)).unwrap().1) <= *achieved);
    let refused = compile_rows(&onnx, &rows, &bounded(0)).unwrap_err();
    assert!(matches!(refused, CompileError::Quantize(QuantizeError::Flips { .. })), "{refused:?}");
}

#[test]
fn a_bound_on_flips_needs_a_decision() {
    let options = Options { threshold: None, ..deciding(Some(3)) };
    let error = compile_rows(&faint(), &THREE, &options).unwrap_err();
    assert_eq!(error, CompileError::Option(OptionError::NoDecision(3)));
}

/// A row that alone makes the numbers of a feature coarse is named, where the format is made of the data.
#[test]
fn a_row_that_spoils_a_scale_is_named() {
    let onnx = perceptron(&[3, 4, 1], 3);
    let mut data = rows(50, 3, 7);
    data[6][1] = 500.0;
    let coarse = |options: &Options, data: &[Vec<f64>]| {
        let (_, report) = compile(&onnx.bytes(), &Table::Rows(data.to_vec()), options).unwrap();
        report.warnings.into_iter().find(|warning| matches!(warning, Warning::CoarseByRow { .. }))
    };
    let options = Options { max_error: 0.5, ..Options::default() };
    let Some(Warning::CoarseByRow { feature, row, value, .. }) = coarse(&options, &data) else {
        panic!("no warning");
    };
    assert_eq!((feature.as_str(), row, value), ("x[1]", 7, 500.0));
    let format = Some(Format { bits: 20, scale: 8 });
    assert_eq!(coarse(&Options { input_format: format, ..options.clone() }, &data), None);
    assert_eq!(coarse(&options, &rows(50, 3, 7)), None);
}
