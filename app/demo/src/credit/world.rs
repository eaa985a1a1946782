//! The runtime of the demonstration: people with keys from a seed, a model that nobody can stop, an issuer, two pools.

use std::collections::BTreeMap;

use assay::Prover;
use assay_credit_host::{
    Follower, IDENTITY, IssuerKeys, Line, Pool, PoolKeys, Proving, Terms, Tier, Tree,
    schema::accepts,
    statement::{Subject, digest, taking_context},
};
use assay_credit_interface::{epoch::starts_at, formats::TIERS};
use assay_host::{Executed, Identity, compute_budget};
use assay_interface::{field::Scalar, sha256};
use assay_localnet::{Localnet, Outcome, Refusal};
use assay_verifier_host::{MIN_TIMELOCK, Registration, activate, receipt_address, renounce_authority};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use super::people::Applicant;
use crate::error::DemoError;
use crate::scenario::{Options, TransactionFigures};

const PROGRAMS: [Identity; 2] = [assay_verifier_host::IDENTITY, IDENTITY];

/// The epoch in which everything begins.
pub const EPOCH: u32 = 682;
/// Base units of one unit.
pub const UNIT: u64 = 1_000_000;
/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Units that the supplier brings.
pub const SUPPLIED: u64 = 20_000;
/// Units that each tier may owe.
pub const LIMITS: [u64; TIERS] = [0, 200, 1_000, 4_000];
/// Yearly rates of the tiers, basis points.
const RATES: [u32; TIERS] = [4_000, 2_500, 1_500, 900];
/// Seconds of a debt, and of the grace after it.
pub const TERM: i64 = 45 * DAY;
/// Seconds after the due date until a default can be marked.
pub const GRACE: i64 = 7 * DAY;
/// Seconds that a defaulter waits after having paid.
pub const COOL_OFF: i64 = 90 * DAY;

/// Compute units that every transaction asks for.
const LIMIT: u32 = 200_000;

/// Somebody.
pub struct Party {
    /// Signs.
    pub key: Keypair,
    /// Holds what is lent.
    pub tokens: Address,
}

impl Party {
    /// The address.
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

impl Clone for Party {
    fn clone(&self) -> Self {
        Self { key: self.key.insecure_clone(), tokens: self.tokens }
    }
}

/// What somebody claims of a proof.
#[derive(Clone)]
pub struct Claimed {
    /// Who signs.
    pub borrower: Address,
    /// Where.
    pub pool: PoolKeys,
    /// Epoch of the tree.
    pub epoch: u32,
    /// Its root.
    pub root: Scalar,
    /// The person.
    pub nullifier: Scalar,
    /// The tier.
    pub tier: u8,
    /// The proof.
    pub proof: Vec<u8>,
}

impl Claimed {
    /// As the instructions take it.
    fn argument(&self) -> assay_credit_host::Claimed {
        assay_credit_host::Claimed {
            proof: self.proof.clone().into(),
            root: self.root.to_be_bytes(),
            nullifier: self.nullifier.to_be_bytes(),
            tier: self.tier,
        }
    }
}

/// The runtime and who is in it.
#[derive(Clone)]
pub struct World {
    /// The runtime.
    pub net: Localnet,
    /// The two pools; the second only to be another one.
    pub pools: [PoolKeys; 2],
    /// Their issuer.
    pub issuer: IssuerKeys,
    /// Makes the pools.
    pub admin: Party,
    /// Pauses them.
    pub guardian: Party,
    /// Attests people.
    pub authority: Party,
    /// Stops the issuer.
    pub issuer_guardian: Party,
    /// Brings the cash.
    pub supplier: Party,
    /// One of each tier.
    pub borrowers: [Party; TIERS],
    /// Wants what is not theirs.
    pub thief: Party,
    /// What the pools lend on.
    pub terms: Terms,
    followers: BTreeMap<u32, Follower>,
    ledger: BTreeMap<&'static str, Vec<Executed>>,
}

impl World {
    /// Programs deployed, model registered, active and renounced; issuer, both pools and the first tree are there, and cash.
    ///
    /// # Errors
    /// A program is missing, or a transaction was refused.
    pub fn new(options: &Options, prover: &Prover) -> Result<Self, DemoError> {
        accepts(prover.model().schema())?;
        let directory = options.programs.clone().unwrap_or_else(assay_localnet::deploy_directory);
        let mut net = Localnet::from_directory(&directory, &PROGRAMS)?;
        net.set_time(starts_at(EPOCH) + DAY - MIN_TIMELOCK);
        let mint = net.create_mint(6);
        let mut party = |label: &str| {
            let seed = sha256(&[b"assay:demo:credit:v1\0", label.as_bytes(), &options.seed.to_le_bytes()]);
            let key = Keypair::new_from_array(seed);
            net.airdrop(&key.pubkey(), 10_000_000_000);
            let tokens = net.create_token_account(&mint, &key.pubkey());
            net.mint_to(&mint, &tokens, SUPPLIED * UNIT);
            Party { key, tokens }
        };
        let [admin, guardian, authority, issuer_guardian, supplier, thief] =
            ["admin", "guardian", "authority", "issuer guardian", "supplier", "thief"].map(&mut party);
        let borrowers = ["tier 0", "tier 1", "tier 2", "tier 3"].map(&mut party);
        let key = prover.verifying_key().to_interface();
        let registration = Registration::development(admin.address(), &key, prover.model().schema());
        let issuer = IssuerKeys::derive(&authority.address());
        let pools = [1, 2].map(|nonce| PoolKeys::derive(&admin.address(), nonce, mint));
        let domain = prover.model().schema().domain();
        let terms = terms(&issuer, &registration.model(), domain);
        let mut world = Self {
            net,
            pools,
            issuer,
            admin: admin.clone(),
            guardian,
            authority: authority.clone(),
            issuer_guardian,
            supplier,
            borrowers,
            thief,
            terms,
            followers: BTreeMap::new(),
            ledger: BTreeMap::new(),
        };
        world.send("register", &admin, registration.instruction()?)?;
        world.net.advance(MIN_TIMELOCK);
        world.send("activate", &admin, activate(admin.address(), registration.model()))?;
        world.send(
            "renounce_authority",
            &admin,
            renounce_authority(admin.address(), registration.model()),
        )?;
        let create = world.issuer.create(world.issuer_guardian.address());
        world.send("create_issuer", &authority, create)?;
        for pool in pools {
            let guardian = world.guardian.address();
            let create = pool.create(admin.address(), guardian, admin.address(), None, terms);
            world.send("create_pool", &admin, create)?;
        }
        let [pool, _] = pools;
        let supplier = world.supplier.clone();
        let supply = pool.supply(supplier.address(), supplier.tokens, SUPPLIED * UNIT);
        world.send("supply", &supplier, supply)?;
        Ok(world)
    }

