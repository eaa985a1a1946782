//! The integer form of a tree ensemble, and its meaning.
//!
//! A tree is a list of nodes, the root first, each child behind its parent: no cycle can be written, and no walk needs recursion. A branch
//! asks whether one feature is in a [`Set`]; a leaf adds integers to some of the outputs. What trees give an output is summed, or the
//! least or the largest is taken, and its base value is added.

use super::set::Set;
use crate::error::{BuildError, at};

const OPERATION: &str = "trees";

/// Leaves, bases and thresholds lie within ±2^52, so that no sum of what a file can hold leaves 128 bits.
pub const LIMIT: i64 = 1 << 52;

/// Branches between the root of a tree and a leaf, at most: what is known of a feature on the way takes memory for each of them.
pub const MAX_DEPTH: usize = 1024;

/// A node of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Goes on at `yes` if the feature is in the set, else at `no`.
    Branch {
        /// Which feature is asked for.
        feature: u32,
        /// The values of it that go to `yes`.
        set: Set,
        /// Position of the node in the tree.
        yes: u32,
        /// Position of the node in the tree.
        no: u32,
    },
    /// What it adds to some outputs, in ascending order of these.
    Leaf(Vec<(u32, i64)>),
}

/// Nodes, the root first, each child behind its parent.
pub type Tree = Vec<Node>;

/// How the values of the trees become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aggregate {
    /// Their sum.
    #[default]
    Sum,
    /// The least, of trees that all name the output in each leaf.
    Min,
    /// The largest, likewise.
    Max,
}

/// A tree ensemble over integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ensemble {
    features: usize,
    trees: Vec<Tree>,
    base: Vec<i64>,
    aggregate: Aggregate,
}

impl Ensemble {
    /// Trees over so many features; one base value an output.
    ///
    /// # Errors
    /// [`BuildError::Tree`] for what is no tree; [`BuildError::Index`], [`BuildError::Empty`] and [`BuildError::Overflow`].
    pub fn new(
        features: usize,
        trees: Vec<Tree>,
        base: Vec<i64>,
        aggregate: Aggregate,
    ) -> Result<Self, BuildError> {
        if features == 0 || trees.is_empty() || base.is_empty() {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        base.iter().try_for_each(|&value| within(value))?;
        for (index, tree) in trees.iter().enumerate() {
            check(index, tree, features, base.len(), aggregate)?;
        }
        Ok(Self { features, trees, base, aggregate })
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.base.len()
    }

    /// The trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The base value of each output.
    pub fn base(&self) -> &[i64] {
        &self.base
    }

    /// How the values of the trees become one.
    pub fn aggregate(&self) -> Aggregate {
        self.aggregate
    }

    /// Thresholds of each feature, ascending.
    pub fn thresholds(&self) -> Vec<Vec<i64>> {
        let mut thresholds = vec![Vec::new(); self.features];
        for node in self.trees.iter().flatten() {
            if let Node::Branch { feature, set, .. } = node
                && let Some(of_feature) = thresholds.get_mut(*feature as usize)
            {
                of_feature.extend(set.thresholds());
            }
        }
        for of_feature in &mut thresholds {
            of_feature.sort_unstable();
            of_feature.dedup();
        }
        thresholds
    }

    /// Integer reference: the outputs for the features.
    ///
    /// # Errors
    /// [`BuildError::Length`] for another number of features; [`BuildError::Overflow`] where a sum leaves 64 bits.
    pub fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let (expected, found) = (self.features, x.len());
        if expected != found {
            return Err(BuildError::Length { operation: OPERATION, what: "features", expected, found });
        }
        let mut values: Vec<Option<i128>> = vec![None; self.base.len()];
        for tree in &self.trees {
            for &(output, value) in leaf(tree, x)? {
                let value = i128::from(value);
                let slot =
                    values.get_mut(output as usize).ok_or(BuildError::Empty { operation: OPERATION })?;
                *slot = Some(match (*slot, self.aggregate) {
                    (None, _) => value,
                    (Some(sum), Aggregate::Sum) => sum + value,
                    (Some(least), Aggregate::Min) => least.min(value),
                    (Some(largest), Aggregate::Max) => largest.max(value),
                });
            }
        }
        values
            .iter()
            .zip(&self.base)
            .map(|(value, &base)| {
                let sum = value.unwrap_or(0) + i128::from(base);
                let overflow = BuildError::Overflow { operation: OPERATION, lo: sum, hi: sum };
                i64::try_from(sum).map_err(|_| overflow)
            })
            .collect()
    }
}

/// The leaf that the features reach.
fn leaf<'a>(tree: &'a [Node], x: &[i64]) -> Result<&'a [(u32, i64)], BuildError> {
    let mut node = 0;
    loop {
        match at("nodes of a tree", tree, node)? {
            Node::Leaf(values) => return Ok(values),
            Node::Branch { feature, set, yes, no } => {
                let x = *at("features", x, *feature as usize)?;
                node = if set.contains(x) { *yes } else { *no } as usize;
            }
        }
    }
}

