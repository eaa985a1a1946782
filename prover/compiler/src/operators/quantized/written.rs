//! onnxruntime's operators on integers, as the operators on numbers between DequantizeLinear and QuantizeLinear.

use super::super::written::{Written, int};
use super::quantize::ends;
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::onnx::NodeProto;

type Nodes = Result<Vec<NodeProto>, Refusal>;

/// The numbers that the integers at a position stand for, with the scale and the zero point behind them.
fn numbers(written: &mut Written<'_>, at: usize) -> Result<String, Refusal> {
    let (x, scale) = (written.operand(at)?, written.operand(at + 1)?);
    let zero = written.node.operand(at + 2).map(|_| written.operand(at + 2)).transpose()?;
    let operands: Vec<&str> = [x, scale].into_iter().chain(zero).collect();
    Ok(written.push("DequantizeLinear", &operands, &format!("numbers {at}"), vec![]))
}

/// The integers of the numbers, as the node's result, by the scale and the zero point at a position.
fn integers(mut written: Written<'_>, layers: &mut Layers, numbers: &str, at: usize) -> Nodes {
    let kind = written.node.int("output_dtype", crate::onnx::DataType::Uint8 as i64)?;
    ends(written.node, at + 1)?;
    let scale = written.operand(at)?;
    let zero = written.node.operand(at + 1).map(|_| written.operand(at + 1)).transpose()?;
    let operands: Vec<&str> = [numbers, scale].into_iter().chain(zero).collect();
    let result = written.push("QuantizeLinear", &operands, "integers", vec![int("output_dtype", kind)]);
    written.result(0, &result);
    written.finish(layers)
}

/// What the operator is on numbers.
fn inner<'a>(node: &'a Node<'_>) -> &'a str {
    node.proto.op_type.strip_prefix("QLinear").unwrap_or_default()
}

/// `(x, its scale and zero point, the result's)`, with the attributes of the operator on numbers.
pub(super) fn of_one(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.inputs(4..=5, "4 or 5")?;
    if node.int("channels_last", 0)? != 0 {
        return Err(node.bad_attribute("channels_last", "1".into(), "0"));
    }
    let mut written = Written::new(node, layers);
    let x = numbers(&mut written, 0)?;
    let own = |name: &str| !["channels_last", "output_dtype"].contains(&name);
    let attributes = node.proto.attribute.iter().filter(|attribute| own(&attribute.name)).cloned().collect();
    let result = written.push(inner(node), &[&x], "result", attributes);
    integers(written, layers, &result, 3)
}

/// `(the result's scale and zero point, then those of each x behind it)`.
pub(super) fn of_many(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    let count = node.operands.len();
    if count < 5 || !(count - 2).is_multiple_of(3) {
        return Err(Refusal::Arity {
            node: node.name.clone(),
            what: "inputs",
            found: count,
            allowed: "2 and 3 for each tensor",
        });
    }
    let mut written = Written::new(node, layers);
    let mut parts = Vec::new();
    for at in (2..count).step_by(3) {
        parts.push(numbers(&mut written, at)?);
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let result = written.push("Concat", &parts, "result", vec![int("axis", node.int("axis", 0)?)]);
    integers(written, layers, &result, 0)
}
