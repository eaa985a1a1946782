//! Whole networks: random ones, deep ones, and what the search does with their scales.

use assay_compiler::import::import;
use assay_compiler::{CompileError, CompiledModel, Format, Options, QuantizeError, Table, Warning, compile};
use assay_interface::scales::Scales;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::builder::*;

/// A multilayer perceptron with weights drawn from a seed; ReLU between the layers.
pub fn perceptron(sizes: &[i64], seed: u64) -> Onnx {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut onnx = Onnx::new().input("x", &[1, sizes[0]]);
    let mut value = "x".to_owned();
    for (i, pair) in sizes.windows(2).enumerate() {
        let [from, to] = *pair else { unreachable!() };
        let spread = 1.5 / (from as f32).sqrt();
        let mut draw = |count: i64| (0..count).map(|_| rng.gen_range(-spread..spread)).collect::<Vec<f32>>();
        let (w, b, g, h) = (format!("w{i}"), format!("b{i}"), format!("g{i}"), format!("h{i}"));
        onnx = onnx.floats(&w, &[from, to], &draw(from * to)).floats(&b, &[to], &draw(to));
        onnx = onnx.node(&g, "Gemm", &[&value, &w, &b], vec![]);
        value = g;
        if i + 2 < sizes.len() {
            onnx = onnx.node(&h, "Relu", &[&value], vec![]);
            value = h;
        }
    }
    onnx.output(&value)
}

proptest! {
    #![proptest_config(cases(24))]

    /// Any small perceptron: the bound holds on calibration data and the circuit equals the integer reference.
    #[test]
    fn random_perceptrons(
        sizes in prop::collection::vec(1i64..7, 2..5),
        seed in any::<u64>(),
        max_error in prop::sample::select(vec![0.1, 0.01, 0.002]),
    ) {
        let onnx = perceptron(&sizes, seed);
        let (compiled, report) = compiled(&onnx, &Options { max_error, ..Options::default() });
        // The report measures against f32, the search against f64.
        prop_assert!(report.outputs[0].max_error <= max_error + 1e-5, "{report:?}");
        check_circuit(&compiled, 8);
    }
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let onnx = perceptron(&[5, 8, 4, 2], 42);
    let options = Options::default();
    let (first, second) = (compiled(&onnx, &options).0, compiled(&onnx, &options).0);
    assert_eq!(first.to_bytes(), second.to_bytes());
    assert_eq!(first.circuit.digest(), second.circuit.digest());
}

#[test]
fn a_looser_bound_costs_fewer_constraints() {
    let onnx = perceptron(&[6, 12, 6, 1], 5);
    let constraints =
        |max_error| compiled(&onnx, &Options { max_error, ..Options::default() }).1.circuit.constraints;
    let (tight, loose) = (constraints(0.001), constraints(0.1));
    assert!(loose + 100 < tight, "{loose} {tight}");
}

#[test]
fn a_bound_that_cannot_be_met_says_what_can_be() {
    let onnx = perceptron(&[4, 6, 1], 9);
    let table = Table::Rows(rows(50, 4, 7));
    let error =
        compile(&onnx.bytes(), &table, &Options { max_error: 1e-12, ..Options::default() }).unwrap_err();
    let CompileError::Quantize(QuantizeError::Unreachable { max_error, output, achieved, bits, .. }) = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*max_error, output.as_str(), *bits), (1e-12, "g1", 24));
    assert!(*achieved > 1e-12 && *achieved < 1e-2, "{achieved}");
    // The bound that the message names is one that is met.
    let text = error.to_string();
    let enough =
        text.split("--max-error-calibrated ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let max_error: f64 = enough.parse().unwrap();
    assert!(max_error < 1.2 * achieved, "{text}");
    compile(&onnx.bytes(), &table, &Options { max_error, ..Options::default() }).unwrap();
    // A number far from all others is named.
    let mut far = rows(50, 4, 7);
    far[6][2] = 1e13;
    let error = compile(&onnx.bytes(), &Table::Rows(far), &Options::default()).unwrap_err().to_string();
    assert!(error.contains("row 7 of the calibration data has 10000000000000 for 'x[2]'"), "{error}");
}

/// What an operator says of the scale of its results does not keep an output from the format that is asked for.
#[test]
fn every_output_has_the_format_that_is_asked_for() {
    let onnx = Onnx::new().input("x", &[1, 2]).node("y", "Floor", &["x"], vec![]).output("y");
    let onnx = onnx.node("z", "ReduceMax", &["x"], vec![ints("axes", &[1])]).output("z");
    let table = Table::Rows(rows(50, 2, 7));
    let options = Options { output_format: Some(Format { bits: 12, scale: 6 }), ..Options::default() };
    let (compiled, report) = compile(&onnx.bytes(), &table, &options).unwrap();
    for output in compiled.schema.outputs() {
        assert_eq!((output.bits, &output.scales), (12, &Scales::One(6)), "{}", output.name);
    }
    assert!(report.outputs.iter().all(|output| output.max_error <= 0.01));
    let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
    assert_eq!(read, compiled);
    let integers = compiled.quantize_inputs(&compiled.arrange(&table).unwrap().rows[0]).unwrap();
    let outputs = compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap());
    let row = match &table {
        Table::Rows(rows) => rows[0].clone(),
        _ => unreachable!(),
    };
    assert_eq!(outputs[0], [row[0].floor(), row[1].floor()]);
}

