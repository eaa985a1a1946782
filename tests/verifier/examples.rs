//! The examples of `examples/`, as bytecode: each opens for an honest proof, once, and for nothing that a thief brings.

use assay_cpi::SetupKind;
use assay_interface::field::Scalar;
use assay_localnet::{Localnet, Outcome, deploy_directory, read_program};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;

use crate::support::{Echo, Proven, World, fixed_key, refused};

/// What a gate asks for.
#[derive(Clone, Copy)]
pub struct Terms {
    pub model: Address,
    pub domain: [u8; 32],
    pub threshold: i64,
    pub setups: u8,
}

/// What somebody brings to open one.
#[derive(Clone)]
pub struct Opening {
    pub visitor: Address,
    pub gate: Address,
    pub model: Address,
    pub expires_at: i64,
    pub proof: Vec<u8>,
    pub limbs: Vec<[u8; 32]>,
}

/// One of the examples: they differ in the framework only.
pub struct Example {
    pub id: Address,
    pub library: &'static str,
    pub context: fn(&Address, &Address, u64, i64) -> [u8; 32],
    create: fn(Address, Address, Terms) -> Instruction,
    open: fn(&Opening) -> Instruction,
    /// The same with a receipt at an address, where the example has that.
    pub open_with_receipt: Option<fn(&Opening, Address) -> Instruction>,
    /// Whether the program creates its account; else the client does, beforehand.
    creates_account: bool,
}

pub static ANCHOR: Example = Example {
    id: assay_example_anchor::ID,
    library: "assay_example_anchor",
    context: assay_example_anchor::context,
    create: |payer, gate, Terms { model, domain, threshold, setups }| {
        use assay_example_anchor::{Terms, accounts, instruction};
        let terms = Terms { model, domain, threshold, setups };
        let accounts = accounts::Create { payer, gate, system_program: Address::default() };
        instruction::Create { terms }.to_instruction(accounts)
    },
    open: |opening| {
        use assay_example_anchor::{accounts, instruction};
        let Opening { visitor, gate, model, expires_at, proof, limbs } = opening.clone();
        let accounts = accounts::Open { visitor, gate, model, verifier: assay_verifier::ID };
        let (proof, limbs) = (proof.into(), limbs.into());
        instruction::Open { expires_at, proof, limbs }.to_instruction(accounts)
    },
    open_with_receipt: Some(|opening, receipt| {
        use assay_example_anchor::{accounts, instruction};
        let Opening { visitor, gate, model, expires_at, proof, limbs } = opening.clone();
        let system_program = Address::default();
        let verifier = assay_verifier::ID;
        let accounts = accounts::OpenWithReceipt { visitor, gate, model, receipt, system_program, verifier };
        let (proof, limbs) = (proof.into(), limbs.into());
        instruction::OpenWithReceipt { expires_at, proof, limbs }.to_instruction(accounts)
    }),
    creates_account: true,
};

pub static PINOCCHIO: Example = Example {
    id: assay_example_pinocchio::ID,
    library: "assay_example_pinocchio",
    context: assay_example_pinocchio::context,
    create: |_, gate, terms| plain_create(assay_example_pinocchio::ID, gate, &terms),
    open: |opening| plain_open(assay_example_pinocchio::ID, opening),
    open_with_receipt: None,
    creates_account: false,
};

pub static NATIVE: Example = Example {
    id: assay_example_native::ID,
    library: "assay_example_native",
    context: assay_example_native::context,
    create: |_, gate, terms| plain_create(assay_example_native::ID, gate, &terms),
    open: |opening| plain_open(assay_example_native::ID, opening),
    open_with_receipt: Some(|opening, receipt| {
        let mut open = plain_open(assay_example_native::ID, opening);
        open.data[0] = 2;
        open.accounts[0].is_writable = true;
        open.accounts[2].is_writable = true;
        open.accounts.insert(3, AccountMeta::new(receipt, false));
        open.accounts.insert(4, AccountMeta::new_readonly(Address::default(), false));
        open
    }),
    creates_account: false,
};

static ALL: [&Example; 3] = [&ANCHOR, &PINOCCHIO, &NATIVE];

const LIFETIME: i64 = 60;

fn plain_create(program: Address, gate: Address, terms: &Terms) -> Instruction {
    let mut data = vec![0];
    data.extend(terms.model.to_bytes());
    data.extend(terms.domain);
    data.extend(terms.threshold.to_le_bytes());
    data.push(terms.setups);
    Instruction { program_id: program, accounts: vec![AccountMeta::new(gate, true)], data }
}

