//! What an attacker gets. Each attack starts from a copy of the simulation right before the first early liquidation, changes
//! one thing about a transaction that the program would accept, and must be refused with exactly one error: another
//! refusal counts as a failure, because it would hide that the right check is missing.
//!
//! The control comes first: the unchanged transaction goes through.

use assay::{Keys, Prover};
use assay_host::{
    scenario::{Attack, Check},
    strategy::{Answer, Question},
};
use assay_interface::{
    field::Scalar,
    groth16::{BASE_MODULUS, VerifyingKey},
};
use assay_keeper::prove;
use assay_lending::{
    LendingError,
    state::{Evidence, RiskParams, Snapshot, TAKING_SECONDS, TIMELOCK_SECONDS, epoch_start},
};
use assay_lending_interface::EPOCH_SECONDS;
use assay_localnet::Refusal;
use assay_verifier_host::{Registration, VerifierError, suspend, verify};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;

use super::{
    accounts::Party,
    error::DemoError,
    market::SimulatedMarket,
    simulation::{Expected, Simulation},
};
use crate::{
    ALL,
    instructions::{Attested, Liquidation, Proven},
    keys::MarketKeys,
    source::snapshot_context,
    strategy::{inputs, only_score},
};

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

    /// Proofs of something else than what they are sent for.
    fn on_the_proof(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
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
        let registration = self.registration(foreign.verifying_key().to_interface());
        registration.send(self, &mut simulation)?.map_err(DemoError::refused("register"))?;
        let mut other_model = other_key;
        other_model.proven.model = registration.account(self);
        let outcome = self.send(&mut simulation, &other_model);
        let expected = Expected::lending(LendingError::WrongModel);
        attacks.push(expected.judge("bring one's own registered model", outcome));
        Ok(())
    }

    /// Snapshots that are old or young, proofs for another use than theirs.
    fn on_the_snapshot(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
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
        let expected = Expected::lending(LendingError::BudgetSpent);
        attacks.push(expected.judge("use a proof again in its window", outcome));

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
        let evidence =
            Evidence { revision: market.read_position(&simulation, healthy)?.revision, ..material.snapshot.evidence() };
        let late =
            market.keys.take_snapshot(market.keeper.address(), position, evidence, market.prices);
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

    /// The admin gone bad, with a guardian of the same kind.
    fn on_the_rules(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
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
        let apply = market.keys.apply_params(admin.address(), &dear, Attested::none());
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

    /// Accounts swapped for others.
    fn on_the_accounts(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
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
        let swapped =
            swap(instruction(&honest), material.address, MarketKeys::snapshot(&twins, evidence));
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
        Ok(())
    }

    /// The verifier's registry: keys that allow forgeries, encodings with two readings, a stopped model.
    fn on_the_registry(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
        let key = self.prover.verifying_key().to_interface();
        let (mut equal, mut opposite) = (key, key);
        equal.plain_mut().delta_g2 = key.plain().gamma_g2;
        opposite.plain_mut().delta_g2 = negated(&key.plain().gamma_g2);
        for (name, key, error) in [
            ("register a key with gamma = delta", equal, VerifierError::KeyGammaEqualsDelta),
            ("register a key with gamma = -delta", opposite, VerifierError::KeyGammaOppositeDelta),
        ] {
            let outcome = self.registration(key).send(self, &mut material.simulation.clone())?;
            attacks.push(Expected::verifier(error).judge(name, outcome));
        }

        // The first limb plus the field's order: the same field element, in other bytes.
        let honest = &material.honest;
        let context = honest.question.context;
        let original = || verify(self.account, &honest.proof, context, &honest.limbs);
        let mut aliased = original();
        let at = aliased.data.len().saturating_sub(32 * honest.limbs.len());
        let Some(limb) = aliased.data.get_mut(at..at + 32) else {
            return Err(DemoError::Scenario("the arguments hold a limb"));
        };
        add_order(limb);
        for (name, limb) in [
            ("an input above the field order (same residue)", aliased),
            ("an input at the field order", {
                let mut at_order = original();
                if let Some(limb) = at_order.data.get_mut(at..at + 32) {
                    limb.copy_from_slice(&Scalar::MODULUS);
                }
                at_order
            }),
        ] {
            let outcome = material.simulation.clone().attempt(&self.market.keeper.keypair, &[limb]).map(drop);
            attacks.push(Expected::verifier(VerifierError::LimbNotCanonical).judge(name, outcome));
        }

        let mut simulation = material.simulation.clone();
        let stop = suspend(self.authority.address(), self.account);
        simulation.attempt(&self.authority.keypair, &[stop]).map_err(DemoError::refused("suspend"))?;
        let outcome = self.send(&mut simulation, &self.honest(material)?);
        let expected = Expected::verifier(VerifierError::ModelSuspended);
        attacks.push(expected.judge("use a model that was suspended", outcome));
        Ok(())
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

    fn registration(&self, key: VerifyingKey) -> ForeignModel {
        ForeignModel { key }
    }
}

/// A model that the attacker registers: no market that did not choose it asks whether it is active.
struct ForeignModel {
    key: VerifyingKey,
}

impl ForeignModel {
    fn account(&self, target: &Target<'_>) -> Address {
        self.registration(target).model()
    }

    fn registration<'a>(&'a self, target: &'a Target<'_>) -> Registration<'a> {
        Registration::development(target.market.keeper.address(), &self.key, target.prover.model().schema())
    }

    fn send(
        &self,
        target: &Target<'_>,
        simulation: &mut Simulation,
    ) -> Result<Result<(), Refusal>, DemoError> {
        let register = self.registration(target).instruction()?;
        Ok(simulation.attempt(&target.market.keeper.keypair, &[register]).map(drop))
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

/// An instruction with one account in another's place.
fn swap(mut instruction: Instruction, from: Address, to: Address) -> Instruction {
    for account in instruction.accounts.iter_mut().filter(|account| account.pubkey == from) {
        account.pubkey = to;
    }
    instruction
}

/// The negation of a G2 point: both parts of y are subtracted from the base field's order.
fn negated(point: &[u8; 128]) -> [u8; 128] {
    let mut negated = *point;
    let (_, y) = negated.split_at_mut(64);
    for part in y.chunks_mut(32) {
        if part.iter().any(|&byte| byte != 0) {
            subtract_from(&BASE_MODULUS, part);
        }
    }
    negated
}

/// `number = minuend - number`, big-endian, for a number that is not larger.
fn subtract_from(minuend: &[u8; 32], number: &mut [u8]) {
    let mut borrow = 0i16;
    for (byte, &minuend) in number.iter_mut().zip(minuend).rev() {
        let difference = i16::from(minuend) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        *byte = difference.rem_euclid(256) as u8;
    }
}

/// `number += order of the scalar field`, big-endian; limbs stay below 2^248, so 32 bytes hold the sum.
fn add_order(number: &mut [u8]) {
    let mut carry = 0u16;
    for (byte, order) in number.iter_mut().zip(Scalar::MODULUS).rev() {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        carry = sum >> 8;
        *byte = (sum & 0xff) as u8;
    }
}
