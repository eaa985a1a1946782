//! Missing values: what a model makes of NaN, who may read one, and which integer says that one is missing.

use crate::builder::*;
use assay_circuits::{Assignment, audit};
use assay_compiler::model::Absent;
use assay_compiler::{
    CompileError, CompiledModel, Format, ImportError, OptionError, Options, Refusal, Table, compile,
};
use assay_interface::missing::{Missing, code};

const NAN: f64 = f64::NAN;

/// One tree over two features: `x0 < 0.5`, then `x1 <= 0.25` on the true side; a missing x0 goes to the true side, a missing x1 to the false.
fn tree(mode: &str, tracks: [i64; 2]) -> Onnx {
    let attributes = vec![
        ints("nodes_treeids", &[0; 5]),
        ints("nodes_nodeids", &[0, 1, 2, 3, 4]),
        ints("nodes_featureids", &[0, 1, 0, 0, 0]),
        ints("nodes_truenodeids", &[1, 3, 0, 0, 0]),
        ints("nodes_falsenodeids", &[2, 4, 0, 0, 0]),
        ints("nodes_missing_value_tracks_true", &[tracks[0], tracks[1], 0, 0, 0]),
        floats("nodes_values", &[0.5, 0.25, 0.0, 0.0, 0.0]),
        strings("nodes_modes", &[mode, "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"]),
        ints("target_treeids", &[0; 3]),
        ints("target_nodeids", &[2, 3, 4]),
        ints("target_ids", &[0; 3]),
        floats("target_weights", &[3.0, -1.0, 1.0]),
    ];
    Onnx::new()
        .input("x", &[1, 2])
        .node_in("ai.onnx.ml", "y", "TreeEnsembleRegressor", &["x"], attributes)
        .output("y")
}

/// Samples of two features that miss some of both.
fn samples() -> Table {
    Table::from_csv(b"x[0],x[1]\n1,0.5\n,1\n-1,nan\n0.25,-1\nNA,\n").unwrap()
}

fn compiled(onnx: &Onnx, options: &Options) -> CompiledModel {
    let (compiled, report) = compile(&onnx.bytes(), &samples(), options).unwrap();
    assert_eq!(report.samples, 5);
    let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
    assert_eq!(read, compiled);
    compiled
}

fn outputs(compiled: &CompiledModel, x: &[f64]) -> Vec<f64> {
    let integers = compiled.quantize_inputs(x).unwrap();
    let outputs = compiled.run_reference(&integers).unwrap();
    // The circuit says the same.
    let assignment = Assignment { inputs: integers, context: [7; 32], ..Assignment::default() };
    assert_eq!(compiled.circuit.solve(&assignment).unwrap().outputs(), outputs);
    compiled.dequantize_outputs(&outputs).concat()
}

fn expected(mode: &str, tracks: [i64; 2], x: [f64; 2]) -> f64 {
    let holds = match mode {
        "BRANCH_LT" => x[0] < 0.5,
        "BRANCH_LEQ" => x[0] <= 0.5,
        "BRANCH_GT" => x[0] > 0.5,
        "BRANCH_GTE" => x[0] >= 0.5,
        "BRANCH_EQ" => x[0] == 0.5,
        _ => x[0] != 0.5,
    };
    match (holds || (x[0].is_nan() && tracks[0] == 1), x[1] <= 0.25 || (x[1].is_nan() && tracks[1] == 1)) {
        (false, _) => 3.0,
        (true, true) => -1.0,
        (true, false) => 1.0,
    }
}

#[test]
fn each_comparison_and_each_track_of_a_tree() {
    for mode in ["BRANCH_LT", "BRANCH_LEQ", "BRANCH_GT", "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"] {
        for tracks in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let compiled = compiled(&tree(mode, tracks), &Options::default());
            assert_eq!(compiled.schema.inputs()[0].missing, Missing::Anywhere);
            for x in [[0.5, 0.25], [1.0, 0.0], [NAN, 0.0], [NAN, NAN], [0.25, NAN], [NAN, 1.0], [-1.0, -1.0]]
            {
                assert_eq!(outputs(&compiled, &x), [expected(mode, tracks, x)], "{mode} {tracks:?} {x:?}");
            }
        }
    }
}

