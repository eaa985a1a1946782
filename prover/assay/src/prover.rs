//! Proving: keys and model paired once, for any number of proofs at a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use assay_groth16::{Observer, Proof, ProveError, ProveTimings, Stage, verify};
use assay_interface::{field::Scalar, proof_file::ProofFile, statement::Statement};
use rand::{CryptoRng, RngCore, SeedableRng, rngs::OsRng};
use rand_chacha::ChaCha20Rng;

use crate::{
    context::Context,
    error::Error,
    execution::Execution,
    keys::{CircuitBinding, Keys},
    model::{Model, SharedCircuit},
    salts::Salts,
    values::{Inputs, Outputs},
};

/// A model and its keys, ready to prove. A clone shares both; proofs may be made from many threads at once, each of which takes
/// the memory that [`Model::estimate`] says, less the keys.
#[derive(Clone, Debug)]
pub struct Prover(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    model: Model,
    prover: assay_groth16::Prover<SharedCircuit>,
    key_digest: [u8; 32],
    binding: CircuitBinding,
}

/// What a model decided, and the proof of it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What the proof states.
    pub statement: Statement,
    /// The statement's digest: the proof's public input.
    pub digest: Scalar,
    /// The outputs, which the statement holds as well.
    pub outputs: Outputs,
    /// The proof, verified under the prover's own key.
    pub proof: Proof,
    /// The salts of committed inputs: who has them and the inputs can show what was committed to.
    pub salts: Salts,
    /// Digest of the `.vk` artifact of the key.
    pub key: [u8; 32],
    /// How long it took.
    pub timings: Timings,
}

/// How long the parts of a decision took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Solving for the witness; zero where that was done before.
    pub solve: Duration,
    /// Proving.
    pub prove: Duration,
    /// Checking the proof.
    pub check: Duration,
    /// The phases of proving.
    pub phases: ProveTimings,
}

impl Prover {
    /// Pairs a model with keys.
    ///
    /// # Errors
    /// [`Error::Prove`] where the keys name another circuit or have points for other wires than this one's, or where a proof's
    /// working set does not fit into memory.
    pub fn new(model: &Model, keys: &Keys) -> Result<Prover, Error> {
        let prover = assay_groth16::Prover::new(keys.proving_key(), model.shared_circuit())?;
        let key_digest = keys.verifying_key().digest();
        Ok(Prover(Arc::new(Inner { model: model.clone(), prover, key_digest, binding: keys.binding() })))
    }

    /// Proves what the model decides for these inputs, with fresh salts for committed ones and randomness of the system.
    ///
    /// # Errors
    /// [`Error::OtherModel`] for the inputs of another model, [`Error::Randomness`] where the system has none.
    pub fn prove(&self, inputs: &Inputs, context: Context) -> Result<Decision, Error> {
        let mut rng = system_rng()?;
        let salts = Salts::draw(&self.0.model, &mut rng);
        self.prove_with(inputs, context, &salts, &mut rng, Observer::none())
    }

    /// As [`Prover::prove`], with the caller's salts and generator. The generator must be cryptographic and never be replayed:
    /// two proofs with the same blinding give away the witness.
    ///
    /// # Errors
    /// As [`Prover::prove`], [`Error::SaltCount`] for too few or many salts, and [`Error::Cancelled`].
    pub fn prove_with(
        &self,
        inputs: &Inputs,
        context: Context,
        salts: &Salts,
        rng: &mut (impl RngCore + CryptoRng),
        observer: Observer<'_>,
    ) -> Result<Decision, Error> {
        observer.report(Stage::Solve, 0, 1)?;
        let start = Instant::now();
        let execution = self.0.model.execute(inputs, context, salts)?;
        let solve = start.elapsed();
        observer.report(Stage::Solve, 1, 1)?;
        let mut decision = self.prove_execution(&execution, rng, observer)?;
        decision.timings.solve = solve;
        Ok(decision)
    }

    /// Proves what was executed before: for a caller that needs the witness as well.
    ///
    /// # Errors
    /// As [`Prover::prove_with`].
    pub fn prove_execution(
        &self,
        execution: &Execution,
        rng: &mut (impl RngCore + CryptoRng),
        observer: Observer<'_>,
    ) -> Result<Decision, Error> {
        let Inner { model, prover, key_digest, .. } = &*self.0;
        if execution.model.circuit_digest() != model.circuit_digest() {
            return Err(Error::OtherModel {
                expected: model.name().into(),
                found: execution.model.name().into(),
            });
        }
        let start = Instant::now();
        let (proof, phases) =
            prover.prove_timed(&execution.witness, rng, observer).map_err(|error| match error {
                ProveError::Unsatisfied(violation) => Error::Unsatisfied(violation),
                other => other.into(),
            })?;
        let prove = start.elapsed();
        let start = Instant::now();
        verify(prover.key().verifying_key(), &proof, &execution.digest).map_err(Error::SelfCheck)?;
        let check = start.elapsed();
        observer.report(Stage::Check, 1, 1)?;
        Ok(Decision {
            statement: execution.statement.clone(),
            digest: execution.digest,
            outputs: execution.outputs(),
            proof,
            salts: execution.salts.clone(),
            key: *key_digest,
            timings: Timings { solve: Duration::ZERO, prove, check, phases },
        })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.0.model
    }

    /// The verifying key of its proofs.
    pub fn verifying_key(&self) -> &assay_groth16::VerifyingKey {
        self.0.prover.key().verifying_key()
    }

    /// What ties the keys to the model's circuit.
    pub fn binding(&self) -> CircuitBinding {
        self.0.binding
    }
}

impl Decision {
    /// The decision as a `.proof` file holds it: proof and statement.
    pub fn to_file(&self) -> ProofFile {
        ProofFile { proof: self.proof.to_interface(), statement: self.statement.clone(), key: self.key }
    }

    /// The bytes of a `.proof` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_file().to_bytes()
    }
}

/// A generator that the system seeds.
///
/// # Errors
/// [`Error::Randomness`] where the system has no random numbers.
pub fn system_rng() -> Result<ChaCha20Rng, Error> {
    let mut seed = [0; 32];
    OsRng.try_fill_bytes(&mut seed).map_err(Error::Randomness)?;
    Ok(ChaCha20Rng::from_seed(seed))
}
