//! Pause levels: what each closes, and a halt that ends by itself.

use crate::errors::{LendingError, MathResult};

/// A halt falls back to reduce-only after this many seconds: three days.
pub const HALT_SECONDS: i64 = 259_200;

/// Least time from the end of a halt to the next: one day, in which suppliers and borrowers can leave.
pub const HALT_COOLDOWN_SECONDS: i64 = 86_400;

/// How far a market is closed. The admin moves it at once, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseLevel {
    /// Everything is open.
    Open,
    /// No new risk: deposits of the debt asset, loans, and withdrawals of collateral from under a debt are closed.
    ReduceOnly,
    /// Also closed: withdrawals and early liquidations. Repayment, collateral, prices and the plain rule stay open.
    Halted,
}

/// What an instruction does, as far as a pause is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Supply the debt asset.
    Supply,
    /// Withdraw supplied assets.
    WithdrawSupply,
    /// Borrow.
    Borrow,
    /// Withdraw collateral of a position that owes.
    WithdrawUnderDebt,
    /// Withdraw collateral of a position that owes nothing.
    WithdrawFree,
    /// Liquidate by a proven score.
    LiquidateEarly,
}

impl PauseLevel {
    /// The level of a byte.
    ///
    /// # Errors
    /// The byte is no level.
    pub const fn from_byte(byte: u8) -> MathResult<Self> {
        match byte {
            0 => Ok(Self::Open),
            1 => Ok(Self::ReduceOnly),
            2 => Ok(Self::Halted),
            _ => Err(LendingError::UnknownPauseLevel),
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

    /// Whether the level leaves an action open. Whatever is no [`Action`] is always open.
    pub const fn allows(self, action: Action) -> bool {
        match self {
            Self::Open => true,
            Self::ReduceOnly => {
                matches!(action, Action::WithdrawSupply | Action::WithdrawFree | Action::LiquidateEarly)
            }
            Self::Halted => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_level_opens_nothing() {
        let actions = [
            Action::Supply,
            Action::WithdrawSupply,
            Action::Borrow,
            Action::WithdrawUnderDebt,
            Action::WithdrawFree,
            Action::LiquidateEarly,
        ];
        for action in actions {
            assert!(PauseLevel::Open.allows(action));
            assert!(!PauseLevel::Halted.allows(action));
        }
        let open = actions.map(|action| PauseLevel::ReduceOnly.allows(action));
        assert_eq!(open, [false, true, false, false, true, true]);
    }

    #[test]
    fn bytes_and_levels_are_one_to_one() {
        for byte in 0..=u8::MAX {
            match PauseLevel::from_byte(byte) {
                Ok(level) => assert_eq!(level.to_byte(), byte),
                Err(error) => assert!(byte > 2 && error == LendingError::UnknownPauseLevel),
            }
        }
    }
}
