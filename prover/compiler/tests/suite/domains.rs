//! Whoever proves chooses the inputs: one outside of its domain has no witness, whatever its kind, however it is shown and its range is proven.

use assay_circuits::{Builder, Domain, audit};
use assay_compiler::model::{Absent, Kind};
use assay_compiler::onnx::DataType;
use assay_compiler::{
    CompileError, CompiledModel, DecodeError, ExactFloats, Feature, Format, InputError, MemberInput,
    OptionError, Options, ReadError, Strategy, Table, compile,
};

use crate::builder::*;

const ML: &str = "ai.onnx.ml";

/// A model whose input is `x`, and rows of it.
struct Case {
    name: &'static str,
    onnx: Onnx,
    rows: Table,
    options: Options,
}

fn case(name: &'static str, onnx: Onnx, rows: &str, change: impl Fn(&mut Options)) -> Case {
    let mut options = Options { max_error: 0.5, ..Options::default() };
    change(&mut options);
    Case { name, onnx, rows: Table::from_csv(rows.as_bytes()).unwrap(), options }
}

fn domain(options: &mut Options, feature: &str, min: f64, max: f64) {
    options.domains.insert(feature.into(), (min, max));
}

/// `x` times weights.
fn weighted(onnx: Onnx, x: &str) -> Onnx {
    onnx.floats("w", &[2, 1], &[1.0, -0.75]).node("y", "MatMul", &[x, "w"], vec![]).output("y")
}

fn of(data_type: DataType) -> Onnx {
    Onnx::new().input_of("x", data_type, vec![Dim::Size(1), Dim::Size(2)])
}

fn number(data_type: DataType) -> Onnx {
    weighted(of(data_type).node("f", "Cast", &["x"], vec![int("to", DataType::Float as i64)]), "f")
}

/// A tree that asks whether `x[0] < 0.5`, missing values on the false side, and then of `x[1]`.
fn tree() -> Onnx {
    let attributes = vec![
        ints("nodes_treeids", &[0; 5]),
        ints("nodes_nodeids", &[0, 1, 2, 3, 4]),
        ints("nodes_featureids", &[0, 1, 0, 0, 0]),
        ints("nodes_truenodeids", &[1, 3, 0, 0, 0]),
        ints("nodes_falsenodeids", &[2, 4, 0, 0, 0]),
        ints("nodes_missing_value_tracks_true", &[0; 5]),
        floats("nodes_values", &[0.5, 0.25, 0.0, 0.0, 0.0]),
        strings("nodes_modes", &["BRANCH_LT", "BRANCH_LT", "LEAF", "LEAF", "LEAF"]),
        ints("target_treeids", &[0; 3]),
        ints("target_nodeids", &[2, 3, 4]),
        ints("target_ids", &[0; 3]),
        floats("target_weights", &[3.0, -1.0, 1.0]),
    ];
    Onnx::new().input("x", &[1, 2]).node_in(ML, "y", "TreeEnsembleRegressor", &["x"], attributes).output("y")
}

/// Integers of 8 bits that stand for numbers.
fn quantized() -> Onnx {
    let zero = |mut onnx: Onnx| {
        onnx.graph().initializer.push(assay_compiler::onnx::TensorProto {
            name: "zero".into(),
            data_type: DataType::Int8 as i32,
            int32_data: vec![3],
            ..Default::default()
        });
        onnx
    };
    let onnx = zero(Onnx::new().input("x", &[1, 2])).floats("scale", &[], &[0.03125]);
    let onnx = onnx.node("q", "QuantizeLinear", &["x", "scale", "zero"], vec![]);
    weighted(onnx.node("d", "DequantizeLinear", &["q", "scale", "zero"], vec![]), "d")
}

