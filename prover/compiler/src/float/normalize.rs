//! A graph as the float engine takes it: a free batch dimension is 1, floats of all widths are `float`, and operators that it lacks,
//! or knows in a newer version only, are written with others.
//!
//! | in the file | for the engine |
//! |---|---|
//! | `ai.onnx.ml` Scaler | Sub, Mul |
//! | Softmax and LogSoftmax before operator set 13, which runs over all dimensions from `axis` on | Flatten, the same, Reshape |
//! | ArgMax, whose first of equals counts where the engine takes the last | the same of the reversed axis, counted back |
//! | Dropout | Identity |
//! | Sign, which the engine says is 1 for zero | Greater less Less |
//! | windows whose strides, dilations or pads are left out | with all of them |

use super::error::FloatError;
use crate::import::value::{Kind, Value};
use crate::import::{self, ONNX_ML, domain_name};
use crate::model::Model;
use crate::onnx::{
    AttributeProto, AttributeType, DataType, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use crate::operators::operator::{Operator, WHOLE_QUOTIENT};

/// The version of Softmax that runs along one axis.
const SOFTMAX_ALONG_AXIS: i64 = 13;

pub(super) fn normalize(mut proto: ModelProto, model: &Model) -> Result<ModelProto, FloatError> {
    // A field that is zero is not written, and the engine wants this one.
    proto.ir_version = proto.ir_version.max(3);
    let mut opset = 0;
    for set in &mut proto.opset_import {
        if domain_name(&set.domain) != ONNX_ML {
            set.domain.clear();
            opset = set.version;
        }
    }
    let Some(graph) = proto.graph.as_mut() else { return Ok(proto) };
    for input in &mut graph.input {
        if let Some(known) = model.file_inputs.iter().find(|known| known.name == input.name) {
            let shape: Vec<i64> = known.shape.iter().map(|&size| size as i64).collect(); // of at most 2^27 elements
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
            (_, "Softmax" | "LogSoftmax") if opset < SOFTMAX_ALONG_AXIS => replace_softmax(node, graph),
            (_, "ArgMax") => replace_argmax(node, graph),
            (_, "Dropout") => replace_dropout(node, graph),
            // Of floats, which all numbers are there, a quotient keeps its fraction.
            (_, "Div") if has_whole_quotients(model) => {
                return Err(FloatError::Load(format!("node '{}': quotients of integers", node.name)));
            }
            (_, "Sign") => replace_sign(node, graph),
            // Its cubic weights are not the definition's.
            (_, "Resize") if is_cubic(&node) => {
                return Err(FloatError::Load(format!("node '{}': cubic interpolation", node.name)));
            }
            (_, operator) => {
                let has_padding = || node.attribute.iter().any(|attribute| attribute.name == "auto_pad");
                if operator == "Cast" {
                    cast_to_float(&mut node);
                } else if matches!(operator, "Conv" | "MaxPool" | "AveragePool")
                    || (operator == "ConvTranspose" && !has_padding())
                {
                    spell_out_window(&mut node, graph)?;
                }
                node.domain.clear();
                graph.node.push(node);
            }
        }
    }
    Ok(proto)
}

/// Floats of any other width as `float`, integers of any other as `int64`, which the engine takes.
fn to_float(tensor: &mut TensorProto) {
    let known = [DataType::Float, DataType::Int32, DataType::Int64, DataType::Bool, DataType::String];
    if known.iter().any(|&known| tensor.data_type == known as i32) {
        return;
    }
    // What import does not read it has refused.
    let Ok(Value::Tensor(read)) = import::tensor::read(tensor, &tensor.name) else { return };
    let data = read.as_constants().unwrap_or_default();
    let (name, dims) = (tensor.name.clone(), tensor.dims.clone());
    *tensor = match read.kind {
        Kind::Real => float_tensor(&name, dims, data.iter().map(|&value| value as f32).collect()),
        Kind::Integer | Kind::Bool => TensorProto {
            name,
            dims,
            data_type: DataType::Int64 as i32,
            int64_data: data.iter().map(|&value| value as i64).collect(),
            ..Default::default()
        },
    };
}

/// A cast to floats of any width is one to `float`.
fn cast_to_float(node: &mut NodeProto) {
    let to = node.attribute.iter_mut().find(|attribute| attribute.name == "to");
    let Some(to) = to else { return };
    let known = i32::try_from(to.i).ok().and_then(|number| DataType::try_from(number).ok());
    if known.and_then(import::tensor::kind) == Some(Kind::Real) {
        to.i = DataType::Float as i64;
    }
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

/// The operand as it is; whoever reads the mask finds none.
fn replace_dropout(node: NodeProto, graph: &mut GraphProto) {
    let ([x, ..], [y, ..]) = (node.input.as_slice(), node.output.as_slice()) else {
        return graph.node.push(node);
    };
    graph.node.push(step("Identity", &[x], y));
}

/// `(x > 0) - (x < 0)`.
fn replace_sign(node: NodeProto, graph: &mut GraphProto) {
    let ([x], [y]) = (node.input.as_slice(), node.output.as_slice()) else { return graph.node.push(node) };
    let name = |part: &str| format!("{y}/{part}");
    let [zero, above, below, one, other] = ["zero", "above", "below", "one", "other"].map(name);
    graph.initializer.push(float_tensor(&zero, vec![], vec![0.0]));
    let to_float = |from: &str, to: &str| NodeProto {
        attribute: vec![int("to", DataType::Float as i64)],
        ..step("Cast", &[from], to)
    };
    graph.node.extend([
        step("Greater", &[x, &zero], &above),
        step("Less", &[x, &zero], &below),
        to_float(&above, &one),
        to_float(&below, &other),
        step("Sub", &[&one, &other], y),
    ]);
}

/// Over all dimensions from `axis` (1 where it is not given) on.
fn replace_softmax(node: NodeProto, graph: &mut GraphProto) {
    let ([x], [y]) = (node.input.as_slice(), node.output.as_slice()) else { return graph.node.push(node) };
    let (matrix, probabilities, shape) =
        (format!("{y}/matrix"), format!("{y}/probabilities"), format!("{y}/shape"));
    let axis = node.attribute.iter().find(|attribute| attribute.name == "axis").map_or(1, |axis| axis.i);
    let with_axis = |node: NodeProto, i| NodeProto { attribute: vec![int("axis", i)], ..node };
    graph.node.push(with_axis(step("Flatten", &[x], &matrix), axis));
    graph.node.push(with_axis(step(&node.op_type, &[&matrix], &probabilities), -1));
    graph.node.push(step("Shape", &[x], &shape));
    graph.node.push(step("Reshape", &[&probabilities, &shape], y));
}

/// `length - 1 - (index of the last largest element of the reversed axis)`.
fn replace_argmax(node: NodeProto, graph: &mut GraphProto) {
    let ([x], [y]) = (node.input.as_slice(), node.output.as_slice()) else { return graph.node.push(node) };
    let axis = node.attribute.iter().find(|attribute| attribute.name == "axis").map_or(0, |axis| axis.i);
    let name = |part: &str| format!("{y}/{part}");
    let mut constant = |part: &str, dims: &[i64], value: i64| {
        let int64_data = vec![value];
        let data_type = DataType::Int64 as i32;
        let tensor = TensorProto {
            name: name(part),
            dims: dims.to_vec(),
            data_type,
            int64_data,
            ..Default::default()
        };
        graph.initializer.push(tensor);
        name(part)
    };
    // From the last element to before the first.
    let [start, end, axes, back] = [("start", -1), ("end", i32::MIN.into()), ("axes", axis), ("back", -1)]
        .map(|(part, value)| constant(part, &[1], value));
    let [axis, one] = [("axis", axis), ("one", 1)].map(|(part, value)| constant(part, &[], value));
    let [reversed, index, shape, length, last] = ["reversed", "index", "dims", "length", "last"].map(name);
    graph.node.push(step("Slice", &[x, &start, &end, &axes, &back], &reversed));
    graph.node.push(NodeProto { attribute: node.attribute.clone(), ..step("ArgMax", &[&reversed], &index) });
    graph.node.push(step("Shape", &[x], &shape));
    graph.node.push(step("Gather", &[&shape, &axis], &length));
    graph.node.push(step("Sub", &[&length, &one], &last));
    graph.node.push(step("Sub", &[&last, &index], y));
}

fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..Default::default() }
}

fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Ints as i32, ints, ..Default::default() }
}

/// Gives a window all of its attributes, which the engine takes from `kernel_shape` alone.
fn spell_out_window(node: &mut NodeProto, graph: &GraphProto) -> Result<(), FloatError> {
    let given = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name);
    let list = |name: &str| given(name).map(|list| list.ints.clone());
    let weights = node.input.get(1).and_then(|name| graph.initializer.iter().find(|w| w.name == *name));
    let of_weights = || weights.and_then(|weights| weights.dims.get(2..)).map(<[i64]>::to_vec);
    let Some(kernel) = list("kernel_shape").or_else(of_weights) else { return Ok(()) };
    let ones = || vec![1; kernel.len()];
    let (strides, dilations) = (list("strides").unwrap_or_else(ones), list("dilations").unwrap_or_else(ones));
    let pads = match given("auto_pad").map(|auto| auto.s.as_slice()) {
        None | Some(b"" | b"NOTSET") => Some(list("pads").unwrap_or_else(|| vec![0; 2 * kernel.len()])),
        Some(b"VALID") => Some(vec![0; 2 * kernel.len()]),
        // The engine puts what is uneven behind. With a stride, how much it is depends on the picture.
        Some(b"SAME_LOWER") if strides == ones() => {
            let total = kernel.iter().zip(&dilations).map(|(kernel, dilation)| (kernel - 1) * dilation);
            let total: Vec<i64> = total.collect();
            Some(
                total
                    .iter()
                    .map(|total| total - total / 2)
                    .chain(total.iter().map(|total| total / 2))
                    .collect(),
            )
        }
        Some(b"SAME_LOWER") => {
            return Err(FloatError::Load(format!("node '{}': auto_pad SAME_LOWER with a stride", node.name)));
        }
        Some(_) => None,
    };
    let is_replaced = |name: &str| {
        matches!(name, "kernel_shape" | "strides" | "dilations")
            || (pads.is_some() && matches!(name, "pads" | "auto_pad"))
    };
    node.attribute.retain(|attribute| !is_replaced(&attribute.name));
    node.attribute.extend([
        ints("kernel_shape", kernel),
        ints("strides", strides),
        ints("dilations", dilations),
    ]);
    node.attribute.extend(pads.map(|pads| ints("pads", pads)));
    Ok(())
}

/// Whether some quotients are rounded towards zero.
fn has_whole_quotients(model: &Model) -> bool {
    let is_whole = |operator: &dyn Operator| operator.name() == WHOLE_QUOTIENT;
    model.layers.iter().any(|layer| layer.function.operator().is_some_and(is_whole))
}

/// Whether a Resize interpolates by cubic polynomials.
fn is_cubic(node: &NodeProto) -> bool {
    node.attribute.iter().any(|attribute| attribute.name == "mode" && attribute.s == b"cubic")
}
