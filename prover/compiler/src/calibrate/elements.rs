//! Tables for a model: they follow the inputs of its ONNX file, and the samples those of its statement.

use std::collections::HashMap;

use super::cell::Cell;
use super::error::CalibrationError;
use super::table::{Arranged, FeatureNames, Signature, Table};
use crate::model::{Categories, Encoding, FileInput, in_file_order, in_model_order};

/// An element of a model's inputs, as a table may give it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its values, where it is text.
    pub categories: Option<&'a Categories>,
    /// What is read where it is missing, if it may be: a number that stands for it, or NaN.
    pub missing: Option<f64>,
    /// Whether numbers become integers as the nearest ones of single precision.
    pub encoding: Encoding,
}

/// The inputs of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    /// Those of its file.
    pub file: &'a [FileInput],
    /// Name and number of elements of each input tensor of a statement, to which columns of the file may be joined.
    pub tensors: &'a [(&'a str, usize)],
}

/// The samples of a table, their elements in the order of the model. Columns without names of their own are in the order of the file, and
/// arrays by name are those of its inputs, or of the tensors that they were joined to.
pub(crate) fn arrange_elements(
    table: &Table,
    Inputs { file: inputs, tensors: joined }: Inputs<'_>,
    elements: &[Element<'_>],
    named: FeatureNames,
    batch: usize,
) -> Result<Arranged, CalibrationError> {
    let in_file = in_file_order(inputs, elements).unwrap_or_default();
    let names: Vec<String> = in_file.iter().map(|element| element.name.to_owned()).collect();
    let tensors = inputs.iter().map(|input| (input.name.as_str(), input.len())).collect();
    let mut signature = Signature::new(tensors, &names, named);
    let each = || in_file.iter().enumerate();
    signature.categories = each().filter_map(|(at, element)| Some((at, element.categories?))).collect();
    signature.missing = each().filter_map(|(at, element)| Some((at, element.missing?))).collect();
    let singles = each().filter(|(_, element)| element.encoding == Encoding::Float32);
    signature.singles = singles.map(|(at, _)| at).collect();
    signature.batch = batch;
    let apart = match table {
        Table::Tensors(arrays) => taken_apart(arrays, inputs, joined, batch)?,
        _ => None,
    };
    let Arranged { rows, names, warnings } = apart.as_ref().unwrap_or(table).arrange(&signature)?;
    let length =
        |row: usize, found: usize| CalibrationError::RowLength { row, expected: elements.len(), found };
    let placed =
        |(i, row): (usize, &Vec<f64>)| in_model_order(inputs, row).ok_or_else(|| length(i + 1, row.len()));
    let rows = rows.iter().enumerate().map(placed).collect::<Result<_, _>>()?;
    let names = in_model_order(inputs, &names).ok_or_else(|| length(1, names.len()))?;
    Ok(Arranged { rows, names, warnings })
}

/// Arrays by name, those of tensors that the file's inputs were joined to as arrays of these inputs; `None` where there is nothing to
/// take apart. A row of such a tensor is a sample, or one row of a batch.
fn taken_apart(
    arrays: &[(String, Vec<Vec<Cell>>)],
    inputs: &[FileInput],
    joined: &[(&str, usize)],
    batch: usize,
) -> Result<Option<Table>, CalibrationError> {
    let mut starts = HashMap::new();
    let mut start = 0;
    for &(name, len) in joined {
        starts.insert(name, start..start + len);
        start += len;
    }
    for input in inputs {
        starts.remove(input.name.as_str());
    }
    if !arrays.iter().any(|(name, _)| starts.contains_key(name.as_str())) {
        return Ok(None);
    }
    let mut apart = Vec::new();
    for (name, rows) in arrays {
        let Some(elements) = starts.get(name.as_str()) else {
            apart.push((name.clone(), rows.clone()));
            continue;
        };
        let is_of_batch = |row: &Vec<Cell>| row.len().checked_mul(batch) == Some(elements.len());
        let wrong = rows.iter().position(|row| row.len() != elements.len() && !is_of_batch(row));
        if let Some((position, row)) = wrong.and_then(|at| Some((at, rows.get(at)?))) {
            let (row, found) = (position + 1, row.len());
            return Err(CalibrationError::RowLength { row, expected: elements.len(), found });
        }
        for input in inputs.iter().filter(|input| elements.contains(&input.first)) {
            let of_row = |row: &Vec<Cell>| {
                // Each is a column: an element a row.
                let elements_of_row = if row.len() == elements.len() { input.len() } else { 1 };
                let places = input.elements().take(elements_of_row).map(|element| element - elements.start);
                places.filter_map(|place| row.get(place).cloned()).collect()
            };
            apart.push((input.name.clone(), rows.iter().map(of_row).collect()));
        }
    }
    Ok(Some(Table::Tensors(apart)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::{Cell, ColumnOrder};
    use crate::model::Unknown;

    fn column(name: &str, first: usize, step: usize) -> FileInput {
        FileInput { name: name.into(), shape: vec![1, 1], first, step }
    }

    /// Numbers `a` and `c` in one tensor, a text `b` in another.
    fn arranged(table: &Table) -> Result<Vec<Vec<f64>>, CalibrationError> {
        let inputs = [column("a", 0, 2), column("b", 2, 1), column("c", 1, 2)];
        let known = Categories { names: vec!["no".into(), "yes".into()], unknown: Unknown::Refused };
        let plain =
            |name| Element { name, categories: None, missing: Some(f64::NAN), encoding: Encoding::Rounded };
        let text =
            Element { name: "b", categories: Some(&known), missing: None, encoding: Encoding::Rounded };
        let elements = [plain("a"), plain("c"), text];
        let Arranged { rows, names, .. } = arrange_elements(
            table,
            Inputs { file: &inputs, tensors: &[("numbers", 2), ("b", 1)] },
            &elements,
            FeatureNames::Declared,
            1,
        )?;
        assert_eq!(names, ["a", "c", "b"]);
        Ok(rows)
    }

    #[test]
    fn joined_columns_come_by_name_and_in_the_order_of_the_file() {
        let expected = vec![vec![1.5, 2.5, 1.0]];
        for text in ["a,b,c\n1.5,yes,2.5\n", "c,b,a\n2.5,yes,1.5\n"] {
            assert_eq!(arranged(&Table::from_csv(text.as_bytes()).unwrap()).unwrap(), expected, "{text}");
        }
        for json in [
            r#"{"a": 1.5, "b": "yes", "c": 2.5}"#,
            r#"{"a": [[1.5]], "b": [["yes"]], "c": [[2.5]]}"#,
            r#"{"c": [2.5], "b": ["yes"], "a": [1.5]}"#,
            r#"[{"b": "yes", "c": 2.5, "a": 1.5}]"#,
            r#"[[1.5, "yes", 2.5]]"#,
            r#"{"input_data": [[1.5], ["yes"], [2.5]]}"#,
            r#"{"columns": ["c", "a", "b"], "data": [[2.5, 1.5, "yes"]]}"#,
            // The tensor that two columns are joined to, by its own name.
            r#"{"numbers": [[1.5, 2.5]], "b": [["yes"]]}"#,
            r#"{"b": ["yes"], "numbers": [1.5, 2.5]}"#,
        ] {
            assert_eq!(arranged(&Table::from_json(json.as_bytes()).unwrap()).unwrap(), expected, "{json}");
        }
        let long = Table::from_json(br#"{"numbers": [[1.5, 2.5, 3.5]], "b": [["yes"]]}"#).unwrap();
        assert_eq!(arranged(&long), Err(CalibrationError::RowLength { row: 1, expected: 2, found: 3 }));
        let rows = vec![vec![Cell::Number(1.5), Cell::Text("yes".into()), Cell::Number(2.5)]];
        assert_eq!(arranged(&Table::Headerless(rows)).unwrap(), expected);
        let rows = vec![vec![Cell::Number(1.5), Cell::Text("yes".into())]];
        let names = vec!["a".into(), "b".into()];
        let missing = arranged(&Table::Columns { names, rows, order: ColumnOrder::Meant }).unwrap_err();
        assert_eq!(missing, CalibrationError::MissingColumns { columns: vec!["c".into()] });
    }
}
