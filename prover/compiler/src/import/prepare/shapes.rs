//! Sizes for the dimensions that a model leaves free, by the dimension's symbol or by input and position.

use std::collections::{BTreeMap, BTreeSet};

use crate::import::refusal::Refusal;
use crate::onnx::{Dimension, DimensionValue, GraphProto};

/// Sets the dimensions of the inputs. A name is the symbol of one or more dimensions, or `input:position`.
pub(super) fn set(graph: &mut GraphProto, sizes: &BTreeMap<String, usize>, refusals: &mut Vec<Refusal>) {
    if sizes.is_empty() {
        return;
    }
    let mut used = BTreeSet::new();
    let mut free = BTreeSet::new();
    for input in &mut graph.input {
        let shape = input.r#type.as_mut().and_then(|kind| kind.tensor_type.as_mut());
        let Some(shape) = shape.and_then(|tensor| tensor.shape.as_mut()) else { continue };
        for (position, dimension) in shape.dim.iter_mut().enumerate() {
            let place = format!("{}:{position}", input.name);
            let symbol = symbol(dimension);
            let name = match &symbol {
                Some(symbol) if sizes.contains_key(symbol) => symbol,
                _ => &place,
            };
            let Some((name, &size)) = sizes.get_key_value(name) else {
                if !is_fixed(dimension) {
                    free.insert(symbol.unwrap_or(place));
                }
                continue;
            };
            used.insert(name.as_str());
            match dimension.value {
                Some(DimensionValue::Size(fixed @ 1..)) if fixed != size as i64 => {
                    let input = input.name.clone();
                    refusals.push(Refusal::FixedDimension { input, dimension: position, fixed, asked: size });
                }
                _ => dimension.value = Some(DimensionValue::Size(size as i64)), // of at most 2^32
            }
        }
    }
    for name in sizes.keys().filter(|name| !used.contains(name.as_str())) {
        refusals.push(Refusal::UnknownDimension { name: name.clone(), free: free.iter().cloned().collect() });
    }
}

fn symbol(dimension: &Dimension) -> Option<String> {
    match &dimension.value {
        Some(DimensionValue::Symbol(symbol)) if !symbol.is_empty() => Some(symbol.clone()),
        _ => None,
    }
}

fn is_fixed(dimension: &Dimension) -> bool {
    matches!(dimension.value, Some(DimensionValue::Size(1..)))
}
