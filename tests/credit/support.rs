//! A pool with its people, issuer and model, in a runtime of its own.

mod acts;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use assay_circuits::Membership;
use assay_circuits::Ranges;
use assay_credit_host::statement::{Subject, digest, nullifier_in, taking_context};
use assay_credit_host::{Claimed, Follower, IssuerKeys, PoolKeys, Proving, TakenUp, Terms, Tier};
use assay_credit_interface::epoch::{EPOCH_SECONDS, starts_at};
use assay_credit_interface::formats::{DEPTH, TIER_BITS};
use assay_credit_interface::limbs;
use assay_groth16::element as field_element;
use assay_interface::field::Scalar;
use assay_interface::groth16::{ProofRef, Transcript};
use assay_interface::member::{self, Claim};
use assay_interface::schema::Visibility;
use assay_interface::statement::commit;
use assay_localnet::{Localnet, Outcome};
use assay_tests::pass_through::{PassThrough, tensor};
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Registration};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// The epoch in whose first hour everything begins.
pub const EPOCH: u32 = 682;
/// Base units of one unit.
pub const UNIT: u64 = 1_000_000;
pub const DAY: i64 = 86_400;
/// Seconds of a debt, and of the grace after it.
pub const TERM: i64 = 60 * DAY;
pub const GRACE: i64 = 7 * DAY;

/// The model of the tests: an applicant is four small numbers, and the tier is the first. Circuit, key and proofs are real.
pub static MODEL: LazyLock<PassThrough> = LazyLock::new(|| {
    let mut applicant = tensor("applicant", 4, TIER_BITS, 0);
    applicant.visibility = Visibility::Member { depth: DEPTH as u8 };
    PassThrough::build("first of four", applicant, tensor("tier", 1, TIER_BITS, 0), Ranges::Bits, 1)
});

/// Somebody with a key and tokens.
pub struct Actor {
    pub key: Keypair,
    pub tokens: Address,
}

impl Actor {
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

/// What a borrower knows: a secret, and what an issuer attested.
#[derive(Clone, Copy)]
pub struct Person {
    pub secret: Scalar,
    pub salt: Scalar,
    pub values: [i64; 4],
}

impl Person {
    /// Somebody of a tier; the salt is the epoch's.
    pub fn new(name: u8, tier: u8, epoch: u32) -> Self {
        Self {
            secret: element(&[b"secret", &[name]]),
            salt: element(&[b"salt", &[name], &epoch.to_le_bytes()]),
            values: [i64::from(tier), 1, -2, 3],
        }
    }

    pub fn tier(&self) -> u8 {
        self.values[0] as u8
    }

    pub fn leaf(&self) -> Scalar {
        let commitment = commit(self.salt, &self.values, TIER_BITS).unwrap();
        member::leaf(commitment, member::key(self.secret).unwrap()).unwrap()
    }
}

fn element(parts: &[&[u8]]) -> Scalar {
    let mut bytes = assay_interface::sha256(parts);
    bytes[0] = 0;
    Scalar::from_be_bytes(bytes).unwrap()
}

/// A proof, and everything about it that an instruction names.
pub struct Proven {
    pub proving: Proving,
    pub proof: Vec<u8>,
    pub root: [u8; 32],
    pub nullifier: [u8; 32],
    pub tier: u8,
}

impl Proven {
    /// As the instructions take it.
    pub fn claimed(&self) -> Claimed {
        let Self { proof, root, nullifier, tier, .. } = self;
        Claimed { proof: proof.clone().into(), root: *root, nullifier: *nullifier, tier: *tier }
    }
}

/// A runtime with a pool in it.
pub struct World {
    pub net: Localnet,
    pub keys: PoolKeys,
    pub issuer: IssuerKeys,
    pub model: Address,
    pub terms: Terms,
    pub admin: Actor,
    pub guardian: Actor,
    pub authority: Actor,
    pub issuer_guardian: Actor,
    pub supplier: Actor,
    pub borrower: Actor,
    pub stranger: Actor,
    /// Of the issuer's trees, by epoch.
    pub followers: BTreeMap<u32, Follower>,
}

pub fn terms(issuer: Address, model: Address) -> Terms {
    let tier = |units: u64, rate_bps| Tier { limit: units * UNIT, rate_bps, padding: 0 };
    Terms {
        issuer: issuer.to_bytes(),
        model: model.to_bytes(),
        domain: MODEL.schema.domain().to_be_bytes(),
        attestors: [0; 32],
        tiers: [tier(0, 3_000), tier(100, 2_000), tier(500, 1_200), tier(2_000, 800)],
        supply_cap: 1_000_000 * UNIT,
        debt_cap: 100_000 * UNIT,
        term: TERM as u32,
        grace: GRACE as u32,
        cool_off: 180 * DAY as u32,
        reserve_factor_bps: 1_000,
        exit_cash_bps: 500,
        setups: 1,
        reserved: [0; 15],
    }
}

impl World {
    /// The model is registered and active; there is no issuer and no pool.
    pub fn empty() -> Self {
        let mut net = Localnet::new(&assay_programs::identities()).unwrap();
        net.set_time(starts_at(EPOCH) + 600 - MIN_TIMELOCK);
        let mint = Address::new_from_array([0x53; 32]);
        let made = net.create_mint(6);
        let account = net.account(&made).unwrap();
        net.set_account(mint, account);
        let actors = [1, 2, 3, 4, 5, 6, 7].map(|seed| {
            let key = Keypair::new_from_array([seed; 32]);
            net.airdrop(&key.pubkey(), 100_000_000_000);
            let tokens = net.create_token_account(&mint, &key.pubkey());
            net.mint_to(&mint, &tokens, 1_000_000 * UNIT);
            Actor { key, tokens }
        });
        let [admin, guardian, authority, issuer_guardian, supplier, borrower, stranger] = actors;
        let registration = Registration::development(admin.address(), &MODEL.key, &MODEL.schema);
        net.send(&[registration.instruction().unwrap()], &[&admin.key]).expect_ok();
        net.advance(MIN_TIMELOCK);
        let model = registration.model();
        net.send(&[verifier::activate(admin.address(), model)], &[&admin.key]).expect_ok();
        let issuer = IssuerKeys::derive(&authority.address());
        let keys = PoolKeys::derive(&admin.address(), 7, mint);
        let terms = terms(issuer.issuer, model);
        Self {
            net,
            keys,
            issuer,
            model,
            terms,
            admin,
            guardian,
            authority,
            issuer_guardian,
            supplier,
            borrower,
            stranger,
            followers: BTreeMap::new(),
        }
    }

