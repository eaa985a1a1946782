//! The liquidation-risk model's formats, stated once: program, keeper, compiler options and tests take them from here.
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

/// 15:12, the inputs: a feature is an integer in [-2^14, 2^14) for a real value in [-4, 4).
pub const FEATURES: Format = Format { bits: 15, scale: 12 };

/// 16:8, the output: a score is an integer in [-2^15, 2^15), in units of 2^-8 of a logit.
pub const SCORE: Format = Format { bits: 16, scale: 8 };

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.bits, self.scale)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_models_pages_state_these_formats() {
        let options = alloc::format!("--input-format {FEATURES} --output-format {SCORE}");
        for (name, page) in [
            ("README.md", include_str!("../../../../README.md")),
            ("models/README.md", include_str!("../../../../models/README.md")),
        ] {
            assert!(page.contains(&options), "{name} does not compile the model with {options}");
        }
        assert_eq!(FEATURES.to_string(), "15:12");
    }
}
