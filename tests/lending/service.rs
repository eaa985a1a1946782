//! The keeper's service against the programs over sockets: a price falls, and what follows goes out once, whatever goes wrong.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use assay_chain::{Commitment, Price, Rpc};
use assay_host::strategy::Strategy;
use assay_keeper::Conclusion;
use assay_keeper::service::hear::Hear;
use assay_keeper::service::journal::{Asset, Cap, End, Journal, Owner, Spend};
use assay_keeper::service::pipeline::{Lane, Told};
use assay_keeper::service::posting::Plan;
use assay_keeper::service::run::{Parts, run};
use assay_keeper::service::subscribe::WebSocket;
use assay_keeper::service::wallet::{Event, Fees, Tip};
use assay_lending::instruction::{Liquidate, LiquidateByProof, Snapshot};
use assay_lending_host::Liquidations;
use assay_localnet::server::{SLOT, Server};
use assay_localnet::{Discriminator, Localnet};
use solana_address::Address;
use solana_keypair::Keypair;
use tokio::sync::oneshot;

use crate::keeper::{Kept, PROVERS};
use crate::support::USDC;

const MINUTE: i64 = 60;
pub const SOL: u64 = 1_000_000_000;
/// A price at which the plain rule takes half of the debt, and is satisfied then.
pub const FALLEN: f64 = 90.0;

