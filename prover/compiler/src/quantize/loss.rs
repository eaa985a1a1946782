//! What a graph loses against the real model: errors of its outputs, and decisions that change.
//!
//! A *flip* is a decision of the integer model that is not the float model's: an element on another side of the
//! threshold, or another index of an ArgMax. The float model is here the compiler's own evaluation, sequential `f64`, so
//! that the count is the same on every machine.

use assay_circuits::at;

use super::error::PlanError;
use super::plan::Plan;
use super::profile::Profile;
use super::realize::Realized;
use crate::model::Model;
use crate::number::pow2;
use crate::operators::operator::Measure;

/// What a graph loses over some samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loss {
    /// Largest error of any output; for an ArgMax, of its scores.
    pub error: f64,
    /// For each output, decisions that are not the float model's, over the given samples.
    pub flips: Vec<usize>,
    /// For each output, those over the samples that are made of given ones.
    pub made_flips: Vec<usize>,
}

impl Loss {
    /// Decisions of all outputs that are not the float model's, over the given samples.
    pub fn all_flips(&self) -> usize {
        self.flips.iter().sum()
    }
}

/// What a graph may lose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound {
    /// Largest error.
    pub error: f64,
    /// Most flips over the given samples.
    pub flips: usize,
}

impl Bound {
    /// Anything.
    pub const NONE: Bound = Bound { error: f64::INFINITY, flips: usize::MAX };

    /// Whether a loss is within the bound.
    pub fn allows(&self, loss: &Loss) -> bool {
        loss.error <= self.error && loss.all_flips() <= self.flips
    }

    /// A part of what may be lost, the flips by the part of the samples that is looked at.
    pub fn part(&self, of_loss: f64, of_samples: f64) -> Bound {
        let flips = match self.flips {
            usize::MAX => usize::MAX,
            flips => (flips as f64 * of_loss * of_samples) as usize,
        };
        Bound { error: of_loss * self.error, flips }
    }
}

/// The loss over the samples at `positions`; not feasible as soon as it exceeds `bound`.
pub(crate) fn measure(
    model: &Model,
    realized: &Realized,
    plan: &Plan,
    profile: &Profile,
    positions: &[usize],
    threshold: Option<f64>,
    bound: Bound,
) -> Result<Loss, PlanError> {
    let graph = &realized.graph;
    let outputs = graph.outputs.len();
    let mut loss = Loss { error: 0.0, flips: vec![0; outputs], made_flips: vec![0; outputs] };
    let measures: Vec<Measure> = model.layers.iter().map(|layer| layer.function.measure()).collect();
    for &position in positions {
        let mut values = graph.quantize(at("a sample", &profile.samples, position)?);
        let mut scores = Vec::with_capacity(graph.layers.len());
        for (layer, measure) in graph.layers.iter().zip(&measures) {
            let accumulators = layer.accumulate(&layer.gather(&values)?)?;
            scores.push(if *measure == Measure::Scores { accumulators.clone() } else { Vec::new() });
            values.push(layer.step.finish(accumulators)?);
        }
        let targets = at("the targets of a sample", &profile.targets, position)?;
        let decisions = at("the decisions of a sample", &profile.decisions, position)?;
        let outputs = graph.outputs.iter().zip(targets).zip(decisions);
        let of_samples = if profile.is_given(position) { &mut loss.flips } else { &mut loss.made_flips };
        for (((output, target), decided), flips) in outputs.zip(of_samples) {
            let layer = at("the layer of an output", &graph.layers, output.layer)?;
            let measure = *at("the layer of an output", &measures, output.layer)?;
            let results = at("the values of an output", &values, graph.inputs.len() + output.layer)?;
            *flips += results.iter().zip(decided).filter(|&(&q, &decided)| q as f64 != decided).count();
            let of_results = i32::from(layer.scale);
            let (integers, scales) = match measure {
                Measure::Decisions => continue,
                Measure::Results => (results, std::slice::from_ref(&of_results)),
                Measure::Scores => {
                    let scores = at("the scores of an output", &scores, output.layer)?;
                    (scores, plan.layer(output.layer)?.rows.as_slice())
                }
            };
            let run = integers.len().checked_div(scales.len()).unwrap_or(0).max(1);
            for ((integers, reals), &scale) in integers.chunks(run).zip(target.chunks(run)).zip(scales) {
                let factor = pow2(-scale);
                for (&integer, &real) in integers.iter().zip(reals) {
                    loss.error = loss.error.max((integer as f64 * factor - real).abs());
                }
            }
            let factor = pow2(-of_results);
            if let (Some(threshold), Measure::Results) = (threshold, measure) {
                let above = |value: f64| value >= threshold;
                let differ = integers.iter().zip(target);
                *flips += differ.filter(|&(&q, &f)| above(q as f64 * factor) != above(f)).count();
            }
        }
        if !bound.allows(&loss) {
            return Err(PlanError::Infeasible);
        }
    }
    Ok(loss)
}
