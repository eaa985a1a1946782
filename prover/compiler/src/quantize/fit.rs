//! Which scales the rows of a map can have.

use std::collections::BTreeMap;

use assay_circuits::at_mut;

use super::plan::{Plan, runs};
use super::profile::Profile;
use crate::internal::{Expected, InternalError};
use crate::model::{Layer, Map};
use crate::number::{MAX_SCALE, fitting_scale, pow2};
use crate::operators::operator::{Operator, Takes};

/// Bits of the widest weight that has more than others.
const WIDEST: i32 = 30;

/// Scales of a run of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// The finest scale at which every weight has at most the limit as its magnitude, or more on values of fewer bits.
    pub finest: i32,
    /// The coarsest scale at which every weight is what it is, if that is no finer.
    pub exact: Option<i32>,
    /// Whether constants are what they are at that scale, too.
    pub has_exact_bias: bool,
}

/// The scale of rows that have one in common.
pub(super) fn common_row(fits: &[Fit]) -> Result<i32, InternalError> {
    let coarsest = fits.iter().map(|fit| fit.finest).min().expected("the scale of a row")?;
    let exact: Option<Vec<i32>> = fits.iter().map(|fit| fit.exact.filter(|_| fit.has_exact_bias)).collect();
    let finest_exact = exact.and_then(|exact| exact.into_iter().max()).filter(|&row| row <= coarsest);
    Ok(finest_exact.unwrap_or(coarsest).clamp(-MAX_SCALE, MAX_SCALE))
}

/// What each run of a layer's rows can have for weights of magnitude `limit`.
pub(super) fn fitting_rows(
    profile: &Profile,
    plan: &Plan,
    position: usize,
    layer: &Layer,
    limit: i64,
) -> Result<Vec<Fit>, InternalError> {
    let (map, runs) = (layer.map.as_ref(), runs(layer));
    let wiring = profile.wiring(position)?;
    if let Map::Convolution(conv) = map {
        let source = plan.source_scale(wiring.source()?)?;
        let per_run = (conv.w.len() / runs.max(1)).max(1);
        let takes_whole = |operator: &dyn Operator| {
            operator.arguments().iter().any(|argument| argument.takes == Takes::Whole)
        };
        let is_whole = layer.function.operator().is_some_and(takes_whole);
        let fits = |taps: &[f64]| {
            let largest = taps.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
            let finest = fitting_scale(largest, limit).saturating_add(source);
            let is_exact = is_whole && source == 0 && taps.iter().all(|tap| tap.fract() == 0.0);
            Fit { finest, exact: Some(0).filter(|&exact| is_exact && exact <= finest), has_exact_bias: false }
        };
        return Ok(conv.w.chunks_exact(per_run).map(fits).collect());
    }
    let room_of = |&source: &usize| Ok((source, room(profile, plan, source, limit)?));
    let mut rooms: BTreeMap<usize, i32> =
        wiring.sources.iter().map(room_of).collect::<Result<_, InternalError>>()?;
    // Only what some values have and others have not.
    let least = rooms.values().copied().min().unwrap_or(0);
    rooms.values_mut().for_each(|room| *room -= least);
    let per_run = (map.rows() / runs.max(1)).max(1);
    let mut fits = vec![Run::default(); runs];
    for row in 0..map.rows() {
        let run = at_mut("the scale of a run of rows", &mut fits, row / per_run)?;
        let mut outcome: Result<(), InternalError> = Ok(());
        map.for_each_term(row, |atom, coefficient| {
            if coefficient == 0.0 || outcome.is_err() {
                return;
            }
            let scale = || -> Result<(i32, i32), InternalError> {
                let column = wiring.column(atom)?;
                let scale = plan.element_scale(column.source, column.element)?;
                Ok((scale, rooms.get(&column.source).copied().unwrap_or(0)))
            };
            match scale() {
                Ok((scale, room)) => run.add(coefficient, scale, room),
                Err(error) => outcome = Err(error),
            }
        });
        outcome?;
        run.biases.push(map.bias(row));
    }
    Ok(fits.into_iter().map(|run| run.fit(limit)).collect())
}

/// Bits that weights on a value may have more than others, as it has fewer than they: a category, a count, a decision. Without,
/// the weights beside it would have as many bits less, since products of one row have one scale.
fn room(profile: &Profile, plan: &Plan, source: usize, limit: i64) -> Result<i32, InternalError> {
    let of_weights = bits_of(limit);
    let of_values = match (plan.inputs.get(source), source.checked_sub(plan.inputs.len())) {
        (Some(input), _) => input.bits as i32 - 1, // at most 32
        (None, Some(layer)) => {
            bits_of((profile.peak(layer)? * pow2(plan.source_scale(source)?)).ceil() as i64)
        }
        (None, None) => of_weights,
    };
    Ok((of_weights - of_values).clamp(0, (WIDEST - of_weights).max(0)))
}

/// Bits of a magnitude.
fn bits_of(magnitude: i64) -> i32 {
    64 - magnitude.leading_zeros() as i32 // 0 to 64
}

/// What the rows of a run have.
#[derive(Clone, Default)]
struct Run {
    /// Largest weight, in units of the integer that it is on, less the room that it has.
    largest: f64,
    /// The scale at which all weights so far are whole.
    whole: Option<i32>,
    biases: Vec<f64>,
}

impl Run {
    fn add(&mut self, coefficient: f64, scale: i32, room: i32) {
        self.largest = self.largest.max(coefficient.abs() * pow2(-scale - room));
        let whole = scale - lowest_bit(coefficient);
        self.whole = Some(self.whole.map_or(whole, |known| known.max(whole)));
    }

    fn fit(self, limit: i64) -> Fit {
        // A row without weights fits at any scale.
        let finest = if self.largest > 0.0 { fitting_scale(self.largest, limit) } else { MAX_SCALE };
        // Of a row of no weights, the coarsest scale at which its constants are whole, and no coarser than whole numbers.
        let of_constants = || {
            let scales = self.biases.iter().filter(|bias| **bias != 0.0).map(|&bias| -lowest_bit(bias));
            scales.fold(0, i32::max)
        };
        let exact = self.whole.unwrap_or_else(of_constants);
        let exact = Some(exact).filter(|exact| (-MAX_SCALE..=finest).contains(exact));
        let is_whole = |&bias: &f64| exact.is_some_and(|scale| (bias * pow2(scale)).fract() == 0.0);
        Fit { finest, exact, has_exact_bias: self.biases.iter().all(is_whole) }
    }
}

/// The exponent of the lowest bit that is set in a number other than zero.
fn lowest_bit(value: f64) -> i32 {
    let bits = value.to_bits();
    let (exponent, fraction) = (((bits >> 52) & 0x7ff) as i32, bits & ((1 << 52) - 1));
    match exponent {
        0 => -1074 + fraction.trailing_zeros() as i32,
        exponent => exponent - 1075 + (fraction | 1 << 52).trailing_zeros() as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_bits() {
        for (value, expected) in
            [(1.0, 0), (-0.5, -1), (6.0, 1), (0.75, -2), (1024.0, 10), (f64::MIN_POSITIVE / 2.0, -1023)]
        {
            assert_eq!(lowest_bit(value), expected, "{value}");
        }
    }
}
