//! Nodes of a file as trees: each reached once, from one root, by steps that end.

use assay_circuits::layers::trees::MAX_DEPTH;

use super::ensemble::{Branch, Condition, Missing, Ranges};
use crate::import::node::Node;
use crate::import::refusal::Refusal;

/// Changes of the feature along a path, at most: what circuits take.
const MAX_CHANGES: usize = 256;

/// What a node of a file refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// An inner node, by position.
    Inner(usize),
    /// A leaf, by position among the leaves.
    Leaf(usize),
}

/// An inner node of a file.
#[derive(Clone, Debug)]
pub(super) struct Inner {
    /// The numbers of tree and node in the file, for messages.
    pub name: (i64, i64),
    pub feature: i64,
    pub condition: Condition,
    pub yes: Target,
    pub no: Target,
    pub missing: Missing,
}

/// All nodes of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Forest {
    pub inner: Vec<Inner>,
    /// Weights of each leaf, by output.
    pub leaves: Vec<Vec<(u32, f64)>>,
    pub roots: Vec<Target>,
}

/// A mode by its number in a `TreeEnsemble`.
pub(super) fn condition(mode: usize, threshold: f64) -> Option<Condition> {
    Some(match mode {
        0 => Condition::AtMost(threshold),
        1 => Condition::Below(threshold),
        2 => Condition::AtLeast(threshold),
        3 => Condition::Above(threshold),
        4 => Condition::equal(threshold, true),
        5 => Condition::equal(threshold, false),
        _ => return None,
    })
}

impl Forest {
    /// The trees, the root of each first and each child behind its parent, over the features that are asked for: these, ascending.
    pub fn trees(
        mut self,
        node: &Node<'_>,
        features: usize,
    ) -> Result<(Vec<Vec<Branch>>, Vec<usize>), Refusal> {
        let merged = self.merge_memberships();
        let refused = |(tree, at): (i64, i64), why| Refusal::Tree { node: node.name.clone(), tree, at, why };
        let mut asked = Vec::with_capacity(self.inner.len());
        for inner in &self.inner {
            match usize::try_from(inner.feature) {
                Ok(feature) if feature < features => asked.push(feature),
                _ => return Err(refused(inner.name, "it asks for a feature that the input does not have")),
            }
        }
        asked.sort_unstable();
        asked.dedup();
        let mut is_taken = vec![false; self.inner.len()];
        let mut trees = Vec::with_capacity(self.roots.len());
        for &root in &self.roots {
            // What is left to place, which place refers to it, and what lies above.
            let mut open = vec![(root, None::<(usize, bool)>, 0usize, 0usize, None::<i64>)];
            let mut tree: Vec<Branch> = Vec::new();
            while let Some((target, parent, depth, changes, above)) = open.pop() {
                let position = tree.len();
                match target {
                    Target::Leaf(leaf) => {
                        let values = self.leaves.get(leaf).cloned();
                        tree.push(Branch::Leaf(node.expected(values)?));
                    }
                    Target::Inner(index) => {
                        let inner = node.expected(self.inner.get(index))?;
                        match is_taken.get_mut(index) {
                            Some(taken) if !*taken => *taken = true,
                            _ => return Err(refused(inner.name, "more than one node leads to it")),
                        }
                        let changes = changes + usize::from(above != Some(inner.feature));
                        if depth >= MAX_DEPTH || changes > MAX_CHANGES {
                            let why = "it lies below 1024 branches, or below 256 changes of the feature: too deep";
                            return Err(refused(inner.name, why));
                        }
                        let feature = usize::try_from(inner.feature).ok();
                        let feature = feature.and_then(|feature| asked.binary_search(&feature).ok());
                        let feature = feature.and_then(|feature| u32::try_from(feature).ok());
                        tree.push(Branch::Condition {
                            feature: node.expected(feature)?,
                            condition: inner.condition.clone(),
                            yes: 0,
                            no: 0,
                            missing: inner.missing,
                        });
                        let below = Some(inner.feature);
                        open.push((inner.no, Some((position, false)), depth + 1, changes, below));
                        open.push((inner.yes, Some((position, true)), depth + 1, changes, below));
                    }
                }
                let child = node.expected(u32::try_from(position).ok())?;
                if let Some((parent, is_yes)) = parent
                    && let Some(Branch::Condition { yes, no, .. }) = tree.get_mut(parent)
                {
                    if is_yes { *yes = child } else { *no = child }
                }
            }
            trees.push(tree);
        }
        // What no root leads to hangs on a cycle.
        let is_used = is_taken.iter().zip(&merged).map(|(&taken, &merged)| taken || merged);
        if let Some(inner) = is_used.zip(&self.inner).find(|(used, _)| !used).map(|(_, inner)| inner) {
            return Err(refused(inner.name, "no root leads to it: its nodes form a cycle"));
        }
        Ok((trees, asked))
    }

    /// Makes one condition of a chain of equalities that lead to one node, as exporters write a set of categories: `x = a` or else
    /// `x = b`, both to the same. Which nodes have become part of another.
    fn merge_memberships(&mut self) -> Vec<bool> {
        let mut references = vec![0usize; self.inner.len()];
        let children = self.inner.iter().flat_map(|inner| [inner.yes, inner.no]);
        for target in children.chain(self.roots.iter().copied()) {
            if let Target::Inner(index) = target
                && let Some(count) = references.get_mut(index)
            {
                *count += 1;
            }
        }
        let mut merged = vec![false; self.inner.len()];
        for position in 0..self.inner.len() {
            while let Some((next, values, no)) = self.next_member(position, &references, &merged) {
                let Some(inner) = self.inner.get_mut(position) else { break };
                let mut all = inner.condition.members().unwrap_or_default().to_vec();
                all.extend(values);
                (inner.condition, inner.no) = (Condition::Among { ranges: all, is_in: true }, no);
                if let Some(merged) = merged.get_mut(next) {
                    *merged = true;
                }
            }
        }
        merged
    }

    /// The node behind another that asks for membership of the same feature and leads to the same node: its position, its values, and
    /// where it goes else.
    fn next_member(
        &self,
        position: usize,
        references: &[usize],
        merged: &[bool],
    ) -> Option<(usize, Ranges, Target)> {
        let inner = self.inner.get(position).filter(|_| merged.get(position) == Some(&false))?;
        inner.condition.members()?;
        let Target::Inner(next) = inner.no else { return None };
        let other = self.inner.get(next).filter(|_| next != position && merged.get(next) == Some(&false))?;
        let is_same = (other.feature, other.yes, other.missing) == (inner.feature, inner.yes, inner.missing);
        let is_alone = references.get(next) == Some(&1);
        let values = other.condition.members()?.to_vec();
        (is_same && is_alone).then_some((next, values, other.no))
    }
}
