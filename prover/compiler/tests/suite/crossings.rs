//! Which branch a value takes that lies beside a threshold, and what is said of rows that take another than in the model.

use assay_compiler::crossings::{Crossings, Remedy};
use assay_compiler::onnx::*;
use assay_compiler::warning::Warning;
use assay_compiler::{CompileError, ExactFloats, Format, Options, Table, compile};

use crate::builder::*;
use crate::exact::{holds, outputs, stumps, trees};

const ORDERS: [&str; 4] = ["BRANCH_LT", "BRANCH_LEQ", "BRANCH_GT", "BRANCH_GTE"];

/// What stumps with these thresholds give for a number.
fn expected(mode: &str, x: f32, thresholds: &[f32]) -> f64 {
    let weight = |(tree, &t): (usize, &f32)| {
        if holds(mode, x, t.into(), 0) { 0.5f64.powi(tree as i32) } else { 0.0 }
    };
    thresholds.iter().enumerate().map(weight).sum()
}

fn rows(values: &[f64]) -> Table {
    Table::Rows(values.iter().map(|&x| vec![x]).collect())
}

/// Thresholds behind a scaler are scaled training data, but for the last bit: trainers scale in another precision. Whole numbers and
/// decimals are on their side of them all the same, those too that the calibration data does not have.
#[test]
fn scaled_values_beside_thresholds_take_the_models_branch() {
    let (mean, scale) = (36.12f32, 0.058_824_18f32);
    let scaled = |x: f64| (x as f32 - mean) * scale;
    let whole: Vec<f64> = (12..=60).map(f64::from).collect();
    let cents: Vec<f64> = (0..=90).map(|i| f64::from(1207 + 53 * i) / 100.0).collect();
    for (values, step) in [(whole, 12), (cents, 9)] {
        let calibration: Vec<f64> = values.iter().copied().step_by(step).collect();
        let of = |x: f64| [scaled(x), scaled(x).next_up(), scaled(x).next_down()];
        let thresholds: Vec<f32> = [values[0], values[step], values[step + 3], values[2 * step + 1]]
            .into_iter()
            .flat_map(of)
            .collect();
        for mode in ORDERS {
            let scaler = vec![floats("offset", &[mean]), floats("scale", &[scale])];
            let x = Onnx::new().input("x", &[1, 1]).node_in("ai.onnx.ml", "s", "Scaler", &["x"], scaler);
            let onnx = trees(x, "y", "s", stumps(mode, &thresholds, 1, 0)).output("y");
            let options = Options { max_error: 1e-4, ..Options::default() };
            let (compiled, _) = compile(&onnx.bytes(), &rows(&calibration), &options).unwrap();
            assert_eq!(compiled.schema.inputs()[0].bits, 16);
            for &x in &values {
                assert_eq!(
                    outputs(&compiled, &[x]),
                    [expected(mode, scaled(x), &thresholds)],
                    "{mode} of {x}"
                );
            }
        }
    }
}

/// A model of single precision reads the number of it that is nearest to a decimal, however fine the format is that the decimal is rounded to.
#[test]
fn decimals_are_compared_as_the_numbers_that_the_model_reads() {
    let values: Vec<f64> = (1..200).map(|i| f64::from(i) * 0.0049).collect();
    for mode in ORDERS {
        let of = |x: f64| [x as f32, (x as f32).next_up(), (x as f32).next_down()];
        let thresholds: Vec<f32> = [0.0049, 0.1225, 0.2401, 0.7399].into_iter().flat_map(of).collect();
        let onnx =
            trees(Onnx::new().input("x", &[1, 1]), "y", "x", stumps(mode, &thresholds, 1, 0)).output("y");
        let options = Options { input_format: Some(Format { bits: 32, scale: 31 }), ..Options::default() };
        let (compiled, _) = compile(&onnx.bytes(), &rows(&values), &options).unwrap();
        for &x in &values {
            assert_eq!(outputs(&compiled, &[x]), [expected(mode, x as f32, &thresholds)], "{mode} of {x}");
        }
    }
}

/// Thresholds as dense as the data, of a feature one value of which is far larger than the others.
fn dense(elem_type: DataType) -> (Onnx, Table) {
    let thresholds: Vec<f32> = (1..16).map(|i| (i as f32).sqrt() / 4.0).collect();
    let mut onnx =
        trees(Onnx::new().input("x", &[1, 1]), "y", "x", stumps("BRANCH_LT", &thresholds, 1, 0)).output("y");
    let tensor = onnx.graph().input[0].r#type.as_mut().and_then(|of| of.tensor_type.as_mut()).unwrap();
    tensor.elem_type = elem_type as i32;
    let values: Vec<f64> = (1..300).map(|i| (f64::from(i) * 0.618_033_988_75).fract()).chain([3e5]).collect();
    (onnx, rows(&values))
}

fn crossings(onnx: &Onnx, table: &Table, options: &Options) -> Option<Crossings> {
    let (_, report) = compile(&onnx.bytes(), table, options).unwrap_or_else(|error| panic!("{error}"));
    report.warnings.into_iter().find_map(|warning| match warning {
        Warning::Crossings(crossings) => Some(crossings),
        _ => None,
    })
}

#[test]
fn rows_that_take_another_branch_are_counted_with_a_remedy_that_works() {
    let options = Options::default();
    let exact = Options { exact_floats: ExactFloats::All, ..Options::default() };
    let (onnx, table) = dense(DataType::Float);
    let found = crossings(&onnx, &table, &options).unwrap();
    assert!(found.rows > 0 && found.of == 2000, "{found:?}");
    assert_eq!(found.remedy, Some(Remedy::Option));
    assert_eq!(crossings(&onnx, &table, &exact), None);
    // Double precision has no such form: single precision has.
    let (double, table) = dense(DataType::Double);
    assert_eq!(crossings(&double, &table, &options).unwrap().remedy, Some(Remedy::SinglePrecision));
    // What computes with the feature, too, needs one of its own.
    let (mut both, table) = dense(DataType::Float);
    both = both.floats("w", &[1, 1], &[1e-6]).node("z", "Mul", &["x", "w"], vec![]).output("z");
    assert_eq!(crossings(&both, &table, &options).unwrap().remedy, Some(Remedy::OwnInputs));
    // Few values are near a threshold of few.
    let few = trees(Onnx::new().input("x", &[1, 1]), "y", "x", stumps("BRANCH_LT", &[0.5], 1, 0)).output("y");
    let values: Vec<f64> = (1..300).map(|i| (f64::from(i) * 0.618_033_988_75).fract()).collect();
    assert_eq!(crossings(&few, &rows(&values), &options), None);
}

/// No format tells a tenth of the rows apart.
#[test]
fn a_refusal_says_how_many_rows_take_another_branch() {
    let (onnx, _) = dense(DataType::Float);
    let values = (0..300).map(|i| match i % 10 {
        0 => (f64::from(i) * 0.618_033_988_75).fract(),
        _ => f64::from(i) * 1e9,
    });
    let table = rows(&values.collect::<Vec<f64>>());
    let error = compile(&onnx.bytes(), &table, &Options::default()).map(|_| ()).unwrap_err();
    let CompileError::Quantize(_) = &error else { panic!("{error}") };
    let text = error.to_string();
    assert!(
        text.contains("of 300 rows of the calibration data take another branch because a feature is rounded"),
        "{text}"
    );
    assert!(text.contains("--exact-floats rounds no feature"), "{text}");
    let exact = Options { exact_floats: ExactFloats::All, ..Options::default() };
    compile(&onnx.bytes(), &table, &exact).unwrap_or_else(|error| panic!("{error}"));
}
