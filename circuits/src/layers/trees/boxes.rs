//! A tree as boxes: for each leaf, or for parts of it, the bounds that lead there.
//!
//! A path asks for sets of values of some features. Sets are split into intervals, so that each part of a leaf is a conjunction of
//! bounds `x_f >= t` and `x_f <= t`, at most two a feature. The boxes of a tree are a partition of all values.

use std::collections::BTreeMap;

use super::dag::{Dag, Vertex};
use super::set::{BELOW_ALL, Set};
use crate::error::BuildError;

/// Boxes of a tree, and bounds of a box, at most.
const MAX_BOXES: usize = 1 << 14;
/// Boxes for each leaf of a tree, and beyond those, at most: sets of several intervals multiply, and more would not pay, nor be paid for
/// by the bytes of a file.
const BOXES_A_LEAF: usize = 16;
const MORE_BOXES: usize = 256;
const MAX_BOUNDS: usize = 64;

/// A bound of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bound {
    /// `x_f >= t`.
    AtLeast(u32, i64),
    /// `x_f <= t`.
    AtMost(u32, i64),
}

/// A part of a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) bounds: Vec<Bound>,
    pub(super) worth: i64,
}

/// The boxes of a subtree.
pub(super) fn of(dag: &Dag, root: u32) -> Result<Vec<Leaf>, BuildError> {
    let mut leaves = Vec::new();
    let mut most = MORE_BOXES;
    let mut open = vec![(root, BTreeMap::<u32, Set>::new())];
    while let Some((subtree, known)) = open.pop() {
        match dag.vertex(subtree)? {
            Vertex::Leaf(worth) => {
                most = (most + BOXES_A_LEAF).min(MAX_BOXES);
                split(&known, *worth, most, &mut leaves)?;
            }
            Vertex::Branch { feature, set, yes, no } => {
                let before = known.get(feature).cloned().unwrap_or_else(Set::all);
                for (child, values) in [(*no, before.difference(set)), (*yes, before.intersection(set))] {
                    if !values.is_empty() {
                        let mut known = known.clone();
                        known.insert(*feature, values);
                        open.push((child, known));
                    }
                }
            }
        }
    }
    Ok(leaves)
}

/// Adds the boxes of values that are in all of these sets.
fn split(
    known: &BTreeMap<u32, Set>,
    worth: i64,
    most: usize,
    leaves: &mut Vec<Leaf>,
) -> Result<(), BuildError> {
    let mut boxes = vec![Vec::new()];
    for (&feature, set) in known {
        let intervals: Vec<Vec<Bound>> =
            set.changes().chunks(2).map(|ends| interval(feature, ends)).collect();
        let extended = boxes.iter().flat_map(|bounds: &Vec<Bound>| {
            intervals.iter().map(move |interval| bounds.iter().chain(interval).copied().collect())
        });
        boxes = extended.take(most + 1).collect();
        if boxes.len() + leaves.len() > most {
            return Err(BuildError::TooLarge { what: "boxes of a tree" });
        }
    }
    if boxes.iter().any(|bounds| bounds.len() > MAX_BOUNDS) {
        return Err(BuildError::TooLarge { what: "bounds of a box" });
    }
    leaves.extend(boxes.into_iter().map(|bounds| Leaf { bounds, worth }));
    Ok(())
}

/// `[from, to)`, where either may be missing.
fn interval(feature: u32, ends: &[i64]) -> Vec<Bound> {
    let from = ends.first().filter(|&&from| from != BELOW_ALL).map(|&from| Bound::AtLeast(feature, from));
    let to = ends.get(1).map(|&to| Bound::AtMost(feature, to.saturating_sub(1)));
    from.into_iter().chain(to).collect()
}
