//! The sections of circom's binary files, and values from a section's start: every length is checked before it is used, so
//! what a file costs depends on the bytes that are there, never on a count that it claims.

use ark_ff::{BigInteger256, PrimeField};
use bytemuck::Pod;

use super::error::CircomError;

/// Most sections of a file.
const MOST_SECTIONS: u32 = 64;

/// A file's sections by number.
pub struct Sections<'a>(Vec<(u32, &'a [u8])>);

impl<'a> Sections<'a> {
    /// The sections of a file that starts with this magic and version.
    ///
    /// # Errors
    /// [`CircomError::Magic`] for another kind of file; [`CircomError::Sections`] or [`CircomError::Length`] for lengths that
    /// do not fit the file.
    pub fn read(bytes: &'a [u8], magic: &'static str, version: u32) -> Result<Sections<'a>, CircomError> {
        let mut reader = Reader { section: 0, rest: bytes };
        let start = (reader.take::<[u8; 4]>(), reader.take::<u32>());
        if !matches!(start, (Ok(found), Ok(number)) if found == magic.as_bytes() && number == version) {
            return Err(CircomError::Magic(magic));
        }
        let count: u32 = reader.take()?;
        if count > MOST_SECTIONS {
            return Err(CircomError::Sections(count));
        }
        let mut sections = Vec::new();
        for _ in 0..count {
            let (number, length): (u32, u64) = (reader.take()?, reader.take()?);
            let found = reader.rest.len() as u64;
            let split = usize::try_from(length).ok().and_then(|length| reader.rest.split_at_checked(length));
            let (section, rest) =
                split.ok_or(CircomError::Length { section: number, expected: length, found })?;
            reader.rest = rest;
            sections.push((number, section));
        }
        reader.finish()?;
        Ok(Sections(sections))
    }

    /// The bytes of a section.
    ///
    /// # Errors
    /// [`CircomError::Section`] where it is not there, or more than once.
    pub fn get(&self, section: u32) -> Result<&'a [u8], CircomError> {
        let mut found = self.0.iter().filter(|(number, _)| *number == section);
        match (found.next(), found.count()) {
            (Some((_, bytes)), 0) => Ok(bytes),
            (None, _) => Err(CircomError::Section { section, count: 0 }),
            (Some(_), more) => Err(CircomError::Section { section, count: more + 1 }),
        }
    }

    /// Fails unless a section has `count` values of `size` bytes and nothing else.
    ///
    /// # Errors
    /// [`CircomError::Section`] or [`CircomError::Length`].
    pub fn expect(&self, section: u32, count: u32, size: usize) -> Result<(), CircomError> {
        let (expected, found) = (u64::from(count) * size as u64, self.get(section)?.len() as u64);
        if expected == found { Ok(()) } else { Err(CircomError::Length { section, expected, found }) }
    }

    /// The values of a section of `count` of them and nothing else.
    pub(super) fn iter<P: Pod>(
        &self,
        section: u32,
        count: u32,
    ) -> Result<impl ExactSizeIterator<Item = P> + Clone + use<'a, P>, CircomError> {
        let mut reader = Reader { section, rest: self.get(section)? };
        let values = reader.array(count)?;
        reader.finish()?;
        Ok(values)
    }

    /// The same in memory of their own.
    pub(super) fn points<P: Pod>(&self, section: u32, count: u32) -> Result<Vec<P>, CircomError> {
        Ok(self.iter(section, count)?.collect())
    }
}

/// Takes values from a section's start.
pub struct Reader<'a> {
    /// Number of the section, for errors.
    pub section: u32,
    /// Bytes that are not yet taken.
    pub rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next value.
    ///
    /// # Errors
    /// [`CircomError::Length`] where the section ends before it.
    pub fn take<T: Pod>(&mut self) -> Result<T, CircomError> {
        let (section, found) = (self.section, self.rest.len() as u64);
        let split = self.rest.split_at_checked(size_of::<T>());
        let (head, rest) =
            split.ok_or(CircomError::Length { section, expected: size_of::<T>() as u64, found })?;
        self.rest = rest;
        Ok(bytemuck::pod_read_unaligned(head))
    }

    /// `count` values, read as they are asked for; their bytes are there.
    pub(super) fn array<T: Pod>(
        &mut self,
        count: u32,
    ) -> Result<impl ExactSizeIterator<Item = T> + Clone + use<'a, T>, CircomError> {
        let expected = u64::from(count) * size_of::<T>() as u64;
        let (section, found) = (self.section, self.rest.len() as u64);
        let split = usize::try_from(expected).ok().and_then(|length| self.rest.split_at_checked(length));
        let (head, rest) = split.ok_or(CircomError::Length { section, expected, found })?;
        self.rest = rest;
        Ok(head.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned))
    }

    /// Takes the field's order, after its length in bytes.
    ///
    /// # Errors
    /// [`CircomError::Protocol`] for another field's.
    pub fn modulus<F: PrimeField<BigInt = BigInteger256>>(&mut self) -> Result<(), CircomError> {
        let (length, words): (u32, [u64; 4]) = (self.take()?, self.take()?);
        if length == 32 && words == F::MODULUS.0 { Ok(()) } else { Err(CircomError::Protocol) }
    }

    /// Fails where bytes are left.
    ///
    /// # Errors
    /// [`CircomError::Length`].
    pub fn finish(self) -> Result<(), CircomError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(CircomError::Length { section: self.section, expected: 0, found: self.rest.len() as u64 })
    }
}
