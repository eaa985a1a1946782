//! Closed intervals of integers, and sums and products of them.

/// A closed interval of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub lo: i128,
    pub hi: i128,
}

impl Interval {
    pub fn new(lo: i64, hi: i64) -> Self {
        Interval { lo: lo.into(), hi: hi.into() }
    }

    /// Bits of a signed integer that holds every value.
    pub fn signed_bits(self) -> u32 {
        let magnitude = |value: i128| 128 - value.leading_zeros();
        magnitude(self.hi.max(0)).max(magnitude((-self.lo - 1).max(0))) + 1
    }

    /// The narrowest interval that holds both.
    pub fn union(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The narrowest interval that holds all of a channel, which has a value.
    pub fn enclosing(channel: &[Interval]) -> Interval {
        let ends = |end: fn(&Interval) -> i128| channel.iter().map(end);
        let missing = "chunks of one value and more";
        Interval { lo: ends(|x| x.lo).min().expect(missing), hi: ends(|x| x.hi).max().expect(missing) }
    }

    /// Sums of a value of each; ends beyond 127 bits saturate.
    pub fn plus(self, other: Interval) -> Interval {
        Interval { lo: self.lo.saturating_add(other.lo), hi: self.hi.saturating_add(other.hi) }
    }

    /// Products with `w`.
    pub fn times(self, w: i64) -> Interval {
        let w = i128::from(w);
        let (a, b) = (self.lo.saturating_mul(w), self.hi.saturating_mul(w));
        if w < 0 { Interval { lo: b, hi: a } } else { Interval { lo: a, hi: b } }
    }
}
