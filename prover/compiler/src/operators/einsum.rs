//! Einsum: sums of products over indices, as movements, sums and products of matrices.
//!
//! Operands are taken in one after the other. Labels that neither the result nor a later operand has are summed away as soon as
//! they can be; of the others two operands make a batch of products of matrices, `[batch, left, summed] · [batch, summed, right]`. With constants
//! that is an affine map, of two variables it costs their products. Reference: ONNX, "Einsum"; `numpy.einsum`.

use super::broadcast::rearranged;
use super::call::call;
use super::family::{Family, OnnxOperator};
use super::{linear, sum};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::onnx::{AttributeProto, AttributeType};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Sums of products over indices",
    cost: "the products of two variables; nothing with constants",
    operators: &[OnnxOperator::onnx("Einsum", import).folded()],
    integers: &[],
};

/// A letter, or a dimension of an ellipsis, counted from the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Letter(char),
    Ellipsis(usize),
}

/// Labels with the size of each.
struct Sizes(Vec<(Label, usize)>);

impl Sizes {
    fn of(&self, label: Label) -> Option<usize> {
        self.0.iter().find(|(known, _)| *known == label).map(|&(_, size)| size)
    }

    fn shape(&self, labels: &[Label]) -> Option<Vec<usize>> {
        labels.iter().map(|&label| self.of(label)).collect()
    }
}

/// A tensor whose axes have labels, each once.
struct Labelled {
    tensor: Tensor,
    labels: Vec<Label>,
}

fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let count = node.operands.len();
    node.arity(1..=count.max(1), "1 or more")?;
    let equation = node.text("equation")?.unwrap_or_default();
    let wrong = |allowed| node.bad_attribute("equation", equation.clone(), allowed);
    let compact: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match compact.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (compact.as_str(), None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != count {
        return Err(wrong("a term for each operand"));
    }
    let kind = node.tensor(0)?.kind;
    let mut sizes = Sizes(Vec::new());
    let mut operands = Vec::with_capacity(count);
    for (position, term) in terms.iter().enumerate() {
        let x = node.tensor(position)?;
        let labels = labels(term, x.shape.len()).ok_or_else(|| wrong("letters, and an ellipsis at most once a term"))?;
        if labels.len() != x.shape.len() {
            return Err(wrong("a letter for each dimension of an operand"));
        }
        if x.shape.contains(&0) {
            return Err(node.mismatch(&x.shape, &[]));
        }
        for (&label, &size) in labels.iter().zip(&x.shape) {
            match sizes.of(label) {
                None => sizes.0.push((label, size)),
                Some(known) if known == size => {}
                Some(known) => return Err(node.mismatch(&[known], &[size])),
            }
        }
        operands.push((x, labels));
    }
    let result = match right {
        Some(term) => {
            let ellipsis = sizes.0.iter().filter(|(label, _)| matches!(label, Label::Ellipsis(_))).count();
            let letters = term.chars().filter(|c| c.is_alphabetic()).count();
            labels(term, letters + ellipsis).ok_or_else(|| wrong("letters, and an ellipsis at most once a term"))?
        }
        None => implicit(&operands),
    };
    let is_known = |label: &Label| sizes.of(*label).is_some();
    let is_repeated = |(i, label): (usize, &Label)| result.iter().take(i).any(|before| before == label);
    if !result.iter().all(is_known) || result.iter().enumerate().any(is_repeated) {
        return Err(wrong("in the result letters of operands, each once"));
    }
    layers.check_size(node, &node.expected(sizes.shape(&result))?)?;

    let mut total: Option<Labelled> = None;
    for (position, (x, labels)) in operands.iter().enumerate() {
        let later = operands.iter().skip(position + 1).flat_map(|(_, labels)| labels);
        let needed: Vec<Label> = later.chain(&result).copied().collect();
        let among = |others: Option<&Labelled>| -> Vec<Label> {
            others.map(|other| other.labels.clone()).unwrap_or_default()
        };
        let kept = [needed.clone(), among(total.as_ref())].concat();
        let next = summed(node, layers, &sizes, x, labels, &kept)?;
        total = Some(match total {
            None => next,
            Some(total) => contracted(node, layers, &sizes, &total, &next, &needed)?,
        });
    }
    let total = node.expected(total)?;
    let whole = kind == Kind::Integer && operands.iter().all(|(x, _)| x.kind == Kind::Integer);
    let kind = if whole { Kind::Integer } else { Kind::Real };
    Ok(arranged(node, layers, &sizes, &total, &result)?.of_kind(kind).into())
}

/// The labels of a term, of a tensor of `rank` dimensions.
fn labels(term: &str, rank: usize) -> Option<Vec<Label>> {
    let letters = |part: &str| -> Option<Vec<Label>> {
        part.chars().map(|c| c.is_ascii_alphabetic().then_some(Label::Letter(c))).collect()
    };
    match term.split_once("...") {
        None => letters(term),
        Some((before, behind)) => {
            let (before, behind) = (letters(before)?, letters(behind)?);
            let rest = rank.checked_sub(before.len() + behind.len())?;
            Some([before, (0..rest).rev().map(Label::Ellipsis).collect(), behind].concat())
        }
    }
}

/// The result of an equation without an arrow: the ellipsis, then letters that are there once, in their order.
fn implicit(operands: &[(&Tensor, Vec<Label>)]) -> Vec<Label> {
    let all: Vec<Label> = operands.iter().flat_map(|(_, labels)| labels.iter().copied()).collect();
    let mut ellipsis: Vec<usize> = Vec::new();
    let mut letters: Vec<char> = Vec::new();
    for &label in &all {
        match label {
            Label::Ellipsis(at) if !ellipsis.contains(&at) => ellipsis.push(at),
            Label::Letter(c) if all.iter().filter(|&&other| other == label).count() == 1 => letters.push(c),
            _ => {}
        }
    }
    ellipsis.sort_unstable_by(|a, b| b.cmp(a));
    letters.sort_unstable();
    ellipsis.into_iter().map(Label::Ellipsis).chain(letters.into_iter().map(Label::Letter)).collect()
}

