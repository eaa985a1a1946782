//! CSV, with a header or without.
//!
//! The first row is a header unless it reads as a sample: all its cells are numbers, or one is a number that nobody
//! names a column after (with a point, a sign or an exponent). Numbers that count the columns from 0 on are the names
//! that pandas gives to columns without any. So no sample is lost in silence, and no header becomes one. Where the first
//! row is a sample, a comment right above it that names as many columns is the header: `np.savetxt` writes it so.
//!
//! Where a comma does not separate cells, it may be the decimal sign: see [`decimal_comma`].
//!
//! The `csv` crate splits; it guesses neither a separator nor a header. `csv-sniffer` 0.1 does, and of the 17 forms in
//! `tests/suite/tables.rs` takes five for what they are not: blanks behind commas, `np.savetxt`, a single sample, a single
//! column, truth values. A megabyte of quotes, or in one line, makes it panic.

use std::borrow::Cow;
use std::collections::HashSet;

use csv::StringRecord;

use super::cell::Cell;
use super::error::CalibrationError;
use super::table::{ColumnOrder, Table};

/// What may separate cells. A file that has one of the first outside its names uses it.
const SEPARATORS: [u8; 4] = [b';', b'\t', b',', b' '];
/// Columns from which on `0,1,2` counts them; two of them, 0 and 1, may well be a sample.
const LEAST_COUNTED: usize = 3;
/// Digits between the signs that group thousands.
const GROUP: usize = 3;

pub(super) fn read(bytes: &[u8]) -> Result<Table, CalibrationError> {
    let error = |error: csv::Error| CalibrationError::Csv(error.to_string());
    let text = utf8(bytes)?;
    let bytes = text.as_bytes();
    let separator = separator(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .delimiter(separator)
        .from_reader(bytes);
    let mut records = reader.records();
    let Some(first) = records.next().transpose().map_err(error)? else {
        return Err(CalibrationError::Empty);
    };
    // With a decimal comma the first row may be a sample that looks like none yet.
    let is_decimal_row = separator != b',' && first.iter().any(is_decimal);
    let has_header = !is_sample(&first) && !is_decimal_row;
    let names: Option<Vec<String>> = match has_header {
        true => Some(first.iter().map(str::to_owned).collect()),
        false => commented_names(bytes, separator, first.len()),
    };
    let expected = first.len();
    let mut rows = Vec::new();
    let samples = std::iter::once(Ok(first)).skip(usize::from(has_header)).chain(records);
    for (row, record) in (1..).zip(samples) {
        let record = record.map_err(error)?;
        let found = record.len();
        if found != expected {
            return Err(CalibrationError::RowLength { row, expected, found });
        }
        rows.push(record.iter().map(Cell::of_text).collect());
    }
    if separator != b',' && decimal_comma(&rows) {
        rows.iter_mut().flatten().for_each(with_point);
    }
    match names {
        _ if rows.is_empty() => Err(CalibrationError::Empty),
        Some(names) => Ok(Table::Columns { names, rows, order: ColumnOrder::Meant }),
        None => Ok(Table::Headerless(rows)),
    }
}

/// The text of a file without the byte order mark that spreadsheets put in front of it.
fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, CalibrationError> {
    let wrong = |what: &str| CalibrationError::Csv(what.to_owned());
    let utf16 = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes.as_chunks();
        let text: Result<String, _> = char::decode_utf16(units.iter().copied().map(of)).collect();
        text.ok().filter(|_| rest.is_empty()).ok_or_else(|| wrong("it is damaged UTF-16: save it as UTF-8"))
    };
    match bytes {
        [b'P', b'K', 3, 4, ..] => Err(wrong("it is an archive, as spreadsheets are: save the sheet as CSV")),
        [b'P', b'A', b'R', b'1', ..] => Err(wrong("it is a Parquet file: save the table as CSV")),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::from),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::from),
        bytes => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let line = |to: usize| 1 + bytes.iter().take(to).filter(|&&byte| byte == b'\n').count();
            std::str::from_utf8(bytes).map(Cow::from).map_err(|error| {
                wrong(&format!("line {} is not UTF-8: save the table as UTF-8", line(error.valid_up_to())))
            })
        }
    }
}

/// The first line that is no comment, and the comment right above it.
fn first_line(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut comment = None;
    for line in bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        match line.strip_prefix(b"#") {
            Some(text) => comment = Some(text),
            None => return (line, comment),
        }
    }
    (&[], comment)
}

/// The separator of the first line that is no comment.
fn separator(bytes: &[u8]) -> u8 {
    let mut quoted = false;
    let outside: Vec<u8> = first_line(bytes)
        .0
        .iter()
        .copied()
        .filter(|&byte| {
            quoted ^= byte == b'"';
            !quoted
        })
        .collect();
    SEPARATORS.into_iter().find(|separator| outside.contains(separator)).unwrap_or(b',')
}

/// Names in the comment above the first row, as many as it has cells.
fn commented_names(bytes: &[u8], separator: u8, columns: usize) -> Option<Vec<String>> {
    let comment = std::str::from_utf8(first_line(bytes).1?).ok()?;
    let names: Vec<String> =
        comment.trim().split(char::from(separator)).map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| !name.is_empty() && name.parse::<f64>().is_err();
    let distinct: HashSet<&String> = names.iter().collect();
    (names.len() == columns && distinct.len() == columns && names.iter().all(is_name)).then_some(names)
}

/// Whether the commas in the cells are decimal signs: no number has a point, and one of them cannot be a sign between
/// thousands, as the digits behind it are not three, or nothing or a zero stands in front. `1,234` alone says nothing.
fn decimal_comma(rows: &[Vec<Cell>]) -> bool {
    let has_point = |cell: &Cell| match cell {
        Cell::Number(number) => number.fract() != 0.0,
        Cell::Written(text) => text.contains('.'),
        Cell::Text(_) => false,
    };
    let tells = |cell: &Cell| {
        let Cell::Text(text) = cell else { return false };
        let Some((whole, fraction)) = text.split_once(',') else { return false };
        let whole = whole.trim_start_matches(['+', '-']);
        is_decimal(text)
            && (fraction.len() != GROUP || whole.len() > GROUP || whole.is_empty() || whole == "0")
    };
    !rows.iter().flatten().any(has_point) && rows.iter().flatten().any(tells)
}

/// A number with a comma as the number that it is.
fn with_point(cell: &mut Cell) {
    if let Cell::Text(text) = cell
        && is_decimal(text)
    {
        *cell = Cell::of_text(&text.replace(',', "."));
    }
}

/// Whether a text is a number with one comma in the place of the point.
fn is_decimal(text: &str) -> bool {
    text.matches(',').count() == 1 && text.replace(',', ".").parse::<f64>().is_ok()
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
