//! Calibration data: rows of real input values, from CSV, JSON, `.npy` or `.npz`.
//!
//! A [`Table`] is what a file says; [`Table::samples`] arranges it in the order of a model's features and finds
//! what is missing. The same reader serves the inputs of a proof.

mod csv;
mod json;
mod npy;
mod zip;

use std::collections::HashSet;

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

/// Calibration data cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Not one sample.
    #[error("the data holds no samples")]
    Empty,
    /// The CSV reader failed.
    #[error("not readable as CSV: {0}")]
    Csv(String),
    /// The JSON reader failed.
    #[error("not readable as JSON: {0}")]
    Json(String),
    /// JSON of another form.
    #[error(
        "{at}: expected {expected}; samples are an array of arrays, an array of objects by feature, \
         one object by feature, or an object of arrays by input tensor"
    )]
    JsonForm {
        /// Place in the document.
        at: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// Not a `.npy` array that can be read.
    #[error("array '{array}': {problem}")]
    Npy {
        /// Name of the array.
        array: String,
        /// What is wrong.
        problem: NpyProblem,
    },
    /// Not a `.npz` archive that can be read.
    #[error("not readable as .npz: {0}")]
    Npz(ZipProblem),
    /// Features without a column.
    #[error("missing column{}: {}", plural(.columns), .columns.join(", "))]
    MissingColumns {
        /// Their names.
        columns: Vec<String>,
    },
    /// Columns that are no feature.
    #[error("unknown column{}: {}", plural(.columns), .columns.join(", "))]
    ExtraColumns {
        /// Their names.
        columns: Vec<String>,
    },
    /// A column name that occurs twice.
    #[error("column '{column}' occurs twice")]
    DuplicateColumn {
        /// Its name.
        column: String,
    },
    /// Input tensors without an array.
    #[error("missing input tensor{}: {}", plural(.tensors), .tensors.join(", "))]
    MissingTensors {
        /// Their names.
        tensors: Vec<String>,
    },
    /// Arrays that are no input tensor.
    #[error("unknown input tensor{}: {}", plural(.tensors), .tensors.join(", "))]
    ExtraTensors {
        /// Their names.
        tensors: Vec<String>,
    },
    /// Arrays with different numbers of samples.
    #[error("input tensor '{tensor}' has {found} samples, others have {expected}")]
    SampleCount {
        /// The tensor.
        tensor: String,
        /// Samples of the first tensor.
        expected: usize,
        /// Samples of this one.
        found: usize,
    },
    /// A row with too few or too many values.
    #[error("row {row} has {found} values, expected {expected}")]
    RowLength {
        /// Row, counted from 1.
        row: usize,
        /// Values expected.
        expected: usize,
        /// Values found.
        found: usize,
    },
    /// Text, or nothing, where a number belongs.
    #[error("row {row}, column '{column}': '{text}' is not a number")]
    NotANumber {
        /// Row, counted from 1, the header not counted.
        row: usize,
        /// Column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// NaN or an infinity.
    #[error("row {row}, column '{column}': {value} is not finite")]
    NotFinite {
        /// Row, counted from 1.
        row: usize,
        /// Column.
        column: String,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
}

/// What is wrong with a `.npy` array.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NpyProblem {
    /// The magic or the header is not that of a `.npy` file.
    #[error("not a .npy file")]
    Header,
    /// An element type that is no number, or big-endian.
    #[error("element type '{0}' is not supported: use float32, float64, int32 or int64, little-endian")]
    ElementType(String),
    /// Column-major order.
    #[error("is in Fortran order: save np.ascontiguousarray(array)")]
    FortranOrder,
    /// No dimension to count samples.
    #[error("has no dimension that counts samples")]
    Scalar,
    /// Data and shape disagree.
    #[error("shape {shape:?} needs {expected} bytes of data, found {found}")]
    Length {
        /// Shape of the header.
        shape: Vec<usize>,
        /// Bytes it needs.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
}

/// What is wrong with a `.npz` archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZipProblem {
    /// No central directory, or one that points outside the file.
    #[error("not a zip archive, or a damaged one")]
    Structure,
    /// A compression method other than stored and deflate.
    #[error("'{entry}' uses compression method {method}")]
    Method {
        /// Entry of the archive.
        entry: String,
        /// Method number.
        method: u16,
    },
    /// Data that does not decompress to the declared size and checksum.
    #[error("'{entry}' is damaged")]
    Damaged {
        /// Entry of the archive.
        entry: String,
    },
    /// An entry above the size limit.
    #[error("'{entry}' has {size} bytes, more than the {limit} that are supported")]
    TooLarge {
        /// Entry of the archive.
        entry: String,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
}

fn plural(names: &[String]) -> &'static str {
    if names.len() == 1 { "" } else { "s" }
}

impl Table {
    /// Reads CSV with a header of feature names.
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

    /// The names that the table gives its columns, where their order is meant.
    pub fn column_names(&self) -> Option<&[String]> {
        match self {
            Table::Columns { names, order: ColumnOrder::Meant, .. } => Some(names),
            _ => None,
        }
    }

    /// The samples, each in the order of the signature's features.
    ///
    /// # Errors
    /// Missing, unknown and repeated columns; rows of the wrong length; no rows at all.
    pub fn samples(&self, signature: &Signature<'_>) -> Result<Vec<Vec<f64>>, CalibrationError> {
        let samples = match self {
            Table::Columns { names, rows, order } => by_column(names, rows, *order, signature)?,
            Table::Rows(rows) => {
                check_lengths(rows, signature.features.len())?;
                rows.clone()
            }
            Table::Tensors(tensors) => by_tensor(tensors, signature)?,
        };
        if samples.is_empty() {
            return Err(CalibrationError::Empty);
        }
        Ok(samples)
    }
}

fn by_column(
    names: &[String],
    rows: &[Vec<f64>],
    order: ColumnOrder,
    signature: &Signature<'_>,
) -> Result<Vec<Vec<f64>>, CalibrationError> {
    let mut seen = HashSet::new();
    if let Some(column) = names.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(CalibrationError::DuplicateColumn { column: column.clone() });
    }
    check_lengths(rows, names.len())?;
    let by_position = signature.named == FeatureNames::Derived && order == ColumnOrder::Meant;
    if by_position && names.len() == signature.features.len() {
        return Ok(rows.to_vec());
    }
    let without = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    let columns = without(signature.features, names);
    if !columns.is_empty() {
        return Err(CalibrationError::MissingColumns { columns });
    }
    let columns = without(names, signature.features);
    if !columns.is_empty() {
        return Err(CalibrationError::ExtraColumns { columns });
    }
    let order: Vec<usize> = signature
        .features
        .iter()
        .filter_map(|feature| names.iter().position(|name| name == feature))
        .collect();
    let arrange = |row: &Vec<f64>| order.iter().filter_map(|&at| row.get(at).copied()).collect();
    Ok(rows.iter().map(arrange).collect())
}

