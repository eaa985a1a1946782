//! Options of a compilation, as the Python half sends them.

use std::collections::{BTreeMap, BTreeSet};

use assay::{CompileOptions, ExactFloats, IntegerFormat, MemberInput, Strategy, WeightsIn, Widths};
use pyo3::prelude::*;

use crate::errors::exception;

/// Part of what the outputs vary by that is allowed as an error where nobody names one and the default cannot be met, as the command line has it.
const OF_RANGE: f64 = 0.001;

/// Keywords of `assay.compile` with their defaults filled in.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Choices {
    max_error: Option<f64>,
    max_error_calibrated: Option<f64>,
    widths: String,
    threshold: Option<f64>,
    max_flips: Option<u32>,
    name: Option<String>,
    input_format: Option<(u8, i8)>,
    exact_floats: Exact,
    output_format: Option<(u8, i8)>,
    domain: BTreeMap<String, (Option<f64>, Option<f64>)>,
    margin: f64,
    missing: BTreeSet<String>,
    commit: Vec<String>,
    member: Option<(String, u8)>,
    ranges: String,
    shape: BTreeMap<String, usize>,
    output: Vec<String>,
}

#[derive(FromPyObject)]
enum Exact {
    All(bool),
    Inputs(BTreeSet<String>),
}

/// The library's options. A model that nobody named is called `fallback`.
///
/// # Errors
/// `compile` for a word that is none of a keyword's.
pub fn options(py: Python<'_>, choices: Choices, fallback: Option<String>) -> PyResult<CompileOptions> {
    let defaults = CompileOptions::default();
    let format = |format: Option<(u8, i8)>| format.map(|(bits, scale)| IntegerFormat { bits, scale });
    Ok(CompileOptions {
        // What is certified for all inputs is so for those of the calibration data.
        max_error: choices.max_error_calibrated.or(choices.max_error).unwrap_or(defaults.max_error),
        max_error_certified: choices.max_error,
        widths: match choices.widths.as_str() {
            "certified" => Widths::Certified,
            "calibrated" => Widths::Calibrated,
            other => return Err(no_word(py, "widths", other, "'certified' or 'calibrated'")),
        },
        of_range: if choices.max_error.or(choices.max_error_calibrated).is_none() { OF_RANGE } else { 0.0 },
        name: choices.name.or(fallback),
        input_format: format(choices.input_format),
        exact_floats: match choices.exact_floats {
            Exact::All(true) => ExactFloats::All,
            Exact::All(false) => ExactFloats::None,
            Exact::Inputs(names) => ExactFloats::Inputs(names),
        },
        output_format: format(choices.output_format),
        domains: choices
            .domain
            .into_iter()
            .map(|(name, (min, max))| {
                (name, (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY)))
            })
            .collect(),
        margin: choices.margin,
        missing: choices.missing,
        commit: choices.commit,
        member: choices.member.map(|(name, depth)| MemberInput { name, depth }),
        threshold: choices.threshold,
        max_flips: choices.max_flips,
        ranges: match choices.ranges.as_str() {
            "auto" => Strategy::Auto,
            "bits" => Strategy::Bits,
            "lookup" => Strategy::Lookup,
            other => return Err(no_word(py, "ranges", other, "'auto', 'bits' or 'lookup'")),
        },
        // A model from here proves with what its file holds.
        weights: WeightsIn::Fixed,
        shapes: choices.shape,
        outputs: choices.output,
    })
}

fn no_word(py: Python<'_>, keyword: &str, word: &str, words: &str) -> PyErr {
    let (text, hint) = (format!("{keyword} is {word:?}"), format!("{keyword}= is {words}"));
    exception(py, "compile", "refused", &text, Some(&hint))
}
