//! `assay series`: series of models on a cluster, for those who do not pin one.

use anyhow::anyhow;
use assay_chain::{Error, Rpc, registry};
use assay_host::time::{span, utc};
use assay_interface::verifier::series_account;
use assay_verifier_host::{self as verifier, Model, NewSeries, Series, Status, WINDOW};
use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::commands::chain::{Connection, Done, Signing, Wallet, address, merged, timelock, told};
use crate::commands::print;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, GOOD, paint};

const EXAMPLE: &str = "\
Example:
  $ assay series create --name \"liquidation risk\" --first MODEL --timelock 3d
  $ assay series apply SERIES               once its timelock has passed: MODEL is the current one
  $ assay series propose SERIES NEXT        another model, of the same statements
  $ assay series apply SERIES               after the timelock, and once NEXT is active

Whoever follows a series uses its current model. What a series promises, its timelock, its domain
and the set that has to attest its models, is part of its address and never changes.";

/// Make series of models on a Solana cluster, and move them on.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Create(Create),
    Propose(Propose),
    Apply(Apply),
    Cancel(Cancel),
    Renounce(Renounce),
    Show(Show),
}

/// Make a series, with its first model proposed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  $ assay series create --name \"liquidation risk\" --first MODEL --timelock 3d"
)]
struct Create {
    /// Its name, 1 to 32 bytes
    #[arg(long)]
    name: String,
    /// Address of the first model: all others are of the same statements
    #[arg(long, value_name = "MODEL", value_parser = address)]
    first: Address,
    /// From a proposal to its effect: 1d to 30d, as 36h or 3d
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = timelock)]
    timelock: i64,
    /// Set that has to attest every model: `assay attestors create` [default: none]
    #[arg(long, value_name = "SET", value_parser = address)]
    attestors: Option<Address>,
    #[command(flatten)]
    signing: Signing,
}

/// Which series, and who signs.
#[derive(Debug, clap::Args)]
struct Subject {
    /// Address of the series, which `assay series create` printed
    #[arg(value_name = "SERIES", value_parser = address)]
    series: Address,
    #[command(flatten)]
    signing: Signing,
}

/// Propose the series' next model, in place of any proposal before. Its authority signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay series propose SERIES MODEL")]
struct Propose {
    #[command(flatten)]
    subject: Subject,
    /// Address of the model
    #[arg(value_name = "MODEL", value_parser = address)]
    next: Address,
}

/// Make the proposed model the current one, once the timelock has passed.
///
/// Its authority signs, within 14 days from then. The model has to be active, and attested where the series names a set.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay series apply SERIES")]
struct Apply {
    #[command(flatten)]
    subject: Subject,
}

/// Withdraw the proposed model. The series' authority signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay series cancel SERIES")]
struct Cancel {
    #[command(flatten)]
    subject: Subject,
}

/// Leave a series to nobody: its current model is its last.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay series renounce SERIES --for-good")]
struct Renounce {
    #[command(flatten)]
    subject: Subject,
    /// Yes, for good
    #[arg(long)]
    for_good: bool,
}

/// Show which model a series follows, and which comes next.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay series show SERIES --url devnet")]
struct Show {
    /// Address of the series
    #[arg(value_name = "SERIES", value_parser = address)]
    series: Address,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.step {
        Step::Create(args) => create(args),
        Step::Propose(args) => propose(args),
        Step::Apply(args) => apply(args),
        Step::Cancel(args) => {
            let look = |place: &Place<'_>| {
                Ok(if place.series.pending_from == 0 {
                    Look::Already("without a proposal")
                } else {
                    Look::Go
                })
            };
            take(&args.subject, "cancelled", look, |place| {
                verifier::cancel_series(place.signer, place.address)
            })
        }
        Step::Renounce(args) => renounce(args),
        Step::Show(args) => show(args),
    }
}

fn create(args: &Create) -> anyhow::Result<Outcome> {
    if !(1..=32).contains(&args.name.len()) {
        return Err(hinted(
            anyhow!("the name has {} bytes", args.name.len()),
            "a series' name has 1 to 32 bytes: --name",
        ));
    }
    let wallet = args.signing.open()?;
    let rpc = &wallet.target.rpc;
    let first = told(registry::model(rpc, &args.first))?;
    if let Some(set) = &args.attestors
        && told(registry::attestor_set(rpc, set))?.is_none()
    {
        return Err(hinted(
            Error::Missing { kind: "set of attestors", address: *set },
            "`assay attestors create` makes a set, and prints its address",
        ));
    }
    let new = NewSeries {
        creator: wallet.signer(),
        payer: wallet.payer(),
        name: &args.name,
        model: args.first,
        domain: first.domain,
        attestor_set: args.attestors.unwrap_or_default(),
        timelock: args.timelock,
    };
    let address = new.address();
    let before = told(registry::series(rpc, &address))?;
    let done = match &before {
        Some(_) => None,
        None => Some(wallet.act(new.create(), series_account::LENGTH, None)?),
    };
    let after = match before {
        Some(series) => Some(series),
        None => told(registry::series(rpc, &address))?,
    };
    told_of(&address, after.as_ref(), done.as_ref(), "created", "there")
}

