//! The elements of a model's inputs: what they are, which values they may have, and which integers those become.

use std::ops::Range;

use crate::compiled::Feature;
use crate::model::{Categories, Input, Kind, Map, Model};
use crate::operators::operator::Takes;
use crate::options::{Format, OptionError, Options};
use crate::quantize::input::{COMPARED, InputFormat};

/// What each feature is, and the values of text.
pub(crate) fn contents(model: &Model) -> impl Iterator<Item = (Kind, Option<&Categories>)> {
    model.inputs.iter().flat_map(|input| (0..input.len()).map(|i| (input.kind, input.categories.get(i))))
}

/// The number that stands for each feature where it is missing, if it may be.
pub(crate) fn missing(model: &Model) -> impl Iterator<Item = Option<f64>> {
    model.inputs.iter().flat_map(|input| (0..input.len()).map(|i| input.missing.get(i).copied().flatten()))
}

/// The domain of each feature: declared, or all that its kind or a fixed format represents, or what the data shows.
pub(crate) fn domains(
    model: &Model,
    names: &[String],
    samples: &[Vec<f64>],
    options: &Options,
) -> Result<Vec<Feature>, OptionError> {
    if let Some(unknown) = options.domains.keys().find(|name| !names.contains(name)) {
        return Err(OptionError::UnknownDomain(unknown.clone()));
    }
    let representable = options.input_format.map(|format| format.range());
    let feature = |(position, (name, (kind, known))): (usize, (&String, (Kind, Option<&Categories>)))| {
        let observed = || {
            let values = samples.iter().map(|sample| sample[position]);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), value| (lo.min(value), hi.max(value)))
        };
        let (feature, declared) = (name.clone(), options.domains.get(name).copied());
        let all = match (kind, known) {
            (_, Some(known)) => Some((0.0, known.last() as f64)),
            (Kind::Bool, None) => Some((0.0, 1.0)),
            (Kind::Real | Kind::Integer, None) => representable,
        };
        let (min, max) = declared.or(all).unwrap_or_else(observed);
        if !(min.is_finite() && max.is_finite() && min <= max) {
            return Err(OptionError::Domain { feature, min, max });
        }
        match representable {
            Some((low, high)) if min < low || max > high => {
                Err(OptionError::DomainFormat { feature, min, max, low, high })
            }
            _ => Ok(Feature { name: feature, min, max, kind, categories: known.cloned(), missing: None }),
        }
    };
    let features = names.iter().zip(contents(model)).enumerate().map(feature);
    features.zip(missing(model)).map(|(feature, missing)| Ok(Feature { missing, ..feature? })).collect()
}

/// What decides the format of each input tensor: the caller, its kind, or the largest magnitudes in its elements' domains.
/// Integers are themselves, in as many bits as their domains take.
pub(crate) fn input_formats(
    model: &Model,
    features: &[Feature],
    options: &Options,
) -> Result<Vec<InputFormat>, OptionError> {
    let mut rest = features.iter();
    let format = |(input, atoms): (&Input, Range<usize>)| {
        let features: Vec<&Feature> = rest.by_ref().take(input.len()).collect();
        let peaks: Vec<f64> = features.iter().map(|f| f.min.abs().max(f.max.abs())).collect();
        match (options.input_format, input.kind) {
            (Some(format), _) => Ok(InputFormat::Fixed(format)),
            // A kernel meets every element of a channel.
            (None, Kind::Real) if is_convolved(model, &atoms) => Ok(InputFormat::one(&peaks)),
            (None, Kind::Real) if is_compared(model, &atoms) => {
                Ok(InputFormat::along_the_last_axis(&peaks, &input.shape).widened(COMPARED))
            }
            (None, Kind::Real) => Ok(InputFormat::along_the_last_axis(&peaks, &input.shape)),
            (None, Kind::Integer | Kind::Bool) => {
                let bits = features.iter().map(|f| signed_bits(f.min).max(signed_bits(f.max)));
                match bits.max().unwrap_or(0).max(MIN_BITS) {
                    bits @ ..=MAX_BITS => Ok(InputFormat::Fixed(Format { bits, scale: 0 })),
                    _ => Err(too_wide(&features)),
                }
            }
        }
    };
    model.inputs.iter().zip(model.atom_ranges()).map(format).collect()
}

/// Whether a convolution reads these atoms.
fn is_convolved(model: &Model, atoms: &Range<usize>) -> bool {
    model.layers.iter().any(|layer| match layer.map.as_ref() {
        Map::Convolution(conv) => atoms.contains(&(conv.first as usize)),
        _ => false,
    })
}

/// Whether an operator takes some of these atoms as they are, at scales of their own.
fn is_compared(model: &Model, atoms: &Range<usize>) -> bool {
    model.layers.iter().any(|layer| {
        let arguments = layer.function.operator().map(|operator| operator.arguments()).unwrap_or_default();
        let mut is_read = false;
        if arguments.iter().any(|argument| argument.takes == Takes::Exact) {
            layer.map.for_each_atom(|atom| is_read |= atoms.contains(&(atom as usize)));
        }
        is_read
    })
}

/// Bits of a format, at least and at most.
const MIN_BITS: u8 = 2;
const MAX_BITS: u8 = 32;

/// Bits of the signed integers up to a number, of which more than 64 are as good as any.
fn signed_bits(value: f64) -> u8 {
    let magnitude = if value < 0.0 { -(value.floor() + 1.0) } else { value.ceil() };
    65 - (magnitude as u64).leading_zeros() as u8 // 0 to 64
}

/// The feature that takes the most bits.
fn too_wide(features: &[&Feature]) -> OptionError {
    let (mut feature, mut min, mut max) = (String::new(), 0.0, 0.0);
    for f in features.iter().filter(|f| signed_bits(f.min).max(signed_bits(f.max)) > MAX_BITS) {
        (feature, min, max) = (f.name.clone(), f.min, f.max);
    }
    OptionError::WideInteger { feature, min, max }
}
