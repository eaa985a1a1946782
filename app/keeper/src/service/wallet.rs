//! The cluster as one keeper sees it while it looks at one account: accounts from the mirror, transactions through the journal.
//!
//! A transaction is simulated; the most that it can take is held against the caps; it is signed, written down, and only then handed in;
//! what it took is noted once its end is known. Where that end stays unknown it stays in the journal, and nothing more is sent about the
//! account until it is found out ([`settle`](super::settle)).
//!
//! What several want sent at one moment, word for word, is sent once: that is what keeps sources, for one. Accounts that a transaction
//! wrote to are read again when it went through, and when it was refused: then what was decided on may be old.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assay_chain::rpc::Spent;
use assay_chain::transaction::{Budget, Hash, MOST_COMPUTE_UNITS, Unsigned};
use assay_chain::{Error, Price, Rpc, Sender, Signed, Simulated};
use assay_host::account::{token_amount, token_mint};
use assay_host::{Account, Action, Chain, ChainError, Executed, SendError, Watch};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;

use super::journal::{Asset, Bounds, End, InFlight, Journal, JournalError, Spend};
use super::reader::Reader;
use super::sending::Sending;

/// Lamports that new accounts of one transaction hold at most, where the server does not say what a simulation took.
const MOST_RENT: u64 = 10_000_000;
/// How long a transaction is sent again, beyond every blockhash's life.
const PATIENCE: Duration = Duration::from_secs(180);
/// Lamports that every transaction costs: one signature.
const LEAST_FEE: u64 = 5_000;

/// What may be paid for being early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fees {
    /// The price of a compute unit.
    pub price: Price,
    /// Most lamports a transaction.
    pub most: u64,
    /// Most of what a transaction brings, percent.
    pub share_percent: u8,
    /// Most lamports for what brings nothing by itself.
    pub upkeep: u64,
    /// Lamports that what is paid for has to bring beyond its fee.
    pub least_profit: u64,
    /// What is paid for going as a bundle, where bundles are taken.
    pub tip: Option<Tip>,
}

/// What is paid to whoever takes bundles, in the transaction itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// To whom.
    pub to: Address,
    /// Of what a transaction brings, percent.
    pub share_percent: u8,
    /// Most lamports.
    pub most: u64,
}

/// What happened to a transaction, for logs and counters.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// It is about to be handed in. `since` the change that it answers.
    Sending {
        /// The transaction.
        flight: &'a InFlight,
        /// How long ago the change came.
        since: Duration,
    },
    /// It was to go as a bundle, and nobody took that: it went the usual way, and pays its tip.
    Unbundled {
        /// Why not.
        error: &'a str,
    },
    /// It ended so.
    Ended {
        /// The transaction.
        flight: &'a InFlight,
        /// How.
        end: &'a End,
    },
}

/// What all keepers of a service share.
pub struct Shared {
    /// The mirror.
    pub reader: Arc<Reader>,
    /// Where transactions go.
    pub rpc: Arc<Rpc>,
    /// Who pays and signs.
    pub signer: Box<dyn Signer + Send + Sync>,
    /// What was sent and spent; `None` where nothing is ever sent.
    pub journal: Option<Journal>,
    /// What is paid for being early.
    pub fees: Fees,
    /// Who is told.
    pub tell: Box<dyn Fn(Event<'_>) + Send + Sync>,
    /// What is being sent at this moment.
    pub sending: Sending,
    /// Whether nothing more is sent: what is on its way is waited for.
    pub is_stopping: AtomicBool,
}

/// The chain for a look at `target`.
pub struct Wallet {
    /// What it shares.
    pub shared: Arc<Shared>,
    /// The account that is looked at.
    pub target: Address,
    /// When the change came that led to the look.
    pub since: Instant,
    /// Lamports that a base unit of what a strategy's gains are counted in is worth, if that is known.
    pub lamports_per_unit: Option<f64>,
    /// Whether everything else needs what is sent, as it needs prices: that is no upkeep, though it has no gain.
    pub is_needed: bool,
}

fn unanswered(error: Error) -> ChainError {
    ChainError(Box::new(error))
}

fn refusal(error: Error) -> SendError {
    match error.refusal() {
        Some(refusal) => SendError::Refused { code: refusal.number, message: error.to_string() },
        None => unanswered(error).into(),
    }
}

impl Chain for Wallet {
    fn wallet(&self) -> Address {
        self.shared.signer.pubkey()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        self.shared.reader.account(address).map_err(unanswered)
    }

