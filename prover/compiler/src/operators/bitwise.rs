//! Bits of whole numbers: BitShift to the right, and BitwiseAnd, Or and Xor with constants. A run of bits from `a` on and below `b` is
//! `2^a floor(x / 2^a) - 2^b floor(x / 2^b)`, of negative numbers in two's complement as well.

use super::broadcast::{common_shape, repeated, sources};
use super::elementwise;
use super::family::{Family, OnnxOperator};
use super::modulo;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::number::pow2;
use assay_circuits::layers::modulo::{Convention, Part};

/// Bits of a constant, at most: those of a divisor.
const MAX_BITS: u32 = 39;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Bits",
    cost: "a division by a constant for each end of a run of bits that are kept",
    operators: &[
        OnnxOperator::onnx("BitShift", shift).remarks("to the right, by constants"),
        OnnxOperator::onnx("BitwiseAnd", bitwise).remarks("with constants that are not negative"),
        OnnxOperator::onnx("BitwiseOr", bitwise).remarks("with constants that are not negative"),
        OnnxOperator::onnx("BitwiseXor", bitwise).remarks("with constants that are not negative"),
    ],
    integers: &[],
};

/// `floor(x / 2^k)`.
fn shift(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (x, bits) = (node.tensor(0)?, node.tensor(1)?);
    let (shape, elements) = common_shape(node, layers, &[x, bits])?;
    let given = bits.as_constants().ok_or_else(|| node.not_constant(1))?;
    let of_elements: Option<Vec<f64>> = sources(&shape, elements, bits).map(|at| given.get(at).copied()).collect();
    let of_elements = node.expected(of_elements)?;
    let x = repeated(node, layers, x, &shape, elements)?;
    if of_elements.iter().any(|bits| !(0.0..=f64::from(MAX_BITS)).contains(bits)) {
        return Err(node.bad_attribute("shift", "other numbers".into(), "0 to 39 bits"));
    }
    match node.text("direction")?.unwrap_or_default().as_str() {
        "RIGHT" => {
            let moduli: Vec<f64> = of_elements.iter().map(|&bits| pow2(bits as i32)).collect();
            let quotients = modulo::by_constants(node, layers, &x, &moduli, (Convention::Floored, Part::Quotient));
            Ok(quotients?.of_kind(Kind::Integer).into())
        }
        // What is beyond the type is lost, and the type is not known here.
        other => Err(node.bad_attribute("direction", other.into(), "RIGHT; to the left, multiply by powers of two")),
    }
}

/// With the bits of a constant.
fn bitwise(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (a, b) = (node.tensor(0)?, node.tensor(1)?);
    let (shape, elements) = common_shape(node, layers, &[a, b])?;
    let (x, constant, at) = match (a.as_constants(), b.as_constants()) {
        (_, Some(_)) => (a, b, 1),
        (Some(_), None) => (b, a, 0),
        (None, None) => return Err(node.not_constant(1)),
    };
    let given = constant.as_constants().ok_or_else(|| node.not_constant(at))?;
    let masks = sources(&shape, elements, constant).map(|at| {
        let mask = given.get(at).copied().filter(|mask| (0.0..pow2(MAX_BITS as i32)).contains(mask));
        mask.map(|mask| mask as u64) // a whole number below 2^39
    });
    let masks: Option<Vec<u64>> = masks.collect();
    let allowed = "constants from 0 to 2^39, on one side at least";
    let masks = masks.ok_or_else(|| node.bad_attribute("mask", "other numbers".into(), allowed))?;
    let x = repeated(node, layers, x, &shape, elements)?;
    let both = kept(node, layers, &x, &masks)?;
    let result = match node.proto.op_type.as_str() {
        "BitwiseAnd" => both,
        // x + c - (x & c), and x + c - 2 (x & c).
        operator => {
            let twice = if operator == "BitwiseOr" { -1.0 } else { -2.0 };
            let less = layers.affine(node, &both, |i| Some((twice, *masks.get(i)? as f64)))?;
            elementwise::plus(node, layers, &x, &less, 1.0)?
        }
    };
    Ok(result.of_kind(Kind::Integer).into())
}

/// `x & mask` of each element.
fn kept(node: &Node<'_>, layers: &mut Layers, x: &Tensor, masks: &[u64]) -> Result<Tensor, Refusal> {
    // What the floor of x over 2^e counts: where a run of bits begins, and where one ends, negative.
    let weight = |mask: u64, e: u32| {
        let (own, below) = (mask >> e & 1, if e == 0 { 0 } else { mask >> (e - 1) & 1 });
        (own as f64 - below as f64) * pow2(e as i32)
    };
    let mut sum = Tensor::constants(x.shape.clone(), vec![0.0; x.len()]);
    for e in 0..=MAX_BITS {
        if masks.iter().all(|&mask| weight(mask, e) == 0.0) {
            continue;
        }
        let floors = match e {
            0 => x.clone(),
            e => {
                let moduli = vec![pow2(e as i32); x.len()];
                modulo::by_constants(node, layers, x, &moduli, (Convention::Floored, Part::Quotient))?
            }
        };
        let weighted = layers.affine(node, &floors, |i| Some((weight(*masks.get(i)?, e), 0.0)))?;
        sum = elementwise::plus(node, layers, &sum, &weighted, 1.0)?;
    }
    Ok(sum)
}
