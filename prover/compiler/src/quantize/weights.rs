//! Weights and biases at a layer's scales: the integer map of a layer of real numbers.

use assay_circuits::layers::{conv, dense, sparse};

use super::linear::Linear;
use super::profile::{Profile, Wiring};
use crate::model::{Convolution, Map};
use crate::number::{dequantize, quantize};

/// Largest weight: keeps products of weights and activations far inside 64 bits.
const MAX_WEIGHT: i64 = 1 << 30;

/// The integer map of a layer at the given scales: of each source, and of each channel's accumulators. What rounding a
/// weight takes away on average goes to the bias. `None` where a weight or a bias is too large.
pub(crate) fn realize(
    map: &Map,
    wiring: &Wiring,
    profile: &Profile,
    source_scale: impl Fn(usize) -> i32,
    scales: &[i32],
) -> Option<Linear> {
    let run = (map.rows() / scales.len().max(1)).max(1);
    let scale_of = |row: usize| scales.get(row / run).copied();
    // One weight, and the mean of what its rounding takes away.
    let round = |coefficient: f64, scale: i32, mean: f64| -> Option<(i64, f64)> {
        let integer = quantize(coefficient, scale).filter(|w| w.abs() <= MAX_WEIGHT)?;
        Some((integer, (coefficient - dequantize(integer, scale)) * mean))
    };
    let mean = |atom: u32| profile.means.get(atom as usize).copied();
    if let Map::Convolution(conv) = map {
        return convolution(conv, wiring, &source_scale, scales, &round, &mean);
    }
    let rows = map.rows();
    let is_dense = map.terms().saturating_mul(2) >= rows.saturating_mul(wiring.columns);
    if let Map::Dense(matrix) = map
        && is_dense
    {
        let columns: Vec<(usize, i32, f64)> = matrix
            .columns
            .iter()
            .map(|&atom| {
                let (column, source) = wiring.column(atom)?;
                Some((column, source_scale(source), mean(atom)?))
            })
            .collect::<Option<_>>()?;
        let mut w = vec![0i64; rows.checked_mul(wiring.columns)?];
        let mut bias = Vec::with_capacity(rows);
        let lines =
            matrix.w.chunks_exact(columns.len().max(1)).zip(w.chunks_exact_mut(wiring.columns.max(1)));
        for (row, (coefficients, weights)) in lines.enumerate() {
            let scale = scale_of(row)?;
            let mut constant = map.bias(row);
            for (&coefficient, &(column, source, mean)) in coefficients.iter().zip(&columns) {
                let (integer, lost) = round(coefficient, scale - source, mean)?;
                *weights.get_mut(column)? = integer;
                constant += lost;
            }
            bias.push(quantize(constant, scale)?);
        }
        return Some(Linear::Dense(dense::Weights { rows, cols: wiring.columns, w }, bias));
    }
    let mut sparse =
        sparse::Rows { inputs: wiring.columns, ends: Vec::with_capacity(rows), ..Default::default() };
    for row in 0..rows {
        let scale = scale_of(row)?;
        let mut constant = map.bias(row);
        let mut is_sound = true;
        map.for_each_term(row, |atom, coefficient| {
            let rounded = wiring.column(atom).zip(mean(atom)).and_then(|((column, source), mean)| {
                let (integer, lost) = round(coefficient, scale - source_scale(source), mean)?;
                Some((u32::try_from(column).ok()?, integer, lost))
            });
            match rounded {
                Some((column, integer, lost)) => {
                    if integer != 0 {
                        sparse.terms.push((column, integer));
                    }
                    constant += lost;
                }
                None => is_sound = false,
            }
        });
        if !is_sound {
            return None;
        }
        let start = sparse.ends.last().map_or(0, |&end| end as usize);
        sparse.terms.get_mut(start..)?.sort_unstable_by_key(|&(column, _)| column);
        sparse.ends.push(u32::try_from(sparse.terms.len()).ok()?);
        sparse.bias.push(quantize(constant, scale)?);
    }
    if !is_dense {
        return Some(Linear::Sparse(sparse));
    }
    let mut w = vec![0i64; rows.checked_mul(wiring.columns)?];
    for (row, weights) in w.chunks_exact_mut(wiring.columns.max(1)).enumerate() {
        for &(column, integer) in sparse.row(row) {
            *weights.get_mut(column as usize)? = integer;
        }
    }
    Some(Linear::Dense(dense::Weights { rows, cols: wiring.columns, w }, sparse.bias))
}

/// A convolution reads one whole value. The mean of a channel stands for that of its elements.
fn convolution(
    conv: &Convolution,
    wiring: &Wiring,
    source_scale: &impl Fn(usize) -> i32,
    scales: &[i32],
    round: &impl Fn(f64, i32, f64) -> Option<(i64, f64)>,
    mean: &impl Fn(u32) -> Option<f64>,
) -> Option<Linear> {
    let source = source_scale(*wiring.sources.first()?);
    let window = conv.window;
    let area = (window.height.input * window.width.input).max(1);
    let channel_mean = |channel: usize| {
        let first = conv.first as usize + channel * area;
        let means = (first..first + area).filter_map(|atom| mean(atom as u32));
        means.sum::<f64>() / area as f64
    };
    let means: Vec<f64> = (0..window.channels).map(channel_mean).collect();
    let per_group = (conv.filters / conv.groups.max(1)).max(1);
    let group_channels = window.channels / conv.groups.max(1);
    let mut w = Vec::with_capacity(conv.w.len());
    let mut bias = Vec::with_capacity(conv.filters);
    let run = (conv.filters / scales.len().max(1)).max(1);
    for (filter, taps) in conv.w.chunks_exact(conv.filter_len().max(1)).enumerate() {
        let scale = scales.get(filter / run).copied()?;
        let mut constant = conv.bias.get(filter).copied()?;
        for (tap, &coefficient) in taps.iter().enumerate() {
            let channel = filter / per_group * group_channels + tap / window.size().max(1);
            let (integer, lost) = round(coefficient, scale - source, means.get(channel).copied()?)?;
            w.push(integer);
            constant += lost;
        }
        bias.push(quantize(constant, scale)?);
    }
    let (filters, groups) = (conv.filters, conv.groups);
    Some(Linear::Convolution(conv::Convolution { window, filters, groups, w, bias }))
}
