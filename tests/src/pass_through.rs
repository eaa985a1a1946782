//! A model whose output is the beginning of its input: the smallest with a circuit, keys and proofs of its own, which
//! the tests of the programs register.

use assay_circuits::{Assignment, Builder, Circuit, Membership, Ranges, StatementInput, StatementOutput};
use assay_groth16::{Prover, ProvingKey, element, oracle, scalar, setup_development};
use assay_interface::field::Scalar;
use assay_interface::groth16::{Proof, Transcript, VerifyingKey};
use assay_interface::member::Claim;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement::{Statement, TensorValue};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// The model, its circuit and its keys.
pub struct PassThrough {
    /// One input, and one output that is no longer.
    pub schema: ModelSchema,
    /// Plain where ranges are proven by bits, committed where by lookups.
    pub key: VerifyingKey,
    circuit: Circuit,
    proving_key: ProvingKey,
}

/// A tensor in public.
pub fn tensor(name: &str, len: u32, bits: u8, scale: i8) -> TensorSchema {
    TensorSchema {
        name: name.to_owned(),
        shape: vec![len],
        bits,
        scales: scale.into(),
        missing: Default::default(),
        visibility: Visibility::Public,
    }
}

impl PassThrough {
    /// The model from `input` to the first values of it, with a key that `seed` gives.
    ///
    /// # Panics
    /// When the tensors are no model's.
    pub fn build(name: &str, input: TensorSchema, output: TensorSchema, ranges: Ranges, seed: u64) -> Self {
        let len = |tensor: &TensorSchema| tensor.shape.iter().product::<u32>() as usize;
        let mut builder = Builder::with_ranges(ranges);
        let values = builder.input(&input.name, len(&input), input.bits).expect("the input fits a circuit");
        let bound_input = StatementInput { values: &values, bits: input.bits, visibility: input.visibility };
        let first = values.get(..len(&output)).expect("the output is no longer than the input");
        let bound_output = StatementOutput { values: first, bits: output.bits };
        let schema = ModelSchema::new(name.to_owned(), vec![input.clone()], vec![output.clone()])
            .expect("the tensors make a schema");
        builder
            .bind_statement(element(&schema.domain()), &[bound_input], &[bound_output])
            .expect("the output has room for the input's values");
        let circuit = builder.finish().expect("the circuit is whole");
        let (proving_key, key) = setup_development(&circuit, &mut ChaCha20Rng::seed_from_u64(seed))
            .expect("the circuit gets a key");
        Self { schema, key: key.to_interface(), circuit, proving_key }
    }

    /// A proof for `transcript`, blinded by what `seed` gives, and what it proves.
    ///
    /// # Panics
    /// When the input has another length than the model's, or a value beyond its bits.
    pub fn prove(
        &self,
        input: &[i64],
        context: [u8; 32],
        transcript: Transcript,
        seed: u64,
    ) -> (Proof, Statement) {
        self.prove_with(input, TensorValue::Values(input), context, None, transcript, seed)
    }

    /// The same for a model whose input is a member of a tree: what shows it, and what is said of it.
    ///
    /// # Panics
    /// As [`PassThrough::prove`], and when the claim is not what the membership gives.
    pub fn prove_member(
        &self,
        input: &[i64],
        context: [u8; 32],
        membership: Membership,
        claim: Claim,
        transcript: Transcript,
        seed: u64,
    ) -> (Proof, Statement) {
        self.prove_with(input, TensorValue::Member(claim), context, Some(membership), transcript, seed)
    }

    fn prove_with(
        &self,
        input: &[i64],
        stated: TensorValue<'_>,
        context: [u8; 32],
        member: Option<Membership>,
        transcript: Transcript,
        seed: u64,
    ) -> (Proof, Statement) {
        let assignment =
            Assignment { inputs: vec![input.to_vec()], context, member, ..Assignment::default() };
        let witness = self.circuit.solve(&assignment).expect("the input is in range");
        let outputs: Vec<&[i64]> = witness.outputs().iter().map(Vec::as_slice).collect();
        let statement =
            Statement::new(&self.schema, context, &[stated], &outputs).expect("the values are the schema's");
        assert_eq!(Ok(scalar(witness.digest())), statement.digest(), "digest of circuit and interface");
        let prover = Prover::new(&self.proving_key, &self.circuit).expect("the key is the circuit's");
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let challenge = |key: &[u8; 32], d: &[u8; 64], digest: &Scalar| transcript.challenge(key, d, digest);
        let proof = oracle::prove_with_challenge(&prover, &witness, &challenge, &mut rng)
            .expect("the witness satisfies");
        (proof.to_interface(), statement)
    }
}
