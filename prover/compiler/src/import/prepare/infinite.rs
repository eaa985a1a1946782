//! Questions about infinite numbers, of inputs that hold none: `IsInf` is false, so whatever it is and-ed with is false, too, and need not be
//! asked. PyTorch writes `nan_to_num` with both: `And(Less(x, 0), IsInf(x))`, where nothing but `IsNaN` may read what may be missing.

use std::collections::{HashMap, HashSet};

use crate::onnx::{GraphProto, NodeProto};

/// Has each `And` of `IsInf(x)` and an order of x and one number read the former alone.
pub(super) fn fold(graph: &mut GraphProto) {
    let scalars: HashSet<&str> = graph
        .initializer
        .iter()
        .filter(|tensor| matches!(tensor.dims.as_slice(), [] | [1]))
        .map(|tensor| tensor.name.as_str())
        .collect();
    let makers: HashMap<&str, &NodeProto> = graph
        .node
        .iter()
        .flat_map(|node| node.output.iter().map(move |name| (name.as_str(), node)))
        .collect();
    let is_constant = |name: &str| {
        scalars.contains(name)
            || makers.get(name).is_some_and(|node| node.op_type == "Constant" && is_scalar(node))
    };
    let is_order = |name: &str, x: &str| {
        makers.get(name).is_some_and(|node| {
            matches!(node.op_type.as_str(), "Less" | "Greater")
                && matches!(node.input.as_slice(), [left, right] if left == x && is_constant(right))
        })
    };
    let false_of = |node: &NodeProto| match node.input.as_slice() {
        [a, b] if node.op_type == "And" => [(a, b), (b, a)].into_iter().find_map(|(asked, order)| {
            let asks = makers.get(asked.as_str()).filter(|node| node.op_type == "IsInf")?;
            is_order(order, asks.input.first()?).then(|| asked.clone())
        }),
        _ => None,
    };
    let folded: Vec<Option<String>> = graph.node.iter().map(false_of).collect();
    for (node, folded) in graph.node.iter_mut().zip(folded) {
        if let Some(folded) = folded {
            node.input = vec![folded.clone(), folded];
        }
    }
}

/// Whether a constant stands in its node as one number.
fn is_scalar(node: &NodeProto) -> bool {
    node.attribute.iter().any(|attribute| {
        attribute.name == "value_float"
            || attribute.t.as_ref().is_some_and(|tensor| matches!(tensor.dims.as_slice(), [] | [1]))
    })
}
