//! Functions of one variable, softmax and layer normalization: an independent engine, our float evaluation, the integer reference and the
//! circuit agree.

use crate::builder::*;
use assay_circuits::Assignment;
use assay_compiler::import::import;
use assay_compiler::onnx::{DataType, TensorProto};
use assay_compiler::quantize::Step;
use assay_compiler::{CompileError, CompiledModel, Options, QuantizeError, Table, compile};

const W: [f32; 12] = [0.5, -1.25, 0.75, 2.0, -0.3, 0.1, 1.5, -0.8, 0.9, -1.1, 0.4, 0.6];

fn hidden() -> Onnx {
    Onnx::with_opset(20).input("x", &[1, 4]).floats("w", &[4, 3], &W).node("g", "Gemm", &["x", "w"], vec![])
}

/// The same, with results between 0.5 and 12 for inputs within ±2.
fn positive() -> Onnx {
    let bias = [6.0, 6.5, 7.0];
    let w = W.map(|w| w * 0.5);
    let onnx = Onnx::with_opset(20).input("x", &[1, 4]).floats("w", &[4, 3], &w).floats("b", &[3], &bias);
    onnx.node("g", "Gemm", &["x", "w", "b"], vec![])
}

fn function(onnx: Onnx, operator: &str, attributes: Vec<assay_compiler::onnx::AttributeProto>) -> Onnx {
    onnx.node("a", operator, &["g"], attributes)
        .floats("v", &[3, 2], &W[..6])
        .node("y", "Gemm", &["a", "v"], vec![])
        .output("y")
}

#[test]
fn functions_of_one_variable() {
    for (operator, attributes) in [
        ("Sigmoid", vec![]),
        ("Tanh", vec![]),
        ("Erf", vec![]),
        ("Gelu", vec![]),
        ("Gelu", vec![text("approximate", "tanh")]),
        ("Softplus", vec![]),
        ("HardSwish", vec![]),
        ("HardSigmoid", vec![float("alpha", 0.25), float("beta", 0.5)]),
        ("LeakyRelu", vec![float("alpha", 0.1)]),
        ("Elu", vec![float("alpha", 0.5)]),
        ("Sin", vec![]),
        ("Cos", vec![]),
        ("Atan", vec![]),
        ("Asinh", vec![]),
    ] {
        let (compiled, _) = check_engines(&function(hidden(), operator, attributes));
        assert!(matches!(compiled.graph.layers[0].step, Step::Operator { .. }), "{operator}");
        assert_eq!(compiled.graph.layers.len(), 2);
    }
}

/// What a loan is discounted by, `(1 + r)^-36` of monthly rates from 0.2 to 2 %, and logarithms of prices near 100: tables from zero would
/// have 74 entries for the former, and be off by 0.0076.
#[test]
fn arguments_far_from_zero() {
    let input = || Onnx::with_opset(20).input("x", &[1, 3]);
    let rates = |i: usize| 0.002 + 0.018 * ((i * 37 % 101) as f64 / 100.0);
    let discount = input()
        .floats("one", &[], &[1.0])
        .floats("p", &[], &[-36.0])
        .node("g", "Add", &["x", "one"], vec![])
        .node("y", "Pow", &["g", "p"], vec![])
        .output("y");
    let prices = |i: usize| 96.0 + 9.0 * ((i * 37 % 101) as f64 / 100.0);
    let logarithm = input().node("y", "Log", &["x"], vec![]).output("y");
    for (onnx, value, max_error) in
        [(discount, &rates as &dyn Fn(usize) -> f64, 3e-4), (logarithm, &prices, 3e-5)]
    {
        let samples: Vec<Vec<f64>> = (0..60).map(|i| (0..3).map(|j| value(3 * i + j)).collect()).collect();
        let options = Options { max_error, ..Options::default() };
        let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(samples.clone()), &options).unwrap();
        assert!(report.outputs[0].max_error <= max_error);
        let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
        for sample in &samples {
            let inputs = compiled.quantize_inputs(sample).unwrap();
            let expected = read.run_reference(&inputs).unwrap();
            let witness = read.circuit.solve(&Assignment { inputs, ..Assignment::default() }).unwrap();
            assert_eq!(witness.outputs(), expected);
        }
    }
}

