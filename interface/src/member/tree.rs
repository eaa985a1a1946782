//! A tree with every leaf kept.

use alloc::vec::Vec;
use core::mem;

use super::{
    hashes::node,
    limits::{MemberError, check_depth, places},
    zeros::ZEROS,
};
use crate::field::Scalar;

/// A tree with all its leaves: for who keeps one, and for holders who want their path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    depth: u8,
    /// Nodes by height, leaves first, without the empty ones at the right. One list for each height 0 to depth.
    levels: Vec<Vec<Scalar>>,
}

impl Tree {
    /// The empty tree.
    pub fn new(depth: u8) -> Result<Tree, MemberError> {
        check_depth(usize::from(depth))?;
        Ok(Tree { depth, levels: (0..=depth).map(|_| Vec::new()).collect() })
    }

    /// The tree of these leaves, in the order in which they were appended. One Poseidon a leaf, where appending them takes one a
    /// level and leaf.
    ///
    /// # Errors
    /// As [`Frontier::append`].
    pub fn from_leaves(depth: u8, leaves: &[Scalar]) -> Result<Tree, MemberError> {
        let mut tree = Tree::new(depth)?;
        if leaves.len() as u64 > places(usize::from(depth)) {
            return Err(MemberError::Full(usize::from(depth)));
        }
        if leaves.contains(&Scalar::ZERO) {
            return Err(MemberError::EmptyLeaf);
        }
        let mut below = leaves.to_vec();
        let mut levels = tree.levels.iter_mut().zip(&ZEROS).peekable();
        while let Some((level, &zero)) = levels.next() {
            let mut above = Vec::new();
            if levels.peek().is_some() {
                let (pairs, last) = below.as_chunks::<2>();
                let pairs = pairs.iter().map(|&[left, right]| node(left, right));
                let last = last.iter().map(|&left| node(left, Scalar::from_trusted(zero)));
                above = pairs.chain(last).collect::<Result<_, _>>()?;
            }
            *level = mem::replace(&mut below, above);
        }
        Ok(tree)
    }

    /// Depth of the tree.
    pub fn depth(&self) -> u8 {
        self.depth
    }

    /// The leaves, by position.
    pub fn leaves(&self) -> &[Scalar] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Appends a leaf, and gives the new root.
    ///
    /// # Errors
    /// As [`Frontier::append`]; nothing is changed then.
    pub fn append(&mut self, leaf: Scalar) -> Result<Scalar, MemberError> {
        let (position, depth) = (self.leaves().len() as u64, usize::from(self.depth));
        if position >= places(depth) {
            return Err(MemberError::Full(depth));
        }
        if leaf == Scalar::ZERO {
            return Err(MemberError::EmptyLeaf);
        }
        let siblings = self.siblings(position);
        let mut path = Vec::with_capacity(depth);
        let mut running = leaf;
        for (level, sibling) in siblings.into_iter().enumerate() {
            path.push(running);
            running = match position >> level & 1 {
                0 => node(running, sibling)?,
                _ => node(sibling, running)?,
            };
        }
        path.push(running);
        for (level, (nodes, new)) in self.levels.iter_mut().zip(path).enumerate() {
            match nodes.get_mut((position >> level) as usize) {
                Some(place) => *place = new,
                None => nodes.push(new),
            }
        }
        Ok(running)
    }

    /// The root.
    pub fn root(&self) -> Scalar {
        self.node(usize::from(self.depth), 0)
    }

    /// Siblings of the nodes on a leaf's path to the root, the lowest first.
    ///
    /// # Errors
    /// [`MemberError::Position`] where no leaf was appended.
    pub fn path(&self, position: u32) -> Result<Vec<Scalar>, MemberError> {
        let position = u64::from(position);
        if position >= self.leaves().len() as u64 {
            return Err(MemberError::Position { position, depth: usize::from(self.depth) });
        }
        Ok(self.siblings(position))
    }

    fn siblings(&self, position: u64) -> Vec<Scalar> {
        (0..usize::from(self.depth)).map(|level| self.node(level, position >> level ^ 1)).collect()
    }

    /// A node, or the root of an empty tree of its height.
    fn node(&self, level: usize, index: u64) -> Scalar {
        let nodes = self.levels.get(level);
        let node = nodes.and_then(|nodes| nodes.get(usize::try_from(index).ok()?)).copied();
        node.or_else(|| ZEROS.get(level).map(|&zero| Scalar::from_trusted(zero))).unwrap_or(Scalar::ZERO)
    }
}
