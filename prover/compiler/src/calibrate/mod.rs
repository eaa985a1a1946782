//! Calibration data: rows of real input values, from CSV, JSON, `.npy` or `.npz`.
//!
//! A [`Table`] is what a file says; [`Table::arrange`] puts it in the order of a model's features and finds what is
//! missing, and what is doubtful. The same reader serves the inputs of a proof.
//!
//! What a file costs is linear in its length: CSV, JSON and `.npy` hold their values one by one (JSON takes up to 80
//! bytes of memory for a byte of text, objects of one key each), and what a `.npz` archive unpacks to has a budget.

mod arrange;
mod batch;
mod cell;
mod columns;
mod csv;
mod elements;
mod error;
mod json;
mod npy;
mod table;
pub(crate) mod zip;

pub use cell::Cell;
pub(crate) use elements::{Element, Inputs, arrange_elements};
pub use error::{CalibrationError, NpyProblem, ZipProblem};
pub use table::{Arranged, ColumnOrder, FeatureNames, Signature, Table};

impl Table {
    /// Reads CSV, with a header of feature names or without. Semicolons, tabs and spaces separate as commas do; numbers
    /// have a decimal point, or a decimal comma where no comma separates, and `True` and `False` are 1 and 0. Lines that
    /// begin with `#` are comments.
    ///
    /// # Errors
    /// Bytes that are no CSV, rows of different lengths, no rows.
    pub fn from_csv(bytes: &[u8]) -> Result<Table, CalibrationError> {
        csv::read(bytes)
    }

    /// Reads JSON: `[[1.0, ...], ...]`, `[{"feature": 1.0, ...}, ...]`, one such object, objects one a line,
    /// `{"tensor": [[1.0, ...], ...], ...}`, also below a key `inputs`, `{"feature": [1.0, ...], ...}`, what
    /// `DataFrame.to_json` writes, or `{"input_data": [[1.0, ...], ...]}`.
    ///
    /// # Errors
    /// Names the place of the first element of another form.
    pub fn from_json(bytes: &[u8]) -> Result<Table, CalibrationError> {
        json::read(bytes)
    }

    /// Reads one NumPy array whose first dimension counts the samples.
    ///
    /// # Errors
    /// [`CalibrationError::Npy`].
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
            let rows = npy::read(&data, &name)?;
            Ok((name, rows.into_iter().map(|row| row.into_iter().map(Cell::Number).collect()).collect()))
        });
        arrays.collect::<Result<_, _>>().map(Table::Tensors)
    }

    /// The samples in the order of the signature's features. For a model of a fixed batch, rows of one item each are put
    /// together, as many as the batch has.
    ///
    /// # Errors
    /// Missing and repeated columns, or columns of other names; rows of the wrong length; no rows at all; the row and the
    /// column of the first cell that is no finite number, or none of the values of a text input.
    pub fn arrange(&self, signature: &Signature<'_>) -> Result<Arranged, CalibrationError> {
        batch::arrange(self, signature)
    }
}
