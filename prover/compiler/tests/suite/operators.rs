//! Every operator: an independent engine, our float evaluation, the integer reference and the circuit agree.

use crate::builder::*;
use assay_compiler::Options;
use assay_compiler::import::import;
use assay_compiler::model::LayerFunction;
use assay_compiler::onnx::DataType;
use assay_compiler::quantize::{Rounding, Step};

const W: [f32; 12] = [0.5, -1.25, 0.75, 2.0, -0.3, 0.1, 1.5, -0.8, 0.9, -1.1, 0.4, 0.6];

fn vector(len: i64) -> Onnx {
    Onnx::new().input("x", &[1, len])
}

#[test]
fn gemm_with_alpha_beta_and_both_transpositions() {
    let attributes = vec![float("alpha", 0.5), float("beta", 2.0), int("transB", 1)];
    let onnx = vector(4).floats("w", &[3, 4], &W).floats("b", &[3], &[0.1, -0.2, 0.3]);
    check_engines(&onnx.node("y", "Gemm", &["x", "w", "b"], attributes).output("y"));

    let transposed =
        Onnx::new().input("x", &[4, 1]).floats("w", &[4, 3], &W).floats("b", &[1, 3], &[0.1, -0.2, 0.3]);
    check_engines(&transposed.node("y", "Gemm", &["x", "w", "b"], vec![int("transA", 1)]).output("y"));

    let no_bias = vector(4).floats("w", &[4, 3], &W);
    check_engines(&no_bias.node("y", "Gemm", &["x", "w"], vec![]).output("y"));
}

#[test]
fn gemm_with_a_constant_left_factor() {
    let onnx =
        Onnx::new().input("x", &[4, 2]).floats("w", &[3, 4], &W).floats("b", &[3, 1], &[0.1, -0.2, 0.3]);
    check_engines(&onnx.node("y", "Gemm", &["w", "x", "b"], vec![]).output("y"));
}

#[test]
fn matmul_by_a_matrix_on_either_side_and_with_leading_dimensions() {
    check_engines(&vector(4).floats("w", &[4, 3], &W).node("y", "MatMul", &["x", "w"], vec![]).output("y"));
    let leading = Onnx::new().input("x", &[2, 2, 4]).floats("w", &[4, 3], &W);
    check_engines(&leading.node("y", "MatMul", &["x", "w"], vec![]).output("y"));
    let left = Onnx::new().input("x", &[4, 2]).floats("w", &[3, 4], &W);
    check_engines(&left.node("y", "MatMul", &["w", "x"], vec![]).output("y"));
}

#[test]
fn add_sub_mul_by_constants_broadcast() {
    let onnx = Onnx::new()
        .input("x", &[2, 3])
        .floats("row", &[3], &[0.5, -1.0, 0.25])
        .floats("column", &[2, 1], &[2.0, -0.5])
        .floats("one", &[], &[0.75])
        .node("a", "Add", &["x", "row"], vec![])
        .node("b", "Sub", &["column", "a"], vec![])
        .node("c", "Mul", &["one", "b"], vec![])
        .node("y", "Mul", &["c", "row"], vec![]);
    check_engines(&onnx.output("y"));
}

#[test]
fn add_of_two_branches_is_a_linear_map() {
    let onnx = vector(4)
        .floats("w", &[4, 4], &[W.as_slice(), &W[..4]].concat())
        .node("h", "Gemm", &["x", "w"], vec![])
        .node("r", "Relu", &["h"], vec![])
        .node("y", "Add", &["r", "x"], vec![]);
    check_engines(&onnx.output("y"));
}

#[test]
fn relu_behind_a_layer_is_fused_with_its_requantization() {
    let onnx = vector(4)
        .floats("w", &[4, 3], &W)
        .node("h", "MatMul", &["x", "w"], vec![])
        .node("y", "Relu", &["h"], vec![])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    assert_eq!(compiled.graph.layers.len(), 1);
    assert!(matches!(compiled.graph.layers[0].step, Step::Requantize(Rounding { lo: 0, .. })));
}

#[test]
fn relu_of_an_input() {
    check_engines(&vector(3).node("y", "Relu", &["x"], vec![]).output("y"));
}

#[test]
fn clip_as_attributes_and_as_operands() {
    let old = Onnx::with_opset(9).input("x", &[1, 3]);
    check_engines(&old.node("y", "Clip", &["x"], vec![float("min", -0.5), float("max", 1.25)]).output("y"));
    let new = vector(3).floats("low", &[], &[-0.5]).floats("high", &[], &[1.25]);
    check_engines(&new.clone().node("y", "Clip", &["x", "low", "high"], vec![]).output("y"));
    check_engines(&new.clone().node("y", "Clip", &["x", "low"], vec![]).output("y"));
    check_engines(&new.node("y", "Clip", &["x", "", "high"], vec![]).output("y"));
}

