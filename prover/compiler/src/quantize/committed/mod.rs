//! Weights that the circuit leaves open: formats in place of numbers.
//!
//! Where a model's weights are committed to, its circuit takes them as wires, and the same circuit has to hold for any weights that the
//! commitment can hold. All that is known of those is that each lies in its format: the registration circuit proves that once
//! ([`crate::committed`]). So the intervals of accumulators follow from formats and the columns' intervals,
//!
//! ```text
//! bias + Σ_c w_c x_c    in    [-2^(b-1), 2^(b-1) - 1] + Σ_c [-2^(w-1), 2^(w-1) - 1] · [lo_c, hi_c]
//! ```
//!
//! and never from the weights at hand. That is up to three bits an accumulator more than these would give. A bound on a row's `Σ |w|`,
//! which registration could assert as well, would give one to two of them back, a constraint a bit and accumulator; it would cost
//! registration a product and a sign a weight, and what registration has more rows than inference, inference has to be padded to.
//!
//! Which accumulators share a format is the architecture's: runs of equal length, as they share their scale.

pub(crate) mod wires;

use assay_circuits::{Missing, at, at_mut};

use super::interval::Interval;
use super::linear::Linear;
use crate::model::{Axis, Layer, LayerFunction, Map, Row};
use crate::number::signed_range;

/// Widest weight, in bits.
pub(crate) const MAX_WEIGHT_BITS: u32 = 32;
/// Widest bias, in bits.
pub(crate) const MAX_BIAS_BITS: u32 = 48;
/// Fewest bits of a weight or a bias: integers on both sides of zero.
const LEAST_BITS: u8 = 2;
/// What formats leave room for: weights half as large again as those that they were chosen by.
const ROOM: (i128, i128) = (3, 2);

/// What the weights of a run of accumulators can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightFormat {
    /// Binary scale of the accumulators; a weight's is that less the scale of what it weighs.
    pub scale: i8,
    /// Bits of its widest weights, signed.
    pub weight_bits: u8,
    /// Bits of the signed bias.
    pub bias_bits: u8,
}

impl WeightFormat {
    /// Whether a registration circuit proves both widths.
    pub(crate) fn is_sound(self) -> bool {
        let is_within = |bits: u8, most: u32| (u32::from(LEAST_BITS)..=most).contains(&bits.into());
        is_within(self.weight_bits, MAX_WEIGHT_BITS) && is_within(self.bias_bits, MAX_BIAS_BITS)
    }
}

/// The weights of a layer that its circuit takes as wires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// One for each run of accumulators of equal length; of a convolution, of filters.
    pub formats: Vec<WeightFormat>,
    /// By how many bits the weights of each place are narrower than the widest of their row: of each column, or of each weight of a filter.
    /// Features that differ in size have weights that do.
    pub narrower: Vec<u8>,
    /// Whether the layer's map holds weights. Without them it says which columns are read, and its numbers mean nothing.
    pub known: bool,
}

/// A weight or a bias that its format has no integer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outside {
    pub value: i64,
    pub bits: u8,
    pub is_bias: bool,
    /// The row, or the filter.
    pub row: usize,
}

/// Whether a layer has no weights: its rows are elements as they are, or plain sums of them.
pub(crate) fn is_movement(layer: &Layer) -> bool {
    matches!(layer.function, LayerFunction::Sum)
        || match layer.map.as_ref() {
            Map::Rows(rows) => rows.iter().all(|row| Row::as_atom(row).is_some()),
            Map::Dense(_) => false,
            // What pools does so channel by channel, and changes no element.
            Map::Convolution(conv) => {
                conv.window.size() == 1
                    && conv.groups == conv.filters
                    && conv.w.iter().all(|&w| w == 1.0)
                    && conv.bias.iter().all(|&bias| bias == 0.0)
            }
        }
}

/// The groups of weights that share a bias: rows, or filters of a convolution.
pub(crate) fn groups(map: &Linear) -> usize {
    match map {
        Linear::Convolution(conv) => conv.filters,
        Linear::Dense(..) | Linear::Sparse(_) => map.rows(),
    }
}

/// Places that weights of a group can stand at: columns, or weights of a filter.
pub(crate) fn places(map: &Linear) -> usize {
    match map {
        Linear::Dense(weights, _) => weights.cols,
        Linear::Convolution(conv) => conv.w.len() / conv.filters.max(1),
        Linear::Sparse(rows) => rows.inputs,
    }
}

