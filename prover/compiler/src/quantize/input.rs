//! How an input tensor becomes integers.

use std::sync::Arc;

use assay_interface::scales::MAX_SCALES;
use assay_interface::schema::MAX_RANK;

use super::plan::{FormatChoice, InputPlan};
use crate::number::{fitting_scale, pow2};
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
        /// Bits more than activations have.
        more: u32,
        /// Bits at least.
        least: u32,
        /// Whether a function may take finer ones than activations.
        is_fine: bool,
    },
}

/// Bits more of inputs that are compared with thresholds as they are, which the search then leaves: 16 at least, since it sees the samples
/// that rounding takes across a threshold, and not the others; and 32 at most, what tells numbers of single precision from their neighbours
/// down to 2^-8 of the largest. A bit costs three constraints a feature.
pub(crate) const COMPARED: u32 = 8;

/// Bits of an input, at most.
const WIDEST: u32 = assay_interface::schema::MAX_BITS as u32;
/// Bits by which features' sizes must differ for scales of their own: one scale is easier to read, and a byte.
const WORTH: i32 = 2;
/// Bits that a feature's scale is finer than another's, at most.
const MOST: i32 = 40;

impl InputFormat {
    /// One scale for all elements, of these largest magnitudes.
    pub fn one(peaks: &[f64]) -> Self {
        InputFormat::Free {
            peak: largest(peaks.iter().copied()),
            finer: Arc::new([]),
            more: 0,
            least: 0,
            is_fine: false,
        }
    }

    /// A scale for each position along the last axis of a tensor, where they are few enough for a schema and differ enough to
    /// be worth it; else one.
    pub fn along_the_last_axis(peaks: &[f64], shape: &[usize]) -> Self {
        let width = shape.last().copied().unwrap_or(1).max(1);
        if shape.len() > MAX_RANK || !(2..=MAX_SCALES).contains(&width) {
            return InputFormat::one(peaks);
        }
        let column = |column: usize| largest(peaks.iter().skip(column).step_by(width).copied());
        let columns: Vec<f64> = (0..width).map(column).collect();
        let peak = largest(columns.iter().copied());
        let scale = |peak: f64| fitting_scale(peak, i64::from(i16::MAX));
        let finer = columns.iter().map(|&of_column| match of_column {
            // Whatever its scale, it is zero.
            0.0 => 0,
            of_column => (scale(of_column) - scale(peak)).clamp(0, MOST),
        });
        let finer: Vec<i32> = finer.collect();
        if finer.iter().all(|&finer| finer < WORTH) {
            return InputFormat::one(peaks);
        }
        let finer = finer.into_iter().cycle().take(peaks.len()).collect();
        InputFormat::Free { peak, finer, more: 0, least: 0, is_fine: false }
    }

    /// The same with so many bits more than activations have.
    pub fn widened(self, by: u32) -> Self {
        match self {
            InputFormat::Free { peak, finer, more, least, is_fine } => {
                let least = if least > 0 { least + by } else { 0 };
                InputFormat::Free { peak, finer, more: more + by, least, is_fine }
            }
            fixed => fixed,
        }
    }

    /// The same, finer by so many bits where values are compared as they are.
    pub fn finer(self, by: u32) -> Self {
        if self.is_compared() { self.widened(by) } else { self }
    }

    /// The same in so many bits at least that each element has a step of at most its one in `steps`, as far as bits go.
    pub fn apart(self, steps: &[f64]) -> Self {
        let InputFormat::Free { peak, finer, more, is_fine, .. } = self else { return self };
        let bits = |(i, &step): (usize, &f64)| {
            let finer = finer.get(i).copied().unwrap_or(0);
            // What no width tells apart asks for none.
            (COMPARED..=WIDEST).find(|&bits| pow2(-scale_of(peak, bits) - finer) <= step).unwrap_or(0)
        };
        let least = steps.iter().enumerate().map(bits).max().unwrap_or(0);
        InputFormat::Free { peak, finer, more, least, is_fine }
    }

    /// The same for a function that may take finer ones than activations.
    pub fn fine(self) -> Self {
        match self {
            InputFormat::Free { peak, finer, more, least, .. } => {
                InputFormat::Free { peak, finer, more, least, is_fine: true }
            }
            fixed => fixed,
        }
    }

    /// Whether it has more bits than activations: values are compared as they are.
    pub fn is_compared(&self) -> bool {
        matches!(self, InputFormat::Free { more: 1.., .. })
    }

    /// The format at so many bits, `fine` where a function may take finer ones.
    pub fn plan(&self, bits: u32, fine: u32) -> InputPlan {
        match self {
            InputFormat::Fixed(format) => InputPlan {
                bits: format.bits.into(),
                scale: format.scale.into(),
                finer: Arc::new([]),
                format: FormatChoice::Fixed,
            },
            InputFormat::Free { peak, finer, more, least, is_fine } => {
                let bits = if *is_fine { bits.max(fine) } else { bits };
                let all = (bits + more).max(*least).min(WIDEST);
                InputPlan {
                    bits: all,
                    scale: scale_of(*peak, all),
                    finer: Arc::clone(finer),
                    format: if *more > 0 { FormatChoice::Follows } else { FormatChoice::Free },
                }
            }
        }
    }
}

/// The scale of an element of the largest magnitude in so many bits.
fn scale_of(peak: f64, bits: u32) -> i32 {
    fitting_scale(peak, (1i64 << (bits - 1)) - 1)
}

/// The largest magnitude, zero of none.
fn largest(peaks: impl Iterator<Item = f64>) -> f64 {
    peaks.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finer(peaks: &[f64], shape: &[usize]) -> Vec<i32> {
        match InputFormat::along_the_last_axis(peaks, shape) {
            InputFormat::Free { finer, .. } => finer.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    /// By hand: 2^19 > 500,000 dollars in cents are 2^19 * 2^7 > 2^19 * 100, and a sign.
    #[test]
    fn decimals_are_told_apart() {
        let bits = |peaks: &[f64], steps: &[f64]| {
            let format = InputFormat::along_the_last_axis(peaks, &[1, peaks.len()]);
            format.widened(COMPARED).apart(steps).plan(8, 8).bits
        };
        assert_eq!(bits(&[500_000.0], &[0.01]), 27);
        assert_eq!(bits(&[500_000.0, 0.25], &[0.01, 0.0001]), 27);
        assert_eq!(bits(&[30_000.0, 0.25], &[1.0, 0.0001]), 16);
        // As far as bits go.
        assert_eq!(bits(&[500_000.0, 0.25], &[1e-9, f64::INFINITY]), 16);
    }

    #[test]
    fn features_of_different_size_have_scales_of_their_own() {
        assert_eq!(finer(&[1000.0, 1.0, 0.001], &[1, 3]), [0, 9, 19]);
        // The largest of a column decides; a column of zeros has any.
        assert_eq!(finer(&[1.0, 8.0, 0.0, 0.5, 1.0, 0.0], &[2, 3]), [3, 0, 0, 3, 0, 0]);
        assert_eq!(finer(&[1.0, 1.9], &[1, 2]), [0; 0]);
        assert_eq!(finer(&[3.0], &[1]), [0; 0]);
    }
}
