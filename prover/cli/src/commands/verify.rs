//! `assay verify`: is this proof one of this statement, under this key?

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use assay::{
    CircuitBinding, Class, CommittedVerifier, Context, Error, Inputs, Keys, ProofFile, Salts, Scalar,
    SetupKind, Verified, Verifier,
};
use serde_json::{Value, json};

use crate::artifacts::{self, Model};
use crate::commands::{bytes32, element, print, setup_kind, show};
use crate::decisions;
use crate::failure::hinted;
use crate::inputs;
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, BAD, GOOD, STRONG, paint};
use crate::values;

const EXAMPLE: &str = "\
Examples:
  $ assay verify --vk model.vk --proof decision.proof
  $ assay verify --vk model.vk --proof decision.proof --model model.assay \\
      --input input.json --context 1f00...

The digest is recomputed from the statement in the proof file: context, public inputs or their
commitments, outputs. What a valid proof means depends on what you compare it with:
  --vk            the proof was made for this key; whose key it is, you must know
  --model         the key's file claims the model's circuit, and the proven values are shown in
                  the model's units. Nothing in a verifying key shows its circuit: someone who
                  made one for another circuit can write this digest into it. What the outputs
                  decide is made of them and of the bands that the model file claims: no field of
                  a proof says it
  --setup-record  the key is this model's: it is made again from the seed of its setup, and
                  compared (for development keys; takes what the setup took)
  --input         the statement is about this input (committed inputs need --salts, a member
                  input --membership: the statement shows neither its values nor a commitment.
                  Without them, ask for root and scope)
  --root, --scope the member input is in the tree with this root, and its nullifier is for this
                  scope. The prover chooses both: a tree of his own, with one leaf, is a tree
  --context       the statement was made for this purpose
  --commitment    the model's weights are those that were committed to, of a model compiled with
                  --weights committed; --registration-vk checks the commitment, and --address its
                  place, without which it may be a copy

Exit code 0: valid. Exit code 1: invalid. Exit code 2: the question could not be asked.";

/// Check a proof and its statement.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Verifying key, from `assay setup`
    #[arg(long, value_name = "MODEL.vk")]
    vk: PathBuf,
    /// Proof, from `assay prove`; - for standard input
    #[arg(long, value_name = "FILE.proof")]
    proof: PathBuf,
    /// Commitment to the model's weights, where the key is an architecture's: the proof must be for these
    #[arg(
        long,
        value_name = "FILE.commitment",
        requires = "registration_vk",
        conflicts_with = "setup_record"
    )]
    commitment: Option<PathBuf>,
    /// Verifying key of registrations, with which the commitment is checked
    #[arg(long, value_name = "MODEL.registration.vk", requires = "commitment")]
    registration_vk: Option<PathBuf>,
    /// The place that the commitment must be for: 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes32, requires = "commitment")]
    address: Option<[u8; 32]>,
    /// Compiled model: the key must claim its circuit, and the values are decoded
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Record of the key's setup: shows that the key is of the model's circuit
    #[arg(long, value_name = "FILE.secret", requires = "model")]
    setup_record: Option<PathBuf>,
    /// Input that the statement must be about: JSON or CSV, as for `assay prove`
    #[arg(long, value_name = "FILE", requires = "model")]
    input: Option<PathBuf>,
    /// Row of the input, counted from 1
    #[arg(long, value_name = "N", requires = "input")]
    row: Option<usize>,
    /// Salts of committed inputs, from `assay prove --save-salts`
    #[arg(long, value_name = "FILE", requires = "input")]
    salts: Option<PathBuf>,
    /// Membership of the member input, from `assay member path`: a secret, so this is for its holder
    #[arg(long, value_name = "FILE.json", requires = "input")]
    membership: Option<PathBuf>,
    /// Root that the member input's tree must have, from whoever keeps the tree
    #[arg(long, value_name = "HEX", value_parser = element, requires = "model")]
    root: Option<Scalar>,
    /// Scope that the member's nullifier must be for: 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes32, requires = "model")]
    scope: Option<[u8; 32]>,
    /// Context that the statement must have: 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    context: Option<[u8; 32]>,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    if let (Some(commitment), Some(registration)) = (&args.commitment, &args.registration_vk) {
        return committed(&args, commitment, registration);
    }
    let key = artifacts::verifying_key(&args.vk)?;
    let proof = artifacts::proof(&args.proof)?;
    let model = args.model.as_deref().map(artifacts::model).transpose()?;
    let mut verifier = Verifier::new(key);
    if let Some(model) = &model {
        artifacts::pair(model, &args.vk, verifier.key().circuit_digest())?;
        verifier = verifier.for_model(&model.model)?;
    }
    let expected = expected(&args, model.as_ref())?;
    let recomputed = recompute(&args, model.as_ref())?;
    let (setup, circuit, key) =
        (verifier.key().setup_kind(), verifier.key().circuit_digest(), verifier.key().digest());
    let answer = check(&args, verifier, model.as_ref(), recomputed.as_ref(), &proof, expected.as_ref());
    let verdict = match answer {
        Ok(verified) => Ok(verified),
        Err(error) if error.class() == Class::Invalid || matches!(error, Error::OtherKey { .. }) => {
            Err(error)
        }
        Err(error) => return Err(error.into()),
    };
    let has_member = model.as_ref().is_some_and(|model| model.model.member_input().is_some());
    if verdict.is_ok()
        && has_member
        && args.membership.is_none()
        && (args.root.is_none() || args.scope.is_none())
    {
        ui::warn(
            "root and scope are the prover's choice: --root and --scope ask for those that you know, or compare them",
        );
    }
    if verdict.is_ok() && setup == SetupKind::Development {
        ui::warn("this is a development key: whoever made it can forge proofs");
    }
    let facts = Facts { args: &args, proof: &proof, model: model.as_ref(), setup, circuit, key };
    print(|| facts.json(&verdict), || facts.text(&verdict))?;
    Ok(if verdict.is_ok() { Outcome::Valid } else { Outcome::Invalid })
}

