//! What is certain of an output's error on the whole of the declared domain, and how much of that a search found.

use serde::Serialize;

use super::error::ReportError;
use super::evidence::Evidence;
use crate::compiled::CompiledModel;
use crate::decision::{Band, Integers};
use crate::internal::Expected;
use crate::quantize::certify::Certificate;
use crate::quantize::certify::range::Range;

/// Samples of which scores are compared with a band, at most.
const MAX_SAMPLES: usize = 4096;

/// An output's error on the whole of the declared domain. The largest lies between what was found and what is certified.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoundReport {
    /// Largest error that a search found.
    pub found: f64,
    /// Inputs of the domain that the search looked at.
    pub evaluations: usize,
    /// What is certified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certified: Option<CertifiedReport>,
    /// Why nothing is, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertified: Option<String>,
}

/// What holds for every input of the declared domain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CertifiedReport {
    /// Largest absolute error.
    pub error: f64,
    /// Least that the float model's value is more than the integer model's.
    pub low: f64,
    /// Largest that it is more.
    pub high: f64,
    /// Largest absolute error where inputs are rounded first, against the float model on what they were. Infinite, in JSON `null`, where it
    /// has no bound.
    pub raw: f64,
    /// Whether it says anything: the error is less than the range of the output over the calibration data.
    pub is_useful: bool,
    /// Where scores decide, how far the best must be ahead for the decision to be the float model's, of inputs that are integers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// The same where inputs are rounded first; infinite, in JSON `null`, where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_margin: Option<f64>,
    /// Where a threshold decides, the values in which the float model may decide otherwise, of inputs that are integers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<BandReport>,
    /// The same where inputs are rounded first, if that differs and has a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_band: Option<BandReport>,
    /// Results of all layers that may be clamped to their format, for some input of the domain.
    pub saturating: usize,
    /// Where the error comes from, by layer: parts of the whole.
    pub layers: Vec<PartsReport>,
}

/// Integer values of an output for which the float model may lie on the other side of a threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BandReport {
    /// The first.
    pub first: i64,
    /// The one behind the last.
    pub end: i64,
    /// Elements of the output over the calibration data that lie inside.
    pub inside: usize,
    /// All that were looked at.
    pub total: usize,
}

/// What a layer adds to a certified error, in parts of the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartsReport {
    /// The layer.
    pub layer: String,
    /// By weights and constants that were rounded.
    pub weights: f64,
    /// By results and arguments that were rounded.
    pub rounding: f64,
    /// By operators: entries of tables, leaves, branches.
    pub tables: f64,
    /// By clamping to a format's integers.
    pub saturation: f64,
}

/// The bound of the output at `position`, whose values have this range over the calibration data, if they have one.
pub(super) fn bound(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    position: usize,
    range: Option<f64>,
) -> Result<BoundReport, ReportError> {
    let found = *evidence.searched.errors.get(position).expected("what a search found of an output")?;
    let evaluations = evidence.searched.evaluations;
    let (certified, uncertified) = match evidence.certified.outputs.get(position) {
        Some(Ok(known)) => (Some(certified(compiled, evidence, position, known, range)?), None),
        Some(Err(why)) => (None, Some(why.text())),
        None => (None, None),
    };
    Ok(BoundReport { found, evaluations, certified, uncertified })
}

fn certified(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    position: usize,
    known: &Certificate,
    range: Option<f64>,
) -> Result<CertifiedReport, ReportError> {
    let error = known.error.magnitude();
    let layers = compiled.graph.layers.iter().zip(&known.parts);
    let layers = layers.map(|(layer, parts)| PartsReport {
        layer: layer.name.clone(),
        weights: parts.weights,
        rounding: parts.rounding,
        tables: parts.tables,
        saturation: parts.saturation,
    });
    let (mut band, mut raw_band) = (None, None);
    if let Some(threshold) = evidence.options.threshold.filter(|_| !known.is_of_scores) {
        let of = |error: Range| self::band(compiled, evidence, position, error, threshold);
        band = Some(of(known.error)?);
        if known.raw != known.error && known.raw.is_finite() {
            raw_band = Some(of(known.raw)?);
        }
    }
    Ok(CertifiedReport {
        error,
        low: known.error.lo,
        high: known.error.hi,
        raw: known.raw.magnitude(),
        is_useful: range.is_none_or(|range| error < range),
        margin: known.margin,
        raw_margin: known.raw_margin,
        band,
        raw_band,
        saturating: evidence.certified.saturating.iter().sum(),
        layers: layers.collect(),
    })
}

/// The band around a threshold for `error`, with the calibration data that lies in it.
fn band(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    position: usize,
    error: Range,
    threshold: f64,
) -> Result<BandReport, ReportError> {
    let output = compiled.graph.outputs.get(position).expected("an output of the graph")?;
    let layer = compiled.graph.layers.get(output.layer).expected("the layer of an output")?;
    let band = Band::around(threshold, error, Integers::new(output.bits, layer.scale));
    let samples = evidence.profile.given();
    let (mut inside, mut total) = (0, 0);
    for sample in samples.iter().step_by(samples.len().div_ceil(MAX_SAMPLES).max(1)) {
        let values = compiled.graph.run(&compiled.graph.quantize(sample))?;
        let values = values.get(position).expected("the values of an output")?;
        total += values.len();
        inside += values.iter().filter(|&&value| band.contains(value)).count();
    }
    Ok(BandReport { first: band.first, end: band.end, inside, total })
}
