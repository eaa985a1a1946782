//! Functions of one variable, softmax and layer normalization: an independent engine, our float evaluation, the integer reference and the
//! circuit agree.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::quantize::Step;
use assay_compiler::{CompileError, Options, QuantizeError, Table, compile};

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
    ] {
        let (compiled, _) = check_engines(&function(hidden(), operator, attributes));
        assert!(matches!(compiled.graph.layers[0].step, Step::Operator { .. }), "{operator}");
        assert_eq!(compiled.graph.layers.len(), 2);
    }
}

#[test]
fn functions_of_positive_numbers() {
    for operator in ["Sqrt", "Reciprocal"] {
        check_engines(&function(positive(), operator, vec![]));
    }
    let small = positive().floats("s", &[], &[0.1]).node("h", "Mul", &["g", "s"], vec![]);
    check_engines(&small.node("y", "Exp", &["h"], vec![]).output("y"));
    let quotient = positive().floats("one", &[3], &[1.0, 2.0, 3.0]).node("y", "Div", &["one", "g"], vec![]);
    check_engines(&quotient.output("y"));
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
