//! The integers that an input may be. [`crate::gadgets::domain`] has the constraints.

use crate::error::BuildError;
use crate::integer::{Interval, half};

/// The integers that an input may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Domain {
    pub(crate) lo: i64,
    pub(crate) hi: i64,
    /// They are `2^step` apart.
    pub(crate) step: u8,
    /// One more, less than the others.
    pub(crate) missing: Option<i64>,
}

impl Domain {
    /// All signed integers of so many bits, 1 to 32.
    pub fn whole(bits: u8) -> Self {
        let half = half(bits.clamp(1, 32).into());
        Self { lo: -half, hi: half - 1, step: 0, missing: None }
    }

    /// The integers from `lo` to `hi`.
    ///
    /// # Errors
    /// [`BuildError::EmptyRange`] where there are none.
    pub fn new(lo: i64, hi: i64) -> Result<Self, BuildError> {
        let domain = Self { lo, hi, step: 0, missing: None };
        if lo > hi { Err(domain.empty()) } else { Ok(domain) }
    }

    /// Of these integers, those that are a multiple of `2^step` from the first.
    ///
    /// # Errors
    /// [`BuildError::EmptyRange`] where the last is none of them.
    pub fn stepping(self, step: u8) -> Result<Self, BuildError> {
        let fits = step < 32 && (i128::from(self.hi) - i128::from(self.lo)) % (1 << step.min(32)) == 0;
        // Steps between one value are none.
        let step = if self.lo == self.hi { 0 } else { step };
        if fits || step == 0 { Ok(Self { step, ..self }) } else { Err(self.empty()) }
    }

    /// These integers, and one that says that the value is missing.
    ///
    /// # Errors
    /// [`BuildError::EmptyRange`] unless it is less than the others.
    pub fn or_missing(self, code: i64) -> Result<Self, BuildError> {
        if code < self.lo { Ok(Self { missing: Some(code), ..self }) } else { Err(self.empty()) }
    }

    fn empty(self) -> BuildError {
        BuildError::EmptyRange { operation: "input domain", lo: self.lo.into(), hi: self.hi.into() }
    }

    /// Whether an integer is in it.
    pub fn contains(&self, x: i64) -> bool {
        let steps = (i128::from(x) - i128::from(self.lo)) % (1 << self.step.min(32)) == 0;
        self.missing == Some(x) || ((self.lo..=self.hi).contains(&x) && steps)
    }

    /// The smallest interval that holds it.
    pub fn interval(&self) -> Interval {
        (self.missing.unwrap_or(self.lo).into(), self.hi.into())
    }

    /// The first and the last one, that of a missing value aside.
    pub fn numbers(&self) -> (i64, i64) {
        (self.lo, self.hi)
    }

    /// What two of them are apart, that of a missing value aside: a power of two.
    pub fn step(&self) -> i64 {
        1 << self.step.min(32)
    }

    /// Whether it is all of its interval, so that whatever proves the one proves the other.
    pub fn is_interval(&self) -> bool {
        let Self { missing, step, .. } = self.joined();
        step == 0 && missing.is_none()
    }

    /// The same integers, that of a missing value being one of the others where it is next to them.
    pub(crate) fn joined(self) -> Self {
        match self.missing {
            Some(code) if self.step == 0 && code.checked_add(1) == Some(self.lo) => {
                Self { lo: code, missing: None, ..self }
            }
            _ => self,
        }
    }

    /// Whether it has integers of so many bits only.
    pub fn fits(&self, bits: u8) -> bool {
        let half = i128::from(half(bits.clamp(1, 32).into()));
        self.interval().0 >= -half && self.interval().1 < half
    }

    /// How many integers it has, the one of a missing value aside.
    pub fn count(&self) -> u64 {
        u64::try_from(self.span() + 1).unwrap_or(u64::MAX)
    }

    /// One of them, by its position; the last one beyond.
    pub fn number(&self, position: u64) -> i64 {
        let from = i128::from(position).min(self.span()) << self.step.min(32);
        i64::try_from(i128::from(self.lo) + from).unwrap_or(self.hi)
    }

    /// `(hi - lo) / 2^step`.
    pub(crate) fn span(&self) -> i128 {
        (i128::from(self.hi) - i128::from(self.lo)) >> self.step.min(32)
    }
}