#[test]
fn no_number_becomes_the_integer_of_a_missing_value() {
    let wide = Options { domains: [("x[0]".to_owned(), (-1.0, 1.0))].into(), ..Options::default() };
    for options in [
        Options::default(),
        wide,
        Options { input_format: Some(Format { bits: 9, scale: 7 }), ..Options::default() },
    ] {
        let compiled = compiled(&tree("BRANCH_LT", [1, 0]), &options);
        let input = &compiled.schema.inputs()[0];
        let least = code(input.bits);
        assert_eq!(compiled.quantize_inputs(&[NAN, NAN]).unwrap(), [[least, least]]);
        let (lo, _) = (compiled.features[0].min, compiled.features[0].max);
        assert!(compiled.quantize_inputs(&[lo, lo.max(-1.0)]).unwrap()[0].iter().all(|&q| q > least));
    }
    // All numbers that the format has are its domain, without the one that is none.
    let fixed = Options { input_format: Some(Format { bits: 9, scale: 7 }), ..Options::default() };
    let compiled = compiled(&tree("BRANCH_LT", [1, 0]), &fixed);
    assert_eq!((compiled.features[0].min, compiled.features[0].max), (-255.0 / 128.0, 255.0 / 128.0));
    assert!(compiled.quantize_inputs(&[-2.0, 0.0]).is_err());
}

#[test]
fn what_the_data_does_not_miss_is_refused_unless_it_is_named() {
    let some = Table::from_csv(b"x[0],x[1]\n1,0.5\n0.5,\n-1,0\n0.25,-1\n").unwrap();
    let tree = tree("BRANCH_LT", [1, 0]);
    let (compiled, _) = compile(&tree.bytes(), &some, &Options::default()).unwrap();
    assert_eq!(compiled.schema.inputs()[0].missing, Missing::Columns(vec![false, true]));
    assert_eq!((compiled.features[0].missing, compiled.features[1].missing), (None, Some(Absent::Coded)));
    assert!(compiled.quantize_inputs(&[NAN, 0.0]).is_err());
    assert!(compiled.quantize_inputs(&[0.0, NAN]).is_ok());
    let named = Options { missing: ["x[0]".to_owned()].into(), ..Options::default() };
    let (compiled, _) = compile(&tree.bytes(), &some, &named).unwrap();
    assert_eq!(compiled.schema.inputs()[0].missing, Missing::Anywhere);
    assert_eq!(CompiledModel::from_bytes(&compiled.to_bytes()).unwrap().provenance.options, named);
    assert_eq!(
        compiled.run_reference(&compiled.quantize_inputs(&[NAN, 0.0]).unwrap()),
        compiled.run_reference(&compiled.quantize_inputs(&[0.0, 0.0]).unwrap())
    );
    let unknown = Options { missing: ["z".to_owned()].into(), ..Options::default() };
    let refused = compile(&tree.bytes(), &some, &unknown).unwrap_err();
    assert_eq!(refused, CompileError::Option(OptionError::UnknownMissing("z".into(), "x[0], x[1]".into())));
}

fn refused_by(onnx: &Onnx) -> (String, String) {
    let all = Table::from_csv(b"x[0],x[1]\n1,0.5\n-1,0\n0.25,-1\n").unwrap();
    let named = Options { missing: ["x[0]".to_owned(), "x[1]".to_owned()].into(), ..Options::default() };
    match compile(&onnx.bytes(), &all, &named) {
        Err(CompileError::Import(ImportError::Refused(refusals))) => match refusals.as_slice() {
            [Refusal::Missing { node, feature }, ..] => (node.name.clone(), feature.clone()),
            other => panic!("{other:?}"),
        },
        other => panic!("{:?}", other.map(|_| "compiled")),
    }
}

