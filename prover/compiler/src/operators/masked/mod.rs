//! Masks in front of a softmax: scores that `-inf`, `-1e9` or the least float is added to, or put in place of, have a weight of exactly 0.
//!
//! What lies below the largest score by a hundred has no weight in single precision, so the mask's number is not computed with: it would
//! take all the bits that tell scores apart. Where it is constant, the elements are left out of their softmax. Where it depends on an input,
//! the score is chosen or a number from which the exponential is 0:
//!
//! ```text
//! x'_i = live_i ? x_i : lo - reach          y = softmax(x')
//! ```
//!
//! with `lo` the least integer of the scores' domain and `reach` the length of the table of exponentials. If all elements of a group are
//! masked, each has the same weight: what PyTorch gives for masks of the least float; for `-inf` the ONNX text has no number.
//!
//! `-inf` is [`INFINITY`](crate::import::value::INFINITY) in the compiler, which is finite, so that it folds as numbers do.

mod softmax;

use std::sync::Arc;

use super::broadcast::{joined, rearranged};
use super::call::call;
use super::family::{Encoded, Family, OnnxOperator};
use super::mask::{BOUNDLESS, Mask};
use super::operator::Operator;
use super::selection::Where;
use super::softmax::Softmax;
use super::{comparison, logic};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Kind, Tensor, Value};
use crate::model::{Groups, Row};
use softmax::Masked;

/// What is added to a score to mask it, at least: a model that computes with numbers of this size has no bits left for scores.
const MASKING: f64 = 67_108_864.0;
/// The least float16, which masks too, and how far a mask of it may be moved by the scores' own constants.
const LEAST_HALF: f64 = -65504.0;
const HALF_MOVED: f64 = 128.0;
/// Below this what a mask multiplies counts as 0.
const NOTHING: f64 = 1.0 / 1024.0;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Softmax",
    cost: "a maximum and a division a group, a table and a product an element, and one more where its mask depends on an input",
    operators: &[OnnxOperator::onnx("Softmax", import)
        .remarks("what `-inf`, `-1e9` or the least float masks weighs 0; of a row that inputs mask all of, equally much")],
    integers: &[Encoded { tag: softmax::TAG, read: softmax::read }],
};

/// Probabilities along `axis`; before operator set 13 over all dimensions from `axis` on.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let (axis, default) = (node.optional_int("axis")?, if node.opset < 13 { 1 } else { -1 });
    let mut groups = node.groups(x, node.axis(axis.unwrap_or(default), &x.shape, x.shape.len())?)?;
    if node.opset < 13 {
        groups = Groups { outer: groups.outer, length: groups.length * groups.inner, inner: 1 };
    }
    if let Some(masked) = softmax(node, layers, x, groups)? {
        return Ok(masked.into());
    }
    layers.apply(node, Arc::new(Softmax(groups)), &[x], x.shape.clone()).map(Value::from)
}

/// A score of a softmax.
struct Score {
    score: Row,
    /// What must be zero, or negative, for it to count.
    masks: Vec<Row>,
    /// What must be true.
    conditions: Vec<Row>,
}

