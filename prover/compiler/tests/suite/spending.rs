//! Bits spent by what is certified: a bound that is asked for is met, at a price that is known; what cannot be certified says so.

use assay_compiler::report::CertifiedReport;
use assay_compiler::{
    CompileError, CompiledModel, Format, Options, QuantizeError, Report, Strategy, Table, Warning, Widths,
    compile,
};

use crate::bound::{beyond_calibration, hold};
use crate::builder::*;
use crate::networks::perceptron;

fn read(name: &str) -> Vec<u8> {
    let path = format!("{}/../../models/liquidation-risk/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn liquidation_risk(options: Options) -> Result<(CompiledModel, Report), CompileError> {
    let options = Options {
        max_error: 0.02,
        input_format: Some(Format { bits: 15, scale: 12 }),
        output_format: Some(Format { bits: 16, scale: 8 }),
        ..options
    };
    compile(&read("model.onnx"), &Table::from_csv(&read("calibration.csv")).unwrap(), &options)
}

fn certified(report: &Report) -> &CertifiedReport {
    report.outputs[0].bound.as_ref().and_then(|bound| bound.certified.as_ref()).unwrap()
}

/// A fifth of the bound for less than 15% of the constraints.
#[test]
fn a_certified_error_of_liquidation_risk() {
    let (_, cheap) = liquidation_risk(Options::default()).unwrap();
    let most = Some(0.25);
    let (_, spent) = liquidation_risk(Options { max_error_certified: most, ..Options::default() }).unwrap();
    let of = |report: &Report| (certified(report).error, report.circuit.constraints);
    println!("{:?} {:?}", of(&cheap), of(&spent));
    assert!(certified(&spent).error <= 0.25, "{:?}", of(&spent));
    let limit = cheap.circuit.constraints * 115 / 100;
    assert!(spent.circuit.constraints <= limit, "{:?} {:?}", of(&cheap), of(&spent));
    assert!(spent.outputs[0].max_error <= 0.0201 && spent.warnings.is_empty(), "{:?}", spent.warnings);
    assert_eq!(certified(&spent).saturating, 0);
    // The same bytes again.
    let options = || Options { max_error_certified: Some(0.6), ..Options::default() };
    let [first, second] = [0, 1].map(|_| liquidation_risk(options()).unwrap().0.to_bytes());
    assert_eq!(first, second);
    assert_eq!(CompiledModel::from_bytes(&first).unwrap().to_bytes(), first);
}

/// What a fixed format of the output does not take is refused, with what is least, and naming that works.
#[test]
fn an_error_that_cannot_be_certified_says_what_can_be() {
    let options = |most: f64| Options { max_error_certified: Some(most), ..Options::default() };
    let error = liquidation_risk(options(0.001)).unwrap_err();
    let CompileError::Quantize(QuantizeError::Uncertain { achieved, max_error, .. }) = &error else {
        panic!("{error}");
    };
    assert!(*max_error == 0.001 && *achieved > 0.001 && *achieved < 0.05, "{error}");
    let text = error.to_string();
    let enough = text.split("--max-error ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let enough: f64 = enough.parse().unwrap();
    assert!(enough < 1.2 * achieved, "{text}");
    let (_, report) = liquidation_risk(options(enough)).unwrap();
    assert!(certified(&report).error <= enough, "{text}");
}

/// Networks of up to four layers: what is certified is met, either way to prove ranges, and within some times of what a search finds.
#[test]
fn certified_perceptrons() {
    // Of random weights every neuron may be on either side: there the bound is further from what is found.
    for (sizes, most, times) in [
        (&[4i64, 1][..], 0.02, 1.1),
        (&[6, 8, 1], 0.05, 3.0),
        (&[16, 32, 16, 1], 0.1, 17.0),
        (&[5, 12, 10, 8, 2], 0.1, 8.0),
    ] {
        for ranges in [Strategy::Bits, Strategy::Lookup] {
            let onnx = perceptron(sizes, 3);
            let options =
                Options { ranges, max_error: 0.02, max_error_certified: Some(most), ..Options::default() };
            let (compiled, report) = compiled(&onnx, &options);
            let plain = Options { max_error_certified: None, ..options };
            let (_, without) = crate::builder::compiled(&onnx, &plain);
            let certified = certified(&report);
            let found =
                hold(&onnx, &compiled, certified).max(report.outputs[0].bound.as_ref().unwrap().found);
            let ratio = certified.error / found;
            let (more, before) = (report.circuit.constraints, without.circuit.constraints);
            println!(
                "{sizes:?} {ranges:?}: {} found {found} ratio {ratio}, {before} to {more}",
                certified.error
            );
            assert!(certified.error <= most && certified.saturating == 0, "{certified:?}");
            assert!(ratio <= times, "{sizes:?} {ranges:?}: {ratio}");
        }
    }
}

/// A certificate that says nothing is none: the calibration data keeps to the error, and a warning says so.
#[test]
fn what_has_no_certificate_is_calibrated_with_a_warning() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .node("h", "Mul", &["x", "x"], vec![])
        .floats("one", &[1], &[1.5])
        .node("s", "Sub", &["h", "one"], vec![])
        .node("y", "Sqrt", &["s"], vec![])
        .node("z", "Reciprocal", &["y"], vec![])
        .output("z");
    let data: Vec<Vec<f64>> =
        rows(50, 2, 7).iter().map(|row| row.iter().map(|x| 2.0 + x.abs()).collect()).collect();
    let domains = ["x[0]", "x[1]"].map(|name| (name.to_owned(), (0.0, 4.0)));
    let options = Options {
        domains: domains.into(),
        max_error: 0.05,
        max_error_certified: Some(0.05),
        ..Options::default()
    };
    let (_, report) = compile(&onnx.bytes(), &Table::Rows(data), &options).unwrap();
    let is_told = |warning: &Warning| matches!(warning, Warning::Uncertified { output, .. } if output == "z");
    assert!(report.warnings.iter().any(is_told), "{:?}", report.warnings);
    assert!(report.outputs[0].max_error <= 0.0501);
    // Tanh behind tanh: the bound grows with each, beyond what the output varies by.
    let mut deep = Onnx::new().input("x", &[1, 8]);
    let mut value = "x".to_owned();
    for layer in 0..7 {
        let weights: Vec<f32> =
            (0..64).map(|i| (((i * 37 + layer * 11) % 101) as f32 / 101.0 - 0.5) * 2.0).collect();
        let (w, g, h) = (format!("w{layer}"), format!("g{layer}"), format!("h{layer}"));
        deep = deep.floats(&w, &[8, 8], &weights);
        deep = deep.node(&g, "MatMul", &[&value, &w], vec![]).node(&h, "Tanh", &[&g], vec![]);
        value = h;
    }
    let deep = deep.output(&value);
    let options = Options { max_error: 0.05, max_error_certified: Some(0.05), ..Options::default() };
    let (_, report) = compiled(&deep, &options);
    let is_told = |warning: &Warning| matches!(warning, Warning::Uncertified { .. });
    assert!(report.warnings.iter().any(is_told), "{:?} {:?}", report.warnings, report.outputs[0].bound);
}

/// Widths hold what the domain reaches where that costs little, unless they are to be the calibration's.
#[test]
fn widths_exclude_saturation() {
    let (onnx, data, beyond) = beyond_calibration();
    for ranges in [Strategy::Bits, Strategy::Lookup] {
        let options = |widths| Options { ranges, widths, ..beyond.clone() };
        let compile = |widths| compile(&onnx.bytes(), &Table::Rows(data.clone()), &options(widths)).unwrap();
        let ((compiled, wide), (_, narrow)) = (compile(Widths::Certified), compile(Widths::Calibrated));
        let (few, more) = (narrow.circuit.constraints, wide.circuit.constraints);
        let (before, now) = (certified(&narrow), certified(&wide));
        println!("{ranges:?}: {few} to {more}, {} to {}", before.error, now.error);
        hold(&onnx, &compiled, now);
        assert!(more * 10 <= few * 11, "{few} {more}");
        assert!(now.saturating <= before.saturating);
        assert!(now.saturating == 0 || more == few, "{now:?}");
    }
}
