//! A worker: takes jobs from the queue and proves them, until it is told to stop.
//!
//! It has one job more in hand than it proves at once, so that the database's part of one goes on beside the proof of another. That one
//! waits, and is begun (and counted as an attempt) only when its turn comes; where the worker is told to stop before, it goes back to
//! the queue.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use apalis::prelude::{
    BackendExt as _, BoxDynError, Data, WorkerBuilder, WorkerBuilderExt as _, WorkerError,
};
use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;
use assay::{Observer, Progress, Stage};
use futures_util::Stream;
use tokio::sync::{Notify, Semaphore, watch};
use ulid::Ulid;
use zeroize::Zeroizing;

use crate::database::{Database, Order, QUEUE};
use crate::error::{Error, Result};
use crate::jobs::{ATTEMPTS, FAULTS, Failure, Proven, Take, Taken};
use crate::metrics::{
    ATTEMPTS as ATTEMPTS_ENDED, FAULTY, Metrics, PHASE_SECONDS, PREPARED, RESTARTS, WAIT_SECONDS,
};
use crate::prove::{Fault, Seconds, prove};
use crate::provers::Provers;
use crate::secrets::{Part, Secrets};
use crate::store::Store;

/// How often whoever watches a job is told how far it is.
const TOLD: Duration = Duration::from_millis(500);
/// How often a result is written again where the database does not take it.
const TRIES: u32 = 10;
/// What the queue is told of a job that was not begun.
const STOPPING: &str = "the worker was told to stop before it began";
/// Longest pause of a worker between two looks at a machine that is faulty.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Uploads by which a store is known.
const KNOWN: i64 = 64;

/// How a worker asks the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// How often an idle worker looks.
    pub poll: Duration,
    /// How often it says that it lives: whole seconds.
    pub heartbeat: Duration,
    /// How many times in a row it may be silent before others take its jobs.
    pub missed: usize,
}

/// What the workers of a process share.
#[derive(Debug)]
pub struct Workshop {
    /// Where jobs and results are.
    pub database: Database,
    /// What jobs hide.
    pub secrets: Arc<Secrets>,
    /// Models and keys.
    pub store: Store,
    /// Those that are ready to prove.
    pub provers: Provers,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Proofs at once.
    pub room: Arc<Semaphore>,
    /// Told when this process puts something into the queue.
    pub news: Arc<Notify>,
}

/// The first digits of a model's digest, as metrics and logs name it.
pub fn short(model: &str) -> &str {
    model.get(..16).unwrap_or(model)
}

