//! Norms over axes: ReduceL1, ReduceL2, ReduceSumSquare, LpPool and GlobalLpPool.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::norm::{self, Kind};
use assay_circuits::{Bounded, BuildError, Builder};

use super::axes::Groups;
use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use super::pool::Pooling;
use super::{axes, pool, product};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Accumulator, Tensor, Value};
use crate::model::Row;
use crate::quantize::error::PlanError;

/// Bits of its arguments, at most, and their finest scale.
const MAX_DOMAIN_BITS: u32 = 24;
const MAX_DOMAIN_SCALE: i32 = 16;
/// Bits that a root has more than the values.
const EXTRA: u32 = 2;
/// Bits that sums have at most: what the layer takes.
const MAX_SUM_BITS: u32 = 58;
const TAG: u8 = 60;
const L2: Kind = Kind::L2 { extra: EXTRA };

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Norms",
    cost: "a product an element, for magnitudes with its sign; a square root a group for L2",
    operators: &[
        OnnxOperator::onnx("ReduceL1", reduce),
        OnnxOperator::onnx("ReduceL2", reduce),
        OnnxOperator::onnx("ReduceSumSquare", reduce),
        OnnxOperator::onnx("LpPool", lp_pool).remarks("`p` of 1 or 2, over one or two axes"),
        OnnxOperator::onnx("GlobalLpPool", global_lp_pool).remarks("`p` of 1 or 2, over one or two axes"),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// A norm of each group of elements, one group behind the other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Norm {
    kind: Kind,
    groups: usize,
    length: usize,
}

impl Operator for Norm {
    fn name(&self) -> &'static str {
        name(self.kind)
    }

    fn arguments(&self) -> Vec<Argument> {
        let takes = Takes::rounded(MAX_DOMAIN_BITS).no_finer_than(MAX_DOMAIN_SCALE);
        vec![Argument { len: self.groups * self.length, takes }]
    }

    fn len(&self) -> usize {
        self.groups
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let norm = |group: &[f64]| match self.kind {
            Kind::L1 => group.iter().map(|x| x.abs()).sum::<f64>(),
            Kind::Squares => group.iter().map(|x| x * x).sum(),
            Kind::L2 { .. } => group.iter().map(|x| x * x).sum::<f64>().sqrt(),
        };
        x.chunks_exact(self.length.max(1)).map(norm).collect()
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        let scale = match arguments {
            [ArgumentFormat::Rounded(domain)] => domain.scale,
            _ => 0,
        };
        ResultScale::Fixed(match self.kind {
            Kind::L1 => scale,
            Kind::Squares => 2 * scale,
            Kind::L2 { extra } => scale + extra as i32,
        })
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let (domain, _) = formats.one_rounded()?;
        let terms = usize::BITS - self.length.leading_zeros();
        let bits = match self.kind {
            Kind::L1 => domain.bits,
            Kind::Squares => 2 * domain.bits,
            Kind::L2 { extra } => 2 * (domain.bits + extra),
        };
        if bits + terms > MAX_SUM_BITS {
            return Err(PlanError::Infeasible);
        }
        Ok(Arc::new(Integers { norm: norm::Norm { kind: self.kind, len: self.length }, groups: self.groups }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::L1 => "L1 norm",
        Kind::Squares => "sum of squares",
        Kind::L2 { .. } => "L2 norm",
    }
}

#[derive(Debug)]
struct Integers {
    norm: norm::Norm,
    groups: usize,
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        name(self.norm.kind)
    }

    fn len(&self) -> usize {
        self.groups
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        norm::reference(x, &self.norm)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        norm::constrain(b, x, &self.norm)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        norm::cost(t, x, &self.norm)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&[match self.norm.kind {
            Kind::L1 => 0,
            Kind::Squares => 1,
            Kind::L2 { .. } => 2,
        }]);
        out.count(self.norm.len);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (elements, _) = shape.one_rounded()?;
    let kind = match reader.byte()? {
        0 => Kind::L1,
        1 => Kind::Squares,
        2 => L2,
        other => return Err(ReadError::Step(other)),
    };
    let len = reader.count("values of a norm", elements)?;
    if len == 0 || !elements.is_multiple_of(len) {
        return Err(ReadError::Count { what: "values of a norm", expected: elements, found: len });
    }
    Ok(Arc::new(Integers { norm: norm::Norm { kind, len }, groups: elements / len }))
}

/// The norm of each group of `x`, whose elements stand group by group.
fn apply(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    kind: Kind,
    shape: Vec<usize>,
) -> Result<Tensor, Refusal> {
    let groups = layers.check_size(node, &shape)?;
    let norm = Norm { kind, groups, length: x.len() / groups.max(1) };
    layers.apply(node, Arc::new(norm), &[x], shape)
}