    /// The issuer is there, with a tree.
    pub fn issued() -> Self {
        let mut world = Self::empty();
        let create = world.issuer.create(world.issuer_guardian.address());
        world.authority_sends(create).expect_ok();
        world.create_tree(EPOCH).expect_ok();
        world
    }

    /// The pool is there, and nothing in it.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same, on other terms.
    pub fn with(change: impl FnOnce(&mut Terms)) -> Self {
        let mut world = Self::issued();
        change(&mut world.terms);
        let create = world.create_pool();
        world.admin_sends(create).expect_ok();
        world
    }

    /// So many units are supplied.
    pub fn supplied(units: u64) -> Self {
        let mut world = Self::new();
        world.supply(units * UNIT).expect_ok();
        world
    }

    /// The borrower has a line of a tier, and nothing drawn. Three others have a leaf too.
    pub fn opened(tier: u8) -> Self {
        let mut world = Self::supplied(10_000);
        world.attest(&[Person::new(1, 2, EPOCH), Person::new(2, 3, EPOCH), Person::new(3, 1, EPOCH)]);
        let person = Person::new(0, tier, EPOCH);
        world.attest(&[person]);
        world.open(&person).expect_ok();
        world
    }

    /// And has drawn so many base units.
    pub fn drawn(tier: u8, amount: u64) -> Self {
        let mut world = Self::opened(tier);
        world.draw(amount).expect_ok();
        world
    }

    /// And did not pay in time.
    pub fn defaulted(tier: u8, amount: u64) -> Self {
        let mut world = Self::drawn(tier, amount);
        world.net.advance(TERM + GRACE);
        world.mark_default().expect_ok();
        world
    }

    pub fn create_pool(&self) -> Instruction {
        let (admin, guardian) = (self.admin.address(), self.guardian.address());
        self.keys.create(admin, guardian, admin, None, self.terms)
    }

    pub fn taken_up(&self) -> TakenUp {
        let issuer = Address::new_from_array(self.terms.issuer);
        TakenUp { issuer, model: Address::new_from_array(self.terms.model), attested: None }
    }

    pub fn create_tree(&mut self, epoch: u32) -> Outcome {
        let create = self.issuer.create_tree(epoch);
        let outcome = self.authority_sends(create);
        if outcome.is_ok() {
            self.followers.insert(epoch, Follower::new(self.issuer.tree(epoch)).unwrap());
        }
        outcome
    }

    pub fn append(&mut self, epoch: u32, leaf: [u8; 32]) -> Outcome {
        let append = self.issuer.append_leaf(epoch, leaf);
        let outcome = self.authority_sends(append);
        for event in outcome.events() {
            self.followers.values_mut().for_each(|follower| follower.take(&event).unwrap());
        }
        outcome
    }

    /// Appends these people's leaves to the first tree.
    pub fn attest(&mut self, people: &[Person]) {
        self.attest_in(EPOCH, people);
    }

    pub fn attest_in(&mut self, epoch: u32, people: &[Person]) {
        for person in people {
            self.append(epoch, person.leaf().to_be_bytes()).expect_ok();
        }
        self.follower(epoch).check(&self.tree(epoch)).unwrap();
    }

    /// Moves to the start of an epoch, and makes its tree with the borrower's leaf, now of another tier.
    pub fn next_epoch(&mut self, tier: u8) -> Person {
        let epoch = self.epoch() + 1;
        self.net.set_time(starts_at(epoch) + 600);
        self.attested_now(tier, epoch)
    }

