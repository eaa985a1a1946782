//! Tree ensembles: every mode, every form of file, what onnxruntime makes of classes.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::onnx::*;
use assay_compiler::{CompiledModel, Format, Options, Strategy, Table, compile};
use assay_interface::scales::Scales;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

const ML: &str = "ai.onnx.ml";

/// A node of the old form: tree, number, mode, feature, threshold, children, weights.
pub(crate) struct Line(
    pub i64,
    pub i64,
    pub &'static str,
    pub i64,
    pub f32,
    pub [i64; 2],
    pub &'static [(i64, f32)],
);

pub(crate) const fn leaf(tree: i64, number: i64, weights: &'static [(i64, f32)]) -> Line {
    Line(tree, number, "LEAF", 0, 0.0, [0, 0], weights)
}

/// A weight of a leaf: tree, node, output, value.
type Weight = (i64, i64, i64, f32);

fn nodes(lines: &[Line], of: &str) -> Vec<AttributeProto> {
    let column = |get: &dyn Fn(&Line) -> i64| lines.iter().map(get).collect::<Vec<_>>();
    let weights: Vec<Weight> = lines
        .iter()
        .flat_map(|line| line.6.iter().map(|&(output, weight)| (line.0, line.1, output, weight)))
        .collect();
    let of_weights = |get: fn(&Weight) -> i64| weights.iter().map(get).collect::<Vec<_>>();
    vec![
        ints("nodes_treeids", &column(&|line| line.0)),
        ints("nodes_nodeids", &column(&|line| line.1)),
        strings("nodes_modes", &lines.iter().map(|line| line.2).collect::<Vec<_>>()),
        ints("nodes_featureids", &column(&|line| line.3)),
        floats("nodes_values", &lines.iter().map(|line| line.4).collect::<Vec<_>>()),
        ints("nodes_truenodeids", &column(&|line| line.5[0])),
        ints("nodes_falsenodeids", &column(&|line| line.5[1])),
        ints(&format!("{of}_treeids"), &of_weights(|w| w.0)),
        ints(&format!("{of}_nodeids"), &of_weights(|w| w.1)),
        ints(&format!("{of}_ids"), &of_weights(|w| w.2)),
        floats(&format!("{of}_weights"), &weights.iter().map(|w| w.3).collect::<Vec<_>>()),
    ]
}

pub(crate) fn regressor(lines: &[Line], more: Vec<AttributeProto>) -> Onnx {
    let attributes = nodes(lines, "target").into_iter().chain(more).collect();
    Onnx::new().input("x", &[1, 3]).node_in(ML, "y", "TreeEnsembleRegressor", &["x"], attributes).output("y")
}

/// Leaves add up at a scale of their own; an output has the format that is asked for all the same.
#[test]
fn leaves_are_rounded_to_the_format_that_is_asked_for() {
    let line = Line(0, 0, "BRANCH_LT", 0, 0.5, [1, 2], &[]);
    let onnx = regressor(&[line, leaf(0, 1, &[(0, 0.25)]), leaf(0, 2, &[(0, 3.0)])], vec![]);
    let table = Table::Rows(vec![vec![0.25, 0.0, 0.0], vec![0.75, 0.0, 0.0]]);
    let options =
        Options { output_format: Some(Format { bits: 8, scale: 5 }), max_error: 0.02, ..Options::default() };
    let (compiled, _) = compile(&onnx.bytes(), &table, &options).unwrap();
    let y = &compiled.schema.outputs()[0];
    assert_eq!((y.bits, &y.scales), (8, &Scales::One(5)));
    let of = |x: f64| compiled.run_reference(&compiled.quantize_inputs(&[x, 0.0, 0.0]).unwrap()).unwrap();
    assert_eq!((of(0.25), of(0.75)), (vec![vec![8]], vec![vec![96]]));
}

fn classifier(lines: &[Line], more: Vec<AttributeProto>) -> Onnx {
    let attribute = nodes(lines, "class").into_iter().chain(more).collect();
    let mut onnx = Onnx::new().input("x", &[1, 3]).output("label").output("scores");
    onnx.graph().node.push(NodeProto {
        name: "trees".into(),
        op_type: "TreeEnsembleClassifier".into(),
        domain: ML.into(),
        input: vec!["x".into()],
        output: vec!["label".into(), "scores".into()],
        attribute,
    });
    onnx
}

