//! The search for scales and widths: the fewest constraints that meet the bounds on error and flips.
//!
//! 1. *Uniform*: weights and activations of 8 bits, then 9, ... to 24, until the bounds are met.
//! 2. *Descent by layer*: accumulators, inputs and saturation widths made coarser, best saving for its error first,
//!    as long as the bounds hold.
//! 3. *Descent by row*: the accumulators of single rows made coarser.
//!
//! Every decision compares `f64` numbers that are computed sequentially from the model and the calibration data, and
//! ties go to the first candidate, so the same inputs give the same graph on every machine. The effort is bounded by
//! a number of evaluations, not by time.

use super::candidate::{Found, Search};
use super::crossing::Losses;
use super::doubt;
use super::error::{Outlier, Place, PlanError, QuantizeError, SearchError};
use super::evaluation::Evaluation;
use super::input::InputFormat;
use super::loss::measure;
use super::plan::{MAX_BITS, MIN_BITS};
use super::realize::{Realized, realize, settle};
use super::uniform::{Least, Widths};
use crate::crossings::Crossings;
use crate::internal::{Expected, InternalError};
use crate::operators::operator::Measure;

/// Fractions of the bound that the search aims for, one after the other, where it saw a part of the samples only and
/// the result misses the bound on all of them.
const AIMS: [f64; 4] = [1.0, 0.85, 0.7, 0.5];

impl Search<'_, '_> {
    /// The graph with the fewest constraints that was found, and its plan.
    pub fn run(&self) -> Result<Found, SearchError> {
        self.check_arguments()?;
        let (all, searched) = (self.profile.all(), &self.profile.searched);
        let of_samples = searched.len() as f64 / all.len().max(1) as f64;
        for aim in AIMS {
            let bound = self.bound.part(aim, of_samples);
            // Widths that meet a smaller part of the bounds meet these, too.
            let Some(start) = self.uniform(searched, bound, None)? else { break };
            let found = self.descend(start, bound)?;
            let allowed = (self.threshold, self.bound);
            let loss = measure(self.model, &found.realized, &found.plan, self.profile, &all, allowed, None);
            if let Some((loss, _)) = PlanError::feasible(loss)? {
                return Ok(Found { plan: found.plan, realized: found.realized, loss });
            }
        }
        let mut least = Least::new();
        if let Some(found) = self.uniform(&all, self.bound, Some(&mut least))? {
            return Ok(Found { plan: found.plan, realized: found.realized, loss: found.loss });
        }
        Err(self.unreachable(&least)?.into())
    }

    /// The narrowest uniform widths that meet the bounds, unoptimized: enough to compare ways to prove ranges by.
    pub fn first(&self) -> Result<Option<Realized>, SearchError> {
        let found = self.uniform(&self.profile.searched, self.bound, None)?;
        Ok(found.map(|found| found.realized))
    }

    /// Why no uniform plan is within the bounds.
    fn unreachable(&self, least: &Least) -> Result<QuantizeError, SearchError> {
        Ok(match least {
            Least { labels: Some(labels), .. } => QuantizeError::Labels {
                most: self.bound.labels,
                achieved: *labels,
                total: self.profile.count_decisions(),
                bits: MAX_BITS,
            },
            Least { flips: Some(flips), .. } => {
                QuantizeError::Flips { max_flips: self.bound.flips, achieved: *flips, bits: MAX_BITS }
            }
            Least { error, worst, .. } if error.is_finite() => {
                let output = self.model.outputs.get(*worst).expected("the worst output")?;
                let layer = self.model.layers.get(output.layer).expected("the layer of an output")?;
                let counts = self.profile.counts.get(*worst).copied().unwrap_or(1.0);
                QuantizeError::Unreachable {
                    is_score: layer.function.measure() == Measure::Scores,
                    max_error: self.bound.error,
                    output: output.name.clone(),
                    peak: self.profile.peak(output.layer)?,
                    least_range: self.least_range(),
                    achieved: error / counts,
                    bits: MAX_BITS,
                    crossings: self.crossings()?,
                    outlier: self.outlier(),
                }
            }
            _ => QuantizeError::TooWide {
                bits: MIN_BITS,
                place: self.too_wide()?.map(Box::new),
                outlier: self.outlier(),
            },
        })
    }

    /// Rows of the calibration data that take another branch at the finest formats, where features are compared.
    fn crossings(&self) -> Result<Option<Crossings>, SearchError> {
        if !self.inputs.iter().any(InputFormat::is_compared) {
            return Ok(None);
        }
        let mut plan = self.uniform_plan(Widths { bits: MAX_BITS, width: MAX_BITS, fine: MAX_BITS })?;
        settle(self.model, self.profile, &mut plan)?;
        let realized = realize(self.model, self.profile, &plan, None);
        let Some(realized) = PlanError::feasible(realized)? else { return Ok(None) };
        let losses = Losses::of(self.model, &realized, &plan, self.profile)?;
        let rows = losses.crossed(f64::INFINITY, self.bound.error);
        Ok(Some(Crossings { rows, of: losses.rows(), remedy: None }))
    }

