//! The chain of the demonstration: an in-process runtime, keys from a seed, and a ledger of what transactions cost.
//!
//! A simulation can be cloned: whatever is tried in the copy leaves the original alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anchor_lang::Id as _;
use anchor_lang::prelude::ProgramError;
use anchor_lang::programs::Token;
use assay_feed_host::FeedError;
use assay_feed_interface::pyth::PriceUpdate;
use assay_host::{Account, Executed, Identity};
use assay_interface::sha256;
use assay_lending::LendingError;
use assay_lending_host::{IDENTITY, PriceAccounts};
use assay_localnet::{Discriminator, Localnet, Outcome, Owner, Refusal, Wallet, read_program};
use assay_verifier_host::VerifierError;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use super::{
    accounts::{Assets, Party},
    participants::{COLLATERAL_DECIMALS, DEBT_DECIMALS},
};
use crate::error::DemoError;
use crate::scenario::{Attack, TransactionFigures};

/// Lamports that each party starts with.
pub(super) const ENDOWMENT: u64 = 10_000_000_000;

/// Bytes of a mint and of a token account, and where the amount lies.
const MINT_LEN: usize = 82;
const TOKEN_ACCOUNT_LEN: usize = 165;

/// The programs of the demonstration.
const PROGRAMS: [Identity; 3] = [assay_verifier_host::IDENTITY, assay_feed_host::IDENTITY, IDENTITY];

/// The chain.
#[derive(Clone)]
pub struct Simulation {
    pub(super) net: Localnet,
    seed: [u8; 32],
    directory: PathBuf,
    /// What the oracle published last: of the collateral, and of the debt asset.
    pub(super) published: Option<[PriceUpdate; 2]>,
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

    /// An error of the feed program.
    pub fn feed(error: FeedError) -> Self {
        Self { name: format!("{error:?}"), code: number(error) }
    }

    /// An error of the lending program.
    pub fn lending(error: LendingError) -> Self {
        Self { name: format!("{error:?}"), code: number(error) }
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

impl Simulation {
    /// A chain with both programs, from `directory` or where the build puts them.
    ///
    /// # Errors
    /// A program is missing or is none.
    pub fn new(seed: [u8; 32], directory: Option<&Path>) -> Result<Self, DemoError> {
        let directory = directory.map_or_else(assay_localnet::deploy_directory, Path::to_path_buf);
        Ok(Self {
            net: Localnet::from_directory(&directory, &PROGRAMS)?,
            seed,
            directory,
            published: None,
            ledger: BTreeMap::new(),
            verifier_units: Vec::new(),
        })
    }

    /// Bytes of the deployed programs, by library name.
    ///
    /// # Errors
    /// A file that was there is gone.
    pub fn program_sizes(&self) -> Result<Vec<(&'static str, usize)>, DemoError> {
        let size = |Identity { library, .. }| Ok((library, read_program(&self.directory, library)?.len()));
        PROGRAMS.into_iter().map(size).collect()
    }

    /// Deploys a copy of a program at another address.
    pub fn deploy_copy(&mut self, label: &str, program: &Identity) -> Result<Address, DemoError> {
        let id = self.key(label).pubkey();
        self.net.deploy_bytes(id, "copy", &read_program(&self.directory, program.library)?)?;
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
    pub fn party(&mut self, market: &str, name: &str, assets: &Assets, collateral: u64, debt: u64) -> Party {
        let keypair = self.key(&format!("{market}/{name}"));
        self.net.airdrop(&keypair.pubkey(), ENDOWMENT);
        let mut account = |what: &str, mint: &Address, amount: u64| {
            let address = self.key(&format!("{market}/{name}/{what}")).pubkey();
            self.put(address, token_account(mint, &keypair.pubkey(), amount));
            address
        };
        let collateral_account = account("collateral", &assets.collateral_mint, collateral);
        let debt_account = account("debt", &assets.debt_mint, debt);
        Party { keypair, collateral_account, debt_account }
    }

    /// Mints, and price sources that hold nothing yet.
    ///
    /// # Errors
    /// A source cannot be created.
    pub fn create_assets(&mut self) -> Result<Assets, DemoError> {
        let [collateral, debt] = self.create_sources()?;
        Ok(Assets {
            collateral_mint: self.create_mint("collateral mint", COLLATERAL_DECIMALS),
            debt_mint: self.create_mint("debt mint", DEBT_DECIMALS),
            prices: PriceAccounts { collateral, debt },
        })
    }

    /// A mint that nobody can mint from: the demo writes balances instead.
    fn create_mint(&mut self, label: &str, decimals: u8) -> Address {
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

    /// A copy of a price source at another address.
    pub fn forge_price(&mut self, original: &Address) -> Result<Address, DemoError> {
        let address = self.key("forged price").pubkey();
        let account = self.net.account(original).ok_or(DemoError::Scenario("the price source exists"))?;
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
        self.net.send(instructions, &[signer]).executed()
    }

    /// Enters a transaction's costs into the ledger.
    pub fn note(&mut self, label: &'static str, executed: &Executed) {
        self.ledger.entry(label).or_default().push(executed.clone());
    }

    /// Takes the runtime out, to put it behind sockets.
    pub fn take_net(&mut self) -> Localnet {
        std::mem::replace(&mut self.net, Localnet::without_programs())
    }

    /// Some accounts, as chains show them.
    pub fn accounts(&self, addresses: &[Address]) -> Vec<(Address, Option<Account>)> {
        let read = |address: &Address| {
            let found = self.net.account(address);
            (*address, found.map(|found| Account { owner: found.owner, data: found.data }))
        };
        addresses.iter().map(read).collect()
    }

    /// Enters what the verifier took when other programs called it.
    pub fn note_verifier(&mut self, outcomes: &[Outcome]) {
        let by_cpi = outcomes.iter().filter(|outcome| outcome.programs.len() > 1);
        self.verifier_units.extend(by_cpi.filter_map(|outcome| outcome.units_of(&assay_verifier_host::ID)));
    }

    /// Lets somebody read with a party's wallet.
    pub fn look<T>(&mut self, party: &Party, work: impl FnOnce(&Wallet<'_>) -> T) -> T {
        work(&Wallet::new(&mut self.net, &party.keypair))
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

    /// Most compute units that the verifier took when another program called it.
    pub fn verifier_units(&self) -> Option<u64> {
        self.verifier_units.iter().copied().max()
    }

    fn put(&mut self, address: Address, data: Vec<u8>) {
        self.net.put(address, Account { owner: Token::id(), data });
    }
}

/// The number that a program returns for an error.
fn number(error: impl Into<ProgramError>) -> Option<u32> {
    match error.into() {
        ProgramError::Custom(number) => Some(number),
        _ => None,
    }
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
