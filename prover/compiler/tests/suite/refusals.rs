//! Every refusal, with the names that its message must carry.

use crate::builder::*;
use assay_compiler::import::{graph_name, import};
use assay_compiler::onnx::DataType;
use assay_compiler::onnx::{NodeProto, SparseTensorProto, StringStringEntryProto, TensorProto};
use assay_compiler::{ImportError, Refusal};

fn refusals(onnx: &Onnx) -> Vec<Refusal> {
    match import(&onnx.bytes()) {
        Err(ImportError::Refused(refusals)) => refusals,
        other => panic!("expected refusals, found {other:?}"),
    }
}

fn messages(onnx: &Onnx) -> Vec<String> {
    refusals(onnx).iter().map(Refusal::to_string).collect()
}

/// The one refusal of a model must read like this.
#[track_caller]
fn refused(onnx: Onnx, message: &str) {
    assert_eq!(messages(&onnx), [message]);
}

fn vector(len: i64) -> Onnx {
    Onnx::new().input("x", &[1, len])
}

#[test]
fn every_unsupported_operator_is_named_in_one_message() {
    let onnx = vector(2)
        .node("a", "GridSample", &["x"], vec![])
        .node("b", "Relu", &["a"], vec![])
        .node("c", "GridSample", &["b"], vec![])
        .node_in("ai.onnx.ml", "d", "DictVectorizer", &["x"], vec![])
        .node_in("com.example", "e", "Relu", &["d"], vec![])
        .output("c")
        .output("e");
    let error = import(&onnx.bytes()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the model cannot be compiled, 4 problems found:\
         \n  - node 'a_node' (GridSample): operator GridSample of domain 'ai.onnx' is not supported\
         \n  - node 'c_node' (GridSample): operator GridSample of domain 'ai.onnx' is not supported\
         \n  - node 'd_node' (DictVectorizer): operator DictVectorizer of domain 'ai.onnx.ml' is not supported\
         \n  - node 'e_node' (Relu): operator Relu of domain 'com.example' is not supported"
    );
}

#[test]
fn a_node_without_a_name_is_named_by_its_output() {
    let mut onnx = vector(2).node("y", "GridSample", &["x"], vec![]).output("y");
    onnx.graph().node[0].name.clear();
    refused(onnx, "node '→ y' (GridSample): operator GridSample of domain 'ai.onnx' is not supported");
}

#[test]
fn weights_that_are_not_finite_are_named_with_their_index() {
    let onnx = vector(2)
        .floats("w", &[2, 3], &[1.0, 2.0, 3.0, 4.0, f32::NAN, f32::INFINITY])
        .floats("v", &[1], &[f32::NAN])
        .node("g", "Gemm", &["x", "w"], vec![])
        .node("y", "Add", &["g", "v"], vec![])
        .output("y");
    assert_eq!(
        messages(&onnx),
        [
            "tensor 'w' holds NaN at index [1, 1] (2 such values)",
            "tensor 'v' holds NaN at index [0] (1 such values)"
        ]
    );
}

#[test]
fn constants_and_attributes_that_are_not_finite() {
    let constant = tensor("value", float_tensor("", &[1], &[f32::NAN]));
    let onnx = vector(2)
        .node("c", "Constant", &[], vec![constant])
        .node("y", "Add", &["x", "c"], vec![])
        .output("y");
    refused(onnx, "tensor 'c' holds NaN at index [0] (1 such values)");
    let scaler = vec![floats("offset", &[0.0, f32::INFINITY])];
    let onnx = vector(2).node_in("ai.onnx.ml", "y", "Scaler", &["x"], scaler).output("y");
    refused(onnx, "tensor 'y_node.offset' holds inf at index [1] (1 such values)");
}

#[test]
fn dynamic_shapes_are_named_with_input_and_dimension() {
    let onnx = Onnx::new()
        .input_of("x", DataType::Float, vec![Dim::Size(1), Dim::Symbol("length")])
        .node("y", "Relu", &["x"], vec![])
        .output("y");
    refused(
        onnx,
        "input 'x': dimension 1 is free ('length'), and a circuit has one size: give it one (--shape length=SIZE), or \
         export the model with static shapes; only a free first dimension is taken as 1",
    );
}

