//! `x^p` for a constant exponent `p = m * 2^-s`, m odd or s zero, and a dyadic x.
//!
//! *Where the value is exact.* An integer power is computed by products of smaller powers. If it has at most 80 bits behind the point,
//! so have they, and the interval is a point; if it has more, it is a multiple of no unit of the interval, so neither end, and never
//! half-way. The power of a reciprocal is the same for powers of two, and no dyadic number for others. With `s > 0`, the value
//! is rational exactly if x is the `2^s`-th power of a rational number (m is odd), which then has a numerator and a denominator that are
//! roots of those of x: they are taken exactly, as often as it goes. What is left is irrational.

use super::activation::Dyadic;
use super::interval::Interval;
use super::real::Reals;

impl Reals {
    /// `(x * 2^-scale)^exponent`, for arguments that it has a value at. Fractional powers of negative numbers are 0.
    pub(super) fn power(&self, x: i64, scale: i32, exponent: Dyadic) -> Interval {
        let spare = exponent.mantissa.trailing_zeros().min(exponent.shift);
        let (m, s) = (exponent.mantissa >> spare, exponent.shift - spare);
        if m == 0 {
            return Interval::ONE;
        }
        if s == 0 {
            return integer_power(Interval::dyadic(x.into(), scale), m);
        }
        if x <= 0 {
            return Interval::ZERO;
        }
        let (mut odd, mut behind) = (x >> x.trailing_zeros(), scale - x.trailing_zeros() as i32);
        let mut roots = 0;
        while roots < s && behind % 2 == 0 && odd.isqrt() * odd.isqrt() == odd {
            (odd, behind, roots) = (odd.isqrt(), behind / 2, roots + 1);
        }
        if roots == s {
            return integer_power(Interval::dyadic(odd.into(), behind), m);
        }
        let exponent = Interval::integer(m).scale(-(s as i32));
        self.exp(exponent.mul(self.ln(Interval::dyadic(x.into(), scale))))
    }
}

fn integer_power(x: Interval, m: i64) -> Interval {
    let magnitude = if x.lo < 0 { x.neg() } else { x };
    let base = if m < 0 { Interval::ONE.div(magnitude) } else { magnitude };
    let n = m.unsigned_abs();
    let square_and_multiply = |power: Interval, bit: u32| {
        let square = power.mul(power);
        if (n >> bit) & 1 == 1 { square.mul(base) } else { square }
    };
    let power = (0..n.ilog2()).rev().fold(base, square_and_multiply);
    if x.lo < 0 && n % 2 == 1 { power.neg() } else { power }
}