/// Works until `stop` says so, and the jobs that were begun are at their end. `at_once` jobs are proven at once.
pub async fn work(shop: Arc<Workshop>, at_once: usize, rhythm: Rhythm, stop: watch::Receiver<bool>) {
    let mut faults = 0;
    // Of all rounds: jobs outlive the loss of the queue.
    let begun = Arc::new(watch::Sender::new(0));
    while shop.is_well_or_stop(faults, stop.clone()).await {
        let began = Instant::now();
        // Told by `stop`, or by a job that found the machine faulty: then others take what comes, until it is well again.
        let (halt, halted) = watch::channel(false);
        let halt = Arc::new(halt);
        let (told, ending) = (Arc::clone(&halt), stop.clone());
        let forward = tokio::spawn(async move {
            is_time(ending).await;
            told.send_replace(true);
        });
        // No two starts have one name: the queue takes the jobs of a silent name away, and refuses one that is alive.
        let name = format!("{}-{}-{}", host(), std::process::id(), Ulid::generate());
        let over = is_over(halted.clone(), begun.subscribe());
        let (halt_desk, count) = (Arc::clone(&halt), Arc::clone(&begun));
        let desk = Desk {
            shop: Arc::clone(&shop),
            name: name.clone(),
            stop: halted.clone(),
            halt: halt_desk,
            begun: count,
        };
        let ticks = ticks(rhythm.poll, Arc::clone(&shop.news));
        tracing::info!(worker = name, "working");
        let ended = match &shop.database {
            Database::Sqlite { queue, .. } => {
                let config = apalis_sqlite::Config::default()
                    .queue(QUEUE)
                    .batch_size(1)
                    .heartbeat_interval(rhythm.heartbeat)
                    .missed_heartbeats(rhythm.missed)
                    .lock_tasks(false);
                let storage = SqliteStorage::<Order>::new(queue).with_config(config);
                let worker = WorkerBuilder::new(name.as_str())
                    .backend(storage.poll_with_stream(ticks))
                    .data(desk)
                    .concurrency(at_once + 1)
                    .build(handle);
                worker.run_until(over).await
            }
            Database::Postgres(pool) => {
                let config = apalis_postgres::Config::default()
                    .queue(QUEUE)
                    .batch_size(1)
                    .heartbeat_interval(rhythm.heartbeat)
                    .missed_heartbeats(rhythm.missed)
                    .lock_tasks(false);
                let storage = PostgresStorage::<Order>::new(pool).with_config(config);
                let worker = WorkerBuilder::new(name.as_str())
                    .backend(storage.poll_with_stream(ticks))
                    .data(desk)
                    .concurrency(at_once + 1)
                    .build(handle);
                worker.run_until(over).await
            }
        };
        forward.abort();
        let is_faulty = *halted.borrow() && !*stop.borrow();
        halt.send_replace(true); // what waits for its turn in a lost queue waits no longer
        faults = if is_faulty { faults + 1 } else { 0 };
        if began.elapsed() > 2 * LONGEST_PAUSE {
            faults = faults.min(1);
        }
        match ended {
            Ok(()) => tracing::info!(worker = name, "stopped"),
            Err(error) => {
                shop.metrics.add(RESTARTS, [], 1);
                tracing::warn!(worker = name, %error, "the queue was lost: it is looked for again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    none(begun.subscribe()).await;
}

/// When the queue is left: once it is time, and no job is begun. From then on nobody goes on with what was being asked of the database, and a
/// question half-way holds its lock: on SQLite whoever writes down a result would wait for it, and it for him.
async fn is_over(
    stop: watch::Receiver<bool>,
    begun: watch::Receiver<usize>,
) -> std::result::Result<(), WorkerError> {
    is_time(stop).await;
    none(begun).await;
    Ok(())
}

/// Waits until no job is begun.
async fn none(mut begun: watch::Receiver<usize>) {
    let _ = begun.wait_for(|jobs| *jobs == 0).await;
}

async fn is_time(mut stop: watch::Receiver<bool>) {
    // Where nobody can say it any more, it is time as well.
    let _ = stop.wait_for(|is_time| *is_time).await;
}

/// When an idle worker looks: now and then, and when this process has put something into the queue.
fn ticks(poll: Duration, news: Arc<Notify>) -> impl Stream<Item = ()> + Unpin + Send + 'static {
    let mut beat = tokio::time::interval(poll);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    Box::pin(futures_util::stream::unfold((beat, news), |(mut beat, news)| async move {
        tokio::select! {
            _ = beat.tick() => {}
            () = news.notified() => {}
        }
        Some(((), (beat, news)))
    }))
}

fn host() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = "host".to_owned();
    name
}

/// Where one worker works.
#[derive(Clone, Debug)]
struct Desk {
    shop: Arc<Workshop>,
    name: String,
    stop: watch::Receiver<bool>,
    /// Says that this machine is faulty.
    halt: Arc<watch::Sender<bool>>,
    /// How many jobs are begun, and not at their end.
    begun: Arc<watch::Sender<usize>>,
}

/// A job that is begun, until it is dropped.
struct Begun(Arc<watch::Sender<usize>>);

impl Begun {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|jobs| *jobs += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.send_modify(|jobs| *jobs = jobs.saturating_sub(1));
    }
}

/// What the queue calls for each task. An error sends it back; everything that is at its end is none.
async fn handle(order: Order, desk: Data<Desk>) -> std::result::Result<(), BoxDynError> {
    let desk = Desk::clone(&desk);
    // A task of its own: where the queue is lost, what was begun still comes to its end, and is written down.
    tokio::spawn(async move { desk.job(&order.job).await }).await?
}

impl Desk {
    async fn job(mut self, id: &str) -> std::result::Result<(), BoxDynError> {
        let Desk { shop, name, stop, halt, begun } = &mut self;
        let permit = tokio::select! {
            biased;
            () = is_time(stop.clone()) => None,
            permit = Arc::clone(&shop.room).acquire_owned() => Some(permit?),
        };
        // Counted first: who waits for nothing to be begun has seen it, or it sees that it is time.
        let counted = Begun::new(begun);
        let Some(permit) = permit.filter(|_| !*stop.borrow()) else {
            drop(counted);
            // Its place stays taken: a worker that has one free takes the next job from the queue, and would send back one after the other.
            none(begun.subscribe()).await;
            return Err(STOPPING.into());
        };
        let taken = match shop.database.take(id, name).await? {
            Take::Yours(taken) => taken,
            Take::Ended => return Ok(()),
            Take::GivenUp(model) => {
                shop.metrics.add(ATTEMPTS_ENDED, [short(&model), "given-up"], 1);
                tracing::warn!(
                    job = id,
                    model = short(&model),
                    "given up: {ATTEMPTS} attempts ended with their worker"
                );
                return Ok(());
            }
        };
        let model = short(&taken.model).to_owned();
        if taken.attempts == 1 {
            let waited = u64::try_from(taken.waited).unwrap_or_default();
            shop.metrics.observe(WAIT_SECONDS, [&model], Duration::from_millis(waited));
        }
        let ended = shop.attempt(id, name, &taken).await;
        // The next proof begins while this one is written down.
        drop(permit);
        let outcome = match &ended {
            Ok(_) => "done",
            Err(Fault::Refused(_)) => "failed",
            Err(Fault::Attempt(_)) if taken.attempts >= ATTEMPTS => "failed",
            Err(Fault::Attempt(_)) => "again",
            Err(Fault::Machine(_)) if taken.faults + 1 >= FAULTS => "failed",
            Err(Fault::Machine(_)) => "set-aside",
        };
        shop.metrics.add(ATTEMPTS_ENDED, [&model, outcome], 1);
        let written = Instant::now();
        let is_first = match ended {
            Ok((proven, seconds)) => {
                shop.observe(&model, &seconds);
                persistently(|| shop.database.finish(id, &proven)).await?
            }
            Err(fault) => {
                let failure = fault.failure();
                tracing::warn!(
                    job = id,
                    model,
                    attempt = taken.attempts,
                    code = failure.code,
                    outcome,
                    "no proof"
                );
                if matches!(fault, Fault::Machine(_)) {
                    // One file may be damaged on a machine that is well: it goes on with other models.
                    let is_one_file = failure.code == "store-damaged" && shop.check().await.is_ok();
                    if !is_one_file {
                        halt.send_replace(true);
                    }
                }
                if outcome == "set-aside" {
                    persistently(|| shop.database.set_aside(id, name, taken.faults)).await?;
                    return Err(failure.code.clone().into());
                }
                if outcome == "again" {
                    shop.database.give_back(id, name).await?;
                    return Err(failure.code.clone().into());
                }
                // It may quote an input.
                let said = Zeroizing::new(serde_json::to_vec(failure)?);
                let said = shop.secrets.seal(&taken.bound(Part::Said, id), &said)?;
                persistently(|| shop.database.fail(id, &failure.code, &said)).await?
            }
        };
        shop.metrics.observe(PHASE_SECONDS, [&model, "write"], written.elapsed());
        tracing::info!(job = id, model, attempt = taken.attempts, outcome, is_first, "ended");
        Ok(())
    }
}

/// Tries what the database must take, for a while.
async fn persistently<T, F: Future<Output = Result<T>>>(mut work: impl FnMut() -> F) -> Result<T> {
    let mut tries = 1;
    loop {
        match work().await {
            Err(Error::Database(error)) if tries < TRIES => {
                tracing::warn!(%error, tries, "not written down yet");
                tokio::time::sleep(Duration::from_millis(100) * 2u32.pow(tries.min(5))).await;
                tries += 1;
            }
            other => return other,
        }
    }
}

impl Workshop {
    /// Whether this machine can work: the store is the catalogue's, and there is room for copies.
    ///
    /// # Errors
    /// What it lacks.
    pub async fn check(&self) -> Result<()> {
        self.store.check(&self.database.newest(KNOWN).await?).await
    }

    /// Waits until this machine is well, for some time at least after `faults` in a row. False where it is time to stop.
    async fn is_well_or_stop(&self, mut faults: u32, stop: watch::Receiver<bool>) -> bool {
        loop {
            if faults > 0 {
                self.metrics.set(FAULTY, [], 1.0);
                let pause = Duration::from_secs(1 << faults.min(6)).min(LONGEST_PAUSE);
                tracing::warn!(
                    seconds = pause.as_secs(),
                    "this machine is faulty: it takes no jobs for a while"
                );
                // Whichever comes first.
                let _ = tokio::time::timeout(pause, is_time(stop.clone())).await;
            }
            if *stop.borrow() {
                return false;
            }
            match self.check().await {
                Ok(()) => {
                    self.metrics.set(FAULTY, [], 0.0);
                    return true;
                }
                Err(error) => {
                    faults += 1;
                    tracing::warn!(%error, "this machine cannot work");
                }
            }
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        id: &str,
        worker: &str,
        taken: &Taken,
    ) -> std::result::Result<(Proven, Seconds), Fault> {
        let sealed = taken.secret.as_deref().ok_or_else(|| Fault::internal("the job's secrets are gone"))?;
        let hidden = self.secrets.unseal(&taken.bound(Part::Inputs, id), sealed)?;
        let start = Instant::now();
        let prover = self.provers.get(&taken.model, &taken.pk).await?;
        self.metrics.set(PREPARED, [], self.provers.len() as f64);
        let (load, context) = (start.elapsed(), taken.context.clone());
        let at = Arc::new(Mutex::new((Stage::Solve, 0.0)));
        let told = Arc::clone(&at);
        let work = tokio::task::spawn_blocking(move || {
            let note = |Progress { stage, done, total }: Progress| {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = (stage, done as f64 / total as f64);
                ControlFlow::Continue(())
            };
            prove(&prover, &hidden, &context, load, Observer::new(&note))
        });
        let mut work = std::pin::pin!(work);
        let mut said = None;
        loop {
            match tokio::time::timeout(TOLD, &mut work).await {
                Ok(Ok(ended)) => return ended,
                Ok(Err(error)) if error.is_panic() => {
                    // What a panic says may quote what it was about.
                    let message = "the prover stopped unexpectedly: this is a bug".into();
                    return Err(Fault::Attempt(Failure { code: "panic".into(), message, hint: None }));
                }
                Ok(Err(_)) => return Err(Fault::internal("the prover's thread ended")),
                Err(_) => {
                    let (stage, share) = *at.lock().unwrap_or_else(PoisonError::into_inner);
                    if said != Some((stage, share)) {
                        said = Some((stage, share));
                        // Only for whoever watches.
                        if let Err(error) = self
                            .database
                            .progress(id, worker, &format!("{stage:?}").to_lowercase(), share)
                            .await
                        {
                            tracing::debug!(%error, "how far a job is was not written down");
                        }
                    }
                }
            }
        }
    }

    fn observe(&self, model: &str, seconds: &Seconds) {
        let Seconds { load, solve, prove, check } = *seconds;
        for (phase, took) in [("load", load), ("solve", solve), ("prove", prove), ("check", check)] {
            self.metrics.observe(PHASE_SECONDS, [model, phase], Duration::from_secs_f64(took));
        }
    }
}
