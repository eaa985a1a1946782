//! A table in the order of a model's features: by name wherever there are names, and refused where names contradict.

use std::collections::{HashMap, HashSet};

use super::error::CalibrationError;
use super::table::{Arranged, ColumnOrder, FeatureNames, Signature, Table};
use crate::warning::Warning;

/// Names that pandas gives to the column of its index, when it gives one.
const INDEX_NAMES: [&str; 3] = ["", "Unnamed: 0", "index"];

pub(super) fn arrange(table: &Table, signature: &Signature<'_>) -> Result<Arranged, CalibrationError> {
    let features = || signature.features.to_vec();
    let samples = match table {
        Table::Columns { names, rows, order } => by_column(names, rows, *order, signature)?,
        Table::Headerless(rows) => {
            check_lengths(rows, signature.features.len())?;
            let warnings = vec![Warning::NoHeader { features: features() }];
            Arranged { rows: rows.clone(), names: features(), warnings }
        }
        Table::Rows(rows) => {
            check_lengths(rows, signature.features.len())?;
            Arranged { rows: rows.clone(), names: features(), warnings: Vec::new() }
        }
        Table::Tensors(tensors) => {
            Arranged { rows: by_tensor(tensors, signature)?, names: features(), warnings: Vec::new() }
        }
    };
    if samples.rows.is_empty() {
        return Err(CalibrationError::Empty);
    }
    Ok(samples)
}

fn by_column(
    names: &[String],
    rows: &[Vec<f64>],
    order: ColumnOrder,
    signature: &Signature<'_>,
) -> Result<Arranged, CalibrationError> {
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (position, column) in names.iter().enumerate() {
        if at.insert(column, position).is_some() {
            return Err(CalibrationError::DuplicateColumn { column: column.clone() });
        }
    }
    check_lengths(rows, names.len())?;
    let features = signature.features;
    let known: HashSet<&str> = features.iter().map(String::as_str).collect();

    let mut warnings = Vec::new();
    let mut columns = names;
    if let Some((first, rest)) = names.split_first()
        && rest.len() == features.len()
        && !known.contains(first.as_str())
        && is_index(first, rows)
    {
        warnings.push(Warning::IndexColumn { column: first.clone() });
        columns = rest;
    }
    let skipped = names.len() - columns.len();

    // The columns and the features are the same set: any order will do.
    let positions: Option<Vec<usize>> = features.iter().map(|name| at.get(name.as_str()).copied()).collect();
    if let Some(positions) = positions.filter(|_| columns.len() == features.len()) {
        let pick = |row: &Vec<f64>| positions.iter().map(|&at| row[at]).collect();
        return Ok(Arranged { rows: rows.iter().map(pick).collect(), names: features.to_vec(), warnings });
    }
    // The model does not say what its features are called, and no column claims to know better.
    let strangers = || columns.iter().all(|column| !known.contains(column.as_str()));
    if signature.named == FeatureNames::Derived && order == ColumnOrder::Meant && strangers() {
        if columns.len() != features.len() {
            return Err(CalibrationError::ColumnCount {
                columns: columns.to_vec(),
                expected: features.len(),
            });
        }
        warnings.push(Warning::ColumnsByPosition { columns: columns.to_vec() });
        let rest = |row: &Vec<f64>| row.iter().skip(skipped).copied().collect();
        return Ok(Arranged { rows: rows.iter().map(rest).collect(), names: columns.to_vec(), warnings });
    }
    Err(mismatch(columns, features, &at, &known))
}

/// What is missing, or too much, or both.
fn mismatch(
    columns: &[String],
    features: &[String],
    at: &HashMap<&str, usize>,
    known: &HashSet<&str>,
) -> CalibrationError {
    let missing: Vec<String> =
        features.iter().filter(|name| !at.contains_key(name.as_str())).cloned().collect();
    let extra: Vec<String> = columns.iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
    match (missing.is_empty(), extra.is_empty()) {
        (_, true) => CalibrationError::MissingColumns { columns: missing },
        (true, false) => CalibrationError::ExtraColumns { columns: extra, features: features.to_vec() },
        (false, false) => {
            CalibrationError::OtherColumns { columns: columns.to_vec(), features: features.to_vec() }
        }
    }
}

/// Whether a first column counts the rows: it has no name of its own, and its values follow each other.
fn is_index(name: &str, rows: &[Vec<f64>]) -> bool {
    let mut values = rows.iter().filter_map(|row| row.first().copied());
    let Some(first) = values.next().filter(|first| first.fract() == 0.0) else { return false };
    let follows = values.zip(1u32..).all(|(value, step)| value == first + f64::from(step));
    INDEX_NAMES.contains(&name) && follows
}

fn by_tensor(
    tensors: &[(String, Vec<Vec<f64>>)],
    signature: &Signature<'_>,
) -> Result<Vec<Vec<f64>>, CalibrationError> {
    // A single array needs no name.
    if let ([(_, rows)], [(_, len)]) = (tensors, signature.inputs.as_slice()) {
        check_lengths(rows, *len)?;
        return Ok(rows.clone());
    }
    let mut arrays: HashMap<&str, &[Vec<f64>]> = HashMap::new();
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
    let mut samples: Option<Vec<Vec<f64>>> = None;
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
    samples.ok_or(CalibrationError::Empty)
}

fn check_lengths(rows: &[Vec<f64>], expected: usize) -> Result<(), CalibrationError> {
    match rows.iter().enumerate().find(|(_, row)| row.len() != expected) {
        Some((i, row)) => Err(CalibrationError::RowLength { row: i + 1, expected, found: row.len() }),
        None => Ok(()),
    }
}
