//! The exit clock: how long suppliers were free to leave.
//!
//! A timelock that counts plain time can be outlasted: who proposes bad parameters and then halts the market, or has an
//! accomplice borrow all of its cash, keeps everybody in until the change applies. So a second counts only while withdrawing
//! was allowed *and* possible: the market not halted, and the vault holding a stated share of the suppliers' assets.
//!
//! Both change in instructions only (a halt's own end apart, which is known beforehand), so two numbers keep the account:
//! `clock(now) = accumulated + max(0, now - open_from)`, and every instruction that moves cash or the pause level ends with
//! [`ExitClock::settle`]. Interest raises the suppliers' assets between instructions by at most 0.01 % an hour, which the
//! share of cash is not settled for.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

/// Where suppliers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Open from this second on: the present, or the end of a halt.
    OpenFrom(i64),
    /// The vault holds too little.
    ShortOfCash,
}

impl Door {
    /// Whether suppliers can leave now.
    pub fn is_open(self, now: i64) -> bool {
        matches!(self, Self::OpenFrom(from) if from <= now)
    }
}

/// Seconds in which suppliers could leave. 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct ExitClock {
    /// Seconds up to the last settlement.
    pub accumulated: u64,
    /// From when on more are counted, Unix seconds; the greatest number while none are.
    pub open_from: i64,
}

impl ExitClock {
    /// A clock that runs from `now` on: an empty market keeps nobody in.
    pub const fn start(now: i64) -> Self {
        Self { accumulated: 0, open_from: now }
    }

    /// The clock's reading, seconds.
    pub fn at(&self, now: i64) -> u64 {
        let running = now.saturating_sub(self.open_from);
        self.accumulated.saturating_add(u64::try_from(running).unwrap_or(0))
    }

    /// Counts what ran, and goes on as the door stands now.
    pub fn settle(&mut self, now: i64, door: Door) {
        self.accumulated = self.at(now);
        self.open_from = match door {
            Door::OpenFrom(from) => from.max(now),
            Door::ShortOfCash => i64::MAX,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seconds_count_while_the_door_is_open() {
        let mut clock = ExitClock::start(100);
        assert_eq!([clock.at(50), clock.at(100), clock.at(160)], [0, 0, 60]);
        clock.settle(160, Door::ShortOfCash);
        assert_eq!(clock.at(10_000), 60);
        clock.settle(10_000, Door::OpenFrom(10_500));
        assert_eq!([clock.at(10_400), clock.at(10_500), clock.at(10_510)], [60, 60, 70]);
        // Settled in the middle of a halt: nothing is lost, nothing counted twice.
        clock.settle(10_200, Door::OpenFrom(10_500));
        assert_eq!(clock.at(10_510), 70);
    }

    proptest! {
        /// Whatever happens in which order, the clock is the number of seconds in which the door was open.
        #[test]
        fn the_clock_counts_open_seconds_exactly(steps in prop::collection::vec((0i64..500, 0u8..3, 0i64..800), 1..40)) {
            let (mut clock, mut now, mut open, mut counted) = (ExitClock::start(0), 0, Door::OpenFrom(0), 0u64);
            for (wait, kind, halt) in steps {
                for _ in 0..wait {
                    counted += u64::from(open.is_open(now));
                    now += 1;
                }
                prop_assert_eq!(clock.at(now), counted);
                open = match kind {
                    0 => Door::ShortOfCash,
                    1 => Door::OpenFrom(now),
                    _ => Door::OpenFrom(now + halt),
                };
                clock.settle(now, open);
                prop_assert_eq!(clock.at(now), counted);
            }
        }
    }
}
