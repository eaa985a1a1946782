//! `assay serve keys`: who may ask.

use anyhow::anyhow;
use assay_service::keys::{ApiKey, Right, Terms};
use assay_service::run::Parts;
use serde_json::{Value, json};

use super::place::{Place, block_on};
use crate::commands::print;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, STRONG, paint};

const EXAMPLE: &str = "\
Examples:
  $ KEY=$(assay --json serve keys add shop --rights submit | jq -r .key)
  $ assay serve keys add ops --rights upload,metrics
  $ assay serve keys list
  $ assay serve keys revoke 01k...

Rights: submit jobs and see one's own, models and keys; upload models and keys; read the metrics.
A key is shown when it is made, and never again: the database has a hash of it. Who revokes a key
ends what it may ask for from then on; its jobs go on.";

/// Make, list and revoke API keys.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Make a key, and print it: it is not shown again
    Add {
        /// A name, for people
        name: String,
        /// What it may do: submit, upload, metrics
        #[arg(long, value_name = "RIGHTS", value_delimiter = ',', default_value = "submit")]
        rights: Vec<Right>,
        /// Most jobs submitted within a minute
        #[arg(long, value_name = "N", default_value_t = 600)]
        per_minute: u32,
        /// Most jobs that have not ended
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        queued: u32,
        #[command(flatten)]
        place: Place,
    },
    /// List the keys: what they may do, not what they are
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a key
    Revoke {
        /// Its id, as the list has it
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        Step::Add { name, rights, per_minute, queued, place } => {
            let config = place.read()?;
            let terms = Terms { name, rights, per_minute, most_queued: queued };
            let work = async { Parts::database(&config).await?.0.add_key(&terms).await };
            let (id, key) = block_on(&config, work)?;
            print(|| json!({ "id": id, "key": *key }), || format!("{}\n", *key))?;
            ui::note("this is the only time that the key is shown");
        }
        Step::List { place } => {
            let config = place.read()?;
            let keys = block_on(&config, async { Parts::database(&config).await?.0.keys().await })?;
            print(|| keys.iter().map(document).collect(), || keys.iter().map(line).collect())?;
        }
        Step::Revoke { id, place } => {
            let config = place.read()?;
            let revoked =
                block_on(&config, async { Parts::database(&config).await?.0.revoke_key(&id).await })?;
            if !revoked {
                let what = anyhow!("there is no key {id:?}, or it was revoked before");
                return Err(hinted(
                    what,
                    "`assay serve keys list` has the ids: what stands between the two _ of a key",
                ));
            }
            print(|| json!({ "revoked": id }), || format!("{}  {id}\n", paint(STRONG, "revoked")))?;
        }
    }
    Ok(Outcome::Valid)
}

fn rights(key: &ApiKey) -> Vec<&'static str> {
    key.terms.rights.iter().map(|right| right.name()).collect()
}

fn document(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.terms.name,
        "rights": rights(key),
        "per_minute": key.terms.per_minute,
        "most_queued": key.terms.most_queued,
        "created": key.created,
        "revoked": key.revoked,
    })
}

fn line(key: &ApiKey) -> String {
    let ApiKey { id, terms: Terms { name, per_minute, most_queued, .. }, revoked, .. } = key;
    let (rights, end) = (rights(key).join(","), if revoked.is_some() { "  revoked" } else { "" });
    format!("{id}  {}  {rights}, {per_minute} a minute, {most_queued} at once{end}\n", ui::escaped(name))
}
