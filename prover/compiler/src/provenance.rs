//! What a model was compiled from: kept in its file, so that anyone with the ONNX file and the calibration data can
//! compile it again and compare.
//!
//! ```text
//! provenance = compiler: text; calibration: 32 bytes; options
//! options    = max error: f64; name: optional text; input format, output format: optional (bits: u8, scale: i8);
//!              domains: u32 count, (text, min: f64, max: f64)* ascending by name, an end that is not declared infinite; commit: u32 count, text*;
//!              threshold: optional f64; max flips: optional u32; ranges: u8 (0 auto, 1 bits, 2 lookups);
//!              member: optional (name: text, depth: u8); shapes: u32 count, (text, u32)* ascending by name;
//!              outputs: u32 count, text*; and, where some may be missing or some are exact: missing: u32 count, text* ascending; and,
//!              where some are exact: exact floats: u8 (1 all, 2 those named), of those named u32 count, text* ascending; and, where there
//!              is a margin: where none is exact, 0: u8; margin: f64, above 0; and, where a certified error is asked for or widths are the
//!              calibration's: all of these, the margin 0 where there is none; certified max error: optional f64; widths: u8 (0 certified,
//!              1 calibrated); and, where weights are committed to: all of these, then 1: u8
//! optional x = 0 | 1, x
//! text       = u32 length, UTF-8 bytes
//! ```
//!
//! The encoding is canonical: options that are read are those that are written, byte for byte. Reading allocates no more
//! than the bytes that it is given.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::bytes::{ReadError, Reader, Writer};
use crate::features::is_declared;
use crate::options::{ExactFloats, Format, MemberInput, Options, Strategy, Weights, Widths};

/// Most bytes of a compiler's version.
const MAX_VERSION: usize = 64;

/// What a model was compiled from, beside the ONNX file.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Version of the compiler.
    pub compiler: String,
    /// Digest of the calibration data: see [`calibration_digest`].
    pub calibration_digest: [u8; 32],
    /// Every option.
    pub options: Options,
}

