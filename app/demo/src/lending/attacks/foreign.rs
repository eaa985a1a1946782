//! A model of the attacker's.

use assay_interface::groth16::VerifyingKey;
use assay_localnet::Refusal;
use assay_verifier_host::Registration;
use solana_address::Address;

use super::Target;
use crate::error::DemoError;
use crate::lending::simulation::Simulation;

/// A model that the attacker registers: no market that did not choose it asks whether it is active.
pub(super) struct ForeignModel {
    /// Its key.
    pub(super) key: VerifyingKey,
}

impl ForeignModel {
    /// Its account.
    pub(super) fn account(&self, target: &Target<'_>) -> Address {
        self.registration(target).model()
    }

    fn registration<'a>(&'a self, target: &'a Target<'_>) -> Registration<'a> {
        Registration::development(target.market.keeper.address(), &self.key, target.prover.model().schema())
    }

    /// Registers it.
    pub(super) fn send(
        &self,
        target: &Target<'_>,
        simulation: &mut Simulation,
    ) -> Result<Result<(), Refusal>, DemoError> {
        let register = self.registration(target).instruction()?;
        Ok(simulation.attempt(&target.market.keeper.keypair, &[register]).map(drop))
    }
}
