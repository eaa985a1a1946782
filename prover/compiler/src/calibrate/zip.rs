//! The part of the zip format that `.npz` uses: entries stored or deflated, found through the central directory.
//! Reference: PKWARE APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
//!
//! No two entries may share bytes of the archive, and what all of them unpack to has a budget, spent before anything
//! is unpacked: so an archive costs what its length says. That is why this is read here. Of 900 entries over one another
//! in 50 KB, the crates `zip` 9.8, `ndarray-npy` 0.10 and `npyz` 0.8 unpack 236 MB; of 20 over one entry of 128 MiB
//! (131 KB), 2.7 GB in 5 to 50 seconds; `ndarray-npy` allocates the GiB that 244 bytes claim, and `npyz` reads 128 MiB
//! from an entry that says 1. `zip` with these two checks around it would save 60 lines here and bring seven crates.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::ZipProblem;
use crate::budget::Budget;

/// Bytes that any archive may unpack to: 64 MiB, since a column of zeros packs a thousandfold.
pub(crate) const BASE: u64 = 64 << 20;
/// Bytes for each byte of the archive: in doubles, pictures pack 4 to 9 times and a table of features 3 times (`budgets.rs`).
pub(crate) const PER_BYTE: u64 = 64;
const END_LEN: usize = 22;
const LOCAL_LEN: usize = 30;
const ENTRY_LEN: usize = 46;
const MAX_COMMENT: usize = u16::MAX as usize;

/// Name and content of every entry.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ZipProblem> {
    let directory = directory(bytes).ok_or(ZipProblem::Structure)?;
    let mut budget = Budget::new(bytes.len(), BASE, PER_BYTE);
    for entry in &directory {
        budget
            .spend("bytes", entry.size)
            .map_err(|over| ZipProblem::TooLarge { entry: entry.name.clone(), over })?;
    }
    let mut spans: Vec<(usize, usize, &str)> = Vec::with_capacity(directory.len());
    for entry in &directory {
        let data = data_start(bytes, entry).ok_or(ZipProblem::Structure)?;
        spans.push((entry.offset, data + entry.compressed, &entry.name));
    }
    spans.sort_unstable();
    if let Some([_, (_, _, name)]) = spans.array_windows().find(|[(_, end, _), (next, _, _)]| next < end) {
        return Err(ZipProblem::Overlap { entry: (*name).to_owned() });
    }
    directory.iter().map(|entry| Ok((entry.name.clone(), content(bytes, entry)?))).collect()
}

struct Entry {
    name: String,
    method: u16,
    checksum: u32,
    compressed: usize,
    size: usize,
    offset: usize,
}

/// The entries of the central directory.
fn directory(bytes: &[u8]) -> Option<Vec<Entry>> {
    let end = end_of_directory(bytes)?;
    let count = field16(bytes, end + 10)?;
    let mut at = field32(bytes, end + 16)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (entry, next) = directory_entry(bytes, at)?;
        entries.push(entry);
        at = next;
    }
    Some(entries)
}

fn end_of_directory(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LEN)?;
    let first = last.saturating_sub(MAX_COMMENT);
    (first..=last).rev().find(|&at| bytes.get(at..at + 4) == Some(b"PK\x05\x06"))
}

fn directory_entry(bytes: &[u8], at: usize) -> Option<(Entry, usize)> {
    if bytes.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
        return None;
    }
    let name_len = usize::from(field16(bytes, at + 28)?);
    let (extra, comment) = (usize::from(field16(bytes, at + 30)?), usize::from(field16(bytes, at + 32)?));
    let name = bytes.get(at + ENTRY_LEN..at + ENTRY_LEN + name_len)?;
    let entry = Entry {
        name: std::str::from_utf8(name).ok()?.to_owned(),
        method: field16(bytes, at + 10)?,
        checksum: u32::try_from(field32(bytes, at + 16)?).ok()?,
        compressed: field32(bytes, at + 20)?,
        size: field32(bytes, at + 24)?,
        offset: field32(bytes, at + 42)?,
    };
    Some((entry, at + ENTRY_LEN + name_len + extra + comment))
}

/// Where an entry's data begins: behind its local header, whose name and extra field have lengths of their own.
fn data_start(bytes: &[u8], entry: &Entry) -> Option<usize> {
    let at = entry.offset;
    if bytes.get(at..at.checked_add(4)?)? != b"PK\x03\x04" {
        return None;
    }
    let start =
        at + LOCAL_LEN + usize::from(field16(bytes, at + 26)?) + usize::from(field16(bytes, at + 28)?);
    bytes.get(start..start.checked_add(entry.compressed)?).map(|_| start)
}

fn content(bytes: &[u8], entry: &Entry) -> Result<Vec<u8>, ZipProblem> {
    let start = data_start(bytes, entry).ok_or(ZipProblem::Structure)?;
    let data = bytes.get(start..start + entry.compressed).ok_or(ZipProblem::Structure)?;
    let plain = match entry.method {
        0 => Some(data.to_vec()),
        8 => decompress_to_vec_with_limit(data, entry.size).ok(),
        method => return Err(ZipProblem::Method { entry: entry.name.clone(), method }),
    };
    plain
        .filter(|plain| plain.len() == entry.size && crc32(plain) == entry.checksum)
        .ok_or_else(|| ZipProblem::Damaged { entry: entry.name.clone() })
}

fn field16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn field32(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

/// CRC-32 (ISO-HDLC: reflected, polynomial 0xEDB88320), bit by bit: calibration files are small.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}
