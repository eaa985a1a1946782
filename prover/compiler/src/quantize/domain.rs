//! From the numbers that an element of the inputs may be to the integers that a circuit asserts.

use assay_circuits::Domain;
use assay_interface::{float32, missing};

use crate::number::{quantize, signed_range};

/// An element of the inputs, and its format.
pub(crate) struct Element {
    /// Smallest and largest number.
    pub range: (f64, f64),
    /// Whether it is a whole number.
    pub is_whole: bool,
    /// Its scale; none of a number of single precision.
    pub scale: Option<i8>,
    pub bits: u8,
    /// Whether the least integer of the format says that it is missing.
    pub may_be_missing: bool,
}

impl Element {
    /// The integers of its numbers, as [`super::QuantGraph::quantize`] rounds them; `None` where there are none.
    pub fn domain(&self) -> Option<Domain> {
        let (least, hi) = signed_range(self.bits.into());
        let lo = least + i64::from(self.may_be_missing);
        let (min, max) = self.range;
        let numbers = match self.scale {
            None => {
                let (least, most) = (-float32::KEY_OF_INFINITY, float32::KEY_OF_INFINITY);
                let (first, last) =
                    (float32::key(min as f32)?.max(least), float32::key(max as f32)?.min(most));
                Domain::new(first.max(lo), last.min(hi))
            }
            // Whole numbers have a step of more than one.
            Some(scale @ 1..) if self.is_whole => {
                let step = scale.unsigned_abs().min(31);
                // Beyond that many steps the format has one integer left, or none: zero.
                let unit = 1i64 << step;
                let first =
                    (min.ceil() as i64).max(lo.div_euclid(unit) + i64::from(lo.rem_euclid(unit) != 0));
                let last = (max.floor() as i64).min(hi.div_euclid(unit));
                let steps = if first > last { None } else { Some((first * unit, last * unit)) };
                let (first, last) = steps?;
                Domain::new(first, last).and_then(|domain| domain.stepping(step))
            }
            Some(scale) => {
                let (min, max) = if self.is_whole { (min.ceil(), max.floor()) } else { (min, max) };
                let end = |end: f64| {
                    let beyond = if end < 0.0 { lo } else { hi };
                    quantize(end, scale.into()).map_or(beyond, |integer| integer.clamp(lo, hi))
                };
                if min > max {
                    return None;
                }
                Domain::new(end(min), end(max))
            }
        };
        let numbers = numbers.ok()?;
        if self.may_be_missing { numbers.or_missing(missing::code(self.bits)).ok() } else { Some(numbers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(range: (f64, f64), scale: Option<i8>, bits: u8) -> Element {
        Element { range, is_whole: false, scale, bits, may_be_missing: false }
    }

    /// By hand.
    #[test]
    fn integers_of_domains() {
        let real = element((-1.0, 0.3), Some(8), 16);
        // 0.3 * 256 = 76.8.
        assert_eq!(real.domain(), Domain::new(-256, 77).ok());
        let wide = element((-1e9, 1e9), Some(8), 16);
        assert_eq!(wide.domain(), Some(Domain::whole(16)));
        let missing = Element { may_be_missing: true, ..element((0.0, 1.0), Some(8), 16) };
        let domain = missing.domain().unwrap();
        assert_eq!(domain.numbers(), (0, 256));
        assert_eq!(
            [-32_768, -32_767, 0, 256, 257].map(|x| domain.contains(x)),
            [true, false, true, true, false]
        );
        let all_missing = Element { may_be_missing: true, ..element((-1e9, 1e9), Some(8), 16) };
        assert_eq!(all_missing.domain(), Some(Domain::whole(16)));
    }

    #[test]
    fn whole_numbers() {
        let whole = |range, scale, bits| Element { is_whole: true, ..element(range, Some(scale), bits) };
        assert_eq!(whole((0.0, 1.0), 0, 2).domain(), Domain::new(0, 1).ok());
        // No number is at an end that is a fraction.
        assert_eq!(whole((0.4, 3.6), 0, 8).domain(), Domain::new(1, 3).ok());
        assert_eq!(whole((0.4, 0.6), 0, 8).domain(), None);
        let flag = whole((0.0, 1.0), 12, 15).domain().unwrap();
        assert_eq!([0, 1, 2048, 4096, 8192].map(|x| flag.contains(x)), [true, false, false, true, false]);
        // -4 to 3 at 2^12 in 15 bits, whatever was declared.
        assert_eq!(whole((-100.0, 100.0), 12, 15).domain().unwrap().numbers(), (-4 << 12, 3 << 12));
        assert_eq!(whole((-5.0, 9.0), -1, 8).domain(), Domain::new(-3, 5).ok());
    }

    #[test]
    fn single_precision() {
        let keys = float32::KEY_OF_INFINITY;
        let all = element((f64::NEG_INFINITY, f64::INFINITY), None, 32);
        assert_eq!(all.domain(), Domain::new(-keys, keys).ok());
        let unit = element((0.0, 1.0), None, 32);
        // The bits of 1.0.
        assert_eq!(unit.domain(), Domain::new(0, 0x3f80_0000).ok());
    }
}
