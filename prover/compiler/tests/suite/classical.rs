//! The operators of `ai.onnx.ml`, but for trees: against their formulas, which were compared with onnxruntime's answers, and
//! through integers and circuit.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::model::Absent;
use assay_compiler::onnx::*;
use assay_compiler::{CompiledModel, Options, Table, compile};

/// A model of one node of `ai.onnx.ml` that reads `x`, with these outputs.
fn model(op: &str, features: i64, attributes: Vec<AttributeProto>, outputs: &[&str]) -> Onnx {
    let mut onnx = Onnx::new().input("x", &[1, features]).node_in("ai.onnx.ml", "y", op, &["x"], attributes);
    let node = onnx.graph().node.last_mut().unwrap();
    node.output = outputs.iter().map(|&name| name.to_owned()).collect();
    outputs.iter().fold(onnx, |onnx, output| onnx.output(output))
}

fn evaluate(onnx: &Onnx, x: &[f64]) -> Vec<Vec<f64>> {
    import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}")).evaluate(x)
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-6, "{found} for {expected}");
    }
}

fn refusal(onnx: &Onnx) -> String {
    import(&onnx.bytes()).unwrap_err().to_string()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Answers of onnxruntime 1.23 for (0.5, 1), (-0.5, -1) and (0, 0).
const SAMPLES: [[f64; 2]; 3] = [[0.5, 1.0], [-0.5, -1.0], [0.0, 0.0]];

fn linear_classifier(rows: usize, transform: &str) -> Onnx {
    let coefficients = [0.2, 0.1, -0.2, -0.1, 0.05, 0.3];
    let labels = if rows == 3 { vec![5, 7, 9] } else { vec![5, 7] };
    let attributes = vec![
        floats("coefficients", &coefficients[..2 * rows]),
        floats("intercepts", &[0.1, -0.1, 0.0][..rows]),
        ints("classlabels_ints", &labels),
        text("post_transform", transform),
    ];
    model("LinearClassifier", 2, attributes, &["label", "scores"])
}

/// Targets, a post transform, and values with their scores.
type Answer = (usize, &'static str, [(f64, &'static [f64]); 3]);

#[test]
fn linear_classifiers_answer_as_onnxruntime_does() {
    let answers: [Answer; 8] = [
        (1, "NONE", [(7.0, &[0.7, 0.3]), (5.0, &[1.1, -0.1]), (7.0, &[0.9, 0.1])]),
        (
            1,
            "LOGISTIC",
            [
                (7.0, &[0.425_557_5, 0.574_442_5]),
                (5.0, &[0.524_979_2, 0.475_020_8]),
                (7.0, &[0.475_020_8, 0.524_979_2]),
            ],
        ),
        (1, "SOFTMAX", [(7.0, &[0.7, 0.3]), (5.0, &[1.1, -0.1]), (7.0, &[0.9, 0.1])]),
        (2, "NONE", [(5.0, &[0.3, -0.3]), (7.0, &[-0.1, 0.1]), (5.0, &[0.1, -0.1])]),
        (
            2,
            "LOGISTIC",
            [
                (5.0, &[0.574_442_5, 0.425_557_5]),
                (7.0, &[0.475_020_8, 0.524_979_2]),
                (5.0, &[0.524_979_2, 0.475_020_8]),
            ],
        ),
        (
            2,
            "SOFTMAX",
            [
                (5.0, &[0.645_656_3, 0.354_343_7]),
                (7.0, &[0.450_166_0, 0.549_834_0]),
                (5.0, &[0.549_834_0, 0.450_166_0]),
            ],
        ),
        (
            3,
            "LOGISTIC",
            [
                (9.0, &[0.574_442_5, 0.425_557_5, 0.580_542_3]),
                (7.0, &[0.475_020_8, 0.524_979_2, 0.419_457_7]),
                (5.0, &[0.524_979_2, 0.475_020_8, 0.5]),
            ],
        ),
        (
            3,
            "SOFTMAX",
            [
                (9.0, &[0.388_481_2, 0.213_203_0, 0.398_315_7]),
                (7.0, &[0.331_134_7, 0.404_448_8, 0.264_416_4]),
                (5.0, &[0.367_165_4, 0.300_609_6, 0.332_225_0]),
            ],
        ),
    ];
    for (rows, transform, answers) in answers {
        let onnx = linear_classifier(rows, transform);
        for (x, (label, scores)) in SAMPLES.iter().zip(answers) {
            let found = evaluate(&onnx, x);
            assert_eq!(found[0], [label], "{rows} rows, {transform}, {x:?}");
            assert_close(&found[1], scores);
        }
    }
}

