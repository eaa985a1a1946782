//! Replacing what stands at an output's destination, and putting it back.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use super::product::{Force, Product};
use super::temporary::Pending;
use crate::failure::hinted;

/// Most bytes of a standing file that are read to tell what it is: more than any model, proof or report has.
const LARGEST: u64 = 1 << 30;

/// Refuses to replace what must stay at `path`, which the user knows as `shown`. `new` is what would stand there.
pub(super) fn check(
    path: &Path,
    shown: &Path,
    product: Product,
    force: Force,
    new: Option<&[u8]>,
) -> anyhow::Result<()> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    if metadata.is_dir() {
        return Err(hinted(anyhow!("{} is a directory", shown.display()), "name the file to write"));
    }
    if !metadata.is_file() {
        return Err(hinted(
            anyhow!(
                "{} is not a regular file, and only those can be written whole or not at all",
                shown.display()
            ),
            "- names standard output",
        ));
    }
    if force == Force::Given {
        return Ok(());
    }
    let mut old = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut old))
        .with_context(|| format!("cannot read {}, which stands where the output goes", shown.display()))?;
    product.check_replaceable(&shown.display().to_string(), &old, new)
}

/// Renames the temporary to its destination. If that fails, what stood there stands there still.
pub(super) fn replace(output: &Pending, contents: &[u8]) -> anyhow::Result<Replaced> {
    let path = &output.destination;
    check(path, &output.shown, output.product, output.force, Some(contents))?;
    let backup = if path.exists() { Some(back_up(path)?) } else { None };
    let replaced = Replaced { destination: path.clone(), backup };
    if let Err(error) = fs::rename(output.temporary.file.path(), path) {
        if replaced.backup.is_some() {
            replaced.undo();
        }
        return Err(error).with_context(|| format!("cannot write {}", output.shown.display()));
    }
    Ok(replaced)
}

/// A destination that holds its new file, and what it held before.
pub(super) struct Replaced {
    destination: PathBuf,
    backup: Option<PathBuf>,
}

impl Replaced {
    /// Puts the old state back. Errors are dropped: the one that led here is reported, and this does what can be done.
    pub(super) fn undo(self) {
        let Some(backup) = self.backup else {
            let _ = fs::remove_file(&self.destination);
            return;
        };
        let _ = fs::rename(&backup, &self.destination);
        // Renaming one name of a file onto another of its names does nothing; then the backup is still there.
        let _ = fs::remove_file(&backup);
    }

    /// Forgets the old state. The outputs are in place, so a backup that cannot be deleted is no failure.
    pub(super) fn keep(self) {
        if let Some(backup) = self.backup {
            let _ = fs::remove_file(backup);
        }
    }
}

/// A second name for the file at `path`, to roll back to.
fn back_up(path: &Path) -> anyhow::Result<PathBuf> {
    let Some(name) = path.file_name() else { bail!("{} names no file", path.display()) };
    let name = name.to_string_lossy();
    let backup = path.with_file_name(format!(".{name}.{}.old.tmp", std::process::id()));
    // A hard link keeps the old file in place until the rename; where there are none, it moves aside.
    fs::hard_link(path, &backup)
        .or_else(|_| fs::rename(path, &backup))
        .with_context(|| format!("cannot keep a copy of {}", path.display()))?;
    Ok(backup)
}
