//! Normalizer: each row divided by its norm. A row of zeros stays one.

use super::compose::{call, features, int, ints, sizes, weighted_sums};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::operators::softmax::Softmax;
use crate::operators::{extremum, normalization, product, quotient, sign};

/// `x / sum |x|`, `x / sqrt(sum x^2)`, or `x / max x`, over the features of each row.
pub(super) fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = features(node, 0)?;
    let shape = node.tensor(0)?.shape.clone();
    let result = match node.text("norm")?.as_deref() {
        None | Some("MAX") => {
            let attributes = [ints("axes", &[1]), int("keepdims", 1)];
            let largest = call(node, layers, (&extremum::FAMILY, "ReduceMax"), &[&x], &attributes)?;
            by_largest(node, layers, &x, &largest)?
        }
        // Probabilities of one row sum to one as they are.
        Some("L1") if is_softmax(layers, &x) => x,
        Some("L1") => by_sum(node, layers, &x)?,
        Some("L2") => {
            let attributes = [int("axis", -1), int("p", 2)];
            call(node, layers, (&normalization::FAMILY, "LpNormalization"), &[&x], &attributes)?
        }
        Some(other) => return Err(node.bad_attribute("norm", other.into(), "L1, L2 or MAX")),
    };
    Ok(result.with_shape(shape).into())
}

/// `x / m`, whichever sign `m` has: `(x sign(m)) / |m|`.
fn by_largest(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    largest: &Tensor,
) -> Result<Tensor, Refusal> {
    if is_unsigned(layers, x) {
        return call(node, layers, (&quotient::FAMILY, "Div"), &[x, largest], &[]);
    }
    let signs = call(node, layers, (&sign::FAMILY, "Sign"), &[largest], &[])?;
    let magnitude = call(node, layers, (&sign::FAMILY, "Abs"), &[largest], &[])?;
    let turned = call(node, layers, (&product::FAMILY, "Mul"), &[x, &signs], &[])?;
    call(node, layers, (&quotient::FAMILY, "Div"), &[&turned, &magnitude], &[])
}

/// Whether the elements are the results of a layer that are never negative.
fn is_unsigned(layers: &Layers, x: &Tensor) -> bool {
    let layer = layers.owner(x).and_then(|position| layers.layer(position));
    layer.is_some_and(|layer| layer.function.is_unsigned())
}

fn by_sum(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    let (_, width) = sizes(node, x)?;
    let magnitudes =
        if is_unsigned(layers, x) { x.clone() } else { call(node, layers, (&sign::FAMILY, "Abs"), &[x], &[])? };
    let sums = weighted_sums(node, layers, &magnitudes, &vec![1.0; width])?;
    // A sum that is the same for all inputs is one that the exporter did not see.
    match sums.as_constants() {
        Some(sums) => layers.affine(node, x, |i| Some((1.0 / sums.get(i / width.max(1))?, 0.0))),
        None => call(node, layers, (&quotient::FAMILY, "Div"), &[x, &sums], &[]),
    }
}

/// Whether each row is all that a softmax over the row gave.
fn is_softmax(layers: &Layers, x: &Tensor) -> bool {
    let operator = layers.owner(x).and_then(|position| layers.layer(position)?.function.operator());
    let softmax = operator.and_then(|operator| operator.as_any().downcast_ref::<Softmax>());
    softmax.is_some_and(|softmax| softmax.0.inner == 1 && x.shape.last() == Some(&softmax.0.length))
}
