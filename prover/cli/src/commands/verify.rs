//! `assay verify`: is this proof one of this statement, under this key?

use assay_interface::proof_file::ProofFile;
use std::path::PathBuf;

use anyhow::Context;
use assay_groth16::{Proof, SetupKind, VerifyingKey};
use serde_json::{Value, json};

use crate::artifacts::{self, Model};
use crate::cli::Outcome;
use crate::commands::{bytes32, print, show};
use crate::inputs::{self, InputArgs};
use crate::ui::{self, BAD, GOOD, STRONG, hex, paint};
use crate::values::{self, Content, Tensors};

const EXAMPLE: &str = "\
Examples:
  $ assay verify --vk model.vk --proof decision.proof
  $ assay verify --vk model.vk --proof decision.proof --model model.assay \\
      --input input.json --context 1f00...

The digest is recomputed from the statement in the proof file: context, public inputs or their
commitments, outputs. What a valid proof means depends on what you compare it with:
  --vk        the proof was made for this key; whose key it is, you must know (or use --model)
  --model     the key is of this model's circuit, and the proven values are shown in its units
  --input     the statement is about this input (committed inputs need --salts)
  --context   the statement was made for this purpose

Exit code 0: valid. Exit code 1: invalid, or the question could not be asked.";

/// Most elements of one tensor that the text form lists; --json lists all.
const LISTED: usize = 64;

/// Check a proof and its statement.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Verifying key, from `assay setup`
    #[arg(long, value_name = "MODEL.vk")]
    vk: PathBuf,
    /// Proof, from `assay prove`
    #[arg(long, value_name = "FILE.proof")]
    proof: PathBuf,
    /// Compiled model: the key must be its key, and the values are decoded
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Input that the statement must be about: JSON or CSV, as for `assay prove`
    #[arg(long, value_name = "FILE", requires = "model")]
    input: Option<PathBuf>,
    /// Row of a CSV or list of inputs, counted from 1
    #[arg(long, value_name = "N", requires = "input")]
    row: Option<usize>,
    /// Salts of committed inputs, from `assay prove --save-salts`
    #[arg(long, value_name = "FILE", requires = "input")]
    salts: Option<PathBuf>,
    /// Context that the statement must have: 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    context: Option<[u8; 32]>,
    /// Print the verdict as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let key = artifacts::verifying_key(&args.vk)?;
    let proof = artifacts::proof(&args.proof)?;
    let model = args.model.as_deref().map(artifacts::model).transpose()?;
    if let Some(model) = &model {
        artifacts::pair(model, &args.vk, key.circuit_digest())?;
    }
    let expected = match (&model, &args.input) {
        (Some(model), Some(path)) => {
            let input = InputArgs { path, row: args.row };
            let integers = inputs::quantized(model, &input)?;
            let salts = args.salts.as_deref().map(|path| inputs::read_salts(model, path)).transpose()?;
            Some(inputs::statement_inputs(model, &integers, salts.as_deref())?)
        }
        _ => None,
    };

    let digest = proof.statement.digest().context("the statement has no digest")?;
    let mut reason = refusal(&args, &key, &proof)?;
    let mut tensors = None;
    if let Some(model) = &model {
        match model.decode(&proof.statement) {
            Ok(decoded) => {
                if let Some(expected) = &expected {
                    reason = reason.or_else(|| other_input(expected, &decoded));
                }
                tensors = Some(decoded);
            }
            Err(error) => reason = reason.or_else(|| Some(format!("{error:#}"))),
        }
    }
    let verdict =
        Verdict { args: &args, key: &key, proof: &proof, digest: digest.to_string(), model, tensors, reason };
    if verdict.reason.is_none() && key.setup_kind() == SetupKind::Development {
        ui::warn("this is a development key: whoever made it can forge proofs");
    }
    print(args.json, || verdict.json(), || verdict.text())?;
    Ok(if verdict.reason.is_none() { Outcome::Valid } else { Outcome::Invalid })
}

