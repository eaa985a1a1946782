//! Trees that a file writes out in comparisons and look-ups, thresholds that values of double precision meet, and grids that decimals of a
//! wide feature are told apart on. What is expected is what onnxruntime answers.

use assay_compiler::import::import;
use assay_compiler::onnx::*;
use assay_compiler::{CompiledModel, Options, Table, compile};

use crate::builder::*;
use crate::exact::{outputs, stumps, trees};

/// Rows that no calibration here has: a rate, a term, an income, some of them on thresholds.
const UNSEEN: [[f64; 3]; 8] = [
    [0.1262, 24.0, 20_783.53],
    [0.1263, 24.0, 20_783.54],
    [0.0713, 25.0, 100.25],
    [0.0714, 0.0, 450_000.25],
    [0.9, 36.0, 20_783.0],
    [0.05, 12.0, 1.5],
    [0.05, 12.0, 1.51],
    [0.2, 48.0, 0.01],
];

fn calibration() -> Table {
    let row = |i: u32| {
        let of = |factor: f64| (f64::from(i) * factor).fract();
        let rate = (of(0.618_033_988_75) * 9999.0).round() / 10_000.0;
        let income = (of(0.754_877_666_2).powi(6) * 5e7).round() / 100.0;
        vec![rate, f64::from(i % 61), income]
    };
    Table::Rows((0..400).map(row).chain([vec![0.0, 0.0, 0.0], vec![1.0, 60.0, 500_000.0]]).collect())
}

fn check(onnx: &Onnx, expected: &[&[f64]]) -> CompiledModel {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    let (compiled, _) =
        compile(&onnx.bytes(), &calibration(), &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    for (x, expected) in UNSEEN.iter().zip(expected) {
        assert_eq!(model.evaluate(&x.map(|x| f64::from(x as f32))).concat(), *expected, "{x:?}");
        assert_eq!(outputs(&compiled, x), *expected, "{x:?}");
    }
    assert_eq!(CompiledModel::from_bytes(&compiled.to_bytes()).unwrap(), compiled);
    check_circuit(&compiled, 8);
    compiled
}

/// The index of the next level is twice that of this one, and one more where the comparison holds.
fn by_level() -> Onnx {
    let axis = |axis| vec![int("axis", axis)];
    let cast = || vec![int("to", DataType::Int64 as i64)];
    Onnx::new()
        .input("x", &[1, 3])
        .integers("roots", &[0, 1])
        .floats("of_roots", &[2], &[0.1262, 24.0])
        .integers("trees", &[0, 2])
        .integers("flat", &[-1])
        .integers("pair", &[-1, 2])
        .integers("features", &[1, 2, 0, 2])
        .floats("thresholds", &[4], &[20_783.535, 0.5, 0.0713, 1.5])
        .floats("two", &[], &[2.0])
        .floats(
            "leaves",
            &[8, 2],
            &[1.0, 0.0, 2.0, 0.5, 4.0, 0.25, 8.0, 0.125, 16.0, 1.0, 32.0, 2.0, 64.0, 3.0, 128.0, 4.0],
        )
        .integers("by_tree", &[-1, 2, 2])
        .integers("one", &[1])
        .node("g", "Gather", &["x", "roots"], axis(1))
        .node("c", "LessOrEqual", &["g", "of_roots"], vec![])
        .node("ci", "Cast", &["c"], cast())
        .node("i0", "Add", &["ci", "trees"], vec![])
        .node("i", "Reshape", &["i0", "flat"], vec![])
        .node("f0", "Gather", &["features", "i"], axis(0))
        .node("f", "Reshape", &["f0", "pair"], vec![])
        .node("v0", "GatherElements", &["x", "f"], axis(1))
        .node("v", "Reshape", &["v0", "flat"], vec![])
        .node("whole", "Cast", &["two"], cast())
        .node("twice", "Mul", &["i", "whole"], vec![])
        .node("t", "Gather", &["thresholds", "i"], axis(0))
        .node("d", "LessOrEqual", &["v", "t"], vec![])
        .node("di", "Cast", &["d"], cast())
        .node("j", "Add", &["twice", "di"], vec![])
        .node("l", "Gather", &["leaves", "j"], axis(0))
        .node("all", "Reshape", &["l", "by_tree"], vec![])
        .node("y", "ReduceSum", &["all", "one"], vec![int("keepdims", 0)])
        .output("y")
}

#[test]
fn trees_by_levels_of_indices_are_trees() {
    let onnx = by_level();
    let expected: [&[f64]; 8] = [
        &[68.0, 3.25],
        &[66.0, 3.5],
        &[36.0, 2.25],
        &[68.0, 3.25],
        &[18.0, 1.5],
        &[132.0, 4.25],
        &[68.0, 3.25],
        &[18.0, 1.5],
    ];
    let compiled = check(&onnx, &expected);
    let kinds: Vec<String> = compiled.graph.layers.iter().map(|layer| layer.kind()).collect();
    assert_eq!(kinds.len(), 1, "{kinds:?}");
}

/// The next node is the one on the left or the one on the right; a leaf is its own.
#[test]
fn trees_by_nodes_on_either_side_are_trees() {
    let axis = |axis| vec![int("axis", axis)];
    let mut onnx = Onnx::new()
        .input("x", &[1, 3])
        .integers("n0", &[0, 5])
        .integers("features", &[0, 1, 0, 0, 0, 2, 0, 0])
        .floats("thresholds", &[8], &[0.1262, 24.0, -1.0, -1.0, -1.0, 20_783.535, -1.0, -1.0])
        .integers("left", &[1, 3, 2, 3, 4, 6, 6, 7])
        .integers("right", &[2, 4, 2, 3, 4, 7, 6, 7])
        .floats("values", &[8], &[0.0, 0.0, 4.0, 1.0, 2.0, 0.0, 16.0, 32.0])
        .integers("flat", &[-1])
        .integers("pair", &[-1, 2])
        .integers("one", &[1]);
    for level in 0..2 {
        let of = |name: &str| format!("{name}{level}");
        let (at, next) = (of("n"), format!("n{}", level + 1));
        onnx = onnx
            .node(&of("f"), "Gather", &["features", &at], axis(0))
            .node(&of("fs"), "Reshape", &[&of("f"), "pair"], vec![])
            .node(&of("v"), "GatherElements", &["x", &of("fs")], axis(1))
            .node(&of("vs"), "Reshape", &[&of("v"), "flat"], vec![])
            .node(&of("t"), "Gather", &["thresholds", &at], axis(0))
            .node(&of("l"), "Gather", &["left", &at], axis(0))
            .node(&of("r"), "Gather", &["right", &at], axis(0))
            .node(&of("c"), "Less", &[&of("vs"), &of("t")], vec![])
            .node(&next, "Where", &[&of("c"), &of("l"), &of("r")], vec![]);
    }
    let onnx = onnx
        .node("w", "Gather", &["values", "n2"], axis(0))
        .node("ws", "Reshape", &["w", "pair"], vec![])
        .node("y", "ReduceSum", &["ws", "one"], vec![int("keepdims", 0)])
        .output("y");
    let compiled = check(&onnx, &[&[20.0], &[36.0], &[18.0], &[33.0], &[20.0], &[17.0], &[17.0], &[20.0]]);
    assert_eq!(compiled.graph.layers.len(), 1);
}

/// `x <= 0.5082f`, and 0.5082 is more than that number of single precision.
#[test]
fn features_of_double_precision_are_compared_in_it() {
    let t = 0.5082f32;
    for (elem_type, expected) in [(DataType::Double, 0.0), (DataType::Float, 1.0)] {
        let dims = vec![Dim::Size(1), Dim::Size(1)];
        let onnx = Onnx::new().input_of("x", elem_type, dims);
        let onnx = trees(onnx, "y", "x", stumps("BRANCH_LEQ", &[t], 1, 0)).output("y");
        // The calibration data has decimals, but not this one.
        let rows = (0..=1000).map(|i| vec![f64::from(i * 10 + 1) / 10_000.0]).collect();
        let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(rows), &Options::default()).unwrap();
        let of = |x: f64| outputs(&compiled, &[x]);
        assert_eq!((of(0.5082), of(0.5081), of(0.5083)), (vec![expected], vec![1.0], vec![0.0]));
        let model = import(&onnx.bytes()).unwrap();
        let exact = [(0.5082, expected), (f64::from(t), 1.0), (f64::from(t).next_up(), expected)];
        assert!(exact.iter().all(|&(x, expected)| model.evaluate(&[x])[0] == [expected]), "{elem_type:?}");
    }
}

