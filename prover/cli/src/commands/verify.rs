//! `assay verify`: is this proof one of this statement, under this key?

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use assay::{
    CircuitBinding, Class, CommittedVerifier, Context, Error, Inputs, Keys, ProofFile, Salts, Scalar,
    SetupKind, Verified, Verifier, VerifyingKey,
};
use serde_json::{Value, json};

use crate::artifacts::{self, Model};
use crate::commands::{bytes32, ceremony, element, print, setup_kind, show};
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
  --transcript    the key is this model's, and came out of this ceremony, whose first phase is
                  --ptau: what `assay ceremony verify --vk` shows
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
    /// Transcript of the key's ceremony: shows that the key is of the model's circuit, and who contributed
    #[arg(long, value_name = "FILE", requires_all = ["model", "ptau"], conflicts_with_all = ["setup_record", "commitment"])]
    transcript: Option<PathBuf>,
    /// The first phase that the ceremony began from
    #[arg(long, value_name = "FILE.ptau", requires = "transcript")]
    ptau: Option<PathBuf>,
    #[command(flatten)]
    trusted: ceremony::Trusted,
    /// Hash of a contribution that must be in the transcript; may be repeated
    #[arg(long, value_name = "HEX", value_parser = bytes32, requires = "transcript")]
    contribution: Vec<[u8; 32]>,
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
    let ceremony = ceremony_of(&args, model.as_ref(), verifier.key())?;
    let (setup, circuit, key) =
        (verifier.key().setup_kind(), verifier.key().circuit_digest(), verifier.key().digest());
    let (ceremony, refused) = match ceremony {
        Some(Ok(verified)) => (Some(verified), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let answer = check(&args, verifier, model.as_ref(), recomputed.as_ref(), &proof, expected.as_ref());
    let verdict = match (answer, refused) {
        (_, Some(error)) => Err(Reason::Ceremony(error)),
        (Ok(verified), None) => Ok(verified),
        (Err(error), None) if error.class() == Class::Invalid || matches!(error, Error::OtherKey { .. }) => {
            Err(Reason::Proof(error))
        }
        (Err(error), None) => return Err(error.into()),
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
    if verdict.is_ok() && setup == SetupKind::Ceremony && ceremony.is_none() {
        ui::warn(
            "that the key comes from a ceremony is what its file claims: --transcript and --ptau verify it",
        );
    }
    let model = model.as_ref();
    let facts = Facts { args: &args, proof: &proof, model, setup, circuit, key, ceremony: ceremony.as_ref() };
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
        verdict => verdict.map_err(Reason::Proof),
    };
    if verdict.is_ok() && args.address.is_none() {
        ui::warn("a commitment can be copied: --address asks for the place that it was made for");
    }
    if verdict.is_ok() && setup == SetupKind::Development {
        ui::warn("this is a development key: whoever made it can forge proofs and commitments");
    }
    let model = model.as_ref();
    let facts = Facts { args, proof: &proof, model, setup, circuit, key: digest, ceremony: None };
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

/// What the transcript says of the key, if there is one. An error that is no answer is the command's.
fn ceremony_of(
    args: &Args,
    model: Option<&Model>,
    key: &VerifyingKey,
) -> anyhow::Result<Option<Result<assay_ceremony::Verified, assay_ceremony::Error>>> {
    let (Some(model), Some(path), Some(ptau)) = (model, &args.transcript, &args.ptau) else {
        return Ok(None);
    };
    let (transcript, file) = (ceremony::transcript(path)?, ceremony::ptau(ptau)?);
    args.trusted.expect(&file.phase1().map_err(|error| ceremony::advised(error.into()))?.identity())?;
    let verified = observed("verifying the key's ceremony", |observer| {
        let (circuit, phase1) = (model.model.circuit(), file.phase1()?);
        assay_ceremony::verify_verifying_key(circuit, &phase1, &transcript, key, &args.contribution, observer)
    });
    match verified {
        Err(error) if ceremony::is_no_answer(&error) => Err(ceremony::advised(error)),
        verified => Ok(Some(verified)),
    }
}

/// Why a proof is not valid.
#[derive(Debug, thiserror::Error)]
enum Reason {
    /// The proof, or what it is compared with.
    #[error(transparent)]
    Proof(Error),
    /// The key is not the ceremony's.
    #[error("the key is not the one of this ceremony: {0}")]
    Ceremony(assay_ceremony::Error),
}

impl Reason {
    fn code(&self) -> &'static str {
        match self {
            Reason::Proof(error) => error.code(),
            Reason::Ceremony(_) => "ceremony",
        }
    }
}

/// What a verdict is about, valid or not.
struct Facts<'a> {
    args: &'a Args,
    proof: &'a ProofFile,
    model: Option<&'a Model>,
    setup: SetupKind,
    circuit: [u8; 32],
    key: [u8; 32],
    /// What the transcript of the key's ceremony has shown.
    ceremony: Option<&'a assay_ceremony::Verified>,
}

impl Facts<'_> {
    fn json(&self, verdict: &Result<Verified, Reason>) -> Value {
        let verified = verdict.as_ref().ok();
        let mut value = json!({
            "valid": verified.is_some(),
            "reason": verdict.as_ref().err().map(ToString::to_string),
            "code": verdict.as_ref().err().map(Reason::code),
            "proof_file": show(&self.args.proof),
            "digest": self.proof.statement.digest().ok().map(|digest| digest.to_string()),
            "context": hex::encode(self.proof.statement.context),
            "circuit": hex::encode(self.circuit),
            "circuit_binding": verified.map(|verified| self.binding(verified.binding)),
            "key": hex::encode(self.key),
            "setup": if self.ceremony.is_some() { "ceremony" } else { setup_kind(self.setup) },
            "setup_binding": self.setup_binding(),
            "ceremony": self.ceremony.map(ceremony::verified_json),
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

    /// What ties the key to its circuit.
    fn binding(&self, binding: CircuitBinding) -> &'static str {
        match (self.ceremony, binding) {
            (Some(_), _) => "ceremony",
            (None, CircuitBinding::Claimed) => "claimed",
            (None, CircuitBinding::Recomputed) => "recomputed",
        }
    }

    /// Whether the key's word on its setup was verified. That of a development key needs no verification: it claims nothing.
    fn setup_binding(&self) -> &'static str {
        if self.ceremony.is_some() { "verified" } else { "claimed" }
    }

    /// The setup, and who says so.
    fn setup(&self) -> String {
        match (self.setup, self.ceremony) {
            (_, Some(verified)) => format!(
                "ceremony of {} contributions, verified by its transcript {}",
                verified.contributors.len(),
                hex::encode(verified.transcript)
            ),
            (SetupKind::Ceremony, None) => "ceremony, as the key's file claims: not verified".into(),
            (SetupKind::Development, None) => setup_kind(self.setup).into(),
        }
    }

    fn text(&self, verdict: &Result<Verified, Reason>) -> String {
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
            match self.binding(verified.binding) {
                "ceremony" => format!("{circuit}, verified by the ceremony's transcript"),
                "recomputed" => format!("{circuit}, recomputed from the setup record"),
                _ => format!("{circuit}, as the key's file claims"),
            },
        ));
        lines.push(("setup", self.setup()));
        lines.extend(self.ceremony.into_iter().flat_map(ceremony::ceremony_lines));
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
