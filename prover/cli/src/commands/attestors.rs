//! `assay attestors`: sets of people who check models, and what they say of one.

use std::path::PathBuf;

use anyhow::anyhow;
use assay_chain::{Error, Rpc, registry};
use assay_host::time::utc;
use assay_interface::verifier::{MAX_ATTESTORS, attestation_account, attestor_set_account};
use assay_verifier_host::{self as verifier, Attestation, AttestorSet, Attestors, Status};
use serde_json::{Value, json};
use solana_address::Address;

use crate::artifacts;
use crate::commands::chain::{Connection, Done, Signing, address, merged, told};
use crate::commands::print;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, BAD, GOOD, paint};

const EXAMPLE: &str = "\
Example:
  $ assay attestors create --member 7Kq1... --member 9aQd... --threshold 2
  $ assay attestors attest SET MODEL --vk model.vk --model model.assay --keypair member.json
  $ assay attestors show SET --of MODEL     did enough of them?

A ceremony is its registrar's word. An attestor is somebody who checked it: who verified its
transcript, and found the key and the schema on the cluster to be what came out of it. Programs and
series name the set that they trust. A set's address holds its members and its threshold.";

/// Make sets of attestors on a Solana cluster, and attest models for them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Create(Create),
    Attest(Attest),
    Show(Show),
}

/// Make a set of attestors, which nobody can change.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  $ assay attestors create --member 7Kq1... --member 9aQd... --threshold 2"
)]
struct Create {
    /// One of the attestors, eight at most
    #[arg(long = "member", value_name = "ADDRESS", value_parser = address, required = true)]
    members: Vec<Address>,
    /// How many of them must attest a model
    #[arg(long, value_name = "N")]
    threshold: u8,
    #[command(flatten)]
    signing: Signing,
}

