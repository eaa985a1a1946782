//! The part of the zip format that `.npz` uses: entries stored or deflated, found through the central directory.
//! Reference: PKWARE APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::ZipProblem;

/// Bytes that one entry may have.
const MAX_ENTRY: u64 = 1 << 30;
const END_LEN: usize = 22;
const MAX_COMMENT: usize = u16::MAX as usize;

/// Name and content of every entry.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ZipProblem> {
    let end = end_of_directory(bytes).ok_or(ZipProblem::Structure)?;
    let count = field16(bytes, end + 10).ok_or(ZipProblem::Structure)?;
    let mut at = field32(bytes, end + 16).ok_or(ZipProblem::Structure)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (entry, next) = directory_entry(bytes, at).ok_or(ZipProblem::Structure)?;
        entries.push(content(bytes, entry)?);
        at = next;
    }
    Ok(entries)
}

struct Entry {
    name: String,
    method: u16,
    checksum: u32,
    compressed: usize,
    size: u64,
    offset: usize,
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
    let name = bytes.get(at + 46..at + 46 + name_len)?;
    let entry = Entry {
        name: std::str::from_utf8(name).ok()?.to_owned(),
        method: field16(bytes, at + 10)?,
        checksum: u32::try_from(field32(bytes, at + 16)?).ok()?,
        compressed: field32(bytes, at + 20)?,
        size: field32(bytes, at + 24)? as u64,
        offset: field32(bytes, at + 42)?,
    };
    Some((entry, at + 46 + name_len + extra + comment))
}

fn content(bytes: &[u8], entry: Entry) -> Result<(String, Vec<u8>), ZipProblem> {
    let data = data(bytes, &entry).ok_or(ZipProblem::Structure)?;
    if entry.size > MAX_ENTRY {
        return Err(ZipProblem::TooLarge { entry: entry.name, size: entry.size, limit: MAX_ENTRY });
    }
    let size = entry.size as usize;
    let plain = match entry.method {
        0 => Some(data.to_vec()),
        8 => decompress_to_vec_with_limit(data, size).ok(),
        method => return Err(ZipProblem::Method { entry: entry.name, method }),
    };
    match plain {
        Some(plain) if plain.len() == size && crc32(&plain) == entry.checksum => Ok((entry.name, plain)),
        _ => Err(ZipProblem::Damaged { entry: entry.name }),
    }
}

/// An entry's data: behind its local header, whose name and extra field have lengths of their own.
fn data<'a>(bytes: &'a [u8], entry: &Entry) -> Option<&'a [u8]> {
    let at = entry.offset;
    if bytes.get(at..at.checked_add(4)?)? != b"PK\x03\x04" {
        return None;
    }
    let start = at + 30 + usize::from(field16(bytes, at + 26)?) + usize::from(field16(bytes, at + 28)?);
    bytes.get(start..start.checked_add(entry.compressed)?)
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
