//! The quantile of the normal distribution over fixed-point intervals.
//!
//! Newton's iteration finds a candidate y, whatever its error; the enclosure is what the distribution function says of numbers on
//! both sides of it: from `P(y - d) < p < P(y + d)` follows that the quantile is inside `(y - d, y + d)`, as P increases. No theorem says
//! that the value is not half-way between two entries, or rational, but at 1/2, where it is 0: if it were, no `d` would decide
//! the entry, and the table would be refused.

use super::interval::Interval;
use super::real::Reals;

impl Reals {
    /// The x with `(1 + erf(x / sqrt 2)) / 2 = p`, for `0 < p < 1`.
    pub(super) fn probit(&self, p: Interval) -> Interval {
        let half = Interval::ONE.scale(-1);
        if p.lo > half.lo {
            return self.probit(Interval::ONE.sub(p)).neg();
        }
        if p == half {
            return Interval::ZERO;
        }
        // Below 0 the distribution is convex, so the steps from 0 go down to the root and not beyond: rounding decides when they end.
        let (mut y, mut slack) = (0i128, 0i128);
        for _ in 0..ITERATIONS {
            let (value, density) = (self.distribution(Interval::point(y)), self.density(Interval::point(y)));
            // How well the distribution is known, over the density, is how well the quantile can be.
            slack = Interval::point(4 * (value.hi - value.lo) + 16).div(density).hi;
            let step = value.sub(p).div(density).lo;
            if step <= slack / 2 {
                break;
            }
            y = y.saturating_sub(step);
        }
        let (below, above) = (y.saturating_sub(slack), y.saturating_add(slack));
        let is_proven = self.distribution(Interval::point(below)).hi < p.lo
            && self.distribution(Interval::point(above)).lo > p.hi;
        if is_proven { Interval { lo: below, hi: above } } else { Interval::ALL }
    }

    /// `(1 + erf(x / sqrt 2)) / 2` for negative x.
    fn distribution(&self, x: Interval) -> Interval {
        Interval::ONE.add(self.erf(x.mul(self.root_half))).scale(-1)
    }

    /// `e^(-x^2 / 2) / sqrt(2 pi)`.
    fn density(&self, x: Interval) -> Interval {
        let height = self.two_over_root_pi.mul(self.root_half).scale(-1);
        self.exp(x.mul(x).scale(-1).neg()).mul(height)
    }
}

/// Steps to the smallest argument of a table, 2^-40, whose quantile is -7.04: about half the square of it, and five to end.
const ITERATIONS: usize = 40;
