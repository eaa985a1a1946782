//! What is in a constant: NonZero and Unique.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};

/// The indices of the elements that are not zero: a row for each axis.
pub(super) fn non_zero(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let (shape, data) = node.constant(0)?;
    let found: Vec<usize> =
        data.iter().enumerate().filter(|(_, value)| **value != 0.0).map(|(at, _)| at).collect();
    let to = vec![shape.len(), found.len()];
    layers.check_size(node, &to)?;
    layers.spend_work(node, found.len() as u128 * shape.len() as u128)?;
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(shape.len());
    let mut stride = 1usize;
    for &dim in shape.iter().rev() {
        rows.push(found.iter().map(|at| (at / stride % dim.max(1)) as f64).collect());
        stride = stride.saturating_mul(dim.max(1));
    }
    rows.reverse();
    Ok(Tensor::constants(to, rows.concat()).of_kind(Kind::Integer).into())
}

/// The distinct elements, ascending or in the order of their first places; with those places, the position of each element
/// among them, and how often each is there.
pub(super) fn unique(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    node.inputs(1..=1, "1")?;
    if let Some(axis) = node.optional_int("axis")? {
        return Err(node.bad_attribute("axis", axis.to_string(), "absent"));
    }
    let is_sorted = node.int("sorted", 1)? != 0;
    let (_, data) = node.constant(0)?;
    layers.spend_work(node, data.len() as u128 * 64)?;
    let mut order: Vec<usize> = (0..data.len()).collect();
    // Stable: of equal ones, the first stays first.
    order.sort_by(|&a, &b| data[a].total_cmp(&data[b]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in order {
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|&first| data[first] == data[at]) => group.push(at),
            _ => groups.push(vec![at]),
        }
    }
    // A negative zero and a zero are equal, and stand beside each other in the order.
    groups.iter_mut().for_each(|group| group.sort_unstable());
    if !is_sorted {
        groups.sort_unstable_by_key(|group| group.first().copied());
    }
    let mut inverse = vec![0.0; data.len()];
    for (position, group) in groups.iter().enumerate() {
        group.iter().for_each(|&at| inverse[at] = position as f64);
    }
    let firsts: Vec<usize> = groups.iter().filter_map(|group| group.first().copied()).collect();
    let list = |data: Vec<f64>, kind| Value::from(Tensor::constants(vec![data.len()], data).of_kind(kind));
    Ok(vec![
        list(firsts.iter().map(|&at| data[at]).collect(), node.tensor(0)?.kind),
        list(firsts.iter().map(|&at| at as f64).collect(), Kind::Integer),
        list(inverse, Kind::Integer),
        list(groups.iter().map(|group| group.len() as f64).collect(), Kind::Integer),
    ])
}
