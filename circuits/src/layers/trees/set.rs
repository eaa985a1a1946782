//! Sets of integers, as the conditions of trees are: `x < k`, `x >= k`, `x = v`, membership, and any of these with or without the code of a
//! missing value.
//!
//! A set is the list of the integers at which membership changes, ascending: `x` is in it if an odd number of them is at most `x`. With
//! `c_t = [x >= t]` its indicator is `c_(s_1) - c_(s_2) + c_(s_3) - ...`, linear in these bits; [`BELOW_ALL`] as the first says that the
//! set reaches below every integer, and its bit is 1. So every comparison, its complement and every union of them is free of constraints
//! once the bits of the thresholds are there.

/// Below every integer that is compared: as the first change, the set begins there.
pub const BELOW_ALL: i64 = i64::MIN;

/// A set of integers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set {
    changes: Vec<i64>,
}

impl Set {
    /// No integer.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every integer.
    pub fn all() -> Self {
        Self { changes: vec![BELOW_ALL] }
    }

    /// `x >= k`.
    pub fn at_least(k: i64) -> Self {
        Self { changes: vec![k] }
    }

    /// `x < k`.
    pub fn below(k: i64) -> Self {
        Self::at_least(k).complement()
    }

    /// `x = v`.
    pub fn exactly(v: i64) -> Self {
        Self::at_least(v).intersection(&Self::below(v.saturating_add(1)))
    }

    /// The set that changes at these integers; `None` unless they ascend strictly.
    pub fn from_changes(changes: Vec<i64>) -> Option<Self> {
        changes.is_sorted_by(|a, b| a < b).then_some(Self { changes })
    }

    /// Where membership changes, ascending.
    pub fn changes(&self) -> &[i64] {
        &self.changes
    }

    /// Where membership changes, but for [`BELOW_ALL`].
    pub fn thresholds(&self) -> impl Iterator<Item = i64> + '_ {
        self.changes.iter().copied().filter(|&t| t != BELOW_ALL)
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether it reaches below every integer.
    pub fn is_unbounded_below(&self) -> bool {
        self.changes.first() == Some(&BELOW_ALL)
    }

    /// Whether `x` is an element.
    pub fn contains(&self, x: i64) -> bool {
        !self.changes.partition_point(|&t| t <= x).is_multiple_of(2)
    }

    /// All other integers.
    pub fn complement(&self) -> Self {
        let mut changes = self.changes.clone();
        if self.is_unbounded_below() {
            changes.remove(0);
        } else {
            changes.insert(0, BELOW_ALL);
        }
        Self { changes }
    }

    /// What is in both.
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && b)
    }

    /// What is in either.
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a || b)
    }

    /// What is in this one only.
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && !b)
    }

    /// The same set within `[lo, hi]`: it changes nowhere but behind `lo` and up to `hi`.
    pub fn within(&self, lo: i128, hi: i128) -> Self {
        let inside = |t: i64| i128::from(t) > lo && i128::from(t) <= hi;
        let before = self.changes.iter().take_while(|&&t| i128::from(t) <= lo).count();
        let begins = (!before.is_multiple_of(2)).then_some(BELOW_ALL);
        let changes = begins.into_iter().chain(self.changes.iter().copied().filter(|&t| inside(t)));
        Self { changes: changes.collect() }
    }

    fn combine(&self, other: &Self, rule: impl Fn(bool, bool) -> bool) -> Self {
        let (mut a, mut b) = (self.changes.iter().peekable(), other.changes.iter().peekable());
        let (mut in_a, mut in_b, mut was) = (false, false, false);
        let mut changes = Vec::new();
        while let Some(&next) = match (a.peek(), b.peek()) {
            (Some(&&x), Some(&&y)) => Some(if x < y { x } else { y }),
            (x, y) => x.or(y).map(|&&t| t),
        }
        .as_ref()
        {
            in_a ^= a.next_if(|&&t| t == next).is_some();
            in_b ^= b.next_if(|&&t| t == next).is_some();
            let is = rule(in_a, in_b);
            if is != was {
                changes.push(next);
            }
            was = is;
        }
        Self { changes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every set of integers of `[0, 4]` and of all below and above, against plain membership.
    #[test]
    fn all_sets_of_five_places() {
        let sets: Vec<Set> = (0..64u32)
            .map(|members| {
                let parts = (0..6).filter(|&i| members >> i & 1 == 1).map(|i| match i {
                    0 => Set::below(1),
                    5 => Set::at_least(5),
                    i => Set::exactly(i),
                });
                parts.fold(Set::none(), |set, part| set.union(&part))
            })
            .collect();
        for (a, x) in sets.iter().enumerate() {
            assert!(x.changes().is_sorted_by(|a, b| a < b));
            for place in -1..=6i64 {
                let bit = |members: usize| members >> place.clamp(0, 5) & 1 == 1;
                assert_eq!(x.contains(place), bit(a), "{x:?} {place}");
                assert_eq!(x.complement().contains(place), !bit(a));
                for (b, y) in sets.iter().enumerate() {
                    assert_eq!(x.intersection(y).contains(place), bit(a & b));
                    assert_eq!(x.union(y).contains(place), bit(a | b));
                    assert_eq!(x.difference(y).contains(place), bit(a & !b));
                }
            }
            for lo in 0..5i64 {
                for hi in lo..=5 {
                    let clipped = x.within(lo.into(), hi.into());
                    assert!(clipped.thresholds().all(|t| lo < t && t <= hi));
                    assert!((lo..=hi).all(|place| clipped.contains(place) == x.contains(place)));
                }
            }
        }
        assert_eq!(Set::none().complement(), Set::all());
        assert_eq!(Set::from_changes(vec![3, 3]), None);
        assert_eq!(Set::exactly(3).changes(), [3, 4]);
    }
}
