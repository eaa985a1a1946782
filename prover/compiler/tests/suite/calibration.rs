//! Calibration data and inputs: every format, and every error with its place.

use crate::builder::*;
use assay_compiler::calibrate::Cell;
use assay_compiler::{
    CalibrationError, CompileError, CompiledModel, Format, InputError, MemberInput, OptionError, Options,
    Table, compile,
};

fn model() -> Onnx {
    Onnx::new()
        .input("x", &[1, 3])
        .features("ltv,volatility,drop")
        .floats("w", &[3, 2], &[0.5, -1.0, 0.25, 0.75, -0.5, 1.0])
        .node("g", "Gemm", &["x", "w"], vec![])
        .node("y", "Relu", &["g"], vec![])
        .output("y")
}

fn csv(text: &str) -> Result<Table, CompileError> {
    Ok(Table::from_csv(text.as_bytes())?)
}

fn error(text: &str) -> String {
    let result = csv(text).and_then(|table| compile(&model().bytes(), &table, &Options::default()));
    result.map(|_| ()).unwrap_err().to_string()
}

const GOOD: &str = "ltv,volatility,drop\n0.5,1.5,-1\n-0.25,0.5,2\n";

#[test]
fn columns_are_matched_by_name_in_any_order() {
    let (a, _) = compile(&model().bytes(), &csv(GOOD).unwrap(), &Options::default()).unwrap();
    let shuffled = "drop,ltv,volatility\n-1,0.5,1.5\n2,-0.25,0.5\n";
    let (b, _) = compile(&model().bytes(), &csv(shuffled).unwrap(), &Options::default()).unwrap();
    assert_eq!(a, b);
    let names: Vec<&str> = a.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, ["ltv", "volatility", "drop"]);
    assert_eq!((a.features[2].min, a.features[2].max), (-1.0, 2.0));
}

