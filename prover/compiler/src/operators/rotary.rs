//! RotaryEmbedding, as the nodes that it stands for: each pair of an element's width is turned by an angle that its position says.
//! Reference: ONNX, "RotaryEmbedding"; onnxruntime's operator of the same name, which has its operands in another order.

use super::family::{Family, OnnxOperator};
use super::written::{Written, int};
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::onnx::NodeProto;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "RotaryEmbedding",
    cost: "none where cosines, sines and positions are constant",
    operators: &[
        OnnxOperator::written("RotaryEmbedding", of_onnx),
        OnnxOperator::written("RotaryEmbedding", of_onnxruntime)
            .of("com.microsoft")
            .remarks("`scale` of 1, no packed batches; positions of all elements"),
    ],
    integers: &[],
};

/// Places of the operands.
struct Operands {
    cosines: usize,
    sines: usize,
    positions: usize,
}

fn of_onnx(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(3..=4, "3 or 4: values, cosines, sines and positions")?;
    turned(node, layers, &Operands { cosines: 1, sines: 2, positions: 3 })
}

fn of_onnxruntime(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(4..=4, "4: values, positions, cosines and sines")?;
    let scale = node.float("scale", 1.0)?;
    if scale != 1.0 {
        return Err(node.bad_attribute("scale", scale.to_string(), "1"));
    }
    let packed = node.int("is_packed_batching", 0)?;
    if packed != 0 {
        return Err(node.bad_attribute("is_packed_batching", packed.to_string(), "0"));
    }
    let positions = node.tensor(1)?;
    if positions.shape.len() != 2 {
        return Err(Refusal::Rank {
            node: node.name.clone(),
            shape: positions.shape.as_slice().into(),
            allowed: "2",
        });
    }
    turned(node, layers, &Operands { cosines: 2, sines: 3, positions: 1 })
}

fn turned(node: &Node<'_>, layers: &mut Layers, operands: &Operands) -> Result<Vec<NodeProto>, Refusal> {
    let mut written = Written::new(node, layers);
    let (given, x) = (node.tensor(0)?, written.operand(0)?);
    // As [batch, length, heads, width].
    let (x, [batch, length, heads, width]) = match *given.shape.as_slice() {
        [batch, heads, length, width] => {
            (written.transposed(x, "by positions", &[0, 2, 1, 3]), [batch, length, heads, width])
        }
        [batch, length, all] => {
            let count = node.int("num_heads", 0)?;
            let heads = usize::try_from(count).ok().filter(|&heads| heads > 0 && all % heads == 0);
            let heads = heads.ok_or_else(|| {
                node.bad_attribute("num_heads", count.to_string(), "a number that divides the last dimension")
            })?;
            let dims = [batch, length, heads, all / heads];
            (written.reshaped(x, "heads", &dims), dims)
        }
        _ => {
            return Err(Refusal::Rank {
                node: node.name.clone(),
                shape: given.shape.as_slice().into(),
                allowed: "3 or 4",
            });
        }
    };
    let dimension = node.int("rotary_embedding_dim", 0)?;
    let turning = match dimension {
        0 => width,
        _ => usize::try_from(dimension).unwrap_or(0),
    };
    if turning == 0 || turning > width || !turning.is_multiple_of(2) {
        let found = turning.to_string();
        return Err(node.bad_attribute(
            "rotary_embedding_dim",
            found,
            "an even number, at most a head's width",
        ));
    }
    let half = turning / 2;
    let mut angles = |position: usize, name: &str| {
        let mut of_place = written.operand(position)?.to_owned();
        if node.operand(operands.positions).is_some() {
            let places = written.operand(operands.positions)?;
            of_place = written.push(
                "Gather",
                &[&of_place, places],
                &format!("{name} of positions"),
                vec![int("axis", 0)],
            );
        }
        Ok::<_, Refusal>(written.reshaped(&of_place, name, &[batch, length, 1, half])) // one for all heads
    };
    let (cosines, sines) = (angles(operands.cosines, "cosines")?, angles(operands.sines, "sines")?);
    for position in [operands.cosines, operands.sines] {
        let found = &node.tensor(position)?.shape;
        if found.last() != Some(&half) {
            return Err(node.mismatch(&given.shape, found));
        }
    }
    let is_interleaved = node.int("interleaved", 0)? != 0;
    let mut of_pairs = |second: usize, name: &str| {
        let place = |pair| if is_interleaved { 2 * pair + second } else { pair + second * half };
        let places = (0..half).map(|pair| place(pair) as i64).collect();
        let places = written.integers(&format!("places of {name}"), places);
        written.push("Gather", &[&x, &places], name, vec![int("axis", 3)])
    };
    let (real, imaginary) = (of_pairs(0, "real"), of_pairs(1, "imaginary"));
    let mut mixed = |[a, b]: [&str; 2], op_type: &str, name: &str| {
        let left = written.push("Mul", &[a, &real], &format!("{name} left"), vec![]);
        let right = written.push("Mul", &[b, &imaginary], &format!("{name} right"), vec![]);
        written.push(op_type, &[&left, &right], name, vec![])
    };
    let of_real = mixed([&cosines, &sines], "Sub", "turned real");
    let of_imaginary = mixed([&sines, &cosines], "Add", "turned imaginary");
    let mut result = match is_interleaved {
        true => {
            let mut apart =
                |part: &str, name: &str| written.reshaped(part, name, &[batch, length, heads, half, 1]);
            let (first, second) =
                (apart(&of_real, "first of pairs"), apart(&of_imaginary, "second of pairs"));
            let pairs = written.push("Concat", &[&first, &second], "pairs", vec![int("axis", 4)]);
            written.reshaped(&pairs, "turned", &[batch, length, heads, turning])
        }
        false => written.push("Concat", &[&of_real, &of_imaginary], "turned", vec![int("axis", 3)]),
    };
    if turning < width {
        let rest = written.part(&x, "rest", (turning, width), 3);
        result = written.push("Concat", &[&result, &rest], "whole", vec![int("axis", 3)]);
    }
    let result = match given.shape.len() {
        3 => written.reshaped(&result, "joined", &given.shape),
        _ => written.transposed(&result, "by heads", &[0, 2, 1, 3]),
    };
    written.result(0, &result);
    written.finish(layers)
}
