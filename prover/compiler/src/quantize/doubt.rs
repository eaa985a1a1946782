//! Which results are in doubt on a row, because an operator is not defined for its arguments, or because scores tie: those, and all that
//! they decide. What a model throws away it may compute anyhow: exporters write a logarithm of every value and choose the results of
//! the positive ones.

use super::evaluation::Evaluation;
use crate::internal::{Expected, InternalError};
use crate::model::{Layer, Model};
use crate::operators::operator::{Measure, Operator};

/// Scores that differ by at most this part of the largest one tie: single precision, in which models run elsewhere, decides by its
/// order of summation.
pub(super) const TIE: f64 = 1.0 / 1_048_576.0;

/// The results of each layer that are in doubt: `origin` says of an operator's results which are, for its arguments and which of these
/// are; the operator's position comes first.
fn spread(
    model: &Model,
    found: &Evaluation,
    origin: impl Fn(usize, &dyn Operator, &[f64], Vec<bool>) -> Vec<bool>,
) -> Vec<Vec<bool>> {
    let mut atoms = vec![false; model.input_len()];
    let mut results = Vec::with_capacity(model.layers.len());
    for (position, (layer, arguments)) in model.layers.iter().zip(&found.arguments).enumerate() {
        let doubt = of_rows(layer, &atoms);
        let of_layer = match layer.function.operator() {
            Some(operator) => origin(position, operator, arguments, doubt),
            None => doubt,
        };
        atoms.extend_from_slice(&of_layer);
        results.push(of_layer);
    }
    results
}

/// Which rows of a layer are in doubt: those that read such an element.
fn of_rows(layer: &Layer, atoms: &[bool]) -> Vec<bool> {
    if !atoms.contains(&true) {
        return vec![false; layer.pooled_len()];
    }
    let of_row = |row: usize| {
        let mut is_doubtful = false;
        layer.map.for_each_term(row, |atom, factor| {
            is_doubtful |= factor != 0.0 && atoms.get(atom as usize).copied().unwrap_or(true);
        });
        is_doubtful
    };
    let rows: Vec<bool> = (0..layer.map.rows()).map(of_row).collect();
    match layer.pool {
        // Which windows have which rows, only the pooling knows.
        Some(_) => vec![rows.contains(&true); layer.pooled_len()],
        None => rows,
    }
}

/// The layers that are not defined for all of their arguments on a row.
pub(super) fn undefined(model: &Model, found: &Evaluation) -> Vec<usize> {
    let is_undefined = |(layer, arguments): (&Layer, &Vec<f64>)| {
        layer.function.operator().is_some_and(|operator| undefined_of(operator, arguments).contains(&true))
    };
    let all = model.layers.iter().zip(&found.arguments).map(is_undefined).enumerate();
    all.filter(|(_, is_undefined)| *is_undefined).map(|(position, _)| position).collect()
}

/// For which of its arguments an operator is not defined.
fn undefined_of(operator: &dyn Operator, x: &[f64]) -> Vec<bool> {
    let mut flags = Vec::with_capacity(x.len());
    let mut rest = x.iter();
    for (i, argument) in operator.arguments().iter().enumerate() {
        flags.extend(rest.by_ref().take(argument.len).map(|&x| operator.needs(i, (x, x)).is_some()));
    }
    flags
}

/// Whether an output of the model is not defined on a row.
pub(super) fn reaches_outputs(model: &Model, found: &Evaluation) -> Result<bool, InternalError> {
    let undefined = spread(model, found, |_, operator, x, mut doubt| {
        doubt
            .iter_mut()
            .zip(undefined_of(operator, x))
            .for_each(|(flag, is_undefined)| *flag |= is_undefined);
        operator.doubtful(x, &doubt)
    });
    for output in &model.outputs {
        if undefined.get(output.layer).expected("the layer of an output")?.contains(&true) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// For each output, which of its results a tie decides: of its own scores, or of those of a decision that it follows from. `peaks` are the
/// largest magnitudes of the scores of each layer.
pub(super) fn ties(
    model: &Model,
    found: &Evaluation,
    peaks: &[f64],
) -> Result<Vec<Vec<bool>>, InternalError> {
    let doubt = spread(model, found, |position, operator, x, doubt| {
        let mut results = operator.doubtful(x, &doubt);
        if operator.measure() == Measure::Scores {
            let tie = peaks.get(position).copied().unwrap_or(0.0) * TIE;
            let margins = operator.margins(x);
            let each = results.iter_mut().zip(&margins);
            each.for_each(|(result, &margin)| *result |= margin <= tie);
        }
        results
    });
    let of_output = |layer: usize| Ok(doubt.get(layer).expected("the layer of an output")?.clone());
    model.outputs.iter().map(|output| of_output(output.layer)).collect()
}

/// The range of those of an argument's values for which the operator is defined, `range` being that of others.
pub(super) fn defined(
    operator: &dyn Operator,
    argument: usize,
    range: (f64, f64),
    values: &[f64],
) -> (f64, f64) {
    let each = [range.0, range.1].into_iter().chain(values.iter().copied());
    let is_defined = |x: &f64| operator.needs(argument, (*x, *x)).is_none();
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    each.filter(is_defined).fold(none, |(lo, hi), x| (lo.min(x), hi.max(x)))
}
