//! Bounded reads of files and of standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, anyhow, bail};

use super::paths::{is_standard, parent};
use crate::failure::hinted;

/// Whether standard input was read: it can be read once.
static STDIN_TAKEN: AtomicBool = AtomicBool::new(false);

/// All of the file, or of standard input for `-`. It is `what` ("model", "proving key"), and has at most `limit` bytes.
pub fn read(path: &Path, what: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
    if !is_standard(path) {
        return read_stream(open(path, what)?, &path.display().to_string(), what, limit);
    }
    if STDIN_TAKEN.swap(true, Ordering::Relaxed) {
        return Err(hinted(
            anyhow!("standard input cannot be the {what} as well: it was read already"),
            "only one argument can be -",
        ));
    }
    read_stream(io::stdin().lock(), "standard input", what, limit)
}

/// Whether `path`, which is `what`, can be opened and is not a directory.
pub fn check(path: &Path, what: &str) -> anyhow::Result<()> {
    open(path, what).map(drop)
}

fn open(path: &Path, what: &str) -> anyhow::Result<File> {
    let file = File::open(path).with_context(|| format!("cannot open the {what} {}", path.display()));
    let file = match file {
        Err(error) if path.is_symlink() && !path.exists() => {
            return Err(hinted(error, "it is a symbolic link to a file that does not exist"));
        }
        Err(error) if !path.exists() => return Err(hinted(error, missing_hint(path))),
        other => other?,
    };
    if file.metadata().with_context(|| format!("cannot read {}", path.display()))?.is_dir() {
        return Err(hinted(
            anyhow!("cannot read the {what} {}: it is a directory", path.display()),
            "name the file itself",
        ));
    }
    Ok(file)
}

fn read_stream(stream: impl Read, name: &str, what: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut contents = Vec::new();
    stream
        .take(limit.saturating_add(1))
        .read_to_end(&mut contents)
        .with_context(|| format!("cannot read {name}"))?;
    if contents.len() as u64 > limit {
        bail!("{name} has more than {limit} bytes: too large for the {what}");
    }
    Ok(contents)
}

fn missing_hint(path: &Path) -> String {
    let directory = parent(path);
    match (directory.is_dir(), directory == Path::new(".")) {
        (false, _) => format!("there is no directory {}", directory.display()),
        (true, true) => "there is no such file in the current directory".into(),
        (true, false) => format!("there is no such file in {}", directory.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{hints, message};

    #[test]
    fn reads_are_bounded_and_say_what_is_wrong() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, "proof", 100).unwrap(), [7; 100]);
        assert!(
            message(&read(&path, "proof", 99).unwrap_err())
                .contains("more than 99 bytes: too large for the proof")
        );
        let missing = read(&directory.path().join("y"), "proof", 9).unwrap_err();
        assert!(message(&missing).contains("cannot open the proof"));
        assert_eq!(hints(&missing).len(), 1);
        assert!(message(&read(directory.path(), "proof", 9).unwrap_err()).contains("cannot read the proof"));
    }
}