/// The same for weights that are committed to.
fn committed(args: &Args, commitment: &Path, registration: &Path) -> anyhow::Result<Outcome> {
    let (key, registration) =
        (artifacts::weights_verifying_key(&args.vk)?, artifacts::weights_verifying_key(registration)?);
    let (commitment, proof) = (artifacts::commitment(commitment)?, artifacts::proof(&args.proof)?);
    let model = args.model.as_deref().map(artifacts::model).transpose()?;
    if let Some(model) = &model {
        artifacts::pair(model, &args.vk, key.circuit_digest())?;
    }
    let expected = expected(args, model.as_ref())?;
    let (setup, circuit, digest) = (key.setup_kind(), key.circuit_digest(), key.digest());
    let check = || -> Result<Verified, Error> {
        let mut verifier = CommittedVerifier::new(key, &registration, &commitment)?;
        if let Some(model) = &model {
            verifier = verifier.for_model(&model.model, &registration)?;
        }
        if let Some(address) = args.address.filter(|address| *address != commitment.address()) {
            let (expected, found) = (address.into(), commitment.address().into());
            return Err(Error::OtherContext { expected, found });
        }
        let verified = verifier.verify_file(&proof)?;
        expect(args, model.as_ref(), expected.as_ref(), verified)
    };
    let verdict = match check() {
        Err(error) if error.class() != Class::Invalid => return Err(error.into()),
        verdict => verdict,
    };
    if verdict.is_ok() && args.address.is_none() {
        ui::warn("a commitment can be copied: --address asks for the place that it was made for");
    }
    if verdict.is_ok() && setup == SetupKind::Development {
        ui::warn("this is a development key: whoever made it can forge proofs and commitments");
    }
    let facts = Facts { args, proof: &proof, model: model.as_ref(), setup, circuit, key: digest };
    print(|| facts.json(&verdict), || facts.text(&verdict))?;
    Ok(if verdict.is_ok() { Outcome::Valid } else { Outcome::Invalid })
}

/// What the statement must be about.
fn expected(args: &Args, model: Option<&Model>) -> anyhow::Result<Option<(Inputs, Salts)>> {
    let (Some(model), Some(path)) = (model, &args.input) else { return Ok(None) };
    let inputs = inputs::choose_one(model, path, args.row)?;
    if let (Some((name, _)), None) = (model.model.member_input(), &args.membership) {
        return Err(hinted(
            anyhow!(
                "input {name:?} is a member of a tree: the statement shows neither its values nor a commitment"
            ),
            "--membership names its holder's file; without it, leave --input out, and compare root and scope",
        ));
    }
    let inputs = inputs::with_membership(inputs, args.membership.as_deref())?;
    let salts = match &args.salts {
        Some(path) => inputs::read_salts(model, path)?,
        None => Salts::none(),
    };
    if let (Some(name), None) = (model.model.committed_inputs().next(), &args.salts) {
        return Err(hinted(
            anyhow!("input {name:?} is committed, and there is no salt for it"),
            "--salts names the file that `assay prove --save-salts` wrote",
        ));
    }
    Ok(Some((inputs, salts)))
}