#[test]
fn functions_of_positive_numbers() {
    for operator in ["Sqrt", "Reciprocal", "Log", "Acosh"] {
        check_engines(&function(positive(), operator, vec![]));
    }
    let small = positive().floats("s", &[], &[0.1]).node("h", "Mul", &["g", "s"], vec![]);
    check_engines(&small.node("y", "Exp", &["h"], vec![]).output("y"));
    let quotient = positive().floats("one", &[3], &[1.0, 2.0, 3.0]).node("y", "Div", &["one", "g"], vec![]);
    check_engines(&quotient.output("y"));
}

/// Functions that the independent engine does not know, against their formulas.
#[test]
fn further_functions_of_one_variable() {
    let selu = |x: f64| 1.050_700_9 * if x < 0.0 { 1.673_263_2 * x.exp_m1() } else { x };
    let celu = |x: f64| if x < 0.0 { 0.5 * (2.0 * x).exp_m1() } else { x };
    let shrink = |x: f64| if x.abs() > 0.75 { x - 0.25 * x.signum() } else { 0.0 };
    type Case = (&'static str, Vec<assay_compiler::onnx::AttributeProto>, fn(f64) -> f64);
    let cases: [Case; 11] = [
        ("Softsign", vec![], |x| x / (1.0 + x.abs())),
        ("Mish", vec![], |x| x * x.exp().ln_1p().tanh()),
        ("Selu", vec![], selu),
        ("Celu", vec![float("alpha", 0.5)], celu),
        ("ThresholdedRelu", vec![float("alpha", 0.5)], |x| if x > 0.5 { x } else { 0.0 }),
        ("Shrink", vec![float("lambd", 0.75), float("bias", 0.25)], shrink),
        ("Swish", vec![float("alpha", 1.5)], |x| x / (1.0 + (-1.5 * x).exp())),
        ("Swish", vec![float("alpha", 0.0)], |x| x / 2.0),
        ("Sinh", vec![], f64::sinh),
        ("Cosh", vec![], f64::cosh),
        ("Tan", vec![], f64::tan),
    ];
    for (operator, attributes, formula) in cases {
        // Within ±1.2, where the tangent is tame.
        let onnx = Onnx::with_opset(23).input("x", &[1, 4]).floats("s", &[], &[0.6]);
        let onnx =
            onnx.node("h", "Mul", &["x", "s"], vec![]).node("y", operator, &["h"], attributes).output("y");
        let answer = |x: &[f64]| x.iter().map(|x| formula(0.6f32 as f64 * x)).collect();
        // A jump is missed by what rounding moves the argument.
        let max_error = if matches!(operator, "ThresholdedRelu" | "Shrink") { 0.6 } else { 0.02 };
        check_answers_within(&onnx, answer, max_error);
    }
}

/// Exponents that are no whole numbers from 1 to 16.
#[test]
fn constant_powers() {
    for (exponent, is_positive) in [(1.5f32, true), (-0.5, true), (0.3, true), (-2.0, true), (17.0, false)] {
        let (factor, offset) = if is_positive { (0.25f32, 1.0f32) } else { (0.5, 0.0) };
        let onnx =
            Onnx::with_opset(15).input("x", &[1, 4]).floats("s", &[], &[factor]).floats("o", &[], &[offset]);
        let onnx = onnx.node("m", "Mul", &["x", "s"], vec![]).node("h", "Add", &["m", "o"], vec![]);
        let onnx = onnx.floats("p", &[], &[exponent]).node("y", "Pow", &["h", "p"], vec![]).output("y");
        let power = |x: &f64| (f64::from(factor) * x + f64::from(offset)).powf(exponent.into());
        check_answers(&onnx, |x| x.iter().map(power).collect());
    }
}

/// A domain between two poles, and one on the negative side of a pole.
#[test]
fn functions_between_poles() {
    let scaled = |factor: f32, offset: f32, operator: &str| {
        let onnx =
            Onnx::with_opset(22).input("x", &[1, 4]).floats("s", &[], &[factor]).floats("o", &[], &[offset]);
        let onnx = onnx.node("m", "Mul", &["x", "s"], vec![]).node("h", "Add", &["m", "o"], vec![]);
        onnx.node("y", operator, &["h"], vec![]).output("y")
    };
    let of = |formula: fn(f64) -> f64, factor: f64, offset: f64| {
        move |x: &[f64]| x.iter().map(|x| formula(factor * x + offset)).collect()
    };
    check_answers(&scaled(0.375, 0.0, "Atanh"), of(f64::atanh, 0.375, 0.0));
    check_answers(&scaled(0.375, 0.0, "Asin"), of(f64::asin, 0.375, 0.0));
    check_answers(&scaled(0.375, 0.0, "Acos"), of(f64::acos, 0.375, 0.0));
    check_answers(&scaled(0.5, -3.0, "Reciprocal"), of(|x| 1.0 / x, 0.5, -3.0));
    for (onnx, function) in [(scaled(1.0, 0.0, "Atanh"), "artanh"), (scaled(1.0, 0.0, "Log"), "logarithm")] {
        let error = compile(&onnx.bytes(), &Table::Rows(rows(50, 4, 7)), &Options::default()).unwrap_err();
        assert!(error.to_string().contains(function), "{error}");
    }
}

#[test]
fn a_reciprocal_of_zero_is_refused_by_name() {
    let onnx = function(hidden(), "Reciprocal", vec![]);
    let error = compile(&onnx.bytes(), &Table::Rows(rows(50, 4, 7)), &Options::default()).unwrap_err();
    let CompileError::Quantize(QuantizeError::Undefined { layer, function, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!((layer.as_str(), function), ("g_node + a_node", "reciprocal"));
}

#[test]
fn products_that_are_a_function_of_one_variable() {
    let activation = |onnx: &Onnx| -> &'static str {
        let model = import(&onnx.bytes()).unwrap();
        let found = model.layers.iter().filter_map(|layer| Some(layer.function.operator()?.name()));
        let found: Vec<&str> = found.collect();
        assert_eq!(found.len(), 1, "{model:?}");
        found[0]
    };
    let silu =
        hidden().node("s", "Sigmoid", &["g"], vec![]).node("y", "Mul", &["g", "s"], vec![]).output("y");
    assert_eq!(activation(&silu), "SiLU");
    check_engines(&silu);
    let swish = hidden()
        .node("s", "HardSigmoid", &["g"], vec![float("alpha", 1.0 / 6.0)])
        .node("y", "Mul", &["s", "g"], vec![])
        .output("y");
    assert_eq!(activation(&swish), "hard swish");
    check_engines(&swish);
    let gelu = hidden()
        .floats("root", &[], &[std::f32::consts::SQRT_2])
        .floats("one", &[], &[1.0])
        .floats("half", &[], &[0.5])
        .node("d", "Div", &["g", "root"], vec![])
        .node("e", "Erf", &["d"], vec![])
        .node("p", "Add", &["e", "one"], vec![])
        .node("m", "Mul", &["g", "p"], vec![])
        .node("y", "Mul", &["m", "half"], vec![])
        .output("y");
    assert_eq!(activation(&gelu), "GELU");
    check_engines(&gelu);
    let other = hidden().node("s", "Tanh", &["g"], vec![]).node("y", "Mul", &["g", "s"], vec![]).output("y");
    let model = import(&other.bytes()).unwrap();
    let names: Vec<&str> =
        model.layers.iter().filter_map(|layer| Some(layer.function.operator()?.name())).collect();
    assert_eq!(names, ["tanh", "product"]);
    check_engines(&other);
}

#[test]
fn softmax_on_any_axis() {
    check_engines(&hidden().node("y", "Softmax", &["g"], vec![]).output("y"));
    let inner = Onnx::new().input("x", &[2, 3, 2]).node("y", "Softmax", &["x"], vec![int("axis", 1)]);
    check_engines(&inner.output("y"));
    // Before operator set 13: over everything from the axis on.
    let old = Onnx::with_opset(11).input("x", &[1, 2, 2]).node("y", "Softmax", &["x"], vec![int("axis", 1)]);
    check_engines(&old.output("y"));
}

#[test]
fn layer_normalization_with_scale_and_bias() {
    let onnx = Onnx::with_opset(17)
        .input("x", &[2, 4])
        .floats("w", &[4, 6], &[W, W.map(|w| 0.3 - w)].concat())
        .node("g", "MatMul", &["x", "w"], vec![])
        .floats("scale", &[6], &W[..6])
        .floats("bias", &[6], &W[6..])
        .node("y", "LayerNormalization", &["g", "scale", "bias"], vec![float("epsilon", 1e-2)])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    assert!(compiled.graph.layers.iter().any(|layer| layer.kind() == "layer norm"));
}

/// Amounts from 0 to a million, with the detail near 1 that cents have, and as many in each decade.
fn amounts(count: usize, columns: usize) -> Vec<Vec<f64>> {
    let of = |u: &f64| ((10f64.powf(2.0 + 2.0 * u) - 0.01).clamp(0.0, 1e6) * 100.0).round() / 100.0;
    rows(count, columns, 5).iter().map(|row| row.iter().map(of).collect()).collect()
}

/// Functions of arguments over more decades than a table has entries for.
#[test]
fn functions_of_wide_arguments() {
    type Case = (&'static str, Vec<(&'static str, f32)>, fn(f64) -> f64, fn(f64) -> f64, f64);
    let ratio = |amount: f64| (amount * 1e-6).max(0.001);
    let cases: [Case; 5] = [
        ("Log", vec![("Add", 1.0)], |x| x, |x| (1.0 + x).ln(), 0.01),
        ("Sqrt", vec![], |x| x, f64::sqrt, 0.1),
        ("Reciprocal", vec![], ratio, |x| 1.0 / x, 0.2),
        ("Log", vec![], ratio, f64::ln, 0.002),
        ("Pow", vec![], ratio, |x| 1.0 / x.sqrt(), 0.01),
    ];
    for (operator, before, argument, formula, max_error) in cases {
        let mut onnx = Onnx::with_opset(20).input("x", &[1, 2]);
        let mut last = "x";
        for &(operator, constant) in &before {
            onnx = onnx.floats("c", &[], &[constant]).node("h", operator, &["x", "c"], vec![]);
            last = "h";
        }
        let onnx = match operator {
            "Pow" => onnx.floats("p", &[], &[-0.5]).node("y", "Pow", &[last, "p"], vec![]),
            operator => onnx.node("y", operator, &[last], vec![]),
        };
        let onnx = onnx.output("y");
        let all = amounts(160, 2).into_iter().map(|row| row.into_iter().map(argument).collect::<Vec<f64>>());
        let all: Vec<Vec<f64>> = all.collect();
        let (seen, unseen) = all.split_at(120);
        let options = Options { max_error, ..Options::default() };
        let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(seen.to_vec()), &options)
            .unwrap_or_else(|error| panic!("{operator}: {error}"));
        for row in unseen {
            let integers = compiled.quantize_inputs(row).unwrap();
            let found = compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap());
            for (found, &x) in found.iter().flatten().zip(row) {
                let error = (found - formula(x)).abs();
                assert!(error <= 1.5 * max_error, "{operator} of {x}: {found}, off by {error}");
            }
        }
        check_circuit(&compiled, 4);
    }
}

