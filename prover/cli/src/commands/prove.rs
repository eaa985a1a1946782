//! `assay prove`: model.assay + model.pk + an input -> decision.proof.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use assay_circuits::{Assignment, Witness};
use assay_groth16::{ProveError, Prover};
use assay_interface::artifact::{self, Kind};
use assay_interface::proof_file::ProofFile;
use assay_interface::statement::{Statement, TensorValue};
use rand::rngs::OsRng;
use serde_json::{Value, json};

use crate::artifacts::{self, Model};
use crate::cli::Outcome;
use crate::commands::{ARTIFACT, bytes32, circom, existing, print, show, sibling};
use crate::failure::{HintExt, SelfCheck};
use crate::files::{self, Access, Existing, Output};
use crate::inputs::{self, InputArgs, Salts};
use crate::ui::{self, STRONG, Spinner, bytes, duration, hex, paint};
use crate::values::{self, Content, Tensors};

const EXAMPLE: &str = "\
Examples:
  $ echo '{\"ltv\": 0.72, \"drawdown\": 0.11}' > input.json
  $ assay prove --model model.assay --key model.pk --input input.json -o decision.proof
  $ assay prove --model model.assay --key model.pk --input samples.csv --row 3 --json

Inputs are in the model's own units, as floats; the tool rounds each to the model's grid, and
refuses one outside its domain. Forms:
  JSON object   values by feature name, {\"ltv\": 0.72, ...},
                or by tensor name, {\"features\": [0.72, ...]}
  JSON array    the values in the model's order: [0.72, 0.11]
  CSV           a header with the feature names, one sample a row; --row chooses
Use - for JSON on standard input.

--context binds the proof to its use (an account, a nonce, a purpose): a verifier that asks
for a context accepts no proof made for another. Without it the context is zero, and the proof
says nothing about where it may be used.

A model compiled with --commit hides that input behind a salted commitment. The salts are
drawn fresh and saved with --save-salts; whoever holds them and the input can show later what
was committed to.

  $ assay prove --zkey circuit.zkey --wtns witness.wtns --proof proof.json --public public.json
proves for any circom circuit with a key of snarkjs; `snarkjs groth16 verify` takes the result.";

/// Arguments that mean nothing beside --zkey.
const MODEL_ONLY: [&str; 9] =
    ["model", "key", "input", "row", "context", "salts", "save_salts", "output", "witness"];

/// Prove what the model decides for an input.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(long, value_name = "MODEL.assay", required_unless_present = "zkey")]
    model: Option<PathBuf>,
    /// Proving key, from `assay setup`
    #[arg(long, value_name = "MODEL.pk", required_unless_present = "zkey")]
    key: Option<PathBuf>,
    /// Input in the model's own units: JSON or CSV, or - for JSON on standard input
    #[arg(long, value_name = "FILE", required_unless_present = "zkey")]
    input: Option<PathBuf>,
    /// Row of a CSV or list of inputs, counted from 1
    #[arg(long, value_name = "N")]
    row: Option<usize>,
    /// Context of the statement: 32 bytes in hexadecimal [default: zeros]
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    context: Option<[u8; 32]>,
    /// Use the salts in this file for committed inputs, instead of fresh ones
    #[arg(long, value_name = "FILE", conflicts_with = "save_salts")]
    salts: Option<PathBuf>,
    /// Save the fresh salts of committed inputs here, readable by the owner only
    #[arg(long, value_name = "FILE")]
    save_salts: Option<PathBuf>,
    /// Where the proof goes [default: the model's name with the ending .proof]
    #[arg(short, long, value_name = "FILE.proof")]
    output: Option<PathBuf>,
    /// Also write the witness, readable by the owner only: it holds every value of the computation
    #[arg(long, value_name = "FILE.wtns")]
    witness: Option<PathBuf>,
    /// Prove with a key of snarkjs instead: any circom circuit
    #[arg(long, value_name = "FILE.zkey", requires = "wtns", conflicts_with_all = MODEL_ONLY)]
    zkey: Option<PathBuf>,
    /// Witness for --zkey
    #[arg(long, value_name = "FILE.wtns", requires = "zkey")]
    wtns: Option<PathBuf>,
    /// Where the proof for --zkey goes [default: proof.json]
    #[arg(long, value_name = "FILE.json", requires = "zkey")]
    proof: Option<PathBuf>,
    /// Where the public signals for --zkey go [default: public.json]
    #[arg(long, value_name = "FILE.json", requires = "zkey")]
    public: Option<PathBuf>,
    /// Replace files that are not earlier outputs
    #[arg(long)]
    force: bool,
    /// Print the statement and the proof as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    if let Args { zkey: Some(zkey), wtns: Some(wtns), .. } = &args {
        let file = |path: &Option<PathBuf>, default: &str| path.clone().unwrap_or_else(|| default.into());
        return circom::run(&circom::Args {
            zkey: zkey.clone(),
            wtns: wtns.clone(),
            proof: file(&args.proof, "proof.json"),
            public: file(&args.public, "public.json"),
            force: args.force,
            json: args.json,
        });
    }
    let (Some(model_path), Some(key_path), Some(input)) = (&args.model, &args.key, &args.input) else {
        bail!("a proof needs --model, --key and --input, or --zkey and --wtns");
    };
    let model = artifacts::model(model_path)?;
    let integers = inputs::quantized(&model, &InputArgs { path: input, row: args.row })?;
    let salts = match &args.salts {
        Some(path) => inputs::read_salts(&model, path)?,
        None => inputs::fresh_salts(&model)?,
    };
    if !salts.is_empty() && args.salts.is_none() && args.save_salts.is_none() {
        ui::warn(
            "the salts of committed inputs are not saved: no one can show later what the commitments hold",
        );
    }
    let expected = inputs::statement_inputs(&model, &integers, Some(&salts))?;
    let outputs = Outputs::create(&args, model_path, &salts)?;

    let key = {
        let _spinner = Spinner::start("reading and checking the proving key");
        artifacts::proving_key(key_path)?
    };
    artifacts::pair(&model, key_path, key.circuit_digest())?;

    let context = args.context.unwrap_or_default();
    let circuit = &model.compiled.circuit;
    let assignment =
        Assignment { inputs: integers, context, salts: salts.iter().map(assay_groth16::element).collect() };
    let start = Instant::now();
    let witness = circuit.solve(&assignment).context("the circuit cannot be solved for this input")?;
    let solved = start.elapsed();
    let statement = statement(&model, context, &expected, &witness)?;
    let digest = statement.digest().context("the statement has no digest")?;
    if digest != assay_groth16::scalar(witness.digest()) {
        return Err(
            SelfCheck("the circuit and the interface disagree on the statement's digest".into()).into()
        );
    }
    let start = Instant::now();
    let proof = {
        let _spinner = Spinner::start("proving");
        let prover = Prover::new(&key, circuit)?;
        prover.prove(&witness, &mut OsRng).map_err(|error| match error {
            ProveError::Unsatisfied(violation) => {
                SelfCheck(format!("the witness is not valid: {violation}")).into()
            }
            other => anyhow::Error::new(other),
        })?
    };
    let proved = start.elapsed();
    assay_groth16::verify(key.verifying_key(), &proof, &digest)
        .map_err(|error| SelfCheck(format!("the fresh proof does not verify: {error}")))
        .hint(|| "the proving key is damaged in a way its checks do not see, or this is a bug: run the setup again")?;

    let file = ProofFile { proof: proof.to_interface(), statement, key: key.verifying_key().digest() };
    let tensors = model.decode(&file.statement)?;
    let written = outputs.commit(&file, &witness, &model, &salts)?;
    report(&args, &model, &file, &digest.to_string(), &tensors, &written, [solved, proved])?;
    Ok(Outcome::Valid)
}

