//! The elements of a model's inputs: what they are, which values they may have, and which integers those become.

use std::ops::Range;

use assay_interface::float32;
use assay_interface::missing::Missing;

use crate::feature::Feature;
use crate::model::{Absent, Categories, Encoding, Input, Kind, Map, Model};
use crate::number::decimals;
use crate::operators::operator::Takes;
use crate::options::{Format, OptionError, Options};
use crate::quantize::input::{COMPARED, InputFormat};
use crate::quantize::realize::schema_shape;

/// Digits behind the point of decimals that are told apart, at most.
const FEW_DIGITS: i32 = 4;

/// What each feature is, and the values of text.
pub(crate) fn contents(model: &Model) -> impl Iterator<Item = (Kind, Option<&Categories>)> {
    model.inputs.iter().flat_map(|input| (0..input.len()).map(|i| (input.kind, input.categories.get(i))))
}

/// How the numbers of each feature become integers.
pub(crate) fn encodings(model: &Model) -> impl Iterator<Item = Encoding> {
    model.inputs.iter().flat_map(|input| std::iter::repeat_n(input.encoding, input.len()))
}

/// What becomes of each feature where it is missing, if it may be.
pub(crate) fn missing(model: &Model) -> impl Iterator<Item = Option<Absent>> {
    model.inputs.iter().flat_map(|input| (0..input.len()).map(|i| input.missing.get(i).copied().flatten()))
}

/// The features of which a missing value has an integer of its own: element and name.
pub(crate) fn coded(features: &[Feature]) -> Vec<(u32, String)> {
    let coded = (0u32..).zip(features).filter(|(_, feature)| feature.missing == Some(Absent::Coded));
    coded.map(|(atom, feature)| (atom, feature.name.clone())).collect()
}

/// What a missing value of each feature is read as: the number that stands for it, or NaN; none where values are never missing.
pub(crate) fn real_or(model: &Model) -> impl Iterator<Item = Option<f64>> {
    contents(model).zip(missing(model)).map(|((kind, known), missing)| match (kind, known, missing) {
        (_, _, Some(Absent::StandsFor(number))) => Some(number),
        (Kind::Real, None, _) => Some(f64::NAN),
        _ => None,
    })
}

/// The elements of all inputs that may be missing, with their names, and that no number stands for: those that the samples miss, those
/// that the options name, and those that a schema cannot tell from them.
pub(crate) fn may_be_missing(
    model: &Model,
    names: &[String],
    samples: &[Vec<f64>],
    options: &Options,
) -> Result<Vec<(u32, String)>, OptionError> {
    if let Some(unknown) = options.missing.iter().find(|name| !names.contains(name)) {
        return Err(OptionError::UnknownMissing(unknown.clone(), listed(names)));
    }
    let readings: Vec<Option<f64>> = real_or(model).collect();
    let asked = |(position, (name, reading)): (usize, (&String, &Option<f64>))| {
        let is_named = options.missing.contains(name);
        match reading {
            Some(number) if number.is_nan() => {
                let is_nan = |sample: &Vec<f64>| sample.get(position).is_some_and(|value| value.is_nan());
                Ok(is_named || samples.iter().any(is_nan))
            }
            None if is_named => Err(OptionError::WholeMissing(name.clone())),
            _ => Ok(false),
        }
    };
    let asked: Vec<bool> = names.iter().zip(&readings).enumerate().map(asked).collect::<Result<_, _>>()?;
    let mut rest = asked.as_slice();
    let mut all = Vec::with_capacity(asked.len());
    for input in &model.inputs {
        let (of_input, others) = rest.split_at_checked(input.len()).unwrap_or((rest, &[]));
        rest = others;
        let shape = schema_shape(&input.shape);
        all.extend(Missing::of_elements(of_input, &shape).each(&shape).take(input.len()));
    }
    let named = (0u32..).zip(names).zip(all);
    Ok(named.filter(|(_, may_be)| *may_be).map(|((atom, name), _)| (atom, name.clone())).collect())
}

/// The range of a feature in the data, wider by a part of its span on either side; numbers of one sign stay so.
fn widened((min, max): (f64, f64), kind: Kind, margin: f64) -> (f64, f64) {
    let by = (max - min) * margin;
    let (low, high) = match kind {
        Kind::Real => (min - by, max + by),
        Kind::Integer | Kind::Bool => ((min - by).floor(), (max + by).ceil()),
    };
    let low = if min >= 0.0 { low.max(0.0) } else { low };
    let high = if max <= 0.0 { high.min(0.0) } else { high };
    // Of a range that no number is wide enough for, nothing.
    if low.is_finite() && high.is_finite() { (low, high) } else { (min, max) }
}

/// Ends of domains that are those of the calibration data, or follow from them, of all features.
pub(crate) fn observed_ends(
    features: &[Feature],
    is_exact: impl Iterator<Item = bool>,
    options: &Options,
) -> usize {
    let ends = |(feature, is_exact): (&Feature, bool)| {
        if is_exact
            || options.input_format.is_some()
            || feature.categories.is_some()
            || feature.kind == Kind::Bool
        {
            return 0;
        }
        let (min, max) =
            options.domains.get(&feature.name).copied().unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        usize::from(min.is_infinite()) + usize::from(max.is_infinite())
    };
    features.iter().zip(is_exact).map(ends).sum()
}

/// Whether a domain says anything: one of its ends at least.
pub(crate) fn is_declared(min: f64, max: f64) -> bool {
    min <= max && min < f64::INFINITY && max > f64::NEG_INFINITY && (min.is_finite() || max.is_finite())
}

