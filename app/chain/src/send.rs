//! Simulate, sign, send, send again, confirm.
//!
//! A transaction is signed once and sent as often as it takes: clusters execute what has one signature once. It ends in one of three
//! ways, and [`Sender::send`] says which: it landed, it was refused, or its blockhash expired and nobody knows of it. Where patience ends
//! before that, it may land yet: whoever tries again looks at the accounts first. What a server says to a transaction that is handed in
//! decides nothing: it may have passed it on before it failed, or another behind the same address did. The transaction's status decides.
//! So servers are not asked to try it once more before they pass it on: it was simulated a moment ago, and where it fails since then its
//! status says so within a slot or two, for a fee; of what a server refused to pass on, nothing is known until its blockhash expires.

use std::thread;
use std::time::{Duration, Instant};

use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::error::{Error, Result};
use crate::refusal::Refusal;
use crate::rpc::{Blockhash, Execution, Rpc};
use crate::transaction::{Budget, MOST_COMPUTE_UNITS, Unsigned};

mod many;

/// Most micro-lamports a compute unit that are paid because others pay them.
pub const MOST_RECENT: u64 = 1_000_000;
/// Between two looks at a transaction: a local cluster has it at once, and others in a slot or two.
const FIRST_PACE: Duration = Duration::from_millis(25);
const PACE: Duration = Duration::from_millis(400);
/// Between two sendings of it.
const AGAIN: Duration = Duration::from_secs(2);
/// For how long a transaction that goes as a bundle goes no other way: bundles are for the next leaders, if any, and are not told of when they
/// are dropped.
const BUNDLED: Duration = Duration::from_secs(4);
/// Looks at a transaction whose blockhash expired, or that the server refused, before it is given up.
const LAST_LOOKS: u32 = 4;
/// For how long a transaction is sent with the blockhash of its simulation: a tenth of a blockhash's life.
const FRESH: Duration = Duration::from_secs(6);
/// How old its simulation may be: a signer may take its time.
const TRIED: Duration = Duration::from_secs(2);
/// Blocks that a signed transaction still has to be executed in, or it is signed anew; and how often it is signed.
const LEAST_LEFT: u64 = 40;
const SIGNINGS: u32 = 2;
/// Blocks beyond the last that takes a blockhash, until it counts as expired: servers behind one address differ by some.
pub const MARGIN: u64 = 32;
/// Most lamports that anybody means to pay for being early: more is a slip.
pub const MOST_PRIORITY: u64 = 1_000_000_000;

/// What is paid for a compute unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// These micro-lamports.
    Fixed(u64),
    /// These micro-lamports, or as many as the most that is paid comes to.
    Upto(u64),
    /// What three of four transactions that wrote to the same accounts paid of late, or less; these micro-lamports at most.
    Recent(u64),
}

/// Who sends, and how.
pub struct Sender<'a> {
    /// Where to.
    pub rpc: &'a Rpc,
    /// Who pays.
    pub payer: Address,
    /// Who signs, the payer among them.
    pub keys: Vec<&'a dyn Signer>,
    /// What is paid beyond the fee for signatures.
    pub price: Price,
    /// Most lamports that are paid for being early: a fixed price above that is an error, others are lowered.
    pub most_priority: u64,
    /// How long a transaction is waited for.
    pub patience: Duration,
}

/// A transaction that is about to be handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// Its signature.
    pub signature: &'a str,
    /// The last block that may hold it.
    pub last_height: u64,
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
    /// Whether it is handed in as a bundle, and to the server only where that leads nowhere.
    pub is_bundled: bool,
    /// Its blockhash, and when the server named it.
    blockhash: Blockhash,
    asked: Instant,
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

    /// Lamports that it takes from the payer, fees included, where the server says that of a simulation.
    pub fn lamports(&self) -> Option<u64> {
        // The simulated one paid for its signatures alone.
        self.execution.paid.map(|paid| paid.saturating_add(self.budget.priority()))
    }
}

