//! Features: chosen, joined, named, replaced where they are missing.

use std::sync::Arc;

use super::compose::{beside, call, features};
use super::labels::element;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::operators::broadcast::rearranged;
use crate::operators::by_index::{self, Axis, Read};
use crate::operators::{comparison, missing, selection};

/// Elements of the last dimension of `X` by the indices in `Y`; of a constant list of numbers or texts by indices that
/// depend on the inputs, which is how exporters write a label. The index of a text stands for it.
pub(super) fn extractor(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (x, y) = (node.value(0)?, node.tensor(1)?);
    let (width, leading) = match x.shape() {
        [] => (1, vec![1]),
        [width] => (*width, vec![1]),
        [leading @ .., width] => (*width, leading.to_vec()),
    };
    let mut shape = leading;
    shape.push(y.len());
    let Some(indices) = y.as_constants() else {
        return match x {
            Value::Strings { .. } if shape.len() > 2 || shape.first() != Some(&1) => Err(node.not_constant(1)),
            Value::Strings { .. } => Ok(y.with_shape(shape).of_kind(Kind::Integer).into()),
            Value::Tensor(x) if !x.is_constant() || shape.len() > 2 || shape.first() != Some(&1) => {
                let tuples = y.len();
                let read = |flat: usize| {
                    let (row, tuple) = (flat.checked_div(tuples)?, flat.checked_rem(tuples)?);
                    Some(Read { tuple, base: row * width })
                };
                let axes = [Axis { size: width, stride: 1 }];
                by_index::read(node, layers, (x, y), &axes, shape, read).map(Value::from)
            }
            _ => {
                let table = node.constant(0)?.1;
                let chosen = element(node, layers, y, &table)?;
                Ok(chosen.with_shape(shape).of_kind(node.tensor(0)?.kind).into())
            }
        };
    };
    let rows = x.shape().iter().product::<usize>() / width.max(1);
    let place = |&index: &f64| (index >= 0.0 && index < width as f64).then_some(index as usize);
    let Some(chosen) = indices.iter().map(place).collect::<Option<Vec<usize>>>() else {
        let value = format!("{indices:?}");
        return Err(node.bad_attribute("Y", value, "indices of the last dimension"));
    };
    let chosen = &chosen;
    let order = (0..rows).flat_map(|row| chosen.iter().map(move |column| row * width + column));
    match x {
        Value::Strings { data, .. } => {
            let data = node.expected(order.map(|at| data.get(at).cloned()).collect())?;
            Ok(Value::Strings { shape, data: Arc::new(data) })
        }
        // The integers that stand for the values of each element.
        Value::Categories(x) => Ok(Value::Categories(rearranged(node, layers, x, shape, order)?)),
        Value::Tensor(_) | Value::Sequence(_) => Ok(rearranged(node, layers, node.tensor(0)?, shape, order)?.into()),
    }
}

/// All operands beside each other, as one row of features for each row of theirs.
pub(super) fn vectorizer(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let count = node.operands.len();
    node.arity(1..=count.max(1), "1 or more")?;
    let parts = (0..count).map(|position| features(node, position)).collect::<Result<Vec<_>, _>>()?;
    if let Some(sizes) = node.ints("inputdimensions")? {
        let widths = parts.iter().map(|part| part.shape.last().map_or(0, |&width| width as i64));
        if !widths.eq(sizes.iter().copied()) {
            let allowed = "the number of features of each operand";
            return Err(node.bad_attribute("inputdimensions", format!("{sizes:?}"), allowed));
        }
    }
    let parts: Vec<&Tensor> = parts.iter().collect();
    Ok(beside(node, layers, &parts)?.of_kind(Kind::Real).into())
}

/// The values alone: who reads them knows the labels from the model.
pub(super) fn zip_map(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    Ok(node.tensor(0)?.clone().into())
}

/// Elements that equal a number are replaced by another, which may differ by feature.
pub(super) fn imputer(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let width = x.shape.last().copied().unwrap_or(1);
    let (replaced, values) = match node.ints("imputed_value_int64s")?.filter(|values| !values.is_empty()) {
        Some(values) => {
            let replaced = node.int("replaced_value_int64", 0)? as f64;
            (Some(replaced), values.into_iter().map(|value| value as f64).collect())
        }
        None => (replaced_float(node), node.floats("imputed_value_floats")?.unwrap_or_default()),
    };
    let values = match values.as_slice() {
        &[value] => vec![value; width],
        all if all.len() == width => values,
        all => {
            let found = format!("{} values for {width} features", all.len());
            return Err(node.bad_attribute("imputed_value_floats", found, "one, or one for each feature"));
        }
    };
    let all: Option<Vec<f64>> = (0..x.len()).map(|i| values.get(i % width.max(1)).copied()).collect();
    let values = node.expected(all)?;
    let Some(replaced) = replaced.filter(|replaced| replaced.is_finite()) else {
        // What nothing else reads is replaced before it becomes an integer.
        let rows = layers.rows(node, x)?;
        for (row, &value) in rows.iter().zip(&values) {
            if let Some(atom) = row.as_atom() {
                layers.missing.stands_for(atom, value);
            }
        }
        return Ok(missing::filled(node, layers, x, |i| values.get(i).copied())?.into());
    };
    let values = Tensor::constants(x.shape.clone(), values).of_kind(x.kind);
    let replaced = Tensor::constants(vec![], vec![replaced]).of_kind(x.kind);
    let is_replaced = call(node, layers, (&comparison::FAMILY, "Equal"), &[x, &replaced], &[])?;
    let chosen = call(node, layers, (&selection::FAMILY, "Where"), &[&is_replaced, &values, x], &[])?;
    Ok(chosen.of_kind(x.kind).into())
}

/// What is replaced; NaN, which no other attribute may be, is what is missing.
fn replaced_float(node: &Node<'_>) -> Option<f64> {
    let proto = node.proto.attribute.iter().find(|proto| proto.name == "replaced_value_float");
    Some(proto.map_or(0.0, |proto| f64::from(proto.f)))
}
