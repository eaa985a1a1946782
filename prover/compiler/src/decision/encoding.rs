//! Claims in bytes.
//!
//! ```text
//! decision  = u8: 0 nothing
//!               | 1 threshold: i64, band: certain (first: i64, end: i64)
//!               | 2 of the largest element, lead: certain i64
//!               | 3 of the place of the largest score, scale: i8, lead: certain i64
//! certain x = u8: 0 nothing, u8 why
//!               | 1 x, of integers and of numbers that are rounded to them
//!               | 2 x, x of numbers that are rounded
//!               | 3 x, and nothing of numbers that are rounded: u8 why
//! why       = 0 operator, 1 unbounded, 2 too large, 3 refuted, 4 everywhere
//! ```
//!
//! Integers are little-endian. What is read makes sense for its output, and for the threshold among the file's options; that it is true, only
//! compiling again shows. Reading costs what the bytes do.

use assay_interface::schema::ModelSchema;

use super::claim::{Band, Certain, DecisionClaim, Integers, Lead, Uncertain};
use super::places::places;
use crate::bytes::{ReadError, Reader, Writer};
use crate::options::Options;
use crate::quantize::graph::{QuantGraph, QuantOutput};

/// Appends the claims of all outputs.
pub(crate) fn write(claims: &[DecisionClaim], out: &mut Writer) {
    for claim in claims {
        match claim {
            DecisionClaim::None => out.bytes(&[0]),
            DecisionClaim::Threshold { threshold, band } => {
                out.bytes(&[1]);
                out.bytes(&threshold.to_le_bytes());
                write_certain(band, out, |band, out| {
                    out.bytes(&band.first.to_le_bytes());
                    out.bytes(&band.end.to_le_bytes());
                });
            }
            DecisionClaim::Largest { lead } => {
                out.bytes(&[2]);
                write_certain(lead, out, write_lead);
            }
            DecisionClaim::Place { scale, lead } => {
                out.bytes(&[3]);
                out.bytes(&scale.to_le_bytes());
                write_certain(lead, out, write_lead);
            }
        }
    }
}

fn write_lead(lead: &Lead, out: &mut Writer) {
    out.bytes(&lead.0.to_le_bytes());
}

fn write_certain<T: PartialEq>(certain: &Certain<T>, out: &mut Writer, write: impl Fn(&T, &mut Writer)) {
    let why = |why: &Uncertain| Uncertain::ALL.iter().position(|known| known == why).unwrap_or(0) as u8;
    match (&certain.grid, &certain.raw) {
        (Err(error), _) => out.bytes(&[0, why(error)]),
        (Ok(grid), Ok(raw)) if grid == raw => {
            out.bytes(&[1]);
            write(grid, out);
        }
        (Ok(grid), Ok(raw)) => {
            out.bytes(&[2]);
            write(grid, out);
            write(raw, out);
        }
        (Ok(grid), Err(error)) => {
            out.bytes(&[3]);
            write(grid, out);
            out.bytes(&[why(error)]);
        }
    }
}

/// Reads the claims of all outputs, and refuses those that make no sense.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    schema: &ModelSchema,
    graph: &QuantGraph,
    options: &Options,
) -> Result<Vec<DecisionClaim>, ReadError> {
    let mut claims = Vec::new();
    for (tensor, output) in schema.outputs().iter().zip(&graph.outputs) {
        let wrong = || ReadError::Decision(tensor.name.clone());
        let format = Integers::new(tensor.bits, tensor.scales.single().ok_or_else(wrong)?);
        let claim = read_one(reader)?.ok_or_else(wrong)?;
        let elements = tensor.elements();
        if !makes_sense(&claim, (graph, output), format, elements, options) {
            return Err(wrong());
        }
        claims.push(claim);
    }
    Ok(claims)
}

/// A claim; `None` of one whose kind does not exist.
fn read_one(reader: &mut Reader<'_>) -> Result<Option<DecisionClaim>, ReadError> {
    let integer = |reader: &mut Reader<'_>| reader.fixed().map(i64::from_le_bytes);
    let lead = |reader: &mut Reader<'_>| integer(reader).map(Lead);
    Ok(match reader.byte()? {
        0 => Some(DecisionClaim::None),
        1 => {
            let threshold = integer(reader)?;
            let band = |reader: &mut Reader<'_>| Ok(Band { first: integer(reader)?, end: integer(reader)? });
            read_certain(reader, band)?.map(|band| DecisionClaim::Threshold { threshold, band })
        }
        2 => read_certain(reader, lead)?.map(|lead| DecisionClaim::Largest { lead }),
        3 => {
            let scale = i8::from_le_bytes(reader.fixed()?);
            read_certain(reader, lead)?.map(|lead| DecisionClaim::Place { scale, lead })
        }
        _ => None,
    })
}

fn read_certain<T: Copy + PartialEq>(
    reader: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, ReadError>,
) -> Result<Option<Certain<T>>, ReadError> {
    let why = |byte: u8| Uncertain::ALL.get(usize::from(byte)).copied();
    Ok(match reader.byte()? {
        0 => why(reader.byte()?).map(|why| Certain { grid: Err(why), raw: Err(why) }),
        1 => {
            let both = read(reader)?;
            Some(Certain { grid: Ok(both), raw: Ok(both) })
        }
        2 => {
            let (grid, raw) = (read(reader)?, read(reader)?);
            // Two that are equal are written as one.
            (grid != raw).then_some(Certain { grid: Ok(grid), raw: Ok(raw) })
        }
        3 => {
            let grid = read(reader)?;
            why(reader.byte()?).map(|why| Certain { grid: Ok(grid), raw: Err(why) })
        }
        _ => None,
    })
}

/// Whether a compilation with these options could claim this of the output.
fn makes_sense(
    claim: &DecisionClaim,
    (graph, output): (&QuantGraph, &QuantOutput),
    format: Integers,
    elements: usize,
    options: &Options,
) -> bool {
    let leads = |lead: &Certain<Lead>, most: i64| {
        let is_lead = |lead: Lead| (0..=most).contains(&lead.0);
        match (lead.grid, lead.raw) {
            (Ok(grid), Ok(raw)) => is_lead(grid) && is_lead(raw) && grid <= raw,
            (Ok(lead), Err(_)) => is_lead(lead),
            (Err(_), _) => true,
        }
    };
    match claim {
        DecisionClaim::None => true,
        DecisionClaim::Threshold { threshold, band } => {
            let is_band = |band: Band| {
                let is_in_format = format.least <= band.first && band.end <= format.end;
                let is_around = band.first <= *threshold && *threshold <= band.end;
                is_in_format && is_around && format.is_useful(band)
            };
            let is_sound = match (band.grid, band.raw) {
                (Ok(grid), Ok(raw)) => {
                    is_band(grid) && is_band(raw) && raw.first <= grid.first && grid.end <= raw.end
                }
                (Ok(band), Err(_)) => is_band(band),
                (Err(_), _) => true,
            };
            is_sound && options.threshold.is_some_and(|known| format.threshold(known) == *threshold)
        }
        DecisionClaim::Largest { lead } => elements > 1 && leads(lead, format.span()),
        DecisionClaim::Place { lead, .. } => places(graph, output).is_some() && leads(lead, i64::MAX - 1),
    }
}