fn within(value: i64) -> Result<(), BuildError> {
    let is_small = (-LIMIT..=LIMIT).contains(&value);
    let (lo, hi) = (value.into(), value.into());
    if is_small { Ok(()) } else { Err(BuildError::Overflow { operation: OPERATION, lo, hi }) }
}

/// Fails unless this is a tree whose features and outputs exist.
fn check(
    index: usize,
    tree: &[Node],
    features: usize,
    outputs: usize,
    aggregate: Aggregate,
) -> Result<(), BuildError> {
    let wrong = |node, why| Err(BuildError::Tree { tree: index, node, why });
    let mut parents = vec![0u8; tree.len()];
    let mut depths = vec![0usize; tree.len()];
    // The outputs that the first leaf names.
    let mut named: Option<Vec<u32>> = None;
    for (position, node) in tree.iter().enumerate() {
        match node {
            Node::Branch { feature, set, yes, no } => {
                let feature = *feature as usize;
                if feature >= features {
                    return Err(BuildError::Index { operation: OPERATION, index: feature, inputs: features });
                }
                set.thresholds().try_for_each(within)?;
                for child in [*yes as usize, *no as usize] {
                    let depth = at("depths", &depths, position)?.saturating_add(1);
                    match (parents.get_mut(child), depths.get_mut(child)) {
                        (Some(count), Some(of_child)) if child > position => {
                            *count = count.saturating_add(1);
                            *of_child = depth;
                        }
                        _ => {
                            return wrong(position, "a child must stand behind its parent, in the same tree");
                        }
                    }
                    if depth > MAX_DEPTH {
                        return wrong(position, "more than 1024 branches between root and leaf");
                    }
                }
            }
            Node::Leaf(values) => {
                if !values.is_sorted_by(|a, b| a.0 < b.0) {
                    return wrong(position, "a leaf names its outputs in ascending order, each once");
                }
                if let Some(&(output, _)) = values.iter().find(|&&(output, _)| output as usize >= outputs) {
                    let index = output as usize;
                    return Err(BuildError::Index { operation: OPERATION, index, inputs: outputs });
                }
                values.iter().try_for_each(|&(_, value)| within(value))?;
                let names: Vec<u32> = values.iter().map(|&(output, _)| output).collect();
                if aggregate != Aggregate::Sum && *named.get_or_insert_with(|| names.clone()) != names {
                    return wrong(
                        position,
                        "of a least or largest value, all leaves of a tree name the same outputs",
                    );
                }
            }
        }
    }
    match parents.iter().enumerate().find(|&(node, &count)| count != u8::from(node > 0)) {
        Some((node, _)) => wrong(node, "each node but the root has one parent"),
        None if tree.is_empty() => wrong(0, "a tree needs a root"),
        None => Ok(()),
    }
}

/// A tree within a domain: branches whose answer the features' intervals or earlier branches decide are gone, and no set changes outside
/// its feature's interval.
pub(super) fn prune(tree: &[Node], domain: &[(i128, i128)]) -> Result<Tree, BuildError> {
    enum Task {
        /// From here on, what is known of a feature.
        Know(usize, Set),
        /// A subtree, and the place that refers to it.
        Visit(usize, Option<(usize, Side)>),
    }
    #[derive(Clone, Copy)]
    enum Side {
        Yes,
        No,
    }
    let mut known = vec![Set::all(); domain.len()];
    let (mut pruned, mut tasks) = (Tree::new(), vec![Task::Visit(0, None)]);
    while let Some(task) = tasks.pop() {
        let (mut node, parent) = match task {
            Task::Know(feature, set) => {
                if let Some(known) = known.get_mut(feature) {
                    *known = set;
                }
                continue;
            }
            Task::Visit(node, parent) => (node, parent),
        };
        let position = pruned.len();
        loop {
            match at("nodes of a tree", tree, node)? {
                Node::Leaf(values) => {
                    pruned.push(Node::Leaf(values.clone()));
                    break;
                }
                Node::Branch { feature, set, yes, no } => {
                    let index = *feature as usize;
                    let (lo, hi) = *at("features", domain, index)?;
                    let set = set.within(lo, hi);
                    let before = at("features", &known, index)?.clone();
                    let (inside, outside) = (before.intersection(&set), before.difference(&set));
                    if inside.is_empty() || outside.is_empty() {
                        node = if inside.is_empty() { *no } else { *yes } as usize;
                        continue;
                    }
                    // The last is done first.
                    tasks.extend([
                        Task::Know(index, before),
                        Task::Visit(*no as usize, Some((position, Side::No))),
                        Task::Know(index, outside),
                        Task::Visit(*yes as usize, Some((position, Side::Yes))),
                        Task::Know(index, inside),
                    ]);
                    pruned.push(Node::Branch { feature: *feature, set, yes: 0, no: 0 });
                    break;
                }
            }
        }
        let child = u32::try_from(position).map_err(|_| BuildError::TooLarge { what: "nodes" })?;
        if let Some((parent, side)) = parent
            && let Some(Node::Branch { yes, no, .. }) = pruned.get_mut(parent)
        {
            match side {
                Side::Yes => *yes = child,
                Side::No => *no = child,
            }
        }
    }
    Ok(pruned)
}