#[test]
fn inputs_that_are_no_tensors_of_numbers() {
    let complex = Onnx::new()
        .input_of("x", DataType::Complex64, vec![Dim::Size(2)])
        .node("y", "Relu", &["x"], vec![])
        .output("y");
    refused(
        complex,
        "input 'x' has element type complex64: tensors of floats, integers and bool are supported",
    );
    let mut shapeless = vector(2).node("y", "Relu", &["x"], vec![]).output("y");
    shapeless.graph().input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape = None;
    refused(shapeless, "input 'x' declares no shape: export the model with static shapes");
}

#[test]
fn parameters_that_are_not_constant() {
    let clip = Onnx::new().input("x", &[2]).input("low", &[1]);
    refused(
        clip.node("y", "Clip", &["x", "low"], vec![]).output("y"),
        "node 'y_node' (Clip): 'low' must be a constant",
    );
    let reshape = Onnx::new().input("x", &[2]).input("shape", &[1]);
    refused(
        reshape.node("y", "Reshape", &["x", "shape"], vec![]).output("y"),
        "node 'y_node' (Reshape): 'shape' must be a constant",
    );
}

#[test]
fn graphs_with_loose_ends() {
    let missing = vector(2).node("y", "Add", &["x", "bias"], vec![]).output("y");
    refused(missing, "node 'y_node' (Add): input tensor 'bias' is made by no node, input or initializer");
    let loose = vector(2).node("y", "Relu", &["x"], vec![]).output("y").output("z");
    refused(loose, "graph output 'z' is made by no node, input or initializer");
    let constant = || vector(2).floats("c", &[1], &[1.0]).node("y", "Relu", &["x"], vec![]);
    refused(
        constant().output("c"),
        "graph output 'c' is a constant: it depends on no input; leave it out (--output NAME, once for each other)",
    );
    // Beside one that is none it may stand, and an input as well.
    let beside = import(&constant().output("c").output("y").output("x").bytes()).unwrap();
    assert_eq!(
        beside.outputs.iter().map(|output| output.name.as_str()).collect::<Vec<_>>(),
        ["c", "y", "x_output"]
    );
    assert_eq!(beside.evaluate(&[-1.0, 2.0]), [vec![1.0], vec![0.0, 2.0], vec![-1.0, 2.0]]);
    refused(vector(2), "the graph has no outputs");
    let no_inputs = Onnx::new().floats("c", &[1], &[1.0]).output("c");
    assert_eq!(messages(&no_inputs)[0], "the graph has no inputs");
}

#[test]
fn cycles_and_names_given_twice() {
    let cycle = vector(2)
        .node("a", "Add", &["x", "b"], vec![])
        .node("b", "Relu", &["a"], vec![])
        .node("y", "Add", &["x", "a"], vec![])
        .output("y");
    refused(
        cycle,
        "the graph has a cycle through node 'a_node' (Add), node 'b_node' (Relu), node 'y_node' (Add)",
    );
    let twice = vector(2).node("y", "Relu", &["x"], vec![]).node("y", "Identity", &["x"], vec![]).output("y");
    refused(twice, "tensor 'y' is defined more than once");
}

