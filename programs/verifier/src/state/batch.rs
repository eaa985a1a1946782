//! Several proofs for a model at once, in the parts that `verify_batch`, `record_batch` and their forms for buffers share.

use alloc::vec::Vec;

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use assay_interface::groth16::batch::{Batch, Layout, verify_batch};
use assay_interface::verifier::{VerifiedBatch, digests_hash};

use super::Model;
use crate::VerifierError;
use crate::error::of_batch;

impl Model {
    /// The batch that the bytes hold for this model, and the digests of its statements, in their order; an error when one of
    /// the statements is not proven.
    pub fn check_batch<'a>(&self, bytes: &'a [u8]) -> Result<(Batch<'a>, Vec<Scalar>)> {
        self.require_active()?;
        let key = self.key()?;
        let layout = Layout { form: key.form(), limbs: usize::from(self.limb_count) };
        let batch = Batch::read(bytes, layout).map_err(of_batch)?;
        let domain = Scalar::from_be_bytes(self.domain).map_err(|_| VerifierError::Invariant)?;
        let digests = batch.digests(&domain).map_err(of_batch)?;
        verify_batch(key, &batch, &digests).map_err(of_batch)?;
        Ok((batch, digests))
    }

    /// What `verify_batch` and `record_batch` answer of the model at `address`.
    pub fn batch_answer(&self, address: &Address, digests: &[Scalar]) -> Result<[u8; 67]> {
        let count = u16::try_from(digests.len()).map_err(|_| VerifierError::BatchCount)?;
        let (setup, digests_hash) = (self.setup()?, digests_hash(digests));
        Ok(VerifiedBatch { model: address.to_bytes(), setup, count, digests_hash }.encode())
    }
}
