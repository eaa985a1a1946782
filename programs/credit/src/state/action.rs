//! What each pause level closes in a pool. Levels, times and who moves them are [`assay_program::pause`]'s.

use assay_program::pause::PauseLevel;

/// What an instruction does, as far as a pause is concerned. Whatever is none of these is always open: repayment, marking a
/// default, booking a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Supply.
    Supply,
    /// Withdraw what was supplied.
    Withdraw,
    /// Take up a line, or renew it.
    Take,
    /// Draw on a line.
    Draw,
}

impl Action {
    /// Whether a level leaves it open.
    pub const fn is_open_at(self, level: PauseLevel) -> bool {
        match level {
            PauseLevel::Open => true,
            PauseLevel::ReduceOnly => matches!(self, Self::Withdraw),
            PauseLevel::Halted => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_level_opens_nothing() {
        let open = |level| {
            [Action::Supply, Action::Withdraw, Action::Take, Action::Draw].map(|a| a.is_open_at(level))
        };
        assert_eq!(open(PauseLevel::Open), [true; 4]);
        assert_eq!(open(PauseLevel::ReduceOnly), [false, true, false, false]);
        assert_eq!(open(PauseLevel::Halted), [false; 4]);
    }
}
