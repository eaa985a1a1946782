//! JSON samples.

use serde_json::{Map, Value};

use super::{CalibrationError, ColumnOrder, Table, finite};

pub(super) fn read(bytes: &[u8]) -> Result<Table, CalibrationError> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| CalibrationError::Json(error.to_string()))?;
    match &value {
        Value::Array(rows) if rows.is_empty() => Err(CalibrationError::Empty),
        Value::Array(rows) if rows.iter().all(Value::is_object) => objects(rows),
        Value::Array(rows) => Ok(Table::Rows(arrays(rows, "document")?)),
        Value::Object(object) => match object.get("inputs") {
            Some(Value::Object(inputs)) => object_of(inputs),
            Some(Value::Array(rows)) => Ok(Table::Rows(arrays(rows, "inputs")?)),
            _ => object_of(object),
        },
        _ => Err(form("document", "an array or an object")),
    }
}

/// One object: a sample by feature where its values are numbers, arrays by tensor else.
fn object_of(object: &Map<String, Value>) -> Result<Table, CalibrationError> {
    if object.is_empty() {
        return Err(CalibrationError::Empty);
    }
    if !object.values().any(Value::is_array) {
        return objects(&[Value::Object(object.clone())]);
    }
    let tensors = object.iter().map(|(name, value)| match value {
        Value::Array(rows) => arrays(rows, name).map(|rows| (name.clone(), rows)),
        _ => Err(form(name, "an array of samples")),
    });
    tensors.collect::<Result<_, _>>().map(Table::Tensors)
}

fn objects(rows: &[Value]) -> Result<Table, CalibrationError> {
    let names: Vec<String> = rows
        .first()
        .and_then(Value::as_object)
        .map(|first| first.keys().cloned().collect())
        .unwrap_or_default();
    let mut samples = Vec::with_capacity(rows.len());
    for (i, value) in rows.iter().enumerate() {
        let row = i + 1;
        let object = value.as_object().ok_or_else(|| form(&format!("sample {row}"), "an object"))?;
        let missing: Vec<String> = names.iter().filter(|name| !object.contains_key(*name)).cloned().collect();
        if !missing.is_empty() {
            return Err(CalibrationError::MissingColumns { columns: missing });
        }
        let extra: Vec<String> = object.keys().filter(|name| !names.contains(name)).cloned().collect();
        if !extra.is_empty() {
            return Err(CalibrationError::ExtraColumns { columns: extra });
        }
        let cells =
            names.iter().map(|name| number(object.get(name).unwrap_or(&Value::Null), row, || name.clone()));
        samples.push(cells.collect::<Result<_, _>>()?);
    }
    Ok(Table::Columns { names, rows: samples, order: ColumnOrder::Arbitrary })
}

/// Samples as arrays; a nested sample is flattened in row-major order. An array of plain numbers is one sample.
fn arrays(rows: &[Value], at: &str) -> Result<Vec<Vec<f64>>, CalibrationError> {
    if rows.is_empty() {
        return Err(CalibrationError::Empty);
    }
    if !rows.iter().any(Value::is_array) {
        let cells = rows.iter().enumerate().map(|(i, value)| number(value, 1, || format!("{at}[{i}]")));
        return Ok(vec![cells.collect::<Result<_, _>>()?]);
    }
    let mut samples = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        if !row.is_array() {
            return Err(form(&format!("{at}[{i}]"), "an array"));
        }
        let mut sample = Vec::new();
        flatten(row, i + 1, at, &mut sample)?;
        samples.push(sample);
    }
    Ok(samples)
}

fn flatten(value: &Value, row: usize, at: &str, sample: &mut Vec<f64>) -> Result<(), CalibrationError> {
    match value {
        Value::Array(elements) => elements.iter().try_for_each(|element| flatten(element, row, at, sample)),
        other => {
            let position = sample.len();
            sample.push(number(other, row, || format!("{at}[{position}]"))?);
            Ok(())
        }
    }
}

fn number(value: &Value, row: usize, column: impl Fn() -> String) -> Result<f64, CalibrationError> {
    match value.as_f64() {
        Some(number) => finite(number, row, column),
        None => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Err(CalibrationError::NotANumber { row, column: column(), text })
        }
    }
}

fn form(at: &str, expected: &'static str) -> CalibrationError {
    CalibrationError::JsonForm { at: at.to_owned(), expected }
}
