//! Which key files were validated: a note for each, so that the next load only maps the file.
//!
//! Validation (the module `file`) costs seconds for a large key, and its result cannot change while the file does not. After
//! it, a note is written to a directory of the user's. It names the file's device, inode, size, and times of modification
//! and of change of status, and the file's first bytes, which for a `.pk` hold its digest; the hash of all that is the
//! note's name. A load that finds the very same note skips validation. It still checks the container, the counts against
//! the file's length, and every point of the verifying key; it does not read the points, so it takes milliseconds at any
//! size.
//!
//! **What this trusts.** Every write to a file changes its time of status change, which no call can set back, so a note
//! holds as long as nobody wrote to the file, whoever may write to the key's directory. A file that changed in the two
//! seconds before validation gets no note: a later write could carry the same time. Notes are not signed: who can write to
//! the user's cache directory could forge one, and with it pass off a key whose points were never checked. That is the
//! user himself, or someone who could as well replace the program. Damage that no write causes, as on a failing disk, is
//! not seen by such a load; it gives a proof that does not verify, and `assay prove` verifies each.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use assay_interface::artifact::{self, HEADER_LEN};
use thiserror::Error;

use crate::{encoding::KeyReadError, file::Trust, key::ProvingKey, store::Store};

/// How long a file must have been left alone before its validation is remembered: longer than any file system's ticks.
const SETTLED: Duration = Duration::from_secs(2);

/// The notes of one user, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidatedKeys {
    directory: Option<PathBuf>,
}

/// Why a key file could not be opened.
#[derive(Debug, Error)]
pub enum KeyOpenError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is no key.
    #[error(transparent)]
    Key(#[from] KeyReadError),
}

impl ValidatedKeys {
    /// Remembers nothing: every load validates.
    pub fn none() -> ValidatedKeys {
        ValidatedKeys::default()
    }

    /// Notes in `directory`, which is made when the first is written. It should be the user's alone.
    pub fn at(directory: impl Into<PathBuf>) -> ValidatedKeys {
        ValidatedKeys { directory: Some(directory.into()) }
    }

    /// Notes in `$XDG_CACHE_HOME/assay/keys` or `$HOME/.cache/assay/keys`; none where neither is set.
    pub fn of_user() -> ValidatedKeys {
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        ValidatedKeys { directory: cache.map(|cache| cache.join("assay").join("keys")) }
    }

    /// Loads from `file`, validating unless there is a note of it, and leaves a note of what was validated.
    pub(crate) fn once<T, E: From<io::Error>>(
        &self,
        file: &File,
        start: &[u8],
        load: impl FnOnce(Trust) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = file.metadata()?;
        if self.contains(&before, start) {
            return load(Trust::Validated);
        }
        let value = load(Trust::None)?;
        let after = file.metadata()?;
        if identity(&before) == identity(&after) {
            self.insert(&after, start);
        }
        Ok(value)
    }

    /// Whether this very file was validated before.
    fn contains(&self, metadata: &Metadata, start: &[u8]) -> bool {
        self.note(metadata, start)
            .is_some_and(|(path, note)| fs::read(path).is_ok_and(|found| found == note.as_bytes()))
    }

    /// Notes that this file was validated. What stands in the way of a note stands in the way of nothing else, so errors
    /// are dropped: the next load validates again.
    fn insert(&self, metadata: &Metadata, start: &[u8]) {
        if let Some((path, note)) =
            self.note(metadata, start).filter(|_| is_settled(metadata, SystemTime::now()))
        {
            let _ = write_whole(&path, note.as_bytes());
        }
    }

    /// Path and text of a file's note.
    fn note(&self, metadata: &Metadata, start: &[u8]) -> Option<(PathBuf, String)> {
        let directory = self.directory.as_ref()?;
        let [device, inode, size, modified, modified_ns, changed, changed_ns] = identity(metadata)?;
        let note = format!(
            "assay {} validated this proving key\ndevice {device} inode {inode} size {size}\n\
             modified {modified}.{modified_ns:09} changed {changed}.{changed_ns:09}\nstart {}\n",
            env!("CARGO_PKG_VERSION"),
            hex(start)
        );
        Some((directory.join(hex(&artifact::digest(note.as_bytes()))), note))
    }
}

impl ProvingKey {
    /// The key in a `.pk` file, mapped: its points stay in the page cache and are never copied. Validated in full unless
    /// `validated` has a note of this very file; then this takes milliseconds. See [`assay_engine::MappedFile`] for what
    /// must not happen to the file meanwhile.
    pub fn open(path: &Path, validated: &ValidatedKeys) -> Result<ProvingKey, KeyOpenError> {
        let file = File::open(path)?;
        let store = Store::map(&file)?;
        let start = store.get(..HEADER_LEN).unwrap_or_default().to_vec();
        validated.once(&file, &start, |trust| Ok(ProvingKey::from_store(store, trust)?))
    }
}

/// What changes when a file is written to.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<[i128; 7]> {
    use std::os::unix::fs::MetadataExt;
    Some([
        metadata.dev().into(),
        metadata.ino().into(),
        metadata.size().into(),
        metadata.mtime().into(),
        metadata.mtime_nsec().into(),
        metadata.ctime().into(),
        metadata.ctime_nsec().into(),
    ])
}

/// Without a time of status change there is nothing to rely on: such systems validate every time.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<[i128; 7]> {
    None
}

/// Whether the last change is long past.
fn is_settled(metadata: &Metadata, now: SystemTime) -> bool {
    let Some([.., seconds, nanoseconds]) = identity(metadata) else { return false };
    let since_epoch = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(seconds), u32::try_from(nanoseconds)) else {
        return false;
    };
    since_epoch(now).checked_sub(Duration::new(seconds, nanoseconds)).is_some_and(|age| age > SETTLED)
}

/// A file that is there whole or not at all, readable by its owner only.
fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_note_holds_for_the_very_same_file_only() {
        let directory = tempfile::tempdir().unwrap();
        let (keys, path) = (ValidatedKeys::at(directory.path().join("cache")), directory.path().join("key"));
        fs::write(&path, b"one").unwrap();
        let metadata = fs::metadata(&path).unwrap();
        let header = [7; HEADER_LEN];
        assert!(!keys.contains(&metadata, &header));
        // Fresh files get no note.
        keys.insert(&metadata, &header);
        assert!(!keys.contains(&metadata, &header));
        let later = SystemTime::now() + 2 * SETTLED;
        assert!(is_settled(&metadata, later) && !is_settled(&metadata, SystemTime::now()));

        let (note_path, note) = keys.note(&metadata, &header).unwrap();
        write_whole(&note_path, note.as_bytes()).unwrap();
        assert!(keys.contains(&metadata, &header));
        assert!(!keys.contains(&metadata, &[8; HEADER_LEN]));
        assert!(!ValidatedKeys::none().contains(&metadata, &header));
        // The same bytes in another file, and a write of the same length with the old time put back.
        fs::write(directory.path().join("copy"), b"one").unwrap();
        assert!(!keys.contains(&fs::metadata(directory.path().join("copy")).unwrap(), &header));
        std::thread::sleep(Duration::from_millis(50)); // longer than any kernel's tick
        fs::write(&path, b"two").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(metadata.modified().unwrap()).unwrap();
        let rewritten = fs::metadata(&path).unwrap();
        assert_eq!(rewritten.modified().unwrap(), metadata.modified().unwrap());
        assert!(!keys.contains(&rewritten, &header));
    }
}
