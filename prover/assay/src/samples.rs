//! Samples: rows of real input values, from CSV, JSON or NumPy files.

use std::path::Path;

use assay_compiler::Table;

use crate::{error::Error, files};

/// Most bytes of samples that are read from a file.
const LIMIT: u64 = 1 << 30;

/// Rows of input values in the model's own units, labelled the way their source labels them.
///
/// They calibrate a compilation, and are the inputs of proofs: [`crate::Model::arrange`] arranges them as a model takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples(Table);

/// How samples are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header of feature names, and a sample a line.
    Csv,
    /// Arrays in the model's order, objects by feature, or an object by input tensor.
    Json,
    /// One NumPy array whose first dimension counts the samples.
    Npy,
    /// One NumPy array for each input tensor.
    Npz,
}

impl Format {
    /// The format that a file name ends in.
    pub fn of_name(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Format::Csv),
            "json" => Some(Format::Json),
            "npy" => Some(Format::Npy),
            "npz" => Some(Format::Npz),
            _ => None,
        }
    }

    /// The format that bytes begin like.
    pub fn of_bytes(bytes: &[u8]) -> Format {
        if bytes.starts_with(b"\x93NUMPY") {
            return Format::Npy;
        }
        if bytes.starts_with(b"PK") {
            return Format::Npz;
        }
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[' | b'{') => Format::Json,
            _ => Format::Csv,
        }
    }
}

impl Samples {
    /// Reads samples, the format being what the bytes begin like.
    ///
    /// # Errors
    /// [`Error::Samples`] names the first cell, element or array that cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Samples, Error> {
        Samples::read_as(Format::of_bytes(bytes), bytes)
    }

    /// Reads samples of this format.
    ///
    /// # Errors
    /// As [`Samples::read`].
    pub fn read_as(format: Format, bytes: &[u8]) -> Result<Samples, Error> {
        let table = match format {
            Format::Csv => Table::from_csv(bytes),
            Format::Json => Table::from_json(bytes),
            Format::Npy => Table::from_npy(bytes),
            Format::Npz => Table::from_npz(bytes),
        };
        Ok(Samples(table?))
    }

    /// Reads a file, the format being that of its name's ending, or else what its bytes begin like.
    ///
    /// # Errors
    /// As [`Samples::read`], and where the file cannot be read or is larger than a gigabyte.
    pub fn open(path: &Path) -> Result<Samples, Error> {
        let bytes = files::read(path, LIMIT)?;
        Samples::read_as(Format::of_name(path).unwrap_or_else(|| Format::of_bytes(&bytes)), &bytes)
    }

    /// Samples in the model's own order.
    pub fn from_rows(rows: Vec<Vec<f64>>) -> Samples {
        Samples(Table::Rows(rows))
    }

    /// The compiler's form.
    pub fn table(&self) -> &Table {
        &self.0
    }
}

impl From<Table> for Samples {
    fn from(table: Table) -> Samples {
        Samples(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_name_and_by_content() {
        let of_name = |name: &str| Format::of_name(Path::new(name));
        assert_eq!(of_name("a.CSV"), Some(Format::Csv));
        assert_eq!(of_name("a.b.npz"), Some(Format::Npz));
        assert_eq!(of_name("/dev/fd/63"), None);
        assert_eq!(Format::of_bytes(b"  [1]"), Format::Json);
        assert_eq!(Format::of_bytes(b"a,b\n1,2"), Format::Csv);
        assert_eq!(Format::of_bytes(b"\x93NUMPY"), Format::Npy);
        assert_eq!(Format::of_bytes(b"PK\x03\x04"), Format::Npz);
        assert_eq!(Samples::read(b"[[1, 2]]").unwrap(), Samples::from_rows(vec![vec![1.0, 2.0]]));
    }
}