    /// How much the real output that varies least varies over the given samples, its elements together; infinite where none is real.
    fn least_range(&self) -> f64 {
        let is_real = |layer: usize| {
            let layer = self.model.layers.get(layer);
            layer.is_some_and(|layer| layer.function.measure() == Measure::Results)
        };
        let range = |position: usize| {
            let given = self.profile.targets.iter().take(self.profile.given().len());
            let values = || given.clone().filter_map(|targets| targets.get(position)).flatten().copied();
            values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
        };
        let real = self.model.outputs.iter().enumerate().filter(|(_, output)| is_real(output.layer));
        real.map(|(position, _)| range(position)).fold(f64::INFINITY, f64::min)
    }

    /// Where the narrowest uniform plan has no room: the first layer that has none, and else the first output.
    fn too_wide(&self) -> Result<Option<Place>, SearchError> {
        let plan = self.uniform_plan(Widths { bits: MIN_BITS, width: MIN_BITS, fine: MIN_BITS })?;
        let has_room = |layers: usize, outputs: usize| {
            let mut model = self.model.clone();
            model.layers.truncate(layers);
            model.outputs.truncate(outputs);
            Ok::<bool, InternalError>(
                PlanError::feasible(realize(&model, self.profile, &plan, None))?.is_some(),
            )
        };
        let layers = self.model.layers.len();
        // The first of those that have no room is found by halving: more layers are never more feasible than fewer.
        let (mut with, mut without) = (0, layers + 1);
        while without - with > 1 {
            let middle = with.midpoint(without);
            if has_room(middle, 0)? {
                with = middle;
            } else {
                without = middle;
            }
        }
        if let Some(layer) = self.model.layers.get(with) {
            let operator = layer.function.operator().map(|operator| operator.name());
            return Ok(Some(Place::Layer {
                layer: layer.name.clone(),
                operator,
                reads: self.largest(with)?,
                peak: self.profile.peak(with)?,
            }));
        }
        for (position, output) in self.model.outputs.iter().enumerate() {
            if !has_room(layers, position + 1)? {
                return Ok(Some(Place::Output {
                    output: output.name.clone(),
                    peak: self.profile.peak(output.layer)?,
                }));
            }
        }
        Ok(None)
    }

    fn outlier(&self) -> Option<Box<Outlier>> {
        Outlier::of(&self.model.features(), self.profile.given()).map(Box::new)
    }

    /// The feature with the largest number in the data, of those that a layer reads, with that number.
    fn largest(&self, layer: usize) -> Result<Option<(String, f64)>, SearchError> {
        let features = self.model.features();
        let mut reads = vec![false; features.len()];
        let map = &self.model.layers.get(layer).expected("a layer")?.map;
        map.for_each_atom(|atom| {
            if let Some(read) = reads.get_mut(atom as usize) {
                *read = true;
            }
        });
        let mut largest: Option<(String, f64)> = None;
        for ((feature, read), position) in features.into_iter().zip(reads).zip(0..) {
            let values = self.profile.given().iter().filter_map(|sample| sample.get(position));
            let peak = values.fold(0.0, |peak: f64, value| peak.max(value.abs()));
            if read && largest.as_ref().is_none_or(|(_, known)| peak > *known) {
                largest = Some((feature, peak));
            }
        }
        Ok(largest)
    }

    /// Functions that are not defined everywhere must be so on the calibration data, or the model must throw away what they are not.
    fn check_arguments(&self) -> Result<(), SearchError> {
        let mut undefined = Vec::new();
        for (position, (layer, ranges)) in self.model.layers.iter().zip(&self.profile.arguments).enumerate() {
            let Some(operator) = layer.function.operator() else { continue };
            for (argument, &(lo, hi)) in ranges.iter().enumerate() {
                // Zero may be the only one within a range.
                let of_zero = || operator.needs(argument, (0.0, 0.0)).filter(|_| lo <= 0.0 && hi >= 0.0);
                let Some(needed) = operator.needs(argument, (lo, hi)).or_else(of_zero) else { continue };
                let (layer, function) = (layer.name.clone(), operator.name());
                let found = QuantizeError::Undefined { layer, function, needed, lo, hi, row: None };
                if operator.needs(argument, doubt::defined(operator, argument, (lo, hi), &[])).is_some() {
                    return Err(found.into());
                }
                undefined.push((position, found));
            }
        }
        if undefined.is_empty() {
            return Ok(());
        }
        for (sample, place) in self.profile.given().iter().zip(1..) {
            let found = Evaluation::of(self.model, sample);
            if !doubt::reaches_outputs(self.model, &found)? {
                continue;
            }
            // The first of them that is not defined on the row.
            let at = doubt::undefined(self.model, &found);
            let first = undefined.iter().position(|(layer, _)| at.contains(layer)).unwrap_or(0);
            let (_, mut error) = undefined.swap_remove(first);
            if let QuantizeError::Undefined { row, .. } = &mut error {
                *row = Some(place);
            }
            return Err(error.into());
        }
        Ok(())
    }
}
