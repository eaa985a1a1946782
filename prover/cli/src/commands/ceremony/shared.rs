//! What the commands of a ceremony share: files, advice, reports.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use assay_ceremony::{
    Ceremony, CheckedState, Error, Identity, Phase1Error, PtauFile, RecordError, Transcript, Verified,
    from_json,
};
use assay_groth16::KeyReadError;
use serde_json::{Value, json};

use crate::artifacts;
use crate::failure::{HintExt, hinted};
use crate::files;
use crate::progress::observed;
use crate::ui::{self, Table};

/// Parser of names, for clap.
pub fn name(text: &str) -> Result<String, String> {
    assay_ceremony::check_name("name", text).map_err(|error| error.to_string())?;
    Ok(text.into())
}

/// Most bytes of a transcript that are read.
const TRANSCRIPT: u64 = 64 << 20;

/// The transcript in a file.
pub fn transcript(path: &Path) -> anyhow::Result<Transcript> {
    let text = files::read(path, "transcript", TRANSCRIPT)?;
    let text = String::from_utf8(text).with_context(|| format!("{} is no text", path.display()))?;
    let transcript = from_json(&text).map_err(|error| Error::from(error).into());
    transcript.map_err(|error: anyhow::Error| {
        let hint = "`assay ceremony export` writes transcripts, and a ceremony's folder has one";
        hinted(error.context(path.display().to_string()), hint)
    })
}

/// The first phase in a file.
pub fn ptau(path: &Path) -> anyhow::Result<PtauFile> {
    files::check(path, "first phase")?;
    PtauFile::open(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A first phase that is none of the public ones is taken only where it is named: whoever made it knows its secrets, and forges under
/// every key that is made from it.
#[derive(Debug, clap::Args)]
pub struct Trusted {
    /// Blake2b digest of the first phase, for a file that is not one of the public ones: 64 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes64, conflicts_with = "unknown_phase1")]
    phase1: Option<[u8; 64]>,
    /// Take whatever first phase it is: whoever made the file can forge
    #[arg(long)]
    unknown_phase1: bool,
}

impl Trusted {
    /// Fails unless this first phase is a public one, or the one that was named.
    pub fn expect(&self, identity: &Identity) -> anyhow::Result<()> {
        let digest = hex::encode(identity.blake2b);
        match self.phase1 {
            Some(named) if named == identity.blake2b => Ok(()),
            Some(_) => Err(hinted(
                anyhow!(
                    "the first phase has the Blake2b digest {digest}, which is not the one that --phase1 names"
                ),
                "take the file again from its public source",
            )),
            None if identity.known_as().is_some() => Ok(()),
            None if self.unknown_phase1 => {
                ui::warn(
                    "no public first phase: whoever made this file can forge under every key that is made from it",
                );
                Ok(())
            }
            None => Err(hinted(
                anyhow!(
                    "the first phase is no public file that this version knows: whoever made it can forge under every key that is made \
                     from it. Its Blake2b digest is {digest}"
                ),
                "--phase1 names the digest that its public source gives; --unknown-phase1 takes the file all the same",
            )),
        }
    }
}

fn bytes64(text: &str) -> Result<[u8; 64], String> {
    let mut bytes = [0; 64];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| "64 bytes in hexadecimal are needed".to_owned())?;
    Ok(bytes)
}

/// Model and first phase that a state is checked by.
#[derive(Debug, clap::Args)]
pub struct Sources {
    /// Compiled model that the ceremony is for
    #[arg(long, value_name = "MODEL.assay")]
    pub model: PathBuf,
    /// The first phase that the ceremony began from
    #[arg(long, value_name = "FILE.ptau")]
    pub ptau: PathBuf,
    #[command(flatten)]
    pub trusted: Trusted,
}

impl Sources {
    /// Both, the first phase as one that may be taken.
    pub fn read(&self) -> anyhow::Result<(artifacts::Model, PtauFile)> {
        let (model, file) = sources(&self.model, &self.ptau)?;
        self.trusted.expect(&file.phase1().map_err(|error| advised(error.into()))?.identity())?;
        Ok((model, file))
    }
}

/// The present state of a ceremony, checked in full.
pub fn checked<'c>(
    ceremony: &'c mut Ceremony,
    model: &artifacts::Model,
    file: &PtauFile,
) -> Result<CheckedState<'c>, Error> {
    let circuit = model.model.circuit();
    observed("checking the ceremony's state", |observer| ceremony.check(circuit, &file.phase1()?, observer))
}