fn evaluate(onnx: &Onnx, x: &[f64]) -> Vec<Vec<f64>> {
    import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}")).evaluate(x)
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
    }
}

/// Compiles both ways; integers, circuits and files agree with the trees on values that the grid holds.
fn check(onnx: &Onnx) -> CompiledModel {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let mut samples = |count: usize| -> Vec<Vec<f64>> {
        let value = |rng: &mut ChaCha20Rng| f64::from(rng.gen_range(-128..=128)) / 64.0;
        (0..count).map(|_| (0..model.input_len()).map(|_| value(&mut rng)).collect()).collect()
    };
    let mut last = None;
    for ranges in [Strategy::Lookup, Strategy::Bits] {
        let mut calibration = samples(60);
        calibration.extend([vec![-2.0; model.input_len()], vec![2.0; model.input_len()]]);
        let options = Options { ranges, ..Options::default() };
        let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(calibration), &options)
            .unwrap_or_else(|error| panic!("{error}"));
        check_circuit(&compiled, 12);
        for sample in samples(200) {
            let integers = compiled.quantize_inputs(&sample).unwrap();
            let found = compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap());
            for (found, expected) in found.iter().flatten().zip(model.evaluate(&sample).iter().flatten()) {
                assert!((found - expected).abs() <= 0.0101, "{sample:?}: {found}, expected {expected}");
            }
        }
        assert_eq!(CompiledModel::from_bytes(&compiled.to_bytes()).unwrap(), compiled);
        last = Some(compiled);
    }
    last.unwrap()
}

const MODES: [(&str, [f64; 3]); 6] = [
    // Whether -0.5, 0.25 and 1 compare so with 0.25.
    ("BRANCH_LEQ", [1.0, 1.0, 0.0]),
    ("BRANCH_LT", [1.0, 0.0, 0.0]),
    ("BRANCH_GTE", [0.0, 1.0, 1.0]),
    ("BRANCH_GT", [0.0, 0.0, 1.0]),
    ("BRANCH_EQ", [0.0, 1.0, 0.0]),
    ("BRANCH_NEQ", [1.0, 0.0, 1.0]),
];

#[test]
fn every_mode_and_both_tracks() {
    for (mode, expected) in MODES {
        for track in [0, 1] {
            let lines =
                [Line(0, 0, mode, 1, 0.25, [1, 2], &[]), leaf(0, 1, &[(0, 1.0)]), leaf(0, 2, &[(0, 0.0)])];
            let tracks = ints("nodes_missing_value_tracks_true", &[track, 0, 0]);
            let onnx = regressor(&lines, vec![tracks]);
            for (x, expected) in [-0.5, 0.25, 1.0].into_iter().zip(expected) {
                assert_close(&evaluate(&onnx, &[9.0, x, 9.0])[0], &[expected]);
            }
            let missing = if track == 1 || mode == "BRANCH_NEQ" { 1.0 } else { 0.0 };
            assert_close(&evaluate(&onnx, &[0.0, f64::NAN, 0.0])[0], &[missing]);
            check(&onnx);
        }
    }
}

/// Single precision: 0.1 is not below the float nearest to it.
#[test]
fn features_are_compared_in_single_precision() {
    let lines =
        [Line(0, 0, "BRANCH_LT", 0, 0.1, [1, 2], &[]), leaf(0, 1, &[(0, 1.0)]), leaf(0, 2, &[(0, 2.0)])];
    let single = regressor(&lines, vec![]);
    assert_close(&evaluate(&single, &[0.1, 0.0, 0.0])[0], &[2.0]);
    // In double precision it is: of an input of that, with thresholds of either.
    let mut double = single.clone();
    let of_input = double.graph().input[0].r#type.as_mut().and_then(|of| of.tensor_type.as_mut());
    of_input.unwrap().elem_type = DataType::Double as i32;
    assert_close(&evaluate(&double, &[0.1, 0.0, 0.0])[0], &[1.0]);
    let attributes = &mut double.graph().node[0].attribute;
    attributes.retain(|attribute| attribute.name != "nodes_values");
    attributes.push(tensor(
        "nodes_values_as_tensor",
        TensorProto {
            dims: vec![3],
            data_type: DataType::Double as i32,
            double_data: vec![f64::from(0.1f32), 0.0, 0.0],
            ..Default::default()
        },
    ));
    assert_close(&evaluate(&double, &[0.1, 0.0, 0.0])[0], &[1.0]);
}

