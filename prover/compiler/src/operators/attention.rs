//! Attention (operator set 23), as the nodes that it stands for: products of matrices, a mask, a softmax. Reference: ONNX, "Attention".

use super::family::{Family, Import, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Value};
use crate::onnx::{AttributeProto, AttributeType, DataType, NodeProto, TensorProto};

/// Largest mask of positions that lie ahead.
const MAX_MASK: usize = 1 << 22;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Attention",
    cost: "that of two products of matrices and a softmax",
    operators: &[OnnxOperator { import: Import::Nodes(written_out), ..OnnxOperator::onnx("Attention", alone) }
        .remarks("equally many heads for queries, keys and values; without a cache, `softcap` and intermediate results")],
    integers: &[],
};

/// Attention stands in a graph only.
fn alone(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    Err(node.bad_attribute("body", "inside another operator".into(), "a node of the graph"))
}

/// The nodes that say the same, with the node's name in front of theirs.
struct Written<'a> {
    node: &'a Node<'a>,
    nodes: Vec<NodeProto>,
}

impl Written<'_> {
    fn name(&self, inner: &str) -> String {
        format!("{}/{inner}", self.node.name.name)
    }

    /// A node of one result, which is its name.
    fn push(&mut self, op_type: &str, input: &[&str], output: &str, attribute: Vec<AttributeProto>) -> String {
        let output = self.name(output);
        self.nodes.push(NodeProto {
            input: input.iter().map(|&name| name.into()).collect(),
            output: vec![output.clone()],
            name: output.clone(),
            op_type: op_type.into(),
            attribute,
            ..NodeProto::default()
        });
        output
    }

    fn constant(&mut self, name: &str, value: TensorProto) -> String {
        let (name_of, kind) = ("value".to_owned(), AttributeType::Tensor as i32);
        let attribute =
            AttributeProto { name: name_of, r#type: kind, t: Some(value), ..AttributeProto::default() };
        self.push("Constant", &[], name, vec![attribute])
    }

    fn floats(&mut self, name: &str, dims: Vec<i64>, values: Vec<f32>) -> String {
        let data_type = DataType::Float as i32;
        self.constant(name, TensorProto { dims, data_type, float_data: values, ..TensorProto::default() })
    }

    fn integers(&mut self, name: &str, values: Vec<i64>) -> String {
        let (dims, data_type) = (vec![values.len() as i64], DataType::Int64 as i32);
        self.constant(name, TensorProto { dims, data_type, int64_data: values, ..TensorProto::default() })
    }

    fn transposed(&mut self, x: &str, name: &str, order: [i64; 4]) -> String {
        let (kind, ints) = (AttributeType::Ints as i32, order.to_vec());
        let order = AttributeProto { name: "perm".into(), r#type: kind, ints, ..AttributeProto::default() };
        self.push("Transpose", &[x], name, vec![order])
    }
}

/// An operand as `[batch, heads, length, width]`, and its length and width.
fn heads(
    written: &mut Written<'_>,
    position: usize,
    attribute: &'static str,
) -> Result<(String, [i64; 4]), Refusal> {
    let node = written.node;
    let (name, tensor) = (node.operands.get(position).copied().flatten().map(|(name, _)| name), node.tensor(position)?);
    let name = node.expected(name)?;
    let dims: Vec<i64> = tensor.shape.iter().map(|&dim| dim as i64).collect(); // of at most 2^27 elements
    match *dims.as_slice() {
        [batch, heads, length, width] => Ok((name.to_owned(), [batch, heads, length, width])),
        [batch, length, all] => {
            let heads = node.int(attribute, 0)?;
            if heads <= 0 || all % heads != 0 {
                return Err(node.bad_attribute(attribute, heads.to_string(), "a number that divides the last dimension"));
            }
            let shape = written.integers(&format!("shape of {position}"), vec![batch, length, heads, all / heads]);
            let apart = written.push("Reshape", &[name, &shape], &format!("heads of {position}"), vec![]);
            let turned = written.transposed(&apart, &format!("{position} by heads"), [0, 2, 1, 3]);
            Ok((turned, [batch, heads, length, all / heads]))
        }
        _ => Err(Refusal::Rank {
            node: node.name.clone(),
            shape: tensor.shape.as_slice().into(),
            allowed: "3 or 4",
        }),
    }
}

fn written_out(node: &Node<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(3..=4, "3 or 4: queries, keys, values and a mask")?;
    for (attribute, default) in [("qk_matmul_output_mode", 0), ("softmax_precision", 0)] {
        let value = node.int(attribute, default)?;
        if attribute != "softmax_precision" && value != default {
            return Err(node.bad_attribute(attribute, value.to_string(), "0"));
        }
    }
    let softcap = node.float("softcap", 0.0)?;
    if softcap != 0.0 {
        return Err(node.bad_attribute("softcap", softcap.to_string(), "0"));
    }
    let mut written = Written { node, nodes: Vec::new() };
    let (queries, [batch, of_queries, ahead, width]) = heads(&mut written, 0, "q_num_heads")?;
    let (keys, [_, of_keys, behind, _]) = heads(&mut written, 1, "kv_num_heads")?;
    let (values, [_, of_values, _, deep]) = heads(&mut written, 2, "kv_num_heads")?;
    if of_keys != of_queries || of_values != of_queries {
        let found = format!("{of_queries}, {of_keys} and {of_values}");
        return Err(node.bad_attribute("kv_num_heads", found, "as many heads of keys and values as of queries"));
    }
    let turned = written.transposed(&keys, "turned", [0, 1, 3, 2]);
    let products = written.push("MatMul", &[&queries, &turned], "products", vec![]);
    let scale = match node.optional_float("scale")? {
        Some(scale) => scale,
        None => 1.0 / (width as f64).sqrt(),
    };
    let scale = written.floats("scale", vec![], vec![scale as f32]);
    let mut scores = written.push("Mul", &[&products, &scale], "scaled", vec![]);
    if let Some((mask, value)) = node.operands.get(3).copied().flatten() {
        let is_truth = matches!(value, Value::Tensor(tensor) if tensor.kind == Kind::Bool);
        scores = match is_truth {
            true => {
                let low = written.floats("low", vec![], vec![f32::NEG_INFINITY]);
                written.push("Where", &[mask, &scores, &low], "masked", vec![])
            }
            false => written.push("Add", &[&scores, mask], "masked", vec![]),
        };
    }
    match node.int("is_causal", 0)? {
        0 => {}
        1 => {
            let (rows, columns) = (ahead as usize, behind as usize);
            if rows.saturating_mul(columns) > MAX_MASK {
                return Err(node.bad_attribute("is_causal", "1".into(), "0 for as many positions"));
            }
            let of = |at: usize| if at % columns.max(1) > at / columns.max(1) { f32::NEG_INFINITY } else { 0.0 };
            let mask = written.floats("ahead", vec![ahead, behind], (0..rows * columns).map(of).collect());
            scores = written.push("Add", &[&scores, &mask], "causal", vec![]);
        }
        other => return Err(node.bad_attribute("is_causal", other.to_string(), "0 or 1")),
    }
    let weights = written.push("Softmax", &[&scores], "weights", vec![]);
    let mut result = written.push("MatMul", &[&weights, &values], "sums", vec![]);
    if node.tensor(0)?.shape.len() == 3 {
        let turned = written.transposed(&result, "by positions", [0, 2, 1, 3]);
        let shape = written.integers("shape", vec![batch, ahead, of_queries * deep]);
        result = written.push("Reshape", &[&turned, &shape], "joined", vec![]);
    }
    if let [_, others @ ..] = node.proto.output.as_slice()
        && others.iter().any(|name| !name.is_empty())
    {
        let (node, found) = (node.name.clone(), node.proto.output.len());
        return Err(Refusal::Arity { node, what: "outputs", found, allowed: "1" });
    }
    let output = node.proto.output.first().cloned().unwrap_or_default();
    written.nodes.push(NodeProto {
        input: vec![result],
        output: vec![output],
        name: node.name.name.clone(),
        op_type: "Identity".into(),
        ..NodeProto::default()
    });
    Ok(written.nodes)
}
