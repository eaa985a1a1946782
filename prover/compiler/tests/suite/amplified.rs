//! Small files whose nodes stand for many: what they are written out as is paid for before it is there, and so is what goes along an axis of
//! a tensor that has no elements.

use allocation_counter::measure;
use assay_compiler::import::import;
use assay_compiler::model::Model;
use assay_compiler::onnx::*;
use assay_compiler::{ImportError, Options, Table, compile};

use crate::builder::*;

const MIB: u64 = 1 << 20;

/// What import says of a model, in so much memory.
fn within(most: u64, onnx: &Onnx) -> Result<Model, ImportError> {
    let bytes = onnx.bytes();
    let mut result = None;
    let info = measure(|| result = Some(import(&bytes)));
    assert!(info.bytes_max < most, "{} bytes for a file of {}", info.bytes_max, bytes.len());
    result.unwrap()
}

/// It is refused for what it asks for.
fn asks_for_too_much(onnx: &Onnx) {
    let error = within(400 * MIB, onnx).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("may ask for"), "{error}");
}

fn graph(name: &str, graph: GraphProto) -> AttributeProto {
    let r#type = AttributeType::Graph as i32;
    AttributeProto { name: name.into(), r#type, g: Some(Box::new(graph)), ..Default::default() }
}

fn named(names: &[&str]) -> Vec<ValueInfoProto> {
    names.iter().map(|&name| ValueInfoProto { name: name.into(), r#type: None }).collect()
}

fn with_x() -> Onnx {
    Onnx::with_opset(18).input("x", &[1, 4])
}

/// Nodes of a body, with its inputs and outputs.
fn body(nodes: Onnx, inputs: &[&str], outputs: &[&str]) -> AttributeProto {
    let mut nodes = nodes;
    let inner = nodes.graph().clone();
    graph("body", GraphProto { input: named(inputs), output: named(outputs), ..inner })
}

/// A loop of three steps that doubles x in each, and goes on by what `more` makes of its condition `c`.
fn doubled(more: impl Fn(Onnx) -> Onnx, condition: &str) -> Onnx {
    let nodes = more(Onnx::new().node("next", "Add", &["s", "s"], vec![]));
    let body = body(nodes, &["i", "c", "s"], &[condition, "next"]);
    with_x().integers("steps", &[3]).node("y", "Loop", &["steps", "", "x"], vec![body]).output("y")
}

#[test]
fn conditions_of_conditions_are_asked_once() {
    let chain = |mut onnx: Onnx| {
        onnx = onnx.node("c0", "And", &["c", "c"], vec![]);
        for i in 1..100 {
            let last = format!("c{}", i - 1);
            onnx = onnx.node(&format!("c{i}"), "And", &[&last, &last], vec![]);
        }
        onnx
    };
    let model = within(100 * MIB, &doubled(chain, "c99")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.evaluate(&[1.0, 0.5, -1.0, 2.0]), [[8.0, 4.0, -8.0, 16.0]]);
}

#[test]
fn what_a_half_is_cast_to_may_be_false() {
    let cast = |value: f32| {
        let more = move |onnx: Onnx| {
            let constant = tensor("value", float_tensor("", &[], &[value]));
            let onnx = onnx.node("number", "Constant", &[], vec![constant]);
            onnx.node("whole", "Cast", &["number"], vec![int("to", 7)]).node(
                "on",
                "Cast",
                &["whole"],
                vec![int("to", 9)],
            )
        };
        import(&doubled(more, "on").bytes()).map(|_| ()).map_err(|error| error.to_string())
    };
    cast(1.0).unwrap();
    for value in [0.5, 0.0] {
        let error = cast(value).unwrap_err();
        assert!(error.contains("may end the loop"), "{error}");
    }
}

#[test]
fn steps_without_nodes_are_paid_for() {
    for steps in [1 << 50, 1 << 22, 1 << 17] {
        let body = body(Onnx::new(), &["e"], &[]);
        let attributes = vec![body, int("num_scan_inputs", 1), ints("scan_input_axes", &[1])];
        asks_for_too_much(
            &with_x().floats("list", &[0, steps], &[]).node("y", "Scan", &["list"], attributes).output("y"),
        );
    }
    let mut onnx = with_x().integers("steps", &[1 << 20]);
    onnx = onnx.node("y", "Loop", &["steps", ""], vec![body(Onnx::new(), &["i", "c"], &["c"])]).output("y");
    asks_for_too_much(&onnx);
}

#[test]
fn long_names_are_paid_for() {
    let long = "n".repeat(10_000);
    // As the front of what is written for each result of a choice.
    let results: Vec<String> = (0..3000).map(|i| format!("r{i}")).collect();
    let results: Vec<&str> = results.iter().map(String::as_str).collect();
    let branch =
        |name: &str| graph(name, GraphProto { output: named(&vec!["x"; 3001]), ..Default::default() });
    let mut onnx = with_x().integers("at", &[0]).floats("zero", &[], &[0.0]);
    onnx = onnx.node("flat", "ReduceSum", &["x"], vec![int("keepdims", 0)]).node(
        "c",
        "Greater",
        &["flat", "zero"],
        vec![],
    );
    onnx = onnx.node(&long, "If", &["c"], vec![branch("then_branch"), branch("else_branch")]).output("r0");
    onnx.graph().node[2].output.extend(results.iter().map(|&name| name.to_owned()));
    asks_for_too_much(&onnx);
    // As what is listed of each step, where it is a name from outside.
    let body = body(Onnx::new(), &["i", "c"], &["c", &long]);
    let outer = with_x().integers("steps", &[5_000]).node(&long, "Identity", &["x"], vec![]);
    asks_for_too_much(&outer.node("y", "Loop", &["steps", ""], vec![body]).output("y"));
}

#[test]
fn nothing_may_be_long() {
    for (long, other) in [(1 << 50, 0), (1 << 62, 0), (1 << 22, 0)] {
        let nothing = |operator: &str, attributes: Vec<AttributeProto>| {
            with_x()
                .floats("none", &[long, other], &[])
                .node("y", operator, &["none"], attributes)
                .output("y")
        };
        asks_for_too_much(&nothing("SplitToSequence", vec![]));
    }
    for (batch, hidden) in [(1 << 40, 1), (1 << 62, 4), (1 << 22, 1 << 20)] {
        let onnx = with_x().floats("none", &[1, batch, 0], &[]).floats("w", &[1, 4 * hidden, 0], &[]).floats(
            "r",
            &[1, 4 * hidden, hidden],
            &vec![0.0; if hidden < 8 { 4 * hidden * hidden } else { 0 } as usize],
        );
        let onnx = onnx.node("y", "LSTM", &["none", "w", "r"], vec![int("hidden_size", hidden)]).output("y");
        let error = within(400 * MIB, &onnx).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("may ask for") || hidden > 8, "{error}");
    }
    // A tensor that is computed.
    let onnx = with_x().integers("shape", &[1 << 31, 1 << 31, 0]);
    asks_for_too_much(&onnx.node("y", "ConstantOfShape", &["shape"], vec![]).output("y"));
}

#[test]
fn parts_of_sequences_are_paid_for() {
    let mut onnx = with_x().node("s0", "SequenceConstruct", &["x"], vec![]);
    for i in 1..4000 {
        onnx = onnx.node(&format!("s{i}"), "SequenceInsert", &[&format!("s{}", i - 1), "x"], vec![]);
    }
    asks_for_too_much(&onnx.node("y", "SequenceLength", &["s3999"], vec![]).output("y"));
}

/// A mask of a convolution with more terms than may be written out compares what the function gives.
#[test]
fn masks_of_large_convolutions_are_not_refused() {
    let mask = |size: i64, filters: i64| {
        let weights = vec![0.25; (filters * 49) as usize];
        let onnx =
            Onnx::with_opset(18).input("x", &[1, 1, size, size]).floats("k", &[filters, 1, 7, 7], &weights);
        let onnx =
            onnx.floats("half", &[], &[0.5]).node("c", "Conv", &["x", "k"], vec![ints("pads", &[3; 4])]);
        let onnx = onnx.node("s", "Sigmoid", &["c"], vec![]).node("y", "Greater", &["s", "half"], vec![]);
        within(2000 * MIB, &onnx.output("y")).unwrap_or_else(|error| panic!("{error}"))
    };
    // A comparison alone decides of a small one.
    assert_eq!(mask(4, 1).layers.len(), 1);
    assert_eq!(mask(96, 32).layers.len(), 2);
}

#[test]
fn chains_of_functions_are_not_followed_without_end() {
    let mut onnx = with_x().node("f0", "Exp", &["x"], vec![]).floats("two", &[], &[2.0]);
    for i in 1..3000 {
        let function = if i % 2 == 1 { "Log" } else { "Exp" };
        onnx = onnx.node(&format!("f{i}"), function, &[&format!("f{}", i - 1)], vec![]);
    }
    let onnx = onnx.node("y", "Greater", &["f2999", "two"], vec![]).output("y");
    within(400 * MIB, &onnx).unwrap_or_else(|error| panic!("{error}"));
}

/// A row that divides by zero has no result that an error could be measured by.
#[test]
fn rows_that_divide_by_zero_are_refused() {
    let start = || Onnx::new().input("a", &[1, 1]).input("d", &[1, 1]).node("q", "Div", &["a", "d"], vec![]);
    let quotient = start().node("y", "Identity", &["q"], vec![]).output("y");
    let table = |at: f64, low: f64| {
        let row = |i: usize| vec![0.5 + i as f64 / 64.0, if i == 2 { at } else { low + i as f64 / 16.0 }];
        Table::Rows((0..40).map(row).collect())
    };
    let compiled = |onnx: &Onnx, table: Table| {
        let options = Options { max_error: 0.5, ..Options::default() };
        compile(&onnx.bytes(), &table, &options).map(|_| ()).map_err(|error| error.to_string())
    };
    // Zero is the least of the divisors, or between them.
    for low in [1.0, -1.03] {
        let error = compiled(&quotient, table(0.0, low)).unwrap_err();
        assert!(error.contains("q_node") && error.contains("row 3") && error.contains("not zero"), "{error}");
    }
    compiled(&quotient, table(1.0, 1.0)).unwrap();
    // What is thrown away may be anything.
    let chosen = start()
        .floats("zero", &[], &[0.0])
        .node("is", "Greater", &["d", "zero"], vec![])
        .node("y", "Where", &["is", "q", "zero"], vec![])
        .output("y");
    compiled(&chosen, table(0.0, 1.0)).unwrap();
}
