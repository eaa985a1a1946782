//! A graph as the float engine takes it: a free batch dimension is 1, `double` is `float`, and operators that it lacks,
//! or knows in a newer version only, are written with others.
//!
//! | in the file | for the engine |
//! |---|---|
//! | `ai.onnx.ml` Scaler | Sub, Mul |
//! | Softmax before operator set 13, which runs over all dimensions from `axis` on | Flatten, Softmax, Reshape |

use crate::import::{ONNX_ML, domain_name};
use crate::model::Model;
use crate::onnx::{
    AttributeProto, AttributeType, DataType, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};

/// The version of Softmax that runs along one axis.
const SOFTMAX_ALONG_AXIS: i64 = 13;

pub(super) fn normalize(mut proto: ModelProto, model: &Model) -> ModelProto {
    // A field that is zero is not written, and the engine wants this one.
    proto.ir_version = proto.ir_version.max(3);
    let mut opset = 0;
    for set in &mut proto.opset_import {
        if domain_name(&set.domain) != ONNX_ML {
            set.domain.clear();
            opset = set.version;
        }
    }
    let Some(graph) = proto.graph.as_mut() else { return proto };
    for input in &mut graph.input {
        if let Some(known) = model.inputs.iter().find(|known| known.name == input.name) {
            let shape: Vec<i64> =
                known.shape.iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX)).collect();
            *input = ValueInfoProto::floats(&known.name, &shape);
        }
    }
    // A declared shape or type may carry the batch symbol, or be `double`: the engine infers both.
    graph.output.iter_mut().for_each(|output| output.r#type = None);
    graph.initializer.iter_mut().for_each(to_float);
    let nodes = std::mem::take(&mut graph.node);
    for mut node in nodes {
        for attribute in &mut node.attribute {
            attribute.t.iter_mut().for_each(to_float);
        }
        match (domain_name(&node.domain), node.op_type.as_str()) {
            (ONNX_ML, "Scaler") => replace_scaler(node, graph),
            (ONNX_ML, _) => graph.node.push(node),
            (_, "Softmax") if opset < SOFTMAX_ALONG_AXIS => replace_softmax(node, graph),
            _ => {
                node.domain.clear();
                graph.node.push(node);
            }
        }
    }
    proto
}

fn to_float(tensor: &mut TensorProto) {
    if tensor.data_type != DataType::Double as i32 {
        return;
    }
    let raw = tensor.raw_data.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
    let data: Vec<f64> = if tensor.raw_data.is_empty() { tensor.double_data.clone() } else { raw.collect() };
    *tensor =
        float_tensor(&tensor.name, tensor.dims.clone(), data.iter().map(|&value| value as f32).collect());
}

fn float_tensor(name: &str, dims: Vec<i64>, float_data: Vec<f32>) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims,
        data_type: DataType::Float as i32,
        float_data,
        ..Default::default()
    }
}

/// A node that an accepted one is rewritten to: import has checked the number of operands and results.
fn step(op_type: &str, input: &[&str], output: &str) -> NodeProto {
    NodeProto {
        name: format!("{output}/{op_type}"),
        op_type: op_type.into(),
        input: input.iter().map(|&name| name.into()).collect(),
        output: vec![output.into()],
        ..Default::default()
    }
}

/// `(x - offset) · scale`.
fn replace_scaler(node: NodeProto, graph: &mut GraphProto) {
    let ([x], [y]) = (node.input.as_slice(), node.output.as_slice()) else { return graph.node.push(node) };
    let mut constant = |attribute: &str, neutral: f32| {
        let list = node.attribute.iter().find(|candidate| candidate.name == attribute);
        let data = list.map_or_else(|| vec![neutral], |list| list.floats.clone());
        let name = format!("{y}/{attribute}");
        graph.initializer.push(float_tensor(&name, vec![data.len() as i64], data));
        name
    };
    let (offset, scale, centered) =
        (constant("offset", 0.0), constant("scale", 1.0), format!("{y}/centered"));
    graph.node.push(step("Sub", &[x, &offset], &centered));
    graph.node.push(step("Mul", &[&centered, &scale], y));
}

/// Over all dimensions from `axis` (1 where it is not given) on.
fn replace_softmax(node: NodeProto, graph: &mut GraphProto) {
    let ([x], [y]) = (node.input.as_slice(), node.output.as_slice()) else { return graph.node.push(node) };
    let (matrix, probabilities, shape) =
        (format!("{y}/matrix"), format!("{y}/probabilities"), format!("{y}/shape"));
    let given = node.attribute.iter().find(|attribute| attribute.name == "axis");
    let axis = |i| AttributeProto {
        name: "axis".into(),
        r#type: AttributeType::Int as i32,
        i,
        ..Default::default()
    };
    let with_axis = |node: NodeProto, i| NodeProto { attribute: vec![axis(i)], ..node };
    graph.node.push(with_axis(step("Flatten", &[x], &matrix), given.map_or(1, |axis| axis.i)));
    graph.node.push(with_axis(step("Softmax", &[&matrix], &probabilities), -1));
    graph.node.push(step("Shape", &[x], &shape));
    graph.node.push(step("Reshape", &[&probabilities, &shape], y));
}