#[test]
fn a_logistic_regression_of_two_classes_is_one_table() {
    let onnx = linear_classifier(2, "LOGISTIC");
    let functions = import(&onnx.bytes())
        .unwrap()
        .layers
        .iter()
        .filter(|layer| {
            layer
                .function
                .operator()
                .is_some_and(|operator| operator.name() == "sigmoid" && operator.len() == 1)
        })
        .count();
    assert_eq!(functions, 1);
    check_answers(&onnx, |x| {
        let score = -0.1 - f64::from(0.2f32) * x[0] - f64::from(0.1f32) * x[1];
        let label = if 2.0 * score > 0.0 { 7.0 } else { 5.0 };
        vec![label, 1.0 - sigmoid(score), sigmoid(score)]
    });
}

#[test]
fn classifiers_of_three_classes_go_through_all_engines() {
    for transform in ["NONE", "LOGISTIC", "SOFTMAX"] {
        let onnx = linear_classifier(3, transform);
        check_answers(&onnx, |x| evaluate(&onnx, x).concat());
    }
}

#[test]
fn labels_of_text_are_indices() {
    let attributes = vec![
        floats("coefficients", &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]),
        strings("classlabels_strings", &["low", "middle", "high"]),
    ];
    let onnx = model("LinearClassifier", 2, attributes, &["label", "scores"]);
    assert_eq!(evaluate(&onnx, &[0.1, 0.7])[0], [1.0]);
    assert_eq!(evaluate(&onnx, &[-1.0, -0.7])[0], [2.0]);
}

#[test]
fn labels_that_are_no_progression_are_looked_up() {
    let attributes = vec![
        floats("coefficients", &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]),
        ints("classlabels_ints", &[4, -3, 10]),
    ];
    let onnx = model("LinearClassifier", 2, attributes, &["label", "scores"]);
    for (x, label) in [([0.9, 0.2], 4.0), ([0.1, 0.7], -3.0), ([-1.0, -0.7], 10.0)] {
        assert_eq!(evaluate(&onnx, &x)[0], [label]);
    }
    check_answers(&onnx, |x| evaluate(&onnx, x).concat());
}

#[test]
fn linear_regressors_answer_as_onnxruntime_does() {
    let regressor = |targets: i64, transform: &str| {
        let count = targets as usize;
        let attributes = vec![
            floats("coefficients", &[0.2, 0.1, -0.2, -0.1][..2 * count]),
            floats("intercepts", &[0.5, 0.4][..count]),
            int("targets", targets),
            text("post_transform", transform),
        ];
        model("LinearRegressor", 2, attributes, &["y"])
    };
    assert_close(&evaluate(&regressor(1, "NONE"), &SAMPLES[0])[0], &[0.7]);
    assert_close(&evaluate(&regressor(2, "LOGISTIC"), &SAMPLES[1])[0], &[0.574_442_5, 0.645_656_3]);
    assert_close(&evaluate(&regressor(2, "SOFTMAX"), &SAMPLES[0])[0], &[0.622_459_4, 0.377_540_7]);
    assert_close(&evaluate(&regressor(1, "PROBIT"), &SAMPLES[0])[0], &[0.524_400_5]);
    assert!(refusal(&regressor(1, "LOGISTIC")).contains("post_transform"));
    assert!(refusal(&regressor(2, "SOFTMAX_ZERO")).contains("NONE, LOGISTIC, SOFTMAX or PROBIT"));
    let onnx = regressor(2, "NONE");
    check_answers(&onnx, |x| evaluate(&onnx, x).concat());
}

