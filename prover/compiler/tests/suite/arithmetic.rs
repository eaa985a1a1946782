//! Arithmetic of variables, comparisons and choices: an independent engine or hand-worked answers, our float evaluation,
//! the integer reference and the circuit agree.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::{CompiledModel, Options, Strategy, Table, compile};

/// Two inputs of one shape.
fn pair(shape: &[i64]) -> Onnx {
    Onnx::new().input("a", shape).input("b", shape)
}

/// One operator of the inputs `a` and `b`.
fn binary(op: &str) -> Onnx {
    pair(&[2, 3]).node("y", op, &["a", "b"], vec![]).output("y")
}

/// A model's own float evaluation of its inputs.
fn evaluated(onnx: &Onnx, sample: &[f64]) -> Vec<Vec<f64>> {
    import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}")).evaluate(sample)
}

/// As [`check_engines`], where no other engine knows the operator: the circuit against the integers, these against the
/// floats.
fn check_own(onnx: &Onnx, rows: Vec<Vec<f64>>, max_error: f64) {
    for ranges in [Strategy::Bits, Strategy::Lookup] {
        let options = Options { max_error, ranges, ..Options::default() };
        let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(rows.clone()), &options)
            .unwrap_or_else(|error| panic!("{error}"));
        for output in &report.outputs {
            assert!(output.max_error <= max_error * 1.05, "{report:#?}");
        }
        check_circuit(&compiled, 8);
    }
}

/// Calibration rows on a grid of eighths, so that comparisons are exact.
fn grid(count: usize, columns: usize) -> Vec<Vec<f64>> {
    rows(count, columns, 5).iter().map(|row| row.iter().map(|x| (x * 8.0).round() / 8.0).collect()).collect()
}

#[test]
fn products_and_squares() {
    check_engines(&binary("Mul"));
    let square = Onnx::new().input("x", &[4]).node("y", "Mul", &["x", "x"], vec![]).output("y");
    let (compiled, _) = check_engines(&square);
    assert_eq!(compiled.graph.layers.len(), 1);
    let polynomial = Onnx::new()
        .input("x", &[1, 4])
        .floats("w", &[4, 3], &[0.5, -1.25, 0.75, 1.0, -0.3, 0.1, 0.5, -0.8, 0.9, -1.1, 0.4, 0.6])
        .floats("v", &[3, 1], &[0.3, -0.2, 0.1])
        .node("h", "MatMul", &["x", "w"], vec![])
        .node("q", "Mul", &["h", "h"], vec![])
        .node("s", "Add", &["q", "h"], vec![])
        .node("y", "MatMul", &["s", "v"], vec![])
        .output("y");
    check_engines(&polynomial);
}

#[test]
fn products_broadcast_and_round_each_factor_once() {
    let onnx = Onnx::new().input("a", &[2, 3]).input("b", &[2, 1]).node("y", "Mul", &["a", "b"], vec![]);
    check_engines(&onnx.output("y"));
    // Of broadcast shapes `x · sigmoid(x)` is no function of one variable.
    let outer = Onnx::new()
        .input("x", &[3, 1])
        .node("s", "Sigmoid", &["x"], vec![])
        .integers("shape", &[1, 3])
        .node("t", "Reshape", &["s", "shape"], vec![])
        .node("y", "Mul", &["x", "t"], vec![])
        .output("y");
    check_engines(&outer);
}

#[test]
fn products_of_matrices() {
    let matmul = |a: &[i64], b: &[i64]| {
        let onnx = Onnx::new().input("a", a).input("b", b).node("y", "MatMul", &["a", "b"], vec![]);
        check_engines(&onnx.output("y"));
    };
    matmul(&[2, 3], &[3, 2]);
    matmul(&[2, 2, 3], &[3, 2]);
    matmul(&[2, 1, 3], &[2, 3, 2]);
    matmul(&[3], &[3, 2]);
    matmul(&[2, 3], &[3]);
    let gemm = Onnx::new()
        .input("a", &[3, 2])
        .input("b", &[2, 3])
        .floats("c", &[2], &[0.5, -0.25])
        .node("y", "Gemm", &["a", "b", "c"], vec![int("transA", 1), int("transB", 1), float("alpha", 0.5)])
        .output("y");
    check_engines(&gemm);
    let constants: Vec<f32> = (0..12).map(|i| i as f32 / 8.0 - 0.7).collect();
    let batches = Onnx::new()
        .input("x", &[2, 2, 3])
        .floats("w", &[2, 3, 2], &constants)
        .node("y", "MatMul", &["x", "w"], vec![])
        .output("y");
    check_engines(&batches);
}

