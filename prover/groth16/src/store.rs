//! Where the bytes of a proving key live: in memory of this process, or in a mapped file.
//!
//! Both lend the same slice, so a key reads the same way from either. Owned bytes lie in cache lines, so that points are
//! aligned in memory exactly as they are in the file.

use std::{fs::File, io, ops::Deref};

use assay_engine::MappedFile;
use bytemuck::{Pod, Zeroable};

/// One cache line. Its alignment carries over to everything that lies at a multiple of 64 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; 64]);

/// The whole `.pk` artifact, container included.
pub(crate) enum Store {
    /// In memory; the second field is the length in bytes.
    Owned(Vec<Line>, usize),
    /// In the page cache.
    Mapped(MappedFile),
}

impl Store {
    /// `len` zero bytes.
    pub(crate) fn zeroed(len: usize) -> Store {
        Store::Owned(vec![Line([0; 64]); len.div_ceil(64)], len)
    }

    /// A copy of `bytes`.
    pub(crate) fn copy(bytes: &[u8]) -> Store {
        let mut store = Store::zeroed(bytes.len());
        store.owned_mut().copy_from_slice(bytes);
        store
    }

    /// The bytes of `file`, in place.
    pub(crate) fn map(file: &File) -> io::Result<Store> {
        MappedFile::open(file).map(Store::Mapped)
    }

    /// The bytes, to write to; empty for a mapped file, which is never written to.
    pub(crate) fn owned_mut(&mut self) -> &mut [u8] {
        match self {
            Store::Owned(lines, len) => {
                let bytes: &mut [u8] = bytemuck::cast_slice_mut(lines);
                bytes.get_mut(..*len).unwrap_or_default()
            }
            Store::Mapped(_) => &mut [],
        }
    }
}

impl Deref for Store {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Store::Owned(lines, len) => {
                let bytes: &[u8] = bytemuck::cast_slice(lines);
                bytes.get(..*len).unwrap_or_default()
            }
            Store::Mapped(file) => file,
        }
    }
}