pub(crate) const TWO_TREES: [Line; 8] = [
    Line(0, 0, "BRANCH_LEQ", 0, 0.5, [1, 2], &[]),
    leaf(0, 1, &[(0, 1.0), (1, -2.0)]),
    Line(0, 2, "BRANCH_GT", 1, -0.25, [3, 4], &[]),
    leaf(0, 3, &[(0, 3.0), (1, 0.5)]),
    leaf(0, 4, &[(0, -1.0), (1, 4.0)]),
    Line(7, 3, "BRANCH_LT", 2, 1.0, [1, 9], &[]),
    leaf(7, 9, &[(0, 0.25), (1, 1.0)]),
    leaf(7, 1, &[(0, -0.5), (1, 2.0)]),
];

#[test]
fn aggregates_and_base_values() {
    // Leaves (-1, 4) and (0.25, 1).
    let x = [1.0, -1.0, 1.5];
    for (aggregate, expected) in [
        ("SUM", [-0.75 + 0.5, 5.0 - 0.25]),
        ("AVERAGE", [-0.375 + 0.5, 2.5 - 0.25]),
        ("MIN", [-1.0 + 0.5, 1.0 - 0.25]),
        ("MAX", [0.25 + 0.5, 4.0 - 0.25]),
    ] {
        let more = vec![
            int("n_targets", 2),
            text("aggregate_function", aggregate),
            floats("base_values", &[0.5, -0.25]),
        ];
        let onnx = regressor(&TWO_TREES, more);
        assert_close(&evaluate(&onnx, &x)[0], &expected);
        check(&onnx);
    }
}

#[test]
fn post_transforms() {
    let x = [1.0, -1.0, 1.5];
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let onnx = regressor(&TWO_TREES, vec![int("n_targets", 2), text("post_transform", "LOGISTIC")]);
    assert_close(&evaluate(&onnx, &x)[0], &[sigmoid(-0.75), sigmoid(5.0)]);
    check(&onnx);
    let onnx = regressor(&TWO_TREES, vec![int("n_targets", 2), text("post_transform", "SOFTMAX")]);
    assert_close(&evaluate(&onnx, &x)[0], &[sigmoid(-5.75), sigmoid(5.75)]);
    check(&onnx);
}

/// Leaves that name one class of two: what the sum means depends on the weights' signs.
#[test]
fn two_classes_of_which_one_is_named() {
    let lines = |weights: [&'static [(i64, f32)]; 2]| {
        [Line(0, 0, "BRANCH_LT", 0, 0.0, [1, 2], &[]), leaf(0, 1, weights[0]), leaf(0, 2, weights[1])]
    };
    let labels = || ints("classlabels_int64s", &[0, 1]);
    // All positive: a probability, whatever the transform.
    let onnx =
        classifier(&lines([&[(0, 0.25)], &[(0, 0.75)]]), vec![labels(), text("post_transform", "LOGISTIC")]);
    for (x, label, p) in [(-1.0, 0.0, 0.25), (1.0, 1.0, 0.75)] {
        let found = evaluate(&onnx, &[x, 0.0, 0.0]);
        assert_close(&found[0], &[label]);
        assert_close(&found[1], &[1.0 - p, p]);
    }
    check(&onnx);
    // Of both signs: a score.
    let base = || floats("base_values", &[-1.0]);
    let onnx = classifier(
        &lines([&[(0, -0.5)], &[(0, 2.0)]]),
        vec![labels(), base(), text("post_transform", "LOGISTIC")],
    );
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    for (x, label, score) in [(-1.0, 0.0, -1.5), (1.0, 1.0, 1.0)] {
        let found = evaluate(&onnx, &[x, 0.0, 0.0]);
        assert_close(&found[0], &[label]);
        assert_close(&found[1], &[sigmoid(-score), sigmoid(score)]);
    }
    check(&onnx);
}

