//! Elements by indices that depend on the inputs: rows of constant tables, values of variables, categories as ones and zeros.

use crate::builder::*;
use assay_circuits::Assignment;
use assay_compiler::import::import;
use assay_compiler::onnx::DataType;
use assay_compiler::{CompiledModel, Options, Table, compile};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// An input of indices.
fn indices(onnx: Onnx, dims: &[i64]) -> Onnx {
    onnx.input_of("i", DataType::Int64, dims.iter().map(|&size| Dim::Size(size)).collect())
}

/// A table of values from -1 to 1.
fn table(onnx: Onnx, dims: &[i64]) -> Onnx {
    let len: i64 = dims.iter().product();
    onnx.floats("t", dims, &(0..len).map(|at| value(at as usize) as f32).collect::<Vec<_>>())
}

fn value(at: usize) -> f64 {
    ((at * 37 + 11) % 64) as f64 / 32.0 - 1.0
}

/// Rows of `values` numbers from -2 to 2, and then indices from `-size` to `size - 1`, in the order of the inputs.
fn samples(values: usize, indices: usize, size: i64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let row = |rng: &mut ChaCha20Rng| {
        let mut row: Vec<f64> =
            (0..values).map(|_| f64::from(rng.gen_range(-2000..=2000)) / 1000.0).collect();
        row.extend((0..indices).map(|_| rng.gen_range(-size..size) as f64));
        row
    };
    (0..60).map(|_| row(&mut rng)).collect()
}

/// Compiles on the samples: answers of the model and of the circuit's integers are these, and constraints hold.
fn check(onnx: &Onnx, samples: &[Vec<f64>], answers: impl Fn(&[f64]) -> Vec<f64>) -> CompiledModel {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    for sample in samples {
        assert_eq!(model.evaluate(sample).concat(), answers(sample), "{sample:?}");
    }
    let options = Options { max_error: 0.01, ..Options::default() };
    let (compiled, _) = compile(&onnx.bytes(), &Table::Rows(samples.to_vec()), &options)
        .unwrap_or_else(|error| panic!("{error}"));
    let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.to_bytes(), compiled.to_bytes());
    for sample in samples.iter().take(20) {
        let inputs = integers(&compiled, sample);
        let expected = read.run_reference(&inputs).unwrap();
        let witness = read.circuit.solve(&Assignment { inputs, ..Assignment::default() }).unwrap();
        assert_eq!(witness.outputs(), expected);
        let reals = read.dequantize_outputs(&expected).concat();
        for (real, answer) in reals.into_iter().zip(answers(sample)) {
            assert!((real - answer).abs() <= 0.01, "{sample:?}: {real}, not {answer}");
        }
    }
    compiled
}

