//! Window widths, by what they cost, and the digits of scalars.
//!
//! A scalar's magnitude `m < 2^b` is written as `sum_w d_w 2^(c w)` with digits in `-2^(c-1)..2^(c-1)`, the last one in
//! `0..=2^(c-1)`. Adding the bias `sum 2^(c w + c - 1)`, over all windows but the last, makes each digit a field of bits
//! that can be read without the others: `d_w = ((m + bias) >> c w) mod 2^c - 2^(c-1)`.

use ark_ff::BigInteger256;

/// Bits of the largest magnitude: half of an order of 254 bits.
pub(super) const MAX_BITS: usize = 253;
/// Widest window, in bits.
pub(crate) const MAX_WINDOW: usize = 16;

// Costs in units of one addition, as measured: see the benchmark `msm`.
/// A bucket's share of the sum over its window: two additions in the reduction, less the one that a bucket's first point
/// does not cost, and the handling of its list and its sum.
const BUCKET: f64 = 2.8;
/// To read one digit of one scalar.
const DIGIT: f64 = 0.04;
/// A window's small batches: inversions that few additions share.
const WINDOW: f64 = 120.0;

/// Scalars by the bit length of their magnitude.
#[derive(Clone, Debug)]
pub(super) struct Histogram([usize; MAX_BITS + 1]);

impl Default for Histogram {
    fn default() -> Self {
        Histogram([0; MAX_BITS + 1])
    }
}

impl Histogram {
    pub(super) fn count(&mut self, bits: usize) {
        if let Some(slot) = self.0.get_mut(bits) {
            *slot += 1;
        }
    }

    pub(super) fn merge(mut self, other: Histogram) -> Histogram {
        for (slot, count) in self.0.iter_mut().zip(other.0) {
            *slot += count;
        }
        self
    }

    /// Lengths that occur, but zero, with their counts.
    fn lengths(&self) -> Vec<(usize, usize)> {
        self.0.iter().copied().enumerate().skip(1).filter(|(_, count)| *count > 0).collect()
    }
}

/// The cheapest plan for scalars of these lengths, ascending, and its cost in additions.
fn cheapest(lengths: &[(usize, usize)]) -> (Plan, f64) {
    let Some((bits, _)) = lengths.last() else {
        return (Plan { scalars: 0, window: 1, windows: 0 }, 0.0);
    };
    let scalars = lengths.iter().map(|(_, count)| count).sum();
    let of_width = |window: usize| {
        let plan = Plan { scalars, window, windows: windows(*bits, window) };
        let additions: usize = lengths.iter().map(|(bits, count)| count * windows(*bits, window)).sum();
        let buckets = plan.windows as f64 * (BUCKET * plan.buckets() as f64 + WINDOW);
        let digits = DIGIT * (scalars * plan.windows) as f64;
        (plan, additions as f64 + buckets + digits)
    };
    (2..=MAX_WINDOW).map(of_width).min_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap_or(of_width(1))
}

/// The longest short scalar, in bits, and the plans for short and for long ones, of the least cost together.
pub(super) fn plans(histogram: &Histogram) -> (usize, [Plan; 2]) {
    const LIMITS: [usize; 10] = [0, 4, 8, 12, 16, 24, 32, 48, 64, 128];
    let lengths = histogram.lengths();
    let split = |limit: usize| {
        let (short, long) = lengths.split_at(lengths.partition_point(|(bits, _)| *bits <= limit));
        let ((short, short_cost), (long, long_cost)) = (cheapest(short), cheapest(long));
        (limit, [short, long], short_cost + long_cost)
    };
    let best = LIMITS.into_iter().map(split).min_by(|(.., a), (.., b)| a.total_cmp(b));
    let (limit, plans, _) = best.unwrap_or(split(0));
    (limit, plans)
}

/// The plan for scalars that are all of full size, which no other scalars exceed in memory.
pub(super) fn widest(scalars: usize) -> Plan {
    cheapest(&[(MAX_BITS, scalars)]).0
}

/// Windows for a magnitude of `bits` bits: the last digit must not pass `2^(window - 1)`.
fn windows(bits: usize, window: usize) -> usize {
    (bits + 1).div_ceil(window)
}

/// How the scalars of a class are cut into digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Scalars in the class.
    pub(crate) scalars: usize,
    /// Bits of a digit.
    pub(crate) window: usize,
    /// Digits of a scalar.
    pub(crate) windows: usize,
}

