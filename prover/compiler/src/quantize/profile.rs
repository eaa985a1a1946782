//! What the calibration data says about a model: value ranges, means, and the outputs to be met.

use crate::model::{Function, Model};

/// Multiplications that one evaluation of a candidate may cost, over all samples of the search.
const EVALUATION_WORK: usize = 2_000_000;
/// Samples that the search keeps at least.
const FEWEST_SAMPLES: usize = 64;

/// Statistics of a model over calibration data. Sums run in the order of the samples.
pub(crate) struct Profile {
    /// The samples, in model order.
    pub samples: Vec<Vec<f64>>,
    /// For each sample, what each output must be: the real output, or the scores of an ArgMax.
    pub targets: Vec<Vec<Vec<f64>>>,
    /// Mean of every atom.
    pub means: Vec<f64>,
    /// Range of each row of each layer: of its results, or of its scores, for ArgMax.
    pub ranges: Vec<Vec<(f64, f64)>>,
    /// Positions of the samples that the search evaluates candidates on.
    pub searched: Vec<usize>,
    /// The values each layer reads.
    pub wiring: Vec<Wiring>,
}

/// The values that a layer reads, and the column of each of its terms.
pub(crate) struct Wiring {
    /// Values: inputs first, then layers.
    pub sources: Vec<usize>,
    /// Elements of all sources together.
    pub columns: usize,
    /// For each row, for each of its terms: the column, and the value it comes from.
    pub terms: Vec<Vec<(usize, usize)>>,
}

impl Profile {
    pub fn new(model: &Model, samples: Vec<Vec<f64>>) -> Self {
        let atoms: usize = model.atom_ranges().last().map_or(0, |range| range.end);
        let mut sums = vec![0.0; atoms];
        let unseen = (f64::INFINITY, f64::NEG_INFINITY);
        let mut ranges: Vec<Vec<(f64, f64)>> =
            model.layers.iter().map(|layer| vec![unseen; layer.rows.len()]).collect();
        let mut targets = Vec::with_capacity(samples.len());
        for sample in &samples {
            let affine = model.evaluate_layers(sample);
            let mut values = sample.clone();
            for ((layer, scores), range) in model.layers.iter().zip(&affine).zip(&mut ranges) {
                let results = layer.function.apply(scores.clone());
                let observed = if is_argmax(&layer.function) { scores } else { &results };
                for (range, &value) in range.iter_mut().zip(observed) {
                    *range = (range.0.min(value), range.1.max(value));
                }
                values.extend(results);
            }
            sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum += value);
            let target = |output: &crate::model::Output| {
                let function = model.layers.get(output.layer).map(|layer| &layer.function);
                let scores = affine.get(output.layer).cloned().unwrap_or_default();
                match function {
                    Some(function) if !is_argmax(function) => function.apply(scores),
                    _ => scores,
                }
            };
            targets.push(model.outputs.iter().map(target).collect());
        }
        let count = samples.len().max(1) as f64;
        let work: usize =
            model.layers.iter().flat_map(|layer| layer.rows.iter()).map(|row| row.terms.len() + 1).sum();
        let kept = (EVALUATION_WORK / work.max(1)).clamp(FEWEST_SAMPLES, samples.len().max(FEWEST_SAMPLES));
        let stride = samples.len().div_ceil(kept).max(1);
        Profile {
            searched: (0..samples.len()).step_by(stride).collect(),
            samples,
            targets,
            means: sums.into_iter().map(|sum| sum / count).collect(),
            ranges,
            wiring: wiring(model),
        }
    }

    /// Largest magnitude of a layer's results.
    pub fn peak(&self, layer: usize) -> f64 {
        let rows = self.ranges.get(layer).map(Vec::as_slice).unwrap_or_default();
        rows.iter().fold(0.0, |peak, &(lo, hi)| peak.max(lo.abs()).max(hi.abs()))
    }

    /// Every sample's position.
    pub fn all(&self) -> Vec<usize> {
        (0..self.samples.len()).collect()
    }
}

pub(crate) fn is_argmax(function: &Function) -> bool {
    matches!(function, Function::ArgMax { .. })
}

fn wiring(model: &Model) -> Vec<Wiring> {
    let ranges = model.atom_ranges();
    let owner = |atom: u32| ranges.partition_point(|range| range.end <= atom as usize);
    let layers = model.layers.iter().map(|layer| {
        let mut sources: Vec<usize> =
            layer.rows.iter().flat_map(|row| &row.terms).map(|&(atom, _)| owner(atom)).collect();
        sources.sort_unstable();
        sources.dedup();
        if sources.is_empty() {
            // A layer of constants still reads something: the columns of a matrix cannot be none.
            sources.push(0);
        }
        let mut starts = std::collections::HashMap::new();
        let mut columns = 0;
        for &source in &sources {
            starts.insert(source, columns);
            columns += ranges.get(source).map_or(0, |range| range.len());
        }
        let column = |&(atom, _): &(u32, f64)| {
            let source = owner(atom);
            let start = ranges.get(source).map_or(0, |range| range.start);
            (starts.get(&source).copied().unwrap_or(0) + (atom as usize).saturating_sub(start), source)
        };
        let terms = layer.rows.iter().map(|row| row.terms.iter().map(column).collect()).collect();
        Wiring { sources, columns, terms }
    });
    layers.collect()
}