/// Leaves that name both: the second decides; where they are opposite, one evaluation does.
#[test]
fn two_classes_that_are_both_named() {
    let labels = || ints("classlabels_int64s", &[3, 5]);
    let lines = [
        Line(0, 0, "BRANCH_LT", 0, 0.0, [1, 2], &[]),
        leaf(0, 1, &[(0, 1.5), (1, -1.5)]),
        leaf(0, 2, &[(0, -0.5), (1, 0.5)]),
    ];
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let onnx = classifier(&lines, vec![labels(), text("post_transform", "LOGISTIC")]);
    for (x, label, score) in [(-1.0, 3.0, -1.5), (1.0, 5.0, 0.5)] {
        let found = evaluate(&onnx, &[x, 0.0, 0.0]);
        assert_close(&found[0], &[label]);
        assert_close(&found[1], &[sigmoid(-score), sigmoid(score)]);
    }
    check(&onnx);
    let found = evaluate(&classifier(&TWO_TREES, vec![labels()]), &[1.0, -1.0, 1.5]);
    assert_close(&found[0], &[5.0]);
    assert_close(&found[1], &[-0.75, 5.0]);
    check(&classifier(&TWO_TREES, vec![labels()]));
}

#[test]
fn three_classes_with_labels_of_text() {
    let lines = [
        Line(0, 0, "BRANCH_LEQ", 0, 0.5, [1, 2], &[]),
        leaf(0, 1, &[(0, 0.25), (1, 0.5), (2, 0.25)]),
        Line(0, 2, "BRANCH_GT", 1, -0.25, [3, 4], &[]),
        leaf(0, 3, &[(0, 0.5), (1, 0.125), (2, 0.375)]),
        leaf(0, 4, &[(0, 0.0), (1, 0.25), (2, 0.75)]),
    ];
    let labels = strings("classlabels_strings", &["low", "middle", "high"]);
    let onnx = classifier(&lines, vec![labels, floats("base_values", &[0.0, 0.125, 0.0])]);
    for (x, label, scores) in [
        ([0.0, 0.0, 0.0], 1.0, [0.25, 0.625, 0.25]),
        ([1.0, 0.0, 0.0], 0.0, [0.5, 0.25, 0.375]),
        ([1.0, -1.0, 0.0], 2.0, [0.0, 0.375, 0.75]),
    ] {
        let found = evaluate(&onnx, &x);
        assert_close(&found[0], &[label]);
        assert_close(&found[1], &scores);
    }
    check(&onnx);
}

/// Labels are the numbers that the file gives, evenly spaced or not.
#[test]
fn three_classes_with_labels_of_numbers() {
    let lines = [
        Line(0, 0, "BRANCH_LEQ", 0, 0.5, [1, 2], &[]),
        leaf(0, 1, &[(0, 0.25), (1, 0.5), (2, 0.25)]),
        Line(0, 2, "BRANCH_GT", 1, -0.25, [3, 4], &[]),
        leaf(0, 3, &[(0, 0.5), (1, 0.125), (2, 0.375)]),
        leaf(0, 4, &[(0, 0.0), (1, 0.25), (2, 0.75)]),
    ];
    for labels in [[2, 5, 8], [1, 2, 10], [-1, 7, 0]] {
        let onnx = classifier(&lines, vec![ints("classlabels_int64s", &labels)]);
        for (x, class) in [([0.0, 0.0, 0.0], 1), ([1.0, 0.0, 0.0], 0), ([1.0, -1.0, 0.0], 2)] {
            assert_close(&evaluate(&onnx, &x)[0], &[labels[class] as f64]);
        }
        check(&onnx);
    }
}

