//! Intervals of real numbers whose ends are rounded outwards, so that what is true of real arithmetic stays true of them.

/// Relative error of a product or sum of two `f64`, twice over.
pub(crate) const EPSILON: f64 = f64::EPSILON;

/// All real numbers from `lo` to `hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least.
    pub lo: f64,
    /// The largest.
    pub hi: f64,
}

/// The next number above; zero and infinities as they are, which are exact.
fn up(x: f64) -> f64 {
    if x == 0.0 { x } else { x.next_up() }
}

fn down(x: f64) -> f64 {
    -up(-x)
}

impl Range {
    /// Zero alone.
    pub const ZERO: Range = Range { lo: 0.0, hi: 0.0 };
    /// All numbers: nothing is known.
    pub const ALL: Range = Range { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    /// From one number to another; all numbers where one of them is none.
    pub fn new(lo: f64, hi: f64) -> Range {
        if lo <= hi { Range { lo, hi } } else { Range::ALL }
    }

    /// From `-magnitude` to `magnitude`.
    pub fn around(magnitude: f64) -> Range {
        Range::new(-magnitude, magnitude)
    }

    /// The largest magnitude.
    pub fn magnitude(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }

    /// From the least to the largest number.
    pub fn width(self) -> f64 {
        up(self.hi - self.lo)
    }

    /// Whether a number lies in it.
    pub fn contains(self, x: f64) -> bool {
        (self.lo..=self.hi).contains(&x)
    }

    /// Whether both ends are numbers.
    pub fn is_finite(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// Sums of a number of each.
    pub fn plus(self, other: Range) -> Range {
        let exact =
            |a: f64, b: f64, end: fn(f64) -> f64| if a == 0.0 || b == 0.0 { a + b } else { end(a + b) };
        Range::new(exact(self.lo, other.lo, down), exact(self.hi, other.hi, up))
    }

    /// Differences.
    pub fn minus(self, other: Range) -> Range {
        self.plus(other.negated())
    }

    /// The same below zero.
    pub fn negated(self) -> Range {
        Range { lo: -self.hi, hi: -self.lo }
    }

    /// Products of a number of each.
    pub fn times(self, other: Range) -> Range {
        if self == Range::ZERO || other == Range::ZERO {
            return Range::ZERO;
        }
        let ends = [(self.lo, other.lo), (self.lo, other.hi), (self.hi, other.lo), (self.hi, other.hi)];
        // Zero times what is not bounded is zero.
        let products = ends.map(|(a, b)| if a == 0.0 || b == 0.0 { 0.0 } else { a * b });
        let lo = products.into_iter().fold(f64::INFINITY, f64::min);
        let hi = products.into_iter().fold(f64::NEG_INFINITY, f64::max);
        Range::new(down(lo), up(hi))
    }

    /// One over each number; none where zero is one.
    pub fn inverse(self) -> Option<Range> {
        let is_apart = self.lo > 0.0 || self.hi < 0.0;
        is_apart.then(|| Range::new(down(1.0 / self.hi), up(1.0 / self.lo)))
    }

    /// The narrowest that holds both.
    pub fn hull(self, other: Range) -> Range {
        Range { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// What both hold, of which there is something.
    pub fn cut(self, other: Range) -> Range {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        // Ends that differ by their rounding may have changed places.
        if lo <= hi { Range { lo, hi } } else { Range { lo: hi, hi: lo } }
    }

    /// The nearest numbers of this range to those of another.
    pub fn clamp(self, other: Range) -> Range {
        Range { lo: other.lo.clamp(self.lo, self.hi), hi: other.hi.clamp(self.lo, self.hi) }
    }

    /// Wider by so much on either side.
    pub fn widened(self, by: f64) -> Range {
        self.plus(Range::around(by))
    }
}
