//! The natural logarithm over fixed-point intervals, and the functions that are logarithms of algebraic ones.
//!
//! Where the argument of the logarithm is 1, and only there, the value is rational: zero, and the interval is that point.

use super::interval::{FRACTION, Interval};
use super::real::Reals;

impl Reals {
    /// `ln x = k ln 2 + ln(x / 2^k)` with `1 <= x / 2^k < 2`, for positive x.
    pub(super) fn ln(&self, x: Interval) -> Interval {
        if x.lo <= 0 || !x.has_upper_bound() {
            return Interval::ALL;
        }
        let k = x.lo.ilog2() as i32 - FRACTION as i32;
        let mantissa = x.scale(-k);
        self.ln_2.mul(Interval::integer(k.into())).add(self.ln_1_plus(mantissa.sub(Interval::ONE)))
    }

    /// `ln(x / (1 - x))` for `0 < x < 1`.
    pub(super) fn logit(&self, x: Interval) -> Interval {
        if x.lo < Interval::ONE.scale(-1).lo {
            return self.logit(Interval::ONE.sub(x)).neg();
        }
        self.ln(x.div(Interval::ONE.sub(x)))
    }

    /// `ln(x + sqrt(x^2 + 1))`.
    pub(super) fn asinh(&self, x: Interval) -> Interval {
        if x.lo < 0 {
            return self.asinh(x.neg()).neg();
        }
        self.ln(x.add(x.mul(x).add(Interval::ONE).sqrt()))
    }

    /// `ln(x + sqrt((x - 1) (x + 1)))`, of 1 for smaller arguments.
    pub(super) fn acosh(&self, x: Interval) -> Interval {
        if x.lo <= Interval::ONE.lo {
            return Interval::ZERO;
        }
        self.ln(x.add(x.sub(Interval::ONE).mul(x.add(Interval::ONE)).sqrt()))
    }

    /// `ln((1 + x) / (1 - x)) / 2` for `-1 < x < 1`.
    pub(super) fn atanh(&self, x: Interval) -> Interval {
        if x.lo < 0 {
            return self.atanh(x.neg()).neg();
        }
        self.ln(Interval::ONE.add(x).div(Interval::ONE.sub(x))).scale(-1)
    }
}
