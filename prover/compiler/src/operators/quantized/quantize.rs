//! QuantizeLinear: numbers as integers. Where the numbers are sums of integers times what one of them is worth, the integers are the
//! file's; where they are anything else, they are rounded as ONNX's Round does.
//!
//! A result stands in the circuit without its zero point, which padding by zeros and sums of products need not know of then.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::super::call::call;
use super::super::function::Elementwise;
use super::super::{clip, movement, whole};
use super::dequantize::{Parameters, parameters};
use super::law::{Finish, Format, Law};
use super::operator::{Rescaled, Ruled};
use super::parts::{Parts, hull};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Kind, Tensor, Value, merged};
use crate::model::{Activation, LayerFunction, Map, Window};
use crate::onnx::DataType;
use crate::operators::operator::Operator;

/// Entries of a table of a function of integers, at most.
const MOST_ENTRIES: i64 = 1 << 12;
/// Places where the result of a law changes, at most: those of 16 bits, or of two parts of 8 bits each.
const MOST_PLACES: u64 = 1 << 18;
/// No bounds.
const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// What is done to a tensor of integers, or of numbers, so that it becomes one of integers.
pub(super) struct Rounding {
    /// Of each element.
    pub finish: Vec<Finish>,
    pub formats: Vec<Format>,
}

/// QuantizeLinear.
pub(super) fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let Parameters { x, scales, zeros, steps } = parameters(node)?;
    let ends = ends(node, 2)?;
    let (mut finish, mut formats) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
    for at in 0..x.len() {
        let step = node.expected(steps.of(at))?;
        let scale = positive(node, *node.expected(scales.get(step))?)?;
        finish.push(Finish::Over(scale));
        formats.push(format(node, &ends, *node.expected(zeros.get(step))?)?);
    }
    rounded(node, layers, x, &Rounding { finish, formats }).map(Value::from)
}

/// A scale, which is positive.
pub(super) fn positive(node: &Node<'_>, scale: f64) -> Result<f32, Refusal> {
    let single = scale as f32;
    if single > 0.0 && single.is_finite() {
        return Ok(single);
    }
    Err(node.bad_attribute("scale", scale.to_string(), "a positive number"))
}

/// The integers of the result's type, which is that of the zero point at a position.
pub(super) fn ends(node: &Node<'_>, zero: usize) -> Result<RangeInclusive<i64>, Refusal> {
    let found = node.optional_int("output_dtype")?;
    let code = match (found, node.operand(zero)) {
        (Some(code), _) => code,
        (None, None) => DataType::Uint8 as i64,
        (None, Some(_)) => {
            let found = format!("'{}', whose type is not known here", node.operand_name(zero));
            return Err(node.bad_attribute(
                "zero_point",
                found,
                "an initializer, or a Constant, of the graph",
            ));
        }
    };
    let data_type = i32::try_from(code).ok().and_then(|code| DataType::try_from(code).ok());
    integers(data_type.unwrap_or(DataType::Undefined)).ok_or_else(|| {
        node.bad_attribute("output_dtype", code.to_string(), "a type of integers of at most 16 bits")
    })
}

/// The integers of a type of at most 16 bits.
pub(crate) fn integers(data_type: DataType) -> Option<RangeInclusive<i64>> {
    Some(match data_type {
        DataType::Uint2 => 0..=3,
        DataType::Int2 => -2..=1,
        DataType::Uint4 => 0..=15,
        DataType::Int4 => -8..=7,
        DataType::Uint8 => 0..=255,
        DataType::Int8 => -128..=127,
        DataType::Uint16 => 0..=65_535,
        DataType::Int16 => -32_768..=32_767,
        _ => return None,
    })
}

/// A format of these integers with a zero point among them.
pub(super) fn format(node: &Node<'_>, ends: &RangeInclusive<i64>, zero: f64) -> Result<Format, Refusal> {
    let whole = Some(zero as i64).filter(|&whole| whole as f64 == zero && ends.contains(&whole));
    let zero = whole.ok_or_else(|| {
        node.bad_attribute("zero_point", zero.to_string(), "an integer of the result's type")
    })?;
    Ok(Format { lo: *ends.start(), hi: *ends.end(), zero })
}

/// What the elements of a tensor were before a function that ended a layer.
enum Before {
    /// Affine maps, clipped, and pooled.
    Clipped { map: Arc<Map>, clip: Vec<(f64, f64)>, pool: Option<Window> },
    /// Arguments of a function.
    Function { map: Arc<Map>, function: Activation },
}

