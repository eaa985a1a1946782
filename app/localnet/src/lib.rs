//! An in-process Solana runtime with programs deployed.
//!
//! [`Localnet`] is LiteSVM with mainnet's features, the SPL token program, and the `.so` files of the programs that it is
//! given, from `programs/bin`: they run as bytecode, metered as on mainnet. Tests and scenarios use it; there is no
//! network, and time moves only when it is told to. [`server`] puts one behind sockets of this machine.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod outcome;
mod programs;
pub mod server;
mod tokens;
mod unsigned;
mod wallet;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use assay_host::{
    Identity, Watch,
    account::{self, AccountError},
    errors::ErrorTable,
};
use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::v1::{self, TransactionConfig};
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

pub use anchor_lang::{Discriminator, Owner};
pub use outcome::{Outcome, ProgramUnits, Refusal};
pub use programs::{DeployError, deploy_directory, read_program};
pub use unsigned::Version;
pub use wallet::Wallet;

/// Most bytes of a transaction of version 0, or of none.
pub const MAX_TRANSACTION_SIZE: usize = 1_232;
/// Most bytes of a transaction of version 1.
pub const MAX_TRANSACTION_SIZE_V1: usize = 4_096;
/// The time at which a fresh [`Localnet`] stands: 1 January 2026, in Unix seconds.
pub const GENESIS_TIME: i64 = 1_767_225_600;

/// Most bytes of accounts that a transaction loads.
const MAX_LOADED_DATA: u32 = 64 * 1024 * 1024;

const SLOTS_PER_SECOND: u64 = 4; // about: programs must not use slots as a clock

/// A runtime of one's own.
pub struct Localnet {
    svm: LiteSVM,
    payer: Keypair,
    errors: Arc<ErrorTable>,
}

/// A copy whose further life is its own.
impl Clone for Localnet {
    fn clone(&self) -> Self {
        Self { svm: self.svm.clone(), payer: self.payer.insecure_clone(), errors: Arc::clone(&self.errors) }
    }
}

/// A transaction that went through.
#[derive(Clone)]
pub struct Accepted {
    /// The runtime as the transaction met it; it checks no signatures.
    pub before: Localnet,
    /// What was sent.
    pub instructions: Vec<Instruction>,
    /// Who paid.
    pub payer: Address,
}

thread_local! {
    static RECORD: RefCell<Option<Vec<Accepted>>> = const { RefCell::new(None) };
}

/// Every transaction that `run` sends on this thread and that goes through, in order.
pub fn record(run: impl FnOnce()) -> Vec<Accepted> {
    RECORD.set(Some(Vec::new()));
    run();
    RECORD.take().into_iter().flatten().collect()
}

impl Localnet {
    /// A runtime with these programs, from where the repository holds them.
    ///
    /// # Errors
    /// [`DeployError`] when a program was not built, or the IDLs contradict each other.
    pub fn new(programs: &[Identity]) -> Result<Self, DeployError> {
        Self::from_directory(&deploy_directory(), programs)
    }

    /// A runtime with these programs, from a directory of `.so` files. It names their errors.
    ///
    /// # Errors
    /// As [`Localnet::new`].
    pub fn from_directory(directory: &Path, programs: &[Identity]) -> Result<Self, DeployError> {
        let mut net = Self::without_programs();
        net.errors = Arc::new(ErrorTable::of(programs)?);
        for program in programs {
            net.deploy_bytes(program.id, program.library, &read_program(directory, program.library)?)?;
        }
        Ok(net)
    }

    /// A runtime with nothing but Solana's own programs and SPL token.
    pub fn without_programs() -> Self {
        let mut net = Self { svm: LiteSVM::new(), payer: Keypair::new(), errors: Arc::default() };
        net.set_time(GENESIS_TIME);
        net.airdrop(&net.payer.pubkey(), 1_000_000_000_000);
        net
    }

    /// Deploys `<library>.so` of the deploy directory at `id`.
    ///
    /// # Errors
    /// [`DeployError`] when the file is missing or is no program.
    pub fn deploy(&mut self, id: Address, library: &'static str) -> Result<(), DeployError> {
        self.deploy_bytes(id, library, &read_program(&deploy_directory(), library)?)
    }

    /// Deploys a program's bytes at `id`; `library` is its name in errors.
    ///
    /// # Errors
    /// [`DeployError::Invalid`] when the bytes are no program.
    pub fn deploy_bytes(
        &mut self,
        id: Address,
        library: &'static str,
        bytes: &[u8],
    ) -> Result<(), DeployError> {
        self.svm
            .add_program(id, bytes)
            .map_err(|error| DeployError::Invalid { library, reason: error.to_string() })
    }

    /// Who pays for what the runtime's owner does.
    pub fn payer(&self) -> &Keypair {
        &self.payer
    }

    /// A new key with 100 SOL.
    pub fn fund(&mut self) -> Keypair {
        let keypair = Keypair::new();
        self.airdrop(&keypair.pubkey(), 100_000_000_000);
        keypair
    }

    /// Gives `address` lamports out of nothing.
    pub fn airdrop(&mut self, address: &Address, lamports: u64) {
        let mut account = self.account(address).unwrap_or_default();
        account.lamports = account.lamports.saturating_add(lamports);
        self.set_account(*address, account);
    }

    /// The clock, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    /// Sets the clock, in Unix seconds; slots follow at about their real pace.
    pub fn set_time(&mut self, unix_timestamp: i64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        let seconds = unix_timestamp.saturating_sub(clock.unix_timestamp).unsigned_abs();
        clock.slot = clock.slot.saturating_add(seconds.saturating_mul(SLOTS_PER_SECOND));
        clock.unix_timestamp = unix_timestamp;
        self.svm.set_sysvar(&clock);
    }

