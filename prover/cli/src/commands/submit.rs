//! `assay submit`: a proof goes to the verifier program, which checks it and writes a receipt.

use std::path::PathBuf;

use anyhow::anyhow;
use assay::{ProofFile, Scalar, Verifier};
use assay_chain::registry;
use assay_host::time::utc;
use assay_verifier_host::batch::Fault;
use assay_verifier_host::{self as verifier, Model, Receipt, Status, Verified};
use serde_json::json;
use solana_address::Address;

use crate::artifacts;
use crate::commands::chain::{Signing, address, merged, told};
use crate::commands::model::Facts;
use crate::commands::receipt;
use crate::commands::{print, show};
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, GOOD, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay submit decision.proof --to 5x3b... --url devnet
  $ assay submit decision.proof --to 5x3b... --verify-only --dry-run    what would the program say?

The proof is verified here first, under the key of the model's account, and the transaction is
simulated: a proof that the program would refuse is never sent. With --model and --vk, files and
cluster are compared too.

The receipt's address is made of the model and the statement: a statement has one receipt, whoever
submits it and however often. `assay receipt show` finds it, programs take it in place of a proof,
and its rent, 0.0021 SOL, returns to who paid it when it is closed, after a week.
--verify-only leaves nothing but the transaction.";

/// Send a proof to the verifier program, which records its statement.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Proof, from `assay prove`; - for standard input
    #[arg(value_name = "FILE.proof")]
    proof: PathBuf,
    /// Address of the model on the cluster
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Address,
    /// Have the proof checked, and write no receipt
    #[arg(long)]
    verify_only: bool,
    /// Compiled model whose schema the model on the cluster must have
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Verifying key that the model on the cluster must have, and the proof must be for
    #[arg(long, value_name = "MODEL.vk")]
    vk: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let proof = artifacts::proof(&args.proof)?;
    let file = args.model.as_deref().map(artifacts::model).transpose()?;
    let key = args.vk.as_deref().map(artifacts::verifying_key).transpose()?;
    let wallet = args.signing.open()?;
    let rpc = &wallet.target.rpc;
    let model = told(registry::model(rpc, &args.to))?;

    let schema = file.as_ref().map(|file| file.model.schema());
    let given = key.as_ref().map(assay::VerifyingKey::to_interface);
    let differences = registry::differences(&model, given.as_ref(), schema);
    if let Some(first) = differences.first() {
        return Err(hinted(
            anyhow!(
                "the model at {} is not the files': its {} is {}, and the file's {}",
                args.to,
                first.what,
                first.cluster,
                first.file
            ),
            "`assay model list --vk MODEL.vk` shows where a key is registered",
        ));
    }
    if let Some(key) = key {
        Verifier::new(key).verify_file(&proof)?;
    }
    let digest = checked(args, &model, &proof)?;

    let receipt_address = verifier::receipt_address(&args.to, &digest);
    if !args.verify_only
        && let Some(found) = told(registry::receipt(rpc, &receipt_address))?
    {
        let (json, lines) = receipt::described(&receipt_address, &found);
        print(
            || merged([json, json!({ "recorded": false, "existed": true, "transaction": null })]),
            || format!("{}  nothing was sent\n{}", paint(GOOD, "recorded already"), ui::fields(&lines)),
        )?;
        return Ok(Outcome::Valid);
    }
    active(args, &model, told(rpc.unix_time())?)?;

    let (context, limbs) = (proof.statement.context, &proof.statement.limbs);
    let (instruction, length) = if args.verify_only {
        (verifier::verify(args.to, &proof.proof, context, limbs), 0)
    } else {
        let record = verifier::record(wallet.payer(), args.to, &proof.proof, context, limbs, &digest);
        (record, 8 + size_of::<Receipt>())
    };
    let answer = Verified { model: args.to.to_bytes(), digest: digest.to_be_bytes(), setup: model.setup()? };
    let done = wallet.act(instruction, length, Some(&answer.encode()))?;
    let word = if args.verify_only { "verified" } else { "recorded" };
    let receipt_address = (!args.verify_only).then(|| receipt_address.to_string());
    print(
        || {
            json!({
                "recorded": done.is_sent() && !args.verify_only,
                "existed": false,
                "proof_file": show(&args.proof),
                "model": args.to.to_string(),
                "digest": digest.to_string(),
                "context": hex::encode(context),
                "receipt": receipt_address,
                "transaction": done.json(),
            })
        },
        || {
            let mut lines = vec![
                ("model", format!("{}, {}", args.to, registry::name(&model))),
                ("digest", digest.to_string()),
                ("context", hex::encode(context)),
            ];
            lines.extend(receipt_address.clone().map(|address| ("receipt", address)));
            lines.extend(done.lines());
            format!("{}  {}\n{}", paint(GOOD, done.verb(word)), args.proof.display(), ui::fields(&lines))
        },
    )?;
    Ok(Outcome::Valid)
}

/// The digest of the statement, where its proof is one for this model; else what differs.
fn checked(args: &Args, model: &Model, proof: &ProofFile) -> anyhow::Result<Scalar> {
    registry::check(model, proof).map_err(|fault| {
        let hint = match &fault {
            Fault::Domain | Fault::LimbCount { .. } => "`assay model list` shows the models: --to names the one that was proven",
            Fault::Digest(_) | Fault::Proof(_) => {
                "the model is registered under another key than the proof was made with, or the file was altered: `assay model show --vk`, `assay verify`"
            }
        };
        let what = match &fault {
            Fault::Domain => format!(
                "the statement's domain is {}, the model's {}",
                proof.statement.domain,
                hex::encode(model.domain)
            ),
            other => other.to_string(),
        };
        hinted(anyhow!("{} proves nothing for the model at {}: {what}", args.proof.display(), args.to), hint)
    })
}

/// The program accepts proofs for active models only.
fn active(args: &Args, model: &Model, now: i64) -> anyhow::Result<()> {
    let facts = Facts { address: args.to, model, now };
    let (outlook, hint) = match facts.status() {
        Some(Status::Active) => return Ok(()),
        Some(Status::Proposed) => (facts.outlook(), "its authority makes it active: `assay model activate`"),
        Some(Status::Retired) => (
            format!("retired on {}", utc(model.retired_at)),
            "that is for good: another model has to be registered",
        ),
        _ => (
            facts.outlook(),
            "its authority proposes it again: `assay model resume`, and `assay model activate` after its timelock",
        ),
    };
    Err(hinted(anyhow!("the proof is valid, and the model takes none: it is {outlook}"), hint))
}