/// Rounds the elements of `x`.
pub(super) fn rounded(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    rounding: &Rounding,
) -> Result<Tensor, Refusal> {
    let Rounding { finish, formats } = rounding;
    layers.spend_work(node, x.terms() as u128 + x.len() as u128)?;
    let zeros = |i: usize| Some((1.0, formats.get(i)?.zero as f64));
    if let Some(data) = x.as_constants() {
        let each = data.iter().zip(finish).zip(formats).map(|((&value, &finish), &format)| {
            law([1.0, 0.0], 0.0, ALL, (finish, format)).of([value, 0.0]) as f64
        });
        let centered = Tensor::constants(x.shape.clone(), each.collect());
        return Ok(layers.affine(node, &centered, zeros)?.of_kind(Kind::Integer));
    }
    let centered = match before(node, layers, x)? {
        Some(Before::Function { map, function }) => of_function(node, layers, x, (&map, function), rounding)?,
        Some(Before::Clipped { map, clip, pool: None }) => exact(node, layers, x, (&map, &clip), rounding)?,
        Some(Before::Clipped { map, clip, pool: Some(window) }) => {
            pooled(node, layers, x, (&map, &clip, window), rounding)?
        }
        None => None,
    };
    let centered = match centered {
        Some(centered) => Some(centered),
        None => match &x.data {
            Data::Variable(map) => exact(node, layers, x, (&Arc::clone(map), &[]), rounding)?,
            Data::Constants(_) => None,
        },
    };
    let centered = match centered {
        Some(centered) => centered,
        None => approximate(node, layers, x, rounding)?,
    };
    Ok(layers.affine(node, &centered, zeros)?.of_kind(Kind::Integer))
}

fn law(units: [f64; 2], bias: f64, clip: (f64, f64), (finish, format): (Finish, Format)) -> Law {
    Law { units, bias, clip, finish, format }
}