/// What was done, by name, and what it was.
#[derive(Default)]
pub struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn say(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    pub fn said(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Hear for Heard {
    fn pipeline(&self, told: &Told<'_>) {
        match told {
            Told::Worked { found: Ok(report), .. } => {
                report.prepared.iter().for_each(|sent| self.say(sent.action.into()));
                if let Conclusion::Settled(sent) = &report.conclusion {
                    self.say(sent.action.into());
                }
            }
            Told::Worked { found: Err(error), .. } => self.say(format!("failed: {error}")),
            Told::Blind { error, .. } => self.say(format!("blind: {error}")),
            Told::Looked { .. } => {}
        }
    }

    fn connected(&self, is_connected: bool) {
        if is_connected {
            self.say("connected".into());
        }
    }

    fn prices(&self, posted: &Result<(), String>) {
        match posted {
            Ok(()) => self.say("prices".into()),
            Err(error) => self.say(format!("no prices: {error}")),
        }
    }

    fn transaction(&self, event: &Event<'_>) {
        match event {
            Event::Ended { flight, end: End::Expired } => self.say(format!("expired: {}", flight.action)),
            Event::Ended { flight, end: End::Failed { .. } } => {
                self.say(format!("in vain: {}", flight.action));
            }
            Event::Unbundled { error } => self.say(format!("no bundle: {error}")),
            _ => {}
        }
    }
}

/// A market whose runtime is behind sockets, and a folder for the journal.
pub struct World {
    pub kept: Kept,
    pub server: Server,
    /// Where the keeper goes: there, or through a proxy.
    pub url: String,
    pub websocket: String,
    pub folder: tempfile::TempDir,
    pub minute: i64,
    /// What a base unit of the debt token is worth to the keeper, lamports.
    pub worth: f64,
    /// What it pays for a compute unit, and the prices that the next service posts, if any.
    pub price: Price,
    pub plan: Mutex<Option<Plan>>,
    /// Who takes bundles.
    pub bundles: Option<(String, Tip)>,
}

/// A service that runs.
pub struct Service {
    pub told: Arc<Heard>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), String>>,
}

impl Service {
    /// Whether it ended by itself.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Stops it; what it told, and how it ended.
    pub fn stop(self) -> (Vec<String>, Result<(), String>) {
        // Where it has ended nobody waits for it.
        let _ = self.stop.send(());
        let ended = self.thread.join().unwrap();
        (self.told.said(), ended)
    }
}

impl World {
    pub fn new() -> Self {
        let mut kept = Kept::new(|_| {});
        let minute = (kept.test.net.now() / MINUTE + 1) * MINUTE;
        let net = std::mem::replace(&mut kept.test.net, Localnet::without_programs());
        let server = Server::start(net, SLOT).unwrap();
        let (url, websocket) = (server.url.clone(), server.websocket.clone());
        Self {
            kept,
            server,
            url,
            websocket,
            folder: tempfile::tempdir().unwrap(),
            minute,
            worth: 10.0,
            price: Price::Fixed(0),
            plan: Mutex::default(),
            bundles: None,
        }
    }

    /// Does something to the runtime, between two requests.
    pub fn with<T>(&mut self, what: impl FnOnce(&mut Kept) -> T) -> T {
        let mut state = self.server.state();
        std::mem::swap(&mut self.kept.test.net, &mut state.net);
        let result = what(&mut self.kept);
        std::mem::swap(&mut self.kept.test.net, &mut state.net);
        result
    }

    pub fn publish(&mut self, seconds: i64, dollars: f64) {
        let now = self.minute + seconds;
        self.with(|kept| kept.publish(now, dollars));
    }

    /// The journal, with this much of the debt token to spend.
    pub fn journal(&self, most: u64) -> Journal {
        self.journal_of(self.kept.test.liquidator.address(), SOL, most)
    }

    /// The same, of another wallet, with this many lamports to spend.
    pub fn journal_of(&self, wallet: Address, lamports: u64, most: u64) -> Journal {
        let owner = Owner { wallet, genesis: "11111111111111111111111111111111".into() };
        let cap = |most| Cap { life: most, day: most };
        let caps = [(Asset::Lamports, cap(lamports)), (self.token(), cap(most))].into_iter().collect();
        Journal::open(&self.folder.path().join(wallet.to_string()), &owner, caps).unwrap()
    }

    pub fn token(&self) -> Asset {
        Asset::Token(self.kept.test.keys.debt_mint)
    }

    /// Runs the service, live with a journal and dry without, while `course` takes its way.
    pub fn runs(
        &mut self,
        journal: Option<Journal>,
        resync: Duration,
        course: impl FnOnce(&mut Self, &Heard),
    ) -> Vec<String> {
        let key = self.kept.test.liquidator.key.insecure_clone();
        let service = self.start(key, *self.kept.keeper.strategy(), journal, resync);
        course(self, &service.told);
        let (said, ended) = service.stop();
        ended.unwrap();
        said
    }

    /// Starts a service for whoever has this key.
    pub fn start(
        &self,
        key: Keypair,
        strategy: Liquidations,
        journal: Option<Journal>,
        resync: Duration,
    ) -> Service {
        let told = Arc::new(Heard::default());
        let strategy: Arc<dyn Strategy> = Arc::new(strategy);
        let lane = Lane {
            name: "lending".into(),
            strategy,
            prover: PROVERS[0].clone(),
            lamports_per_unit: Some(self.worth),
        };
        let rpc = Rpc::new(&self.url, Commitment::Confirmed);
        let parts = Parts {
            rpc: Arc::new(match &self.bundles {
                Some((url, _)) => rpc.with_bundles(url),
                None => rpc,
            }),
            source: Box::new(WebSocket { url: self.websocket.clone() }),
            signer: Box::new(key),
            journal,
            fees: Fees {
                price: self.price,
                most: 100_000,
                share_percent: 10,
                upkeep: 0,
                least_profit: 0,
                tip: self.bundles.as_ref().map(|(_, tip)| *tip),
            },
            workers: 4,
            provers: 1,
            resync,
            poll: Duration::from_millis(50),
            most_lag: 150,
            prices: self.plan.lock().unwrap().take(),
            grace: Duration::from_secs(20),
            lanes: vec![lane],
            told: Arc::clone(&told) as Arc<dyn Hear>,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(run(parts, async {
                // Where the test failed there is nobody who says it.
                let _ = stopped.await;
            }))
        });
        Service { told, stop, thread }
    }

    /// Transactions that held an instruction.
    pub fn sent(&self, discriminator: &[u8]) -> usize {
        let state = self.server.state();
        let holds = |names: &Vec<[u8; 8]>| names.iter().any(|name| name == discriminator);
        state.sent.iter().filter(|(_, names)| holds(names)).count()
    }

    pub fn debt(&mut self) -> u64 {
        self.with(|kept| kept.test.position().debt_shares)
    }
}

/// Waits until something is so; nothing here takes long but a busy machine.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub const SELDOM: Duration = Duration::from_secs(3_600);

pub fn has(heard: &Heard, what: &str) -> bool {
    heard.said().iter().any(|said| said == what)
}

