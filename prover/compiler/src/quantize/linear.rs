//! The linear map of a quantized layer, in the form that the model has it.

use assay_circuits::layers::{conv, dense, sparse};
use assay_circuits::{Bounded, BuildError, Builder, Missing, at};

use super::interval::Interval;

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

    /// The weight and the constant of an accumulator that reads one value, if it does.
    pub(crate) fn single_term(&self, row: usize) -> Option<(i64, i64)> {
        match self {
            Linear::Dense(weights, bias) => {
                let mut terms = weights.w.chunks(weights.cols.max(1)).nth(row)?.iter().filter(|&&w| w != 0);
                let weight = *terms.next()?;
                terms.next().is_none().then_some((weight, *bias.get(row)?))
            }
            Linear::Convolution(_) => None,
            Linear::Sparse(rows) => match rows.row(row).ok()? {
                &[(_, weight)] if weight != 0 => Some((weight, *rows.bias.get(row)?)),
                _ => None,
            },
        }
    }

    /// The one value that an accumulator is, up to its sign and a constant.
    pub(crate) fn copied(&self, row: usize) -> Option<usize> {
        let column = match self {
            Linear::Dense(weights, _) => {
                let row = weights.w.chunks(weights.cols.max(1)).nth(row)?;
                let mut terms = row.iter().enumerate().filter(|&(_, &weight)| weight != 0);
                let (column, &weight) = terms.next()?;
                terms.next().is_none().then_some((column, weight))
            }
            Linear::Convolution(_) => None,
            Linear::Sparse(rows) => match rows.row(row).ok()? {
                &[(column, weight)] => Some((column as usize, weight)),
                _ => None,
            },
        };
        column.filter(|(_, weight)| weight.abs() == 1).map(|(column, _)| column)
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
    pub(crate) fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, Missing> {
        Ok(match self {
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
            Linear::Sparse(rows) => {
                let of_row = |(row, &bias): (usize, &i64)| {
                    rows.row(row)?.iter().try_fold(Interval::new(bias, bias), |sum, &(column, w)| {
                        Ok(sum.plus(at("the interval of a column", x, column as usize)?.times(w)))
                    })
                };
                rows.bias.iter().enumerate().map(of_row).collect::<Result<_, Missing>>()?
            }
            Linear::Convolution(conv) => {
                let window = &conv.window;
                let area = (window.height.input * window.width.input).max(1);
                let zero = Interval::new(0, 0);
                let is_padded = [window.height, window.width].iter().any(|a| a.pad_before + a.pad_after > 0);
                let channels: Vec<Interval> = x
                    .chunks_exact(area)
                    .map(|channel| {
                        let all = Interval::enclosing(channel);
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
        })
    }
}
