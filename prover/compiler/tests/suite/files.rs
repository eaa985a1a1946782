//! Files as exporters write them: weights beside the model, numbers of every type, free dimensions, functions, and
//! outputs of which some are proven.

use std::collections::BTreeMap;

use assay_compiler::import::{ImportError, external_files, import};
use assay_compiler::model::{Kind, Model, Unknown};
use assay_compiler::onnx::*;
use assay_compiler::{CompileError, OnnxFile, Options, Source, Table, check, compile};
use proptest::prelude::*;

use crate::builder::*;

/// `y = x + w` over vectors of this length.
fn sum_with(w: TensorProto, len: i64) -> Onnx {
    let mut onnx = Onnx::new().input("x", &[len]).node("y", "Add", &["x", "w"], vec![]).output("y");
    onnx.graph().initializer.push(TensorProto { name: "w".into(), ..w });
    onnx
}

fn external(location: &str, offset: Option<&str>, length: Option<&str>) -> TensorProto {
    let keys = [("location", Some(location)), ("offset", offset), ("length", length)];
    let entry = |(key, value): (&str, Option<&str>)| {
        Some(StringStringEntryProto { key: key.into(), value: value?.into() })
    };
    TensorProto {
        dims: vec![2],
        data_type: DataType::Float as i32,
        data_location: Some(1),
        external_data: keys.into_iter().filter_map(entry).collect(),
        ..Default::default()
    }
}

fn file(onnx: &Onnx, files: &[(&str, &[u8])]) -> OnnxFile {
    let external = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
    OnnxFile { bytes: onnx.bytes(), external: external.collect() }
}