    /// The issuer's tree of an epoch, with these people in it.
    ///
    /// # Errors
    /// A transaction was refused, or the tree rebuilt from the events is not the account's.
    pub fn attest(&mut self, epoch: u32, people: &[&Applicant]) -> Result<(), DemoError> {
        let authority = self.authority.clone();
        if !self.followers.contains_key(&epoch) {
            self.send("create_tree", &authority, self.issuer.create_tree(epoch))?;
            self.followers.insert(epoch, Follower::new(self.issuer.tree(epoch))?);
        }
        for person in people {
            let leaf = person.leaf(epoch)?.to_be_bytes();
            self.send("append_leaf", &authority, self.issuer.append_leaf(epoch, leaf))?;
        }
        let address = self.issuer.tree(epoch);
        let tree: Tree = self.net.read(&address)?.ok_or(DemoError::Missing(address))?;
        Ok(self.follower(epoch)?.check(&tree)?)
    }

    /// The tree of an epoch, rebuilt from events.
    ///
    /// # Errors
    /// There is none.
    pub fn follower(&self, epoch: u32) -> Result<&Follower, DemoError> {
        self.followers.get(&epoch).ok_or(DemoError::Scenario("the epoch has a tree"))
    }

    /// What somebody proves honestly, for a borrower who signs, in a pool.
    ///
    /// # Errors
    /// The prover fails.
    pub fn prove(
        &self,
        prover: &Prover,
        person: &Applicant,
        epoch: u32,
        borrower: &Address,
        pool: PoolKeys,
    ) -> Result<Claimed, DemoError> {
        let path = self.follower(epoch)?.path(person.leaf(epoch)?)?;
        let nullifier = person.nullifier(&pool.pool)?;
        let mut claimed = Claimed {
            borrower: *borrower,
            pool,
            epoch,
            root: path.root,
            nullifier,
            tier: person.tier,
            proof: Vec::new(),
        };
        let context = taking_context(&self.subject(&claimed));
        claimed.proof = person.prove(prover, epoch, &path, &pool.pool, context)?;
        Ok(claimed)
    }

    fn subject(&self, claimed: &Claimed) -> Subject {
        let Claimed { borrower, pool, epoch, nullifier, .. } = claimed;
        let line = pool.line(nullifier.as_be_bytes());
        Subject { pool: pool.pool, line, borrower: *borrower, issuer: self.issuer.issuer, epoch: *epoch }
    }

