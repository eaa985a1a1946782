//! Constants by a rule: ConstantOfShape, EyeLike and Range.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor;
use crate::import::value::{Kind, Tensor, Value};
use crate::onnx::DataType;

/// A tensor of this shape, of one value; zero where it is not given.
pub(super) fn constant_of_shape(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let dims = node.integers(0)?;
    let dims: Option<Vec<usize>> = dims.iter().map(|&dim| usize::try_from(dim).ok()).collect();
    let dims = dims.ok_or_else(|| node.bad_attribute("input", "a negative dimension".into(), "sizes"))?;
    let elements = layers.check_size(node, &dims)?;
    let given =
        node.proto.attribute.iter().find(|proto| proto.name == "value").and_then(|proto| proto.t.as_ref());
    let (kind, value) = match given.map(|value| tensor::read(value, "value")).transpose()? {
        None => (Kind::Real, 0.0),
        Some(Value::Tensor(tensor)) => match tensor.as_constants() {
            Some(&[value]) => (tensor.kind, value),
            _ => return Err(node.bad_attribute("value", "not one number".into(), "a tensor of one number")),
        },
        Some(_) => return Err(node.bad_attribute("value", "text".into(), "a tensor of one number")),
    };
    layers.spend_work(node, elements as u128)?;
    Ok(Tensor::constants(dims, vec![value; elements]).of_kind(kind).into())
}

/// Ones on the `k`-th diagonal of a matrix of the operand's shape.
pub(super) fn eye_like(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let value = node.value(0)?;
    let &[rows, columns] = value.shape() else {
        return Err(Refusal::Rank { node: node.name.clone(), shape: value.shape().into(), allowed: "2" });
    };
    let kind = match (node.optional_int("dtype")?, value) {
        (Some(data_type), _) => kind_of(node, "dtype", data_type)?,
        (None, Value::Tensor(tensor)) => tensor.kind,
        (None, _) => Kind::Real,
    };
    let diagonal = i128::from(node.int("k", 0)?);
    layers.spend_work(node, rows as u128 * columns as u128)?;
    let one = |row: usize, column: usize| f64::from(u8::from(column as i128 - row as i128 == diagonal));
    let data = (0..rows).flat_map(|row| (0..columns).map(move |column| one(row, column))).collect();
    Ok(Tensor::constants(vec![rows, columns], data).of_kind(kind).into())
}

/// `start, start + delta, ...` to before `limit`.
pub(super) fn range(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(3..=3, "3")?;
    let scalar = |position| match node.constant(position)?.1.as_slice() {
        &[value] => Ok(value),
        all => Err(node.mismatch(&[], &[all.len()])),
    };
    let (start, limit, delta) = (scalar(0)?, scalar(1)?, scalar(2)?);
    if delta == 0.0 {
        return Err(node.bad_attribute("delta", "0".into(), "a number other than 0"));
    }
    let count = ((limit - start) / delta).ceil().max(0.0) as usize; // saturates
    let count = layers.check_size(node, &[count])?;
    layers.spend_work(node, count as u128)?;
    let data = (0..count).map(|i| start + i as f64 * delta).collect();
    Ok(Tensor::constants(vec![count], data).of_kind(node.tensor(0)?.kind).into())
}

/// The kind of an element type that an attribute names.
fn kind_of(node: &Node<'_>, attribute: &'static str, data_type: i64) -> Result<Kind, Refusal> {
    let known = i32::try_from(data_type).ok().and_then(|number| DataType::try_from(number).ok());
    known.and_then(tensor::kind).ok_or_else(|| {
        node.bad_attribute(attribute, data_type.to_string(), "a type of floats, integers or bool")
    })
}
