//! Models of more inputs than a statement holds: columns share tensors, and everything is called as in the file.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::model::Absent;
use assay_compiler::onnx::{DataType, TensorProto};
use assay_compiler::{
    CompileError, CompiledModel, ImportError, OptionError, Options, Refusal, Table, compile,
};
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::Visibility;

const NUMBERS: usize = 9;

fn names() -> Vec<String> {
    (0..NUMBERS).map(|i| format!("x{i}")).collect()
}

/// Nine numbers, and between them a text of two values and an integer: their weighted sum.
fn table() -> Onnx {
    let mut onnx = Onnx::new();
    for (i, name) in names().iter().enumerate() {
        if i == 3 {
            onnx = onnx.input_of("job", DataType::String, vec![Dim::Symbol("N"), Dim::Size(1)]);
        }
        if i == 6 {
            onnx = onnx.input_of("age", DataType::Int64, vec![Dim::Symbol("N")]);
        }
        onnx = onnx.input_of(name, DataType::Float, vec![Dim::Symbol("N"), Dim::Size(1)]);
    }
    let encoder = vec![strings("cats_strings", &["clerk", "driver"]), int("zeros", 0)];
    let numbers = names();
    let mut joined: Vec<&str> = numbers.iter().map(String::as_str).collect();
    joined.extend(["flat", "years"]);
    let weights: Vec<f32> = (0..NUMBERS).map(|i| 1.0 + i as f32).chain([10.0, 20.0, 0.5]).collect();
    onnx.integers("two", &[1, 2])
        .integers("one", &[1, 1])
        .node_in("ai.onnx.ml", "hot", "OneHotEncoder", &["job"], encoder)
        .node("flat", "Reshape", &["hot", "two"], vec![])
        .node("real", "Cast", &["age"], vec![int("to", 1)])
        .node("years", "Reshape", &["real", "one"], vec![])
        .node("all", "Concat", &joined, vec![int("axis", 1)])
        .floats("w", &[12, 1], &weights)
        .node("y", "MatMul", &["all", "w"], vec![])
        .output("y")
}

/// Rows of columns in another order than the file's; column `xi` reaches to `10^i / 1000`.
fn rows() -> Table {
    let mut csv = String::from("age,job,x8,x7,x6,x5,x4,x3,x2,x1,x0\n");
    for row in 0..12 {
        let job = ["clerk", "driver"][row % 2];
        let numbers: Vec<String> = (0..NUMBERS)
            .rev()
            .map(|i| (10f64.powi(i as i32 - 3) * (row as f64 - 6.0) / 6.0).to_string())
            .collect();
        csv += &format!("{},{job},{}\n", 18 + 5 * row, numbers.join(","));
    }
    Table::from_csv(csv.as_bytes()).unwrap()
}

fn compiled_with(options: &Options) -> CompiledModel {
    let (compiled, _) = compile(&table().bytes(), &rows(), options).unwrap_or_else(|error| panic!("{error}"));
    let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
    assert_eq!(read, compiled);
    compiled
}

fn run(compiled: &CompiledModel, table: &Table) -> f64 {
    let samples = compiled.arrange(table).unwrap_or_else(|error| panic!("{error}"));
    let integers = compiled.quantize_inputs(&samples.rows[0]).unwrap();
    compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap())[0][0]
}

#[test]
fn columns_share_tensors_and_keep_their_names() {
    let compiled = compiled_with(&Options { max_error: 1.0, ..Options::default() });
    check_circuit(&compiled, 3);
    let inputs = compiled.schema.inputs();
    let shapes: Vec<_> = inputs.iter().map(|input| (input.name.as_str(), input.shape.as_slice())).collect();
    assert_eq!(shapes, [("numbers", &[1, 9][..]), ("job", &[1, 1]), ("age", &[1])]);
    assert!(
        matches!(&inputs[0].scales, Scales::Axis { axis: 1, scales } if scales.len() == 9),
        "magnitudes differ"
    );
    let of_model: Vec<&str> = compiled.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(of_model, ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "job", "age"]);
    assert_eq!(compiled.columns()[0].len(), 9);
    assert!(compiled.columns()[1].is_empty());
    assert_eq!(compiled.file_inputs[3].name, "job");

    let expected = 9.0 * 1e4 + 20.0 + 0.5 * 38.0;
    for json in [
        r#"{"x0": 0, "x1": 0, "x2": 0, "x3": 0, "x4": 0, "x5": 0, "x6": 0, "x7": 0, "x8": 10000, "age": 38, "job": "driver"}"#,
        r#"{"x0": [[0]], "x1": [[0]], "x2": [[0]], "x3": [[0]], "x4": [[0]], "x5": [[0]], "x6": [[0]], "x7": [[0]],
            "x8": [[10000]], "age": [38], "job": [["driver"]]}"#,
        // In the order of the file.
        r#"[[0, 0, 0, "driver", 0, 0, 0, 38, 0, 0, 10000]]"#,
        r#"{"input_data": [[0], [0], [0], ["driver"], [0], [0], [0], [38], [0], [0], [10000]]}"#,
    ] {
        let found = run(&compiled, &Table::from_json(json.as_bytes()).unwrap());
        assert!((found - expected).abs() <= 2.0, "{found} and {expected}: {json}");
    }
    let unknown = Table::from_json(br#"{"x0": [[0]], "numbers": [[0]]}"#).unwrap();
    assert!(compiled.arrange(&unknown).is_err());
}

