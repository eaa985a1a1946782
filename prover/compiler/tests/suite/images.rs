//! Convolution and pooling: an independent engine, our float evaluation, the integer reference and the circuit agree.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::model::{LayerFunction, Map};
use assay_compiler::quantize::{Linear, Step};
use assay_compiler::{CompiledModel, Options, Strategy};

/// Weights that follow no pattern.
fn weights(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| (((i * 7919 + seed * 104_729) % 997) as f32 / 997.0 - 0.5) * 1.6).collect()
}

fn conv(onnx: Onnx, name: &str, x: &str, dims: &[i64], attributes: Vec<AttributeProto>) -> Onnx {
    let (w, b) = (format!("{name}_w"), format!("{name}_b"));
    let count: i64 = dims.iter().product();
    onnx.floats(&w, dims, &weights(count as usize, name.len()))
        .floats(&b, &dims[..1], &weights(dims[0] as usize, 5))
        .node(name, "Conv", &[x, &w, &b], attributes)
}

fn image(shape: &[i64]) -> Onnx {
    Onnx::new().input("x", shape)
}

use assay_compiler::onnx::AttributeProto;

#[test]
fn convolutions_of_every_geometry() {
    let cases: Vec<(&[i64], &[i64], Vec<AttributeProto>)> = vec![
        (&[1, 1, 4, 4], &[2, 1, 3, 3], vec![]),
        (&[1, 2, 5, 4], &[3, 2, 3, 2], vec![ints("pads", &[1, 0, 2, 1]), ints("strides", &[2, 1])]),
        (&[1, 2, 6, 6], &[2, 1, 2, 2], vec![int("group", 2), ints("dilations", &[2, 3])]),
        (&[1, 2, 5, 5], &[2, 2, 2, 2], vec![text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])]),
        (&[1, 2, 5, 5], &[2, 2, 2, 2], vec![text("auto_pad", "SAME_LOWER")]),
        (&[1, 3, 7], &[2, 3, 3], vec![ints("pads", &[1, 1]), ints("kernel_shape", &[3])]),
    ];
    for (shape, kernel, attributes) in cases {
        let onnx = conv(image(shape), "y", "x", kernel, attributes).output("y");
        let (compiled, _) = check_engines(&onnx);
        let layer = &compiled.graph.layers[0];
        assert!(matches!(layer.map.as_ref(), Linear::Convolution(_)), "{shape:?}");
        // Not the matrix: the kernel.
        assert_eq!(layer.map.weights().count() as i64, kernel.iter().product::<i64>());
    }
}

#[test]
fn what_is_around_a_convolution_folds_into_it() {
    let onnx = image(&[1, 2, 4, 4])
        .floats("gain", &[1, 2, 1, 1], &[0.5, 2.0])
        .floats("shift", &[2, 1, 1], &[0.25, -0.5])
        .node("scaled", "Mul", &["x", "gain"], vec![])
        .node("moved", "Add", &["scaled", "shift"], vec![]);
    let onnx = conv(onnx, "c", "moved", &[3, 2, 3, 3], vec![])
        .floats("scale", &[3], &[1.5, -0.5, 0.8])
        .floats("bias", &[3], &[0.1, 0.2, -0.3])
        .floats("mean", &[3], &[0.3, -0.1, 0.2])
        .floats("variance", &[3], &[0.5, 1.5, 0.9])
        .node("n", "BatchNormalization", &["c", "scale", "bias", "mean", "variance"], vec![])
        .node("y", "Relu", &["n"], vec![])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    assert_eq!(compiled.graph.layers.len(), 1);
    assert!(matches!(compiled.graph.layers[0].map.as_ref(), Linear::Convolution(_)));
}

#[test]
fn an_offset_before_padding_is_written_out() {
    let onnx = image(&[1, 1, 3, 3]).floats("one", &[], &[1.0]).node("moved", "Add", &["x", "one"], vec![]);
    let onnx = conv(onnx, "y", "moved", &[1, 1, 3, 3], vec![ints("pads", &[1, 1, 1, 1])]).output("y");
    check_engines(&onnx);
}

