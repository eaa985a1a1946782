//! The root of a path in a Merkle tree of Poseidon: `node = Poseidon(left, right)`, as `assay_interface::member` has it.
//!
//! At each level a bit says whether the running node is the right child. One product orders the two:
//!
//! ```text
//! swap  = bit * (sibling - running)
//! left  = running + swap                 bit = 0: running, sibling
//! right = sibling - swap                 bit = 1: sibling, running
//! running' = Poseidon(left, right)
//! ```
//!
//! Cost: 241 constraints a level, of which Poseidon's are 240; and one for each bit where the caller proves it, which makes
//! 242. A level's wires are 241 and its sibling's and bit's.
//!
//! # What it proves
//!
//! That some siblings and some bits lead from the leaf to the root, in exactly as many levels as there are bits. The bits must be
//! proven: with `bit = k` the children would be any two elements of the same sum, `running + k (sibling - running)` and
//! `sibling - k (sibling - running)`, so that whoever solves for k and the sibling has every pair with any running node in
//! it, and from any leaf a path to any node whose children he knows (`a_bit_that_is_none_opens_every_tree` does it).
//!
//! With bits, the pairs are `(running, sibling)` and `(sibling, running)`, so a path to a known root gives, level by level from
//! the top, the tree's own nodes or a collision of Poseidon; at the bottom, the tree's own leaf. A tree whose leaves and nodes
//! have one depth needs no tag for either: what is offered as a leaf is compared with what lies at the leaves' height.
//!
//! Positions are not unique where two places hold equal nodes: equal leaves, or empty places. Nothing here depends on which
//! one the prover names.

use crate::builder::Builder;
use crate::case::Case;
use crate::error::BuildError;
use crate::gadgets::poseidon;
use crate::instruction::Instruction;
use crate::linear::Lc;

/// A level of a path.
#[derive(Clone, Debug)]
pub struct Step {
    /// 1 where the node below is the right child, 0 where it is the left one. The caller has proven that it is one of them.
    pub bit: Lc,
    /// The other child.
    pub sibling: Lc,
}

/// Integer reference: the root that a leaf has by these bits and siblings, the lowest level first.
pub fn reference(leaf: ark_bn254::Fr, path: &[(bool, ark_bn254::Fr)]) -> Option<ark_bn254::Fr> {
    path.iter().try_fold(leaf, |running, &(bit, sibling)| {
        poseidon::reference(&if bit { [sibling, running] } else { [running, sibling] })
    })
}

/// The root of the path from a leaf, the lowest level first: a linear combination.
pub fn root(b: &mut Builder, leaf: &Lc, path: &[Step]) -> Result<Lc, BuildError> {
    path.iter().try_fold(leaf.clone(), |running, step| {
        b.scope("merkle", |b| {
            let [left, right] = order(b, &running, step)?;
            poseidon::hash(b, &[left, right])
        })
    })
}

/// The running node and its sibling as left and right child.
fn order(b: &mut Builder, running: &Lc, Step { bit, sibling }: &Step) -> Result<[Lc; 2], BuildError> {
    let difference = sibling.minus(running);
    b.instruct_elements(Instruction::Product, &[bit.clone(), difference.clone()])?;
    let swap = Lc::wire(b.element_wire()?);
    b.enforce("bit * (sibling - running) = swap", bit, &difference, &swap)?;
    Ok([running.plus(&swap), sibling.minus(&swap)])
}

/// Constraints of [`root`] for so many levels; the bits' own are the caller's.
pub(crate) fn cost(levels: usize) -> usize {
    levels * (poseidon::cost(2, 0) + 1)
}

/// What audits and ledger see of it. Values of one bit are 0 and -1.
pub(crate) const CASES: &[Case] = &[Case::new("path of 2 levels", 5, 1, |b, x| {
    let bit = |i: usize| x[i].mul_const(-1).map(|bit| bit.to_lc());
    let steps = [Step { bit: bit(1)?, sibling: x[2].to_lc() }, Step { bit: bit(3)?, sibling: x[4].to_lc() }];
    root(b, &x[0].to_lc(), &steps)?;
    Ok(x.to_vec())
})];

#[cfg(test)]
mod tests;
