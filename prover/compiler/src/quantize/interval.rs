//! Interval arithmetic over a quantized graph: what each accumulator and each result can be, for any inputs of the
//! declared bits. Not only for the calibration data.

use super::graph::{QuantGraph, QuantLayer, Step, signed_range};
use assay_circuits::layers::requantize::{self, Requantize};

/// A closed interval of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub lo: i128,
    pub hi: i128,
}

impl Interval {
    pub fn new(lo: i64, hi: i64) -> Self {
        Interval { lo: lo.into(), hi: hi.into() }
    }

    /// Bits of a signed integer that holds every value.
    pub fn signed_bits(self) -> u32 {
        let magnitude = |value: i128| 128 - value.leading_zeros();
        magnitude(self.hi.max(0)).max(magnitude((-self.lo - 1).max(0))) + 1
    }

    /// The narrowest interval that holds both.
    pub fn union(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }
}

/// Magnitude beyond which accumulators are refused: the limit of the circuit's witness integers.
pub(crate) const LIMIT: i128 = 1 << assay_circuits::LIMIT_BITS;

/// The accumulators of a layer, or `None` where one can leave [`LIMIT`].
pub(crate) fn accumulators(layer: &QuantLayer, x: &[Interval]) -> Option<Vec<Interval>> {
    let rows = layer.weights.w.chunks_exact(layer.weights.cols.max(1)).zip(&layer.bias);
    rows.map(|(row, &bias)| {
        let mut sum = Interval::new(bias, bias);
        for (&w, x) in row.iter().zip(x) {
            let w = i128::from(w);
            let (low, high) = if w < 0 { (w * x.hi, w * x.lo) } else { (w * x.lo, w * x.hi) };
            sum = Interval { lo: sum.lo.checked_add(low)?, hi: sum.hi.checked_add(high)? };
        }
        (sum.lo >= -LIMIT && sum.hi <= LIMIT).then_some(sum)
    })
    .collect()
}

/// The results of a layer whose accumulators lie in the given intervals.
pub(crate) fn results(layer: &QuantLayer, accumulators: &[Interval]) -> Vec<Interval> {
    match &layer.step {
        Step::Accumulate => accumulators.to_vec(),
        Step::Requantize { shifts, lo, hi } => accumulators
            .iter()
            .zip(shifts)
            .map(|(acc, &shift)| {
                // Accumulators are within LIMIT, and the reference is monotonic.
                let end = |value: i128| {
                    let value = i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX });
                    requantize::reference(value, Requantize { shift: u32::from(shift), lo: *lo, hi: *hi })
                };
                Interval::new(end(acc.lo), end(acc.hi))
            })
            .collect(),
        &Step::ArgMax { length, .. } => vec![Interval::new(0, i64::from(length) - 1); layer.len()],
    }
}

/// Intervals of every layer: accumulators and results.
pub(crate) struct LayerIntervals {
    pub accumulators: Vec<Interval>,
    pub results: Vec<Interval>,
}

/// Intervals of a whole graph, or the position of the first layer whose accumulators can leave [`LIMIT`].
pub(crate) fn of_graph(graph: &QuantGraph) -> Result<Vec<LayerIntervals>, usize> {
    let mut values: Vec<Vec<Interval>> = graph
        .inputs
        .iter()
        .map(|input| {
            let (lo, hi) = signed_range(u32::from(input.bits));
            vec![Interval::new(lo, hi); input.elements()]
        })
        .collect();
    let mut layers = Vec::with_capacity(graph.layers.len());
    for (position, layer) in graph.layers.iter().enumerate() {
        let x = gather(layer, &values);
        let accumulators = accumulators(layer, &x).ok_or(position)?;
        let results = results(layer, &accumulators);
        values.push(results.clone());
        layers.push(LayerIntervals { accumulators, results });
    }
    Ok(layers)
}

pub(crate) fn gather(layer: &QuantLayer, values: &[Vec<Interval>]) -> Vec<Interval> {
    layer.sources.iter().filter_map(|&source| values.get(source)).flatten().copied().collect()
}
