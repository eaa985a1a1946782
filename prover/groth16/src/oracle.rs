//! What a second implementation is compared through: secrets and blinding of the caller's choice, and the points of a key.
//!
//! **For tests and comparisons only.** With chosen secrets anyone can forge, and with chosen blinding a proof hides nothing:
//! that is why this is behind the feature `oracle`, which no program that makes keys or proofs enables.

use std::ops::Deref;

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, NUM_INSTANCE, R1cs, Witness};
use assay_engine::Domain;
use assay_interface::{field::Scalar, groth16::SetupKind};

use crate::{
    key::{BasePoints, ProvingKey, Query, VerifyingKey},
    progress::Observer,
    proof::{Proof, VerifyError, verify_with},
    prove::{ProveError, ProveTimings, Prover},
    setup::{self, SetupError, System, setup_with},
    weights::{CommittedWeights, WeightsProver, WeightsProvingKey, WeightsVerifyingKey},
};

/// The secrets of a setup.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // their names in the literature
pub struct Secrets {
    pub alpha: Fr,
    pub beta: Fr,
    pub gamma: Fr,
    pub delta: Fr,
    pub tau: Fr,
}

impl Secrets {
    /// Random ones.
    pub fn draw(rng: &mut (impl RngCore + CryptoRng)) -> Secrets {
        let setup::Secrets { alpha, beta, gamma, delta, tau, sigma: _ } = setup::Secrets::draw(rng);
        Secrets { alpha, beta, gamma, delta, tau }
    }
}

/// A key for a system without a commitment, of these secrets and over the 2^k points that arkworks takes. A circuit's
/// commitment is left out: what it commits to is one more private wire, and the challenge too, so that matrices and work
/// are the same.
pub fn setup(r1cs: &R1cs, digest: [u8; 32], secrets: &Secrets) -> Result<ProvingKey, SetupError> {
    let plain = without_commitment(r1cs);
    let Secrets { alpha, beta, gamma, delta, tau } = *secrets;
    let secrets = setup::Secrets { alpha, beta, gamma, delta, tau, sigma: Fr::from(1u64) };
    let rows = plain.num_constraints() + plain.num_instance;
    let domain = Domain::with_size(rows.next_power_of_two())?;
    let system = System { r1cs: &plain, commitment: None, weights: None, digest };
    setup_with(&system, &secrets, &domain, SetupKind::Development, Observer::none())
}

/// A key for a circuit with weights and no lookups, of these secrets and over the 2^k points that arkworks takes.
pub fn setup_weights(
    circuit: &Circuit,
    secrets: &Secrets,
    sigma_weights: Fr,
) -> Result<WeightsProvingKey, SetupError> {
    let Secrets { alpha, beta, gamma, delta, tau } = *secrets;
    let secrets = setup::Secrets { alpha, beta, gamma, delta, tau, sigma: Fr::from(1u64) };
    let rows = circuit.r1cs.num_constraints() + circuit.r1cs.num_instance;
    let domain = Domain::with_size(rows.next_power_of_two())?;
    let weights = circuit.weights.as_ref().map(|weights| (weights, sigma_weights));
    let system = System { weights, ..System::of(circuit) };
    let key = setup_with(&system, &secrets, &domain, SetupKind::Development, Observer::none())?;
    Ok(WeightsProvingKey::new(key)?)
}

/// The proof of this witness under these weights and this blinding, for a circuit without lookups.
pub fn prove_with_weights<C: Deref<Target = Circuit>>(
    prover: &WeightsProver<C>,
    weights: &CommittedWeights,
    witness: &Witness,
    r: Fr,
    s: Fr,
) -> Result<Proof, ProveError> {
    prover.prove_blinded(weights, witness, r, s)
}

/// The points of a verifying key with weights, but for sigma_w.
pub fn points_with_weights(key: &WeightsVerifyingKey) -> VerifyingPoints {
    verifying_points(key.inner())
}

/// The same constraints with the challenge among the private wires.
pub fn without_commitment(r1cs: &R1cs) -> R1cs {
    let mut plain = r1cs.clone();
    plain.num_witness += plain.num_instance - NUM_INSTANCE;
    plain.num_instance = NUM_INSTANCE;
    plain
}

