//! Texts: what numbers depend on them, and what becomes of them on the way to the node that asks.
//!
//! Nodes that choose between texts (an imputer's Where) cost nothing: a condition that depends on the same element of an input is known
//! for each of its values, so the choice is another text of them ([`Rewriting`]). The values of an input that a node knows are
//! compared with the integers that stand for them, and everything else is a sum of these comparisons.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::broadcast::{common_shape, repeated};
use super::call::call;
use super::comparison;
use crate::import::categories::{Rewriting, Text};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::{Row, Unknown};

/// Conditions that conditions depend on, one behind the other, at most.
const MAX_DEPTH: usize = 16;

/// Numbers of a node that reads a text: a row for each element.
pub(super) struct Numbers<'a> {
    /// The values that the node knows.
    pub names: &'a [String],
    /// What becomes of others.
    pub unknown: Unknown,
    /// The row of every other value.
    pub otherwise: Vec<f64>,
    /// What a known value adds to some columns of it.
    pub gains: &'a dyn Fn(usize) -> Vec<(usize, f64)>,
}

impl Numbers<'_> {
    /// The rows, one behind the other: for each value of an input that counts an equality with the integer that stands for it.
    pub fn of(&self, node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Vec<Row>, Refusal> {
        let places: HashMap<&str, usize> =
            self.names.iter().enumerate().rev().map(|(place, name)| (name.as_str(), place)).collect();
        let place = |value: &str| places.get(value).copied();
        let (mut rows, mut compared, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for row in x.rows() {
            let Text { atom, rewriting } = layers.text(node, &row)?;
            let other = rewriting.other.as_deref().and_then(place);
            let mut base = self.otherwise.clone();
            let of_other = other.map(self.gains).unwrap_or_default();
            for &(column, gain) in &of_other {
                *node.expected(base.get_mut(column))? += gain;
            }
            let first = rows.len();
            rows.extend(base.into_iter().map(Row::constant));
            let Some(atom) = atom else { continue };
            let values = values(self.names, &rewriting);
            layers.spend_terms(node, values.len() as u128 + self.otherwise.len() as u128)?;
            if self.unknown == Unknown::Refused && other.is_none() {
                let is_taken = |value: &&str| place(rewriting.of(value)).is_some();
                let taken: Vec<&str> = values.iter().copied().filter(is_taken).collect();
                layers.refuse_other_texts(node, atom, &taken)?;
            }
            let integers = layers.text_values(node, atom, &values)?;
            for (value, integer) in values.into_iter().zip(integers) {
                let mut gains: BTreeMap<usize, f64> = BTreeMap::new();
                let gained = place(rewriting.of(value)).map(self.gains).unwrap_or_default();
                let lost = of_other.iter().map(|&(column, gain)| (column, -gain));
                gained
                    .into_iter()
                    .chain(lost)
                    .for_each(|(column, gain)| *gains.entry(column).or_default() += gain);
                gains.retain(|_, gain| *gain != 0.0);
                if !gains.is_empty() {
                    compared.push((atom, first, gains));
                    keys.push(integer as f64);
                }
            }
        }
        if compared.is_empty() {
            return Ok(rows);
        }
        let column = |rows: Vec<Row>| Tensor::new(vec![rows.len(), 1], rows).of_kind(Kind::Integer);
        let values = column(compared.iter().map(|&(atom, ..)| Row::atom(atom)).collect());
        let keys = Tensor::constants(vec![keys.len(), 1], keys).of_kind(Kind::Integer);
        let is_key = call(node, layers, (&comparison::FAMILY, "Equal"), &[&values, &keys], &[])?.rows();
        for ((_, first, gains), is_key) in compared.into_iter().zip(&is_key) {
            let is_key = node.expected(is_key.as_atom())?;
            for (place, gain) in gains {
                node.expected(rows.get_mut(first + place))?.terms.push((is_key, gain));
            }
        }
        Ok(rows)
    }
}

/// The values of an input that may become one of `names`, each once: all others become what others do.
fn values<'a>(names: &'a [String], rewriting: &'a Rewriting) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let kept = names.iter().filter(|_| rewriting.other.is_none());
    let kept = kept.filter(|name| !rewriting.values.contains_key(*name));
    rewriting.values.keys().chain(kept).map(String::as_str).filter(|value| seen.insert(*value)).collect()
}