/// A series, and who looks at it when.
struct Place<'a> {
    address: Address,
    series: &'a Series,
    rpc: &'a Rpc,
    signer: Address,
    now: i64,
}

/// What is to be done.
enum Look {
    /// Nothing: it is so.
    Already(&'static str),
    /// The step.
    Go,
}

/// Takes a step, unless `look` says that it was taken, or why it cannot be.
fn take(
    subject: &Subject,
    done: &'static str,
    look: impl FnOnce(&Place<'_>) -> anyhow::Result<Look>,
    build: impl FnOnce(&Place<'_>) -> Instruction,
) -> anyhow::Result<Outcome> {
    let wallet: Wallet = subject.signing.open()?;
    let (rpc, address) = (&wallet.target.rpc, subject.series);
    let series = found(rpc, &address)?;
    let now = told(rpc.unix_time())?;
    let place = Place { address, series: &series, rpc, signer: wallet.signer(), now };
    if let Look::Already(already) = look(&place)? {
        return told_of(&address, Some(&series), None, done, already);
    }
    if series.authority == Address::default() {
        return Err(hinted(
            anyhow!("nobody moves this series on: its authority was renounced"),
            "its current model is its last",
        ));
    }
    if place.signer != series.authority {
        return Err(hinted(
            anyhow!("{} signs, and this is for its authority, {}", place.signer, series.authority),
            "--keypair names the key file of one who may",
        ));
    }
    let sent = wallet.act(build(&place), 0, None)?;
    // The step was taken, whether the server shows it by now or not: what it was before is not shown in its place.
    let after = if sent.is_sent() { registry::series(rpc, &address).ok().flatten() } else { Some(series) };
    told_of(&address, after.as_ref(), Some(&sent), done, "")
}

fn propose(args: &Propose) -> anyhow::Result<Outcome> {
    let next = args.next;
    let look = |place: &Place<'_>| {
        let series = place.series;
        if next == series.pending && place.now <= lapses(series) {
            return Ok(Look::Already("proposed"));
        }
        if next == series.current && series.pending_from == 0 {
            return Ok(Look::Already("the current one"));
        }
        if next == series.current {
            return Err(hinted(
                anyhow!("that is the current model, and another one is proposed"),
                "`assay series cancel` withdraws it",
            ));
        }
        let model = told(registry::model(place.rpc, &next))?;
        if model.domain != series.domain {
            return Err(hinted(
                anyhow!(
                    "the model is one of other statements: its schema's domain is {}, the series' {}",
                    hex::encode(model.domain),
                    hex::encode(series.domain)
                ),
                "models of one series have one schema; another schema is another series: `assay series create`",
            ));
        }
        Ok(Look::Go)
    };
    take(&args.subject, "proposed", look, |place| verifier::propose_series(place.signer, place.address, next))
}

fn apply(args: &Apply) -> anyhow::Result<Outcome> {
    let look = |place: &Place<'_>| {
        let Place { series, rpc, now, .. } = *place;
        let from = series.pending_from;
        if from == 0 {
            return Err(hinted(
                anyhow!("no model is proposed"),
                "`assay series show` says which one is current; `assay series propose` proposes another",
            ));
        }
        if now < from {
            return Err(hinted(
                anyhow!(
                    "the series' timelock runs until {}, {} from now",
                    utc(from),
                    span(from.saturating_sub(now))
                ),
                "run the command again then; on a local cluster, `cargo xtask localnet clock +1d` lets a day pass",
            ));
        }
        if now > lapses(series) {
            return Err(hinted(
                anyhow!("the proposal lapsed on {}, 14 days after its timelock", utc(lapses(series))),
                "`assay series propose` proposes it again, with a new timelock",
            ));
        }
        let model: Model = told(registry::model(rpc, &series.pending))?;
        if model.status().ok() != Some(Status::Active) {
            return Err(hinted(
                anyhow!("the proposed model, {}, is not active", series.pending),
                "`assay model activate` makes it active; `assay model show` says when it can be",
            ));
        }
        if series.attestor_set != Address::default() {
            let set = told(registry::attestor_set(rpc, &series.attestor_set))?;
            let said = told(registry::attestation(rpc, &series.attestor_set, &series.pending))?;
            let count = said.map_or(0, |said| said.bitmap.count_ones());
            let needed = set.map_or(1, |set| u32::from(set.threshold));
            if count < needed {
                return Err(hinted(
                    anyhow!(
                        "{count} of the set {} attested the proposed model, and {needed} have to",
                        series.attestor_set
                    ),
                    "`assay attestors show SET --of MODEL` says who did; `assay attestors attest` does",
                ));
            }
        }
        Ok(Look::Go)
    };
    take(&args.subject, "applied", look, |place| {
        let Place { signer, address, series, .. } = *place;
        verifier::apply_series(signer, address, series.pending, series.attestor_set)
    })
}

fn renounce(args: &Renounce) -> anyhow::Result<Outcome> {
    if !args.for_good {
        return Err(hinted(
            anyhow!("nobody can ever propose another model of a series whose authority was renounced"),
            "--for-good says that you mean it",
        ));
    }
    let look = |place: &Place<'_>| match place.series {
        series if series.authority == Address::default() => Ok(Look::Already("renounced")),
        series if series.current == Address::default() => Err(hinted(
            anyhow!("the series has no current model, and would never have one"),
            "`assay series apply` makes the proposed one current first",
        )),
        _ => Ok(Look::Go),
    };
    take(&args.subject, "renounced", look, |place| verifier::renounce_series(place.signer, place.address))
}