/// Why the proof is not one of its statement under the key, if it is not.
fn refusal(args: &Args, key: &VerifyingKey, proof: &ProofFile) -> anyhow::Result<Option<String>> {
    if proof.key != key.digest() {
        return Ok(Some(format!(
            "the proof was made for key {}, and {} is key {}",
            artifacts::short(&proof.key),
            args.vk.display(),
            artifacts::short(&key.digest())
        )));
    }
    if let Some(context) = args.context.filter(|context| *context != proof.statement.context) {
        return Ok(Some(format!(
            "the statement has context {}, not {}",
            hex(&proof.statement.context),
            hex(&context)
        )));
    }
    let digest = proof.statement.digest().context("the statement has no digest")?;
    let verified =
        Proof::from_interface(&proof.proof).and_then(|proof| assay_groth16::verify(key, &proof, &digest));
    Ok(verified.err().map(|error| error.to_string()))
}

/// The first tensor in which the statement's input is another than the one given.
fn other_input(expected: &[Content], tensors: &Tensors) -> Option<String> {
    let (tensor, content) =
        tensors.inputs.iter().zip(expected).find(|(tensor, content)| tensor.content != **content)?;
    Some(match (&tensor.content, content) {
        (Content::Values(stated), Content::Values(given)) => {
            let index =
                stated.iter().zip(given).position(|(stated, given)| stated != given).unwrap_or_default();
            let at = |values: &[i64]| {
                let q = values.get(index).copied().unwrap_or_default();
                format!("{} (integer {q})", values::real(q, tensor.schema.scale))
            };
            format!(
                "the statement is about another input: {} is {} there, {} in the input given",
                tensor.names.get(index).unwrap_or(&tensor.schema.name),
                at(stated),
                at(given)
            )
        }
        _ => {
            format!("the statement is about another input: the commitment to {} differs", tensor.schema.name)
        }
    })
}

struct Verdict<'a> {
    args: &'a Args,
    key: &'a VerifyingKey,
    proof: &'a ProofFile,
    digest: String,
    model: Option<Model>,
    tensors: Option<Tensors>,
    reason: Option<String>,
}

impl Verdict<'_> {
    fn setup(&self) -> &'static str {
        match self.key.setup_kind() {
            SetupKind::Development => "development",
            SetupKind::Ceremony => "ceremony",
        }
    }

    fn json(&self) -> Value {
        let mut value = json!({
            "valid": self.reason.is_none(),
            "reason": self.reason,
            "proof_file": show(&self.args.proof),
            "digest": self.digest,
            "context": hex(&self.proof.statement.context),
            "circuit": hex(&self.key.circuit_digest()),
            "key": hex(&self.key.digest()),
            "setup": self.setup(),
        });
        if let (Some(model), Some(tensors), Some(object)) =
            (&self.model, &self.tensors, value.as_object_mut())
        {
            object.insert("model".into(), model.compiled.schema.name().into());
            object.insert("inputs".into(), values::to_json(&tensors.inputs));
            object.insert("outputs".into(), values::to_json(&tensors.outputs));
        }
        value
    }

    fn text(&self) -> String {
        if let Some(reason) = &self.reason {
            return format!("{}  {}: {reason}\n", paint(BAD, "invalid"), self.args.proof.display());
        }
        let mut text = format!("{}  {}\n", paint(GOOD, "valid"), self.args.proof.display());
        let mut lines = vec![
            ("circuit", hex(&self.key.circuit_digest())),
            ("setup", self.setup().to_owned()),
            ("digest", self.digest.clone()),
            ("context", hex(&self.proof.statement.context)),
        ];
        if let Some(model) = &self.model {
            lines.insert(0, ("model", model.compiled.schema.name().to_owned()));
        }
        text += &ui::fields(&lines);
        if let Some(tensors) = &self.tensors {
            for (title, tensors) in [("inputs", &tensors.inputs), ("outputs", &tensors.outputs)] {
                text += &format!("{}\n{}", paint(STRONG, title), values::table(tensors, LISTED));
            }
        }
        text
    }
}