impl Score {
    fn of(row: &Row, layers: &Layers) -> Option<Score> {
        let mut found = Score { score: Row::constant(row.bias), masks: Vec::new(), conditions: Vec::new() };
        for &(atom, factor) in &row.terms {
            let maker = layers.maker(atom).and_then(|(layer, place)| Some((layers.layer(layer)?, place)));
            let operator = maker.and_then(|(layer, _)| layer.function.operator());
            let row = |place: usize| maker.map(|(layer, _)| layer.map.row(place));
            let place = maker.map_or(0, |(_, place)| place);
            if let Some(Mask { .. }) = operator.and_then(|operator| operator.as_any().downcast_ref())
                && factor > 0.0
            {
                found.masks.push(row(place)?);
            } else if let Some(&Where { len, .. }) =
                operator.and_then(|operator| operator.as_any().downcast_ref())
                && let (Some(condition), Some(x), Some(y)) =
                    (row(place), row(len + place), row(2 * len + place))
                && factor > 0.0
                && (is_low(&x) || is_low(&y))
            {
                let (condition, score) =
                    if is_low(&y) { (condition, x) } else { (condition.scaled(-1.0, 1.0), y) };
                found.conditions.push(condition);
                found.score = found.score.plus_scaled(&score, factor);
            } else {
                let is_truth = is_truth(layers, atom);
                let masks = if is_truth { masks(-factor.abs()) } else { factor.abs() >= MASKING };
                // Of inputs, and of what is 0 or 1: others are scores.
                if !masks || !(is_truth || maker.is_none()) {
                    found.score = found.score.plus_scaled(&Row::atom(atom), factor);
                } else if factor < 0.0 {
                    found.masks.push(Row::atom(atom));
                } else {
                    found.masks.push(Row::atom(atom).scaled(-1.0, 1.0));
                    found.score.bias += factor;
                }
            }
        }
        Some(found)
    }

    fn varies(&self) -> bool {
        !self.masks.is_empty() || !self.conditions.is_empty()
    }
}

/// Whether an element is a truth value that an operator gives.
fn is_truth(layers: &Layers, atom: u32) -> bool {
    let maker = layers.maker(atom).and_then(|(layer, _)| layers.layer(layer)?.function.operator());
    maker.is_some_and(Operator::gives_truths)
}

/// Whether a number that is added to a score masks it. Of a large bias nothing is known but its size: an intercept of -40,000 may
/// stand against terms as large, so only numbers count that leave no bits for these.
fn masks(added: f64) -> bool {
    added <= -MASKING || (added - LEAST_HALF).abs() <= HALF_MOVED
}

/// Whether an element is a constant that masks.
fn is_low(row: &Row) -> bool {
    row.terms.is_empty() && masks(row.bias)
}

/// The softmax of scores some of which are masked; `None` where none is.
pub(super) fn softmax(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: Groups,
) -> Result<Option<Tensor>, Refusal> {
    let Data::Variable(map) = &x.data else { return Ok(None) };
    if x.as_rows().is_none() && !(0..map.rows()).any(|row| masks(map.bias(row))) {
        return Ok(None);
    }
    let rows = layers.rows(node, x)?;
    let mut scores = node.expected(rows.iter().map(|row| Score::of(row, layers)).collect::<Option<Vec<_>>>())?;
    if !scores.iter().any(|score| score.varies() || masks(score.score.bias)) {
        return Ok(None);
    }
    let conditions = conditions(node, layers, &mut scores)?;
    // The places of live elements of each group, those of groups of equally many together.
    let mut alike: Vec<((usize, bool), Vec<usize>)> = Vec::new();
    for group in groups.positions() {
        let places: Vec<usize> = group.collect();
        let bias = |&place: &usize| scores.get(place).map_or(0.0, |score| score.score.bias);
        let top = places.iter().map(bias).fold(f64::NEG_INFINITY, f64::max);
        if top <= -BOUNDLESS {
            return Err(node.bad_attribute(
                "input",
                "a row all of whose scores are masked".into(),
                "a mask that leaves each row a score: of none, a softmax is not a number",
            ));
        }
        let top = if masks(top) { top } else { 0.0 };
        let live: Vec<usize> = places.into_iter().filter(|place| !masks(bias(place) - top)).collect();
        for &place in &live {
            node.expected(scores.get_mut(place))?.score.bias -= top;
        }
        let key = (live.len(), live.iter().any(|&place| conditions.get(place).is_some_and(Option::is_some)));
        match alike.iter_mut().find(|(known, _)| *known == key) {
            Some((_, places)) => places.extend(live),
            None => alike.push((key, live)),
        }
    }
    let zero = Tensor::constants(vec![1], vec![0.0]);
    let (mut parts, mut order, mut taken) = (vec![zero], vec![0; x.len()], 1);
    for ((length, varies), places) in alike {
        let of = |place: &usize| scores.get(*place).map(|score| score.score.clone());
        let live = Tensor::new(vec![places.len()], node.expected(places.iter().map(of).collect())?);
        let groups = places.len() / length.max(1);
        for &place in &places {
            *node.expected(order.get_mut(place))? = taken;
            taken += 1;
        }
        parts.push(if length == 1 {
            Tensor::constants(vec![places.len()], vec![1.0; places.len()])
        } else if varies {
            let condition = |place: &usize| {
                conditions.get(*place).map(|found| found.clone().unwrap_or_else(|| Row::constant(1.0)))
            };
            let conditions = node.expected(places.iter().map(condition).collect())?;
            let conditions = Tensor::new(vec![places.len()], conditions).of_kind(Kind::Bool);
            layers.apply(node, Arc::new(Masked { groups, length }), &[&conditions, &live], vec![places.len()])?
        } else {
            let softmax = Softmax(Groups { outer: groups, length, inner: 1 });
            layers.apply(node, Arc::new(softmax), &[&live], vec![places.len()])?
        });
    }
    let all = joined(node, layers, &parts.iter().collect::<Vec<_>>())?;
    rearranged(node, layers, &all, x.shape.clone(), order.into_iter()).map(Some)
}

