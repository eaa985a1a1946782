//! If: the branch that a constant condition takes stands in its place.

use assay_compiler::import::{ImportError, Refusal, import};
use assay_compiler::onnx::*;

use crate::builder::*;

fn node(op: &str, input: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        input: input.iter().map(|&name| name.into()).collect(),
        output: vec![output.into()],
        attribute,
        ..Default::default()
    }
}

fn branch(name: &str, node: Vec<NodeProto>, initializer: Vec<TensorProto>, output: &str) -> AttributeProto {
    let output = vec![ValueInfoProto { name: output.into(), r#type: None }];
    let graph = GraphProto { name: name.into(), node, initializer, output, ..Default::default() };
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Graph as i32,
        g: Some(Box::new(graph)),
        ..Default::default()
    }
}

/// What an exporter writes of a dimension that it does not know: the first one is dropped where it is 1. Both branches use the same names.
fn squeezed(shape: &[i64]) -> Onnx {
    let w = || float_tensor("w", &[], &[2.0]);
    let dropped = vec![node("Mul", &["h", "w"], "m", vec![]), node("Squeeze", &["m"], "r", vec![])];
    let kept = vec![node("Add", &["h", "w"], "m", vec![]), node("Identity", &["m"], "r", vec![])];
    let branches =
        vec![branch("then_branch", dropped, vec![w()], "r"), branch("else_branch", kept, vec![w()], "r")];
    let mut onnx = Onnx::new().input("x", shape).integers("one", &[1]).integers("zero", &[0]);
    // The node that makes what the branches read stands behind them.
    onnx = onnx
        .node("s", "Shape", &["x"], vec![])
        .node("d", "Gather", &["s", "zero"], vec![])
        .node("is_one", "Equal", &["d", "one"], vec![])
        .node("y", "If", &["is_one"], branches)
        .node("h", "Neg", &["x"], vec![])
        .output("y");
    onnx
}

#[test]
fn the_branch_that_is_taken_stands_in_its_place() {
    let model = import(&squeezed(&[1, 2]).bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (model.outputs[0].shape.as_slice(), model.evaluate(&[1.0, -3.0])),
        (&[2][..], vec![vec![-2.0, 6.0]])
    );
    let model = import(&squeezed(&[2, 1]).bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (model.outputs[0].shape.as_slice(), model.evaluate(&[1.0, -3.0])),
        (&[2, 1][..], vec![vec![1.0, 5.0]])
    );
}

/// A branch in a branch, which reads what both around it make.
#[test]
fn branches_in_branches() {
    let inner = vec![
        branch("then_branch", vec![node("Add", &["a", "x"], "b", vec![])], vec![], "b"),
        branch("else_branch", vec![node("Neg", &["x"], "b", vec![])], vec![], "b"),
    ];
    let outer = vec![node("Mul", &["x", "x"], "a", vec![]), node("If", &["truth"], "b", inner)];
    let outer = vec![branch("then_branch", outer, vec![], "b"), branch("else_branch", vec![], vec![], "x")];
    let truth = TensorProto {
        name: "truth".into(),
        data_type: DataType::Bool as i32,
        int32_data: vec![1],
        ..Default::default()
    };
    let mut onnx = Onnx::new().input("x", &[2]).node("y", "If", &["truth"], outer).output("y");
    onnx.graph().initializer.push(truth);
    assert_eq!(import(&onnx.bytes()).unwrap().evaluate(&[3.0, -2.0]), [[12.0, 2.0]]);
    onnx.graph().initializer[0].int32_data = vec![0];
    assert_eq!(import(&onnx.bytes()).unwrap().evaluate(&[3.0, -2.0]), [[3.0, -2.0]]);
}

/// In a function a branch reads the function's tensors, and not others of their names.
#[test]
fn a_branch_in_a_function_reads_what_is_around_it() {
    let branches = vec![
        branch("then_branch", vec![node("Add", &["t", "a"], "b", vec![])], vec![], "b"),
        branch("else_branch", vec![], vec![], "a"),
    ];
    let yes = tensor(
        "value",
        TensorProto { data_type: DataType::Bool as i32, int32_data: vec![1], ..Default::default() },
    );
    let function = FunctionProto {
        name: "f".into(),
        domain: "local".into(),
        input: vec!["a".into()],
        output: vec!["c".into()],
        node: vec![
            node("Constant", &[], "truth", vec![yes]),
            node("Neg", &["a"], "t", vec![]),
            node("If", &["truth"], "c", branches),
        ],
        ..Default::default()
    };
    let mut onnx = Onnx::new().input("x", &[2]).node("t", "Exp", &["x"], vec![]);
    onnx.proto.functions = vec![function];
    let onnx =
        onnx.node_in("local", "y", "f", &["x"], vec![]).node("z", "Add", &["y", "t"], vec![]).output("z");
    assert_eq!(import(&onnx.bytes()).unwrap().evaluate(&[0.0, 0.0]), [[1.0, 1.0]]);
}

#[test]
fn what_is_no_branch_is_refused_by_name() {
    let refused = |onnx: &Onnx| match import(&onnx.bytes()) {
        Err(ImportError::Refused(refusals)) => refusals.first().map(ToString::to_string).unwrap_or_default(),
        other => panic!("{:?}", other.map(|_| "imported")),
    };
    // Results of a varying condition have one shape: a choice between others would repeat the smaller one.
    let wide =
        branch("then_branch", vec![node("Concat", &["x", "x"], "r", vec![int("axis", 0)])], vec![], "r");
    let variable = Onnx::new()
        .input("x", &[1])
        .floats("w", &[1], &[0.5])
        .node("c", "Less", &["x", "w"], vec![])
        .node("y", "If", &["c"], vec![wide, branch("else_branch", vec![], vec![], "x")])
        .output("y");
    assert!(refused(&variable).contains("do not fit"), "{}", refused(&variable));
    let mut unknown = squeezed(&[1, 2]);
    unknown.graph().node.pop();
    let found = import(&unknown.bytes()).map(|_| ());
    let Err(ImportError::Refused(refusals)) = found else { panic!("{found:?}") };
    assert!(matches!(&refusals[0], Refusal::MissingTensor { tensor, .. } if tensor == "h"), "{refusals:?}");
    let mut absent = squeezed(&[1, 2]);
    absent.graph().node[3].attribute.remove(0);
    assert!(refused(&absent).contains("attribute then_branch = absent"), "{}", refused(&absent));
}

/// Where the condition varies both branches are computed, and one result is chosen. By hand.
#[test]
fn a_condition_that_varies_chooses() {
    let branches = vec![
        branch("then_branch", vec![node("Add", &["x", "x"], "r", vec![])], vec![], "r"),
        branch("else_branch", vec![node("Neg", &["x"], "r", vec![])], vec![], "r"),
    ];
    let onnx = Onnx::new()
        .input("x", &[2])
        .floats("w", &[2], &[1.0, 1.0])
        .floats("half", &[], &[0.5])
        .node("s", "MatMul", &["x", "w"], vec![])
        .node("c", "Less", &["s", "half"], vec![])
        .node("y", "If", &["c"], branches)
        .output("y");
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.evaluate(&[1.0, -3.0]), [[2.0, -6.0]]);
    assert_eq!(model.evaluate(&[1.0, 3.0]), [[-1.0, -3.0]]);
}
