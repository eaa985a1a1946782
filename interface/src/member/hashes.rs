//! The hashes of membership.

use super::limits::{MemberError, check_position};
use crate::{
    field::{Scalar, halves},
    poseidon::{PoseidonError, absorb},
    tag::ListKind,
};

/// The public key of a secret.
pub fn key(secret: Scalar) -> Result<Scalar, PoseidonError> {
    absorb(&[ListKind::Key.tag(0, 1), secret])
}

/// The leaf of a committed tensor that belongs to the owner of a key.
pub fn leaf(commitment: Scalar, key: Scalar) -> Result<Scalar, PoseidonError> {
    absorb(&[ListKind::MerkleLeaf.tag(0, 2), commitment, key])
}

/// The node over two others.
pub fn node(left: Scalar, right: Scalar) -> Result<Scalar, PoseidonError> {
    absorb(&[left, right])
}

/// The nullifier of a secret for a scope.
pub fn nullifier(secret: Scalar, scope: &[u8; 32]) -> Result<Scalar, PoseidonError> {
    let [high, low] = halves(scope);
    absorb(&[ListKind::Nullifier.tag(0, 3), secret, high, low])
}

/// The root that a leaf at a position has with these siblings, the lowest first: one a level.
pub fn root_of_path(leaf: Scalar, position: u32, siblings: &[Scalar]) -> Result<Scalar, MemberError> {
    check_position(u64::from(position), siblings.len())?;
    let mut running = leaf;
    for (level, &sibling) in siblings.iter().enumerate() {
        running = match position >> level & 1 {
            0 => node(running, sibling)?,
            _ => node(sibling, running)?,
        };
    }
    Ok(running)
}
