//! A tensor with some elements replaced at constant indices: ScatterElements (once called Scatter) and ScatterND; or combined with the
//! updates by `reduction`. Without one, where an index is there twice the text leaves the result open; here the last one counts.

use super::axes::shape;
use super::moves::{Source, moved, product, strides, wrapped};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::Row;
use crate::operators::broadcast::{joined, rearranged};
use crate::operators::call::call;
use crate::operators::family::Family;
use crate::operators::{comparison, elementwise, extremum, logic, product as products, selection};

/// Each element of the updates goes to the place that its own has, with the index as the position along `axis`.
pub(super) fn elements(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(3..=3, "3")?;
    let (to, of_indices) = (shape(node, 0)?, shape(node, 1)?);
    let axis = node.axis(node.int("axis", 0)?, &to, to.len())?;
    if of_indices.len() != to.len() || of_indices != shape(node, 2)? {
        return Err(node.mismatch(&of_indices, &shape(node, 2)?));
    }
    if !node.tensor(1)?.is_constant() {
        return by_variables(node, layers, axis).map(Value::from);
    }
    let indices = node.integers(1)?;
    let of = strides(&to);
    let mut places = Vec::with_capacity(indices.len());
    for (flat, &index) in indices.iter().enumerate() {
        let (mut rest, mut at) = (flat, 0);
        for (i, &dim) in of_indices.iter().enumerate().rev() {
            let own = rest % dim.max(1);
            rest /= dim.max(1);
            let own = if i == axis { index } else { own as i64 };
            at += wrapped(node, own, to[i])? * of[i];
        }
        places.push(at);
    }
    scattered(node, layers, to, &places)
}

/// At indices that depend on the inputs: each place along the axis asks each update whether it is meant for it. Along other axes there is
/// an update for each element.
fn by_variables(node: &Node<'_>, layers: &mut Layers, axis: usize) -> Result<Tensor, Refusal> {
    let (data, indices, updates) = (node.tensor(0)?, node.tensor(1)?, node.tensor(2)?);
    let fits = |(i, (a, b)): (usize, (&usize, &usize))| i == axis || a == b;
    if !data.shape.iter().zip(&indices.shape).enumerate().all(fits) {
        return Err(node.mismatch(&data.shape, &indices.shape));
    }
    if let Some((_, operator)) = reduction(node)? {
        return Err(node.bad_attribute("reduction", operator.into(), "none, where the indices depend on the inputs"));
    }
    let kind = if data.kind == updates.kind { data.kind } else { Kind::Real };
    let size = node.groups(data, axis)?.length;
    let of_updates = node.groups(indices, axis)?;
    let mut places = vec![1; data.shape.len()];
    *node.expected(places.get_mut(axis))? = size;
    let mut of_slice = indices.shape.clone();
    *node.expected(of_slice.get_mut(axis))? = 1;
    // Places are not negative; other whole numbers may be, and count from the end then.
    let is_place = |row: Row| {
        let maker = layers.maker(row.as_atom()?)?.0;
        Some(layers.layer(maker)?.function.operator()?.is_unsigned())
    };
    let are_places = (0..indices.len()).all(|i| indices.row(i).and_then(is_place) == Some(true));
    let places = Tensor::constants(places, (0..size).map(|place| place as f64).collect()).of_kind(Kind::Integer);
    let (mut chosen, mut is_meant): (Option<Tensor>, Option<Tensor>) = (None, None);
    for update in 0..of_updates.length {
        let order = || {
            (0..of_updates.outer).flat_map(move |outer| {
                (0..of_updates.inner).map(move |inner| (outer * of_updates.length + update) * of_updates.inner + inner)
            })
        };
        let index = rearranged(node, layers, indices, of_slice.clone(), order())?;
        let value = rearranged(node, layers, updates, of_slice.clone(), order())?;
        let mut is_here = call(node, layers, (&comparison::FAMILY, "Equal"), &[&index, &places], &[])?;
        if !are_places {
            let from_end = layers.affine(node, &places, |_| Some((1.0, -(size as f64))))?;
            let is_from_end = call(node, layers, (&comparison::FAMILY, "Equal"), &[&index, &from_end], &[])?;
            is_here = call(node, layers, (&logic::FAMILY, "Or"), &[&is_here, &is_from_end], &[])?;
        }
        // The last one counts.
        chosen = Some(match chosen {
            None => value,
            Some(before) => call(node, layers, (&selection::FAMILY, "Where"), &[&is_here, &value, &before], &[])?,
        });
        is_meant = Some(match is_meant {
            None => is_here,
            Some(before) => call(node, layers, (&logic::FAMILY, "Or"), &[&before, &is_here], &[])?,
        });
    }
    let (chosen, is_meant) = (node.expected(chosen)?, node.expected(is_meant)?);
    Ok(call(node, layers, (&selection::FAMILY, "Where"), &[&is_meant, &chosen, data], &[])?.of_kind(kind))
}

