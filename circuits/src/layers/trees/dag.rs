//! Trees with equal subtrees made one, and their caps.
//!
//! A *cap* is a maximal connected set of branches on one feature. Its exits, the subtrees below it, belong to disjoint sets of values of
//! that feature which cover all: `y = sum_j [x in I_j] y_j`.

use std::collections::{BTreeMap, HashMap};

use super::ensemble::{Node, Tree};
use super::set::Set;
use crate::error::{BuildError, at};

/// Changes of the feature between a root and a leaf, at most: sums are planned by recursion over them.
pub(super) const MAX_CAPS: u32 = 256;

/// A subtree; children have lower numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Vertex {
    Leaf(i64),
    Branch { feature: u32, set: Set, yes: u32, no: u32 },
}

/// What stands at the top of a subtree.
pub(super) enum Cap {
    Leaf(i64),
    /// Subtrees on other features, or leaves, and the values that lead to each.
    Exits {
        feature: u32,
        exits: Vec<(u32, Set)>,
    },
}

/// Subtrees, equal ones once.
#[derive(Debug, Default)]
pub(super) struct Dag {
    vertices: Vec<Vertex>,
    numbers: HashMap<Vertex, u32>,
    /// Least and largest leaf.
    ranges: Vec<(i64, i64)>,
    /// Caps from here down.
    caps: Vec<u32>,
}

impl Dag {
    /// Adds a pruned tree with what its leaves are worth here; returns the number of its root.
    pub(super) fn add(
        &mut self,
        index: usize,
        tree: &Tree,
        worth: impl Fn(&[(u32, i64)]) -> Result<i64, BuildError>,
    ) -> Result<u32, BuildError> {
        let mut numbers = vec![0u32; tree.len()];
        for (position, node) in tree.iter().enumerate().rev() {
            let number = match node {
                Node::Leaf(values) => self.number(Vertex::Leaf(worth(values)?))?,
                Node::Branch { feature, set, yes, no } => {
                    let child = |child: u32| at("nodes of a tree", &numbers, child as usize).copied();
                    let (mut yes, mut no, mut set) = (child(*yes)?, child(*no)?, set.clone());
                    if set.is_unbounded_below() {
                        (yes, no, set) = (no, yes, set.complement());
                    }
                    match yes == no {
                        true => yes,
                        false => self.number(Vertex::Branch { feature: *feature, set, yes, no })?,
                    }
                }
            };
            if at("caps", &self.caps, number as usize)? > &MAX_CAPS {
                let why = "the feature changes more than 256 times between root and leaf";
                return Err(BuildError::Tree { tree: index, node: position, why });
            }
            if let Some(slot) = numbers.get_mut(position) {
                *slot = number;
            }
        }
        Ok(*at("nodes of a tree", &numbers, 0)?)
    }

    fn number(&mut self, vertex: Vertex) -> Result<u32, BuildError> {
        if let Some(&known) = self.numbers.get(&vertex) {
            return Ok(known);
        }
        let next = u32::try_from(self.vertices.len()).map_err(|_| BuildError::TooLarge { what: "nodes" })?;
        let (range, caps) = match &vertex {
            Vertex::Leaf(value) => ((*value, *value), 0),
            Vertex::Branch { feature, yes, no, .. } => {
                let (a, b) = (self.range(*yes)?, self.range(*no)?);
                let below = |child: u32| -> Result<u32, BuildError> {
                    let is_same =
                        matches!(self.vertex(child)?, Vertex::Branch { feature: f, .. } if f == feature);
                    Ok(*at("caps", &self.caps, child as usize)? + u32::from(!is_same))
                };
                ((a.0.min(b.0), a.1.max(b.1)), below(*yes)?.max(below(*no)?))
            }
        };
        self.vertices.push(vertex.clone());
        self.ranges.push(range);
        self.caps.push(caps);
        self.numbers.insert(vertex, next);
        Ok(next)
    }

    /// A subtree.
    pub(super) fn vertex(&self, number: u32) -> Result<&Vertex, BuildError> {
        Ok(at("subtrees", &self.vertices, number as usize)?)
    }

    /// Least and largest leaf of a subtree.
    pub(super) fn range(&self, number: u32) -> Result<(i64, i64), BuildError> {
        Ok(*at("subtrees", &self.ranges, number as usize)?)
    }

    /// The cap at the top of a subtree. Each exit's set is what leads there from anywhere: together they are all values.
    pub(super) fn cap(&self, number: u32) -> Result<Cap, BuildError> {
        let feature = match self.vertex(number)? {
            Vertex::Leaf(value) => return Ok(Cap::Leaf(*value)),
            Vertex::Branch { feature, .. } => *feature,
        };
        let mut exits: BTreeMap<u32, Set> = BTreeMap::new();
        let mut open = vec![(number, Set::all())];
        while let Some((number, values)) = open.pop() {
            if values.is_empty() {
                continue;
            }
            match self.vertex(number)? {
                Vertex::Branch { feature: f, set, yes, no } if *f == feature => {
                    open.push((*no, values.difference(set)));
                    open.push((*yes, values.intersection(set)));
                }
                _ => {
                    let exit = exits.entry(number).or_default();
                    *exit = exit.union(&values);
                }
            }
        }
        Ok(Cap::Exits { feature, exits: exits.into_iter().collect() })
    }
}
