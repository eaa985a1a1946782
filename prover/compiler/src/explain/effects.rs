//! What each step of each layer adds to an output: the layers behind it are computed on in real numbers, from what the step gives and from
//! what the layers before it are as integers. From one step to the next the output changes by what the step adds, and from the float model
//! to the integers by all of it.

use super::causes::Causes;
use super::stages::{Stages, causes};
use crate::internal::{Expected, InternalError};
use crate::model::{Layer, Model};
use crate::operators::operator::Measure;

/// Multiplications, at most about.
const MOST: usize = 2_000_000_000;

/// For each output, a layer and an element, what each layer adds to it; empty where that would take too long.
pub(super) fn of_layers(
    model: &Model,
    stages: &[Stages],
    grid: &[f64],
    outputs: &[(usize, usize)],
) -> Result<Vec<Vec<Causes>>, InternalError> {
    let all: Vec<usize> = work(model).collect();
    let behind =
        |layer: usize| all.iter().skip(layer + 1).fold(0usize, |sum, &work| sum.saturating_add(work));
    if (0..all.len()).fold(0usize, |sum, layer| sum.saturating_add(4 * behind(layer))) > MOST {
        return Ok(Vec::new());
    }
    let mut found = vec![vec![Causes::default(); stages.len()]; outputs.len()];
    let mut atoms = grid.to_vec();
    for (position, of_layer) in stages.iter().enumerate() {
        let mut values = vec![[f64::NAN; 5]; outputs.len()];
        for (step, results) in of_layer.results.iter().enumerate() {
            let before = step.checked_sub(1).and_then(|before| of_layer.results.get(before));
            let is_same = before.is_some_and(|before| before == results)
                && step
                    .checked_sub(1)
                    .is_some_and(|before| of_layer.observed(before) == of_layer.observed(step));
            let mut at_outputs = None;
            if !is_same {
                let first = atoms.len();
                atoms.extend_from_slice(results);
                at_outputs = Some(computed_on(model, (position, of_layer, step), &mut atoms, outputs)?);
                atoms.truncate(first);
            }
            for (output, values) in values.iter_mut().enumerate() {
                let known = step.checked_sub(1).and_then(|before| values.get(before)).copied();
                let now = at_outputs.as_ref().and_then(|all| all.get(output)).copied().or(known);
                if let Some(slot) = values.get_mut(step) {
                    *slot = now.unwrap_or(f64::NAN);
                }
            }
        }
        for ((values, of_output), &(layer, _)) in values.into_iter().zip(&mut found).zip(outputs) {
            let slot = of_output.get_mut(position).expected("the effect of a layer")?;
            // What lies behind an output adds nothing to it.
            *slot = if position <= layer { causes(values) } else { Causes::default() };
        }
        atoms.extend_from_slice(of_layer.as_is());
    }
    Ok(found)
}

/// The outputs' elements, from a step of a layer on.
fn computed_on(
    model: &Model,
    (position, stages, step): (usize, &Stages, usize),
    atoms: &mut Vec<f64>,
    outputs: &[(usize, usize)],
) -> Result<Vec<f64>, InternalError> {
    let mut found = vec![f64::NAN; outputs.len()];
    let mut see = |layer: usize, values: &[f64]| {
        for (&(of, element), slot) in outputs.iter().zip(&mut found) {
            if of == layer {
                *slot = values.get(element).copied().unwrap_or(f64::NAN);
            }
        }
    };
    see(position, stages.observed(step));
    let last = outputs.iter().map(|&(layer, _)| layer).max().unwrap_or(0);
    for (at, layer) in model.layers.iter().enumerate().take(last + 1).skip(position + 1) {
        let arguments = layer.evaluate(atoms);
        let results = layer.function.apply(arguments.clone());
        let of_scores = layer.function.measure() == Measure::Scores;
        see(at, if of_scores { &arguments } else { &results });
        atoms.extend(results);
    }
    Ok(found)
}

/// Multiplications of an evaluation of each layer, about.
fn work(model: &Model) -> impl Iterator<Item = usize> + '_ {
    let of_layer = |layer: &Layer| {
        let of_operator = layer.function.operator().map_or(layer.len(), |operator| operator.work());
        layer.map.terms().saturating_add(of_operator)
    };
    model.layers.iter().map(of_layer)
}
