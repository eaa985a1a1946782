//! Where models and keys lie: under the SHA-256 of their bytes, in a folder that all machines see, and copied from there to this
//! machine. What is asked of the folder is what buckets do as well: `object_store` has them, behind the same trait.
//!
//! The digest is checked when a file is copied and when it is first used by a process: what a worker proves with is what the job names,
//! whoever can write to the store.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path as Key};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::error::{Error, Result};

/// Bytes that are read from a file at a time.
const PIECE: usize = 1 << 18;
/// What is wrong with a store.
const MISSING: &str = "the folder is not there: is it mounted?";
const EMPTY: &str =
    "it has none of the files that were uploaded: is it mounted, and is it the one that the servers have?";

/// A store, and the folder of its copies on this machine.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    objects: Arc<dyn ObjectStore>,
    copies: PathBuf,
}

impl Store {
    /// A folder, which is made where it is missing and `is_new` says that nothing was ever put there.
    ///
    /// # Errors
    /// It cannot be opened, or `copies` cannot be made.
    pub fn open(folder: &Path, copies: &Path, is_new: bool) -> Result<Store> {
        std::fs::create_dir_all(copies).map_err(Error::file(copies))?;
        if is_new {
            std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        }
        if !folder.is_dir() {
            return Err(Error::NoStore { path: folder.to_owned(), what: MISSING });
        }
        let objects = Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true));
        Ok(Store { folder: folder.to_owned(), objects, copies: copies.to_owned() })
    }

    fn key(digest: &str) -> Key {
        Key::from(digest)
    }

    /// Whether it has a file.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn has(&self, digest: &str) -> Result<bool> {
        match self.objects.head(&Self::key(digest)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether it can be worked with: the folder is there, it has one of `files` at least, unless there are none, and this machine has room
    /// for copies.
    ///
    /// # Errors
    /// What is missing.
    pub async fn check(&self, files: &[String]) -> Result<()> {
        let wrong = |what| Error::NoStore { path: self.folder.clone(), what };
        if !self.folder.is_dir() {
            return Err(wrong(MISSING));
        }
        let mut has_one = files.is_empty();
        for digest in files {
            has_one = has_one || self.has(digest).await?;
        }
        if !has_one {
            return Err(wrong(EMPTY));
        }
        let mut temporary =
            tempfile::NamedTempFile::new_in(&self.copies).map_err(Error::file(&self.copies))?;
        let written = temporary.write_all(&[0; 1 << 12]).and_then(|()| temporary.as_file().sync_all());
        written.map_err(Error::file(&self.copies))
    }

    /// Whether it has a file, and the file has these bytes.
    async fn has_whole(&self, digest: &str) -> Result<bool> {
        let Some((_, mut pieces)) = self.read(digest).await? else { return Ok(false) };
        loop {
            match pieces.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(true),
                Err(error) => {
                    tracing::warn!(digest, %error, "the store's file is not whole: it is written again");
                    return Ok(false);
                }
            }
        }
    }

    /// Puts a file there, which has this digest. There it is whole or not at all; one that is damaged is replaced.
    ///
    /// # Errors
    /// The file cannot be read, or the store does not take it.
    pub async fn put(&self, digest: &str, path: &Path) -> Result<()> {
        if self.has_whole(digest).await? {
            return Ok(());
        }
        let mut file = tokio::fs::File::open(path).await.map_err(Error::file(path))?;
        let mut writer = BufWriter::new(Arc::clone(&self.objects), Self::key(digest));
        let mut piece = vec![0; PIECE];
        let stored = |error: std::io::Error| {
            Error::Store(object_store::Error::Generic { store: "put", source: error.into() })
        };
        loop {
            let length = file.read(&mut piece).await.map_err(Error::file(path))?;
            let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
            writer.write_all(read).await.map_err(stored)?;
        }
        writer.shutdown().await.map_err(stored)
    }

    /// The bytes of a file, piece by piece, and how many there are; none where there is no such file. Where they do not have this digest,
    /// the last piece is an error.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn read(&self, digest: &str) -> Result<Option<Reading>> {
        match self.objects.get(&Self::key(digest)).await {
            Ok(found) => {
                let size = found.meta.size;
                let pieces = found.into_stream().map_err(std::io::Error::other);
                Ok(Some((size, checked(digest.to_owned(), Box::pin(pieces)))))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Where a copy of the file lies on this machine, whose bytes have this digest: it is fetched where it is missing.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the store has other bytes, or has none, or does not answer.
    pub async fn copy(&self, digest: &str) -> Result<PathBuf> {
        let path = self.copies.join(digest);
        if path.exists() {
            let (there, expected) = (path.clone(), digest.to_owned());
            let hashed =
                tokio::task::spawn_blocking(move || digest_of(&there).map(|found| found == expected));
            if hashed.await.map_err(|error| Error::Internal(error.to_string()))?? {
                return Ok(path);
            }
        }
        let mut stream = self.objects.get(&Self::key(digest)).await?.into_stream();
        let temporary = tempfile::NamedTempFile::new_in(&self.copies).map_err(Error::file(&self.copies))?;
        let opened = temporary.reopen().map_err(Error::file(temporary.path()))?;
        let (mut file, mut hash) = (tokio::fs::File::from_std(opened), Sha256::new());
        while let Some(piece) = stream.try_next().await? {
            hash.update(&piece);
            file.write_all(&piece).await.map_err(Error::file(temporary.path()))?;
        }
        file.sync_all().await.map_err(Error::file(temporary.path()))?;
        if hex::encode(hash.finalize()) != digest {
            return Err(Error::Damaged(digest.into()));
        }
        temporary.persist(&path).map_err(|error| Error::File { path: path.clone(), error: error.error })?;
        Ok(path)
    }
}

/// Bytes of a file, piece by piece.
pub type Pieces =
    std::pin::Pin<Box<dyn futures_util::Stream<Item = std::io::Result<axum::body::Bytes>> + Send>>;

/// Bytes of a file, and how many there will be.
pub type Reading = (u64, Pieces);

/// The same pieces, each given when the next is there: the last one when the digest is known to be this.
fn checked(digest: String, pieces: Pieces) -> Pieces {
    let state = (pieces, Some(Sha256::new()), None);
    Box::pin(futures_util::stream::try_unfold(state, move |(mut pieces, hash, mut held)| {
        let digest = digest.clone();
        async move {
            let Some(mut hash) = hash else { return Ok(None) };
            loop {
                match pieces.try_next().await? {
                    Some(piece) => {
                        hash.update(&piece);
                        if let Some(before) = held.replace(piece) {
                            return Ok(Some((before, (pieces, Some(hash), held))));
                        }
                    }
                    None if hex::encode(hash.finalize_reset()) == digest => {
                        return Ok(held.take().map(|last| (last, (pieces, None, None))));
                    }
                    None => return Err(std::io::Error::other(Error::Damaged(digest))),
                }
            }
        }
    }))
}

/// The SHA-256 of a file's bytes, in hexadecimal digits.
///
/// # Errors
/// It cannot be read.
pub fn digest_of(path: &Path) -> Result<String> {
    let mut file = std::fs::File::open(path).map_err(Error::file(path))?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        let length = file.read(&mut piece).map_err(Error::file(path))?;
        match piece.get(..length) {
            Some(read) if !read.is_empty() => hash.update(read),
            _ => return Ok(hex::encode(hash.finalize())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_found_by_their_digest_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        let bytes: Vec<u8> = (0..3 * PIECE + 1).map(|i| (i * 31 % 251) as u8).collect();
        std::fs::write(&source, &bytes).unwrap();
        let digest = digest_of(&source).unwrap();
        assert_eq!(digest, hex::encode(Sha256::digest(&bytes)));
        let store = folder.path().join("store");
        let open = |copies: &str| Store::open(&store, &folder.path().join(copies), true).unwrap();
        let (one, other) = (open("one"), open("other"));
        assert!(!one.has(&digest).await.unwrap() && one.read(&digest).await.unwrap().is_none());
        assert!(one.copy(&digest).await.is_err());
        one.put(&digest, &source).await.unwrap();
        one.put(&digest, &source).await.unwrap();
        let copied = other.copy(&digest).await.unwrap();
        assert_eq!(std::fs::read(&copied).unwrap(), bytes);
        // A copy that was changed is fetched again, and a file of the store that was changed is refused.
        std::fs::write(&copied, b"x").unwrap();
        assert_eq!(std::fs::read(other.copy(&digest).await.unwrap()).unwrap(), bytes);
        std::fs::write(store.join(&digest), b"x").unwrap();
        assert!(matches!(one.copy(&digest).await, Err(Error::Damaged(named)) if named == digest));
        assert_eq!(std::fs::read_dir(folder.path().join("one")).unwrap().count(), 0);
        // What is served is checked as well, and the right file repairs a damaged one.
        for damaged in [&bytes[..100], &[&bytes[1..], b"x"].concat()] {
            std::fs::write(store.join(&digest), damaged).unwrap();
            let (_, pieces) = one.read(&digest).await.unwrap().unwrap();
            assert!(pieces.try_collect::<Vec<_>>().await.is_err());
            one.put(&digest, &source).await.unwrap();
            let (length, pieces) = one.read(&digest).await.unwrap().unwrap();
            let read = pieces.try_collect::<Vec<_>>().await.unwrap().concat();
            assert!(read == bytes && length == bytes.len() as u64);
        }
    }

    #[tokio::test]
    async fn a_store_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let (store, copies) = (folder.path().join("store"), folder.path().join("copies"));
        assert!(matches!(Store::open(&store, &copies, false), Err(Error::NoStore { .. })));
        assert!(!store.exists());
        let opened = Store::open(&store, &copies, true).unwrap();
        opened.check(&[]).await.unwrap();
        let uploaded = ["ab".to_owned(), "cd".to_owned()];
        assert!(matches!(opened.check(&uploaded).await, Err(Error::NoStore { what: EMPTY, .. })));
        std::fs::write(store.join("cd"), b"x").unwrap();
        opened.check(&uploaded).await.unwrap();
        std::fs::remove_dir_all(&store).unwrap();
        assert!(matches!(opened.check(&[]).await, Err(Error::NoStore { what: MISSING, .. })));
        assert!(!store.exists());
    }
}
