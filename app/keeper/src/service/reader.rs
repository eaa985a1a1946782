//! From a server into the mirror: what strategies ask for the first time, and what is asked for again.

use std::sync::Arc;
use std::time::Duration;

use assay_chain::{Result, Rpc};
use assay_host::{Account, Watch};
use solana_address::Address;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::mirror::{Key, Mirror, Way};

/// Between a failed repair and the next one.
const PAUSE: Duration = Duration::from_secs(1);

/// What the subscriptions are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Subscribe to this.
    Keep(Key),
    /// Nobody reads this any more.
    Drop(Key),
}

/// What is to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// These.
    Keys(Vec<Key>),
    /// Everything.
    All,
}

/// The mirror, with what fills it.
pub struct Reader {
    /// The copy.
    pub mirror: Arc<Mirror>,
    rpc: Arc<Rpc>,
    wants: mpsc::UnboundedSender<Want>,
}

impl Reader {
    /// Fills `mirror` from `rpc`. Who subscribes takes what it is to subscribe to from the channel.
    pub fn new(rpc: Arc<Rpc>, mirror: Arc<Mirror>) -> (Self, mpsc::UnboundedReceiver<Want>) {
        let (wants, wanted) = mpsc::unbounded_channel();
        (Self { mirror, rpc, wants }, wanted)
    }

    fn subscribe(&self, key: Key) {
        // Where nobody subscribes, what is here is asked for again from time to time.
        let _ = self.wants.send(Want::Keep(key));
    }

    /// An account, from the server where it is not here.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn account(&self, address: &Address) -> Result<Option<Account>> {
        if let Some(found) = self.mirror.account(address) {
            return Ok(found);
        }
        if self.mirror.keep_single(*address) {
            self.subscribe(Key::Single(*address));
        }
        self.ask(&[*address])?;
        Ok(self.mirror.account(address).flatten())
    }

    /// The addresses of a list, from the server where it is not here.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn addresses(&self, watch: &Watch) -> Result<Vec<Address>> {
        if let Some(found) = self.mirror.addresses(watch) {
            return Ok(found);
        }
        self.mirror.put_list(watch, self.rpc.listed_at(watch)?);
        self.subscribe(Key::List(*watch));
        Ok(self.mirror.addresses(watch).unwrap_or_default())
    }

    /// An account of a list, or none where the list has it not.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn listed(&self, watch: &Watch, address: &Address) -> Result<Option<Account>> {
        if let Some(found) = self.mirror.listed(watch, address) {
            return Ok(found);
        }
        self.addresses(watch)?;
        Ok(self.mirror.listed(watch, address).flatten())
    }

    /// Asks for accounts, whether they are here or not; whether any is different from what was here.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn ask(&self, addresses: &[Address]) -> Result<bool> {
        let mut is_changed = false;
        for (address, read) in addresses.iter().zip(self.rpc.accounts_at(addresses)?) {
            is_changed |= self.mirror.put(Way::Asked, *address, read);
        }
        Ok(is_changed)
    }

    /// Asks for all of this again, from a server that is not behind what is here.
    ///
    /// # Errors
    /// The server does not answer; what it answered before is here.
    pub fn repair(&self, what: &Repair) -> Result<()> {
        // By what the server answered for the clock, and not by what a subscription told: one false slot would make every server one that is
        // behind.
        self.rpc.not_before(self.mirror.clock().read_at);
        let keys = match what {
            Repair::Keys(keys) => keys.clone(),
            Repair::All => self.mirror.keys(),
        };
        let mut singles = Vec::new();
        for key in keys {
            match key {
                Key::Single(address) => singles.push(address),
                Key::List(watch) => self.mirror.put_list(&watch, self.rpc.listed_at(&watch)?),
            }
        }
        self.ask(&singles).map(drop)
    }

    /// Reads the clock; the slot at which the server is.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn tick(&self) -> Result<u64> {
        let clock = self.rpc.clock_at()?;
        let slot = clock.slot;
        self.mirror.set_clock(clock);
        Ok(slot)
    }

    /// Forgets what nobody reads.
    pub fn forget(&self) {
        for key in self.mirror.forget() {
            let _ = self.wants.send(Want::Drop(key));
        }
    }
}

/// Repairs what it is told to, and everything every so often: what a subscription lost without a sign is found then.
pub async fn repair_all(
    reader: Arc<Reader>,
    mut asked: mpsc::UnboundedReceiver<Repair>,
    every: Duration,
    done: impl Fn(&Result<()>),
) {
    let mut last = Instant::now();
    loop {
        let mut what = tokio::select! {
            next = asked.recv() => match next {
                Some(next) => next,
                None => return,
            },
            () = sleep(every.saturating_sub(last.elapsed())) => Repair::All,
        };
        while let Ok(next) = asked.try_recv() {
            what = both(what, next);
        }
        if what == Repair::All {
            last = Instant::now();
        }
        let (asking, again) = (Arc::clone(&reader), what.clone());
        let answer = tokio::task::spawn_blocking(move || {
            asking.forget();
            asking.repair(&what)
        });
        let Ok(answer) = answer.await else { return };
        done(&answer);
        if let Err(error) = answer {
            tracing::warn!(%error, "the accounts could not be read again");
            if again == Repair::All {
                last = Instant::now().checked_sub(every).unwrap_or(last);
            }
            sleep(PAUSE).await;
        }
    }
}

fn both(first: Repair, second: Repair) -> Repair {
    match (first, second) {
        (Repair::Keys(mut first), Repair::Keys(second)) => {
            first.extend(second);
            Repair::Keys(first)
        }
        _ => Repair::All,
    }
}
