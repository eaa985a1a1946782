//! `assay ceremony verify`: is this key the one that model, first phase and contributions give?

use std::path::{Path, PathBuf};

use anyhow::bail;
use assay_ceremony::{Ceremony, Error, PtauFile, Verified, finished, verify, verify_verifying_key};
use assay_groth16::ProvingKey;
use serde_json::{Value, json};

use super::shared::{
    Sources, advised, checked, contributors, is_no_answer, transcript, verified_json, verified_lines,
};
use crate::artifacts;
use crate::commands::{bytes32, print, show};
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, BAD, GOOD, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay ceremony verify --transcript model.transcript.json --pk model.pk \\
      --model model.assay --ptau powers.ptau --contribution 7c0e...
  $ assay ceremony verify --transcript model.transcript.json --vk model.vk \\
      --model model.assay --ptau powers.ptau
  $ assay ceremony verify --folder ceremony --model model.assay --ptau powers.ptau

From nothing: the circuit is built from the model, the powers are checked, every contribution's
proofs, and every point of the key by random sums of all of them. A verifying key alone decides what
can be forged, if the contributors checked the states that they contributed to, so --vk is enough
for whoever verifies proofs; provers check --pk. --folder checks a ceremony's state at any step,
and says whether it is still open.

What it cannot show, and what you compare:
  first phase     that nobody knows tau: a public file, known by its digest. Another one is taken
                  only with --phase1 or --unknown-phase1
  begin           that it is the ceremony that was announced: its hash, as published (--begin)
  contributors    that they are different people, who checked and deleted: names and hashes, as
                  they published them (--contribution)
  beacon          that its value is its source's

Exit code 0: valid. Exit code 1: invalid. Exit code 2: the question could not be asked.";

/// Verify a key against its ceremony.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["folder", "pk", "vk"])))]
pub struct Args {
    #[command(flatten)]
    sources: Sources,
    /// A ceremony's folder: its present state
    #[arg(long, value_name = "FOLDER", conflicts_with = "transcript")]
    folder: Option<PathBuf>,
    /// The ceremony's transcript, from `assay ceremony export`
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Proving key
    #[arg(long, value_name = "MODEL.pk", requires = "transcript")]
    pk: Option<PathBuf>,
    /// Verifying key
    #[arg(long, value_name = "MODEL.vk", requires = "transcript")]
    vk: Option<PathBuf>,
    /// Hash of a contribution that must be in the transcript; may be repeated
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    contribution: Vec<[u8; 32]>,
    /// Hash that the ceremony must have begun from, as its coordinator published it
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    begin: Option<[u8; 32]>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let (model, file) = args.sources.read()?;
    let circuit = model.model.circuit();
    if let Some(folder) = &args.folder {
        return state(args, folder, &model, &file);
    }
    let Some(path) = &args.transcript else { bail!("a key to verify is one of --folder, --pk and --vk") };
    let transcript = transcript(path)?;
    let key = args.pk.as_deref().map(artifacts::keys_from_nothing).transpose()?;
    let key: Option<&ProvingKey> = key.as_ref().map(assay::Keys::proving_key);
    let verifying = args.vk.as_deref().map(artifacts::verifying_key).transpose()?;
    let verified = observed("verifying the ceremony", |observer| {
        let (phase1, expected) = (file.phase1()?, &args.contribution);
        let verified = match (key, &verifying) {
            (Some(key), _) => verify(circuit, &phase1, &transcript, key, expected, observer),
            (None, Some(key)) => verify_verifying_key(circuit, &phase1, &transcript, key, expected, observer),
            (None, None) => Err(Error::OtherWires), // there is one of the two
        }?;
        expect(args, verified)
    });
    answer(args.pk.as_ref().or(args.vk.as_ref()).unwrap_or(path), verified, None)
}

/// The present state of a ceremony that may go on.
fn state(args: &Args, folder: &Path, model: &artifacts::Model, file: &PtauFile) -> anyhow::Result<Outcome> {
    let mut open = None;
    let verified = Ceremony::open(folder).and_then(|mut ceremony| {
        open = finished(ceremony.transcript()).err().map(|error| error.to_string());
        let facts = checked(&mut ceremony, model, file)?.facts().clone();
        expect(args, facts)
    });
    answer(folder, verified, Some(open))
}

/// The facts, if they have what was asked for.
fn expect(args: &Args, verified: Verified) -> Result<Verified, Error> {
    let has = |hash: &&[u8; 32]| verified.contributors.iter().any(|one| one.hash == **hash);
    if let Some(missing) = args.contribution.iter().find(|hash| !has(hash)) {
        return Err(Error::MissingContribution(*missing));
    }
    match args.begin {
        Some(begin) if begin != verified.beginning => {
            let [found, expected] = [verified.beginning, begin].map(hex::encode);
            Err(Error::OtherBeginning { found, expected })
        }
        _ => Ok(verified),
    }
}

/// Prints the verdict: on a key, or on a state, which may be open.
fn answer(
    shown: &Path,
    verdict: Result<Verified, Error>,
    state: Option<Option<String>>,
) -> anyhow::Result<Outcome> {
    let verdict = match verdict {
        Err(error) if is_no_answer(&error) => return Err(advised(error)),
        verdict => verdict,
    };
    print(
        || {
            let mut value = json!({
                "reason": verdict.as_ref().err().map(ToString::to_string),
                "subject": show(shown),
            });
            let Value::Object(object) = &mut value else { return value };
            match &state {
                // `valid` is about keys that are to be used: a state says whether it is right, and whether it has ended.
                Some(open) => object.extend([
                    ("state".to_owned(), json!(if verdict.is_ok() { "right" } else { "wrong" })),
                    ("finished".to_owned(), json!(verdict.is_ok() && open.is_none())),
                    ("open".to_owned(), json!(open)),
                ]),
                None => object.extend([("valid".to_owned(), json!(verdict.is_ok()))]),
            }
            if let Ok(verified) = &verdict
                && let Value::Object(facts) = verified_json(verified)
            {
                object.extend(facts);
            }
            value
        },
        || match &verdict {
            Ok(verified) => {
                let word = if state.is_some() { "right" } else { "valid" };
                let mut text = format!("{}  {}\n", paint(GOOD, word), shown.display());
                if let Some(open) = &state {
                    let status = match open {
                        Some(why) => format!("open: {why}"),
                        None => "finished: `assay ceremony export` writes its keys".into(),
                    };
                    text += &ui::fields(&[("ceremony", status)]);
                }
                text + &ui::fields(&verified_lines(verified)) + &contributors(verified)
            }
            Err(error) => {
                let reason = ui::escaped(&format!("{}: {error}", shown.display()));
                let word = if state.is_some() { "wrong" } else { "invalid" };
                format!("{}  {reason}\n", paint(BAD, word))
            }
        },
    )?;
    Ok(if verdict.is_ok() { Outcome::Valid } else { Outcome::Invalid })
}