/// A loss in dollars: a product that reaches 10^7, of inputs of 24 bits.
#[test]
fn outputs_in_large_units_may_be_off_in_proportion() {
    let axis = vec![int("axis", 1)];
    let onnx = Onnx::new().input("x", &[1, 2]).integers("first", &[0]).integers("second", &[1]);
    let onnx = onnx
        .node("a", "Gather", &["x", "first"], axis.clone())
        .node("b", "Gather", &["x", "second"], axis)
        .node("y", "Mul", &["a", "b"], vec![])
        .output("y");
    let scaled = |row: Vec<f64>| row.iter().map(|x| 3000.0 * x).collect();
    let table = Table::Rows(rows(60, 2, 7).into_iter().map(scaled).collect());
    let refused = compile(&onnx.bytes(), &table, &Options::default()).unwrap_err();
    let CompileError::Quantize(QuantizeError::Unreachable { least_range, .. }) = refused else {
        panic!("{refused}");
    };
    let options = Options { of_range: 0.001, ..Options::default() };
    let (model, report) = compile(&onnx.bytes(), &table, &options).unwrap();
    let allowed = report.warnings.iter().find_map(|warning| match warning {
        Warning::InProportion { allowed, .. } => Some(*allowed),
        _ => None,
    });
    let allowed = allowed.unwrap();
    assert!(allowed > 0.01 && allowed <= 0.001 * least_range, "{allowed} of {least_range}");
    assert!(report.outputs[0].max_error <= allowed);
    // Who compiles to the error that the file names gets the same file.
    let named = Options { max_error: allowed, ..Options::default() };
    assert_eq!(compile(&onnx.bytes(), &table, &named).unwrap().0.to_bytes(), model.to_bytes());
    // A probability beside it is not to be off by dollars.
    let onnx = onnx.floats("s", &[], &[1e-6]).node("c", "Mul", &["y", "s"], vec![]);
    let onnx = onnx.node("p", "Sigmoid", &["c"], vec![]).output("p");
    let refused = compile(&onnx.bytes(), &table, &options).unwrap_err();
    assert!(matches!(refused, CompileError::Quantize(QuantizeError::Unreachable { .. })), "{refused}");
}

#[test]
fn a_fixed_output_format_saturates_beyond_its_range() {
    let onnx = Onnx::new().input("x", &[1, 1]).floats("w", &[1, 1], &[8.0]);
    let onnx = onnx.node("y", "Gemm", &["x", "w"], vec![]).output("y");
    let table = Table::Rows(vec![vec![0.5], vec![-0.25]]);
    let options = Options {
        input_format: Some(Format { bits: 12, scale: 8 }),
        output_format: Some(Format { bits: 8, scale: 4 }),
        max_error: 0.04,
        ..Options::default()
    };
    let (compiled, report) = compile(&onnx.bytes(), &table, &options).unwrap();
    let output = &compiled.schema.outputs()[0];
    assert_eq!((output.bits, output.scales.single()), (8, Some(4)));
    assert!(report.layers[0].saturates);
    let run = |x: f64| compiled.run_reference(&compiled.quantize_inputs(&[x]).unwrap()).unwrap();
    assert_eq!(run(0.5), [[64]]);
    assert_eq!(run(7.0), [[127]]);
    assert_eq!(run(-7.0), [[-128]]);
    check_circuit(&compiled, 12);
}

#[test]
fn a_deep_network_keeps_its_activations_within_16_bits() {
    let onnx = perceptron(&[4, 6, 6, 6, 6, 6, 6, 6, 6, 1], 21);
    let (compiled, report) = compiled(&onnx, &Options { max_error: 0.01, ..Options::default() });
    // A signed interval of an unsigned 16-bit activation has 17 bits.
    assert!(report.layers.iter().rev().skip(1).all(|layer| layer.bits <= 17), "{report:#?}");
    check_circuit(&compiled, 12);
}

#[test]
fn layers_that_are_constant_on_the_data() {
    // The second neuron is dead, the third is always on.
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 3], &[1.0, 0.5, 0.5, -1.0, 0.5, 0.5])
        .floats("b", &[3], &[0.0, -50.0, 50.0])
        .floats("v", &[3, 1], &[1.0, 1.0, 0.125])
        .node("g", "Gemm", &["x", "w", "b"], vec![])
        .node("h", "Relu", &["g"], vec![])
        .node("y", "Gemm", &["h", "v"], vec![])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    assert_eq!(compiled.graph.layers.len(), 2);
}

