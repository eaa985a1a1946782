//! Texts on the way to what encodes them: replaced, chosen, compared. The answers are onnxruntime's.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::onnx::*;
use assay_compiler::{CompiledModel, Options, Table, compile};

const ML: &str = "ai.onnx.ml";

fn two_texts() -> Onnx {
    Onnx::with_opset(19).input_of("x", DataType::String, vec![Dim::Size(1), Dim::Size(2)])
}

/// A constant of texts.
fn constant(mut onnx: Onnx, name: &str, dims: &[i64], texts: &[&str]) -> Onnx {
    onnx.graph().initializer.push(TensorProto {
        name: name.into(),
        data_type: DataType::String as i32,
        dims: dims.to_vec(),
        string_data: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
        ..TensorProto::default()
    });
    onnx
}

/// SimpleImputer of texts, as skl2onnx writes it, and OneHotEncoder.
fn imputed(zeros: i64) -> Onnx {
    let fill =
        vec![ints("keys_int64s", &[0]), strings("values_strings", &["home"]), text("default_string", "home")];
    let is_missing =
        vec![strings("keys_strings", &[""]), ints("values_int64s", &[1]), int("default_int64", 0)];
    let categories = vec![strings("cats_strings", &["car", "home", "boat"]), int("zeros", zeros)];
    two_texts()
        .integers("zero", &[0])
        .node_in(ML, "fill", "LabelEncoder", &["zero"], fill)
        .node_in(ML, "is_missing", "LabelEncoder", &["x"], is_missing)
        .node("missing", "Cast", &["is_missing"], vec![int("to", DataType::Bool as i64)])
        .node("filled", "Where", &["missing", "fill", "x"], vec![])
        .node_in(ML, "y", "OneHotEncoder", &["filled"], categories)
        .output("y")
}

/// What a model gives for texts, in integers and in its circuit.
fn answers(onnx: &Onnx, rows: &[[&str; 2]]) -> (CompiledModel, Vec<Vec<f64>>) {
    let csv: String = rows.iter().map(|[a, b]| format!("{a},{b}\n")).collect();
    let table = Table::from_csv(format!("x[0],x[1]\n{csv}").as_bytes()).unwrap();
    let (compiled, _) = compile(&onnx.bytes(), &table, &Options::default()).unwrap();
    check_circuit(&compiled, 20);
    let of = |[a, b]: &[&str; 2]| {
        let place = |element: usize, text: &str| {
            compiled.features[element].categories.as_ref().unwrap().index(text).unwrap() as f64
        };
        let integers = compiled.quantize_inputs(&[place(0, a), place(1, b)]).unwrap();
        compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap()).concat()
    };
    let answers = rows.iter().map(of).collect();
    (compiled, answers)
}

#[test]
fn a_missing_text_is_the_imputed_one() {
    let (_, found) = answers(&imputed(1), &[["", "car"], ["home", ""], ["boat", "plane"]]);
    let expected =
        [[0.0, 1.0, 0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]];
    assert_eq!(found, expected);
}

/// The encoder refuses what it does not know, and the missing text is not that: it has become another one.
#[test]
fn an_unknown_text_is_refused_behind_an_imputer() {
    let (compiled, found) = answers(&imputed(0), &[["", "car"], ["home", ""], ["boat", "car"]]);
    assert_eq!(found[..2], [[0.0, 1.0, 0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]]);
    assert_eq!(compiled.features[0].categories.as_ref().unwrap().index("plane"), None);
}

/// Texts for texts, a choice by one of the values, and a constant beside.
fn renamed() -> Onnx {
    let groups = vec![
        strings("keys_strings", &["car", "boat", "home"]),
        strings("values_strings", &["vehicle", "vehicle", "house"]),
        text("default_string", "other"),
    ];
    let numbers = vec![
        strings("keys_strings", &["fast", "vehicle", "house", "other", "end"]),
        floats("values_floats", &[1.5, 2.5, 3.5, 4.5, 5.5]),
        float("default_float", -1.0),
    ];
    let onnx = constant(two_texts(), "car", &[1], &["car"]);
    let onnx = constant(constant(onnx, "fast", &[1, 1], &["fast"]), "tail", &[1, 1], &["end"]);
    onnx.node_in(ML, "group", "LabelEncoder", &["x"], groups)
        .node("is_car", "Equal", &["x", "car"], vec![])
        .node("text", "Where", &["is_car", "fast", "group"], vec![])
        .node("all", "Concat", &["text", "tail"], vec![int("axis", 1)])
        .node_in(ML, "y", "LabelEncoder", &["all"], numbers)
}

#[test]
fn texts_are_replaced_chosen_and_joined() {
    let (_, found) = answers(&renamed().output("y"), &[["car", "boat"], ["home", "plane"], ["other", "car"]]);
    assert_eq!(found, [[1.5, 2.5, 5.5], [3.5, 4.5, 5.5], [4.5, 1.5, 5.5]]);
}

#[test]
fn what_texts_cannot_be_is_refused() {
    let refusal = |onnx: Onnx| import(&onnx.bytes()).unwrap_err().to_string();
    let shown = refusal(renamed().output("text"));
    assert!(shown.contains("'text'") && shown.contains("encode it"), "{shown}");
    let onnx = constant(two_texts(), "home", &[1, 1], &["home"]);
    let by_number = onnx
        .input("z", &[1, 2])
        .floats("zero", &[], &[0.0])
        .node("above", "Greater", &["z", "zero"], vec![])
        .node("text", "Where", &["above", "home", "x"], vec![])
        .node_in(ML, "y", "OneHotEncoder", &["text"], vec![strings("cats_strings", &["home"])])
        .output("y");
    let by_number = refusal(by_number);
    assert!(by_number.contains("'text_node'") && by_number.contains("choose between numbers"), "{by_number}");
    let both = refusal(two_texts().node("y", "Equal", &["x", "x"], vec![]).output("y"));
    assert!(both.contains("holds strings"), "{both}");
}
