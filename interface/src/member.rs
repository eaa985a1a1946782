//! Membership: that a committed input sits in a tree which somebody else keeps, and a nullifier of its owner.
//!
//! ```text
//! key       = absorb(tag(Key, 0, 1), secret)
//! leaf      = absorb(tag(MerkleLeaf, 0, 2), commitment, key)      commitment: crate::statement::commit
//! node      = Poseidon(left, right)
//! nullifier = absorb(tag(Nullifier, 0, 3), secret, scope[0..16], scope[16..32])
//! ```
//!
//! A tree of depth d, 1 to [`MAX_DEPTH`], has 2^d places; an empty one holds 0. Bit i of a position, from the least
//! significant, says whether the node on its path at height i is the right child. Trees only grow: [`Frontier`] appends in a
//! program's account at one Poseidon a level (786 compute units the syscall), [`Tree`] keeps every leaf and gives paths.
//!
//! What stands where, and what cannot stand for something else:
//! - a leaf is a hash of three elements, a node of two, and a path has exactly d of them: a node offered as a leaf would be a
//!   collision between Poseidon's two widths, and a path of another length leads to another root or is one of another tree;
//! - a key is a hash of two as a node is, and who appends the tag as a leaf makes a node that is one. It opens nothing: keys
//!   stand in leaves alone, and are compared with no node;
//! - an empty place is no leaf: nobody knows three elements that hash to 0;
//! - the nullifier hides the secret and the key, so neither the issuer, who knows the key, nor another consumer, who knows the
//!   nullifier of another scope, can tell whose it is. Equal secrets give equal nullifiers, whatever the leaf.
//!
//! Who keeps a tree owes one key a person, and a salt that is random and fresh in each tree.

mod claim;
mod frontier;
mod hashes;
mod limits;
mod tree;
mod zeros;

pub use claim::{CLAIM_LIMBS, Claim};
pub use frontier::Frontier;
pub use hashes::{key, leaf, node, nullifier, root_of_path};
pub use limits::{MAX_DEPTH, MemberError};
pub use tree::Tree;
pub use zeros::{ZEROS, zeros};
