//! Inputs of float32 numbers that are not rounded: every branch is the one of the number itself; who may read them; what is kept of them.

use crate::builder::*;
use assay_circuits::{Assignment, audit};
use assay_compiler::import::import;
use assay_compiler::model::Absent;
use assay_compiler::onnx::*;
use assay_compiler::{
    CompileError, CompiledModel, Difference, ExactFloats, Format, ImportError, InputError, OptionError,
    Options, Refusal, Strategy, Table, check, compile,
};
use assay_interface::float32::{KEY_OF_INFINITY, key};
use assay_interface::missing::{Missing, code};
use assay_interface::scales::Scales;

const ML: &str = "ai.onnx.ml";
const MODES: [&str; 6] = ["BRANCH_LT", "BRANCH_LEQ", "BRANCH_GT", "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"];
const NAN: f64 = f64::NAN;

/// Thresholds at which single precision is coarse, fine, signed, or at its end.
const THRESHOLDS: [f32; 9] =
    [0.1, -0.1, 0.0, -0.0, 1e-45, -16_777_217.0, f32::MAX, f32::INFINITY, f32::NEG_INFINITY];

fn all() -> Options {
    Options { exact_floats: ExactFloats::All, max_error: 1e-5, ..Options::default() }
}

fn named(names: &[&str]) -> ExactFloats {
    ExactFloats::Inputs(names.iter().map(|&name| name.to_owned()).collect())
}

/// A stump for each threshold, over features in turns; stump `i` adds `2^-i` where it holds.
pub(crate) fn stumps(mode: &str, thresholds: &[f32], features: i64, track: i64) -> Vec<AttributeProto> {
    let count = thresholds.len() as i64;
    let each = |of: &dyn Fn(i64) -> [i64; 3]| (0..count).flat_map(of).collect::<Vec<i64>>();
    let leaves = |of: &dyn Fn(i64) -> [i64; 2]| (0..count).flat_map(of).collect::<Vec<i64>>();
    let values: Vec<f32> = thresholds.iter().flat_map(|&t| [t, 0.0, 0.0]).collect();
    let modes: Vec<&str> = thresholds.iter().flat_map(|_| [mode, "LEAF", "LEAF"]).collect();
    let weights: Vec<f32> = (0..count).flat_map(|tree| [0.5f32.powi(tree as i32), 0.0]).collect();
    vec![
        ints("nodes_treeids", &each(&|tree| [tree; 3])),
        ints("nodes_nodeids", &each(&|_| [0, 1, 2])),
        ints("nodes_featureids", &each(&|tree| [tree % features, 0, 0])),
        ints("nodes_truenodeids", &each(&|_| [1, 0, 0])),
        ints("nodes_falsenodeids", &each(&|_| [2, 0, 0])),
        ints("nodes_missing_value_tracks_true", &each(&|_| [track, 0, 0])),
        floats("nodes_values", &values),
        strings("nodes_modes", &modes),
        ints("target_treeids", &leaves(&|tree| [tree; 2])),
        ints("target_nodeids", &leaves(&|_| [1, 2])),
        ints("target_ids", &leaves(&|_| [0, 0])),
        floats("target_weights", &weights),
    ]
}

pub(crate) fn trees(onnx: Onnx, name: &str, x: &str, attributes: Vec<AttributeProto>) -> Onnx {
    onnx.node_in(ML, name, "TreeEnsembleRegressor", &[x], attributes)
}

fn of_one_feature(mode: &str, track: i64) -> Onnx {
    let attributes = stumps(mode, &THRESHOLDS, 1, track);
    trees(Onnx::new().input("x", &[1, 1]), "y", "x", attributes).output("y")
}

pub(crate) fn holds(mode: &str, x: f32, t: f64, track: i64) -> bool {
    let x = f64::from(x);
    match mode {
        _ if x.is_nan() && track == 1 => true,
        "BRANCH_LT" => x < t,
        "BRANCH_LEQ" => x <= t,
        "BRANCH_GT" => x > t,
        "BRANCH_GTE" => x >= t,
        "BRANCH_EQ" => x == t,
        _ => x != t,
    }
}