/// A norm over axes.
fn reduce(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let kind = match node.proto.op_type.as_str() {
        "ReduceL1" => Kind::L1,
        "ReduceSumSquare" => Kind::Squares,
        _ => L2,
    };
    let x = node.tensor(0)?;
    let groups = axes::reduction(node, layers, x, 18)?;
    let x = axes::grouped(node, layers, x, &groups)?;
    if kind == Kind::Squares
        && let Some(sums) = sums_of_shared_squares(node, layers, &x, &groups)?
    {
        return Ok(sums.into());
    }
    apply(node, layers, &x, kind, groups.shape).map(Value::from)
}

/// Sums of squares, where groups share what is squared, as distances from many points do, so that each element is squared once for all
/// groups. `None` where that would be no fewer squares.
///
/// What is squared is an element in the units of the groups, about the middle of their points: features of different size have squares of
/// one size only then. With `y = f x + c`, and `r y + d` what a group has of it:
///
/// ```text
/// sum (r y + d)^2 = sum r^2 y^2 + 2 r d y + d^2
/// ```
fn sums_of_shared_squares(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: &Groups,
) -> Result<Option<Tensor>, Refusal> {
    let Some(selection) = x.selection() else { return Ok(None) };
    let elements: Vec<(Option<u32>, f64, f64)> = selection
        .atoms
        .iter()
        .zip(selection.factors.iter().zip(&selection.offsets))
        .map(|(&atom, (&factor, &offset))| (atom.filter(|_| factor != 0.0), factor, offset))
        .collect();
    // Of each atom the factor `f` that it has first, and the sum and number of the offsets that it has at that factor.
    let mut units: BTreeMap<u32, (f64, f64, usize)> = BTreeMap::new();
    for &(atom, factor, offset) in &elements {
        let Some(atom) = atom else { continue };
        let (unit, sum, count) = units.entry(atom).or_insert((factor, 0.0, 0));
        *sum += offset * (*unit / factor);
        *count += 1;
    }
    let products: usize = units.values().map(|&(.., count)| count).sum();
    if units.is_empty() || units.len() * 2 > products {
        return Ok(None);
    }
    layers.spend_terms(node, 2 * x.len() as u128)?;
    let units: BTreeMap<u32, (f64, f64)> =
        units.into_iter().map(|(atom, (unit, sum, count))| (atom, (unit, sum / count as f64))).collect();
    let rows: Vec<Row> =
        units.iter().map(|(&atom, &(unit, center))| Row::atom(atom).scaled(unit, center)).collect();
    let values = Tensor::new(vec![rows.len()], rows).with_trail(x.trail.clone());
    let squares = product::elementwise(node, layers, &values, &values)?;
    let squares: BTreeMap<u32, Row> = units.keys().copied().zip(layers.rows(node, &squares)?).collect();
    let mut accumulator = Accumulator::new(layers.atoms());
    let sum = |group: &[(Option<u32>, f64, f64)]| {
        let mut constant = 0.0;
        for &(atom, factor, offset) in group {
            let Some(atom) = atom else {
                constant += offset * offset;
                continue;
            };
            let (&(unit, center), square) = (units.get(&atom)?, squares.get(&atom)?);
            let ratio = factor / unit;
            let rest = offset - ratio * center;
            accumulator.add(square, ratio * ratio);
            accumulator.add(&Row::atom(atom), 2.0 * ratio * rest * unit);
            constant += ratio * ratio * square.bias + 2.0 * ratio * rest * center + rest * rest;
        }
        Some(accumulator.take(constant))
    };
    let rows = node.expected(elements.chunks(groups.len.max(1)).map(sum).collect::<Option<Vec<Row>>>())?;
    Ok(Some(Tensor::new(groups.shape.clone(), rows).with_trail(vec![node.name.name.clone()])))
}

/// The sum of magnitudes of each group.
pub(super) fn l1(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: &Groups,
) -> Result<Tensor, Refusal> {
    let x = axes::grouped(node, layers, x, groups)?;
    apply(node, layers, &x, Kind::L1, groups.shape.clone())
}

/// The norm of each window; padding is zero.
fn lp_pool(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let (x, kind) = (node.tensor(0)?, kind_of(node)?);
    let pooling = pool::pooling(node, x, layers)?;
    pooled(node, layers, x, kind, pooling)
}

/// The norm of each channel.
fn global_lp_pool(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let (x, kind) = (node.tensor(0)?, kind_of(node)?);
    pooled(node, layers, x, kind, pool::whole(node, x)?)
}

fn pooled(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    kind: Kind,
    Pooling { window, shape, .. }: Pooling,
) -> Result<Value, Refusal> {
    let order = pool::windows(node, layers, &window)?;
    let x = axes::arranged(node, layers, x, &order)?;
    apply(node, layers, &x, kind, shape).map(Value::from)
}

/// The norm that `p` names, 2 where it is not given.
fn kind_of(node: &Node<'_>) -> Result<Kind, Refusal> {
    match node.int("p", 2)? {
        1 => Ok(Kind::L1),
        2 => Ok(L2),
        other => Err(node.bad_attribute("p", other.to_string(), "1 or 2")),
    }
}
