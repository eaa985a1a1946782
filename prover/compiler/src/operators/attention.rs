//! Attention (operator set 23), as the nodes that it stands for: products of matrices, a mask, a softmax. Reference: ONNX, "Attention".

use super::family::{Family, OnnxOperator};
use super::written::Written;
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Value};
use crate::onnx::NodeProto;

/// Largest mask of positions that lie ahead.
const MAX_MASK: usize = 1 << 22;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Attention",
    cost: "that of two products of matrices and a softmax",
    operators: &[OnnxOperator::written("Attention", written_out)
        .remarks("equally many heads for queries, keys and values; without a cache, `softcap` and intermediate results")],
    integers: &[],
};

/// An operand as `[batch, heads, length, width]`, and its length and width.
fn heads(
    written: &mut Written<'_>,
    position: usize,
    attribute: &'static str,
) -> Result<(String, [i64; 4]), Refusal> {
    let node = written.node;
    let (name, tensor) = (written.operand(position)?, node.tensor(position)?);
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
            let turned = written.transposed(&apart, &format!("{position} by heads"), &[0, 2, 1, 3]);
            Ok((turned, [batch, heads, length, all / heads]))
        }
        _ => Err(Refusal::Rank {
            node: node.name.clone(),
            shape: tensor.shape.as_slice().into(),
            allowed: "3 or 4",
        }),
    }
}

fn written_out(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
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
    let mut written = Written::new(node, layers);
    let (queries, [batch, of_queries, ahead, width]) = heads(&mut written, 0, "q_num_heads")?;
    let (keys, [_, of_keys, behind, _]) = heads(&mut written, 1, "kv_num_heads")?;
    let (values, [_, of_values, _, deep]) = heads(&mut written, 2, "kv_num_heads")?;
    if of_keys != of_queries || of_values != of_queries {
        let found = format!("{of_queries}, {of_keys} and {of_values}");
        return Err(node.bad_attribute("kv_num_heads", found, "as many heads of keys and values as of queries"));
    }
    let turned = written.transposed(&keys, "turned", &[0, 1, 3, 2]);
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
        let turned = written.transposed(&result, "by positions", &[0, 2, 1, 3]);
        let shape = written.integers("shape", vec![batch, ahead, of_queries * deep]);
        result = written.push("Reshape", &[&turned, &shape], "joined", vec![]);
    }
    if let [_, others @ ..] = node.proto.output.as_slice()
        && others.iter().any(|name| !name.is_empty())
    {
        let (node, found) = (node.name.clone(), node.proto.output.len());
        return Err(Refusal::Arity { node, what: "outputs", found, allowed: "1" });
    }
    written.result(0, &result);
    written.finish(layers)
}
