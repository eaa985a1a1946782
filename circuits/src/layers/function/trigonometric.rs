//! Trigonometric functions and their inverses over fixed-point intervals, with the error of each truncated series added.
//!
//! A multiple `k` of `pi/2` is taken off the argument first, so the enclosure is `k` units wider than at zero: below 2^-58 for
//! |x| <= 2^20. The tangent's is wider by the square of its value.

use super::interval::Interval;
use super::real::Reals;

impl Reals {
    /// The sine.
    pub(super) fn sin(&self, x: Interval) -> Interval {
        self.in_quadrant(x, 0)
    }

    /// The cosine: the sine, a quadrant further on.
    pub(super) fn cos(&self, x: Interval) -> Interval {
        self.in_quadrant(x, 1)
    }

    /// The tangent; all numbers where the cosine may be zero.
    pub(super) fn tan(&self, x: Interval) -> Interval {
        let (sin, cos) = (self.sin(x), self.cos(x));
        match (cos.lo > 0, cos.hi < 0) {
            (true, _) => sin.div(cos),
            (_, true) => sin.neg().div(cos.neg()),
            _ => Interval::ALL,
        }
    }

    /// `sin(x + quadrants * pi/2)`.
    fn in_quadrant(&self, x: Interval, quadrants: i128) -> Interval {
        let half_pi = self.pi.scale(-1);
        // The nearest multiple of pi/2, so that |r| < 0.79.
        let k = (x.lo + half_pi.lo / 2).div_euclid(half_pi.lo);
        let r = x.sub(half_pi.mul(Interval::integer(k as i64)));
        match (k + quadrants).rem_euclid(4) {
            0 => sin_near_zero(r),
            1 => cos_near_zero(r),
            2 => sin_near_zero(r).neg(),
            _ => cos_near_zero(r).neg(),
        }
    }

    /// The angle of a tangent. Beyond 1, that of the reciprocal is taken off the right angle; what is left is halved twice.
    pub(super) fn atan(&self, x: Interval) -> Interval {
        if x.lo < 0 {
            return self.atan(x.neg()).neg();
        }
        if x.lo > Interval::ONE.lo {
            return self.pi.scale(-1).sub(self.atan(Interval::ONE.div(x)));
        }
        // atan z = 2 atan(z / (1 + sqrt(1 + z^2)))
        let halved = |z: Interval| z.div(Interval::ONE.add(Interval::ONE.add(z.mul(z)).sqrt()));
        let z = halved(halved(x));
        if z == Interval::ZERO {
            return z;
        }
        let square = z.mul(z);
        let (mut power, mut sum) = (z, z);
        for k in 1..13 {
            power = power.mul(square).neg();
            sum = sum.add(power.div_int(2 * k + 1));
        }
        // z <= tan(pi / 16 / 2) < 0.0985, so the first term left out is below z^27 / 27 < 2^-94.
        sum.widen(1).scale(2)
    }

    /// The angle of a sine, whose tangent is `x / sqrt((1 - x) (1 + x))`; that of the nearest end beyond ±1.
    pub(super) fn asin(&self, x: Interval) -> Interval {
        if x.lo < 0 {
            return self.asin(x.neg()).neg();
        }
        if x.lo >= Interval::ONE.lo {
            return self.pi.scale(-1);
        }
        self.atan(x.div(cosine_of_sine(x)))
    }

    /// The angle of a cosine, whose tangent is `sqrt((1 - x) (1 + x)) / x`; that of the nearest end beyond ±1.
    pub(super) fn acos(&self, x: Interval) -> Interval {
        if x.lo < 0 {
            return self.pi.sub(self.acos(x.neg()));
        }
        if x.lo >= Interval::ONE.lo {
            return Interval::ZERO;
        }
        if x == Interval::ZERO {
            return self.pi.scale(-1);
        }
        self.atan(cosine_of_sine(x).div(x))
    }
}

/// `sqrt((1 - x) (1 + x))`. Of an argument of at most 40 bits behind the point the radicand is exact.
fn cosine_of_sine(x: Interval) -> Interval {
    Interval::ONE.sub(x).mul(Interval::ONE.add(x)).sqrt()
}

/// `r - r^3/3! + r^5/5! - ...` for |r| < 0.79.
fn sin_near_zero(r: Interval) -> Interval {
    if r == Interval::ZERO {
        return r;
    }
    // The first term left out is below 0.79^25 / 25! < 2^-92.
    r.mul(alternating(r.mul(r), 1)).widen(1)
}

/// `1 - r^2/2! + r^4/4! - ...` for |r| < 0.79.
fn cos_near_zero(r: Interval) -> Interval {
    if r == Interval::ZERO {
        return Interval::ONE;
    }
    // The first term left out is below 0.79^24 / 24! < 2^-87.
    alternating(r.mul(r), 0).widen(1)
}

/// `1 - s/((1+o)(2+o)) * (1 - s/((3+o)(4+o)) * (...))`, 12 terms.
fn alternating(square: Interval, odd: i128) -> Interval {
    (1..12).rev().fold(Interval::ONE, |sum, i| {
        Interval::ONE.sub(square.mul(sum).div_int((2 * i - 1 + odd) * (2 * i + odd)))
    })
}
