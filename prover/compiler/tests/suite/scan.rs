//! Scan whose steps do not wait for each other: distances to the points of a table, as nearest neighbours are written.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::onnx::{AttributeProto, AttributeType, GraphProto, ValueInfoProto};

const POINTS: [f32; 6] = [1.0, -0.5, 0.25, 0.75, -1.0, 0.5];

/// The attribute of a body: inputs, nodes (output, operator, inputs, attributes), outputs.
fn body(
    inputs: &[&str],
    nodes: &[(&str, &str, &[&str], Vec<AttributeProto>)],
    outputs: &[&str],
) -> AttributeProto {
    let named = |names: &[&str]| -> Vec<ValueInfoProto> {
        names.iter().map(|&name| ValueInfoProto { name: name.into(), r#type: None }).collect()
    };
    let mut onnx = Onnx::new().integers("axes", &[1]);
    for (output, operator, inputs, attributes) in nodes {
        onnx = onnx.node(output, operator, inputs, attributes.clone());
    }
    let graph = onnx.graph();
    let graph = GraphProto { input: named(inputs), output: named(outputs), ..graph.clone() };
    AttributeProto {
        name: "body".into(),
        r#type: AttributeType::Graph as i32,
        g: Some(Box::new(graph)),
        ..AttributeProto::default()
    }
}

fn scan(body: AttributeProto) -> Onnx {
    let onnx = Onnx::with_opset(18).input("x", &[1, 2]).floats("points", &[3, 2], &POINTS);
    let mut onnx = onnx.node("same", "Scan", &["x", "points"], vec![body, int("num_scan_inputs", 1)]);
    for node in &mut onnx.graph().node {
        node.output.push("distances".into());
    }
    onnx
}

fn distances(x: &[f64]) -> Vec<f64> {
    let square = |point: &[f32]| {
        let squares = point.iter().zip(x).map(|(&p, x)| (x - f64::from(p)).powi(2));
        squares.sum()
    };
    POINTS.chunks(2).map(square).collect()
}

#[test]
fn distances_to_points() {
    let squares = body(
        &["kept", "point"],
        &[
            ("next", "Identity", &["kept"], vec![]),
            ("d", "Sub", &["kept", "point"], vec![]),
            ("s", "ReduceSumSquare", &["d", "axes"], vec![int("keepdims", 0)]),
            ("out", "Identity", &["s"], vec![]),
        ],
        &["next", "out"],
    );
    let onnx = scan(squares).output("distances");
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.outputs[0].shape, [3, 1]);
    // The coordinates are squared once for all points.
    assert_eq!(model.layers.len(), 2);
    check_answers_within(&onnx, distances, 0.05);

    // The nearest points, and not the roots of all distances.
    let nearest =
        onnx.integers("k", &[2]).node("t", "Transpose", &["distances"], vec![ints("perm", &[1, 0])]);
    let mut nearest = nearest.node("r", "Sqrt", &["t"], vec![]);
    nearest = nearest.node("v", "TopK", &["r", "k"], vec![int("largest", 0)]);
    if let Some(node) = nearest.graph().node.last_mut() {
        node.output.push("i".into());
    }
    nearest.graph().output.clear();
    let nearest = nearest.output("i");
    assert_eq!(import(&nearest.bytes()).unwrap().layers.len(), 2);
    let model = import(&nearest.bytes()).unwrap();
    let of = distances(&[0.5, 0.5]);
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| of[a].total_cmp(&of[b]));
    assert_eq!(model.evaluate(&[0.5, 0.5]).concat(), [order[0] as f64, order[1] as f64]);
}

#[test]
fn of_magnitudes_with_axes_from_the_end() {
    let manhattan = body(
        &["kept", "point"],
        &[
            ("next", "Identity", &["kept"], vec![]),
            ("d", "Sub", &["kept", "point"], vec![]),
            ("a", "Abs", &["d"], vec![]),
            ("out", "ReduceMax", &["a"], vec![ints("axes", &[-1]), int("keepdims", 0)]),
        ],
        &["next", "out"],
    );
    let mut onnx = scan(manhattan).output("distances");
    // `axes` is an attribute up to operator set 17.
    onnx.proto.opset_import[0].version = 17;
    check_answers_within(
        &onnx,
        |x| {
            let largest = |point: &[f32]| {
                let each = point.iter().zip(x).map(|(&p, x)| (x - f64::from(p)).abs());
                each.fold(0.0, f64::max)
            };
            POINTS.chunks(2).map(largest).collect()
        },
        0.05,
    );
}

/// States that change, tensors from around the body, and operators of whole elements: step by step. By hand.
#[test]
fn steps_that_wait_for_each_other() {
    let evaluated = |body: AttributeProto, x: &[f64]| {
        let model = import(&scan(body).output("distances").bytes()).unwrap_or_else(|error| panic!("{error}"));
        model.evaluate(x).concat()
    };
    let sum: (&str, &str, &[&str], Vec<AttributeProto>) = ("next", "Add", &["kept", "point"], vec![]);
    let sums =
        evaluated(body(&["kept", "point"], std::slice::from_ref(&sum), &["next", "next"]), &[10.0, 20.0]);
    assert_eq!(sums, [11.0, 19.5, 11.25, 20.25, 10.25, 20.75]);
    let same: (&str, &str, &[&str], Vec<AttributeProto>) = ("next", "Identity", &["kept"], vec![]);
    let outside: (&str, &str, &[&str], Vec<AttributeProto>) = ("out", "Sub", &["point", "x"], vec![]);
    let gaps = evaluated(body(&["kept", "point"], &[same, outside], &["next", "out"]), &[1.0, 2.0]);
    assert_eq!(gaps, [0.0, -2.5, -0.75, -1.25, -2.0, -1.5]);
}

#[test]
fn what_is_no_scan_is_refused_by_name() {
    let refused = |body: AttributeProto, why: &str| {
        let found = import(&scan(body).output("distances").bytes()).map(|_| ()).unwrap_err().to_string();
        assert!(found.contains("Scan") && found.contains(why), "{found}");
    };
    let same: (&str, &str, &[&str], Vec<AttributeProto>) = ("next", "Identity", &["kept"], vec![]);
    refused(body(&["kept"], std::slice::from_ref(&same), &["next", "next"]), "of 1 inputs");
    refused(body(&["kept", "point"], &[same], &[]), "fewer outputs");
    refused(int("body", 1), "absent");
}
