//! Proofs of something else than what they are sent for.

use assay::{Keys, Prover};
use assay_keeper::prove;
use assay_lending::LendingError;
use assay_lending_host::strategy::only_score;
use assay_verifier_host::VerifierError;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::{Material, Target, foreign::ForeignModel, question};
use crate::error::DemoError;
use crate::{lending::simulation::Expected, scenario::Attack};

impl Target<'_> {
    /// Proofs of something else than what they are sent for.
    pub(super) fn on_the_proof(
        &self,
        material: &Material,
        attacks: &mut Vec<Attack>,
    ) -> Result<(), DemoError> {
        let honest = self.honest(material)?;
        let invalid = || Expected::verifier(VerifierError::ProofInvalid);

        let mut higher = honest.clone();
        higher.proven.score = honest.proven.score.saturating_add(256);
        attacks.push(self.judge(material, "claim a higher score than was proven", &higher, invalid()));

        let mut altered = honest.clone();
        // Two points swapped for others of their groups: the proof's A for its C.
        let mut proof = material.honest.proof;
        proof.plain_mut().a_negated = material.honest.proof.plain().c;
        altered.proven.proof = Some(proof);
        attacks.push(self.judge(material, "alter a point of the proof", &altered, invalid()));

        let mut others = honest.clone();
        others.proven.proof = Some(material.twins.proof);
        others.proven.score = only_score(&material.twins.outputs)?;
        attacks.push(self.judge(material, "use the proof of a twin position", &others, invalid()));

        let mut rng = ChaCha20Rng::from_seed(self.seed);
        rng.set_stream(1);
        let model = self.prover.model();
        let foreign = Prover::new(model, &Keys::setup(model, &mut rng)?)?;
        let asked = question(&material.snapshot, &material.address, &self.market.keeper);
        let proof = prove(&foreign, asked, &mut rng)?.answer.proof;
        let mut other_key = honest.clone();
        other_key.proven.proof = Some(proof);
        attacks.push(self.judge(material, "prove under one's own key", &other_key, invalid()));

        // The same key, registered as a model by someone else, and that model's account in the transaction.
        let mut simulation = material.simulation.clone();
        let registration = ForeignModel { key: foreign.verifying_key().to_interface() };
        registration.send(self, &mut simulation)?.map_err(DemoError::refused("register"))?;
        let mut other_model = other_key;
        other_model.proven.model = registration.account(self);
        let outcome = self.send(&mut simulation, &other_model);
        let expected = Expected::lending(LendingError::WrongModel);
        attacks.push(expected.judge("bring one's own registered model", outcome));
        Ok(())
    }
}