#[test]
fn options_name_columns_as_the_file_does() {
    let options = Options {
        max_error: 1.0,
        domains: [("age".to_owned(), (18.0, 99.0)), ("x8".to_owned(), (-2e5, 2e5))].into(),
        ..Options::default()
    };
    let compiled = compiled_with(&options);
    let of = |name: &str| compiled.features.iter().find(|feature| feature.name == name).unwrap();
    assert_eq!((of("age").max, of("x8").min), (99.0, -2e5));

    let options =
        Options { max_error: 1.0, commit: vec!["x2".into(), "numbers".into()], ..Options::default() };
    let compiled = compiled_with(&options);
    let seen: Vec<_> = compiled.schema.inputs().iter().map(|x| (x.name.as_str(), x.visibility)).collect();
    let expected = [
        ("numbers", Visibility::Committed),
        ("x2", Visibility::Committed),
        ("job", Visibility::Public),
        ("age", Visibility::Public),
    ];
    assert_eq!(seen, expected);

    let options = Options { commit: vec!["x9".into()], ..Options::default() };
    let error = compile(&table().bytes(), &rows(), &options).unwrap_err();
    assert!(matches!(error, CompileError::Option(OptionError::UnknownCommit(..))), "{error}");
}

#[test]
fn what_is_imputed_and_what_may_be_missing_is_so_by_column() {
    let mut onnx = table();
    // x0 is read by an imputer, and x1 by one and by the sum.
    let imputer = vec![floats("imputed_value_floats", &[0.25]), float("replaced_value_float", f32::NAN)];
    onnx = onnx
        .node_in("ai.onnx.ml", "i0", "Imputer", &["x0"], imputer.clone())
        .node_in("ai.onnx.ml", "i1", "Imputer", &["x1"], imputer)
        .node("z", "Add", &["i0", "i1"], vec![])
        .output("z");
    let graph = onnx.graph();
    let all = graph.node.iter_mut().find(|node| node.output == ["all"]).unwrap();
    all.input[0] = "i0".into();
    let mut csv = String::from("x0,x1,x2,job,x3,x4,x5,age,x6,x7,x8\n");
    csv += "1,1,1,clerk,1,1,1,30,1,1,1\n,0.5,-1,driver,-1,-1,0,40,0,0,0\n0,-1,1,driver,1,0,1,50,1,0.5,1\n";
    let (compiled, _) = compile(
        &onnx.bytes(),
        &Table::from_csv(csv.as_bytes()).unwrap(),
        &Options { max_error: 0.5, ..Options::default() },
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let missing: Vec<Option<Absent>> =
        compiled.features.iter().take(3).map(|feature| feature.missing).collect();
    assert_eq!(missing, [Some(Absent::StandsFor(0.25)), None, None]);
    assert_eq!(compiled.schema.inputs()[0].missing, Missing::Never);
}

#[test]
fn columns_of_a_fixed_batch_lie_side_by_side() {
    let mut onnx = Onnx::new();
    for name in names() {
        onnx = onnx.input(&name, &[3, 1]);
    }
    let numbers = names();
    let columns: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let weights: Vec<f32> = (0..NUMBERS).map(|i| 0.25 * i as f32).collect();
    let onnx = onnx
        .node("all", "Concat", &columns, vec![int("axis", 1)])
        .floats("w", &[9, 1], &weights)
        .node("y", "MatMul", &["all", "w"], vec![])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    let input = &compiled.schema.inputs()[0];
    assert_eq!((input.name.as_str(), input.shape.as_slice()), ("numbers", &[3, 9][..]));
    let value = |row: usize, column: usize| row as f64 / 2.0 - column as f64 / 8.0;
    // Three rows of a table, and arrays by name.
    let lines: Vec<String> = (0..3)
        .map(|row| (0..NUMBERS).map(|column| value(row, column).to_string()).collect::<Vec<_>>().join(","))
        .collect();
    let csv = format!("{}\n{}\n", numbers.join(","), lines.join("\n"));
    let arrays: Vec<String> = (0..NUMBERS)
        .map(|column| {
            let rows: Vec<String> = (0..3).map(|row| format!("[{}]", value(row, column))).collect();
            format!("\"x{column}\": [{}]", rows.join(","))
        })
        .collect();
    let expected: Vec<f64> =
        (0..3).flat_map(|row| (0..NUMBERS).map(move |column| value(row, column))).collect();
    let json = format!("{{{}}}", arrays.join(","));
    for table in [Table::from_csv(csv.as_bytes()).unwrap(), Table::from_json(json.as_bytes()).unwrap()] {
        assert_eq!(compiled.arrange(&table).unwrap().rows, std::slice::from_ref(&expected));
    }
}

#[test]
fn names_in_the_metadata_are_in_the_order_of_the_file() {
    let onnx = table().features("a,b,c,work,d,e,f,years,g,h,i");
    let features = import(&onnx.bytes()).unwrap().features();
    assert_eq!(features, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "work", "years"]);
}

