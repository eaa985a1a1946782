//! Where the mirror's news come from, whichever server tells them: over a WebSocket ([`subscribe`](super::subscribe)), or by Yellowstone's
//! gRPC (the feature `yellowstone`).
//!
//! Connections are opened again for as long as it takes. Whatever was subscribed to is asked for again once the subscription stands: what
//! happened before is in the answer, what happens afterwards is told. Slots are subscribed to as well. They show that the connection
//! lives, and one whose parent was not told of shows that something was lost.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use assay_chain::Commitment;
use assay_chain::rpc::At;
use assay_host::Account;
use solana_address::Address;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::mirror::{Key, Mirror, Way};
use super::reader::{Repair, Want};

/// Longest message: no account that is watched is near it.
pub(super) const LONGEST: usize = 1 << 20;
/// How long a connection may take to stand, and a message to be taken.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Between two signs of life that are asked for; without any for three times as long the connection is dead.
pub(super) const PING: Duration = Duration::from_secs(5);
/// Waits between connections, which double.
const WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Without a slot for so long, a connection tells nothing, whatever else it answers.
pub(super) const SILENCE: Duration = Duration::from_secs(15);
/// Slots that a notification may be ahead of the clock that was read last: as many as pass in a minute. What tells of later ones is not
/// believed, and asked for.
pub(super) const MOST_AHEAD: u64 = 150;
/// Between two repairs because slots are missing, or because of what was not believed.
const BETWEEN_GAPS: Duration = Duration::from_secs(5);
/// Slots far ahead, one near the other, that have to be told of in a row until they are believed: the server that is asked is far behind.
const IN_A_ROW: u32 = 10;

/// A connection's end: well where nobody wants anything any more, or why it ended.
pub type Ended<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// A server that tells of accounts.
pub trait Source: Send + Sync {
    /// One connection from its beginning to its end: it tells of all that the mirror keeps, and of what comes along.
    fn session<'a>(&'a self, intake: &'a Intake, wants: &'a mut mpsc::UnboundedReceiver<Want>) -> Ended<'a>;
}

/// Where it goes.
pub struct Intake {
    /// What is told of.
    pub commitment: Commitment,
    /// The copy.
    pub mirror: Arc<Mirror>,
    /// Who is told that something was told, and of slots.
    pub heard: Box<dyn Fn(Option<u64>) + Send + Sync>,
    /// Who is told whether a connection stands.
    pub connected: Box<dyn Fn(bool) + Send + Sync>,
    /// Who asks again.
    pub repairs: mpsc::UnboundedSender<Repair>,
}

/// What one connection told.
pub(super) struct Line<'a> {
    pub(super) intake: &'a Intake,
    slot: Option<u64>,
    /// When a slot was told of, or the connection began.
    pub(super) told: Instant,
    last_gap: Option<Instant>,
    /// The last slot far ahead, and how many were told of in a row.
    ahead: (u64, u32),
    /// What was told of and not believed, and is to be asked for; and when such was asked for last.
    doubted: HashSet<Key>,
    last_doubt: Option<Instant>,
}

/// Follows a source, one connection after another, until nobody wants anything any more.
pub async fn follow(source: Box<dyn Source>, intake: Intake, mut wants: mpsc::UnboundedReceiver<Want>) {
    let mut wait = WAIT;
    loop {
        let began = Instant::now();
        let end = source.session(&intake, &mut wants).await;
        (intake.connected)(false);
        let Err(why) = end else { return };
        if began.elapsed() > LONGEST_WAIT {
            wait = WAIT;
        }
        tracing::warn!(
            why,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "subscriptions: no connection"
        );
        sleep(wait.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
        if wants.is_closed() && wants.is_empty() {
            return;
        }
    }
}

impl<'a> Line<'a> {
    pub(super) fn new(intake: &'a Intake) -> Self {
        tracing::info!("subscriptions: connected");
        (intake.connected)(true);
        let (told, doubted) = (Instant::now(), HashSet::new());
        Self { intake, slot: None, told, last_gap: None, ahead: (0, 0), doubted, last_doubt: None }
    }

    /// All that is to be subscribed to at first; whatever was wanted meanwhile is kept there.
    pub(super) fn keys(&self, wants: &mut mpsc::UnboundedReceiver<Want>) -> Vec<Key> {
        while wants.try_recv().is_ok() {}
        self.intake.mirror.keys()
    }

    /// Whether no slot was told of for too long.
    pub(super) fn is_silent(&self) -> bool {
        self.told.elapsed() > SILENCE
    }

    /// These are told of from a slot on.
    pub(super) fn stands(&self, keys: Vec<Key>, from: u64) {
        self.repair(Repair::Keys(keys, from));
    }

    fn repair(&self, what: Repair) {
        // Nobody repairs any more where the service stops.
        let _ = self.intake.repairs.send(what);
    }

    /// A slot; without a parent where that was not told.
    /// Whether it is believed: one false slot would make every server one that is behind.
    pub(super) fn slot(&mut self, slot: u64, parent: Option<u64>) -> bool {
        self.ask_doubted();
        if !self.is_believed(slot) {
            (self.intake.heard)(None);
            return false;
        }
        (self.intake.heard)(Some(slot));
        self.told = Instant::now();
        let last = self.slot.filter(|last| last.abs_diff(slot) <= MOST_AHEAD);
        let is_gap = self.slot.zip(parent).is_some_and(|(last, parent)| parent > last);
        self.slot = Some(last.map_or(slot, |last| last.max(slot)));
        if is_gap && self.last_gap.is_none_or(|gap| gap.elapsed() > BETWEEN_GAPS) {
            self.last_gap = Some(Instant::now());
            tracing::info!(slot, parent, "slots are missing: everything is read again");
            self.repair(Repair::All);
        }
        true
    }

    fn is_ahead(&self, slot: u64) -> bool {
        let read_at = self.intake.mirror.clock().read_at;
        read_at > 0 && slot > read_at.saturating_add(MOST_AHEAD)
    }

    fn is_believed(&mut self, slot: u64) -> bool {
        let (last, count) = self.ahead;
        let is_ahead = self.is_ahead(slot);
        self.ahead = match is_ahead {
            true if slot.abs_diff(last) <= MOST_AHEAD => (slot, count.saturating_add(1)),
            true => (slot, 1),
            false => (0, 0),
        };
        !is_ahead || self.ahead.1 >= IN_A_ROW
    }

    /// Asks for what was not believed, once for many notifications.
    fn ask_doubted(&mut self) {
        let is_due = self.last_doubt.is_none_or(|last| last.elapsed() > BETWEEN_GAPS);
        if is_due && !self.doubted.is_empty() {
            self.last_doubt = Some(Instant::now());
            let keys = self.doubted.drain().collect();
            self.repair(Repair::Keys(keys, 0));
        }
    }

    /// An account, told of because of `key`.
    pub(super) fn account(&mut self, key: Key, address: Address, read: At<Option<Account>>) {
        let (mirror, slot) = (&self.intake.mirror, read.slot);
        if self.is_ahead(slot) {
            tracing::debug!(slot, "the server told of an account in a slot that is far ahead");
            self.doubted.insert(key);
            return self.ask_doubted();
        }
        match key {
            Key::Single(_) => {
                mirror.put(Way::Told, address, read);
            }
            Key::List(watch) => mirror.told_of(&watch, address, read),
        }
    }
}
