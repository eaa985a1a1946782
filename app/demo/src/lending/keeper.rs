//! The keeper: the service as `assay keeper run` runs it, over sockets, with a wallet and a journal of its own.
//!
//! It watches the accounts by subscriptions, decides, proves, simulates, writes into its journal and sends. The demonstration moves the
//! clock and the prices, and listens. What reaches the service over a socket comes bit by bit; so that every run of the demonstration
//! decides on the same accounts, the strategy looks only at a scene that it sees whole.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use assay::Prover;
use assay_chain::{Commitment, Price, Rpc};
use assay_host::{
    Account, Chain,
    strategy::{Answer, Decision, Reason, Strategy, StrategyError, View},
};
use assay_interface::schema::ModelSchema;
use assay_keeper::{
    Conclusion, Report,
    service::{
        health::{Board, Limits},
        hear::{All, Hear},
        journal::{Asset, Cap, Journal, Owner, Spend},
        pipeline::{Lane, Told},
        run::{Parts, run},
        subscribe::WebSocket,
        wallet::{Event, Fees},
    },
};
use assay_lending::state::{Market, Position};
use assay_lending_host::{Liquidations, Rules};
use assay_localnet::server::Server;
use solana_address::Address;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::market::SimulatedMarket;
use crate::error::DemoError;

/// How much less collateral than computed is accepted, basis points.
const SLIPPAGE_BPS: u16 = 50;

/// Lamports that a base unit of the debt asset is worth: a USDC a hundredth of a SOL.
const LAMPORTS_PER_UNIT: f64 = 10.0;

/// Most that a keeper may spend: 10 SOL in fees and rent, and all that its wallet has of the debt asset.
const CAPS: [u64; 2] = [10_000_000_000, u64::MAX];

/// The genesis hash that the runtime's server names.
const GENESIS: &str = "11111111111111111111111111111111";

/// How often it reads the clock.
const POLL: Duration = Duration::from_millis(10);

/// How long a scene may take, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The stage is being set.
const CHANGING: Reason = Reason("the scene is not whole yet");

/// What the chain holds until the demonstration changes it again.
pub struct Scene(Mutex<Set>);

struct Set {
    time: i64,
    accounts: Arc<Vec<(Address, Option<Account>)>>,
    since: Instant,
}

impl Scene {
    /// A scene of this time, with these accounts, from now on.
    pub fn new(time: i64, accounts: Vec<(Address, Option<Account>)>) -> Self {
        Self(Mutex::new(Set { time, accounts: Arc::new(accounts), since: Instant::now() }))
    }

    /// Another one.
    pub fn set(&self, time: i64, accounts: Vec<(Address, Option<Account>)>) {
        *lock(&self.0) = Set { time, accounts: Arc::new(accounts), since: Instant::now() };
    }

    fn since(&self) -> Instant {
        lock(&self.0).since
    }

