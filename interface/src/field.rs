//! Elements of BN254's scalar field `Fr`, the field that statements and public inputs live in.
//!
//! A [`Scalar`] is 32 bytes, big-endian, and always canonical: below the modulus
//! `r = 21888242871839275222246405745257275088548364400416034343698204186575808495617`.
//! Neither the alt_bn128 multiplication syscall nor Stellar's host functions check this, and a verifier that
//! takes `x` and `x + r` for the same input accepts one proof under two statements. Holding a `Scalar` is the
//! proof that the check was made.

use thiserror::Error;

/// An element of BN254's scalar field: 32 bytes, big-endian, below the modulus.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Scalar([u8; 32]);

/// Why 32 bytes are not a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FieldError {
    /// The integer is the modulus or more; reducing it would let one proof stand for several inputs.
    #[error("the value is not below the order of BN254's scalar field; reduce it before encoding it")]
    NotCanonical,
}

impl Scalar {
    /// Bytes of an element.
    pub const LEN: usize = 32;

    /// The order `r` of the field, big-endian.
    pub const MODULUS: [u8; 32] = [
        0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x28,
        0x33, 0xe8, 0x48, 0x79, 0xb9, 0x70, 0x91, 0x43, 0xe1, 0xf5, 0x93, 0xf0, 0x00, 0x00, 0x01,
    ];

    /// The element 0.
    pub const ZERO: Scalar = Scalar([0; 32]);

    /// The element that `bytes` encode, big-endian; refused at the modulus and above.
    #[inline]
    pub fn from_be_bytes(bytes: [u8; 32]) -> Result<Scalar, FieldError> {
        if is_canonical(&bytes) { Ok(Scalar(bytes)) } else { Err(FieldError::NotCanonical) }
    }

    /// The 32 bytes, big-endian.
    pub const fn to_be_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The 32 bytes, big-endian, without a copy.
    pub const fn as_be_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The integer whose 31 big-endian bytes these are: always below the modulus, so nothing can fail.
    pub const fn from_be_bytes_31(bytes: &[u8; 31]) -> Scalar {
        let mut out = [0; 32];
        let mut i = 0;
        while i < 31 {
            out[i + 1] = bytes[i];
            i += 1;
        }
        Scalar(out)
    }

    /// The integer that big-endian bytes make, however many, reduced: a doubling and a subtraction for each bit.
    #[cfg(feature = "bsb22")]
    pub(crate) fn from_be_bytes_reduced(bytes: impl Iterator<Item = u8>) -> Scalar {
        // Most significant word first, so that arrays compare as integers. 2 r is below 2^255: nothing overflows.
        let mut value = [0u64; 4];
        for bit in bytes.flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1)) {
            let mut carry = u64::from(bit);
            for word in value.iter_mut().rev() {
                (*word, carry) = (*word << 1 | carry, *word >> 63);
            }
            if value >= MODULUS_WORDS {
                let mut borrow = false;
                for (word, modulus) in value.iter_mut().zip(MODULUS_WORDS).rev() {
                    let (difference, first) = word.overflowing_sub(modulus);
                    let (difference, second) = difference.overflowing_sub(u64::from(borrow));
                    (*word, borrow) = (difference, first || second);
                }
            }
        }
        let mut out = [0; 32];
        for (place, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(value) {
            *place = word.to_be_bytes();
        }
        Scalar(out)
    }

    /// For the outputs of functions that only return canonical encodings.
    pub(crate) const fn from_trusted(bytes: [u8; 32]) -> Scalar {
        Scalar(bytes)
    }
}

/// [`Scalar::MODULUS`], most significant word first.
pub(crate) const MODULUS_WORDS: [u64; 4] =
    [0x3064_4e72_e131_a029, 0xb850_45b6_8181_585d, 0x2833_e848_79b9_7091, 0x43e1_f593_f000_0001];

/// 32 bytes as two elements: their first and their last 16 as big-endian integers.
pub fn halves(bytes: &[u8; 32]) -> [Scalar; 2] {
    let (high, low) = bytes.split_at(16);
    [high, low].map(|half| {
        let mut bytes = [0; 32];
        bytes.split_at_mut(16).1.copy_from_slice(half);
        Scalar(bytes)
    })
}

/// Whether the big-endian integer is below the modulus. The first eight bytes decide all but one in 2^61 cases.
#[inline]
pub fn is_canonical(bytes: &[u8; 32]) -> bool {
    const HEAD: u64 = MODULUS_WORDS[0];
    let [b0, b1, b2, b3, b4, b5, b6, b7, ..] = *bytes;
    let head = u64::from_be_bytes([b0, b1, b2, b3, b4, b5, b6, b7]);
    head < HEAD || (head == HEAD && *bytes < Scalar::MODULUS)
}

impl From<u64> for Scalar {
    fn from(value: u64) -> Scalar {
        Scalar::from(u128::from(value))
    }
}

impl From<u128> for Scalar {
    fn from(value: u128) -> Scalar {
        let mut bytes = [0; 32];
        let (_, low) = bytes.split_at_mut(16);
        low.copy_from_slice(&value.to_be_bytes());
        Scalar(bytes)
    }
}

impl core::borrow::Borrow<[u8; 32]> for Scalar {
    fn borrow(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<[u8; 32]> for Scalar {
    type Error = FieldError;

    fn try_from(bytes: [u8; 32]) -> Result<Scalar, FieldError> {
        Scalar::from_be_bytes(bytes)
    }
}

impl core::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl core::fmt::Display for Scalar {
    /// `0x` and 64 hexadecimal digits.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
