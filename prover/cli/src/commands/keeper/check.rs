//! `assay keeper check`: one look at everything.

use assay_keeper::service::pipeline::{Look, counted, look};
use assay_keeper::service::run::{Parts, chain};
use assay_keeper::{Conclusion, Mode};
use serde_json::{Map, Value, json};
use solana_address::Address;

use super::open::{Place, parts};
use crate::commands::chain::{address, told};
use crate::commands::print;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{STRONG, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay keeper check
  $ assay keeper check --account 7b3F...        why is nothing done about this position?
  $ assay keeper check --json | jq '.strategies[].accounts[] | select(.would)'

It reads what the strategies read, asks the model by its integers, and sends nothing: what it says
is what `assay keeper run --live` would do first. Gains are base units of the token that is paid
with, before fees.";

/// Look once at everything: what would be done now, and why not.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Only this account
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    account: Option<Address>,
    /// List the accounts, too, about which nothing would be done
    #[arg(long)]
    all: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let config = args.place.read()?;
    let Parts { rpc, signer, journal, fees, lanes, told: hear, .. } = parts(&config, Mode::DryRun)?;
    let (shared, _) = chain(rpc, signer, journal, fees, hear);
    let slot = told(shared.reader.tick())?;
    let mut found = Vec::new();
    for lane in &lanes {
        let looks = look(&shared, lane, args.account.as_ref()).map_err(|error| {
            let error = anyhow::Error::new(error).context(lane.name.clone());
            hinted(error, "are the addresses in keeper.toml those of this cluster? `assay keeper check --account` looks at one account")
        })?;
        found.push((lane.name.as_str(), looks));
    }
    let lists_all = args.all || args.account.is_some();
    print(|| document(slot, &found), || table(&found, lists_all))?;
    Ok(Outcome::Valid)
}

/// What would be done, or why nothing is, in words.
fn words(look: &Look) -> String {
    match &look.found {
        Ok(report) => match &report.conclusion {
            Conclusion::LeftAlone(reason) => format!("left alone: {}", reason.0),
            Conclusion::Would(action) => format!("would {action}"),
            Conclusion::Settled(sent) => sent.action.to_owned(),
        },
        Err(error) => format!("cannot be decided: {error}"),
    }
}

fn document(slot: u64, found: &[(&str, Vec<Look>)]) -> Value {
    let account = |look: &Look| {
        let mut fields = Map::new();
        fields.insert("account".into(), json!(look.target.to_string()));
        let found = match &look.found {
            Ok(report) => {
                fields.extend(report.gain.map(|gain| ("gain".into(), json!(gain))));
                let outputs = report.expected.as_ref();
                fields.extend(outputs.map(|outputs| ("model_outputs".into(), json!(outputs))));
                match &report.conclusion {
                    Conclusion::LeftAlone(reason) => ("left_alone", json!(reason.0)),
                    Conclusion::Would(action) => ("would", json!(action)),
                    Conclusion::Settled(sent) => ("settled", json!(sent.action)),
                }
            }
            Err(error) => ("error", json!({ "reason": error.reason(), "message": error.to_string() })),
        };
        fields.insert(found.0.into(), found.1);
        Value::Object(fields)
    };
    let strategies = found.iter().map(|(name, looks)| {
        json!({ "strategy": name, "counts": counted(looks), "accounts": looks.iter().map(account).collect::<Vec<_>>() })
    });
    json!({ "slot": slot, "strategies": strategies.collect::<Vec<_>>() })
}

fn table(found: &[(&str, Vec<Look>)], lists_all: bool) -> String {
    let mut text = String::new();
    for (name, looks) in found {
        let counts: Vec<String> =
            counted(looks).into_iter().map(|(what, count)| format!("{count} {what}")).collect();
        let counts = if counts.is_empty() { "nothing to look at".into() } else { counts.join(", ") };
        text += &format!("{}  {} accounts: {counts}\n", paint(STRONG, name), looks.len());
        for look in looks {
            if lists_all || look.would().is_some() || look.found.is_err() {
                let gain = look.found.as_ref().ok().and_then(|report| report.gain).filter(|gain| *gain > 0);
                let gain = gain.map(|gain| format!(", gain {gain}")).unwrap_or_default();
                text += &format!("  {:<44}  {}{gain}\n", look.target.to_string(), words(look));
            }
        }
    }
    text
}
