//! A tiny model with real keys and proofs, and a runtime in which it is registered.

use std::sync::LazyLock;

use anchor_lang::Event;
use assay_circuits::{Assignment, Builder, Circuit, StatementInput, StatementOutput, Visibility as Bound};
use assay_client::verifier::{self, Model, Receipt, Registration};
use assay_groth16::{Prover, ProvingKey, element, setup_development};
use assay_interface::field::Scalar;
use assay_interface::groth16::{Form, Proof, SetupKind, Transcript, VerifyingKey};
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement::{Statement, TensorValue};
use assay_localnet::{Localnet, Outcome};
use assay_tests::toy::Toy;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

const BITS: u8 = 8;

/// A model whose one output is its one input.
pub struct Echo {
    pub schema: ModelSchema,
    pub key: VerifyingKey,
    prover: Maker,
}

/// What makes the proofs of a model.
enum Maker {
    /// A circuit of the echo, without a commitment.
    Circuit { circuit: Box<Circuit>, proving_key: Box<ProvingKey> },
    /// The toy with a commitment, whose circuit says nothing of an echo: it has a proof for every statement.
    Toy(Box<Toy>),
}

/// A proof and what it is about.
#[derive(Clone)]
pub struct Proven {
    pub proof: Proof,
    pub context: [u8; 32],
    pub limbs: Vec<Scalar>,
    pub digest: Scalar,
}

static ECHO: LazyLock<Echo> = LazyLock::new(|| Echo::build("echo", 1));
static OTHER: LazyLock<Echo> = LazyLock::new(|| Echo::build("other", 2));
static COMMITTED: LazyLock<Echo> = LazyLock::new(|| Echo::build_committed("committed", 3));
static OTHER_COMMITTED: LazyLock<Echo> = LazyLock::new(|| Echo::build_committed("other committed", 4));

impl Echo {
    /// The model of most tests.
    pub fn shared() -> &'static Self {
        &ECHO
    }

    /// A second model: another domain, another key.
    pub fn other() -> &'static Self {
        &OTHER
    }

    /// A model whose key has a commitment.
    pub fn committed() -> &'static Self {
        &COMMITTED
    }

    /// A model of each form.
    pub fn of_each_form() -> [&'static Self; 2] {
        [&ECHO, &COMMITTED]
    }

    /// Another model with a key of the same form.
    pub fn rival(&self) -> &'static Self {
        match self.key.form() {
            Form::Plain => &OTHER,
            Form::Committed => &OTHER_COMMITTED,
        }
    }

    fn schema(name: &str) -> ModelSchema {
        let tensor = |name: &str| TensorSchema {
            name: name.to_owned(),
            shape: vec![1],
            bits: BITS,
            scale: 0,
            visibility: Visibility::Public,
        };
        ModelSchema::new(name.to_owned(), vec![tensor("in")], vec![tensor("out")]).unwrap()
    }

    fn build_committed(name: &str, seed: u64) -> Self {
        let toy = Toy::new(seed);
        Self { schema: Self::schema(name), key: toy.key().into(), prover: Maker::Toy(Box::new(toy)) }
    }

    fn build(name: &str, seed: u64) -> Self {
        let schema = Self::schema(name);
        let mut builder = Builder::new();
        let values = builder.input("in", 1, BITS).unwrap();
        let input = StatementInput { values: &values, bits: BITS, visibility: Bound::Public };
        let output = StatementOutput { values: &values, bits: BITS };
        builder.bind_statement(element(&schema.domain()), &[input], &[output]).unwrap();
        let circuit = builder.finish().unwrap();
        let (proving_key, key) = setup_development(&circuit, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap();
        let prover = Maker::Circuit { circuit: Box::new(circuit), proving_key: Box::new(proving_key) };
        Self { schema, key: key.to_interface(), prover }
    }

    /// A proof that the model maps `value` to itself, in `context`.
    pub fn prove(&self, value: i64, context: [u8; 32]) -> Proven {
        self.prove_blinded(value, context, 1)
    }

    /// The same, with the blinding that `seed` gives: other bytes, same statement.
    pub fn prove_blinded(&self, value: i64, context: [u8; 32], seed: u64) -> Proven {
        let values = [value];
        let statement =
            Statement::new(&self.schema, context, &[TensorValue::Values(&values)], &[&values]).unwrap();
        let digest = statement.digest().unwrap();
        let proof = match &self.prover {
            Maker::Circuit { circuit, proving_key } => {
                let inputs = vec![vec![value]];
                let witness = circuit.solve(&Assignment { inputs, context, salts: vec![] }).unwrap();
                let prover = Prover::new(proving_key, circuit).unwrap();
                prover.prove(&witness, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap().to_interface()
            }
            Maker::Toy(toy) => toy.prove(element(&digest), Transcript::Assay, seed).encode().into(),
        };
        Proven { proof, context, limbs: statement.limbs, digest }
    }

    /// A registration of this model as a development key without a timelock.
    pub fn registration(&self, authority: Address) -> Registration<'_> {
        Registration {
            authority,
            payer: authority,
            key: &self.key,
            schema: &self.schema,
            setup: SetupKind::Development,
            transcript_hash: [0; 32],
            timelock: 0,
        }
    }
}