#[test]
fn what_takes_numbers_only_is_refused_by_name() {
    let tree = || tree("BRANCH_LT", [1, 0]);
    let first = || "x[0]".to_owned();
    let summed =
        tree().floats("w", &[2, 1], &[1.0, 2.0]).node("z", "MatMul", &["x", "w"], vec![]).output("z");
    assert_eq!(refused_by(&summed), ("z_node".into(), first()));
    let missed = compile(&summed.bytes(), &samples(), &Options::default()).unwrap_err();
    assert_eq!(
        missed.to_string(),
        "calibration data: row 2, column 'x[0]': a value is missing, and node 'z_node' (MatMul), which reads it, takes numbers only: \
         put an Imputer (of a network, where(isnan(x), number, x)) in front of it, fill the gap, or leave the row out"
    );
    // Folded away, and false for NaN.
    let itself = tree().node("z", "Equal", &["x", "x"], vec![]).node("f", "Cast", &["z"], vec![int("to", 1)]);
    let itself = itself.node("sum", "Add", &["y", "f"], vec![]).output("sum");
    assert_eq!(refused_by(&itself).0, "z_node");
    // One copy of an element is a number after that, the other is not: [1, 1] times [0, 1].
    let copied = tree().integers("starts", &[0]).integers("ends", &[1]).integers("axes", &[1]);
    let copied = copied.node("first", "Slice", &["x", "starts", "ends", "axes"], vec![]);
    let copied = copied.floats("w", &[1, 2], &[0.0, 1.0]).node("z", "Mul", &["first", "w"], vec![]);
    let copied = copied.node("n", "IsNaN", &["z"], vec![]).node("f", "Cast", &["n"], vec![int("to", 1)]);
    let copied = copied.node("sum", "Add", &["y", "f"], vec![]).output("sum");
    assert_eq!(refused_by(&copied), ("z_node".into(), first()));
    let zero = tree().floats("w", &[1], &[0.0]).node("z", "Mul", &["x", "w"], vec![]);
    let zero = zero.node("sum", "Add", &["y", "z"], vec![]).output("sum");
    assert_eq!(refused_by(&zero).0, "z_node");
    let difference = tree().node("z", "Sub", &["x", "x"], vec![]);
    let difference = difference.node("sum", "Add", &["y", "z"], vec![]).output("sum");
    assert_eq!(refused_by(&difference).0, "z_node");
    let relu = tree().node("z", "Relu", &["x"], vec![]).output("z");
    assert_eq!(refused_by(&relu).0, "z_node");
    let shown = tree().node("z", "Identity", &["x"], vec![]).output("z");
    assert_eq!(refused_by(&shown).0, "z");
    let index = tree().node("i", "ArgMax", &["y"], vec![int("axis", 1)]);
    let by_index = index.node("g", "Gather", &["x", "i"], vec![int("axis", 1)]).output("g");
    assert_eq!(refused_by(&by_index).0, "g_node");
    let attributes = vec![floats("imputed_value_floats", &[0.5]), float("replaced_value_float", -1.0)];
    let other = tree().node_in("ai.onnx.ml", "z", "Imputer", &["x"], attributes).output("z");
    assert_eq!(refused_by(&other).0, "z_node");
}

/// What scikit-learn writes of an imputer with indicators: the number in place of what is missing, and whether it was.
#[test]
fn a_flag_beside_the_imputed_number() {
    let imputer =
        || vec![floats("imputed_value_floats", &[0.5, -0.25]), float("replaced_value_float", f32::NAN)];
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .node_in("ai.onnx.ml", "i", "Imputer", &["x"], imputer())
        .node("n", "IsNaN", &["x"], vec![])
        .node("f", "Cast", &["n"], vec![int("to", 1)])
        .node("c", "Concat", &["i", "f"], vec![int("axis", 1)])
        .floats("w", &[4, 1], &[1.0, 2.0, 4.0, 8.0])
        .node("y", "MatMul", &["c", "w"], vec![])
        .output("y");
    let compiled = compiled(&onnx, &Options::default());
    for (x, y) in [([1.0, 0.5], 2.0), ([NAN, 1.0], 6.5), ([0.0, NAN], 7.5), ([NAN, NAN], 12.0)] {
        assert!((outputs(&compiled, &x)[0] - y).abs() < 0.01, "{x:?}");
    }
}

