//! All engines side by side.

use assay_circuits::Assignment;
use assay_groth16::{Proof, Prover, ProvingKey, element, scalar, setup_development, verify};
use assay_interface::field::Scalar;
use assay_interface::groth16::{self as interface, SetupKind};
use assay_interface::member::Claim;
use assay_interface::schema::{TensorSchema, Visibility};
use assay_interface::statement::{Statement, TensorValue, commit};
use assay_localnet::Localnet;
use assay_verifier_host::{self as verifier, Registration, Verified};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use solana_address::Address;
use solana_signer::Signer;

use crate::case::Case;
use crate::member;

/// Relative difference between two evaluations in single precision.
const SINGLE_PRECISION: f64 = 1e-3;

pub struct Engines<'a> {
    case: &'a Case,
    key: ProvingKey,
    net: Localnet,
    address: Address,
}

impl Engines<'_> {
    /// Runs every sample of the case through every engine.
    pub fn agree(case: &Case) {
        let (key, _) = setup_development(&case.model.circuit, &mut ChaCha20Rng::seed_from_u64(7)).unwrap();
        assert_eq!(key.domain_size(), case.model.circuit.stats().domain, "{}", case.name);
        let (net, address) = register(case, &key);
        let mut engines = Engines { case, key, net, address };
        for row in 0..case.samples.len() {
            engines.check(row);
        }
    }

    fn check(&mut self, row: usize) {
        let case = self.case;
        let at = format!("{}, sample {row}", case.name);
        let inputs = case.model.quantize_inputs(&case.samples[row]).unwrap();
        let outputs = case.model.run_reference(&inputs).unwrap();
        self.float_agrees(row, &outputs);

        let context: [u8; 32] = Sha256::digest(&at).into();
        let salts: Vec<Scalar> = (1..).map(|i: u64| Scalar::from(i)).take(committed(case)).collect();
        let depth = case.model.schema.member().and_then(TensorSchema::member_depth);
        let membership = depth.map(|depth| member::of_tree(depth, row as u64));
        let assignment = Assignment {
            inputs: inputs.clone(),
            context,
            salts: salts.iter().map(element).collect(),
            member: membership.clone(),
            ..Assignment::default()
        };
        let witness = case.model.circuit.solve(&assignment).unwrap();
        assert_eq!(witness.outputs(), outputs, "{at}: circuit and integer reference");
        let complete =
            case.model.circuit.complete(witness.clone(), element(&Scalar::from(5u64)), challenge());
        assert_eq!(case.model.circuit.r1cs.first_violation(&complete.unwrap()), None, "{at}");

        let claim = membership.map(|membership| member::claim(case, &inputs, &membership));
        let statement = statement(case, context, &inputs, &outputs, &salts, claim);
        let digest = statement.digest().unwrap();
        assert_eq!(scalar(witness.digest()), digest, "{at}: digest of circuit and interface");

        let mut rng = ChaCha20Rng::seed_from_u64(row as u64);
        let proof = Prover::new(&self.key, &case.model.circuit).unwrap().prove(&witness, &mut rng).unwrap();
        self.verifiers_agree(&at, &proof, &statement, &digest);
        if row == 0 {
            self.verifiers_refuse_another_output(&at, &proof, &statement);
        }
    }

    /// The committed answers and the independent engine agree; the integer reference is close to both.
    fn float_agrees(&self, row: usize, outputs: &[Vec<i64>]) {
        let case = self.case;
        let float = case.float.run(&case.samples[row]).unwrap();
        let integer = case.model.dequantize_outputs(outputs);
        for (position, tensor) in case.model.schema.outputs().iter().enumerate() {
            let at = format!("{}, sample {row}, output {}", case.name, tensor.name);
            let answers = &case.answers[row][position];
            for (index, &answer) in answers.iter().enumerate() {
                let (float, integer) = (float[position][index], integer[position][index]);
                let slack = SINGLE_PRECISION * (1.0 + answer.abs());
                assert!((float - answer).abs() <= slack, "{at}: float {float}, committed {answer}");
                if tensor.name == "class" {
                    self.class_agrees(&at, row, answer, integer);
                } else {
                    assert!((integer - answer).abs() <= case.tolerance, "{at}: {integer} and {answer}");
                }
            }
        }
    }

    /// The class may differ only where the float model's own scores are within the tolerance of a tie.
    fn class_agrees(&self, at: &str, row: usize, answer: f64, integer: f64) {
        let scores = &self.case.answers[row][0];
        let gap = scores[answer as usize] - scores[integer as usize];
        assert!(answer == integer || gap <= 2.0 * self.case.tolerance, "{at}: class {integer}, not {answer}");
    }

    fn verifiers_agree(&mut self, at: &str, proof: &Proof, statement: &Statement, digest: &Scalar) {
        let key = self.key.verifying_key();
        assert_eq!(verify(key, proof, digest), Ok(()), "{at}: arkworks");
        let bytes = proof.to_interface();
        assert_eq!(
            interface::verify(&key.to_interface(), &bytes, digest),
            Ok(()),
            "{at}: interface on the host"
        );

        let call = verifier::verify(self.address, &bytes, statement.context, &statement.limbs);
        let payer = self.net.payer().insecure_clone();
        let outcome = self.net.send(&[call], &[&payer]).expect_ok();
        let expected = Verified {
            model: self.address.to_bytes(),
            digest: digest.to_be_bytes(),
            setup: SetupKind::Development,
        };
        assert_eq!(Verified::decode(&outcome.return_data), Ok(expected), "{at}: on chain");
    }

    fn verifiers_refuse_another_output(&mut self, at: &str, proof: &Proof, statement: &Statement) {
        let mut other = statement.clone();
        let last = other.limbs.last_mut().unwrap();
        let mut bytes = last.to_be_bytes();
        bytes[31] ^= 1;
        *last = Scalar::from_be_bytes(bytes).unwrap();
        let digest = other.digest().unwrap();
        let key = self.key.verifying_key();
        assert!(verify(key, proof, &digest).is_err(), "{at}: arkworks");
        let bytes = proof.to_interface();
        assert!(interface::verify(&key.to_interface(), &bytes, &digest).is_err(), "{at}: interface");
        let call = verifier::verify(self.address, &bytes, other.context, &other.limbs);
        let payer = self.net.payer().insecure_clone();
        assert_eq!(self.net.send(&[call], &[&payer]).error(), "ProofInvalid", "{at}: on chain");
    }
}