/// Comparisons of an input with constants share its bits, and a scaler in front moves the thresholds.
#[test]
fn comparisons_of_one_input_share_its_bits() {
    let thresholds: Vec<f32> = (1..=20).map(|i| 24.0 + i as f32 * 0.25).collect();
    let many = |scaled: bool| {
        let onnx = Onnx::new().input("x", &[1, 1]).floats("t", &[1, 20], &thresholds);
        let onnx = onnx.floats("s", &[1], &[0.5]).node("z", "Mul", &["x", "s"], vec![]);
        let x = if scaled { "z" } else { "x" };
        let weights: Vec<f32> = (0..20).map(|i| 1.0 + i as f32).collect();
        let onnx = onnx.floats("w", &[20, 1], &weights).node("c", "GreaterOrEqual", &[x, "t"], vec![]);
        let onnx = onnx.node("b", "Cast", &["c"], vec![int("to", DataType::Float as i64)]);
        onnx.node("y", "MatMul", &["b", "w"], vec![]).output("y")
    };
    for (scaled, factor) in [(false, 1.0), (true, 2.0)] {
        let rows = (0..400).map(|i| vec![factor * (20.0 + f64::from(i) * 0.03)]).collect();
        let (compiled, _) = compile(&many(scaled).bytes(), &Table::Rows(rows), &Options::default()).unwrap();
        for i in 0..=47u32 {
            let x = 20.0 + f64::from(i) * 0.25;
            let expected: f64 = thresholds
                .iter()
                .zip(1u32..)
                .map(|(&t, w)| if x >= t.into() { f64::from(w) } else { 0.0 })
                .sum();
            assert_eq!(outputs(&compiled, &[factor * x]), [expected], "{x}");
        }
        // One by one they would take 17 each, beside the input and the statement's hash.
        assert!(compiled.circuit.stats().constraints < 400, "{}", compiled.circuit.stats().constraints);
        check_circuit(&compiled, 8);
    }
}

/// An output that is listed twice is one.
#[test]
fn an_output_may_be_listed_twice() {
    let onnx = Onnx::new().input("x", &[1, 2]).node("y", "Relu", &["x"], vec![]).output("y").output("y");
    let model = import(&onnx.bytes()).unwrap();
    assert_eq!(model.outputs.len(), 1);
    assert_eq!(model.evaluate(&[-1.0, 2.0]), [[0.0, 2.0]]);
}
