//! Small files in the user's cache directory.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// `$XDG_CACHE_HOME/assay` or `$HOME/.cache/assay`; none where neither is set.
pub(crate) fn of_user() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("assay"))
}

/// Writes a file that is there whole or not at all, readable by its owner only, in a directory that is made if it is not there.
pub(crate) fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut builder = fs::DirBuilder::new();
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.recursive(true).create(directory)?;
    let temporary = path.with_extension(std::process::id().to_string());
    let mut file = options.write(true).create_new(true).open(&temporary)?;
    let written = file.write_all(contents).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