/// The keys that the model and the record of a setup give.
fn recompute(args: &Args, model: Option<&Model>) -> anyhow::Result<Option<Keys>> {
    let (Some(model), Some(path)) = (model, &args.setup_record) else { return Ok(None) };
    let record = artifacts::setup_record(path)?;
    let keys = observed("making the key again", |observer| Keys::recompute(&model.model, &record, observer));
    Ok(Some(keys?))
}

fn check(
    args: &Args,
    mut verifier: Verifier,
    model: Option<&Model>,
    recomputed: Option<&Keys>,
    proof: &ProofFile,
    expected: Option<&(Inputs, Salts)>,
) -> Result<Verified, Error> {
    if let Some(keys) = recomputed {
        verifier = verifier.confirm(keys)?;
    }
    let verified = verifier.verify_file(proof)?;
    expect(args, model, expected, verified)
}

/// Fails unless a statement is about what was asked for.
fn expect(
    args: &Args,
    model: Option<&Model>,
    expected: Option<&(Inputs, Salts)>,
    verified: Verified,
) -> Result<Verified, Error> {
    if let Some(context) = args.context {
        verified.expect_context(Context::from(context))?;
    }
    if let Some((inputs, salts)) = expected {
        verified.expect_inputs(inputs, salts)?;
    }
    if let (Some(model), true) = (model, args.root.is_some() || args.scope.is_some()) {
        verified.expect_member(&model.model, args.root, args.scope)?;
    }
    Ok(verified)
}

/// What a verdict is about, valid or not.
struct Facts<'a> {
    args: &'a Args,
    proof: &'a ProofFile,
    model: Option<&'a Model>,
    setup: SetupKind,
    circuit: [u8; 32],
    key: [u8; 32],
}

impl Facts<'_> {
    fn json(&self, verdict: &Result<Verified, Error>) -> Value {
        let verified = verdict.as_ref().ok();
        let mut value = json!({
            "valid": verified.is_some(),
            "reason": verdict.as_ref().err().map(ToString::to_string),
            "code": verdict.as_ref().err().map(Error::code),
            "proof_file": show(&self.args.proof),
            "digest": self.proof.statement.digest().ok().map(|digest| digest.to_string()),
            "context": hex::encode(self.proof.statement.context),
            "circuit": hex::encode(self.circuit),
            "circuit_binding": verified.map(|verified| binding(verified.binding)),
            "key": hex::encode(self.key),
            "setup": setup_kind(self.setup),
        });
        if let (Some(model), Some(object)) = (self.model, value.as_object_mut()) {
            object.insert("model".into(), model.model.name().into());
        }
        if let (Some(tensors), Some(object)) =
            (verified.and_then(|v| v.tensors.as_ref()), value.as_object_mut())
        {
            object.insert("inputs".into(), json!(tensors.inputs));
            object.insert("outputs".into(), json!(tensors.outputs));
            object.insert("decisions".into(), json!(verified.map(|verified| &verified.decisions)));
        }
        value
    }

    fn text(&self, verdict: &Result<Verified, Error>) -> String {
        let verified = match verdict {
            Ok(verified) => verified,
            Err(reason) => {
                let reason = ui::escaped(&format!("{}: {reason}", self.args.proof.display()));
                return format!("{}  {reason}\n", paint(BAD, "invalid"));
            }
        };
        let mut text = format!("{}  {}\n", paint(GOOD, "valid"), self.args.proof.display());
        let mut lines = Vec::new();
        if let Some(model) = self.model {
            lines.push(("model", model.model.name().to_owned()));
        }
        let circuit = hex::encode(self.circuit);
        lines.push((
            "circuit",
            match verified.binding {
                CircuitBinding::Claimed => format!("{circuit}, as the key's file claims"),
                CircuitBinding::Recomputed => format!("{circuit}, recomputed from the setup record"),
            },
        ));
        lines.push(("setup", setup_kind(self.setup).to_owned()));
        lines.push(("digest", verified.digest.to_string()));
        lines.push(("context", hex::encode(self.proof.statement.context)));
        text += &ui::fields(&lines);
        if let Some(tensors) = &verified.tensors {
            for (title, tensors) in [("inputs", &tensors.inputs), ("outputs", &tensors.outputs)] {
                text += &format!("{}\n{}", paint(STRONG, title), values::table(tensors));
            }
        }
        text += &decisions::section(&verified.decisions);
        text
    }
}

fn binding(binding: CircuitBinding) -> &'static str {
    match binding {
        CircuitBinding::Claimed => "claimed",
        CircuitBinding::Recomputed => "recomputed",
    }
}
