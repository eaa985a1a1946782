//! How often rounding takes a value across a threshold, on rows that calibration does not have.
//!
//! A model that jumps (trees, comparisons) is right on the calibration data at any grid that keeps its values on their sides of the
//! thresholds, and wrong on a value between a threshold and its neighbour on the grid. How many values lie there depends on how dense
//! they are around the thresholds: of a feature whose largest value is ten thousand times the usual one, a grid of 16 bits has a step as
//! wide as the usual ones are apart. So the model is tried on rows like the given ones, each value moved towards its neighbour among
//! the feature's values, and inputs that are compared become finer until few of those rows are wrong.
//!
//! That a row takes another branch shows in its error, which is far larger than that of others.

use super::candidate::Found;
use super::error::PlanError;
use super::input::InputFormat;
use super::loss::{Bound, Loss, measure};
use super::plan::Plan;
use super::profile::Profile;
use super::realize::Realized;
use super::unseen;
use crate::internal::InternalError;
use crate::model::Model;

/// Rows that are tried.
const ROWS: usize = 2000;
/// Of how many of them one may be wrong.
const ROWS_A_FAULT: usize = 1000;
/// Multiplications that their evaluation may take, about; models that would take more are not tried.
const WORK: usize = 200_000_000;
/// Bits that inputs become finer by at a time: a quarter of the faults is left.
pub(crate) const STEP: u32 = 2;
/// Steps at most.
pub(crate) const STEPS: usize = 4;
/// How many times the error that a quarter of the rows keep to an error is that rounding alone does not make, and how many times the
/// largest one that is known to come of rounding.
const FAR: f64 = 8.0;
const BEYOND: f64 = 2.0;

/// Rows near the given ones, and what the model makes of them.
pub(crate) struct Near(pub Profile);

impl Near {
    /// Such rows; `None` where nothing is compared, or they would take too long.
    pub fn rows(model: &Model, inputs: &[InputFormat], given: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
        let is_tried =
            inputs.iter().any(InputFormat::is_compared) && Profile::work(model).saturating_mul(ROWS) <= WORK;
        is_tried.then(|| unseen::near(given, ROWS))
    }

    /// What a graph loses on them.
    pub fn losses(&self, model: &Model, found: &Found) -> Result<Losses, InternalError> {
        Losses::of(model, &found.realized, &found.plan, &self.0)
    }
}

/// What a graph loses on each of some rows; nothing is known of those that it has no numbers for.
pub(crate) struct Losses(Vec<Option<Loss>>);

impl Losses {
    /// On the given rows of a profile.
    pub fn of(
        model: &Model,
        realized: &Realized,
        plan: &Plan,
        profile: &Profile,
    ) -> Result<Self, InternalError> {
        let of_row = |position: usize| {
            let loss = measure(model, realized, plan, profile, &[position], (None, Bound::NONE), None);
            Ok::<_, InternalError>(PlanError::feasible(loss)?.map(|(loss, _)| loss))
        };
        (0..profile.given().len()).map(of_row).collect::<Result<_, _>>().map(Losses)
    }

    pub fn rows(&self) -> usize {
        self.0.len()
    }

    /// Whether more rows than may be are further from the real model than `max_error`, or decide otherwise.
    pub fn are_many(&self, max_error: f64) -> bool {
        let is_kept = |loss: &&Option<Loss>| {
            loss.as_ref().is_some_and(|loss| loss.error <= max_error && loss.labels == 0)
        };
        let kept = self.0.iter().filter(is_kept).count();
        (self.0.len() - kept) * ROWS_A_FAULT > self.0.len()
    }

    /// Rows that take another branch, where rounding alone makes errors of up to `known`, and `max_error` is allowed.
    pub fn crossed(&self, known: f64, max_error: f64) -> usize {
        let mut errors: Vec<f64> =
            self.0.iter().map(|loss| loss.as_ref().map_or(f64::INFINITY, |loss| loss.error)).collect();
        errors.sort_by(f64::total_cmp);
        let quarter = errors.get(errors.len() / 4).copied().unwrap_or(0.0);
        let limit = (BEYOND * known).min(max_error).max(FAR * quarter);
        errors.len() - errors.partition_point(|&error| error <= limit)
    }
}
