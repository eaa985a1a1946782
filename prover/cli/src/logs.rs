//! Logs of what runs until it is told to stop: on stderr, text for people or a JSON document a line.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;
use tracing::Level;
use tracing_subscriber::fmt;

/// Begins to log.
pub fn start(is_json: bool, level: Level) -> anyhow::Result<()> {
    let logs = fmt().with_max_level(level).with_writer(io::stderr).with_target(false);
    let set = if is_json {
        logs.json().flatten_event(true).with_ansi(false).try_init()
    } else {
        logs.with_ansi(io::stderr().is_terminal()).try_init()
    };
    set.map_err(|error| anyhow!("logs cannot be written: {error}"))
}