#[test]
fn clip_behind_relu_is_one_layer() {
    let onnx = vector(3)
        .floats("low", &[], &[0.0])
        .floats("high", &[], &[1.5])
        .node("r", "Relu", &["x"], vec![])
        .node("y", "Clip", &["r", "low", "high"], vec![])
        .output("y");
    let model = import(&onnx.bytes()).unwrap();
    assert_eq!(model.layers.len(), 1);
    assert!(matches!(model.layers[0].function, LayerFunction::Clip { low: Some(0.0), high: Some(1.5) }));
    check_engines(&onnx);
}

#[test]
fn shapes_move_nothing() {
    let onnx = Onnx::new()
        .input("x", &[1, 2, 3])
        .integers("shape", &[0, -1])
        .integers("axes", &[1])
        .node("f", "Flatten", &["x"], vec![])
        .node("r", "Reshape", &["f", "shape"], vec![])
        .node("u", "Unsqueeze", &["r", "axes"], vec![])
        .node("s", "Squeeze", &["u", "axes"], vec![])
        .node("i", "Identity", &["s"], vec![])
        .floats("w", &[6, 2], &W)
        .node("y", "MatMul", &["i", "w"], vec![])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    assert_eq!(compiled.graph.layers.len(), 1);
}

#[test]
fn squeeze_and_unsqueeze_by_attribute() {
    let onnx = Onnx::with_opset(11)
        .input("x", &[1, 3])
        .node("u", "Unsqueeze", &["x"], vec![ints("axes", &[0, 3])])
        .node("s", "Squeeze", &["u"], vec![ints("axes", &[0, 3])])
        .node("y", "Relu", &["s"], vec![]);
    check_engines(&onnx.output("y"));
}

#[test]
fn reshape_to_a_constant_made_by_a_node() {
    let shape = assay_compiler::onnx::TensorProto {
        dims: vec![2],
        data_type: DataType::Int64 as i32,
        raw_data: [3i64, 2].iter().flat_map(|dim| dim.to_le_bytes()).collect(),
        ..Default::default()
    };
    let onnx = vector(6)
        .node("shape", "Constant", &[], vec![tensor("value", shape)])
        .node("r", "Reshape", &["x", "shape"], vec![])
        .floats("w", &[2, 2], &W[..4])
        .node("y", "MatMul", &["r", "w"], vec![]);
    check_engines(&onnx.output("y"));
}

#[test]
fn concat_of_two_branches_on_any_axis() {
    let branches = |axis| {
        vector(4)
            .floats("w1", &[4, 3], &W)
            .floats("w2", &[4, 3], &W.map(|w| 0.7 - w))
            .node("g1", "Gemm", &["x", "w1"], vec![])
            .node("h1", "Relu", &["g1"], vec![])
            .node("h2", "Gemm", &["x", "w2"], vec![])
            .node("c", "Concat", &["h1", "h2"], vec![int("axis", axis)])
    };
    let last = branches(-1).floats("w", &[6, 2], &W).node("y", "Gemm", &["c", "w"], vec![]);
    let (compiled, _) = check_engines(&last.output("y"));
    // The branch without activation folds into the last layer, which reads the input beside the other branch.
    assert_eq!(compiled.graph.layers.len(), 2);
    assert_eq!(compiled.graph.layers[1].sources, [0, 1]);
    check_engines(&branches(0).output("c"));
}

#[test]
fn batch_normalization_folds_into_the_layer_before() {
    let onnx = vector(4)
        .floats("w", &[4, 3], &W)
        .floats("scale", &[3], &[1.5, -0.5, 0.8])
        .floats("bias", &[3], &[0.1, 0.2, -0.3])
        .floats("mean", &[3], &[0.3, -0.1, 0.2])
        .floats("variance", &[3], &[0.5, 1.5, 0.9])
        .node("g", "Gemm", &["x", "w"], vec![])
        .node(
            "n",
            "BatchNormalization",
            &["g", "scale", "bias", "mean", "variance"],
            vec![float("epsilon", 1e-3)],
        )
        .node("y", "Relu", &["n"], vec![]);
    let (compiled, _) = check_engines(&onnx.output("y"));
    assert_eq!(compiled.graph.layers.len(), 1);
}