#[test]
fn a_number_is_chosen_where_one_is_missing() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("half", &[1], &[0.5])
        .floats("w", &[2, 1], &[1.0, 2.0])
        .node("n", "IsNaN", &["x"], vec![])
        .node("i", "Where", &["n", "half", "x"], vec![])
        .node("y", "MatMul", &["i", "w"], vec![])
        .output("y");
    let compiled = compiled(&onnx, &Options::default());
    for (x, y) in [([1.0, 0.5], 2.0), ([NAN, 1.0], 2.5), ([0.0, NAN], 1.0), ([NAN, NAN], 1.5)] {
        assert!((outputs(&compiled, &x)[0] - y).abs() < 0.01, "{x:?}");
    }
    // The number where one is missing, or the element where none is.
    let negated = Onnx::new()
        .input("x", &[1, 2])
        .floats("half", &[1], &[0.5])
        .floats("w", &[2, 1], &[1.0, 2.0])
        .node("n", "IsNaN", &["x"], vec![])
        .node("m", "Not", &["n"], vec![])
        .node("i", "Where", &["m", "x", "half"], vec![])
        .node("y", "MatMul", &["i", "w"], vec![])
        .output("y");
    assert_eq!(self::compiled(&negated, &Options::default()).circuit.digest(), compiled.circuit.digest());
    let swapped = Onnx::new()
        .input("x", &[1, 2])
        .floats("half", &[1], &[0.5])
        .node("n", "IsNaN", &["x"], vec![])
        .node("m", "Not", &["n"], vec![])
        .node("y", "Where", &["m", "half", "x"], vec![])
        .output("y");
    assert_eq!(refused_by(&swapped).0, "y_node");
}

/// What is filled in is computed: from another input here, from both elements' flags there.
#[test]
fn a_variable_is_chosen_where_a_number_is_missing() {
    let with_fill = |condition: &str, branches: [&str; 2]| {
        let onnx = Onnx::new()
            .input("x", &[1, 2])
            .floats("scale", &[1], &[0.25])
            .floats("w", &[2, 1], &[1.0, 2.0])
            .node("n", "IsNaN", &["x"], vec![])
            .node("m", "Not", &["n"], vec![])
            .node("f", "Cast", &["n"], vec![int("to", 1)])
            .node("fill", "MatMul", &["f", "w"], vec![])
            .node("scaled", "Mul", &["x", "scale"], vec![]);
        onnx.node("y", "Where", &[condition, branches[0], branches[1]], vec![]).output("y")
    };
    for onnx in [with_fill("n", ["fill", "scaled"]), with_fill("m", ["scaled", "fill"])] {
        let compiled = compiled(&onnx, &Options::default());
        for (x, y) in [
            ([1.0, 0.5], [0.25, 0.125]),
            ([NAN, 1.0], [1.0, 0.25]),
            ([0.0, NAN], [0.0, 2.0]),
            ([NAN, NAN], [3.0, 3.0]),
        ] {
            let found = outputs(&compiled, &x);
            assert!(found.iter().zip(y).all(|(found, y)| (found - y).abs() < 0.01), "{x:?} {found:?}");
        }
    }
    // Some elements cannot be missing, and are chosen by what they are.
    let some = Table::from_csv(b"x[0],x[1]\n1,0.5\n0.5,\n-1,0\n0.25,-1\n").unwrap();
    let (compiled, _) =
        compile(&with_fill("n", ["fill", "scaled"]).bytes(), &some, &Options::default()).unwrap();
    let found = outputs(&compiled, &[0.5, NAN]);
    assert!((found[0] - 0.125).abs() < 0.01 && (found[1] - 2.0).abs() < 0.01, "{found:?}");
}

#[test]
fn a_model_that_only_says_what_is_missing() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .node("d", "Dropout", &["x"], vec![])
        .node("like", "CastLike", &["d", "x"], vec![])
        .node("n", "IsNaN", &["like"], vec![])
        .node("y", "Cast", &["n"], vec![int("to", 1)])
        .output("y");
    let flags = compiled(&onnx, &Options::default());
    assert_eq!(outputs(&flags, &[NAN, 1.0]), [1.0, 0.0]);
    assert_eq!(outputs(&flags, &[0.5, NAN]), [0.0, 1.0]);
    // Without missing values it says nothing.
    let all = Table::from_csv(b"x[0],x[1]\n1,0.5\n-1,0\n0.25,-1\n").unwrap();
    let refused = compile(&onnx.bytes(), &all, &Options::default()).unwrap_err();
    assert_eq!(
        refused,
        CompileError::Import(ImportError::Refused(vec![Refusal::ConstantOutput { output: "y".into() }]))
    );
    // No number is infinite, and neither is what is missing.
    let infinite = tree("BRANCH_LT", [1, 0]).node("i", "IsInf", &["x"], vec![]);
    let infinite =
        infinite.node("f", "Cast", &["i"], vec![int("to", 1)]).node("sum", "Add", &["y", "f"], vec![]);
    assert_eq!(
        outputs(&compiled(&infinite.output("sum"), &Options::default()), &[NAN, 0.0]),
        [-1.0, -1.0, -1.0]
    );
}