#[test]
fn a_header_names_the_features_of_a_model_that_does_not() {
    let mut onnx = model();
    onnx.proto.metadata_props.clear();
    let (compiled, _) = compile(&onnx.bytes(), &csv("p,q,r\n1,2,3\n").unwrap(), &Options::default()).unwrap();
    assert_eq!(compiled.features[1].name, "q");
    // So do the keys of objects, where all have them in one order.
    let object = |text: &str| Table::from_json(text.as_bytes()).unwrap();
    for text in [
        r#"[{"r": 1, "p": 2, "q": 3}, {"r": 2, "p": 2, "q": 3}]"#,
        r#"{"r": [1, 2], "p": [2, 2], "q": [3, 4]}"#,
    ] {
        let (compiled, report) = compile(&onnx.bytes(), &object(text), &Options::default()).unwrap();
        assert_eq!((compiled.features[0].name.as_str(), compiled.features[0].max), ("r", 2.0), "{text}");
        assert!(report.warnings.iter().any(|warning| warning.code() == "columns-by-position"), "{text}");
    }
    let text = r#"[{"p": 1, "q": 2, "r": 3}, {"q": 2, "p": 1, "r": 3}]"#;
    let error = compile(&onnx.bytes(), &object(text), &Options::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "calibration data: the columns are p, q, r, and the model's features are x[0], x[1], x[2]: they are matched by name"
    );
    let named = object(r#"{"x[2]": 3, "x[0]": 1, "x[1]": 2}"#);
    let (compiled, _) = compile(&onnx.bytes(), &named, &Options::default()).unwrap();
    assert_eq!(compiled.features[2].max, 3.0);
    let rows = Table::Rows(vec![vec![1.0, 2.0, 3.0]]);
    let (compiled, _) = compile(&onnx.bytes(), &rows, &Options::default()).unwrap();
    assert_eq!(compiled.features[1].name, "x[1]");
}

/// A value that is missing in the first row, which the model's only node takes for a number.
fn missing(column: &str) -> String {
    format!(
        "calibration data: row 1, column '{column}': a value is missing, and node 'g_node' (Gemm), which reads it, takes numbers only: \
         put an Imputer (of a network, where(isnan(x), number, x)) in front of it, fill the gap, or leave the row out"
    )
}

#[test]
fn each_mistake_has_its_own_message() {
    assert_eq!(error("ltv,drop\n1,2\n"), "calibration data: missing column: volatility");
    assert_eq!(error("ltv\n1\n"), "calibration data: missing columns: volatility, drop");
    assert_eq!(error("ltv,volatility,drop,ltv\n1,2,3,4\n"), "calibration data: column 'ltv' occurs twice");
    assert_eq!(
        error("ltv,volatility,drop\n1,2,3\n1,high,3\n"),
        "calibration data: row 2, column 'volatility': 'high' is not a number"
    );
    assert_eq!(error("ltv,volatility,drop\n1,,3\n"), missing("volatility"));
    assert_eq!(error("ltv,volatility,drop\n1,2,nan\n"), missing("drop"));
    assert_eq!(
        error("ltv,volatility,drop\n1,2,-inf\n"),
        "calibration data: row 1, column 'drop': -inf is not finite"
    );
    assert_eq!(error("ltv,volatility,drop\n1,2\n"), "calibration data: row 1 has 2 values, expected 3");
    assert_eq!(error("ltv,volatility,drop\n"), "calibration data: the data holds no samples");
    assert!(matches!(csv("a,b\n\u{0}\u{1}").unwrap_err(), CompileError::Calibration(_)));
    assert!(matches!(Table::from_csv(b"a\n\xff\xfe\n"), Err(CalibrationError::Csv(_))));
}

#[test]
fn json_in_all_its_forms() {
    let expected = csv(GOOD).unwrap();
    let compile = |table: &Table| compile(&model().bytes(), table, &Options::default()).unwrap().0;
    let expected = compile(&expected);
    let forms = [
        r#"[[0.5, 1.5, -1], [-0.25, 0.5, 2]]"#,
        r#"[{"drop": -1, "ltv": 0.5, "volatility": 1.5}, {"ltv": -0.25, "volatility": 0.5, "drop": 2}]"#,
        r#"{"x": [[0.5, 1.5, -1], [-0.25, 0.5, 2]]}"#,
        r#"{"inputs": {"x": [[[0.5, 1.5, -1]], [[-0.25, 0.5, 2]]]}, "outputs": {}}"#,
    ];
    for form in forms {
        assert_eq!(compile(&Table::from_json(form.as_bytes()).unwrap()), expected, "{form}");
    }
    let one = Table::from_json(br#"{"drop": -1, "ltv": 0.5, "volatility": 1.5}"#).unwrap();
    assert_eq!(expected.arrange(&one).unwrap().rows, [[0.5, 1.5, -1.0]]);
    let one = Table::from_json(b"[0.5, 1.5, -1]").unwrap();
    assert_eq!(expected.arrange(&one).unwrap().rows, [[0.5, 1.5, -1.0]]);
}

#[test]
fn json_mistakes() {
    let read = |text: &str| Table::from_json(text.as_bytes()).unwrap_err().to_string();
    assert!(read("[[1,").starts_with("not readable as JSON: "));
    assert_eq!(read("[]"), "the data holds no samples");
    let of_model = |text: &str| {
        let table = Table::from_json(text.as_bytes()).unwrap();
        compile(&model().bytes(), &table, &Options::default()).unwrap_err().to_string()
    };
    let at = "calibration data: row 1, column 'volatility'";
    assert_eq!(of_model("[[1, \"two\", 3]]"), format!("{at}: 'two' is not a number"));
    assert_eq!(of_model("[[1, null, 3]]"), missing("volatility"));
    let keys = "sample 2 and the first one do not have the same keys";
    assert_eq!(read(r#"[{"a": 1}, {"b": 1}]"#), format!("{keys}: a, b"));
    assert_eq!(read(r#"[{"a": 1}, {"a": 1, "b": 2}]"#), format!("{keys}: b"));
    assert!(read("3").starts_with("document: expected an array or an object"));
    assert!(read("[[1], 2]").starts_with("document[1]: expected an array"));
}

/// `.npy` of version 1 with this header dictionary.
pub fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn npy_arrays() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }          \n";
    let data = doubles(&[0.5, 1.5, -1.0, -0.25, 0.5, 2.0]);
    let table = Table::from_npy(&npy(header, &data)).unwrap();
    assert_eq!(table, Table::Rows(vec![vec![0.5, 1.5, -1.0], vec![-0.25, 0.5, 2.0]]));
    let singles: Vec<u8> = [1.0f32, 2.5].iter().flat_map(|value| value.to_le_bytes()).collect();
    let vector = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", &singles);
    assert_eq!(Table::from_npy(&vector).unwrap(), Table::Rows(vec![vec![1.0], vec![2.5]]));
    // Column-major, as pandas gives its columns to NumPy.
    let header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }";
    let columns = doubles(&[0.5, -0.25, 1.5, 0.5, -1.0, 2.0]);
    assert_eq!(Table::from_npy(&npy(header, &columns)).unwrap(), table);
    let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3), }";
    let cube: Vec<u8> = (0..12).collect();
    let rows = [[0, 4, 8, 2, 6, 10], [1, 5, 9, 3, 7, 11]].map(|row| row.map(f64::from).to_vec());
    assert_eq!(Table::from_npy(&npy(header, &cube)).unwrap(), Table::Rows(rows.to_vec()));
}

#[test]
fn npy_element_types() {
    let one = |descr: &str, data: &[u8]| {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,), }}");
        match Table::from_npy(&npy(&header, data)).unwrap() {
            Table::Rows(rows) => rows[0][0],
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(one("<i1", &[0xff]), -1.0);
    assert_eq!(one("|u1", &[0xff]), 255.0);
    assert_eq!(one("|b1", &[1]), 1.0);
    assert_eq!(one("<u2", &[1, 2]), 513.0);
    assert_eq!(one(">i2", &[0xff, 0xfe]), -2.0);
    assert_eq!(one("<i8", &i64::MIN.to_le_bytes()), i64::MIN as f64);
    assert_eq!(one("<u8", &u64::MAX.to_le_bytes()), u64::MAX as f64);
    assert_eq!(one(">f8", &1.5f64.to_be_bytes()), 1.5);
    assert_eq!(one(">f4", &(-2.5f32).to_be_bytes()), -2.5);
    for (bits, value) in [(0x3c00u16, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2f64.powi(-24))] {
        assert_eq!(one("<f2", &bits.to_le_bytes()), value);
    }
}