#[test]
fn scaler_folds_into_the_layer_behind() {
    let scaler = vec![floats("offset", &[0.5, -0.5, 1.0, 0.0]), floats("scale", &[2.0, 0.5, 1.5, 1.0])];
    let onnx = vector(4).node_in("ai.onnx.ml", "s", "Scaler", &["x"], scaler).floats("w", &[4, 3], &W).node(
        "y",
        "Gemm",
        &["s", "w"],
        vec![],
    );
    let (compiled, _) = check_engines(&onnx.output("y"));
    assert_eq!(compiled.graph.layers.len(), 1);
    let one_for_all = vec![floats("offset", &[0.5]), floats("scale", &[2.0])];
    check_engines(&vector(3).node_in("ai.onnx.ml", "y", "Scaler", &["x"], one_for_all).output("y"));
}

#[test]
fn argmax_over_rows_with_and_without_the_kept_dimension() {
    for keepdims in [0, 1] {
        let onnx = vector(4)
            .floats("w", &[4, 3], &W)
            .node("g", "Gemm", &["x", "w"], vec![])
            .node("y", "ArgMax", &["g"], vec![int("axis", 1), int("keepdims", keepdims)])
            .output("y");
        let (compiled, report) = check_engines(&onnx);
        assert_eq!((compiled.graph.layers[0].kind().as_str(), compiled.graph.layers[0].len()), ("argmax", 1));
        let decisions = report.outputs[0].decisions.as_ref().unwrap();
        assert_eq!(decisions.total, 100);
        assert!(decisions.flipped <= 3);
    }
}

#[test]
fn an_index_is_a_number_that_other_layers_read() {
    let onnx = Onnx::new().input("x", &[1, 3]).node("i", "ArgMax", &["x"], vec![int("axis", 1)]);
    let onnx = onnx.floats("w", &[1, 1], &[-1.5]);
    let model = import(&onnx.node("y", "Mul", &["i", "w"], vec![]).output("y").bytes()).unwrap();
    assert_eq!(model.evaluate(&[0.0, -1.0, 2.0]), [[-3.0]]);
}

#[test]
fn argmax_over_an_inner_axis() {
    let onnx = Onnx::new()
        .input("x", &[2, 3, 2])
        .node("r", "Relu", &["x"], vec![])
        .node("y", "ArgMax", &["r"], vec![int("axis", 1), int("keepdims", 0)])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    assert_eq!((compiled.graph.layers[1].kind().as_str(), compiled.graph.layers[1].len()), ("argmax", 4));
}

#[test]
fn a_free_batch_dimension_is_one_sample() {
    for dim in [Dim::Symbol("N"), Dim::Nothing, Dim::Size(-1)] {
        let onnx = Onnx::new()
            .input_of("x", DataType::Float, vec![dim, Dim::Size(4)])
            .floats("w", &[4, 3], &W)
            .node("y", "Gemm", &["x", "w"], vec![])
            .output("y");
        let (compiled, _) = check_engines(&onnx);
        assert_eq!(compiled.schema.inputs()[0].shape, [1, 4]);
    }
}

#[test]
fn double_inputs_and_weights() {
    let mut onnx = Onnx::new().input_of("x", DataType::Double, vec![Dim::Size(1), Dim::Size(2)]);
    onnx.graph().initializer.push(assay_compiler::onnx::TensorProto {
        name: "w".into(),
        dims: vec![2, 1],
        data_type: DataType::Double as i32,
        double_data: vec![0.5, -0.25],
        ..Default::default()
    });
    check_engines(&onnx.node("y", "MatMul", &["x", "w"], vec![]).output("y"));
}

#[test]
fn several_inputs_and_outputs_one_of_them_committed() {
    let onnx = Onnx::new()
        .input("a", &[1, 2])
        .input("b", &[1, 2])
        .node("c", "Concat", &["a", "b"], vec![int("axis", 1)])
        .floats("w", &[4, 3], &W)
        .node("g", "Gemm", &["c", "w"], vec![])
        .node("y", "Relu", &["g"], vec![])
        .node("z", "ArgMax", &["g"], vec![int("axis", 1)])
        .output("y")
        .output("z");
    let (compiled, _) = compiled(&onnx, &Options { commit: vec!["b".into()], ..Options::default() });
    assert_eq!(compiled.schema.inputs()[1].visibility, assay_interface::schema::Visibility::Committed);
    check_circuit(&compiled, 12);
}

#[test]
fn an_output_that_is_an_input_is_carried_over() {
    let (compiled, _) = check_engines(&vector(3).node("y", "Identity", &["x"], vec![]).output("y"));
    assert_eq!(compiled.run_reference(&[vec![1, -2, 3]]).unwrap().len(), 1);
}
