//! The types of what quantized operators give, which those of their zero points say: noted as `output_dtype`, as QuantizeLinear has it of
//! late, for values are without types once they are read.

use std::collections::HashMap;

use crate::onnx::{AttributeProto, AttributeType, GraphProto};

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
const ATTRIBUTE: &str = "output_dtype";

/// Notes them.
pub(super) fn note_types(graph: &mut GraphProto) {
    let mut types: HashMap<String, i32> =
        graph.initializer.iter().map(|tensor| (tensor.name.clone(), tensor.data_type)).collect();
    for node in graph.node.iter().filter(|node| node.op_type == "Constant") {
        let tensor = node.attribute.iter().find_map(|attribute| attribute.t.as_ref());
        types.extend(node.output.first().cloned().zip(tensor.map(|tensor| tensor.data_type)));
    }
    for node in &mut graph.node {
        let known = ZERO_POINTS.iter().find(|(operator, _)| *operator == node.op_type);
        let Some(name) = known.and_then(|&(_, position)| node.input.get(position)) else { continue };
        let Some(&data_type) = types.get(name) else { continue };
        node.attribute.retain(|attribute| attribute.name != ATTRIBUTE);
        node.attribute.push(AttributeProto {
            name: ATTRIBUTE.into(),
            r#type: AttributeType::Int as i32,
            i: data_type.into(),
            ..AttributeProto::default()
        });
    }
}
