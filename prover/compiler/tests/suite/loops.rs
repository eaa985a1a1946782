//! Loop: the steps of a number that is known, one behind the other.

use assay_compiler::import::import;
use assay_compiler::onnx::*;

use crate::builder::*;

fn node(op: &str, input: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        input: input.iter().map(|&name| name.into()).collect(),
        output: vec![output.into()],
        ..Default::default()
    }
}

/// `s = s + s x_i`, with `s` of each step as a result, and the condition that the nodes make of `c`.
fn doubling(steps: i64, more: &[NodeProto], condition: &str) -> Onnx {
    let named = |names: &[&str]| -> Vec<ValueInfoProto> {
        names.iter().map(|&name| ValueInfoProto { name: name.into(), r#type: None }).collect()
    };
    let mut nodes = vec![
        node("Gather", &["x", "i"], "e"),
        node("Mul", &["s", "e"], "m"),
        node("Add", &["s", "m"], "next"),
        node("Identity", &["next"], "seen"),
    ];
    nodes.extend_from_slice(more);
    let graph = GraphProto {
        node: nodes,
        input: named(&["i", "c", "s"]),
        output: named(&[condition, "next", "seen"]),
        ..Default::default()
    };
    let body = AttributeProto {
        name: "body".into(),
        r#type: AttributeType::Graph as i32,
        g: Some(Box::new(graph)),
        ..Default::default()
    };
    let mut onnx = Onnx::new().input("x", &[3]).integers("n", &[steps]).floats("first", &[1], &[2.0]).node(
        "last",
        "Loop",
        &["n", "", "first"],
        vec![body],
    );
    onnx.graph().node[0].output.push("all".into());
    onnx
}

#[test]
fn steps_stand_one_behind_the_other() {
    let onnx = doubling(3, &[node("Identity", &["c"], "on")], "on").output("last").output("all");
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.evaluate(&[1.0, 0.5, -1.0]), [vec![0.0], vec![4.0, 6.0, 0.0]]);
    assert_eq!(model.outputs[1].shape, [3, 1]);
    // No step, and none of which there are results.
    let none = doubling(0, &[], "c").output("last");
    assert!(import(&none.bytes()).unwrap_err().to_string().contains("never run"));
}

#[test]
fn loops_that_may_end_or_are_too_long_are_refused() {
    let refused = |onnx: &Onnx, why: &str| {
        let found = import(&onnx.bytes()).map(|_| ()).unwrap_err().to_string();
        assert!(found.contains("Loop") && found.contains(why), "{found}");
    };
    let ends = [node("Less", &["s", "next"], "on")];
    refused(&doubling(3, &ends, "on").output("last"), "may end the loop");
    // One step is taken whatever the condition says behind it.
    assert!(import(&doubling(1, &ends, "on").output("last").bytes()).is_ok());
    for steps in [1 << 40, i64::MAX] {
        refused(&doubling(steps, &[], "c").output("last"), "may ask for");
    }
    let mut variable = doubling(3, &[], "c").output("last");
    variable.graph().node[0].input[0] = "x".into();
    refused(&variable, "must be a constant");
}
