//! The bonus of early liquidations: it rises with the time since a position was flagged, and with nothing else.
//!
//! `e(t) = start + (end - start) * min(1, (t - flagged at) / ramp)`, rounded down.
//!
//! An open auction over one public clock: whoever waits loses to whoever does not. A clock that began with a keeper's own
//! action would pay for waiting, a bonus that grew with the score, the ratio or the price for choosing the moment.

/// The auction's two ends, basis points, and its length, seconds.
#[derive(Clone, Copy, Debug)]
pub struct Auction {
    /// Bonus in the first second.
    pub start_bps: u16,
    /// Bonus at the end of the ramp and after it.
    pub end_bps: u16,
    /// Length of the ramp; zero is none.
    pub ramp: u32,
}

impl Auction {
    /// The bonus this many seconds after the flag, basis points; before it as in its first second.
    pub fn bonus_bps(&self, seconds: i64) -> u16 {
        let rise = u64::from(self.end_bps.saturating_sub(self.start_bps));
        let elapsed = u64::try_from(seconds).unwrap_or(0).min(u64::from(self.ramp));
        // Both factors are below 2^32.
        let part = (rise * elapsed).checked_div(u64::from(self.ramp)).unwrap_or(rise);
        self.start_bps.saturating_add(u16::try_from(part).unwrap_or(u16::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bonus_rises_over_the_ramp_and_stays() {
        let auction = Auction { start_bps: 25, end_bps: 200, ramp: 600 };
        for (seconds, bonus) in
            [(-1, 25), (0, 25), (1, 25), (300, 112), (599, 199), (600, 200), (i64::MAX, 200)]
        {
            assert_eq!(auction.bonus_bps(seconds), bonus, "{seconds} s");
        }
        assert_eq!(Auction { ramp: 0, ..auction }.bonus_bps(0), 200);
    }

    proptest! {
        #[test]
        fn it_never_falls_and_stays_inside(start: u16, end: u16, ramp: u32, early: i64, later: i64) {
            let auction = Auction { start_bps: start.min(end), end_bps: start.max(end), ramp };
            let (early, later) = (early.min(later), early.max(later));
            let (first, second) = (auction.bonus_bps(early), auction.bonus_bps(later));
            prop_assert!(first <= second && first >= start.min(end) && second <= start.max(end));
        }
    }
}