    fn addresses(&self, watch: &Watch) -> Result<Vec<Address>, ChainError> {
        self.shared.reader.addresses(watch).map_err(unanswered)
    }

    fn listed(&self, watch: &Watch, address: &Address) -> Result<Option<Account>, ChainError> {
        self.shared.reader.listed(watch, address).map_err(unanswered)
    }

    fn unix_time(&self) -> Result<i64, ChainError> {
        let clock = self.shared.reader.mirror.clock();
        if clock.unix_time == 0 {
            self.shared.reader.tick().map_err(unanswered)?;
        }
        Ok(self.shared.reader.mirror.clock().unix_time)
    }

    fn allowance(&self, mint: &Address) -> u64 {
        self.shared.journal.as_ref().map_or(u64::MAX, |journal| journal.left(&Asset::Token(*mint)).most())
    }

    fn worth(&self, gain: u64) -> u64 {
        self.lamports_per_unit.map_or(gain, |worth| (gain as f64 * worth) as u64) // saturates
    }

    fn may_pay(&self, gain: Option<u64>) -> bool {
        self.brings(gain, LEAST_FEE)
    }

    /// Sending simulates.
    fn simulate(&mut self, _: &Action) -> Result<Option<Executed>, SendError> {
        Ok(None)
    }

    fn send(&mut self, action: &Action) -> Result<Executed, SendError> {
        let shared = Arc::clone(&self.shared);
        shared.sending.once(&action.instructions, || self.send_now(action))
    }
}

impl Wallet {
    fn send_now(&self, action: &Action) -> Result<Executed, SendError> {
        let Shared { rpc, signer, journal, .. } = &*self.shared;
        let withheld = |error: &dyn std::fmt::Display| SendError::Withheld(error.to_string());
        let Some(journal) = journal else { return Err(withheld(&"this is a dry run")) };
        if self.shared.is_stopping.load(Ordering::Relaxed) {
            return Err(withheld(&"the keeper is stopping"));
        }
        let most_priority = self.most_priority(action.gain);
        let sender = Sender {
            rpc,
            payer: signer.pubkey(),
            keys: vec![&**signer],
            price: self.shared.fees.price,
            most_priority,
            patience: PATIENCE,
        };
        let (instructions, tip) = tipped(&signer.pubkey(), &action.instructions, self.tip(action));
        let mut simulated = sender.simulate(&instructions).map_err(|error| self.refused(action, error))?;
        simulated.is_bundled = tip.is_some();
        let fee = simulated.fee().saturating_add(tip.unwrap_or(0));
        // Otherwise whoever makes many small accounts could use up the caps with them.
        if !self.brings(action.gain, fee) {
            return Err(withheld(&"it brings less than it costs"));
        }
        let balance = action.payment.map(|payment| self.balance(&payment.from)).transpose()?;
        let most = self.most(action, &simulated, fee, balance.map(|(token, _)| token));
        let bounds = Bounds { balance, leaves_half: action.payment.is_none() && !self.is_needed };
        let reservation = journal.reserve_within(&self.target, action.name, most, bounds);
        let mut reservation = Some(reservation.map_err(|error| withheld(&error))?);
        let mut flight = None;
        let sent = sender.send(&simulated, &mut |Signed { signature, last_height }| {
            let written = reservation.take().map(|held| held.sending(signature, last_height)).transpose();
            let written = written.map_err(|error| Error::Withheld(error.to_string()))?;
            if let Some(flight) = &written {
                (self.shared.tell)(Event::Sending { flight, since: self.since.elapsed() });
            }
            flight = written;
            Ok(())
        });
        if let Some(error) = rpc.unbundled() {
            (self.shared.tell)(Event::Unbundled { error: &error });
        }
        let Some(flight) = flight else {
            return Err(match sent {
                Err(Error::Withheld(why)) => SendError::Withheld(why),
                Err(error) => unanswered(error).into(),
                Ok(_) => SendError::Withheld("the journal has no record of it".into()),
            });
        };
        let end = match &sent {
            Ok(landed) => Some(self.shared.landed(&flight, landed.slot)),
            Err(Error::Failed { slot, .. }) => Some(self.shared.failed(&flight, *slot)),
            Err(Error::Expired { .. }) => Some(End::Expired),
            // It may land yet: what one server refused in a trial, another behind the same address may have passed on.
            Err(_) => None,
        };
        // First what is left is read, then what was held for it is given back.
        self.read_again(action);
        if let Some(end) = end {
            self.shared.ended(&flight, &end).map_err(|error| withheld(&error))?;
        }
        let compute_units = simulated.execution.compute_units;
        sent.map(|_| Executed { compute_units, size: simulated.transaction.size() }).map_err(refusal)
    }