/// What is under a clip, a pooling or a function: the elements are all of such layers.
fn before(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Option<Before>, Refusal> {
    if let Some(layer) = layers.owner(x).and_then(|position| layers.layer(position)) {
        let map = Arc::clone(&layer.map);
        return Ok(match (&layer.function, layer.pool) {
            (LayerFunction::Clip { low, high }, pool) => {
                let clip = (low.unwrap_or(ALL.0), high.unwrap_or(ALL.1));
                Some(Before::Clipped { clip: vec![clip; map.rows()], map, pool })
            }
            (LayerFunction::Linear, pool) => Some(Before::Clipped { clip: vec![ALL; map.rows()], map, pool }),
            (LayerFunction::Operator(operator), None) => {
                let function = operator.as_any().downcast_ref::<Elementwise>().map(|found| found.function);
                function.map(|function| Before::Function { map, function })
            }
            _ => None,
        });
    }
    // Moved elements of such layers.
    let Some(rows) = x.as_rows() else { return Ok(None) };
    let place = |row: &crate::model::Row| row.as_atom().and_then(|atom| layers.maker(atom));
    let Some(places) = rows.iter().map(place).collect::<Option<Vec<(usize, usize)>>>() else {
        return Ok(None);
    };
    let (mut clip, mut functions) = (Vec::new(), Vec::new());
    let mut terms = 0;
    for &(position, element) in &places {
        let layer = layers.layer(position).filter(|layer| layer.pool.is_none());
        terms += layer.map_or(0, |layer| layer.map.row_terms(element));
        match layer.map(|layer| &layer.function) {
            Some(LayerFunction::Clip { low, high }) => {
                clip.push((low.unwrap_or(ALL.0), high.unwrap_or(ALL.1)))
            }
            Some(LayerFunction::Linear) => clip.push(ALL),
            Some(LayerFunction::Operator(operator)) => {
                functions.extend(operator.as_any().downcast_ref::<Elementwise>().map(|found| found.function));
            }
            _ => return Ok(None),
        }
    }
    if !layers.affords(terms) {
        return Ok(None);
    }
    layers.spend_terms(node, terms as u128)?;
    let row =
        |&(position, element): &(usize, usize)| layers.layer(position).map(|layer| layer.map.row(element));
    let map = Arc::new(Map::Rows(node.expected(places.iter().map(row).collect())?));
    Ok(match functions.first() {
        None if clip.len() == rows.len() => Some(Before::Clipped { map, clip, pool: None }),
        Some(&function)
            if functions.len() == rows.len() && functions.iter().all(|&other| other == function) =>
        {
            Some(Before::Function { map, function })
        }
        _ => None,
    })
}

/// The file's own integers of the rows of a map, less their zero points; `None` where there are no floors that give them.
fn exact(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    (map, clip): (&Map, &[(f64, f64)]),
    Rounding { finish, formats }: &Rounding,
) -> Result<Option<Tensor>, Refusal> {
    layers.spend_work(node, map.terms() as u128)?;
    let of_floats = matches!(finish.first(), Some(Finish::Over(_)));
    let Some(parts) = Parts::of(layers, map, of_floats) else { return Ok(None) };
    let rows = parts.units.iter().zip(&parts.biases).zip(&parts.ranges).zip(finish.iter().zip(formats));
    let (mut laws, mut places, mut of_row) = (Vec::<Ruled>::new(), HashMap::new(), Vec::new());
    for (i, (((&units, &bias), &ranges), (&finish, &format))) in rows.enumerate() {
        let law = law(units, bias, clip.get(i).copied().unwrap_or(ALL), (finish, format));
        let terms = if of_floats { node.expected(parts.terms.get(i).copied())? } else { 0 };
        let size = node.expected(parts.sizes.get(i).copied())?;
        let ruled = Ruled { law, ranges, size, roundings: terms };
        let next = laws.len();
        let place = *places.entry(law.key()).or_insert(next);
        match laws.get_mut(place) {
            Some(known) => hull(known, ruled),
            None => laws.push(ruled),
        }
        of_row.push(node.expected(u32::try_from(place).ok())?);
    }
    if of_row.len() != map.rows() {
        return Err(node.mismatch(&x.shape, &[of_row.len()]));
    }
    ruled(node, layers, x, (parts.maps, parts.of_inputs), laws, of_row)
}

/// Rounds parts by these laws.
pub(super) fn ruled(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    (maps, of_inputs): (Vec<Map>, bool),
    laws: Vec<Ruled>,
    of_row: Vec<u32>,
) -> Result<Option<Tensor>, Refusal> {
    let ends = laws
        .iter()
        .map(|Ruled { law: Law { format, .. }, .. }| (format.lo - format.zero, format.hi - format.zero));
    let ends = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0));
    // For each law about as many evaluations and comparisons as there are places where its result changes, many times over.
    let places = |ruled: &Ruled| {
        let values = ruled.law.format.hi.abs_diff(ruled.law.format.lo);
        values.saturating_mul(ruled.lines())
    };
    if laws.iter().any(|ruled| places(ruled) > MOST_PLACES) {
        return Ok(None);
    }
    layers.spend_work(node, laws.iter().map(|ruled| 64 * u128::from(places(ruled))).sum())?;
    let operator = Rescaled::new(maps.len(), of_inputs, laws, of_row);
    // Of inputs the floors follow from the scale that the search chooses.
    let count = operator.laws.len() as u32; // at most one a row
    if !of_inputs && (0..count).any(|law| operator.fitted(law, 0).is_none()) {
        return Ok(None);
    }
    let arguments: Vec<Tensor> = maps
        .into_iter()
        .map(|map| Tensor::of_map(vec![map.rows()], map).with_trail(x.trail.clone()))
        .collect();
    let result =
        layers.apply(node, Arc::new(operator), &arguments.iter().collect::<Vec<_>>(), x.shape.clone())?;
    Ok(Some(noted(layers, result, ends)))
}

/// The same before a max pooling, which changes nothing where one law holds of a channel: rounding is monotonic.
fn pooled(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    (map, clip, window): (&Map, &[(f64, f64)], Window),
    Rounding { finish, formats }: &Rounding,
) -> Result<Option<Tensor>, Refusal> {
    let first = finish.first().zip(formats.first());
    let is_one = finish.iter().zip(formats).all(|pair| Some(pair) == first);
    let Some((&finish, &format)) = first.filter(|_| is_one) else { return Ok(None) };
    let rounding = Rounding { finish: vec![finish; map.rows()], formats: vec![format; map.rows()] };
    let flat = Tensor { shape: vec![map.rows()], ..x.clone() };
    let Some(before) = exact(node, layers, &flat, (map, clip), &rounding)? else { return Ok(None) };
    let ends = (format.lo - format.zero, format.hi - format.zero);
    let result = layers.max_pool(node, &before, window, x.shape.clone())?;
    Ok(Some(noted(layers, result, ends)))
}