/// A runtime with a registered model.
pub struct World {
    pub net: Localnet,
    pub authority: Keypair,
    pub stranger: Keypair,
    pub model: Address,
}

impl World {
    /// The model is proposed, with a timelock of an hour.
    pub fn proposed() -> Self {
        Self::with_timelock(Echo::shared(), 3_600)
    }

    /// The model is active.
    pub fn active() -> Self {
        Self::active_with(Echo::shared())
    }

    /// `echo` is active.
    pub fn active_with(echo: &Echo) -> Self {
        let mut world = Self::with_timelock(echo, 0);
        let activate = verifier::activate(world.authority.pubkey(), world.model);
        world.authority_sends(activate).expect_ok();
        world
    }

    fn with_timelock(echo: &Echo, timelock: i64) -> Self {
        let mut net = Localnet::new().unwrap();
        let (authority, stranger) = (fixed_key(1), fixed_key(2));
        for key in [&authority, &stranger] {
            net.airdrop(&key.pubkey(), 100_000_000_000);
        }
        let registration = Registration { timelock, ..echo.registration(authority.pubkey()) };
        net.send(&[registration.instruction().unwrap()], &[&authority]).expect_ok();
        let model = registration.model();
        Self { net, authority, stranger, model }
    }

    pub fn authority_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.authority])
    }

    pub fn stranger_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.stranger])
    }

    pub fn state(&self) -> Model {
        self.net.read(&self.model).unwrap().unwrap()
    }

    pub fn receipt(&self, digest: &Scalar) -> Option<Receipt> {
        self.net.read(&verifier::receipt_address(&self.model, digest)).unwrap()
    }

    /// `verify` of `proven`, as its own instruction.
    pub fn verify(&mut self, proven: &Proven) -> Outcome {
        let verify = verifier::verify(self.model, &proven.proof, proven.context, &proven.limbs);
        self.stranger_sends(verify)
    }

    /// `record` of `proven`, paid for by the stranger.
    pub fn record(&mut self, proven: &Proven) -> Outcome {
        let record = self.record_instruction(proven);
        self.stranger_sends(record)
    }

    pub fn record_instruction(&self, proven: &Proven) -> Instruction {
        let Proven { proof, context, limbs, digest } = proven;
        verifier::record(self.stranger.pubkey(), self.model, proof, *context, limbs, digest)
    }

    /// What a manager's instruction must refuse, whatever it does: a signer who is not the authority, an authority who
    /// did not sign, and accounts that are not models of this program.
    #[track_caller]
    pub fn refuses_management_attacks(&mut self, instruction: &Instruction) {
        let before = self.net.account(&self.model);

        let mut by_stranger = instruction.clone();
        by_stranger.accounts[0].pubkey = self.stranger.pubkey();
        refused(&self.stranger_sends(by_stranger), "NotAuthority");

        let mut not_signed = instruction.clone();
        not_signed.accounts[0].is_signer = false;
        refused(&self.stranger_sends(not_signed), "MissingRequiredSignature");

        let mut read_only = instruction.clone();
        read_only.accounts[1].is_writable = false;
        refused(&self.authority_sends(read_only), "Custom(2000)"); // Anchor's ConstraintMut

        let mut forged = before.clone().unwrap();
        forged.owner = Address::new_from_array([7; 32]);
        let address = Address::new_from_array([8; 32]);
        self.net.set_account(address, forged);
        let mut on_foreign = instruction.clone();
        on_foreign.accounts[1].pubkey = address;
        refused(&self.authority_sends(on_foreign), "IllegalOwner");

        let mut of_other_kind = before.clone().unwrap();
        of_other_kind.data[..8].copy_from_slice(&[0; 8]);
        self.net.set_account(address, of_other_kind);
        let mut on_other_kind = instruction.clone();
        on_other_kind.accounts[1].pubkey = address;
        refused(&self.authority_sends(on_other_kind), "InvalidAccountData");

        assert_eq!(self.net.account(&self.model), before);
    }
}

/// The same key pair every time: costs depend on the bumps of addresses.
pub fn fixed_key(seed: u8) -> Keypair {
    Keypair::new_from_array([seed; 32])
}

#[track_caller]
pub fn refused(outcome: &Outcome, error: &str) {
    assert_eq!(outcome.error(), error, "{:?}\n{}", outcome.refusal, outcome.logs.join("\n"));
}

#[track_caller]
pub fn emitted(outcome: &Outcome, event: &impl Event) {
    assert!(outcome.events().contains(&event.data()), "{}", outcome.logs.join("\n"));
}
