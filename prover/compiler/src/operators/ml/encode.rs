//! Thresholds and categories as numbers: Binarizer, LabelEncoder, CategoryMapper, OneHotEncoder.
//!
//! What is looked up is compared with each key, exactly, so keys are whole numbers or lie on the grid of what is compared. A
//! text is the position of its value in the list of those that the model knows. Results that are texts are positions in the
//! list of values; the default stands behind it. Texts of texts stay texts.

use std::sync::Arc;

use super::compose::call;
use super::labels::{looked_up, one_hot as hot};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::Unknown;
use crate::operators::texts::{self, Numbers};
use crate::operators::comparison;

/// 1 where `x > threshold`, else 0.
pub(super) fn binarizer(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let threshold = Tensor::constants(vec![], vec![node.float("threshold", 0.0)?]);
    let above = call(node, layers, (&comparison::FAMILY, "Greater"), &[node.tensor(0)?, &threshold], &[])?;
    Ok(above.of_kind(Kind::Real).into())
}

/// Keys or values of a mapping.
enum List {
    Numbers(Vec<f64>, Kind),
    Texts(Vec<String>),
}

impl List {
    fn len(&self) -> usize {
        match self {
            List::Numbers(numbers, _) => numbers.len(),
            List::Texts(texts) => texts.len(),
        }
    }

