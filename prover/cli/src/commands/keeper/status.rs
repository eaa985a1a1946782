//! `assay keeper status`: what a running keeper says of itself.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};

use super::open::Place;
use crate::commands::print;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, BAD, GOOD, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay keeper status
  $ assay keeper status --json | jq .metrics

It asks the keeper at the address that keeper.toml names under [metrics], where /healthz and /metrics
are. Exit code 1: the keeper is not well, and stdout says why.";

/// Most bytes of a page.
const LONGEST: u64 = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(5);
/// What every metric's name begins with.
const PREFIX: &str = "assay_keeper_";

/// Ask a running keeper how it is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let config = args.place.read()?;
    let Some(address) = config.listen else {
        return Err(hinted(
            anyhow!("this keeper shows nothing of itself"),
            "keeper.toml: listen under [metrics], 127.0.0.1:9184 for one",
        ));
    };
    let get = |path| {
        get(address, path).map_err(|error| {
            // Who does not answer is not there, most likely: that is no failure of this machine.
            let what = anyhow!("no keeper answers at {address}: {error:#}");
            hinted(what, "is it running? `assay keeper run` starts it")
        })
    };
    let (status, health) = get("/healthz")?;
    let (_, page) = get("/metrics")?;
    let is_well = status == 200;
    let health: Value = serde_json::from_str(&health).unwrap_or(Value::Null);
    let metrics = metrics(&page);
    print(
        || json!({ "well": is_well, "health": health, "metrics": metrics }),
        || {
            let word = if is_well { paint(GOOD, "well") } else { paint(BAD, "not well") };
            let faults = health.get("faults").and_then(Value::as_array).into_iter().flatten();
            let text = |fault: &Value, field: &str| {
                ui::escaped(fault.get(field).and_then(Value::as_str).unwrap_or_default())
            };
            let faults: String = faults
                .map(|fault| format!("  {}: {}\n", text(fault, "name"), text(fault, "detail")))
                .collect();
            let numbers: String =
                metrics.iter().map(|(name, number)| format!("  {name:<60} {number}\n")).collect();
            format!("{word}  at {address}\n{faults}{numbers}")
        },
    )?;
    Ok(if is_well { Outcome::Valid } else { Outcome::Invalid })
}

/// The numbers of a page by their names and labels, without the parts of histograms.
fn metrics(page: &str) -> BTreeMap<String, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#') && !line.contains("_bucket{"));
    let read = |line: &str| {
        let (name, number) = line.rsplit_once(' ')?;
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        Some((ui::escaped(name), number.parse().ok()?))
    };
    lines.filter_map(read).collect()
}

/// A page and its status, over a connection of its own.
fn get(address: SocketAddr, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.take(LONGEST).read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").context("what answers there is no keeper")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.context("what answers there is no keeper")?, body.to_owned()))
}
