//! Membership: a committed input that sits in a leaf of a tree, and the nullifier of its owner.
//!
//! ```text
//! commitment = absorb(tag(CommittedTensor, bits, count), salt, limbs...)
//! key        = absorb(tag(Key, 0, 1), secret)
//! leaf       = absorb(tag(MerkleLeaf, 0, 2), commitment, key)
//! root       = root(leaf, position, siblings)
//! nullifier  = absorb(tag(Nullifier, 0, 3), secret, scope_high, scope_low)
//! ```
//!
//! with the formulas of `assay_interface::member`. The statement shows root, scope and nullifier; secret, salt, position,
//! siblings, commitment, key and leaf stay wires.
//!
//! Cost: 242 constraints a level, 237 the key, 258 the leaf, 294 the nullifier, and the commitment as for a committed input
//! (255 for one limb): 5,884 at depth 20.
//!
//! # What a proof says
//!
//! Whoever made it knows a secret s, a salt and the input's values such that leaf(commit(values), key(s)) is a leaf of the tree of
//! depth d with this root, and that the nullifier is that of the same s for this scope. The model's outputs are of the same
//! values: one set of wires. This rests on the collision resistance of Poseidon, and on nothing else but the proof system:
//! - root fixes the leaf, as [`crate::gadgets::merkle`] argues: d is a constant of the circuit, the bits are proven;
//! - the leaf fixes commitment and key, the commitment salt and values (whatever the salt: tags), the key the secret;
//! - the nullifier is a function of secret and scope, so one key has one nullifier for each scope. Two nullifiers for one key
//!   and scope would be two secrets of one key: a collision.
//!
//! The secret needs no range: it is an element of the field, and a wire has one value. Nor do the scope's halves: the digest
//! holds the same wires, a verifier computes it from halves of 128 bits, so anything else would be a second preimage
//! (as for the context: [`crate::statement`]).
//!
//! Which of several positions with the same leaf the prover names changes nothing: neither root nor nullifier depends on it.
//! Nor can an empty place be claimed: nobody knows commitment and key whose leaf is 0.
//!
//! # What it does not say
//!
//! - That the secret is known to one person. A sold or lent secret proves for its buyer, and so do the values and the
//!   salt with it. The owner's account belongs in the context: the proof then serves that account alone.
//! - What the values are of. A leaf says how many there are of how many bits: it is a member for every model of that shape, at any
//!   scale. An issuer of two kinds of attestation keeps two trees, and a consumer pairs a model with the trees it is for.
//! - Who put the leaf there, or whether the values are true: whoever appends leaves is trusted for that. The consumer decides
//!   which roots count, and until when.
//! - That a person has one key. Two leaves of one key give one nullifier, two keys give two: the issuer owes one key a person.
//! - When: the nullifier holds no epoch, or a defaulter would have a new one in each. Renewals are recognized, by intention, within
//!   a scope; across scopes nullifiers cannot be linked, unless the secret is known.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use assay_interface::field::Scalar;
use assay_interface::member::{CLAIM_LIMBS, MAX_DEPTH};
use assay_interface::tag::ListKind;

use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::{merkle, poseidon};
use crate::instruction::Instruction;
use crate::linear::Lc;

/// Proves that the packed values, under this tag, are in a tree of this depth: the elements of the statement, root, scope and
/// nullifier.
pub(crate) fn constrain(
    b: &mut Builder,
    tag: Fr,
    limbs: &[Lc],
    depth: u8,
) -> Result<[Lc; CLAIM_LIMBS], BuildError> {
    if !(1..=MAX_DEPTH).contains(&depth) {
        return Err(BuildError::TreeDepth { depth, max: MAX_DEPTH });
    }
    b.instruct(Instruction::Member { depth }, &[])?;
    let mut wire = || b.element_wire().map(Lc::wire);
    let [secret, salt, high, low] = [wire()?, wire()?, wire()?, wire()?];
    let bits = (0..depth).map(|_| wire()).collect::<Result<Vec<_>, _>>()?;
    let siblings = (0..depth).map(|_| wire()).collect::<Result<Vec<_>, _>>()?;
    for bit in &bits {
        b.enforce_bit("bit of the position: x * x = x", bit)?;
    }
    let hash = |b: &mut Builder, name: &str, list: &[Lc]| b.scope(name, |b| poseidon::absorb(b, list));
    let committed: Vec<Lc> = [Lc::constant(tag), salt].iter().chain(limbs).cloned().collect();
    let commitment = hash(b, "commitment", &committed)?;
    let key = hash(b, "key", &[tag_of(ListKind::Key, 1), secret.clone()])?;
    let leaf = hash(b, "leaf", &[tag_of(ListKind::MerkleLeaf, 2), commitment, key])?;
    let path: Vec<_> =
        bits.into_iter().zip(siblings).map(|(bit, sibling)| merkle::Step { bit, sibling }).collect();
    let root = merkle::root(b, &leaf, &path)?;
    let named = [tag_of(ListKind::Nullifier, 3), secret, high.clone(), low.clone()];
    let nullifier = hash(b, "nullifier", &named)?;
    Ok([root, high, low, nullifier])
}

/// Constraints of a member input of so many limbs in a tree of this depth.
pub(crate) fn cost(limbs: usize, depth: u8) -> usize {
    let (levels, tagged) = (usize::from(depth), |elements| poseidon::cost(1 + elements, 1));
    levels + merkle::cost(levels) + tagged(1 + limbs) + tagged(1) + tagged(2) + tagged(3)
}

/// The tag of a list of elements, as a constant.
fn tag_of(kind: ListKind, count: u32) -> Lc {
    Lc::constant(constant(kind.tag(0, count)))
}

/// A scalar of the interface as a field element: canonical there, so nothing is reduced.
pub(crate) fn constant(scalar: Scalar) -> Fr {
    Fr::from_be_bytes_mod_order(scalar.as_be_bytes())
}
