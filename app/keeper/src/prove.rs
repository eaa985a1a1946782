//! From a strategy's question to its answer, by the prover.

use assay::{Context, Prover, Salts, Timings};
use assay_host::strategy::{Answer, Evaluate, Question};
use assay_interface::schema::ModelSchema;
use rand::{CryptoRng, RngCore};

/// An answer, and how long its proof took.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The answer.
    pub answer: Answer,
    /// How long the parts took.
    pub timings: Timings,
}

/// Proves what a strategy asks. The generator must be cryptographic and never be replayed where proofs must hide inputs.
///
/// # Errors
/// The inputs are not the model's; or the proof fails its own check, which is a defect of this machine.
pub fn prove(
    prover: &Prover,
    question: Question,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Proof, assay::Error> {
    let model = prover.model();
    let inputs = model.inputs(question.inputs.clone())?;
    let salts = Salts::draw(model, rng);
    let decision =
        prover.prove_with(&inputs, Context::from(question.context), &salts, rng, assay::Observer::none())?;
    let answer = Answer {
        question,
        outputs: decision.outputs.integers().to_vec(),
        limbs: decision.statement.limbs,
        digest: decision.digest,
        proof: decision.proof.to_interface(),
    };
    Ok(Proof { answer, timings: decision.timings })
}

/// The prover's model, as strategies ask it.
pub(crate) struct Model<'a>(pub &'a Prover);

impl Evaluate for Model<'_> {
    fn schema(&self) -> &ModelSchema {
        self.0.model().schema()
    }

    fn key_hash(&self) -> [u8; 32] {
        self.0.verifying_key().to_interface().key_hash()
    }

    fn evaluate(
        &self,
        inputs: &[Vec<i64>],
    ) -> Result<Vec<Vec<i64>>, Box<dyn std::error::Error + Send + Sync>> {
        let model = self.0.model();
        Ok(model.evaluate(&model.inputs(inputs.to_vec())?)?.integers().to_vec())
    }
}