/// Each threshold, one step below and above it, zeros, denormal numbers, infinities.
fn numbers() -> Vec<f32> {
    let near = THRESHOLDS.iter().flat_map(|&t| [t, t.next_up(), t.next_down()]);
    near.chain([f32::MIN_POSITIVE, 1.1754942e-38, -1.1754942e-38, 3.0, -7.5])
        .filter(|x| !x.is_nan())
        .collect()
}

/// The outputs of the integer model, which the circuit gives as well, with every constraint satisfied.
pub(crate) fn outputs(compiled: &CompiledModel, x: &[f64]) -> Vec<f64> {
    let inputs = compiled.quantize_inputs(x).unwrap();
    let outputs = compiled.run_reference(&inputs).unwrap();
    let assignment = Assignment { inputs, context: [7; 32], ..Assignment::default() };
    let witness = compiled.circuit.solve(&assignment).unwrap();
    assert_eq!(witness.outputs(), outputs);
    let number = |n: u64| ark_bn254::Fr::from(n) * ark_bn254::Fr::from(1u64 << 62);
    let witness = compiled.circuit.complete(witness, number(3), number(7)).unwrap();
    assert_eq!(compiled.circuit.r1cs.first_violation(&witness), None);
    compiled.dequantize_outputs(&outputs).concat()
}

#[test]
fn each_comparison_of_each_number_is_that_of_the_number_itself() {
    let mut with_nan = numbers().iter().map(|&x| vec![f64::from(x)]).collect::<Vec<_>>();
    with_nan.push(vec![NAN]);
    for (mode, track) in MODES.into_iter().flat_map(|mode| [(mode, 0), (mode, 1)]) {
        let onnx = of_one_feature(mode, track);
        let mut counted = Vec::new();
        for ranges in [Strategy::Bits, Strategy::Lookup] {
            let options = Options { ranges, ..all() };
            let (compiled, report) =
                compile(&onnx.bytes(), &Table::Rows(with_nan.clone()), &options).unwrap();
            assert_eq!(report.outputs[0].max_error, 0.0);
            counted.push((report.ranges.bits.constraints, report.ranges.lookups.constraints));
            assert_eq!(CompiledModel::from_bytes(&compiled.to_bytes()).unwrap(), compiled);
            let input = &compiled.schema.inputs()[0];
            assert_eq!(
                (input.bits, &input.scales, &input.missing),
                (32, &Scales::Float32, &Missing::Anywhere)
            );
            for x in numbers().into_iter().chain([f32::NAN]) {
                let sum = |(tree, &t): (usize, &f32)| {
                    let weight = 0.5f64.powi(tree as i32);
                    if holds(mode, x, t.into(), track) { weight } else { 0.0 }
                };
                let expected: f64 = THRESHOLDS.iter().enumerate().map(sum).sum();
                assert_eq!(outputs(&compiled, &[x.into()]), [expected], "{mode} {track} {x:e}");
                let model = import(&onnx.bytes()).unwrap();
                assert_eq!(model.evaluate(&[x.into()]).concat(), [expected], "{mode} {track} {x:e}");
            }
        }
        // Of each way one count is the circuit's, the other the formula's.
        assert_eq!(counted[0], counted[1]);
    }
}

