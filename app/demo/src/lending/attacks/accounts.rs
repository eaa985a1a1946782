//! Accounts swapped for others, and rules changed by those who may propose them.

use assay_feed_host::FeedError;
use assay_lending::{
    LendingError,
    state::{Evidence, RiskParams, TIMELOCK_SECONDS},
};
use assay_lending_host::{MarketKeys, Vouched};
use solana_address::Address;
use solana_instruction::Instruction;

use super::{Attempt, Material, Target};
use crate::error::DemoError;
use crate::{lending::simulation::Expected, scenario::Attack};

impl Target<'_> {
    /// Accounts swapped for others.
    pub(super) fn on_the_accounts(
        &self,
        material: &Material,
        attacks: &mut Vec<Attack>,
    ) -> Result<(), DemoError> {
        let honest = self.honest(material)?;
        let instruction =
            |attempt: &Attempt| self.market.keys.liquidate_by_proof(&attempt.liquidation, &attempt.proven);

        // The twin's snapshot, which its position and proof fit, for this market's position.
        let mut simulation = material.simulation.clone();
        let twins = self.twin.position(self.party(self.twin)?);
        let evidence = Evidence {
            revision: self.twin.read_position(&simulation, self.party(self.twin)?)?.revision,
            ..material.snapshot.evidence()
        };
        let swapped = swap(instruction(&honest), material.address, MarketKeys::snapshot(&twins, evidence));
        let outcome = simulation.attempt(&self.market.keeper.keypair, &[swapped]).map(drop);
        let expected = Expected::lending(LendingError::WrongSnapshot);
        attacks.push(expected.judge("bring another position's snapshot", outcome));

        // A program of the attacker's in the verifier's place.
        let mut simulation = material.simulation.clone();
        let fake = simulation.deploy_copy("fake verifier", &assay_verifier_host::IDENTITY)?;
        let swapped = swap(instruction(&honest), assay_verifier_host::ID, fake);
        let outcome = simulation.attempt(&self.market.keeper.keypair, &[swapped]).map(drop);
        let expected = Expected::lending(LendingError::WrongVerifier);
        attacks.push(expected.judge("bring a fake verifier program", outcome));

        // A source that is not the pinned one.
        let mut simulation = material.simulation.clone();
        let forged = simulation.forge_price(&self.market.prices.collateral)?;
        let mut attempt = honest;
        attempt.liquidation.prices.collateral = forged;
        let outcome = self.send(&mut simulation, &attempt);
        let expected = Expected::lending(LendingError::WrongSource);
        attacks.push(expected.judge("bring a price source of one's own", outcome));

        // An update that the attacker posted, fully verified, in the place of the oracle's account.
        let mut simulation = material.simulation.clone();
        let refresh = simulation.refresh_from_elsewhere()?;
        let outcome = simulation.attempt(&self.market.keeper.keypair, &[refresh]).map(drop);
        let expected = Expected::feed(FeedError::NotPinned);
        attacks.push(expected.judge("refresh the source from another account", outcome));
        Ok(())
    }

    /// The admin gone bad, with a guardian of the same kind.
    pub(super) fn on_the_rules(
        &self,
        material: &Material,
        attacks: &mut Vec<Attack>,
    ) -> Result<(), DemoError> {
        let market = self.market;
        let (admin, guardian) = (&market.admin, &market.guardian);
        let mut simulation = material.simulation.clone();
        let dear = RiskParams { collateral_source: [0xde; 32], ..market.read(&simulation)?.params };
        let propose = market.keys.propose_params(admin.address(), dear);
        simulation.attempt(&admin.keypair, &[propose]).map_err(DemoError::refused("propose_params"))?;
        let halt = market.keys.set_pause(guardian.address(), 2);
        simulation.attempt(&guardian.keypair, &[halt]).map_err(DemoError::refused("set_pause"))?;
        let timelock = i64::try_from(TIMELOCK_SECONDS).map_err(|_| DemoError::Scenario("a timelock"))?;
        simulation.warp(simulation.now() + timelock);
        let apply = market.keys.apply_params(admin.address(), &dear, Vouched::Nothing);
        let outcome = simulation.attempt(&admin.keypair, &[apply]).map(drop);
        let expected = Expected::lending(LendingError::TimelockRunning);
        attacks.push(expected.judge("propose a dear price, halt, apply", outcome));

        let mut simulation = material.simulation.clone();
        let raise = market.keys.set_pause(guardian.address(), 2);
        simulation.attempt(&guardian.keypair, &[raise]).map_err(DemoError::refused("set_pause"))?;
        let undo = market.keys.lower_pause(admin.address(), None, 0);
        let outcome = simulation.attempt(&admin.keypair, &[undo]).map(drop);
        let expected = Expected::lending(LendingError::LowerTooSoon);
        attacks.push(expected.judge("undo the guardian's halt with a stolen admin key", outcome));
        Ok(())
    }
}

/// An instruction with one account in another's place.
fn swap(mut instruction: Instruction, from: Address, to: Address) -> Instruction {
    for account in instruction.accounts.iter_mut().filter(|account| account.pubkey == from) {
        account.pubkey = to;
    }
    instruction
}
