//! A tiny model with real keys and proofs, and a runtime in which it is registered.

use std::sync::LazyLock;

use anchor_lang::Event;
use assay_circuits::Ranges;
use assay_interface::field::Scalar;
use assay_interface::groth16::{Form, Proof, SetupKind, Transcript, VerifyingKey};
use assay_interface::schema::ModelSchema;
use assay_interface::statement::Statement;
use assay_localnet::{Localnet, Outcome};
use assay_tests::pass_through::{PassThrough, tensor};
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Model, Receipt, Registration};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

const BITS: u8 = 8;

/// A model whose one output is its one input.
pub struct Echo(PassThrough);

/// A proof and what it is about.
#[derive(Clone)]
pub struct Proven {
    pub proof: Proof,
    pub context: [u8; 32],
    pub limbs: Vec<Scalar>,
    pub digest: Scalar,
}

impl Proven {
    pub fn new(proof: Proof, statement: Statement) -> Self {
        let digest = statement.digest().unwrap();
        Self { proof, context: statement.context, limbs: statement.limbs, digest }
    }
}

static ECHO: LazyLock<Echo> = LazyLock::new(|| Echo::build("echo", Ranges::Bits, 1));
static OTHER: LazyLock<Echo> = LazyLock::new(|| Echo::build("other", Ranges::Bits, 2));
static COMMITTED: LazyLock<Echo> = LazyLock::new(|| Echo::build("committed", Ranges::Lookup, 3));
static OTHER_COMMITTED: LazyLock<Echo> = LazyLock::new(|| Echo::build("other committed", Ranges::Lookup, 4));

impl std::ops::Deref for Echo {
    type Target = PassThrough;

    fn deref(&self) -> &PassThrough {
        &self.0
    }
}

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

    fn build(name: &str, ranges: Ranges, seed: u64) -> Self {
        let (input, output) = (tensor("in", 1, BITS, 0), tensor("out", 1, BITS, 0));
        Self(PassThrough::build(name, input, output, ranges, seed))
    }

    /// A proof that the model maps `value` to itself, in `context`.
    pub fn prove(&self, value: i64, context: [u8; 32]) -> Proven {
        self.prove_blinded(value, context, 1)
    }

    /// The same, with the blinding that `seed` gives: other bytes, same statement.
    pub fn prove_blinded(&self, value: i64, context: [u8; 32], seed: u64) -> Proven {
        self.prove_for(Transcript::Assay, value, context, seed)
    }

    /// The same, for the verifier of a transcript.
    pub fn prove_for(&self, transcript: Transcript, value: i64, context: [u8; 32], seed: u64) -> Proven {
        let (proof, statement) = self.0.prove(&[value], context, transcript, seed);
        Proven::new(proof, statement)
    }

    /// A registration of this model as a development key, with the shortest timelock.
    pub fn registration(&self, authority: Address) -> Registration<'_> {
        Registration::development(authority, &self.key, &self.schema)
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
    /// The model is proposed, with a timelock of two days.
    pub fn proposed() -> Self {
        Self::registered(&Echo::shared().key, &Echo::shared().schema, |new| new.timelock = 2 * MIN_TIMELOCK)
    }

    /// The model is active.
    pub fn active() -> Self {
        Self::active_with(Echo::shared())
    }

    /// `echo` is active.
    pub fn active_with(echo: &Echo) -> Self {
        Self::active_under(&echo.key, &echo.schema)
    }

    /// The model of any key and schema is active.
    pub fn active_under(key: &VerifyingKey, schema: &ModelSchema) -> Self {
        let mut world = Self::registered(key, schema, |_| {});
        world.net.set_time(world.state().activates_at);
        let activate = verifier::activate(world.authority.pubkey(), world.model);
        world.authority_sends(activate).expect_ok();
        world
    }

    /// The model is active, and has a guardian.
    pub fn guarded() -> (Self, Keypair) {
        let guardian = fixed_key(3);
        let Echo(echo) = Echo::shared();
        let mut world = Self::registered(&echo.key, &echo.schema, |new| new.guardian = guardian.pubkey());
        world.net.airdrop(&guardian.pubkey(), 100_000_000_000);
        world.net.set_time(world.state().activates_at);
        world.sends_as_authority(verifier::activate).expect_ok();
        (world, guardian)
    }

    fn registered(
        key: &VerifyingKey,
        schema: &ModelSchema,
        change: impl FnOnce(&mut Registration<'_>),
    ) -> Self {
        let mut net = Localnet::new(&[assay_verifier_host::IDENTITY]).unwrap();
        let (authority, stranger) = (fixed_key(1), fixed_key(2));
        for key in [&authority, &stranger] {
            net.airdrop(&key.pubkey(), 100_000_000_000);
        }
        let mut registration = Registration::development(authority.pubkey(), key, schema);
        change(&mut registration);
        net.send(&[registration.instruction().unwrap()], &[&authority]).expect_ok();
        let model = registration.model();
        Self { net, authority, stranger, model }
    }

    /// Registers the shared model again, as one that came from the ceremony with this transcript: same domain, other model.
    pub fn another(&mut self, transcript_hash: [u8; 32]) -> Address {
        let registration = Registration {
            setup: SetupKind::Ceremony,
            transcript_hash,
            ..Echo::shared().registration(self.authority.pubkey())
        };
        self.authority_sends(registration.instruction().unwrap()).expect_ok();
        registration.model()
    }

    /// Activates a model of the authority's, in a day.
    pub fn activate_in_a_day(&mut self, model: Address) {
        self.net.advance(MIN_TIMELOCK);
        self.authority_sends(verifier::activate(self.authority.pubkey(), model)).expect_ok();
    }

    pub fn lamports(&self, address: &Address) -> u64 {
        self.net.account(address).map_or(0, |account| account.lamports)
    }

    pub fn authority_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.authority])
    }

    pub fn stranger_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.stranger])
    }

    /// An instruction that takes the authority and the model.
    pub fn sends_as_authority(&mut self, instruction: fn(Address, Address) -> Instruction) -> Outcome {
        let instruction = instruction(self.authority.pubkey(), self.model);
        self.authority_sends(instruction)
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

    /// `record` of `proven` without its proof.
    pub fn record_without_proof(&mut self, proven: &Proven) -> Outcome {
        let Proven { context, limbs, digest, .. } = proven;
        let payer = self.stranger.pubkey();
        let record = verifier::record_without_proof(payer, self.model, *context, limbs, digest);
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
        self.refuses_attacks_of("NotAuthority", instruction);
    }

    /// The same, where `not_yours` is what a stranger is told.
    #[track_caller]
    pub fn refuses_attacks_of(&mut self, not_yours: &str, instruction: &Instruction) {
        let before = self.net.account(&self.model);

        let mut by_stranger = instruction.clone();
        by_stranger.accounts[0].pubkey = self.stranger.pubkey();
        refused(&self.stranger_sends(by_stranger), not_yours);

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
