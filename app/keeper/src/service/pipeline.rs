//! From a change on the chain to what is done about it: everything is looked at, what would be done is ranked, and as much of it at once
//! as there is room for is done.
//!
//! ```text
//! change ---> look at every account off chain ---> rank by gain ---> for each, while there is room:
//!   ^         (integers only, no transaction)                          look again, prove, send, wait
//!   |                                                                              |
//!   +------------------------------ done, or time passed <-------------------------+
//! ```
//!
//! One account is worked on by one at a time, whichever strategies it matters to. One that failed rests, longer each time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use assay::Prover;
use assay_host::strategy::Strategy;
use rand::rngs::OsRng;
use solana_address::Address;
use tokio::sync::{Notify, Semaphore, watch};

use super::wallet::{Shared, Wallet};
use crate::gate::Gate;
use crate::keeper::{Conclusion, Config, Keeper, Mode, Report};
use crate::{Counters, KeeperError};

/// Everything is looked at this often where nothing changes: time alone makes things due.
const BEAT: Duration = Duration::from_secs(1);
/// Changes come in groups: those of so long are looked at together.
const TOGETHER: Duration = Duration::from_millis(3);
/// How long an account rests after its first failure, and after many.
const REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// And a look that saw nothing.
const LONGEST_BLIND: Duration = Duration::from_secs(30);
/// Without a sign of the cluster for so long nothing is begun.
pub const STALE: Duration = Duration::from_secs(15);
/// Most accounts of one look. Anybody may make accounts that matter: beyond so many, half of a look goes to the first of the strategy's order,
/// and the other half to the rest of them in turns.
const MOST: usize = 20_000;

/// One strategy with its model.
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What it does.
    pub strategy: Arc<dyn Strategy>,
    /// Its model.
    pub prover: Prover,
    /// Lamports that a base unit of its gains is worth, if that is known.
    pub lamports_per_unit: Option<f64>,
}

/// What a look at an account found.
#[derive(Debug)]
pub struct Look {
    /// The account.
    pub target: Address,
    /// What would be done, or why nothing would.
    pub found: Result<Report, KeeperError>,
}

impl Look {
    /// What would be done about it, if anything.
    pub fn would(&self) -> Option<&'static str> {
        match &self.found {
            Ok(Report { conclusion: Conclusion::Would(action), .. }) => Some(action),
            _ => None,
        }
    }

    /// What that would bring; `None` for upkeep too.
    fn gain(&self) -> Option<u64> {
        self.found.as_ref().ok().and_then(|report| report.gain)
    }
}

/// What happened, for logs and counters.
#[derive(Debug)]
pub enum Told<'a> {
    /// Everything was looked at.
    Looked {
        /// The strategy.
        lane: &'a str,
        /// What was found, in the order in which it is done.
        looks: &'a [Look],
        /// How many accounts were left for later looks, since there are too many for one.
        left_out: usize,
        /// How long it took.
        took: Duration,
    },
    /// What matters could not be listed.
    Blind {
        /// The strategy.
        lane: &'a str,
        /// Why not.
        error: &'a KeeperError,
    },
    /// An account was worked on.
    Worked {
        /// The strategy.
        lane: &'a str,
        /// The account.
        target: &'a Address,
        /// What came of it.
        found: &'a Result<Report, KeeperError>,
        /// What it took.
        counters: &'a Counters,
    },
}