    /// The one attribute that is there, of three.
    fn read(
        node: &Node<'_>,
        [integers, floats, texts]: [&'static str; 3],
        attribute: &'static str,
    ) -> Result<Option<List>, Refusal> {
        if let Some(values) = node.ints(integers)?.filter(|all| !all.is_empty()) {
            return Ok(Some(List::Numbers(
                values.into_iter().map(|value| value as f64).collect(),
                Kind::Integer,
            )));
        }
        if let Some(values) = node.floats(floats)?.filter(|all| !all.is_empty()) {
            return Ok(Some(List::Numbers(values, Kind::Real)));
        }
        if let Some(texts) = node.strings(texts)?.filter(|all| !all.is_empty()) {
            return Ok(Some(List::Texts(texts)));
        }
        match node
            .proto
            .attribute
            .iter()
            .find(|proto| proto.name == attribute)
            .and_then(|proto| proto.t.as_ref())
        {
            None => Ok(None),
            Some(proto) => Ok(Some(constant(tensor::read(proto, attribute)?))),
        }
    }
}

/// The list of a constant tensor.
fn constant(value: Value) -> List {
    match value {
        Value::Strings { data, .. } => List::Texts(data.to_vec()),
        Value::Tensor(tensor) | Value::Categories(tensor) => {
            List::Numbers(tensor.as_constants().unwrap_or_default().to_vec(), tensor.kind)
        }
        // No constant is one.
        Value::Sequence(_) => List::Numbers(Vec::new(), Kind::Real),
    }
}

/// The value of the key that each element equals, or the default.
pub(super) fn label_encoder(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    if node.opset < 2 {
        let Some(classes) = node.strings("classes_strings")? else {
            return Err(node.bad_attribute("classes_strings", "absent".into(), "a list of classes"));
        };
        let positions = (0..classes.len()).map(|i| i as f64).collect();
        return mapped(node, layers, List::Texts(classes), List::Numbers(positions, Kind::Integer));
    }
    let keys = List::read(node, ["keys_int64s", "keys_floats", "keys_strings"], "keys_tensor")?;
    let values = List::read(node, ["values_int64s", "values_floats", "values_strings"], "values_tensor")?;
    match (keys, values) {
        (Some(keys), Some(values)) if keys.len() == values.len() => encoded(node, layers, &keys, &values),
        (keys, values) => {
            let count = |list: Option<List>| list.map_or(0, |list| list.len());
            let found = format!("{} keys and {} values", count(keys), count(values));
            Err(node.bad_attribute("keys_*", found, "as many keys as values"))
        }
    }
}

/// Between `cats_int64s` and `cats_strings`, in the direction that the operand has.
pub(super) fn category_mapper(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    match (node.ints("cats_int64s")?, node.strings("cats_strings")?) {
        (Some(numbers), Some(texts)) if numbers.len() == texts.len() => {
            let numbers = numbers.into_iter().map(|number| number as f64).collect();
            mapped(node, layers, List::Texts(texts), List::Numbers(numbers, Kind::Integer))
        }
        _ => Err(node.bad_attribute("cats_*", "of different lengths".into(), "as many integers as texts")),
    }
}

/// From the one list to the other, whichever the operand is of.
fn mapped(node: &Node<'_>, layers: &mut Layers, texts: List, numbers: List) -> Result<Value, Refusal> {
    match node.value(0)? {
        Value::Tensor(_) => encoded(node, layers, &numbers, &texts),
        _ => encoded(node, layers, &texts, &numbers),
    }
}

fn encoded(node: &Node<'_>, layers: &mut Layers, keys: &List, values: &List) -> Result<Value, Refusal> {
    let other = || Refusal::StringOperand { node: node.name.clone(), operand: node.operand_name(0) };
    if let List::Texts(values) = values
        && let Some(text) = renamed(node, layers, keys, values)?
    {
        return Ok(text);
    }
    let (results, default, kind) = match values {
        List::Numbers(values, Kind::Real) => (values.clone(), default_float(node)?, Kind::Real),
        List::Numbers(values, kind) => (values.clone(), default_integer(node)?, *kind),
        List::Texts(texts) => {
            // Equal texts are one result.
            let first = |text| texts.iter().position(|known| known == text).unwrap_or(0) as f64;
            (texts.iter().map(first).collect(), texts.len() as f64, Kind::Integer)
        }
    };
    let encoded = match (node.value(0)?, keys) {
        (Value::Tensor(x), List::Numbers(keys, _)) => looked_up(node, layers, x, keys, &results, default)?,
        (Value::Categories(_) | Value::Strings { .. }, List::Texts(names)) => {
            let x = texts::text(node, layers, 0)?.ok_or_else(other)?;
            let gains =
                |place: usize| results.get(place).map(|value| (0, value - default)).into_iter().collect();
            // Another text has an answer: the default.
            let numbers =
                Numbers { names, unknown: Unknown::Taken, otherwise: vec![default], gains: &gains };
            Tensor::new(x.shape.clone(), numbers.of(node, layers, &x)?)
        }
        _ => return Err(other()),
    };
    Ok(encoded.of_kind(kind).into())
}

/// Texts for texts, or for constant numbers; `None` where an input's number decides, since a proof shows integers.
fn renamed(
    node: &Node<'_>,
    layers: &mut Layers,
    keys: &List,
    values: &[String],
) -> Result<Option<Value>, Refusal> {
    let default = node.text("default_string")?.unwrap_or_else(|| "_Unused".into());
    Ok(match (node.value(0)?, keys) {
        (Value::Tensor(x), List::Numbers(keys, _)) => x.as_constants().map(|numbers| {
            let of = |number| keys.iter().position(|key| key == number).and_then(|place| values.get(place));
            let data = numbers.iter().map(|number| of(number).unwrap_or(&default).clone()).collect();
            Value::Strings { shape: x.shape.clone(), data: Arc::new(data) }
        }),
        (Value::Categories(_) | Value::Strings { .. }, List::Texts(keys)) => {
            // The first of equal keys counts.
            let pairs = keys.iter().cloned().zip(values.iter().cloned()).rev().collect();
            let x = texts::text(node, layers, 0)?;
            let renamed = x.map(|x| texts::rewritten(node, layers, &x, &pairs, &default)).transpose()?;
            renamed.map(Value::Categories)
        }
        _ => None,
    })
}

fn default_float(node: &Node<'_>) -> Result<f64, Refusal> {
    Ok(match tensor_default(node)? {
        Some(default) => default,
        None => node.float("default_float", 0.0)?,
    })
}

fn default_integer(node: &Node<'_>) -> Result<f64, Refusal> {
    Ok(match tensor_default(node)? {
        Some(default) => default,
        None => node.int("default_int64", -1)? as f64,
    })
}

fn tensor_default(node: &Node<'_>) -> Result<Option<f64>, Refusal> {
    let proto = node.proto.attribute.iter().find(|proto| proto.name == "default_tensor");
    let Some(proto) = proto.and_then(|proto| proto.t.as_ref()) else { return Ok(None) };
    match constant(tensor::read(proto, "default_tensor")?) {
        List::Numbers(values, _) => Ok(values.first().copied()),
        List::Texts(_) => Ok(None),
    }
}

/// A further dimension: 1 at the category that each element is, else 0. An element of no category is all
/// zeros; a text of none is refused where `zeros` is 0.
pub(super) fn one_hot(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let Some(categories) = List::read(node, ["cats_int64s", "", "cats_strings"], "")? else {
        return Err(node.bad_attribute("cats_int64s", "absent".into(), "a list of categories"));
    };
    let mut shape = node.value(0)?.shape().to_vec();
    shape.push(categories.len());
    let unknown = match node.int("zeros", 1)? {
        0 => Unknown::Refused,
        _ => Unknown::Taken,
    };
    let is_key = match (node.value(0)?, &categories) {
        (Value::Tensor(x), List::Numbers(keys, _)) => hot(node, layers, x, keys)?,
        (Value::Categories(_) | Value::Strings { .. }, List::Texts(names)) => {
            let x = node.expected(texts::text(node, layers, 0)?)?;
            let otherwise = vec![0.0; names.len()];
            let numbers = Numbers { names, unknown, otherwise, gains: &|place| vec![(place, 1.0)] };
            let rows = numbers.of(node, layers, &x)?;
            Tensor::new(vec![x.len(), names.len()], rows)
        }
        _ => return Err(Refusal::StringOperand { node: node.name.clone(), operand: node.operand_name(0) }),
    };
    Ok(is_key.with_shape(shape).of_kind(Kind::Real).into())
}
