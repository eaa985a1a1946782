//! What a claim says.

use crate::number::{pow2, signed_range};
use crate::quantize::certify::range::Range;

/// What decides an output, with what is certified of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionClaim {
    /// Nothing: no threshold was given, and the output is neither scores of named classes nor the place of the largest score.
    None,
    /// Each element lies at or above a threshold, or below it.
    Threshold {
        /// The least integer that stands for the threshold or more; of those that the output can be, and the one behind the last.
        threshold: i64,
        /// Where the float model may decide otherwise.
        band: Certain<Band>,
    },
    /// The elements are scores of classes: the largest decides.
    Largest {
        /// By how much it must be ahead of every other, in the output's integers.
        lead: Certain<Lead>,
    },
    /// Each element is the place of the largest of some scores, which no statement shows.
    Place {
        /// Binary scale of the scores.
        scale: i8,
        /// By how much that one must be ahead of every other, in the scores' integers.
        lead: Certain<Lead>,
    },
}

impl DecisionClaim {
    /// Name of the rule: `none`, `threshold`, `largest` or `place`.
    pub fn rule(&self) -> &'static str {
        match self {
            DecisionClaim::None => "none",
            DecisionClaim::Threshold { .. } => "threshold",
            DecisionClaim::Largest { .. } => "largest",
            DecisionClaim::Place { .. } => "place",
        }
    }
}

/// What is certified, for two kinds of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certain<T> {
    /// Against the float model on the numbers that the integers of the inputs stand for.
    pub grid: Result<T, Uncertain>,
    /// Against the float model on numbers that were rounded to those integers. It says no more than the other.
    pub raw: Result<T, Uncertain>,
}

/// Integers of an output for which the float model may lie on the other side of a threshold. Those that no integer of the format is are
/// left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The first.
    pub first: i64,
    /// The one behind the last.
    pub end: i64,
}

/// The least difference of the largest score to every other with which it certainly is the float model's largest. 0: it always is, and of
/// equals the first is in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lead(pub i64);

/// Why nothing is certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncertain {
    /// An operator in front has no rule, or none for what it is applied to.
    Operator,
    /// No number bounds the error over the domain.
    Unbounded,
    /// The model is too large for a certificate.
    TooLarge,
    /// The compiler's search refuted its own bound: a bug.
    Refuted,
    /// The bound is so wide that no integer of the output is certain.
    Everywhere,
}

impl Uncertain {
    /// All of them, in the order of their numbers in files.
    pub(super) const ALL: [Uncertain; 5] = [
        Uncertain::Operator,
        Uncertain::Unbounded,
        Uncertain::TooLarge,
        Uncertain::Refuted,
        Uncertain::Everywhere,
    ];

    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Uncertain::Operator => "a layer has no bound for its arguments over the domain",
            Uncertain::Unbounded => "no number bounds the error over the domain",
            Uncertain::TooLarge => "the model is too large for a certificate",
            Uncertain::Refuted => {
                "what a search found exceeds the bound: please report this error of the compiler"
            }
            Uncertain::Everywhere => "the certified error is so large that no value of the output is certain",
        }
    }
}

impl Band {
    /// Whether an integer lies inside.
    pub fn contains(&self, integer: i64) -> bool {
        (self.first..self.end).contains(&integer)
    }

    /// Where the float model may be on the other side of `threshold`, being more than the integers by what `error` holds.
    pub(crate) fn around(threshold: f64, error: Range, format: Integers) -> Band {
        let error = error.hull(Range::ZERO);
        let unit = pow2(format.scale.into());
        let place = |x: f64| format.place((x * unit).ceil());
        let at = format.threshold(threshold);
        let first = if error.hi > 0.0 { place((threshold - error.hi).next_down()) } else { at };
        let end = if error.lo < 0.0 { place((threshold - error.lo).next_up()) } else { at };
        Band { first: first.min(at), end: end.max(at) }
    }
}

/// The integers that an output can be: those of its bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Integers {
    pub least: i64,
    /// The one behind the largest.
    pub end: i64,
    scale: i8,
}

impl Integers {
    /// Of an output with elements of so many bits, at a scale.
    pub fn new(bits: u8, scale: i8) -> Self {
        let (least, largest) = signed_range(bits.into());
        Integers { least, end: largest + 1, scale }
    }

    /// The least integer that stands for `threshold` or more.
    pub fn threshold(self, threshold: f64) -> i64 {
        self.place((threshold * pow2(self.scale.into())).ceil())
    }

    /// A whole number, or the nearest end.
    fn place(self, whole: f64) -> i64 {
        (whole as i64).clamp(self.least, self.end)
    }

    /// Whether a band leaves an integer out.
    pub fn is_useful(self, band: Band) -> bool {
        band.first > self.least || band.end < self.end
    }

    /// The largest difference of two.
    pub fn span(self) -> i64 {
        self.end - 1 - self.least
    }
}