/// The statement that the witness proves, as the interface encodes it.
fn statement(
    model: &Model,
    context: [u8; 32],
    inputs: &[Content],
    witness: &Witness,
) -> anyhow::Result<Statement> {
    let inputs: Vec<TensorValue<'_>> = inputs
        .iter()
        .map(|content| match content {
            Content::Values(values) => TensorValue::Values(values),
            Content::Commitment(commitment) => TensorValue::Commitment(*commitment),
        })
        .collect();
    let outputs: Vec<&[i64]> = witness.outputs().iter().map(Vec::as_slice).collect();
    Statement::new(&model.compiled.schema, context, &inputs, &outputs).context("no statement can be made")
}

/// The files that will be written, all or none.
struct Outputs {
    proof: Output,
    witness: Option<Output>,
    salts: Option<Output>,
}

impl Outputs {
    fn create(args: &Args, model: &Path, salts: &Salts) -> anyhow::Result<Outputs> {
        let path = args.output.clone().unwrap_or_else(|| sibling(model, Kind::Proof.extension()));
        let artifact = existing(args.force, ARTIFACT);
        let witness = args.witness.as_deref().map(|path| Output::create(path, artifact, Access::Private));
        // Salts that are lost cannot be drawn again: an existing file stays.
        let keep = if args.force { Existing::Force } else { Existing::Refuse };
        let save = args.save_salts.as_deref().filter(|_| !salts.is_empty());
        if args.save_salts.is_some() && save.is_none() {
            ui::warn("the model commits to no input: there are no salts to save");
        }
        let salts = save.map(|path| Output::create(path, keep, Access::Private));
        Ok(Outputs {
            proof: Output::create(&path, artifact, Access::Shared)?,
            witness: witness.transpose()?,
            salts: salts.transpose()?,
        })
    }