#[test]
fn tensors_that_are_stored_elsewhere_or_otherwise() {
    let mut external = vector(2).node("y", "Add", &["x", "b"], vec![]).output("y");
    external.graph().initializer.push(TensorProto {
        name: "b".into(),
        dims: vec![2],
        data_type: DataType::Float as i32,
        data_location: Some(1),
        external_data: vec![StringStringEntryProto { key: "location".into(), value: "weights.bin".into() }],
        ..Default::default()
    });
    refused(
        external,
        "tensor 'b' lies in 'weights.bin', which is not there: keep that file beside the model's, as the exporter wrote it",
    );

    let mut sparse = vector(2).node("y", "Add", &["x", "b"], vec![]).output("y");
    let values = Some(float_tensor("b", &[1], &[1.0]));
    sparse.graph().sparse_initializer.push(SparseTensorProto { values, ..Default::default() });
    refused(
        sparse,
        "tensor 'b' is stored sparse, and its values, indices and shape do not fit: save it dense",
    );

    let short = vector(2).floats("b", &[3], &[1.0, 2.0]).node("y", "Add", &["x", "b"], vec![]).output("y");
    refused(short, "tensor 'b' of shape [3] holds 2 elements");
    let negative = vector(2).floats("b", &[-3], &[1.0]).node("y", "Add", &["x", "b"], vec![]).output("y");
    refused(negative, "tensor 'b' of shape [-3] holds 0 elements");

    let mut complex = vector(2).node("y", "Add", &["x", "b"], vec![]).output("y");
    complex.graph().initializer.push(TensorProto {
        name: "b".into(),
        dims: vec![1],
        data_type: DataType::Complex64 as i32,
        raw_data: vec![0; 8],
        ..Default::default()
    });
    refused(complex, "tensor 'b' has element type complex64: floats, integers, bool and text are supported");
}

#[test]
fn operator_sets() {
    let relu =
        |version| Onnx::with_opset(version).input("x", &[2]).node("y", "Relu", &["x"], vec![]).output("y");
    refused(relu(3), "operator set 'ai.onnx' version 3 is not supported: versions 7 to 28 are");
    refused(relu(99), "operator set 'ai.onnx' version 99 is not supported: versions 7 to 28 are");
    let mut none = relu(13);
    none.proto.opset_import.clear();
    refused(none, "the model imports no version of operator set 'ai.onnx'");
}

#[test]
fn shapes_that_do_not_fit() {
    let gemm = vector(3).floats("w", &[2, 2], &[1.0; 4]).node("y", "Gemm", &["x", "w"], vec![]).output("y");
    refused(gemm, "node 'y_node' (Gemm): shapes [1, 3] and [2, 2] do not fit");
    let add = vector(3).floats("b", &[2], &[1.0; 2]).node("y", "Add", &["x", "b"], vec![]).output("y");
    refused(add, "node 'y_node' (Add): shapes [1, 3] and [2] do not fit");
    let reshape = vector(3).integers("s", &[2, -1]).node("y", "Reshape", &["x", "s"], vec![]).output("y");
    refused(reshape, "node 'y_node' (Reshape): cannot reshape [1, 3] to [2, -1]");
    let concat = Onnx::new().input("x", &[1, 3]).input("z", &[2, 3]);
    let concat = concat.node("y", "Concat", &["x", "z"], vec![int("axis", 1)]).output("y");
    refused(concat, "node 'y_node' (Concat): shapes [1, 3] and [2, 3] do not fit");
    let flatten = vector(3).node("y", "Flatten", &["x"], vec![int("axis", 5)]).output("y");
    refused(flatten, "node 'y_node' (Flatten): axis 5 is outside shape [1, 3]");
    let squeeze = vector(3).integers("axes", &[1]).node("y", "Squeeze", &["x", "axes"], vec![]).output("y");
    refused(squeeze, "node 'y_node' (Squeeze): axis 1 is outside shape [1, 3]");
    let rank = Onnx::new().input("x", &[3]).floats("w", &[3, 1], &[1.0; 3]);
    let rank = rank.node("y", "Gemm", &["x", "w"], vec![]).output("y");
    refused(rank, "node 'y_node' (Gemm): operand of shape [3] has rank 1, allowed: 2");
}