/// The place of each weight of a group.
pub(crate) fn places_of(map: &Linear, group: usize) -> Result<Vec<usize>, Missing> {
    Ok(match map {
        Linear::Dense(..) | Linear::Convolution(_) => (0..places(map)).collect(),
        Linear::Sparse(rows) => rows.row(group)?.iter().map(|&(column, _)| column as usize).collect(),
    })
}

/// The bias of a group, and its weights.
pub(crate) fn group(map: &Linear, position: usize) -> Result<(i64, Vec<i64>), Missing> {
    Ok(match map {
        Linear::Dense(weights, bias) => {
            let start = position.saturating_mul(weights.cols);
            let row = weights.w.get(start..start.saturating_add(weights.cols));
            let missing = Missing { what: "the weights of a row", index: position, len: weights.rows };
            (*at("the bias of a row", bias, position)?, row.ok_or(missing)?.to_vec())
        }
        Linear::Convolution(conv) => {
            let taps = conv.w.len() / conv.filters.max(1);
            let start = position.saturating_mul(taps);
            let filter = conv.w.get(start..start.saturating_add(taps));
            let missing = Missing { what: "the weights of a filter", index: position, len: conv.filters };
            (*at("the bias of a filter", &conv.bias, position)?, filter.ok_or(missing)?.to_vec())
        }
        Linear::Sparse(rows) => {
            let terms = rows.row(position)?.iter().map(|&(_, w)| w).collect();
            (*at("the bias of a row", &rows.bias, position)?, terms)
        }
    })
}

impl Committed {
    /// For weights like those of a map, at these scales of its runs of accumulators; `None` where a format would be too wide.
    pub(crate) fn like(map: &Linear, scales: &[i32]) -> Result<Option<Self>, Missing> {
        let groups = groups(map);
        let run = (groups / scales.len().max(1)).max(1);
        let mut formats = Vec::with_capacity(scales.len());
        for (position, &scale) in scales.iter().enumerate() {
            let (mut weight, mut bias) = (Interval::new(0, 0), Interval::new(0, 0));
            for row in position * run..(position + 1) * run {
                let (constant, weights) = group(map, row)?;
                bias = bias.union(with_room(constant));
                weight = weights.into_iter().map(with_room).fold(weight, Interval::union);
            }
            let (weight_bits, bias_bits) = (bits(weight), bits(bias));
            let Ok(scale) = i8::try_from(scale) else { return Ok(None) };
            if weight_bits > MAX_WEIGHT_BITS || bias_bits > MAX_BIAS_BITS {
                return Ok(None);
            }
            // Both below 2^8, by the limits.
            formats.push(WeightFormat { scale, weight_bits: weight_bits as u8, bias_bits: bias_bits as u8 });
        }
        let mut committed = Committed { formats, narrower: vec![u8::MAX; places(map)], known: true };
        for row in 0..groups {
            let widest = committed.format(row, groups)?.weight_bits;
            for (place, weight) in places_of(map, row)?.into_iter().zip(group(map, row)?.1) {
                let spare = widest.saturating_sub(bits(with_room(weight)) as u8); // at most MAX_WEIGHT_BITS
                let slot = at_mut("a place of weights", &mut committed.narrower, place)?;
                *slot = spare.min(*slot);
            }
        }
        // What no row reads has no weight.
        committed.narrower.iter_mut().filter(|spare| **spare == u8::MAX).for_each(|spare| *spare = 0);
        Ok(Some(committed))
    }

    /// The format of a group of weights, of so many.
    pub(crate) fn format(&self, group: usize, groups: usize) -> Result<WeightFormat, Missing> {
        let run = (groups / self.formats.len().max(1)).max(1);
        at("the format of weights", &self.formats, group / run).copied()
    }

    /// The bits of each weight of a group.
    pub(crate) fn bits_of(&self, map: &Linear, group: usize) -> Result<Vec<u8>, Missing> {
        let widest = self.format(group, groups(map))?.weight_bits;
        let bits = |place| {
            let narrower = *at("a place of weights", &self.narrower, place)?;
            Ok(widest.saturating_sub(narrower).max(LEAST_BITS))
        };
        places_of(map, group)?.into_iter().map(bits).collect()
    }

