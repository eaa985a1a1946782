//! What proofs are made from.

use std::path::PathBuf;

use assay::{CommittedProver, Context, Decision, Error, Execution, Observer, SetupKind, ValidatedKeys};
use rand_chacha::ChaCha20Rng;

use crate::artifacts::{self, Model};
use crate::files;
use crate::progress::observed;
use crate::ui;

/// What a proof is made from.
pub(super) struct Source<'a> {
    pub(super) model: Model,
    pub(super) key: &'a PathBuf,
    pub(super) input: &'a PathBuf,
    pub(super) context: Context,
}

impl Source<'_> {
    /// The model and its key, paired.
    pub(super) fn prover(&self) -> anyhow::Result<Prover> {
        if self.model.model.is_committed() {
            files::check(self.key, "proving key")?;
            let key = observed("reading and checking the proving key", |observer| {
                assay::open_weights_key(self.key, &ValidatedKeys::of_user(), observer)
            })?;
            artifacts::pair(&self.model, self.key, key.circuit_digest())?;
            return Ok(Prover::Committed(Box::new(CommittedProver::new(&self.model.model, &key)?)));
        }
        let keys = artifacts::keys(self.key)?;
        artifacts::pair(&self.model, self.key, keys.verifying_key().circuit_digest())?;
        if keys.setup_kind() == SetupKind::Ceremony {
            ui::note(
                "the key's file says that it comes from a ceremony: `assay ceremony verify --pk` checks it",
            );
        }
        Ok(Prover::Fixed(assay::Prover::new(&self.model.model, &keys)?))
    }
}

/// A prover of a model with fixed weights, or with weights that are committed to.
pub(super) enum Prover {
    Fixed(assay::Prover),
    Committed(Box<CommittedProver>),
}

impl Prover {
    /// Proves what was executed before.
    pub(super) fn prove_execution(
        &self,
        execution: &Execution,
        rng: &mut ChaCha20Rng,
        observer: Observer<'_>,
    ) -> Result<Decision, Error> {
        match self {
            Prover::Fixed(prover) => prover.prove_execution(execution, rng, observer),
            Prover::Committed(prover) => prover.prove_execution(execution, rng, observer),
        }
    }
}
