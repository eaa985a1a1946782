//! What a circuit is solved for, and the values of its wires.

use std::sync::Arc;

use ark_bn254::Fr;

/// What a prover chooses: the inputs, the context that binds the proof, a salt for each committed input, and what shows that
/// the member input is one. Apart from that the weights, which it has chosen once and for all: see [`crate::Weights`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The input tensors in the order of declaration.
    pub inputs: Vec<Vec<i64>>,
    /// The caller's 32 bytes.
    pub context: [u8; 32],
    /// One salt for each committed input, in the order of the inputs.
    pub salts: Vec<Fr>,
    /// For the member input, if there is one.
    pub member: Option<Membership>,
    /// The weights in the order of their wires; empty for a circuit that has none. Shared, since every proof of a model reads the
    /// same ones.
    pub weights: Arc<[i64]>,
}

/// What shows that a member input is in a tree, and whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Membership {
    /// The owner's secret.
    pub secret: Fr,
    /// Salt of the input's commitment.
    pub salt: Fr,
    /// Position of the leaf.
    pub position: u32,
    /// Siblings on its path, the lowest first: one a level.
    pub siblings: Vec<Fr>,
    /// What the nullifier is for.
    pub scope: [u8; 32],
}

impl std::fmt::Debug for Membership {
    /// Without secret and salt.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Membership(secret, depth {})", self.siblings.len())
    }
}

/// Values of all wires, and the outputs as integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Wire 0 is one, wire 1 the digest; with lookups, wire 2 is the challenge.
    pub values: Vec<Fr>,
    pub(crate) outputs: Vec<Vec<i64>>,
    /// Between the phases: which table entry each query hits, if any. It only saves work: empty is right too.
    pub(crate) positions: Vec<Option<u32>>,
}

impl Witness {
    /// The output tensors of the statement.
    pub fn outputs(&self) -> &[Vec<i64>] {
        &self.outputs
    }

    /// The digest: the proof's public input.
    ///
    /// # Panics
    /// If `values` was shortened to fewer wires than any circuit has.
    pub fn digest(&self) -> Fr {
        match self.values.as_slice() {
            [_, digest, ..] => *digest,
            values => panic!("{} wires are no witness: every circuit has a digest", values.len()),
        }
    }
}

/// What the second phase of a witness receives from outside.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Randomness {
    /// Blinds the commitment.
    pub(crate) mask: Fr,
    /// Drawn after the commitment.
    pub(crate) challenge: Fr,
}