    /// What each accumulator can be, whatever weights the formats hold. For a convolution, an interval that holds all accumulators of a
    /// filter.
    pub(crate) fn intervals(&self, map: &Linear, x: &[Interval]) -> Result<Vec<Interval>, Missing> {
        let groups = groups(map);
        match map {
            Linear::Dense(weights, _) => {
                let of_row = |row| {
                    let terms = x.iter().zip(self.bits_of(map, row)?);
                    let bias = of_bits(self.format(row, groups)?.bias_bits);
                    Ok(terms.fold(bias, |sum, (x, bits)| sum.plus(product(of_bits(bits), *x))))
                };
                (0..weights.rows).map(of_row).collect()
            }
            Linear::Sparse(rows) => {
                let of_row = |row| {
                    let bias = of_bits(self.format(row, groups)?.bias_bits);
                    let mut terms = rows.row(row)?.iter().zip(self.bits_of(map, row)?);
                    terms.try_fold(bias, |sum, (&(column, _), bits)| {
                        let x = *at("the interval of a column", x, column as usize)?;
                        Ok(sum.plus(product(of_bits(bits), x)))
                    })
                };
                (0..groups).map(of_row).collect()
            }
            Linear::Convolution(conv) => {
                let window = &conv.window;
                let (area, size) = ((window.height.input * window.width.input).max(1), window.size().max(1));
                // Padding leaves terms out, and each term's interval holds zero.
                let channels: Vec<Interval> = x.chunks_exact(area).map(Interval::enclosing).collect();
                let of_group = (window.channels / conv.groups.max(1)).max(1);
                let per_group = (conv.filters / conv.groups.max(1)).max(1);
                let (height, width) = window.output();
                let mut all = Vec::with_capacity(conv.outputs());
                for filter in 0..conv.filters {
                    let first = filter / per_group * of_group;
                    let mut sum = of_bits(self.format(filter, groups)?.bias_bits);
                    for (place, bits) in self.bits_of(map, filter)?.into_iter().enumerate() {
                        let x = *at("the interval of a channel", &channels, first + place / size)?;
                        sum = sum.plus(product(of_bits(bits), x));
                    }
                    all.extend(std::iter::repeat_n(sum, height * width));
                }
                Ok(all)
            }
        }
    }

    /// The first weight that its format does not hold.
    pub(crate) fn outside(&self, map: &Linear) -> Result<Option<Outside>, Missing> {
        let groups = groups(map);
        for row in 0..groups {
            let format = self.format(row, groups)?;
            let (bias, weights) = group(map, row)?;
            let is_outside = |value: i64, bits: u8| {
                let (lo, hi) = signed_range(bits.into());
                !(lo..=hi).contains(&value)
            };
            if is_outside(bias, format.bias_bits) {
                return Ok(Some(Outside { value: bias, bits: format.bias_bits, is_bias: true, row }));
            }
            let mut each = weights.into_iter().zip(self.bits_of(map, row)?);
            if let Some((value, bits)) = each.find(|&(w, bits)| is_outside(w, bits)) {
                return Ok(Some(Outside { value, bits, is_bias: false, row }));
            }
        }
        Ok(None)
    }
}

/// Constraints of a map: a product for each use of a weight, one for each bias, which is a term of its own; and, where a weight is used
/// more than once, one more for the copy that all uses take.
pub(crate) fn cost(map: &Linear) -> usize {
    let biases = groups(map);
    match map {
        Linear::Dense(weights, _) => weights.w.len() + biases,
        Linear::Sparse(rows) => rows.terms.len() + biases,
        Linear::Convolution(conv) if conv.window.output() == (1, 1) => conv.w.len() + biases,
        Linear::Convolution(conv) => {
            let uses = |axis: Axis| {
                let seen = |o: usize| (0..axis.kernel).filter(|&k| axis.position(o, k).is_some()).count();
                (0..axis.output()).map(seen).sum::<usize>()
            };
            let of_channel = uses(conv.window.height) * uses(conv.window.width);
            let channels = conv.filters * (conv.window.channels / conv.groups.max(1));
            channels * of_channel + conv.w.len() + biases
        }
    }
}

/// Of zero and a weight half as large again.
fn with_room(value: i64) -> Interval {
    let (of, over) = ROOM;
    let larger = (i128::from(value.unsigned_abs()) * of + over - 1) / over;
    if value < 0 { Interval { lo: -larger, hi: 0 } } else { Interval { lo: 0, hi: larger } }
}

/// The bits of signed integers that hold an interval.
fn bits(interval: Interval) -> u32 {
    interval.signed_bits().max(LEAST_BITS.into())
}

/// The integers of so many bits.
fn of_bits(bits: u8) -> Interval {
    let (lo, hi) = signed_range(bits.into());
    Interval::new(lo, hi)
}

/// Products of a value of each; ends beyond 127 bits saturate.
fn product(a: Interval, b: Interval) -> Interval {
    let all = [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)].map(|(a, b)| a.saturating_mul(b));
    let [first, rest @ ..] = all;
    rest.into_iter().fold(Interval { lo: first, hi: first }, |sum, end| Interval {
        lo: sum.lo.min(end),
        hi: sum.hi.max(end),
    })
}