    /// Writes them and gives the proof's path and size.
    fn commit(
        self,
        proof: &ProofFile,
        witness: &Witness,
        model: &Model,
        salts: &Salts,
    ) -> anyhow::Result<(PathBuf, u64)> {
        let path = self.proof.path().to_owned();
        let bytes = proof.to_bytes();
        let size = bytes.len() as u64;
        let mut group = vec![(self.proof, bytes)];
        if let Some(output) = self.witness {
            group.push((output, artifact::encode(Kind::Witness, model.circuit_digest, &witness.to_bytes())));
        }
        if let Some(output) = self.salts {
            group.push((output, inputs::salts_to_json(model, salts).into_bytes()));
        }
        files::commit(group)?;
        Ok((path, size))
    }
}

fn report(
    args: &Args,
    model: &Model,
    file: &ProofFile,
    digest: &str,
    tensors: &Tensors,
    (path, size): &(PathBuf, u64),
    [solved, proved]: [Duration; 2],
) -> anyhow::Result<()> {
    ui::note(&format!("witness {}, proof {}", duration(solved), duration(proved)));
    let value = || -> Value {
        json!({
            "proof_file": show(path),
            "model": model.compiled.schema.name(),
            "circuit": hex(&model.circuit_digest),
            "key": hex(&file.key),
            "digest": digest,
            "domain": file.statement.domain.to_string(),
            "context": hex(&file.statement.context),
            "limbs": file.statement.limbs.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "proof": hex(file.proof.as_bytes()),
            "inputs": values::to_json(&tensors.inputs),
            "outputs": values::to_json(&tensors.outputs),
        })
    };
    let text = || {
        let fields = ui::fields(&[
            ("proof", format!("{} ({})", path.display(), bytes(*size))),
            ("model", model.compiled.schema.name().to_owned()),
            ("digest", digest.to_owned()),
            ("context", hex(&file.statement.context)),
        ]);
        format!("{fields}{}\n{}", paint(STRONG, "outputs"), values::table(&tensors.outputs, 64))
    };
    print(args.json, value, text)
}