#[test]
fn npy_mistakes() {
    let read = |bytes: &[u8]| Table::from_npy(bytes).unwrap_err().to_string();
    assert_eq!(read(b"not numpy"), "array 'array': not a .npy file");
    let header =
        |descr, order, shape| format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    assert_eq!(
        read(&npy(&header("|O", "False", "(1, 1)"), &[0; 8])),
        "array 'array': element type '|O' is not supported: use floats, integers or bool, such as float32"
    );
    assert_eq!(
        read(&npy(&header("<f8", "False", "()"), &[0; 8])),
        "array 'array': has no dimension that counts samples"
    );
    assert_eq!(
        read(&npy(&header("<f8", "False", "(2, 3)"), &[0; 8])),
        "array 'array': shape [2, 3] needs 48 bytes of data, found 8"
    );
    let nan = npy(&header("<f8", "False", "(1, 3)"), &doubles(&[1.0, f64::NAN, 2.0]));
    let error = compile(&model().bytes(), &Table::from_npy(&nan).unwrap(), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), missing("volatility"));
}

/// A zip archive of entries with the same content, each listed so many times.
pub fn zip(names: &[&str], method: u16, stored: &[u8], plain: &[u8], listed: usize) -> Vec<u8> {
    let crc = !plain.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    });
    let fields = |out: &mut Vec<u8>, name: &str| {
        out.extend_from_slice(&[20, 0, 0, 0]);
        out.extend_from_slice(&method.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&(stored.len() as u32).to_le_bytes());
        out.extend_from_slice(&(plain.len() as u32).to_le_bytes());
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
    };
    let (mut out, mut entries) = (Vec::new(), Vec::new());
    for name in names {
        entries.push((name, out.len() as u32));
        out.extend_from_slice(b"PK\x03\x04");
        fields(&mut out, name);
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(stored);
    }
    let directory = out.len() as u32;
    for (name, offset) in entries.iter().flat_map(|entry| std::iter::repeat_n(entry, listed)) {
        out.extend_from_slice(b"PK\x01\x02\x14\x00");
        fields(&mut out, name);
        // No extra field, no comment, first disk, no attributes.
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(name.as_bytes());
    }
    let (size, count) = (out.len() as u32 - directory, (names.len() * listed) as u16);
    out.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&directory.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out
}

