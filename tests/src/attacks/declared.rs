//! What a program says of itself: which attacks may go through and why, when its instructions are refused, which numbers they
//! take.

use super::attack::{Attack, Case, Edge, Shift};

/// Attacks that may go through.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// The attack.
    pub attack: Attack,
    /// The accounts, each as `instruction.account`, or `*.account` in every instruction; an attack on a whole
    /// instruction as `instruction`, or `*`; one together with what came before it as `instruction.earlier`.
    pub on: &'static [&'static str],
    /// Why nobody gains from it.
    pub why: &'static str,
}

/// When an instruction is refused whose time is wrong, everything else as it was.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The instructions.
    pub on: &'static [&'static str],
    /// When they are refused; at all other shifts of the clock they go through.
    pub refused: &'static [Shift],
    /// What tells the program the time.
    pub why: &'static str,
}

/// Numbers at the edges of their type that an instruction takes.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// The numbers, each as `instruction.argument.field`; a list's length as `instruction.argument.len`.
    pub on: &'static [&'static str],
    /// At which edges each goes through; at all others it is refused.
    pub accepted: &'static [Edge],
    /// Why it does no harm.
    pub why: &'static str,
}

/// What a program says of times and numbers. An instruction that is in no list of times is never refused for its time, a number
/// that is in no list of numbers is refused at every edge that it did not have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// When instructions are refused.
    pub times: &'static [Times],
    /// Which numbers go through.
    pub numbers: &'static [Numbers],
}

/// A part of a list that lets a case through: what is named, and by which kind of attack.
pub type Allowance = (Attack, &'static str);

/// Whether an allowance is for this case.
pub fn allows((attack, on): &Allowance, case: &Case) -> bool {
    *attack == case.attack && (*on == case.path() || *on == case.path_anywhere())
}

/// What exceptions let through.
pub fn allowances(exceptions: &[Exception]) -> Vec<Allowance> {
    exceptions.iter().flat_map(|Exception { attack, on, .. }| on.iter().map(|on| (*attack, *on))).collect()
}

impl Limits {
    /// What the numbers let through.
    pub fn allowances(&self) -> Vec<Allowance> {
        let of = |numbers: &Numbers| {
            let Numbers { on, accepted, .. } = *numbers;
            on.iter().flat_map(move |on| accepted.iter().map(move |edge| (Attack::Given(*edge), *on)))
        };
        self.numbers.iter().flat_map(of).collect()
    }

    /// Whether an instruction must be refused at this time.
    pub fn refuses(&self, case: &Case) -> bool {
        let Attack::At(shift) = case.attack else { return false };
        self.times
            .iter()
            .any(|times| times.refused.contains(&shift) && times.on.iter().any(|on| *on == case.instruction))
    }
}
