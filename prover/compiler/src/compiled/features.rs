//! Features in a `.assay` file: see [`super`] for the layout.

use crate::bytes::{ReadError, Reader, Writer};
use crate::feature::Feature;
use crate::model::{Absent, Categories, Kind, Unknown};

/// Appends the features.
pub(super) fn write(features: &[Feature], out: &mut Writer) {
    for feature in features {
        out.text(&feature.name);
        out.bytes(&feature.min.to_le_bytes());
        out.bytes(&feature.max.to_le_bytes());
        match &feature.categories {
            None => out.bytes(&[match feature.kind {
                Kind::Real => 0,
                Kind::Integer => 1,
                Kind::Bool => 2,
            }]),
            Some(categories) => {
                out.bytes(&[match categories.unknown {
                    Unknown::Refused => 3,
                    Unknown::Taken => 4,
                }]);
                out.count(categories.names.len());
                categories.names.iter().for_each(|name| out.text(name));
            }
        }
        match feature.missing {
            None => out.bytes(&[0]),
            Some(Absent::StandsFor(number)) => {
                out.bytes(&[1]);
                out.bytes(&number.to_le_bytes());
            }
            Some(Absent::Coded) => out.bytes(&[2]),
        }
    }
}

/// Reads `count` features.
pub(super) fn read(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Feature>, ReadError> {
    let mut features: Vec<Feature> = Vec::new();
    let mut names = std::collections::HashSet::new();
    for _ in 0..count {
        let name = reader.text()?;
        let (min, max) = (f64::from_le_bytes(reader.fixed()?), f64::from_le_bytes(reader.fixed()?));
        // What is no number is in no order.
        if min.partial_cmp(&max).is_none_or(|order| order.is_gt()) {
            return Err(ReadError::Domain(name));
        }
        if !names.insert(name.clone()) {
            return Err(ReadError::Feature(name));
        }
        let (kind, unknown) = match reader.byte()? {
            0 => (Kind::Real, None),
            1 => (Kind::Integer, None),
            2 => (Kind::Bool, None),
            3 => (Kind::Integer, Some(Unknown::Refused)),
            4 => (Kind::Integer, Some(Unknown::Taken)),
            other => return Err(ReadError::Step(other)),
        };
        let categories = unknown.map(|unknown| read_categories(reader, unknown)).transpose()?;
        let missing = match reader.byte()? {
            0 => None,
            1 => {
                let number = Some(f64::from_le_bytes(reader.fixed()?)).filter(|number| number.is_finite());
                Some(Absent::StandsFor(number.ok_or_else(|| ReadError::Domain(name.clone()))?))
            }
            2 => Some(Absent::Coded),
            other => return Err(ReadError::Step(other)),
        };
        features.push(Feature { name, min, max, kind, categories, missing });
    }
    Ok(features)
}

fn read_categories(reader: &mut Reader<'_>, unknown: Unknown) -> Result<Categories, ReadError> {
    Ok(Categories { names: read_names(reader, "values of a text")?, unknown })
}

/// Names, as many as the bytes say.
pub(super) fn read_names(reader: &mut Reader<'_>, what: &'static str) -> Result<Vec<String>, ReadError> {
    // Not reserved: a count is believed as far as there are bytes.
    let mut names = Vec::new();
    for _ in 0..reader.count(what, u32::MAX as usize)? {
        names.push(reader.text()?);
    }
    Ok(names)
}
