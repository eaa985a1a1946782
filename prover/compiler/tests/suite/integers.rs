//! Arithmetic of integers is exact: quotients and remainders are whole numbers, and so are indices that are made of them.

use crate::builder::*;
use assay_circuits::Assignment;
use assay_compiler::import::import;
use assay_compiler::onnx::DataType;
use assay_compiler::{CompiledModel, Options, Table, compile};

/// Integer inputs `a` and `b` of three elements.
fn pair() -> Onnx {
    let three = || vec![Dim::Size(3)];
    Onnx::new().input_of("a", DataType::Int64, three()).input_of("b", DataType::Int64, three())
}

/// Dividends and divisors of both signs, no divisor zero.
fn samples() -> Vec<Vec<f64>> {
    let sample = |i: i64| {
        let dividends = [i * 7 - 100, 90 - i * 5, i * i - 300];
        let divisors = [i % 9 + 1, -(i % 5) - 1, if i % 2 == 0 { i % 7 + 1 } else { -(i % 7) - 1 }];
        dividends.into_iter().chain(divisors).map(|x| x as f64).collect()
    };
    (0..40).map(sample).collect()
}

/// The integers that a model gives are these numbers, in a circuit whose constraints hold, and the file is read as it was written.
fn check(onnx: &Onnx, answers: impl Fn(&[f64]) -> Vec<f64>) -> CompiledModel {
    let (model, samples) = (import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}")), samples());
    let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(samples.clone()), &Options::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.to_bytes(), compiled.to_bytes());
    for sample in &samples {
        assert_eq!(model.evaluate(sample).concat(), answers(sample), "{sample:?}");
        let inputs = read.quantize_inputs(sample).unwrap();
        let outputs = read.run_reference(&inputs).unwrap();
        assert_eq!(read.dequantize_outputs(&outputs).concat(), answers(sample), "{sample:?}");
        let witness = read.circuit.solve(&Assignment { inputs, ..Assignment::default() }).unwrap();
        assert_eq!(witness.outputs(), outputs);
    }
    compiled
}

#[test]
fn quotients_are_rounded_towards_zero() {
    let by_constants = pair().integers("d", &[3, -4, 25]).node("y", "Div", &["a", "d"], vec![]).output("y");
    let compiled =
        check(&by_constants, |x| x.iter().zip([3.0, -4.0, 25.0]).map(|(a, d)| (a / d).trunc()).collect());
    assert_eq!(compiled.schema.outputs()[0].scales.single(), Some(0));
    let by_variables = pair().node("y", "Div", &["a", "b"], vec![]).output("y");
    let compiled =
        check(&by_variables, |x| x[..3].iter().zip(&x[3..]).map(|(a, d)| (a / d).trunc()).collect());
    assert_eq!(compiled.schema.outputs()[0].scales.single(), Some(0));
}

#[test]
fn remainders_have_the_sign_of_the_divisor_or_of_the_dividend() {
    for fmod in [0, 1] {
        let rest = |a: f64, d: f64| {
            let rest = a % d;
            if fmod == 0 && rest != 0.0 && (rest < 0.0) != (d < 0.0) { rest + d } else { rest }
        };
        let onnx = pair().node("y", "Mod", &["a", "b"], vec![int("fmod", fmod)]).output("y");
        check(&onnx, |x| x[..3].iter().zip(&x[3..]).map(|(&a, &d)| rest(a, d)).collect());
    }
}

/// An index that is made of a quotient, kept within its axis by a clip.
#[test]
fn an_index_is_made_of_integers() {
    let table: Vec<f32> = (0..8).map(|i| (i * i) as f32 / 64.0).collect();
    let onnx = pair()
        .floats("t", &[8], &table)
        .integers("seven", &[7])
        .integers("low", &[1])
        .integers("high", &[6])
        .node("q", "Div", &["a", "seven"], vec![])
        .node("i", "Clip", &["q", "low", "high"], vec![])
        .node("y", "Gather", &["t", "i"], vec![])
        .output("y");
    check(&onnx, |x| {
        let place = |a: &f64| (a / 7.0).trunc().clamp(1.0, 6.0);
        x[..3].iter().map(|a| place(a) * place(a) / 64.0).collect()
    });
}

/// Decades of ages: 20 over 10 is 2, where 20 times the nearest number to 0.1 in binary may be less. So are numbers that stand for
/// multiples of a power of two.
#[test]
fn values_over_whole_numbers_are_rounded_exactly() {
    for (tens, most) in [(10.0, 80.0), (1536.0, 1e6)] {
        for (op, attributes) in [("Floor", vec![]), ("Cast", vec![int("to", 7)])] {
            let onnx = Onnx::new()
                .input("x", &[2])
                .floats("d", &[1], &[tens as f32])
                .node("q", "Div", &["x", "d"], vec![])
                .node("y", op, &["q"], attributes)
                .output("y");
            let samples: Vec<Vec<f64>> =
                (0..40).map(|i| vec![f64::from(i) / 39.0 * most, -f64::from(i) * tens]).collect();
            let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(samples), &Options::default())
                .unwrap_or_else(|error| panic!("{error}"));
            let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
            assert_eq!(read.to_bytes(), compiled.to_bytes());
            for i in 0..8 {
                let inputs = read.quantize_inputs(&[f64::from(i) * tens, -f64::from(i) * tens]).unwrap();
                let outputs = read.run_reference(&inputs).unwrap();
                assert_eq!(
                    read.dequantize_outputs(&outputs).concat(),
                    [f64::from(i), -f64::from(i)],
                    "{op} {tens}"
                );
                let witness = read.circuit.solve(&Assignment { inputs, ..Assignment::default() }).unwrap();
                assert_eq!(witness.outputs(), outputs);
            }
        }
    }
}
