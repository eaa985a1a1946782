//! What goes wrong in the service itself, apart from what a job is refused for.

use std::path::PathBuf;

/// Why the service could not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do what it was asked.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The queue's part of it did not.
    #[error("the queue: {0}")]
    Queue(String),
    /// Another version of this program made the tables.
    #[error(
        "the database's tables are of version {found}, and this program's are of {expected}: give each its own database"
    )]
    Version {
        /// The database's.
        found: i64,
        /// This program's.
        expected: i64,
    },
    /// Secrets in the database were encrypted with another key.
    #[error(
        "this is not the key that the database's secrets are encrypted with: give every server and worker of one database the same key file"
    )]
    OtherSecret,
    /// The key of secrets cannot be used.
    #[error("the key of secrets, {place}: {what}")]
    Secret {
        /// The file or the variable.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// A secret does not decrypt: the row was changed.
    #[error("the secrets of job {0} do not decrypt: its row was changed, in this or another column")]
    Sealed(String),
    /// The store did not do what it was asked.
    #[error("the store: {0}")]
    Store(#[from] object_store::Error),
    /// The store is not the one that the catalogue is about, or is not there.
    #[error("the store {}: {what}", .path.display())]
    NoStore {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// The store has other bytes than their name says.
    #[error("the store has other bytes under {0} than the digest says: upload the right file again")]
    Damaged(String),
    /// A local file.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Something in the database is not what this program writes.
    #[error("{0}")]
    Row(String),
    /// Part of this process ended that should not have.
    #[error("{0}")]
    Internal(String),
}

/// A result of the service.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// For [`Result::map_err`], with the path.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |error| Error::File { path, error }
    }
}
