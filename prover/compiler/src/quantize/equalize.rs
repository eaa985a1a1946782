//! Equalization: the elements of a hidden layer brought to a common importance or size.
//!
//! ReLU commutes with positive factors: `w · relu(x) = (w · 2^-k) · relu(2^k · x)`. So an element that the layers
//! behind weigh less can be held coarser, at no cost and without changing the model. `k` is chosen for each element
//! so that the largest weight on it behind is about the same for all elements of the layer: one scale for the tensor
//! then rounds all of them with the same effect. (Nagel et al., "Data-free quantization through weight equalization",
//! 2019, with powers of two: exact in `f64`.)
//!
//! Other operators have such laws, too: `(2^a x) (2^b y) = 2^(a + b) x y`, `ln(2^a x) = ln x + a ln 2`. Each says by [`equalized`](crate::operators::operator::Operator::equalized)
//! what its rows are to be multiplied by and what its results become; squares of amounts and of rates then have one scale.

use std::ops::Range;
use std::sync::Arc;

use super::moved::{Equalizing, Moved, exponent};
use crate::model::{Layer, LayerFunction, Map, Model};
use crate::number::pow2;
use crate::operators::operator::Takes;
use crate::options::Weights;

/// Largest difference that is evened out, as a power of two.
const MAX_EXPONENT: i32 = 20;
/// Samples that the sizes of rows are taken from, at most.
const SAMPLES: usize = 256;

/// A model with equalized hidden layers.
pub(crate) struct Equalized {
    /// The same function as the model it was made from.
    pub model: Model,
    /// For each layer, what its results are of those of the original one.
    pub results: Vec<Vec<Moved>>,
}

/// Equalizes every layer that is no output and is read by layers of rows or of matrices only, if it is a ReLU, or an operator that knows how.
/// From the last layer to the first, so that each layer sees the weights behind it as they will be. Sizes are those on the samples.
pub(crate) fn equalize(model: &Model, samples: &[Vec<f64>], weights: Weights) -> Equalized {
    let mut model = model.clone();
    let mut results: Vec<Vec<Moved>> =
        model.layers.iter().map(|layer| vec![Moved::SAME; layer.len()]).collect();
    // Which factors are chosen follows from the weights, by jumps. A retrained model would have others, and leave the formats of an architecture.
    if weights == Weights::Committed {
        return Equalized { model, results };
    }
    let (ranges, peaks) = (model.atom_ranges(), peaks(&model, samples));
    let inputs = model.inputs.len();
    for position in (0..model.layers.len()).rev() {
        let (range, layer) = (&ranges[inputs + position], &model.layers[position]);
        let is_convolution = |layer: &Layer| matches!(layer.map.as_ref(), Map::Convolution(_));
        let is_output = model.outputs.iter().any(|output| output.layer == position);
        if is_output || layer.pool.is_some() || is_convolution(layer) {
            continue;
        }
        let readers: Vec<&Layer> =
            model.layers.iter().skip(position + 1).filter(|layer| reads(layer, range)).collect();
        if readers.iter().any(|reader| is_convolution(reader)) {
            continue;
        }
        let found = match layer.function.operator() {
            None if layer.function.is_relu() => of_relu(&importance(&readers, range)),
            Some(operator) if !operator.is_whole() => {
                let found = operator.equalized(&peaks[position], &importance(&readers, range));
                let takes = |found: &Equalizing| {
                    readers.iter().all(|reader| takes(reader, found.results.iter().all(Moved::is_exact)))
                };
                match found.filter(takes) {
                    Some(found) => found,
                    None => continue,
                }
            }
            _ => continue,
        };
        rescale(&mut model, position, range.clone(), &found);
        results[position] = found.results;
    }
    Equalized { model, results }
}

/// The largest magnitude of each row of the layers with an operator; empty for others.
fn peaks(model: &Model, samples: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of_layer = |layer: &Layer| layer.function.operator().map_or(0, |_| layer.map.rows());
    let mut peaks: Vec<Vec<f64>> = model.layers.iter().map(|layer| vec![0.0; of_layer(layer)]).collect();
    if model.layers.iter().all(|layer| layer.function.operator().is_none()) {
        return peaks;
    }
    for sample in samples.iter().step_by(samples.len().div_ceil(SAMPLES).max(1)) {
        for (peaks, values) in peaks.iter_mut().zip(model.evaluate_layers(sample)) {
            let finite = peaks.iter_mut().zip(values).filter(|(_, value)| value.is_finite());
            finite.for_each(|(peak, value)| *peak = peak.max(value.abs()));
        }
    }
    peaks
}

/// Whether a layer reads one of these atoms.
fn reads(layer: &Layer, atoms: &Range<usize>) -> bool {
    let mut reads = false;
    layer.map.for_each_atom(|atom| reads |= atoms.contains(&(atom as usize)));
    reads
}

