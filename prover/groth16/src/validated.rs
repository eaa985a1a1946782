//! Which key files were validated: a note for each, so that the next load only maps the file.
//!
//! Validation (the module `file`) costs seconds for a large key, and its result cannot change while the file does not. After
//! it, a note is written to a directory of the user's. It names the file's device, inode, size, and times of modification
//! and of change of status, and a hash of the file's content: of all of it up to 8 MiB, and of a larger file of its first
//! block of 4 KiB and of 2048 others that a random seed in the note draws. A load that finds a note of the very same
//! file and the same hash does not check the queries' points again. It still checks the container, the counts against the
//! file's length, and the verifying key as registration does; it takes milliseconds at any size.
//!
//! **What this trusts.** *The times*: a call that writes to a file changes its time of status change, which no call can set
//! back. A file that changed in the two seconds before validation gets no note: a later write could carry the same time.
//! *The sample, where times say nothing*: a write through a shared mapping, or to the disk below the file system, may leave
//! the times as they are. Of B blocks, a change to k of them is then found with probability `1 - C(B - k, n) / C(B, n)` for
//! n = 2048: always in a file of at most 8 MiB; of 100 MiB, 8% for one block, and all but 10^-9 for a hundredth of them. A
//! note stands for one drawing: loading again finds no more.
//! *The file's owner*: who may write to a key while it is mapped can change it after every check, with or without notes.
//! *The cache*: notes are not signed. Who can write to the user's cache directory, or read the seeds there, could pass off a
//! key whose points were never checked; that is the user himself, or someone who could as well replace the program.
//!
//! What is at stake: a key with wrong points gives proofs that do not verify, and `assay prove` verifies each; a key made by
//! someone who knows its witness' wires could tell him something about them. The verifying key, which decides what can be
//! forged, is checked every time.

use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use assay_interface::artifact;
use rand::{RngCore, SeedableRng, rngs::OsRng, seq::index};
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    cache::{self, hex},
    encoding::KeyReadError,
    file::Trust,
    key::ProvingKey,
    progress::Observer,
    store::Store,
};

/// How long a file must have been left alone before its validation is remembered: longer than any file system's ticks.
const SETTLED: Duration = Duration::from_secs(2);
/// Bytes of a block: a page.
const BLOCK: usize = 1 << 12;
/// Blocks of a file that are hashed.
const SAMPLED: usize = 1 << 11;

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

/// What chooses the blocks of one note.
type Seed = [u8; 32];

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
        ValidatedKeys { directory: cache::of_user().map(|cache| cache.join("keys")) }
    }

    /// Loads from `file`, whose bytes these are, validating unless there is a note of it, and leaves a note of what was
    /// validated.
    pub(crate) fn once<T, E: From<io::Error>>(
        &self,
        file: &File,
        bytes: &[u8],
        load: impl FnOnce(Trust) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = file.metadata()?;
        if self.contains(&before, bytes) {
            return load(Trust::Validated);
        }
        let value = load(Trust::None)?;
        let after = file.metadata()?;
        if identity(&before) == identity(&after) {
            self.insert(&after, bytes);
        }
        Ok(value)
    }

    /// Whether this very file was validated before.
    fn contains(&self, metadata: &Metadata, bytes: &[u8]) -> bool {
        let Some((path, identity)) = self.place(metadata) else { return false };
        let Ok(note) = fs::read_to_string(path) else { return false };
        seed_of(&note).is_some_and(|seed| note == text(&identity, &seed, bytes))
    }

    /// Notes that this file was validated. What stands in the way of a note stands in the way of nothing else, so errors
    /// are dropped: the next load validates again.
    fn insert(&self, metadata: &Metadata, bytes: &[u8]) {
        let mut seed = [0; 32];
        if is_settled(metadata, SystemTime::now())
            && let Some((path, identity)) = self.place(metadata)
            && OsRng.try_fill_bytes(&mut seed).is_ok()
        {
            let _ = cache::write_whole(&path, text(&identity, &seed, bytes).as_bytes());
        }
    }

    /// Where a file's note is, and what it begins with.
    fn place(&self, metadata: &Metadata) -> Option<(PathBuf, String)> {
        let directory = self.directory.as_ref()?;
        let [device, inode, size, modified, modified_ns, changed, changed_ns] = identity(metadata)?;
        let identity = format!(
            "assay {} validated this proving key\ndevice {device} inode {inode} size {size}\n\
             modified {modified}.{modified_ns:09} changed {changed}.{changed_ns:09}\n",
            env!("CARGO_PKG_VERSION"),
        );
        Some((directory.join(hex(&artifact::digest(identity.as_bytes()))), identity))
    }
}

impl ProvingKey {
    /// The key in a `.pk` file, mapped: its points stay in the page cache and are never copied. Validated in full unless
    /// `validated` has a note of this very file; then this takes milliseconds. See [`assay_engine::MappedFile`] for what
    /// must not happen to the file meanwhile.
    pub fn open(path: &Path, validated: &ValidatedKeys) -> Result<ProvingKey, KeyOpenError> {
        ProvingKey::open_observed(path, validated, Observer::none())
    }

    /// As [`ProvingKey::open`], with progress of the validation.
    pub fn open_observed(
        path: &Path,
        validated: &ValidatedKeys,
        observer: Observer<'_>,
    ) -> Result<ProvingKey, KeyOpenError> {
        Ok(ProvingKey::open_any(path, validated, observer)?.without_weights()?)
    }