fn cases() -> Vec<Case> {
    let reals = "x[0],x[1]\n0.1,0.9\n1,-1\n0.3,0.2\n-0.7,0.5\n";
    let counts = "x[0],x[1]\n0,3\n5,-2\n2,1\n4,0\n";
    let flags = "x[0],x[1]\n0,1\n1,1\n1,0\n0,0\n";
    let missing = "x[0],x[1]\n0.1,0.9\n,-1\n0.75,\n-0.7,0.5\n";
    let texts = "x[0],x[1]\nhome,car\ncar,boat\nboat,home\nhome,home\n";
    let imputer = || vec![floats("imputed_value_floats", &[2.0]), float("replaced_value_float", f32::NAN)];
    let encoder = vec![strings("cats_strings", &["car", "home", "boat"]), int("zeros", 1)];
    let none = |_: &mut Options| {};
    vec![
        case("real numbers", weighted(of(DataType::Float), "x"), reals, |o| domain(o, "x[0]", -0.8, 1.1)),
        case("all of a format", weighted(of(DataType::Float), "x"), reals, |o| {
            o.input_format = Some(Format { bits: 12, scale: 9 });
        }),
        case("half of a format", weighted(of(DataType::Float), "x"), reals, |o| {
            o.input_format = Some(Format { bits: 12, scale: 9 });
            domain(o, "x[1]", -1.0, 1.0);
        }),
        case("one value", weighted(of(DataType::Float), "x"), "x[0],x[1]\n0.5,1\n0.5,0\n", none),
        case("whole numbers", number(DataType::Int64), counts, none),
        case("whole numbers at a scale", number(DataType::Int64), counts, |o| {
            o.input_format = Some(Format { bits: 15, scale: 8 });
            domain(o, "x[0]", -0.4, 5.6);
        }),
        case("truth values", number(DataType::Bool), flags, none),
        case("truth values at a scale", number(DataType::Bool), flags, |o| {
            o.input_format = Some(Format { bits: 15, scale: 12 });
        }),
        case(
            "texts, one hot",
            of(DataType::String).node_in(ML, "y", "OneHotEncoder", &["x"], encoder).output("y"),
            texts,
            none,
        ),
        case("missing numbers of a tree", tree(), missing, none),
        case("numbers of a tree", tree(), reals, |o| domain(o, "x[1]", -1.0, 0.95)),
        case("numbers of single precision", tree(), reals, |o| {
            o.exact_floats = ExactFloats::All;
            domain(o, "x[1]", -1.0, 0.95);
        }),
        case("missing numbers of single precision", tree(), missing, |o| {
            o.exact_floats = ExactFloats::All;
        }),
        case(
            "imputed whole numbers",
            weighted(
                of(DataType::Int64)
                    .node("f", "Cast", &["x"], vec![int("to", DataType::Float as i64)])
                    .node_in(ML, "i", "Imputer", &["f"], imputer()),
                "i",
            ),
            counts,
            none,
        ),
        case("integers that stand for numbers", quantized(), reals, |o| domain(o, "x[0]", -0.8, 1.1)),
    ]
}

/// As it is shown, committed to, or in a tree.
const SHOWN: [&str; 3] = ["public", "committed", "member"];

fn compiled(case: &Case, shown: &str, ranges: Strategy) -> CompiledModel {
    let mut options = Options { ranges, ..case.options.clone() };
    match shown {
        "committed" => options.commit = vec!["x".into()],
        "member" => options.member = Some(MemberInput { name: "x".into(), depth: 3 }),
        _ => {}
    }
    let (compiled, report) = compile(&case.onnx.bytes(), &case.rows, &options)
        .unwrap_or_else(|error| panic!("{}, {shown}: {error}", case.name));
    check_bound(&report);
    compiled
}

#[test]
fn no_input_outside_of_its_domain_has_a_witness() {
    // Each kind either way, and each way shown as each may be.
    for (at, case) in cases().iter().enumerate() {
        for (more, ranges) in [Strategy::Bits, Strategy::Lookup].into_iter().enumerate() {
            let compiled = compiled(case, SHOWN[(at + more) % 3], ranges);
            let read = CompiledModel::from_bytes(&compiled.to_bytes());
            assert_eq!(read.as_ref(), Ok(&compiled), "{}", case.name);
            check_circuit(&compiled, 24);
        }
    }
}

