//! What a cluster of one runtime has.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use solana_address::Address;

use crate::{Localnet, Outcome};

/// The slot in which it begins.
const FIRST: u64 = 1_000;

/// What the cluster has, and what it does wrong.
pub struct State {
    /// The runtime.
    pub net: Localnet,
    /// The present slot, and the height of its block.
    pub slot: u64,
    /// What became of transactions, by signature: the slot and the error.
    pub landed: HashMap<String, (u64, Value)>,
    /// The signature of every transaction that was handed in for the first time, with its instructions' first bytes.
    pub sent: Vec<(String, Vec<[u8; 8]>)>,
    /// What became of every transaction that was executed, in order.
    pub outcomes: Vec<Outcome>,
    /// Transactions are taken and never executed.
    pub loses_sends: bool,
    /// Their statuses are not told.
    pub hides_statuses: bool,
    /// Only the statuses of the latest 300 slots are kept.
    pub forgets: bool,
    /// Subscriptions are told nothing but slots, and see a gap.
    pub loses_notifications: bool,
    /// Every connection for subscriptions is closed at the next slot.
    pub cuts: bool,
    /// Done once, before the next transaction that is handed in for the first time is executed: to it alone, its simulation and its trial saw nothing
    /// of it.
    pub before_send: Option<Before>,
    /// Which questions, by method and parameters, are refused with an error of the server's own.
    pub refuses: Option<fn(&str, &Value) -> bool>,
    /// Answers of its own in place of the true ones, by method and parameters.
    pub lies: Option<fn(&str, &Value) -> Option<Value>>,
    /// The last slot that programs saw.
    pub(super) seen: u64,
    /// What `getTransaction` shows, by signature.
    pub(super) records: HashMap<String, Value>,
    /// The accounts that each transaction names, in the order in which they landed.
    pub(super) named: Vec<(String, Vec<Address>)>,
}

/// Does something to the runtime.
pub type Before = Box<dyn FnOnce(&mut Localnet) + Send>;

impl State {
    pub(super) fn new(net: Localnet) -> Self {
        Self {
            net,
            slot: FIRST,
            landed: HashMap::new(),
            sent: Vec::new(),
            outcomes: Vec::new(),
            loses_sends: false,
            hides_statuses: false,
            forgets: false,
            loses_notifications: false,
            cuts: false,
            before_send: None,
            refuses: None,
            lies: None,
            seen: FIRST,
            records: HashMap::new(),
            named: Vec::new(),
        }
    }
}

/// A thread that panics leaves a runtime in which each transaction was executed or was not.
pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
