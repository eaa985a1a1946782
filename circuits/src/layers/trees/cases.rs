//! Small ensembles for audits, ledger and tests.

use super::{Aggregate, Ensemble, Node, Set, Tree};
use crate::error::BuildError;

/// Numbers that look random, the same every time.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// In `[0, n)`.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        // Marsaglia's xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n.max(1)
    }

    /// In `[lo, hi]`.
    pub(super) fn within(&mut self, lo: i64, hi: i64) -> i64 {
        lo.saturating_add_unsigned(self.below(hi.abs_diff(lo).saturating_add(1)))
    }
}

/// A perfect tree of so many levels, whose branches and leaves are made from their positions.
pub(super) fn perfect(
    depth: u32,
    mut branch: impl FnMut(u32) -> (u32, Set),
    mut leaf: impl FnMut(u32) -> Vec<(u32, i64)>,
) -> Tree {
    let inner = (1u32 << depth) - 1;
    (0..2 * inner + 1)
        .map(|position| match position < inner {
            true => {
                let (feature, set) = branch(position);
                Node::Branch { feature, set, yes: 2 * position + 1, no: 2 * position + 2 }
            }
            false => Node::Leaf(leaf(position - inner)),
        })
        .collect()
}

/// Perfect trees with conditions of every kind over features of 6 bits.
pub(super) fn boosted(features: u64, trees: u64, depth: u32) -> Result<Ensemble, BuildError> {
    let mut numbers = Numbers::new(features * 1000 + trees * 10 + u64::from(depth));
    let mut list = Vec::new();
    for _ in 0..trees {
        let branch = |_| {
            let feature = numbers.below(features) as u32;
            (feature, condition(&mut numbers, -32, 31))
        };
        let mut tree = perfect(depth, branch, |_| Vec::new());
        for node in &mut tree {
            if let Node::Leaf(values) = node {
                *values = vec![(0, numbers.within(-100, 100))];
            }
        }
        list.push(tree);
    }
    Ensemble::new(features as usize, list, vec![7], Aggregate::Sum)
}

/// A threshold, mostly; a value, or some values, with or without the least, which stands for a missing one.
pub(super) fn condition(numbers: &mut Numbers, lo: i64, hi: i64) -> Set {
    let at = numbers.within(lo + 2, hi);
    let missing = Set::exactly(lo);
    match numbers.below(8) {
        0 => Set::exactly(at),
        1 => Set::exactly(at).union(&Set::exactly(numbers.within(lo, hi))).complement(),
        2 => Set::below(at).difference(&missing),
        3 => Set::at_least(at).union(&missing),
        4 => Set::at_least(at),
        _ => Set::below(at),
    }
}

/// Two trees that ask the same on each level, one of them twice of one feature.
pub(super) fn oblivious() -> Result<Ensemble, BuildError> {
    let mut numbers = Numbers::new(3);
    let levels = [[(0, -9), (1, 4), (2, 17), (3, 0)], [(1, 4), (0, -25), (3, -20), (0, -9)]];
    let trees = levels.iter().map(|levels| {
        let branch = |position: u32| {
            let level = (position + 1).ilog2() as usize;
            let (feature, t) = levels.get(level).copied().unwrap_or_default();
            (feature, Set::at_least(t))
        };
        perfect(4, branch, |_| vec![(0, numbers.within(0, 500))])
    });
    let trees = trees.collect();
    Ensemble::new(4, trees, vec![-40], Aggregate::Sum)
}

/// Trees whose leaves are shares of three classes, 64 in all.
pub(super) fn forest() -> Result<Ensemble, BuildError> {
    let mut numbers = Numbers::new(5);
    let mut trees = Vec::new();
    for _ in 0..5 {
        let branch = |_| {
            let feature = numbers.below(3) as u32;
            (feature, Set::below(numbers.within(-14, 15)))
        };
        let mut tree = perfect(4, branch, |_| Vec::new());
        for node in &mut tree {
            if let Node::Leaf(values) = node {
                let first = numbers.within(0, 64);
                let second = numbers.within(0, 64 - first);
                *values = vec![(0, first), (1, second), (2, 64 - first - second)];
            }
        }
        trees.push(tree);
    }
    Ensemble::new(3, trees, vec![0, 1, 2], Aggregate::Sum)
}

/// The least of three trees.
pub(super) fn least() -> Result<Ensemble, BuildError> {
    let mut numbers = Numbers::new(11);
    let mut trees = Vec::new();
    for _ in 0..3 {
        let branch = |_| (numbers.below(2) as u32, Set::below(numbers.within(-14, 15)));
        let mut tree = perfect(2, branch, |_| Vec::new());
        for node in &mut tree {
            if let Node::Leaf(values) = node {
                *values = vec![(0, numbers.within(-20, 20))];
            }
        }
        trees.push(tree);
    }
    Ensemble::new(2, trees, vec![3], Aggregate::Min)
}

/// Twelve thresholds of one feature, and a flag that is 0 or 2^14: by bins, and by prefixes.
pub(super) fn flagged() -> Result<Ensemble, BuildError> {
    let mut numbers = Numbers::new(13);
    let mut trees = Vec::new();
    for i in 0..12 {
        let t = 2500 * i - 14_000 + numbers.within(0, 2000);
        let branch = |position| if position == 0 { (1, Set::at_least(1 << 14)) } else { (0, Set::below(t)) };
        trees.push(perfect(2, branch, |_| vec![(0, numbers.within(-100, 100))]));
    }
    Ensemble::new(2, trees, vec![0], Aggregate::Sum)
}
