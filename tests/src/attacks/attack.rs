//! The ways to attack an instruction.

use std::fmt;

/// One way to change an instruction, or what it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// The account did not sign.
    NotSigned,
    /// The account cannot be written to.
    ReadOnly,
    /// Another address: a fresh key that signs, where a signature is wanted, or an address where nothing is.
    Stranger,
    /// The same bytes at another address, owned by another program.
    OtherOwner,
    /// The same bytes and the same owner at another address.
    Twin,
    /// Another account of the same instruction.
    Duplicate,
    /// The account, and those behind it, are not given.
    Missing,
    /// Another program's account or sysvar stands in the place of a program.
    OtherProgram,
    /// A program that succeeds at everything, and answers as the verifier does, stands in the place of a program.
    Accomplice,
    /// An account that pays names itself as the receiver.
    Itself,
    /// The instruction's data ends early.
    Truncated,
    /// The instruction's data goes on.
    Extended,
    /// The same transaction once more, after it went through.
    Replayed,
    /// The same instruction twice in one transaction.
    Repeated,
    /// A spoiled proof, and the accomplice in the verifier's place, which answers that it is proven.
    Spoofed,
    /// Without the other instructions of its transaction that call the program.
    Alone,
    /// Its transaction backwards.
    Reversed,
    /// In one transaction with what came before it, ahead of that.
    Ahead,
    /// In one transaction with what came before it, right behind that.
    Joined,
    /// What came before it once more behind it, all in one transaction.
    Around,
    /// At another time.
    At(Shift),
    /// With another number.
    Given(Edge),
}

/// By how much the clock is off, prices and all else as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shift {
    /// A year too early.
    YearBack,
    /// An hour too early.
    HourBack,
    /// A second too early.
    SecondBack,
    /// A second too late.
    SecondOn,
    /// An hour too late.
    HourOn,
    /// A year too late.
    YearOn,
}

impl Shift {
    /// All of them, in time's order.
    pub const ALL: [Shift; 6] =
        [Shift::YearBack, Shift::HourBack, Shift::SecondBack, Shift::SecondOn, Shift::HourOn, Shift::YearOn];

    pub(super) fn seconds(self) -> i64 {
        match self {
            Shift::YearBack => -31_536_000,
            Shift::HourBack => -3_600,
            Shift::SecondBack => -1,
            Shift::SecondOn => 1,
            Shift::HourOn => 3_600,
            Shift::YearOn => 31_536_000,
        }
    }
}

/// Where arithmetic goes wrong first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// 0.
    Zero,
    /// 1.
    One,
    /// The greatest number of the type, less one.
    BelowGreatest,
    /// The greatest number of the type.
    Greatest,
    /// The highest bit alone: the least number of a signed type.
    SignBit,
}

impl Edge {
    /// All of them.
    pub const ALL: [Edge; 5] = [Edge::Zero, Edge::One, Edge::BelowGreatest, Edge::Greatest, Edge::SignBit];

    /// The number in a type of `width` bytes, little-endian: the first `width` bytes of it.
    pub(super) fn bytes(self, width: usize, is_signed: bool) -> [u8; 16] {
        let bits = 8 * width as u32;
        let sign = 1_u128 << (bits - 1);
        let greatest = if is_signed { sign - 1 } else { sign - 1 + sign };
        let number = match self {
            Edge::Zero => 0,
            Edge::One => 1,
            Edge::BelowGreatest => greatest - 1,
            Edge::Greatest => greatest,
            Edge::SignBit => sign,
        };
        number.to_le_bytes()
    }
}

/// One attack on one instruction: on one of its accounts or of its numbers, together with what came before it, or on all of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub instruction: String,
    pub on: String,
    pub attack: Attack,
}

impl Case {
    /// How a list of exceptions names it: `instruction`, or `instruction.on`.
    pub fn path(&self) -> String {
        self.path_in(&self.instruction)
    }

    /// The same in any instruction.
    pub fn path_anywhere(&self) -> String {
        self.path_in("*")
    }

    fn path_in(&self, instruction: &str) -> String {
        match self.on.as_str() {
            "" => instruction.to_owned(),
            on => format!("{instruction}.{on}"),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} on {}", self.attack, self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_those_of_their_type() {
        let of = |width, is_signed| Edge::ALL.map(|edge| u128::from_le_bytes(edge.bytes(width, is_signed)));
        assert_eq!(of(1, false), [0, 1, 254, 255, 128]);
        assert_eq!(of(2, true), [0, 1, 32_766, 32_767, 32_768]);
        let greatest = u128::from(u64::MAX);
        assert_eq!(of(8, false), [0, 1, greatest - 1, greatest, 1 << 63]);
        assert_eq!(of(16, false), [0, 1, u128::MAX - 1, u128::MAX, 1 << 127]);
    }

    #[test]
    fn a_case_is_named_as_lists_name_it() {
        let case = |on: &str| Case { instruction: "split".into(), on: on.into(), attack: Attack::Twin };
        assert_eq!(case("").path(), "split");
        assert_eq!(case("vault").path(), "split.vault");
        assert_eq!(case("vault").path_anywhere(), "*.vault");
    }
}
