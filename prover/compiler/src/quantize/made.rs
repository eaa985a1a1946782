//! Adds rows to a profile that calibration data does not have: those of [`unseen`] on which the float model is to be relied on.
//!
//! Left out are
//!
//! - rows on which a layer's results are more than [`EXCESS`] times as large as on all given rows, or a function is not defined: the
//!   combination of features does not occur, and a few of them would widen every format;
//! - rows next to a jump of the model, where rounding an input decides on which side they fall: no format does better.
//!
//! Numbers of single precision that are not rounded are made of single precision, and rows next to a jump of theirs stay.

use assay_circuits::at;

use super::doubt;
use super::error::SearchError;
use super::evaluation::Evaluation;
use super::profile::Profile;
use super::unseen::{self, Steps};
use crate::internal::InternalError;
use crate::model::Model;
use crate::progress::{Observer, Stage};

/// Rows that are made, at most.
const MOST: usize = 512;
/// Multiplications that their evaluation may take, about.
const WORK: usize = 100_000_000;
/// How much larger than on given rows a layer's results may be on a row that is made of them.
const EXCESS: f64 = 2.0;

/// Adds rows made of the given ones to the profile of `model`.
pub(crate) fn extend(
    profile: &mut Profile,
    model: &Model,
    max_error: f64,
    observer: &Observer<'_>,
) -> Result<(), SearchError> {
    let given = profile.given();
    let made = unseen::rows(given, &profile.coded, (WORK / Profile::work(model).max(1)).min(MOST));
    let steps = Steps::of(given, &profile.exact);
    let limits: Vec<f64> = (0..model.layers.len())
        .map(|layer| Ok(profile.peak(layer)? * EXCESS))
        .collect::<Result<_, InternalError>>()?;
    let known = profile.arguments.clone();
    let total = made.len();
    for (position, mut row) in made.into_iter().enumerate() {
        let exact = row.iter_mut().zip(&profile.exact).filter(|(_, is_exact)| **is_exact);
        exact.for_each(|(value, _)| *value = f64::from(*value as f32));
        observer.step(Stage::Calibrate, position, total)?;
        let found = Evaluation::of(model, &row);
        if is_within(model, &found, &limits)
            && is_defined(model, &found, &known)?
            && is_steady(model, &row, &found, (&steps, &profile.counts), max_error)?
        {
            profile.add_made(model, row, &found)?;
        }
    }
    Ok(profile.settle(model)?)
}

/// Whether no layer's results are larger than its limit. What is not defined has no size.
fn is_within(model: &Model, found: &Evaluation, limits: &[f64]) -> bool {
    let is_within = |value: &f64, limit: f64| value.is_nan() || value.abs() <= limit;
    found
        .observed(model)
        .zip(limits)
        .all(|(values, &limit)| values.iter().all(|value| is_within(value, limit)))
}

/// Whether the operators are defined on these arguments beside those of the given rows, whose ranges are `known`, or the model throws
/// away what is not.
fn is_defined(model: &Model, found: &Evaluation, known: &[Vec<(f64, f64)>]) -> Result<bool, InternalError> {
    let mut is_everywhere = true;
    for (position, (layer, arguments)) in model.layers.iter().zip(&found.arguments).enumerate() {
        let Some(operator) = layer.function.operator() else { continue };
        let ranges = at("the ranges of a layer's arguments", known, position)?;
        let mut rest = arguments.as_slice();
        for (i, (argument, &known)) in operator.arguments().iter().zip(ranges).enumerate() {
            let (values, others) = rest.split_at_checked(argument.len).unwrap_or((rest, &[]));
            rest = others;
            let range = values.iter().fold(known, |(lo, hi), &x| (lo.min(x), hi.max(x)));
            // Within a range, too: of all numbers a divisor may be but zero.
            is_everywhere &= values.iter().all(|&x| operator.needs(i, (x, x)).is_none());
            if operator.needs(i, range).is_none() {
                continue;
            }
            if operator.needs(i, doubt::defined(operator, i, known, values)).is_some() {
                return Ok(false);
            }
            is_everywhere = false;
        }
    }
    Ok(is_everywhere || !doubt::reaches_outputs(model, found)?)
}

/// Whether a step of the features, up and down, changes no decision and no output by more than `max_error`.
fn is_steady(
    model: &Model,
    row: &[f64],
    found: &Evaluation,
    (steps, counts): (&Steps, &[f64]),
    max_error: f64,
) -> Result<bool, InternalError> {
    let (targets, decisions) = (found.targets(model)?, found.decisions(model)?);
    for sign in [1.0, -1.0] {
        let near = Evaluation::of(model, &steps.moved(row, sign));
        let others = near.targets(model)?;
        let is_alike = targets.iter().zip(&others).zip(counts).all(|((targets, others), counts)| {
            targets.iter().zip(others).all(|(a, b)| (a - b).abs() * counts <= max_error)
        });
        if !is_alike || decisions != near.decisions(model)? {
            return Ok(false);
        }
    }
    Ok(true)
}