/// Thresholds of double precision lie between numbers of single precision: which side these are on is exact as well.
#[test]
fn thresholds_of_double_precision_are_compared_as_they_are() {
    let thresholds = [0.1f64, 1.0 + 1e-12, -1.0 - 1e-12, 1e-46, 1e39];
    for mode in MODES {
        let mut attributes = stumps(mode, &[0.0; 5], 1, 0);
        attributes.retain(|attribute| attribute.name != "nodes_values");
        let values = thresholds.iter().flat_map(|&t| [t, 0.0, 0.0]).collect();
        attributes.push(tensor(
            "nodes_values_as_tensor",
            TensorProto {
                dims: vec![15],
                data_type: DataType::Double as i32,
                double_data: values,
                ..Default::default()
            },
        ));
        let onnx = Onnx::new().input("x", &[1, 1]).node("d", "Cast", &["x"], vec![int("to", 11)]);
        let onnx = trees(onnx, "y", "d", attributes).output("y");
        let near = |t: f64| [t as f32, (t as f32).next_up(), (t as f32).next_down()];
        let numbers: Vec<f32> = thresholds.iter().flat_map(|&t| near(t)).collect();
        let rows = numbers.iter().map(|&x| vec![f64::from(x)]).collect();
        let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(rows), &all()).unwrap();
        assert_eq!(compiled.schema.inputs()[0].missing, Missing::Never);
        for x in numbers {
            let sum = |(tree, &t): (usize, &f64)| {
                if holds(mode, x, t, 0) { 0.5f64.powi(tree as i32) } else { 0.0 }
            };
            let expected: f64 = thresholds.iter().enumerate().map(sum).sum();
            assert_eq!(outputs(&compiled, &[x.into()]), [expected], "{mode} {x:e}");
        }
    }
}

/// Scalers in front, as exporters write them: the branch is that of the scaled number, each step of which is rounded, at, below and above
/// the place where it changes. Flags, counts and amounts are what the thresholds are computed from.
#[test]
fn behind_a_scaler_each_branch_is_that_of_the_scaled_number() {
    let (mean, spread) = ([0.31f32, 2.7, 30_517.37], [0.46f32, -1.9, 12_345.6]);
    type Scaled = fn(f32, f32, f32) -> f32;
    let inverse = spread.map(|spread| 1.0 / spread);
    let x = || Onnx::new().input("x", &[1, 3]).floats("mean", &[3], &mean).floats("spread", &[3], &spread);
    let scaler = vec![floats("offset", &mean), floats("scale", &inverse)];
    let ways: [(Onnx, Scaled); 5] = [
        (x().node_in(ML, "s", "Scaler", &["x"], scaler), |x, m, d| (x - m) * (1.0 / d)),
        (
            x().node("c", "Sub", &["x", "mean"], vec![]).node("s", "Div", &["c", "spread"], vec![]),
            |x, m, d| (x - m) / d,
        ),
        (
            x().node("c", "Mul", &["x", "spread"], vec![]).node("s", "Add", &["mean", "c"], vec![]),
            |x, m, d| x * d + m,
        ),
        (x().node("c", "Sub", &["mean", "x"], vec![]).node("s", "Neg", &["c"], vec![]), |x, m, _| -(m - x)),
        // In double precision, and rounded at the end.
        (
            x().node("xd", "Cast", &["x"], vec![int("to", 11)])
                .node("md", "Cast", &["mean"], vec![int("to", 11)])
                .node("dd", "Cast", &["spread"], vec![int("to", 11)])
                .node("c", "Sub", &["xd", "md"], vec![])
                .node("sd", "Div", &["c", "dd"], vec![])
                .node("s", "Cast", &["sd"], vec![int("to", 1)]),
            |x, m, d| ((f64::from(x) - f64::from(m)) / f64::from(d)) as f32,
        ),
    ];
    let values = [[0.0f32, 0.0, 9_999.99], [1.0, 3.0, 30_517.37], [1.0, 7.0, 123_456.78]];
    for (onnx, scaled) in ways {
        let of = |row: [f32; 3]| [0, 1, 2].map(|i| scaled(row[i], mean[i], spread[i]));
        let thresholds: Vec<f32> = values.iter().flat_map(|&row| of(row)).collect();
        for mode in MODES {
            let onnx = trees(onnx.clone(), "y", "s", stumps(mode, &thresholds, 3, 0)).output("y");
            let near = values.iter().flat_map(|&row| {
                [row, row.map(f32::next_up), row.map(f32::next_down), row.map(|x| x + 0.01), row.map(|x| -x)]
            });
            let far = [[f32::INFINITY; 3], [f32::NEG_INFINITY; 3], [1e-40; 3], [f32::MAX; 3]];
            let samples: Vec<[f32; 3]> = near.chain(far).collect();
            let table = samples.iter().map(|row| row.map(f64::from).to_vec()).collect();
            let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(table), &all()).unwrap();
            for row in samples {
                let is_true = |(tree, &t): (usize, &f32)| holds(mode, of(row)[tree % 3], t.into(), 0);
                let weight =
                    |each: (usize, &f32)| if is_true(each) { 0.5f64.powi(each.0 as i32) } else { 0.0 };
                let expected: f64 = thresholds.iter().enumerate().map(weight).sum();
                let row = row.map(f64::from);
                assert_eq!(outputs(&compiled, &row), [expected], "{mode} of {row:?}");
                let model = import(&onnx.bytes()).unwrap();
                assert_eq!(model.evaluate(&row).concat(), [expected], "{mode} of {row:?}");
            }
        }
    }
}

