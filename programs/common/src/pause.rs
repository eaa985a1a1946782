//! Pause levels: who moves them, and a halt that ends by itself. What each level closes, the program says.
//!
//! The guardian raises the level and can do nothing else. The admin lowers it, a day after it was raised; at once only with
//! the guardian's signature, so a stolen admin cannot undo a halt. Neither can lock suppliers in: a halt ends by itself in
//! reduce-only, which leaves withdrawals open, and the next one waits three days.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use crate::rules::{Rule, RuleError};

/// A halt falls back to reduce-only after this many seconds: a day.
pub const HALT_SECONDS: i64 = 86_400;

/// Least time from the end of a halt to the next: three days.
pub const HALT_COOLDOWN_SECONDS: i64 = 259_200;

/// From a raise until the admin may lower the level without the guardian: a day.
pub const LOWERING_SECONDS: i64 = 86_400;

/// How far a pool of loans is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseLevel {
    /// Everything is open.
    Open,
    /// No new risk: deposits and loans are closed.
    ReduceOnly,
    /// Also closed: withdrawals. Repayment stays open.
    Halted,
}

/// Who lowers a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The admin alone.
    AdminAlone,
    /// The admin and the guardian; or the guardian alone, where the admin was renounced.
    WithGuardian,
}

impl PauseLevel {
    /// The level of a byte.
    ///
    /// # Errors
    /// The byte is no level.
    pub const fn from_byte(byte: u8) -> Rule<Self> {
        match byte {
            0 => Ok(Self::Open),
            1 => Ok(Self::ReduceOnly),
            2 => Ok(Self::Halted),
            _ => Err(RuleError::UnknownPauseLevel),
        }
    }

    /// The byte of a level.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::ReduceOnly => 1,
            Self::Halted => 2,
        }
    }
}

/// A pause level and its times. 24 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct Guard {
    /// First second after the last halt, Unix seconds; zero before the first.
    pub halted_until: i64,
    /// From when on the admin may lower the level alone, Unix seconds.
    pub lower_at: i64,
    /// The level as set: 0 open, 1 reduce-only, 2 halted.
    pub level: u8,
    /// Zero.
    pub padding: [u8; 7],
}

impl Guard {
    /// The level in force: a halt that has run out is reduce-only.
    ///
    /// # Errors
    /// The stored byte is no level.
    pub fn level(&self, now: i64) -> Rule<PauseLevel> {
        match PauseLevel::from_byte(self.level)? {
            PauseLevel::Halted if now >= self.halted_until => Ok(PauseLevel::ReduceOnly),
            level => Ok(level),
        }
    }

    /// From when on suppliers may withdraw: the present, or the end of a halt.
    ///
    /// # Errors
    /// The stored byte is no level.
    pub fn leaving_from(&self, now: i64) -> Rule<i64> {
        Ok(if self.level(now)? == PauseLevel::Halted { self.halted_until } else { now })
    }

    /// Raises the level.
    ///
    /// # Errors
    /// It would not rise, or a halt would follow the last one too soon.
    pub fn raise(&mut self, level: PauseLevel, now: i64) -> Rule<()> {
        if level <= self.level(now)? {
            return Err(RuleError::NotARaise);
        }
        if level == PauseLevel::Halted {
            if self.halted_until != 0 && now < self.halted_until.saturating_add(HALT_COOLDOWN_SECONDS) {
                return Err(RuleError::HaltTooSoon);
            }
            self.halted_until = now.checked_add(HALT_SECONDS).ok_or(RuleError::Overflow)?;
        }
        self.lower_at = now.checked_add(LOWERING_SECONDS).ok_or(RuleError::Overflow)?;
        self.level = level.to_byte();
        Ok(())
    }

    /// Lowers the level.
    ///
    /// # Errors
    /// It would not fall, or it is too soon for the admin alone.
    pub fn lower(&mut self, level: PauseLevel, consent: Consent, now: i64) -> Rule<()> {
        if level >= self.level(now)? {
            return Err(RuleError::NotALowering);
        }
        if consent == Consent::AdminAlone && now < self.lower_at {
            return Err(RuleError::LowerTooSoon);
        }
        // Where it was, the next halt's distance counts from.
        self.halted_until = self.halted_until.min(now);
        self.level = level.to_byte();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_levels_are_one_to_one() {
        for byte in 0..=u8::MAX {
            match PauseLevel::from_byte(byte) {
                Ok(level) => assert_eq!(level.to_byte(), byte),
                Err(error) => assert!(byte > 2 && error == RuleError::UnknownPauseLevel),
            }
        }
    }

    #[test]
    fn a_halt_ends_by_itself_and_cannot_be_prolonged() {
        let mut guard = Guard::zeroed();
        guard.raise(PauseLevel::Halted, 100).unwrap();
        let end = 100 + HALT_SECONDS;
        assert_eq!(guard.level(end - 1), Ok(PauseLevel::Halted));
        assert_eq!((guard.level(end), guard.leaving_from(end - 1)), (Ok(PauseLevel::ReduceOnly), Ok(end)));
        for now in [end, end + HALT_COOLDOWN_SECONDS - 1] {
            assert_eq!(guard.raise(PauseLevel::Halted, now), Err(RuleError::HaltTooSoon));
        }
        assert_eq!(guard.raise(PauseLevel::ReduceOnly, end), Err(RuleError::NotARaise));
        guard.raise(PauseLevel::Halted, end + HALT_COOLDOWN_SECONDS).unwrap();
    }

    #[test]
    fn the_admin_alone_lowers_after_a_day_and_with_the_guardian_at_once() {
        let mut guard = Guard::zeroed();
        guard.raise(PauseLevel::ReduceOnly, 100).unwrap();
        let early = guard.lower(PauseLevel::Open, Consent::AdminAlone, 100 + LOWERING_SECONDS - 1);
        assert_eq!(early, Err(RuleError::LowerTooSoon));
        guard.lower(PauseLevel::Open, Consent::AdminAlone, 100 + LOWERING_SECONDS).unwrap();
        assert_eq!(
            guard.lower(PauseLevel::Open, Consent::WithGuardian, i64::MAX),
            Err(RuleError::NotALowering)
        );
        guard.raise(PauseLevel::Halted, 500_000).unwrap();
        guard.lower(PauseLevel::Open, Consent::WithGuardian, 500_001).unwrap();
        assert_eq!(guard.level(500_001), Ok(PauseLevel::Open));
        // Lifted early, it still has its distance to the next.
        assert_eq!(guard.raise(PauseLevel::Halted, 500_002), Err(RuleError::HaltTooSoon));
        guard.raise(PauseLevel::Halted, 500_001 + HALT_COOLDOWN_SECONDS).unwrap();
    }

    #[test]
    fn a_guardian_gone_bad_leaves_three_quarters_of_the_time_open() {
        let (mut guard, mut open, mut now) = (Guard::zeroed(), 0, 0);
        while now < 32 * 86_400 {
            let _ = guard.raise(PauseLevel::Halted, now);
            open += i64::from(guard.level(now) != Ok(PauseLevel::Halted));
            now += 3_600;
        }
        assert!(open * 4 >= 32 * 24 * 3, "{open} hours");
    }
}
