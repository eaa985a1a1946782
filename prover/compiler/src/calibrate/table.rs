//! A table as its file labels it, and what it is arranged for.

use super::error::CalibrationError;
use crate::warning::Warning;

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

/// A value of a table: NaN and infinities are refused.
pub(super) fn finite(value: f64, row: usize, column: impl Fn() -> String) -> Result<f64, CalibrationError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(CalibrationError::NotFinite { row, column: column(), value: value.to_string() })
}
