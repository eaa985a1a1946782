//! Formats of the tensors that features and scores are, stated once: program, hosts, compiler options and tests take them
//! from here.
//!
//! A format is written `bits:scale`; the integer q stands for `q * 2^-scale`.

use core::fmt;

/// Bits and scale of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Bits of an element, a signed integer.
    pub bits: u8,
    /// Binary scale: the real value of q is `q * 2^-scale`.
    pub scale: i8,
}

/// 15:12, inputs: a feature is an integer in [-2^14, 2^14) for a real value in [-4, 4).
pub const FEATURES: Format = Format { bits: 15, scale: 12 };

/// 16:8, outputs of the anomaly filter: a score is the logarithm of odds that a source is sound.
pub const SCORES: Format = Format { bits: 16, scale: 8 };

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.bits, self.scale)
    }
}
