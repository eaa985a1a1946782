//! A table in the order of a model's features: by name wherever there are names, and refused where names contradict.

use std::collections::{HashMap, HashSet};

use super::cell::{Cell, Misread};
use super::columns;
use super::error::CalibrationError;
use super::table::{Arranged, ColumnOrder, Signature, Table};
use crate::warning::Warning;

pub(super) fn arrange(table: &Table, signature: &Signature<'_>) -> Result<Arranged, CalibrationError> {
    let names = || signature.features.to_vec();
    let plain = |rows| Arranged { rows, names: names(), warnings: Vec::new() };
    let samples = match table {
        Table::Columns { names, rows, order } => by_column(names, rows, *order, signature)?,
        Table::Headerless(rows) => {
            let positions: Vec<String> = (1..=signature.features.len()).map(|at| at.to_string()).collect();
            let rows = read(rows, signature, &positions)?;
            Arranged { warnings: vec![Warning::NoHeader { features: names() }], ..plain(rows) }
        }
        Table::Rows(rows) => {
            check_lengths(rows, signature.features.len())?;
            let cell = |(feature, &number): (usize, &f64), row| {
                value(&Cell::Number(number), signature, feature, row, signature.features.get(feature))
            };
            let row = |(row, numbers): (usize, &Vec<f64>)| {
                numbers.iter().enumerate().map(|number| cell(number, row + 1)).collect()
            };
            plain(rows.iter().enumerate().map(row).collect::<Result<_, _>>()?)
        }
        Table::Mixed(rows) => plain(read(rows, signature, signature.features)?),
        Table::Inputs(lists) => {
            let rows = by_position(lists, signature);
            plain(read(rows.as_deref().unwrap_or(lists), signature, signature.features)?)
        }
        Table::Tensors(tensors) => match columns::of_arrays(tensors, signature)? {
            Some((names, rows)) => by_column(&names, &rows, ColumnOrder::Meant, signature)?,
            None => {
                let rows = by_tensor(&columns::by_sample(tensors, signature), signature)?;
                let warnings = match (tensors.as_slice(), signature.inputs.as_slice()) {
                    ([(array, _)], [(input, _)]) if array != input => {
                        vec![Warning::OtherArray { array: array.clone(), input: (*input).to_owned() }]
                    }
                    _ => Vec::new(),
                };
                Arranged { warnings, ..plain(rows) }
            }
        },
    };
    if samples.rows.is_empty() {
        return Err(CalibrationError::Empty);
    }
    Ok(samples)
}

fn by_column(
    names: &[String],
    rows: &[Vec<Cell>],
    order: ColumnOrder,
    signature: &Signature<'_>,
) -> Result<Arranged, CalibrationError> {
    check_lengths(rows, names.len())?;
    let columns::Chosen { positions, names: chosen, warnings } =
        columns::choose(names, rows, order, signature)?;
    let row = |(i, row): (usize, &Vec<Cell>)| {
        let cell = |(feature, &position): (usize, &usize)| match row.get(position) {
            Some(cell) => value(cell, signature, feature, i + 1, names.get(position)),
            None => Err(CalibrationError::RowLength { row: i + 1, expected: names.len(), found: row.len() }),
        };
        positions.iter().enumerate().map(cell).collect()
    };
    let rows = rows.iter().enumerate().map(row).collect::<Result<_, _>>()?;
    Ok(Arranged { rows, names: chosen, warnings })
}

/// Rows of all features in their order; `labels` name the columns in messages.
fn read(
    rows: &[Vec<Cell>],
    signature: &Signature<'_>,
    labels: &[String],
) -> Result<Vec<Vec<f64>>, CalibrationError> {
    check_lengths(rows, signature.features.len())?;
    let row = |(i, row): (usize, &Vec<Cell>)| {
        let cell = |(feature, cell)| value(cell, signature, feature, i + 1, labels.get(feature));
        row.iter().enumerate().map(cell).collect()
    };
    rows.iter().enumerate().map(row).collect()
}