    fn is_seen_by(&self, chain: &dyn Chain) -> Result<bool, StrategyError> {
        // The chain may have to ask the server, which is not to wait for whoever sets the scene.
        let (time, accounts) = {
            let set = lock(&self.0);
            (set.time, Arc::clone(&set.accounts))
        };
        if chain.unix_time()? != time {
            return Ok(false);
        }
        for (address, account) in accounts.iter() {
            if chain.account(address)? != *account {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The strategy, which looks only at whole scenes.
struct Patient {
    strategy: Liquidations,
    scene: Arc<Scene>,
}

impl Strategy for Patient {
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        self.strategy.accepts(schema)
    }

    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError> {
        self.strategy.targets(chain)
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        match self.scene.is_seen_by(view.chain)? {
            true => self.strategy.decide(view, target),
            false => Ok(Decision::Leave(CHANGING)),
        }
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        self.strategy.act(view, target, answer)
    }
}

/// What a keeper did about an account, and the accounts right after it.
pub struct Deed {
    /// The account.
    pub target: Address,
    /// What it did.
    pub report: Report,
    /// The market.
    pub market: Market,
    /// The position, if the account is one.
    pub position: Option<Position>,
}

/// Who hears what the service does.
struct Ear {
    scene: Arc<Scene>,
    server: Arc<Server>,
    market: Address,
    heard: Mutex<Heard>,
    news: Condvar,
}

#[derive(Default)]
struct Heard {
    deeds: Vec<Deed>,
    /// When the last look began that found nothing to do, and what it found.
    idle: Option<(Instant, HashMap<Address, Reason>)>,
    /// What was sent for accounts that are still worked on.
    working: HashSet<Address>,
    /// When it was last done with an account: a look before that may not have seen what came of it.
    worked: Option<Instant>,
    failures: Vec<String>,
}

impl Hear for Ear {
    fn pipeline(&self, told: &Told<'_>) {
        match told {
            Told::Looked { looks, took, .. } => {
                let left = looks.iter().map(|look| match &look.found {
                    Ok(Report { conclusion: Conclusion::LeftAlone(reason), .. }) if *reason != CHANGING => {
                        Some((look.target, *reason))
                    }
                    _ => None,
                });
                let began = Instant::now().checked_sub(*took);
                let mut heard = lock(&self.heard);
                heard.idle = began.zip(left.collect());
            }
            Told::Blind { error, .. } => lock(&self.heard).failures.push(error.to_string()),
            Told::Worked { target, found: Err(error), .. } => {
                let mut heard = lock(&self.heard);
                heard.worked = Some(Instant::now());
                heard.working.remove(*target);
                heard.failures.push(error.to_string());
            }
            Told::Worked { target, found: Ok(report), .. } => {
                let (market, position) = {
                    let net = &self.server.state().net;
                    (net.read(&self.market), net.read(target).ok().flatten())
                };
                let mut heard = lock(&self.heard);
                heard.worked = Some(Instant::now());
                heard.working.remove(*target);
                match market {
                    Ok(Some(market)) => {
                        let report = report.clone();
                        heard.deeds.push(Deed { target: **target, report, market, position });
                    }
                    _ => heard.failures.push("the market's account is gone".into()),
                }
            }
        }
        self.news.notify_all();
    }

    fn transaction(&self, event: &Event<'_>) {
        if let Event::Sending { flight, .. } = event {
            lock(&self.heard).working.insert(flight.target);
        }
    }
}

/// A service that runs.
pub struct Service {
    ear: Arc<Ear>,
    board: Arc<Board>,
    journal: Journal,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), String>>>,
    /// Where the journal is.
    _folder: TempDir,
}

/// What is left of a service that stopped.
#[derive(Default)]
pub struct Kept {
    /// What it spent, by its journal.
    pub spent: Spend,
    /// Transactions that the journal has without an end.
    pub in_flight: usize,
    /// Its page of metrics.
    pub metrics: String,
}

impl Service {
    /// Begins to keep a market. It looks at scenes only.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn start(
        server: &Arc<Server>,
        scene: &Arc<Scene>,
        market: &SimulatedMarket,
        rules: Rules,
        prover: &Prover,
    ) -> Result<Self, DemoError> {
        let folder = TempDir::new()?;
        let owner = Owner { wallet: market.keeper.address(), genesis: GENESIS.into() };
        let [lamports, tokens] = CAPS.map(|most| Cap { life: most, day: most });
        let caps = [(Asset::Lamports, lamports), (Asset::Token(market.keys.debt_mint), tokens)];
        let journal = Journal::open(&folder.path().join("journal"), &owner, caps.into_iter().collect());
        let journal = journal.map_err(|error| DemoError::Service(error.to_string()))?;
        let limits = Limits { lag: u64::MAX, silence: PATIENCE };
        let board = Arc::new(Board::new(limits, Some(journal.clone())));
        let ear = Arc::new(Ear {
            scene: Arc::clone(scene),
            server: Arc::clone(server),
            market: market.keys.market,
            heard: Mutex::default(),
            news: Condvar::new(),
        });
        // It looks at whole scenes, an hour apart, so it does not wait for the auction.
        let route = market.route();
        let strategy = Liquidations { route, rules, slippage_bps: SLIPPAGE_BPS, least_bonus_bps: 0 };
        let lane = Lane {
            name: "lending".into(),
            strategy: Arc::new(Patient { strategy, scene: Arc::clone(scene) }),
            prover: prover.clone(),
            lamports_per_unit: Some(LAMPORTS_PER_UNIT),
        };
        let parts = Parts {
            rpc: Arc::new(Rpc::new(&server.url, Commitment::Confirmed)),
            source: Box::new(WebSocket { url: server.websocket.clone() }),
            signer: Box::new(market.keeper.keypair.insecure_clone()),
            journal: Some(journal.clone()),
            fees: Fees {
                price: Price::Fixed(0),
                most: 0,
                share_percent: 0,
                upkeep: 0,
                least_profit: 0,
                tip: None,
            },
            workers: 1, // one after another, in the order of what they bring: every run is the same
            provers: 1,
            resync: Duration::from_secs(3_600),
            poll: POLL,
            most_lag: u64::MAX,
            prices: None,
            grace: Duration::from_secs(20),
            lanes: vec![lane],
            told: Arc::new(All(vec![Arc::clone(&ear) as Arc<dyn Hear>, Arc::clone(&board) as Arc<dyn Hear>])),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let thread = std::thread::spawn(move || {
            let served = runtime.block_on(run(parts, async {
                // Where nobody can say it any more, it is time as well.
                let _ = stopped.await;
            }));
            runtime.shutdown_background();
            served
        });
        Ok(Self { ear, board, journal, stop: Some(stop), thread: Some(thread), _folder: folder })
    }

    /// Waits until nothing is to be done in the present scene; why each account was left alone then, and what was done before.
    ///
    /// # Errors
    /// The service ended, or there is always something to be done.
    pub fn settle(&self) -> Result<(HashMap<Address, Reason>, Vec<Deed>), DemoError> {
        let (since, deadline) = (self.ear.scene.since(), Instant::now() + PATIENCE);
        let mut heard = lock(&self.ear.heard);
        loop {
            let Heard { deeds, idle, working, worked, .. } = &mut *heard;
            let since = since.max(worked.unwrap_or(since));
            let is_idle = working.is_empty() && idle.as_ref().is_some_and(|(began, _)| *began > since);
            if let Some((_, left)) = idle.take_if(|_| is_idle) {
                return Ok((left, std::mem::take(deeds)));
            }
            if Instant::now() > deadline || self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                let why = heard.failures.last().cloned().unwrap_or_else(|| "it does not settle".into());
                return Err(DemoError::Service(why));
            }
            let waited = self.ear.news.wait_timeout(heard, Duration::from_millis(100));
            heard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What went wrong so far.
    pub fn failures(&self) -> usize {
        lock(&self.ear.heard).failures.len()
    }

    /// Stops it; what is on its way is waited for.
    ///
    /// # Errors
    /// It ended before, with an error.
    pub fn stop(mut self) -> Result<Kept, DemoError> {
        self.end()?;
        let in_flight = self.journal.in_flight().len();
        Ok(Kept { spent: self.journal.spent(), in_flight, metrics: self.board.page() })
    }

    fn end(&mut self) -> Result<(), DemoError> {
        drop(self.stop.take());
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(DemoError::Service(error)),
            Some(Err(_)) => Err(DemoError::Service("it ended unexpectedly".into())),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Whoever drops it has an error of its own.
        let _ = self.end();
    }
}
