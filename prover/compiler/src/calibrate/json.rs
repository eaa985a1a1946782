//! JSON samples: one document, or one a line. Numbers are read to the last bit (`serde_json` with `float_roundtrip`).

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::de::{Deserialize, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;

use super::cell::Cell;
use super::error::CalibrationError;
use super::table::{ColumnOrder, Table};

/// A value, the entries of an object in the order of the file.
enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(Box<str>),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

pub(super) fn read(bytes: &[u8]) -> Result<Table, CalibrationError> {
    let error = |error: serde_json::Error| CalibrationError::Json(error.to_string());
    let json = as_json(bytes);
    let bytes = &*json;
    let mut documents: Vec<Json> =
        Deserializer::from_slice(bytes).into_iter().collect::<Result<_, _>>().map_err(error)?;
    let value = match (documents.pop(), documents.is_empty()) {
        (None, _) => return Err(CalibrationError::Empty),
        (Some(only), true) => only,
        (Some(last), false) => {
            documents.push(last);
            Json::Array(documents)
        }
    };
    match &value {
        Json::Array(rows) if rows.is_empty() => Err(CalibrationError::Empty),
        Json::Array(rows) => match rows.iter().map(Json::object).collect::<Option<Vec<_>>>() {
            Some(objects) => of_objects(&objects),
            None => arrays(rows, "document").map(in_order),
        },
        Json::Object(object) => by_key(object),
        _ => Err(form("document", "an array or an object")),
    }
}

/// What Python writes for numbers that JSON does not have, as JSON: `NaN` as `null`, infinities as text.
fn as_json(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [(&[u8], &[u8]); 3] =
        [(b"NaN", b"null"), (b"-Infinity", br#""-Infinity""#), (b"Infinity", br#""Infinity""#)];
    if !bytes.windows(3).any(|word| word == b"NaN" || word == b"Inf") {
        return bytes.into();
    }
    let mut out = Vec::with_capacity(bytes.len());
    let (mut rest, mut is_text) = (bytes, false);
    while let Some((&byte, after)) = rest.split_first() {
        let word = WORDS.into_iter().find_map(|(word, json)| Some((json, rest.strip_prefix(word)?)));
        match (byte, word, after.split_first()) {
            (_, Some((json, after)), _) if !is_text => {
                out.extend_from_slice(json);
                rest = after;
                continue;
            }
            (b'\\', _, Some((&escaped, after))) if is_text => {
                out.extend([byte, escaped]);
                rest = after;
                continue;
            }
            (b'"', ..) => is_text = !is_text,
            _ => {}
        }
        out.push(byte);
        rest = after;
    }
    out.into()
}

/// One object: a frame of pandas, lists of ezkl, or below `inputs` or at the top a sample or arrays by name.
fn by_key(object: &[(String, Json)]) -> Result<Table, CalibrationError> {
    let get = |key: &str| object.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    if let (Some(Json::Array(columns)), Some(Json::Array(rows))) = (get("columns"), get("data")) {
        let name = |value: &Json| cell(value).map(|cell| cell.text());
        let names = columns.iter().map(name).collect::<Option<_>>();
        let names = names.ok_or_else(|| form("columns", "names"))?;
        return Ok(Table::Columns { names, rows: arrays(rows, "data")?, order: ColumnOrder::Meant });
    }
    if let Some(Json::Array(lists)) = get("input_data") {
        return Ok(Table::Inputs(arrays(lists, "input_data")?));
    }
    match get("inputs") {
        Some(Json::Object(inputs)) if is_frame(inputs) => frame(inputs),
        None if is_frame(object) => frame(object),
        Some(Json::Object(inputs)) => object_of(inputs),
        Some(Json::Array(rows)) => arrays(rows, "inputs").map(in_order),
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
fn object_of(object: &[(String, Json)]) -> Result<Table, CalibrationError> {
    if object.is_empty() {
        return Err(CalibrationError::Empty);
    }
    if !object.iter().any(|(_, value)| matches!(value, Json::Array(_))) {
        return of_objects(&[object]);
    }
    let tensors = object.iter().map(|(name, value)| match value {
        Json::Array(rows) => arrays(rows, name).map(|rows| (name.clone(), rows)),
        _ => Err(form(name, "an array of samples")),
    });
    tensors.collect::<Result<_, _>>().map(Table::Tensors)
}

/// Whether an object holds columns as objects of values by row.
fn is_frame(object: &[(String, Json)]) -> bool {
    !object.is_empty() && object.iter().all(|(_, value)| value.object().is_some())
}

/// Columns as objects of values by row, as `DataFrame.to_json` writes them.
fn frame(columns: &[(String, Json)]) -> Result<Table, CalibrationError> {
    let rows = |column: &Json| -> Vec<String> {
        column.object().unwrap_or_default().iter().map(|(row, _)| row.clone()).collect()
    };
    let of_first = columns.first().map(|(_, column)| rows(column)).unwrap_or_default();
    let column = |(name, column): &(String, Json)| {
        let values = column.object().unwrap_or_default();
        let cells = values.iter().map(|(_, value)| cell(value).map(|cell| vec![cell]));
        let cells = cells.collect::<Option<Vec<_>>>().ok_or_else(|| form(name, "a value for each row"))?;
        if rows(column) != of_first {
            return Err(form(name, "the same rows as in the other columns, in the same order"));
        }
        Ok((name.clone(), cells))
    };
    columns.iter().map(column).collect::<Result<_, _>>().map(Table::Tensors)
}

/// Objects with the same keys, each a sample: by feature, or with an array for each input as onnxruntime takes it. The order of the keys
/// says something where it is that of all of them.
fn of_objects(rows: &[&[(String, Json)]]) -> Result<Table, CalibrationError> {
    let names: Vec<String> =
        rows.first().map(|row| row.iter().map(|(name, _)| name.clone()).collect()).unwrap_or_default();
    let known: HashSet<&str> = names.iter().map(String::as_str).collect();
    let by_input = rows.iter().any(|row| row.iter().any(|(_, value)| matches!(value, Json::Array(_))));
    let mut order = ColumnOrder::Meant;
    let mut samples: Vec<Vec<Vec<Cell>>> = Vec::with_capacity(rows.len());
    for (row, object) in (1..).zip(rows) {
        let mut values: HashMap<&str, &Json> =
            object.iter().map(|(name, value)| (name.as_str(), value)).collect();
        if !object.iter().map(|(name, _)| name).eq(&names) {
            order = ColumnOrder::Arbitrary;
            let of_first = names.iter().filter(|name| !values.contains_key(name.as_str()));
            let of_this = object.iter().map(|(name, _)| name).filter(|name| !known.contains(name.as_str()));
            let keys: Vec<String> = of_first.chain(of_this).cloned().collect();
            if !keys.is_empty() {
                return Err(CalibrationError::Keys { row, keys });
            }
        }
        let sample = names.iter().map(|name| {
            let place = format!("sample {row}, '{name}'");
            let value = values.remove(name.as_str()).unwrap_or(&Json::Null);
            let mut cells = Vec::new();
            match by_input {
                true => flatten(value, &place, &mut cells)?,
                false => cells.push(cell(value).ok_or_else(|| form(&place, "a number or text"))?),
            }
            Ok::<_, CalibrationError>(cells)
        });
        samples.push(sample.collect::<Result<_, _>>()?);
    }
    if !by_input {
        let rows = samples.into_iter().map(|sample| sample.into_iter().flatten().collect()).collect();
        return Ok(Table::Columns { names, rows, order });
    }
    let mut tensors: Vec<(String, Vec<Vec<Cell>>)> =
        names.into_iter().map(|name| (name, Vec::new())).collect();
    for sample in samples {
        tensors.iter_mut().zip(sample).for_each(|((_, rows), cells)| rows.push(cells));
    }
    Ok(Table::Tensors(tensors))
}

/// Samples as arrays; a nested sample is flattened in row-major order. An array of plain values is one sample.
fn arrays(rows: &[Json], at: &str) -> Result<Vec<Vec<Cell>>, CalibrationError> {
    if rows.is_empty() {
        return Err(CalibrationError::Empty);
    }
    if !rows.iter().any(|row| matches!(row, Json::Array(_))) {
        let cells = rows
            .iter()
            .enumerate()
            .map(|(i, value)| cell(value).ok_or_else(|| form(&format!("{at}[{i}]"), "a number or text")));
        return Ok(vec![cells.collect::<Result<_, _>>()?]);
    }
    let mut samples = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        if !matches!(row, Json::Array(_)) {
            return Err(form(&format!("{at}[{i}]"), "an array"));
        }
        let mut sample = Vec::new();
        flatten(row, &format!("{at}[{i}]"), &mut sample)?;
        samples.push(sample);
    }
    Ok(samples)
}

fn flatten(value: &Json, at: &str, sample: &mut Vec<Cell>) -> Result<(), CalibrationError> {
    match value {
        Json::Array(elements) => elements.iter().try_for_each(|element| flatten(element, at, sample)),
        other => {
            sample.push(cell(other).ok_or_else(|| form(at, "numbers or text"))?);
            Ok(())
        }
    }
}

/// A number, a truth value, text, or nothing.
fn cell(value: &Json) -> Option<Cell> {
    match value {
        Json::Number(number) => Some(Cell::Number(*number)),
        Json::Bool(truth) => Some(Cell::Number(f64::from(u8::from(*truth)))),
        Json::Text(text) => Some(Cell::Text(text.clone())),
        Json::Null => Some(Cell::Text("null".into())),
        Json::Array(_) | Json::Object(_) => None,
    }
}

fn form(at: &str, expected: &'static str) -> CalibrationError {
    CalibrationError::JsonForm { at: at.to_owned(), expected }
}

impl Json {
    fn object(&self) -> Option<&[(String, Json)]> {
        match self {
            Json::Object(entries) => Some(entries),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
                Ok(Json::Bool(truth))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(Json::Number(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(Json::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
                Ok(Json::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Json::Array(values))
            }

            /// With each key once: of two values, one would be taken and the other not seen.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let (mut entries, mut keys) = (Vec::new(), HashSet::new());
                while let Some((key, value)) = map.next_entry::<String, Json>()? {
                    if !keys.insert(key.clone()) {
                        let key = key.escape_debug();
                        return Err(A::Error::custom(format!("the key '{key}' stands there twice")));
                    }
                    entries.push((key, value));
                }
                Ok(Json::Object(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