#[test]
fn attributes_operands_and_results() {
    let select =
        vector(3).node("y", "ArgMax", &["x"], vec![int("axis", 1), int("select_last_index", 2)]).output("y");
    refused(
        select,
        "node 'y_node' (ArgMax): attribute select_last_index = 2 is not supported, allowed: 0 or 1",
    );
    let typed = vector(3).node("y", "Flatten", &["x"], vec![float("axis", 1.0)]).output("y");
    refused(
        typed,
        "node 'y_node' (Flatten): attribute axis = of another type is not supported, allowed: one integer",
    );
    let operands = vector(3).node("y", "Relu", &["x", "x"], vec![]).output("y");
    refused(operands, "node 'y_node' (Relu): has 2 inputs, allowed: 1");
    let mut results = vector(3).node("y", "Relu", &["x"], vec![]).output("y");
    results.graph().node[0].output.push("mask".into());
    refused(results, "node 'y_node' (Relu): has 2 outputs, allowed: 1");
    let empty = vector(3).floats("a", &[], &[2.0]).floats("b", &[], &[1.0]);
    let empty = empty.node("y", "Clip", &["x", "a", "b"], vec![]).output("y");
    refused(
        empty,
        "node 'y_node' (Clip): attribute min = 2 is not supported, allowed: a value of at most max",
    );
    let mut training = vector(1);
    for name in ["s", "b", "m", "v"] {
        training = training.floats(name, &[1], &[1.0]);
    }
    let training = training
        .node("y", "BatchNormalization", &["x", "s", "b", "m", "v"], vec![int("training_mode", 1)])
        .output("y");
    refused(
        training,
        "node 'y_node' (BatchNormalization): attribute training_mode = 1 is not supported, allowed: 0",
    );
}

#[test]
fn a_variance_of_zero_is_found_when_it_is_folded() {
    let onnx = vector(1)
        .floats("s", &[1], &[1.0])
        .floats("zero", &[1], &[0.0])
        .node("y", "BatchNormalization", &["x", "s", "zero", "zero", "zero"], vec![float("epsilon", 0.0)])
        .output("y");
    refused(
        onnx,
        "node 'y_node' (BatchNormalization): folding its constants gives a value that is not finite",
    );
}

#[test]
fn sizes_beyond_the_limits() {
    let onnx = Onnx::new().input("x", &[1 << 20, 1 << 20]).node("y", "Relu", &["x"], vec![]).output("y");
    let over = |onnx: Onnx, what: &str| {
        let messages = messages(&onnx);
        assert!(messages.len() == 1 && messages[0].starts_with(what), "{messages:?}");
    };
    over(onnx, "input 'x' asks for 1099511627776 elements, and a file of ");
    let onnx =
        vector(2).integers("s", &[1 << 20, 1 << 20]).node("y", "Reshape", &["x", "s"], vec![]).output("y");
    over(onnx, "node 'y_node' (Reshape) asks for 1099511627776 elements, and a file of ");
}

#[test]
fn feature_names_must_name_every_element_once() {
    let onnx = |names| vector(3).features(names).node("y", "Relu", &["x"], vec![]).output("y");
    refused(onnx("a,b"), "metadata 'feature_names' lists 2 names for 3 input elements");
    refused(onnx("a,b,a"), "metadata 'feature_names': 'a' is empty or listed twice");
    assert_eq!(import(&onnx("a, b ,c").bytes()).unwrap().features(), ["a", "b", "c"]);
}

#[test]
fn names_that_exporters_give_to_any_graph() {
    let name = |name: &str| {
        let mut onnx = vector(1).node("y", "Relu", &["x"], vec![]).output("y");
        onnx.graph().name = name.into();
        graph_name(&onnx.bytes()).unwrap()
    };
    for generic in ["", "main_graph", "Model", "torch-jit-export", "3f2504e04f8911d39a0c0305e82c3301"] {
        assert_eq!(name(generic), None);
    }
    for own in ["liquidation-risk", "model2", "0123456789abcdef"] {
        assert_eq!(name(own).as_deref(), Some(own));
    }
    assert!(graph_name(b"").is_err());
}

#[test]
fn bytes_that_are_no_model() {
    assert!(matches!(import(b"hello, not protobuf"), Err(ImportError::NotOnnx(_))));
    assert!(matches!(import(b""), Err(ImportError::NoGraph)));
}

#[test]
fn a_branch_by_several_conditions_is_refused() {
    let mut onnx = vector(2);
    onnx.graph().node.push(NodeProto {
        name: "branch".into(),
        op_type: "If".into(),
        input: vec!["x".into()],
        output: vec!["y".into()],
        ..Default::default()
    });
    refused(onnx.output("y"), "node 'branch' (If): shapes [1] and [1, 2] do not fit");
}
