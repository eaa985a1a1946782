//! How often rounding takes a value across a threshold, on rows that calibration does not have.
//!
//! A model that jumps (trees, comparisons) is right on the calibration data at any grid that keeps its values on their sides of the
//! thresholds, and wrong on a value between a threshold and its neighbour on the grid. How many values lie there depends on how dense
//! they are around the thresholds: of a feature whose largest value is ten thousand times the usual one, a grid of 16 bits has a step as
//! wide as the usual ones are apart. So the model is tried on rows like the given ones, each value moved towards its neighbour among
//! the feature's values, and inputs that are compared become finer until few of those rows are wrong.

use super::candidate::Found;
use super::error::{PlanError, SearchError};
use super::input::InputFormat;
use super::loss::{Bound, measure};
use super::profile::Profile;
use super::unseen;
use crate::model::Model;
use crate::progress::Observer;

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

/// The formats of finer inputs, where more rows than may be are further from the real model than `max_error`, or decide otherwise.
pub(crate) fn finer(
    model: &Model,
    inputs: &[InputFormat],
    (profile, found): (&Profile, &Found),
    max_error: f64,
    observer: &Observer<'_>,
) -> Result<Option<Vec<InputFormat>>, SearchError> {
    let is_compared = inputs.iter().any(InputFormat::is_compared);
    if !is_compared || Profile::work(model).saturating_mul(ROWS) > WORK {
        return Ok(None);
    }
    let rows = unseen::near(profile.given(), ROWS);
    let tried = Profile::new(model, rows, observer)?;
    let bound = Bound { error: max_error, flips: usize::MAX, labels: 0 };
    let mut faults = 0;
    for position in tried.all() {
        let loss = measure(model, &found.realized, &found.plan, &tried, &[position], (None, bound), None);
        faults += usize::from(PlanError::feasible(loss)?.is_none());
    }
    if faults * ROWS_A_FAULT <= tried.all().len() {
        return Ok(None);
    }
    let widened =
        |input: &InputFormat| if input.is_compared() { input.clone().widened(STEP) } else { input.clone() };
    Ok(Some(inputs.iter().map(widened).collect()))
}