/// The diagonal of labels that repeat, summed over those that are not kept.
fn summed(
    node: &Node<'_>,
    layers: &mut Layers,
    sizes: &Sizes,
    x: &Tensor,
    labels: &[Label],
    kept: &[Label],
) -> Result<Labelled, Refusal> {
    let mut distinct: Vec<Label> = Vec::new();
    for label in labels.iter().filter(|label| kept.contains(label)).chain(labels) {
        if !distinct.contains(label) {
            distinct.push(*label);
        }
    }
    let remaining = distinct.iter().filter(|label| kept.contains(label)).count();
    let shape = node.expected(sizes.shape(&distinct))?;
    let elements = layers.check_size(node, &shape)?;
    layers.spend_work(node, elements as u128 * (1 + labels.len()) as u128)?;
    let strides = strides(&x.shape);
    let stride = |label: &Label| -> usize {
        labels.iter().zip(&strides).filter(|(other, _)| *other == label).map(|(_, stride)| stride).sum()
    };
    let steps: Vec<usize> = distinct.iter().map(stride).collect();
    let order = (0..elements).map(|at| place(at, &shape, &steps));
    let moved = rearranged(node, layers, x, shape.clone(), order)?;
    let (outer, inner) = shape.split_at(remaining);
    let tensor = match inner {
        [] => moved,
        _ => {
            let flat = moved.with_shape(vec![outer.iter().product(), inner.iter().product()]);
            let axes = Tensor::constants(vec![1], vec![1.0]).of_kind(Kind::Integer);
            call(node, layers, (&sum::FAMILY, "ReduceSum"), &[&flat, &axes], &[keep_no_axis()])?
        }
    };
    distinct.truncate(remaining);
    Ok(Labelled { tensor: tensor.with_shape(outer.to_vec()), labels: distinct })
}

fn keep_no_axis() -> AttributeProto {
    AttributeProto {
        name: "keepdims".into(),
        r#type: AttributeType::Int as i32,
        ..AttributeProto::default()
    }
}

/// Two operands into one, summed over labels that nothing needs any more.
fn contracted(
    node: &Node<'_>,
    layers: &mut Layers,
    sizes: &Sizes,
    a: &Labelled,
    b: &Labelled,
    needed: &[Label],
) -> Result<Labelled, Refusal> {
    let only = |labels: &[Label], holds: &dyn Fn(&Label) -> bool| -> Vec<Label> {
        labels.iter().copied().filter(|label| holds(label)).collect()
    };
    let batch = only(&a.labels, &|label| b.labels.contains(label) && needed.contains(label));
    let inner = only(&a.labels, &|label| b.labels.contains(label) && !needed.contains(label));
    let left = only(&a.labels, &|label| !b.labels.contains(label));
    let right = only(&b.labels, &|label| !a.labels.contains(label));
    let size = |labels: &[Label]| node.expected(sizes.shape(labels)).map(|shape| shape.iter().product::<usize>());
    let (batches, rows, terms, columns) = (size(&batch)?, size(&left)?, size(&inner)?, size(&right)?);
    layers.check_size(node, &[batches, rows, columns])?;
    let of_a = arranged(node, layers, sizes, a, &[&batch[..], &left, &inner].concat())?;
    let of_b = arranged(node, layers, sizes, b, &[&batch[..], &inner, &right].concat())?;
    let (of_a, of_b) = (of_a.with_shape(vec![batches, rows, terms]), of_b.with_shape(vec![batches, terms, columns]));
    let labels = [batch, left, right].concat();
    let shape = node.expected(sizes.shape(&labels))?;
    let product = call(node, layers, (&linear::FAMILY, "MatMul"), &[&of_a, &of_b], &[])?;
    Ok(Labelled { tensor: product.with_shape(shape), labels })
}

/// The tensor with its axes in another order.
fn arranged(
    node: &Node<'_>,
    layers: &mut Layers,
    sizes: &Sizes,
    x: &Labelled,
    labels: &[Label],
) -> Result<Tensor, Refusal> {
    let shape = node.expected(sizes.shape(labels))?;
    if x.labels == labels {
        return Ok(x.tensor.with_shape(shape));
    }
    let strides = strides(&node.expected(sizes.shape(&x.labels))?);
    let step = |label: &Label| {
        x.labels.iter().position(|other| other == label).and_then(|at| strides.get(at)).copied()
    };
    let steps: Vec<usize> = node.expected(labels.iter().map(step).collect())?;
    let elements = layers.check_size(node, &shape)?;
    layers.spend_work(node, elements as u128 * (1 + labels.len()) as u128)?;
    let order = (0..elements).map(|at| place(at, &shape, &steps));
    rearranged(node, layers, &x.tensor, shape.clone(), order)
}

/// Where the element `at` of an array of this shape lies, `steps` apart along each axis.
fn place(at: usize, shape: &[usize], steps: &[usize]) -> usize {
    let (mut rest, mut place) = (at, 0);
    for (&size, step) in shape.iter().zip(steps).rev() {
        place += rest.checked_rem(size).unwrap_or(0) * step;
        rest = rest.checked_div(size).unwrap_or(0);
    }
    place
}

/// How far apart the neighbours along each axis lie.
fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|axis| shape.iter().skip(axis + 1).product()).collect()
}