#[test]
fn pad_becomes_padding_of_the_convolution() {
    let onnx = Onnx::with_opset(13)
        .input("x", &[1, 1, 3, 4])
        .integers("pads", &[0, 0, 1, 2, 0, 0, 0, 1])
        .node("p", "Pad", &["x", "pads"], vec![]);
    let onnx = conv(onnx, "y", "p", &[2, 1, 2, 3], vec![]).output("y");
    let model = import(&onnx.bytes()).unwrap();
    let Map::Convolution(conv) = model.layers[0].map.as_ref() else { panic!("{model:?}") };
    assert_eq!((conv.window.height.pad_before, conv.window.width.pad_before), (1, 2));
    assert_eq!((conv.window.height.pad_after, conv.window.width.pad_after), (0, 1));
    check_engines(&onnx);
}

#[test]
fn average_pooling_costs_nothing() {
    let pooled = |attributes: Vec<AttributeProto>| {
        let mut all = vec![ints("kernel_shape", &[2, 2])];
        all.extend(attributes);
        let onnx = image(&[1, 2, 4, 5]).node("r", "Relu", &["x"], vec![]);
        conv(onnx.node("a", "AveragePool", &["r"], all), "y", "a", &[2, 2, 2, 2], vec![]).output("y")
    };
    let (compiled, report) = check_engines(&pooled(vec![ints("strides", &[2, 2])]));
    assert_eq!(compiled.graph.layers.len(), 3);
    assert_eq!(report.layers[1].constraints, 0, "{}", report.text(120));
    check_engines(&pooled(vec![ints("pads", &[1, 0, 1, 0])]));
    check_engines(&pooled(vec![ints("pads", &[1, 0, 1, 0]), int("count_include_pad", 1)]));
}

#[test]
fn global_averages_in_two_spellings() {
    let global = |onnx: Onnx, operator: &str, attributes| {
        let onnx = onnx.node("r", "Relu", &["x"], vec![]).node("g", operator, &["r"], attributes);
        onnx.floats("w", &[2, 3], &weights(6, 2)).node("f", "Flatten", &["g"], vec![])
    };
    let one = global(image(&[1, 2, 3, 3]), "GlobalAveragePool", vec![]);
    check_engines(&one.node("y", "Gemm", &["f", "w"], vec![]).output("y"));
    let two = global(image(&[1, 2, 3, 3]), "ReduceMean", vec![ints("axes", &[-1, 2])]);
    check_engines(&two.node("y", "Gemm", &["f", "w"], vec![]).output("y"));
    let flat = global(image(&[1, 2, 5]), "ReduceMean", vec![ints("axes", &[2]), int("keepdims", 0)]);
    check_engines(&flat.node("y", "Gemm", &["f", "w"], vec![]).output("y"));
}

/// Conv, ReLU and a max pooling in either order, then a matrix.
fn max_pooled(order: [&str; 2]) -> Onnx {
    let mut onnx = conv(image(&[1, 1, 5, 5]), "c", "x", &[2, 1, 2, 2], vec![]);
    let mut value = "c".to_owned();
    for operator in order {
        let attributes = match operator {
            "MaxPool" => vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])],
            _ => vec![],
        };
        onnx = onnx.node(operator, operator, &[&value], attributes);
        value = operator.to_owned();
    }
    onnx.node("f", "Flatten", &[&value], vec![])
        .floats("w", &[8, 2], &weights(16, 9))
        .node("y", "Gemm", &["f", "w"], vec![])
        .output("y")
}

#[test]
fn max_pooling_and_relu_are_one_layer_in_either_order() {
    let mut circuits: Vec<CompiledModel> = Vec::new();
    for order in [["Relu", "MaxPool"], ["MaxPool", "Relu"]] {
        let (compiled, _) = check_engines(&max_pooled(order));
        assert_eq!(compiled.graph.layers.len(), 2);
        assert!(compiled.graph.layers[0].pool.is_some());
        assert!(matches!(compiled.graph.layers[0].step, Step::Requantize(_)));
        circuits.push(compiled);
    }
    assert_eq!(circuits[0].graph.layers[0].map, circuits[1].graph.layers[0].map);
}

#[test]
fn max_pooling_of_inputs_of_sums_and_with_padding() {
    let window =
        || vec![ints("kernel_shape", &[3, 2]), ints("strides", &[2, 1]), ints("pads", &[1, 0, 1, 1])];
    check_engines(&image(&[1, 2, 4, 3]).node("y", "MaxPool", &["x"], window()).output("y"));
    let sum = image(&[1, 2, 4, 3]).input("z", &[1, 2, 4, 3]).node("s", "Add", &["x", "z"], vec![]);
    check_engines(&sum.node("y", "MaxPool", &["s"], window()).output("y"));
    let line = image(&[1, 2, 6]).node("y", "MaxPool", &["x"], vec![ints("kernel_shape", &[2])]);
    check_engines(&line.output("y"));
}