#[test]
fn a_single_attention_block() {
    let weights =
        |seed: u64| -> Vec<f32> { rows(1, 9, seed).concat().into_iter().map(|x| x as f32 / 2.0).collect() };
    let onnx = Onnx::new()
        .input("x", &[1, 2, 3])
        .floats("q", &[3, 3], &weights(1))
        .floats("k", &[3, 3], &weights(2))
        .floats("v", &[3, 3], &weights(3))
        .integers("shape", &[1, 3, 2])
        .node("queries", "MatMul", &["x", "q"], vec![])
        .node("keys", "MatMul", &["x", "k"], vec![])
        .node("values", "MatMul", &["x", "v"], vec![])
        // Any matrix of the right shape does for the engines.
        .node("turned", "Reshape", &["keys", "shape"], vec![])
        .node("scores", "MatMul", &["queries", "turned"], vec![])
        .node("weights", "Softmax", &["scores"], vec![int("axis", -1)])
        .node("y", "MatMul", &["weights", "values"], vec![])
        .output("y");
    check_engines(&onnx);
}

#[test]
fn quotients() {
    let onnx = Onnx::new()
        .input("a", &[2])
        .input("d", &[2])
        .floats("three", &[], &[3.0])
        .node("p", "Add", &["d", "three"], vec![])
        .node("y", "Div", &["a", "p"], vec![])
        .output("y");
    check_engines(&onnx);
    let negative = Onnx::new()
        .input("a", &[2])
        .input("d", &[1])
        .floats("three", &[], &[-3.0])
        .node("p", "Add", &["d", "three"], vec![])
        .node("y", "Div", &["a", "p"], vec![])
        .output("y");
    check_engines(&negative);
    // The health factor: quotients from near 0 to 100.
    let health = Onnx::new()
        .input("collateral", &[1, 1])
        .input("debt", &[1, 1])
        .node("y", "Div", &["collateral", "debt"], vec![])
        .output("y");
    let samples = rows(60, 2, 9);
    let samples = samples.iter().map(|row| vec![2550.0 + row[0] * 1225.0, 2025.0 + row[1] * 987.5]).collect();
    check_own(&health, samples, 0.02);
}

/// Divisors of both signs: dividends get the sign of theirs, and magnitudes are divided by, of a unit at least.
#[test]
fn divisors_of_both_signs() {
    let onnx = Onnx::new()
        .input("x", &[1, 4])
        // No row of the test's has a zero of this.
        .floats("shift", &[], &[0.0003])
        .node("d", "Add", &["x", "shift"], vec![])
        .node("a", "Abs", &["d"], vec![])
        .node("y", "Div", &["a", "d"], vec![])
        .output("y");
    check_answers(&onnx, |x| x.iter().map(|x| (x + f64::from(0.0003f32)).signum()).collect());
    // Of zeros alone there is no quotient.
    let zeros = vec![vec![0.0; 12]; 20];
    let error = compile(&binary("Div").bytes(), &Table::Rows(zeros), &Options::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("'y_node'") && text.contains("not zero"), "{text}");
}

#[test]
fn quotients_of_whole_numbers_are_truncated() {
    let onnx = Onnx::new()
        .integers("a", &[7, -7, 6])
        .integers("d", &[2])
        .node("q", "Div", &["a", "d"], vec![])
        .input("x", &[3])
        .node("y", "Mul", &["x", "q"], vec![])
        .output("y");
    assert_eq!(evaluated(&onnx, &[1.0, 1.0, 1.0]), [[3.0, -3.0, 3.0]]);
}