#[test]
fn what_has_no_room_is_refused_at_import() {
    let mut onnx = table();
    for i in 0..7 {
        onnx = onnx.input(&format!("wide{i}"), &[1, 2]);
    }
    let error = import(&onnx.bytes()).unwrap_err();
    let ImportError::Refused(refusals) = &error else { panic!("{error}") };
    assert!(
        matches!(&refusals[..], [Refusal::TooManyInputs { count: 18, joined: 9, left: 10, .. }]),
        "{error}"
    );
    for word in ["18 inputs", "10 after 9 of them", "wide0", "one tensor in place of several"] {
        assert!(error.to_string().contains(word), "{error}");
    }

    let mut onnx = Onnx::new().input("x", &[1, 2]);
    for i in 0..9 {
        let name = format!("y{i}");
        onnx = onnx.node(&name, "Neg", &["x"], vec![]).output(&name);
    }
    let error = import(&onnx.bytes()).unwrap_err();
    assert!(
        error.to_string().contains("9 outputs") && error.to_string().contains("--output NAME"),
        "{error}"
    );
    let two = Options { outputs: vec!["y3".into(), "y5".into()], ..Options::default() };
    assert!(compile(&onnx.bytes(), &Table::Rows(vec![vec![1.0, 2.0], vec![-1.0, 0.5]]), &two).is_ok());
}

#[test]
fn a_name_that_a_tensor_cannot_have_is_a_features() {
    let long = "debt_to_income_ratio_of_the_last_twelve_months";
    let onnx = Onnx::new()
        .input(long, &[1, 1])
        .input("income", &[1, 1])
        .node("y", "Add", &[long, "income"], vec![])
        .output("y");
    let (compiled, _) = check_engines(&onnx);
    let inputs: Vec<&str> = compiled.schema.inputs().iter().map(|input| input.name.as_str()).collect();
    assert_eq!(inputs, ["numbers", "income"]);
    assert_eq!(compiled.features[0].name, long);
    assert_eq!(compiled.columns(), [vec![long], vec![]]);
}

#[test]
fn columns_of_texts_are_chosen_and_names_of_classes_are_no_output() {
    let classes = TensorProto {
        name: "classes".into(),
        dims: vec![2],
        data_type: DataType::String as i32,
        string_data: vec![b"good".to_vec(), b"bad".to_vec()],
        ..Default::default()
    };
    let encoder = vec![strings("keys_strings", &["a", "b"]), floats("values_floats", &[1.0, 2.0])];
    let mut onnx = Onnx::new()
        .input_of("texts", DataType::String, vec![Dim::Symbol("N"), Dim::Size(3)])
        .integers("second", &[1])
        .node_in("ai.onnx.ml", "chosen", "ArrayFeatureExtractor", &["texts", "second"], vec![])
        .node_in("ai.onnx.ml", "y", "LabelEncoder", &["chosen"], encoder)
        .output("y")
        .output("classes");
    onnx.graph().initializer.push(classes);
    let table = Table::from_json(br#"[["x", "a", "y"], ["x", "b", "y"], ["x", "c", "y"]]"#).unwrap();
    let (compiled, _) = compile(&onnx.bytes(), &table, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(compiled.schema.outputs().len(), 1);
    let known = compiled.features.iter().map(|feature| feature.categories.as_ref().unwrap().names.len());
    assert_eq!(known.collect::<Vec<_>>(), [0, 2, 0]);
    for (text, expected) in [("a", 1.0), ("b", 2.0)] {
        let row = Table::from_json(format!(r#"[["z", "{text}", "z"]]"#).as_bytes()).unwrap();
        assert_eq!(run(&compiled, &row), expected);
    }
    let asked = Options { outputs: vec!["classes".into()], ..Options::default() };
    let error = compile(&onnx.bytes(), &table, &asked).unwrap_err();
    assert!(error.to_string().contains("'classes' is a constant"), "{error}");
}