/// Another text for each element: what `rewrite` makes of what it was.
pub(super) fn rewritten(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    values: &BTreeMap<String, String>,
    other: &str,
) -> Result<Tensor, Refusal> {
    let of = |value: &str| values.get(value).map_or(other, String::as_str).to_owned();
    let mut rows = Vec::with_capacity(x.len());
    for row in x.rows() {
        let Text { atom, rewriting: before } = layers.text(node, &row)?;
        layers.spend_terms(node, (before.values.len() + values.len()) as u128)?;
        let names: Vec<String> = values.keys().cloned().collect();
        let made = self::values(&names, &before);
        let made = made.into_iter().map(|value| (value.to_owned(), of(before.of(value)))).collect();
        let other = before.other.as_deref().map_or_else(|| other.to_owned(), of);
        let rewriting = Arc::new(Rewriting { values: made, other: Some(other) });
        rows.push(layers.text_row(node, Text { atom, rewriting })?);
    }
    Ok(Tensor::new(x.shape.clone(), rows))
}

/// An operand of texts, constant ones too.
pub(super) fn text(node: &Node<'_>, layers: &mut Layers, position: usize) -> Result<Option<Tensor>, Refusal> {
    match node.value(position)? {
        Value::Categories(text) => Ok(Some(text.clone())),
        Value::Strings { shape, data } => {
            let row = |text: &String| {
                let rewriting = Rewriting { values: BTreeMap::new(), other: Some(text.clone()) };
                layers.text_row(node, Text { atom: None, rewriting: Arc::new(rewriting) })
            };
            Ok(Some(Tensor::new(shape.clone(), data.iter().map(row).collect::<Result<_, _>>()?)))
        }
        Value::Tensor(_) | Value::Sequence(_) => Ok(None),
    }
}

/// An output of texts: the position of each in the list of those that it may be, of which the last stands for all others.
pub(crate) fn positions(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    names: Option<&[String]>,
) -> Result<Tensor, Refusal> {
    if x.rows().iter().all(|row| row.as_atom().is_some()) {
        return Ok(x.clone());
    }
    let Some((names, last)) = names.and_then(|names| Some((names, names.len().checked_sub(1)?))) else {
        return Err(Refusal::Text {
            node: node.name.clone(),
            why: "an output of texts that others were replaced by, and a proof shows integers: encode it, or leave it out (--output NAME)",
        });
    };
    let gains = |place: usize| vec![(0, place as f64 - last as f64)];
    let numbers = Numbers { names, unknown: Unknown::Taken, otherwise: vec![last as f64], gains: &gains };
    Ok(Tensor::new(x.shape.clone(), numbers.of(node, layers, x)?).of_kind(Kind::Integer))
}

/// The result of an operator that takes texts as well as numbers; `None` where it has none or the operands are numbers.
pub(crate) fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Option<Value>, Refusal> {
    match node.proto.op_type.as_str() {
        "Equal" => equal(node, layers),
        "Where" => chosen(node, layers),
        _ => Ok(None),
    }
}

/// Whether texts are equal to constant ones, elementwise with broadcasting.
fn equal(node: &Node<'_>, layers: &mut Layers) -> Result<Option<Value>, Refusal> {
    node.arity(2..=2, "2")?;
    let (Some(left), Some(right)) = (text(node, layers, 0)?, text(node, layers, 1)?) else { return Ok(None) };
    let (shape, len) = common_shape(node, layers, &[&left, &right])?;
    let (left, right) =
        (repeated(node, layers, &left, &shape, len)?, repeated(node, layers, &right, &shape, len)?);
    let mut rows = Vec::with_capacity(len);
    for (left, right) in left.rows().into_iter().zip(right.rows()) {
        let constant = |text: &Text| text.atom.is_none().then(|| text.rewriting.of("").to_owned());
        let (a, b) = (layers.text(node, &left)?, layers.text(node, &right)?);
        let (x, name) = match (constant(&a), constant(&b)) {
            (_, Some(name)) => (left, name),
            (Some(name), None) => (right, name),
            (None, None) => {
                return Err(Refusal::StringOperand {
                    node: node.name.clone(),
                    operand: node.operand_name(1),
                });
            }
        };
        let (names, gains) = ([name], |_: usize| vec![(0, 1.0)]);
        let numbers = Numbers { names: &names, unknown: Unknown::Taken, otherwise: vec![0.0], gains: &gains };
        rows.extend(numbers.of(node, layers, &Tensor::new(vec![1], vec![x]))?);
    }
    Ok(Some(Tensor::new(shape, rows).of_kind(Kind::Bool).into()))
}

