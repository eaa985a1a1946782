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
    /// The integers of its numbers, as [`super::QuantGraph::quantize`] rounds them; `None` where there are none, and where the format has no
    /// room for one of the ends: nobody may read of a domain that the circuit does not assert. An infinite end is that of the format.
    pub fn domain(&self) -> Option<Domain> {
        let numbers = self.numbers()?;
        if self.may_be_missing { numbers.or_missing(missing::code(self.bits)).ok() } else { Some(numbers) }
    }

    fn numbers(&self) -> Option<Domain> {
        let (least, hi) = signed_range(self.bits.into());
        let lo = least + i64::from(self.may_be_missing);
        let (min, max) = self.range;
        let Some(scale) = self.scale else {
            // To single precision a finite end may be an infinity.
            let end = |end: f64| Some(end as f32).filter(|single| single.is_finite() == end.is_finite());
            let (first, last) = (float32::key(end(min)?)?, float32::key(end(max)?)?);
            return Domain::new(first, last).ok().filter(|domain| domain.fits(self.bits));
        };
        // Whole numbers have a step of more than one.
        let step = if self.is_whole { scale.clamp(0, 31).unsigned_abs() } else { 0 };
        let unit = 1i64 << step;
        let (lo, hi) = (lo.div_euclid(unit) + i64::from(lo.rem_euclid(unit) != 0), hi.div_euclid(unit));
        // Rounding takes an end beyond its format by one at most.
        let room = u64::from(!self.is_whole || scale < 0);
        let end = |end: f64| match quantize(end, i32::from(scale) - i32::from(step)) {
            Some(integer) => Some(integer.clamp(lo, hi)).filter(|end| end.abs_diff(integer) <= room),
            None => Some(if end < 0.0 { lo } else { hi }).filter(|_| end.is_infinite()),
        };
        let (min, max) = if self.is_whole { (min.ceil(), max.floor()) } else { (min, max) };
        if min > max {
            return None;
        }
        let (first, last) = (end(min)?, end(max)?);
        Domain::new(first * unit, last * unit).and_then(|domain| domain.stepping(step)).ok()
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
        let all = (f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(element(all, Some(8), 16).domain(), Some(Domain::whole(16)));
        // Rounding takes an end beyond the format by one; what is further is asserted by nothing.
        assert_eq!(element((-128.0, 128.0), Some(8), 16).domain(), Some(Domain::whole(16)));
        for beyond in [(-128.0, 128.01), (-128.01, 0.0), (0.0, 1e300), (-1e300, 0.0)] {
            assert_eq!(element(beyond, Some(8), 16).domain(), None, "{beyond:?}");
        }
        let missing = Element { may_be_missing: true, ..element((0.0, 1.0), Some(8), 16) };
        let domain = missing.domain().unwrap();
        assert_eq!(domain.numbers(), (0, 256));
        assert_eq!(
            [-32_768, -32_767, 0, 256, 257].map(|x| domain.contains(x)),
            [true, false, true, true, false]
        );
        let all_missing = Element { may_be_missing: true, ..element(all, Some(8), 16) };
        let domain = all_missing.domain().unwrap();
        assert_eq!((domain.numbers(), domain.is_interval()), ((-32_767, 32_767), true));
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
        // -4 to 3 at 2^12 in 15 bits.
        assert_eq!(whole((-4.0, 3.99976), 12, 15).domain().unwrap().numbers(), (-4 << 12, 3 << 12));
        assert_eq!(whole((-4.0, 4.0), 12, 15).domain(), None);
        assert_eq!(whole((0.0, 128.0), 0, 8).domain(), None);
        assert_eq!(whole((0.0, 0.0), 40, 15).domain(), Domain::new(0, 0).ok());
        assert_eq!(whole((0.0, 1.0), 40, 15).domain(), None);
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
        // Which would be infinity.
        assert_eq!(element((0.0, 1e300), None, 32).domain(), None);
    }
}
