//! Sums of products of integers, as they are or rounded: their multiplier is one number of single precision, as onnxruntime has it.

use super::super::call::call;
use super::super::family::Family;
use super::super::written::{float, int};
use super::super::{conv, linear};
use super::law::Finish;
use super::quantize::{Rounding, ends, format, positive, rounded};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::onnx::AttributeProto;

/// How parameters lie along the elements of a tensor: one for all, or one for each place along an axis.
#[derive(Clone, Copy)]
enum Along {
    First,
    Last,
}

/// An operand less its zero point.
fn centered(
    node: &Node<'_>,
    layers: &mut Layers,
    (position, zero): (usize, usize),
    along: Along,
) -> Result<Tensor, Refusal> {
    let x = node.tensor(position)?.clone();
    if node.operand(zero).is_none() {
        return Ok(x);
    }
    let zeros = node.constant(zero)?.1;
    let place = places(node, &x, zeros.len(), along)?;
    layers.affine(node, &x, |i| Some((1.0, -*zeros.get(place(i))?)))
}

/// The parameter of each element.
fn places(node: &Node<'_>, x: &Tensor, count: usize, along: Along) -> Result<impl Fn(usize) -> usize + use<>, Refusal> {
    let (size, inner) = match (along, x.shape.as_slice()) {
        (Along::First, [first, ..]) => (*first, x.len() / (*first).max(1)),
        (Along::Last, [.., last]) => (*last, 1),
        (_, []) => (1, 1),
    };
    if count != 1 && count != size {
        return Err(node.mismatch(&x.shape, &[count]));
    }
    Ok(move |i: usize| if count == 1 { 0 } else { i / inner.max(1) % size.max(1) })
}

/// The product of two operands less their zero points.
fn product(
    node: &Node<'_>,
    layers: &mut Layers,
    (family, operator): (&Family, &'static str),
    [a, b]: [&Tensor; 2],
    bias: Option<&Tensor>,
    attributes: &[AttributeProto],
) -> Result<Tensor, Refusal> {
    let operands: Vec<&Tensor> = [a, b].into_iter().chain(bias).collect();
    Ok(call(node, layers, (family, operator), &operands, attributes)?.of_kind(Kind::Integer))
}

/// MatMulInteger.
pub(super) fn matmul(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=4, "2 to 4")?;
    let a = centered(node, layers, (0, 2), Along::First)?;
    let b = centered(node, layers, (1, 3), Along::Last)?;
    product(node, layers, (&linear::FAMILY, "MatMul"), [&a, &b], None, &[]).map(Value::from)
}

/// ConvInteger.
pub(super) fn conv(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=4, "2 to 4")?;
    let x = centered(node, layers, (0, 2), Along::Last)?;
    let w = centered(node, layers, (1, 3), Along::First)?;
    product(node, layers, (&conv::FAMILY, "Conv"), [&x, &w], None, &node.proto.attribute).map(Value::from)
}

/// `(a * b_i) / y`, as onnxruntime multiplies: from left to right.
fn multipliers(node: &Node<'_>, front: f32, [a, b, y]: [usize; 3]) -> Result<Vec<f32>, Refusal> {
    let one = |position: usize| -> Result<f32, Refusal> {
        let (dims, scales) = node.constant(position)?;
        match scales.as_slice() {
            &[scale] => positive(node, scale),
            _ => Err(node.mismatch(&dims, &[1])),
        }
    };
    let (a, y) = (one(a)?, one(y)?);
    let of = |&b: &f64| Ok(front * a * positive(node, b)? / y);
    node.constant(b)?.1.iter().map(of).collect()
}

/// Rounds sums by multipliers that each place along the results has one of.
fn finished(
    node: &Node<'_>,
    layers: &mut Layers,
    sums: &Tensor,
    (multipliers, place): (&[f32], impl Fn(usize) -> usize),
    zero: usize,
) -> Result<Value, Refusal> {
    let zero = match node.operand(zero) {
        None => 0.0,
        Some(_) => match node.constant(zero)? {
            (_, zeros) if zeros.len() == 1 => node.expected(zeros.first().copied())?,
            (dims, _) => return Err(node.mismatch(&dims, &[1])),
        },
    };
    let format = format(node, &ends(node)?, zero)?;
    let finish = (0..sums.len()).map(|i| multipliers.get(place(i)).map(|&by| Finish::Times(by)));
    let finish = node.expected(finish.collect())?;
    rounded(node, layers, sums, &Rounding { finish, formats: vec![format; sums.len()] }).map(Value::from)
}

