//! Depths, positions, and what is refused.

use thiserror::Error;

use crate::poseidon::PoseidonError;

/// The deepest tree: 2^32 places.
pub const MAX_DEPTH: u8 = 32;

/// Why there is no root, path or claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MemberError {
    /// A tree of no levels, or of more than [`MAX_DEPTH`].
    #[error("a tree of depth {0}; it has 1 to {MAX_DEPTH}")]
    Depth(usize),
    /// A position that the tree does not have.
    #[error("position {position} in a tree of depth {depth}, which has positions 0 to 2^{depth} - 1")]
    Position {
        /// The position asked for.
        position: u64,
        /// Depth of the tree.
        depth: usize,
    },
    /// Every place is taken.
    #[error("the tree of depth {0} is full")]
    Full(usize),
    /// More leaves than the tree has places: no append leads there.
    #[error("{count} leaves in a tree of depth {depth}")]
    Count {
        /// Leaves claimed.
        count: u64,
        /// Depth of the tree.
        depth: usize,
    },
    /// Zero as a leaf: it means that the place is empty.
    #[error("0 is no leaf: it marks an empty place")]
    EmptyLeaf,
    /// A scope's half of more than 128 bits.
    #[error("limb {0} of a member input is no half of a scope: it has more than 128 bits")]
    Scope(usize),
    /// The hash failed.
    #[error(transparent)]
    Poseidon(#[from] PoseidonError),
}

/// Places of a tree: 2^depth.
pub(super) fn places(depth: usize) -> u64 {
    1 << depth // at most 2^32: depths are checked
}

/// Refuses depths that no tree has.
pub(super) fn check_depth(depth: usize) -> Result<(), MemberError> {
    if (1..=usize::from(MAX_DEPTH)).contains(&depth) { Ok(()) } else { Err(MemberError::Depth(depth)) }
}

/// Refuses positions that a tree of this depth does not have.
pub(super) fn check_position(position: u64, depth: usize) -> Result<(), MemberError> {
    check_depth(depth)?;
    if position < places(depth) { Ok(()) } else { Err(MemberError::Position { position, depth }) }
}