#[test]
fn npz_archives_stored_and_deflated() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
    let plain = npy(header, &doubles(&[0.5, 1.5, -1.0, -0.25, 0.5, 2.0]));
    let deflated = miniz_oxide::deflate::compress_to_vec(&plain, 6);
    for archive in [zip(&["x.npy"], 0, &plain, &plain, 1), zip(&["x.npy"], 8, &deflated, &plain, 1)] {
        let table = Table::from_npz(&archive).unwrap();
        let expected = [[0.5, 1.5, -1.0], [-0.25, 0.5, 2.0]];
        let expected = expected.map(|row| row.map(Cell::Number).to_vec()).to_vec();
        assert_eq!(table, Table::Tensors(vec![("x".into(), expected)]));
        assert!(compile(&model().bytes(), &table, &Options::default()).is_ok());
    }
    let read = |bytes: &[u8]| Table::from_npz(bytes).unwrap_err().to_string();
    assert_eq!(read(b"PK but no archive"), "not readable as .npz: not a zip archive, or a damaged one");
    assert_eq!(
        read(&zip(&["x.npy"], 9, &plain, &plain, 1)),
        "not readable as .npz: 'x.npy' uses compression method 9"
    );
    let mut damaged = zip(&["x.npy"], 0, &plain, &plain, 1);
    damaged[100] ^= 1;
    assert_eq!(read(&damaged), "not readable as .npz: 'x.npy' is damaged");
}