/// The integers of a sample.
fn integers(compiled: &CompiledModel, sample: &[f64]) -> Vec<Vec<i64>> {
    compiled.quantize_inputs(sample).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn rows_of_a_table() {
    let embedding = table(indices(Onnx::new(), &[1, 3]), &[5, 4]);
    let embedding = embedding.node("y", "Gather", &["t", "i"], vec![]).output("y");
    let row = |&i: &f64| {
        let row = (i + 5.0) as usize % 5;
        (0..4).map(move |column| value(row * 4 + column))
    };
    let compiled = check(&embedding, &samples(0, 3, 5), |x| x.iter().flat_map(row).collect());
    // An index beyond the table has no answer in the reference, and no witness.
    for beyond in [5, -6, 7, -8] {
        let inputs = vec![vec![0, beyond, 0]];
        assert!(compiled.run_reference(&inputs).is_err(), "{beyond}");
        let witness = compiled.circuit.solve(&Assignment { inputs, ..Assignment::default() });
        assert!(witness.map_or(true, |witness| compiled.circuit.r1cs.first_violation(&witness).is_some()));
    }
    assert!(import(&embedding.bytes()).unwrap().evaluate(&[0.0, 5.0, 0.0]).concat()[4].is_nan());

    // Along another axis: of each row the column.
    let columns = table(indices(Onnx::new(), &[2]), &[2, 6]);
    let columns = columns.node("y", "Gather", &["t", "i"], vec![int("axis", 1)]).output("y");
    let column = |i: f64| (i + 6.0) as usize % 6;
    check(&columns, &samples(0, 2, 6), |x| {
        (0..2).flat_map(|row| x.iter().map(move |&i| value(row * 6 + column(i)))).collect()
    });

    let pairs = table(indices(Onnx::new(), &[2, 2]), &[3, 3, 2]);
    let pairs = pairs.node("y", "GatherND", &["t", "i"], vec![]).output("y");
    let place = |i: f64| (i + 3.0) as usize % 3;
    check(&pairs, &samples(0, 4, 3), |x| {
        let slice = |pair: &[f64]| (place(pair[0]) * 3 + place(pair[1])) * 2;
        x.chunks_exact(2).flat_map(|pair| [value(slice(pair)), value(slice(pair) + 1)]).collect()
    });
}

/// Indices that move in steps: tiers of a table, and what a search by halving gives.
#[test]
fn indices_in_steps() {
    for (step, first) in [(2.0, 1.0), (2.0, 0.0), (4.0, 1.0), (-2.0, 3.0), (3.0, 0.0)] {
        let onnx = Onnx::new().input("x", &[1, 2]).floats("c", &[], &[0.25]);
        let onnx = onnx.floats("far", &[], &[(first + step) as f32]).floats("near", &[], &[first as f32]);
        let onnx = table(onnx, &[6])
            .node("g", "Greater", &["x", "c"], vec![])
            .node("f", "Where", &["g", "far", "near"], vec![])
            .node("i", "Cast", &["f"], vec![int("to", DataType::Int64 as i64)])
            .node("y", "Gather", &["t", "i"], vec![])
            .output("y");
        let row = |x: &f64| value((first + if *x > 0.25 { step } else { 0.0 }) as usize);
        check(&onnx, &samples(2, 0, 1), |x| x.iter().map(row).collect());
    }
}

#[test]
fn one_of_several_variables() {
    let gather = indices(Onnx::new().input("x", &[2, 3]), &[2]);
    let gather = gather.node("y", "Gather", &["x", "i"], vec![int("axis", 1)]).output("y");
    let place = |i: f64| (i + 3.0) as usize % 3;
    check(&gather, &samples(6, 2, 3), |x| {
        (0..2).flat_map(|row| x[6..].iter().map(move |&i| x[row * 3 + place(i)])).collect()
    });

    let elements = indices(Onnx::new().input("x", &[2, 3]), &[2, 1]);
    let elements = elements.node("y", "GatherElements", &["x", "i"], vec![int("axis", 1)]).output("y");
    check(&elements, &samples(6, 2, 3), |x| vec![x[place(x[6])], x[3 + place(x[7])]]);

    let extractor = indices(Onnx::new().input("x", &[2, 3]), &[1, 2]);
    let extractor =
        extractor.node_in("ai.onnx.ml", "y", "ArrayFeatureExtractor", &["x", "i"], vec![]).output("y");
    check(&extractor, &samples(6, 2, 3), |x| {
        (0..2).flat_map(|row| x[6..].iter().map(move |&i| x[row * 3 + place(i)])).collect()
    });
}

#[test]
fn categories_as_ones_and_zeros() {
    for axis in [-1, 0, 1] {
        let onnx = indices(Onnx::new(), &[2]).integers("d", &[3]).floats("v", &[2], &[0.25, 0.75]);
        let rank = if axis == 1 { -1 } else { axis };
        let onnx = onnx.node("y", "OneHot", &["i", "d", "v"], vec![int("axis", rank)]).output("y");
        // Two beyond either end: no category.
        check(&onnx, &samples(0, 2, 5), |x| {
            let hot = |i: f64, k: usize| if i == k as f64 || i + 3.0 == k as f64 { 0.75 } else { 0.25 };
            match axis {
                0 => (0..3).flat_map(|k| x.iter().map(move |&i| hot(i, k))).collect(),
                _ => x.iter().flat_map(|&i| (0..3).map(move |k| hot(i, k))).collect(),
            }
        });
    }
}