/// Chains of equalities are one set; movements in front, two inputs, sums and functions of sums behind.
#[test]
fn elements_move_in_front_and_sums_are_numbers_behind() {
    let first = stumps("BRANCH_LT", &[0.1, 0.2, -0.3, 0.7], 4, 0);
    let second = stumps("BRANCH_GTE", &[0.1, 0.2, -0.3], 3, 0);
    let onnx = Onnx::new().input("a", &[1, 2]).input("b", &[1, 3]).integers("order", &[4, 0, 2, 1]);
    let onnx =
        onnx.integers("shape", &[4]).integers("starts", &[1]).integers("ends", &[4]).integers("axes", &[1]);
    let onnx = onnx
        .node("c", "Concat", &["a", "b"], vec![int("axis", 1)])
        .node("g", "Gather", &["c", "order"], vec![int("axis", 1)])
        .node("r", "Reshape", &["g", "shape"], vec![])
        .node("s", "Slice", &["c", "starts", "ends", "axes"], vec![])
        .node("i", "Identity", &["s"], vec![]);
    let onnx = trees(trees(onnx, "t", "r", first), "u", "i", second);
    let onnx = onnx
        .node("sum", "Add", &["t", "u"], vec![])
        .node("y", "Sigmoid", &["sum"], vec![])
        .output("y")
        .output("sum");
    let options = Options { exact_floats: ExactFloats::All, ..Options::default() };
    let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(rows(60, 5, 3)), &options).unwrap();
    check_circuit(&compiled, 8);
    let model = import(&onnx.bytes()).unwrap();
    let near = |t: f32| [t.next_down(), t, t.next_up()];
    for x in [0.1f32, 0.2, -0.3, 0.7].into_iter().flat_map(near).map(f64::from) {
        for row in [[x; 5], [x, -x, x, 0.1, 0.2], [0.3, x, 1.0, x, -1.0]] {
            let (found, expected) = (outputs(&compiled, &row), model.evaluate(&row).concat());
            assert!((found[0] - expected[0]).abs() <= 0.011, "{row:?}");
            assert_eq!(found[1], expected[1], "{row:?}");
        }
    }
}

fn refused(onnx: &Onnx, options: &Options) -> CompileError {
    let columns = import(&onnx.bytes()).map_or(2, |model| model.input_len());
    compile(&onnx.bytes(), &Table::Rows(rows(20, columns, 3)), options).map(|_| ()).unwrap_err()
}

