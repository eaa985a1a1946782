//! What onnxruntime answers, and whether a model's outputs agree with it.

use std::collections::BTreeMap;
use std::fs;

use assay::{Model, Samples};

use crate::case::Case;

/// Relative difference between two evaluations in single precision.
const SINGLE_PRECISION: f64 = 1e-4;
/// How many times the error that a model was compiled for its outputs may be off where calibration did not look.
const UNSEEN: f64 = 2.0;

/// The samples of a case.
pub struct Answers {
    /// Inputs, as a table of their own.
    pub inputs: Samples,
    /// Outputs of each sample, cells by `OUTPUT[i]`.
    pub outputs: Vec<BTreeMap<String, String>>,
    /// Whether each sample is a row of the calibration data.
    seen: Vec<bool>,
}

impl Answers {
    /// Reads `expected.csv`: the columns of the calibration data, and behind them those of the outputs.
    pub fn read(case: &Case) -> Result<Answers, String> {
        let read = |name| fs::read_to_string(case.file(name)).map_err(|error| format!("{name}: {error}"));
        let (calibration, text) = (read("calibration.csv")?, read("expected.csv")?);
        let rows: Vec<&str> = calibration.lines().collect();
        let width = rows.first().map_or(0, |header| header.split(',').count());
        let mut inputs = String::new();
        let mut outputs = Vec::new();
        let mut seen = Vec::new();
        let titles: Vec<&str> = text.lines().next().unwrap_or_default().split(',').skip(width).collect();
        for (position, line) in text.lines().enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            let (left, right) = cells.split_at(width.min(cells.len()));
            let left = left.join(",");
            if position > 0 {
                seen.push(rows.contains(&left.as_str()));
                let cell = |(title, cell): (&&str, &&str)| ((*title).to_owned(), (*cell).to_owned());
                outputs.push(titles.iter().zip(right).map(cell).collect());
            }
            inputs += &left;
            inputs.push('\n');
        }
        let inputs = Samples::read(inputs.as_bytes()).map_err(|error| format!("expected.csv: {error}"))?;
        Ok(Answers { inputs, outputs, seen })
    }

    /// Compares what the model gives for a sample.
    pub fn check(&self, case: &Case, model: &Model, row: usize, found: &[Vec<f64>]) -> Result<(), String> {
        let answers = &self.outputs[row];
        let factor = if self.seen[row] { 1.0 } else { UNSEEN };
        for (tensor, values) in model.schema().outputs().iter().zip(found) {
            for (i, &value) in values.iter().enumerate() {
                let title = format!("{}[{i}]", tensor.name);
                let answer = answers.get(&title).ok_or_else(|| format!("onnxruntime gives no {title}"))?;
                let agrees = match case.classes.get(&tensor.name) {
                    Some(classes) => is_label(classes, value, answer),
                    None => is_near(value, answer, factor * case.max_error),
                };
                if !agrees {
                    return Err(format!(
                        "sample {row}: {title} is {value:.6}, and onnxruntime says {answer}"
                    ));
                }
            }
        }
        self.check_outputs(case, model, answers)
    }

    /// Whether all outputs are proven that are no labels.
    fn check_outputs(
        &self,
        case: &Case,
        model: &Model,
        answers: &BTreeMap<String, String>,
    ) -> Result<(), String> {
        let proven = |name: &str| model.schema().outputs().iter().any(|tensor| tensor.name == name);
        let name_of =
            |title: &'_ str| title.rsplit_once('[').map_or(title.to_owned(), |(name, _)| name.to_owned());
        match answers
            .keys()
            .map(|title| name_of(title))
            .find(|name| !proven(name) && !case.classes.contains_key(name))
        {
            Some(missing) => Err(format!("output '{missing}' is not proven")),
            None => Ok(()),
        }
    }
}

/// Whether a value stands for a label: as its index among the classes, or as the number that the label is.
fn is_label(classes: &[String], value: f64, answer: &str) -> bool {
    let by_index =
        value >= 0.0 && value.fract() == 0.0 && classes.get(value as usize).is_some_and(|c| c == answer);
    by_index || answer.parse() == Ok(value)
}

fn is_near(value: f64, answer: &str, error: f64) -> bool {
    let near = |answer: f64| (value - answer).abs() <= error + SINGLE_PRECISION * (1.0 + answer.abs());
    answer.parse().is_ok_and(near)
}