/// A power has the type of its base, and would be cut off there.
#[test]
fn powers_of_whole_numbers_are_whole() {
    let power = |exponent: f32| {
        Onnx::new()
            .input_of("x", assay_compiler::onnx::DataType::Int64, vec![Dim::Size(3)])
            .floats("p", &[], &[exponent])
            .node("y", "Pow", &["x", "p"], vec![])
            .output("y")
    };
    assert_eq!(evaluated(&power(2.0), &[1.0, 3.0, 4.0]), [[1.0, 9.0, 16.0]]);
    let rows = (0..40).map(|i| [1, 5, 7].map(|step| f64::from(1 + i * step % 15)).to_vec());
    check_own(&power(2.0), rows.collect(), 1e-9);
    for exponent in [0.5, -1.0, 1.5] {
        let refused =
            import(&power(exponent).bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("of whole numbers, a whole number that is not negative"), "{refused}");
    }
}

#[test]
fn choices_between_truth_values_are_truth_values() {
    let onnx = pair(&[4])
        .floats("zero", &[], &[0.0])
        .floats("low", &[], &[-0.5])
        .node("c", "Less", &["a", "b"], vec![])
        .node("p", "Greater", &["a", "zero"], vec![])
        .node("n", "Not", &["p"], vec![])
        .node("q", "Greater", &["b", "zero"], vec![])
        .node("w", "Where", &["c", "n", "q"], vec![])
        .node("r", "Greater", &["a", "low"], vec![])
        .node("y", "And", &["w", "r"], vec![])
        .output("y");
    assert_eq!(evaluated(&onnx, &[0.0, 0.5, 0.5, -1.0, 1.0, 1.0, -1.0, 1.0]), [[1.0, 0.0, 0.0, 0.0]]);
    check_own(&onnx, grid(60, 8), 1e-9);
}

#[test]
fn powers() {
    for exponent in [0.5f32, 1.0, 2.0, 3.0, 5.0] {
        let onnx = Onnx::new()
            .input("x", &[3])
            .floats("three", &[], &[3.0])
            .floats("third", &[], &[0.25])
            .floats("p", &[], &[exponent])
            .node("s", "Add", &["x", "three"], vec![])
            .node("t", "Mul", &["s", "third"], vec![])
            .node("y", "Pow", &["t", "p"], vec![])
            .output("y");
        check_engines(&onnx);
    }
    let each = Onnx::new()
        .input("x", &[2, 3])
        .floats("three", &[], &[3.0])
        .floats("p", &[3], &[2.0, 1.0, -1.5])
        .node("s", "Add", &["x", "three"], vec![])
        .node("y", "Pow", &["s", "p"], vec![])
        .output("y");
    check_engines(&each);
    let cube = Onnx::new().input("x", &[3]).floats("p", &[], &[3.0]).node("y", "Pow", &["x", "p"], vec![]);
    check_engines(&cube.output("y"));
}

#[test]
fn absolute_values_signs_and_negation() {
    let unary = |op: &str| Onnx::new().input("x", &[4]).node("y", op, &["x"], vec![]).output("y");
    check_engines(&unary("Abs"));
    check_engines(&unary("Neg"));
    assert_eq!(evaluated(&unary("Sign"), &[-0.5, 0.0, 2.0, -1e-9]), [[-1.0, 0.0, 1.0, -1.0]]);
    check_own(&unary("Sign"), grid(40, 4), 0.02);
    // The independent engine says so as well, of zero too.
    let engine = reference(&unary("Sign")).run(&[-0.5, 0.0, 2.0, -1e-9]).unwrap();
    assert_eq!(engine, [[-1.0, 0.0, 1.0, -1.0]]);
    let behind = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 2], &[0.5, -1.25, 0.75, 1.0])
        .node("h", "MatMul", &["x", "w"], vec![])
        .node("y", "Abs", &["h"], vec![])
        .output("y");
    check_engines(&behind);
}

