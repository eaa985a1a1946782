//! Which columns of a table are a model's features, and what becomes of the others.
//!
//! Names decide. Columns that a model with names of its own does not know are left out, and that is said. Where a model
//! does not name its features, the order of the columns counts, so what is no feature has to be found: the index that
//! pandas writes, text where the model takes numbers, and then columns that are called as targets are.

use std::collections::{HashMap, HashSet};

use super::cell::{Cell, Reading};
use super::error::CalibrationError;
use super::table::{ColumnOrder, FeatureNames, Signature};
use crate::warning::Warning;

/// Names that pandas gives to the column of its index, when it gives one.
const INDEX_NAMES: [&str; 3] = ["", "Unnamed: 0", "index"];
/// What the column of a target is called, in whatever case.
const TARGET_NAMES: [&str; 9] =
    ["target", "label", "labels", "y", "class", "outcome", "response", "prediction", "score"];

/// The columns that are features.
pub(super) struct Chosen {
    /// Position of each feature's column.
    pub positions: Vec<usize>,
    /// Names of the features.
    pub names: Vec<String>,
    pub warnings: Vec<Warning>,
}

/// The columns of a model's features.
pub(super) fn choose(
    names: &[String],
    rows: &[Vec<Cell>],
    order: ColumnOrder,
    signature: &Signature<'_>,
) -> Result<Chosen, CalibrationError> {
    let features = signature.features;
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (position, column) in names.iter().enumerate() {
        if at.insert(column, position).is_some() {
            return Err(CalibrationError::DuplicateColumn { column: column.clone() });
        }
    }
    let known: HashSet<&str> = features.iter().map(String::as_str).collect();
    let is_known = |column: &String| known.contains(column.as_str());
    let mut warnings = Vec::new();
    let mut columns: Vec<usize> = (0..names.len()).collect();
    if let Some(first) = names.first()
        && names.len() > features.len()
        && !is_known(first)
        && is_index(first, rows)
    {
        warnings.push(Warning::IndexColumn { column: first.clone() });
        columns.remove(0);
    }
    let named =
        |columns: &[usize]| columns.iter().filter_map(|&at| names.get(at).cloned()).collect::<Vec<_>>();

    // Every feature has a column of its name: any order will do, and what else is there is no feature.
    let positions: Option<Vec<usize>> = features.iter().map(|name| at.get(name.as_str()).copied()).collect();
    let positions = positions.or_else(|| spelled(names, features));
    if let Some(positions) = positions {
        let others: Vec<usize> = columns.into_iter().filter(|column| !positions.contains(column)).collect();
        if !others.is_empty() {
            warnings.push(Warning::IgnoredColumns { columns: named(&others) });
        }
        return Ok(Chosen { positions, names: features.to_vec(), warnings });
    }
    // The model does not say what its features are called, and no column claims to know better.
    let are_strangers = named(&columns).iter().all(|column| !is_known(column));
    if signature.named == FeatureNames::Derived && order == ColumnOrder::Meant && are_strangers {
        let others = others(&columns, names, rows, signature);
        columns.retain(|column| !others.contains(column));
        if columns.len() != features.len() {
            return Err(CalibrationError::ColumnCount { columns: named(&columns), expected: features.len() });
        }
        if !others.is_empty() {
            warnings.push(Warning::IgnoredColumns { columns: named(&others) });
        }
        let names = named(&columns);
        warnings.push(Warning::ColumnsByPosition { columns: names.clone() });
        return Ok(Chosen { positions: columns, names, warnings });
    }
    Err(mismatch(&named(&columns), features, &at, &known))
}

/// The columns that are called as the features are but for the signs between letters and numbers, `x_0` or `x.0` for `x[0]`, where there is
/// one for each.
fn spelled(names: &[String], features: &[String]) -> Option<Vec<usize>> {
    let mut at: HashMap<String, usize> = HashMap::new();
    for (position, name) in names.iter().enumerate() {
        at.insert(words(name), position).is_none().then_some(())?;
    }
    let mut seen = HashSet::new();
    let of = |name: &String| at.get(&words(name)).copied().filter(|&position| seen.insert(position));
    features.iter().map(of).collect()
}

