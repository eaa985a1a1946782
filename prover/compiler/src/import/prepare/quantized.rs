//! The types of what quantized operators give, which those of their zero points say: noted as `output_dtype`, as QuantizeLinear has it of
//! late, for values are without types once they are read.

use std::collections::HashMap;

use crate::onnx::{AttributeProto, AttributeType, DataType, GraphProto, NodeProto};

/// Where operators have the result's zero point.
const ZERO_POINTS: [(&str, usize); 12] = [
    ("QuantizeLinear", 2),
    ("QLinearMatMul", 7),
    ("QLinearConv", 7),
    ("QGemm", 8),
    ("QLinearAdd", 7),
    ("QLinearMul", 7),
    ("QLinearSigmoid", 4),
    ("QLinearLeakyRelu", 4),
    ("QLinearAveragePool", 4),
    ("QLinearGlobalAveragePool", 4),
    ("QLinearConcat", 1),
    ("QLinearSoftmax", 4),
];
/// Scales of less than single precision, in which numbers are rounded further.
const HALVES: [DataType; 2] = [DataType::Float16, DataType::Bfloat16];
const ATTRIBUTE: &str = "output_dtype";

/// Operators that keep their operand's type.
const SAME: [&str; 6] = ["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"];

/// Notes them, in bodies of nodes as well.
pub(super) fn note_types(graph: &mut GraphProto) {
    note(graph, &HashMap::new());
}

fn note(graph: &mut GraphProto, outer: &HashMap<String, i32>) {
    let mut types = outer.clone();
    types.extend(graph.initializer.iter().map(|tensor| (tensor.name.clone(), tensor.data_type)));
    for node in &graph.node {
        let attribute = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name);
        let known = match node.op_type.as_str() {
            "Constant" => {
                attribute("value").and_then(|value| value.t.as_ref()).map(|tensor| tensor.data_type)
            }
            "Cast" => attribute("to").and_then(|to| i32::try_from(to.i).ok()),
            name if SAME.contains(&name) => node.input.first().and_then(|name| types.get(name)).copied(),
            _ => None,
        };
        types.extend(node.output.first().cloned().zip(known));
    }
    for node in &mut graph.node {
        for body in node.attribute.iter_mut().filter_map(|attribute| attribute.g.as_mut()) {
            note(body, &types);
        }
        let is_half = |name: &String| {
            types.get(name).is_some_and(|&kind| HALVES.iter().any(|&half| half as i32 == kind))
        };
        if matches!(node.op_type.as_str(), "QuantizeLinear" | "DequantizeLinear")
            && node.input.get(1).is_some_and(is_half)
        {
            set(node, "half_precision", 1);
        }
        let known = ZERO_POINTS.iter().find(|(operator, _)| *operator == node.op_type);
        let Some(name) = known.and_then(|&(_, position)| node.input.get(position)) else { continue };
        if let Some(&data_type) = types.get(name) {
            set(node, ATTRIBUTE, data_type.into());
        }
    }
}

fn set(node: &mut NodeProto, name: &str, i: i64) {
    node.attribute.retain(|attribute| attribute.name != name);
    let r#type = AttributeType::Int as i32;
    node.attribute.push(AttributeProto { name: name.into(), r#type, i, ..AttributeProto::default() });
}