impl Sender<'_> {
    /// What these instructions would do in one transaction, and what they would cost.
    ///
    /// # Errors
    /// [`Error::Refused`] where they would be; [`Error::Price`]; and the transaction cannot be built, or the cluster not asked.
    pub fn simulate(&self, instructions: &[Instruction]) -> Result<Simulated> {
        let price = self.price(instructions)?;
        let (blockhash, asked) = (self.rpc.blockhash()?, Instant::now());
        let build = |budget| Unsigned::new(&self.payer, instructions, budget, blockhash.hash);
        // The price is not simulated: with the greatest limit it would be of another size.
        let trial = build(Budget { compute_units: MOST_COMPUTE_UNITS, price: 0 })?;
        let execution = self.trial(&trial.wire(), &trial.programs())?;
        let took = execution.compute_units;
        let compute_units = u32::try_from(took.saturating_add(took / 10).saturating_add(1_000));
        let compute_units = compute_units.unwrap_or(MOST_COMPUTE_UNITS).min(MOST_COMPUTE_UNITS);
        let mut budget = Budget { compute_units, price };
        let most = self.most_priority;
        if budget.priority() > most && !matches!(self.price, Price::Fixed(_)) {
            budget.price = u64::try_from(u128::from(most) * 1_000_000 / u128::from(compute_units.max(1)))
                .unwrap_or(price);
        }
        if budget.priority() > most {
            return Err(Error::Price { lamports: budget.priority(), most });
        }
        let (instructions, transaction) = (instructions.to_vec(), build(budget)?);
        Ok(Simulated { instructions, budget, transaction, execution, is_bundled: false, blockhash, asked })
    }

    fn trial(&self, wire: &[u8], programs: &[Address]) -> Result<Execution> {
        let execution = self.rpc.simulate(wire)?;
        match &execution.error {
            Some(error) => Err(Box::new(Refusal::read(error, &execution.logs, programs)).into()),
            None => Ok(execution),
        }
    }

    fn price(&self, instructions: &[Instruction]) -> Result<u64> {
        match self.price {
            Price::Fixed(price) | Price::Upto(price) => Ok(price),
            Price::Recent(most) => {
                let accounts = instructions.iter().flat_map(|instruction| &instruction.accounts);
                let mut writable = vec![self.payer];
                writable.extend(accounts.filter(|account| account.is_writable).map(|account| account.pubkey));
                writable.sort_unstable();
                writable.dedup();
                let mut prices = self.rpc.recent_prices(&writable)?;
                prices.sort_unstable();
                let usual = prices.get(prices.len() * 3 / 4).copied().unwrap_or_default();
                Ok(usual.min(most))
            }
        }
    }

    /// Signs the transaction, with a blockhash that is new, and sends it until it is executed. `sending` is told of it before it is handed in: from
    /// then on it may land, and where `sending` fails it is not handed in. What is read afterwards is read as it is after that.
    ///
    /// # Errors
    /// What `sending` says; [`Error::Failed`], [`Error::Expired`], [`Error::Unconfirmed`], [`Error::NotTaken`]; before anything is sent, the cluster cannot be
    /// asked.
    pub fn send(
        &self,
        simulated: &Simulated,
        sending: &mut dyn FnMut(Signed<'_>) -> Result<()>,
    ) -> Result<Landed> {
        let deadline = Instant::now() + self.patience;
        let programs = simulated.transaction.programs();
        let (signature, wire, blockhash) = self.sign(simulated, &programs)?;
        sending(Signed { signature: &signature, last_height: blockhash.last_height })?;
        let mut last = Instant::now();
        let began = last;
        let hand_in = || match simulated.is_bundled {
            // Whoever takes no bundles now keeps nothing waiting.
            true if began.elapsed() < BUNDLED => {
                self.rpc.send_bundle(&wire).or_else(|_| self.rpc.send(&wire))
            }
            _ => self.rpc.send(&wire),
        };
        // What becomes of a bundle is not told: only a server's own answer counts.
        let may_be_refused = |error: &Error| !simulated.is_bundled && !may_be_on_its_way(error);
        let mut refused = hand_in().err().filter(may_be_refused);
        let (mut looks, mut is_expired, mut pace) = (LAST_LOOKS, false, FIRST_PACE);
        while Instant::now() < deadline {
            thread::sleep(if refused.is_some() { PACE } else { pace });
            pace = (pace * 2).min(PACE);
            let is_last = refused.is_some() || is_expired;
            let status = match self.rpc.status(&signature, is_last) {
                Ok(status) => status,
                Err(_) if refused.is_some() && looks == 0 => None,
                // A server that does not answer now may do so in a moment, and its silence shows nothing.
                Err(_) => {
                    looks -= u32::from(refused.is_some());
                    continue;
                }
            };
            match status {
                Some(status) if status.commitment >= self.rpc.commitment() => {
                    self.rpc.not_before(status.slot);
                    return match status.error {
                        Some(error) => {
                            let refusal = Box::new(Refusal::read(&error, &[], &programs));
                            Err(Error::Failed { signature, slot: status.slot, refusal })
                        }
                        None => Ok(Landed { signature, slot: status.slot, fee: simulated.fee() }),
                    };
                }
                // It is in a block: that is waited for.
                Some(_) => (refused, is_expired, looks) = (None, false, LAST_LOOKS),
                None if is_last && looks > 0 => looks -= 1,
                None if is_last => {
                    return Err(match refused {
                        Some(reason) => Error::NotTaken { signature, reason: Box::new(reason) },
                        None => Error::Expired { signature },
                    });
                }
                None if last.elapsed() >= AGAIN => {
                    last = Instant::now();
                    let height = self.rpc.height();
                    is_expired = height.is_ok_and(|now| now > blockhash.last_height.saturating_add(MARGIN));
                    if !is_expired {
                        // What became of it is asked above.
                        drop(hand_in());
                    }
                }
                None => {}
            }
        }
        match refused {
            Some(reason) => Err(Error::NotTaken { signature, reason: Box::new(reason) }),
            None => Err(Error::Unconfirmed { signature, seconds: self.patience.as_secs() }),
        }
    }

    /// The signed transaction: its signature, its bytes and its blockhash, which has not expired. Nobody is shown the signed bytes here:
    /// whoever is could hand them in, and nobody has written them down yet.
    fn sign(&self, simulated: &Simulated, programs: &[Address]) -> Result<(String, Vec<u8>, Blockhash)> {
        let Simulated { instructions, budget, .. } = simulated;
        let (mut unsigned, mut blockhash, mut asked) =
            (simulated.transaction.clone(), simulated.blockhash, simulated.asked);
        for _ in 0..SIGNINGS {
            if asked.elapsed() >= FRESH {
                (blockhash, asked) = (self.rpc.blockhash()?, Instant::now());
                unsigned = Unsigned::new(&self.payer, instructions, *budget, blockhash.hash)?;
            }
            let shown = unsigned.wire();
            let (signature, wire) = unsigned.clone().sign(&self.keys)?;
            if simulated.asked.elapsed() > TRIED {
                self.trial(&shown, programs)?;
            }
            if asked.elapsed() < FRESH
                || self.rpc.height()?.saturating_add(LEAST_LEFT) <= blockhash.last_height
            {
                return Ok((signature, wire, blockhash));
            }
        }
        Err(Error::Withheld("its blockhash expires before it is signed: the signer takes too long".into()))
    }
}

/// Whether the server may have taken the transaction, or another behind the same address may: its answer was lost, it had executed
/// the transaction, or has not heard of the blockhash yet. Anything else is a refusal, and is looked into before it is believed.
fn may_be_on_its_way(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } | Error::Answer { .. } | Error::LongAnswer { .. } => true,
        // Some servers say this in words alone.
        Error::Rpc { message, .. } if message.contains("already been processed") => true,
        Error::Rpc { code, .. } => matches!(code, 429 | 500..600 | -32005 | -32016),
        Error::Refused(refusal) => ["AlreadyProcessed", "BlockhashNotFound"].contains(&refusal.name.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
