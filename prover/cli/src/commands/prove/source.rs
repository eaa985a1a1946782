//! What proofs are made from.

use std::path::PathBuf;

use assay::Context;

use crate::artifacts::{self, Model};

/// What a proof is made from.
pub(super) struct Source<'a> {
    pub(super) model: Model,
    pub(super) key: &'a PathBuf,
    pub(super) input: &'a PathBuf,
    pub(super) context: Context,
}

impl Source<'_> {
    /// The model and its key, paired.
    pub(super) fn prover(&self) -> anyhow::Result<assay::Prover> {
        let keys = artifacts::keys(self.key)?;
        artifacts::pair(&self.model, self.key, keys.verifying_key().circuit_digest())?;
        Ok(assay::Prover::new(&self.model.model, &keys)?)
    }
}
