//! Packing of signed integers into limbs: the ground floor of schemas and statements.
//!
//! A signed integer v of b bits is stored offset-binary, `v + 2^(b-1)`. `floor(248 / b)` of them fill a limb,
//! value j at bit `j * b`; none straddles two limbs, and each tensor starts a new one. A list of limbs has one reading.

use alloc::{vec, vec::Vec};
use core::borrow::Borrow;

use thiserror::Error;

use crate::field::Scalar;

/// Bits of a limb that carry values: a limb is always below the field's order.
pub const LIMB_BITS: usize = 248;
/// Widest integer of a tensor, in bits.
pub const MAX_BITS: u8 = 32;
/// Bytes of a limb that carry values.
const LIMB_BYTES: usize = LIMB_BITS / 8;

/// Why values have no limbs, or limbs no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PackError {
    /// Bits outside 1 to [`MAX_BITS`].
    #[error("{0} bits an element; 1 to {MAX_BITS} are possible")]
    Bits(u8),
    /// A value that its bits cannot hold.
    #[error("value {value} at position {index} does not fit {bits} signed bits")]
    Range {
        /// Position in the tensor.
        index: usize,
        /// The value.
        value: i64,
        /// The tensor's bits.
        bits: u8,
    },
    /// Limbs of another count than the values need.
    #[error("{given} limbs where {expected} hold the values")]
    LimbCount {
        /// Limbs that the values need.
        expected: usize,
        /// Limbs given.
        given: usize,
    },
    /// A limb with a bit set above its last value: no packing gives it.
    #[error("limb {0} has bits set above its last value")]
    LimbPadding(usize),
}

/// Values of `bits` bits that one limb holds; 0 where no such packing exists.
pub const fn values_per_limb(bits: u8) -> usize {
    if bits == 0 || bits > MAX_BITS { 0 } else { LIMB_BITS / bits as usize }
}

/// Limbs that `count` values of `bits` bits take; 0 where no such packing exists.
pub const fn limbs_for(count: usize, bits: u8) -> usize {
    match values_per_limb(bits) {
        0 => 0,
        per_limb => count.div_ceil(per_limb),
    }
}

/// Packs one tensor's values into limbs.
pub fn pack(values: &[i64], bits: u8) -> Result<Vec<Scalar>, PackError> {
    let (per_limb, offset) = layout(bits)?;
    let mut limbs = Vec::with_capacity(limbs_for(values.len(), bits));
    let mut index = 0;
    for chunk in values.chunks(per_limb) {
        let mut limb = LimbWriter::default();
        for &value in chunk {
            if !(-offset..offset).contains(&value) {
                return Err(PackError::Range { index, value, bits });
            }
            limb.push((value + offset) as u64, bits)?;
            index += 1;
        }
        limbs.push(limb.finish(bits)?);
    }
    Ok(limbs)
}

/// The `count` values that `limbs` pack: the inverse of [`pack`], and an error for limbs that it never gives.
pub fn unpack(limbs: &[Scalar], count: usize, bits: u8) -> Result<Vec<i64>, PackError> {
    check_count(limbs, count, bits)?;
    let mut values = vec![0; count];
    unpack_into(limbs, bits, &mut values)?;
    Ok(values)
}

/// [`unpack`] to where the values shall lie, without allocation, and from encoded limbs as well: one that is not below
/// the field's order has bits above its last value.
pub fn unpack_into(limbs: &[impl Borrow<[u8; 32]>], bits: u8, values: &mut [i64]) -> Result<(), PackError> {
    check_count(limbs, values.len(), bits)?;
    let (per_limb, offset) = layout(bits)?;
    for (position, (limb, chunk)) in limbs.iter().zip(values.chunks_mut(per_limb)).enumerate() {
        let mut reader = LimbReader::new(limb.borrow());
        for value in chunk {
            *value = reader.pull(bits)? as i64 - offset;
        }
        if !reader.only_zeros_left() {
            return Err(PackError::LimbPadding(position));
        }
    }
    Ok(())
}

fn check_count<L>(limbs: &[L], count: usize, bits: u8) -> Result<(), PackError> {
    layout(bits)?;
    let (expected, given) = (limbs_for(count, bits), limbs.len());
    if given == expected { Ok(()) } else { Err(PackError::LimbCount { expected, given }) }
}

/// Values a limb, and the offset that makes them non-negative. That many values fill a limb's bytes at most, which
/// [`LimbWriter`] and [`LimbReader`] hold it to: beyond them they return [`PackError::Bits`] too.
fn layout(bits: u8) -> Result<(usize, i64), PackError> {
    match values_per_limb(bits) {
        0 => Err(PackError::Bits(bits)),
        per_limb => Ok((per_limb, 1 << (bits - 1))),
    }
}

/// Fills a limb from its least significant bit, through a window of 64 bits.
#[derive(Default)]
struct LimbWriter {
    bytes: [u8; LIMB_BYTES],
    filled: usize,
    window: u64,
    window_bits: u32,
}

impl LimbWriter {
    /// Appends the `bits` (at most 32) low bits of `value`.
    fn push(&mut self, value: u64, bits: u8) -> Result<(), PackError> {
        self.window |= value << self.window_bits; // at most 7 + 32 bits
        self.window_bits += u32::from(bits);
        while self.window_bits >= 8 {
            self.flush_byte(bits)?;
            self.window_bits -= 8;
        }
        Ok(())
    }

    fn flush_byte(&mut self, bits: u8) -> Result<(), PackError> {
        *self.bytes.iter_mut().rev().nth(self.filled).ok_or(PackError::Bits(bits))? = self.window as u8;
        self.filled += 1;
        self.window >>= 8;
        Ok(())
    }

    fn finish(mut self, bits: u8) -> Result<Scalar, PackError> {
        if self.window_bits > 0 {
            self.flush_byte(bits)?;
        }
        Ok(Scalar::from_be_bytes_31(&self.bytes))
    }
}

/// Reads a limb from its least significant bit, through a window of 64 bits.
struct LimbReader<'a> {
    bytes: core::iter::Rev<core::slice::Iter<'a, u8>>,
    window: u64,
    window_bits: u32,
}

impl<'a> LimbReader<'a> {
    fn new(limb: &'a [u8; 32]) -> Self {
        LimbReader { bytes: limb.iter().rev(), window: 0, window_bits: 0 }
    }

    fn pull(&mut self, bits: u8) -> Result<u64, PackError> {
        let width = u32::from(bits);
        while self.window_bits < width {
            let byte = self.bytes.next().ok_or(PackError::Bits(bits))?;
            self.window |= u64::from(*byte) << self.window_bits;
            self.window_bits += 8;
        }
        let value = self.window & ((1 << width) - 1);
        self.window >>= width;
        self.window_bits -= width;
        Ok(value)
    }

    fn only_zeros_left(mut self) -> bool {
        self.window == 0 && self.bytes.all(|&byte| byte == 0)
    }
}
