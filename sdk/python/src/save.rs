//! Files that are written whole or not at all.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use pyo3::prelude::*;

use crate::{errors::exception, work::quiet};

/// Writes bytes to a file that is in place only when it is whole. `private`: readable by its owner only.
///
/// # Errors
/// `io`.
#[pyfunction]
pub fn save(py: Python<'_>, path: PathBuf, bytes: &[u8], private: bool) -> PyResult<()> {
    quiet(py, || Ok(write(&path, bytes, private)))?.map_err(|error| {
        exception(py, "io", "system", &format!("cannot write {}: {error}", path.display()), None)
    })
}

fn write(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".assay-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(if private { 0o600 } else { 0o666 }));
    }
    #[cfg(not(unix))]
    let _ = private; // the folder's
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
