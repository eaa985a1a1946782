//! `assay compile`: model.onnx + calibration data -> model.assay.

mod name;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use assay::{Compilation, CompileOptions, Error, IntegerFormat, Model, Report, Strategy};
use assay_compiler::{CompileError, ImportError, QuantizeError, Refusal};
use assay_interface::artifact;
use serde_json::Value;

use crate::commands::{beside, print, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product, REPORT, REPORT_SOURCE};
use crate::inputs::read_samples;
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, bytes, duration};

const EXAMPLE: &str = "\
Examples:
  $ assay compile model.onnx --calibration samples.csv
  $ cd models/liquidation-risk
  $ assay compile model.onnx --calibration calibration.csv --input-format 15:12 \\
      --output-format 16:8 --threshold 0

Calibration data are inputs as the model will see them, in its own units: CSV with a header of
feature names, JSON, .npy or .npz. They choose scales and widths, so that no output is off by
more than --max-error from the float model, and the domain of each feature, outside which
`assay prove` refuses values. The report tells what was chosen, what it costs to prove and to
verify, and what rounding does to decisions at --threshold.

A format is BITS:SCALE: signed integers of BITS bits, each standing for q * 2^-SCALE. Fix it
where another program, such as a lending market on chain, computes the inputs or reads the
outputs.

The same model and data give the same file, on every machine.";

/// Most bytes of an ONNX file that are read.
const ONNX: u64 = 1 << 30;

/// Turn an ONNX model into integers and a circuit.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Model, as an ONNX file
    #[arg(value_name = "MODEL.onnx")]
    model: PathBuf,
    /// Inputs in the model's own units: CSV with a header, JSON, .npy or .npz
    #[arg(value_name = "CALIBRATION", required_unless_present = "calibration")]
    samples: Option<PathBuf>,
    /// The same, by name
    #[arg(short, long, value_name = "FILE", conflicts_with = "samples")]
    calibration: Option<PathBuf>,
    /// Where the compiled model goes, - for standard output [default: the model's name with the ending .assay]
    #[arg(short, long, value_name = "MODEL.assay")]
    output: Option<PathBuf>,
    /// Largest absolute error of any output, over the calibration data
    #[arg(long, value_name = "ERROR", default_value_t = 0.01)]
    max_error: f64,
    /// Report how many decisions `output >= T` rounding changes
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Name of the model in its statements, at most 32 bytes [default: the ONNX graph's, or the file's where the
    /// exporter calls every graph the same]
    #[arg(long)]
    name: Option<String>,
    /// Format of every input, such as 15:12 [default: chosen by calibration]
    #[arg(long, value_name = "BITS:SCALE", value_parser = format)]
    input_format: Option<IntegerFormat>,
    /// Format of every output, such as 16:8 [default: chosen by calibration]
    #[arg(long, value_name = "BITS:SCALE", value_parser = format)]
    output_format: Option<IntegerFormat>,
    /// Domain of a feature, such as ltv=0:1.5 [default: the format's range, or else that of the calibration data]
    #[arg(long, value_name = "FEATURE=MIN:MAX", value_parser = domain)]
    domain: Vec<(String, (f64, f64))>,
    /// Hide this input tensor behind a commitment in every statement
    #[arg(long, value_name = "INPUT")]
    commit: Vec<String>,
    /// How the circuit proves ranges; lookups need fewer constraints and a proof with a commitment
    #[arg(long, value_enum, default_value_t = Ranges::Auto)]
    ranges: Ranges,
    /// Also write the report as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Replace files that this command would not make again
    #[arg(long)]
    force: bool,
}

/// Ways to prove that integers are in their ranges: see [`Strategy`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Ranges {
    Auto,
    Bits,
    Lookup,
}

impl From<Ranges> for Strategy {
    fn from(ranges: Ranges) -> Self {
        match ranges {
            Ranges::Auto => Strategy::Auto,
            Ranges::Bits => Strategy::Bits,
            Ranges::Lookup => Strategy::Lookup,
        }
    }
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let Some(calibration) = args.samples.as_ref().or(args.calibration.as_ref()) else {
        bail!("a compilation needs calibration data");
    };
    let path = match &args.output {
        Some(path) => path.clone(),
        None => beside(&args.model, "assay")?,
    };
    let onnx = files::read(&args.model, "model", ONNX)?;
    let options = options(&args, &onnx);
    let source = artifact::digest(&onnx);
    let mut claims = Claims::reading([args.model.as_path(), calibration]);
    let force = Force::from(args.force);
    let output = claims.output(&path, Product::Model { source }, force)?;
    let report_file = args
        .report
        .as_deref()
        .map(|path| claims.output(path, Product::Report { source }, force))
        .transpose()?;

    let start = Instant::now();
    let Compilation { model, report } = compile(&args.model, &onnx, calibration, &options)?;
    let elapsed = start.elapsed();
    let report_json = report_json(&report, source)?;
    let contents = model.to_bytes();
    let size = contents.len() as u64;
    let path = output.path().to_owned();
    let mut group = vec![(output, contents)];
    if let Some(file) = report_file {
        group.push((file, format!("{report_json:#}\n").into_bytes()));
    }
    files::commit(group)?;
    ui::note(&format!("compiled in {}", duration(elapsed)));
    ui::note(&format!("wrote {} ({})", show(&path), bytes(size)));
    print(|| report_json, || report.text())?;
    Ok(Outcome::Valid)
}

