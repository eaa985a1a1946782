//! Einsum against sums over all indices, and what other ways to write known operators become: logistic functions as quotients,
//! a largest softmax, weights that are stored as integers.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::model::{Activation, LayerFunction};
use assay_compiler::onnx::{DataType, TensorProto};
use std::collections::BTreeMap;

/// `numpy.einsum`, by its definition, of an equation of letters with an arrow.
fn by_definition(equation: &str, operands: &[(&[usize], &[f64])]) -> Vec<f64> {
    let (left, result) = equation.split_once("->").unwrap();
    let terms: Vec<Vec<char>> = left.split(',').map(|term| term.chars().collect()).collect();
    let mut sizes = BTreeMap::new();
    for (term, (shape, _)) in terms.iter().zip(operands) {
        sizes.extend(term.iter().copied().zip(shape.iter().copied()));
    }
    let at = |labels: &[char], values: &BTreeMap<char, usize>| {
        labels.iter().fold(0, |at, label| at * sizes[label] + values[label])
    };
    let result: Vec<char> = result.chars().collect();
    let mut sums = vec![0.0; result.iter().map(|label| sizes[label]).product()];
    for mut number in 0..sizes.values().product::<usize>() {
        let mut values = BTreeMap::new();
        for (&label, &size) in &sizes {
            values.insert(label, number % size);
            number /= size;
        }
        let factors = terms.iter().zip(operands).map(|(term, (_, data))| data[at(term, &values)]);
        sums[at(&result, &values)] += factors.product::<f64>();
    }
    sums
}

fn len(shape: &[i64]) -> usize {
    shape.iter().product::<i64>() as usize
}

fn sizes(shape: &[i64]) -> Vec<usize> {
    shape.iter().map(|&size| size as usize).collect()
}

#[test]
fn einsum_of_variables_and_constants() {
    for (equation, a, b) in [
        ("ij,jk->ik", &[2, 3][..], &[3, 2][..]),
        ("bij,jk->bik", &[2, 2, 3], &[3, 2]),
        ("bij,bjk->bik", &[2, 2, 2], &[2, 2, 2]),
        ("i,j->ji", &[2], &[3]),
        ("i,i->", &[3], &[3]),
        ("iij,j->i", &[2, 2, 3], &[3]),
        ("ik,jk->ij", &[2, 3], &[2, 3]),
        ("abc,cd->bd", &[2, 2, 3], &[3, 2]),
    ] {
        let onnx = Onnx::new().input("a", a).input("b", b);
        let onnx = onnx.node("y", "Einsum", &["a", "b"], vec![text("equation", equation)]).output("y");
        check_answers_within(
            &onnx,
            |x| {
                let (of_a, of_b) = x.split_at(len(a));
                by_definition(equation, &[(&sizes(a), of_a), (&sizes(b), of_b)])
            },
            0.05,
        );
        let weights: Vec<f32> = (0..len(b)).map(|i| (i * 5 % 7) as f32 / 4.0 - 0.75).collect();
        let onnx = Onnx::new().input("a", a).floats("b", b, &weights);
        let onnx = onnx.node("y", "Einsum", &["a", "b"], vec![text("equation", equation)]).output("y");
        let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
        check_answers(&onnx, |x| by_definition(equation, &[(&sizes(a), x), (&sizes(b), &weights)]));
        assert_eq!(import(&onnx.bytes()).unwrap().layers.len(), 1, "{equation}");
    }
}

#[test]
fn einsum_of_one_operand_and_of_three() {
    for equation in ["ij->ji", "ij->", "ij->j", "ii->i", "ii->"] {
        let onnx = Onnx::new().input("a", &[3, 3]);
        let onnx = onnx.node("y", "Einsum", &["a"], vec![text("equation", equation)]).output("y");
        check_answers(&onnx, |x| by_definition(equation, &[(&[3, 3], x)]));
    }
    let equation = "ij,jk,kl->il";
    let onnx = Onnx::new().input("a", &[2, 2]).floats("b", &[2, 2], &[0.5, -1.0, 0.25, 1.0]);
    let onnx = onnx.floats("c", &[2, 1], &[1.0, -0.5]);
    let onnx = onnx.node("y", "Einsum", &["a", "b", "c"], vec![text("equation", equation)]).output("y");
    check_answers(&onnx, |x| {
        let (b, c) = (&[0.5, -1.0, 0.25, 1.0][..], &[1.0, -0.5][..]);
        by_definition(equation, &[(&[2, 2], x), (&[2, 2], b), (&[2, 1], c)])
    });
}

#[test]
fn ellipses_arrows_and_wrong_equations() {
    let of = |equation: &str| {
        let onnx = Onnx::new().input("a", &[2, 3, 2]).input("b", &[2, 2]);
        onnx.node("y", "Einsum", &["a", "b"], vec![text("equation", equation)]).output("y")
    };
    let sample: Vec<f64> = (0..16).map(f64::from).collect();
    let answers = |equation: &str| import(&of(equation).bytes()).unwrap().evaluate(&sample);
    assert_eq!(answers("...j, jk -> ...k"), answers("abj,jk->abk"));
    assert_eq!(answers("abj,jk"), answers("abj,jk->abk"));
    assert_eq!(answers("...j,jk"), answers("abj,jk->abk"));
    for wrong in ["abj->ab", "abj,jk->abz", "abj,jk->aab", "ab,jk->a", "abj,j1->ab", "abj,kj->abk,"] {
        let found = import(&of(wrong).bytes()).map(|_| ()).unwrap_err().to_string();
        assert!(found.contains("Einsum"), "{wrong}: {found}");
    }
    let found = import(&of("abj,bk->ak").bytes()).map(|_| ()).unwrap_err().to_string();
    assert!(found.contains("do not fit"), "{found}");
}

