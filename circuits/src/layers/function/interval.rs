//! Fixed-point interval arithmetic: each operation rounds outward, so the true value never leaves the interval.
//!
//! An end `e` stands for `e * 2^-80`; 47 bits are left of the point. Integers only: every machine gets the same ends.
//!
//! Ends saturate at [`INFINITE`]. As the upper end of an interval it says that nothing is known from above; as the lower end it is
//! a number like others, that the true value is not below. The same below zero.

/// Bits behind the point.
pub(super) const FRACTION: u32 = 80;
const ONE: i128 = 1 << FRACTION;
/// What an end is that has no bound, and what it saturates at.
const INFINITE: i128 = i128::MAX;

/// All real numbers between two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) lo: i128,
    pub(super) hi: i128,
}

impl Interval {
    pub(super) const ZERO: Self = Self::point(0);
    pub(super) const ONE: Self = Self::point(ONE);
    /// All numbers.
    pub(super) const ALL: Self = Self { lo: -INFINITE, hi: INFINITE };

    /// The number `end * 2^-80`.
    pub(super) const fn point(end: i128) -> Self {
        Self { lo: end, hi: end }
    }

    pub(super) const fn integer(value: i64) -> Self {
        Self::point((value as i128) << FRACTION)
    }

    /// `x * 2^-scale`, exactly if the scale is at most 80 and the number below 2^47.
    pub(super) fn dyadic(x: i128, scale: i32) -> Self {
        Self::point(x).scale(FRACTION as i32 - scale)
    }

    /// All numbers from the least of one interval on.
    pub(super) const fn from(least: Self) -> Self {
        Self { lo: least.lo, hi: INFINITE }
    }

    pub(super) fn has_upper_bound(self) -> bool {
        self.hi < INFINITE
    }

    pub(super) fn has_lower_bound(self) -> bool {
        self.lo > -INFINITE
    }

    pub(super) fn add(self, other: Self) -> Self {
        let upper = |a: i128, b: i128| match a.max(b) {
            INFINITE => INFINITE,
            _ => a.saturating_add(b).max(-INFINITE),
        };
        Self { lo: -upper(-self.lo, -other.lo), hi: upper(self.hi, other.hi) }
    }

    pub(super) fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }

    pub(super) fn sub(self, other: Self) -> Self {
        self.add(other.neg())
    }

    /// Wider by `ends` in units of the last place, on both sides.
    pub(super) fn widen(self, ends: i128) -> Self {
        self.add(Self { lo: -ends, hi: ends })
    }

    pub(super) fn mul(self, other: Self) -> Self {
        if self.lo >= 0 && other.lo >= 0 {
            let (lo, hi) = (multiply(self.lo, other.lo, Round::Down), multiply(self.hi, other.hi, Round::Up));
            return Self { lo, hi };
        }
        if self.hi <= 0 && other.lo >= 0 {
            let (lo, hi) = (multiply(self.lo, other.hi, Round::Down), multiply(self.hi, other.lo, Round::Up));
            return Self { lo, hi };
        }
        let pairs = [(self.lo, other.lo), (self.lo, other.hi), (self.hi, other.lo), (self.hi, other.hi)];
        let end = |round| pairs.map(|(a, b)| multiply(a, b, round));
        let lo = end(Round::Down).into_iter().fold(i128::MAX, i128::min);
        Self { lo, hi: end(Round::Up).into_iter().fold(i128::MIN, i128::max) }
    }

    /// `self / n`, `n` positive.
    pub(super) fn div_int(self, n: i128) -> Self {
        let upper = |end: i128| if end == INFINITE { end } else { -((-end).div_euclid(n)) };
        Self { lo: -upper(-self.lo), hi: upper(self.hi) }
    }

    /// `self / other`, `other` positive. Where its lower end is not, it has no bound.
    pub(super) fn div(self, other: Self) -> Self {
        if self.hi <= 0 && self.lo < 0 {
            return self.neg().div(other).neg();
        }
        let upper = |end: i128| match end {
            0 => 0,
            _ if end == INFINITE || other.lo <= 0 => INFINITE,
            _ => divide(end, other.lo, Round::Up),
        };
        if self.lo < 0 {
            return Self { lo: -upper(-self.lo), hi: upper(self.hi) };
        }
        let lo = if other.has_upper_bound() { divide(self.lo, other.hi, Round::Down) } else { 0 };
        Self { lo, hi: upper(self.hi) }
    }

    /// `self * 2^k`.
    pub(super) fn scale(self, k: i32) -> Self {
        let (left, right) = (k.max(0).unsigned_abs(), k.min(0).unsigned_abs().min(127));
        let upper = |end: i128| match end {
            INFINITE => INFINITE,
            _ if left == 0 => -((-end) >> right),
            _ if end.unsigned_abs().leading_zeros() > left => end << left,
            _ => end.signum() * INFINITE,
        };
        Self { lo: -upper(-self.lo), hi: upper(self.hi) }
    }

    /// The square root of a non-negative interval; of a number whose root has at most 80 bits behind the point, exactly.
    pub(super) fn sqrt(self) -> Self {
        // The largest end whose square, rounded up, is at most `self.lo`; one more, rounded down, is above `self.hi`.
        let root = |limit: i128| {
            (0..104).rev().fold(0i128, |root, bit| {
                let larger = root | 1 << bit;
                if multiply(larger, larger, Round::Up) <= limit { larger } else { root }
            })
        };
        let lo = root(self.lo);
        let highest = if self.lo == self.hi { lo } else { root(self.hi) };
        let is_exact = multiply(highest, highest, Round::Down) == self.hi;
        let hi = if self.has_upper_bound() { highest + i128::from(!is_exact) } else { INFINITE };
        Self { lo, hi }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Down,
    Up,
}

