//! `assay export solidity`: model.vk -> Verifier.sol.

use std::path::PathBuf;

use anyhow::anyhow;
use assay::SetupKind;
use assay_evm::{Contract, ContractError, is_contract_name};
use serde_json::json;

use crate::artifacts;
use crate::commands::{print, setup_kind, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product};
use crate::ui;

const EXAMPLE: &str = "\
Examples:
  $ assay export solidity --vk risk.vk --model risk.assay -o RiskVerifier.sol
  $ assay export solidity --vk risk.vk -o RiskVerifier.sol
  $ assay export solidity --vk risk.vk --model risk.assay --name Risk -o - | less

The contract is one file without imports, for Solidity 0.8.20 or later and every EVM version since
Paris. It holds the key, keeps no state and has no owner: another key is another contract.

  verify(proof, digest)                     returns KEY_HASH if the proof is one of this digest
  statementDigest(context, limbs)           with --model: Poseidon of a statement
  verifyStatement(proof, context, limbs)    with --model: both; returns the digest
  outputAt(index)                           with --model: an output's limb, bits and values

What is refused reverts. Look at what a call returns, too: at an address without code every call
succeeds, and returns nothing. Compile with the optimizer (solc --optimize --optimizer-runs 200)
and without --via-ir.

A digest says nothing by itself. A contract that acts on a decision takes the statement, and reads
the outputs from its limbs, where `outputAt` says (`valueOf` unpacks them); one that computes the
digest elsewhere, or was handed it by who has, takes --vk alone. Replays are the caller's affair:
it derives the context from its own state, or remembers digests.

The contract of a development key says so in SETUP, as the key's file claims: whoever made the key
can forge proofs.";

/// Write a Solidity contract that verifies proofs under a key.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Verifying key, from `assay setup`
    #[arg(long, alias = "key", value_name = "MODEL.vk")]
    vk: PathBuf,
    /// Compiled model, whose statements the contract hashes: the key must claim its circuit
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Name of the contract [default: the output's, as RiskVerifier of RiskVerifier.sol]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the contract goes; - for standard output
    #[arg(short, long, value_name = "NAME.sol")]
    output: PathBuf,
    /// Replace a contract of another key, or any file
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let name = name(args)?;
    let key = artifacts::verifying_key(&args.vk)?;
    let model = args.model.as_deref().map(artifacts::model).transpose()?;
    if let Some(model) = &model {
        artifacts::pair(model, &args.vk, key.circuit_digest())?;
    }
    let bytes = key.to_interface();
    let read = [Some(args.vk.as_path()), args.model.as_deref()];
    let mut claims = Claims::reading(read.into_iter().flatten());
    let product = Product::Solidity { key: bytes.key_hash() };
    let output = claims.output(&args.output, product, Force::from(args.force))?;
    let contract = Contract {
        name: &name,
        key: &bytes,
        circuit: key.circuit_digest(),
        setup: key.setup_kind(),
        model: model.as_ref().map(|model| model.model.schema()),
        version: env!("CARGO_PKG_VERSION"),
    };
    let source = contract.to_solidity().map_err(|error| match error {
        ContractError::Elements { .. } => hinted(
            error,
            "without --model the contract takes the digest, which then has to come from elsewhere; or commit inputs \
             (`assay compile --commit`): each is one element",
        ),
        error => error.into(),
    })?;
    let path = output.path().to_owned();
    files::commit(vec![(output, source)])?;
    if key.setup_kind() == SetupKind::Development {
        ui::warn("this is a development key: whoever made it can forge proofs that the contract accepts");
    }
    let (form, key_hash) = (bytes.form().to_string(), hex::encode(bytes.key_hash()));
    let takes = if model.is_some() { "statements, or digests" } else { "digests" };
    print(
        || {
            json!({
                "contract_file": show(&path),
                "contract": name,
                "form": form,
                "statements": model.is_some(),
                "key": format!("0x{}", hex::encode(bytes.as_bytes())),
                "key_hash": key_hash,
                "domain": model.as_ref().map(|model| model.model.schema().domain().to_string()),
                "circuit": hex::encode(key.circuit_digest()),
                "setup": setup_kind(key.setup_kind()),
            })
        },
        || {
            ui::fields(&[
                ("contract", format!("{name}, in {}", show(&path))),
                ("takes", format!("{form} proofs of {takes}")),
                ("key hash", key_hash.clone()),
                ("setup", setup_kind(key.setup_kind()).to_owned()),
            ])
        },
    )
}

/// The contract's name: given, or the output's.
fn name(args: &Args) -> anyhow::Result<String> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None if files::is_standard(&args.output) => "AssayVerifier".to_owned(),
        None => args.output.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    if is_contract_name(&name) {
        return Ok(name);
    }
    let hint = "--name gives it one: a capital letter, then letters, digits and underscores, as RiskVerifier";
    Err(hinted(anyhow!("{name:?} is no contract's name in Solidity"), hint))
}
