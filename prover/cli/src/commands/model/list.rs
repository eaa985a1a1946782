//! `assay model list`: the models on a cluster.

use std::path::PathBuf;

use assay_chain::registry;
use serde_json::json;
use solana_address::Address;

use super::facts::{Facts, word};
use crate::artifacts;
use crate::commands::chain::{Connection, address, told};
use crate::commands::print;
use crate::outcome::Outcome;
use crate::ui::Table;

const EXAMPLE: &str = "\
Examples:
  $ assay model list --url localhost
  $ assay model list --vk model.vk --url devnet      where is this key registered?

Public servers of mainnet refuse the question: --url names one that answers it.";

/// List the models on a cluster.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Those of this authority
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    authority: Option<Address>,
    /// Those with this verifying key
    #[arg(long, value_name = "MODEL.vk")]
    vk: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let key = args.vk.as_deref().map(artifacts::verifying_key).transpose()?;
    let key_hash = key.map(|key| key.to_interface().key_hash());
    let target = args.connection.open()?;
    let models = told(registry::models(&target.rpc, args.authority.as_ref(), key_hash))?;
    let now = told(target.rpc.unix_time())?;
    let all: Vec<Facts<'_>> =
        models.iter().map(|(address, model)| Facts { address: *address, model, now }).collect();
    print(
        || json!({ "models": all.iter().map(Facts::json).collect::<Vec<_>>() }),
        || {
            if all.is_empty() {
                return "no models\n".into();
            }
            let mut table = Table::new(["model", "name", "status", "key hash", "recorded"]);
            for facts in &all {
                table.row([
                    facts.address.to_string(),
                    registry::name(facts.model),
                    word(facts.status()).into(),
                    artifacts::short(&facts.model.key_hash),
                    facts.model.accepted.to_string(),
                ]);
            }
            table.render()
        },
    )?;
    Ok(Outcome::Valid)
}
