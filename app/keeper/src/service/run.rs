//! The service as a whole: what keeps the mirror, what works for each strategy, and how it stops.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assay_chain::{Commitment, Result, Rpc};
use solana_signer::Signer;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::hear::Hear;
use super::journal::Journal;
use super::mirror::Mirror;
use super::pipeline::{Busy, Lane, Told, Works, look, work};
use super::posting::{Plan, post};
use super::reader::{Reader, Want, repair_all};
use super::sending::Sending;
use super::settle::settle;
use super::signer;
use super::source::{Intake, Source, follow};
use super::wallet::{Fees, Shared};
use crate::gate::Gate;
use crate::keeper::Mode;

/// What a service is made of.
pub struct Parts {
    /// The server.
    pub rpc: Arc<Rpc>,
    /// Who tells of accounts.
    pub source: Box<dyn Source>,
    /// Who pays and signs.
    pub signer: Box<dyn Signer + Send + Sync>,
    /// What was sent and spent; none where nothing is to be sent.
    pub journal: Option<Journal>,
    /// What is paid for being early.
    pub fees: Fees,
    /// Accounts that are worked on at once.
    pub workers: usize,
    /// Proofs at once.
    pub provers: usize,
    /// How often everything is read again.
    pub resync: Duration,
    /// How often the clock is read.
    pub poll: Duration,
    /// Slots behind the cluster beyond which nothing is begun.
    pub most_lag: u64,
    /// Prices that it posts itself, if any.
    pub prices: Option<Plan>,
    /// How long what is on its way is waited for in the end.
    pub grace: Duration,
    /// The strategies.
    pub lanes: Vec<Lane>,
    /// Who is told of what happens.
    pub told: Arc<dyn Hear>,
}

/// The chain of a service, without anything that runs: what is read, who signs, and what is to be subscribed to.
pub fn chain(
    rpc: Arc<Rpc>,
    signer: Box<dyn Signer + Send + Sync>,
    journal: Option<Journal>,
    fees: Fees,
    hear: Arc<dyn Hear>,
) -> (Arc<Shared>, mpsc::UnboundedReceiver<Want>) {
    let (reader, wants) = Reader::new(Arc::clone(&rpc), Arc::new(Mirror::default()));
    let shared = Shared {
        reader: Arc::new(reader),
        rpc,
        signer,
        journal,
        fees,
        tell: Box::new(move |event| hear.transaction(&event)),
        sending: Sending::default(),
        is_stopping: AtomicBool::new(false),
    };
    (Arc::new(shared), wants)
}