/// QLinearMatMul.
pub(super) fn rounded_matmul(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(8..=8, "8")?;
    let a = centered(node, layers, (0, 2), Along::First)?;
    let b = centered(node, layers, (3, 5), Along::Last)?;
    let sums = product(node, layers, (&linear::FAMILY, "MatMul"), [&a, &b], None, &[])?;
    let multipliers = multipliers(node, 1.0, [1, 4, 6])?;
    let place = places(node, &sums, multipliers.len(), Along::Last)?;
    finished(node, layers, &sums, (&multipliers, place), 7)
}

/// QLinearConv.
pub(super) fn rounded_conv(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(8..=9, "8 or 9")?;
    let x = centered(node, layers, (0, 2), Along::Last)?;
    let w = centered(node, layers, (3, 5), Along::First)?;
    let bias = node.operand(8).map(|_| node.tensor(8)).transpose()?;
    let sums = product(node, layers, (&conv::FAMILY, "Conv"), [&x, &w], bias, &node.proto.attribute)?;
    let multipliers = multipliers(node, 1.0, [1, 4, 6])?;
    let [_, filters, space @ ..] = sums.shape.as_slice() else { return Err(node.mismatch(&sums.shape, &[])) };
    let (filters, area) = (*filters, space.iter().product::<usize>().max(1));
    if multipliers.len() != 1 && multipliers.len() != filters {
        return Err(node.mismatch(&sums.shape, &[multipliers.len()]));
    }
    let is_one = multipliers.len() == 1;
    let place = move |i: usize| if is_one { 0 } else { i / area % filters.max(1) };
    finished(node, layers, &sums, (&multipliers, place), 7)
}

/// QGemm, whose result is rounded where it has a scale.
pub(super) fn gemm(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(6..=9, "6 to 9")?;
    let [transposed_a, transposed_b] = [node.int("transA", 0)?, node.int("transB", 0)?];
    let a = centered(node, layers, (0, 2), Along::First)?;
    let b = centered(node, layers, (3, 5), if transposed_b == 1 { Along::First } else { Along::Last })?;
    let bias = node.operand(6).map(|_| node.tensor(6)).transpose()?;
    let attributes = [int("transA", transposed_a), int("transB", transposed_b), float("alpha", 1.0)];
    let sums = product(node, layers, (&linear::FAMILY, "Gemm"), [&a, &b], bias, &attributes)?;
    let front = node.float("alpha", 1.0)? as f32;
    if node.operand(7).is_some() {
        let multipliers = multipliers(node, front, [1, 4, 7])?;
        let place = places(node, &sums, multipliers.len(), Along::Last)?;
        return finished(node, layers, &sums, (&multipliers, place), 8);
    }
    let ((_, a), (_, b)) = (node.constant(1)?, node.constant(4)?);
    let &[a] = a.as_slice() else { return Err(node.mismatch(&[a.len()], &[1])) };
    let place = places(node, &sums, b.len(), Along::Last)?;
    let scaled = layers.affine(node, &sums, |i| Some((f64::from(front) * a * b.get(place(i))?, 0.0)))?;
    Ok(scaled.of_kind(Kind::Real).into())
}

/// DynamicQuantizeLinear, whose scale is another one for each input.
pub(super) fn dynamic(node: &Node<'_>, _: &mut Layers) -> Result<Vec<Value>, Refusal> {
    let found = "computed from the range of each input";
    let allowed = "a constant, as a circuit's formats are: quantize with calibration data (onnxruntime.quantization.quantize_static), or \
                   compile the float model, which is quantized here";
    Err(node.bad_attribute("scale", found.into(), allowed))
}
