//! Whether a missing value of an input is anything to a model: it is nothing where every way from the input leads through
//! an Imputer before anything else is done with it.

use std::collections::{HashMap, HashSet};

use crate::onnx::{GraphProto, NodeProto};

/// Operators that pass values on as they are.
const MOVEMENTS: [&str; 16] = [
    "ArrayFeatureExtractor", "Cast", "Concat", "Dropout", "FeatureVectorizer", "Flatten", "Gather", "GatherElements",
    "Identity", "Reshape", "Slice", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze",
];

/// Whether all that reads an input, through movements, is an Imputer, and there is one.
pub(super) fn is_imputed(graph: &GraphProto, input: &str) -> bool {
    let mut readers: HashMap<&str, Vec<&NodeProto>> = HashMap::new();
    for node in &graph.node {
        for operand in &node.input {
            readers.entry(operand).or_default().push(node);
        }
    }
    let outputs: HashSet<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    let (mut waiting, mut seen, mut found) = (vec![input], HashSet::new(), false);
    while let Some(name) = waiting.pop() {
        if !seen.insert(name) {
            continue;
        }
        if outputs.contains(name) {
            return false;
        }
        for node in readers.get(name).into_iter().flatten() {
            match node.op_type.as_str() {
                "Imputer" => found = true,
                movement if MOVEMENTS.contains(&movement) => {
                    waiting.extend(node.output.iter().filter(|output| !output.is_empty()).map(String::as_str));
                }
                _ => return false,
            }
        }
    }
    found
}
