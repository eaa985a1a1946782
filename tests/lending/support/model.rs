//! A small model with the liquidation-risk schema's shapes: its score is the first feature, the loan-to-value ratio. Its
//! circuit, key and proofs are real.

use std::sync::LazyLock;

use assay_circuits::Ranges;
use assay_interface::field::Scalar;
use assay_interface::groth16::{Proof, Transcript};
use assay_lending::state::Snapshot;
use assay_lending_interface::features::COUNT;
use assay_lending_interface::formats::{FEATURES, SCORE};
use assay_tests::pass_through::{PassThrough, tensor};

/// The model, its keys and its circuit.
pub struct Model(PassThrough);

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score", Ranges::Bits, 1));

/// Same circuit and shapes under another name: another domain.
static RENAMED: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score-renamed", Ranges::Bits, 2));

/// Same shapes, ranges by lookups: a key with a commitment.
static COMMITTED: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score-committed", Ranges::Lookup, 3));

/// The shared model's circuit and domain under another key, as a series' next model would have.
static SUCCESSOR: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score", Ranges::Bits, 4));

impl std::ops::Deref for Model {
    type Target = PassThrough;

    fn deref(&self) -> &PassThrough {
        &self.0
    }
}

impl Model {
    /// The model of the tests, set up once.
    pub fn shared() -> &'static Self {
        &MODEL
    }

    /// A second model with another domain.
    pub fn renamed() -> &'static Self {
        &RENAMED
    }

    /// A model whose proofs hold a commitment.
    pub fn committed() -> &'static Self {
        &COMMITTED
    }

    /// A model of the shared one's domain with another key.
    pub fn successor() -> &'static Self {
        &SUCCESSOR
    }

    fn build(name: &str, ranges: Ranges, seed: u64) -> Self {
        let input = tensor("features", COUNT as u32, FEATURES.bits, FEATURES.scale);
        Self(PassThrough::build(name, input, tensor("score", 1, SCORE.bits, FEATURES.scale), ranges, seed))
    }

    /// The score that the model gives.
    pub fn score(snapshot: &Snapshot) -> i16 {
        snapshot.features[0]
    }

    /// A proof of some score for any features and context, for the verifier of a transcript, and the statement's digest.
    pub fn prove_for(
        &self,
        transcript: Transcript,
        features: [i16; COUNT],
        context: [u8; 32],
    ) -> (Proof, Scalar) {
        let (proof, statement) = self.0.prove(&features.map(i64::from), context, transcript, 3);
        (proof, statement.digest().unwrap())
    }
}