/// A prover changes wires and advice of a witness: some constraint breaks, whatever is shown of the input.
#[test]
fn witnesses_of_inputs_are_unique() {
    let all = cases();
    for name in ["real numbers", "whole numbers at a scale", "missing numbers of a tree"] {
        let case = all.iter().find(|case| case.name == name).unwrap();
        for shown in SHOWN {
            for ranges in [Strategy::Bits, Strategy::Lookup] {
                let compiled = compiled(case, shown, ranges);
                let ends = |end: fn(&Domain) -> i64| {
                    let tensors = compiled.graph.inputs.iter();
                    let inputs = tensors.map(|input| input.domains.iter().map(end).collect()).collect();
                    assignment(&compiled, inputs, 1)
                };
                let all = [ends(|domain| domain.interval().0 as i64), ends(|domain| domain.numbers().1)];
                let options = audit::Options { places: Some(200), ..audit::Options::default() };
                let report = audit::audit_circuit(&compiled.circuit, &all, &options, &mut |_| {
                    std::ops::ControlFlow::Continue(())
                });
                let report = report.unwrap();
                let is_unique = report.findings.is_empty() && report.uniqueness.is_whole();
                assert!(is_unique, "{name}, {shown}, {ranges:?}: {:?}", report.findings.first());
            }
        }
    }
}

/// What an integer becomes where a format has room for fractions: there is no proof of a half.
#[test]
fn domains_of_kinds() {
    let domains = |name: &str| {
        let all = cases();
        let case = all.iter().find(|case| case.name == name).unwrap();
        compiled(case, "public", Strategy::Bits).graph.inputs[0].domains.clone()
    };
    let whole = |lo: i64, hi: i64, step| {
        let domain = Domain::new(lo << step, hi << step).and_then(|domain| domain.stepping(step)).unwrap();
        (domain.numbers(), domain.step())
    };
    let seen = |domain: &Domain| (domain.numbers(), domain.step());
    let counts = domains("whole numbers at a scale");
    // All that the format has, in place of what the data shows.
    assert_eq!(counts.iter().map(seen).collect::<Vec<_>>(), [whole(0, 5, 8), whole(-64, 63, 8)]);
    let flags = domains("truth values at a scale");
    assert_eq!(flags.iter().map(seen).collect::<Vec<_>>(), [whole(0, 1, 12); 2]);
    assert_eq!(domains("texts, one hot"), [Domain::new(0, 3).unwrap(); 2]);
    assert_eq!(domains("all of a format"), [Domain::whole(12); 2]);
    assert_eq!(domains("half of a format")[1], Domain::new(-512, 512).unwrap());
}

/// The search looks at what the circuit takes, and at nothing else: at 4 it would find an error that the certificate excludes.
#[test]
fn the_search_stays_in_the_domain() {
    let onnx = || number(DataType::Int64).node("z", "Sigmoid", &["y"], vec![]).output("z");
    let table = Table::from_csv(b"x[0],x[1]\n0,3\n3,-2\n2,1\n-4,0\n").unwrap();
    let at = |change: &dyn Fn(&mut Options)| {
        let mut options = Options { max_error: 0.05, ..Options::default() };
        change(&mut options);
        let (_, report) = compile(&onnx().bytes(), &table, &options).unwrap();
        check_bound(&report);
        assert!(report.outputs.iter().all(|output| output.bound.as_ref().unwrap().certified.is_some()));
    };
    at(&|o| o.input_format = Some(Format { bits: 15, scale: 12 }));
    at(&|o| {
        domain(o, "x[0]", -4.4, 3.6);
        domain(o, "x[1]", -2.6, 3.4);
    });
}

