//! A tree that grows in a program's account: its right edge is all that the next root depends on.

use super::{
    limits::{MemberError, check_depth, places},
    zeros::ZEROS,
};
use crate::{field::Scalar, poseidon::absorb_canonical};

/// The right edge of a growing tree, in place: what its next root depends on. The account that holds it has `nodes`, one
/// for each level, and `count`, all zero at first.
///
/// `nodes[i]` is the last left child at height i that is complete or being filled; where no append has set it, it is
/// never read.
#[derive(Debug)]
pub struct Frontier<'a> {
    nodes: &'a mut [[u8; 32]],
    count: &'a mut u64,
}

impl<'a> Frontier<'a> {
    /// The frontier that these fields are. The caller owes that only [`Frontier::append`] has written them since they were
    /// zeros.
    ///
    /// # Errors
    /// [`MemberError::Depth`] unless there are 1 to [`MAX_DEPTH`] nodes, [`MemberError::Count`] for more leaves than places.
    pub fn over(nodes: &'a mut [[u8; 32]], count: &'a mut u64) -> Result<Frontier<'a>, MemberError> {
        check_depth(nodes.len())?;
        if *count > places(nodes.len()) {
            return Err(MemberError::Count { count: *count, depth: nodes.len() });
        }
        Ok(Frontier { nodes, count })
    }

    /// Appends a leaf at position `count`, and gives the new root. One Poseidon of two a level.
    ///
    /// # Errors
    /// [`MemberError::Full`] and [`MemberError::EmptyLeaf`], with nothing changed; [`MemberError::Poseidon`] where the runtime
    /// refuses a hash, with the nodes half written: a program's transaction fails then.
    pub fn append(&mut self, leaf: Scalar) -> Result<Scalar, MemberError> {
        let depth = self.nodes.len();
        if *self.count >= places(depth) {
            return Err(MemberError::Full(depth));
        }
        if leaf == Scalar::ZERO {
            return Err(MemberError::EmptyLeaf);
        }
        let mut running = leaf;
        for (level, (edge, zero)) in self.nodes.iter_mut().zip(&ZEROS).enumerate() {
            running = match *self.count >> level & 1 {
                0 => {
                    *edge = running.to_be_bytes();
                    absorb_canonical([running.as_be_bytes(), zero])?
                }
                _ => absorb_canonical([&*edge, running.as_be_bytes()])?,
            };
        }
        *self.count = self.count.saturating_add(1); // below 2^32 before
        Ok(running)
    }

    /// Leaves appended so far: the next one's position.
    pub fn count(&self) -> u64 {
        *self.count
    }
}