fn options(args: &Args, onnx: &[u8]) -> CompileOptions {
    CompileOptions {
        max_error: args.max_error,
        name: args.name.clone().or_else(|| name::of_file(onnx, &args.model)),
        input_format: args.input_format,
        output_format: args.output_format,
        domains: args.domain.iter().cloned().collect(),
        commit: args.commit.clone(),
        threshold: args.threshold,
        ranges: args.ranges.into(),
    }
}

/// Compiles the model with the calibration data in a file.
fn compile(
    path: &Path,
    onnx: &[u8],
    calibration: &Path,
    options: &CompileOptions,
) -> anyhow::Result<Compilation> {
    let samples = read_samples(calibration, "calibration file")?;
    let result = observed("compiling: searching scales and widths", |observer| {
        Model::compile_with(onnx, &samples, options, observer)
    });
    result.map_err(|error| {
        let Error::Compile(cause) = &error else { return error.into() };
        let place = match &**cause {
            CompileError::Calibration(_) | CompileError::Domain { .. } => Some(calibration),
            CompileError::Import(_) => Some(path),
            _ => None,
        };
        let hint = hint(cause);
        let error = match place {
            Some(path) => anyhow::Error::new(error).context(show(path)),
            None => error.into(),
        };
        match hint {
            Some(hint) => hinted(error, hint),
            None => error,
        }
    })
}

/// The report under a key that says what it is, beside the digest of the model file: a later run knows it by both.
fn report_json(report: &Report, source: [u8; 32]) -> anyhow::Result<Value> {
    Ok(serde_json::json!({
        REPORT: serde_json::to_value(report)?,
        REPORT_SOURCE: hex::encode(source),
    }))
}

/// Advice for a model or data that cannot be compiled.
fn hint(error: &CompileError) -> Option<&'static str> {
    Some(match error {
        CompileError::Import(ImportError::NotOnnx(_) | ImportError::NoGraph) => {
            "export the model as ONNX: torch.onnx.export(...), skl2onnx.to_onnx(...)"
        }
        CompileError::Import(ImportError::Refused(refusals)) => {
            if refusals.iter().any(|refusal| matches!(refusal, Refusal::Weight { .. })) {
                "the training diverged: NaN and infinite weights have no integer meaning"
            } else if refusals.iter().any(|refusal| matches!(refusal, Refusal::DynamicDimension { .. })) {
                "a circuit has one size: export with fixed shapes, without dynamic_axes or with the batch axis only"
            } else if refusals.iter().any(|refusal| matches!(refusal, Refusal::Operator { .. })) {
                "supported: Gemm, MatMul, Conv, MaxPool, AveragePool, GlobalAveragePool, ReduceMean over axes, Add, Sub, \
                 Mul and Div by constants, Relu, LeakyRelu, Elu, Gelu, Sigmoid, HardSigmoid, HardSwish, Tanh, Erf, Exp, \
                 Sqrt, Reciprocal, Softplus, Clip, Softmax, LayerNormalization, BatchNormalization, ArgMax, Concat, Pad, \
                 Flatten, Reshape, Squeeze, Unsqueeze, Identity, and Scaler of ai.onnx.ml"
            } else {
                return None;
            }
        }
        CompileError::Calibration(error) => return Error::Samples(error.clone()).hint(),
        CompileError::Domain { .. } => "widen --domain, or remove the row",
        CompileError::Quantize(QuantizeError::Unreachable { .. }) => "--max-error allows more",
        _ => return None,
    })
}

/// Parser of `BITS:SCALE`.
fn format(text: &str) -> Result<IntegerFormat, String> {
    let wrong = || "a format is BITS:SCALE, such as 15:12".to_owned();
    let (bits, scale) = text.split_once(':').ok_or_else(wrong)?;
    Ok(IntegerFormat { bits: bits.parse().map_err(|_| wrong())?, scale: scale.parse().map_err(|_| wrong())? })
}

/// Parser of `FEATURE=MIN:MAX`.
fn domain(text: &str) -> Result<(String, (f64, f64)), String> {
    let wrong = || "a domain is FEATURE=MIN:MAX, such as ltv=0:1.5".to_owned();
    let (feature, range) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (min, max) = range.split_once(':').ok_or_else(wrong)?;
    Ok((feature.to_owned(), (min.parse().map_err(|_| wrong())?, max.parse().map_err(|_| wrong())?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_domains() {
        assert_eq!(format("15:12"), Ok(IntegerFormat { bits: 15, scale: 12 }));
        assert_eq!(format("8:-3"), Ok(IntegerFormat { bits: 8, scale: -3 }));
        assert!(format("15").is_err() && format("300:1").is_err() && format(":").is_err());
        assert_eq!(domain("ltv=0:1.5"), Ok(("ltv".into(), (0.0, 1.5))));
        assert_eq!(domain("a=b=-1:2"), Ok(("a=b".into(), (-1.0, 2.0))));
        assert!(domain("ltv").is_err() && domain("ltv=1").is_err() && domain("ltv=a:b").is_err());
    }
}
