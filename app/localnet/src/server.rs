//! The runtime behind sockets: JSON-RPC and subscriptions on ports of 127.0.0.1, as far as a keeper asks.
//!
//! Slots pass by themselves; time passes when whoever has the [`Server`] says so, who may change anything of the [`State`] between two
//! requests, and may let the cluster do wrong. Transactions are executed as they were signed, one at a time, at once. For programs and
//! wallets as they are on a cluster there is `cargo xtask localnet`; this one is for tests and demonstrations, within one process.

mod answers;
mod http;
mod state;
mod subscriptions;
mod transaction;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

pub use self::state::State;
use self::state::lock;
use crate::Localnet;

/// How long a slot lasts, unless somebody says otherwise: a tenth of a cluster's.
pub const SLOT: Duration = Duration::from_millis(40);

/// A cluster of one runtime. Dropped, it answers nobody any more.
pub struct Server {
    /// Where it answers questions, `http://`.
    pub url: String,
    /// Where it tells of changes, `ws://`.
    pub websocket: String,
    ports: [SocketAddr; 2],
    state: Arc<Mutex<State>>,
    is_over: Arc<AtomicBool>,
}

impl Server {
    /// Puts a runtime behind two free ports of 127.0.0.1, with a slot every so often.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(net: Localnet, slot: Duration) -> io::Result<Self> {
        let (state, is_over) = (Arc::new(Mutex::new(State::new(net))), Arc::new(AtomicBool::new(false)));
        let [questions, subscriptions] =
            [TcpListener::bind(("127.0.0.1", 0))?, TcpListener::bind(("127.0.0.1", 0))?];
        let ports = [questions.local_addr()?, subscriptions.local_addr()?];
        listen(questions, &state, &is_over, http::serve);
        listen(subscriptions, &state, &is_over, move |stream, state| {
            subscriptions::tell(stream, state, slot);
        });
        let (passing, over) = (Arc::clone(&state), Arc::clone(&is_over));
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                thread::sleep(slot);
                lock(&passing).slot += 1;
            }
        });
        let [url, websocket] = ports;
        let (url, websocket) = (format!("http://{url}"), format!("ws://{websocket}"));
        Ok(Self { url, websocket, ports, state, is_over })
    }

    /// What the cluster has: nobody else reads or changes it meanwhile.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Whoever waits for connections sees that it is over; where none can be made nobody waits.
        self.ports.iter().for_each(|port| drop(TcpStream::connect(port)));
        lock(&self.state).cuts = true;
    }
}

/// Gives each connection a thread of its own.
fn listen(
    listener: TcpListener,
    state: &Arc<Mutex<State>>,
    is_over: &Arc<AtomicBool>,
    serve: impl Fn(TcpStream, &Mutex<State>) + Clone + Send + 'static,
) {
    let (state, is_over) = (Arc::clone(state), Arc::clone(is_over));
    thread::spawn(move || {
        for stream in listener.incoming() {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            let Ok(stream) = stream else { continue };
            // Answers are small and waited for.
            let _ = stream.set_nodelay(true);
            let (state, serve) = (Arc::clone(&state), serve.clone());
            thread::spawn(move || serve(stream, &state));
        }
    });
}
