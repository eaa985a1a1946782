//! Where the bytes of a proving key live: in memory of this process, or in a mapped file.
//!
//! Both lend the same slice, so a key reads the same way from either. Owned bytes lie in cache lines, so that points are
//! aligned in memory exactly as they are in the file.

use std::{
    fs::File,
    io,
    ops::{Deref, DerefMut},
};

use assay_engine::MappedFile;
use bytemuck::{Pod, Zeroable};

/// One cache line. Its alignment carries over to everything that lies at a multiple of 64 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Bytes in memory, aligned to cache lines.
pub(crate) struct Lines {
    lines: Vec<Line>,
    /// At most 64 for each line.
    len: usize,
}

/// The whole `.pk` artifact, container included.
pub(crate) enum Store {
    /// In memory.
    Owned(Lines),
    /// In the page cache.
    Mapped(MappedFile),
}

impl Lines {
    /// `len` zero bytes.
    pub(crate) fn zeroed(len: usize) -> Lines {
        Lines { lines: vec![Line([0; 64]); len.div_ceil(64)], len }
    }

    /// A copy of `bytes`.
    pub(crate) fn copy(bytes: &[u8]) -> Lines {
        let mut lines = Lines::zeroed(bytes.len());
        lines.copy_from_slice(bytes);
        lines
    }
}

impl Deref for Lines {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

impl Store {
    /// The bytes of `file`, in place.
    pub(crate) fn map(file: &File) -> io::Result<Store> {
        MappedFile::open(file).map(Store::Mapped)
    }
}

impl Deref for Store {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Store::Owned(lines) => lines,
            Store::Mapped(file) => file,
        }
    }
}
