//! The chain of the demo: an in-process runtime, keys from a seed, and a ledger of what transactions cost.
//!
//! A world can be cloned: whatever is tried in the copy leaves the original alone.

use std::collections::BTreeMap;
use std::path::Path;

use anchor_lang::Id as _;
use anchor_lang::prelude::ProgramError;
use anchor_lang::programs::Token;
use assay_client::account::AccountError;
use assay_interface::{
    pyth::{PriceUpdate, VerificationLevel},
    sha256,
};
use assay_keeper::{Account, Chain, Executed, KeeperError, SendError};
use assay_lending::LendingError;
use assay_localnet::{Discriminator, Localnet, Outcome, Owner, Refusal};
use assay_verifier::VerifierError;
use solana_account::Account as SolanaAccount;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::{
    candles::{EXPONENT, Update},
    error::DemoError,
    market::{Assets, Party},
    outcome::{Attack, TransactionFigures},
    scenario::{COLLATERAL_FEED, DEBT_CONFIDENCE, DEBT_FEED, DEBT_PRICE},
};

/// Lamports that each party starts with.
const ENDOWMENT: u64 = 10_000_000_000;

/// Bytes of a mint and of a token account, and where the amount lies.
const MINT_LEN: usize = 82;
const TOKEN_ACCOUNT_LEN: usize = 165;

/// Lamports that keep any of the accounts made here alive.
const RENT: u64 = 10_000_000;

/// The programs' files.
const PROGRAMS: [(Address, &str); 2] =
    [(assay_verifier::ID, "assay_verifier"), (assay_lending::ID, "assay_lending")];

/// The chain.
#[derive(Clone)]
pub struct World {
    net: Localnet,
    seed: [u8; 32],
    programs: BTreeMap<Address, Vec<u8>>,
    prices: Vec<(Address, PriceUpdate)>,
    ledger: BTreeMap<&'static str, Vec<Executed>>,
    verifier_units: Vec<u64>,
}

/// The error that must refuse an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    name: String,
    code: Option<u32>,
}

impl Expected {
    /// An error of the verifier program.
    pub fn verifier(error: VerifierError) -> Self {
        Self { name: format!("{error:?}"), code: number(error) }
    }

    /// An error of the lending program.
    pub fn lending(error: LendingError) -> Self {
        Self { name: format!("{error:?}"), code: number(error) }
    }

    /// The framework's refusal of an account that is closed: it has no data.
    pub fn consumed() -> Self {
        Self { name: "AccountDataTooSmall".into(), code: None }
    }