    /// Where a claim's parts are, the receipt of what it claims among them.
    fn proving(&self, claimed: &Claimed) -> Result<Proving, DemoError> {
        let subject = self.subject(claimed);
        let digest = digest(&self.terms.domain, &subject, claimed.root, claimed.nullifier, claimed.tier)?;
        let model = Address::new_from_array(self.terms.model);
        Ok(Proving {
            borrower: claimed.borrower,
            line: subject.line,
            issuer: self.issuer.issuer,
            tree: self.issuer.tree(claimed.epoch),
            model,
            receipt: receipt_address(&model, &digest),
        })
    }

    /// `open_line_by_proof`.
    ///
    /// # Errors
    /// The claim cannot be stated.
    pub fn opening(&self, claimed: &Claimed) -> Result<Instruction, DemoError> {
        Ok(claimed.pool.open_line_by_proof(&self.proving(claimed)?, claimed.argument()))
    }

    /// `renew_by_proof`.
    ///
    /// # Errors
    /// The claim cannot be stated.
    pub fn renewal(&self, claimed: &Claimed) -> Result<Instruction, DemoError> {
        Ok(claimed.pool.renew_by_proof(&self.proving(claimed)?, claimed.argument()))
    }

    /// The line of a person in the first pool.
    ///
    /// # Errors
    /// A hash failed.
    pub fn line_of(&self, person: &Applicant) -> Result<Address, DemoError> {
        let [pool, _] = self.pools;
        Ok(pool.line(person.nullifier(&pool.pool)?.as_be_bytes()))
    }

    /// `draw` of a borrower on a person's line in the first pool.
    ///
    /// # Errors
    /// A hash failed.
    pub fn drawing(&self, by: &Party, person: &Applicant, amount: u64) -> Result<Instruction, DemoError> {
        let [pool, _] = self.pools;
        Ok(pool.draw(by.address(), self.line_of(person)?, self.issuer.issuer, by.tokens, amount))
    }

    /// A line's account.
    ///
    /// # Errors
    /// It is none.
    pub fn line(&self, address: &Address) -> Result<Line, DemoError> {
        self.net.read(address)?.ok_or(DemoError::Missing(*address))
    }

    /// The first pool's account.
    ///
    /// # Errors
    /// It is none.
    pub fn pool(&self) -> Result<Pool, DemoError> {
        let [pool, _] = self.pools;
        self.net.read(&pool.pool)?.ok_or(DemoError::Missing(pool.pool))
    }

    /// Sends a transaction of the scenario's; it must go through.
    ///
    /// # Errors
    /// It was refused, or a leaf that it appended does not fit.
    pub fn send(
        &mut self,
        action: &'static str,
        signer: &Party,
        instruction: Instruction,
    ) -> Result<(), DemoError> {
        let outcome = self.submit(signer, instruction);
        let executed = outcome.executed().map_err(DemoError::refused(action))?;
        self.ledger.entry(action).or_default().push(executed);
        for event in outcome.events() {
            self.followers.values_mut().try_for_each(|follower| follower.take(&event))?;
        }
        Ok(())
    }

    /// Sends a transaction that may be refused.
    ///
    /// # Errors
    /// It was.
    pub fn attempt(&mut self, signer: &Party, instruction: Instruction) -> Result<Executed, Refusal> {
        self.submit(signer, instruction).executed()
    }

    fn submit(&mut self, signer: &Party, instruction: Instruction) -> Outcome {
        self.net.send(&[compute_budget::limit(LIMIT), instruction], &[&signer.key])
    }

    /// What the transactions cost, by kind.
    pub fn figures(&self) -> Vec<TransactionFigures> {
        let figures = |(&name, sent): (&&'static str, &Vec<Executed>)| {
            let units = || sent.iter().map(|executed| executed.compute_units);
            Some(TransactionFigures {
                name,
                count: sent.len(),
                compute_units_min: units().min()?,
                compute_units_max: units().max()?,
                size: sent.iter().map(|executed| executed.size).max()?,
            })
        };
        self.ledger.iter().filter_map(figures).collect()
    }
}

fn terms(issuer: &IssuerKeys, model: &Address, domain: Scalar) -> Terms {
    let mut tiers = [Tier::default(); TIERS];
    for ((tier, units), rate_bps) in tiers.iter_mut().zip(LIMITS).zip(RATES) {
        *tier = Tier { limit: units * UNIT, rate_bps, padding: 0 };
    }
    Terms {
        issuer: issuer.issuer.to_bytes(),
        model: model.to_bytes(),
        domain: domain.to_be_bytes(),
        attestors: [0; 32],
        tiers,
        supply_cap: 1_000_000 * UNIT,
        debt_cap: SUPPLIED / 2 * UNIT,
        term: TERM.unsigned_abs() as u32,
        grace: GRACE.unsigned_abs() as u32,
        cool_off: COOL_OFF.unsigned_abs() as u32,
        reserve_factor_bps: 1_000,
        exit_cash_bps: 500,
        setups: assay_credit::state::SETUP_DEVELOPMENT,
        reserved: [0; 15],
    }
}
