//! Masks in front of a softmax: what is masked has no weight, whatever number says so.

use assay_circuits::{Assignment, audit};
use assay_compiler::import::import;
use assay_compiler::{Options, Table, compile};

use crate::builder::*;

const W: [f32; 15] = [0.5, -1.25, 0.75, 2.0, -0.3, 0.1, 1.5, -0.8, 0.9, -1.1, 0.4, 0.6, 0.2, -0.7, 1.2];

/// Three scores `s` of five inputs.
fn scores() -> Onnx {
    Onnx::with_opset(20).input("x", &[1, 5]).floats("w", &[5, 3], &W).node("s", "MatMul", &["x", "w"], vec![])
}

fn scores_of(x: &[f64]) -> Vec<f64> {
    (0..3).map(|j| (0..5).map(|i| x[i] * f64::from(W[3 * i + j])).sum()).collect()
}

/// Their weights where they are live, by the definition.
fn weights(scores: &[f64], live: &[bool]) -> Vec<f64> {
    let power = |(&score, &live): (&f64, &bool)| if live { score.exp() } else { 0.0 };
    let powers: Vec<f64> = scores.iter().zip(live).map(power).collect();
    powers.iter().map(|power| power / powers.iter().sum::<f64>()).collect()
}

/// A large intercept is no mask: terms as large may stand against it.
#[test]
fn large_intercepts_are_scores() {
    for intercept in [-32768.0, -40000.0, -65000.0, -1e6] {
        let onnx = scores()
            .floats("far", &[3], &[0.0, intercept, 0.0])
            .floats("against", &[5, 3], &[0.0, -intercept, 0.0].repeat(5))
            .node("large", "MatMul", &["x", "against"], vec![])
            .node("t", "Sum", &["s", "far", "large"], vec![])
            .node("y", "Softmax", &["t"], vec![int("axis", -1)])
            .output("y");
        let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
        // The terms make up for the intercept where the inputs' sum is 1.
        let x = [0.5, -0.25, 0.125, 0.5, 0.125];
        let (own, answers) = (model.evaluate(&x).concat(), weights(&scores_of(&x), &[true; 3]));
        assert!(
            own.iter().zip(&answers).all(|(own, answer)| (own - answer).abs() < 1e-5),
            "{intercept}: {own:?}"
        );
    }
}

#[test]
fn constant_masks_leave_elements_out() {
    // Rows of one, two and three scores, as causal attention has; all of them lower by a constant, for shifts change nothing.
    for (low, others) in [
        (f32::NEG_INFINITY, 0.0),
        (f32::MIN, 0.0),
        (-1e9, 0.0),
        (-65504.0, 0.0),
        (-3e9, -1e9),
        (f32::NEG_INFINITY, -1e9),
    ] {
        let mask = [others, low, low, others, others, low, others, others, others];
        let onnx = scores()
            .floats("factors", &[3, 1], &[1.0, 0.5, -1.0])
            .node("r", "Mul", &["factors", "s"], vec![])
            .floats("m", &[3, 3], &mask)
            .node("t", "Add", &["r", "m"], vec![])
            .node("y", "Softmax", &["t"], vec![int("axis", -1)])
            .output("y");
        let answers = |x: &[f64]| {
            let row = |(i, factor): (usize, f64)| {
                let scores: Vec<f64> = scores_of(x).iter().map(|score| score * factor).collect();
                weights(&scores, &[true, i > 0, i > 1])
            };
            [1.0, 0.5, -1.0].into_iter().enumerate().flat_map(row).collect()
        };
        // In single precision nothing is left of the scores that 1e9 is taken from.
        let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
        for x in rows(20, 5, 3) {
            let (own, answers): (_, Vec<f64>) = (model.evaluate(&x).concat(), answers(&x));
            assert!(
                own.iter().zip(&answers).all(|(own, answer)| (own - answer).abs() < 1e-5),
                "{low}: {own:?}"
            );
        }
        if others == 0.0 {
            check_answers(&onnx, answers);
        }
    }
}

/// `l` of three: whether the first two inputs are positive, and true.
fn conditions(onnx: Onnx) -> Onnx {
    onnx.integers("from", &[0])
        .integers("to", &[2])
        .integers("axes", &[1])
        .node("first", "Slice", &["x", "from", "to", "axes"], vec![])
        .floats("one", &[1, 1], &[1.0])
        .node("flags", "Concat", &["first", "one"], vec![int("axis", 1)])
        .floats("zero", &[1], &[0.0])
        .node("l", "Greater", &["flags", "zero"], vec![])
}

