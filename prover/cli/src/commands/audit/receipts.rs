//! `assay audit receipts`: was everything that was recorded of a model proven, and is nothing left out?

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use assay_audit::check::{Chain, CheckError, Finding};
use assay_audit::{Checkpoint, History, Report, check, read};
use assay_chain::settings;
use serde_json::{Value, json};
use solana_address::Address;
use solana_signer::Signer as _;

use crate::artifacts;
use crate::commands::chain::{Connection, address, told};
use crate::commands::{print, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product};
use crate::outcome::Outcome;
use crate::ui::{self, BAD, Bar, GOOD, STRONG, Table, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay audit receipts 5x3b... --url devnet
  $ assay audit receipts 5x3b... --url devnet --save history.json
  $ assay audit receipts --history history.json                     again, without a server
  $ assay audit receipts 5x3b... --sign june.json --keypair me.json
  $ assay audit receipts 5x3b... --from june.json --auditor 9aQd... what came after

Reads every transaction that named the model, and checks
  each proof     all of them by one product of pairings, with coefficients drawn here
  each batch     as the chain did
  the chain      digests and times of all statements give the audit chain of the model's account:
                 nothing was left out, added, altered or moved

The server's word is believed on the model's account alone: how many statements, and their audit
chain; key and schema are what its address is made of. What it tells of transactions is held against
that. Servers keep transactions for a time: sign a checkpoint before, and go on from there.

Exit code 0: everything is proven and the chain is whole. Exit code 1: something is not.";

/// Findings that the text form lists; --json lists all.
const LISTED: usize = 20;
/// Most bytes of a history file, and of a checkpoint.
const LONGEST: u64 = 1 << 30;
const LONGEST_CHECKPOINT: u64 = 64 << 10;

/// Verify every proof that was recorded of a model, and compute its audit chain again.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the model
    #[arg(value_name = "ADDRESS", value_parser = address, required_unless_present = "history")]
    model: Option<Address>,
    /// A history that --save wrote, in place of a cluster: its account is the word of whoever wrote it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "save", "sign"])]
    history: Option<PathBuf>,
    /// Verifying key that the model must have
    #[arg(long, value_name = "FILE.vk")]
    key: Option<PathBuf>,
    /// Go on from this checkpoint of an earlier audit
    #[arg(long, value_name = "FILE", requires = "auditor")]
    from: Option<PathBuf>,
    /// Whose checkpoint is believed
    #[arg(long, value_name = "ADDRESS", value_parser = address, requires = "from")]
    auditor: Option<Address>,
    /// Write a checkpoint, signed with --keypair, where nothing was found
    #[arg(long, value_name = "FILE", requires = "keypair")]
    sign: Option<PathBuf>,
    /// Key file of who signs the checkpoint
    #[arg(short, long, value_name = "FILE.json", requires = "sign")]
    keypair: Option<PathBuf>,
    /// Keep what was read, for another audit without a server
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Replace files that stand there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let inputs = [&args.history, &args.key, &args.from, &args.keypair];
    let mut claims = Claims::reading(inputs.into_iter().flatten().map(PathBuf::as_path));
    let mut claim = |path: &Option<PathBuf>, product| {
        path.as_ref().map(|path| claims.output(path, product, Force::from(args.force))).transpose()
    };
    let saved = claim(&args.save, Product::History)?;
    let signed = claim(&args.sign, Product::Checkpoint)?;
    let signer = args.keypair.as_deref().map(settings::keypair).transpose();
    let signer = told(signer)?;
    let key = args.key.as_deref().map(artifacts::verifying_key).transpose()?;

    let (history, from) = match (&args.history, &args.model) {
        (Some(path), _) => {
            let read = files::read(path, "history", LONGEST)?;
            let history = History::from_json(&read).map_err(|error| {
                hinted(anyhow!("{}: {error}", show(path)), "--save of this command writes histories")
            })?;
            let (model, _) = history.account()?;
            if args.model.is_some_and(|asked| asked != model) {
                return Err(hinted(
                    anyhow!("{} is of model {model}", show(path)),
                    "name that model, or another file",
                ));
            }
            let from = args.checkpoint(&history.genesis, &model)?;
            (history, from)
        }
        (None, Some(model)) => {
            let target = args.connection.open()?;
            let from = args.checkpoint(&told(target.rpc.genesis())?, model)?;
            let bar = Bar::start("reading transactions");
            let mut progress = |done: usize, of: usize| bar.set(done as u64, of as u64);
            (told(read(&target.rpc, model, from.as_ref(), &mut progress))?, from)
        }
        (None, None) => return Err(hinted(anyhow!("which model?"), "name its address, or --history")),
    };
    let (address, model) = history.account()?;
    if let Some(key) = key
        && key.to_interface().key_hash() != model.key_hash
    {
        return Err(hinted(
            anyhow!(
                "the model at {address} has another key than {}",
                show(args.key.as_deref().unwrap_or(Path::new("")))
            ),
            "`assay model show` shows the model's",
        ));
    }
    let report = {
        let bar = Bar::start("verifying proofs");
        let mut progress = |done: usize, of: usize| bar.set(done as u64, of as u64);
        check(&history, from.as_ref(), &mut assay::system_rng()?, &mut progress).map_err(
            |error| match error {
                CheckError::Beginning { .. } => hinted(error, "name the checkpoint: --from and --auditor"),
                error => error.into(),
            },
        )?
    };

    let mut written = Vec::new();
    written.extend(saved.map(|output| (output, history.to_json())));
    let mut checkpoint = None;
    if let (Some(output), Some(signer)) = (signed, &signer) {
        match report.chain {
            Chain::Whole(chain) if report.is_clean() => {
                let last = history.last.as_deref();
                let made =
                    Checkpoint::sign(&history.genesis, &address, (report.accepted, chain), last, signer);
                checkpoint = Some(signer.pubkey());
                written.push((output, made.to_json()));
            }
            _ => ui::warn("no checkpoint was signed: what was found stands below"),
        }
    }
    files::commit(written)?;
    print(
        || to_json(&history, &report, checkpoint.as_ref(), args.history.is_some()),
        || to_text(&history, &report, from.as_ref(), checkpoint.as_ref(), args.history.is_some()),
    )?;
    Ok(if report.is_clean() { Outcome::Valid } else { Outcome::Invalid })
}

