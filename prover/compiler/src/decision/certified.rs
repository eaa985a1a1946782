//! The claim of a compilation, of its certificates.

use assay_interface::schema::ModelSchema;

use super::claim::{Band, Certain, DecisionClaim, Integers, Lead, Uncertain};
use super::places::places;
use crate::internal::{Expected, InternalError};
use crate::model::{ClassNames, Model};
use crate::number::pow2;
use crate::operators::operator::Measure;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::{Certificate, Certified, Uncertified};
use crate::quantize::graph::QuantGraph;
use crate::quantize::plan::Plan;

/// Of what a claim is made.
pub(crate) struct Task<'a> {
    /// The model that the certificates are of.
    pub model: &'a Model,
    pub plan: &'a Plan,
    pub graph: &'a QuantGraph,
    pub schema: &'a ModelSchema,
    pub classes: &'a [Option<ClassNames>],
    pub threshold: Option<f64>,
    pub certified: &'a Certified,
}

/// What each output decides, and for which integers the float model certainly decides the same.
pub(crate) fn claims(task: &Task<'_>) -> Result<Vec<DecisionClaim>, InternalError> {
    (0..task.graph.outputs.len()).map(|position| claim(task, position)).collect()
}

fn claim(task: &Task<'_>, position: usize) -> Result<DecisionClaim, InternalError> {
    let output = task.graph.outputs.get(position).expected("an output of the graph")?;
    let tensor = task.schema.outputs().get(position).expected("an output of the schema")?;
    let layer = task.model.layers.get(output.layer).expected("the layer of an output")?;
    let known = task.certified.outputs.get(position).expected("what is certified of an output")?;
    let scale = tensor.scales.single().expected("the scale of an output")?;
    let format = Integers::new(tensor.bits, scale);
    let is_of_classes = matches!(task.classes.get(position), Some(Some(ClassNames::Elements(_))));
    Ok(match (layer.function.measure(), task.threshold) {
        (Measure::Results, Some(threshold)) => {
            let band = |error: Range| {
                let band = Band::around(threshold, error, format);
                if format.is_useful(band) { Ok(band) } else { Err(Uncertain::Everywhere) }
            };
            let band = certain(known, |known| band(known.error), |known| band(finite(known.raw)?));
            DecisionClaim::Threshold { threshold: format.threshold(threshold), band }
        }
        (Measure::Results, None) if is_of_classes && tensor.elements() > 1 => {
            // Each element's error is in the range, so two are off against each other by its width at most.
            let lead = |error: Range| lead(error.width(), scale.into(), Some(format.span()));
            let lead = certain(known, |known| lead(known.error), |known| lead(finite(known.raw)?));
            DecisionClaim::Largest { lead }
        }
        (Measure::Scores, _) if places(task.graph, output).is_some() => {
            let rows = &task.plan.layer(output.layer)?.rows;
            let scale = rows.first().copied().filter(|first| rows.iter().all(|row| row == first));
            let Some(scale) = scale.and_then(|scale| i8::try_from(scale).ok()) else {
                return Ok(DecisionClaim::None);
            };
            let lead = |margin: Option<f64>| lead(margin.ok_or(Uncertain::Unbounded)?, scale.into(), None);
            let lead = certain(known, |known| lead(known.margin), |known| lead(known.raw_margin));
            DecisionClaim::Place { scale, lead }
        }
        _ => DecisionClaim::None,
    })
}

/// What a certificate says of integers, and of numbers that are rounded to them.
fn certain<T>(
    known: &Result<Certificate, Uncertified>,
    grid: impl FnOnce(&Certificate) -> Result<T, Uncertain>,
    raw: impl FnOnce(&Certificate) -> Result<T, Uncertain>,
) -> Certain<T>
where
    T: Copy,
{
    let why = |why: &Uncertified| match why {
        Uncertified::Operator(..) => Uncertain::Operator,
        Uncertified::Unbounded => Uncertain::Unbounded,
        Uncertified::TooLarge => Uncertain::TooLarge,
        Uncertified::Refuted => Uncertain::Refuted,
    };
    match known {
        Err(error) => Certain { grid: Err(why(error)), raw: Err(why(error)) },
        Ok(known) => {
            let grid = grid(known);
            // Integers are numbers that are rounded by nothing.
            Certain { raw: grid.map_or_else(Err, |_| raw(known)), grid }
        }
    }
}

fn finite(range: Range) -> Result<Range, Uncertain> {
    if range.is_finite() { Ok(range) } else { Err(Uncertain::Unbounded) }
}

/// The least lead of more than `off`, at a scale; none beyond `most`.
fn lead(off: f64, scale: i32, most: Option<i64>) -> Result<Lead, Uncertain> {
    if !off.is_finite() {
        return Err(Uncertain::Unbounded);
    }
    if off == 0.0 {
        return Ok(Lead(0));
    }
    // Larger numbers saturate.
    let lead = ((off * pow2(scale)).floor() as i64).saturating_add(1);
    if lead > most.unwrap_or(i64::MAX - 1) { Err(Uncertain::Everywhere) } else { Ok(Lead(lead)) }
}