    /// Most lamports for being early: a share of what it brings. Upkeep has time.
    fn most_priority(&self, gain: Option<u64>) -> u64 {
        let Fees { most, share_percent, upkeep, .. } = self.shared.fees;
        match (gain, self.lamports_per_unit) {
            (None, _) if self.is_needed => most,
            (None, _) => most.min(upkeep),
            (Some(_), None) => most,
            (Some(gain), Some(worth)) => {
                let share = gain as f64 * worth * f64::from(share_percent) / 100.0;
                most.min(share as u64) // saturates
            }
        }
    }

    /// What is paid for going as a bundle, and to whom: a share of what it brings, where that is known and bundles are taken. Only for what is
    /// paid for: of several transactions for one gain that is the last.
    fn tip(&self, action: &Action) -> Option<(Address, u64)> {
        action.payment?;
        let Tip { to, share_percent, most } =
            self.shared.fees.tip.filter(|_| self.shared.rpc.takes_bundles())?;
        let share = action.gain? as f64 * self.lamports_per_unit? * f64::from(share_percent) / 100.0;
        Some((to, most.min(share as u64))).filter(|(_, lamports)| *lamports > 0) // saturates
    }

    /// Whether what is for a gain, a liquidation or what prepares one, brings more than this fee. Upkeep is done for other reasons.
    fn brings(&self, gain: Option<u64>, fee: u64) -> bool {
        let Some(gain) = gain else { return true };
        match self.lamports_per_unit {
            Some(worth) => gain as f64 * worth >= fee.saturating_add(self.shared.fees.least_profit) as f64,
            None => gain > 0,
        }
    }

    /// What a token account of the wallet's holds, and of what.
    fn balance(&self, address: &Address) -> Result<(Asset, u64), SendError> {
        let found = self.account(address)?;
        let read =
            |found: Account| Some((Asset::Token(token_mint(&found.data)?), token_amount(&found.data)?));
        found.and_then(read).ok_or_else(|| SendError::Withheld(format!("{address} is no token account")))
    }

    fn most(&self, action: &Action, simulated: &Simulated, fee: u64, token: Option<Asset>) -> Spend {
        let lamports = simulated.lamports().unwrap_or_else(|| fee.saturating_add(MOST_RENT));
        let most = Spend::lamports(lamports.max(fee));
        match (token, action.payment) {
            (Some(token), Some(payment)) => most.and(token, payment.most),
            _ => most,
        }
    }

    /// A refusal, and what was decided on is read again: it may be old.
    fn refused(&self, action: &Action, error: Error) -> SendError {
        self.read_again(action);
        refusal(error)
    }

    fn read_again(&self, action: &Action) {
        let accounts = action.instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut written: Vec<Address> =
            accounts.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
        written.push(self.target);
        written.sort_unstable();
        written.dedup();
        if let Err(error) = self.shared.reader.ask(&written) {
            tracing::warn!(%error, "what a transaction wrote to could not be read again");
        }
    }
}

impl Shared {
    /// The end of a transaction that went through.
    pub fn landed(&self, flight: &InFlight, slot: u64) -> End {
        End::Landed { slot, spent: self.spent(flight) }
    }