#[test]
fn tensors_by_name_for_models_of_several_inputs() {
    let onnx = Onnx::new().input("a", &[1, 1]).input("b", &[1, 2]);
    let onnx = onnx.node("y", "Concat", &["a", "b"], vec![int("axis", 1)]).output("y");
    let compile = |json: &str| {
        let table = Table::from_json(json.as_bytes()).unwrap();
        compile(&onnx.bytes(), &table, &Options::default()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(compile(r#"{"a": [[1], [2]], "b": [[1, 2], [3, 4]]}"#), Ok(()));
    let err = |text: &str| Err(format!("calibration data: {text}"));
    assert_eq!(compile(r#"{"a": [[1], [2]]}"#), err("missing input tensor: b"));
    assert_eq!(compile(r#"{"a": [[1]], "b": [[1, 2]], "c": [[1]]}"#), err("unknown input tensor: c"));
    assert_eq!(compile(r#"{"a": [[1]], "b": [[1, 2], [3, 4]]}"#), err("'b' has 2 samples, others have 1"));
    assert_eq!(compile(r#"{"a": [[1]], "b": [[1, 2, 3]]}"#), err("row 1 has 3 values, expected 2"));
    // A list for an input of one element is a column.
    assert_eq!(compile(r#"{"a": [1, 2], "b": [[1, 2], [3, 4]]}"#), Ok(()));
    assert_eq!(
        compile(r#"{"a": [1, 2, 3], "b": [[1, 2], [3, 4]]}"#),
        err("'b' has 2 samples, others have 3")
    );
}

/// A list for each column, as `DataFrame.to_dict("list")` writes them, whether a column is an input or an element of one.
#[test]
fn lists_by_column() {
    let inputs = |onnx: Onnx| onnx.node("y", "Concat", &["a", "b"], vec![int("axis", 1)]).output("y");
    let of_inputs = inputs(Onnx::new().input("a", &[1, 1]).input("b", &[1, 1]));
    let one = Onnx::new().input("x", &[1, 2]).node("y", "Neg", &["x"], vec![]).output("y");
    let one = one.features("a,b");
    for onnx in [of_inputs, one] {
        let samples = |json: &str| {
            let table = Table::from_json(json.as_bytes()).unwrap();
            let (compiled, _) = compile(&onnx.bytes(), &table, &Options::default())?;
            Ok::<_, CompileError>(compiled.arrange(&table).unwrap().rows)
        };
        let expected = [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]].map(|row| row.to_vec());
        assert_eq!(samples(r#"{"b": [4, 5, 6], "a": [1, 2, 3]}"#).unwrap(), expected);
        assert_eq!(samples(r#"{"inputs": {"a": [1, 2, 3], "b": [4, 5, 6]}}"#).unwrap(), expected);
        let ragged = samples(r#"{"a": [1, 2, 3], "b": [4, 5]}"#).unwrap_err().to_string();
        assert_eq!(ragged, "calibration data: 'b' has 2 samples, others have 3");
    }
}

/// What spreadsheets and shells save as text, and what is none.
#[test]
fn encodings_of_tables() {
    let utf16 = |of: fn(u16) -> [u8; 2]| {
        "\u{feff}ltv\tvolatilité\r\n0.5\t1\r\n".encode_utf16().flat_map(of).collect::<Vec<u8>>()
    };
    let expected = Table::from_csv("ltv,volatilité\n0.5,1\n".as_bytes()).unwrap();
    for bytes in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
        assert_eq!(Table::from_csv(&bytes).unwrap(), expected);
    }
    let error = |bytes: &[u8]| Table::from_csv(bytes).unwrap_err().to_string();
    assert_eq!(
        error(b"ltv\n1\nvolatilit\xe9\n"),
        "not readable as CSV: line 3 is not UTF-8: save the table as UTF-8"
    );
    assert!(error(&[0xff, 0xfe, 0x61]).contains("UTF-16"));
    assert!(
        error(b"PAR1\x15\x04").contains("Parquet") && error(b"PK\x03\x04\x14").contains("save the sheet")
    );
}

/// A list of what onnxruntime is fed with, one sample each.
#[test]
fn samples_by_input() {
    let onnx = Onnx::new().input("a", &[1, 1]).input("b", &[1, 2]);
    let onnx = onnx.node("y", "Concat", &["a", "b"], vec![int("axis", 1)]).output("y");
    let table = |json: &str| Table::from_json(json.as_bytes());
    let feeds = table(r#"[{"a": [[1]], "b": [[2, 3]]}, {"b": [4, 5], "a": 6}]"#).unwrap();
    let (compiled, _) = compile(&onnx.bytes(), &feeds, &Options::default()).unwrap();
    assert_eq!(compiled.arrange(&feeds).unwrap().rows, [[1.0, 2.0, 3.0], [6.0, 4.0, 5.0]]);
    let error = |json: &str| table(json).unwrap_err().to_string();
    assert_eq!(
        error(r#"[{"a": [1], "b": [2]}, {"a": [1], "c": [2]}]"#),
        "sample 2 and the first one do not have the same keys: b, c"
    );
    let error = error(r#"[{"a": [1], "b": {"c": 1}}]"#);
    assert!(error.starts_with("sample 1, 'b': expected"), "{error}");
}

/// Python's `json` writes NaN and infinities as words that JSON does not have.
#[test]
fn numbers_that_json_does_not_have() {
    let read = |json: &str| Table::from_json(json.as_bytes()).unwrap();
    let words = read(r#"[[NaN, 1, -Infinity], [Infinity, 2.5, "NaN \" NaN"]]"#);
    assert_eq!(words, read(r#"[[null, 1, "-Infinity"], ["Infinity", 2.5, "NaN \" NaN"]]"#));
    assert!(Table::from_json(b"[[nan]]").is_err() && Table::from_json(b"NaN [").is_err());
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let doubled = [
        r#"{"a": 1, "b": 2, "a": 3}"#,
        r#"[{"a": 1, "b": 2}, {"b": 1, "a": 2, "b": 3}]"#,
        r#"{"inputs": {"a": [1], "a": [2]}}"#,
        r#"{"a": {"0": 1, "1": 2, "0": 3}}"#,
    ];
    for json in doubled {
        let error = Table::from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("twice at line 1"), "{error}");
    }
}

#[test]
fn values_outside_the_domain_name_feature_value_and_range() {
    let (compiled, _) = compile(&model().bytes(), &csv(GOOD).unwrap(), &Options::default()).unwrap();
    let error = compiled.quantize_inputs(&[0.5, 9.0, 0.0]).unwrap_err();
    assert_eq!(error.to_string(), "'volatility' = 9 is outside its declared domain [0.5, 1.5]");
    let nan = compiled.quantize_inputs(&[0.5, f64::NAN, 0.0]).unwrap_err();
    assert_eq!(nan.to_string(), "'volatility' is NaN, which is not finite");
    assert_eq!(compiled.quantize_inputs(&[0.5]), Err(InputError::Length { expected: 3, found: 1 }));
}

#[test]
fn declared_domains_and_fixed_formats() {
    let format = Some(Format { bits: 15, scale: 12 });
    let options = Options { input_format: format, ..Options::default() };
    let (compiled, _) = compile(&model().bytes(), &csv(GOOD).unwrap(), &options).unwrap();
    assert_eq!((compiled.features[0].min, compiled.features[0].max), (-4.0, 4.0 - 1.0 / 4096.0));
    assert_eq!(compiled.quantize_inputs(&[1.0, -4.0, 0.25]).unwrap(), [[4096, -16384, 1024]]);

    let domains = [("ltv".to_owned(), (-1.0, 1.0))].into();
    let options = Options { domains, input_format: format, ..Options::default() };
    let (compiled, _) = compile(&model().bytes(), &csv(GOOD).unwrap(), &options).unwrap();
    assert!(compiled.quantize_inputs(&[1.5, 0.0, 0.0]).is_err());

    let with =
        |name: &str, domain| Options { domains: [(name.to_owned(), domain)].into(), ..options.clone() };
    let error = |options: &Options| compile(&model().bytes(), &csv(GOOD).unwrap(), options).unwrap_err();
    assert_eq!(
        error(&with("ltv", (0.0, 1.0))).to_string(),
        "calibration data, row 2: 'ltv' = -0.25 is outside its declared domain [0, 1]"
    );
    assert_eq!(
        error(&with("x", (0.0, 1.0))),
        CompileError::Option(OptionError::UnknownDomain("x".into(), "ltv, volatility, drop".into()))
    );
    // One end, and the other as if none was declared: of the format here, of the data without one.
    let of = |options: &Options| compile(&model().bytes(), &csv(GOOD).unwrap(), options).unwrap().0;
    let ltv = |compiled: &CompiledModel| (compiled.features[0].min, compiled.features[0].max);
    let above = with("ltv", (-1.0, f64::INFINITY));
    assert_eq!(ltv(&of(&above)), (-1.0, 4.0 - 1.0 / 4096.0));
    let below = Options { input_format: None, ..with("ltv", (f64::NEG_INFINITY, 2.0)) };
    let compiled = of(&below);
    assert_eq!(ltv(&compiled), (-0.25, 2.0));
    assert_eq!(CompiledModel::from_bytes(&compiled.to_bytes()).unwrap().provenance.options, below);
    let no_domain = with("ltv", (f64::NEG_INFINITY, f64::INFINITY));
    assert!(matches!(error(&no_domain), CompileError::Option(OptionError::Domain { .. })));
    assert!(matches!(error(&with("ltv", (1.0, 0.0))), CompileError::Option(OptionError::Domain { .. })));
    assert!(matches!(
        error(&with("ltv", (-9.0, 9.0))),
        CompileError::Option(OptionError::DomainFormat { .. })
    ));
}

#[test]
fn options_that_make_no_sense() {
    let error =
        |options: &Options| compile(&model().bytes(), &csv(GOOD).unwrap(), options).unwrap_err().to_string();
    let max_error = |max_error| Options { max_error, ..Options::default() };
    assert_eq!(error(&max_error(0.0)), "max error 0 is not a positive number");
    assert_eq!(error(&max_error(f64::NAN)), "max error NaN is not a positive number");
    let threshold = Options { threshold: Some(f64::INFINITY), ..Options::default() };
    assert_eq!(error(&threshold), "threshold inf is not a finite number");
    let commit = Options { commit: vec!["z".into()], ..Options::default() };
    assert_eq!(error(&commit), "input 'z' is to be committed, and the model has no such input (inputs: x)");
    let member = |name: &str, depth| {
        let member = Some(MemberInput { name: name.into(), depth });
        Options { member, ..Options::default() }
    };
    assert_eq!(
        error(&member("z", 20)),
        "input 'z' is to be a member of a tree, and the model has no such input (inputs: x)"
    );
    assert_eq!(error(&member("x", 0)), "a tree of depth 0, 1 to 32 are supported");
    assert_eq!(error(&member("x", 33)), "a tree of depth 33, 1 to 32 are supported");
    let both = Options { commit: vec!["x".into()], ..member("x", 20) };
    assert_eq!(
        error(&both),
        "input 'x' is to be committed and a member of a tree: a member's commitment is in the tree"
    );
    let format = |bits, scale| Options { output_format: Some(Format { bits, scale }), ..Options::default() };
    assert_eq!(error(&format(40, 0)), "output format: 40 bits, 2 to 32 are supported");
    assert_eq!(error(&format(16, 100)), "output format: scale 100, -60 to 60 are supported");
}