/// What all lanes share.
pub struct Works {
    /// The chain.
    pub shared: Arc<Shared>,
    /// Whether anything is sent.
    pub mode: Mode,
    /// Room for accounts that are worked on at once.
    pub room: Arc<Semaphore>,
    /// How much of it what has no gain may take: so nobody who makes work of no gain keeps liquidations out.
    pub upkeep: Arc<Semaphore>,
    /// Room for proofs at once.
    pub gate: Arc<Gate>,
    /// Who works on what.
    pub busy: Busy,
    /// Who is told.
    pub tell: Box<dyn Fn(Told<'_>) + Send + Sync>,
    /// When the cluster was last heard of.
    pub heard: Mutex<Instant>,
}

/// Looks at everything that matters to a lane, what is to be done first in front.
///
/// # Errors
/// What matters cannot be listed, or the model is not the strategy's.
pub fn look(shared: &Arc<Shared>, lane: &Lane, only: Option<&Address>) -> Result<Vec<Look>, KeeperError> {
    let targets = match only {
        Some(target) => vec![*target],
        None => lane.strategy.targets(&lane.wallet(shared, Address::default(), Instant::now()))?,
    };
    look_at(shared, lane, targets)
}

/// As many of the accounts as one look may take, and how many are left for later ones. `turn` counts looks.
fn portion(mut targets: Vec<Address>, turn: usize) -> (Vec<Address>, usize) {
    let left_out = targets.len().saturating_sub(MOST);
    if left_out > 0 {
        let mut rest = targets.split_off(MOST / 2);
        let begin = turn.wrapping_mul(MOST / 2) % rest.len();
        rest.rotate_left(begin);
        rest.truncate(MOST / 2);
        targets.extend(rest);
    }
    (targets, left_out)
}

fn look_at(shared: &Arc<Shared>, lane: &Lane, targets: Vec<Address>) -> Result<Vec<Look>, KeeperError> {
    let strategy = Arc::clone(&lane.strategy);
    let mut keeper = Keeper::new(strategy, lane.prover.clone(), Config::default(), OsRng)?;
    let looks = targets.into_iter().map(|target| {
        let found = keeper.check(&mut lane.wallet(shared, target, Instant::now()), &target);
        Look { target, found }
    });
    let mut looks: Vec<Look> = looks.collect();
    looks.sort_by_key(|look| Reverse((look.would().is_some(), look.gain())));
    Ok(looks)
}

impl Lane {
    fn wallet(&self, shared: &Arc<Shared>, target: Address, since: Instant) -> Wallet {
        let (shared, lamports_per_unit) = (Arc::clone(shared), self.lamports_per_unit);
        Wallet { shared, target, since, lamports_per_unit, is_needed: false }
    }
}

/// Works for one strategy until it is told to stop.
pub async fn work(works: Arc<Works>, lane: Arc<Lane>, mut stop: watch::Receiver<bool>) {
    let mut changes = works.shared.reader.mirror.changes();
    let done = Arc::new(Notify::new());
    let mut due = HashMap::new();
    let (mut since, mut blind, mut turn) = (Instant::now(), BEAT, 0usize);
    while !*stop.borrow() {
        let (seen, looked) = (changes.borrow_and_update().number, Instant::now());
        let heard = works.heard.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        if heard < STALE {
            turn = turn.wrapping_add(1);
            if pass(&works, &lane, &done, &mut due, since, turn).await {
                blind = BEAT;
            } else {
                tokio::select! {
                    () = tokio::time::sleep(blind) => blind = (blind * 2).min(LONGEST_BLIND),
                    _ = stop.changed() => return,
                }
            }
        }
        since = tokio::select! {
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
                let change = *changes.borrow();
                tokio::time::sleep(TOGETHER).await;
                // Of several, the first may have come right after the last look began.
                if change.number == seen.wrapping_add(1) { change.at } else { looked }
            }
            () = done.notified() => Instant::now(),
            () = tokio::time::sleep(BEAT) => Instant::now(),
            _ = stop.changed() => return,
        };
    }
}

/// One look at everything, and the beginning of what is to be done. `due` holds since when something is to be done about an account. `false` where
/// nothing could be seen.
async fn pass(
    works: &Arc<Works>,
    lane: &Arc<Lane>,
    done: &Arc<Notify>,
    due: &mut HashMap<Address, Instant>,
    since: Instant,
    turn: usize,
) -> bool {
    let (looking, of, began) = (Arc::clone(works), Arc::clone(lane), Instant::now());
    let looked = tokio::task::spawn_blocking(move || {
        let wallet = of.wallet(&looking.shared, Address::default(), began);
        let (targets, left_out) = portion(of.strategy.targets(&wallet)?, turn);
        Ok::<_, KeeperError>((look_at(&looking.shared, &of, targets)?, left_out))
    });
    let (looks, left_out) = match looked.await {
        Ok(Ok(looked)) => looked,
        Ok(Err(error)) => {
            (works.tell)(Told::Blind { lane: &lane.name, error: &error });
            return false;
        }
        Err(panic) => {
            tracing::error!(lane = lane.name, %panic, "a look ended unexpectedly: this is a bug");
            return false;
        }
    };
    (works.tell)(Told::Looked { lane: &lane.name, looks: &looks, left_out, took: began.elapsed() });
    let mut still = HashMap::new();
    for look in looks.iter().filter(|look| look.would().is_some()) {
        still.insert(look.target, due.get(&look.target).copied().unwrap_or(since));
    }
    *due = still;
    if works.mode == Mode::DryRun {
        return true;
    }
    let in_flight = works.shared.journal.as_ref().map(|journal| journal.in_flight()).unwrap_or_default();
    for look in &looks {
        let (Some(since), target) = (due.get(&look.target), look.target) else { continue };
        if in_flight.iter().any(|flight| flight.target == target) {
            continue;
        }
        let Ok(place) = Arc::clone(&works.room).try_acquire_owned() else { return true };
        let place = match look.gain() {
            Some(_) => (place, None),
            None => match Arc::clone(&works.upkeep).try_acquire_owned() {
                Ok(upkeep) => (place, Some(upkeep)),
                Err(_) => continue,
            },
        };
        let Some(turn) = Turn::take(works, target) else { continue };
        let (lane, done, since) = (Arc::clone(lane), Arc::clone(done), *since);
        tokio::task::spawn_blocking(move || {
            turn.work(&lane, since);
            drop((turn, place));
            done.notify_one();
        });
    }
    true
}

/// Who works on what, and what rests.
#[derive(Default)]
pub struct Busy(Mutex<HashMap<Address, Occupied>>);

#[derive(Clone, Copy)]
enum Occupied {
    Worked { failures: u32 },
    Rests { until: Instant, failures: u32 },
}