fn plain_open(program: Address, opening: &Opening) -> Instruction {
    let mut data = vec![1];
    data.extend(opening.expires_at.to_le_bytes());
    data.extend(u16::try_from(opening.proof.len()).unwrap().to_le_bytes());
    data.extend(&opening.proof);
    data.extend(opening.limbs.as_flattened());
    let accounts = vec![
        AccountMeta::new_readonly(opening.visitor, true),
        AccountMeta::new(opening.gate, false),
        AccountMeta::new_readonly(opening.model, false),
        AccountMeta::new_readonly(assay_verifier::ID, false),
    ];
    Instruction { program_id: program, accounts, data }
}

fn deploy(net: &mut Localnet, id: Address, library: &'static str) {
    net.deploy_bytes(id, library, &read_program(&deploy_directory(), library).unwrap()).unwrap();
}

/// A gate in the runtime of a world, for the model of that world unless its terms say otherwise.
pub struct Gate {
    pub world: World,
    pub example: &'static Example,
    pub echo: &'static Echo,
    pub address: Address,
}

impl Gate {
    pub fn of(example: &'static Example, echo: &'static Echo) -> Self {
        Self::with(example, echo, |_| {})
    }

    pub fn with(example: &'static Example, echo: &'static Echo, change: impl FnOnce(&mut Terms)) -> Self {
        let mut world = World::active_with(echo);
        deploy(&mut world.net, example.id, example.library);
        let domain = echo.schema.domain().to_be_bytes();
        let mut terms = Terms { model: world.model, domain, threshold: -128, setups: 3 };
        change(&mut terms);
        let mut gate = Self { world, example, echo, address: Address::default() };
        gate.address = gate.create(5, terms).1;
        gate
    }

    fn create(&mut self, seed: u8, terms: Terms) -> (Outcome, Address) {
        let key = fixed_key(seed);
        let (address, authority) = (key.pubkey(), &self.world.authority);
        if !self.example.creates_account && self.world.net.account(&address).is_none() {
            let data = vec![0; size_of::<assay_example_native::Gate>()];
            let owner = self.example.id;
            let account = Account { lamports: 10_000_000, data, owner, ..Account::default() };
            self.world.net.set_account(address, account);
        }
        let create = (self.example.create)(authority.pubkey(), address, terms);
        (self.world.net.send(&[create], &[authority, &key]), address)
    }

    fn second(&mut self) -> Address {
        let domain = self.echo.schema.domain().to_be_bytes();
        let terms = Terms { model: self.world.model, domain, threshold: -128, setups: 3 };
        let (outcome, address) = self.create(6, terms);
        outcome.expect_ok();
        address
    }

    pub fn context(&self, opened: u64, expires_at: i64) -> [u8; 32] {
        (self.example.context)(&self.address, &self.visitor(), opened, expires_at)
    }

    pub fn visitor(&self) -> Address {
        self.world.stranger.pubkey()
    }

    /// What opens the gate for the first time, if `value` will do.
    fn opening(&self, value: i64) -> Opening {
        let expires_at = self.world.net.now() + LIFETIME;
        let proven = self.echo.prove(value, self.context(0, expires_at));
        self.bring(&proven, expires_at)
    }

    pub fn bring(&self, proven: &Proven, expires_at: i64) -> Opening {
        Opening {
            visitor: self.visitor(),
            gate: self.address,
            model: self.world.model,
            expires_at,
            proof: proven.proof.as_bytes().to_vec(),
            limbs: proven.limbs.iter().map(|limb| limb.to_be_bytes()).collect(),
        }
    }

    pub fn open(&mut self, opening: &Opening) -> Outcome {
        self.send((self.example.open)(opening))
    }

    fn send(&mut self, instruction: Instruction) -> Outcome {
        self.world.net.send(&[instruction], &[&self.world.stranger])
    }

    /// How often the gate was opened: the first field behind Anchor's discriminator, or the first.
    pub fn opened(&self) -> u64 {
        let data = self.world.net.account(&self.address).unwrap().data;
        let at = if self.example.creates_account { 8 } else { 0 };
        u64::from_le_bytes(data[at..at + 8].try_into().unwrap())
    }
}

#[test]
fn a_proof_opens_its_gate_once() {
    for example in ALL {
        for echo in Echo::of_each_form() {
            let mut gate = Gate::of(example, echo);
            let opening = gate.opening(3);
            gate.open(&opening).expect_ok();
            assert_eq!(gate.opened(), 1);

            // Neither the same bytes nor another proof of the same statement.
            refused(&gate.open(&opening), "ProofInvalid");
            let again = echo.prove_blinded(3, gate.context(0, opening.expires_at), 2);
            refused(&gate.open(&gate.bring(&again, opening.expires_at)), "ProofInvalid");
            assert_eq!(gate.opened(), 1);
            let next = echo.prove(3, gate.context(1, opening.expires_at));
            gate.open(&gate.bring(&next, opening.expires_at)).expect_ok();
            assert_eq!(gate.opened(), 2);
        }
    }
}

