//! An operator called by another: as if the file had both nodes.

use super::family::{Family, Import};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::onnx::{AttributeProto, NodeProto};

/// The operator set whose meanings are composed of.
const OPSET: i64 = 17;

/// The one result of an operator of `family`, in the default domain; messages name the node of the
/// file.
pub(super) fn call(
    node: &Node<'_>,
    layers: &mut Layers,
    (family, operator): (&Family, &'static str),
    operands: &[&Tensor],
    attributes: &[AttributeProto],
) -> Result<Tensor, Refusal> {
    let proto = NodeProto {
        op_type: operator.into(),
        output: vec![node.name.name.clone()],
        attribute: attributes.to_vec(),
        ..NodeProto::default()
    };
    let values: Vec<Value> = operands.iter().map(|&operand| Value::from(operand.clone())).collect();
    let operands = values.iter().map(|value| Some((node.name.name.as_str(), value))).collect();
    let inner =
        Node { name: node.name.clone(), proto: &proto, opset: OPSET, precision: node.precision, operands };
    layers.spend_operands(&inner)?;
    let known = family.operators.iter().find(|known| known.name == operator);
    let result = match node.expected(known)?.import {
        Import::One(import) => Some(import(&inner, layers)?),
        Import::Several(import) => import(&inner, layers)?.into_iter().next(),
        // What is written out is no operator that others are made of.
        Import::Nodes(_) => None,
    };
    match node.expected(result)? {
        Value::Tensor(tensor) => Ok(tensor),
        _ => Err(Refusal::StringOperand { node: node.name.clone(), operand: node.name.name.clone() }),
    }
}
