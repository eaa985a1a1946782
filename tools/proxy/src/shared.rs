//! What all connections of a proxy share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use crate::faults::{Counters, Dice, Event, Faults};
use crate::history::History;
use crate::http::Target;

/// What all connections share.
pub struct Shared {
    pub upstream: Target,
    pub websocket: String,
    faults: RwLock<Current>,
    pub dice: Dice,
    pub counters: Counters,
    pub history: Mutex<History>,
    pub slot: AtomicU64,
    cut: watch::Sender<u64>,
}

#[derive(Default)]
struct Current {
    faults: Faults,
    /// The slot to which reads have gone back.
    fork: u64,
}

impl Shared {
    /// Of a proxy in which nothing goes wrong yet.
    pub fn new(upstream: Target, websocket: &str, seed: u64) -> Self {
        Self {
            upstream,
            websocket: websocket.to_owned(),
            faults: RwLock::default(),
            dice: Dice::new(seed),
            counters: Counters::default(),
            history: Mutex::default(),
            slot: AtomicU64::new(0),
            cut: watch::Sender::new(0),
        }
    }

    /// The faults, and the slot to which reads go back.
    pub fn faults(&self) -> (Faults, u64) {
        let current = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        (current.faults.clone(), current.fork)
    }

    /// What goes wrong from now on; an error where a share is none.
    pub fn set(&self, faults: Faults) -> Result<(), String> {
        faults.check()?;
        let fork = self.slot.load(Ordering::Relaxed).saturating_sub(faults.rollback_slots);
        let mut current = self.faults.write().unwrap_or_else(PoisonError::into_inner);
        // Saying the same again does not move the fork.
        let fork = if current.faults.rollback_slots == faults.rollback_slots { current.fork } else { fork };
        *current = Current { faults, fork };
        Ok(())
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.cut.send_modify(|generation| *generation = generation.wrapping_add(1));
    }

    /// Returns when all connections are cut.
    pub async fn until_cut(&self) {
        // An error is the end of the proxy, which cuts as well.
        let _ = self.cut.subscribe().changed().await;
    }

    /// Waits where answers are to be late.
    pub async fn lag(&self, milliseconds: u64) {
        if milliseconds > 0 {
            self.counters.count(Event::Late);
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
    }
}
