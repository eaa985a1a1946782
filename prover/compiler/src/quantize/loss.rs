//! What a graph loses against the real model: errors of its outputs, and decisions that change.
//!
//! A *flip* is a decision of the integer model that is not the float model's: an element on another side of the
//! threshold, another index of an ArgMax, another answer of a comparison. The float model is here the compiler's own evaluation,
//! sequential `f64`, so that the count is the same on every machine. Scores that tie in single precision decide nothing: no flip counts
//! there.

use std::sync::Arc;

use assay_circuits::{Missing, at, at_mut};

use super::error::PlanError;
use super::graph::{QuantGraph, QuantLayer};
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
    /// The output with that error, by its position.
    pub worst: usize,
    /// For each output, decisions that are not the float model's, over the given samples.
    pub flips: Vec<usize>,
    /// Those of them that operators decide (labels, truth values), and such flips over the samples that are made of given ones.
    pub labels: usize,
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
    /// Most flips of what operators decide, over all samples.
    pub labels: usize,
}

impl Bound {
    /// Anything.
    pub const NONE: Bound = Bound { error: f64::INFINITY, flips: usize::MAX, labels: usize::MAX };

    /// Whether a loss is within the bound.
    pub fn allows(&self, loss: &Loss) -> bool {
        loss.error <= self.error && loss.all_flips() <= self.flips && loss.labels <= self.labels
    }

    /// A part of what may be lost, the flips by the part of the samples that is looked at.
    pub fn part(&self, of_loss: f64, of_samples: f64) -> Bound {
        let part = |flips| match flips {
            usize::MAX => usize::MAX,
            flips => (flips as f64 * of_loss * of_samples) as usize,
        };
        Bound { error: of_loss * self.error, flips: part(self.flips), labels: part(self.labels) }
    }
}

/// Integers that traces hold, at most: 64 MiB.
const MAX_TRACED: usize = 1 << 23;

/// What a graph computed for some samples. A graph that differs in few layers takes from it what these do not change.
pub(crate) struct Trace {
    /// The samples.
    positions: Vec<usize>,
    /// For each layer, what it gave for each sample; nothing where that is too much to hold.
    layers: Vec<Arc<Vec<Traced>>>,
}

/// What a layer gave for a sample.
struct Traced {
    results: Vec<i64>,
    /// Its accumulators, where they are what it is measured by.
    scores: Vec<i64>,
}

/// What layers give, as far as it is known from another graph, and what is computed.
struct Evaluated<'a> {
    /// For each layer, what it gave in the known graph, where that is the same here.
    known: Vec<Option<&'a Arc<Vec<Traced>>>>,
    computed: Vec<Vec<Traced>>,
}