/// Where a table is enough, it is still taken.
#[test]
fn narrow_arguments_are_looked_up() {
    let narrow = positive().node("y", "Log", &["g"], vec![]).output("y");
    let (compiled, _) = compile(&narrow.bytes(), &Table::Rows(rows(80, 4, 3)), &Options::default()).unwrap();
    let Some(Step::Operator { arguments, .. }) = compiled.graph.layers.first().map(|layer| &layer.step)
    else {
        panic!("{:?}", compiled.graph)
    };
    let rounding = arguments[0].rounding.as_ref().unwrap();
    assert!(rounding.hi - rounding.lo < 1 << 12, "{rounding:?}");
}

/// Box and Cox's powers as skl2onnx writes them, of amounts: the branch of negative numbers, which the model throws away, has a table, and
/// the other one is as fine as amounts of three digits beside those of six ask for.
#[test]
fn powers_of_amounts_beside_a_branch_that_is_thrown_away() {
    let ml = "ai.onnx.ml";
    let zero = || vec![floats("imputed_value_floats", &[0.0]), float("replaced_value_float", f32::NAN)];
    let (positive, negative) = (-0.036_405_92_f32, 2.036_405_8_f32);
    let onnx = Onnx::new()
        .input("x", &[1, 1])
        .floats("one", &[1], &[1.0])
        .floats("none", &[1], &[0.0])
        .floats("p", &[1], &[positive])
        .floats("n", &[1], &[negative])
        .node("up", "Add", &["x", "one"], vec![])
        .node("up_power", "Pow", &["up", "p"], vec![])
        .node("up_less", "Sub", &["up_power", "one"], vec![])
        .node("up_part", "Div", &["up_less", "p"], vec![])
        .node("down", "Sub", &["one", "x"], vec![])
        .node("down_power", "Pow", &["down", "n"], vec![])
        .node("down_less", "Sub", &["one", "down_power"], vec![])
        .node("down_part", "Div", &["down_less", "n"], vec![])
        .node_in(ml, "filled", "Imputer", &["down_part"], zero())
        .node("is_negative", "Less", &["x", "none"], vec![])
        .node("is_positive", "Not", &["is_negative"], vec![])
        .node("left", "Cast", &["is_negative"], vec![int("to", DataType::Float as i64)])
        .node("right", "Cast", &["is_positive"], vec![int("to", DataType::Float as i64)])
        .node("a", "Mul", &["filled", "left"], vec![])
        .node("b", "Mul", &["up_part", "right"], vec![])
        .node("y", "Add", &["a", "b"], vec![])
        .output("y");
    let samples: Vec<Vec<f64>> = (0..80).map(|i| vec![(300.0 * 1.09f64.powi(i)).round()]).collect();
    let options = Options { max_error: 0.002, ..Options::default() };
    let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(samples.clone()), &options).unwrap();
    let power = f64::from(positive);
    for sample in &samples {
        let integers = compiled.quantize_inputs(sample).unwrap();
        let found = compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap()).concat()[0];
        let expected = ((sample[0] + 1.0).powf(power) - 1.0) / power;
        assert!((found - expected).abs() <= 0.002, "{found} for {expected} at {sample:?}");
    }
    check_circuit(&compiled, 5);
}

/// An exponent of doubles has more digits than a fraction of integers holds.
#[test]
fn exponents_of_doubles_are_rounded_to_31_bits() {
    let exponent = -1.000_090_586_145_171_3e-5;
    let mut onnx = Onnx::new().input("x", &[1, 1]);
    onnx.graph().initializer.push(TensorProto {
        name: "e".into(),
        data_type: DataType::Double as i32,
        dims: vec![1],
        double_data: vec![exponent],
        ..TensorProto::default()
    });
    let onnx = onnx.node("y", "Pow", &["x", "e"], vec![]).output("y");
    let model = import(&onnx.bytes()).unwrap();
    for x in [1e-3f64, 0.5, 1.0, 3.0, 1e6] {
        assert!((model.evaluate(&[x])[0][0] - x.powf(exponent)).abs() < 1e-12);
    }
}