/// The slices at the index tuples in the last dimension of the indices meet those of the updates.
pub(super) fn nd(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(3..=3, "3")?;
    let (to, of_indices) = (shape(node, 0)?, shape(node, 1)?);
    let Some((&width, outer)) = of_indices.split_last().filter(|(width, _)| **width <= to.len()) else {
        return Err(node.mismatch(&to, &of_indices));
    };
    let (indexed, behind) = to.split_at(width);
    if [outer, behind].concat() != shape(node, 2)? {
        return Err(node.mismatch(&[outer, behind].concat(), &shape(node, 2)?));
    }
    let indices = node.integers(1)?;
    let (of, slice) = (strides(indexed), product(behind));
    let updates = layers.check_size(node, &shape(node, 2)?)?;
    layers.spend_work(node, updates as u128)?;
    let mut places = Vec::with_capacity(updates);
    for tuple in 0..product(outer) {
        let own = node.expected(indices.get(tuple * width..(tuple + 1) * width))?;
        let mut at = 0;
        for ((&index, &size), stride) in own.iter().zip(indexed).zip(&of) {
            at += wrapped(node, index, size)? * stride;
        }
        places.extend((0..slice).map(|inner| at * slice + inner));
    }
    scattered(node, layers, to, &places)
}

/// What an element becomes where updates meet it.
fn reduction(node: &Node<'_>) -> Result<Option<(&'static Family, &'static str)>, Refusal> {
    Ok(Some(match node.text("reduction")?.as_deref() {
        None | Some("none") => return Ok(None),
        Some("add") => (&elementwise::FAMILY, "Add"),
        Some("mul") => (&products::FAMILY, "Mul"),
        Some("max") => (&extremum::FAMILY, "Max"),
        Some("min") => (&extremum::FAMILY, "Min"),
        Some(other) => {
            return Err(node.bad_attribute("reduction", other.into(), "none, add, mul, max or min"));
        }
    }))
}

/// The tensor of this shape with each element of the updates at its place.
fn scattered(
    node: &Node<'_>,
    layers: &mut Layers,
    to: Vec<usize>,
    places: &[usize],
) -> Result<Value, Refusal> {
    if let Some(operator) = reduction(node)? {
        return reduced(node, layers, operator, to, places).map(Value::from);
    }
    let mut sources: Vec<Source> = (0..layers.check_size(node, &to)?).map(Source::at).collect();
    for (at, &place) in places.iter().enumerate() {
        *node.expected(sources.get_mut(place))? = Source::Element { operand: 1, at };
    }
    moved(node, layers, &[0, 2], to, 0.0, |flat| sources.get(flat).copied())
}

/// Round by round: the first update of each place, then the second of those that have one, and so on.
fn reduced(
    node: &Node<'_>,
    layers: &mut Layers,
    operator: (&'static Family, &'static str),
    to: Vec<usize>,
    places: &[usize],
) -> Result<Tensor, Refusal> {
    let (data, updates) = (node.tensor(0)?, node.tensor(2)?);
    let kind = if data.kind == updates.kind { data.kind } else { Kind::Real };
    let elements = layers.check_size(node, &to)?;
    let mut round_of = vec![0usize; elements];
    // Of each round, the places and the updates that meet there.
    let mut rounds: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for (update, &place) in places.iter().enumerate() {
        let round = node.expected(round_of.get_mut(place))?;
        if rounds.len() == *round {
            rounds.push((Vec::new(), Vec::new()));
        }
        let (of_places, of_updates) = node.expected(rounds.get_mut(*round))?;
        of_places.push(place);
        of_updates.push(update);
        *round += 1;
    }
    let mut result = data.with_shape(vec![elements]);
    for (places, of_updates) in rounds {
        layers.spend_work(node, elements as u128)?;
        let count = places.len();
        let left = rearranged(node, layers, &result, vec![count], places.iter().copied())?;
        let right = rearranged(node, layers, updates, vec![count], of_updates.into_iter())?;
        let met = call(node, layers, operator, &[&left, &right], &[])?;
        let mut order: Vec<usize> = (0..elements).collect();
        for (at, &place) in places.iter().enumerate() {
            *node.expected(order.get_mut(place))? = elements + at;
        }
        let all = joined(node, layers, &[&result, &met])?;
        result = rearranged(node, layers, &all, vec![elements], order.into_iter())?;
    }
    Ok(result.with_shape(to).of_kind(kind))
}
