//! What each pause level closes in a market. Levels, times and who moves them are [`assay_program::pause`]'s.

use assay_program::pause::PauseLevel;

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

impl Action {
    /// Whether a level leaves it open. Whatever is no [`Action`] is always open.
    pub const fn is_open_at(self, level: PauseLevel) -> bool {
        match level {
            PauseLevel::Open => true,
            PauseLevel::ReduceOnly => {
                matches!(self, Self::WithdrawSupply | Self::WithdrawFree | Self::LiquidateEarly)
            }
            PauseLevel::Halted => false,
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
            assert!(action.is_open_at(PauseLevel::Open));
            assert!(!action.is_open_at(PauseLevel::Halted));
        }
        let open = actions.map(|action| action.is_open_at(PauseLevel::ReduceOnly));
        assert_eq!(open, [false, true, false, false, true, true]);
    }
}
