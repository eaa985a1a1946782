//! Tags: the first element of every hashed list that is no statement.
//!
//! ```text
//! tag = kind * 2^64 + bits * 2^32 + count
//! ```
//!
//! [`crate::poseidon::absorb`] needs a first element that fixes the list's length, and packed limbs need their width to
//! have one reading. A tag holds both, and what the list is for, so that no leaf is read as a commitment. Distinct
//! (kind, bits, count) have distinct tags.
//!
//! Whoever chooses every element but the tag, the salt among them, has these ways to two lists of one hash, and no other:
//! - equal tags, so equal lengths: two elements or two running digests that differ collide in Poseidon;
//! - different tags: Poseidon collides, or the running digest inside a longer list is itself a tag. Digests are spread
//!   over 2^253 elements, and tags of tensors are fewer than 2^21, so a hash meets one with less than 2^-232;
//! - a tag that is some schema's domain, the first element of statements: 31 bytes of SHA-256, that is 2^-227 a schema.

use crate::field::Scalar;

/// What a list is. The numbers are part of every hash: none is ever given to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ListKind {
    /// Values of a committed input: `salt, limbs...`.
    CommittedTensor = 1,
    /// A leaf of a tree of commitments.
    MerkleLeaf = 2,
    /// A public key of a secret.
    Key = 3,
    /// A nullifier of a secret.
    Nullifier = 4,
}

impl ListKind {
    /// Every kind.
    pub const ALL: [ListKind; 4] =
        [ListKind::CommittedTensor, ListKind::MerkleLeaf, ListKind::Key, ListKind::Nullifier];

    /// The tag of a list of this kind of `count` values of `bits` bits each.
    pub fn tag(self, bits: u8, count: u32) -> Scalar {
        Scalar::from(u128::from(self as u8) << 64 | u128::from(bits) << 32 | u128::from(count))
    }
}