/// Letters and numbers of a name.
fn words(name: &str) -> String {
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Columns that are no feature of a model that does not name any; none where that leaves another number of columns than
/// the model takes.
fn others(columns: &[usize], names: &[String], rows: &[Vec<Cell>], signature: &Signature<'_>) -> Vec<usize> {
    let Some(surplus) = columns.len().checked_sub(signature.features.len()) else { return Vec::new() };
    // Where text is a feature, any column of text may be one.
    let takes_text = (0..signature.features.len())
        .any(|feature| matches!(signature.reading(feature), Reading::Category(_)));
    let is_text = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column));
        cells.any(|cell| cell.number().is_none() && !cell.is_missing())
    };
    let is_target = |column: usize| {
        let name = names.get(column).map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        TARGET_NAMES.contains(&name.as_str())
    };
    let of = |is: &dyn Fn(usize) -> bool| -> Vec<usize> {
        columns.iter().copied().filter(|&column| is(column)).collect()
    };
    let candidates = match takes_text {
        true => vec![of(&is_target)],
        false => vec![of(&is_text), of(&|column| is_text(column) || is_target(column)), of(&is_target)],
    };
    candidates.into_iter().find(|candidate| candidate.len() == surplus).unwrap_or_default()
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
    let is_some_known = columns.iter().any(|name| known.contains(name.as_str()));
    match is_some_known && columns.iter().all(|name| known.contains(name.as_str())) {
        true => CalibrationError::MissingColumns { columns: missing },
        false => CalibrationError::OtherColumns { columns: columns.to_vec(), features: features.to_vec() },
    }
}

/// Whether a first column counts the rows: it has no name of its own, and its values follow each other.
fn is_index(name: &str, rows: &[Vec<Cell>]) -> bool {
    let mut values = rows.iter().map(|row| row.first().and_then(Cell::number));
    let Some(Some(first)) = values.next().filter(|first| first.is_some_and(|first| first.fract() == 0.0))
    else {
        return false;
    };
    let follows = values.zip(1u32..).all(|(value, step)| value == Some(first + f64::from(step)));
    INDEX_NAMES.contains(&name) && follows
}

/// Arrays by name, where a list for an input of one element is that element of each sample.
pub(super) fn by_sample(
    arrays: &[(String, Vec<Vec<Cell>>)],
    signature: &Signature<'_>,
) -> Vec<(String, Vec<Vec<Cell>>)> {
    let is_column = |name: &String| match (signature.inputs.as_slice(), arrays) {
        // A single array needs no name.
        ([(_, len)], [_]) => *len == 1,
        (inputs, _) => inputs.iter().any(|(input, len)| input == name && *len == 1),
    };
    let of = |(name, rows): &(String, Vec<Vec<Cell>>)| match rows.as_slice() {
        [list] if is_column(name) => (name.clone(), list.iter().map(|cell| vec![cell.clone()]).collect()),
        _ => (name.clone(), rows.clone()),
    };
    arrays.iter().map(of).collect()
}

/// Names of columns, and rows of them.
type Columns = (Vec<String>, Vec<Vec<Cell>>);

/// Arrays by name that are columns: each is one list, or has a value a row, and they are not called as the inputs are.
///
/// # Errors
/// All are called as features are, and their lengths differ.
pub(super) fn of_arrays(
    arrays: &[(String, Vec<Vec<Cell>>)],
    signature: &Signature<'_>,
) -> Result<Option<Columns>, CalibrationError> {
    let is_feature = |name: &String| signature.features.contains(name);
    let is_input = |name: &String| signature.inputs.iter().any(|(input, _)| input == name);
    let column = |(_, rows): &(String, Vec<Vec<Cell>>)| match rows.as_slice() {
        [list] => Some(list.clone()),
        rows => rows.iter().map(|row| <[Cell; 1]>::try_from(row.clone()).ok().map(|[cell]| cell)).collect(),
    };
    let names: Vec<String> = arrays.iter().map(|(name, _)| name.clone()).collect();
    let is_tensor = match names.as_slice() {
        // A single array needs no name.
        [name] => is_input(name) || !is_feature(name),
        names => names.iter().all(is_input) || (names.iter().any(is_input) && !names.iter().any(is_feature)),
    };
    let columns = arrays.iter().map(column).collect::<Option<Vec<Vec<Cell>>>>();
    let Some(columns) = columns.filter(|_| !is_tensor) else { return Ok(None) };
    let count = columns.first().map_or(0, Vec::len);
    match names.iter().zip(&columns).find(|(_, column)| column.len() != count) {
        Some((name, column)) if names.iter().all(is_feature) => {
            let (tensor, found) = (name.clone(), column.len());
            return Err(CalibrationError::SampleCount { tensor, expected: count, found });
        }
        Some(_) => return Ok(None),
        None => {}
    }
    let row = |at: usize| columns.iter().filter_map(|column| column.get(at).cloned()).collect();
    Ok(Some((names, (0..count).map(row).collect())))
}
