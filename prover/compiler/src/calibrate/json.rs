//! JSON samples. Numbers are read to the last bit (`serde_json` with `float_roundtrip`).

use serde_json::Value;

use super::error::CalibrationError;
use super::table::{ColumnOrder, Table, finite};

pub(super) fn read(bytes: &[u8]) -> Result<Table, CalibrationError> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| CalibrationError::Json(error.to_string()))?;
    match &value {
        Value::Array(rows) if rows.is_empty() => Err(CalibrationError::Empty),
        Value::Array(rows) if rows.iter().all(Value::is_object) => objects(rows),
        Value::Array(rows) => Ok(Table::Rows(arrays(rows, "document")?)),
        Value::Object(object) => match object.get("inputs") {
            Some(inputs @ Value::Object(_)) => object_of(inputs),
            Some(Value::Array(rows)) => Ok(Table::Rows(arrays(rows, "inputs")?)),
            _ => object_of(&value),
        },
        _ => Err(form("document", "an array or an object")),
    }
}

/// One object: a sample by feature where its values are numbers, arrays by tensor else.
fn object_of(whole: &Value) -> Result<Table, CalibrationError> {
    let Some(object) = whole.as_object().filter(|object| !object.is_empty()) else {
        return Err(CalibrationError::Empty);
    };
    if !object.values().any(Value::is_array) {
        return objects(std::slice::from_ref(whole));
    }
    let tensors = object.iter().map(|(name, value)| match value {
        Value::Array(rows) => arrays(rows, name).map(|rows| (name.clone(), rows)),
        _ => Err(form(name, "an array of samples")),
    });
    tensors.collect::<Result<_, _>>().map(Table::Tensors)
}

/// Objects with the same keys, each a sample.
fn objects(rows: &[Value]) -> Result<Table, CalibrationError> {
    let mut samples: Vec<Vec<f64>> = Vec::with_capacity(rows.len());
    let mut names: Vec<String> = Vec::new();
    for (i, value) in rows.iter().enumerate() {
        let row = i + 1;
        let object = value.as_object().ok_or_else(|| form(&format!("sample {row}"), "an object"))?;
        if i == 0 {
            names = object.keys().cloned().collect();
        }
        // Both in ascending order.
        if !object.keys().eq(&names) {
            let of_first = names.iter().filter(|name| !object.contains_key(*name));
            let of_this = object.keys().filter(|name| names.binary_search(name).is_err());
            return Err(CalibrationError::Keys { row, keys: of_first.chain(of_this).cloned().collect() });
        }
        let cells = object.iter().map(|(name, value)| number(value, row, || name.clone()));
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
    let truth = value.as_bool().map(|truth| f64::from(u8::from(truth)));
    match value.as_f64().or(truth) {
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