/// The kind of a feature and what stands for a missing value are both in the file: whole numbers that an imputer fills are whole when read.
#[test]
fn imputed_whole_numbers_are_read_as_written() {
    let all = cases();
    let case = all.iter().find(|case| case.name == "imputed whole numbers").unwrap();
    let compiled = compiled(case, "public", Strategy::Bits);
    let Feature { kind, missing, .. } = &compiled.features[0];
    assert_eq!((*kind, *missing), (Kind::Integer, Some(Absent::StandsFor(2.0))));
    let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
    assert_eq!(read, compiled);
    assert_eq!(read.quantize_inputs(&[f64::NAN, 1.0]), read.quantize_inputs(&[2.0, 1.0]));
    let half = read.quantize_inputs(&[0.5, 1.0]);
    assert!(matches!(half, Err(InputError::NotInteger { .. })), "{half:?}");
}

/// A file says what its circuit asserts: an end that the format has no room for is refused, though its circuit is that of the format's end.
#[test]
fn a_file_says_no_more_than_its_circuit() {
    let all = cases();
    for (name, end) in [
        ("all of a format", 1e9),
        ("all of a format", 4.1),
        ("whole numbers", 8.0),
        ("numbers of single precision", 1e300),
    ] {
        let case = all.iter().find(|case| case.name == name).unwrap();
        let mut model = compiled(case, "public", Strategy::Bits);
        model.features[0].max = end;
        let refused = CompiledModel::from_bytes(&model.to_bytes()).unwrap_err();
        let feature = model.features[0].name.clone();
        assert_eq!(refused, DecodeError::Read(ReadError::Domain(feature)), "{name}: {end}");
    }
    // Nor is such a model compiled.
    let mut options = Options { input_format: Some(Format { bits: 12, scale: 9 }), ..Options::default() };
    domain(&mut options, "x[0]", 0.0, 4.0);
    let case = &all[0];
    let refused = compile(&case.onnx.bytes(), &case.rows, &options).unwrap_err();
    assert!(matches!(refused, CompileError::Option(OptionError::DomainFormat { .. })), "{refused}");
}

/// Who computes the inputs may come to any integer of the format.
#[test]
fn a_narrower_domain_than_the_format_is_told() {
    let all = cases();
    let narrowed = |name: &str| {
        let case = all.iter().find(|case| case.name == name).unwrap();
        compiled(case, "public", Strategy::Bits).first_narrowed().map(|feature| feature.name.clone())
    };
    assert_eq!(narrowed("all of a format"), None);
    assert_eq!(narrowed("half of a format"), Some("x[1]".into()));
    assert_eq!(narrowed("truth values at a scale"), Some("x[0]".into()));
    // Next to the format's least number stands the integer of a missing one: together they are all.
    let mut options = Options { input_format: Some(Format { bits: 12, scale: 9 }), ..Options::default() };
    options.missing.insert("x[0]".into());
    let case = all.iter().find(|case| case.name == "missing numbers of a tree").unwrap();
    let (compiled, _) = compile(&case.onnx.bytes(), &case.rows, &options).unwrap();
    assert!(compiled.graph.inputs[0].missing.each(&[1, 2]).take(2).all(|may_be| may_be));
    assert_eq!(compiled.first_narrowed(), None);
}

/// Counts and lengths that nothing pays for cost nothing.
#[test]
fn hostile_domains() {
    assert!(Builder::new().input("x", usize::MAX, 8).is_err());
    let all = Domain::new(i64::MIN, i64::MAX).unwrap();
    assert_eq!((all.count(), all.number(u64::MAX), all.number(0)), (u64::MAX, i64::MAX, i64::MIN));
    assert!(Builder::new().input_of("x", 32, &[all]).is_err());
    assert!(
        Domain::new(i64::MIN + 1, 0).and_then(|domain| domain.or_missing(i64::MIN)).unwrap().is_interval()
    );
    assert_eq!([0, 1].map(|bits| Domain::whole(bits).count()), [2, 2]);
}
