//! Simulate, sign, send, send again, confirm.
//!
//! A transaction is signed once and sent as often as it takes: clusters execute what has one signature once. It ends in one of three
//! ways, and [`Sender::send`] says which: it landed, it was refused, or its blockhash expired and it never will be executed. Where
//! patience ends before that, it may land yet: whoever tries again looks at the accounts first.

use std::thread;
use std::time::{Duration, Instant};

use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use crate::error::{Error, Result};
use crate::refusal::Refusal;
use crate::rpc::{Execution, Rpc, Status};
use crate::transaction::{Budget, MOST_COMPUTE_UNITS, Unsigned};

/// Most micro-lamports a compute unit that are paid because others pay them.
const MOST_RECENT: u64 = 1_000_000;
/// Between two looks at a transaction.
const PACE: Duration = Duration::from_millis(400);
/// Between two sendings of it.
const AGAIN: Duration = Duration::from_secs(2);
/// Looks at a transaction whose blockhash expired: servers behind one address differ by some blocks.
const LAST_LOOKS: u32 = 4;

/// What is paid for a compute unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// These micro-lamports.
    Fixed(u64),
    /// What three of four transactions that wrote to the same accounts paid of late, or less; a million micro-lamports at most.
    Recent,
}

/// Who sends, and how.
pub struct Sender<'a> {
    /// Where to.
    pub rpc: &'a Rpc,
    /// Who pays.
    pub payer: Address,
    /// Who signs, the payer among them.
    pub keys: Vec<&'a Keypair>,
    /// What is paid beyond the fee for signatures.
    pub price: Price,
    /// How long a transaction is waited for.
    pub patience: Duration,
}

/// A transaction that would go through.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// What it does.
    instructions: Vec<Instruction>,
    /// What it is allowed: a tenth more compute units than it took.
    pub budget: Budget,
    /// The transaction as it would be sent.
    pub transaction: Unsigned,
    /// What it did in the simulation.
    pub execution: Execution,
}

/// A transaction that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Its signature.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
    /// Lamports of fees.
    pub fee: u64,
}

impl Simulated {
    /// Lamports of fees.
    pub fn fee(&self) -> u64 {
        self.budget.fee(self.transaction.signatures())
    }
}

impl Sender<'_> {
    /// What these instructions would do in one transaction, and what they would cost.
    ///
    /// # Errors
    /// [`Error::Refused`] where they would be; and the transaction cannot be built, or the cluster not asked.
    pub fn simulate(&self, instructions: &[Instruction]) -> Result<Simulated> {
        let price = self.price(instructions)?;
        let hash = self.rpc.blockhash()?.hash;
        let build = |budget| Unsigned::new(&self.payer, instructions, budget, hash);
        // The price is not simulated: with the greatest limit it would be of another size.
        let trial = build(Budget { compute_units: MOST_COMPUTE_UNITS, price: 0 })?;
        let execution = self.rpc.simulate(&trial.wire())?;
        if let Some(error) = &execution.error {
            return Err(Box::new(Refusal::read(error, execution.logs, &trial.programs())).into());
        }
        let took = execution.compute_units;
        let compute_units = u32::try_from(took.saturating_add(took / 10).saturating_add(1_000));
        let compute_units = compute_units.unwrap_or(MOST_COMPUTE_UNITS).min(MOST_COMPUTE_UNITS);
        let budget = Budget { compute_units, price };
        Ok(Simulated { instructions: instructions.to_vec(), budget, transaction: build(budget)?, execution })
    }

    fn price(&self, instructions: &[Instruction]) -> Result<u64> {
        match self.price {
            Price::Fixed(price) => Ok(price),
            Price::Recent => {
                let accounts = instructions.iter().flat_map(|instruction| &instruction.accounts);
                let mut writable = vec![self.payer];
                writable.extend(accounts.filter(|account| account.is_writable).map(|account| account.pubkey));
                writable.sort_unstable();
                writable.dedup();
                let mut prices = self.rpc.recent_prices(&writable)?;
                prices.sort_unstable();
                let usual = prices.get(prices.len() * 3 / 4).copied().unwrap_or_default();
                Ok(usual.min(MOST_RECENT))
            }
        }
    }

    /// Signs the transaction with a new blockhash, and sends it until it is executed. `sent` is told its signature once it may be
    /// on its way.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Expired`], [`Error::Unconfirmed`]; and the cluster cannot be asked.
    pub fn send(&self, simulated: &Simulated, sent: &mut dyn FnMut(&str)) -> Result<Landed> {
        let deadline = Instant::now() + self.patience;
        let blockhash = self.rpc.blockhash()?;
        let unsigned = Unsigned::new(&self.payer, &simulated.instructions, simulated.budget, blockhash.hash)?;
        let programs = unsigned.programs();
        let (signature, wire) = unsigned.sign(&self.keys)?;
        match self.rpc.send(&wire, true) {
            Ok(()) => {}
            Err(error) if may_be_on_its_way(&error) => {}
            Err(error) => return Err(error),
        }
        sent(&signature);
        let landed = |status: Status| match status.error {
            Some(error) => Err(Box::new(Refusal::read(&error, Vec::new(), &programs)).into()),
            None => Ok(Landed { signature: signature.clone(), slot: status.slot, fee: simulated.fee() }),
        };
        let mut last = Instant::now();
        let mut looks = LAST_LOOKS;
        while Instant::now() < deadline {
            thread::sleep(PACE);
            // A server that does not answer now may do so in a moment.
            let Ok(status) = self.rpc.status(&signature, looks < LAST_LOOKS) else { continue };
            match status {
                Some(status) if status.error.is_some() || status.commitment >= self.rpc.commitment() => {
                    return landed(status);
                }
                Some(_) => {}
                None if looks == 0 => return Err(Error::Expired { signature }),
                None if looks < LAST_LOOKS => looks -= 1,
                None if last.elapsed() >= AGAIN => {
                    last = Instant::now();
                    match self.rpc.height() {
                        Ok(height) if height > blockhash.last_height => looks -= 1,
                        // What became of it is asked above.
                        _ => drop(self.rpc.send(&wire, false)),
                    }
                }
                None => {}
            }
        }
        Err(Error::Unconfirmed { signature, seconds: self.patience.as_secs() })
    }
}

/// Whether the server may have taken the transaction, or another behind the same address may: its answer was lost, it had executed
/// the transaction, or has not heard of the blockhash yet.
fn may_be_on_its_way(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } | Error::Answer { .. } => true,
        Error::Rpc { code, .. } => matches!(code, 429 | 500..600 | -32005),
        Error::Refused(refusal) => ["AlreadyProcessed", "BlockhashNotFound"].contains(&refusal.name.as_str()),
        _ => false,
    }
}
