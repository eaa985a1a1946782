//! A membership in a real tree, and the claim that the interface's hashes make of it: next to what the circuit makes.

use assay_circuits::Membership;
use assay_groth16::{element, scalar};
use assay_interface::field::Scalar;
use assay_interface::member::{Claim, Frontier, Tree, key, leaf, nullifier};
use assay_interface::statement::commit;

use crate::case::Case;

/// A membership at a place of a tree, with the siblings of other leaves: the member's own leaf is none of theirs.
pub fn of_tree(depth: u8, seed: u64) -> Membership {
    let tree = Tree::from_leaves(depth, &others(depth, seed)).unwrap();
    let position = tree.leaves().len() as u32 - 1;
    Membership {
        secret: (1_000 + seed).into(),
        salt: (2_000 + seed).into(),
        position,
        siblings: tree.path(position).unwrap().iter().map(element).collect(),
        scope: [seed as u8; 32],
    }
}

/// Leaves of which the last one gives its place to the member.
fn others(depth: u8, seed: u64) -> Vec<Scalar> {
    let count = 1 + seed % (1 << depth.min(3));
    (1..=count).map(|i| Scalar::from(i * 31)).collect()
}

/// Root, scope and nullifier without the circuit, and without a path: the root is the frontier's, as a program keeps it.
pub fn claim(case: &Case, inputs: &[Vec<i64>], membership: &Membership) -> Claim {
    let mut tensors = case.model.schema.inputs().iter().zip(inputs);
    let (tensor, values) = tensors.find(|(tensor, _)| tensor.member_depth().is_some()).unwrap();
    let depth = tensor.member_depth().unwrap();
    let commitment = commit(scalar(membership.salt), values, tensor.bits).unwrap();
    let mut leaves = others(depth, membership.scope[0].into());
    *leaves.last_mut().unwrap() = leaf(commitment, key(scalar(membership.secret)).unwrap()).unwrap();
    let (mut nodes, mut count, mut root) = (vec![[0; 32]; usize::from(depth)], 0, Scalar::ZERO);
    for leaf in leaves {
        root = Frontier::over(&mut nodes, &mut count).unwrap().append(leaf).unwrap();
    }
    let nullifier = nullifier(scalar(membership.secret), &membership.scope).unwrap();
    Claim { root, scope: membership.scope, nullifier }
}