/// A model that misses nothing has the bytes that it had before anything could be missing.
#[test]
fn nothing_changes_where_nothing_is_missing() {
    let all = Table::from_csv(b"x[0],x[1]\n1,0.5\n-1,0\n0.25,-1\n").unwrap();
    let (compiled, _) = compile(&tree("BRANCH_LT", [1, 0]).bytes(), &all, &Options::default()).unwrap();
    assert_eq!(compiled.schema.inputs()[0].missing, Missing::Never);
    let (same, _) = compile(&tree("BRANCH_LT", [0, 1]).bytes(), &all, &Options::default()).unwrap();
    assert_eq!(compiled.circuit.digest(), same.circuit.digest());
}

/// A prover changes wires and advice of a witness for a value that is there, and for one that is missing: some constraint breaks.
#[test]
fn no_witness_calls_a_number_missing() {
    let imputer =
        vec![floats("imputed_value_floats", &[0.5, -0.25]), float("replaced_value_float", f32::NAN)];
    let filled = tree("BRANCH_LT", [1, 0]).node_in("ai.onnx.ml", "z", "Imputer", &["x"], imputer).output("z");
    for onnx in [tree("BRANCH_LT", [0, 1]), tree("BRANCH_GTE", [1, 0]), filled] {
        let model = compiled(&onnx, &Options::default());
        let (circuit, code) = (&model.circuit, code(model.schema.inputs()[0].bits));
        let [(least, most), (first, last)] = [0, 1].map(|i| model.graph.inputs[0].domains[i].numbers());
        for inputs in [[code, code], [least.max(code + 1), last], [0, code], [most, first.max(code + 1)]] {
            let assignment = Assignment {
                inputs: vec![inputs.to_vec()],
                context: [7; 32],
                salts: Vec::new(),
                member: None,
                ..Assignment::default()
            };
            let witness = circuit.solve(&assignment).unwrap();
            for report in [
                audit::sweep(circuit, &witness, &[]).unwrap(),
                audit::advice_sweep(circuit, &assignment, &[]).unwrap(),
                audit::uniqueness(circuit, &witness, &[]).unwrap(),
            ] {
                assert!(report.is_clean(), "{inputs:?} {:?}", report.findings.first());
            }
        }
    }
}

/// As PyTorch writes `nan_to_num`: what is missing is 0, and infinite numbers, of which there are none, the largest.
#[test]
fn nan_to_num_asks_for_infinite_numbers_too() {
    let mut onnx = Onnx::with_opset(20)
        .input("x", &[1, 2])
        .floats("zero", &[], &[0.0])
        .floats("least", &[], &[f32::MIN])
        .floats("most", &[], &[f32::MAX])
        .node("n", "IsNaN", &["x"], vec![])
        .node("a", "Where", &["n", "zero", "x"], vec![])
        .node("i", "IsInf", &["x"], vec![]);
    for (order, bound, from, to) in [("Less", "least", "a", "b"), ("Greater", "most", "b", "c")] {
        let (is, both) = (format!("{order}0"), format!("{order}1"));
        onnx = onnx.node(&is, order, &["x", "zero"], vec![]).node(&both, "And", &[&is, "i"], vec![]).node(
            to,
            "Where",
            &[&both, bound, from],
            vec![],
        );
    }
    let onnx = onnx.floats("w", &[2, 1], &[1.0, -2.0]).node("y", "MatMul", &["c", "w"], vec![]).output("y");
    let compiled = compiled(&onnx, &Options::default());
    for (x, y) in [([1.0, 0.5], 0.0), ([NAN, 0.5], -1.0), ([-1.0, NAN], -1.0), ([NAN, NAN], 0.0)] {
        assert!((outputs(&compiled, &x)[0] - y).abs() < 0.01, "{x:?}");
    }
}
