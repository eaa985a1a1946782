//! A small model with the liquidation-risk schema's shapes: its score is the first feature, the loan-to-value ratio. Its
//! circuit, key and proofs are real.

use std::sync::LazyLock;

use assay_circuits::{Assignment, Builder, Circuit, StatementInput, StatementOutput, Visibility as Bound};
use assay_groth16::{Prover, ProvingKey, element, setup_development};
use assay_interface::{
    features,
    groth16::{Proof, Transcript, VerifyingKey},
    lending::{SCORE_BITS, limbs},
    schema::{ModelSchema, TensorSchema, Visibility},
    statement::Statement,
};
use assay_lending::state::Snapshot;
use assay_tests::toy::Toy;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// The model, its keys and its circuit.
pub struct Model {
    pub schema: ModelSchema,
    pub key: VerifyingKey,
    maker: Maker,
}

/// What makes the proofs.
enum Maker {
    /// The circuit of the score, without a commitment.
    Circuit { circuit: Box<Circuit>, proving_key: Box<ProvingKey> },
    /// The toy with a commitment: it has a proof for every statement, and makes those of true scores.
    Toy(Box<Toy>),
}

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score", 1));

/// Same circuit and shapes under another name: another domain.
static RENAMED: LazyLock<Model> = LazyLock::new(|| Model::build("ltv-score-renamed", 2));

/// A model whose key has a commitment.
static COMMITTED: LazyLock<Model> = LazyLock::new(|| {
    let toy = Toy::new(3);
    let schema = Model::schema("ltv-score-committed");
    Model { schema, key: toy.key().into(), maker: Maker::Toy(Box::new(toy)) }
});

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

    fn schema(name: &str) -> ModelSchema {
        let tensor = |name: &str, shape, bits, scale| TensorSchema {
            name: name.to_owned(),
            shape: vec![shape],
            bits,
            scale,
            visibility: Visibility::Public,
        };
        let inputs = vec![tensor("features", features::COUNT as u32, features::BITS, features::SCALE)];
        let outputs = vec![tensor("score", 1, SCORE_BITS, features::SCALE)];
        ModelSchema::new(name.to_owned(), inputs, outputs).unwrap()
    }

    fn build(name: &str, seed: u64) -> Self {
        let schema = Self::schema(name);
        let mut builder = Builder::new();
        let features = builder.input("features", features::COUNT, features::BITS).unwrap();
        let input = StatementInput { values: &features, bits: features::BITS, visibility: Bound::Public };
        let output = StatementOutput { values: &features[..1], bits: SCORE_BITS };
        builder.bind_statement(element(&schema.domain()), &[input], &[output]).unwrap();
        let circuit = builder.finish().unwrap();
        let (proving_key, key) = setup_development(&circuit, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap();
        let maker = Maker::Circuit { circuit: Box::new(circuit), proving_key: Box::new(proving_key) };
        Self { schema, key: key.to_interface(), maker }
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
        match &self.maker {
            Maker::Circuit { circuit, proving_key } => {
                let inputs = vec![features.map(i64::from).to_vec()];
                let witness = circuit.solve(&Assignment { inputs, context, salts: vec![] }).unwrap();
                let prover = Prover::new(proving_key, circuit).unwrap();
                prover.prove(&witness, &mut ChaCha20Rng::seed_from_u64(3)).unwrap().to_interface()
            }
            Maker::Toy(toy) => {
                let limbs = limbs(&features, features[0]).unwrap().to_vec();
                let statement = Statement { domain: self.schema.domain(), context, limbs };
                let digest = element(&statement.digest().unwrap());
                toy.prove(digest, Transcript::Assay, 3).encode().into()
            }
        }
    }
}
