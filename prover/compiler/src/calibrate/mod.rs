//! Calibration data: rows of real input values, from CSV, JSON, `.npy` or `.npz`.
//!
//! A [`Table`] is what a file says; [`Table::arrange`] puts it in the order of a model's features and finds what is
//! missing, and what is doubtful. The same reader serves the inputs of a proof.
//!
//! What a file costs is linear in its length: CSV, JSON and `.npy` hold their values one by one (JSON takes up to 80
//! bytes of memory for a byte of text, objects of one key each), and what a `.npz` archive unpacks to has a budget.

mod arrange;
mod csv;
mod error;
mod json;
mod npy;
mod zip;

use crate::warning::Warning;

pub use error::{CalibrationError, NpyProblem, ZipProblem};

/// Rows of values, labelled the way their file labels them.
#[derive(Clone, Debug, PartialEq)]
pub enum Table {
    /// Columns with feature names (CSV, JSON objects).
    Columns {
        /// Feature names.
        names: Vec<String>,
        /// Rows of as many values.
        rows: Vec<Vec<f64>>,
        /// Whether the order of the columns says anything.
        order: ColumnOrder,
    },
    /// Rows in the model's own order (JSON arrays, `.npy`).
    Rows(Vec<Vec<f64>>),
    /// Rows of a CSV file that seems to have no header: nothing says in which order.
    Headerless(Vec<Vec<f64>>),
    /// One array for each input tensor, its first dimension counting the samples (`.npz`, JSON by tensor).
    Tensors(Vec<(String, Vec<Vec<f64>>)>),
}

/// Whether the order of a table's columns is its author's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnOrder {
    /// It is: for a model that does not name its features, it is the order of its input elements.
    Meant,
    /// It is not: the keys of a JSON object have none.
    Arbitrary,
}

/// A table in the order of a model's features.
#[derive(Clone, Debug, PartialEq)]
pub struct Arranged {
    /// The samples.
    pub rows: Vec<Vec<f64>>,
    /// A name for each element: the signature's, or the table's where the signature has none of its own.
    pub names: Vec<String>,
    /// What was taken for granted.
    pub warnings: Vec<Warning>,
}

/// The names a table is matched against: a model's inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// Name and number of elements of each input tensor.
    pub inputs: Vec<(&'a str, usize)>,
    /// A name for each element of all inputs.
    pub features: &'a [String],
    /// Whether the model itself names its features; if not, a table's own column names stand.
    pub named: FeatureNames,
}

/// Where a model's feature names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureNames {
    /// The model's metadata, or an earlier compilation: a table must have exactly these columns.
    Declared,
    /// Made from tensor names: the columns of a table are taken in their order.
    Derived,
}

impl Table {
    /// Reads CSV, with a header of feature names or without. Semicolons, tabs and spaces separate as commas do; numbers
    /// have a decimal point, and `True` and `False` are 1 and 0. Lines that begin with `#` are comments.
    ///
    /// # Errors
    /// Names the row and the column of the first cell that is no finite number.
    pub fn from_csv(bytes: &[u8]) -> Result<Table, CalibrationError> {
        csv::read(bytes)
    }

    /// Reads JSON: `[[1.0, ...], ...]`, `[{"feature": 1.0, ...}, ...]`, one such object, or
    /// `{"tensor": [[1.0, ...], ...], ...}`, the last also below a key `inputs`.
    ///
    /// # Errors
    /// Names the place of the first element of another form.
    pub fn from_json(bytes: &[u8]) -> Result<Table, CalibrationError> {
        json::read(bytes)
    }

    /// Reads one NumPy array whose first dimension counts the samples.
    ///
    /// # Errors
    /// [`CalibrationError::Npy`], or the first element that is not finite.
    pub fn from_npy(bytes: &[u8]) -> Result<Table, CalibrationError> {
        npy::read(bytes, "array").map(Table::Rows)
    }

    /// Reads an archive of NumPy arrays, one for each input tensor.
    ///
    /// # Errors
    /// [`CalibrationError::Npz`], or an error of one of its arrays.
    pub fn from_npz(bytes: &[u8]) -> Result<Table, CalibrationError> {
        let entries = zip::entries(bytes).map_err(CalibrationError::Npz)?;
        let arrays = entries.into_iter().map(|(name, data)| {
            let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
            npy::read(&data, &name).map(|rows| (name, rows))
        });
        arrays.collect::<Result<_, _>>().map(Table::Tensors)
    }

    /// The samples in the order of the signature's features.
    ///
    /// # Errors
    /// Missing, unknown and repeated columns; rows of the wrong length; no rows at all.
    pub fn arrange(&self, signature: &Signature<'_>) -> Result<Arranged, CalibrationError> {
        arrange::arrange(self, signature)
    }

    /// The rows alone of [`Table::arrange`].
    ///
    /// # Errors
    /// Those of [`Table::arrange`].
    pub fn samples(&self, signature: &Signature<'_>) -> Result<Vec<Vec<f64>>, CalibrationError> {
        self.arrange(signature).map(|samples| samples.rows)
    }
}

/// A value of a table: NaN and infinities are refused.
fn finite(value: f64, row: usize, column: impl Fn() -> String) -> Result<f64, CalibrationError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(CalibrationError::NotFinite { row, column: column(), value: value.to_string() })
}
