//! `assay run`: model.assay + inputs -> outputs, layer by layer, without keys and without a proof.

use std::path::{Path, PathBuf};

use assay::{Context, Execution, Inputs, LayerTrace, OutputDecision, Outputs, Salts};
use serde_json::{Value, json};

use crate::artifacts::{self, Model};
use crate::commands::{bytes32, print, show};
use crate::decisions;
use crate::failure;
use crate::files::{self, Claims, Force, Product};
use crate::inputs::{self, Ranges, Rows};
use crate::outcome::Outcome;
use crate::ui::{self, STRONG, Table, paint};
use crate::values;

const EXAMPLE: &str = "\
Examples:
  $ assay run --model model.assay --input input.json
  $ assay run --model model.assay --input samples.csv --row 3 --trace
  $ assay run --model model.assay --input samples.csv --all --json | jq -c '.rows[].outputs'

Computes what a proof would show, in the model's integers, in microseconds. No keys are needed,
and nothing is proven. Of many rows, those that the model does not take (a value outside its
declared domain) are marked, and the exit code is 1. --trace lists what each layer computed.
--witness solves the circuit and saves the values of all its wires.";

/// Integers of one layer that the text form lists; --json lists all.
const SHOWN: usize = 6;

/// Compute what the model decides for an input, without a proof.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(long, value_name = "MODEL.assay")]
    model: PathBuf,
    /// Weights of the model, where it was compiled with --weights committed: a secret
    #[arg(long, value_name = "FILE.weights")]
    weights: Option<PathBuf>,
    /// Inputs in the model's own units: JSON, CSV, .npy or .npz; - for standard input
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Row of the inputs, counted from 1
    #[arg(long, value_name = "N", conflicts_with_all = ["rows", "all"])]
    row: Option<usize>,
    /// Rows of the inputs, such as 1-100,205
    #[arg(long, value_name = "ROWS", conflicts_with = "all")]
    rows: Option<Ranges>,
    /// Every row of the inputs
    #[arg(long)]
    all: bool,
    /// List what each layer computes
    #[arg(long, conflicts_with_all = ["rows", "all"])]
    trace: bool,
    /// Also solve the circuit and write the witness, readable by the owner only
    #[arg(long, value_name = "FILE.wtns", conflicts_with_all = ["rows", "all"])]
    witness: Option<PathBuf>,
    /// Context of the statement that the witness is of: 32 bytes in hexadecimal [default: zeros]
    #[arg(long, value_name = "HEX", value_parser = bytes32, requires = "witness")]
    context: Option<[u8; 32]>,
    /// Salts of committed inputs for the witness [default: fresh ones]
    #[arg(long, value_name = "FILE", requires = "witness")]
    salts: Option<PathBuf>,
    /// What shows that the member input is in its tree, for the witness: from `assay member path`
    #[arg(long, value_name = "FILE.json", requires = "witness")]
    membership: Option<PathBuf>,
    /// Replace files that this command would not make again
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let model = artifacts::model_with(&args.model, args.weights.as_deref())?;
    let rows = Rows::chosen(args.row, args.rows.clone(), args.all);
    if rows.are_many() { many(&model, &args.input, &rows) } else { one(&model, &args) }
}

fn one(model: &Model, args: &Args) -> anyhow::Result<Outcome> {
    let inputs = inputs::choose_one(model, &args.input, args.row)?;
    let outputs = model.model.evaluate(&inputs)?;
    let decisions = model.model.decide(&inputs)?;
    let trace = match args.trace {
        true => Some(model.model.trace(&inputs)?.layers),
        false => None,
    };
    let execution = match &args.witness {
        Some(path) => Some(write_witness(model, args, path, &inputs)?),
        None => None,
    };
    let value = || {
        let mut value = json!({
            "model": model.model.name(),
            "inputs": inputs.tensors(),
            "outputs": outputs.tensors(),
            "decisions": decisions,
        });
        if let (Some(trace), Some(object)) = (&trace, value.as_object_mut()) {
            object.insert("trace".into(), trace_json(trace));
        }
        if let (Some(execution), Some(object)) = (&execution, value.as_object_mut()) {
            object.insert("witness_file".into(), args.witness.as_deref().map(show).into());
            object.insert("digest".into(), execution.digest().to_string().into());
        }
        value
    };
    let text = || {
        let mut text = String::new();
        let mut section = |title: &str, body: &str| text += &format!("{}\n{body}", paint(STRONG, title));
        section("inputs, as rounded", &values::table(&inputs.tensors()));
        if let Some(trace) = &trace {
            section("layers", &trace_table(trace));
        }
        section("outputs", &values::table(&outputs.tensors()));
        text + &decisions::section(&decisions)
    };
    print(value, text)?;
    Ok(Outcome::Valid)
}

