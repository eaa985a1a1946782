//! Where the mirror's news come from, whichever server tells them: over a WebSocket ([`subscribe`](super::subscribe)), or by Yellowstone's
//! gRPC (the feature `yellowstone`).
//!
//! Connections are opened again for as long as it takes. Whatever was subscribed to is asked for again once the subscription stands: what
//! happened before is in the answer, what happens afterwards is told. Slots are subscribed to as well. They show that the connection
//! lives, and one whose parent was not told of shows that something was lost.

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
/// Between two repairs because slots are missing.
const BETWEEN_GAPS: Duration = Duration::from_secs(5);

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
        Self { intake, slot: None, told: Instant::now(), last_gap: None }
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

    /// These are told of from now on.
    pub(super) fn stands(&self, keys: Vec<Key>) {
        self.repair(Repair::Keys(keys));
    }

    fn repair(&self, what: Repair) {
        // Nobody repairs any more where the service stops.
        let _ = self.intake.repairs.send(what);
    }

    /// A slot; without a parent where that was not told.
    pub(super) fn slot(&mut self, slot: u64, parent: Option<u64>) {
        (self.intake.heard)(Some(slot));
        self.told = Instant::now();
        let is_gap = self.slot.zip(parent).is_some_and(|(last, parent)| parent > last);
        self.slot = Some(self.slot.map_or(slot, |last| last.max(slot)));
        if is_gap && self.last_gap.is_none_or(|gap| gap.elapsed() > BETWEEN_GAPS) {
            self.last_gap = Some(Instant::now());
            tracing::info!(slot, parent, "slots are missing: everything is read again");
            self.repair(Repair::All);
        }
    }

    /// An account, told of because of `key`.
    pub(super) fn account(&self, key: Key, address: Address, read: At<Option<Account>>) {
        let (mirror, slot) = (&self.intake.mirror, read.slot);
        let read_at = mirror.clock().read_at;
        if read_at > 0 && slot > read_at.saturating_add(MOST_AHEAD) {
            tracing::warn!(slot, read_at, "the server told of an account in a slot that is far ahead");
            return self.repair(Repair::Keys(vec![key]));
        }
        match key {
            Key::Single(_) => {
                mirror.put(Way::Told, address, read);
            }
            Key::List(watch) => mirror.told_of(&watch, address, read),
        }
    }
}
