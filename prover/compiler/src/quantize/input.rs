//! How an input tensor becomes integers.

use std::sync::Arc;

use super::plan::{FormatChoice, InputPlan};
use crate::number::fitting_scale;
use crate::options::Format;

/// What decides an input tensor's format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InputFormat {
    /// The caller, or the model.
    Fixed(Format),
    /// The search.
    Free {
        /// Largest magnitude of any element's domain.
        peak: f64,
        /// Bits that an element's scale is finer than that of the largest; empty where all have one scale.
        finer: Arc<[i32]>,
    },
}

impl InputFormat {
    /// The format at so many bits.
    pub fn plan(&self, bits: u32) -> InputPlan {
        match self {
            InputFormat::Fixed(format) => InputPlan {
                bits: format.bits.into(),
                scale: format.scale.into(),
                finer: Arc::new([]),
                format: FormatChoice::Fixed,
            },
            InputFormat::Free { peak, finer } => InputPlan {
                bits,
                scale: fitting_scale(*peak, (1i64 << (bits - 1)) - 1),
                finer: Arc::clone(finer),
                format: FormatChoice::Free,
            },
        }
    }
}
