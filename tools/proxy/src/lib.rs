//! A proxy between a Solana client and its cluster, for tests of clients: it passes JSON-RPC over HTTP and subscriptions over
//! WebSockets on, and makes go wrong what it is told to.
//!
//! ```no_run
//! use assay_proxy::{Faults, Proxy, Upstream};
//!
//! # async fn example() -> anyhow::Result<()> {
//! let cluster = Upstream { rpc: "http://127.0.0.1:8899".into(), websocket: "ws://127.0.0.1:8900".into() };
//! let proxy = Proxy::start(&cluster, 0, 1).await?; // three free ports; dice of seed 1
//! let client_speaks_to = (proxy.rpc(), proxy.websocket());
//! proxy.set(Faults { lag_ms: 300, dropped_sends: 0.2, ..Faults::default() }).expect("shares are between 0 and 1");
//! // ... what the client does meanwhile ...
//! proxy.cut(); // every connection, at once
//! assert!(proxy.counts().dropped_sends > 0);
//! # Ok(())
//! # }
//! ```
//!
//! From outside the process the same is done on the proxy's control port: `GET /faults`, `POST /faults`, `GET /counts`, `POST /cut`.
//!
//! # What the faults mean
//!
//! - A **stale** answer is one that the cluster gave some slots ago, as from a node that lags behind. A **rolled back** one carries
//!   today's slot, as from a node that has left the fork on which the rest happened, and stays where it was until the fault ends. Both
//!   come out of what the proxy has seen: the same request has to have been asked before.
//! - A **lost answer** is the dangerous half of a lost connection: the transaction was sent.
//! - Dice decide each request by itself, from a seed; concurrent requests take them in the order in which they come.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod control;
mod faults;
mod history;
mod http;
mod requests;
mod shared;
mod socket;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use faults::{Counts, Faults};
use shared::Shared;

/// How often the cluster is asked for its slot.
const SLOT_EVERY: Duration = Duration::from_millis(100);

/// The cluster behind the proxy.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// `http://host:port`, with a path or without.
    pub rpc: String,
    /// `ws://host:port`.
    pub websocket: String,
}

/// Faults that begin at a time, in place of those before.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Milliseconds after the step before.
    pub after_ms: u64,
    /// What goes wrong from then on.
    #[serde(default)]
    pub faults: Faults,
}

/// A running proxy; dropped, it ends with all its connections.
pub struct Proxy {
    shared: Arc<Shared>,
    ports: [SocketAddr; 3],
    tasks: Vec<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on `port` of 127.0.0.1 for requests, on the next one for subscriptions, and on the one after for control; on free ports where
    /// it is 0. Dice are those of `seed`.
    ///
    /// # Errors
    /// A port is taken, or an address of the cluster is none.
    pub async fn start(upstream: &Upstream, port: u16, seed: u64) -> Result<Self> {
        let shared = Arc::new(Shared::new(http::Target::parse(&upstream.rpc)?, &upstream.websocket, seed));
        let mut listeners = Vec::new();
        for next in 0..3 {
            let port = if port == 0 { 0 } else { port.checked_add(next).context("no port is left above")? };
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
            listeners.push(listener.with_context(|| format!("port {port} of 127.0.0.1 cannot be used"))?);
        }
        let [requests, subscriptions, control] =
            <[TcpListener; 3]>::try_from(listeners).ok().context("three ports were asked for")?;
        let ports = [requests.local_addr()?, subscriptions.local_addr()?, control.local_addr()?];
        let tasks = vec![
            tokio::spawn(accept(Arc::clone(&shared), requests, requests::serve)),
            tokio::spawn(accept(Arc::clone(&shared), subscriptions, socket::serve)),
            tokio::spawn(accept(Arc::clone(&shared), control, control::serve)),
            tokio::spawn(follow_slot(Arc::clone(&shared))),
        ];
        Ok(Self { shared, ports, tasks })
    }

    /// Where requests go: `http://127.0.0.1:port`.
    pub fn rpc(&self) -> String {
        let [requests, ..] = self.ports;
        format!("http://{requests}")
    }

    /// Where subscriptions go: `ws://127.0.0.1:port`.
    pub fn websocket(&self) -> String {
        let [_, subscriptions, _] = self.ports;
        format!("ws://{subscriptions}")
    }

    /// Where faults are set from outside the process.
    pub fn control(&self) -> String {
        let [.., control] = self.ports;
        format!("http://{control}")
    }

    /// What goes wrong from now on, in place of what did.
    ///
    /// # Errors
    /// A share is not between 0 and 1; everything stays as it was.
    pub fn set(&self, faults: Faults) -> Result<(), String> {
        self.shared.set(faults)
    }

    /// Cuts every connection of clients, in the middle of whatever it is in.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// How often each fault happened.
    pub fn counts(&self) -> Counts {
        self.shared.counters.now()
    }

    /// Plays a schedule; returns when its last step has begun.
    ///
    /// # Errors
    /// A share of a step is not between 0 and 1: nothing is played.
    pub async fn play(&self, schedule: &[Step]) -> Result<(), String> {
        for (index, step) in schedule.iter().enumerate() {
            step.faults.check().map_err(|error| format!("step {}: {error}", index + 1))?;
        }
        for step in schedule {
            tokio::time::sleep(Duration::from_millis(step.after_ms)).await;
            self.set(step.faults.clone())?;
        }
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.cut();
    }
}

/// Serves every connection of a port until it is cut.
async fn accept<F>(shared: Arc<Shared>, listener: TcpListener, serve: impl Fn(Arc<Shared>, TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // A connection that failed before it began is nobody's; the pause is for errors that last, such as too many open files.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(Arc::clone(&shared), stream));
    }
}

/// Keeps the number of the cluster's slot.
async fn follow_slot(shared: Arc<Shared>) {
    let question =
        json!({ "jsonrpc": "2.0", "id": 0, "method": "getSlot", "params": [{ "commitment": "processed" }] });
    loop {
        if let Ok(answer) = shared.upstream.ask(&question).await
            && let Some(slot) = answer.get("result").and_then(serde_json::Value::as_u64)
        {
            shared.slot.store(slot, Ordering::Relaxed);
        }
        tokio::time::sleep(SLOT_EVERY).await;
    }
}