impl Plan {
    /// For scalars of any size, in windows of the given width.
    pub(crate) fn full_size(scalars: usize, window: usize) -> Plan {
        Plan { scalars, window, windows: windows(MAX_BITS, window) }
    }

    /// Buckets of a window: one for each magnitude of a digit other than zero.
    pub(crate) fn buckets(&self) -> usize {
        1 << (self.window - 1)
    }

    /// What is added to magnitudes: see the module's page.
    pub(crate) fn bias(&self) -> BigInteger256 {
        let mut bias = BigInteger256::default();
        for window in 1..self.windows {
            let bit = self.window * window - 1;
            if let Some(word) = bias.0.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        bias
    }

    /// The reader of the digits of one window.
    pub(crate) fn digits(&self, window: usize) -> Digits {
        let bit = window * self.window;
        let is_last = window + 1 == self.windows;
        Digits {
            word: bit / 64,
            shift: (bit % 64) as u32,
            above: if bit < 192 { u64::MAX } else { 0 },
            mask: (1 << self.window) - 1,
            offset: if is_last { 0 } else { 1 << (self.window - 1) },
        }
    }
}

/// Reads one window's digit of biased magnitudes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits {
    /// Word that holds the digit's lowest bit.
    word: usize,
    /// That bit in the word.
    shift: u32,
    /// All ones if there is a word above.
    above: u64,
    mask: u64,
    offset: i32,
}

impl Digits {
    /// The digit, between `-2^(c-1)` and `2^(c-1)`.
    #[inline]
    pub(crate) fn read(&self, biased: &[u64; 4]) -> i32 {
        let low = biased[self.word & 3].wrapping_shr(self.shift);
        let high = biased[(self.word + 1) & 3] & self.above;
        // Shifted left by 64 - shift, which is 64 for shift = 0.
        let high = (high << 1).wrapping_shl(63 - self.shift);
        (((low | high) & self.mask) as i32).wrapping_sub(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use ark_bn254::Fr;
    use ark_ff::{BigInteger, PrimeField};

    use super::*;

    /// Digits rebuild the magnitude and stay in their range, for every width, at the ends of the range and between.
    #[test]
    fn digits_are_the_scalar() {
        for window in 1..=MAX_WINDOW {
            for bits in [1, 2, 3, 7, 8, 15, 16, 31, 64, 65, 127, 128, 200, MAX_BITS] {
                let plan = Plan { scalars: 1, window, windows: windows(bits, window) };
                let mut ones = BigInteger256::default();
                for bit in 0..bits {
                    ones.0[bit / 64] |= 1 << (bit % 64);
                }
                let mut top = BigInteger256::default();
                top.0[(bits - 1) / 64] |= 1 << ((bits - 1) % 64);
                let half = Fr::MODULUS_MINUS_ONE_DIV_TWO;
                let magnitudes = [BigInteger256::default(), BigInteger256::from(1u64), ones, top, half];
                let fits = |m: &BigInteger256| *m <= half && m.num_bits() as usize <= bits;
                for magnitude in magnitudes.into_iter().filter(fits) {
                    let mut biased = magnitude;
                    assert!(!biased.add_with_carry(&plan.bias()));
                    let mut sum = Fr::from(0u64);
                    for position in (0..plan.windows).rev() {
                        let digit = plan.digits(position).read(&biased.0);
                        assert!(
                            digit.unsigned_abs() as usize <= plan.buckets(),
                            "{window} {bits} {position}: {digit}"
                        );
                        (0..window).for_each(|_| sum += sum);
                        sum += Fr::from(digit);
                    }
                    assert_eq!(sum.into_bigint(), magnitude, "{window} {bits}");
                }
            }
        }
    }

    #[test]
    fn classes_follow_the_scalars() {
        let mut histogram = Histogram::default();
        assert_eq!(plans(&histogram).1.map(|plan| plan.windows), [0, 0]);
        (0..60_000).for_each(|_| histogram.count(8));
        let (_, only_short) = plans(&histogram);
        assert_eq!(only_short.map(|plan| plan.scalars).iter().sum::<usize>(), 60_000);
        (0..500).for_each(|_| histogram.count(253));
        let (limit, [short, long]) = plans(&histogram);
        assert!((8..253).contains(&limit), "bytes and full-size scalars belong apart, not at {limit}");
        assert_eq!((short.scalars, long.scalars), (60_000, 500));
        assert!(short.windows <= 2 && long.windows >= 254 / MAX_WINDOW);
    }
}
