//! The fields of encodings: integers, counts, elements and names, written and read.

use ark_bn254::Fr;
use ark_ff::{BigInteger, BigInteger256, PrimeField};

use crate::error::DecodeError;

/// Bytes of a field element.
const ELEMENT_LEN: usize = 32;

/// Appends fields.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Counts are below 2^32: the builder and the reader see to it.
    ///
    /// # Panics
    /// If they did not: other bytes than those of the value would be worse.
    pub(super) fn count(&mut self, count: usize) {
        match u32::try_from(count) {
            Ok(count) => self.u32(count),
            Err(_) => panic!("{count} items: counts have 32 bits"),
        }
    }

    pub(super) fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(super) fn elements(&mut self, elements: &[Fr]) {
        self.count(elements.len());
        for element in elements {
            self.bytes(&element.into_bigint().to_bytes_le());
        }
    }

    pub(super) fn name(&mut self, name: &str) {
        self.count(name.len());
        self.bytes(name.as_bytes());
    }
}

/// Takes fields from the front.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], DecodeError> {
        let left = self.rest.len();
        let truncated = DecodeError::Truncated { field, needed: len as u64, left };
        let (head, rest) = self.rest.split_at_checked(len).ok_or(truncated)?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let left = self.rest.len();
        let truncated = DecodeError::Truncated { field, needed: N as u64, left };
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// Tag and version; the version must be a supported one.
    pub(super) fn header(
        &mut self,
        what: &'static str,
        tag: &[u8; 8],
        supported: std::ops::RangeInclusive<u16>,
    ) -> Result<u16, DecodeError> {
        if self.rest.get(..tag.len()) != Some(tag) {
            return Err(DecodeError::Tag { what });
        }
        self.take("tag", tag.len())?;
        let found = u16::from_le_bytes(self.array("version")?);
        if !supported.contains(&found) {
            return Err(DecodeError::Version { what, found, supported: *supported.end() });
        }
        Ok(found)
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array(field)?))
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array(field)?))
    }

    pub(super) fn i64(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        Ok(i64::from_le_bytes(self.array(field)?))
    }

    /// A count of items of at least `item_len` bytes each: refused unless that many bytes are left,
    /// so a vector of them can be allocated.
    pub(super) fn count(&mut self, field: &'static str, item_len: usize) -> Result<usize, DecodeError> {
        let count = self.u32(field)?;
        let needed = u64::from(count).saturating_mul(item_len as u64);
        if needed > self.rest.len() as u64 {
            return Err(DecodeError::Truncated { field, needed, left: self.rest.len() });
        }
        Ok(count as usize)
    }

    /// A count, and so many items of at least `item_len` bytes each.
    pub(super) fn items<T>(
        &mut self,
        field: &'static str,
        item_len: usize,
        mut read: impl FnMut(&mut Self, usize) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.count(field, item_len)?;
        let mut items = Vec::with_capacity(count);
        for index in 0..count {
            items.push(read(self, index)?);
        }
        Ok(items)
    }

    pub(super) fn elements(&mut self, field: &'static str) -> Result<Vec<Fr>, DecodeError> {
        self.items(field, ELEMENT_LEN, |r, index| {
            let mut limbs = [0; 4];
            for limb in &mut limbs {
                *limb = u64::from_le_bytes(r.array(field)?);
            }
            let number = BigInteger256::new(limbs);
            Fr::from_bigint(number).ok_or(DecodeError::NotCanonicalElement { field, index })
        })
    }

    pub(super) fn name(&mut self, field: &'static str) -> Result<String, DecodeError> {
        let len = self.count(field, 1)?;
        let bytes = self.take(field, len)?.to_vec();
        String::from_utf8(bytes).map_err(|_| DecodeError::Utf8 { field })
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(DecodeError::Trailing { left }),
        }
    }
}

/// `index < limit`.
pub(super) fn check_index(field: &'static str, index: u64, limit: u64) -> Result<(), DecodeError> {
    if index < limit { Ok(()) } else { Err(DecodeError::Index { field, index, limit }) }
}