/// The file's integers of a function of integers: a table.
fn of_function(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    (map, function): (&Map, Activation),
    Rounding { finish, formats }: &Rounding,
) -> Result<Option<Tensor>, Refusal> {
    let Some(Parts { maps, units, biases, ranges, of_inputs: false, .. }) = Parts::of(layers, map, false)
    else {
        return Ok(None);
    };
    let ([map], [unit, others @ ..], [bias, ..]) = (maps.as_slice(), units.as_slice(), biases.as_slice())
    else {
        return Ok(None);
    };
    let first = finish.first().zip(formats.first());
    let is_one = others.iter().all(|other| other == unit)
        && biases.iter().all(|other| other == bias)
        && finish.iter().zip(formats).all(|pair| Some(pair) == first);
    let Some((&finish, &format)) = first.filter(|_| is_one) else { return Ok(None) };
    let all = ranges.iter().map(|&[range, _]| range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let Some((lo, hi)) = all.filter(|(lo, hi)| hi - lo < MOST_ENTRIES) else { return Ok(None) };
    let arguments: Vec<f64> = (lo..=hi).map(|t| f64::from((unit[0] * t as f64 + bias) as f32)).collect();
    let values = Elementwise { function, len: arguments.len() }.apply(&arguments);
    if values.iter().any(|value| value.is_nan()) {
        return Ok(None);
    }
    let integer = |&value: &f64| law([1.0, 0.0], 0.0, ALL, (finish, format)).of([value, 0.0]) as f64;
    let table =
        Tensor::constants(vec![values.len()], values.iter().map(integer).collect()).of_kind(Kind::Integer);
    let places = Tensor::of_map(x.shape.clone(), map.clone()).with_trail(x.trail.clone());
    let places = layers.affine(node, &places, |_| Some((1.0, -lo as f64)))?.of_kind(Kind::Integer);
    let result = call(node, layers, (&movement::FAMILY, "Gather"), &[&table, &places], &[])?;
    Ok(Some(noted(layers, result, (format.lo - format.zero, format.hi - format.zero))))
}

/// Integers by ordinary arithmetic, as near to the file's as formats allow.
fn approximate(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    Rounding { finish, formats }: &Rounding,
) -> Result<Tensor, Refusal> {
    let by = |i: usize| match *finish.get(i)? {
        Finish::Over(step) => Some((1.0 / f64::from(step), 0.0)),
        Finish::Times(multiplier) | Finish::TimesAndZero(multiplier) => Some((multiplier.into(), 0.0)),
        // Of parts only.
        Finish::Sum { .. } => None,
    };
    let scaled = layers.affine(node, x, by)?.of_kind(Kind::Real);
    let whole = call(node, layers, (&whole::FAMILY, "Round"), &[&scaled], &[])?.of_kind(Kind::Integer);
    let ends = formats.first().map(|format| (format.lo - format.zero, format.hi - format.zero));
    let (lo, hi) = node.expected(ends)?;
    if formats.iter().any(|format| (format.lo - format.zero, format.hi - format.zero) != (lo, hi)) {
        return Err(node.bad_attribute(
            "zero_point",
            "several".into(),
            "one, where the arithmetic is not of integers",
        ));
    }
    let bound = |value: i64| Tensor::constants(Vec::new(), vec![value as f64]).of_kind(Kind::Integer);
    let result = call(node, layers, (&clip::FAMILY, "Clip"), &[&whole, &bound(lo), &bound(hi)], &[])?;
    let trail = merged([&x.trail, &result.trail].into_iter());
    Ok(noted(layers, result, (lo, hi)).with_trail(trail))
}

/// Notes what the elements of the last layer can be.
pub(in crate::operators) fn noted(layers: &mut Layers, result: Tensor, ends: (i64, i64)) -> Tensor {
    let atoms = layers.atoms();
    if let (Some(rows), Ok(end)) = (result.as_rows(), u32::try_from(atoms)) {
        let first = rows.first().and_then(crate::model::Row::as_atom);
        if let Some(first) = first.filter(|&first| u64::from(first) + rows.len() as u64 == u64::from(end)) {
            layers.integers.note(first..end, ends);
        }
    }
    result
}