fn write_witness(model: &Model, args: &Args, path: &Path, inputs: &Inputs) -> anyhow::Result<Execution> {
    let salts = match &args.salts {
        Some(path) => inputs::read_salts(model, path)?,
        None => Salts::draw(&model.model, &mut assay::system_rng()?),
    };
    let inputs = inputs::with_membership(inputs.clone(), args.membership.as_deref())?;
    let read = [&args.model, &args.input]
        .into_iter()
        .chain(&args.salts)
        .chain(&args.membership)
        .chain(&args.weights)
        .map(PathBuf::as_path);
    let output = Claims::reading(read).output(path, Product::Witness, Force::from(args.force))?;
    let context = Context::from(args.context.unwrap_or_default());
    let execution = model.model.execute(&inputs, context, &salts)?;
    files::commit(vec![(output, execution.to_secret_bytes())])?;
    ui::note(&format!("wrote {}: it holds every value of the computation", path.display()));
    Ok(execution)
}

/// A row counted from 1, with its outputs and what they decide, or why there are none.
type Answer = (usize, anyhow::Result<(Outputs, Vec<OutputDecision>)>);

fn many(model: &Model, path: &Path, rows: &Rows) -> anyhow::Result<Outcome> {
    let chosen = inputs::choose_each(model, path, rows)?.rows;
    let evaluate = |inputs: Inputs| Ok((model.model.evaluate(&inputs)?, model.model.decide(&inputs)?));
    let answers: Vec<Answer> =
        chosen.into_iter().map(|(row, inputs)| (row, inputs.and_then(evaluate))).collect();
    print(|| many_json(model, &answers), || many_table(&answers))?;
    let refused: Vec<&anyhow::Error> =
        answers.iter().filter_map(|(_, answer)| answer.as_ref().err()).collect();
    let Some(first) = refused.first() else { return Ok(Outcome::Valid) };
    let (message, hint) = (failure::message(first), failure::hints(first).join("; "));
    ui::warn(&format!("{} of {} rows are refused: {message}; {hint}", refused.len(), answers.len()));
    Ok(Outcome::Invalid)
}

fn many_json(model: &Model, answers: &[Answer]) -> Value {
    let row = |(row, answer): &Answer| match answer {
        Ok((outputs, decisions)) => {
            json!({ "row": row, "outputs": outputs.tensors(), "decisions": decisions })
        }
        Err(error) => json!({ "row": row, "refused": failure::message(error) }),
    };
    json!({
        "model": model.model.name(),
        "refused": answers.iter().filter(|(_, answer)| answer.is_err()).count(),
        "rows": answers.iter().map(row).collect::<Vec<_>>(),
    })
}

fn many_table(answers: &[Answer]) -> String {
    let mut table = Table::new(["row", "name", "value", "integer"]);
    for (row, answer) in answers {
        let Ok((outputs, _)) = answer else {
            table.row([row.to_string(), "refused".into(), String::new(), String::new()]);
            continue;
        };
        for tensor in outputs.tensors() {
            let Some(integers) = tensor.integers() else { continue };
            let meanings = integers.iter().zip(assay::reals(&tensor.schema, integers));
            for (at, (name, (q, meaning))) in tensor.names.iter().zip(meanings).enumerate() {
                let meaning = values::meaning(&tensor, at, meaning);
                table.row([row.to_string(), name.clone(), meaning, q.to_string()]);
            }
        }
    }
    table.render()
}

fn trace_json(trace: &[LayerTrace]) -> Value {
    trace
        .iter()
        .map(|layer| {
            json!({
                "layer": layer.name,
                "kind": layer.kind,
                "shape": layer.shape,
                "scale": layer.scale,
                "values": layer.reals(),
                "integers": layer.integers,
            })
        })
        .collect()
}

fn trace_table(trace: &[LayerTrace]) -> String {
    let mut table = Table::new(["layer", "kind", "shape", "scale", "least", "greatest", "integers"]);
    for layer in trace {
        let bound = |value: Option<&i64>| value.map_or_else(String::new, i64::to_string);
        let mut first: Vec<String> = layer.integers.iter().take(SHOWN).map(i64::to_string).collect();
        if layer.integers.len() > SHOWN {
            first.push("...".into());
        }
        table.row([
            layer.name.clone(),
            layer.kind.clone(),
            layer.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x"),
            layer.scale.to_string(),
            bound(layer.integers.iter().min()),
            bound(layer.integers.iter().max()),
            first.join(" "),
        ]);
    }
    table.render()
}
