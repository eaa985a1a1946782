//! Numbers in decimal: what is written is what is read, to the last bit; and a domain that calibration declares contains
//! the calibration, in whatever form it comes.

use assay_compiler::calibrate::{FeatureNames, Signature};
use assay_compiler::{CalibrationError, Options, Table, compile};
use proptest::prelude::*;

use crate::builder::*;

/// One sample from the text of one number.
fn read(table: Result<Table, assay_compiler::CalibrationError>) -> f64 {
    match table.unwrap() {
        Table::Rows(rows) => rows[0][0],
        Table::Headerless(rows) | Table::Columns { rows, .. } => rows[0][0].number().unwrap(),
        table => panic!("{table:?}"),
    }
}

fn json(text: &str) -> f64 {
    read(Table::from_json(format!("[[{text}]]").as_bytes()))
}

fn csv(text: &str) -> f64 {
    read(Table::from_csv(format!("x\n{text}\n").as_bytes()))
}

fn npy(descr: &str, data: &[u8]) -> f64 {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1, 1), }}");
    read(Table::from_npy(&crate::calibration::npy(&header, data)))
}

fn finite_f64() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite())
}

fn finite_f32() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |value| value.is_finite())
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn doubles(value in finite_f64()) {
        let bits = value.to_bits();
        prop_assert_eq!(json(&serde_json::to_string(&value).unwrap()).to_bits(), bits);
        // Python's repr, and all digits that a double may need.
        for text in [format!("{value}"), format!("{value:e}"), format!("{value:.16e}")] {
            prop_assert_eq!(csv(&text).to_bits(), bits, "{}", text);
            prop_assert_eq!(json(&text), value, "{}", text);
        }
        prop_assert_eq!(npy("<f8", &value.to_le_bytes()).to_bits(), bits);
    }

    #[test]
    fn floats(value in finite_f32()) {
        let wide = f64::from(value);
        prop_assert_eq!(npy("<f4", &value.to_le_bytes()).to_bits(), wide.to_bits());
        prop_assert_eq!(csv(&format!("{wide}")).to_bits(), wide.to_bits());
        // The shortest decimal of a float is another double, and the same float.
        prop_assert_eq!(csv(&format!("{value}")) as f32, value);
        prop_assert_eq!(json(&format!("{value:e}")) as f32, value);
    }
}

/// The number that a JSON reader without `float_roundtrip` takes one unit in the last place too high.
#[test]
fn a_calibration_row_is_in_its_own_domain() {
    let onnx = Onnx::new().input("x", &[1, 2]).node("y", "Relu", &["x"], vec![]).output("y");
    let rows = Table::Rows(vec![vec![2.199_517_726_898_193_4, 1.0], vec![-1.0, 0.5]]);
    let (model, _) = compile(&onnx.bytes(), &rows, &Options::default()).unwrap();
    let table = Table::from_json(b"[2.1995177268981934, 1.0]").unwrap();
    model.quantize_inputs(&model.arrange(&table).unwrap().rows[0]).unwrap();
}

proptest! {
    #![proptest_config(cases(40))]

    /// Calibrated with an array of `float`, doubles, or either in decimal; proven with any of them.
    #[test]
    fn any_form_is_in_the_domain_of_any_other(a in -1e6f32..1e6, b in -1e6f32..1e6) {
        let onnx = Onnx::new().input("x", &[1, 1]).node("y", "Relu", &["x"], vec![]).output("y");
        let forms: [fn(f32) -> f64; 2] = [f64::from, |value| csv(&format!("{value}"))];
        for calibrated in forms {
            let rows = Table::Rows(vec![vec![calibrated(a)], vec![calibrated(b)]]);
            let options = Options { max_error: 1e6, ..Options::default() };
            let (model, _) = compile(&onnx.bytes(), &rows, &options).unwrap();
            for proven in forms {
                for value in [a, b] {
                    prop_assert!(model.quantize_inputs(&[proven(value)]).is_ok());
                }
            }
            // The next float is outside.
            let above = f64::from(a.max(b).next_up());
            prop_assert!(model.quantize_inputs(&[above]).is_err());
        }
    }
}

/// Integers that no double holds are the nearest one, exponents may be written in any way, and zero keeps its sign: CSV and
/// JSON read the same text as the same number.
#[test]
fn forms_of_a_number() {
    for text in [
        "9007199254740993",
        "-9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "123456789012345678901234567890",
        "-0",
        "-0.0",
        "0",
        "1E5",
        "1e+5",
        "12.5e-1",
        "5e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1e-400",
    ] {
        let expected = text.parse::<f64>().unwrap().to_bits();
        assert_eq!((csv(text).to_bits(), json(text).to_bits()), (expected, expected), "{text}");
    }
    for text in ["1e999", "-1e999", "NaN", "nan", "Infinity", "-inf", "1e", "0x10", "1_000", "--1", ""] {
        let features = ["x".to_owned(), "y".to_owned()];
        let signature = Signature::new(vec![("i", 2)], &features, FeatureNames::Declared);
        let read = |table: Result<Table, CalibrationError>| table.and_then(|table| table.arrange(&signature));
        assert!(read(Table::from_csv(format!("x,y\n{text},1\n").as_bytes())).is_err(), "{text}");
        assert!(read(Table::from_json(format!("[[{text},1]]").as_bytes())).is_err(), "{text}");
        assert!(read(Table::from_json(format!("[[\"{text}\",1]]").as_bytes())).is_err(), "{text}");
    }
}

/// A report's JSON, read again, has its numbers to the last bit, and none that JSON cannot write (which would be null).
#[test]
fn a_reports_numbers() {
    let onnx = crate::networks::perceptron(&[3, 6, 1], 4);
    let options = Options { threshold: Some(0.1), ..Options::default() };
    let (_, report) = compiled(&onnx, &options);
    let exact = serde_json::to_value(&report).unwrap();
    let read: serde_json::Value = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(read, exact);
    fn nulls(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Null => 1,
            serde_json::Value::Array(values) => values.iter().map(nulls).sum(),
            serde_json::Value::Object(fields) => fields.values().map(nulls).sum(),
            _ => 0,
        }
    }
    // Without an engine of its own there is no gap and no name of one; all else is a number or a word.
    assert!(nulls(&exact) <= 3, "{exact:#}");
}