impl<'a> Evaluated<'a> {
    fn new(realized: &Realized, positions: &[usize], known: Option<(&Realized, &'a Trace)>) -> Self {
        let graph = &realized.graph;
        let known = known.filter(|(_, trace)| trace.positions == positions);
        // Whether values are those of the known graph: inputs, then layers.
        let is_same_input = |(i, input)| known.is_some_and(|(old, _)| old.graph.inputs.get(i) == Some(input));
        let mut is_same: Vec<bool> = graph.inputs.iter().enumerate().map(is_same_input).collect();
        let mut layers = Vec::with_capacity(graph.layers.len());
        for (position, layer) in graph.layers.iter().enumerate() {
            let reads_same = layer.sources.iter().all(|&source| is_same.get(source) == Some(&true));
            let found = known.filter(|_| reads_same).and_then(|(old, trace)| {
                let is_copy = layer.is_copy_of(old.graph.layers.get(position)?);
                trace.layers.get(position).filter(|_| is_copy)
            });
            is_same.push(found.is_some());
            layers.push(found);
        }
        Evaluated { computed: graph.layers.iter().map(|_| Vec::new()).collect(), known: layers }
    }

    /// What a layer gives for a sample, counted from the first one that is evaluated.
    fn of(&self, layer: usize, sample: usize) -> Result<&Traced, Missing> {
        let known = *at("whether a layer is known", &self.known, layer)?;
        let computed = at("what a layer computed", &self.computed, layer)?;
        at("what a layer gives for a sample", known.map_or(computed, |known| known), sample)
    }

    /// Evaluates a layer that is not known for the next sample.
    fn evaluate(
        &mut self,
        realized: &Realized,
        inputs: &[Vec<i64>],
        (position, measure): (usize, Measure),
        sample: usize,
    ) -> Result<(), PlanError> {
        let layer = at("a layer", &realized.graph.layers, position)?;
        let x = layer.gather_from(|source| match source.checked_sub(inputs.len()) {
            None => at("an input", inputs, source).map(Vec::as_slice),
            Some(layer) => Ok(self.of(layer, sample)?.results.as_slice()),
        })?;
        let accumulators = layer.accumulate(&x)?;
        let scores = if measure == Measure::Scores { accumulators.clone() } else { Vec::new() };
        let traced = Traced { results: layer.step.finish(accumulators)?, scores };
        at_mut("what a layer computed", &mut self.computed, position)?.push(traced);
        Ok(())
    }

    fn into_trace(self, graph: &QuantGraph, positions: &[usize]) -> Trace {
        let elements: usize = graph.layers.iter().map(QuantLayer::len).fold(0, usize::saturating_add);
        if elements.saturating_mul(positions.len()) > MAX_TRACED {
            return Trace { positions: Vec::new(), layers: Vec::new() };
        }
        let layers = self.known.into_iter().zip(self.computed);
        let layers = layers.map(|(known, computed)| known.cloned().unwrap_or_else(|| Arc::new(computed)));
        Trace { positions: positions.to_vec(), layers: layers.collect() }
    }
}

/// The loss over the samples at `positions`, and what was computed for it; not feasible as soon as it exceeds `bound`. What does not
/// differ from `known` is taken from there.
pub(crate) fn measure(
    model: &Model,
    realized: &Realized,
    plan: &Plan,
    profile: &Profile,
    positions: &[usize],
    (threshold, bound): (Option<f64>, Bound),
    known: Option<(&Realized, &Trace)>,
) -> Result<(Loss, Trace), PlanError> {
    let graph = &realized.graph;
    let outputs = graph.outputs.len();
    let mut loss = Loss { error: 0.0, worst: 0, flips: vec![0; outputs], labels: 0 };
    let measures: Vec<Measure> = model.layers.iter().map(|layer| layer.function.measure()).collect();
    let mut evaluated = Evaluated::new(realized, positions, known);
    let open = evaluated.known.iter().zip(measures.iter().copied()).enumerate();
    let open: Vec<(usize, Measure)> = open
        .filter(|(_, (known, _))| known.is_none())
        .map(|(layer, (_, measure))| (layer, measure))
        .collect();
    for (sample, &position) in positions.iter().enumerate() {
        let inputs = graph.quantize(at("a sample", &profile.samples, position)?);
        for &layer in &open {
            evaluated.evaluate(realized, &inputs, layer, sample)?;
        }
        let targets = at("the targets of a sample", &profile.targets, position)?;
        let decisions = at("the decisions of a sample", &profile.decisions, position)?;
        let outputs = graph.outputs.iter().zip(targets).zip(decisions);
        let mut made = vec![0; graph.outputs.len()];
        let of_sample = if profile.is_given(position) { &mut loss.flips } else { &mut made };
        for (which, (((output, target), decided), flips)) in outputs.zip(of_sample).enumerate() {
            let layer = at("the layer of an output", &graph.layers, output.layer)?;
            let measure = *at("the layer of an output", &measures, output.layer)?;
            let Traced { results, scores } = evaluated.of(output.layer, sample)?;
            let differs =
                |(&q, decided): (&i64, &Option<f64>)| decided.is_some_and(|decided| q as f64 != decided);
            let labels = results.iter().zip(decided).filter(|&pair| differs(pair)).count();
            *flips += labels;
            loss.labels += labels;
            let of_results = i32::from(layer.scale);
            let (integers, scales) = match measure {
                Measure::Decisions => continue,
                Measure::Results => (results, std::slice::from_ref(&of_results)),
                Measure::Scores => (scores, plan.layer(output.layer)?.rows.as_slice()),
            };
            let counts = *at("what counts of an output", &profile.counts, which)?;
            let run = integers.len().checked_div(scales.len()).unwrap_or(0).max(1);
            for ((integers, reals), &scale) in integers.chunks(run).zip(target.chunks(run)).zip(scales) {
                let factor = pow2(-scale);
                for (&integer, &real) in integers.iter().zip(reals) {
                    let error = (integer as f64 * factor - real).abs() * counts;
                    if error > loss.error {
                        (loss.error, loss.worst) = (error, which);
                    }
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
    Ok((loss, evaluated.into_trace(graph, positions)))
}
