//! Operators that are imported as other nodes, which stand in the graph in their place: how these are written.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;
use crate::onnx::{AttributeProto, AttributeType, DataType, NodeProto, TensorProto};

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
    pub nodes: Vec<NodeProto>,
    front: String,
}

impl<'a> Written<'a> {
    pub fn new(node: &'a Node<'a>) -> Self {
        let front = node.proto.output.iter().find(|name| !name.is_empty());
        Written { node, nodes: Vec::new(), front: front.cloned().unwrap_or_default() }
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
        let output = self.name(output);
        self.nodes.push(NodeProto {
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
        let data_type = DataType::Bool as i32;
        self.constant(name, TensorProto { data_type, int32_data: vec![1], ..TensorProto::default() })
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
        let places = self.integers(&format!("{name} places"), (start as i64..end as i64).collect());
        self.push("Gather", &[x, &places], name, vec![int("axis", axis)])
    }

    /// The same under the name of the node's result at `position`, where that is asked for.
    pub fn result(&mut self, position: usize, from: &str) {
        if let Some(outer) = self.node.proto.output.get(position).filter(|outer| !outer.is_empty()) {
            self.nodes.push(identity(&self.node.name.name, from, outer));
        }
    }

    /// The nodes, paid for.
    pub fn finish(self, layers: &mut Layers) -> Result<Vec<NodeProto>, Refusal> {
        afford(self.node, layers, &self.nodes)?;
        Ok(self.nodes)
    }
}

/// `to`, which is `from`.
pub(super) fn identity(name: &str, from: &str, to: &str) -> NodeProto {
    NodeProto {
        input: vec![from.into()],
        output: vec![to.into()],
        name: name.into(),
        op_type: "Identity".into(),
        ..NodeProto::default()
    }
}

/// Spends the memory of nodes that stand in a node's place, in units of an element: some ten a node and what its names take.
pub(super) fn afford(node: &Node<'_>, layers: &mut Layers, nodes: &[NodeProto]) -> Result<(), Refusal> {
    let units = nodes.iter().map(|node| 10 + prost::Message::encoded_len(node) / 16).sum();
    layers.keep_units(node, units)
}