/// All ways in which a mask is written that depends on an input.
fn written() -> Vec<Onnx> {
    let mut all = Vec::new();
    for low in [f32::NEG_INFINITY, f32::MIN, -1e9] {
        let with = |onnx: Onnx| onnx.floats("low", &[1], &[low]);
        all.push(with(conditions(scores())).node("t", "Where", &["l", "s", "low"], vec![]));
        let not = with(conditions(scores())).node("n", "Not", &["l"], vec![]);
        all.push(not.node("t", "Where", &["n", "low", "s"], vec![]));
        let added = with(conditions(scores())).node("m", "Where", &["l", "zero", "low"], vec![]);
        all.push(added.node("t", "Add", &["s", "m"], vec![]));
        if low.is_finite() {
            let cast = with(conditions(scores())).node("c", "Cast", &["l"], vec![int("to", 1)]);
            let masked = cast.node("d", "Sub", &["one", "c"], vec![]).node("m", "Mul", &["d", "low"], vec![]);
            all.push(masked.node("t", "Add", &["s", "m"], vec![]));
        }
    }
    // Two masks, of which one is constant.
    let both = conditions(scores()).floats("low", &[1], &[f32::NEG_INFINITY]);
    let both = both.node("a", "Where", &["l", "s", "low"], vec![]);
    let both = both.node("b", "Where", &["l", "zero", "low"], vec![]).node("c", "Add", &["a", "b"], vec![]);
    all.push(both.floats("m", &[1, 3], &[0.0; 3]).node("t", "Add", &["c", "m"], vec![]));
    all.into_iter().map(|onnx| onnx.node("y", "Softmax", &["t"], vec![int("axis", -1)]).output("y")).collect()
}

#[test]
fn masks_may_depend_on_inputs() {
    for onnx in written() {
        check_answers(&onnx, |x| weights(&scores_of(x), &[x[0] > 0.0, x[1] > 0.0, true]));
    }
}

/// As exporters of language models write it: `(1 - mask) * min`, the mask an input of zeros and ones.
#[test]
fn a_mask_may_be_an_input() {
    for low in [f32::MIN, -1e9] {
        let onnx = scores()
            .input("mask", &[1, 3])
            .floats("one", &[1], &[1.0])
            .floats("low", &[1], &[low])
            .node("d", "Sub", &["one", "mask"], vec![])
            .node("m", "Mul", &["d", "low"], vec![])
            .node("t", "Add", &["s", "m"], vec![])
            .node("y", "Softmax", &["t"], vec![int("axis", -1)])
            .output("y");
        let live = |row: usize| [row.is_multiple_of(2), row.is_multiple_of(3), true];
        let samples: Vec<Vec<f64>> = rows(60, 5, 4)
            .into_iter()
            .enumerate()
            .map(|(row, x)| x.into_iter().chain(live(row).map(|live| f64::from(u8::from(live)))).collect())
            .collect();
        let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
        for (row, sample) in samples.iter().enumerate() {
            let (own, answers) = (model.evaluate(sample).concat(), weights(&scores_of(sample), &live(row)));
            assert!(own.iter().zip(&answers).all(|(own, answer)| (own - answer).abs() < 1e-9), "{own:?}");
        }
        let options = Options { max_error: 0.005, ..Options::default() };
        let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(samples), &options).unwrap();
        assert!(report.outputs[0].max_error <= 0.005);
        check_circuit(&compiled, 8);
    }
}

/// A prover changes wires and advice: some constraint breaks.
#[test]
fn no_witness_gives_a_masked_score_weight() {
    let onnx = &written()[0];
    let circuit = compiled(onnx, &Options { max_error: 0.2, ..Options::default() }).0.circuit;
    for inputs in [[1, 2, 3, 4, 5], [-1, 2, 0, 0, 9], [1, -2, 3, -4, 5], [-9, -9, 1, 0, -1]] {
        let inputs = vec![inputs.map(|x: i64| 4 * x).to_vec()];
        let assignment = Assignment { inputs, context: [7; 32], ..Assignment::default() };
        let witness = circuit.solve(&assignment).unwrap();
        for report in [
            audit::sweep(&circuit, &witness, &[]).unwrap(),
            audit::advice_sweep(&circuit, &assignment, &[]).unwrap(),
            audit::uniqueness(&circuit, &witness, &[]).unwrap(),
        ] {
            assert!(report.is_clean(), "{:?} {:?}", assignment.inputs, report.findings.first());
        }
    }
}

#[test]
fn what_is_no_mask_is_refused() {
    let message = |onnx: Onnx| import(&onnx.bytes()).unwrap_err().to_string();
    let all = scores()
        .floats("m", &[3], &[f32::NEG_INFINITY; 3])
        .node("t", "Add", &["s", "m"], vec![])
        .node("y", "Softmax", &["t"], vec![])
        .output("y");
    let text = message(all);
    assert!(text.contains("'y_node' (Softmax)") && text.contains("all of whose scores are masked"), "{text}");
    let other = conditions(scores())
        .floats("low", &[1], &[f32::NEG_INFINITY])
        .node("t", "Where", &["l", "s", "low"], vec![])
        .node("y", "Exp", &["t"], vec![])
        .output("y");
    let text = message(other);
    assert!(text.contains("computes with -inf") && text.contains("scores of a Softmax"), "{text}");
}