    /// Judges what came of an attack.
    pub fn judge(&self, name: &'static str, outcome: Result<(), Refusal>) -> Attack {
        let expected = self.to_string();
        match outcome {
            Ok(()) => Attack { name, expected, got: "accepted".into(), refused: false },
            Err(refusal) => {
                let refused = refusal.code == self.code && refusal.name == self.name;
                let got = Self { name: refusal.name, code: refusal.code }.to_string();
                Attack { name, expected, got, refused }
            }
        }
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => write!(f, "{} ({code})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl World {
    /// A chain with both programs, from `directory` or where the build puts them.
    ///
    /// # Errors
    /// A program is missing or is none.
    pub fn new(seed: [u8; 32], directory: Option<&Path>) -> Result<Self, DemoError> {
        let directory = directory.map_or_else(assay_localnet::deploy_directory, Path::to_path_buf);
        let mut net = Localnet::without_programs();
        let mut programs = BTreeMap::new();
        for (id, library) in PROGRAMS {
            let path = directory.join(format!("{library}.so"));
            let bytes = std::fs::read(&path).map_err(|source| DemoError::Program { path, source })?;
            net.deploy_bytes(id, library, &bytes)?;
            programs.insert(id, bytes);
        }
        Ok(Self {
            net,
            seed,
            programs,
            prices: Vec::new(),
            ledger: BTreeMap::new(),
            verifier_units: Vec::new(),
        })
    }

    /// Bytes of the deployed programs, by library name.
    pub fn program_sizes(&self) -> Vec<(&'static str, usize)> {
        PROGRAMS.iter().map(|(id, name)| (*name, self.programs.get(id).map_or(0, Vec::len))).collect()
    }

    /// Deploys a copy of a program at another address.
    pub fn deploy_copy(&mut self, label: &str, program: &Address) -> Result<Address, DemoError> {
        let id = self.key(label).pubkey();
        let bytes = self.programs.get(program).ok_or(DemoError::Scenario("the program is deployed"))?;
        self.net.deploy_bytes(id, "copy", bytes)?;
        Ok(id)
    }

    /// The clock, Unix seconds.
    pub fn now(&self) -> i64 {
        self.net.now()
    }

    /// Sets the clock.
    pub fn warp(&mut self, time: i64) {
        self.net.set_time(time);
    }

    /// The key of a label: the same for the same seed.
    pub fn key(&self, label: &str) -> Keypair {
        Keypair::new_from_array(sha256(&[&self.seed, b"key", label.as_bytes()]))
    }

    /// A party with lamports and tokens.
    pub fn party(&mut self, venue: &str, name: &str, assets: &Assets, collateral: u64, debt: u64) -> Party {
        let keypair = self.key(&format!("{venue}/{name}"));
        self.net.airdrop(&keypair.pubkey(), ENDOWMENT);
        let mut account = |what: &str, mint: &Address, amount: u64| {
            let address = self.key(&format!("{venue}/{name}/{what}")).pubkey();
            self.put(address, token_account(mint, &keypair.pubkey(), amount));
            address
        };
        let collateral_account = account("collateral", &assets.collateral_mint, collateral);
        let debt_account = account("debt", &assets.debt_mint, debt);
        Party { keypair, collateral_account, debt_account }
    }

    /// A mint that nobody can mint from: the demo writes balances instead.
    pub fn create_mint(&mut self, label: &str, decimals: u8) -> Address {
        let address = self.key(label).pubkey();
        let mut data = vec![0; MINT_LEN];
        // No authority; supply left at zero, which no transfer reads; initialized; no freeze authority.
        if let Some([kept, initialized]) = data.get_mut(44..46) {
            *kept = decimals;
            *initialized = 1;
        }
        self.put(address, data);
        address
    }

    /// Publishes an hour's prices.
    pub fn publish(&mut self, assets: &Assets, update: &Update) {
        let quote = |feed_id, price: u64, confidence, ema: u64| PriceUpdate {
            write_authority: [0; 32],
            verification_level: VerificationLevel::Full,
            feed_id,
            price: i64::try_from(price).unwrap_or(i64::MAX),
            confidence,
            exponent: EXPONENT,
            publish_time: update.publish_time,
            previous_publish_time: update.publish_time - crate::candles::HOUR,
            ema_price: i64::try_from(ema).unwrap_or(i64::MAX),
            ema_confidence: confidence,
            posted_slot: 0,
        };
        let collateral = quote(COLLATERAL_FEED, update.price, update.confidence, update.ema);
        let debt = quote(DEBT_FEED, DEBT_PRICE, DEBT_CONFIDENCE, DEBT_PRICE);
        self.prices = vec![(assets.prices.collateral, collateral), (assets.prices.debt, debt)];
        self.write_prices();
    }

    /// Publishes the last prices again, with the present as their time.
    pub fn refresh_prices(&mut self) {
        let now = self.now();
        self.prices.iter_mut().for_each(|(_, update)| update.publish_time = now);
        self.write_prices();
    }

    /// An account with a price's bytes that is not the receiver program's.
    pub fn forge_price(&mut self, original: &Address) -> Result<Address, DemoError> {
        let address = self.key("forged price").pubkey();
        let mut account =
            self.net.account(original).ok_or(DemoError::Scenario("the price account exists"))?;
        account.owner = self.key("forger").pubkey();
        self.net.set_account(address, account);
        Ok(address)
    }

    /// Sends a transaction of the scenario's; it must go through. Its costs enter the ledger under `label`.
    pub fn send(
        &mut self,
        label: &'static str,
        signer: &Keypair,
        instructions: &[Instruction],
    ) -> Result<Executed, DemoError> {
        let executed = self.attempt(signer, instructions).map_err(DemoError::refused(label))?;
        self.note(label, &executed);
        Ok(executed)
    }

    /// Sends a transaction that may be refused.
    pub fn attempt(&mut self, signer: &Keypair, instructions: &[Instruction]) -> Result<Executed, Refusal> {
        executed(self.net.send(instructions, &[signer]))
    }

    /// Enters a transaction's costs into the ledger.
    pub fn note(&mut self, label: &'static str, executed: &Executed) {
        self.ledger.entry(label).or_default().push(executed.clone());
    }

    /// Lets a keeper work with a party's wallet.
    ///
    /// # Errors
    /// The keeper's, as they are: an honest keeper has none here.
    pub fn keep<T>(
        &mut self,
        party: &Party,
        work: impl FnOnce(&mut Wallet<'_>) -> Result<T, KeeperError<AccountError>>,
    ) -> Result<T, DemoError> {
        work(&mut Wallet { world: self, keypair: &party.keypair }).map_err(DemoError::from)
    }

    /// A program's account.
    ///
    /// # Errors
    /// There is none, or it is another.
    pub fn read<T: Owner + Discriminator + bytemuck::Pod>(&self, address: &Address) -> Result<T, DemoError> {
        self.net.read(address)?.ok_or(DemoError::Missing(*address))
    }

    /// Tokens in a token account.
    pub fn balance(&self, account: &Address) -> u64 {
        self.net.token_balance(account)
    }

    /// The ledger's figures, by label.
    pub fn figures(&self) -> Vec<TransactionFigures> {
        let rows = self.ledger.iter().map(|(&name, sent)| {
            let units = || sent.iter().map(|executed| executed.compute_units);
            TransactionFigures {
                name,
                count: sent.len(),
                compute_units_min: units().min().unwrap_or(0),
                compute_units_max: units().max().unwrap_or(0),
                size: sent.iter().map(|executed| executed.size).max().unwrap_or(0),
            }
        });
        rows.collect()
    }

    /// Most compute units that the verifier took when another program called it.
    pub fn verifier_units(&self) -> u64 {
        self.verifier_units.iter().copied().max().unwrap_or(0)
    }

    fn write_prices(&mut self) {
        for (address, update) in &self.prices {
            self.net.set_price(*address, update);
        }
    }

    fn put(&mut self, address: Address, data: Vec<u8>) {
        let account = SolanaAccount {
            lamports: RENT,
            data,
            owner: Token::id(),
            executable: false,
            rent_epoch: u64::MAX,
        };
        self.net.set_account(address, account);
    }
}

/// The runtime with a wallet: what the keeper sees.
pub struct Wallet<'a> {
    world: &'a mut World,
    keypair: &'a Keypair,
}

impl Chain for Wallet<'_> {
    type Error = AccountError;

    fn wallet(&self) -> Address {
        self.keypair.pubkey()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, Self::Error> {
        Ok(self.world.net.account(address).map(|found| Account { owner: found.owner, data: found.data }))
    }

    fn unix_time(&self) -> Result<i64, Self::Error> {
        Ok(self.world.now())
    }

    fn simulate(&mut self, instructions: &[Instruction]) -> Result<Option<Executed>, SendError<Self::Error>> {
        let outcome = self.world.net.simulate(instructions, &[self.keypair]);
        executed(outcome).map(Some).map_err(refused)
    }

    fn send(&mut self, instructions: &[Instruction]) -> Result<Executed, SendError<Self::Error>> {
        let outcome = self.world.net.send(instructions, &[self.keypair]);
        let by_cpi = outcome.programs.len() > 1;
        if let Some(units) = outcome.units_of(&assay_verifier::ID).filter(|_| by_cpi) {
            self.world.verifier_units.push(units);
        }
        executed(outcome).map_err(refused)
    }
}

/// The number that a program returns for an error.
fn number(error: impl Into<ProgramError>) -> Option<u32> {
    match error.into() {
        ProgramError::Custom(number) => Some(number),
        _ => None,
    }
}

fn executed(outcome: Outcome) -> Result<Executed, Refusal> {
    match outcome.refusal {
        None => Ok(Executed { compute_units: outcome.compute_units, size: outcome.size }),
        Some(refusal) => Err(refusal),
    }
}

fn refused(refusal: Refusal) -> SendError<AccountError> {
    SendError::Refused { code: refusal.code, message: refusal.to_string() }
}

/// A token account's bytes: mint, owner, amount, no delegate, initialized.
fn token_account(mint: &Address, owner: &Address, amount: u64) -> Vec<u8> {
    const INITIALIZED: u8 = 1;
    let mut data = Vec::with_capacity(TOKEN_ACCOUNT_LEN);
    data.extend_from_slice(mint.as_ref());
    data.extend_from_slice(owner.as_ref());
    data.extend_from_slice(&amount.to_le_bytes());
    data.extend_from_slice(&[0; 36]);
    data.push(INITIALIZED);
    data.resize(TOKEN_ACCOUNT_LEN, 0);
    data
}
