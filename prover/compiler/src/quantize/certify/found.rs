//! A search for the input at which the integers are furthest from the float model: what it finds is a lower end of the truth, beside the
//! certificate's upper end. The same on every machine: a fixed number of evaluations, from fixed starts, with a fixed sequence.

use std::cmp::Ordering;

use assay_circuits::Domain;
use assay_interface::float32;

use crate::feature::Feature;
use crate::model::Model;
use crate::number::{dequantize, pow2};
use crate::operators::operator::Measure;
use crate::quantize::graph::QuantGraph;
use crate::quantize::plan::Plan;
use crate::random::SplitMix64;

/// Evaluations, at most.
pub(crate) const MOST: usize = 2048;
/// Evaluations at least.
const LEAST: usize = 32;
/// Multiplications of all evaluations, about.
const WORK: usize = 10_000_000;
/// Starts that are climbed from.
const CLIMBED: usize = 6;

/// What is searched.
#[derive(Clone, Copy)]
pub(crate) struct Searched<'a> {
    pub model: &'a Model,
    pub graph: &'a QuantGraph,
    pub plan: &'a Plan,
    pub features: &'a [Feature],
    /// Rows of the calibration data.
    pub samples: &'a [Vec<f64>],
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Of each output, the largest error; none where it has no error.
    pub errors: Vec<f64>,
    /// How many inputs were looked at.
    pub evaluations: usize,
}

/// Evaluations that a search of a model makes.
pub(crate) fn evaluations(model: &Model) -> usize {
    let of_operators = model.layers.iter().filter_map(|layer| layer.function.operator()).map(|o| o.work());
    let work = of_operators.fold(model.terms(), usize::saturating_add) + 64 * model.layers.len();
    (WORK / work.max(1)).clamp(LEAST, MOST)
}

/// Searches with so many evaluations, from these corners among others.
pub(crate) fn search(of: Searched<'_>, corners: &[Vec<f64>], evaluations: usize) -> Found {
    let mut search = Search {
        of,
        places: places(of),
        errors: vec![0.0; of.graph.outputs.len()],
        left: evaluations.max(1),
        random: SplitMix64(0x5eed),
    };
    let mut starts: Vec<(f64, Vec<f64>)> = Vec::new();
    let share = (evaluations / 6).max(1);
    let rows = of.samples.iter().step_by(of.samples.len().div_ceil(share).max(1)).cloned();
    let step = corners.len().div_ceil(share).max(1);
    let all: Vec<Vec<f64>> = rows.chain(corners.iter().step_by(step).cloned()).collect();
    for x in all {
        let x = search.settled(&x);
        let error = search.error(&x);
        starts.push((error, x));
    }
    for _ in 0..share {
        let x = search.corner();
        let error = search.error(&x);
        starts.push((error, x));
    }
    starts.sort_by(|(a, _), (b, _)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    starts.truncate(CLIMBED);
    for (best, x) in &mut starts {
        search.sweep(best, x);
    }
    while search.left > 0 && !starts.is_empty() && !search.places.is_empty() {
        for (best, x) in &mut starts {
            for _ in 0..search.places.len().min(16) {
                let Some((at, value)) = search.step(x) else { break };
                let Some(slot) = x.get_mut(at) else { break };
                let before = std::mem::replace(slot, value);
                let error = search.error(x);
                if error > *best {
                    *best = error;
                } else if let Some(slot) = x.get_mut(at) {
                    *slot = before;
                }
            }
        }
    }
    Found { errors: search.errors, evaluations: evaluations.max(1) - search.left }
}

/// The numbers that an element may have.
enum Place {
    /// Multiples of a step, from the first to the last.
    Grid { first: i64, last: i64, step: f64 },
    /// Some of them.
    Listed(Vec<f64>),
}

impl Place {
    /// The least and the largest.
    fn ends(&self) -> [f64; 2] {
        match self {
            Place::Grid { first, last, step } => [*first as f64 * step, *last as f64 * step],
            Place::Listed(all) => [all.first(), all.last()].map(|end| end.copied().unwrap_or(0.0)),
        }
    }
}

/// What the circuit asserts of each element.
fn places(of: Searched<'_>) -> Vec<Place> {
    let inputs = of.graph.inputs.iter();
    let elements = inputs.flat_map(|input| input.domains.iter().zip(input.scales.each(&input.shape)));
    let place = |(at, (feature, (domain, scale))): (usize, (&Feature, (&Domain, Option<i8>)))| {
        let Some(scale) = scale else {
            let seen = of.samples.iter().filter_map(|sample| sample.get(at).copied());
            let single = |x: f64| float32::key(x as f32).and_then(float32::number).map(f64::from);
            let ends = [feature.min, feature.max].into_iter().filter(|end| end.is_finite());
            let mut all: Vec<f64> = seen.chain(ends).filter_map(single).collect();
            all.sort_by(f64::total_cmp);
            all.dedup();
            return Place::Listed(all);
        };
        let ((first, last), step) = (domain.numbers(), domain.step());
        let [first, last] = [first, last].map(|end| end.div_euclid(step.max(1)));
        Place::Grid { first, last, step: step as f64 * pow2(-i32::from(scale)) }
    };
    of.features.iter().zip(elements).enumerate().map(place).collect()
}

struct Search<'a> {
    of: Searched<'a>,
    places: Vec<Place>,
    errors: Vec<f64>,
    left: usize,
    random: SplitMix64,
}

