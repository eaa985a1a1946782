//! The ONNX project's node tests: one operator each, on given inputs.
//!
//! A test gives one sample, and a compilation wants several: the others are the same values of each input, moved on by some
//! places, so that what must be positive, whole or an index stays so.

use std::fs;

use assay::{CompileOptions, Error, Model, Samples};

use crate::case;
use crate::outcome::{Outcome, Trouble};

/// Samples to calibrate on.
const ROWS: usize = 8;
/// The error asked for, relative to the largest output.
const ERROR: f64 = 0.01;
/// The error asked for where outputs are whole numbers.
const WHOLE: f64 = 0.4;

/// A test of one operator.
#[derive(serde::Deserialize)]
pub struct NodeTest {
    pub name: String,
    /// The operator, which the file is named after.
    #[serde(skip)]
    pub operator: String,
    /// The model, in hexadecimal.
    model: String,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

#[derive(serde::Deserialize)]
struct Tensor {
    name: String,
    r#type: String,
    values: Vec<serde_json::Value>,
}

impl NodeTest {
    /// All tests, by operator.
    pub fn all() -> Vec<NodeTest> {
        let folder = case::folder().join("node");
        let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let mut all = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path).unwrap();
            let tests: Vec<NodeTest> =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let operator = path.file_stem().unwrap().to_string_lossy().into_owned();
            all.extend(tests.into_iter().map(|test| NodeTest { operator: operator.clone(), ..test }));
        }
        all
    }
}

/// What becomes of the test.
pub fn run(test: &NodeTest) -> Outcome {
    Outcome::of(|| {
        let inputs = numbers(&test.inputs).map_err(Trouble::Refused)?;
        let outputs = numbers(&test.outputs).map_err(Trouble::Refused)?;
        if outputs.iter().flatten().any(|value| value.is_nan()) {
            return Err(Trouble::Refused("the test's outputs hold NaN, which is no finite number".into()));
        }
        let sample =
            |row: usize| inputs.iter().flat_map(move |values| moved(values, row)).collect::<Vec<f64>>();
        let samples = Samples::from_rows((0..ROWS).map(sample).collect());
        let is_whole = test.outputs.iter().all(|tensor| !tensor.r#type.starts_with("float"));
        let largest = outputs.iter().flatten().fold(1.0f64, |largest, value| largest.max(value.abs()));
        let max_error = if is_whole { WHOLE } else { ERROR * largest };
        let options = CompileOptions { max_error, ..CompileOptions::default() };
        let onnx = bytes(&test.model);
        let compilation = Model::compile(&onnx, &samples, &options);
        let model = compilation.map_err(|error| Trouble::Refused(error.to_string()))?.model;
        agrees(test, &model, &sample(0), &outputs, max_error).map_err(Trouble::Fails)
    })
}

fn agrees(
    test: &NodeTest,
    model: &Model,
    sample: &[f64],
    answers: &[Vec<f64>],
    error: f64,
) -> Result<(), String> {
    let said = |error: Error| error.to_string();
    let found = model.evaluate(&model.quantize(sample).map_err(said)?).map_err(said)?.reals();
    let names = model.schema().outputs().iter().map(|tensor| tensor.name.as_str());
    for (name, values) in names.zip(&found) {
        let position = test.outputs.iter().position(|tensor| tensor.name == name);
        let Some(answers) = position.map(|position| &answers[position]) else {
            return Err(format!("output '{name}' is none of the test's"));
        };
        if answers.len() != values.len() {
            return Err(format!("'{name}' has {} elements, not {}", values.len(), answers.len()));
        }
        let differs = |(value, answer): &(&f64, &f64)| (*value - *answer).abs() > error + 1e-6;
        if let Some((value, answer)) = values.iter().zip(answers).find(differs) {
            return Err(format!("'{name}' is {value:.6}, not {answer:.6}"));
        }
    }
    match test.outputs.len() == found.len() {
        true => Ok(()),
        false => Err(format!("{} outputs, not {}", found.len(), test.outputs.len())),
    }
}

/// The values of each tensor as finite numbers, or NaN.
fn numbers(tensors: &[Tensor]) -> Result<Vec<Vec<f64>>, String> {
    let number = |tensor: &Tensor, value: &serde_json::Value| {
        let missing = (value.as_str() == Some("nan")).then_some(f64::NAN);
        value
            .as_f64()
            .or(missing)
            .ok_or_else(|| format!("the test's '{}' holds {value}, which is no finite number", tensor.name))
    };
    tensors.iter().map(|tensor| tensor.values.iter().map(|value| number(tensor, value)).collect()).collect()
}

/// The values moved on by some places.
fn moved(values: &[f64], places: usize) -> Vec<f64> {
    let mut moved = values.to_vec();
    moved.rotate_left(places % values.len().max(1));
    moved
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap();
    (0..hexadecimal.len()).step_by(2).map(byte).collect()
}