impl Args {
    /// The checkpoint to go on from.
    fn checkpoint(&self, genesis: &str, model: &Address) -> anyhow::Result<Option<Checkpoint>> {
        let (Some(path), Some(auditor)) = (&self.from, &self.auditor) else { return Ok(None) };
        let bytes = files::read(path, "checkpoint", LONGEST_CHECKPOINT)?;
        let checkpoint = Checkpoint::read(&bytes, auditor, genesis, model).map_err(|error| {
            hinted(
                anyhow!("{}: {error}", show(path)),
                "without --from everything is checked from the first statement on",
            )
        })?;
        Ok(Some(checkpoint))
    }
}

fn words(finding: &Finding) -> String {
    match finding {
        Finding::Missing(what) => format!("not shown to be proven: {what}"),
        Finding::Left { count: 1 } => {
            "left out: the account counts it, and no transaction that was shown tells of it".into()
        }
        Finding::Left { count } => {
            format!(
                "left out with those behind it, {count} in all: no transaction that was shown tells of them"
            )
        }
        Finding::Statement => "the statement in its evidence has another digest".into(),
        Finding::Proof(why) => format!("its proof is not accepted: {why}"),
    }
}

fn chain(report: &Report) -> &'static str {
    match report.chain {
        Chain::Whole(_) => "whole",
        Chain::Broken => "broken",
        Chain::Incomplete => "incomplete",
    }
}

fn to_json(history: &History, report: &Report, signed: Option<&Address>, is_file: bool) -> Value {
    let transactions: HashMap<u64, &String> =
        history.records.iter().map(|record| (record.index, &record.transaction)).collect();
    let findings = report.findings.iter().map(|(index, finding)| {
        json!({ "index": index, "what": words(finding), "transaction": transactions.get(index) })
    });
    json!({
        "clean": report.is_clean(),
        "model": history.model,
        "genesis": history.genesis,
        "account": if is_file { "file" } else { "cluster" },
        "checked_before": report.from,
        "recorded": report.accepted,
        "proven": report.proven,
        "chain": chain(report),
        "findings": findings.collect::<Vec<Value>>(),
        "signed_by": signed.map(ToString::to_string),
    })
}

fn to_text(
    history: &History,
    report: &Report,
    from: Option<&Checkpoint>,
    signed: Option<&Address>,
    is_file: bool,
) -> String {
    let mut lines =
        vec![("model", history.model.clone()), ("recorded", format!("{} statements", report.accepted))];
    let account = if is_file { "as the file says: no cluster was asked" } else { "as the cluster says" };
    lines.push(("account", account.into()));
    if let Some(from) = from {
        lines.push(("checked before", format!("{} of them, by {}", from.count, from.auditor)));
    }
    lines.push(("proven", format!("{} of {}", report.proven, report.accepted - report.from)));
    lines.push((
        "audit chain",
        match report.chain {
            Chain::Whole(_) => "the account's: nothing was left out, added, altered or moved".into(),
            Chain::Broken => {
                "another than the account's: something was left out, added, altered or moved".into()
            }
            Chain::Incomplete => "not computed: statements are missing".into(),
        },
    ));
    lines.extend(signed.map(|auditor| ("checkpoint", format!("signed by {auditor}"))));
    let verdict = if report.is_clean() { paint(GOOD, "clean") } else { paint(BAD, "not clean") };
    let mut text = format!("{verdict}\n{}", ui::fields(&lines));
    if !report.findings.is_empty() {
        let mut table = Table::new(["statement", "what"]);
        for (index, finding) in report.findings.iter().take(LISTED) {
            table.row([index.to_string(), words(finding)]);
        }
        text += &format!("{}\n{}", paint(STRONG, "findings"), table.render());
        if report.findings.len() > LISTED {
            text += &format!("  ... {} more, with --json\n", report.findings.len() - LISTED);
        }
    }
    text
}