/// A value that equals a threshold is on its side of it, whatever the grid: thresholds are taken from the data.
#[test]
fn values_on_thresholds_stay_there() {
    let values: Vec<f32> = (0..40).map(|i| 0.1 * i as f32 - 1.7).collect();
    for (mode, on_it) in [
        ("BRANCH_LEQ", 1.0),
        ("BRANCH_LT", 0.0),
        ("BRANCH_GTE", 1.0),
        ("BRANCH_GT", 0.0),
        ("BRANCH_EQ", 1.0),
        ("BRANCH_NEQ", 0.0),
    ] {
        let threshold = values[13];
        let lines =
            [Line(0, 0, mode, 0, threshold, [1, 2], &[]), leaf(0, 1, &[(0, 1.0)]), leaf(0, 2, &[(0, 0.0)])];
        let onnx = regressor(&lines, vec![]);
        let rows: Vec<Vec<f64>> = values.iter().map(|&x| vec![f64::from(x), 0.0, 0.0]).collect();
        let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(rows), &Options::default()).unwrap();
        let integers = compiled.quantize_inputs(&[f64::from(threshold), 0.0, 0.0]).unwrap();
        let found = compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap());
        assert_close(&found[0], &[on_it]);
    }
}

fn bytes(name: &str, values: &[u8]) -> AttributeProto {
    tensor(
        name,
        TensorProto {
            dims: vec![values.len() as i64],
            data_type: DataType::Uint8 as i32,
            raw_data: values.to_vec(),
            ..Default::default()
        },
    )
}

fn numbers(name: &str, values: &[f32]) -> AttributeProto {
    tensor(name, float_tensor("", &[values.len() as i64], values))
}

/// The two examples of the operator's text.
#[test]
fn tree_ensemble_of_operator_set_5() {
    let mut onnx = Onnx::new().input("x", &[3, 2]);
    onnx.proto.opset_import[1].version = 5;
    let single = onnx.clone().node_in(
        ML,
        "y",
        "TreeEnsemble",
        &["x"],
        vec![
            int("n_targets", 2),
            int("aggregate_function", 1),
            int("post_transform", 0),
            ints("tree_roots", &[0]),
            bytes("nodes_modes", &[0, 0, 0]),
            ints("nodes_featureids", &[0, 0, 0]),
            numbers("nodes_splits", &[3.25, 1.2, 4.2]),
            ints("nodes_truenodeids", &[1, 0, 1]),
            ints("nodes_trueleafs", &[0, 1, 1]),
            ints("nodes_falsenodeids", &[2, 2, 3]),
            ints("nodes_falseleafs", &[0, 1, 1]),
            numbers("leaf_weights", &[5.23, 12.12, -12.23, 7.21]),
            ints("leaf_targetids", &[0, 1, 0, 1]),
        ],
    );
    let single = single.output("y");
    let found = evaluate(&single, &[1.2, 3.4, -0.12, 1.66, 4.14, 1.77]);
    assert_close(&found[0], &[5.23, 0.0, 5.23, 0.0, 0.0, 12.12]);
    check(&single);

    let mut onnx = Onnx::new().input("x", &[6, 1]);
    onnx.proto.opset_import[1].version = 5;
    let membership = onnx.node_in(
        ML,
        "y",
        "TreeEnsemble",
        &["x"],
        vec![
            int("n_targets", 4),
            ints("tree_roots", &[0]),
            bytes("nodes_modes", &[0, 6, 6]),
            ints("nodes_featureids", &[0, 0, 0]),
            numbers("nodes_splits", &[11.0, 232_344.0, f32::NAN]),
            numbers("membership_values", &[1.2, 3.7, 8.0, 9.0, f32::NAN, 12.0, 7.0, f32::NAN]),
            ints("nodes_truenodeids", &[1, 0, 1]),
            ints("nodes_trueleafs", &[0, 1, 1]),
            ints("nodes_falsenodeids", &[2, 2, 3]),
            ints("nodes_falseleafs", &[1, 0, 1]),
            numbers("leaf_weights", &[1.0, 10.0, 1000.0, 100.0]),
            ints("leaf_targetids", &[0, 1, 2, 3]),
        ],
    );
    let membership = membership.output("y");
    let found = evaluate(&membership, &[1.2, 3.4, -0.12, f64::NAN, 12.0, 7.0]);
    let expected: [[f64; 4]; 6] = [
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 100.0],
        [0.0, 0.0, 0.0, 100.0],
        [0.0, 0.0, 1000.0, 0.0],
        [0.0, 0.0, 1000.0, 0.0],
        [0.0, 10.0, 0.0, 0.0],
    ];
    assert_close(&found[0], expected.as_flattened());
}

