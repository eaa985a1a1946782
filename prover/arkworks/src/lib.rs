//! ark-groth16 as an oracle: the same constraints, the same key and the same randomness give the same proof, point for point.
//!
//! Tests and comparisons use it; no program that makes or checks proofs does. Only plain circuits over a domain of 2^k points
//! have a form there: a circuit with lookups is compared without its commitment, whose wires are private ones then.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod reduction;
mod synthesizer;

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_relations::gr1cs::SynthesisError;
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, R1cs};
use assay_groth16::{
    Proof, ProvingKey, SetupError, VerifyingKey,
    oracle::{self, Secrets},
    synthetic::Synthetic,
};

pub use reduction::CosetReduction;
pub use synthesizer::{Synthesizer, matrices};

/// arkworks' key, matrices and prover for one circuit.
pub struct Reference {
    key: ark_groth16::ProvingKey<Bn254>,
    matrices: Vec<Vec<Vec<(Fr, usize)>>>,
    instance: usize,
    constraints: usize,
}

impl Reference {
    /// The same key in arkworks' form; `None` where it has none: with a commitment, or over a domain other than 2^k.
    pub fn new(key: &ProvingKey, circuit: &Circuit) -> Option<Reference> {
        Some(Reference::of(proving_key(key)?, &circuit.r1cs))
    }

    /// A key of its own for a circuit's constraints, over the 2^k points that arkworks takes, and without a commitment.
    pub fn without_commitment(
        circuit: &Circuit,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Reference, SetupError> {
        Reference::for_system(&circuit.r1cs, circuit.digest(), rng)
    }

    /// A key of its own for a system that is no model's.
    pub fn for_synthetic(
        system: &Synthetic,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Reference, SetupError> {
        Reference::for_system(system.r1cs(), system.digest(), rng)
    }

    fn for_system(
        r1cs: &R1cs,
        digest: [u8; 32],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Reference, SetupError> {
        let key = oracle::setup(r1cs, digest, &Secrets::draw(rng))?;
        let key = proving_key(&key).ok_or(SetupError::Wires(r1cs.num_wires()))?;
        Ok(Reference::of(key, &oracle::without_commitment(r1cs)))
    }

    fn of(key: ark_groth16::ProvingKey<Bn254>, r1cs: &R1cs) -> Reference {
        Reference {
            key,
            matrices: matrices(r1cs),
            instance: r1cs.num_instance,
            constraints: r1cs.num_constraints(),
        }
    }

    /// arkworks' verifying key.
    pub fn verifying_key(&self) -> &ark_groth16::VerifyingKey<Bn254> {
        &self.key.vk
    }

    /// arkworks' proof for the values of all wires and this blinding.
    pub fn prove(&self, wires: &[Fr], r: Fr, s: Fr) -> Result<Proof, SynthesisError> {
        let proof = Groth16::<Bn254, CosetReduction>::create_proof_with_reduction_and_matrices(
            &self.key,
            r,
            s,
            &self.matrices,
            self.instance,
            self.constraints,
            wires,
        )?;
        Ok(oracle::proof(proof.a, proof.b, proof.c))
    }
}

/// The same key in arkworks' form; without meaning for a circuit with a commitment.
pub fn verifying_key(key: &VerifyingKey) -> ark_groth16::VerifyingKey<Bn254> {
    let points = oracle::verifying_points(key);
    ark_groth16::VerifyingKey {
        alpha_g1: points.alpha_g1,
        beta_g2: points.beta_g2,
        gamma_g2: points.gamma_g2,
        delta_g2: points.delta_g2,
        gamma_abc_g1: points.ic.to_vec(),
    }
}

/// A, B and C in arkworks' form.
pub fn proof(proof: &Proof) -> ark_groth16::Proof<Bn254> {
    let (a, b, c) = oracle::proof_points(proof);
    ark_groth16::Proof { a, b, c }
}

/// The same key in arkworks' form, identities included; `None` where it has none.
pub fn proving_key(key: &ProvingKey) -> Option<ark_groth16::ProvingKey<Bn254>> {
    let points = oracle::key_points(key)?;
    Some(ark_groth16::ProvingKey {
        vk: verifying_key(key.verifying_key()),
        beta_g1: points.beta_g1,
        delta_g1: points.delta_g1,
        a_query: points.a,
        b_g1_query: points.b_g1,
        b_g2_query: points.b_g2,
        h_query: points.h,
        l_query: points.l,
    })
}
