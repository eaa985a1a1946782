//! If: one of two graphs. Which one must be known at import, as it is where exporters ask about shapes; its nodes stand in the graph in
//! the place of the node. Reference: ONNX, "If".

use super::family::{Family, Import, OnnxOperator};
use crate::import::captured::{made, renamed};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;
use crate::onnx::{AttributeProto, AttributeType, NodeProto};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Branches",
    cost: "that of the branch that is taken",
    operators: &[OnnxOperator { import: Import::Nodes(written_out), ..OnnxOperator::onnx("If", alone) }
        .remarks("the condition is constant; of variables Where chooses")],
    integers: &[],
};

/// A branch stands in a graph only.
fn alone(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    Err(node.not_constant(0))
}

/// The nodes of the branch that is taken, its tensors with the name of the first result in front.
fn written_out(node: &Node<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(1..=1, "1")?;
    let condition = node.constant(0)?.1;
    let branch = match condition.as_slice() {
        &[condition] if condition != 0.0 => "then_branch",
        [_] => "else_branch",
        other => return Err(node.mismatch(&[1], &[other.len()])),
    };
    let wrong = |found: &str| node.bad_attribute(branch, found.into(), "a graph without inputs, of as many results");
    let graph = node.proto.attribute.iter().find(|attribute| attribute.name == branch);
    let graph = graph.and_then(|attribute| attribute.g.as_deref()).ok_or_else(|| wrong("absent"))?;
    let is_plain = graph.input.is_empty() && graph.sparse_initializer.is_empty();
    if !is_plain || graph.output.len() != node.proto.output.len() {
        return Err(wrong("another"));
    }
    let front = node.proto.output.iter().find(|name| !name.is_empty());
    let front = front.ok_or_else(|| wrong("without results"))?;
    let made = made(graph);
    let of = |name: &str| if made.contains(name) { format!("{front}/{name}") } else { name.to_owned() };
    let constants = graph.initializer.iter().map(|constant| NodeProto {
        output: vec![of(&constant.name)],
        name: format!("{}/{}", node.name.name, constant.name),
        op_type: "Constant".into(),
        attribute: vec![AttributeProto {
            name: "value".into(),
            r#type: AttributeType::Tensor as i32,
            t: Some(constant.clone()),
            ..AttributeProto::default()
        }],
        ..NodeProto::default()
    });
    let nodes = graph.node.iter().map(|inner| {
        let output = |name: &String| if name.is_empty() { String::new() } else { of(name) };
        let renamed = renamed(inner, &of);
        NodeProto {
            output: inner.output.iter().map(output).collect(),
            name: if inner.name.is_empty() { String::new() } else { format!("{}/{}", node.name.name, inner.name) },
            ..renamed
        }
    });
    let results = graph.output.iter().zip(&node.proto.output).filter(|(_, outer)| !outer.is_empty());
    let results = results.map(|(inner, outer)| NodeProto {
        input: vec![of(&inner.name)],
        output: vec![outer.clone()],
        name: node.name.name.clone(),
        op_type: "Identity".into(),
        ..NodeProto::default()
    });
    Ok(constants.chain(nodes).chain(results).collect())
}
