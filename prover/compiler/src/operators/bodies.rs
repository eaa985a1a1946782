//! Graphs in attributes, written out: branches of If, steps of Loop and Scan. Names from around them stay, those inside get a front.

use std::collections::{HashMap, HashSet};

use prost::Message;

use super::written::{name_units, units};
use crate::import::captured::{made, renamed};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::onnx::{AttributeProto, AttributeType, GraphProto, NodeProto};

/// A graph of a node's attribute.
pub(super) struct Body<'a> {
    node: &'a Node<'a>,
    attribute: &'static str,
    pub graph: &'a GraphProto,
    made: HashSet<&'a str>,
    constants: HashSet<&'a str>,
    /// In front of all names.
    front: String,
}

impl<'a> Body<'a> {
    /// The graph, which has so many inputs and at least so many outputs.
    pub fn of(
        node: &'a Node<'a>,
        attribute: &'static str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, Refusal> {
        let wrong = |found: &str, allowed| node.bad_attribute(attribute, found.into(), allowed);
        let graph = node.proto.attribute.iter().find(|known| known.name == attribute);
        let graph = graph.and_then(|attribute| attribute.g.as_deref());
        let graph = graph.ok_or_else(|| wrong("absent", "a graph"))?;
        if !graph.sparse_initializer.is_empty() {
            return Err(wrong("with constants that are stored sparse", "constants element by element"));
        }
        if graph.input.len() != inputs || graph.output.len() < outputs {
            let found = format!("of {} inputs and {} outputs", graph.input.len(), graph.output.len());
            return Err(wrong(&found, "as many as the node's"));
        }
        let front = node.proto.output.iter().find(|name| !name.is_empty());
        let front = front.ok_or_else(|| wrong("without results", "a result that is named"))?;
        let constants = graph.initializer.iter().map(|constant| constant.name.as_str()).collect();
        let front = format!("{front}/{attribute}");
        Ok(Body { node, attribute, graph, made: made(graph), constants, front })
    }

    pub fn wrong(&self, found: impl Into<String>, allowed: &'static str) -> Refusal {
        self.node.bad_attribute(self.attribute, found.into(), allowed)
    }

    /// Spends the memory of so many copies, before they are written: of their nodes, and of what goes in and comes out.
    pub fn afford(&self, layers: &mut Layers, copies: usize) -> Result<(), Refusal> {
        // Names get the front and a number, or are those of operands.
        let outer = self.node.proto.input.iter().map(String::len).max().unwrap_or(0);
        let more = 24 + outer.max(self.front.len()).max(self.node.name.name.len());
        let nodes: usize = self.graph.node.iter().map(|node| units(node, more)).sum();
        let sides = self.graph.input.iter().chain(&self.graph.output);
        let sides: usize = sides.map(|side| 4 + name_units(side.name.len() + more)).sum();
        layers.keep_units(self.node, (40 + more / 4 + nodes + sides).saturating_mul(copies))?;
        let constants = self.graph.initializer.iter();
        let constants = constants.map(|constant| 40 + 2 * name_units(more) + constant.encoded_len() / 4);
        layers.keep_units(self.node, constants.sum())
    }

    /// The constants, which all copies have in common.
    pub fn constants(&self) -> impl Iterator<Item = NodeProto> + '_ {
        self.graph.initializer.iter().map(|constant| NodeProto {
            output: vec![format!("{}/{}", self.front, constant.name)],
            name: format!("{}/{}", self.node.name.name, constant.name),
            op_type: "Constant".into(),
            attribute: vec![AttributeProto {
                name: "value".into(),
                r#type: AttributeType::Tensor as i32,
                t: Some(constant.clone()),
                ..AttributeProto::default()
            }],
            ..NodeProto::default()
        })
    }

    /// A copy: its nodes, and what its outputs are called outside.
    pub fn copy(
        &self,
        number: usize,
        given: &HashMap<&str, String>,
        nodes: &mut Vec<NodeProto>,
    ) -> Vec<String> {
        let of = |name: &str| match given.get(name) {
            Some(outer) => outer.clone(),
            None if self.constants.contains(name) => format!("{}/{name}", self.front),
            None if self.made.contains(name) => format!("{}/{number}/{name}", self.front),
            None => name.to_owned(),
        };
        nodes.extend(self.graph.node.iter().map(|inner| {
            let output = |name: &String| if name.is_empty() { String::new() } else { of(name) };
            let front = &self.node.name.name;
            NodeProto {
                output: inner.output.iter().map(output).collect(),
                name: if inner.name.is_empty() { String::new() } else { format!("{front}/{}", inner.name) },
                ..renamed(inner, &of)
            }
        }));
        self.graph.output.iter().map(|output| of(&output.name)).collect()
    }
}