/// What the model takes for a cell of a feature.
fn value(
    cell: &Cell,
    signature: &Signature<'_>,
    feature: usize,
    row: usize,
    column: Option<&String>,
) -> Result<f64, CalibrationError> {
    cell.read(signature.reading(feature)).map_err(|misread| {
        let (column, text) = (column.cloned().unwrap_or_default(), cell.text());
        match misread {
            Misread::NotANumber => CalibrationError::NotANumber { row, column, text },
            Misread::NotFinite => {
                // As Rust writes it, whatever the file says.
                let value = cell.number().map_or(text, |number| number.to_string());
                CalibrationError::NotFinite { row, column, value }
            }
            Misread::NoCategory => {
                let known = signature.categories.get(&feature).map(|categories| categories.names.clone());
                CalibrationError::Category { row, column, text, known: known.unwrap_or_default() }
            }
        }
    })
}

/// Samples of which each input has its elements in one list: the lists cut at the lengths of the inputs.
fn by_position(lists: &[Vec<Cell>], signature: &Signature<'_>) -> Option<Vec<Vec<Cell>>> {
    let samples = |(list, (_, len)): (&Vec<Cell>, &(&str, usize))| match list.len().checked_rem(*len)? {
        0 => list.len().checked_div(*len),
        _ => None,
    };
    let counts = lists.iter().zip(&signature.inputs).map(samples);
    let counts: HashSet<usize> = counts.collect::<Option<_>>()?;
    let count = match counts.iter().copied().collect::<Vec<_>>().as_slice() {
        &[count] if lists.len() == signature.inputs.len() => count,
        _ => return None,
    };
    let of_sample = |sample: usize| {
        let parts = lists.iter().zip(&signature.inputs);
        parts.flat_map(move |(list, (_, len))| list.iter().skip(sample * len).take(*len)).cloned().collect()
    };
    Some((0..count).map(of_sample).collect())
}

fn by_tensor(
    tensors: &[(String, Vec<Vec<Cell>>)],
    signature: &Signature<'_>,
) -> Result<Vec<Vec<f64>>, CalibrationError> {
    // A single array needs no name.
    if let ([(_, rows)], [_]) = (tensors, signature.inputs.as_slice()) {
        return read(rows, signature, signature.features);
    }
    let mut arrays: HashMap<&str, &[Vec<Cell>]> = HashMap::new();
    for (name, rows) in tensors {
        if arrays.insert(name, rows).is_some() {
            return Err(CalibrationError::DuplicateTensor { tensor: name.clone() });
        }
    }
    let known: HashSet<&str> = signature.inputs.iter().map(|(name, _)| *name).collect();
    let missing: Vec<String> = signature
        .inputs
        .iter()
        .filter(|(name, _)| !arrays.contains_key(name))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if !missing.is_empty() {
        return Err(CalibrationError::MissingTensors { tensors: missing });
    }
    let extra: Vec<String> = tensors
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    if !extra.is_empty() {
        return Err(CalibrationError::ExtraTensors { tensors: extra });
    }
    let mut samples: Option<Vec<Vec<Cell>>> = None;
    for &(name, len) in &signature.inputs {
        let Some(&rows) = arrays.get(name) else {
            return Err(CalibrationError::MissingTensors { tensors: vec![name.to_owned()] });
        };
        check_lengths(rows, len)?;
        match &mut samples {
            None => samples = Some(rows.to_vec()),
            Some(samples) if samples.len() != rows.len() => {
                let (expected, found) = (samples.len(), rows.len());
                return Err(CalibrationError::SampleCount { tensor: name.to_owned(), expected, found });
            }
            Some(samples) => {
                samples.iter_mut().zip(rows).for_each(|(sample, row)| sample.extend_from_slice(row));
            }
        }
    }
    read(&samples.ok_or(CalibrationError::Empty)?, signature, signature.features)
}

fn check_lengths<T>(rows: &[Vec<T>], expected: usize) -> Result<(), CalibrationError> {
    match rows.iter().enumerate().find(|(_, row)| row.len() != expected) {
        Some((i, row)) => Err(CalibrationError::RowLength { row: i + 1, expected, found: row.len() }),
        None => Ok(()),
    }
}
