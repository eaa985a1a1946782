//! Temporary files, which an interruption deletes.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::product::{Force, Product};
use crate::interrupt;

/// A file under its temporary name.
#[derive(Debug)]
pub(super) struct Pending {
    /// As the user named it.
    pub(super) shown: PathBuf,
    /// Behind symbolic links.
    pub(super) destination: PathBuf,
    pub(super) product: Product,
    pub(super) force: Force,
    pub(super) temporary: Temporary,
}

/// A temporary file that is in the interruption's registry for as long as it exists.
#[derive(Debug)]
pub(super) struct Temporary {
    pub(super) file: NamedTempFile,
}

impl Temporary {
    pub(super) fn new(directory: &Path, prefix: &str, mode: u32) -> io::Result<Temporary> {
        // Held while the file is made: an interruption comes before it exists or after it is listed.
        let mut registry = interrupt::hold();
        let file = tempfile::Builder::new()
            .prefix(prefix)
            .suffix(".tmp")
            .permissions(fs::Permissions::from_mode(mode))
            .tempfile_in(directory)
            .map_err(without_path)?;
        registry.temporaries.insert(file.path().to_owned());
        Ok(Temporary { file })
    }
}

/// The system's error alone: `tempfile` adds the path of its temporary, a name that means nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    let system =
        error.get_ref().and_then(|wrapped| wrapped.source()?.downcast_ref::<io::Error>()?.raw_os_error());
    system.map_or(error, io::Error::from_raw_os_error)
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The registry may be held by `commit`, which drops nothing while it does. NamedTempFile deletes the file.
        interrupt::hold().temporaries.remove(self.file.path());
    }
}
