//! The model and its key, loaded once: integer scores for prechecks, proofs for liquidations.
//!
//! The blinding of a proof comes from the caller's generator, which must be cryptographic and never be replayed.

use std::time::{Duration, Instant};

use assay_circuits::{Assignment, Circuit};
use assay_compiler::CompiledModel;
use assay_groth16::{Prover, ProvingKey, scalar, verify};
use assay_interface::{
    features,
    field::Scalar,
    groth16::Proof,
    lending::{SCORE_BITS, limbs},
    schema::{TensorSchema, Visibility},
    statement::Statement,
};
use rand::{CryptoRng, RngCore};

use crate::error::{ModelError, ProofError};

/// A model that scores positions, paired with its proving key.
#[derive(Debug)]
pub struct Scorer<'a> {
    model: &'a CompiledModel,
    key: &'a ProvingKey,
    prover: Prover<&'a Circuit>,
}

/// A proof that the model gives this score for these features, in this context.
#[derive(Clone, Debug)]
pub struct ProvenScore {
    /// The proof.
    pub proof: Proof,
    /// What the proof is bound to.
    pub context: [u8; 32],
    /// The model's inputs.
    pub features: [i16; features::COUNT],
    /// The model's output.
    pub score: i16,
    /// The statement's limbs: features, then score.
    pub limbs: Vec<Scalar>,
    /// The statement's digest.
    pub digest: Scalar,
    /// How long it took.
    pub times: ProofTimes,
}

/// How long the parts of a proof took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofTimes {
    /// Solving for the witness.
    pub witness: Duration,
    /// Proving.
    pub prove: Duration,
    /// The prover's own check of the proof.
    pub verify: Duration,
}

impl ProofTimes {
    /// Witness and proof together: what the liquidation waits for.
    pub fn total(&self) -> Duration {
        self.witness + self.prove
    }
}

impl<'a> Scorer<'a> {
    /// Pairs a model with its key.
    ///
    /// # Errors
    /// The model is no liquidation-risk model (one public tensor of 16 features, one score), or the key is of another
    /// circuit.
    pub fn new(model: &'a CompiledModel, key: &'a ProvingKey) -> Result<Self, ModelError> {
        let (inputs, outputs) = (model.schema.inputs(), model.schema.outputs());
        match (inputs, outputs) {
            ([input], [output]) => {
                expect(input, features::COUNT, features::BITS, Some(features::SCALE))?;
                expect(output, 1, SCORE_BITS, None)?;
            }
            _ => return Err(ModelError::Tensors { inputs: inputs.len(), outputs: outputs.len() }),
        }
        Ok(Self { model, key, prover: Prover::new(key, &model.circuit)? })
    }

    /// Domain tag of the model's statements.
    pub fn domain(&self) -> Scalar {
        self.model.schema.domain()
    }

    /// The score, by the integer reference: what a proof would show.
    ///
    /// # Errors
    /// A feature is outside its bits; none that the lending program computes is.
    pub fn score(&self, features: &[i16; features::COUNT]) -> Result<i16, ProofError> {
        let outputs = self.model.graph.run(&[features.map(i64::from).to_vec()])?;
        only_score(&outputs)
    }

    /// Proves the score of `features` in `context`, and checks the proof before anyone pays to have it checked.
    ///
    /// # Errors
    /// A feature is outside its bits; or a proof fails its own check, which is a defect of this machine.
    pub fn prove(
        &self,
        features: &[i16; features::COUNT],
        context: [u8; 32],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<ProvenScore, ProofError> {
        let start = Instant::now();
        let inputs = vec![features.map(i64::from).to_vec()];
        let witness = self.model.circuit.solve(&Assignment { inputs, context, salts: Vec::new() })?;
        let solved = start.elapsed();
        let proof = self.prover.prove(&witness, rng)?;
        let proven = start.elapsed();

        let score = only_score(witness.outputs())?;
        let limbs = limbs(features, score)?;
        let statement = Statement { domain: self.model.schema.domain(), context, limbs };
        let digest = statement.digest()?;
        if scalar(witness.digest()) != digest {
            return Err(ProofError::Digest);
        }
        let start = Instant::now();
        verify(self.key.verifying_key(), &proof, &digest)?;
        let times =
            ProofTimes { witness: solved, prove: proven.saturating_sub(solved), verify: start.elapsed() };
        Ok(ProvenScore {
            proof: proof.to_interface(),
            context,
            features: *features,
            score,
            limbs: statement.limbs,
            digest,
            times,
        })
    }
}

/// The score: the one element of the one output.
fn only_score(outputs: &[Vec<i64>]) -> Result<i16, ProofError> {
    let [score] = outputs.first().map_or(&[][..], Vec::as_slice) else {
        return Err(ProofError::Score(None));
    };
    i16::try_from(*score).map_err(|_| ProofError::Score(Some(*score)))
}

/// Fails unless a tensor is what the lending program makes its statements of.
fn expect(tensor: &TensorSchema, elements: usize, bits: u8, scale: Option<i8>) -> Result<(), ModelError> {
    let fits = tensor.elements() == elements
        && tensor.bits == bits
        && tensor.visibility == Visibility::Public
        && scale.is_none_or(|scale| scale == tensor.scale);
    if fits { Ok(()) } else { Err(ModelError::Tensor { tensor: tensor.clone(), elements, bits, scale }) }
}
