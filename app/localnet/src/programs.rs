//! Finding the compiled programs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use assay_host::errors::ErrorTableError;
use thiserror::Error;

/// Why a program was not deployed.
#[derive(Debug, Error)]
pub enum DeployError {
    /// The programs' IDLs give no table of errors.
    #[error(transparent)]
    Errors(#[from] ErrorTableError),
    /// There is no such file.
    #[error("{} cannot be read ({source}): build the programs with `cargo xtask build`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What reading it said.
        source: std::io::Error,
    },
    /// The file is not a program that the runtime takes.
    #[error("{library}.so is not a program that this runtime loads: {reason}")]
    Invalid {
        /// The program's library name.
        library: &'static str,
        /// What the runtime said.
        reason: String,
    },
}

/// Where the programs lie: `ASSAY_DEPLOY_DIR`, or `programs/bin` of the repository, which `cargo xtask build` fills.
pub fn deploy_directory() -> PathBuf {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    match env::var_os("ASSAY_DEPLOY_DIR") {
        Some(directory) => root.join(directory),
        None => root.join("programs/bin"),
    }
}

/// The compiled file of a library.
///
/// # Errors
/// [`DeployError::Missing`].
pub fn read_program(directory: &Path, library: &str) -> Result<Vec<u8>, DeployError> {
    let path = directory.join(format!("{library}.so"));
    fs::read(&path).map_err(|source| DeployError::Missing { path, source })
}