/// For each score the truth value of whether it counts, where that depends on an input.
fn conditions(
    node: &Node<'_>,
    layers: &mut Layers,
    scores: &mut [Score],
) -> Result<Vec<Option<Row>>, Refusal> {
    // What is not a truth value is compared.
    let is_truth = |row: &Row| row.terms.iter().all(|&(atom, _)| is_truth(layers, atom));
    let masks = scores.iter_mut().enumerate();
    let masks = masks.flat_map(|(place, score)| score.masks.drain(..).map(move |row| (place, row)));
    let (truths, numbers): (Vec<_>, Vec<_>) = masks.partition(|(_, row)| is_truth(row));
    let (mut places, rows): (Vec<usize>, Vec<Row>) = numbers.into_iter().unzip();
    let mut found = Vec::new();
    if !rows.is_empty() {
        let numbers = Tensor::new(vec![rows.len()], rows);
        let limit = Tensor::constants(vec![1], vec![NOTHING]);
        found = call(node, layers, (&comparison::FAMILY, "Less"), &[&numbers, &limit], &[])?.rows();
    }
    for (place, row) in truths {
        places.push(place);
        found.push(row.scaled(-1.0, 1.0));
    }
    let conditions = scores.iter_mut().enumerate();
    for (place, row) in conditions.flat_map(|(place, score)| score.conditions.drain(..).map(move |row| (place, row))) {
        places.push(place);
        found.push(row);
    }
    let mut all: Vec<Vec<Row>> = vec![Vec::new(); scores.len()];
    for (place, row) in places.into_iter().zip(found) {
        let of_score = node.expected(all.get_mut(place))?;
        if !of_score.contains(&row) {
            of_score.push(row);
        }
    }
    // Of several, whether all hold: two become one.
    while all.iter().any(|rows| rows.len() > 1) {
        let pairs: Vec<(usize, Row, Row)> = all
            .iter_mut()
            .enumerate()
            .filter(|(_, rows)| rows.len() > 1)
            .filter_map(|(place, rows)| Some((place, rows.pop()?, rows.pop()?)))
            .collect();
        let side = |row: fn(&(usize, Row, Row)) -> &Row| {
            let rows = pairs.iter().map(|pair| row(pair).clone()).collect();
            Tensor::new(vec![pairs.len()], rows).of_kind(Kind::Bool)
        };
        let (left, right) = (side(|pair| &pair.1), side(|pair| &pair.2));
        let both = call(node, layers, (&logic::FAMILY, "And"), &[&left, &right], &[])?.rows();
        for ((place, ..), row) in pairs.iter().zip(both) {
            node.expected(all.get_mut(*place))?.push(row);
        }
    }
    Ok(all.into_iter().map(|mut rows| rows.pop()).collect())
}
