//! The names of classes that a graph's outputs stand for, read from the nodes that make them.
//!
//! They are texts of the file that no arithmetic follows: a label comes from a classifier, or from a list of texts that an
//! index chooses from, and goes to the output through nodes that change no value.

use std::collections::HashMap;

use assay_interface::schema::MAX_TENSORS;

use super::node::Node;
use super::refusal::NodeName;
use super::single::Precision;
use super::tensor;
use super::value::Value;
use crate::model::ClassNames;
use crate::onnx::{DataType, GraphProto, NodeProto};

/// Bytes of a name that files hold, at most.
const MAX_NAME: usize = 1 << 16;

/// The nodes and constants of a graph, by what they make.
pub(super) struct Makers<'a> {
    nodes: HashMap<&'a str, (&'a NodeProto, usize)>,
    graph: &'a GraphProto,
}

impl<'a> Makers<'a> {
    pub fn of(graph: &'a GraphProto) -> Self {
        let made = |node: &'a NodeProto| {
            node.output.iter().enumerate().map(move |(position, name)| (name.as_str(), (node, position)))
        };
        Makers { nodes: graph.node.iter().flat_map(made).collect(), graph }
    }

    /// The names of an output of this shape. None of a graph with more outputs than a schema takes, since each copies its names.
    pub fn classes(&self, output: &str, shape: &[usize]) -> Option<ClassNames> {
        let printable = |name: &String| name.len() <= MAX_NAME && !name.chars().any(char::is_control);
        let found = if self.graph.output.len() > MAX_TENSORS { None } else { self.found(output, shape) };
        found.filter(|classes| classes.names().iter().all(printable))
    }

    fn found(&self, output: &str, elements: &[usize]) -> Option<ClassNames> {
        let mut name = output;
        // Names are unique in a graph that imports, so a walk upwards meets each node once.
        for _ in 0..=self.graph.node.len() {
            let &(node, position) = self.nodes.get(name)?;
            let first = node.input.first().map(String::as_str);
            return match (node.op_type.as_str(), position) {
                // Of classes, truth values are no classes.
                ("Cast", 0) if bare(node).int("to", 0).ok()? == i64::from(DataType::Bool as i32) => None,
                ("Cast" | "Dropout" | "Flatten" | "Identity" | "Reshape" | "Squeeze" | "Unsqueeze", 0) => {
                    name = first?;
                    continue;
                }
                ("ZipMap", 0) => {
                    of_elements(labels(node, "classlabels_int64s", "classlabels_strings")?.0, elements)
                }
                ("LinearClassifier" | "SVMClassifier", _) => {
                    let labels = labels(node, "classlabels_ints", "classlabels_strings")?;
                    // Support vectors of more than two classes may have a decision for each pair: as many, of three.
                    if position == 1 && node.op_type == "SVMClassifier" && labels.0.len() != 2 {
                        return None;
                    }
                    of_classifier(labels, position, elements)
                }
                ("TreeEnsembleClassifier", _) => {
                    let (names, label) = labels(node, "classlabels_int64s", "classlabels_strings")?;
                    of_classifier((names, of_trees(node, label)), position, elements)
                }
                ("ArrayFeatureExtractor", 0) => Some(ClassNames::Values(self.texts(first?)?)),
                ("LabelEncoder", 0) => encoded(node).map(ClassNames::Values),
                _ => None,
            };
        }
        None
    }

    /// A constant tensor of texts.
    fn texts(&self, name: &str) -> Option<Vec<String>> {
        let initializer = self.graph.initializer.iter().find(|initializer| initializer.name == name);
        let attribute = || {
            let (node, _) = self.nodes.get(name)?;
            (node.op_type == "Constant").then(|| node.attribute.first()?.t.as_ref())?
        };
        match tensor::read(initializer.or_else(attribute)?, name).ok()? {
            Value::Strings { data, .. } => Some(data.to_vec()),
            _ => None,
        }
    }
}

/// Whether a label is the position of its class, or a number that needs no name.
enum Label {
    Position,
    Number,
}

/// The labels of a node, as texts.
fn labels(node: &NodeProto, numbers: &'static str, texts: &'static str) -> Option<(Vec<String>, Label)> {
    let node = bare(node);
    if let Some(texts) = node.strings(texts).ok()?.filter(|texts| !texts.is_empty()) {
        return Some((texts, Label::Position));
    }
    let numbers = node.ints(numbers).ok()?.filter(|numbers| !numbers.is_empty())?;
    Some((numbers.iter().map(i64::to_string).collect(), Label::Number))
}

/// Labels of trees that are not evenly spaced stay positions.
fn of_trees(node: &NodeProto, label: Label) -> Label {
    let numbers = bare(node).ints("classlabels_int64s").ok().flatten().unwrap_or_default();
    let steps: Vec<i64> =
        numbers.windows(2).filter_map(|pair| Some(pair.last()?.wrapping_sub(*pair.first()?))).collect();
    if steps.iter().all(|step| Some(step) == steps.first()) { label } else { Label::Position }
}

fn of_classifier(
    (names, label): (Vec<String>, Label),
    position: usize,
    elements: &[usize],
) -> Option<ClassNames> {
    match (position, label) {
        (0, Label::Position) => Some(ClassNames::Values(names)),
        (1, _) => of_elements(names, elements),
        _ => None,
    }
}

/// One row of scores, a class each.
fn of_elements(names: Vec<String>, shape: &[usize]) -> Option<ClassNames> {
    let is_row = shape.last() == Some(&names.len()) && shape.iter().product::<usize>() == names.len();
    is_row.then_some(ClassNames::Elements(names))
}

/// The texts that an encoder gives, each at its first position, and its default behind them.
fn encoded(node: &NodeProto) -> Option<Vec<String>> {
    let others = ["values_int64s", "values_floats", "values_tensor", "default_tensor", "classes_strings"];
    if node.attribute.iter().any(|attribute| others.contains(&attribute.name.as_str())) {
        return None;
    }
    let node = bare(node);
    let mut texts = node.strings("values_strings").ok()?.filter(|texts| !texts.is_empty())?;
    texts.push(node.text("default_string").ok()?.unwrap_or_else(|| "_Unused".into()));
    Some(texts)
}

/// A node whose attributes are read, and nothing else.
fn bare(proto: &NodeProto) -> Node<'_> {
    let name = NodeName { name: proto.name.clone(), operator: proto.op_type.clone() };
    Node { name, proto, opset: 0, precision: Precision::default(), operands: Vec::new() }
}
