//! Products of matrices: Gemm and MatMul. With a constant factor they are affine maps; of two variables they are products.

use super::broadcast::{joined, rearranged};
use super::elementwise::{broadcast, source};
use super::family::{Family, OnnxOperator};
use super::product;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Accumulator, Tensor, Value, gather};
use crate::model::{Dense, Map, Row};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Products of matrices",
    cost: "by a constant matrix nothing, or one constraint a long sum; else one product a multiplication, and a rounding a result",
    operators: &[OnnxOperator::onnx("Gemm", gemm).folded(), OnnxOperator::onnx("MatMul", matmul).folded()],
    integers: &[],
};

/// `Y = alpha · A' · B' + beta · C`, where `A' = Aᵀ` if `transA`, and C broadcasts to `[M, N]`.
fn gemm(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let a = transposed(node, node.tensor(0)?, flag(node, "transA")?, layers)?;
    let b = transposed(node, node.tensor(1)?, flag(node, "transB")?, layers)?;
    let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
    let product = of_matrices(node, &a, &b, layers)?;
    let product = layers.affine(node, &product, |_| Some((alpha, 0.0)))?;
    if node.operand(2).is_none() {
        return Ok(Value::from(product));
    }
    let c = node.tensor(2)?;
    let fits = c.shape.len() <= 2
        && c.shape.iter().rev().zip(product.shape.iter().rev()).all(|(&from, &to)| from == 1 || from == to);
    if !fits {
        return Err(node.mismatch(&product.shape, &c.shape));
    }
    let (rows, columns) = match c.shape.as_slice() {
        [] => (1, 1),
        [n] => (1, *n),
        [m, n] => (*m, *n),
        _ => return Err(node.mismatch(&product.shape, &c.shape)),
    };
    let &[_, width] = product.shape.as_slice() else {
        return Err(node.mismatch(&product.shape, &c.shape));
    };
    let element = |i: usize| {
        let (m, n) = (i / width.max(1), i % width.max(1));
        (m % rows.max(1)) * columns + n % columns.max(1)
    };
    if let Some(addends) = c.as_constants() {
        let pair = |i| Some((1.0, beta * addends.get(element(i))?));
        return layers.affine(node, &product, pair).map(Value::from);
    }
    let (product, c) = (layers.foldable(&product)?, layers.foldable(c)?);
    let (left, right) = (layers.rows(node, &product)?, layers.rows(node, &c)?);
    let sum = |(i, row): (usize, &Row)| Some(row.plus_scaled(right.get(element(i))?, beta));
    let sums = node.expected(left.iter().enumerate().map(sum).collect())?;
    Ok(Value::from(Tensor::new(product.shape.clone(), sums).with_trail(product.trail)))
}

/// `A · B` of matrices, with leading dimensions that broadcast; a vector on the left is a row, on the right a column.
fn matmul(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (a, b) = (node.tensor(0)?, node.tensor(1)?);
    let scalar = |tensor: &Tensor| {
        let shape = tensor.shape.as_slice().into();
        Refusal::Rank { node: node.name.clone(), shape, allowed: "1 or more" }
    };
    let (of_left, m, k) = match a.shape.as_slice() {
        [] => return Err(scalar(a)),
        [k] => (&[][..], None, *k),
        [batch @ .., m, k] => (batch, Some(*m), *k),
    };
    let (of_right, inner, n) = match b.shape.as_slice() {
        [] => return Err(scalar(b)),
        [k] => (&[][..], *k, None),
        [batch @ .., k, n] => (batch, *k, Some(*n)),
    };
    let batch = broadcast(of_left, of_right).filter(|_| k == inner);
    let batch = batch.ok_or_else(|| node.mismatch(&a.shape, &b.shape))?;
    let shape: Vec<usize> = batch.iter().copied().chain(m).chain(n).collect();
    let (m, n) = (m.unwrap_or(1), n.unwrap_or(1));
    layers.check_size(node, &shape)?;
    let count: usize = batch.iter().product();
    let places = |i: usize| (source(i, &batch, of_left) * m * k, source(i, &batch, of_right) * k * n);
    if !a.is_constant() && !b.is_constant() {
        let place = |at: usize| node.expected(u32::try_from(at).ok());
        let pair = |i: usize| {
            let (left, right) = places(i);
            Ok((place(left)?, place(a.len() + right)?))
        };
        let pairs = (0..count).map(pair).collect::<Result<_, Refusal>>()?;
        let sizes = [place(m)?, place(k)?, place(n)?];
        return product::of_pairs(node, layers, &[a, b], (pairs, sizes), shape).map(Value::from);
    }
    if b.len() == k * n {
        // One right matrix: leading dimensions on the left are more rows.
        let left = a.with_shape(vec![count * m, k]);
        let product = of_matrices(node, &left, &b.with_shape(vec![k, n]), layers)?;
        return Ok(Value::from(product.with_shape(shape)));
    }
    let mut products = Vec::with_capacity(count);
    for i in 0..count {
        let (left, right) = places(i);
        let left = rearranged(node, layers, a, vec![m, k], left..left + m * k)?;
        let right = rearranged(node, layers, b, vec![k, n], right..right + k * n)?;
        products.push(of_matrices(node, &left, &right, layers)?);
    }
    let all = joined(node, layers, &products.iter().collect::<Vec<_>>())?;
    Ok(Value::from(all.with_shape(shape)))
}

