//! Products with a constant matrix: Gemm and MatMul.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor::check_size;
use crate::import::value::{Accumulator, MAX_TERMS, Tensor, Value};
use crate::model::Row;

/// `Y = alpha · A' · B' + beta · C`, where `A' = Aᵀ` if `transA`, and C broadcasts to `[M, N]`.
pub(super) fn gemm(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let a = transposed(node, node.real(0)?, flag(node, "transA")?)?;
    let b = transposed(node, node.real(1)?, flag(node, "transB")?)?;
    let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
    let mut product = product(node, &a, &b, layers)?;
    let rows: Vec<Row> = product.rows.iter().map(|row| row.scaled(alpha, 0.0)).collect();
    product.rows = rows.into();
    if node.operand(2).is_none() {
        return Ok(Value::Real(product));
    }
    let c = node.real(2)?;
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
    let width = product.shape.get(1).copied().unwrap_or(1);
    let sums = product.rows.iter().enumerate().map(|(i, row)| {
        let (m, n) = (i / width.max(1), i % width.max(1));
        let element = (m % rows.max(1)) * columns + n % columns.max(1);
        c.rows.get(element).map_or_else(|| row.clone(), |addend| row.plus_scaled(addend, beta))
    });
    product.rows = sums.collect::<Vec<_>>().into();
    Ok(Value::Real(product))
}

/// `A · B`, where one factor is constant. The constant is a matrix; the variable factor may have leading
/// dimensions, or be a vector.
pub(super) fn matmul(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (a, b) = (node.real(0)?, node.real(1)?);
    let rank = |tensor: &Tensor, allowed| Refusal::Rank {
        node: node.name.clone(),
        shape: tensor.shape.as_slice().into(),
        allowed,
    };
    // A vector on the left is a row, on the right a column; leading dimensions on the left are more rows.
    let (left, mut shape) = match a.shape.as_slice() {
        [] => return Err(rank(a, "1 or more")),
        [k] => (a.with_shape(vec![1, *k]), vec![]),
        [leading @ .., k] => (a.with_shape(vec![leading.iter().product(), *k]), leading.to_vec()),
    };
    let right = match b.shape.as_slice() {
        [k] => b.with_shape(vec![*k, 1]),
        [_, n] => {
            shape.push(*n);
            b.clone()
        }
        _ => return Err(rank(b, "1 or 2 for the right factor")),
    };
    let product = product(node, &left, &right, layers)?;
    Ok(Value::Real(product.with_shape(shape)))
}

fn flag(node: &Node<'_>, attribute: &'static str) -> Result<bool, Refusal> {
    match node.int(attribute, 0)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(node.bad_attribute(attribute, other.to_string(), "0 or 1")),
    }
}

fn transposed(node: &Node<'_>, tensor: &Tensor, transpose: bool) -> Result<Tensor, Refusal> {
    let &[m, n] = tensor.shape.as_slice() else {
        let shape = tensor.shape.as_slice().into();
        return Err(Refusal::Rank { node: node.name.clone(), shape, allowed: "2" });
    };
    if !transpose {
        return Ok(tensor.clone());
    }
    let rows = (0..n).flat_map(|j| (0..m).filter_map(move |i| tensor.rows.get(i * n + j).cloned())).collect();
    Ok(Tensor { shape: vec![n, m], rows: std::sync::Arc::new(rows), trail: tensor.trail.clone() })
}

/// `[M, K] · [K, N]`, one factor constant.
fn product(node: &Node<'_>, a: &Tensor, b: &Tensor, layers: &Layers) -> Result<Tensor, Refusal> {
    let (&[m, k], &[inner, n]) = (a.shape.as_slice(), b.shape.as_slice()) else {
        return Err(node.mismatch(&a.shape, &b.shape));
    };
    if k != inner {
        return Err(node.mismatch(&a.shape, &b.shape));
    }
    if !a.is_constant() && !b.is_constant() {
        return Err(Refusal::NonConstantProduct { node: node.name.clone(), operand: node.operand_name(1) });
    }
    check_size(&[m, n], || node.name.to_string())?;
    check_terms(node, a, b, m, n)?;
    let mut accumulator = Accumulator::new(layers.atoms());
    let mut rows = Vec::with_capacity(m * n);
    for i in 0..m {
        for j in 0..n {
            let mut bias = 0.0;
            for l in 0..k {
                let (Some(x), Some(y)) = (a.rows.get(i * k + l), b.rows.get(l * n + j)) else { continue };
                bias += x.bias * y.bias;
                // At most one of the factors has terms.
                accumulator.add(x, y.bias);
                accumulator.add(y, x.bias);
            }
            rows.push(accumulator.take(bias));
        }
    }
    let variable = if a.is_constant() { b } else { a };
    Ok(Tensor { shape: vec![m, n], rows: std::sync::Arc::new(rows), trail: variable.trail.clone() })
}

/// Bounds the terms of a product before they are computed.
fn check_terms(node: &Node<'_>, a: &Tensor, b: &Tensor, m: usize, n: usize) -> Result<(), Refusal> {
    let count = |tensor: &Tensor| tensor.rows.iter().map(|row| row.terms.len() as u128 + 1).sum::<u128>();
    let elements = (count(a) * n as u128).max(count(b) * m as u128);
    if elements > MAX_TERMS as u128 {
        return Err(Refusal::TooLarge { what: node.name.to_string(), elements, limit: MAX_TERMS });
    }
    Ok(())
}