/// The functions of a model's layers.
fn functions(onnx: &Onnx) -> Vec<Option<Activation>> {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    let function = |function: &LayerFunction| match function {
        LayerFunction::Operator(operator) if operator.name() == "sigmoid" => Some(Activation::Sigmoid),
        LayerFunction::Operator(operator) if operator.name() == "SiLU" => Some(Activation::Silu),
        _ => None,
    };
    model.layers.iter().map(|layer| function(&layer.function)).collect()
}

#[test]
fn logistic_functions_by_any_name() {
    let start = || {
        let onnx = Onnx::new().input("x", &[4]).floats("c", &[1], &[2.0]).floats("e", &[1], &[-1.0]);
        let onnx = onnx.node("z", "Neg", &["x"], vec![]).node("p", "Exp", &["z"], vec![]);
        onnx.node("s", "Add", &["c", "p"], vec![])
    };
    let answer = |x: f64| 1.0 / (2.0 + (-x).exp());
    for onnx in [
        start().node("y", "Div", &["c", "s"], vec![]),
        start().node("r", "Reciprocal", &["s"], vec![]).node("y", "Mul", &["r", "c"], vec![]),
        start().node("r", "Pow", &["s", "e"], vec![]).node("y", "Mul", &["r", "c"], vec![]),
    ] {
        let onnx = onnx.output("y");
        assert_eq!(functions(&onnx).first(), Some(&Some(Activation::Sigmoid)));
        check_answers(&onnx, |x| x.iter().map(|&x| 2.0 * answer(x)).collect());
    }
    // Of another variable a product, of the same a gate.
    let onnx = start().input("v", &[1]).node("y", "Div", &["v", "s"], vec![]).output("y");
    check_answers(&onnx, |x| x[..4].iter().map(|&z| x[4] * answer(z)).collect());
    let onnx = Onnx::new().input("x", &[4]).floats("c", &[1], &[1.0]);
    let onnx = onnx.node("z", "Neg", &["x"], vec![]).node("p", "Exp", &["z"], vec![]);
    let onnx = onnx.node("s", "Add", &["c", "p"], vec![]).node("y", "Div", &["x", "s"], vec![]).output("y");
    assert_eq!(functions(&onnx), [Some(Activation::Silu)]);
    check_answers(&onnx, |x| x.iter().map(|&x| x / (1.0 + (-x).exp())).collect());
}

#[test]
fn the_largest_probability_is_that_of_the_largest_score() {
    let onnx = Onnx::new().input("x", &[2, 3]).node("p", "Softmax", &["x"], vec![int("axis", 1)]);
    let onnx = onnx.node("y", "ArgMax", &["p"], vec![int("axis", 1)]).output("y");
    assert_eq!(import(&onnx.bytes()).unwrap().layers.len(), 1);
    // Along another axis than the softmax' own, a probability counts.
    let onnx = Onnx::new().input("x", &[2, 3]).node("p", "Softmax", &["x"], vec![int("axis", 1)]);
    let onnx = onnx.node("y", "ArgMax", &["p"], vec![int("axis", 0)]).output("y");
    assert_eq!(import(&onnx.bytes()).unwrap().layers.len(), 2);
}

/// A constant of bytes.
fn bytes(name: &str, dims: &[i64], data: &[i32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Int8 as i32,
        int32_data: data.to_vec(),
        ..Default::default()
    }
}

#[test]
fn integers_that_stand_for_numbers() {
    let with = |step: &[i64], steps: &[f32], zeros: &[i32], attributes| {
        let mut onnx = Onnx::new().input("x", &[1, 2]).floats("s", step, steps);
        onnx.graph()
            .initializer
            .extend([bytes("q", &[2, 4], &[1, -2, 3, -4, 5, -6, 7, -8]), bytes("z", step, zeros)]);
        let onnx = onnx.node("w", "DequantizeLinear", &["q", "s", "z"], attributes);
        onnx.node("y", "MatMul", &["x", "w"], vec![]).output("y")
    };
    let answers = |onnx: &Onnx| {
        let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
        (model.evaluate(&[1.0, 0.0]).concat(), model.evaluate(&[0.0, 1.0]).concat())
    };
    let one = with(&[], &[0.5], &[1], vec![]);
    assert_eq!(answers(&one), (vec![0.0, -1.5, 1.0, -2.5], vec![2.0, -3.5, 3.0, -4.5]));
    let rows = with(&[2], &[1.0, 2.0], &[0, 1], vec![int("axis", 0)]);
    assert_eq!(answers(&rows), (vec![1.0, -2.0, 3.0, -4.0], vec![8.0, -14.0, 12.0, -18.0]));
    let blocks = with(&[2, 2], &[1.0, 2.0, 0.5, 1.0], &[0; 4], vec![int("axis", 1), int("block_size", 2)]);
    assert_eq!(answers(&blocks), (vec![1.0, -2.0, 6.0, -8.0], vec![2.5, -3.0, 7.0, -8.0]));
    let wrong = with(&[3], &[1.0; 3], &[0; 3], vec![int("axis", 1)]);
    assert!(import(&wrong.bytes()).map(|_| ()).unwrap_err().to_string().contains("block_size"));
}