    /// Attests the borrower in an epoch, as of a tier.
    pub fn attested_now(&mut self, tier: u8, epoch: u32) -> Person {
        if !self.followers.contains_key(&epoch) {
            self.create_tree(epoch).expect_ok();
        }
        let person = Person::new(0, tier, epoch);
        self.attest_in(epoch, &[Person::new(1, 2, epoch), person]);
        person
    }

    pub fn follower(&self, epoch: u32) -> &Follower {
        &self.followers[&epoch]
    }

    /// The latest tree's epoch.
    pub fn epoch(&self) -> u32 {
        *self.followers.keys().next_back().unwrap()
    }

    /// A person's honest proof from the latest tree, bound to the borrower.
    pub fn prove(&self, person: &Person) -> Proven {
        self.prove_for(person, self.epoch(), self.borrower.address(), self.keys)
    }

    /// The same from the tree of an epoch, bound to somebody, for a pool.
    pub fn prove_for(&self, person: &Person, epoch: u32, borrower: Address, pool: PoolKeys) -> Proven {
        let nullifier = nullifier_in(&pool, person.secret).unwrap();
        let line = pool.line(&nullifier.to_be_bytes());
        let issuer = self.issuer.issuer;
        let subject = Subject { pool: pool.pool, line, borrower, issuer, epoch };
        let path = self.follower(epoch).path(person.leaf()).unwrap();
        let membership = Membership {
            secret: field_element(&person.secret),
            salt: field_element(&person.salt),
            position: path.position,
            siblings: path.siblings.iter().map(field_element).collect(),
            scope: pool.pool.to_bytes(),
        };
        let claim = Claim { root: path.root, scope: pool.pool.to_bytes(), nullifier };
        let context = taking_context(&subject);
        let (proof, statement) =
            MODEL.prove_member(&person.values, context, membership, claim, Transcript::Assay, 3);
        let digest =
            digest(&MODEL.schema.domain().to_be_bytes(), &subject, path.root, nullifier, person.tier())
                .unwrap();
        assert_eq!(statement.digest(), Ok(digest), "host and prover state the same");
        let proving = Proving {
            borrower,
            line,
            issuer,
            tree: self.issuer.tree(epoch),
            model: self.model,
            receipt: verifier::receipt_address(&self.model, &digest),
        };
        let (root, nullifier) = (path.root.to_be_bytes(), nullifier.to_be_bytes());
        Proven { proving, proof: proof.as_bytes().to_vec(), root, nullifier, tier: person.tier() }
    }

    /// `record` of a statement that the borrower's proof is of, by a stranger.
    pub fn recording(&self, person: &Person, proven: &Proven) -> Instruction {
        let Proving { borrower, line, issuer, .. } = proven.proving;
        let subject = Subject { pool: self.keys.pool, line, borrower, issuer, epoch: self.epoch() };
        let [root, nullifier] =
            [proven.root, proven.nullifier].map(|bytes| Scalar::from_be_bytes(bytes).unwrap());
        let claim = Claim { root, scope: self.keys.pool.to_bytes(), nullifier };
        let limbs = limbs(&claim, person.tier()).unwrap();
        let digest =
            digest(&MODEL.schema.domain().to_be_bytes(), &subject, root, nullifier, person.tier()).unwrap();
        let proof = ProofRef::from_slice(&proven.proof).unwrap();
        let payer = self.stranger.address();
        verifier::record(payer, self.model, proof, taking_context(&subject), &limbs, &digest)
    }

    /// `open_line_by_proof` as an honest prover sends it.
    pub fn opening(&self, proven: &Proven) -> Instruction {
        self.keys.open_line_by_proof(&proven.proving, proven.claimed())
    }

    /// `renew_by_proof` as an honest prover sends it.
    pub fn renewal(&self, proven: &Proven) -> Instruction {
        self.keys.renew_by_proof(&proven.proving, proven.claimed())
    }

    pub fn open(&mut self, person: &Person) -> Outcome {
        let open = self.opening(&self.prove(person));
        self.borrower_sends(open)
    }

    pub fn renew(&mut self, person: &Person) -> Outcome {
        let renew = self.renewal(&self.prove(person));
        self.borrower_sends(renew)
    }

    /// The address of the borrower's line.
    pub fn line_address(&self) -> Address {
        let nullifier = nullifier_in(&self.keys, Person::new(0, 0, EPOCH).secret).unwrap();
        self.keys.line(&nullifier.to_be_bytes())
    }
}

/// Seconds from the start of an epoch to the last one at which it is in force.
pub const IN_FORCE: i64 = EPOCH_SECONDS + 3 * DAY - 1;

/// Asserts that a transaction was refused with an error of this name.
#[track_caller]
pub fn refused(outcome: &Outcome, name: &str) {
    let found = if outcome.is_ok() { "it went through" } else { outcome.error() };
    assert_eq!(found, name, "{}", outcome.logs.join("\n"));
}

/// The instruction with another account at `index`.
pub fn with_account(mut instruction: Instruction, index: usize, address: Address) -> Instruction {
    instruction.accounts[index].pubkey = address;
    instruction
}
