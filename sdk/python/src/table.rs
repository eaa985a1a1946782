//! Samples, as the Python half sends them.

use assay::Samples;
use assay_compiler::{
    Table,
    calibrate::{Cell, ColumnOrder},
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::exception;

/// The cells of one array, sample by sample: `float64` in native byte order, or a list of texts and `None`.
#[derive(FromPyObject)]
pub enum Cells<'py> {
    /// Numbers.
    Numbers(Bound<'py, PyBytes>),
    /// Texts, and what is missing.
    Texts(Vec<Option<String>>),
}

/// An array with a name: its cells, and how many a sample has.
type Named<'py> = (String, usize, Cells<'py>);

/// What samples are read from.
#[derive(FromPyObject)]
pub enum Source<'py> {
    /// A CSV, JSON, `.npy` or `.npz` file.
    File(std::path::PathBuf),
    /// Cells in the model's own order.
    Rows((usize, Cells<'py>)),
    /// A kind, `columns` or `tensors`, and arrays by name, all of as many samples.
    Arrays((String, usize, Vec<Named<'py>>)),
}

/// The samples.
///
/// # Errors
/// Of a file the library's; `samples` where arrays are not as long as they say.
pub fn samples(py: Python<'_>, source: Source<'_>) -> PyResult<Samples> {
    match source {
        Source::File(path) => crate::work::quiet(py, || Samples::open(&path)),
        Source::Rows((width, Cells::Numbers(bytes))) => {
            let numbers = numbers(bytes.as_bytes());
            Ok(Samples::from_rows(numbers.chunks(width.max(1)).map(<[f64]>::to_vec).collect()))
        }
        Source::Rows((width, cells)) => {
            Ok(Table::Mixed(self::cells(cells).chunks(width.max(1)).map(<[Cell]>::to_vec).collect()).into())
        }
        Source::Arrays((kind, samples, arrays)) => {
            let arrays = arrays.into_iter().map(|(name, width, cells)| {
                let cells = self::cells(cells);
                match Some(cells.len()) == samples.checked_mul(width) && width > 0 {
                    true => Ok((name, cells.chunks(width).map(<[Cell]>::to_vec).collect())),
                    false => {
                        let text = format!(
                            "'{name}' has {} values, not {width} in each of {samples} samples",
                            cells.len()
                        );
                        Err(exception(py, "samples", "unreadable", &text, None))
                    }
                }
            });
            let arrays = arrays.collect::<PyResult<Vec<(String, Vec<Vec<Cell>>)>>>()?;
            if kind == "tensors" {
                return Ok(Table::Tensors(arrays).into());
            }
            let mut rows = vec![Vec::with_capacity(arrays.len()); samples];
            let mut names = Vec::with_capacity(arrays.len());
            for (name, column) in arrays {
                names.push(name);
                rows.iter_mut().zip(column).for_each(|(row, cells)| row.extend(cells));
            }
            Ok(Table::Columns { names, rows, order: ColumnOrder::Meant }.into())
        }
    }
}

fn numbers(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_ne_bytes(*bytes)).collect()
}

fn cells(cells: Cells<'_>) -> Vec<Cell> {
    match cells {
        Cells::Numbers(bytes) => numbers(bytes.as_bytes()).into_iter().map(Cell::Number).collect(),
        // An empty cell of a file is one that is missing.
        Cells::Texts(texts) => {
            texts.into_iter().map(|text| Cell::Text(text.unwrap_or_default().into())).collect()
        }
    }
}
