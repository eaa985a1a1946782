//! CSV, with a header or without.
//!
//! The first row is a header unless it reads as a sample: all its cells are numbers, or one is a number that nobody
//! names a column after (with a point, a sign or an exponent). Numbers that count the columns from 0 on are the names
//! that pandas gives to columns without any. So no sample is lost in silence, and no header becomes one.
//!
//! The `csv` crate splits; it guesses neither a separator nor a header. `csv-sniffer` 0.1 does, and of the 17 forms in
//! `tests/suite/tables.rs` takes five for what they are not: blanks behind commas, `np.savetxt`, a single sample, a single
//! column, truth values. A megabyte of quotes, or in one line, makes it panic.

use csv::StringRecord;

use super::error::CalibrationError;
use super::table::{ColumnOrder, Table, finite};

/// What may separate cells. A file that has one of the first outside its names uses it.
const SEPARATORS: [u8; 4] = [b';', b'\t', b',', b' '];
/// Columns from which on `0,1,2` counts them; two of them, 0 and 1, may well be a sample.
const LEAST_COUNTED: usize = 3;

pub(super) fn read(bytes: &[u8]) -> Result<Table, CalibrationError> {
    let error = |error: csv::Error| CalibrationError::Csv(error.to_string());
    // Spreadsheets put a byte order mark in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .delimiter(separator(bytes))
        .from_reader(bytes);
    let mut records = reader.records();
    let Some(first) = records.next().transpose().map_err(error)? else {
        return Err(CalibrationError::Empty);
    };
    let has_header = !is_sample(&first);
    let names: Vec<String> = match has_header {
        true => first.iter().map(str::to_owned).collect(),
        false => (1..=first.len()).map(|position| position.to_string()).collect(),
    };
    let mut rows = Vec::new();
    let samples = std::iter::once(Ok(first)).skip(usize::from(has_header)).chain(records);
    for (row, record) in (1..).zip(samples) {
        rows.push(cells(&record.map_err(error)?, row, &names)?);
    }
    match (rows.is_empty(), has_header) {
        (true, _) => Err(CalibrationError::Empty),
        (false, true) => Ok(Table::Columns { names, rows, order: ColumnOrder::Meant }),
        (false, false) => Ok(Table::Headerless(rows)),
    }
}

fn cells(record: &StringRecord, row: usize, names: &[String]) -> Result<Vec<f64>, CalibrationError> {
    let (expected, found) = (names.len(), record.len());
    if found != expected {
        return Err(CalibrationError::RowLength { row, expected, found });
    }
    let cell = |(text, name): (&str, &String)| match number(text) {
        Some(number) => finite(number, row, || name.clone()),
        None => Err(CalibrationError::NotANumber { row, column: name.clone(), text: text.to_owned() }),
    };
    record.iter().zip(names).map(cell).collect()
}

/// A number, or a truth value as NumPy and pandas write it.
fn number(text: &str) -> Option<f64> {
    match text {
        "True" | "true" => Some(1.0),
        "False" | "false" => Some(0.0),
        _ => text.parse().ok(),
    }
}

/// The separator of the first line that is no comment.
fn separator(bytes: &[u8]) -> u8 {
    let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default();
    let mut quoted = false;
    let outside: Vec<u8> = line
        .iter()
        .copied()
        .filter(|&byte| {
            quoted ^= byte == b'"';
            !quoted
        })
        .collect();
    SEPARATORS.into_iter().find(|separator| outside.contains(separator)).unwrap_or(b',')
}

/// Whether the first row reads as numbers and not as names.
fn is_sample(row: &StringRecord) -> bool {
    let counts = row.len() >= LEAST_COUNTED && row.iter().zip(0u32..).all(|(text, i)| text == i.to_string());
    let all = row.iter().all(|text| text.parse::<f64>().is_ok());
    let is_value = |text: &str| {
        text.parse::<f64>().is_ok_and(f64::is_finite) && text.contains(['.', '-', '+', 'e', 'E'])
    };
    !counts && (all || row.iter().any(is_value))
}
