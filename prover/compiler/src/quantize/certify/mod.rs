//! A bound that holds: how far the integers' outputs can be from the float model's, for every input of the declared domain.
//!
//! The float model `F` is the model as the compiler read it, in real arithmetic; the integers' `Q` is read as real numbers. Bounded is
//! `F(q 2^-s) - Q(q)` over all integers `q` of the domains' boxes: what integers mean is the numbers that they stand for, and rounding
//! what is no integer is a term of its own ([`Certificate::raw`]). Forwards, layer by layer, each row and each result gets what it can be,
//! and how far it can be off ([`rule`], [`step`], and each operator's [`Operator::certify`]); each by a backward [`pass`] where that is
//! within [`WORK`], and by intervals above it. Then each output, in the same way.
//!
//! [`Operator::certify`]: crate::operators::operator::Operator::certify

pub(crate) mod found;
mod pairs;
mod parts;
mod pass;
pub mod range;
mod recover;
pub mod rule;
mod solve;
mod step;
mod task;

use super::error::PlanError;
use crate::internal::{Expected, InternalError};
use crate::model::Model;
use crate::operators::operator::Measure;
pub(crate) use parts::Parts;
use pass::{Coefficients, Form, Known};
use range::Range;
pub(crate) use recover::plan as recovered;
use solve::Net;
pub(crate) use solve::reaches;
use task::WORK;
pub(crate) use task::{Task, Uncertified};

/// Corners that are kept of an output, at most.
const CORNERS: usize = 128;
/// Classes whose scores are compared two by two, at most.
const RIVALS: usize = 64;

/// How far an output can be off.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Certificate {
    /// The float model's less the integers', of every element.
    pub error: Range,
    /// The same for inputs that are rounded to integers first.
    pub raw: Range,
    /// By how much the best of two scores must be ahead for the decision to be the float model's, where scores decide.
    pub margin: Option<f64>,
    /// The same for inputs that are rounded to integers first.
    pub raw_margin: Option<f64>,
    /// Whether the error is that of the scores behind a decision, and not of results.
    pub is_of_scores: bool,
    /// Where the largest comes from: one for each layer.
    pub parts: Vec<Parts>,
    /// Of each layer the parts that its rows' weights make.
    pub rows: Vec<Vec<f64>>,
    /// Inputs, as the integers' real numbers, at which the bound would be reached if all lines were tight.
    pub corners: Vec<Vec<f64>>,
}

/// The certificates of a graph's outputs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Certified {
    /// One an output; why there is none.
    pub outputs: Vec<Result<Certificate, Uncertified>>,
    /// Of each layer, values that may be clamped to what their format holds or a table has entries for.
    pub saturating: Vec<usize>,
    /// Of each layer that is rounded to a format of its own, the integers that hold all of its results, where some may be clamped.
    pub reach: Vec<Option<(f64, f64)>>,
    /// Of each layer what its results, or the scores that it compares, are at most off.
    pub errors: Vec<Vec<Range>>,
}

impl Certified {
    /// The inputs at which outputs may be off most.
    pub fn corners(&self) -> Vec<Vec<f64>> {
        self.outputs.iter().flatten().flat_map(|known| known.corners.iter().cloned()).collect()
    }

    /// Without what a search refutes: no wrong bound is given out.
    pub fn without_refuted(mut self, errors: &[f64]) -> Self {
        for (output, &found) in self.outputs.iter_mut().zip(errors) {
            // The search itself computes in `f64`, of numbers up to some size.
            let is_refuted = |known: &Certificate| found > known.error.magnitude() * (1.0 + 1e-9) + 1e-9;
            if output.as_ref().is_ok_and(is_refuted) {
                *output = Err(Uncertified::Refuted);
            }
        }
        self
    }
}

/// The certificates of all outputs.
pub(crate) fn certify(task: Task<'_>) -> Result<Certified, InternalError> {
    of(task, true)
}

/// The same for inputs that are integers alone: half of the work.
pub(crate) fn on_grid(task: Task<'_>) -> Result<Certified, InternalError> {
    of(task, false)
}

/// Multiplications that certificates of integers take, about.
pub(crate) fn work(model: &Model) -> usize {
    let (mut work, mut before) = (0usize, 0usize);
    for layer in &model.layers {
        work = work.saturating_add(layer.map.rows().saturating_mul(4).saturating_mul(before)).min(WORK);
        before = before.saturating_add(layer.map.terms()).saturating_add(4 * layer.len());
    }
    let outputs: usize = model.outputs.iter().map(|output| output.shape.iter().product::<usize>()).sum();
    work.saturating_add(outputs.saturating_mul(2).saturating_mul(before).min(WORK)).saturating_add(before)
}

/// Whether certificates are within what may be spent on one.
pub(crate) fn is_small(model: &Model) -> bool {
    model.terms() <= WORK / 16
}