impl Busy {
    fn all(&self) -> MutexGuard<'_, HashMap<Address, Occupied>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an account, if nobody works on it and it does not rest.
    fn take(&self, target: Address, now: Instant) -> bool {
        let mut all = self.all();
        let failures = match all.get(&target) {
            Some(Occupied::Worked { .. }) => return false,
            Some(Occupied::Rests { until, .. }) if *until > now => return false,
            Some(Occupied::Rests { failures, .. }) => *failures,
            None => 0,
        };
        all.insert(target, Occupied::Worked { failures });
        true
    }

    fn give_back(&self, target: Address, now: Instant, has_failed: bool) {
        let mut all = self.all();
        match all.get(&target) {
            Some(Occupied::Worked { failures }) if has_failed => {
                let failures = failures.saturating_add(1);
                let rest = REST.saturating_mul(1 << (failures - 1).min(10)).min(LONGEST_REST);
                all.insert(target, Occupied::Rests { until: now + rest, failures });
            }
            _ => drop(all.remove(&target)),
        }
        // What failed once and was never looked at again is no use to remember.
        if all.len() > 10_000 {
            all.retain(|_, occupied| {
                !matches!(occupied, Occupied::Rests { until, .. } if *until + LONGEST_REST < now)
            });
        }
    }

    /// Whether somebody works on an account.
    pub fn is_worked_on(&self, target: &Address) -> bool {
        matches!(self.all().get(target), Some(Occupied::Worked { .. }))
    }
}

/// A turn at an account, given back whatever happens.
struct Turn {
    works: Arc<Works>,
    target: Address,
    has_failed: Mutex<bool>,
}

impl Turn {
    fn take(works: &Arc<Works>, target: Address) -> Option<Self> {
        let turn = || Self { works: Arc::clone(works), target, has_failed: Mutex::new(true) };
        works.busy.take(target, Instant::now()).then(turn)
    }

    fn work(&self, lane: &Lane, since: Instant) {
        let (works, target) = (&self.works, self.target);
        // The journal has the caps, for all strategies together.
        let config = Config { mode: works.mode, spend_cap: u64::MAX, ..Config::default() };
        let keeper = Keeper::new(Arc::clone(&lane.strategy), lane.prover.clone(), config, OsRng);
        let (found, counters) = match keeper.map(|keeper| keeper.behind(Arc::clone(&works.gate))) {
            Ok(mut keeper) => {
                let mut wallet = lane.wallet(&works.shared, target, since);
                let found = keeper.check(&mut wallet, &target);
                (found, keeper.counters().clone())
            }
            Err(error) => (Err(error), Counters::default()),
        };
        *self.has_failed.lock().unwrap_or_else(PoisonError::into_inner) = found.is_err();
        (works.tell)(Told::Worked { lane: &lane.name, target: &target, found: &found, counters: &counters });
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let has_failed = *self.has_failed.lock().unwrap_or_else(PoisonError::into_inner);
        self.works.busy.give_back(self.target, Instant::now(), has_failed);
    }
}

/// How many accounts were left for which reason, would be acted on how, or failed how.
pub fn counted(looks: &[Look]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for look in looks {
        let name = match &look.found {
            Ok(report) => match &report.conclusion {
                Conclusion::LeftAlone(reason) => reason.0.to_owned(),
                Conclusion::Would(action) => format!("would {action}"),
                Conclusion::Settled(sent) => sent.action.to_owned(),
            },
            Err(error) => format!("failed: {}", error.reason()),
        };
        *counted.entry(name).or_insert(0) += 1;
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_the_first_are_always_looked_at_and_the_others_in_turns() {
        let address = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            Address::new_from_array(bytes)
        };
        let all: Vec<Address> = (0..3 * MOST).map(address).collect();
        assert_eq!(portion(all[..MOST].to_vec(), 7), (all[..MOST].to_vec(), 0));
        let mut seen = std::collections::HashSet::new();
        for turn in 0..5 {
            let (some, left_out) = portion(all.clone(), turn);
            assert_eq!((some.len(), left_out), (MOST, 2 * MOST));
            assert_eq!(some[..MOST / 2], all[..MOST / 2]);
            seen.extend(some);
        }
        assert_eq!(seen.len(), all.len());
    }

    #[test]
    fn one_works_and_what_failed_rests_longer_each_time() {
        let (busy, target) = (Busy::default(), Address::new_from_array([1; 32]));
        let mut now = Instant::now();
        assert!(busy.take(target, now) && !busy.take(target, now));
        assert!(busy.is_worked_on(&target));
        busy.give_back(target, now, false);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(busy.take(target, now), "{seconds}");
            busy.give_back(target, now, true);
            assert!(!busy.is_worked_on(&target));
            now += Duration::from_secs(seconds) - Duration::from_millis(1);
            assert!(!busy.take(target, now), "{seconds}");
            now += Duration::from_millis(1);
        }
        assert!(busy.take(target, now));
        busy.give_back(target, now, false);
        assert!(busy.take(target, now), "it is forgotten after a success");
    }
}