    /// The end of one that was executed and refused.
    pub fn failed(&self, flight: &InFlight, slot: u64) -> End {
        End::Failed { slot, spent: self.spent(flight) }
    }

    /// What an executed transaction took: by the cluster's record of it, or all that it could take.
    fn spent(&self, flight: &InFlight) -> Spend {
        let mint = flight.most.iter().find_map(|(asset, _)| match asset {
            Asset::Token(mint) => Some(mint),
            Asset::Lamports => None,
        });
        match self.rpc.spent(&flight.signature, &self.signer.pubkey(), mint.as_ref()) {
            Ok(Some(Spent { lamports, tokens })) => {
                let spent = Spend::lamports(lamports);
                mint.map_or(spent.clone(), |mint| spent.and(Asset::Token(mint), tokens))
            }
            Ok(None) | Err(_) => flight.most.clone(),
        }
    }

    /// Notes the end of a transaction, once: where another noted it meanwhile, that holds.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn ended(&self, flight: &InFlight, end: &End) -> Result<(), JournalError> {
        match self.journal.as_ref().map(|journal| journal.ended(flight.id, end)) {
            Some(Err(JournalError::NotFlying(_))) => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(())) | None => {
                (self.tell)(Event::Ended { flight, end });
                Ok(())
            }
        }
    }
}

/// The instructions with a tip behind them, and the tip; without one where that would make a transaction of version 1 of them, which neither
/// all that take bundles nor all servers take. Without a tip it goes the usual way.
fn tipped(
    payer: &Address,
    plain: &[Instruction],
    tip: Option<(Address, u64)>,
) -> (Vec<Instruction>, Option<u64>) {
    let Some((to, lamports)) = tip else { return (plain.to_vec(), None) };
    let with_tip = [plain, &[transfer(payer, &to, lamports)]].concat();
    let is_short = |instructions: &[Instruction]| {
        // As long as it gets: with a price.
        let budget = Budget { compute_units: MOST_COMPUTE_UNITS, price: 1 };
        let built = Unsigned::new(payer, instructions, budget, Hash::default());
        built.is_ok_and(|unsigned| !unsigned.is_long())
    };
    if is_short(plain) && !is_short(&with_tip) {
        tracing::info!("no tip: with it the transaction would be too long for version 0");
        return (plain.to_vec(), None);
    }
    (with_tip, Some(lamports))
}

/// The system program's transfer.
fn transfer(from: &Address, to: &Address, lamports: u64) -> Instruction {
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)];
    let data = [&2u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat();
    Instruction { program_id: Address::default(), accounts, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transfer takes 81 bytes where nothing else names the system program: up to there, no further.
    #[test]
    fn a_tip_that_makes_a_transaction_too_long_is_not_paid() {
        let [payer, to, program] = [1, 2, 3].map(|byte| Address::new_from_array([byte; 32]));
        let call =
            |bytes| vec![Instruction { program_id: program, accounts: Vec::new(), data: vec![0; bytes] }];
        let is_long = |bytes: &usize| {
            let budget = Budget { compute_units: MOST_COMPUTE_UNITS, price: 1 };
            Unsigned::new(&payer, &call(*bytes), budget, Hash::default()).unwrap().is_long()
        };
        let longest = (1..1_232).rev().find(|bytes| !is_long(bytes)).unwrap();
        let tip = Some((to, 7));
        for (bytes, is_paid) in [
            (100, true),
            (longest - 81, true),
            (longest - 80, false),
            (longest, false),
            // It is of version 1 in any case.
            (longest + 1, true),
        ] {
            let (instructions, paid) = tipped(&payer, &call(bytes), tip);
            assert_eq!((instructions.len(), paid), if is_paid { (2, Some(7)) } else { (1, None) }, "{bytes}");
        }
        assert_eq!(tipped(&payer, &call(100), None), (call(100), None));
    }
}