/// The features by name; of very many, the first.
fn listed(names: &[String]) -> String {
    const MOST: usize = 64;
    let shown = names.get(..MOST).unwrap_or(names).join(", ");
    if names.len() > MOST { format!("{shown} and {} more", names.len() - MOST) } else { shown }
}

/// The domain of each feature: declared, or all that its kind or a fixed format represents, or what the data shows.
pub(crate) fn domains(
    model: &Model,
    names: &[String],
    samples: &[Vec<f64>],
    options: &Options,
) -> Result<Vec<Feature>, OptionError> {
    if let Some(unknown) = options.domains.keys().find(|name| !names.contains(name)) {
        return Err(OptionError::UnknownDomain(unknown.clone(), listed(names)));
    }
    let contents = contents(model).zip(missing(model)).zip(encodings(model));
    let feature = |(position, (name, (((kind, known), missing), encoding))): (usize, (&String, _))| {
        let (kind, known): (Kind, Option<&Categories>) = (kind, known);
        let representable = options.input_format.map(|format| match missing {
            // The least integer is none of its numbers.
            Some(Absent::Coded) => format.numbers(),
            _ => format.range(),
        });
        let observed = || {
            let values = samples.iter().map(|sample| sample[position]);
            // Missing ones are no numbers.
            let values = values.filter(|value| !value.is_nan());
            let range = values.fold(None, |range: Option<(f64, f64)>, value| {
                Some(range.map_or((value, value), |(lo, hi)| (lo.min(value), hi.max(value))))
            });
            widened(range.unwrap_or((0.0, 0.0)), kind, options.margin)
        };
        let (feature, declared) = (name.clone(), options.domains.get(name).copied());
        let all = match (kind, known) {
            (_, Some(known)) => Some((0.0, known.last() as f64)),
            (Kind::Bool, None) => Some((0.0, 1.0)),
            (Kind::Real | Kind::Integer, None) => representable,
        };
        if let Some((min, max)) = declared.filter(|&(min, max)| !is_declared(min, max)) {
            return Err(OptionError::Domain { feature, min, max });
        }
        let (min, max) = declared.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        if encoding == Encoding::Float32 {
            // All numbers are as good as any, infinities too, which some are to single precision.
            let [min, max] =
                [min, max].map(|end| if (end as f32).is_finite() { end } else { f64::from(end as f32) });
            return Ok(Feature { name: feature, min, max, kind, categories: None, missing });
        }
        // An end that is not declared is that of what is known otherwise.
        let (min, max) = match (min.is_finite(), max.is_finite(), all.unwrap_or_else(observed)) {
            (true, true, _) => (min, max),
            (true, false, (_, max)) => (min, max),
            (false, true, (min, _)) => (min, max),
            (false, false, all) => all,
        };
        if !(min.is_finite() && max.is_finite() && min <= max) {
            return Err(OptionError::Domain { feature, min, max });
        }
        match representable {
            Some((low, high)) if min < low || max > high => {
                Err(OptionError::DomainFormat { feature, min, max, low, high })
            }
            _ => Ok(Feature { name: feature, min, max, kind, categories: known.cloned(), missing }),
        }
    };
    names.iter().zip(contents).enumerate().map(feature).collect()
}

/// What decides the format of each input tensor: the caller, its kind, or the largest magnitudes in its elements' domains.
/// Integers are themselves, in as many bits as their domains take; values of the samples that are compared are told apart.
pub(crate) fn input_formats(
    model: &Model,
    features: &[Feature],
    samples: &[Vec<f64>],
    options: &Options,
) -> Result<Vec<InputFormat>, OptionError> {
    let mut rest = features.iter();
    let format = |(input, atoms): (&Input, Range<usize>)| {
        let features: Vec<&Feature> = rest.by_ref().take(input.len()).collect();
        let peaks: Vec<f64> = features.iter().map(|f| f.min.abs().max(f.max.abs())).collect();
        if input.encoding == Encoding::Float32 {
            // Order keys are integers.
            return Ok(InputFormat::Fixed(Format { bits: float32::BITS, scale: 0 }));
        }
        match (options.input_format, input.kind) {
            (Some(format), _) => Ok(InputFormat::Fixed(format)),
            // A kernel meets every element of a channel.
            (None, Kind::Real) if is_convolved(model, &atoms) => Ok(InputFormat::one(&peaks)),
            (None, Kind::Real) if is_compared(model, &atoms) => {
                let steps: Vec<f64> = atoms.map(|atom| finest_step(samples, atom)).collect();
                Ok(InputFormat::along_the_last_axis(&peaks, &input.shape).widened(COMPARED).apart(&steps))
            }
            (None, Kind::Real) if is_fine(model, &atoms) => {
                Ok(InputFormat::along_the_last_axis(&peaks, &input.shape).fine())
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

/// How coarse the grid of a feature that is compared may be: decimals of few digits (money, rates) have an integer each, so that none of as
/// many digits is on the other side of a threshold, however far the feature's largest value is from the usual ones. Others may be as coarse as they are.
fn finest_step(samples: &[Vec<f64>], feature: usize) -> f64 {
    let values = samples.iter().filter_map(|sample| sample.get(feature)).copied();
    let digits = decimals(values.filter(|value| value.is_finite()));
    digits.filter(|&digits| digits <= FEW_DIGITS).map_or(f64::INFINITY, |digits| 10f64.powi(-digits))
}

/// Whether a function that may take arguments wider than a table's reads some of these atoms.
fn is_fine(model: &Model, atoms: &Range<usize>) -> bool {
    model.layers.iter().any(|layer| {
        let mut is_read = false;
        if layer.function.operator().is_some_and(|operator| operator.table_bits().is_some()) {
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