/// Attest a model, as a member of a set.
///
/// An attestor signs, for good: an attestation is never withdrawn. --vk and --model compare the model with the files that came out of the
/// ceremony, and nothing is sent where anything differs.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  $ assay attestors attest SET MODEL --vk model.vk --model model.assay --keypair member.json"
)]
struct Attest {
    /// Address of the set, which `assay attestors create` printed
    #[arg(value_name = "SET", value_parser = address)]
    set: Address,
    /// Address of the model
    #[arg(value_name = "MODEL", value_parser = address)]
    of: Address,
    /// Verifying key that the model has to have
    #[arg(long, value_name = "MODEL.vk")]
    vk: Option<PathBuf>,
    /// Compiled model whose schema the model has to have
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

/// Show who is in a set, and who of them attested a model.
///
/// Exit code 1: fewer than the set's threshold attested the model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay attestors show SET --of MODEL --url devnet")]
struct Show {
    /// Address of the set
    #[arg(value_name = "SET", value_parser = address)]
    set: Address,
    /// Address of the model that they may have attested
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    of: Option<Address>,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.step {
        Step::Create(args) => create(args),
        Step::Attest(args) => attest(args),
        Step::Show(args) => show(args),
    }
}

fn create(args: &Create) -> anyhow::Result<Outcome> {
    let mut members = args.members.clone();
    members.sort_unstable();
    let count = members.len();
    let twice = members.array_windows().find(|[one, other]| one == other);
    let fault = if let Some([member, _]) = twice {
        Some(format!("{member} is named twice"))
    } else if members.contains(&Address::default()) {
        Some(format!("{} is nobody's address", Address::default()))
    } else if count > MAX_ATTESTORS {
        Some(format!("{count} attestors, and a set has {MAX_ATTESTORS} at most"))
    } else if args.threshold == 0 || usize::from(args.threshold) > count {
        Some(format!("a threshold of {} for a set of {count}", args.threshold))
    } else {
        None
    };
    if let Some(fault) = fault {
        return Err(hinted(
            anyhow!(fault),
            "name each attestor once with --member, and with --threshold how many of them must attest",
        ));
    }
    let set = Attestors::new(args.threshold, &members);
    let wallet = args.signing.open()?;
    let is_there = told(registry::attestor_set(&wallet.target.rpc, &set.address()))?.is_some();
    let done = match is_there {
        true => None,
        false => {
            let instruction = set.create(wallet.payer());
            Some(wallet.act(instruction, attestor_set_account::LENGTH, None)?)
        }
    };
    let facts = Facts { set: set.address(), threshold: args.threshold, members, of: None };
    told_of(done.as_ref(), "created", "it is there already", &facts)
}

fn attest(args: &Attest) -> anyhow::Result<Outcome> {
    let key = args.vk.as_deref().map(artifacts::verifying_key).transpose()?.map(|key| key.to_interface());
    let file = args.model.as_deref().map(artifacts::model).transpose()?;
    let wallet = args.signing.open()?;
    let rpc = &wallet.target.rpc;
    let set = found(rpc, &args.set)?;
    let model = told(registry::model(rpc, &args.of))?;
    let Some(bit) = set.bit(&wallet.signer()).ok() else {
        return Err(hinted(
            anyhow!("{} signs, and is no member of the set", wallet.signer()),
            "--keypair names the key file of one; `assay attestors show` lists them",
        ));
    };
    if model.status().ok() == Some(Status::Retired) {
        return Err(hinted(
            anyhow!("the model was retired on {}", utc(model.retired_at)),
            "that is for good: nothing is left to attest",
        ));
    }
    let schema = file.as_ref().map(|file| file.model.schema());
    if let Some(differs) = registry::differences(&model, key.as_ref(), schema).first() {
        let (cluster, in_file) = (ui::escaped(&differs.cluster), ui::escaped(&differs.file));
        return Err(hinted(
            anyhow!("{} is {cluster} on the cluster, and {in_file} in the file", differs.what),
            "this is not the model of these files: `assay model show` lists all that differs",
        ));
    }
    let before = told(registry::attestation(rpc, &args.set, &args.of))?;
    let is_attested = before.as_ref().is_some_and(|attestation| attestation.bitmap & bit != 0);
    let done = match is_attested {
        true => None,
        false => {
            let instruction = verifier::attest(wallet.signer(), wallet.payer(), args.set, args.of);
            let length = if before.is_some() { 0 } else { attestation_account::LENGTH };
            Some(wallet.act(instruction, length, None)?)
        }
    };
    // It was attested, whether the server shows it by now or not.
    let is_sent = done.as_ref().is_some_and(Done::is_sent);
    let mut bitmap = before.map_or(0, |attestation| attestation.bitmap);
    bitmap |= if is_sent { bit } else { 0 };
    told_of(
        done.as_ref(),
        "attested",
        "it is attested already",
        &Facts::new(args.set, &set, Some((args.of, bitmap))),
    )
}

fn show(args: &Show) -> anyhow::Result<Outcome> {
    let rpc = args.connection.open()?.rpc;
    let set = found(&rpc, &args.set)?;
    let of = match args.of {
        None => None,
        Some(model) => {
            let said: Option<Attestation> = told(registry::attestation(&rpc, &args.set, &model))?;
            Some((model, said.map_or(0, |attestation| attestation.bitmap)))
        }
    };
    let facts = Facts::new(args.set, &set, of);
    print(
        || facts.json(),
        || {
            let mut text = ui::fields(&facts.lines());
            if facts.of.is_some() {
                text += &match facts.is_attested() {
                    true => format!("{}  by enough of the set\n", paint(GOOD, "attested")),
                    false => format!("{}  by enough of the set\n", paint(BAD, "not attested")),
                };
            }
            text
        },
    )?;
    Ok(if facts.is_attested() { Outcome::Valid } else { Outcome::Invalid })
}

fn found(rpc: &Rpc, address: &Address) -> anyhow::Result<AttestorSet> {
    match told(registry::attestor_set(rpc, address))? {
        Some(set) => Ok(set),
        None => Err(hinted(
            Error::Missing { kind: "set of attestors", address: *address },
            "is it the right cluster (--url)? `assay attestors create` makes a set, and prints its address",
        )),
    }
}

fn told_of(done: Option<&Done>, word: &'static str, already: &str, facts: &Facts) -> anyhow::Result<Outcome> {
    let is_sent = done.is_some_and(Done::is_sent);
    print(
        || {
            let transaction = done.map_or(Value::Null, Done::json);
            merged([facts.json(), json!({ "changed": is_sent, "transaction": transaction })])
        },
        || {
            let mut lines = facts.lines();
            lines.extend(done.map(Done::lines).unwrap_or_default());
            let head = match done {
                Some(done) => paint(GOOD, done.verb(word)).to_string(),
                None => format!("{}  nothing was sent", paint(GOOD, already)),
            };
            format!("{head}\n{}", ui::fields(&lines))
        },
    )?;
    Ok(Outcome::Valid)
}

/// A set, and which of its members attested a model.
struct Facts {
    set: Address,
    threshold: u8,
    members: Vec<Address>,
    /// The model, and a bit for each member.
    of: Option<(Address, u8)>,
}

impl Facts {
    fn new(address: Address, set: &AttestorSet, of: Option<(Address, u8)>) -> Self {
        let members = set.members().unwrap_or_default().to_vec();
        Self { set: address, threshold: set.threshold, members, of }
    }

    /// Whether enough of them did; where no model is asked about there is nothing that they did not.
    fn is_attested(&self) -> bool {
        self.of.is_none_or(|(_, bitmap)| bitmap.count_ones() >= self.threshold.into())
    }

    fn has_attested(&self, place: usize) -> bool {
        self.of.is_some_and(|(_, bitmap)| (bitmap >> place) & 1 == 1)
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("set", self.set.to_string()),
            ("threshold", format!("{} of {}", self.threshold, self.members.len())),
        ];
        lines.extend(self.of.map(|(model, _)| ("model", model.to_string())));
        for (place, member) in self.members.iter().enumerate() {
            let mark = if self.has_attested(place) { ", who attested it" } else { "" };
            lines.push(("member", format!("{member}{mark}")));
        }
        lines
    }

    fn json(&self) -> Value {
        let member = |(place, member): (usize, &Address)| {
            let attested = self.of.is_some().then(|| self.has_attested(place));
            json!({ "address": member.to_string(), "attested": attested })
        };
        let members: Vec<Value> = self.members.iter().enumerate().map(member).collect();
        json!({
            "set": self.set.to_string(),
            "threshold": self.threshold,
            "members": members,
            "model": self.of.map(|(model, _)| model.to_string()),
            "attested": self.of.is_some().then(|| self.is_attested()),
        })
    }
}