/// A challenge that is the value of no table entry: the constraints hold for any.
fn challenge() -> ark_bn254::Fr {
    element(&Scalar::from_be_bytes_31(&[7; 31]))
}

fn committed(case: &Case) -> usize {
    case.model.schema.inputs().iter().filter(|tensor| tensor.visibility == Visibility::Committed).count()
}

fn statement(
    case: &Case,
    context: [u8; 32],
    inputs: &[Vec<i64>],
    outputs: &[Vec<i64>],
    salts: &[Scalar],
    claim: Option<Claim>,
) -> Statement {
    let mut salts = salts.iter();
    let values: Vec<TensorValue<'_>> = case
        .model
        .schema
        .inputs()
        .iter()
        .zip(inputs)
        .map(|(tensor, values)| match tensor.visibility {
            Visibility::Public => TensorValue::Values(values),
            Visibility::Committed => {
                TensorValue::Commitment(commit(*salts.next().unwrap(), values, tensor.bits).unwrap())
            }
            Visibility::Member { .. } => TensorValue::Member(claim.unwrap()),
        })
        .collect();
    let outputs: Vec<&[i64]> = outputs.iter().map(Vec::as_slice).collect();
    Statement::new(&case.model.schema, context, &values, &outputs).unwrap()
}

/// A runtime in which the case's model is active.
fn register(case: &Case, key: &ProvingKey) -> (Localnet, Address) {
    let mut net = Localnet::new(&assay_programs::identities()).unwrap();
    let authority = net.fund();
    let key = key.verifying_key().to_interface();
    let registration = Registration::development(authority.pubkey(), &key, &case.model.schema);
    let model = registration.model();
    net.send(&[registration.instruction().unwrap()], &[&authority]).expect_ok();
    net.advance(registration.timelock);
    net.send(&[verifier::activate(authority.pubkey(), model)], &[&authority]).expect_ok();
    (net, model)
}
