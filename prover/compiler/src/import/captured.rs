//! What a node reads: its operands, and what the graphs in its attributes (branches, bodies of loops) read from around them.
//! Reference: "Graphs" and "Names Within a Graph" in ONNX's IR specification.

use std::collections::HashSet;

use crate::onnx::{AttributeProto, GraphProto, NodeProto};

/// The names of the tensors that a node reads.
pub(crate) fn reads(node: &NodeProto) -> Vec<&str> {
    let mut names: Vec<&str> =
        node.input.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    for graph in node.attribute.iter().filter_map(|attribute| attribute.g.as_deref()) {
        let made = made(graph);
        let outputs = graph.output.iter().map(|output| output.name.as_str());
        let all = graph.node.iter().flat_map(reads).chain(outputs);
        names.extend(all.filter(|name| !made.contains(name)));
    }
    names
}

/// The names that a graph defines.
pub(crate) fn made(graph: &GraphProto) -> HashSet<&str> {
    let inputs = graph.input.iter().map(|input| input.name.as_str());
    let sparse = graph.sparse_initializer.iter().filter_map(|sparse| sparse.values.as_ref());
    let constants = graph.initializer.iter().chain(sparse).map(|constant| constant.name.as_str());
    let results = graph.node.iter().flat_map(|node| &node.output).map(String::as_str);
    inputs.chain(constants).chain(results).collect()
}

/// A node that reads the same tensors by other names.
pub(crate) fn renamed(node: &NodeProto, rename: &dyn Fn(&str) -> String) -> NodeProto {
    let of = |name: &String| if name.is_empty() { String::new() } else { rename(name) };
    NodeProto {
        input: node.input.iter().map(of).collect(),
        attribute: node.attribute.iter().map(|attribute| renamed_attribute(attribute, rename)).collect(),
        ..node.clone()
    }
}

/// An attribute whose graph reads the same tensors by other names.
pub(crate) fn renamed_attribute(
    attribute: &AttributeProto,
    rename: &dyn Fn(&str) -> String,
) -> AttributeProto {
    let Some(graph) = &attribute.g else { return attribute.clone() };
    let made = made(graph);
    let of = |name: &str| if made.contains(name) { name.to_owned() } else { rename(name) };
    let node = graph.node.iter().map(|node| renamed(node, &of)).collect();
    let mut output = graph.output.clone();
    output.iter_mut().for_each(|output| output.name = of(&output.name));
    AttributeProto {
        g: Some(Box::new(GraphProto { node, output, ..(**graph).clone() })),
        ..attribute.clone()
    }
}