#[test]
fn largest_and_smallest_of_several() {
    check_engines(&binary("Max"));
    check_engines(&binary("Min"));
    let three = Onnx::new()
        .input("a", &[2, 2])
        .input("b", &[2])
        .floats("c", &[2, 1], &[0.5, -0.25])
        .node("y", "Max", &["a", "b", "c"], vec![])
        .output("y");
    check_engines(&three);
    // With one number it is a clip, which costs no comparison of its own.
    let clip = Onnx::new().input("x", &[4]).floats("c", &[], &[0.5]).node("y", "Min", &["x", "c"], vec![]);
    let (compiled, _) = check_engines(&clip.output("y"));
    assert_eq!(compiled.graph.layers[0].kind(), "clip");
}

#[test]
fn reductions_to_the_largest_the_smallest_and_the_product() {
    for (op, axes, keep) in [
        ("ReduceMax", vec![1], 1),
        ("ReduceMin", vec![0], 0),
        ("ReduceMax", vec![0, -1], 0),
        ("ReduceProd", vec![1], 1),
        ("ReduceProd", vec![0], 0),
    ] {
        let onnx = Onnx::new()
            .input("x", &[2, 3])
            .node("y", op, &["x"], vec![ints("axes", &axes), int("keepdims", keep)])
            .output("y");
        check_engines(&onnx);
    }
    // Axes are an operand since operator set 18; none at all may mean nothing to do.
    let operand = |noop: i64, axes: &[i64]| {
        let onnx = Onnx::with_opset(18).input("x", &[2, 3]).integers("axes", axes);
        let attributes = vec![int("noop_with_empty_axes", noop), int("keepdims", 0)];
        onnx.node("y", "ReduceMax", &["x", "axes"], attributes).output("y")
    };
    let x = [1.0, 5.0, 3.0, -4.0, 2.0, -6.0];
    assert_eq!(evaluated(&operand(0, &[1]), &x), [[5.0, 2.0]]);
    assert_eq!(evaluated(&operand(0, &[]), &x), [[5.0]]);
    assert_eq!(evaluated(&operand(1, &[]), &x), [x]);
}

#[test]
fn comparisons_and_choices() {
    let onnx = |op: &str| {
        Onnx::new()
            .input("x", &[3])
            .floats("t", &[3], &[0.8, 0.5, -1.0])
            .floats("hi", &[3], &[40.0, 25.0, 10.0])
            .floats("lo", &[], &[-1.0])
            .node("c", op, &["x", "t"], vec![])
            .node("y", "Where", &["c", "hi", "lo"], vec![])
            .output("y")
    };
    // On the thresholds, and beside them by a step of the grid.
    let x = [0.875, 0.5, -1.0];
    assert_eq!(evaluated(&onnx("Greater"), &x), [[40.0, -1.0, -1.0]]);
    assert_eq!(evaluated(&onnx("GreaterOrEqual"), &x), [[40.0, 25.0, 10.0]]);
    assert_eq!(evaluated(&onnx("Less"), &x), [[-1.0, -1.0, -1.0]]);
    assert_eq!(evaluated(&onnx("LessOrEqual"), &x), [[-1.0, 25.0, 10.0]]);
    assert_eq!(evaluated(&onnx("Equal"), &x), [[-1.0, 25.0, 10.0]]);
    for op in ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"] {
        // A flip would be an error of 11 and more.
        check_own(&onnx(op), grid(60, 3), 0.02);
    }
    let scaled = Onnx::new()
        .input("x", &[3])
        .floats("f", &[3], &[-0.3, -2.0, -0.7])
        .floats("t", &[], &[0.35])
        .node("s", "Mul", &["x", "f"], vec![])
        .node("y", "Less", &["s", "t"], vec![])
        .output("y");
    assert_eq!(evaluated(&scaled, &[-2.0, 1.0, -0.5]), [[0.0, 1.0, 0.0]]);
    check_own(&scaled, grid(40, 3), 0.02);
}