impl Provenance {
    /// Of a compilation by this compiler.
    pub(crate) fn new(samples: &[Vec<f64>], options: &Options) -> Self {
        Provenance {
            compiler: env!("CARGO_PKG_VERSION").into(),
            calibration_digest: calibration_digest(samples),
            options: options.clone(),
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.text(&self.compiler);
        out.bytes(&self.calibration_digest);
        write_options(&self.options, out);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let compiler = reader.text()?;
        if compiler.len() > MAX_VERSION {
            let what = "bytes in the compiler's version";
            return Err(ReadError::Limit { what, limit: MAX_VERSION, found: compiler.len() });
        }
        let calibration_digest = reader.fixed()?;
        Ok(Provenance { compiler, calibration_digest, options: read_options(reader)? })
    }
}

/// SHA-256 of calibration data in the order of the model's features, whatever form its file has: the number of samples,
/// then for each sample its length and its values (u64 and f64, little-endian).
pub fn calibration_digest(samples: &[Vec<f64>]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((samples.len() as u64).to_le_bytes());
    for sample in samples {
        hash.update((sample.len() as u64).to_le_bytes());
        sample.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    hash.finalize().into()
}

fn write_options(options: &Options, out: &mut Writer) {
    // All fields by name: one that is added must be written.
    let Options {
        max_error,
        max_error_certified,
        widths,
        // What was allowed is `max_error`.
        of_range: _,
        name,
        input_format,
        exact_floats,
        output_format,
        domains,
        margin,
        missing,
        commit,
        member,
        threshold,
        max_flips,
        ranges,
        weights,
        shapes,
        outputs,
    } = options;
    out.bytes(&max_error.to_le_bytes());
    optional(name.as_ref(), out, |name, out| out.text(name));
    for format in [input_format, output_format] {
        optional(format.as_ref(), out, |format, out| {
            out.bytes(&[format.bits]);
            out.bytes(&format.scale.to_le_bytes());
        });
    }
    out.count(domains.len());
    for (feature, (min, max)) in domains {
        out.text(feature);
        out.bytes(&min.to_le_bytes());
        out.bytes(&max.to_le_bytes());
    }
    out.count(commit.len());
    commit.iter().for_each(|input| out.text(input));
    optional(threshold.as_ref(), out, |threshold, out| out.bytes(&threshold.to_le_bytes()));
    optional(max_flips.as_ref(), out, |flips, out| out.bytes(&flips.to_le_bytes()));
    out.bytes(&[match ranges {
        Strategy::Auto => 0,
        Strategy::Bits => 1,
        Strategy::Lookup => 2,
    }]);
    optional(member.as_ref(), out, |MemberInput { name, depth }, out| {
        out.text(name);
        out.bytes(&[*depth]);
    });
    out.count(shapes.len());
    for (dimension, size) in shapes {
        out.text(dimension);
        out.count(*size);
    }
    out.count(outputs.len());
    outputs.iter().for_each(|output| out.text(output));
    let is_committed = *weights == Weights::Committed;
    let has_certified = max_error_certified.is_some() || *widths != Widths::Certified || is_committed;
    let has_margin = *margin > 0.0 || has_certified;
    if !missing.is_empty() || *exact_floats != ExactFloats::None || has_margin {
        write_names(missing, out);
    }
    match exact_floats {
        ExactFloats::None if has_margin => out.bytes(&[0]),
        ExactFloats::None => {}
        ExactFloats::All => out.bytes(&[1]),
        ExactFloats::Inputs(names) => {
            out.bytes(&[2]);
            write_names(names, out);
        }
    }
    if has_margin {
        out.bytes(&margin.to_le_bytes());
    }
    if has_certified {
        optional(max_error_certified.as_ref(), out, |error, out| out.bytes(&error.to_le_bytes()));
        out.bytes(&[u8::from(*widths == Widths::Calibrated)]);
    }
    if is_committed {
        out.bytes(&[1]);
    }
}

fn write_names(names: &BTreeSet<String>, out: &mut Writer) {
    out.count(names.len());
    names.iter().for_each(|name| out.text(name));
}

fn optional<T>(value: Option<&T>, out: &mut Writer, write: impl FnOnce(&T, &mut Writer)) {
    out.bytes(&[u8::from(value.is_some())]);
    if let Some(value) = value {
        write(value, out);
    }
}

fn read_options(reader: &mut Reader<'_>) -> Result<Options, ReadError> {
    let format = |reader: &mut Reader<'_>| {
        let ([bits], scale) = (reader.fixed()?, i8::from_le_bytes(reader.fixed()?));
        Ok(Format { bits, scale })
    };
    let mut options = Options {
        max_error: f64::from_le_bytes(reader.fixed()?),
        of_range: 0.0,
        name: read_optional(reader, |reader| reader.text())?,
        input_format: read_optional(reader, format)?,
        output_format: read_optional(reader, format)?,
        domains: read_domains(reader)?,
        commit: read_names(reader, "committed inputs")?,
        threshold: read_optional(reader, |reader| reader.fixed().map(f64::from_le_bytes))?,
        max_flips: read_optional(reader, |reader| reader.fixed().map(u32::from_le_bytes))?,
        ranges: match reader.byte()? {
            0 => Strategy::Auto,
            1 => Strategy::Bits,
            2 => Strategy::Lookup,
            _ => return Err(ReadError::Options),
        },
        member: read_optional(reader, |reader| {
            Ok(MemberInput { name: reader.text()?, depth: reader.byte()? })
        })?,
        shapes: read_shapes(reader)?,
        outputs: read_names(reader, "outputs")?,
        missing: BTreeSet::new(),
        exact_floats: ExactFloats::None,
        margin: 0.0,
        max_error_certified: None,
        widths: Widths::Certified,
        weights: Weights::Fixed,
    };
    read_last(reader, &mut options)?;
    // What no compilation takes was not written by one.
    options.check().map_err(|_| ReadError::Options)?;
    Ok(options)
}

fn read_optional<T>(
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, ReadError>,
) -> Result<Option<T>, ReadError> {
    match reader.byte()? {
        0 => Ok(None),
        1 => read(reader).map(Some),
        _ => Err(ReadError::Options),
    }
}

fn read_domains(reader: &mut Reader<'_>) -> Result<BTreeMap<String, (f64, f64)>, ReadError> {
    let mut domains = BTreeMap::new();
    for _ in 0..reader.count("declared domains", u32::MAX as usize)? {
        let feature = reader.text()?;
        let (min, max) = (f64::from_le_bytes(reader.fixed()?), f64::from_le_bytes(reader.fixed()?));
        let is_ascending = domains.last_key_value().is_none_or(|(last, _)| *last < feature);
        if !is_ascending || !is_declared(min, max) {
            return Err(ReadError::Domain(feature));
        }
        domains.insert(feature, (min, max));
    }
    Ok(domains)
}

fn read_shapes(reader: &mut Reader<'_>) -> Result<BTreeMap<String, usize>, ReadError> {
    let mut shapes = BTreeMap::new();
    for _ in 0..reader.count("dimensions with a size", u32::MAX as usize)? {
        let dimension = reader.text()?;
        if shapes.last_key_value().is_some_and(|(last, _)| *last >= dimension) {
            return Err(ReadError::Options);
        }
        shapes.insert(dimension, reader.count("elements of a dimension", u32::MAX as usize)?);
    }
    Ok(shapes)
}

/// What stands behind the other options, if anything does: what may be missing, what is exact, the margin, what is certified, and where the weights are.
fn read_last(reader: &mut Reader<'_>, options: &mut Options) -> Result<(), ReadError> {
    if reader.is_empty() {
        return Ok(());
    }
    options.missing = read_set(reader, "features that may be missing")?;
    if reader.is_empty() {
        return if options.missing.is_empty() { Err(ReadError::Options) } else { Ok(()) };
    }
    options.exact_floats = match reader.byte()? {
        // Only to say that a margin follows.
        0 if !reader.is_empty() => ExactFloats::None,
        1 => ExactFloats::All,
        2 => ExactFloats::Inputs(read_set(reader, "inputs that are exact")?),
        _ => return Err(ReadError::Options),
    };
    if reader.is_empty() {
        return Ok(());
    }
    options.margin = f64::from_le_bytes(reader.fixed()?);
    if reader.is_empty() {
        return if options.margin > 0.0 { Ok(()) } else { Err(ReadError::Options) };
    }
    options.max_error_certified = read_optional(reader, |reader| reader.fixed().map(f64::from_le_bytes))?;
    let widths = reader.byte()?;
    options.weights = match reader.is_empty() {
        true => Weights::Fixed,
        false if reader.byte()? == 1 => Weights::Committed,
        false => return Err(ReadError::Options),
    };
    let says_more = options.max_error_certified.is_some() || options.weights == Weights::Committed;
    options.widths = match widths {
        0 if says_more => Widths::Certified,
        1 => Widths::Calibrated,
        _ => return Err(ReadError::Options),
    };
    // A margin of -0.0 is one that is not written.
    if options.margin.to_bits() == (-0.0f64).to_bits() { Err(ReadError::Options) } else { Ok(()) }
}

/// Names in ascending order.
fn read_set(reader: &mut Reader<'_>, what: &'static str) -> Result<BTreeSet<String>, ReadError> {
    let names = read_names(reader, what)?;
    match names.is_sorted_by(|a, b| a < b) {
        true => Ok(names.into_iter().collect()),
        false => Err(ReadError::Options),
    }
}

fn read_names(reader: &mut Reader<'_>, what: &'static str) -> Result<Vec<String>, ReadError> {
    // Not reserved: a count is believed as far as there are bytes.
    let count = reader.count(what, u32::MAX as usize)?;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(reader.text()?);
    }
    Ok(names)
}