#[test]
fn a_residual_block() {
    let onnx = image(&[1, 2, 4, 4]).node("r", "Relu", &["x"], vec![]);
    let pads = || vec![ints("pads", &[1, 1, 1, 1])];
    let onnx = conv(onnx, "a", "r", &[2, 2, 3, 3], pads()).node("h", "Relu", &["a"], vec![]);
    let onnx = conv(onnx, "b", "h", &[2, 2, 3, 3], pads());
    let onnx = onnx.node("s", "Add", &["b", "r"], vec![]).node("y", "Relu", &["s"], vec![]).output("y");
    let model = import(&onnx.bytes()).unwrap();
    assert_eq!(model.layers.len(), 3);
    assert!(!model.layers.iter().any(|layer| matches!(layer.function, LayerFunction::Linear)));
    check_engines(&onnx);
}

#[test]
fn geometry_that_does_not_fit_is_refused() {
    let refused = |onnx: Onnx, expected: &str| {
        let error = import(&onnx.bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected} in {error}");
    };
    let weights = |dims: &[i64]| {
        image(&[1, 2, 4, 4]).floats("w", dims, &weights(dims.iter().product::<i64>() as usize, 1))
    };
    let conv = |onnx: Onnx, attributes| onnx.node("y", "Conv", &["x", "w"], attributes).output("y");
    refused(conv(weights(&[2, 3, 2, 2]), vec![]), "shapes [1, 2, 4, 4] and [2, 3, 2, 2] do not fit");
    refused(conv(weights(&[2, 2, 5, 5]), vec![]), "do not fit");
    refused(conv(weights(&[2, 2, 2]), vec![]), "do not fit");
    refused(conv(weights(&[3, 1, 2, 2]), vec![int("group", 2)]), "do not fit");
    refused(conv(weights(&[2, 2, 2, 2]), vec![ints("strides", &[0, 1])]), "strides = [0, 1]");
    refused(conv(weights(&[2, 2, 2, 2]), vec![text("auto_pad", "SAME")]), "auto_pad = SAME");
    let pool = |attributes| image(&[1, 2, 4, 4]).node("y", "MaxPool", &["x"], attributes).output("y");
    refused(pool(vec![ints("kernel_shape", &[2, 2]), int("ceil_mode", 2)]), "ceil_mode = 2");
    refused(pool(vec![ints("kernel_shape", &[2, 2]), ints("pads", &[2, 2, 2, 2])]), "pads");
    let deep = Onnx::new().input("x", &[1, 2, 4, 4, 4]).node("y", "GlobalAveragePool", &["x"], vec![]);
    refused(deep.output("y"), "3 or 4: batch, channels and one or two axes");
}

#[test]
fn images_of_a_batch_are_pooled_and_convolved_apart() {
    let two = Onnx::new().input("x", &[2, 2, 4, 3]);
    let pools = |operator, attributes| two.clone().node("y", operator, &["x"], attributes).output("y");
    check_engines(&pools("MaxPool", vec![ints("kernel_shape", &[2, 2])]));
    check_engines(&pools("AveragePool", vec![ints("kernel_shape", &[3, 2]), ints("pads", &[1, 0, 0, 1])]));
    check_engines(&pools("GlobalAveragePool", vec![]));
    let kernel = two.floats("w", &[3, 2, 2, 2], &weights(24, 5)).floats("b", &[3], &[0.5, 0.0, -0.25]);
    check_engines(&kernel.node("y", "Conv", &["x", "w", "b"], vec![ints("strides", &[2, 1])]).output("y"));
}

#[test]
fn bits_and_lookups_prove_the_same_integers() {
    let onnx = max_pooled(["Relu", "MaxPool"]);
    let model = |ranges| compiled(&onnx, &Options { max_error: 0.05, ranges, ..Options::default() }).0;
    let (bits, lookups) = (model(Strategy::Bits), model(Strategy::Lookup));
    assert!(bits.circuit.commitment.is_none() && lookups.circuit.commitment.is_some());
    for model in [&bits, &lookups] {
        let read = CompiledModel::from_bytes(&model.to_bytes()).unwrap();
        assert_eq!(&read, model);
    }
}
