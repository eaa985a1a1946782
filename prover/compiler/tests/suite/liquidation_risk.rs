//! The liquidation-risk model of this repository: its size, its error, and determinism down to the bytes.

use assay_compiler::{CompiledModel, Format, Options, Report, Table, compile};

use crate::builder::check_circuit;

/// The largest circuit for which Groth16 needs a domain of 2^11: constraints and two instance wires.
const MAX_CONSTRAINTS: usize = (1 << 11) - 2;
/// The program's threshold on the score, in its units of 2^-8.
const THRESHOLD: f64 = 89.0 / 256.0;

fn read(name: &str) -> Vec<u8> {
    let path = format!("{}/../../models/liquidation-risk/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn compiled(max_error: f64) -> (CompiledModel, Report) {
    let options = Options {
        max_error,
        input_format: Some(Format { bits: 15, scale: 12 }),
        output_format: Some(Format { bits: 16, scale: 8 }),
        threshold: Some(THRESHOLD),
        ..Options::default()
    };
    let calibration = Table::from_csv(&read("calibration.csv")).unwrap();
    compile(&read("model.onnx"), &calibration, &options).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn fits_a_domain_of_2048() {
    let (compiled, report) = compiled(0.02);
    println!("{}", report.text(120));
    assert!(report.circuit.constraints <= MAX_CONSTRAINTS, "{}", report.text(120));
    assert_eq!(report.circuit.domain, 2048);
    assert_eq!(report.layers.len(), 3);
    let (input, output) = (&compiled.schema.inputs()[0], &compiled.schema.outputs()[0]);
    assert_eq!(
        (input.elements(), input.bits, input.scales.single(), input.packed_limbs()),
        (16, 15, Some(12), 1)
    );
    assert_eq!((output.elements(), output.bits, output.scales.single()), (1, 16, Some(8)));
    assert!(report.outputs[0].max_error <= 0.0201);
    check_circuit(&compiled, 40);
}

#[test]
fn the_samples_decide_as_the_float_model_does() {
    let (compiled, _) = compiled(0.02);
    let samples = Table::from_json(&read("samples.json")).unwrap();
    let float = assay_compiler::float::FloatModel::from_onnx(&read("model.onnx")).unwrap();
    let samples = compiled.arrange(&samples).unwrap().rows;
    assert!(samples.len() >= 200);
    let mut worst = 0.0f64;
    for sample in &samples {
        let outputs = compiled.run_reference(&compiled.quantize_inputs(sample).unwrap()).unwrap();
        let score = compiled.dequantize_outputs(&outputs)[0][0];
        let real = float.run(sample).unwrap()[0][0];
        worst = worst.max((score - real).abs());
        if (real - THRESHOLD).abs() > 0.05 {
            assert_eq!(score >= THRESHOLD, real >= THRESHOLD);
        }
    }
    // Samples that the search never saw: the bound held on calibration data.
    assert!(worst < 0.05, "{worst}");
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let bytes = compiled(0.05).0.to_bytes();
    assert_eq!(bytes, compiled(0.05).0.to_bytes());
    assert_eq!(CompiledModel::from_bytes(&bytes).unwrap().to_bytes(), bytes);
}
