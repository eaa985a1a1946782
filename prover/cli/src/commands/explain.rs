//! `assay explain`: for one input, the float model beside the integers, layer by layer.

use std::path::PathBuf;

use anyhow::Context;
use assay::{Causes, Clamped, Explanation, LayerExplanation, OutputDecision, OutputExplanation, Widths};
use assay_compiler::report::{real, real_up};
use serde_json::{Value, json};

use crate::artifacts::{self, Model};
use crate::commands::compile::read_model;
use crate::commands::{beside, print, show};
use crate::decisions;
use crate::inputs::{self, read_samples};
use crate::outcome::Outcome;
use crate::ui::{self, LOUD, STRONG, Table, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay explain model.assay input.json
  $ assay explain model.assay samples.csv --row 3 --onnx trained.onnx
  $ assay explain model.assay input.json --json | jq '.layers[] | {name, worst}'

Computes one input twice, in the float model of the ONNX file and in the model's integers, and shows
of each layer the value where the two are furthest apart:
  float, integers  the value in both, in the float model's own units
  error            the integers' less the float model's
  at most          what is certified of that error's size, for every input of the declared domain

Then where each output's error comes from. Every number is what that layer adds to the output, by one
cause; together they are the error:
  weights          weights and constants that are integers
  rounding         sums that are rounded
  saturation       values that are clamped: to what a format holds, or a table has entries for
  tables           entries of tables, and other operators on integers

A value that is clamped is named, with what to do about it. No keys are needed, and nothing is proven.
The ONNX file is compared with the digest in the model. The calibration data is needed for bounds of
trees, and where the compiler brought values of some functions to one size.";

/// Compare the float model with the integers for one input, layer by layer.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(value_name = "MODEL.assay")]
    model: PathBuf,
    /// Weights of the model, where it was compiled with --weights committed: a secret
    #[arg(long, value_name = "FILE.weights")]
    weights: Option<PathBuf>,
    /// Input in the model's own units: JSON, CSV, .npy or .npz; - for standard input
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// Row of the inputs, counted from 1
    #[arg(long, value_name = "N")]
    row: Option<usize>,
    /// ONNX file that the model was compiled from [default: beside the model, with its name]
    #[arg(long, value_name = "FILE.onnx")]
    onnx: Option<PathBuf>,
    /// Calibration data that the model was compiled with
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let model = artifacts::model_with(&args.model, args.weights.as_deref())?;
    let row = inputs::choose_real(&model, &args.input, args.row)?;
    let path = match &args.onnx {
        Some(path) => path.clone(),
        None => beside(&args.model, "onnx")?,
    };
    let onnx = read_model(&path)?;
    let samples = args.calibration.as_ref().map(|path| read_samples(path, "calibration file")).transpose()?;
    let explanation = model.model.explain(&onnx, samples.as_ref(), &row).with_context(|| show(&path))?;
    let decisions = model.model.decide(&model.model.quantize(&row)?)?;
    let (json, text) =
        (|| to_json(&model, &explanation, &decisions), || to_text(&model, &explanation, &decisions));
    print(json, text)?;
    Ok(Outcome::Valid)
}

fn to_json(model: &Model, explanation: &Explanation, decisions: &[OutputDecision]) -> Value {
    let Explanation { layers, outputs, unbounded } = explanation;
    json!({
        "file": show(&model.path),
        "model": model.model.name(),
        "layers": layers,
        "outputs": outputs,
        "decisions": decisions,
        "unbounded": unbounded,
        "clamped": layers.iter().filter_map(|layer| advice(model, layer)).collect::<Vec<_>>(),
    })
}

