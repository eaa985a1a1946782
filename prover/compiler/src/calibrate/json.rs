//! JSON samples: one document, or one a line. Numbers are read to the last bit (`serde_json` with `float_roundtrip`).

use serde::de::{Deserialize, MapAccess, Visitor};
use serde_json::{Deserializer, Map, Value};

use super::cell::Cell;
use super::error::CalibrationError;
use super::table::{ColumnOrder, Table};

pub(super) fn read(bytes: &[u8]) -> Result<Table, CalibrationError> {
    let error = |error: serde_json::Error| CalibrationError::Json(error.to_string());
    let mut documents: Vec<Value> =
        Deserializer::from_slice(bytes).into_iter().collect::<Result<_, _>>().map_err(error)?;
    let value = match (documents.pop(), documents.is_empty()) {
        (None, _) => return Err(CalibrationError::Empty),
        (Some(only), true) => only,
        (Some(last), false) => {
            documents.push(last);
            Value::Array(documents)
        }
    };
    match &value {
        Value::Array(rows) if rows.is_empty() => Err(CalibrationError::Empty),
        Value::Array(rows) if rows.iter().all(Value::is_object) => objects(rows),
        Value::Array(rows) => arrays(rows, "document").map(in_order),
        Value::Object(object) => by_key(object, bytes),
        _ => Err(form("document", "an array or an object")),
    }
}

/// One object: a frame of pandas, lists of ezkl, or below `inputs` or at the top a sample or arrays by name.
fn by_key(object: &Map<String, Value>, bytes: &[u8]) -> Result<Table, CalibrationError> {
    let error = |error: serde_json::Error| CalibrationError::Json(error.to_string());
    if let (Some(Value::Array(columns)), Some(Value::Array(rows))) =
        (object.get("columns"), object.get("data"))
    {
        let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let names = columns.iter().map(name).collect();
        return Ok(Table::Columns { names, rows: arrays(rows, "data")?, order: ColumnOrder::Meant });
    }
    if let Some(Value::Array(lists)) = object.get("input_data") {
        return Ok(Table::Inputs(arrays(lists, "input_data")?));
    }
    // The order of rows is that of the file, which a map of keys does not keep.
    match object.get("inputs") {
        Some(Value::Object(inputs)) if is_frame(inputs) => {
            let below: Inputs = serde_json::from_slice(bytes).map_err(error)?;
            frame(&below.inputs)
        }
        None if is_frame(object) => frame(&serde_json::from_slice(bytes).map_err(error)?),
        Some(Value::Object(inputs)) => object_of(inputs),
        Some(Value::Array(rows)) => arrays(rows, "inputs").map(in_order),
        _ => object_of(object),
    }
}

/// Rows in the model's own order.
fn in_order(rows: Vec<Vec<Cell>>) -> Table {
    let number = |cell: &Cell| match cell {
        Cell::Number(number) => Some(*number),
        Cell::Written(_) | Cell::Text(_) => None,
    };
    let numbers = rows.iter().map(|row| row.iter().map(number).collect()).collect::<Option<_>>();
    numbers.map_or(Table::Mixed(rows), Table::Rows)
}

/// One object: a sample by feature where its values are no arrays, and arrays by name else.
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

/// Entries of an object, in the order of the file.
struct Entries<T>(Vec<(String, T)>);

/// Samples below `inputs`.
#[derive(serde::Deserialize)]
struct Inputs {
    inputs: Entries<Entries<Value>>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}

/// Whether an object holds columns as objects of values by row.
fn is_frame(object: &Map<String, Value>) -> bool {
    !object.is_empty() && object.values().all(Value::is_object)
}

/// Columns as objects of values by row, as `DataFrame.to_json` writes them.
fn frame(Entries(columns): &Entries<Entries<Value>>) -> Result<Table, CalibrationError> {
    let rows =
        |Entries(values): &Entries<Value>| values.iter().map(|(row, _)| row.clone()).collect::<Vec<_>>();
    let of_first = columns.first().map(|(_, values)| rows(values)).unwrap_or_default();
    let column = |(name, values): &(String, Entries<Value>)| {
        let cells = values.0.iter().map(|(_, value)| cell(value).map(|cell| vec![cell]));
        let cells = cells.collect::<Option<Vec<_>>>().ok_or_else(|| form(name, "a value for each row"))?;
        if rows(values) != of_first {
            return Err(form(name, "the same rows as in the other columns, in the same order"));
        }
        Ok((name.clone(), cells))
    };
    columns.iter().map(column).collect::<Result<_, _>>().map(Table::Tensors)
}

/// Objects with the same keys, each a sample.
fn objects(rows: &[Value]) -> Result<Table, CalibrationError> {
    let mut samples: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
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
        let cells = object.iter().map(|(name, value)| {
            cell(value).ok_or_else(|| form(&format!("sample {row}, '{name}'"), "a number or text"))
        });
        samples.push(cells.collect::<Result<_, _>>()?);
    }
    Ok(Table::Columns { names, rows: samples, order: ColumnOrder::Arbitrary })
}

/// Samples as arrays; a nested sample is flattened in row-major order. An array of plain values is one sample.
fn arrays(rows: &[Value], at: &str) -> Result<Vec<Vec<Cell>>, CalibrationError> {
    if rows.is_empty() {
        return Err(CalibrationError::Empty);
    }
    if !rows.iter().any(Value::is_array) {
        let cells = rows
            .iter()
            .enumerate()
            .map(|(i, value)| cell(value).ok_or_else(|| form(&format!("{at}[{i}]"), "a number or text")));
        return Ok(vec![cells.collect::<Result<_, _>>()?]);
    }
    let mut samples = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        if !row.is_array() {
            return Err(form(&format!("{at}[{i}]"), "an array"));
        }
        let mut sample = Vec::new();
        flatten(row, &format!("{at}[{i}]"), &mut sample)?;
        samples.push(sample);
    }
    Ok(samples)
}

fn flatten(value: &Value, at: &str, sample: &mut Vec<Cell>) -> Result<(), CalibrationError> {
    match value {
        Value::Array(elements) => elements.iter().try_for_each(|element| flatten(element, at, sample)),
        other => {
            sample.push(cell(other).ok_or_else(|| form(at, "numbers or text"))?);
            Ok(())
        }
    }
}

/// A number, a truth value, text, or nothing.
fn cell(value: &Value) -> Option<Cell> {
    match value {
        Value::Number(number) => number.as_f64().map(Cell::Number),
        Value::Bool(truth) => Some(Cell::Number(f64::from(u8::from(*truth)))),
        Value::String(text) => Some(Cell::Text(text.as_str().into())),
        Value::Null => Some(Cell::Text("null".into())),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn form(at: &str, expected: &'static str) -> CalibrationError {
    CalibrationError::JsonForm { at: at.to_owned(), expected }
}
