//! From a server into the mirror: what strategies ask for the first time, and what is asked for again.

use std::sync::Arc;
use std::time::Duration;

use assay_chain::{Error, Result, Rpc};
use assay_host::{Account, Watch};
use solana_address::Address;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::mirror::{Key, Mirror, Way};

/// Between a failed repair and the next one, which doubles.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Accounts that are asked for at once.
const AT_ONCE: usize = 100;

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

    /// Asks for all of this again, from a server that is not behind what is here. One question that is not answered keeps none of the others
    /// from being asked. What was not answered, if anything, and why the first of it was not.
    pub fn repair(&self, what: &Repair) -> Option<(Vec<Key>, Error)> {
        // By what the server answered for the clock, and not by what a subscription told: one false slot would make every server one that is
        // behind.
        self.rpc.not_before(self.mirror.clock().read_at);
        let keys = match what {
            Repair::Keys(keys) => keys.clone(),
            Repair::All => self.mirror.keys(),
        };
        let (mut singles, mut failed) = (Vec::new(), None::<(Vec<Key>, Error)>);
        let mut note = |keys: Vec<Key>, error| match &mut failed {
            Some((all, _)) => all.extend(keys),
            None => failed = Some((keys, error)),
        };
        for key in keys {
            match key {
                Key::Single(address) => singles.push(address),
                Key::List(watch) => match self.rpc.listed_at(&watch) {
                    Ok(listed) => self.mirror.put_list(&watch, listed),
                    Err(error) => note(vec![key], error),
                },
            }
        }
        for some in singles.chunks(AT_ONCE) {
            if let Err(error) = self.ask(some) {
                note(some.iter().copied().map(Key::Single).collect(), error);
            }
        }
        failed
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

/// Repairs what it is told to, and everything every so often: what a subscription lost without a sign is found then. What is not answered is
/// asked for again, after a pause that grows.
pub async fn repair_all(
    reader: Arc<Reader>,
    mut asked: mpsc::UnboundedReceiver<Repair>,
    every: Duration,
    done: impl Fn(&Result<()>),
) {
    let (mut last, mut pause, mut left) = (Instant::now(), PAUSE, Vec::new());
    loop {
        let again = if left.is_empty() { every } else { pause };
        let mut what = tokio::select! {
            next = asked.recv() => match next {
                Some(next) => next,
                None => return,
            },
            () = sleep(every.saturating_sub(last.elapsed()).min(again)) => match last.elapsed() >= every {
                true => Repair::All,
                false => Repair::Keys(std::mem::take(&mut left)),
            },
        };
        while let Ok(next) = asked.try_recv() {
            what = both(what, next);
        }
        if what == Repair::All {
            last = Instant::now();
            left.clear();
        }
        let asking = Arc::clone(&reader);
        let answer = tokio::task::spawn_blocking(move || {
            asking.forget();
            asking.repair(&what)
        });
        match answer.await {
            Ok(None) => {
                pause = PAUSE;
                done(&Ok(()));
            }
            Ok(Some((keys, error))) => {
                tracing::warn!(%error, questions = keys.len(), "accounts could not be read again");
                let new: Vec<Key> = keys.into_iter().filter(|key| !left.contains(key)).collect();
                left.extend(new);
                pause = (pause * 2).min(LONGEST_PAUSE);
                done(&Err(error));
                sleep(PAUSE).await;
            }
            Err(_) => return,
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
