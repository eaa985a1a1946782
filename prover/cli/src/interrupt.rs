//! Interruption: SIGINT and SIGTERM end the process at once, and leave no temporary file behind.
//!
//! Temporary files are registered here when they are made. The signal thread takes the registry's lock, deletes what
//! is listed and exits while it still holds the lock, so no rename can run beside it: a group of outputs is either
//! wholly in place before the signal is served, or not at all.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use tokio::sync::watch;

static REGISTRY: Mutex<Registry> =
    Mutex::new(Registry { temporaries: BTreeSet::new(), written: 0, sent: None, stop: None });

/// What an interruption has to know.
pub(crate) struct Registry {
    /// Files to delete.
    pub(crate) temporaries: BTreeSet<PathBuf>,
    /// How many outputs are in place.
    pub(crate) written: usize,
    /// The signature of a transaction that was handed to a cluster.
    pub(crate) sent: Option<String>,
    /// Who is told first, and ends the process by itself.
    stop: Option<watch::Sender<bool>>,
}

/// The registry, locked: no interruption is served while this is held.
pub(crate) fn hold() -> MutexGuard<'static, Registry> {
    // A panic while the lock was held leaves the registry sound: each change to it is one call.
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first interruption from here on only tells this: whoever asked for it ends the process. The second ends it as ever.
pub fn gracefully() -> watch::Receiver<bool> {
    let (stop, is_time) = watch::channel(false);
    hold().stop = Some(stop);
    is_time
}

/// Starts the thread that serves SIGINT and SIGTERM: exit code 128 + the signal's number (130 for SIGINT).
///
/// SIGXFSZ is caught and otherwise ignored: a write past the file size limit then fails with an error, which is
/// reported like a full disk, where the default action would kill the process and leave its temporary file.
pub fn install() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGXFSZ])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if signal == SIGXFSZ {
                continue;
            }
            let mut registry = hold();
            if registry.stop.take().is_some_and(|stop| stop.send(true).is_ok()) {
                continue;
            }
            for path in &registry.temporaries {
                // Nothing is left to report to: the process is ending because it was told to.
                let _ = std::fs::remove_file(path);
            }
            // After a progress bar the cursor stands in the middle of a line, possibly hidden.
            if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
                eprintln!("\u{1b}[?25h");
            }
            match (registry.written, &registry.sent) {
                (_, Some(signature)) => eprintln!(
                    "interrupted: the transaction {signature} may be executed all the same; run the command again, which looks first"
                ),
                (0, None) => eprintln!("interrupted: nothing was written"),
                (1, None) => eprintln!("interrupted: 1 file was written, and is whole"),
                (written, None) => eprintln!("interrupted: {written} files were written, and are whole"),
            }
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}
