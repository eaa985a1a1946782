//! `assay model register`: a key and a schema enter the registry, in one transaction.

use std::path::PathBuf;

use anyhow::anyhow;
use assay::{Keys, SetupKind, Verifier};
use assay_chain::registry::{self, Place};
use assay_chain::rpc::Cluster;
use assay_compiler::registration;
use assay_host::time::{span, utc};
use assay_interface::verifier::model_account;
use assay_verifier_host::{Model, Registration, Status};
use serde_json::json;
use solana_address::Address;

use super::facts::Facts;
use crate::artifacts;
use crate::commands::chain::{Signing, Wallet, address, merged, timelock, told};
use crate::commands::{beside, bytes32, print};
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, GOOD, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay model register model.assay --url localhost --dry-run
  $ assay model register model.assay --url devnet --guardian 7xKX... --timelock 3d

The key of --vk has to be one of the model's circuit: it must name the circuit and be of its form,
and --setup-record makes it again and compares. Model and key are checked here for all that the
program would refuse, so what is wrong is said before anything is paid.

The address is made of the signer's key and of what the model is, its key and schema: whoever
registers the same model again is told that it is there. The account's rent, 0.0114 SOL, returns to
who paid it when the model is retired and closed.";

/// Put a model into the verifier's registry: it is proposed, and can be activated after its timelock.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(value_name = "MODEL.assay")]
    model: PathBuf,
    /// Verifying key, from `assay setup` [default: beside the model]
    #[arg(long, value_name = "MODEL.vk")]
    vk: Option<PathBuf>,
    /// Record of the key's setup: shows that the key is of the model's circuit
    #[arg(long, value_name = "FILE.secret")]
    setup_record: Option<PathBuf>,
    /// Hash of the ceremony's transcript, for a key of a ceremony: the `transcript hash` that `assay ceremony export` and `verify` print
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    transcript_hash: Option<[u8; 32]>,
    /// From proposals to their effect, now and later: 1d to 30d, as 36h or 3d
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = timelock)]
    timelock: i64,
    /// Who may suspend the model beside its authority: another key, kept elsewhere
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    guardian: Option<Address>,
    #[command(flatten)]
    signing: Signing,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let model = artifacts::model(&args.model)?;
    let vk = match &args.vk {
        Some(path) => path.clone(),
        None => beside(&args.model, "vk")?,
    };
    let key = checked_key(args, &model, &vk)?;
    let wallet = args.signing.open()?;
    let (setup, transcript_hash) = transcript(args, key.key().setup_kind())?;
    if setup == SetupKind::Development && wallet.target.cluster == Cluster::Mainnet {
        ui::warn(
            "this is a development key on mainnet: whoever made it can forge proofs, and programs that hold funds refuse it",
        );
    }
    let guardian = args.guardian.unwrap_or_default();
    if guardian == wallet.signer() {
        return Err(hinted(
            anyhow!("the guardian is to be a key apart, and {guardian} signs as the authority"),
            "--guardian names another address, whose key is kept elsewhere",
        ));
    }
    let key = key.key().to_interface();
    let registration = Registration {
        authority: wallet.signer(),
        payer: wallet.payer(),
        key: &key,
        schema: model.model.schema(),
        setup,
        transcript_hash,
        timelock: args.timelock,
        guardian,
    };
    let address = registration.model();
    match told(registry::place(&wallet.target.rpc, &address))? {
        Place::Model(found) => already(args, &wallet, address, &found),
        Place::Closed => told(Err(assay_chain::Error::Closed(address))),
        Place::Empty => {
            let instruction = registration.instruction()?;
            let done = wallet.act(instruction, model_account::LENGTH, None)?;
            // It is registered, whether the server shows it by now or not.
            let rpc = &wallet.target.rpc;
            let look = || Some((registry::model(rpc, &address).ok()?, rpc.unix_time().ok()?));
            let found = if done.is_sent() { look() } else { None };
            let facts = found.as_ref().map(|(model, now)| Facts { address, model, now: *now });
            print(
                || {
                    let state = json!({ "model": address.to_string(), "registered": done.is_sent(), "existed": false });
                    let facts = facts.as_ref().map_or(json!({}), Facts::json);
                    merged([facts, state, json!({ "transaction": done.json() })])
                },
                || {
                    let mut lines = match &facts {
                        Some(facts) => facts.short(),
                        None => vec![("model", address.to_string())],
                    };
                    lines.extend(done.lines());
                    format!(
                        "{}  {}\n{}",
                        paint(GOOD, done.verb("registered")),
                        model.model.name(),
                        ui::fields(&lines)
                    )
                },
            )?;
            if done.is_sent() {
                ui::note(&format!("when its timelock has passed: assay model activate {address}"));
            }
            Ok(Outcome::Valid)
        }
    }
}

