//! `assay weights fit`: retrained.onnx + model.assay + calibration data -> retrained.weights.

use std::path::PathBuf;
use std::time::Instant;

use assay::{Compilation, Error, OnnxSource, Weights};
use serde_json::json;

use crate::artifacts;
use crate::commands::compile::read_model;
use crate::commands::{beside, print, show};
use crate::estimates;
use crate::files::{self, Claims, Force, Product, REPORT};
use crate::inputs::read_samples;
use crate::progress::observed;
use crate::ui::{self, duration};

const EXAMPLE: &str = "\
Examples:
  $ assay weights fit retrained.onnx samples.csv --architecture risk.assay -o risk-2.weights
  $ assay weights fit retrained.onnx samples.csv --architecture risk.assay --max-error 0.05 --json

The model is quantized at the architecture's scales and in its formats; nothing is searched. It has to
have the same inputs, outputs and layers, and the report says anew how far it is from its float model
and for which inputs it certainly decides the same. Refused, with the layer:
  a weight that its format does not hold, which leaves room for weights half as large again as the
  first model's; another structure; and an error beyond twice the one that the architecture was compiled
  to, or --max-error.

The calibration data are inputs of the retrained model, within the architecture's domains.";

/// Quantize a retrained model into the formats of an architecture.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Model, as an ONNX file
    #[arg(value_name = "MODEL.onnx")]
    onnx: PathBuf,
    /// Inputs in the model's own units: CSV with a header, JSON, .npy or .npz
    #[arg(value_name = "CALIBRATION")]
    samples: PathBuf,
    /// Architecture: a model that was compiled with --weights committed
    #[arg(long, value_name = "MODEL.assay")]
    architecture: PathBuf,
    /// Where the weights go, readable by the owner only [default: the model's name with the ending .weights]
    #[arg(short = 'o', long = "to", value_name = "FILE.weights")]
    file: Option<PathBuf>,
    /// Largest absolute error of any output, over the calibration data [default: twice the one that the architecture was
    /// compiled to]
    #[arg(long, value_name = "ERROR")]
    max_error: Option<f64>,
    /// Also write the report as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Replace weights, whose mask is lost then
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let architecture = artifacts::model(&args.architecture)?;
    if !architecture.model.is_committed() {
        return Err(Error::FixedWeights { model: architecture.model.name().into() }.into());
    }
    let path = match &args.file {
        Some(path) => path.clone(),
        None => beside(&args.onnx, "weights")?,
    };
    let onnx = read_model(&args.onnx)?;
    let source = OnnxSource::from(&onnx).digest();
    let read = [&args.onnx, &args.samples, &args.architecture];
    let (mut claims, force) = (Claims::reading(read.map(PathBuf::as_path)), Force::from(args.force));
    let output = claims.output(&path, Product::Weights, force)?;
    let report_file = args.report.as_deref();
    let report_file =
        report_file.map(|path| claims.output(path, Product::Report { source }, force)).transpose()?;
    let samples = read_samples(&args.samples, "calibration file")?;
    let start = Instant::now();
    let Compilation { model, report } = observed("fitting the model", |observer| {
        architecture.model.fit(&onnx, &samples, args.max_error, observer)
    })?;
    let report = report.with_proving_time(estimates::proving_time(&model)?);
    let value = json!({ REPORT: serde_json::to_value(&report)? });
    let weights = Weights::draw(&model, &mut assay::system_rng()?)?;
    let path = output.path().to_owned();
    let mut group = vec![(output, weights.to_secret_bytes())];
    if let Some(file) = report_file {
        group.push((file, format!("{value:#}\n").into_bytes()));
    }
    files::commit(group)?;
    ui::note(&format!("fitted in {}", duration(start.elapsed())));
    ui::note(&format!("wrote {}: whoever has it can prove as the owner, so keep it secret", show(&path)));
    print(|| value, || report.text(ui::width()))
}
