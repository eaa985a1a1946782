//! Sums of products of integers, as they are or rounded: their multiplier is one number of single precision, as onnxruntime has it.

use super::super::broadcast::{common_shape, rearranged, sources};
use super::super::call::call;
use super::super::family::Family;
use super::super::written::{float, int};
use super::super::{conv, elementwise, linear, pool};
use super::law::{Finish, Format, Law};
use super::operator::Ruled;
use super::parts::Parts;
use super::quantize::{Rounding, ends, format, positive, rounded, ruled};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Kind, Tensor, Value};
use crate::model::Map;
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
fn places(
    node: &Node<'_>,
    x: &Tensor,
    count: usize,
    along: Along,
) -> Result<impl Fn(usize) -> usize + use<>, Refusal> {
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
    let sums = call(node, layers, (family, operator), &operands, attributes)?.of_kind(Kind::Integer);
    let Data::Variable(map) = &sums.data else { return Ok(sums) };
    layers.spend_work(node, map.terms() as u128)?;
    if let Some(parts) = Parts::of(layers, map, false).filter(|parts| !parts.of_inputs) {
        let largest = |(&size, &bias): (&f64, &f64)| size + bias.abs();
        let most = parts.sizes.iter().zip(&parts.biases).map(largest).fold(0.0, f64::max);
        if most > f64::from(i32::MAX) {
            let found = format!("up to {most:.0}");
            return Err(node.bad_attribute(
                "sums",
                found,
                "integers of 32 bits, in which other engines hold them",
            ));
        }
    }
    Ok(sums)
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
    let (a, y) = (scale(node, a)?, scale(node, y)?);
    let of = |&b: &f64| positive(node, (front * a * positive(node, b)? / y).into());
    node.constant(b)?.1.iter().map(of).collect()
}

/// Rounds sums by multipliers that each place along the results has one of.
fn finished(
    node: &Node<'_>,
    layers: &mut Layers,
    sums: &Tensor,
    (multipliers, place): (&[f32], impl Fn(usize) -> usize),
    at: usize,
) -> Result<Value, Refusal> {
    let format = result(node, at)?;
    let finish = (0..sums.len()).map(|i| multipliers.get(place(i)).map(|&by| Finish::Times(by)));
    let finish = node.expected(finish.collect())?;
    rounded(node, layers, sums, &Rounding { finish, formats: vec![format; sums.len()] }).map(Value::from)
}