fn to_text(model: &Model, explanation: &Explanation, decisions: &[OutputDecision]) -> String {
    let Explanation { layers, outputs, unbounded } = explanation;
    let mut text = format!("{}  {}\n", paint(STRONG, "explained"), show(&model.path));
    let mut table =
        Table::new(["output", "element", "float", "integers", "error", "at most", "inputs' rounding"]);
    for output in outputs {
        let OutputExplanation { name, is_of_scores, worst, input_rounding, .. } = output;
        let name = if *is_of_scores { format!("{name} (scores)") } else { name.clone() };
        let bound = worst.bound.map_or_else(|| "none".into(), real_up);
        let [float, integer, error, rounding] =
            [worst.float, worst.integer, worst.error, *input_rounding].map(real);
        table.row([name, worst.element.to_string(), float, integer, error, bound, rounding]);
    }
    text += &table.render();
    text += &decisions::section(decisions);
    text += &format!("{}, each by the value with the largest error\n", paint(STRONG, "layers"));
    let mut table = Table::new([
        "layer", "kind", "values", "element", "float", "integers", "error", "at most", "clamped",
    ]);
    for layer in layers {
        let LayerExplanation { name, kind, elements, worst, clamped, .. } = layer;
        let [float, integer, error] = [worst.float, worst.integer, worst.error].map(real);
        table.row([
            name.clone(),
            kind.clone(),
            elements.to_string(),
            worst.element.to_string(),
            float,
            integer,
            error,
            worst.bound.map_or_else(|| "none".into(), real_up),
            clamped.map_or_else(String::new, |clamped| clamped.count.to_string()),
        ]);
    }
    text += &table.render();
    if let Some(why) = unbounded {
        text += &format!("  No bounds: {why}.\n");
    }
    for output in outputs {
        text += &parts(output, layers);
    }
    for advice in layers.iter().filter_map(|layer| advice(model, layer)) {
        text += &format!("{} {}\n", paint(LOUD, "clamped:"), ui::escaped(&advice));
    }
    text
}

/// What each layer adds to an output's error: those that add something.
fn parts(output: &OutputExplanation, layers: &[LayerExplanation]) -> String {
    let title = format!("{}: what each layer adds to its error", output.name);
    let title = format!("{}\n", paint(STRONG, &ui::escaped(&title)));
    if output.layers.is_empty() {
        return format!("{title}  The model is too large for that.\n");
    }
    let cells = |name: &str, causes: &Causes| {
        let Causes { weights, rounding, saturation, tables } = *causes;
        let [weights, rounding, saturation, tables, all] =
            [weights, rounding, saturation, tables, causes.sum()].map(real);
        [name.to_owned(), weights, rounding, saturation, tables, all]
    };
    let mut table = Table::new(["layer", "weights", "rounding", "saturation", "tables", "all"]);
    let mut total = Causes::default();
    for (layer, causes) in layers.iter().zip(&output.layers) {
        total.weights += causes.weights;
        total.rounding += causes.rounding;
        total.saturation += causes.saturation;
        total.tables += causes.tables;
        if *causes != Causes::default() {
            table.row(cells(&layer.name, causes));
        }
    }
    table.row(cells("all", &total));
    title + &table.render()
}

/// What is clamped in a layer, and what to do about it.
fn advice(model: &Model, layer: &LayerExplanation) -> Option<String> {
    let Clamped { count, is_argument, element, value, limit } = layer.clamped?;
    let (name, elements) = (&layer.name, layer.elements);
    let values = if count == 1 { "1 value".to_owned() } else { format!("{count} values") };
    let what = match is_argument {
        true => format!("layer '{name}': {values} beyond its table"),
        false => format!("layer '{name}': {values} of {elements} beyond its format"),
    };
    let what = format!("{what}; element {element} is {} and counts as {}", real(value), real(limit));
    let widths = model.model.compiled().provenance.options.widths;
    let remedy = match (is_argument, widths) {
        (true, _) => "add rows like this one to the calibration data: it says how far tables reach",
        (false, Widths::Calibrated) => {
            "compile with --widths certified, or add rows like this one to the calibration data"
        }
        (false, Widths::Certified) => {
            "add rows like this one to the calibration data: it says how far formats reach where all of the domain would cost too much"
        }
    };
    Some(format!("{what}: {remedy}"))
}