#[test]
fn a_fall_that_a_subscription_tells_of_is_liquidated_once() {
    let mut world = World::new();
    let (before, journal) = (world.debt(), world.journal(u64::MAX));
    let said = world.runs(Some(journal.clone()), SELDOM, |world, heard| {
        world.publish(0, FALLEN);
        until("it is liquidated", || has(heard, "liquidate"));
    });
    assert!(said.iter().all(|said| !said.starts_with("failed")), "{said:?}");
    let count = said.iter().filter(|said| *said == "liquidate").count();
    assert_eq!(world.sent(Liquidate::DISCRIMINATOR), count, "{said:?}");
    assert!(world.debt() < before && journal.in_flight().is_empty());
    assert!(journal.spent().of(&world.token()) > 3_000 * USDC && journal.spent().of(&Asset::Lamports) > 0);
}

#[test]
fn a_score_is_proven_from_the_snapshot_to_the_liquidation() {
    let mut world = World::new();
    let journal = world.journal(u64::MAX);
    let said = world.runs(Some(journal), SELDOM, |world, heard| {
        world.publish(0, 91.7);
        until("a snapshot is taken", || has(heard, "snapshot"));
        // A second later the score can be proven. The auction pays a quarter of a percent: the keeper starts its clock.
        world.publish(1, 91.7);
        until("it is flagged", || has(heard, "flag_by_proof"));
        world.publish(88, 91.7);
        until("it is liquidated", || has(heard, "liquidate_by_proof"));
    });
    assert!(said.iter().all(|said| !said.starts_with("failed")), "{said:?}");
    assert_eq!(world.sent(LiquidateByProof::DISCRIMINATOR), 1, "{said:?}");
}

#[test]
fn a_dry_run_sends_nothing() {
    let mut world = World::new();
    world.runs(None, SELDOM, |world, _| {
        world.publish(0, FALLEN);
        std::thread::sleep(Duration::from_millis(500));
    });
    assert!(world.server.state().sent.is_empty());
}

#[test]
fn what_no_subscription_tells_of_is_found_all_the_same() {
    let mut world = World::new();
    let journal = world.journal(u64::MAX);
    world.server.state().loses_notifications = true;
    world.runs(Some(journal), Duration::from_millis(300), |world, heard| {
        world.publish(0, FALLEN);
        until("it is liquidated", || has(heard, "liquidate"));
    });
    // And what happens while the connection is down.
    let mut world = World::new();
    let journal = world.journal(u64::MAX);
    world.runs(Some(journal), SELDOM, |world, heard| {
        world.server.state().cuts = true;
        until("the connection is cut", || !world.server.state().cuts);
        world.publish(0, FALLEN);
        until("it is liquidated", || has(heard, "liquidate"));
    });
}

#[test]
fn the_cap_holds_over_restarts() {
    let mut world = World::new();
    let cap = 1_000 * USDC;
    for _ in 0..2 {
        let journal = world.journal(cap);
        let left = journal.left(&world.token()).most();
        world.runs(Some(journal.clone()), SELDOM, |world, heard| {
            world.publish(0, FALLEN);
            if left > 0 {
                until("it is liquidated", || has(heard, "liquidate"));
            }
            std::thread::sleep(Duration::from_millis(500));
        });
        assert_eq!(journal.spent().of(&world.token()), cap);
    }
    assert_eq!(world.sent(Liquidate::DISCRIMINATOR), 1);
}

/// A snapshot takes 2.2 million lamports and pays for nothing by itself: half of a day is left to what does.
#[test]
fn half_of_a_day_is_left_to_what_pays() {
    for (lamports, is_taken) in [(4_000_000, false), (5_000_000, true)] {
        let mut world = World::new();
        let journal = world.journal_of(world.kept.test.liquidator.address(), lamports, u64::MAX);
        let said = world.runs(Some(journal.clone()), SELDOM, |world, heard| {
            world.publish(0, 91.7);
            match is_taken {
                true => until("a snapshot is taken", || has(heard, "snapshot")),
                false => until("it is withheld", || {
                    heard.said().iter().any(|said| said.starts_with("failed") && said.contains("half"))
                }),
            }
            world.publish(1, FALLEN);
            until("it is liquidated", || has(heard, "liquidate"));
        });
        assert_eq!(world.sent(Snapshot::DISCRIMINATOR), usize::from(is_taken), "{said:?}");
        assert_eq!(journal.spent().of(&Asset::Lamports) > lamports / 4, is_taken, "{said:?}");
    }
}