/// The operator of operator set 23, by its definition: heads beside each other in the last dimension, or in one of their own.
#[test]
fn attention_is_what_it_stands_for() {
    // Two positions ahead, of two heads of two numbers; keys and values are the queries.
    let answer = |x: &[f64], is_causal: bool| -> Vec<f64> {
        let at = |position: usize, head: usize, i: usize| x[4 * position + 2 * head + i];
        let mut result = vec![0.0; 8];
        for (position, head) in (0..2).flat_map(|position| (0..2).map(move |head| (position, head))) {
            let score = |other: usize| {
                (0..2).map(|i| at(position, head, i) * at(other, head, i)).sum::<f64>() / 2f64.sqrt()
            };
            let weights = weights(&[score(0), score(1)], &[true, !is_causal || position > 0]);
            for i in 0..2 {
                result[4 * position + 2 * head + i] =
                    (0..2).map(|other| weights[other] * at(other, head, i)).sum();
            }
        }
        result
    };
    for is_causal in [false, true] {
        let causal = int("is_causal", i64::from(is_causal));
        let onnx = Onnx::with_opset(23).input("x", &[1, 8]).integers("shape", &[1, 2, 4]);
        let onnx = onnx
            .node("q", "Reshape", &["x", "shape"], vec![])
            .node(
                "y",
                "Attention",
                &["q", "q", "q"],
                vec![causal.clone(), int("q_num_heads", 2), int("kv_num_heads", 2)],
            )
            .output("y");
        check_answers(&onnx, |x| answer(x, is_causal));
        let onnx = Onnx::with_opset(23).input("x", &[1, 8]).integers("shape", &[1, 2, 2, 2]);
        let onnx = onnx
            .node("p", "Reshape", &["x", "shape"], vec![])
            .node("q", "Transpose", &["p"], vec![ints("perm", &[0, 2, 1, 3])])
            .node("a", "Attention", &["q", "q", "q"], vec![causal])
            .node("y", "Transpose", &["a"], vec![ints("perm", &[0, 2, 1, 3])])
            .output("y");
        check_answers(&onnx, |x| answer(x, is_causal));
    }
    let onnx = Onnx::with_opset(23).input("q", &[1, 2, 2, 2]);
    let onnx = onnx.node("y", "Attention", &["q", "q", "q"], vec![float("softcap", -3.0)]).output("y");
    let text = import(&onnx.bytes()).unwrap_err().to_string();
    assert!(text.contains("attribute softcap = -3 is not supported, allowed: 0, for none"), "{text}");
}

/// One head of keys for two of queries, one key of an earlier call, scores bent by a cap; a query sees what is behind it.
#[test]
fn attention_with_a_cache_and_shared_heads() {
    const PAST: [[f32; 2]; 2] = [[0.5, -1.0], [2.0, 0.25]];
    let answer = |x: &[f64]| -> Vec<f64> {
        let at = |head: usize, position: usize, i: usize| x[4 * head + 2 * position + i];
        let cached = |row: usize, i: usize| f64::from(PAST[row][i]);
        let key = |place: usize, i| if place == 0 { cached(0, i) } else { at(0, place - 1, i) };
        let value = |place: usize, i| if place == 0 { cached(1, i) } else { at(0, place - 1, i) };
        let mut result = Vec::new();
        for (head, position) in (0..2).flat_map(|head| (0..2).map(move |position| (head, position))) {
            let score = |place: usize| {
                let score = (0..2).map(|i| at(head, position, i) * key(place, i)).sum::<f64>() / 2f64.sqrt();
                1.5 * (score / 1.5).tanh()
            };
            let weights = weights(&[score(0), score(1), score(2)], &[true, true, position > 0]);
            result.extend((0..2).map(|i| (0..3).map(|place| weights[place] * value(place, i)).sum::<f64>()));
        }
        result
    };
    let onnx = Onnx::with_opset(23)
        .input("x", &[1, 8])
        .integers("shape", &[1, 2, 2, 2])
        .integers("first", &[0])
        .floats("pk", &[1, 1, 1, 2], &PAST[0])
        .floats("pv", &[1, 1, 1, 2], &PAST[1])
        .node("q", "Reshape", &["x", "shape"], vec![])
        .node("k", "Gather", &["q", "first"], vec![int("axis", 1)])
        .node(
            "y",
            "Attention",
            &["q", "k", "k", "", "pk", "pv"],
            vec![float("softcap", 1.5), int("is_causal", 1)],
        )
        .output("y");
    check_answers(&onnx, answer);
}