#[test]
fn a_proof_is_of_one_program_one_gate_and_one_visitor() {
    for example in ALL {
        let mut gate = Gate::of(example, Echo::shared());
        let opening = gate.opening(3);
        let second = gate.second();
        refused(&gate.open(&Opening { gate: second, ..opening.clone() }), "ProofInvalid");

        let thief = (example.open)(&Opening { visitor: gate.world.authority.pubkey(), ..opening.clone() });
        refused(&gate.world.authority_sends(thief), "ProofInvalid");
        let mut unsigned = (example.open)(&opening);
        unsigned.accounts[0].is_signer = false;
        refused(&gate.world.authority_sends(unsigned), "MissingRequiredSignature");

        for other in ALL.into_iter().filter(|other| other.id != example.id) {
            let context = (other.context)(&gate.address, &gate.visitor(), 0, opening.expires_at);
            let proven = Echo::shared().prove(3, context);
            refused(&gate.open(&gate.bring(&proven, opening.expires_at)), "ProofInvalid");
        }
        gate.open(&opening).expect_ok();
    }
}

#[test]
fn a_proof_does_not_keep() {
    for example in ALL {
        let mut gate = Gate::of(example, Echo::shared());
        let opening = gate.opening(3);
        refused(
            &gate.open(&Opening { expires_at: opening.expires_at + 1, ..opening.clone() }),
            "ProofInvalid",
        );
        gate.world.net.advance(LIFETIME + 1);
        refused(&gate.open(&opening), "Custom(8001)");
        for ahead in [assay_example_native::MAX_LIFETIME + 1, i64::MAX - gate.world.net.now()] {
            let expires_at = gate.world.net.now() + ahead;
            let proven = Echo::shared().prove(3, gate.context(0, expires_at));
            refused(&gate.open(&gate.bring(&proven, expires_at)), "Custom(8001)");
        }
        refused(&gate.open(&Opening { expires_at: i64::MIN, ..opening }), "Custom(8001)");
    }
}

#[test]
fn the_rule_is_on_the_proven_output() {
    for example in ALL {
        let mut gate = Gate::with(example, Echo::shared(), |terms| terms.threshold = 100);
        let low = gate.opening(99);
        refused(&gate.open(&low), "Custom(8002)");
        let mut claimed = low.clone();
        claimed.limbs[1] = Scalar::from(100_u64 + 128).to_be_bytes();
        refused(&gate.open(&claimed), "ProofInvalid");
        let high = gate.opening(100);
        gate.open(&high).expect_ok();
    }
}

#[test]
fn a_gate_accepts_the_setups_that_it_names() {
    for example in ALL {
        let mut gate =
            Gate::with(example, Echo::shared(), |terms| terms.setups = 1 << SetupKind::Ceremony as u8);
        let opening = gate.opening(3);
        refused(&gate.open(&opening), "SetupRefused");
        let domain = [0; 32];
        for setups in [0, 4] {
            let terms = Terms { model: gate.world.model, domain, threshold: 0, setups };
            refused(&gate.create(7, terms).0, "Custom(8000)");
        }
    }
}

#[test]
fn a_gate_trusts_its_model_only() {
    for example in ALL {
        let mut gate = Gate::of(example, Echo::shared());
        // The visitor registers a model of his own, whose proofs he can make.
        let registration = Echo::other().registration(gate.visitor());
        let own = registration.model();
        let activate = assay_verifier_host::activate(gate.visitor(), own);
        let register = registration.instruction().unwrap();
        gate.world.net.send(&[register], &[&gate.world.stranger]).expect_ok();
        gate.world.net.advance(registration.timelock);
        gate.world.net.send(&[activate], &[&gate.world.stranger]).expect_ok();
        let expires_at = gate.world.net.now() + LIFETIME;
        let proven = Echo::other().prove(3, gate.context(0, expires_at));
        let opening = gate.bring(&proven, expires_at);
        refused(&gate.open(&Opening { model: own, ..opening.clone() }), "WrongModel");
        refused(&gate.open(&opening), "ProofInvalid");

        // The model's bytes at another address, then another program's account at the model's address.
        let opening = gate.opening(3);
        let copy = Address::new_from_array([8; 32]);
        let model = gate.world.net.account(&gate.world.model).unwrap();
        gate.world.net.set_account(copy, model.clone());
        refused(&gate.open(&Opening { model: copy, ..opening.clone() }), "WrongModel");
        let forged = Account { owner: example.id, ..model };
        gate.world.net.set_account(gate.world.model, forged);
        refused(&gate.open(&opening), "NotAModel");
    }
}