fn error(file: &OnnxFile) -> String {
    import(file).unwrap_err().to_string()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn weights_beside_the_model() {
    let data = bytes(&[9.0, 0.5, -1.5]);
    for (offset, length) in [(Some("4"), Some("8")), (Some("4"), None)] {
        let onnx = sum_with(external("./a/w.data", offset, length), 2);
        assert_eq!(external_files(&onnx.bytes()).unwrap().into_iter().collect::<Vec<_>>(), ["a/w.data"]);
        let file = file(&onnx, &[("a/w.data", &data)]);
        assert_eq!(import(&file).unwrap().evaluate(&[1.0, 1.0]), [[1.5, -0.5]]);
        // The same model with its weights inside.
        let inside = sum_with(float_tensor("w", &[2], &[0.5, -1.5]), 2);
        let table = Table::Rows(rows(20, 2, 1));
        let (with_file, _) = compile(&file, &table, &Options::default()).unwrap();
        let (without, _) = compile(&inside.bytes(), &table, &Options::default()).unwrap();
        assert_eq!(with_file.circuit.digest(), without.circuit.digest());
        let again = check(&with_file.to_bytes(), &file, &table, None).unwrap();
        assert!(again.is_reproduced(), "{:?}", again.differences);
    }
}

#[test]
fn the_digest_covers_the_weights_beside_the_model() {
    let onnx = sum_with(external("w", None, None), 2);
    let of = |files: &[(&str, &[u8])]| Source::from(&file(&onnx, files)).digest();
    let (a, b) = (bytes(&[1.0, 2.0]), bytes(&[1.0, 3.0]));
    let digests =
        [of(&[]), of(&[("w", &a)]), of(&[("w", &b)]), of(&[("v", &a)]), of(&[("w", &a), ("v", &b)])];
    for (i, digest) in digests.iter().enumerate() {
        assert!(digests.iter().skip(i + 1).all(|other| other != digest));
    }
    assert_eq!(digests[0], Source::from(&onnx.bytes()).digest());
}

#[test]
fn weights_that_cannot_be_had() {
    let data = bytes(&[0.5, -1.5]);
    let with = |tensor| file(&sum_with(tensor, 2), &[("w", &data)]);
    let says = |tensor, message: &str| {
        let found = error(&with(tensor));
        assert!(found.contains(&format!("tensor 'w' {message}")), "{found}");
    };
    says(external("v", None, None), "lies in 'v', which is not there");
    for outside in ["../w", "/w", "a/../../w", "..", "C:\\w", ""] {
        says(external(outside, None, None), &format!("lies in '{outside}', which is no path inside"));
    }
    says(external("w", Some("1"), Some("8")), "takes 8 bytes from byte 1 of 'w', which has 8");
    says(
        external("w", Some("18446744073709551615"), Some("8")),
        "takes 8 bytes from byte 18446744073709551615",
    );
    says(external("w", Some("9"), None), "takes 0 bytes from byte 9 of 'w'");
    says(external("w", Some("-1"), None), "has the offset '-1', which is no number of bytes");
    says(external("w", None, Some("4")), "of shape [2] holds 1 elements");
    says(
        TensorProto { external_data: vec![], ..external("w", None, None) },
        "says that its data is in another file",
    );
    // What nobody reads needs no file; and no file is read a hundred times.
    let mut onnx = sum_with(float_tensor("w", &[2], &[1.0, 2.0]), 2);
    onnx.graph().initializer.push(TensorProto { name: "v".into(), ..external("v", None, None) });
    assert!(import(&onnx.bytes()).is_ok());
    let mut onnx = Onnx::new().input("x", &[2]);
    let large = vec![0; 1 << 12];
    let mut last = "x".to_owned();
    for i in 0..100 {
        let (w, y) = (format!("w{i}"), format!("y{i}"));
        let dims = vec![1 << 9, 2];
        onnx.graph().initializer.push(TensorProto { name: w.clone(), dims, ..external("w", None, None) });
        onnx = onnx.node(&y, "Add", &[&last, &w], vec![]);
        last = y;
    }
    assert!(error(&file(&onnx.output(&last), &[("w", &large)])).contains("bytes of tensors"));
}

/// What a constant of this type gives, as `y = x + w` at zero.
fn constant(data_type: DataType, dims: &[i64], raw: &[u8]) -> Vec<f64> {
    let w = TensorProto {
        dims: dims.to_vec(),
        data_type: data_type as i32,
        raw_data: raw.to_vec(),
        ..Default::default()
    };
    let len = dims.iter().product::<i64>();
    import(&sum_with(w, len).bytes()).unwrap().evaluate(&vec![0.0; len as usize]).remove(0)
}

#[test]
fn weights_of_narrow_floats() {
    assert_eq!(constant(DataType::Float16, &[2], &[0, 0x3e, 0, 0xc0]), [1.5, -2.0]);
    assert_eq!(constant(DataType::Bfloat16, &[2], &[0xc0, 0x3f, 0, 0xc0]), [1.5, -2.0]);
    assert_eq!(constant(DataType::Double, &[1], &0.1f64.to_le_bytes()), [0.1]);
    assert_eq!(constant(DataType::Float8e4m3fn, &[2], &[0x38, 0xc0]), [1.0, -2.0]);
    assert_eq!(constant(DataType::Float4e2m1, &[3], &[0x52, 0x09]), [1.0, 3.0, -0.5]);
}

#[test]
fn sparse_weights() {
    let index = |dims: &[i64], data: &[i64]| TensorProto {
        dims: dims.to_vec(),
        data_type: DataType::Int64 as i32,
        int64_data: data.to_vec(),
        ..Default::default()
    };
    let with = |dims: &[i64], indices: TensorProto| {
        let mut onnx = Onnx::new().input("x", &[2, 3]).node("y", "Add", &["x", "w"], vec![]).output("y");
        let values = Some(float_tensor("w", &[2], &[5.0, -1.0]));
        let sparse = SparseTensorProto { values, indices: Some(indices), dims: dims.to_vec() };
        onnx.graph().sparse_initializer.push(sparse);
        import(&onnx.bytes()).map(|model: Model| model.evaluate(&[0.0; 6]).remove(0))
    };
    let dense = vec![0.0, 5.0, 0.0, 0.0, 0.0, -1.0];
    assert_eq!(with(&[2, 3], index(&[2], &[1, 5])).unwrap(), dense);
    assert_eq!(with(&[2, 3], index(&[2, 2], &[0, 1, 1, 2])).unwrap(), dense);
    for wrong in
        [index(&[2], &[1, 6]), index(&[2], &[-1, 2]), index(&[2, 2], &[0, 3, 1, 2]), index(&[1], &[1])]
    {
        assert!(with(&[2, 3], wrong).is_err());
    }
    // A few numbers that claim a large tensor.
    let huge = with(&[1 << 20, 1 << 20], index(&[2], &[1, 5])).unwrap_err().to_string();
    assert!(huge.contains("tensor 'w' asks for"), "{huge}");
}

#[test]
fn inputs_of_every_kind_of_number() {
    for (data_type, kind) in [
        (DataType::Float16, Kind::Real),
        (DataType::Double, Kind::Real),
        (DataType::Int64, Kind::Integer),
        (DataType::Uint8, Kind::Integer),
        (DataType::Bool, Kind::Bool),
    ] {
        let onnx = Onnx::new().input_of("x", data_type, vec![Dim::Size(2)]);
        let model = import(&onnx.node("y", "Identity", &["x"], vec![]).output("y").bytes()).unwrap();
        assert_eq!(model.inputs[0].kind, kind, "{data_type:?}");
    }
}

fn texts(name: &str, texts: &[&str]) -> AttributeProto {
    let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    AttributeProto { name: name.into(), r#type: AttributeType::Strings as i32, strings, ..Default::default() }
}

/// Text goes in as one of the values that the model knows; any other is refused, or is what the model does with it.
#[test]
fn text_inputs() {
    let onnx = |zeros| {
        let onnx = Onnx::new().input_of("city", DataType::String, vec![Dim::Symbol("N"), Dim::Size(1)]);
        let onnx = onnx.input_of("age", DataType::Float, vec![Dim::Symbol("N"), Dim::Size(1)]);
        let attributes = vec![texts("cats_strings", &["rome", "oslo", "007"]), int("zeros", zeros)];
        let onnx = onnx.node("same", "Identity", &["city"], vec![]);
        let onnx = onnx.node_in("ai.onnx.ml", "hot", "OneHotEncoder", &["same"], attributes);
        let onnx = onnx.integers("flat", &[1, 3]).node("row", "Reshape", &["hot", "flat"], vec![]);
        let onnx = onnx.node("all", "Concat", &["row", "age"], vec![int("axis", 1)]);
        let onnx = onnx.floats("w", &[4, 1], &[1.0, 2.0, 4.0, 0.5]);
        onnx.node("y", "MatMul", &["all", "w"], vec![]).output("y")
    };
    let table = |csv: &str| Table::from_csv(csv.as_bytes()).unwrap();
    let calibration = table("city,age\nrome,20\noslo,40\n007,30\n");
    let (strict, _) = compile(&onnx(0).bytes(), &calibration, &Options::default()).unwrap();
    assert_eq!(assay_compiler::CompiledModel::from_bytes(&strict.to_bytes()).unwrap(), strict);
    let feature = &strict.features[0];
    assert_eq!((feature.min, feature.max), (0.0, 2.0));
    let known = feature.categories.as_ref().unwrap();
    assert_eq!(
        (known.names.as_slice(), known.unknown),
        (["rome", "oslo", "007"].map(String::from).as_slice(), Unknown::Refused)
    );
    let outputs = |model: &assay_compiler::CompiledModel, table: &Table| {
        let rows = model.arrange(table)?.rows;
        let output = |row: &Vec<f64>| {
            let outputs = model.run_reference(&model.quantize_inputs(row).unwrap()).unwrap();
            model.dequantize_outputs(&outputs)[0][0]
        };
        Ok(rows.iter().map(output).collect::<Vec<f64>>())
    };
    let near = |found: Result<Vec<f64>, assay_compiler::CalibrationError>, expected: &[f64]| {
        let found = found.unwrap();
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.02), "{found:?}, not {expected:?}");
    };
    near(outputs(&strict, &calibration), &[11.0, 22.0, 19.0]);
    near(outputs(&strict, &Table::from_json(br#"[{"age": 30, "city": "007"}]"#).unwrap()), &[19.0]);
    near(outputs(&strict, &Table::from_json(br#"[["oslo", 20]]"#).unwrap()), &[12.0]);
    let error = strict.arrange(&table("city,age\nparis,20\n")).unwrap_err().to_string();
    assert_eq!(
        error,
        "row 1, column 'city': 'paris' is none of the values that the model knows: rome, oslo, 007"
    );
    assert!(strict.arrange(&table("city,age\n7,20\n")).is_err());
    let (open, _) = compile(&onnx(1).bytes(), &calibration, &Options::default()).unwrap();
    near(outputs(&open, &table("city,age\nparis,20\noslo,20\n")), &[10.0, 12.0]);
    check_circuit(&open, 4);
}

/// Where the model replaces missing values before anything else, they may be missing in the samples.
#[test]
fn missing_values_that_the_model_replaces() {
    let imputed = |reads_raw: bool| {
        let imputed =
            vec![floats("imputed_value_floats", &[5.0, -2.0]), float("replaced_value_float", f32::NAN)];
        let onnx = Onnx::new().input("x", &[1, 2]).node_in("ai.onnx.ml", "i", "Imputer", &["x"], imputed);
        let onnx = onnx.node("r", "Relu", &["i"], vec![]);
        onnx.node("y", "Add", &["r", if reads_raw { "x" } else { "i" }], vec![]).output("y")
    };
    let table = Table::from_csv(b"a,b\n1,2\n,3\n4,nan\n").unwrap();
    let (model, _) = compile(&imputed(false).bytes(), &table, &Options::default()).unwrap();
    assert_eq!(model.arrange(&table).unwrap().rows, [[1.0, 2.0], [5.0, 3.0], [4.0, -2.0]]);
    assert_eq!(model.arrange(&Table::from_json(b"[[null, 2]]").unwrap()).unwrap().rows, [[5.0, 2.0]]);
    assert_eq!(assay_compiler::CompiledModel::from_bytes(&model.to_bytes()).unwrap(), model);
    let error = compile(&imputed(true).bytes(), &table, &Options::default()).unwrap_err().to_string();
    assert!(error.starts_with(
        "calibration data: row 2, column 'a': a value is missing, and node 'y_node' (Add), which reads it"
    ));
}

fn options(shapes: &[(&str, usize)], outputs: &[&str]) -> Options {
    let shapes: BTreeMap<String, usize> =
        shapes.iter().map(|&(name, size)| (name.to_owned(), size)).collect();
    let outputs = outputs.iter().map(|&name| name.to_owned()).collect();
    Options { shapes, outputs, ..Options::default() }
}

fn refused(onnx: &Onnx, options: &Options) -> String {
    let table = Table::Rows(rows(10, 4, 1));
    match compile(&onnx.bytes(), &table, options) {
        Err(CompileError::Import(ImportError::Refused(refusals))) => {
            refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn free_dimensions_take_the_sizes_that_they_are_given() {
    let series = |dims| {
        let onnx = Onnx::new().input_of("x", DataType::Float, dims);
        onnx.node("f", "Flatten", &["x"], vec![]).node("y", "Relu", &["f"], vec![]).output("y")
    };
    let named = series(vec![Dim::Symbol("batch"), Dim::Symbol("time"), Dim::Size(2)]);
    let table = Table::Rows(rows(10, 8, 1));
    let (model, _) = compile(&named.bytes(), &table, &options(&[("time", 4)], &[])).unwrap();
    assert_eq!(model.graph.inputs[0].shape, [1, 4, 2]);
    assert_eq!(model.provenance.options.shapes["time"], 4);
    assert_eq!(assay_compiler::CompiledModel::from_bytes(&model.to_bytes()).unwrap(), model);
    let both = options(&[("batch", 2), ("x:1", 2)], &[]);
    assert_eq!(compile(&named.bytes(), &table, &both).unwrap().0.graph.inputs[0].shape, [2, 2, 2]);
    let unnamed = series(vec![Dim::Nothing, Dim::Nothing, Dim::Size(2)]);
    let (model, _) = compile(&unnamed.bytes(), &table, &options(&[("x:1", 4)], &[])).unwrap();
    assert_eq!(model.graph.inputs[0].shape, [1, 4, 2]);
    assert!(refused(&unnamed, &Options::default()).contains("(--shape x:1=SIZE)"));
    assert_eq!(
        refused(&named, &options(&[("steps", 4)], &[])),
        "no dimension is called 'steps'; free ones: batch, time"
    );
    assert_eq!(
        refused(&named, &options(&[("time", 4), ("x:2", 3)], &[])),
        "input 'x': dimension 2 is 2, and is to be 3: only free dimensions take a size"
    );
    let none = compile(&named.bytes(), &table, &options(&[("time", 0)], &[])).unwrap_err();
    assert_eq!(none.to_string(), "dimension 'time' is to be 0: 1 to 4294967295 are supported");
}

#[test]
fn what_no_chosen_output_needs_is_not_imported() {
    let mut onnx = Onnx::new()
        .input("x", &[1, 4])
        .input_of("mode", DataType::String, vec![Dim::Symbol("n"), Dim::Symbol("m")])
        .floats("bad", &[2], &[f32::NAN, 1.0])
        .node("h", "Relu", &["x"], vec![])
        .node("y", "Tanh", &["h"], vec![])
        .node("odd", "NonMaxSuppression", &["mode", "bad"], vec![])
        .output("y")
        .output("odd");
    assert!(refused(&onnx, &Options::default()).contains("NonMaxSuppression"));
    let table = Table::Rows(rows(10, 4, 1));
    let names = |options: &Options| {
        let (model, _) = compile(&onnx.bytes(), &table, options).unwrap();
        assert_eq!(assay_compiler::CompiledModel::from_bytes(&model.to_bytes()).unwrap(), model);
        model.schema.outputs().iter().map(|output| output.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&options(&[], &["y"])), ["y"]);
    // An inner tensor, and both in the order asked for.
    assert_eq!(names(&options(&[], &["y", "h", "y"])), ["y", "h"]);
    assert_eq!(refused(&onnx, &options(&[], &["z"])), "no tensor is called 'z'; the model's outputs: y, odd");
    // Without being asked for, nothing is needed that no output reads.
    onnx.graph().output.pop();
    onnx.graph().input.pop();
    assert!(import(&onnx.bytes()).is_ok());
}

/// `twice(a; by) = a + a · by` of the domain `local`, whose attribute has a default, and `outer(a) = twice(twice(a; 2))`.
fn with_functions() -> Onnx {
    let node =
        |op: &str, input: &[&str], output: &str, domain: &str, attribute: Vec<AttributeProto>| NodeProto {
            op_type: op.into(),
            domain: domain.into(),
            input: input.iter().map(|&name| name.into()).collect(),
            output: vec![output.into()],
            attribute,
            ..Default::default()
        };
    let by = AttributeProto {
        name: "value_float".into(),
        r#type: AttributeType::Float as i32,
        ref_attr_name: "by".into(),
        ..Default::default()
    };
    let opset = |version| OperatorSetIdProto { domain: String::new(), version };
    let twice = FunctionProto {
        name: "twice".into(),
        domain: "local".into(),
        input: vec!["a".into()],
        output: vec!["b".into()],
        attribute_proto: vec![float("by", 1.0)],
        node: vec![
            node("Constant", &[], "k", "", vec![by]),
            node("Mul", &["a", "k"], "m", "", vec![]),
            node("Add", &["a", "m"], "b", "", vec![]),
        ],
        opset_import: vec![opset(13)],
        ..Default::default()
    };
    let outer = FunctionProto {
        name: "outer".into(),
        node: vec![
            node("twice", &["a"], "m", "local", vec![float("by", 2.0)]),
            node("twice", &["m"], "b", "local", vec![]),
        ],
        attribute_proto: vec![],
        ..twice.clone()
    };
    let mut onnx = Onnx::new().input("a", &[2]);
    onnx.proto.functions = vec![twice, outer];
    onnx.node_in("local", "m", "outer", &["a"], vec![]).node("y", "Relu", &["m"], vec![]).output("y")
}

#[test]
fn functions_are_written_out() {
    let mut onnx = with_functions();
    assert_eq!(import(&onnx.bytes()).unwrap().evaluate(&[1.0, -1.0]), [[6.0, 0.0]]);
    check_engines(&onnx);
    onnx.proto.functions[0].opset_import[0].version = 12;
    let message = import(&onnx.bytes()).unwrap_err().to_string();
    assert!(
        message.contains("function 'twice' of the file uses operator set 'ai.onnx' version 12"),
        "{message}"
    );
    // Since operator set 21 no operator has changed that is supported.
    onnx.proto.opset_import[0].version = 22;
    onnx.proto.functions.iter_mut().for_each(|function| function.opset_import[0].version = 21);
    assert_eq!(import(&onnx.bytes()).unwrap().evaluate(&[1.0, -1.0]), [[6.0, 0.0]]);
    onnx.proto.functions[1].opset_import[0].version = 20;
    assert!(import(&onnx.bytes()).is_err());
    let mut onnx = with_functions();
    onnx.proto.functions[0].node[1].op_type = "outer".into();
    onnx.proto.functions[0].node[1].domain = "local".into();
    assert!(
        import(&onnx.bytes()).unwrap_err().to_string().contains("function outer of the file calls itself")
    );
}

/// A classifier of several targets has a sequence of probabilities.
#[test]
fn the_parts_of_a_sequence_are_outputs() {
    let onnx = Onnx::new()
        .input("x", &[2])
        .node("a", "Relu", &["x"], vec![])
        .node("b", "Neg", &["x"], vec![])
        .node("s", "SequenceConstruct", &["a", "b"], vec![])
        .output("s")
        .output("a");
    let names = |model: &Model| model.outputs.iter().map(|output| output.name.clone()).collect::<Vec<_>>();
    let model = import(&onnx.bytes()).unwrap();
    assert_eq!(names(&model), ["s.0", "s.1", "a"]);
    assert_eq!(model.evaluate(&[1.0, -2.0]), [[1.0, 0.0], [-1.0, 2.0], [1.0, 0.0]]);
    for (chosen, proven) in [("s", &["s.0", "s.1"][..]), ("s.1", &["s.1"])] {
        let options = Options { outputs: vec![chosen.into()], ..Options::default() };
        let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(rows(20, 2, 3)), &options).unwrap();
        let outputs: Vec<&str> =
            compiled.schema.outputs().iter().map(|output| output.name.as_str()).collect();
        assert_eq!(outputs, proven);
    }
}

/// Forty functions, each calling the one before twice: 2^40 nodes.
#[test]
fn functions_of_functions_have_a_budget() {
    let call = |op: String, input: &str, output: &str| NodeProto {
        op_type: op,
        domain: "local".into(),
        input: vec![input.into()],
        output: vec![output.into()],
        ..Default::default()
    };
    let function = |i: usize| FunctionProto {
        name: format!("f{i}"),
        domain: "local".into(),
        input: vec!["a".into()],
        output: vec!["b".into()],
        node: match i {
            0 => vec![NodeProto { domain: String::new(), ..call("Relu".into(), "a", "b") }],
            i => vec![call(format!("f{}", i - 1), "a", "m"), call(format!("f{}", i - 1), "m", "b")],
        },
        ..Default::default()
    };
    let mut onnx = Onnx::new().input("x", &[2]).node_in("local", "y", "f39", &["x"], vec![]).output("y");
    onnx.proto.functions = (0..40).map(function).collect();
    let message = import(&onnx.bytes()).unwrap_err().to_string();
    assert!(message.contains("nodes and names"), "{message}");
}

proptest! {
    #![proptest_config(cases(300))]

    /// Whatever the keys of external data say, nothing but an error or the bytes comes of it.
    #[test]
    fn any_place_of_external_data(location in ".{0,12}", offset in any::<u64>(), length in any::<u64>()) {
        let tensor = external(&location, Some(&offset.to_string()), Some(&length.to_string()));
        let onnx = sum_with(tensor, 2);
        let file = file(&onnx, &[("w", &[0; 64])]);
        prop_assert!(import(&file).is_ok() == (location == "w" && offset <= 56 && length == 8));
    }
}
