//! Snapshots that are old or young, proofs for another use than theirs.

use assay_keeper::prove;
use assay_lending::{
    LendingError,
    state::{Evidence, TAKING_SECONDS, epoch_start},
};
use assay_lending_host::{Proven, strategy::only_score};
use assay_verifier_host::VerifierError;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::{Material, Target, question, take};
use crate::error::DemoError;
use crate::{lending::simulation::Expected, scenario::Attack};

impl Target<'_> {
    /// Snapshots that are old or young, proofs for another use than theirs.
    pub(super) fn on_the_snapshot(
        &self,
        material: &Material,
        attacks: &mut Vec<Attack>,
    ) -> Result<(), DemoError> {
        let honest = self.honest(material)?;
        let market = self.market;

        let mut simulation = material.simulation.clone();
        simulation.warp(material.snapshot.expires_at + 1);
        simulation.refresh_prices()?;
        let outcome = self.send(&mut simulation, &honest);
        let expected = Expected::lending(LendingError::SnapshotExpired);
        attacks.push(expected.judge("wait until the snapshot is stale", outcome));

        let mut simulation = material.simulation.clone();
        simulation.warp(material.snapshot.taken_at);
        let outcome = self.send(&mut simulation, &honest);
        let expected = Expected::lending(LendingError::SnapshotTooYoung);
        attacks.push(expected.judge("take a snapshot and act on it in the same second", outcome));

        let mut simulation = material.simulation.clone();
        self.send(&mut simulation, &honest).map_err(DemoError::refused("liquidate_by_proof"))?;
        let outcome = self.send(&mut simulation, &honest);
        let expected = Expected::lending(LendingError::PositionRecovered);
        attacks.push(expected.judge("use a proof again: the position is safer now", outcome));

        let mut simulation = material.simulation.clone();
        let mut dust = honest.clone();
        dust.liquidation.repay = 1;
        let outcome = self.send(&mut simulation, &dust);
        let expected = Expected::lending(LendingError::RepaymentTooSmall);
        attacks.push(expected.judge("spend the window for one base unit", outcome));

        let mut simulation = material.simulation.clone();
        simulation.next_minute()?;
        let (next, _) = take(&mut simulation, market, self.party(market)?)?;
        simulation.warp(simulation.now() + 1);
        let mut replayed = honest.clone();
        replayed.proven.snapshot = next;
        let outcome = self.send(&mut simulation, &replayed);
        let expected = Expected::verifier(VerifierError::ProofInvalid);
        attacks.push(expected.judge("use a proof for the next minute's snapshot", outcome));

        // Another position's snapshot of a minute that suited better.
        let mut simulation = material.simulation.clone();
        let healthy = market.borrowers.last().ok_or(DemoError::Scenario("there are borrowers"))?;
        let position = market.position(healthy);
        simulation.warp(epoch_start(material.snapshot.epoch) + TAKING_SECONDS);
        let evidence = Evidence {
            revision: market.read_position(&simulation, healthy)?.revision,
            ..material.snapshot.evidence()
        };
        let late = market.keys.take_snapshot(market.keeper.address(), position, evidence, market.prices);
        let outcome = simulation.attempt(&market.keeper.keypair, &[late]).map(drop);
        let expected = Expected::lending(LendingError::WrongEpoch);
        attacks.push(expected.judge("choose among the minutes of the past", outcome));

        // Somebody else sends the proof.
        let mut simulation = material.simulation.clone();
        let thief = &self.twin.keeper;
        let mut stolen = honest.clone();
        stolen.liquidation.liquidator = thief.address();
        stolen.liquidation.collateral_destination = thief.collateral_account;
        stolen.liquidation.debt_source = thief.debt_account;
        let instruction = market.keys.liquidate_by_proof(&stolen.liquidation, &stolen.proven);
        let outcome = simulation.attempt(&thief.keypair, &[instruction]).map(drop);
        let expected = Expected::verifier(VerifierError::ProofInvalid);
        attacks.push(expected.judge("copy a proof out of a pending transaction", outcome));

        // A healthy position: its honest score opens nothing, and no proof of a higher one exists.
        let mut simulation = material.simulation.clone();
        let (address, snapshot) = take(&mut simulation, market, healthy)?;
        simulation.warp(simulation.now() + 1);
        let mut rng = ChaCha20Rng::from_seed(self.seed);
        rng.set_stream(2);
        let proven = prove(self.prover, question(&snapshot, &address, &market.keeper), &mut rng)?.answer;
        let mut attempt = honest;
        attempt.liquidation.position = position;
        attempt.proven = Proven {
            snapshot: address,
            digest: proven.digest,
            score: only_score(&proven.outputs)?,
            proof: Some(proven.proof),
            ..attempt.proven
        };
        let outcome = self.send(&mut simulation, &attempt);
        let expected = Expected::lending(LendingError::ScoreBelowThreshold);
        attacks.push(expected.judge("liquidate a healthy position, honest score", outcome));
        attempt.proven.score = material.score;
        let outcome = self.send(&mut simulation, &attempt);
        let expected = Expected::lending(LendingError::BelowEarlyFloor);
        attacks.push(expected.judge("liquidate a healthy position, false score", outcome));
        Ok(())
    }
}