impl Search<'_> {
    /// The nearest input of the domain to a row.
    fn settled(&self, x: &[f64]) -> Vec<f64> {
        let settle = |(at, place): (usize, &Place)| {
            let x = x.get(at).copied().unwrap_or(0.0);
            match place {
                Place::Grid { first, last, step } if !x.is_nan() => {
                    (x / step).round().clamp(*first as f64, *last as f64) * step
                }
                Place::Grid { .. } => x,
                Place::Listed(all) => {
                    let above = all.partition_point(|&known| known < x);
                    all.get(above).or(all.last()).copied().unwrap_or(x)
                }
            }
        };
        self.places.iter().enumerate().map(settle).collect()
    }

    /// An end of each element.
    fn corner(&mut self) -> Vec<f64> {
        let random = &mut self.random;
        let end = |place: &Place| {
            let [first, last] = place.ends();
            if random.next().is_multiple_of(2) { first } else { last }
        };
        self.places.iter().map(end).collect()
    }

    /// Each element in turn to either of its ends, where that is worse, until none is.
    fn sweep(&mut self, best: &mut f64, x: &mut [f64]) {
        let mut is_worse = true;
        while is_worse {
            is_worse = false;
            for at in 0..self.places.len() {
                for end in self.places.get(at).map_or([0.0; 2], Place::ends) {
                    let Some(slot) = x.get_mut(at).filter(|_| self.left > 0) else { return };
                    let before = std::mem::replace(slot, end);
                    if end.to_bits() == before.to_bits() {
                        continue;
                    }
                    let error = self.error(x);
                    if error > *best {
                        (*best, is_worse) = (error, true);
                    } else if let Some(slot) = x.get_mut(at) {
                        *slot = before;
                    }
                }
            }
        }
    }

    /// An element and another number for it: an end, any, or one nearby.
    fn step(&mut self, x: &[f64]) -> Option<(usize, f64)> {
        let at = (self.random.next() % self.places.len().max(1) as u64) as usize;
        let current = *x.get(at)?;
        let value = match self.places.get(at)? {
            Place::Grid { first, last, step } => {
                let span = last.abs_diff(*first);
                let q = match self.random.next() % 5 {
                    0 => *first,
                    1 => *last,
                    2 => first.saturating_add_unsigned((self.random.part() * span as f64) as u64),
                    3 => ((current / step) as i64).saturating_add((self.random.next() % 5) as i64 - 2),
                    _ => {
                        let near = (span as f64 * 0.1 * (self.random.part() - 0.5)) as i64;
                        ((current / step) as i64).saturating_add(near)
                    }
                };
                q.clamp(*first, *last) as f64 * step
            }
            Place::Listed(all) => *self.random.of(all)?,
        };
        Some((at, value))
    }

    /// The largest error of any output at an input; those of each are kept.
    fn error(&mut self, x: &[f64]) -> f64 {
        self.left = self.left.saturating_sub(1);
        let Ok(layers) = self.of.graph.run_layers(&self.of.graph.quantize(x)) else { return 0.0 };
        let own = self.of.model.evaluate_layers(x);
        let mut worst = 0.0f64;
        for (output, slot) in self.of.graph.outputs.iter().zip(&mut self.errors) {
            let (Some(values), Some(graph), Some(layer), Some(own), Some(plan)) = (
                layers.get(output.layer),
                self.of.graph.layers.get(output.layer),
                self.of.model.layers.get(output.layer),
                own.get(output.layer),
                self.of.plan.layers.get(output.layer),
            ) else {
                continue;
            };
            let of_scores = layer.function.measure() == Measure::Scores;
            let (integers, float) = match of_scores {
                true => (&values.accumulators, own.clone()),
                false => (&values.results, layer.function.apply(own.clone())),
            };
            let run = integers.len().checked_div(plan.rows.len()).unwrap_or(1).max(1);
            let scale = |at: usize| match of_scores {
                true => plan.rows.get(at / run).copied().unwrap_or(0),
                false => i32::from(graph.scale),
            };
            let off = integers.iter().zip(&float).enumerate();
            let off = off.map(|(at, (&q, float))| (dequantize(q, scale(at)) - float).abs());
            let largest = off.filter(|off| !off.is_nan()).fold(0.0, f64::max);
            *slot = slot.max(largest);
            worst = worst.max(largest);
        }
        worst
    }
}