/// The process died after it had written the transaction down. Whether it was handed in, nobody knows: nothing is sent before it expired.
#[test]
fn what_was_written_down_and_never_handed_in_expires_first() {
    let mut world = World::new();
    let target = world.kept.test.position_address();
    let most = Spend::lamports(5_000).and(world.token(), 5_000 * USDC);
    let last_height = world.server.state().slot + 20;
    {
        let journal = world.journal(6_000 * USDC);
        let held = journal.reserve(&target, "liquidate", most).unwrap();
        held.sending("lost", last_height).unwrap();
    }
    let journal = world.journal(6_000 * USDC);
    assert_eq!(journal.left(&world.token()).most(), 1_000 * USDC, "it may still be spent");
    let said = world.runs(Some(journal.clone()), SELDOM, |world, heard| {
        world.publish(0, FALLEN);
        until("it is liquidated", || has(heard, "liquidate"));
        assert!(world.server.state().slot > last_height);
    });
    let place = |what: &str| said.iter().position(|said| said == what);
    assert!(place("expired: liquidate") < place("liquidate"), "{said:?}");
    assert_eq!(world.sent(Liquidate::DISCRIMINATOR), 1);
}

/// The process died after the transaction was handed in and executed.
#[test]
fn what_was_executed_is_found_and_not_sent_again() {
    let mut world = World::new();
    let target = world.kept.test.position_address();
    world.publish(0, FALLEN);
    let spent = world.with(|kept| {
        let before = kept.test.balance(&kept.test.liquidator.debt);
        assert_eq!(kept.round(), ["liquidate"]);
        before - kept.test.balance(&kept.test.liquidator.debt)
    });
    let most = Spend::lamports(5_000).and(world.token(), spent);
    {
        let journal = world.journal(u64::MAX);
        let held = journal.reserve(&target, "liquidate", most).unwrap();
        held.sending("landed", 2_000).unwrap();
    }
    world.server.state().landed.insert("landed".into(), (1_000, serde_json::Value::Null));
    let journal = world.journal(u64::MAX);
    world.runs(Some(journal.clone()), SELDOM, |_, _| {
        until("its end is noted", || journal.in_flight().is_empty());
        std::thread::sleep(Duration::from_millis(300));
    });
    assert_eq!(journal.spent().of(&world.token()), spent);
    assert_eq!(world.sent(Liquidate::DISCRIMINATOR), 0);
}

/// The process died after the transaction was executed, and the server has forgotten it since: to ask it is to learn nothing.
#[test]
fn what_nobody_remembers_counts_as_spent() {
    for (forgets, spent) in [(true, 700 * USDC), (false, 0)] {
        let mut world = World::new();
        let most = Spend::lamports(5_000).and(world.token(), 700 * USDC);
        let slot = {
            let mut state = world.server.state();
            (state.forgets, state.slot) = (forgets, state.slot + 1_000);
            state.slot
        };
        {
            let journal = world.journal(1_000 * USDC);
            let held = journal.reserve(&world.kept.test.position_address(), "liquidate", most).unwrap();
            held.sending("forgotten", slot - 600).unwrap();
        }
        let journal = world.journal(1_000 * USDC);
        world.runs(Some(journal.clone()), SELDOM, |_, _| {
            until("its end is noted", || journal.in_flight().is_empty());
        });
        assert_eq!(journal.spent().of(&world.token()), spent, "{forgets}");
        assert_eq!(journal.left(&world.token()).most(), 1_000 * USDC - spent, "{forgets}");
    }
}

/// A cluster that takes a transaction and never executes it: it expires, and what is decided then is sent anew.
#[test]
fn what_expires_is_decided_on_again() {
    let mut world = World::new();
    let journal = world.journal(u64::MAX);
    world.server.state().loses_sends = true;
    let said = world.runs(Some(journal.clone()), SELDOM, |world, heard| {
        world.publish(0, FALLEN);
        until("it expires", || has(heard, "expired: liquidate"));
        assert_eq!(world.sent(Liquidate::DISCRIMINATOR), 1, "one at a time");
        world.server.state().loses_sends = false;
        until("it is liquidated", || has(heard, "liquidate"));
    });
    assert_eq!(world.sent(Liquidate::DISCRIMINATOR), 2, "{said:?}");
    assert!(journal.in_flight().is_empty());
}
