//! What an attacker gets. Each attack starts from a copy of the world right before the first early liquidation, changes
//! one thing about a transaction that the program would accept, and must be refused with exactly one error: another
//! refusal counts as a failure, because it would hide that the right check is missing.
//!
//! The control comes first: the unchanged transaction goes through.

use assay_client::{
    lending::{ALL, Liquidation, MarketKeys, Proven, Snapshot},
    verifier::{self, Registration},
};
use assay_compiler::CompiledModel;
use assay_groth16::{ProvingKey, setup_development};
use assay_interface::{
    field::Scalar,
    groth16::{BASE_MODULUS, SetupKind, VerifyingKey},
};
use assay_keeper::{ProvenScore, Scorer};
use assay_lending::LendingError;
use assay_localnet::Refusal;
use assay_verifier::VerifierError;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{
    error::DemoError,
    market::{Party, Venue},
    outcome::{Attack, Check},
    world::{Expected, World},
};

/// What the attacks work with.
pub struct Target<'a> {
    /// The market.
    pub venue: &'a Venue,
    /// Its twin: the same position exists there.
    pub twin: &'a Venue,
    /// Index of the borrower whose position can be liquidated early.
    pub borrower: usize,
    /// The model.
    pub model: &'a CompiledModel,
    /// Its proving key.
    pub key: &'a ProvingKey,
    /// Its authority.
    pub authority: &'a Party,
    /// Its account.
    pub account: Address,
    /// Seed of the attacks' own randomness.
    pub seed: [u8; 32],
}

/// Snapshots of the position and of its twin, and an honest proof for each.
struct Material {
    world: World,
    honest: ProvenScore,
    snapshot: Snapshot,
    twins: ProvenScore,
}

/// A transaction that the program would accept, to be changed in one place.
#[derive(Clone)]
struct Attempt {
    liquidation: Liquidation,
    proven: Proven,
}

/// Runs every attack. `world` is a copy to be used up.
///
/// # Errors
/// The attacks could not be prepared; a refusal of the wrong kind is no error but a failed attack in the result.
pub fn run(world: World, target: &Target<'_>) -> Result<(Vec<Attack>, Check), DemoError> {
    let material = target.prepare(world)?;
    let control = target.control(&material)?;
    let mut attacks = Vec::new();
    target.on_the_proof(&material, &mut attacks)?;
    target.on_the_snapshot(&material, &mut attacks)?;
    target.on_the_accounts(&material, &mut attacks)?;
    target.on_the_registry(&material, &mut attacks)?;
    Ok((attacks, control))
}

