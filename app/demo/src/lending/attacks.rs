//! What an attacker gets. Each attack starts from a copy of the simulation right before the first early liquidation, changes
//! one thing about a transaction that the program would accept, and must be refused with exactly one error: another
//! refusal counts as a failure, because it would hide that the right check is missing.
//!
//! The control comes first: the unchanged transaction goes through.

mod accounts;
mod evidence;
mod foreign;
mod proof;
mod registry;

use assay::Prover;
use assay_host::strategy::{Answer, Question};
use assay_keeper::prove;
use assay_lending::state::{Evidence, Snapshot};
use assay_lending_host::{
    ALL, Liquidation, MarketKeys, Proven,
    source::snapshot_context,
    strategy::{inputs, only_score},
};
use assay_lending_interface::EPOCH_SECONDS;
use assay_localnet::Refusal;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;

use super::{
    accounts::Party,
    market::SimulatedMarket,
    simulation::{Expected, Simulation},
};
use crate::error::DemoError;
use crate::scenario::{Attack, Check};

/// What the attacks work with.
pub struct Target<'a> {
    /// The market.
    pub market: &'a SimulatedMarket,
    /// Its twin: the same position exists there.
    pub twin: &'a SimulatedMarket,
    /// Index of the borrower whose position can be liquidated early.
    pub borrower: usize,
    /// The model with its keys.
    pub prover: &'a Prover,
    /// The model's authority.
    pub authority: &'a Party,
    /// Its account.
    pub account: Address,
    /// Seed of the attacks' own randomness.
    pub seed: [u8; 32],
}

/// Snapshots of the position and of its twin, and an honest proof for each, a second after they were taken.
struct Material {
    simulation: Simulation,
    honest: Answer,
    score: i16,
    address: Address,
    snapshot: Snapshot,
    twins: Answer,
}

/// A transaction that the program would accept, to be changed in one place.
#[derive(Clone)]
struct Attempt {
    liquidation: Liquidation,
    proven: Proven,
}

/// Runs every attack. `simulation` is a copy to be used up.
///
/// # Errors
/// The attacks could not be prepared; a refusal of the wrong kind is no error but a failed attack in the result.
pub fn run(simulation: Simulation, target: &Target<'_>) -> Result<(Vec<Attack>, Check), DemoError> {
    let material = target.prepare(simulation)?;
    let control = target.control(&material)?;
    let mut attacks = Vec::new();
    target.on_the_proof(&material, &mut attacks)?;
    target.on_the_snapshot(&material, &mut attacks)?;
    target.on_the_accounts(&material, &mut attacks)?;
    target.on_the_rules(&material, &mut attacks)?;
    target.on_the_registry(&material, &mut attacks)?;
    Ok((attacks, control))
}

impl Target<'_> {
    /// Takes both snapshots and proves both scores.
    fn prepare(&self, mut simulation: Simulation) -> Result<Material, DemoError> {
        let mut rng = ChaCha20Rng::from_seed(self.seed);
        let mut proofs = Vec::new();
        for market in [self.market, self.twin] {
            let (address, snapshot) = take(&mut simulation, market, self.party(market)?)?;
            let proof = prove(self.prover, question(&snapshot, &address, &market.keeper), &mut rng)?;
            proofs.push((proof.answer, address, snapshot));
        }
        simulation.warp(simulation.now() + 1);
        match <[_; 2]>::try_from(proofs) {
            Ok([(honest, address, snapshot), (twins, ..)]) => {
                let score = only_score(&honest.outputs)?;
                Ok(Material { simulation, honest, score, address, snapshot, twins })
            }
            Err(_) => Err(DemoError::Scenario("two markets give two snapshots")),
        }
    }

    fn party<'b>(&self, market: &'b SimulatedMarket) -> Result<&'b Party, DemoError> {
        market.borrowers.get(self.borrower).ok_or(DemoError::Scenario("the borrower exists in both markets"))
    }

    /// The honest transaction's parts.
    fn honest(&self, material: &Material) -> Result<Attempt, DemoError> {
        let market = self.market;
        Ok(Attempt {
            liquidation: Liquidation {
                liquidator: market.keeper.address(),
                position: market.position(self.party(market)?),
                collateral_destination: market.keeper.collateral_account,
                debt_source: market.keeper.debt_account,
                prices: market.prices,
                repay: ALL,
                min_seized: 0,
            },
            proven: Proven {
                model: self.account,
                series: None,
                snapshot: material.address,
                digest: material.honest.digest,
                score: material.score,
                proof: Some(material.honest.proof),
            },
        })
    }

    fn send(&self, simulation: &mut Simulation, attempt: &Attempt) -> Result<(), Refusal> {
        let instruction = self.market.keys.liquidate_by_proof(&attempt.liquidation, &attempt.proven);
        simulation.attempt(&self.market.keeper.keypair, &[instruction]).map(drop)
    }

    /// The unchanged transaction must go through: what refuses the others is what they change.
    fn control(&self, material: &Material) -> Result<Check, DemoError> {
        let outcome = self.send(&mut material.simulation.clone(), &self.honest(material)?);
        Ok(Check {
            name: "control: the unchanged transaction is accepted",
            detail: outcome.as_ref().err().map_or_else(|| "accepted".into(), ToString::to_string),
            holds: outcome.is_ok(),
        })
    }

    fn judge(
        &self,
        material: &Material,
        name: &'static str,
        attempt: &Attempt,
        expected: Expected,
    ) -> Attack {
        expected.judge(name, self.send(&mut material.simulation.clone(), attempt))
    }
}

/// What a keeper would prove for a snapshot.
fn question(snapshot: &Snapshot, address: &Address, prover: &Party) -> Question {
    let context = snapshot_context(snapshot, address, &prover.address());
    Question { inputs: inputs(&snapshot.features), context }
}

/// Takes the snapshot of a borrower at the last full minute, with the market's keeper as payer.
fn take(
    simulation: &mut Simulation,
    market: &SimulatedMarket,
    borrower: &Party,
) -> Result<(Address, Snapshot), DemoError> {
    let position = market.position(borrower);
    let epoch = u32::try_from(simulation.now() / EPOCH_SECONDS);
    let epoch = epoch.map_err(|_| DemoError::Scenario("minutes fit 32 bits"))?;
    let evidence = Evidence { epoch, revision: market.read_position(simulation, borrower)?.revision };
    let take = market.keys.take_snapshot(market.keeper.address(), position, evidence, market.prices);
    simulation.attempt(&market.keeper.keypair, &[take]).map_err(DemoError::refused("snapshot"))?;
    let address = MarketKeys::snapshot(&position, evidence);
    Ok((address, simulation.read(&address)?))
}
