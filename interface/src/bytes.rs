//! Small tools for bytes: a reader that never runs past its end, and hexadecimal text.

use core::fmt;

/// Takes fields off the front of some bytes. Every method answers `None` where fewer are left, and then takes nothing.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes, length: bytes.len() }
    }

    /// Bytes that the reader started with.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Bytes taken so far.
    pub const fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// The bytes that are left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next `N` bytes, where they lie.
    #[inline]
    pub fn chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(taken)
    }

    /// The next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.chunk().copied()
    }
}

/// Bytes as lower-case hexadecimal text.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_reader_takes_all_or_nothing() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5]);
        assert_eq!((reader.array(), reader.take(1)), (Some([1, 2]), Some(&[3][..])));
        assert_eq!((reader.take(3), reader.chunk::<3>(), reader.take(usize::MAX)), (None, None, None));
        assert_eq!((reader.position(), reader.length(), reader.rest()), (3, 5, &[4, 5][..]));
        assert_eq!(
            (reader.take(2), reader.take(0), reader.array::<1>()),
            (Some(&[4, 5][..]), Some(&[][..]), None)
        );
    }

    #[test]
    fn hexadecimal_text_has_two_digits_a_byte() {
        assert_eq!(Hex(&[0, 0x0f, 0xf0, 0xab]).to_string(), "000ff0ab");
    }
}