/// Runs until `stop` is done, and then until nothing is on its way any more, for a while.
///
/// # Errors
/// A strategy's accounts are others than it takes them for, in the beginning; later, the journal cannot be written. That the server does not
/// answer is no reason to end: it is asked again.
pub async fn run(parts: Parts, stop: impl Future<Output = ()>) -> std::result::Result<(), String> {
    let Parts {
        rpc,
        signer,
        journal,
        fees,
        source,
        workers,
        provers,
        resync,
        poll,
        grace,
        most_lag,
        prices,
        lanes,
        told,
    } = parts;
    let (shared, wants) = chain(Arc::clone(&rpc), signer, journal, fees, Arc::clone(&told));
    let (repairs, repaired) = mpsc::unbounded_channel();
    let hear = Arc::clone(&told);
    let works = Arc::new(Works {
        mode: if shared.journal.is_some() { Mode::Live } else { Mode::DryRun },
        room: Arc::new(Semaphore::new(workers.max(1))),
        upkeep: Arc::new(Semaphore::new((workers / 2).max(1))),
        gate: Arc::new(Gate::new(provers)),
        busy: Busy::default(),
        tell: Box::new(move |told| hear.pipeline(&told)),
        heard: Mutex::new(Instant::now()),
        shared: Arc::clone(&shared),
    });
    let lanes: Vec<Arc<Lane>> = lanes.into_iter().map(Arc::new).collect();
    first_look(&works, &lanes).await?;

    let (stopping, is_stopping) = watch::channel(false);
    let posting = Arc::new(Semaphore::new(1));
    let mut background = JoinSet::new();
    let hear = Arc::clone(&told);
    let newest = Arc::new(AtomicU64::new(0));
    let (told_slot, forgotten) = (Arc::clone(&newest), Arc::clone(&newest));
    let connecting = Arc::clone(&told);
    let intake = Intake {
        commitment: rpc.commitment().max(Commitment::Confirmed),
        mirror: Arc::clone(&shared.reader.mirror),
        heard: Box::new(move |slot| {
            // The last, not the greatest: a wrong one is followed by one that is right.
            if let Some(slot) = slot {
                told_slot.store(slot, Ordering::Relaxed);
            }
            hear.notified();
        }),
        connected: Box::new(move |is_connected| {
            // What a connection before said of the cluster holds no longer.
            forgotten.store(0, Ordering::Relaxed);
            connecting.connected(is_connected);
        }),
        repairs,
    };
    background.spawn(follow(source, intake, wants));
    let hear = Arc::clone(&told);
    let noted = move |answer: &Result<()>| {
        if let Err(error) = answer {
            hear.unanswered(error);
        }
    };
    background.spawn(repair_all(Arc::clone(&shared.reader), repaired, resync, noted));
    background.spawn(tick(Arc::clone(&works), poll, newest, most_lag, Arc::clone(&told)));
    if let (Some(plan), true) = (prices, shared.journal.is_some()) {
        background.spawn(post(Arc::clone(&shared), Arc::new(plan), Arc::clone(&posting), told));
    }
    let busy = Arc::clone(&works);
    background.spawn(settle(Arc::clone(&shared), move |flight| busy.busy.is_worked_on(&flight.target)));
    let mut working = JoinSet::new();
    for lane in &lanes {
        working.spawn(work(Arc::clone(&works), Arc::clone(lane), is_stopping.clone()));
    }

    let failed = tokio::select! {
        () = stop => None,
        error = failure(&shared) => Some(error),
    };
    tracing::info!("stopping: nothing new is begun");
    shared.is_stopping.store(true, Ordering::Relaxed);
    // Whoever listens ends; where nobody does, all have ended.
    let _ = stopping.send(true);
    let all = u32::try_from(workers.max(1)).unwrap_or(u32::MAX);
    let ended = async {
        while working.join_next().await.is_some() {}
        let _ = tokio::join!(works.room.acquire_many(all), posting.acquire());
    };
    match tokio::time::timeout(grace, ended).await {
        Ok(_) => tracing::info!("stopped: nothing is on its way"),
        Err(_) => {
            signer::end_all();
            tracing::warn!(
                "stopped; what is on its way stands in the journal, and is looked up at the next start"
            );
        }
    }
    background.abort_all();
    failed.map_or(Ok(()), Err)
}

/// Why nothing can be sent any more, once that is so.
async fn failure(shared: &Shared) -> String {
    loop {
        if let Some(error) = shared.journal.as_ref().and_then(Journal::failed) {
            return error.to_string();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Reads everything that the strategies read, once: a mistake in the configuration shows at once, and what follows needs no network. What
/// the server does not answer, each strategy asks again when it looks.
async fn first_look(works: &Arc<Works>, lanes: &[Arc<Lane>]) -> std::result::Result<(), String> {
    for lane in lanes {
        let (looking, of) = (Arc::clone(works), Arc::clone(lane));
        let looked = tokio::task::spawn_blocking(move || look(&looking.shared, &of, None));
        match looked.await.map_err(|error| error.to_string())? {
            Ok(looks) => tracing::info!(strategy = lane.name, accounts = looks.len(), "ready"),
            Err(error) if error.is_unanswered() => {
                (works.tell)(Told::Blind { lane: &lane.name, error: &error })
            }
            Err(error) => return Err(format!("{}: {error}", lane.name)),
        }
    }
    Ok(())
}

/// Reads the clock, again and again.
async fn tick(
    works: Arc<Works>,
    every: Duration,
    cluster: Arc<AtomicU64>,
    most_lag: u64,
    told: Arc<dyn Hear>,
) {
    let (mut beat, mut newest) = (tokio::time::interval(every), 0);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let reader = Arc::clone(&works.shared.reader);
        let Ok(ticked) = tokio::task::spawn_blocking(move || reader.tick()).await else { return };
        match ticked {
            Ok(slot) => {
                let cluster = cluster.load(Ordering::Relaxed);
                // A server that stands still, or is far behind, is not heard of.
                if slot > newest && cluster.saturating_sub(slot) <= most_lag {
                    newest = slot;
                    *works.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                }
                told.tick(slot, cluster, works.shared.reader.mirror.len());
            }
            Err(error) => told.unanswered(&error),
        }
    }
}
