//! The linear map of a quantized layer, in the form that the model has it.

use assay_circuits::layers::{conv, dense, sparse};
use assay_circuits::{Bounded, BuildError, Builder};

use super::interval::Interval;
use super::profile::{Profile, Wiring};
use crate::model::{Convolution, Map};
use crate::number::{dequantize, quantize};

/// Largest weight: keeps products of weights and activations far inside 64 bits.
pub(crate) const MAX_WEIGHT: i64 = 1 << 30;

/// `accumulator_r = Σ_c w[r, c] · x_c + bias_r`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linear {
    /// A matrix, and one bias a row.
    Dense(dense::Weights, Vec<i64>),
    /// A convolution of the one value that is read.
    Convolution(conv::Convolution),
    /// Rows of few terms.
    Sparse(sparse::Rows),
}

impl Linear {
    /// Number of accumulators.
    pub fn rows(&self) -> usize {
        match self {
            Linear::Dense(weights, _) => weights.rows,
            Linear::Convolution(conv) => conv.outputs(),
            Linear::Sparse(rows) => rows.bias.len(),
        }
    }

    /// Number of values that are read.
    pub fn columns(&self) -> usize {
        match self {
            Linear::Dense(weights, _) => weights.cols,
            Linear::Convolution(conv) => conv.window.inputs(),
            Linear::Sparse(rows) => rows.inputs,
        }
    }

    /// The weights, each once.
    pub fn weights(&self) -> impl Iterator<Item = i64> + '_ {
        let (listed, terms) = match self {
            Linear::Dense(weights, _) => (weights.w.as_slice(), [].as_slice()),
            Linear::Convolution(conv) => (conv.w.as_slice(), [].as_slice()),
            Linear::Sparse(rows) => ([].as_slice(), rows.terms.as_slice()),
        };
        listed.iter().copied().chain(terms.iter().map(|&(_, w)| w))
    }

    /// Terms of all accumulators together.
    pub fn terms(&self) -> u128 {
        match self {
            Linear::Dense(weights, _) => weights.w.len() as u128,
            Linear::Convolution(conv) => {
                let (height, width) = conv.window.output();
                conv.w.len() as u128 * height as u128 * width as u128
            }
            Linear::Sparse(rows) => rows.terms.len() as u128,
        }
    }

    /// The integer reference of the map.
    pub(crate) fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        match self {
            Linear::Dense(weights, bias) => dense::reference(x, weights, bias),
            Linear::Convolution(conv) => conv::reference(x, conv),
            Linear::Sparse(rows) => sparse::reference(x, rows),
        }
    }

    /// The accumulators in a circuit.
    pub(crate) fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        match self {
            Linear::Dense(weights, bias) => dense::constrain(b, x, weights, bias),
            Linear::Convolution(conv) => conv::constrain(b, x, conv),
            Linear::Sparse(rows) => sparse::constrain(b, x, rows),
        }
    }

    /// What each accumulator can be. For a convolution, an interval that holds all accumulators of a filter.
    pub(crate) fn intervals(&self, x: &[Interval]) -> Vec<Interval> {
        match self {
            Linear::Dense(weights, bias) => {
                // Products of weights below 2^31 and values below 2^31 fit 64 bits.
                let narrow = |end: i128| i64::try_from(end).ok().filter(|end| end.unsigned_abs() <= 1 << 31);
                let ends: Option<Vec<(i64, i64)>> =
                    x.iter().map(|x| narrow(x.lo).zip(narrow(x.hi))).collect();
                let ends = ends.filter(|_| weights.w.iter().all(|w| w.unsigned_abs() <= 1 << 31));
                let rows = weights.w.chunks_exact(weights.cols.max(1)).zip(bias);
                rows.map(|(row, &bias)| {
                    let start = Interval::new(bias, bias);
                    let Some(ends) = &ends else {
                        return row.iter().zip(x).fold(start, |sum, (&w, x)| sum.plus(x.times(w)));
                    };
                    row.iter().zip(ends).fold(start, |sum, (&w, &(lo, hi))| {
                        let (a, b) = if w < 0 { (w * hi, w * lo) } else { (w * lo, w * hi) };
                        Interval { lo: sum.lo + i128::from(a), hi: sum.hi + i128::from(b) }
                    })
                })
                .collect()
            }
            Linear::Sparse(rows) => (0..rows.bias.len())
                .map(|row| {
                    let bias = rows.bias.get(row).copied().unwrap_or(0);
                    let start = Interval::new(bias, bias);
                    rows.row(row).iter().fold(start, |sum, &(column, w)| {
                        x.get(column as usize).map_or(sum, |x| sum.plus(x.times(w)))
                    })
                })
                .collect(),
            Linear::Convolution(conv) => {
                let window = &conv.window;
                let area = (window.height.input * window.width.input).max(1);
                let zero = Interval::new(0, 0);
                let is_padded = [window.height, window.width].iter().any(|a| a.pad_before + a.pad_after > 0);
                let channels: Vec<Interval> = x
                    .chunks_exact(area)
                    .map(|channel| {
                        let all = channel.iter().copied().reduce(Interval::union).unwrap_or(zero);
                        if is_padded { all.union(zero) } else { all }
                    })
                    .collect();
                let group_channels = window.channels / conv.groups.max(1);
                let per_group = (conv.filters / conv.groups.max(1)).max(1);
                let (height, width) = window.output();
                let filters = conv.w.chunks_exact((group_channels * window.size()).max(1)).zip(&conv.bias);
                let sums = filters.enumerate().map(|(filter, (taps, &bias))| {
                    let sources = channels.iter().skip(filter / per_group * group_channels);
                    let taps = taps.chunks_exact(window.size().max(1));
                    sources.zip(taps).fold(Interval::new(bias, bias), |sum, (channel, taps)| {
                        taps.iter().fold(sum, |sum, &w| sum.plus(channel.times(w)))
                    })
                });
                sums.flat_map(|sum| std::iter::repeat_n(sum, height * width)).collect()
            }
        }
    }
}

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
