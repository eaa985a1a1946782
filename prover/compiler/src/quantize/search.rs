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
use super::error::{PlanError, QuantizeError, SearchError};
use super::loss::measure;
use super::plan::{MAX_BITS, MIN_BITS};
use super::realize::Realized;
use super::uniform::Least;

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
            let Some(start) = self.uniform(searched, bound, &mut Least::new())? else { continue };
            let found = self.descend(start, bound)?;
            let allowed = (self.threshold, self.bound);
            let loss = measure(self.model, &found.realized, &found.plan, self.profile, &all, allowed, None);
            if let Some((loss, _)) = PlanError::feasible(loss)? {
                return Ok(Found { plan: found.plan, realized: found.realized, loss });
            }
        }
        let mut least = Least::new();
        if let Some(found) = self.uniform(&all, self.bound, &mut least)? {
            return Ok(Found { plan: found.plan, realized: found.realized, loss: found.loss });
        }
        Err(self.unreachable(&least).into())
    }

    /// The narrowest uniform widths that meet the bounds, unoptimized: enough to compare ways to prove ranges by.
    pub fn first(&self) -> Result<Option<Realized>, SearchError> {
        let found = self.uniform(&self.profile.searched, self.bound, &mut Least::new())?;
        Ok(found.map(|found| found.realized))
    }

    /// Why no uniform plan is within the bounds.
    fn unreachable(&self, least: &Least) -> QuantizeError {
        match least {
            Least { labels: Some(labels), .. } => QuantizeError::Labels {
                most: self.bound.labels,
                achieved: *labels,
                total: self.profile.count_decisions(),
                bits: MAX_BITS,
            },
            Least { flips: Some(flips), .. } => {
                QuantizeError::Flips { max_flips: self.bound.flips, achieved: *flips, bits: MAX_BITS }
            }
            Least { error, .. } if error.is_finite() => {
                QuantizeError::Unreachable { max_error: self.bound.error, achieved: *error, bits: MAX_BITS }
            }
            _ => QuantizeError::TooWide { bits: MIN_BITS },
        }
    }

    /// Functions that are not defined everywhere must be so on the calibration data.
    fn check_arguments(&self) -> Result<(), QuantizeError> {
        for (layer, ranges) in self.model.layers.iter().zip(&self.profile.arguments) {
            let Some(operator) = layer.function.operator() else { continue };
            let undefined =
                |(argument, &range): (usize, &(f64, f64))| Some((operator.needs(argument, range)?, range));
            if let Some((needed, (lo, hi))) = ranges.iter().enumerate().find_map(undefined) {
                let (layer, function) = (layer.name.clone(), operator.name());
                return Err(QuantizeError::Undefined { layer, function, needed, lo, hi });
            }
        }
        Ok(())
    }
}
