//! A file's bytes in place: a read-only memory map.

use std::{fs::File, io, ops::Deref};

/// The bytes of a file, in the page cache. Dereferences to a slice that starts at a page, so aligned to 4096 bytes.
///
/// Nobody may write to the file or truncate it while this exists. A writer that does all the same makes the reader see
/// other numbers; a truncation ends the process with SIGBUS at the next access. Replace such files by renaming another
/// over them: a map keeps what it has opened.
#[derive(Debug)]
pub struct MappedFile(memmap2::Mmap);

impl MappedFile {
    /// Maps all of a regular file.
    pub fn open(file: &File) -> io::Result<MappedFile> {
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "only a regular file can be mapped"));
        }
        // SAFETY: the map is private and read-only, so nothing in this process writes through it, and it lives as long as
        // every slice of it. What remains is another process that writes to the file, or truncates it. Assay's own
        // writers do neither: they rename a new file over the old one, which leaves the mapped one as it is. For a
        // foreign writer the argument is about consequences. The bytes are only ever read as plain integers, for which
        // every bit pattern is a value, and no length or index that is read from them goes unchecked, so memory stays
        // safe and the result is wrong numbers: a proof that does not verify. A truncation ends the process, by a
        // signal, before anything is written.
        unsafe { memmap2::Mmap::map(file) }.map(MappedFile)
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_bytes_of_a_file_stay_when_another_is_renamed_over_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        File::create(&path).unwrap().write_all(&[7; 5000]).unwrap();
        let map = MappedFile::open(&File::open(&path).unwrap()).unwrap();
        assert_eq!((map.len(), map.as_ptr().align_offset(64)), (5000, 0));
        let other = directory.path().join("other");
        File::create(&other).unwrap().write_all(b"short").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(map.iter().all(|&byte| byte == 7));
        assert!(MappedFile::open(&File::open(directory.path()).unwrap()).is_err());
        assert_eq!(MappedFile::open(&File::open(&path).unwrap()).unwrap().len(), 5);
    }

    #[test]
    fn an_empty_file_has_no_bytes() {
        let file = tempfile::tempfile().unwrap();
        assert!(MappedFile::open(&file).unwrap().is_empty());
    }
}