/// The result's type, with the zero point at a position.
fn result(node: &Node<'_>, at: usize) -> Result<Format, Refusal> {
    let zero = match node.operand(at) {
        None => 0.0,
        Some(_) => match node.constant(at)? {
            (_, zeros) if zeros.len() == 1 => node.expected(zeros.first().copied())?,
            (dims, _) => return Err(node.mismatch(&dims, &[1])),
        },
    };
    format(node, &ends(node, at)?, zero)
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
    // A multiplier is positive.
    let sign = if front < 0.0 { -1.0 } else { 1.0 };
    let sums = layers.affine(node, &sums, |_| Some((sign, 0.0)))?;
    let front = front.abs();
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

/// One scale.
fn scale(node: &Node<'_>, position: usize) -> Result<f32, Refusal> {
    let (dims, scales) = node.constant(position)?;
    match scales.as_slice() {
        &[scale] => positive(node, scale),
        _ => Err(node.mismatch(&dims, &[1])),
    }
}

/// One zero point, or none.
fn zero_point(node: &Node<'_>, position: usize) -> Result<f32, Refusal> {
    if node.operand(position).is_none() {
        return Ok(0.0);
    }
    let (dims, zeros) = node.constant(position)?;
    match zeros.as_slice() {
        &[zero] => Ok(zero as f32),
        _ => Err(node.mismatch(&dims, &[1])),
    }
}

/// QLinearAdd of `(a, its scale and zero point, b, its, the result's)`.
pub(super) fn sum(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(7..=8, "7 or 8")?;
    let (a, b) =
        (centered(node, layers, (0, 2), Along::First)?, centered(node, layers, (3, 5), Along::First)?);
    let (of_a, of_b, of_sum) = (scale(node, 1)?, scale(node, 4)?, scale(node, 6)?);
    let zeros = [zero_point(node, 2)?, zero_point(node, 5)?];
    let format = result(node, 7)?;
    let ratios = [positive(node, (of_a / of_sum).into())?, positive(node, (of_b / of_sum).into())?];
    let constant = format.zero as f32 - (ratios[0] * zeros[0] + ratios[1] * zeros[1]);
    let (shape, elements) = common_shape(node, layers, &[&a, &b])?;
    let mut maps = Vec::new();
    let mut ranges = [(0, 0); 2];
    for (x, range) in [&a, &b].into_iter().zip(&mut ranges) {
        let order = sources(&shape, elements, x).collect::<Vec<_>>().into_iter();
        let x = rearranged(node, layers, x, vec![elements], order)?;
        let rows = layers.rows(node, &x)?;
        for row in &rows {
            let ends = match row.terms.as_slice() {
                [] => Some((row.bias as i64, row.bias as i64)),
                &[(atom, 1.0)] if row.bias.fract() == 0.0 => {
                    let by = row.bias as i64;
                    let moved = |(lo, hi): (i64, i64)| (lo.saturating_add(by), hi.saturating_add(by));
                    layers.integers.ends(atom).map(moved)
                }
                _ => None,
            };
            let is_narrow = |&(lo, hi): &(i64, i64)| lo.unsigned_abs().max(hi.unsigned_abs()) < 1 << 31;
            let Some((lo, hi)) = ends.filter(is_narrow) else {
                return numbers(node, layers, (&a, of_a), (&b, of_b), (of_sum, format));
            };
            *range = (range.0.min(lo), range.1.max(hi));
        }
        maps.push(Map::Rows(rows));
    }
    let units = ratios.map(f64::from);
    let finish = Finish::Sum { ratios, zeros, constant };
    let law = Law { units, bias: 0.0, clip: (f64::NEG_INFINITY, f64::INFINITY), finish, format };
    let law = Ruled { law, ranges, size: 0.0, roundings: 0 };
    let like = Tensor { shape, ..a.clone() };
    let sum = ruled(node, layers, &like, (maps, false), vec![law], vec![0; elements])?;
    let Some(sum) = sum else { return numbers(node, layers, (&a, of_a), (&b, of_b), (of_sum, format)) };
    Ok(layers.affine(node, &sum, |_| Some((1.0, format.zero as f64)))?.of_kind(Kind::Integer).into())
}

/// The same in ordinary arithmetic.
fn numbers(
    node: &Node<'_>,
    layers: &mut Layers,
    (a, of_a): (&Tensor, f32),
    (b, of_b): (&Tensor, f32),
    (step, format): (f32, Format),
) -> Result<Value, Refusal> {
    let a = layers.affine(node, a, |_| Some((of_a.into(), 0.0)))?.of_kind(Kind::Real);
    let b = layers.affine(node, b, |_| Some((of_b.into(), 0.0)))?.of_kind(Kind::Real);
    let sum = call(node, layers, (&elementwise::FAMILY, "Add"), &[&a, &b], &[])?;
    let (finish, formats) = (vec![Finish::Over(step); sum.len()], vec![format; sum.len()]);
    rounded(node, layers, &sum, &Rounding { finish, formats }).map(Value::from)
}

/// QLinearMul.
pub(super) fn times(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(7..=8, "7 or 8")?;
    let (a, b) =
        (centered(node, layers, (0, 2), Along::First)?, centered(node, layers, (3, 5), Along::First)?);
    let products = product(node, layers, (&super::super::product::FAMILY, "Mul"), [&a, &b], None, &[])?;
    let by = positive(node, (scale(node, 1)? * scale(node, 4)? / scale(node, 6)?).into())?;
    let format = result(node, 7)?;
    let all = vec![Finish::TimesAndZero(by); products.len()];
    rounded(node, layers, &products, &Rounding { finish: all, formats: vec![format; products.len()] })
        .map(Value::from)
}

/// QLinearGlobalAveragePool.
pub(super) fn mean(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(4..=5, "4 or 5")?;
    if node.int("channels_last", 0)? != 0 {
        return Err(node.bad_attribute("channels_last", "1".into(), "0"));
    }
    let x = centered(node, layers, (0, 2), Along::First)?;
    let means = call(node, layers, (&pool::FAMILY, "GlobalAveragePool"), &[&x], &[])?;
    let count = x.len().checked_div(means.len()).unwrap_or(1).max(1) as f32;
    let sums = layers.affine(node, &means, |_| Some((count.into(), 0.0)))?.of_kind(Kind::Integer);
    let by = positive(node, (scale(node, 1)? / (scale(node, 3)? * count)).into())?;
    finished(node, layers, &sums, (&[by], |_| 0), 4)
}

/// DynamicQuantizeLinear, whose scale is another one for each input.
pub(super) fn dynamic(node: &Node<'_>, _: &mut Layers) -> Result<Vec<Value>, Refusal> {
    let found = "computed from the range of each input";
    let allowed = "a constant, as a circuit's formats are: quantize with calibration data (onnxruntime.quantization.quantize_static), or \
                   compile the float model, which is quantized here";
    Err(node.bad_attribute("scale", found.into(), allowed))
}