#[test]
fn what_computes_with_such_an_input_is_refused_by_name() {
    let tree = || {
        trees(Onnx::new().input("x", &[1, 2]), "y", "x", stumps("BRANCH_LEQ", &[0.5, 0.1], 2, 0)).output("y")
    };
    let by = |onnx: Onnx| match refused(&onnx, &all()) {
        CompileError::Import(ImportError::Refused(refusals)) => match refusals.as_slice() {
            [Refusal::ExactOperand { node, input }, ..] => (node.name.clone(), input.clone()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other}"),
    };
    let z = || ("z_node".to_owned(), "x".to_owned());
    assert_eq!(by(tree().node("z", "Relu", &["x"], vec![]).output("z")), z());
    assert_eq!(
        by(tree().floats("w", &[2, 1], &[1.0, 2.0]).node("z", "MatMul", &["x", "w"], vec![]).output("z")),
        z()
    );
    // Folded away, perhaps, and a number of single precision no more.
    assert_eq!(
        by(tree().node("z", "Sub", &["x", "x"], vec![]).node("s", "Add", &["y", "z"], vec![]).output("s")),
        z()
    );
    assert_eq!(by(tree().node("z", "Cast", &["x"], vec![int("to", 10)]).output("z")), z());
    // A column of a tensor that the file does not know.
    let mut onnx = (0..9).fold(Onnx::new(), |onnx, i| onnx.input(&format!("column{i}"), &[1, 1]));
    let columns: Vec<String> = (0..9).map(|i| format!("column{i}")).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    onnx = onnx.node("x", "Concat", &columns, vec![int("axis", 1)]);
    onnx = trees(onnx, "y", "x", stumps("BRANCH_LEQ", &[0.5, 0.1], 9, 0)).output("y");
    let onnx = onnx.node("z", "Relu", &["column4"], vec![]).output("z");
    assert_eq!(by(onnx), ("z_node".to_owned(), "column4".to_owned()));
    assert_eq!(by(tree().node("z", "IsNaN", &["x"], vec![]).output("z")), z());
    for (operator, operands) in [
        ("Mul", ["x", "zeros"]),
        ("Add", ["x", "x"]),
        ("Sub", ["x", "y"]),
        ("Mul", ["x", "x"]),
        ("Div", ["ones", "x"]),
    ] {
        let onnx = tree().floats("zeros", &[2], &[1.0, 0.0]).floats("ones", &[2], &[1.0, 1.0]);
        assert_eq!(
            by(onnx.node("z", operator, &operands, vec![]).output("z")),
            z(),
            "{operator} {operands:?}"
        );
    }
    // What only trees may read is no output.
    let scaler = || vec![floats("offset", &[0.0]), floats("scale", &[2.0])];
    assert_eq!(by(tree().node_in(ML, "z", "Scaler", &["x"], scaler()).output("z")).0, "z");
    assert_eq!(by(tree().node("z", "Neg", &["x"], vec![]).output("z")).0, "z");
    assert_eq!(by(tree().node("z", "Identity", &["x"], vec![]).output("z")).0, "z");
    // Nor may others read it behind a scaler, nor is it known what two ways of computing the same number have in common.
    let scaled = || tree().node_in(ML, "s", "Scaler", &["x"], scaler());
    assert_eq!(by(scaled().node("z", "Relu", &["s"], vec![]).output("z")), z());
    let far = scaled().floats("far", &[1], &[1e8]).node("f", "Add", &["x", "far"], vec![]);
    assert_eq!(by(far.node("z", "Sub", &["f", "far"], vec![]).output("z")), z());

    // Of two inputs, those that trees alone read are exact.
    let two = || tree().input("w", &[1, 1]).node("z", "Mul", &["w", "y"], vec![]).output("z");
    assert_eq!(by(two()), ("z_node".to_owned(), "w".to_owned()));
    let options = Options { exact_floats: named(&["x"]), ..Options::default() };
    let (compiled, _) = compile(&two().bytes(), &Table::Rows(rows(20, 3, 3)), &options).unwrap();
    let of = |input: usize| compiled.schema.inputs()[input].scales.clone();
    assert_eq!(of(0), Scales::Float32);
    assert!(of(1).single().is_some());
}

#[test]
fn inputs_of_other_types_are_refused_where_they_are_named() {
    let of = |data_type, exact_floats| {
        let onnx = Onnx::new().input_of("x", data_type, vec![Dim::Size(1), Dim::Size(2)]);
        let onnx = onnx.node("f", "Cast", &["x"], vec![int("to", 1)]);
        let onnx = trees(onnx, "y", "f", stumps("BRANCH_LEQ", &[0.5, 1.0], 2, 0)).output("y");
        let table = Table::from_csv(b"x[0],x[1]\n1,0\n0,1\n0,0\n").unwrap();
        compile(&onnx.bytes(), &table, &Options { exact_floats, ..Options::default() })
            .map(|(model, _)| model)
    };
    let is_refused = |result: Result<CompiledModel, CompileError>| match result {
        Err(CompileError::Import(ImportError::Refused(refusals))) => {
            matches!(refusals.as_slice(), [Refusal::ExactType { input, .. }] if input == "x")
        }
        _ => false,
    };
    for data_type in [DataType::Double, DataType::Float16, DataType::Bfloat16] {
        assert!(is_refused(of(data_type, ExactFloats::All)), "{data_type:?}");
        assert!(is_refused(of(data_type, named(&["x"]))), "{data_type:?}");
    }
    // Integers are exact as they are.
    assert!(is_refused(of(DataType::Int64, named(&["x"]))));
    let integers = of(DataType::Int64, ExactFloats::All).unwrap();
    assert_eq!(integers.schema.inputs()[0].scales, Scales::One(0));
    assert_eq!(of(DataType::Float, ExactFloats::All).unwrap().schema.inputs()[0].scales, Scales::Float32);
}

#[test]
fn options_that_contradict_are_refused() {
    let onnx = of_one_feature("BRANCH_LT", 0);
    let of = |options: Options| match refused(&onnx, &options) {
        CompileError::Option(error) => error,
        other => panic!("{other}"),
    };
    let format = Some(Format { bits: 15, scale: 12 });
    assert_eq!(of(Options { input_format: format, ..all() }), OptionError::ExactFormat);
    assert_eq!(of(Options { exact_floats: named(&[]), ..all() }), OptionError::NoExact);
    let unknown = Options { exact_floats: named(&["z"]), ..all() };
    assert_eq!(of(unknown), OptionError::UnknownExact("z".into(), "x".into()));
}

/// The file keeps the option, and a model without it has the bytes that it had before.
#[test]
fn the_option_is_kept_and_checked() {
    let onnx = trees(Onnx::new().input("x", &[1, 2]), "y", "x", stumps("BRANCH_LT", &[0.1, 0.5, -0.2], 2, 0))
        .output("y");
    let table = Table::Rows(rows(30, 2, 3));
    for exact_floats in [ExactFloats::All, named(&["x"])] {
        let options = Options { exact_floats, ..Options::default() };
        let (compiled, report) = compile(&onnx.bytes(), &table, &options).unwrap();
        let file = compiled.to_bytes();
        assert_eq!(CompiledModel::from_bytes(&file).unwrap().provenance.options, options);
        assert!(check(&file, &onnx.bytes(), &table, Some(&options)).unwrap().is_reproduced());
        let other = check(&file, &onnx.bytes(), &table, Some(&Options::default())).unwrap();
        assert_eq!(other.differences, [Difference::Options { names: vec!["exact floats"] }]);
        assert!(report.text(120).contains("exact float32"), "{}", report.text(120));
        assert_eq!(serde_json::to_value(&report).unwrap()["inputs"][0]["scale"], "float32");
    }
    let missing = Options { missing: ["x[1]".to_owned()].into(), ..all() };
    let (compiled, _) = compile(&onnx.bytes(), &table, &missing).unwrap();
    assert_eq!(CompiledModel::from_bytes(&compiled.to_bytes()).unwrap().provenance.options, missing);
    assert_eq!(compiled.schema.inputs()[0].missing, Missing::Columns(vec![false, true]));
    // An imputer's number stands for what is missing before there is a key.
    let imputer = vec![floats("imputed_value_floats", &[0.1]), float("replaced_value_float", f32::NAN)];
    let imputed = Onnx::new().input("x", &[1, 2]).node_in(ML, "i", "Imputer", &["x"], imputer);
    let imputed = trees(imputed, "y", "i", stumps("BRANCH_LT", &[0.1, 0.5, -0.2], 2, 0)).output("y");
    let (compiled, _) = compile(&imputed.bytes(), &table, &all()).unwrap();
    assert_eq!(compiled.features[0].missing, Some(Absent::StandsFor(f64::from(0.1f32))));
    let of_nan = compiled.quantize_inputs(&[NAN, 0.0]).unwrap();
    assert_eq!(of_nan, [[key(0.1).unwrap(), 0]]);
}

/// Doubles become the nearest numbers of single precision, infinities stay; what the model never misses is a number.
#[test]
fn samples_are_rounded_to_single_precision() {
    let onnx = of_one_feature("BRANCH_LT", 0);
    let csv = |text: &str| Table::from_csv(text.as_bytes()).unwrap();
    let (compiled, _) = compile(&onnx.bytes(), &csv("x\n0.1\n-0.5\ninf\n-inf\n1e300\n"), &all()).unwrap();
    let feature = &compiled.features[0];
    assert_eq!((feature.min, feature.max), (f64::NEG_INFINITY, f64::INFINITY));
    let keys = |table: &Table| -> Vec<i64> {
        let rows = compiled.arrange(table).unwrap().rows;
        rows.iter().map(|row| compiled.quantize_inputs(row).unwrap()[0][0]).collect()
    };
    let tenth = key(0.1).unwrap();
    assert_eq!(
        keys(&csv("x\n0.1\n0.10000000149011612\n-0.0\n1e39\n-Infinity\n")),
        [tenth, tenth, 0, KEY_OF_INFINITY, -KEY_OF_INFINITY]
    );
    let json = Table::from_json(br#"[[0.1], ["Infinity"], ["-inf"]]"#).unwrap();
    assert_eq!(keys(&json), [tenth, KEY_OF_INFINITY, -KEY_OF_INFINITY]);
    assert!(compiled.arrange(&csv("x\nNaN\n")).is_err());
    assert!(compiled.arrange(&Table::from_json(br#"[["infinite"], ["1"]]"#).unwrap()).is_err());
    assert!(matches!(compiled.quantize_inputs(&[NAN]), Err(InputError::NotFinite { .. })));
    // A domain that is declared holds.
    let declared = Options { domains: [("x".to_owned(), (-1.0, 1.0))].into(), ..all() };
    let (compiled, _) = compile(&onnx.bytes(), &csv("x\n0.1\n-0.5\n"), &declared).unwrap();
    assert!(compiled.quantize_inputs(&[1.0]).is_ok());
    assert!(matches!(compiled.quantize_inputs(&[f64::INFINITY]), Err(InputError::OutsideDomain { .. })));
}

/// A prover changes wires and advice of a witness at the ends of the keys: some constraint breaks.
#[test]
fn no_witness_takes_another_branch() {
    let onnx = trees(Onnx::new().input("x", &[1, 2]), "y", "x", stumps("BRANCH_LT", &[0.1, -0.5, 2.0], 2, 1))
        .output("y");
    let table = Table::Rows(vec![vec![0.1, NAN], vec![NAN, 1.0], vec![3.0, -1.0]]);
    let (compiled, _) = compile(&onnx.bytes(), &table, &all()).unwrap();
    let circuit = &compiled.circuit;
    let tenth = key(0.1).unwrap();
    for inputs in [
        [code(32), code(32)],
        [tenth, key(-0.5).unwrap()],
        [tenth - 1, -KEY_OF_INFINITY],
        [KEY_OF_INFINITY, 0],
    ] {
        let inputs = vec![inputs.to_vec()];
        let assignment = Assignment { inputs, context: [7; 32], ..Assignment::default() };
        let witness = circuit.solve(&assignment).unwrap();
        for report in [
            audit::sweep(circuit, &witness, &[]).unwrap(),
            audit::advice_sweep(circuit, &assignment, &[]).unwrap(),
            audit::uniqueness(circuit, &witness, &[]).unwrap(),
        ] {
            assert!(report.is_clean(), "{:?}", report.findings.first());
        }
    }
}