/// `a * b * 2^-80`, rounded.
fn multiply(a: i128, b: i128, round: Round) -> i128 {
    let (high, low) = wide(a.unsigned_abs(), b.unsigned_abs());
    let negative = (a < 0) != (b < 0);
    let exact = low & (ONE as u128 - 1) == 0;
    let magnitude = match high >> (FRACTION - 1) {
        0 => (high << (128 - FRACTION)) | (low >> FRACTION),
        _ => INFINITE as u128,
    };
    // Away from zero where the rounding goes there; there what had no bound has none.
    let is_away = negative == (round == Round::Down);
    let is_unbounded = a.unsigned_abs().max(b.unsigned_abs()) >= INFINITE as u128 && a != 0 && b != 0;
    let magnitude = if is_away && is_unbounded {
        INFINITE
    } else {
        let away = is_away && !exact;
        i128::try_from(magnitude.saturating_add(away.into())).unwrap_or(INFINITE)
    };
    if negative { -magnitude } else { magnitude }
}

/// The 256-bit product.
fn wide(a: u128, b: u128) -> (u128, u128) {
    const MASK: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & MASK, b >> 64, b & MASK);
    let (low, middle, cross, high) = (a0 * b0, a0 * b1, a1 * b0, a1 * b1);
    let carry = (low >> 64) + (middle & MASK) + (cross & MASK);
    (high + (middle >> 64) + (cross >> 64) + (carry >> 64), (carry << 64) | (low & MASK))
}

/// `a / b`, rounded, for `0 <= a` and `0 < b`: 40 bits of the fraction at a time, or one where the divisor is large.
fn divide(a: i128, b: i128, round: Round) -> i128 {
    let (a, b) = (a.max(0).unsigned_abs(), b.max(1).unsigned_abs());
    let (mut quotient, mut rest) = (a / b, a % b);
    if quotient >> (127 - FRACTION) > 0 {
        return INFINITE;
    }
    let step = if b >> 88 == 0 { 40 } else { 1 };
    for _ in 0..FRACTION / step {
        rest <<= step;
        quotient = (quotient << step) | (rest / b);
        rest %= b;
    }
    let quotient = i128::try_from(quotient).unwrap_or(INFINITE);
    if round == Round::Up && rest > 0 { quotient.saturating_add(1) } else { quotient }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn real(end: i128) -> f64 {
        end as f64 / 2f64.powi(FRACTION as i32)
    }

    #[test]
    fn products_and_quotients_enclose() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..2000 {
            let mut end = |bits: u32| rng.gen_range(-(1i128 << bits)..1 << bits);
            let (a, b) = (end(84), end(84));
            let product = Interval::point(a).mul(Interval::point(b));
            assert!(product.hi - product.lo <= 1);
            assert!((real(product.lo) - real(a) * real(b)).abs() < 1e-12);
            // Exactly: lo * 2^80 <= a * b <= hi * 2^80, modulo 2^128, where differences are small.
            let exact = a.wrapping_mul(b);
            let above = exact.wrapping_sub(product.lo.wrapping_shl(FRACTION));
            assert!((0..ONE).contains(&above), "{a} * {b}");
            assert_eq!(product.hi, product.lo + i128::from(above > 0));
            let (a, b) = (a.abs(), b.abs() + 1);
            let quotient = Interval::point(a).div(Interval::point(b));
            let rest = a.wrapping_shl(FRACTION).wrapping_sub(quotient.lo.wrapping_mul(b));
            assert!((0..b).contains(&rest), "{a} / {b}");
            assert_eq!(quotient.hi, quotient.lo + i128::from(rest > 0));
        }
    }

    #[test]
    fn ends_round_outward() {
        let third = Interval::ONE.div_int(3);
        assert_eq!(third.hi - third.lo, 1);
        assert_eq!(third.neg(), Interval::ONE.neg().div_int(3));
        assert_eq!(third.neg().scale(-1).lo, (-third.hi) >> 1);
        assert_eq!(Interval::ONE.scale(3), Interval::integer(8));
        assert_eq!(Interval::integer(8).scale(-3), Interval::ONE);
        let two = Interval::integer(2).sqrt();
        assert!((real(two.lo) - 2f64.sqrt()).abs() < 1e-15 && two.hi == two.lo + 1);
        let square = two.mul(two);
        assert!(square.lo <= 2 * ONE && 2 * ONE <= square.hi);
    }
}