/// Whether a layer takes values that are multiplied by powers of two, or that have become others.
fn takes(layer: &Layer, by_powers_of_two: bool) -> bool {
    match &layer.function {
        LayerFunction::Sum => false,
        LayerFunction::Linear | LayerFunction::Clip { .. } => true,
        LayerFunction::Operator(operator) => {
            operator.arguments().iter().all(|argument| match argument.takes {
                Takes::Rounded { .. } => true,
                Takes::Exact | Takes::Common => by_powers_of_two,
                Takes::Whole => false,
            })
        }
    }
}

/// The largest weight on each of these atoms.
fn importance(readers: &[&Layer], atoms: &Range<usize>) -> Vec<f64> {
    let mut importance = vec![0.0f64; atoms.len()];
    for layer in readers {
        for row in 0..layer.map.rows() {
            layer.map.for_each_term(row, |atom, coefficient| {
                if atoms.contains(&(atom as usize)) {
                    let slot = &mut importance[atom as usize - atoms.start];
                    *slot = slot.max(coefficient.abs());
                }
            });
        }
    }
    importance
}

/// `k` of each element of a ReLU layer: the exponent of the largest weight on it, less that of the layer's largest.
fn of_relu(importance: &[f64]) -> Equalizing {
    let exponents: Vec<Option<i32>> = importance.iter().map(|&weight| exponent(weight)).collect();
    let largest = exponents.iter().flatten().max().copied();
    // What is not read may be as coarse as any.
    let relative =
        |e: &Option<i32>| e.zip(largest).map_or(-MAX_EXPONENT, |(e, most)| (e - most).max(-MAX_EXPONENT));
    let rows: Vec<i32> = exponents.iter().map(relative).collect();
    let results = rows.iter().map(|&exponent| Moved::by(exponent)).collect();
    Equalizing { rows, results }
}

/// Multiplies the rows of a layer, and has every later weight on its results, and what these have more, be what they became.
fn rescale(model: &mut Model, position: usize, atoms: Range<usize>, found: &Equalizing) {
    let of = |atom: u32| match atoms.contains(&(atom as usize)) {
        true => found.results[atom as usize - atoms.start],
        false => Moved::SAME,
    };
    for (i, layer) in model.layers.iter_mut().enumerate().skip(position) {
        if i == position {
            let scaled = layer.map.scaled(|row| pow2(found.rows[row]), |_| 0.0);
            layer.map = scaled.map_or_else(|| Arc::clone(&layer.map), Arc::new);
            continue;
        }
        if !reads(layer, &atoms) {
            continue;
        }
        let scaled = layer.map.with_columns_scaled(|atom| 1.0 / of(atom).factor);
        let Some(scaled) = scaled else { continue };
        let more = |row: usize| {
            let mut sum = 0.0;
            scaled.for_each_term(row, |atom, coefficient| sum += coefficient * of(atom).offset);
            sum
        };
        let more: Vec<f64> = (0..scaled.rows()).map(more).collect();
        let shifted = match more.iter().any(|&more| more != 0.0) {
            true => scaled.scaled(|_| 1.0, |row| -more[row]),
            false => None,
        };
        layer.map = Arc::new(shifted.unwrap_or(scaled));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Encoding, Input, Kind, Output, Row};

    #[test]
    fn equalization_keeps_the_function_and_evens_out_the_weights() {
        let row = |terms: &[(u32, f64)], bias| Row { terms: terms.to_vec(), bias };
        let relu = LayerFunction::Clip { low: Some(0.0), high: None };
        let layer = |name: &str, rows, function| Layer {
            name: name.into(),
            map: Arc::new(Map::Rows(rows)),
            pool: None,
            function,
        };
        let model = Model {
            name: "test".into(),
            inputs: vec![Input {
                name: "x".into(),
                shape: vec![2],
                kind: Kind::Real,
                encoding: Encoding::Rounded,
                categories: Vec::new(),
                missing: Vec::new(),
                domains: Vec::new(),
            }],
            file_inputs: Vec::new(),
            layers: vec![
                layer(
                    "h",
                    vec![row(&[(0, 100.0), (1, 3.0)], 0.5), row(&[(0, 0.01)], -0.1), row(&[], 1.0)],
                    relu,
                ),
                layer("y", vec![row(&[(2, 0.01), (3, 90.0)], 0.0)], LayerFunction::Linear),
            ],
            outputs: vec![Output { name: "y".into(), shape: vec![1], layer: 1, classes: None }],
            feature_names: None,
        };
        let equalized = equalize(&model, &[], Weights::Fixed);
        // floor(log2(0.01)) = -7, floor(log2(90)) = 6; the third element is not read.
        let moved = [-13, 0, -20].map(Moved::by);
        assert_eq!(equalized.results, [moved.to_vec(), vec![Moved::SAME]]);
        assert_eq!(equalized.model.layers[1].map.row(0).terms, [(2, 0.01 * 8192.0), (3, 90.0)]);
        for sample in [[0.0, 0.0], [1.5, -2.0], [-3.0, 0.25], [20.0, 7.0]] {
            assert_eq!(model.evaluate(&sample), equalized.model.evaluate(&sample));
        }
    }
}
