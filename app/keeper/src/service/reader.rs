//! From a server into the mirror: what strategies ask for the first time, and what is asked for again.

use std::collections::HashSet;
use std::iter::once;
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
/// Between two looks at whether a server has come as far as it is to be asked.
const SOON: Duration = Duration::from_millis(200);
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
    /// These, from a server that has reached this slot.
    Keys(Vec<Key>, u64),
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
            Repair::Keys(keys, _) => keys.clone(),
            Repair::All => self.mirror.keys(),
        };
        let (mut singles, mut failed) = (Vec::new(), None::<(Vec<Key>, Error)>);
        let mut note = |keys: Vec<Key>, error| match &mut failed {
            Some((all, _)) => all.extend(keys),
            None => failed = Some((keys, error)),
        };
        for key in keys {
            match key {
                // It was dropped meanwhile.
                key if !self.mirror.keeps(&key) => {}
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
    let (mut last, mut pause, mut left, mut early) =
        (Instant::now(), PAUSE, HashSet::<Key>::new(), Early::default());
    loop {
        let again = match (early.keys.is_empty(), left.is_empty()) {
            (false, _) => SOON,
            (true, false) => pause,
            (true, true) => every,
        };
        let first = tokio::select! {
            next = asked.recv() => match next {
                Some(next) => next,
                None => return,
            },
            () = sleep(every.saturating_sub(last.elapsed()).min(again)) => match last.elapsed() >= every {
                true => Repair::All,
                false if !early.keys.is_empty() => Repair::Keys(Vec::new(), 0),
                false => Repair::Keys(left.drain().collect(), 0),
            },
        };
        let others: Vec<Repair> = std::iter::from_fn(|| asked.try_recv().ok()).take(AT_ONCE).collect();
        let what = early.gather(once(first).chain(others), reader.mirror.clock().read_at);
        if matches!(&what, Repair::Keys(keys, _) if keys.is_empty()) {
            continue;
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
                left.extend(keys);
                pause = (pause * 2).min(LONGEST_PAUSE);
                done(&Err(error));
                sleep(PAUSE).await;
            }
            Err(_) => return,
        }
    }
}

/// What is to be asked of a server that has reached a slot, and none has: asked now, it would answer with what was before.
#[derive(Default)]
struct Early {
    keys: HashSet<Key>,
    slot: u64,
    since: Option<Instant>,
}

impl Early {
    /// Of these repairs, what is to be asked now, each key once; the rest is kept for later.
    fn gather(&mut self, repairs: impl Iterator<Item = Repair>, read_at: u64) -> Repair {
        let (mut now, mut is_all) = (HashSet::new(), false);
        for repair in repairs {
            match repair {
                Repair::All => is_all = true,
                Repair::Keys(keys, slot) if slot > read_at => {
                    self.keys.extend(keys);
                    self.slot = self.slot.max(slot);
                    self.since.get_or_insert_with(Instant::now);
                }
                Repair::Keys(keys, _) => now.extend(keys),
            }
        }
        // Some slots are never reached: whoever told of them was wrong.
        if read_at >= self.slot || self.since.is_some_and(|since| since.elapsed() > LONGEST_PAUSE) {
            now.extend(std::mem::take(self).keys);
        }
        if is_all { Repair::All } else { Repair::Keys(now.into_iter().collect(), 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_asked_for_once_and_not_before_the_server_has_come_so_far() {
        let [one, two, three] = [1, 2, 3].map(|byte| Key::Single(Address::new_from_array([byte; 32])));
        let mut early = Early::default();
        let mut gather = |repairs: Vec<Repair>, read_at| match early.gather(repairs.into_iter(), read_at) {
            Repair::Keys(keys, _) => {
                let count = keys.len();
                let keys: HashSet<Key> = keys.into_iter().collect();
                assert_eq!(keys.len(), count);
                Some(keys)
            }
            Repair::All => None,
        };
        let many = (0..1_000).map(|_| Repair::Keys(vec![one, one, two], 0)).collect();
        assert_eq!(gather(many, 100), Some(HashSet::from([one, two])));
        let ahead = vec![Repair::Keys(vec![one], 0), Repair::Keys(vec![two, three], 103)];
        assert_eq!(gather(ahead, 100), Some(HashSet::from([one])));
        assert_eq!(gather(vec![Repair::All], 102), None);
        assert_eq!(gather(Vec::new(), 103), Some(HashSet::from([two, three])));
        assert_eq!(gather(Vec::new(), 104), Some(HashSet::new()));
    }
}