/// The key, if it is sound, claims the model's circuit and is of its form, and the program has room for the model.
fn checked_key(args: &Args, model: &artifacts::Model, vk: &std::path::Path) -> anyhow::Result<Verifier> {
    let key = artifacts::verifying_key(vk)?;
    artifacts::pair(model, vk, key.circuit_digest())?;
    let mut verifier = Verifier::new(key).for_model(&model.model)?;
    if let Some(path) = &args.setup_record {
        let record = artifacts::setup_record(path)?;
        let keys =
            observed("making the key again", |observer| Keys::recompute(&model.model, &record, observer));
        verifier = verifier.confirm(&keys?)?;
    }
    if let Some(warning) = registration::warnings(model.model.schema()).first() {
        return Err(hinted(anyhow!("the program refuses this model: {}", warning.text()), warning.remedy()));
    }
    assay_interface::groth16::check_key(&verifier.key().to_interface())
        .map_err(|error| hinted(error, "the key is unsound: `assay setup` makes another"))?;
    Ok(verifier)
}

/// The word of the key's file on how it was made, and the transcript that has to go with it.
fn transcript(args: &Args, setup: SetupKind) -> anyhow::Result<(SetupKind, [u8; 32])> {
    match (setup, args.transcript_hash) {
        (SetupKind::Development, None) => Ok((setup, [0; 32])),
        (SetupKind::Ceremony, Some(hash)) if hash != [0; 32] => Ok((setup, hash)),
        (SetupKind::Development, Some(_)) => Err(hinted(
            anyhow!("the key is a development key, and no ceremony has a transcript of it"),
            "leave --transcript-hash out",
        )),
        (SetupKind::Ceremony, _) => Err(hinted(
            anyhow!("the key comes from a ceremony, and its registration names the ceremony's transcript"),
            "--transcript-hash is the transcript hash that `assay ceremony export` and `verify` print",
        )),
    }
}

/// The model is there. Where it is another than was asked for, that is an error: nothing here changes it.
fn already(args: &Args, wallet: &Wallet, address: Address, model: &Model) -> anyhow::Result<Outcome> {
    let another = "register a model under another key: `assay setup` makes one";
    if model.status()? == Status::Retired {
        return Err(hinted(
            anyhow!(
                "this model was registered, at {address}, and retired on {}: that is for good",
                utc(model.retired_at)
            ),
            another,
        ));
    }
    if model.authority != wallet.signer() {
        return Err(hinted(
            anyhow!(
                "this model is registered already, at {address}, and {} its authority now",
                if model.is_immutable() { "nobody is".into() } else { format!("{} is", model.authority) },
            ),
            another,
        ));
    }
    let now = told(wallet.target.rpc.unix_time())?;
    if model.timelock != args.timelock || args.guardian.is_some_and(|guardian| guardian != model.guardian) {
        return Err(hinted(
            anyhow!(
                "this model is registered already, at {address}, with a timelock of {} and {} as its guardian",
                span(model.timelock),
                if model.guardian == Address::default() {
                    "nobody".into()
                } else {
                    model.guardian.to_string()
                },
            ),
            "a timelock stays as it is; a guardian is changed by the program's propose_guardian. For another registration, another key",
        ));
    }
    let facts = Facts { address, model, now };
    print(
        || merged([facts.json(), json!({ "registered": false, "existed": true, "transaction": null })]),
        || format!("{}  nothing was sent\n{}", paint(GOOD, "registered already"), ui::fields(&facts.short())),
    )?;
    Ok(Outcome::Valid)
}

#[cfg(test)]
mod tests {
    use super::timelock;

    #[test]
    fn times_that_the_program_allows() {
        assert_eq!(timelock("1d"), Ok(86_400));
        assert_eq!(timelock("36h"), Ok(129_600));
        assert_eq!(timelock("2592000s"), Ok(2_592_000));
        for text in ["23h", "31d", "0d"] {
            assert_eq!(timelock(text).unwrap_err(), "the program allows 1 d to 30 d");
        }
        for text in ["", "d", "1", "-1d", "1.5d", "1w", "4294967296s"] {
            assert!(timelock(text).unwrap_err().contains("as 3d"), "{text:?}");
        }
    }
}
