//! Inputs whose values may be missing: those that every path through the graph replaces by numbers first.
//!
//! `Imputer` with NaN as what it replaces gives, of a missing element, a number that the model fixes. Where nothing reads an
//! element but imputers, the model is the same function of "missing" and of that number. So the number stands for the missing
//! value in samples, integers and statements, and the circuit is that of a model without missing values. Where anything else
//! reads the input, NaN is refused as everywhere.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::onnx::{GraphProto, NodeProto};

/// Operators that only move elements, or change how they are stored.
const MOVEMENTS: [&str; 10] = [
    "ArrayFeatureExtractor",
    "Cast",
    "Concat",
    "Flatten",
    "Gather",
    "Identity",
    "Reshape",
    "Slice",
    "Squeeze",
    "Unsqueeze",
];

/// Whether nothing but imputers of NaN reads a tensor, perhaps behind movements.
pub(crate) fn is_imputed(graph: &GraphProto, input: &str) -> bool {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut waiting = vec![input];
    let mut is_read = false;
    while let Some(name) = waiting.pop() {
        if !seen.insert(name) {
            continue;
        }
        if graph.output.iter().any(|output| output.name == name) {
            return false;
        }
        for node in graph.node.iter().filter(|node| node.input.iter().any(|operand| operand == name)) {
            is_read = true;
            if replaces_missing(node) {
                continue;
            }
            if !MOVEMENTS.contains(&node.op_type.as_str()) {
                return false;
            }
            waiting.extend(node.output.iter().map(String::as_str));
        }
    }
    is_read
}

/// Whether a node is an imputer of NaN.
fn replaces_missing(node: &NodeProto) -> bool {
    let replaced = node.attribute.iter().find(|attribute| attribute.name == "replaced_value_float");
    node.op_type == "Imputer" && replaced.is_some_and(|attribute| attribute.f.is_nan())
}

/// What stands for missing values, by atom.
#[derive(Debug, Default)]
pub(crate) struct MissingValues {
    /// Elements that may be missing.
    allowed: Vec<Range<u32>>,
    values: BTreeMap<u32, f64>,
    /// Elements for which two imputers have different numbers.
    differing: HashSet<u32>,
}

impl MissingValues {
    /// Elements that may be missing.
    pub fn allow(&mut self, atoms: Range<u32>) {
        self.allowed.push(atoms);
    }

    /// An imputer has this number for an element.
    pub fn stands_for(&mut self, atom: u32, value: f64) {
        if self.allowed.iter().any(|atoms| atoms.contains(&atom))
            && self.values.insert(atom, value).is_some_and(|known| known != value)
        {
            self.differing.insert(atom);
        }
    }

    /// What stands for a missing element, if it may be missing.
    pub fn of(&self, atom: u32) -> Option<f64> {
        self.values.get(&atom).copied().filter(|_| !self.differing.contains(&atom))
    }
}