/// A scaler in front is folded into the thresholds: the trees read the inputs themselves.
#[test]
fn a_scaler_in_front_costs_nothing() {
    let attributes = nodes(&TWO_TREES, "target").into_iter().chain([int("n_targets", 2)]).collect();
    let scaled = Onnx::new()
        .input("x", &[1, 3])
        .floats("factor", &[3], &[0.5, -2.0, 0.25])
        .floats("offset", &[3], &[0.25, 0.5, 0.75])
        .node("product", "Mul", &["x", "factor"], vec![])
        .node("scaled", "Add", &["product", "offset"], vec![])
        .node_in(ML, "y", "TreeEnsembleRegressor", &["scaled"], attributes)
        .output("y");
    let plain = check(&regressor(&TWO_TREES, vec![int("n_targets", 2)]));
    let compiled = check(&scaled);
    // But for thresholds at rounder numbers, which cost a little less.
    let [scaled, plain] = [&compiled, &plain].map(|model| model.circuit.stats().constraints);
    assert!(scaled.abs_diff(plain) <= 12, "{scaled} and {plain}");
    assert_eq!(compiled.graph.layers.len(), 1);
    // A sum of features is compared as it is.
    let attributes = nodes(&TWO_TREES, "target").into_iter().chain([int("n_targets", 2)]).collect();
    let mixed = Onnx::new()
        .input("x", &[1, 3])
        .floats("w", &[3, 3], &[1.0, 0.5, 0.0, -0.5, 1.0, 0.25, 0.0, 0.5, 1.0])
        .node("mixed", "MatMul", &["x", "w"], vec![])
        .node_in(ML, "y", "TreeEnsembleRegressor", &["mixed"], attributes)
        .output("y");
    check(&mixed);
}

/// A set of categories as exporters write it: equalities, one behind the other, that lead to one node.
#[test]
fn a_chain_of_equalities_is_a_set() {
    let lines = [
        Line(0, 0, "BRANCH_EQ", 0, 1.0, [3, 1], &[]),
        Line(0, 1, "BRANCH_EQ", 0, -1.0, [3, 2], &[]),
        Line(0, 2, "BRANCH_EQ", 0, 0.5, [3, 6], &[]),
        Line(0, 3, "BRANCH_LEQ", 1, 0.0, [4, 5], &[]),
        leaf(0, 4, &[(0, 1.0)]),
        leaf(0, 5, &[(0, 2.0)]),
        leaf(0, 6, &[(0, 3.0)]),
    ];
    let onnx = regressor(&lines, vec![]);
    for (x, expected) in [([1.0, 1.0], 2.0), ([-1.0, -1.0], 1.0), ([0.5, 1.0], 2.0), ([0.25, 1.0], 3.0)] {
        assert_close(&evaluate(&onnx, &[x[0], x[1], 0.0])[0], &[expected]);
    }
    check(&onnx);
}

/// A whole number on a grid stands for nothing but itself: 0 is below 0.3.
#[test]
fn whole_numbers_stand_for_themselves() {
    for (mode, t) in
        ["BRANCH_LT", "BRANCH_GTE"].into_iter().flat_map(|m| [0.3, -0.3, 0.7, 1.0].map(|t| (m, t)))
    {
        let lines = [Line(0, 0, mode, 0, t, [1, 2], &[]), leaf(0, 1, &[(0, 1.0)]), leaf(0, 2, &[(0, 2.0)])];
        let onnx = Onnx::new()
            .input_of("x", DataType::Int64, vec![Dim::Size(1), Dim::Size(1)])
            .node_in(ML, "y", "TreeEnsembleRegressor", &["x"], nodes(&lines, "target"))
            .output("y");
        let all: Vec<Vec<f64>> = (-3..=3).map(|x| vec![f64::from(x)]).collect();
        let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(all.clone()), &Options::default())
            .unwrap_or_else(|error| panic!("{mode} {t}: {error}"));
        for x in all {
            let integers = compiled.quantize_inputs(&x).unwrap();
            let found = compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap());
            assert_eq!(found, evaluate(&onnx, &x), "{x:?} {mode} {t}");
        }
        check_circuit(&compiled, 7);
    }
}