/// An error with the way out that there is.
pub fn advised(error: Error) -> anyhow::Error {
    let hint = match &error {
        Error::NoCeremony(_) => {
            "`assay ceremony new` begins one; `assay ceremony unpack` opens one that was sent"
        }
        Error::Exists { .. } => "`assay ceremony contribute` goes on with it; another -o begins another one",
        Error::Busy(_) => "wait until it has ended",
        Error::Part { .. } | Error::Packed { .. } => {
            "take the ceremony again from whoever sent it; a folder is only written by `assay ceremony`"
        }
        Error::Transcript(_) => "take the transcript again from whoever published it",
        Error::Record { error: RecordError::AfterBeacon, .. } => {
            "the ceremony ended before: its coordinator exports the key"
        }
        Error::Record { .. } => {
            "do not build on it: go on from the last state whose records hold, without this contributor"
        }
        Error::Closed => "the ceremony has ended: `assay ceremony export` writes its keys",
        Error::NoContribution => "`assay ceremony contribute` comes first",
        Error::NoBeacon(_) => "`assay ceremony beacon --value` applies it, once the value is out",
        Error::UnnamedBeacon => "`assay ceremony new --beacon` names one; without, leave the beacon out",
        Error::MissingContribution(_) => {
            "ask whose transcript this is; a key without your contribution does not rest on you"
        }
        Error::OtherCircuit { .. } | Error::OtherDomain { .. } => {
            "a ceremony is for one compiled model: name the .assay file that it was begun with"
        }
        Error::OtherPhase1 { .. } => "name the .ptau file that the ceremony was begun with",
        Error::OtherState(_)
        | Error::OtherWires
        | Error::Section(_)
        | Error::Length { .. }
        | Error::Base(_)
        | Error::Kind
        | Error::OtherBeginning { .. } => {
            "use neither this state nor its key, and contribute nothing to it: it was altered, or is of another ceremony"
        }
        Error::Occupied(_) => "-o names a new folder",
        Error::Full(_) => "`assay ceremony beacon` and `export` end it",
        Error::Phase1(Phase1Error::TooShort { .. }) => {
            "files of every power up to 28 are published with the powers of tau; a larger one does as well"
        }
        Error::Phase1(_) => "take the file again from its public source, and compare its digest",
        Error::Setup(_) => "the compiled model has no keys; compile it again from its ONNX file",
        Error::Io { .. } => "the folder must be writable, and the disk have room",
        _ => return error.into(),
    };
    hinted(error, hint)
}

/// Whether an error is about what was asked, in place of an answer of no.
pub fn is_no_answer(error: &Error) -> bool {
    match error {
        Error::Io { .. }
        | Error::NoCeremony(_)
        | Error::Busy(_)
        | Error::Random(_)
        | Error::Backend(_)
        | Error::Domain(_)
        | Error::Setup(_)
        | Error::Cancelled(_)
        | Error::OtherPhase1 { .. }
        | Error::Key(KeyReadError::Cancelled(_)) => true,
        Error::Phase1(error) => {
            matches!(error, Phase1Error::Cancelled(_) | Phase1Error::Random(_) | Phase1Error::TooShort { .. })
        }
        _ => false,
    }
}

/// What a first phase is, in a line.
pub fn first_phase(identity: &Identity) -> String {
    let digest = hex::encode(identity.blake2b);
    match identity.known_as() {
        Some(name) => {
            format!("{name}, a public file of the Perpetual Powers of Tau (54 contributions and a beacon)")
        }
        None => format!("no public file that this version knows; Blake2b {digest}"),
    }
}

/// What was verified, as JSON.
pub fn verified_json(verified: &Verified) -> Value {
    let key = |key: &[u8; 32]| (*key != [0; 32]).then(|| hex::encode(key));
    let contributor = |contributor: &assay_ceremony::Contributor| {
        json!({
            "name": contributor.name,
            "key": key(&contributor.key),
            "hash": hex::encode(contributor.hash),
        })
    };
    json!({
        "circuit": hex::encode(verified.circuit),
        "begin": hex::encode(verified.beginning),
        "transcript_hash": hex::encode(verified.transcript),
        "domain": verified.domain,
        "phase1": phase1_json(&verified.phase1),
        "contributions": verified.contributors.iter().map(contributor).collect::<Vec<_>>(),
        "beacon": verified.beacon.as_ref().map(|(name, value)| json!({
            "name": name, "value": hex::encode(value),
        })),
    })
}

pub fn phase1_json(identity: &Identity) -> Value {
    json!({
        "power": identity.power,
        "blake2b": hex::encode(identity.blake2b),
        "known_as": identity.known_as(),
        "contributions": identity.contributions,
        "last_challenge": hex::encode(identity.last_challenge),
    })
}

/// What was verified, as lines of a report.
pub fn verified_lines(verified: &Verified) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("circuit", hex::encode(verified.circuit)),
        ("begin", hex::encode(verified.beginning)),
        ("last challenge", format!("{}, as the .ptau says", hex::encode(verified.phase1.last_challenge))),
        ("domain", format!("{} points", verified.domain)),
    ];
    lines.extend(ceremony_lines(verified));
    lines.push(("contributions", verified.contributors.len().to_string()));
    lines.push(("transcript hash", hex::encode(verified.transcript)));
    lines
}

/// What people compare with what was published.
pub fn ceremony_lines(verified: &Verified) -> [(&'static str, String); 2] {
    let beacon = match &verified.beacon {
        Some((name, value)) => format!("{name} = {}: compare it with its source", hex::encode(value)),
        None => "none".into(),
    };
    [("first phase", first_phase(&verified.phase1)), ("beacon", beacon)]
}

/// The contributions, one a line.
pub fn contributors(verified: &Verified) -> String {
    let mut table = Table::new(["#", "contribution", "by", "public key"]);
    for (number, contributor) in (1..).zip(&verified.contributors) {
        let key = if contributor.key == [0; 32] { String::new() } else { hex::encode(contributor.key) };
        table.row([format!("{number}"), hex::encode(contributor.hash), contributor.name.clone(), key]);
    }
    table.render()
}

/// The model and the first phase that a ceremony is about.
pub fn sources(model: &Path, ptau_path: &Path) -> anyhow::Result<(artifacts::Model, PtauFile)> {
    Ok((artifacts::model(model)?, ptau(ptau_path)?))
}

/// Opens the ceremony in a folder.
pub fn open(folder: &Path) -> anyhow::Result<assay_ceremony::Ceremony> {
    assay_ceremony::Ceremony::open(folder)
        .map_err(advised)
        .or_hint(|| "the folder is one of `assay ceremony new`")
}
