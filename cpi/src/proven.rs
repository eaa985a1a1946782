//! A claim, and what it becomes when the verifier accepts it.

use core::borrow::Borrow;

use assay_interface::groth16::SetupKind;

use crate::{CpiError, Tensor};

/// What somebody claims about a model. A limb is 32 bytes, or a `Scalar` of `assay-interface`.
#[derive(Debug)]
pub struct Claim<'a, L> {
    /// The bytes of the proof.
    pub proof: &'a [u8],
    /// What the proof is for: derived by the program, never taken from whoever calls it.
    pub context: &'a [u8; 32],
    /// The statement's limbs: for each input its packed limbs or its commitment, then each output's packed limbs.
    pub limbs: &'a [L],
}

/// A claim that the verifier accepted, on the terms of the [`crate::Expect`] that it was verified with.
#[derive(Clone, Copy, Debug)]
pub struct Proven<'a, L> {
    limbs: &'a [L],
    digest: [u8; 32],
    setup: SetupKind,
}

impl<'a, L: Borrow<[u8; 32]>> Proven<'a, L> {
    pub(crate) fn new(limbs: &'a [L], digest: [u8; 32], setup: SetupKind) -> Self {
        Self { limbs, digest, setup }
    }

    /// The values of a public tensor, an output or an input.
    ///
    /// # Errors
    /// [`CpiError::TensorLayout`]: the tensor is not one of the model's. A declaration that [`Tensor::is`] holds for never
    /// fails.
    pub fn values<const COUNT: usize>(&self, tensor: &Tensor<COUNT>) -> Result<[i64; COUNT], CpiError> {
        tensor.unpack(self.limbs)
    }

    /// Digest of the proven statement: its name in receipts and logs.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// How the model's key was made.
    pub fn setup(&self) -> SetupKind {
        self.setup
    }
}
