//! Why a file is no calibration data, or data that does not fit a model.

use crate::budget::OverBudget;
use crate::warning::names;

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
        "{at}: expected {expected}; samples are an array of arrays, an array of objects by feature, one object by \
         feature, or an object of arrays by input tensor or by feature"
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
    #[error("missing column{}: {}", plural(.columns), names(.columns))]
    MissingColumns {
        /// Their names.
        columns: Vec<String>,
    },
    /// Columns of other names than the features.
    #[error("the columns are {}, and the model's features are {}: they are matched by name", names(.columns), names(.features))]
    OtherColumns {
        /// Names of the columns, in their order.
        columns: Vec<String>,
        /// The features, in their order.
        features: Vec<String>,
    },
    /// Another number of columns than a model takes that does not name its features.
    #[error(
        "the data has {} column{} ({}), and the model takes {expected} value{}: leave out what is no feature, \
         such as an index or a label",
        .columns.len(), plural(.columns), names(.columns), if *.expected == 1 { "" } else { "s" }
    )]
    ColumnCount {
        /// Names of the columns.
        columns: Vec<String>,
        /// Elements of all inputs.
        expected: usize,
    },
    /// JSON objects with different keys.
    #[error("sample {row} and the first one do not have the same keys: {}", names(.keys))]
    Keys {
        /// Sample, counted from 1.
        row: usize,
        /// Keys that one of them has.
        keys: Vec<String>,
    },
    /// A column name that occurs twice.
    #[error("column '{column}' occurs twice")]
    DuplicateColumn {
        /// Its name.
        column: String,
    },
    /// An array that occurs twice.
    #[error("array '{tensor}' occurs twice")]
    DuplicateTensor {
        /// Its name.
        tensor: String,
    },
    /// Input tensors without an array.
    #[error("missing input tensor{}: {}", plural(.tensors), names(.tensors))]
    MissingTensors {
        /// Their names.
        tensors: Vec<String>,
    },
    /// Arrays that are no input tensor.
    #[error("unknown input tensor{}: {}", plural(.tensors), names(.tensors))]
    ExtraTensors {
        /// Their names.
        tensors: Vec<String>,
    },
    /// Arrays with different numbers of samples.
    #[error("'{tensor}' has {found} sample{}, others have {expected}", if *.found == 1 { "" } else { "s" })]
    SampleCount {
        /// The tensor, or the column.
        tensor: String,
        /// Samples of the first one.
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
    /// Rows that make no whole number of batches.
    #[error("the model takes {batch} rows at once, and the data has {rows}: give a multiple of {batch}")]
    Batch {
        /// Rows found.
        rows: usize,
        /// Rows of a batch.
        batch: usize,
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
    /// Text that is none of the values that the model knows.
    #[error("row {row}, column '{column}': '{text}' is none of the values that the model knows: {}", names(.known))]
    Category {
        /// Row, counted from 1, the header not counted.
        row: usize,
        /// Column.
        column: String,
        /// What stands there.
        text: String,
        /// The known values.
        known: Vec<String>,
    },
    /// Nothing, or NaN, where the model takes numbers only.
    #[error(
        "row {row}, column '{column}': a value is missing, and {reader}, which reads it, takes numbers only: put an Imputer (of a \
         network, where(isnan(x), number, x)) in front of it, fill the gap, or leave the row out"
    )]
    Missing {
        /// Row, counted from 1.
        row: usize,
        /// Column.
        column: String,
        /// The node that takes numbers only.
        reader: String,
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
    /// An element type that is no number.
    #[error("element type '{0}' is not supported: use floats, integers or bool, such as float32")]
    ElementType(String),
    /// No dimension to count samples.
    #[error("has no dimension that counts samples")]
    Scalar,
    /// Data and shape disagree.
    #[error(
        "shape {shape:?} needs {} bytes of data, found {found}",
        .expected.map_or("more than 2^64".into(), |expected| expected.to_string())
    )]
    Length {
        /// Shape of the header.
        shape: Vec<usize>,
        /// Bytes it needs, if that many can be addressed.
        expected: Option<usize>,
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
    /// Two entries that share bytes of the archive.
    #[error("'{entry}' overlaps another entry")]
    Overlap {
        /// Entry of the archive.
        entry: String,
    },
    /// More data than an archive of this length may hold.
    #[error("'{entry}' {over}")]
    TooLarge {
        /// Entry of the archive.
        entry: String,
        /// How much more.
        over: OverBudget,
    },
}

fn plural(names: &[String]) -> &'static str {
    if names.len() == 1 { "" } else { "s" }
}