fn by_tensor(
    tensors: &[(String, Vec<Vec<f64>>)],
    signature: &Signature<'_>,
) -> Result<Vec<Vec<f64>>, CalibrationError> {
    // A single array needs no name.
    if let ([(_, rows)], [(_, len)]) = (tensors, signature.inputs.as_slice()) {
        check_lengths(rows, *len)?;
        return Ok(rows.clone());
    }
    let find = |name: &str| tensors.iter().find(|(tensor, _)| tensor == name).map(|(_, rows)| rows);
    let missing: Vec<String> = signature
        .inputs
        .iter()
        .filter(|(name, _)| find(name).is_none())
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if !missing.is_empty() {
        return Err(CalibrationError::MissingTensors { tensors: missing });
    }
    let known = |name: &str| signature.inputs.iter().any(|(input, _)| *input == name);
    let extra: Vec<String> =
        tensors.iter().filter(|(name, _)| !known(name)).map(|(name, _)| name.clone()).collect();
    if !extra.is_empty() {
        return Err(CalibrationError::ExtraTensors { tensors: extra });
    }
    let mut samples: Vec<Vec<f64>> = Vec::new();
    for (i, &(name, len)) in signature.inputs.iter().enumerate() {
        let rows = find(name).map(Vec::as_slice).unwrap_or_default();
        check_lengths(rows, len)?;
        if i == 0 {
            samples = rows.to_vec();
            continue;
        }
        if rows.len() != samples.len() {
            return Err(CalibrationError::SampleCount {
                tensor: name.to_owned(),
                expected: samples.len(),
                found: rows.len(),
            });
        }
        samples.iter_mut().zip(rows).for_each(|(sample, row)| sample.extend_from_slice(row));
    }
    Ok(samples)
}

fn check_lengths(rows: &[Vec<f64>], expected: usize) -> Result<(), CalibrationError> {
    match rows.iter().enumerate().find(|(_, row)| row.len() != expected) {
        Some((i, row)) => Err(CalibrationError::RowLength { row: i + 1, expected, found: row.len() }),
        None => Ok(()),
    }
}

/// A value of a table: NaN and infinities are refused.
fn finite(value: f64, row: usize, column: impl Fn() -> String) -> Result<f64, CalibrationError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(CalibrationError::NotFinite { row, column: column(), value: value.to_string() })
}
