//! The journal's files: how they are opened, locked, named and made to last.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::error::JournalError;

/// How often a lock that is held is tried, and the pause in between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(25);

pub(super) fn failure(file: &Path, error: &io::Error) -> JournalError {
    JournalError::File { file: file.to_owned(), what: error.to_string() }
}

/// Takes the lock beside a journal. Its file stays: removed, it could be locked twice. Whoever held it may be about to end, or have begun
/// a process that does not know yet that the lock is none of its own.
pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
    let name = beside(path, "lock");
    let file = options().open(&name).map_err(|error| failure(&name, &error))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(failure(&name, &error)),
        }
    }
    Err(JournalError::Locked(path.to_owned()))
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// To append to a file that only its owner reads.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes names in a file's folder last.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