/// `condition ? x : y` of texts, elementwise with broadcasting.
fn chosen(node: &Node<'_>, layers: &mut Layers) -> Result<Option<Value>, Refusal> {
    node.arity(3..=3, "3")?;
    let (Some(x), Some(y)) = (text(node, layers, 1)?, text(node, layers, 2)?) else { return Ok(None) };
    let condition = node.tensor(0)?;
    let (shape, len) = common_shape(node, layers, &[condition, &x, &y])?;
    let condition = repeated(node, layers, condition, &shape, len)?;
    let condition = layers.rows(node, &condition)?;
    let (x, y) = (repeated(node, layers, &x, &shape, len)?, repeated(node, layers, &y, &shape, len)?);
    let mut rows = Vec::with_capacity(len);
    for ((condition, x), y) in condition.iter().zip(x.rows()).zip(y.rows()) {
        rows.push(match condition.terms.as_slice() {
            [] if condition.bias == 0.0 => y,
            [] => x,
            _ => {
                let (x, y) = (layers.text(node, &x)?, layers.text(node, &y)?);
                let text = one_of(node, layers, condition, &x, &y)?;
                let text = text.ok_or_else(|| Refusal::Text {
                    node: node.name.clone(),
                    why: "chooses between texts by what is no function of the same element of a text input: encode both, and choose between numbers",
                })?;
                layers.text_row(node, text)?
            }
        });
    }
    Ok(Some(Value::Categories(Tensor::new(shape, rows).of_kind(Kind::Integer))))
}

/// One of two texts, if what decides is known of each value of the one element that all depend on.
fn one_of(
    node: &Node<'_>,
    layers: &mut Layers,
    condition: &Row,
    x: &Text,
    y: &Text,
) -> Result<Option<Text>, Refusal> {
    let Some(atom) = source(layers, condition) else { return Ok(None) };
    let is_of_it = |text: &Text| text.atom.is_none_or(|other| other == atom);
    let Some(known) = layers.texts_so_far(atom).filter(|_| is_of_it(x) && is_of_it(y)) else {
        return Ok(None);
    };
    let Some(is_other) = holds(node, layers, condition, atom, known.len() as f64, 0)? else {
        return Ok(None);
    };
    let other = if is_other != 0.0 { x } else { y };
    let places: HashMap<&str, usize> =
        known.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let mut values = BTreeMap::new();
    for value in known.iter().chain(x.rewriting.values.keys()).chain(y.rewriting.values.keys()) {
        // What is not known yet is to the condition a value like any other.
        let place = places.get(value.as_str()).copied().unwrap_or(known.len());
        let Some(is_x) = holds(node, layers, condition, atom, place as f64, 0)? else { return Ok(None) };
        let text = if is_x != 0.0 { x } else { y };
        values.insert(value.clone(), text.rewriting.of(value).to_owned());
    }
    let rewriting = Rewriting { values, other: other.rewriting.other.clone() };
    Ok(Some(Text { atom: Some(atom), rewriting: Arc::new(rewriting) }))
}

/// The element of an input that a condition depends on, by its first comparisons.
fn source(layers: &Layers, row: &Row) -> Option<u32> {
    let mut atom = row.terms.first()?.0;
    for _ in 0..=MAX_DEPTH {
        match comparison::compared(layers, atom) {
            Some(compared) => atom = compared.row.terms.first()?.0,
            None => return layers.maker(atom).is_none().then_some(atom),
        }
    }
    None
}

/// What a row of comparisons is where an element of an input is this integer; `None` where it depends on anything else.
fn holds(
    node: &Node<'_>,
    layers: &mut Layers,
    row: &Row,
    atom: u32,
    integer: f64,
    depth: usize,
) -> Result<Option<f64>, Refusal> {
    layers.spend_work(node, 1 + row.terms.len() as u128)?;
    let mut sum = row.bias;
    for &(term, factor) in &row.terms {
        let Some(compared) = comparison::compared(layers, term).filter(|_| depth < MAX_DEPTH) else {
            return Ok(None);
        };
        let x = match compared.row.as_atom() {
            Some(read) if read == atom => Some(integer),
            _ => holds(node, layers, &compared.row, atom, integer, depth + 1)?,
        };
        let Some(x) = x else { return Ok(None) };
        sum += factor * f64::from(u8::from(compared.relation.holds(&x, &compared.threshold)));
    }
    Ok(Some(sum))
}
