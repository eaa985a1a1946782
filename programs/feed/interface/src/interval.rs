//! The rings' times.

/// A ring: how far apart its times are, and how late a price may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Interval {
    /// Every 60 seconds.
    Minute = 0,
    /// Every 3,600 seconds.
    Hour = 1,
}

impl Interval {
    /// The interval that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Minute),
            1 => Some(Self::Hour),
            _ => None,
        }
    }

    /// Seconds from one time of the ring to the next.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
        }
    }

    /// Seconds after its time in which a price counts for it.
    pub const fn window(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 600,
        }
    }

    /// Which time of the ring `at` is, counted from 1970; `None` where it is none.
    pub fn index(self, at: i64) -> Option<u32> {
        if at % self.seconds() == 0 { u32::try_from(at / self.seconds()).ok() } else { None }
    }

    /// The time of an index, Unix seconds.
    pub const fn time(self, index: u32) -> i64 {
        index as i64 * self.seconds()
    }

    /// From when on every entry of the time `at` is final.
    pub const fn closes_at(self, at: i64) -> i64 {
        at.saturating_add(self.window())
    }

    /// Last second in which a candidate of the time `at` is taken.
    pub const fn last_candidate(self, at: i64) -> i64 {
        at.saturating_add(self.window() / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_multiples_from_1970_on() {
        for (interval, seconds) in [(Interval::Minute, 60), (Interval::Hour, 3_600)] {
            assert_eq!(interval.index(0), Some(0));
            assert_eq!(interval.index(7 * seconds), Some(7));
            assert_eq!(interval.time(7), 7 * seconds);
            let last = i64::from(u32::MAX) * seconds;
            assert_eq!(interval.index(last), Some(u32::MAX));
            for none in [1, -1, -seconds, seconds - 1, seconds + 1, last + seconds, i64::MAX, i64::MIN] {
                assert_eq!(interval.index(none), None, "{none}");
            }
        }
        assert_eq!((Interval::from_byte(1), Interval::from_byte(2)), (Some(Interval::Hour), None));
    }
}
