//! Operators that are imported as other nodes, which stand in the graph in their place: how these are written.

use prost::Message;

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;
use crate::onnx::{AttributeProto, AttributeType, DataType, GraphProto, NodeProto, TensorProto};

/// The operator set since which axes are an operand of Unsqueeze and Squeeze, and of ReduceSum.
const AXES_ARE_OPERANDS: i64 = 13;

/// What stands in a registry's entry in place of an import: such an operator stands in a graph only.
pub(super) fn alone(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    Err(node.bad_attribute("body", "inside another operator".into(), "a node of the graph"))
}

/// An integer attribute.
pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..AttributeProto::default() }
}

/// An attribute of integers.
pub(super) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints,
        ..AttributeProto::default()
    }
}

/// A float attribute.
pub(super) fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Float as i32, f, ..AttributeProto::default() }
}

/// The nodes that say the same as a node, with the name of its first result in front of theirs: node names need not be distinct, or there.
pub(super) struct Written<'a> {
    pub node: &'a Node<'a>,
    nodes: Vec<NodeProto>,
    front: String,
    /// What the nodes take, and may take: beyond that none is kept.
    units: usize,
    left: usize,
}

impl<'a> Written<'a> {
    pub fn new(node: &'a Node<'a>, layers: &Layers) -> Self {
        let front = node.proto.output.iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
        Written { node, nodes: Vec::new(), front, units: 0, left: layers.units_left() }
    }

    /// Whether the nodes take more than is left: [`Written::finish`] refuses them, and no more need be written.
    pub fn is_over(&self) -> bool {
        self.units > self.left
    }

    /// Nodes that are paid for.
    pub fn paid(&mut self) -> &mut Vec<NodeProto> {
        &mut self.nodes
    }

    fn add(&mut self, node: NodeProto) {
        self.units = self.units.saturating_add(units(&node, 0));
        if !self.is_over() {
            self.nodes.push(node);
        }
    }

    pub fn name(&self, inner: &str) -> String {
        format!("{}/{inner}", self.front)
    }