#[test]
fn choices_between_variables() {
    let onnx = pair(&[3])
        .node("c", "Less", &["a", "b"], vec![])
        .node("y", "Where", &["c", "a", "b"], vec![])
        .output("y");
    assert_eq!(evaluated(&onnx, &[1.0, 5.0, 2.0, 3.0, 4.0, 2.0]), [[1.0, 4.0, 2.0]]);
    check_own(&onnx, grid(40, 6), 0.02);
    let one_constant = pair(&[3])
        .floats("zero", &[], &[0.1])
        .node("c", "GreaterOrEqual", &["a", "b"], vec![])
        .node("y", "Where", &["c", "a", "zero"], vec![])
        .output("y");
    check_own(&one_constant, grid(40, 6), 0.02);
    let known = pair(&[2])
        .floats("half", &[2], &[0.25, 0.75])
        .floats("bound", &[], &[0.5])
        .node("c", "Less", &["half", "bound"], vec![])
        .node("y", "Where", &["c", "a", "b"], vec![])
        .output("y");
    assert_eq!(evaluated(&known, &[1.0, 2.0, 3.0, 4.0]), [[1.0, 4.0]]);
}

#[test]
fn logic_of_comparisons() {
    for (op, table) in [("And", [1.0, 0.0, 0.0]), ("Or", [1.0, 1.0, 0.0]), ("Xor", [0.0, 1.0, 0.0])] {
        let onnx = pair(&[3])
            .floats("zero", &[], &[0.0])
            .node("p", "Greater", &["a", "zero"], vec![])
            .node("q", "Greater", &["b", "zero"], vec![])
            .node("r", op, &["p", "q"], vec![])
            .node("y", "Not", &["r"], vec![])
            .output("y");
        let expected: Vec<f64> = table.iter().map(|x| 1.0 - x).collect();
        assert_eq!(evaluated(&onnx, &[1.0, -1.0, -1.0, 1.0, 1.0, -1.0]), [expected]);
        check_own(&onnx, grid(40, 6), 0.02);
    }
}

#[test]
fn whole_numbers_and_remainders() {
    for op in ["Floor", "Ceil", "Round"] {
        let onnx = Onnx::new().input("x", &[4]).node("y", op, &["x"], vec![]).output("y");
        check_own(&onnx, grid(40, 4), 0.02);
    }
    let round = Onnx::new().input("x", &[5]).node("y", "Round", &["x"], vec![]).output("y");
    assert_eq!(evaluated(&round, &[0.5, 1.5, -0.5, -1.5, 2.4]), [[0.0, 2.0, 0.0, -2.0, 2.0]]);
    for fmod in [0, 1] {
        let onnx = Onnx::new()
            .input("x", &[4])
            .floats("m", &[], &[0.75])
            .node("y", "Mod", &["x", "m"], vec![int("fmod", fmod)])
            .output("y");
        let expected = if fmod == 0 { [0.25, 0.5, 0.5, 0.0] } else { [0.25, -0.25, 0.5, 0.0] };
        assert_eq!(evaluated(&onnx, &[1.0, -0.25, 1.25, -1.5]), [expected]);
        check_own(&onnx, grid(40, 4), 0.02);
    }
}

