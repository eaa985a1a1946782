//! Equalization: the elements of a hidden layer brought to a common importance.
//!
//! ReLU commutes with positive factors: `w · relu(x) = (w · 2^-k) · relu(2^k · x)`. So an element that the layers
//! behind weigh less can be held coarser, at no cost and without changing the model. `k` is chosen for each element
//! so that the largest weight on it behind is about the same for all elements of the layer: one scale for the tensor
//! then rounds all of them with the same effect. (Nagel et al., "Data-free quantization through weight equalization",
//! 2019, with powers of two: exact in `f64`.)

use std::sync::Arc;

use crate::model::{Layer, Map, Model};
use crate::number::pow2;

/// Largest difference that is evened out, as a power of two.
const MAX_EXPONENT: i32 = 20;

/// A model with equalized hidden layers.
pub(crate) struct Equalized {
    /// The same function as the model it was made from.
    pub model: Model,
    /// For each layer, for each row: `k`, the row being `2^k` of the original one.
    pub exponents: Vec<Vec<i32>>,
}

/// Equalizes every ReLU layer of rows or of a matrix that is no output and is read by such layers only. From the last
/// layer to the first, so that each layer sees the weights behind it as they will be.
pub(crate) fn equalize(model: &Model) -> Equalized {
    let mut model = model.clone();
    let mut exponents: Vec<Vec<i32>> = model.layers.iter().map(|layer| vec![0; layer.map.rows()]).collect();
    let ranges = model.atom_ranges();
    let inputs = model.inputs.len();
    for position in (0..model.layers.len()).rev() {
        let is_output = model.outputs.iter().any(|output| output.layer == position);
        let (range, layer) = (&ranges[inputs + position], &model.layers[position]);
        let is_relu = layer.function.is_relu() && layer.pool.is_none();
        let is_convolution = |layer: &Layer| matches!(layer.map.as_ref(), Map::Convolution(_));
        let in_range = |map: &Map| match map {
            Map::Convolution(conv) => range.contains(&(conv.first as usize)),
            _ => false,
        };
        let behind = || model.layers.iter().skip(position + 1);
        let is_fixed = is_convolution(layer) || behind().any(|layer| in_range(&layer.map));
        if !is_relu || is_output || is_fixed {
            continue;
        }
        let found = factors(&model, position, range.clone());
        rescale(&mut model, position, range.clone(), &found);
        exponents[position] = found;
    }
    Equalized { model, exponents }
}

/// `k` of each element of a layer: the exponent of the largest weight on it, less that of the layer's largest.
fn factors(model: &Model, position: usize, atoms: std::ops::Range<usize>) -> Vec<i32> {
    let mut importance = vec![0.0f64; atoms.len()];
    for layer in model.layers.iter().skip(position + 1) {
        for row in 0..layer.map.rows() {
            if matches!(layer.map.as_ref(), Map::Convolution(_)) {
                break;
            }
            layer.map.for_each_term(row, |atom, coefficient| {
                if atoms.contains(&(atom as usize)) {
                    let slot = &mut importance[atom as usize - atoms.start];
                    *slot = slot.max(coefficient.abs());
                }
            });
        }
    }
    let exponents: Vec<Option<i32>> = importance.into_iter().map(exponent).collect();
    let largest = exponents.iter().flatten().max().copied();
    // What is not read may be as coarse as any.
    let relative =
        |e: &Option<i32>| e.zip(largest).map_or(-MAX_EXPONENT, |(e, most)| (e - most).max(-MAX_EXPONENT));
    exponents.iter().map(relative).collect()
}

/// Multiplies row `i` of a layer by `2^k_i`, and every later weight on it by `2^-k_i`.
fn rescale(model: &mut Model, position: usize, atoms: std::ops::Range<usize>, exponents: &[i32]) {
    let exponent_of = |atom: u32| match atoms.contains(&(atom as usize)) {
        true => exponents[atom as usize - atoms.start],
        false => 0,
    };
    for (i, layer) in model.layers.iter_mut().enumerate().skip(position) {
        let rescaled = if i == position {
            layer.map.scaled(|row| pow2(exponents[row]), |_| 0.0)
        } else {
            layer.map.with_columns_scaled(|atom| pow2(-exponent_of(atom)))
        };
        // Convolutions stay: none reads the layer.
        if let Some(map) = rescaled {
            layer.map = Arc::new(map);
        }
    }
}

/// `floor(log2(value))`; `None` for zero and numbers that are not normal.
fn exponent(value: f64) -> Option<i32> {
    let biased = ((value.to_bits() >> 52) & 0x7ff) as i32;
    value.is_normal().then_some(biased - 1023)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Encoding, Input, Kind, LayerFunction, Output, Row};

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
        let equalized = equalize(&model);
        // floor(log2(0.01)) = -7, floor(log2(90)) = 6; the third element is not read.
        assert_eq!(equalized.exponents, [vec![-13, 0, -20], vec![0]]);
        assert_eq!(equalized.model.layers[1].map.row(0).terms, [(2, 0.01 * 8192.0), (3, 90.0)]);
        for sample in [[0.0, 0.0], [1.5, -2.0], [-3.0, 0.25], [20.0, 7.0]] {
            assert_eq!(model.evaluate(&sample), equalized.model.evaluate(&sample));
        }
    }
}