#[test]
fn normalizers_divide_by_their_norm() {
    let normalizer = |norm: &str| model("Normalizer", 3, vec![text("norm", norm)], &["y"]);
    assert_close(&evaluate(&normalizer("L1"), &[-3.0, 1.0, 2.0])[0], &[-0.5, 1.0 / 6.0, 1.0 / 3.0]);
    assert_close(
        &evaluate(&normalizer("L2"), &[-3.0, 1.0, 2.0])[0],
        &[-0.801_783_7, 0.267_261_2, 0.534_522_5],
    );
    // The largest element, not the largest magnitude.
    assert_close(&evaluate(&normalizer("MAX"), &[1.0, -5.0, 2.0])[0], &[0.5, -2.5, 1.0]);
    for norm in ["L1", "L2"] {
        let onnx = normalizer(norm);
        check_answers_within(&onnx, |x| evaluate(&onnx, x).concat(), 0.05);
    }
}

#[test]
fn probabilities_of_a_softmax_are_normalized_as_they_are() {
    let mut onnx = linear_classifier(3, "SOFTMAX");
    onnx.graph().output.clear();
    let onnx =
        onnx.node_in("ai.onnx.ml", "p", "Normalizer", &["scores"], vec![text("norm", "L1")]).output("p");
    assert_eq!(import(&onnx.bytes()).unwrap().layers.len(), 1);
}

const VECTORS: [f32; 6] = [0.5, 1.0, -1.0, 0.3, 0.2, -0.7];

fn machine(kernel: &str, more: Vec<AttributeProto>) -> Vec<AttributeProto> {
    let mut attributes = vec![
        text("kernel_type", kernel),
        floats("kernel_params", &[0.5, 0.1, 3.0]),
        floats("support_vectors", &VECTORS),
        floats("coefficients", &[1.0, -0.5, 0.3]),
        floats("rho", &[0.2]),
    ];
    attributes.extend(more);
    attributes
}

#[test]
fn support_vector_machines_answer_as_onnxruntime_does() {
    let answers = [
        ("LINEAR", [1.37, -0.97, 0.2]),
        ("POLY", [0.578_678_2, 0.070_496_9, 0.200_8]),
        ("RBF", [1.140_558_4, 0.317_022_6, 0.675_502_4]),
        ("SIGMOID", [0.760_784_4, -0.266_252_8, 0.279_734_4]),
    ];
    for (kernel, answers) in answers {
        let regressor = model("SVMRegressor", 2, machine(kernel, vec![int("n_supports", 3)]), &["y"]);
        let one_class = machine(kernel, vec![int("n_supports", 3), int("one_class", 1)]);
        let one_class = model("SVMRegressor", 2, one_class, &["y"]);
        let labels = vec![ints("vectors_per_class", &[2, 1]), ints("classlabels_ints", &[3, 8])];
        let classifier = model("SVMClassifier", 2, machine(kernel, labels.clone()), &["label", "scores"]);
        let more = [labels, vec![floats("prob_a", &[-1.5]), floats("prob_b", &[0.1])]].concat();
        let probabilities = model("SVMClassifier", 2, machine(kernel, more), &["label", "scores"]);
        for (x, answer) in SAMPLES.iter().zip(answers) {
            assert_close(&evaluate(&regressor, x)[0], &[answer]);
            assert_eq!(evaluate(&one_class, x)[0], [if answer > 0.0 { 1.0 } else { -1.0 }]);
            let found = evaluate(&classifier, x);
            assert_eq!(found[0], [if answer > 0.0 { 3.0 } else { 8.0 }]);
            assert_close(&found[1], &[-answer, answer]);
            let first = sigmoid(1.5 * answer - f64::from(0.1f32));
            assert_close(&evaluate(&probabilities, x)[1], &[first, 1.0 - first]);
        }
        check_answers_within(&regressor, |x| evaluate(&regressor, x).concat(), 0.1);
        check_answers_within(&classifier, |x| evaluate(&classifier, x).concat(), 0.1);
    }
}