fn flag(node: &Node<'_>, attribute: &'static str) -> Result<bool, Refusal> {
    match node.int(attribute, 0)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(node.bad_attribute(attribute, other.to_string(), "0 or 1")),
    }
}

fn transposed(
    node: &Node<'_>,
    tensor: &Tensor,
    transpose: bool,
    layers: &mut Layers,
) -> Result<Tensor, Refusal> {
    let &[m, n] = tensor.shape.as_slice() else {
        let shape = tensor.shape.as_slice().into();
        return Err(Refusal::Rank { node: node.name.clone(), shape, allowed: "2" });
    };
    if !transpose {
        return Ok(tensor.clone());
    }
    if m == 1 || n == 1 {
        // The same elements in the same order.
        return Ok(tensor.with_shape(vec![n, m]));
    }
    let order = || (0..n).flat_map(|j| (0..m).map(move |i| i * n + j));
    if let Some(data) = tensor.as_constants() {
        let data = node.expected(gather(data, order()))?;
        return Ok(Tensor::constants(vec![n, m], data));
    }
    let rows = layers.rows(node, tensor)?;
    let rows = node.expected(gather(&rows, order()))?;
    Ok(Tensor::new(vec![n, m], rows).with_trail(tensor.trail.clone()))
}

/// `[M, K] · [K, N]`.
fn of_matrices(node: &Node<'_>, a: &Tensor, b: &Tensor, layers: &mut Layers) -> Result<Tensor, Refusal> {
    let (&[m, k], &[inner, n]) = (a.shape.as_slice(), b.shape.as_slice()) else {
        return Err(node.mismatch(&a.shape, &b.shape));
    };
    if k != inner {
        return Err(node.mismatch(&a.shape, &b.shape));
    }
    if !a.is_constant() && !b.is_constant() {
        let size = |size: usize| node.expected(u32::try_from(size).ok());
        let pairs = vec![(0, size(a.len())?)];
        return product::of_pairs(node, layers, &[a, b], (pairs, [size(m)?, size(k)?, size(n)?]), vec![m, n]);
    }
    layers.check_size(node, &[m, n])?;
    let count = |tensor: &Tensor| tensor.terms() as u128 + tensor.len() as u128;
    let a = layers.composable(node, a, |a| count(a) * n as u128)?;
    let b = layers.composable(node, b, |b| count(b) * m as u128)?;
    // A vector times a matrix keeps the matrix as it is.
    let matrix = match (a.as_constants(), b.as_constants()) {
        (None, Some(w)) if m == 1 => {
            let transposed = (0..n).flat_map(|j| (0..k).filter_map(move |l| w.get(l * n + j).copied()));
            dense(&a, n, transposed)
        }
        (Some(w), None) if n == 1 => dense(&b, m, w.iter().copied()),
        _ => None,
    };
    let variable = if a.is_constant() { &b } else { &a };
    if let Some(matrix) = matrix {
        return Ok(Tensor::of_map(vec![m, n], Map::Dense(matrix)).with_trail(variable.trail.clone()));
    }
    layers.spend_terms(node, (count(&a) * n as u128).max(count(&b) * m as u128))?;
    let (left, right) = (a.rows(), b.rows());
    let mut accumulator = Accumulator::new(layers.atoms());
    let mut rows = Vec::with_capacity(m * n);
    for i in 0..m {
        for j in 0..n {
            let mut bias = 0.0;
            for l in 0..k {
                let (x, y) = node.expected(left.get(i * k + l).zip(right.get(l * n + j)))?;
                bias += x.bias * y.bias;
                // At most one of the factors has terms.
                accumulator.add(x, y.bias);
                accumulator.add(y, x.bias);
            }
            rows.push(accumulator.take(bias));
        }
    }
    Ok(Tensor::new(vec![m, n], rows).with_trail(variable.trail.clone()))
}

/// A matrix of `rows` rows applied to `x`, if each element of `x` is an affine function of one atom, no atom twice.
fn dense(x: &Tensor, rows: usize, w: impl Iterator<Item = f64>) -> Option<Dense> {
    let selection = x.selection()?;
    let columns: Vec<u32> = selection.atoms.iter().copied().flatten().collect();
    let mut seen = std::collections::HashSet::new();
    if !columns.iter().all(|&atom| seen.insert(atom)) {
        return None;
    }
    let mut matrix = Dense { w: Vec::with_capacity(rows * columns.len()), bias: vec![0.0; rows], columns };
    let width = selection.atoms.len().max(1);
    for (i, w) in w.enumerate() {
        let (row, column) = (i / width, i % width);
        if selection.atoms.get(column).copied().flatten().is_some() {
            matrix.w.push(w * selection.factors.get(column)?);
        }
        *matrix.bias.get_mut(row)? += w * selection.offsets.get(column)?;
    }
    Some(matrix)
}
