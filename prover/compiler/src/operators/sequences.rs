//! Sequences of tensors whose number is known: lists of values while a model is imported, which cost nothing.
//! Reference: ONNX, "SequenceConstruct" and the operators beside it.

use super::call::call;
use super::family::{Family, OnnxOperator};
use super::movement;
use super::written::int;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Sequences",
    cost: "nothing",
    operators: &[
        OnnxOperator::onnx("SequenceConstruct", construct),
        OnnxOperator::onnx("SequenceEmpty", empty),
        OnnxOperator::onnx("SequenceInsert", insert).remarks("the position is constant"),
        OnnxOperator::onnx("SequenceErase", erase).remarks("the position is constant"),
        OnnxOperator::onnx("SequenceAt", at).remarks("the position is constant"),
        OnnxOperator::onnx("SequenceLength", length),
        OnnxOperator::onnx("ConcatFromSequence", concat),
        OnnxOperator::onnx("SplitToSequence", split).remarks("the sizes are constant"),
    ],
    integers: &[],
};

fn construct(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=usize::MAX, "1 or more")?;
    (0..node.operands.len()).map(|i| part(node, i)).collect::<Result<_, _>>().map(Value::Sequence)
}

/// An operand that may stand in a sequence: no other sequence.
fn part(node: &Node<'_>, position: usize) -> Result<Value, Refusal> {
    match node.value(position)? {
        Value::Sequence(_) => node.tensor(position).cloned().map(Value::from),
        value => Ok(value.clone()),
    }
}

fn empty(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(0..=0, "0")?;
    Ok(Value::Sequence(Vec::new()))
}

/// The first operand.
fn parts<'a>(node: &'a Node<'_>) -> Result<&'a [Value], Refusal> {
    match node.value(0)? {
        Value::Sequence(parts) => Ok(parts),
        _ => Err(node.bad_attribute("operand", node.operand_name(0), "a sequence")),
    }
}

/// The constant position that an operand names, below `end`.
fn position(node: &Node<'_>, operand: usize, end: usize) -> Result<usize, Refusal> {
    let index = node.integers(operand)?.first().copied().unwrap_or(0);
    let from_front = if index < 0 { index.checked_add(end as i64) } else { Some(index) };
    let place = from_front.and_then(|place| usize::try_from(place).ok()).filter(|&place| place < end);
    place.ok_or_else(|| Refusal::Index { node: node.name.clone(), index, size: end })
}

fn insert(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let (mut all, new) = (parts(node)?.to_vec(), part(node, 1)?);
    layers.spend_work(node, all.len() as u128)?;
    // Behind the last one is a place, too, and the one where no place is named.
    let place = match node.operand(2) {
        None => all.len(),
        Some(_) if node.integers(2)?.first() == Some(&(all.len() as i64)) => all.len(),
        Some(_) => position(node, 2, all.len())?,
    };
    all.insert(place, new);
    Ok(Value::Sequence(all))
}

fn erase(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=2, "1 or 2")?;
    let mut all = parts(node)?.to_vec();
    let place = match node.operand(1) {
        None => all.len().checked_sub(1),
        Some(_) => Some(position(node, 1, all.len())?),
    };
    let place = place.ok_or_else(|| Refusal::Index { node: node.name.clone(), index: -1, size: 0 })?;
    all.remove(place);
    Ok(Value::Sequence(all))
}

fn at(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let all = parts(node)?;
    node.expected(all.get(position(node, 1, all.len())?).cloned())
}

fn length(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let length = parts(node)?.len() as f64;
    Ok(Tensor::constants(vec![], vec![length]).of_kind(Kind::Integer).into())
}

/// The tensors of a sequence one behind the other along an axis, or along a new one.
fn concat(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let all = parts(node)?;
    let (axis, is_new) = (node.int("axis", 0)?, node.int("new_axis", 0)? != 0);
    let mut tensors = Vec::with_capacity(all.len());
    for part in all {
        let Value::Tensor(tensor) = part else {
            return Err(Refusal::StringOperand { node: node.name.clone(), operand: node.operand_name(0) });
        };
        let mut shape = tensor.shape.clone();
        if is_new {
            let place = node.axis(axis, &shape, shape.len() + 1)?;
            shape.insert(place, 1);
        }
        tensors.push(tensor.with_shape(shape));
    }
    let tensors: Vec<&Tensor> = tensors.iter().collect();
    call(node, layers, (&movement::FAMILY, "Concat"), &tensors, &[int("axis", axis)]).map(Value::from)
}

/// Parts of a tensor along an axis: of these sizes, of one size, or slices whose axis may go.
fn split(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=2, "1 or 2")?;
    let x = node.tensor(0)?;
    let axis = node.axis(node.int("axis", 0)?, &x.shape, x.shape.len())?;
    let size = node.groups(x, axis)?.length;
    let whole = |part: i64| usize::try_from(part).ok().filter(|&part| part > 0 && part <= size);
    // Before parts are made: as many as there are places, of a tensor without elements, too.
    let affords =
        |parts: usize| layers.check_size(node, &[parts, 8 + x.extent().saturating_sub(x.len())]).map(drop);
    let sizes: Option<Vec<usize>> = match node.operand(1) {
        None => {
            affords(size)?;
            Some(vec![1; size])
        }
        Some(_) => {
            let given = node.integers(1)?;
            affords(match given.as_slice() {
                &[part] => size / usize::try_from(part.max(1)).unwrap_or(usize::MAX),
                all => all.len(),
            })?;
            match (node.tensor(1)?.shape.len(), given.as_slice()) {
                // All but the last are of this size.
                (0, &[part]) => whole(part).map(|part| {
                    (0..size.div_ceil(part)).map(|i| part.min(size - i * part)).collect()
                }),
                (_, all) => all.iter().map(|&part| whole(part)).collect(),
            }
        }
    };
    let is_whole = |sizes: &Vec<usize>| sizes.iter().try_fold(0usize, |sum, &part| sum.checked_add(part)) == Some(size);
    let sizes = sizes.filter(is_whole);
    let sizes = sizes.ok_or_else(|| node.bad_attribute("split", "other sizes".into(), "sizes that add up to the axis"))?;
    let drops = node.operand(1).is_none() && node.int("keepdims", 1)? == 0;
    let mut all = Vec::with_capacity(sizes.len());
    let mut start = 0;
    for part in sizes {
        let places: Vec<f64> = (start..start + part).map(|place| place as f64).collect();
        start += part;
        let places = Tensor::constants(vec![part], places).of_kind(Kind::Integer);
        let mut one = call(node, layers, (&movement::FAMILY, "Gather"), &[x, &places], &[int("axis", axis as i64)])?;
        if drops {
            one.shape.remove(axis);
        }
        all.push(one.into());
    }
    Ok(Value::Sequence(all))
}