/// The proof of these values of all wires under this blinding, for a circuit without a commitment.
pub fn prove<C: Deref<Target = Circuit>>(
    prover: &Prover<C>,
    wires: &[Fr],
    r: Fr,
    s: Fr,
) -> Result<Proof, ProveError> {
    prover.core().prove(wires, r, s, &mut ProveTimings::default())
}

/// What a commitment's challenge is, from the key's hash, the commitment and the statement's digest.
pub type Challenge<'a> = &'a dyn Fn(&[u8; 32], &[u8; 64], &Scalar) -> Scalar;

/// A proof for a verifier whose challenge is another than Assay's.
pub fn prove_with_challenge<C: Deref<Target = Circuit>>(
    prover: &Prover<C>,
    witness: &Witness,
    challenge: Challenge<'_>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Proof, ProveError> {
    prover.prove_with(witness, challenge, None, rng).map(|(proof, _)| proof)
}

/// Whether this is a proof with this challenge.
pub fn verify_with_challenge(
    key: &VerifyingKey,
    proof: &Proof,
    digest: &Scalar,
    challenge: Challenge<'_>,
) -> Result<(), VerifyError> {
    verify_with(key, proof, digest, challenge, G1Affine::default())
}

/// The proof that has these points, and no commitment.
pub fn proof(a: G1Affine, b: G2Affine, c: G1Affine) -> Proof {
    Proof { a, b, c, commitment: None }
}

/// A, B and C.
pub fn proof_points(proof: &Proof) -> (G1Affine, G2Affine, G1Affine) {
    (proof.a, proof.b, proof.c)
}

/// The points of a proving key without a commitment, one for each wire, identities included.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // as in the module `setup`
pub struct KeyPoints {
    pub beta_g1: G1Affine,
    pub delta_g1: G1Affine,
    pub a: Vec<G1Affine>,
    pub b_g1: Vec<G1Affine>,
    pub b_g2: Vec<G2Affine>,
    /// Of the private wires.
    pub l: Vec<G1Affine>,
    /// Of the domain.
    pub h: Vec<G1Affine>,
}

/// The points of a verifying key.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // their names in the literature
pub struct VerifyingPoints {
    pub alpha_g1: G1Affine,
    pub beta_g2: G2Affine,
    pub gamma_g2: G2Affine,
    pub delta_g2: G2Affine,
    pub ic: [G1Affine; 2],
}

/// The points of `key`.
pub fn verifying_points(key: &VerifyingKey) -> VerifyingPoints {
    let BasePoints { alpha_g1, beta_g2, gamma_g2, delta_g2 } = key.points.base;
    VerifyingPoints { alpha_g1, beta_g2, gamma_g2, delta_g2, ic: key.points.ic }
}

/// The points of `key`; `None` for one with a commitment, or over a domain of another size than 2^k.
pub fn key_points(key: &ProvingKey) -> Option<KeyPoints> {
    if key.verifying_key.has_commitment() || !key.counts.domain.is_power_of_two() {
        return None;
    }
    let (wires, instance) = (key.counts.wires as usize, usize::from(key.counts.instance));
    Some(KeyPoints {
        beta_g1: key.beta_g1,
        delta_g1: key.delta_g1,
        a: expand(key.a(), wires),
        b_g1: expand(key.b_g1(), wires),
        b_g2: expand(key.b_g2(), wires),
        l: expand::<_, G1Affine>(key.l(), wires).split_off(instance),
        h: key.h().iter().map(|point| (*point).into()).collect(),
    })
}

/// The points of all wires: a key holds those that are not the identity.
fn expand<P: Copy + Into<Q>, Q: Clone + Default>(query: Query<'_, P>, wires: usize) -> Vec<Q> {
    let mut points = vec![Q::default(); wires];
    for (&wire, &point) in query.wires.iter().zip(query.points) {
        points[wire as usize] = point.into(); // a key's wires are below their count
    }
    points
}