#[test]
fn a_gate_decodes_no_other_schema() {
    for example in ALL {
        let mut gate = Gate::with(example, Echo::shared(), |terms| terms.domain[31] ^= 1);
        let opening = gate.opening(3);
        refused(&gate.open(&opening), "WrongDomain");
    }
}

#[test]
fn the_verifier_cannot_be_replaced() {
    for example in ALL {
        let mut gate = Gate::of(example, Echo::shared());
        let opening = gate.opening(3);
        let fake = Address::new_from_array([77; 32]);
        deploy(&mut gate.world.net, fake, "assay_verifier");
        for other in [fake, example.id] {
            let mut open = (example.open)(&opening);
            open.accounts[3].pubkey = other;
            refused(&gate.send(open), "MissingAccount");
        }
    }
}

#[test]
fn statements_of_another_form_are_refused() {
    for example in ALL {
        for echo in Echo::of_each_form() {
            let mut gate = Gate::of(example, echo);
            let opening = gate.opening(-128);
            let limbs = |limbs: &[[u8; 32]]| Opening { limbs: limbs.to_vec(), ..opening.clone() };
            let [input, output] = opening.limbs[..] else { unreachable!("one input, one output") };
            for wrong in [&[][..], &[input], &[input, output, output], &[output, input, output, output]] {
                refused(&gate.open(&limbs(wrong)), "LimbCount");
            }
            let modulus = Scalar::MODULUS; // zero, as the packed -128 is, had it been reduced
            refused(&gate.open(&limbs(&[input, modulus])), "LimbNotCanonical");
            let mut padded = output;
            padded[0] = 1;
            refused(&gate.open(&limbs(&[input, padded])), "ProofInvalid");
            for length in [0, 255, 257, 383, 385] {
                let mut proof = opening.proof.clone();
                proof.resize(length, 1);
                refused(&gate.open(&Opening { proof, ..opening.clone() }), "CallerProofLength");
            }
            gate.open(&opening).expect_ok();
        }
    }
}

#[test]
fn a_gate_is_the_programs_own_account_and_is_created_once() {
    for example in ALL {
        let mut gate = Gate::of(example, Echo::shared());
        let terms = Terms { model: gate.world.model, domain: [0; 32], threshold: 0, setups: 3 };
        assert!(!gate.create(5, terms).0.error().is_empty());

        let opening = gate.opening(3);
        let forged = Account {
            owner: Address::new_from_array([7; 32]),
            ..gate.world.net.account(&gate.address).unwrap()
        };
        gate.world.net.set_account(gate.address, forged);
        refused(&gate.open(&opening), "IllegalOwner");
    }
}

#[test]
fn the_tensors_are_those_of_the_schema() {
    let schema = &Echo::shared().schema;
    assert!(assay_example_anchor::INPUT.is(schema, "in") && assay_example_anchor::OUTPUT.is(schema, "out"));
    assert!(
        assay_example_pinocchio::OUTPUT.is(schema, "out") && assay_example_native::OUTPUT.is(schema, "out")
    );
    assert!(
        !assay_example_native::OUTPUT.is(schema, "in") && !assay_example_native::INPUT.is(schema, "other")
    );
}

/// What an honest opening comes to.
pub fn open(example: &'static Example, echo: &'static Echo) -> Outcome {
    let mut gate = Gate::of(example, echo);
    let opening = gate.opening(3);
    gate.open(&opening)
}

/// What an honest opening with a receipt comes to: the first time, and where somebody else left the receipt.
pub fn open_with_receipts(example: &'static Example) -> [Outcome; 2] {
    let open = example.open_with_receipt.unwrap();
    let mut gate = Gate::of(example, Echo::shared());
    let expires_at = gate.world.net.now() + LIFETIME;
    [0, 1].map(|opened| {
        let proven = gate.echo.prove(3, gate.context(opened, expires_at));
        let receipt = assay_verifier_host::receipt_address(&gate.world.model, &proven.digest);
        let mut opening = gate.bring(&proven, expires_at);
        if opened == 1 {
            gate.world.record(&proven).expect_ok();
            opening.proof.clear();
        }
        gate.send(open(&opening, receipt))
    })
}