/// Votes of three pairs, worked out by hand: kernels are the features themselves.
#[test]
fn three_classes_vote() {
    let attributes = vec![
        text("kernel_type", "LINEAR"),
        floats("support_vectors", &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]),
        ints("vectors_per_class", &[1, 1, 1]),
        // Against class 0 or 1, and against class 2 or 1.
        floats("coefficients", &[1.0, -1.0, -1.0, 1.0, 1.0, -1.0]),
        floats("rho", &[0.1, -0.2, 0.3]),
        ints("classlabels_ints", &[0, 1, 2]),
    ];
    let onnx = model("SVMClassifier", 2, attributes, &["label", "scores"]);
    for x in [[0.9, 0.2], [-0.4, 0.7], [-1.0, -0.7], [0.0, 0.0]] {
        let kernels = [x[0], x[1], -x[0] - x[1]];
        let decisions =
            [kernels[0] - kernels[1] + 0.1, kernels[0] - kernels[2] - 0.2, kernels[1] - kernels[2] + 0.3];
        let mut votes = [0; 3];
        for ((i, j), decision) in [(0, 1), (0, 2), (1, 2)].into_iter().zip(decisions) {
            votes[if decision > 0.0 { i } else { j }] += 1;
        }
        let most = votes.iter().max().unwrap();
        let label = votes.iter().position(|votes| votes == most).unwrap() as f64;
        let found = evaluate(&onnx, &x);
        assert_eq!(found[0], [label], "{x:?}");
        for (found, decision) in found[1].iter().zip(decisions) {
            assert!((found - decision).abs() < 1e-6);
        }
    }
    check_answers(&onnx, |x| evaluate(&onnx, x).concat());
}

#[test]
fn probabilities_of_three_classes_are_refused() {
    let attributes = vec![
        floats("support_vectors", &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]),
        ints("vectors_per_class", &[1, 1, 1]),
        floats("coefficients", &[1.0, -1.0, -1.0, 1.0, 1.0, -1.0]),
        floats("rho", &[0.1, -0.2, 0.3]),
        floats("prob_a", &[1.0; 3]),
        floats("prob_b", &[1.0; 3]),
        ints("classlabels_ints", &[0, 1, 2]),
    ];
    let message = refusal(&model("SVMClassifier", 2, attributes, &["label", "scores"]));
    assert!(message.contains("prob_a") && message.contains("decision function"), "{message}");
}

#[test]
fn binarizer_is_above_its_threshold() {
    let onnx = model("Binarizer", 3, vec![float("threshold", 0.25)], &["y"]);
    assert_eq!(evaluate(&onnx, &[0.25, 0.26, -1.0])[0], [0.0, 1.0, 0.0]);
    check_answers(&onnx, |x| x.iter().map(|&x| f64::from(u8::from(x > 0.25))).collect());
}

fn whole(op: &str, attributes: Vec<AttributeProto>) -> Onnx {
    Onnx::new()
        .input_of("x", DataType::Int64, vec![Dim::Size(1), Dim::Size(2)])
        .node_in("ai.onnx.ml", "y", op, &["x"], attributes)
        .output("y")
}

#[test]
fn label_encoders_look_up_integers() {
    let attributes = vec![
        ints("keys_int64s", &[3, -1, 7, 3]),
        floats("values_floats", &[0.5, 2.0, -1.0, 9.0]),
        float("default_float", 0.25),
    ];
    let onnx = whole("LabelEncoder", attributes);
    assert_eq!(evaluate(&onnx, &[3.0, 7.0])[0], [0.5, -1.0]);
    assert_eq!(evaluate(&onnx, &[-1.0, 4.0])[0], [2.0, 0.25]);
    let integers = whole("LabelEncoder", vec![ints("keys_int64s", &[0, 1]), ints("values_int64s", &[-1, 1])]);
    assert_eq!(evaluate(&integers, &[1.0, 5.0])[0], [1.0, -1.0]);
}

