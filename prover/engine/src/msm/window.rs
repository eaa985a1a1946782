//! Window widths, by what they cost, and the digits of scalars.
//!
//! A scalar's magnitude `m < 2^b` is written as `sum_w d_w 2^(c w)` with digits in `-2^(c-1)..2^(c-1)`, the last one in
//! `0..=2^(c-1)`. Adding the bias `sum 2^(c w + c - 1)`, over all windows but the last, makes each digit a field of bits
//! that can be read without the others: `d_w = ((m + bias) >> c w) mod 2^c - 2^(c-1)`.
//!
//! Long scalars come in two halves ([`super::halves`]), each of them a magnitude of its own in two of the four words.

use ark_ff::BigInteger256;

use super::halves::HALF_BITS;

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
/// To cut a scalar into halves, and to make its point's image.
const HALVING: f64 = 0.7;

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
        self.add(bits, 1);
    }

    /// Counts scalars of one length; none is longer than [`MAX_BITS`].
    pub(super) fn add(&mut self, bits: usize, count: usize) {
        if let Some(slot) = self.0.get_mut(bits.min(MAX_BITS)) {
            *slot += count;
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

/// The cheapest plan for magnitudes of these lengths, ascending, and its cost in additions.
fn cheapest(lengths: &[(usize, usize)]) -> (Plan, f64) {
    let Some((bits, _)) = lengths.last() else {
        return (Plan { window: 1, windows: 0, halves: false }, 0.0);
    };
    let magnitudes: usize = lengths.iter().map(|(_, count)| count).sum();
    let of_width = |window: usize| {
        let plan = Plan { window, windows: windows(*bits, window), halves: false };
        let additions: usize = lengths.iter().map(|(bits, count)| count * windows(*bits, window)).sum();
        let buckets = plan.bucket_additions();
        let digits = DIGIT * (magnitudes * plan.windows) as f64;
        (plan, additions as f64 + buckets + digits)
    };
    (2..=MAX_WINDOW).map(of_width).min_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap_or(of_width(1))
}

/// The same, where the scalars may be cut into halves.
fn cheapest_long(lengths: &[(usize, usize)]) -> (Plan, f64) {
    let (plan, cost) = cheapest(lengths);
    let (short, long) = lengths.split_at(lengths.partition_point(|(bits, _)| *bits <= HALF_BITS));
    let scalars: usize = lengths.iter().map(|(_, count)| count).sum();
    let long: usize = long.iter().map(|(_, count)| count).sum();
    let halves: Vec<_> = short.iter().copied().chain([(HALF_BITS, 2 * long)]).collect();
    let (of_halves, cost_of_halves) = cheapest(&halves);
    let cost_of_halves = cost_of_halves + HALVING * scalars as f64;
    if long > 0 && cost_of_halves < cost {
        let windows = windows(HALF_BITS, of_halves.window);
        return (Plan { halves: true, windows, ..of_halves }, cost_of_halves);
    }
    (plan, cost)
}

/// The longest short scalar, in bits, and the plans for short and for long ones, of the least cost together; and that cost
/// in additions.
pub(super) fn plans(histogram: &Histogram) -> (usize, [Plan; 2], f64) {
    const LIMITS: [usize; 10] = [0, 4, 8, 12, 16, 24, 32, 48, 64, 128];
    let lengths = histogram.lengths();
    let split = |limit: usize| {
        let (short, long) = lengths.split_at(lengths.partition_point(|(bits, _)| *bits <= limit));
        let ((short, short_cost), (long, long_cost)) = (cheapest(short), cheapest_long(long));
        (limit, [short, long], short_cost + long_cost)
    };
    LIMITS.into_iter().map(split).min_by(|(.., a), (.., b)| a.total_cmp(b)).unwrap_or(split(0))
}

/// The plan for scalars that are all of full size, which no other scalars exceed in memory.
pub(super) fn widest(scalars: usize) -> Plan {
    cheapest_long(&[(MAX_BITS, scalars)]).0
}

/// Windows for a magnitude of `bits` bits: the last digit must not pass `2^(window - 1)`.
fn windows(bits: usize, window: usize) -> usize {
    (bits + 1).div_ceil(window)
}

/// How the scalars of a class are cut into digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Bits of a digit.
    pub(crate) window: usize,
    /// Digits of a magnitude.
    pub(crate) windows: usize,
    /// Whether a scalar has two magnitudes, its halves.
    pub(crate) halves: bool,
}

impl Plan {
    /// For whole scalars of any size, in windows of the given width.
    pub(crate) fn full_size(window: usize) -> Plan {
        Plan { window, windows: windows(MAX_BITS, window), halves: false }
    }

    /// Summands that a scalar has in a window.
    pub(crate) fn summands(&self) -> usize {
        1 + usize::from(self.halves)
    }

    /// Buckets of a window: one for each magnitude of a digit other than zero.
    pub(crate) fn buckets(&self) -> usize {
        1 << (self.window - 1)
    }

    /// What the buckets of all windows cost, in additions, beside the points that go into them.
    pub(crate) fn bucket_additions(&self) -> f64 {
        self.windows as f64 * (BUCKET * self.buckets() as f64 + WINDOW)
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

    /// The reader of the digits of one window of whole scalars.
    pub(crate) fn digits(&self, window: usize) -> Digits {
        self.digits_in(window, 0, 4)
    }

    /// The readers of the digits of one window of both halves.
    pub(crate) fn digits_of_halves(&self, window: usize) -> [Digits; 2] {
        [0, 2].map(|first| self.digits_in(window, first, first + 2))
    }

    /// The reader of the digits of one window of a magnitude in some of the words.
    fn digits_in(&self, window: usize, first: usize, end: usize) -> Digits {
        let bit = 64 * first + window * self.window;
        let is_last = window + 1 == self.windows;
        Digits {
            word: bit / 64,
            shift: (bit % 64) as u32,
            above: if bit / 64 + 1 < end { u64::MAX } else { 0 },
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
                let plan = Plan { window, windows: windows(bits, window), halves: false };
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

    /// The same of halves, side by side in four words.
    #[test]
    fn digits_are_the_halves() {
        let largest = (1u128 << HALF_BITS) - 1;
        let values = [0, 1, largest, 1 << (HALF_BITS - 1), largest / 3, u128::from(u64::MAX)];
        for window in 2..=MAX_WINDOW {
            let plan = Plan { window, windows: windows(HALF_BITS, window), halves: true };
            for (low, high) in values.iter().flat_map(|low| values.map(|high| (*low, high))) {
                let bias = plan.bias().0;
                let bias = u128::from(bias[0]) | u128::from(bias[1]) << 64;
                let words =
                    [low + bias, high + bias].map(|biased| [biased as u64, (biased >> 64) as u64]).concat();
                let words: [u64; 4] = words.try_into().unwrap();
                for (half, value) in [low, high].into_iter().enumerate() {
                    let mut sum = 0i128;
                    for position in (0..plan.windows).rev() {
                        let digit = plan.digits_of_halves(position)[half].read(&words);
                        assert!(digit.unsigned_abs() as usize <= plan.buckets());
                        sum = (sum << window) + i128::from(digit);
                    }
                    assert_eq!(sum.unsigned_abs(), value, "{window} {half}");
                }
            }
        }
    }

    #[test]
    fn classes_follow_the_scalars() {
        let mut histogram = Histogram::default();
        assert_eq!(plans(&histogram).1.map(|plan| plan.windows), [0, 0]);
        (0..60_000).for_each(|_| histogram.count(8));
        let (_, only_short, cost) = plans(&histogram);
        assert!(only_short.iter().all(|plan| plan.windows <= 2 && !plan.halves));
        assert!((60_000.0..200_000.0).contains(&cost));
        (0..500).for_each(|_| histogram.count(253));
        let (limit, [short, long], more) = plans(&histogram);
        assert!((8..253).contains(&limit), "bytes and full-size scalars belong apart, not at {limit}");
        assert!(short.windows <= 2 && long.halves && long.windows >= HALF_BITS / MAX_WINDOW && more > cost);
    }
}
