//! `assay model show`: what a cluster says of a model, and whether it is the model of one's files.

use std::path::PathBuf;

use assay_chain::registry;
use serde_json::json;
use solana_address::Address;

use super::facts::Facts;
use crate::artifacts;
use crate::commands::chain::{Connection, address, merged, told};
use crate::commands::print;
use crate::outcome::Outcome;
use crate::ui::{self, BAD, GOOD, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay model show 5x3b... --url devnet
  $ assay model show 5x3b... --vk model.vk --model model.assay     is it this one?

Exit code 1: the model on the cluster has another key than --vk, or another schema than --model, and
what differs is listed.";

/// Show what a cluster says of a model, and compare it with files.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the model
    #[arg(value_name = "ADDRESS", value_parser = address)]
    address: Address,
    /// Verifying key that the model has to have
    #[arg(long, value_name = "MODEL.vk")]
    vk: Option<PathBuf>,
    /// Compiled model whose schema the model has to have
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let key = args.vk.as_deref().map(artifacts::verifying_key).transpose()?.map(|key| key.to_interface());
    let file = args.model.as_deref().map(artifacts::model).transpose()?;
    let target = args.connection.open()?;
    let model = told(registry::model(&target.rpc, &args.address))?;
    let now = told(target.rpc.unix_time())?;
    let facts = Facts { address: args.address, model: &model, now };
    let differences =
        registry::differences(&model, key.as_ref(), file.as_ref().map(|file| file.model.schema()));
    let is_compared = key.is_some() || file.is_some();
    print(
        || {
            let list: Vec<_> = differences
                .iter()
                .map(|difference| json!({ "what": difference.what, "cluster": difference.cluster, "file": difference.file }))
                .collect();
            merged([facts.json(), if is_compared { json!({ "differences": list }) } else { json!({}) }])
        },
        || {
            let mut text = ui::fields(&facts.lines());
            for difference in &differences {
                text += &format!(
                    "{}  {}: {} on the cluster, {} in the file\n",
                    paint(BAD, "differs"),
                    difference.what,
                    ui::escaped(&difference.cluster),
                    ui::escaped(&difference.file)
                );
            }
            if is_compared && differences.is_empty() {
                text += &format!("{}  the model is the files'\n", paint(GOOD, "same"));
            }
            text
        },
    )?;
    Ok(if differences.is_empty() { Outcome::Valid } else { Outcome::Invalid })
}