#[test]
fn one_hot_of_integers_and_of_texts() {
    let onnx = whole("OneHotEncoder", vec![ints("cats_int64s", &[1, 2, 5])]);
    assert_eq!(evaluate(&onnx, &[5.0, 3.0])[0], [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    let texts = Onnx::new()
        .input_of("x", DataType::String, vec![Dim::Size(1), Dim::Size(1)])
        .node_in("ai.onnx.ml", "y", "OneHotEncoder", &["x"], vec![strings("cats_strings", &["car", "house"])])
        .output("y");
    let model = import(&texts.bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.inputs[0].categories[0].names, ["car", "house"]);
    assert_eq!(model.evaluate(&[1.0])[0], [0.0, 1.0]);
    // Another text.
    assert_eq!(model.evaluate(&[2.0])[0], [0.0, 0.0]);
}

#[test]
fn features_are_chosen_and_joined() {
    let onnx = Onnx::new()
        .input("a", &[1, 3])
        .input("b", &[1, 1])
        .integers("chosen", &[2, 0])
        .node_in("ai.onnx.ml", "c", "ArrayFeatureExtractor", &["a", "chosen"], vec![])
        .node_in("ai.onnx.ml", "y", "FeatureVectorizer", &["c", "b"], vec![ints("inputdimensions", &[2, 1])])
        .output("y");
    assert_eq!(evaluate(&onnx, &[1.0, 2.0, 3.0, 4.0])[0], [3.0, 1.0, 4.0]);
}

/// An input that only an imputer reads may be missing; the number that it imputes stands for it.
#[test]
fn a_missing_value_is_the_imputed_number() {
    let attributes =
        || vec![floats("imputed_value_floats", &[0.5, -0.25]), float("replaced_value_float", f32::NAN)];
    let imputed = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 1], &[1.0, 2.0])
        .node_in("ai.onnx.ml", "i", "Imputer", &["x"], attributes())
        .node("y", "MatMul", &["i", "w"], vec![])
        .output("y");
    assert_eq!(
        import(&imputed.bytes()).unwrap().inputs[0].missing,
        [0.5, -0.25].map(|number| Some(Absent::StandsFor(number)))
    );
    let table = Table::from_csv(b"x[0],x[1]\n1,0.5\n,1\n-1,nan\n0.25,-1\n").unwrap();
    let options = Options { max_error: 0.01, ..Options::default() };
    let (compiled, _) = compile(&imputed.bytes(), &table, &options).unwrap();
    assert_eq!(compiled.features[0].missing, Some(Absent::StandsFor(0.5)));
    let of = |x: [f64; 2]| {
        let integers = compiled.quantize_inputs(&x).unwrap();
        compiled.dequantize_outputs(&compiled.run_reference(&integers).unwrap()).concat()[0]
    };
    assert!((of([f64::NAN, 1.0]) - 2.5).abs() < 0.01);
    assert!((of([1.0, f64::NAN]) - 0.5).abs() < 0.01);
    assert_eq!(of([f64::NAN, 1.0]), of([0.5, 1.0]));
    let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
    assert_eq!(read.features, compiled.features);

    // What something else reads may not be missing.
    let both = imputed.node("z", "Add", &["x", "i"], vec![]).output("z");
    assert_eq!(import(&both.bytes()).unwrap().inputs[0].missing, [None, None]);
}

#[test]
fn a_number_is_imputed() {
    let attributes = vec![floats("imputed_value_floats", &[0.5, -0.25]), float("replaced_value_float", -1.0)];
    let onnx = model("Imputer", 2, attributes, &["y"]);
    assert_eq!(evaluate(&onnx, &[-1.0, 0.75])[0], [0.5, 0.75]);
    assert_eq!(evaluate(&onnx, &[1.0, -1.0])[0], [1.0, -0.25]);
}