#[test]
fn rankings() {
    let top = |largest: i64, axis: i64| {
        let mut onnx = Onnx::new().input("x", &[2, 3]).integers("k", &[2]);
        onnx = onnx.node("v", "TopK", &["x", "k"], vec![int("largest", largest), int("axis", axis)]);
        onnx.graph().node[0].output = vec!["v".into(), "i".into()];
        onnx.output("v").output("i")
    };
    let x = [1.0, 3.0, 3.0, -2.0, 0.5, -2.0];
    assert_eq!(evaluated(&top(1, -1), &x), [[3.0, 3.0, 0.5, -2.0], [1.0, 2.0, 1.0, 0.0]]);
    assert_eq!(evaluated(&top(0, -1), &x), [[1.0, 3.0, -2.0, -2.0], [0.0, 1.0, 0.0, 2.0]]);
    assert_eq!(evaluated(&top(1, 0), &x), [[1.0, 3.0, 3.0, -2.0, 0.5, -2.0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]);
    check_own(&top(1, -1), grid(40, 6), 0.02);
    check_own(&top(0, 0), grid(40, 6), 0.02);
    let hardmax = Onnx::new().input("x", &[2, 3]).node("y", "Hardmax", &["x"], vec![]).output("y");
    assert_eq!(evaluated(&hardmax, &x), [[0.0, 1.0, 0.0, 0.0, 1.0, 0.0]]);
    check_own(&hardmax, grid(40, 6), 0.02);
    let argmin = |last: i64| {
        let attributes = vec![int("axis", 1), int("select_last_index", last)];
        Onnx::new().input("x", &[2, 3]).node("y", "ArgMin", &["x"], attributes).output("y")
    };
    assert_eq!(evaluated(&argmin(0), &x), [[0.0, 0.0]]);
    assert_eq!(evaluated(&argmin(1), &x), [[0.0, 2.0]]);
    check_own(&argmin(1), grid(40, 6), 0.02);
}

#[test]
fn what_no_finite_number_is() {
    let onnx = Onnx::new()
        .input("x", &[2])
        .floats("zero", &[], &[0.0])
        .node("n", "IsNaN", &["x"], vec![])
        .node("y", "Where", &["n", "zero", "x"], vec![])
        .output("y");
    assert_eq!(evaluated(&onnx, &[1.0, -2.0]), [[1.0, -2.0]]);
}

/// A model of all operators of this file that have parameters in files.
fn every_operator() -> Onnx {
    let mut onnx = pair(&[2, 3])
        .floats("half", &[], &[0.5])
        .floats("three", &[], &[3.0])
        .floats("bounds", &[3], &[0.25, -0.5, 1.0])
        .integers("k", &[2])
        .node("product", "Mul", &["a", "b"], vec![])
        .node("divisor", "Add", &["b", "three"], vec![])
        .node("quotient", "Div", &["a", "divisor"], vec![])
        .node("above", "Greater", &["a", "bounds"], vec![])
        .node("equal", "Equal", &["a", "b"], vec![])
        .node("either", "Or", &["above", "equal"], vec![])
        .node("chosen", "Where", &["either", "a", "b"], vec![])
        .node("abs", "Abs", &["a"], vec![])
        .node("sign", "Sign", &["b"], vec![])
        .node("max", "Max", &["a", "b"], vec![])
        .node("floor", "Floor", &["a"], vec![])
        .node("rest", "Mod", &["b", "half"], vec![int("fmod", 1)])
        .node("hot", "Hardmax", &["a"], vec![])
        .node("top", "TopK", &["a", "k"], vec![]);
    onnx.graph().node.last_mut().unwrap().output = vec!["top".into(), "places".into()];
    // A model has eight outputs at most.
    let outputs = ["product", "quotient", "chosen", "abs", "max", "rest", "top", "places"];
    outputs.into_iter().fold(onnx, Onnx::output)
}

#[test]
fn compiled_bytes_are_read_as_they_were_written_and_others_never_panic() {
    use assay_interface::artifact::{Kind, decode, encode};
    use rand::{Rng, SeedableRng};
    let options = Options { max_error: 0.05, ..Options::default() };
    let (compiled, _) = compile(&every_operator().bytes(), &Table::Rows(grid(60, 12)), &options)
        .unwrap_or_else(|e| panic!("{e}"));
    check_circuit(&compiled, 8);
    let bytes = compiled.to_bytes();
    assert_eq!(CompiledModel::from_bytes(&bytes).unwrap(), compiled);
    let payload = decode(Kind::Circuit, &bytes).unwrap().payload.to_vec();
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(13);
    for _ in 0..400 {
        let mut changed = payload.clone();
        for _ in 0..rng.gen_range(1..4) {
            let at = rng.gen_range(0..changed.len());
            changed[at] = if rng.gen_range(0..2) == 0 { rng.gen_range(0..=255) } else { changed[at] ^ 1 };
        }
        let file = encode(Kind::Circuit, [0; 32], &changed);
        if let Ok(model) = CompiledModel::from_bytes(&file) {
            assert_eq!(model.to_bytes(), file);
        }
    }
}