    /// The same, with weights or without.
    pub(crate) fn open_any(
        path: &Path,
        validated: &ValidatedKeys,
        observer: Observer<'_>,
    ) -> Result<ProvingKey, KeyOpenError> {
        let file = File::open(path)?;
        let store = Arc::new(Store::map(&file)?);
        validated.once(&file, &store, |trust| Ok(ProvingKey::from_store(store.clone(), trust, observer)?))
    }
}

/// A note: which file, which blocks of it, and their hash.
fn text(identity: &str, seed: &Seed, bytes: &[u8]) -> String {
    format!("{identity}{SEED_LINE}{}\ncontent {}\n", hex(seed), hex(&sample(bytes, seed)))
}

const SEED_LINE: &str = "seed ";

/// The seed in a note.
fn seed_of(note: &str) -> Option<Seed> {
    let digits = note.lines().find_map(|line| line.strip_prefix(SEED_LINE))?;
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// SHA-256 of the blocks that the seed chooses, in order.
fn sample(bytes: &[u8], seed: &Seed) -> [u8; 32] {
    let blocks: Vec<&[u8]> = bytes.chunks(BLOCK).collect();
    let mut hash = Sha256::new();
    hash.update((bytes.len() as u64).to_le_bytes());
    for index in chosen(blocks.len(), seed) {
        hash.update(blocks[index]);
    }
    hash.finalize().into()
}

/// Which of `count` blocks are hashed: the first, and 2048 of the others or all of them.
fn chosen(count: usize, seed: &Seed) -> Vec<usize> {
    let others = count.saturating_sub(1);
    if others <= SAMPLED {
        return (0..count).collect();
    }
    let mut chosen = index::sample(&mut ChaCha20Rng::from_seed(*seed), others, SAMPLED).into_vec();
    chosen.iter_mut().for_each(|index| *index += 1);
    chosen.push(0);
    chosen.sort_unstable();
    chosen
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
    let Ok(now) = now.duration_since(UNIX_EPOCH) else { return false };
    let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(seconds), u32::try_from(nanoseconds)) else {
        return false;
    };
    now.checked_sub(Duration::new(seconds, nanoseconds)).is_some_and(|age| age > SETTLED)
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
        assert!(!keys.contains(&metadata, b"one"));
        // Fresh files get no note.
        keys.insert(&metadata, b"one");
        assert!(!keys.contains(&metadata, b"one"));
        let later = SystemTime::now() + 2 * SETTLED;
        assert!(is_settled(&metadata, later) && !is_settled(&metadata, SystemTime::now()));

        let (note, identity) = keys.place(&metadata).unwrap();
        cache::write_whole(&note, text(&identity, &[7; 32], b"one").as_bytes()).unwrap();
        assert!(keys.contains(&metadata, b"one"));
        assert!(!ValidatedKeys::none().contains(&metadata, b"one"));
        // Other bytes that left every time as it was, as a write through a shared mapping may.
        assert!(!keys.contains(&metadata, b"two"));
        // A note that names no seed, or another hash.
        for wrong in [format!("{identity}seed 07\n"), text(&identity, &[7; 32], b"two"), String::new()] {
            fs::remove_file(&note).unwrap();
            cache::write_whole(&note, wrong.as_bytes()).unwrap();
            assert!(!keys.contains(&metadata, b"one"), "{wrong}");
        }
        fs::remove_file(&note).unwrap();
        cache::write_whole(&note, text(&identity, &[7; 32], b"one").as_bytes()).unwrap();
        // The same bytes in another file, and a write of the same length with the old time put back.
        fs::write(directory.path().join("copy"), b"one").unwrap();
        assert!(!keys.contains(&fs::metadata(directory.path().join("copy")).unwrap(), b"one"));
        std::thread::sleep(Duration::from_millis(50)); // longer than any kernel's tick
        fs::write(&path, b"two").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(metadata.modified().unwrap()).unwrap();
        let rewritten = fs::metadata(&path).unwrap();
        assert_eq!(rewritten.modified().unwrap(), metadata.modified().unwrap());
        assert!(!keys.contains(&rewritten, b"one"));
    }

    #[test]
    fn a_small_file_is_hashed_whole() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 5).map(|i| i as u8).collect();
        let honest = sample(&bytes, &[1; 32]);
        for at in [0, BLOCK - 1, BLOCK, 3 * BLOCK, 3 * BLOCK + 4] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_ne!(sample(&changed, &[1; 32]), honest);
        }
        assert_ne!(sample(&bytes[..3 * BLOCK], &[1; 32]), honest);
        assert_eq!(chosen(SAMPLED + 1, &[1; 32]).len(), SAMPLED + 1);
        assert!(chosen(0, &[1; 32]).is_empty());
    }

    /// A change is found exactly where its block is one that the seed chose, and seeds choose with the stated probability.
    #[test]
    fn a_change_of_a_large_file_is_found_as_often_as_it_says() {
        let count = 4 * SAMPLED;
        let mut bytes = vec![0; count * BLOCK];
        let seed = |number: u32| {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&number.to_le_bytes());
            seed
        };
        let honest = sample(&bytes, &seed(0));
        let chosen_first = chosen(count, &seed(0));
        assert!(chosen_first.contains(&0) && chosen_first.is_sorted() && chosen_first.len() == SAMPLED + 1);
        for block in [0, 1, count / 2, count - 1] {
            bytes[block * BLOCK + 77] ^= 1;
            assert_eq!(sample(&bytes, &seed(0)) != honest, chosen_first.contains(&block));
            bytes[block * BLOCK + 77] ^= 1;
        }
        // One block of the others in four: 1000 drawings, of which 250 +- 5 standard deviations find it.
        let found = (0..1000).filter(|number| chosen(count, &seed(*number)).contains(&(count / 3))).count();
        assert!((182..=318).contains(&found), "{found}");
    }
}
