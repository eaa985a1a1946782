//! What a reader may spend, decided by the bytes that it was given.
//!
//! A short file can ask for much: a table by its two ends, an image by its shape, zeros by their number. Whatever a
//! reader makes beyond what the bytes hold one by one, it spends from a budget, before it makes it: a base, so that small
//! files may hold what small models need, and so much a byte. The cost of any file is linear in its length then, and no
//! limit has to know of the others.

/// Units that are left: elements, terms, entries, bytes; each reader says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    bytes: usize,
    limit: u64,
    left: u64,
}

/// A file asks for more than its length allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "asks for {asked} {what}, and a file of {bytes} bytes may ask for {limit} in all, of which {left} are left"
)]
pub struct OverBudget {
    /// What is asked for.
    pub what: &'static str,
    /// How much of it.
    pub asked: u64,
    /// What a file of this length may ask for.
    pub limit: u64,
    /// What earlier parts of it left.
    pub left: u64,
    /// Length of the file.
    pub bytes: usize,
}

impl Budget {
    /// For a file of `bytes` bytes.
    pub fn new(bytes: usize, base: u64, per_byte: u64) -> Self {
        let limit = base.saturating_add(per_byte.saturating_mul(bytes as u64));
        Budget { bytes, limit, left: limit }
    }

    /// The same, but never more than `most`.
    pub fn at_most(self, most: u64) -> Self {
        let limit = self.limit.min(most);
        Budget { limit, left: limit, ..self }
    }

    /// Takes `asked` units, which stand for `what`.
    pub fn spend(&mut self, what: &'static str, asked: impl TryInto<u64>) -> Result<(), OverBudget> {
        let asked = asked.try_into().unwrap_or(u64::MAX);
        self.check(what, asked)?;
        self.left -= asked;
        Ok(())
    }

    /// Whether `asked` units are left, without taking them: for what exists for a moment only.
    pub fn check(&self, what: &'static str, asked: impl TryInto<u64>) -> Result<(), OverBudget> {
        let asked = asked.try_into().unwrap_or(u64::MAX);
        match asked <= self.left {
            true => Ok(()),
            false => Err(OverBudget { what, asked, limit: self.limit, left: self.left, bytes: self.bytes }),
        }
    }

    /// Units that are left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Units that were taken.
    #[cfg(test)]
    pub fn spent(&self) -> u64 {
        self.limit - self.left
    }

    /// How many times as much as was taken could have been.
    #[cfg(test)]
    pub fn ratio(&self) -> f64 {
        self.limit as f64 / self.spent().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spends_down_to_nothing_and_no_further() {
        let mut budget = Budget::new(10, 5, 2);
        budget.check("elements", 25u64).unwrap();
        budget.spend("elements", 20u64).unwrap();
        let error = budget.spend("elements", 6u64).unwrap_err();
        assert_eq!((error.asked, error.left, error.limit), (6, 5, 25));
        budget.spend("elements", 5u64).unwrap();
        assert_eq!(budget.spent(), 25);
        assert!(budget.spend("elements", 1u64).is_err());
        assert!(budget.spend("elements", 0u64).is_ok());
    }

    #[test]
    fn counts_beyond_64_bits_are_not_affordable() {
        assert!(Budget::new(usize::MAX, u64::MAX, u64::MAX).check("terms", u128::MAX).is_ok());
        assert!(Budget::new(0, u64::MAX - 1, 1).check("terms", u128::MAX).is_err());
    }
}