fn show(args: &Show) -> anyhow::Result<Outcome> {
    let rpc = args.connection.open()?.rpc;
    let series = found(&rpc, &args.series)?;
    print(|| described(&args.series, &series), || ui::fields(&lines(&args.series, &series)))?;
    Ok(Outcome::Valid)
}

fn found(rpc: &Rpc, address: &Address) -> anyhow::Result<Series> {
    match told(registry::series(rpc, address))? {
        Some(series) => Ok(series),
        None => Err(hinted(
            Error::Missing { kind: "series", address: *address },
            "is it the right cluster (--url)? `assay series create` makes a series, and prints its address",
        )),
    }
}

/// Until when the proposed model can become current.
fn lapses(series: &Series) -> i64 {
    series.pending_from.saturating_add(WINDOW)
}

fn told_of(
    address: &Address,
    series: Option<&Series>,
    done: Option<&Done>,
    word: &'static str,
    already: &str,
) -> anyhow::Result<Outcome> {
    print(
        || {
            let state = json!({
                "series": address.to_string(),
                "changed": done.is_some_and(Done::is_sent),
                "transaction": done.map_or(Value::Null, Done::json),
            });
            merged([series.map_or(json!({}), |series| described(address, series)), state])
        },
        || {
            let only = || vec![("series", address.to_string())];
            let mut lines = series.map_or_else(only, |series| lines(address, series));
            lines.extend(done.map(Done::lines).unwrap_or_default());
            let head = match done {
                Some(done) => paint(GOOD, done.verb(word)).to_string(),
                None => format!("{}  nothing was sent", paint(GOOD, &format!("{already} already"))),
            };
            format!("{head}\n{}", ui::fields(&lines))
        },
    )?;
    Ok(Outcome::Valid)
}

fn name(series: &Series) -> String {
    String::from_utf8_lossy(series.name().unwrap_or_default()).into_owned()
}

fn somebody(address: &Address) -> Option<String> {
    (*address != Address::default()).then(|| address.to_string())
}

fn lines(address: &Address, series: &Series) -> Vec<(&'static str, String)> {
    let or = |address: &Address, none: &str| somebody(address).unwrap_or_else(|| none.into());
    let mut lines = vec![
        ("series", address.to_string()),
        ("name", name(series)),
        ("current", or(&series.current, "none yet")),
    ];
    if series.pending_from != 0 {
        let (from, until) = (utc(series.pending_from), utc(lapses(series)));
        lines.push(("next", format!("{}, from {from} until {until}", series.pending)));
    }
    lines.push(("authority", or(&series.authority, "nobody: the current model is the last")));
    lines.push(("attestors", or(&series.attestor_set, "none")));
    lines.push(("timelock", span(series.timelock)));
    lines.push(("domain", hex::encode(series.domain)));
    lines
}

fn described(address: &Address, series: &Series) -> Value {
    let pending = series.pending_from != 0;
    json!({
        "series": address.to_string(),
        "name": name(series),
        "current": somebody(&series.current),
        "pending": somebody(&series.pending),
        "pending_from": pending.then_some(series.pending_from),
        "lapses_at": pending.then(|| lapses(series)),
        "authority": somebody(&series.authority),
        "creator": series.creator.to_string(),
        "payer": series.payer.to_string(),
        "attestors": somebody(&series.attestor_set),
        "timelock_seconds": series.timelock,
        "domain": hex::encode(series.domain),
    })
}
