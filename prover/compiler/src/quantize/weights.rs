//! Weights and biases at a layer's scales: the integer map of a layer of real numbers.

use assay_circuits::layers::{conv, dense, sparse};
use assay_circuits::{Missing, at, at_mut};

use super::error::{Feasible, PlanError};
use super::linear::Linear;
use super::plan::Plan;
use super::profile::{Column, Profile, Wiring};
use crate::model::{Convolution, Map};
use crate::number::{dequantize, quantize};

/// Largest weight: keeps products of weights and activations far inside 64 bits.
const MAX_WEIGHT: i64 = 1 << 30;

/// The integer map of a layer at a plan's scales: of what it reads, and of each channel's accumulators. What rounding a
/// weight takes away on average goes to the bias. Not feasible where a weight or a bias is too large.
pub(crate) fn realize(
    map: &Map,
    wiring: &Wiring,
    profile: &Profile,
    plan: &Plan,
    scales: &[i32],
) -> Result<Linear, PlanError> {
    let run = run_length(map.rows(), scales)?;
    let scale_of = |row: usize| at("the scale of an accumulator", scales, row / run).copied();
    // One weight, and the mean of what its rounding takes away.
    let round = |coefficient: f64, scale: i32, mean: f64| -> Result<(i64, f64), PlanError> {
        let integer = quantize(coefficient, scale).filter(|w| w.abs() <= MAX_WEIGHT).feasible()?;
        Ok((integer, (coefficient - dequantize(integer, scale)) * mean))
    };
    let mean = |atom: usize| at("the mean of an element", &profile.means, atom).copied();
    if let Map::Convolution(conv) = map {
        return convolution(conv, plan.source_scale(wiring.source()?)?, scales, &round, &mean);
    }
    let rows = map.rows();
    let is_dense = map.terms().saturating_mul(2) >= rows.saturating_mul(wiring.columns);
    if let Map::Dense(matrix) = map
        && is_dense
    {
        let column = |&atom: &u32| {
            let Column { column, source, element } = wiring.column(atom)?;
            Ok((column, plan.element_scale(source, element)?, mean(atom as usize)?))
        };
        let columns: Vec<(usize, i32, f64)> =
            matrix.columns.iter().map(column).collect::<Result<_, PlanError>>()?;
        let mut w = vec![0i64; rows.checked_mul(wiring.columns).feasible()?];
        let mut bias = Vec::with_capacity(rows);
        let lines =
            matrix.w.chunks_exact(columns.len().max(1)).zip(w.chunks_exact_mut(wiring.columns.max(1)));
        for (row, (coefficients, weights)) in lines.enumerate() {
            let scale = scale_of(row)?;
            let mut constant = map.bias(row);
            for (&coefficient, &(column, source, mean)) in coefficients.iter().zip(&columns) {
                let (integer, lost) = round(coefficient, scale - source, mean)?;
                *at_mut("the column of a weight", weights, column)? = integer;
                constant += lost;
            }
            bias.push(quantize(constant, scale).feasible()?);
        }
        return Ok(Linear::Dense(dense::Weights { rows, cols: wiring.columns, w }, bias));
    }
    let mut sparse =
        sparse::Rows { inputs: wiring.columns, ends: Vec::with_capacity(rows), ..Default::default() };
    for row in 0..rows {
        let scale = scale_of(row)?;
        let mut constant = map.bias(row);
        let mut outcome = Ok(());
        let mut terms: Vec<(u32, i64)> = Vec::new();
        map.for_each_term(row, |atom, coefficient| {
            let mut add = || -> Result<(), PlanError> {
                let Column { column, source, element } = wiring.column(atom)?;
                let (integer, lost) =
                    round(coefficient, scale - plan.element_scale(source, element)?, mean(atom as usize)?)?;
                if integer != 0 {
                    terms.push((u32::try_from(column).ok().feasible()?, integer));
                }
                constant += lost;
                Ok(())
            };
            if outcome.is_ok() {
                outcome = add();
            }
        });
        outcome?;
        terms.sort_unstable_by_key(|&(column, _)| column);
        sparse.terms.extend(terms);
        sparse.ends.push(u32::try_from(sparse.terms.len()).ok().feasible()?);
        sparse.bias.push(quantize(constant, scale).feasible()?);
    }
    if !is_dense {
        return Ok(Linear::Sparse(sparse));
    }
    let mut w = vec![0i64; rows.checked_mul(wiring.columns).feasible()?];
    for (row, weights) in w.chunks_exact_mut(wiring.columns.max(1)).enumerate() {
        for &(column, integer) in sparse.row(row)? {
            *at_mut("the column of a weight", weights, column as usize)? = integer;
        }
    }
    Ok(Linear::Dense(dense::Weights { rows, cols: wiring.columns, w }, sparse.bias))
}

/// A convolution reads one whole value. The mean of a channel stands for that of its elements.
fn convolution(
    conv: &Convolution,
    source: i32,
    scales: &[i32],
    round: &impl Fn(f64, i32, f64) -> Result<(i64, f64), PlanError>,
    mean: &impl Fn(usize) -> Result<f64, Missing>,
) -> Result<Linear, PlanError> {
    let window = conv.window;
    let area = (window.height.input * window.width.input).max(1);
    let channel_mean = |channel: usize| {
        let first = conv.first as usize + channel * area;
        let sum = (first..first + area).map(mean).sum::<Result<f64, Missing>>()?;
        Ok(sum / area as f64)
    };
    let means: Vec<f64> = (0..window.channels).map(channel_mean).collect::<Result<_, Missing>>()?;
    let per_group = (conv.filters / conv.groups.max(1)).max(1);
    let group_channels = window.channels / conv.groups.max(1);
    let mut w = Vec::with_capacity(conv.w.len());
    let mut bias = Vec::with_capacity(conv.filters);
    let run = run_length(conv.filters, scales)?;
    for (filter, taps) in conv.w.chunks_exact(conv.filter_len().max(1)).enumerate() {
        let scale = *at("the scale of a filter", scales, filter / run)?;
        let mut constant = *at("the bias of a filter", &conv.bias, filter)?;
        for (tap, &coefficient) in taps.iter().enumerate() {
            let channel = filter / per_group * group_channels + tap / window.size().max(1);
            let mean = *at("the mean of a channel", &means, channel)?;
            let (integer, lost) = round(coefficient, scale - source, mean)?;
            w.push(integer);
            constant += lost;
        }
        bias.push(quantize(constant, scale).feasible()?);
    }
    let (filters, groups) = (conv.filters, conv.groups);
    Ok(Linear::Convolution(conv::Convolution { window, filters, groups, w, bias }))
}

/// Rows that share a scale: each scale has equally many.
fn run_length(rows: usize, scales: &[i32]) -> Result<usize, PlanError> {
    let run = rows.checked_div(scales.len()).filter(|run| run * scales.len() == rows);
    run.ok_or(PlanError::Internal("equally many rows for each scale"))
}
