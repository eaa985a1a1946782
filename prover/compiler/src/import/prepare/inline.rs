//! Functions that a file defines for itself, written out where they are called. The tensors inside get the name of the
//! call in front; attributes that stand for those of the call are filled in.
//! Reference: "Functions" in ONNX's IR specification.
//!
//! Functions may call functions, so a short file can ask for any number of nodes: they have a budget.

use std::collections::{HashMap, HashSet};

use crate::budget::Budget;
use crate::import::captured::renamed_attribute;
use crate::import::domain::ONNX;
use crate::import::refusal::{NodeName, Refusal};
use crate::import::signature::{domain_name, node_name};
use crate::onnx::{AttributeProto, FunctionProto, ModelProto, NodeProto, OperatorSetIdProto};

/// Nodes, names and attributes that any file may write out, and so many for each of its bytes.
const BASE: u64 = 1 << 16;
const PER_BYTE: u64 = 16;
/// The operator set of the default domain behind which no operator that is supported has changed.
const SETTLED: i64 = 21;

/// Writes out every call.
pub(super) fn functions(proto: &mut ModelProto, bytes: usize, refusals: &mut Vec<Refusal>) {
    if proto.functions.is_empty() {
        return;
    }
    let functions = std::mem::take(&mut proto.functions);
    let Some(graph) = proto.graph.as_mut() else { return };
    let key = |function: &FunctionProto| (domain_name(&function.domain).to_owned(), function.name.clone());
    let mut inliner = Inliner {
        functions: functions.iter().map(|function| (key(function), function)).collect(),
        budget: Budget::new(bytes, BASE, PER_BYTE),
        calls: 0,
        nodes: Vec::with_capacity(graph.node.len()),
        called: HashSet::new(),
    };
    for node in std::mem::take(&mut graph.node) {
        if let Err(refusal) = inliner.node(node, &mut Vec::new()) {
            refusals.push(refusal);
            return;
        }
    }
    graph.node = std::mem::take(&mut inliner.nodes);
    // The nodes of a function mean what the operator sets say that it imports.
    for function in functions.iter().filter(|function| inliner.called.contains(&key(function))) {
        for set in &function.opset_import {
            import_set(&mut proto.opset_import, set, function, refusals);
        }
    }
}

/// Imports an operator set, which must have one version in all of the file.
fn import_set(
    sets: &mut Vec<OperatorSetIdProto>,
    set: &OperatorSetIdProto,
    function: &FunctionProto,
    refusals: &mut Vec<Refusal>,
) {
    let domain = domain_name(&set.domain);
    match sets.iter().find(|known| domain_name(&known.domain) == domain) {
        None => sets.push(set.clone()),
        Some(known) if known.version == set.version => {}
        Some(known) if domain == ONNX && known.version.min(set.version) >= SETTLED => {}
        Some(known) => refusals.push(Refusal::FunctionOpset {
            function: function.name.clone(),
            domain: domain.to_owned(),
            version: set.version,
            model: known.version,
        }),
    }
}

struct Inliner<'a> {
    functions: HashMap<(String, String), &'a FunctionProto>,
    budget: Budget,
    /// Calls so far: their numbers make names unique.
    calls: usize,
    nodes: Vec<NodeProto>,
    called: HashSet<(String, String)>,
}

impl<'a> Inliner<'a> {
    /// Appends a node, or the nodes of the function that it calls.
    fn node(&mut self, node: NodeProto, open: &mut Vec<(String, String)>) -> Result<(), Refusal> {
        let key = (domain_name(&node.domain).to_owned(), node.op_type.clone());
        let Some(&function) = self.functions.get(&key) else {
            self.nodes.push(node);
            return Ok(());
        };
        let name = node_name(&node);
        if open.contains(&key) {
            return Err(Refusal::RecursiveFunction { node: name });
        }
        self.called.insert(key.clone());
        self.calls += 1;
        let body = Body { function, call: &node, name: &name, number: self.calls };
        open.push(key);
        for inner in &function.node {
            let size = size(inner).saturating_add(name.name.len() as u64);
            self.budget
                .spend("nodes and names", size)
                .map_err(|over| Refusal::TooLarge { what: name.to_string(), over })?;
            self.node(body.written_out(inner), open)?;
        }
        open.pop();
        body.outputs(&mut self.nodes);
        Ok(())
    }
}

/// What a node takes: itself, its names, and its attributes.
fn size(node: &NodeProto) -> u64 {
    let names: usize = node.input.iter().chain(&node.output).map(|name| 8 + name.len()).sum();
    let attributes: usize = node.attribute.iter().map(prost::Message::encoded_len).sum();
    (64 + names + attributes) as u64 / 16
}

/// A function as one node calls it.
struct Body<'a> {
    function: &'a FunctionProto,
    call: &'a NodeProto,
    name: &'a NodeName,
    number: usize,
}

impl Body<'_> {
    /// The name outside of a tensor inside: a parameter is the operand, any other tensor has the call's name in front.
    fn tensor(&self, inner: &str) -> String {
        if inner.is_empty() {
            return String::new();
        }
        match self.function.input.iter().position(|parameter| parameter == inner) {
            // An operand that the call leaves out is left out inside.
            Some(position) => self.call.input.get(position).cloned().unwrap_or_default(),
            None => self.local(inner),
        }
    }

    fn local(&self, inner: &str) -> String {
        format!("{}#{}/{inner}", self.name.name, self.number)
    }

    fn written_out(&self, node: &NodeProto) -> NodeProto {
        let name =
            if node.name.is_empty() { String::new() } else { format!("{}/{}", self.name.name, node.name) };
        NodeProto {
            input: node.input.iter().map(|input| self.tensor(input)).collect(),
            output: node
                .output
                .iter()
                .map(|output| match output.as_str() {
                    "" => String::new(),
                    output => self.local(output),
                })
                .collect(),
            name,
            attribute: node.attribute.iter().filter_map(|attribute| self.attribute(attribute)).collect(),
            ..node.clone()
        }
    }

    /// An attribute, or that of the call which it stands for; one that the call leaves out has its default, or is left out.
    fn attribute(&self, attribute: &AttributeProto) -> Option<AttributeProto> {
        let name = &attribute.ref_attr_name;
        if name.is_empty() {
            return Some(renamed_attribute(attribute, &|inner| self.tensor(inner)));
        }
        let given = self.call.attribute.iter().chain(&self.function.attribute_proto);
        let given = given.into_iter().find(|candidate| candidate.name == *name)?;
        Some(AttributeProto { name: attribute.name.clone(), ..given.clone() })
    }

    /// The results under the names that the call gives them. A result may be a parameter as it is.
    fn outputs(&self, nodes: &mut Vec<NodeProto>) {
        for (inner, outer) in self.function.output.iter().zip(&self.call.output) {
            if !outer.is_empty() {
                nodes.push(NodeProto {
                    input: vec![self.tensor(inner)],
                    output: vec![outer.clone()],
                    name: format!("{}/{inner}", self.name.name),
                    op_type: "Identity".into(),
                    ..Default::default()
                });
            }
        }
    }
}