impl Target<'_> {
    /// Takes both snapshots and proves both scores.
    fn prepare(&self, mut world: World) -> Result<Material, DemoError> {
        let scorer = Scorer::new(self.model, self.key)?;
        let mut rng = ChaCha20Rng::from_seed(self.seed);
        let mut proofs = Vec::new();
        for venue in [self.venue, self.twin] {
            let position = venue.position(self.party(venue)?);
            let take = venue.keys.take_snapshot(venue.keeper.address(), position, venue.prices);
            world.attempt(&venue.keeper.keypair, &[take]).map_err(DemoError::refused("snapshot"))?;
            let snapshot: Snapshot = world.read(&MarketKeys::snapshot(&position))?;
            proofs.push((scorer.prove(&snapshot.features, snapshot.context, &mut rng)?, snapshot));
        }
        match <[_; 2]>::try_from(proofs) {
            Ok([(honest, snapshot), (twins, _)]) => Ok(Material { world, honest, snapshot, twins }),
            Err(_) => Err(DemoError::Scenario("two markets give two snapshots")),
        }
    }

    fn party<'b>(&self, venue: &'b Venue) -> Result<&'b Party, DemoError> {
        venue.borrowers.get(self.borrower).ok_or(DemoError::Scenario("the borrower exists in both markets"))
    }

    /// The honest transaction's parts.
    fn honest(&self, material: &Material) -> Result<Attempt, DemoError> {
        let venue = self.venue;
        Ok(Attempt {
            liquidation: Liquidation {
                liquidator: venue.keeper.address(),
                position: venue.position(self.party(venue)?),
                collateral_destination: venue.keeper.collateral_account,
                debt_source: venue.keeper.debt_account,
                prices: venue.prices,
                repay: ALL,
                min_seized: 0,
            },
            proven: Proven {
                model: self.account,
                snapshot_payer: material.snapshot.payer,
                score: material.honest.score,
                proof: material.honest.proof,
            },
        })
    }

    fn send(&self, world: &mut World, attempt: &Attempt) -> Result<(), Refusal> {
        let instruction = self.venue.keys.liquidate_by_proof(&attempt.liquidation, &attempt.proven);
        world.attempt(&self.venue.keeper.keypair, &[instruction]).map(drop)
    }

    /// The unchanged transaction must go through: what refuses the others is what they change.
    fn control(&self, material: &Material) -> Result<Check, DemoError> {
        let outcome = self.send(&mut material.world.clone(), &self.honest(material)?);
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
        altered.proven.proof.plain_mut().a_negated = honest.proven.proof.plain().c;
        attacks.push(self.judge(material, "alter a point of the proof", &altered, invalid()));

        let mut others = honest.clone();
        others.proven.proof = material.twins.proof;
        others.proven.score = material.twins.score;
        attacks.push(self.judge(material, "use the proof of a twin position", &others, invalid()));

        let mut rng = ChaCha20Rng::from_seed(self.seed);
        rng.set_stream(1);
        let (foreign_key, _) = setup_development(&self.model.circuit, &mut rng)?;
        let foreign = Scorer::new(self.model, &foreign_key)?;
        let proof = foreign.prove(&material.honest.features, material.honest.context, &mut rng)?.proof;
        let mut other_key = honest.clone();
        other_key.proven.proof = proof;
        attacks.push(self.judge(material, "prove under one's own key", &other_key, invalid()));

        // The same key, registered as a model by someone else, and that model's account in the transaction.
        let mut world = material.world.clone();
        let registration = self.registration(foreign_key.verifying_key().to_interface());
        registration.send(self, &mut world)?.map_err(DemoError::refused("register"))?;
        let mut other_model = other_key;
        other_model.proven.model = registration.account(self);
        let outcome = self.send(&mut world, &other_model);
        let expected = Expected::lending(LendingError::WrongModel);
        attacks.push(expected.judge("bring one's own registered model", outcome));
        Ok(())
    }

    /// Snapshots that are old, used up, or of another position.
    fn on_the_snapshot(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
        let honest = self.honest(material)?;
        let venue = self.venue;

        let mut world = material.world.clone();
        world.warp(material.snapshot.expires_at + 1);
        world.refresh_prices();
        let outcome = self.send(&mut world, &honest);
        let expected = Expected::lending(LendingError::SnapshotExpired);
        attacks.push(expected.judge("wait until the snapshot is stale", outcome));

        let mut world = material.world.clone();
        self.send(&mut world, &honest).map_err(DemoError::refused("liquidate_by_proof"))?;
        let outcome = self.send(&mut world, &honest);
        attacks.push(Expected::consumed().judge("replay a proof: its snapshot is consumed", outcome));

        world.warp(world.now() + i64::from(self.rules(&world)?.snapshot_spacing));
        world.refresh_prices();
        let take =
            venue.keys.take_snapshot(venue.keeper.address(), honest.liquidation.position, venue.prices);
        world.attempt(&venue.keeper.keypair, &[take]).map_err(DemoError::refused("snapshot"))?;
        let outcome = self.send(&mut world, &honest);
        let expected = Expected::verifier(VerifierError::ProofInvalid);
        attacks.push(expected.judge("replay a proof on the next snapshot", outcome));

        // The next snapshot at once, to choose among several.
        let mut world = material.world.clone();
        let take =
            venue.keys.take_snapshot(venue.keeper.address(), honest.liquidation.position, venue.prices);
        let outcome = world.attempt(&venue.keeper.keypair, &[take]).map(drop);
        let expected = Expected::lending(LendingError::SnapshotTooSoon);
        attacks.push(expected.judge("take snapshots until one suits", outcome));

        // A healthy position: its honest score opens nothing, and no proof of a higher one exists.
        let mut world = material.world.clone();
        let healthy = venue.borrowers.last().ok_or(DemoError::Scenario("there are borrowers"))?;
        let position = venue.position(healthy);
        let take = venue.keys.take_snapshot(venue.keeper.address(), position, venue.prices);
        world.attempt(&venue.keeper.keypair, &[take]).map_err(DemoError::refused("snapshot"))?;
        let snapshot: Snapshot = world.read(&MarketKeys::snapshot(&position))?;
        let mut rng = ChaCha20Rng::from_seed(self.seed);
        rng.set_stream(2);
        let proven =
            Scorer::new(self.model, self.key)?.prove(&snapshot.features, snapshot.context, &mut rng)?;
        let mut attempt = honest.clone();
        attempt.liquidation.position = position;
        attempt.proven.score = proven.score;
        attempt.proven.proof = proven.proof;
        let outcome = self.send(&mut world, &attempt);
        let expected = Expected::lending(LendingError::ScoreBelowThreshold);
        attacks.push(expected.judge("liquidate a healthy position, honest score", outcome));
        attempt.proven.score = material.honest.score;
        let outcome = self.send(&mut world, &attempt);
        let expected = Expected::lending(LendingError::BelowEarlyFloor);
        attacks.push(expected.judge("liquidate a healthy position, false score", outcome));
        Ok(())
    }

    /// Accounts swapped for others.
    fn on_the_accounts(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
        let honest = self.honest(material)?;
        let instruction =
            |attempt: &Attempt| self.venue.keys.liquidate_by_proof(&attempt.liquidation, &attempt.proven);

        // The twin's snapshot, which its position and proof fit, for this market's position.
        let mut world = material.world.clone();
        let twins = self.twin.position(self.party(self.twin)?);
        let swapped = swap(
            instruction(&honest),
            MarketKeys::snapshot(&honest.liquidation.position),
            MarketKeys::snapshot(&twins),
        );
        let outcome = world.attempt(&self.venue.keeper.keypair, &[swapped]).map(drop);
        let expected = Expected::lending(LendingError::WrongPosition);
        attacks.push(expected.judge("bring another position's snapshot", outcome));

        // A program of the attacker's in the verifier's place.
        let mut world = material.world.clone();
        let fake = world.deploy_copy("fake verifier", &assay_verifier::ID)?;
        let swapped = swap(instruction(&honest), assay_verifier::ID, fake);
        let outcome = world.attempt(&self.venue.keeper.keypair, &[swapped]).map(drop);
        let expected = Expected::lending(LendingError::WrongVerifier);
        attacks.push(expected.judge("bring a fake verifier program", outcome));

        // A price that the attacker wrote.
        let mut world = material.world.clone();
        let forged = world.forge_price(&self.venue.prices.collateral)?;
        let mut attempt = honest;
        attempt.liquidation.prices.collateral = forged;
        let outcome = self.send(&mut world, &attempt);
        let expected = Expected::lending(LendingError::PriceOwner);
        attacks.push(expected.judge("bring a price account of one's own", outcome));
        Ok(())
    }

    /// The verifier's registry: keys that allow forgeries, encodings with two readings, a stopped model.
    fn on_the_registry(&self, material: &Material, attacks: &mut Vec<Attack>) -> Result<(), DemoError> {
        let key = self.key.verifying_key().to_interface();
        let (mut equal, mut opposite) = (key, key);
        equal.plain_mut().delta_g2 = key.plain().gamma_g2;
        opposite.plain_mut().delta_g2 = negated(&key.plain().gamma_g2);
        for (name, key, error) in [
            ("register a key with gamma = delta", equal, VerifierError::KeyGammaEqualsDelta),
            ("register a key with gamma = -delta", opposite, VerifierError::KeyGammaOppositeDelta),
        ] {
            let outcome = self.registration(key).send(self, &mut material.world.clone())?;
            attacks.push(Expected::verifier(error).judge(name, outcome));
        }

        // The first limb plus the field's order: the same field element, in other bytes.
        let honest = &material.honest;
        let verify = |limbs: &[Scalar]| verifier::verify(self.account, &honest.proof, honest.context, limbs);
        let mut aliased = verify(&honest.limbs);
        let at = aliased.data.len().saturating_sub(32 * honest.limbs.len());
        let Some(limb) = aliased.data.get_mut(at..at + 32) else {
            return Err(DemoError::Scenario("the arguments hold a limb"));
        };
        add_order(limb);
        for (name, limb) in [
            ("an input above the field order (same residue)", aliased),
            ("an input at the field order", {
                let mut at_order = verify(&honest.limbs);
                if let Some(limb) = at_order.data.get_mut(at..at + 32) {
                    limb.copy_from_slice(&Scalar::MODULUS);
                }
                at_order
            }),
        ] {
            let outcome = material.world.clone().attempt(&self.venue.keeper.keypair, &[limb]).map(drop);
            attacks.push(Expected::verifier(VerifierError::LimbNotCanonical).judge(name, outcome));
        }

        let mut world = material.world.clone();
        let suspend = verifier::suspend(self.authority.address(), self.account);
        world.attempt(&self.authority.keypair, &[suspend]).map_err(DemoError::refused("suspend"))?;
        let outcome = self.send(&mut world, &self.honest(material)?);
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
        expected.judge(name, self.send(&mut material.world.clone(), attempt))
    }

    fn rules(&self, world: &World) -> Result<assay_client::lending::RiskParams, DemoError> {
        Ok(self.venue.read(world)?.params)
    }

    fn registration(&self, key: VerifyingKey) -> ForeignModel {
        ForeignModel { key }
    }
}

/// A model that the attacker registers and activates at once: development keys need no timelock, and no market that
/// did not choose them trusts them.
struct ForeignModel {
    key: VerifyingKey,
}

impl ForeignModel {
    fn account(&self, target: &Target<'_>) -> Address {
        verifier::model_address(&target.venue.keeper.address(), &self.key, &target.model.schema)
    }

    fn send(&self, target: &Target<'_>, world: &mut World) -> Result<Result<(), Refusal>, DemoError> {
        let attacker = &target.venue.keeper;
        let register = Registration {
            authority: attacker.address(),
            payer: attacker.address(),
            key: &self.key,
            schema: &target.model.schema,
            setup: SetupKind::Development,
            transcript_hash: [0; 32],
            timelock: 0,
        };
        let activate = verifier::activate(attacker.address(), self.account(target));
        let registered = world.attempt(&attacker.keypair, &[register.instruction()?]);
        Ok(registered.and_then(|_| world.attempt(&attacker.keypair, &[activate])).map(drop))
    }
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