    /// The name of an operand, which must be there.
    pub fn operand(&self, position: usize) -> Result<&'a str, Refusal> {
        self.node.value(position)?;
        self.node.expected(self.node.operands.get(position).copied().flatten().map(|(name, _)| name))
    }

    /// A node of one result, which is its name.
    pub fn push(
        &mut self,
        op_type: &str,
        input: &[&str],
        output: &str,
        attribute: Vec<AttributeProto>,
    ) -> String {
        if self.is_over() {
            return String::new();
        }
        let output = self.name(output);
        self.add(NodeProto {
            input: input.iter().map(|&name| name.into()).collect(),
            output: vec![output.clone()],
            name: format!("{}/{op_type}", self.node.name.name),
            op_type: op_type.into(),
            attribute,
            ..NodeProto::default()
        });
        output
    }

    pub fn constant(&mut self, name: &str, value: TensorProto) -> String {
        let attribute = AttributeProto {
            name: "value".into(),
            r#type: AttributeType::Tensor as i32,
            t: Some(value),
            ..AttributeProto::default()
        };
        self.push("Constant", &[], name, vec![attribute])
    }

    pub fn floats(&mut self, name: &str, dims: Vec<i64>, values: Vec<f32>) -> String {
        let data_type = DataType::Float as i32;
        self.constant(name, TensorProto { dims, data_type, float_data: values, ..TensorProto::default() })
    }

    /// A list of integers.
    pub fn integers(&mut self, name: &str, values: Vec<i64>) -> String {
        let (dims, data_type) = (vec![values.len() as i64], DataType::Int64 as i32);
        self.constant(name, TensorProto { dims, data_type, int64_data: values, ..TensorProto::default() })
    }

    /// An integer.
    pub fn integer(&mut self, name: &str, value: i64) -> String {
        let data_type = DataType::Int64 as i32;
        self.constant(name, TensorProto { data_type, int64_data: vec![value], ..TensorProto::default() })
    }

    /// `true`.
    pub fn truth(&mut self, name: &str) -> String {
        self.truths(name, vec![], vec![true])
    }

    pub fn truths(&mut self, name: &str, dims: Vec<i64>, values: Vec<bool>) -> String {
        let (data_type, int32_data) = (DataType::Bool as i32, values.into_iter().map(i32::from).collect());
        self.constant(name, TensorProto { dims, data_type, int32_data, ..TensorProto::default() })
    }

    pub fn transposed(&mut self, x: &str, name: &str, order: &[i64]) -> String {
        self.push("Transpose", &[x], name, vec![ints("perm", order.to_vec())])
    }

    pub fn reshaped(&mut self, x: &str, name: &str, shape: &[usize]) -> String {
        // Of at most 2^27 elements.
        let shape = self.integers(&format!("{name} shape"), shape.iter().map(|&size| size as i64).collect());
        self.push("Reshape", &[x, &shape], name, vec![])
    }

    /// `x` with an axis of one element more.
    pub fn unsqueezed(&mut self, x: &str, name: &str, axis: i64) -> String {
        if self.node.opset < AXES_ARE_OPERANDS {
            return self.push("Unsqueeze", &[x], name, vec![ints("axes", vec![axis])]);
        }
        let axes = self.integers(&format!("{name} axes"), vec![axis]);
        self.push("Unsqueeze", &[x, &axes], name, vec![])
    }

    /// The element of a list at a place along an axis, which goes.
    pub fn element(&mut self, x: &str, name: &str, place: i64, axis: i64) -> String {
        let index = self.integer(&format!("{name} place"), place);
        self.push("Gather", &[x, &index], name, vec![int("axis", axis)])
    }

    /// The elements from `start` to `end` along an axis.
    pub fn part(&mut self, x: &str, name: &str, (start, end): (usize, usize), axis: i64) -> String {
        let end = if self.is_over() { start } else { end };
        let places = self.integers(&format!("{name} places"), (start as i64..end as i64).collect());
        self.push("Gather", &[x, &places], name, vec![int("axis", axis)])
    }

    /// The same under the name of the node's result at `position`, where that is asked for.
    pub fn result(&mut self, position: usize, from: &str) {
        if let Some(outer) = self.node.proto.output.get(position).filter(|outer| !outer.is_empty()) {
            self.add(NodeProto {
                input: vec![from.into()],
                output: vec![outer.clone()],
                name: self.node.name.name.clone(),
                op_type: "Identity".into(),
                ..NodeProto::default()
            });
        }
    }

    /// The node's first results, which are these tensors.
    pub fn results(&mut self, from: &[String]) {
        from.iter().enumerate().for_each(|(position, from)| self.result(position, from));
    }

    /// The nodes, paid for.
    pub fn finish(self, layers: &mut Layers) -> Result<Vec<NodeProto>, Refusal> {
        layers.keep_units(self.node, self.units)?;
        Ok(self.nodes)
    }
}

/// What a name takes that is read or made, in units of an element: it stands in its node, and among the names of all tensors.
pub(super) fn name_units(bytes: usize) -> usize {
    2 + bytes / 12
}

/// What a node takes in memory, in units of an element, where each of its names gets so many bytes more.
pub(super) fn units(node: &NodeProto, more: usize) -> usize {
    let names = node.input.iter().chain(&node.output).chain([&node.name]);
    let names: usize = names.map(|name| name_units(name.len() + more)).sum();
    let attribute = |attribute: &AttributeProto| {
        let graph = attribute.g.as_deref();
        let encoded = attribute.encoded_len().saturating_sub(graph.map_or(0, GraphProto::encoded_len));
        24 + encoded / 4 + graph.map_or(0, |graph| of_graph(graph, more))
    };
    let attributes: usize = node.attribute.iter().map(attribute).sum();
    8 + names + (node.op_type.len() + node.domain.len()) / 12 + attributes
}

/// The same of a graph in an attribute.
fn of_graph(graph: &GraphProto, more: usize) -> usize {
    let nodes: usize = graph.node.iter().map(|node| units(node, more)).sum();
    let constants: usize = graph.initializer.iter().map(|constant| 20 + constant.encoded_len() / 4).sum();
    let sparse: usize = graph.sparse_initializer.iter().map(|constant| 40 + constant.encoded_len() / 4).sum();
    let sides = graph.input.iter().chain(&graph.output);
    let sides: usize = sides.map(|side| 4 + name_units(more) + side.encoded_len() / 2).sum();
    10 + graph.name.len() / 12 + nodes + constants + sparse + sides
}
