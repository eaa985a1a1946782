//! CSV with a header.

use super::{CalibrationError, ColumnOrder, Table, finite};

pub(super) fn read(bytes: &[u8]) -> Result<Table, CalibrationError> {
    let error = |error: csv::Error| CalibrationError::Csv(error.to_string());
    // Spreadsheets put a byte order mark in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let names: Vec<String> = reader.headers().map_err(error)?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let (record, row) = (record.map_err(error)?, i + 1);
        if record.len() != names.len() {
            return Err(CalibrationError::RowLength { row, expected: names.len(), found: record.len() });
        }
        let cells = record.iter().zip(&names).map(|(text, name)| {
            let number = text.parse::<f64>().map_err(|_| CalibrationError::NotANumber {
                row,
                column: name.clone(),
                text: text.to_owned(),
            })?;
            finite(number, row, || name.clone())
        });
        rows.push(cells.collect::<Result<_, _>>()?);
    }
    if rows.is_empty() {
        return Err(CalibrationError::Empty);
    }
    Ok(Table::Columns { names, rows, order: ColumnOrder::Meant })
}