    /// Lets slots pass, and no time.
    pub(crate) fn pass_slots(&mut self, slots: u64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        clock.slot = clock.slot.saturating_add(slots);
        self.svm.set_sysvar(&clock);
    }

    /// Moves the clock.
    pub fn advance(&mut self, seconds: i64) {
        self.set_time(self.now().saturating_add(seconds));
    }

    /// The account at `address`, if there is one.
    pub fn account(&self, address: &Address) -> Option<Account> {
        self.svm.get_account(address).filter(|account| account.lamports > 0)
    }

    /// The accounts that a filter lets through, in the order of their addresses.
    pub(crate) fn listed(&self, watch: &Watch) -> Vec<(Address, Account)> {
        let owned = self.svm.get_program_accounts(&watch.program).into_iter();
        let is_listed = |found: &Account| found.lamports > 0 && watch.lets_through(&found.owner, &found.data);
        let mut listed: Vec<(Address, Account)> = owned.filter(|(_, found)| is_listed(found)).collect();
        listed.sort_unstable_by_key(|(address, _)| *address); // the runtime lists them in no order
        listed
    }

    /// Puts an account at `address`, whatever was there.
    pub fn set_account(&mut self, address: Address, account: Account) {
        // The runtime refuses accounts that its caches cannot hold (malformed sysvars, programs): none is set here.
        let result = self.svm.set_account(address, account);
        debug_assert!(result.is_ok(), "{result:?}");
    }

    /// Puts an account of a program's at `address`, with the lamports that keep it alive.
    pub fn put(&mut self, address: Address, account: assay_host::Account) {
        let assay_host::Account { owner, data } = account;
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        self.set_account(address, Account { lamports, data, owner, executable: false, rent_epoch: u64::MAX });
    }

    /// Decodes the program account `T` at `address`; `None` where there is no account.
    ///
    /// # Errors
    /// [`AccountError`] when the account is another.
    pub fn read<T>(&self, address: &Address) -> Result<Option<T>, AccountError>
    where
        T: Owner + Discriminator + bytemuck::Pod,
    {
        self.account(address).map(|found| account::decode(&found.owner, &found.data)).transpose()
    }

    /// Sends one transaction, paid for by the first of `signers`.
    ///
    /// # Panics
    /// When a signature that the instructions ask for is missing among `signers`: the caller's mistake.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Outcome {
        self.svm.expire_blockhash(); // equal transactions are two transactions
        let transaction = self.sign(instructions, signers);
        let payer = signers.first().map(|signer| signer.pubkey()).expect("somebody pays");
        self.execute(transaction, instructions, payer)
    }

    fn execute(
        &mut self,
        transaction: VersionedTransaction,
        instructions: &[Instruction],
        payer: Address,
    ) -> Outcome {
        let size = wire_size(&transaction);
        let is_recorded = RECORD.with_borrow(Option::is_some);
        let before = is_recorded.then(|| self.clone().without_signatures());
        let outcome = outcome::outcome(&self.errors, self.svm.send_transaction(transaction), size);
        if let (Some(before), true) = (before, outcome.is_ok()) {
            let accepted = Accepted { before, instructions: instructions.to_vec(), payer };
            RECORD.with_borrow_mut(|record| record.get_or_insert_default().push(accepted));
        }
        outcome
    }

    /// Sends one transaction of version 1, paid for by the first of `signers`. Compute limit and loaded data stand in its
    /// header, where an unset one means 0.
    ///
    /// # Panics
    /// As [`Localnet::send`], and where the instructions make no message of version 1: the caller's mistakes.
    pub fn send_v1(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        compute_unit_limit: u32,
    ) -> Outcome {
        self.svm.expire_blockhash();
        let config = TransactionConfig::empty()
            .with_priority_fee(0)
            .with_compute_unit_limit(compute_unit_limit)
            .with_loaded_accounts_data_size_limit(MAX_LOADED_DATA);
        let payer = signers.first().map(|signer| signer.pubkey()).expect("somebody pays");
        let blockhash = self.svm.latest_blockhash();
        let message = v1::Message::try_compile_with_config(&payer, instructions, blockhash, config)
            .expect("the instructions make a message");
        let transaction = VersionedTransaction::try_new(VersionedMessage::V1(message), signers)
            .expect("the signers are those that the instructions name");
        self.execute(transaction, instructions, payer)
    }

    /// What [`Localnet::send`] would answer, leaving every account as it is.
    ///
    /// # Panics
    /// As [`Localnet::send`].
    pub fn simulate(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Outcome {
        self.svm.expire_blockhash();
        let transaction = self.sign(instructions, signers);
        let size = wire_size(&transaction);
        let simulated = self.svm.simulate_transaction(transaction).map(|done| done.meta);
        outcome::outcome(&self.errors, simulated, size)
    }

    fn sign(&self, instructions: &[Instruction], signers: &[&Keypair]) -> VersionedTransaction {
        let payer = signers.first().map(|signer| signer.pubkey());
        let blockhash = self.svm.latest_blockhash();
        let message = Message::new_with_blockhash(instructions, payer.as_ref(), &blockhash);
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), signers)
            .expect("the signers are those that the instructions name")
    }
}

/// Bytes of a transaction on the wire: signatures, with their count where the message does not say it, and the message.
fn wire_size(transaction: &VersionedTransaction) -> usize {
    let count = match transaction.message {
        VersionedMessage::Legacy(_) | VersionedMessage::V0(_) => 1,
        VersionedMessage::V1(_) => 0,
    };
    count + size_of::<[u8; 64]>() * transaction.signatures.len() + transaction.message.serialize().len()
}
