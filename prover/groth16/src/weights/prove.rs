//! Proofs under committed weights, and their verification on the host.

use std::ops::Deref;

#[cfg(any(test, feature = "oracle"))]
use ark_bn254::Fr;
use ark_bn254::G1Affine;
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, Witness};
use assay_engine::Backend;
use assay_interface::{
    field::Scalar,
    groth16::{
        G1_LEN,
        weights::{WeightsCommitment, weights_challenge},
    },
};

use super::{
    commit::CommittedWeights,
    key::{WeightsProvingKey, WeightsVerifyingKey},
};
use crate::{
    points::Point,
    progress::{Observer, Stage},
    proof::{Proof, VerifyError, verify_with},
    prove::{Known, ProveError, ProveTimings, Prover},
};

#[cfg(any(test, feature = "oracle"))]
use crate::prove::Core;

/// A proving key with weights and its circuit, paired once for any number of proofs of any number of models: as [`Prover`].
#[derive(Debug)]
pub struct WeightsProver<C> {
    prover: Prover<C>,
    basis: [u8; 32],
}

impl<C: Deref<Target = Circuit>> WeightsProver<C> {
    /// Pairs a key with its circuit: see [`Prover::new`].
    pub fn new(key: &WeightsProvingKey, circuit: C) -> Result<WeightsProver<C>, ProveError> {
        WeightsProver::with_backend(key, circuit, Backend::detect()?)
    }

    /// As [`WeightsProver::new`], with the arithmetic named by the caller.
    pub fn with_backend(
        key: &WeightsProvingKey,
        circuit: C,
        backend: Backend,
    ) -> Result<WeightsProver<C>, ProveError> {
        let prover = Prover::with_backend(key.inner(), circuit, backend)?;
        Ok(WeightsProver { prover, basis: key.basis() })
    }

    /// The circuit.
    pub fn circuit(&self) -> &Circuit {
        self.prover.circuit()
    }

    /// A proof of the witness' digest under these weights, blinded by elements from `rng`. The witness was solved for the same
    /// weights, and need not be complete.
    ///
    /// # Errors
    /// [`ProveError::OtherSetup`] and [`ProveError::OtherWeight`], beside those of [`Prover::prove`].
    pub fn prove(
        &self,
        weights: &CommittedWeights,
        witness: &Witness,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Proof, ProveError> {
        self.prove_timed(weights, witness, rng, Observer::none()).map(|(proof, _)| proof)
    }

    /// As [`WeightsProver::prove`], with the time of each phase, telling `observer` before and after.
    pub fn prove_timed(
        &self,
        weights: &CommittedWeights,
        witness: &Witness,
        rng: &mut (impl RngCore + CryptoRng),
        observer: Observer<'_>,
    ) -> Result<(Proof, ProveTimings), ProveError> {
        observer.report(Stage::Prove, 0, 1)?;
        let witness = self.with_mask(weights, witness)?;
        let commitment = weights.commitment();
        let challenge = |key_hash: &[u8; 32], d: &[u8; G1_LEN], digest: &Scalar| {
            weights_challenge(key_hash, &commitment, d, digest)
        };
        let proof = self.prover.prove_with(&witness, &challenge, Some(self.known(weights)), rng)?;
        observer.report(Stage::Prove, 1, 1)?;
        Ok(proof)
    }

    /// The witness with the mask of the weights, once it is known to be of them.
    pub(crate) fn with_mask(
        &self,
        weights: &CommittedWeights,
        witness: &Witness,
    ) -> Result<Witness, ProveError> {
        if self.basis != *weights.basis() {
            return Err(ProveError::OtherSetup);
        }
        let (expected, found) = (self.circuit().r1cs.num_wires(), witness.values.len());
        if expected != found {
            return Err(ProveError::WitnessLength { expected, found });
        }
        // The key's weights are the circuit's, wires that it has.
        let wires = self.prover.key().weights().wires;
        let mut witness = witness.clone();
        for (index, (&wire, &weight)) in wires.iter().zip(weights.weights().iter()).enumerate() {
            if witness.values[wire as usize] != weight.into() {
                return Err(ProveError::OtherWeight { index });
            }
        }
        if let Some(&mask) = wires.last() {
            witness.values[mask as usize] = weights.mask();
        }
        Ok(witness)
    }

    /// Their part of the sum A.
    pub(super) fn known(&self, weights: &CommittedWeights) -> Known<'_> {
        Known { wires: self.prover.key().weights().wires, a: weights.a() }
    }

    /// As [`WeightsProver::prove`], with this blinding, for a circuit without lookups.
    #[cfg(any(test, feature = "oracle"))]
    pub(crate) fn prove_blinded(
        &self,
        weights: &CommittedWeights,
        witness: &Witness,
        r: Fr,
        s: Fr,
    ) -> Result<Proof, ProveError> {
        let witness = self.with_mask(weights, witness)?;
        let core = Core { known: Some(self.known(weights)), ..self.prover.core() };
        core.prove(&witness.values, r, s, &mut ProveTimings::default())
    }

    #[cfg(test)]
    pub(crate) fn inner(&self) -> &Prover<C> {
        &self.prover
    }
}

/// Accepts exactly the proofs of `digest` under `key` for the weights in `weights`, which passed
/// `assay_interface::groth16::weights::check_weights`. About 2 ms.
///
/// `assay_interface::groth16::weights::verify_with_weights` is the same predicate on the interface's bytes; the tests hold them equal. The
/// equations are checked one by one here.
pub fn verify(
    key: &WeightsVerifyingKey,
    weights: &WeightsCommitment,
    proof: &Proof,
    digest: &Scalar,
) -> Result<(), VerifyError> {
    let point: G1Affine = Point::read(&weights.0).map_err(|error| VerifyError::Weights { error })?;
    let challenge = |key_hash: &[u8; 32], d: &[u8; G1_LEN], digest: &Scalar| {
        weights_challenge(key_hash, weights, d, digest)
    };
    verify_with(key.inner(), proof, digest, &challenge, point)
}
