//! A small model with the liquidation-risk schema's shapes: its score is the first feature, the loan-to-value ratio. Its
//! circuit, key and proofs are real.

use std::sync::LazyLock;

use assay_circuits::{Assignment, Builder, Circuit, StatementInput, StatementOutput, Visibility as Bound};
use assay_groth16::{Prover, ProvingKey, VerifyingKey, element, setup_development};
use assay_interface::{
    features,
    groth16::Proof,
    lending::SCORE_BITS,
    schema::{ModelSchema, TensorSchema, Visibility},
};
use assay_lending::state::Snapshot;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// The model, its keys and its circuit.
pub struct Model {
    pub schema: ModelSchema,
    pub circuit: Circuit,
    pub key: VerifyingKey,
    proving_key: ProvingKey,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score", 1));

/// Same circuit and shapes under another name: another domain.
static RENAMED: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score-renamed", 2));

impl Model {
    /// The model of the tests, set up once.
    pub fn shared() -> &'static Self {
        &MODEL
    }

    /// A second model with another domain.
    pub fn renamed() -> &'static Self {
        &RENAMED
    }

    fn build(name: &str, seed: u64) -> Self {
        let tensor = |name: &str, shape, bits, scale| TensorSchema {
            name: name.to_owned(),
            shape: vec![shape],
            bits,
            scale,
            visibility: Visibility::Public,
        };
        let inputs = vec![tensor("features", features::COUNT as u32, features::BITS, features::SCALE)];
        let outputs = vec![tensor("score", 1, SCORE_BITS, features::SCALE)];
        let schema = ModelSchema::new(name.to_owned(), inputs, outputs).unwrap();

        let mut builder = Builder::new();
        let features = builder.input("features", features::COUNT, features::BITS).unwrap();
        let input = StatementInput { values: &features, bits: features::BITS, visibility: Bound::Public };
        let output = StatementOutput { values: &features[..1], bits: SCORE_BITS };
        builder.bind_statement(element(&schema.domain()), &[input], &[output]).unwrap();
        let circuit = builder.finish().unwrap();
        let (proving_key, key) = setup_development(&circuit, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap();
        Self { schema, circuit, key, proving_key }
    }

    /// The score that the model gives.
    pub fn score(snapshot: &Snapshot) -> i16 {
        snapshot.features[0]
    }

    /// A proof of the score for a snapshot.
    pub fn prove(&self, snapshot: &Snapshot) -> Proof {
        self.prove_for(snapshot.features, snapshot.context)
    }

    /// A proof of the score for any features and context.
    pub fn prove_for(&self, features: [i16; features::COUNT], context: [u8; 32]) -> Proof {
        let inputs = vec![features.map(i64::from).to_vec()];
        let witness = self.circuit.solve(&Assignment { inputs, context, salts: vec![] }).unwrap();
        let prover = Prover::new(&self.proving_key, &self.circuit).unwrap();
        prover.prove(&witness, &mut ChaCha20Rng::seed_from_u64(3)).unwrap().to_interface()
    }
}