fn of(task: Task<'_>, with_raw: bool) -> Result<Certified, InternalError> {
    let none = |why: Uncertified| Certified {
        outputs: vec![Err(why); task.model.outputs.len()],
        saturating: Vec::new(),
        reach: Vec::new(),
        errors: Vec::new(),
    };
    if !is_small(task.model) {
        return Ok(none(Uncertified::TooLarge));
    }
    let grid = match PlanError::feasible(Net::solve(task, false))? {
        Some(net) => net,
        None => return Ok(none(Uncertified::TooLarge)),
    };
    let raw = match grid.rounds_inputs && with_raw {
        true => PlanError::feasible(Net::solve(task, true))?,
        false => None,
    };
    let mut outputs = Vec::with_capacity(task.model.outputs.len());
    for output in &task.model.outputs {
        let of_grid = of_output(&grid, task, output.layer)?;
        outputs.push(match (of_grid, &raw) {
            (Ok(of_grid), Some(raw)) => {
                let raw = of_output(raw, task, output.layer)?;
                let (raw, margin) = raw.map_or((Range::ALL, f64::INFINITY), |raw| {
                    (raw.error, raw.margin.unwrap_or(f64::INFINITY))
                });
                // Inputs that are integers are rounded as well: by nothing.
                let raw_margin = of_grid.margin.map(|of_grid| of_grid.max(margin));
                Ok(Certificate { raw: raw.hull(of_grid.error), raw_margin, ..of_grid })
            }
            (found, _) => found,
        });
    }
    let layers = (0..grid.layers.len())
        .map(|layer| Ok(observed(&grid, task, layer)?.0.iter().map(|k| k.error).collect()));
    let mut errors = layers.collect::<Result<Vec<Vec<Range>>, InternalError>>()?;
    for (output, known) in task.model.outputs.iter().zip(&outputs) {
        let Ok(known) = known else { continue };
        errors.get_mut(output.layer).into_iter().flatten().for_each(|error| *error = error.cut(known.error));
    }
    Ok(Certified { outputs, saturating: grid.saturating, reach: grid.reach, errors })
}

/// What is known of a layer's results, or of the scores that it compares, and how many of its stages these are behind.
fn observed<'a>(net: &'a Net, task: Task<'_>, layer: usize) -> Result<(&'a [Known], usize), InternalError> {
    let solved = net.layers.get(layer).expected("the layer of an output")?;
    let function = &task.model.layers.get(layer).expected("the layer of an output")?.function;
    let of_scores = function.measure() == Measure::Scores;
    Ok(match (solved.stages.as_slice(), of_scores) {
        ([], _) => (&solved.rows, 0),
        ([.., before, _], true) => (&before.known, solved.stages.len() - 1),
        (_, true) => (&solved.rows, 0),
        ([.., last], false) => (&last.known, solved.stages.len()),
    })
}

/// The certificate of the results of a layer, or of the scores that it compares.
fn of_output(
    net: &Net,
    task: Task<'_>,
    layer: usize,
) -> Result<Result<Certificate, Uncertified>, InternalError> {
    let solved = net.layers.get(layer).expected("the layer of an output")?;
    let function = &task.model.layers.get(layer).expected("the layer of an output")?.function;
    let before = net.layers.get(..layer).expected("the layers before an output")?;
    let of_scores = function.measure() == Measure::Scores;
    let (known, stages) = observed(net, task, layer)?;
    let atoms = net.atoms.get(..solved.first).expected("the atoms before an output")?;
    // One form an element and side, and two for each two rivals.
    let len = known.len();
    let rivals: Vec<Vec<usize>> =
        function.operator().filter(|_| of_scores).map_or(Vec::new(), |o| o.rivals());
    let pairs: usize = rivals.iter().map(|group| group.len() * group.len()).sum();
    let is_narrow = (2 * len + pairs).saturating_mul(net.work_before(layer + 1)) <= WORK;
    let largest = |form: &[(usize, f64)], corners: Option<&mut Vec<Vec<f64>>>| -> f64 {
        let plain = || {
            form.iter()
                .map(|&(at, sign)| known.get(at).map_or(f64::INFINITY, |known| most(known.error, sign)))
                .sum()
        };
        if !is_narrow {
            return outwards(plain());
        }
        let mut results = Coefficients::zeros(len);
        for &(at, sign) in form {
            if let Some(slot) = results.error.get_mut(at) {
                *slot = sign;
            }
        }
        let mut over = Form::empty(atoms.len());
        over.add_results(solved, stages, results, atoms);
        let largest = over.largest(before, atoms);
        if let Some(corners) = corners.filter(|corners| corners.len() < CORNERS) {
            corners.push(net.corner(&over));
        }
        largest.min(outwards(plain()))
    };
    let mut error = Range { lo: f64::INFINITY, hi: f64::NEG_INFINITY };
    let (mut corners, mut worst) = (Vec::new(), (0, f64::NEG_INFINITY));
    for element in 0..len {
        let hi = largest(&[(element, 1.0)], Some(&mut corners));
        let lo = 0.0 - largest(&[(element, -1.0)], Some(&mut corners));
        error = error.hull(Range { lo, hi });
        if hi.max(-lo) > worst.1 {
            worst = (element, hi.max(-lo));
        }
    }
    if !error.is_finite() {
        return Ok(Err(net.reason(task, layer)));
    }
    let mut margin = None;
    for group in rivals.iter().filter(|_| pairs <= RIVALS * RIVALS) {
        for (i, j) in group.iter().flat_map(|&i| group.iter().map(move |&j| (i, j))).filter(|(i, j)| i != j) {
            let ahead = largest(&[(i, 1.0), (j, -1.0)], None);
            margin = Some(margin.unwrap_or(0.0f64).max(ahead));
        }
    }
    if !rivals.is_empty() && margin.is_none() {
        margin = Some(2.0 * error.magnitude());
    }
    let (parts, rows) = parts::of(net, layer, stages, worst.0);
    let raw_margin = margin;
    Ok(Ok(Certificate {
        error,
        raw: error,
        margin,
        raw_margin,
        is_of_scores: of_scores,
        parts,
        rows,
        corners,
    }))
}

/// A sum of two, and what it may have lost.
fn outwards(sum: f64) -> f64 {
    if sum == 0.0 { sum } else { sum.next_up() }
}

/// The largest of a range, or of it negated.
fn most(range: Range, sign: f64) -> f64 {
    if sign > 0.0 { range.hi } else { -range.lo }
}
