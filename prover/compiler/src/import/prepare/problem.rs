//! Why the data of a tensor in another file cannot be had.

use crate::budget::OverBudget;

/// What is wrong with a tensor in another file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExternalProblem {
    /// No `location`.
    #[error("says that its data is in another file, and not in which: export the model again")]
    NoLocation,
    /// A location that leads out of the model's folder.
    #[error(
        "lies in '{location}', which is no path inside the model's folder: put the file beside the model and name it \
         by a relative path"
    )]
    Outside {
        /// Location as the file has it.
        location: String,
    },
    /// A file that was not brought.
    #[error(
        "lies in '{location}', which is not there: keep that file beside the model's, as the exporter wrote it"
    )]
    Absent {
        /// Path from the model's folder.
        location: String,
    },
    /// An offset or a length that is no number.
    #[error("has the {key} '{value}', which is no number of bytes")]
    Number {
        /// `offset` or `length`.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// Bytes behind the end of the file.
    #[error(
        "takes {length} bytes from byte {offset} of '{location}', which has {found}: the file is of another export, or \
         was cut short"
    )]
    Bounds {
        /// Path from the model's folder.
        location: String,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// More bytes than the files may be asked for.
    #[error("{0}")]
    TooLarge(OverBudget),
}