#[test]
fn weights_of_very_different_size_get_scales_of_their_own() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 2], &[100.0, 0.01, -50.0, 0.02])
        .floats("v", &[2, 1], &[0.01, 100.0])
        .node("g", "Gemm", &["x", "w"], vec![])
        .node("h", "Relu", &["g"], vec![])
        .node("y", "Gemm", &["h", "v"], vec![])
        .output("y");
    let (compiled, report) = compiled(&onnx, &Options { max_error: 0.05, ..Options::default() });
    assert!(report.outputs[0].max_error <= 0.0501);
    check_circuit(&compiled, 12);
}

#[test]
fn a_threshold_counts_flipped_decisions() {
    let onnx = perceptron(&[4, 6, 1], 3);
    let options = Options { max_error: 0.05, threshold: Some(0.1), ..Options::default() };
    let (compiled, report) = compiled(&onnx, &options);
    let decisions = report.outputs[0].decisions.as_ref().unwrap();
    assert_eq!((decisions.threshold, decisions.total), (Some(0.1), 100));
    let float = reference(&onnx);
    let model = import(&onnx.bytes()).unwrap();
    let samples = rows(100, 4, 7);
    let flips = samples.iter().filter(|sample| {
        let outputs = compiled.run_reference(&compiled.quantize_inputs(sample).unwrap()).unwrap();
        let quantized = compiled.dequantize_outputs(&outputs)[0][0];
        (quantized >= 0.1) != (float.run(sample).unwrap()[0][0] >= 0.1)
    });
    assert_eq!(decisions.flipped, flips.count());
    assert_eq!(model.outputs.len(), 1);
}

#[test]
fn the_report_adds_up() {
    let onnx = perceptron(&[4, 6, 3], 8);
    let (compiled, report) = compiled(&onnx, &Options::default());
    let parts: usize = report.circuit.parts.iter().map(|part| part.constraints).sum();
    assert_eq!(parts, report.circuit.constraints);
    assert_eq!(parts, compiled.circuit.r1cs.num_constraints());
    let layers: usize = report.layers.iter().map(|layer| layer.constraints).sum();
    let other: usize = report
        .circuit
        .parts
        .iter()
        .filter(|part| part.part.starts_with("input") || part.part.starts_with("statement"))
        .map(|part| part.constraints)
        .sum();
    assert_eq!(layers + other, parts);
    let text = report.text(120);
    for expected in ["model           test", "g0_node + h0_node", "statement", "compute units"] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["circuit"]["constraints"], parts);
}

/// LeNet with `x^2 + x` between its layers: sums of a convolution and its squares are not folded through the pooling into the next
/// convolution, which would write out each of them hundreds of times.
#[test]
fn sums_that_would_be_written_out_too_often_become_a_layer() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut draw = |count: usize| (0..count).map(|_| rng.gen_range(-0.2..0.2f32)).collect::<Vec<f32>>();
    let (first, second, dense) = (draw(6 * 25), draw(16 * 6 * 25), draw(400 * 120));
    let square = |onnx: Onnx, x: &str, [squares, sum]: [&str; 2]| {
        onnx.node(squares, "Mul", &[x, x], vec![]).node(sum, "Add", &[squares, x], vec![])
    };
    let pool = || vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    let onnx = Onnx::new()
        .input("x", &[1, 1, 28, 28])
        .floats("w1", &[6, 1, 5, 5], &first)
        .floats("w2", &[16, 6, 5, 5], &second)
        .floats("w3", &[400, 120], &dense)
        .node("c1", "Conv", &["x", "w1"], vec![ints("pads", &[2, 2, 2, 2])]);
    let onnx = square(onnx, "c1", ["q1", "s1"]).node("p1", "AveragePool", &["s1"], pool()).node(
        "c2",
        "Conv",
        &["p1", "w2"],
        vec![],
    );
    let onnx = square(onnx, "c2", ["q2", "s2"])
        .node("p2", "AveragePool", &["s2"], pool())
        .node("f", "Flatten", &["p2"], vec![])
        .node("y", "MatMul", &["f", "w3"], vec![])
        .output("y");
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    let terms = model.terms();
    assert!(terms < 2_000_000, "{terms}");
    let float = reference(&onnx);
    for sample in rows(2, 784, 5) {
        let (own, float) = (model.evaluate(&sample).concat(), float.run(&sample).unwrap().concat());
        let differs = |(own, float): (&f64, &f64)| (own - float).abs() > 1e-4 * (1.0 + float.abs());
        assert!(!own.iter().zip(&float).any(differs));
    }
}
