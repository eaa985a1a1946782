//! `assay compile`: model.onnx + calibration data -> model.assay.

use std::path::{Path, PathBuf};
use std::time::Instant;

use assay_compiler::{
    CompileError, CompiledModel, Format, ImportError, Options, QuantizeError, Refusal, Report, Strategy,
};
use serde_json::Value;

use crate::cli::Outcome;
use crate::commands::{ARTIFACT, existing, print, show};
use crate::failure::hinted;
use crate::files::{self, Access, Output};
use crate::inputs::{read_table, table_hint};
use crate::ui::{self, Spinner, bytes, duration};

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
/// First bytes of a report: an earlier one may be replaced.
const REPORT: &[u8] = b"{\n  \"assay_report\"";

/// Turn an ONNX model into integers and a circuit.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Model, as an ONNX file
    #[arg(value_name = "MODEL.onnx")]
    model: PathBuf,
    /// Inputs in the model's own units: CSV with a header, JSON, .npy or .npz
    #[arg(short, long, value_name = "FILE")]
    calibration: PathBuf,
    /// Where the compiled model goes [default: the model's name with the ending .assay]
    #[arg(short, long, value_name = "MODEL.assay")]
    output: Option<PathBuf>,
    /// Largest absolute error of any output, over the calibration data
    #[arg(long, value_name = "ERROR", default_value_t = 0.01)]
    max_error: f64,
    /// Report how many decisions `output >= T` rounding changes
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Name of the model in its statements, at most 32 bytes [default: the ONNX graph's]
    #[arg(long)]
    name: Option<String>,
    /// Format of every input, such as 15:12 [default: chosen by calibration]
    #[arg(long, value_name = "BITS:SCALE", value_parser = format)]
    input_format: Option<Format>,
    /// Format of every output, such as 16:8 [default: chosen by calibration]
    #[arg(long, value_name = "BITS:SCALE", value_parser = format)]
    output_format: Option<Format>,
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
    /// Replace files that are not earlier outputs
    #[arg(long)]
    force: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
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
    let path = args.output.clone().unwrap_or_else(|| args.model.with_extension("assay"));
    let options = Options {
        max_error: args.max_error,
        name: args.name.clone(),
        input_format: args.input_format,
        output_format: args.output_format,
        domains: args.domain.iter().cloned().collect(),
        commit: args.commit.clone(),
        threshold: args.threshold,
        max_flips: None,
        ranges: args.ranges.into(),
    };
    let output = Output::create(&path, existing(args.force, ARTIFACT), Access::Shared)?;
    let report_file = args
        .report
        .as_deref()
        .map(|path| Output::create(path, existing(args.force, REPORT), Access::Shared))
        .transpose()?;

    let start = Instant::now();
    let (compiled, report) = {
        let _spinner = Spinner::start("compiling: searching scales and widths");
        compile_files(&args.model, &args.calibration, &options)?
    };
    let elapsed = start.elapsed();
    let report_json = report_json(&report)?;
    let contents = compiled.to_bytes();
    let size = contents.len() as u64;
    let path = output.path().to_owned();
    let mut group = vec![(output, contents)];
    if let Some(file) = report_file {
        group.push((file, format!("{report_json:#}\n").into_bytes()));
    }
    files::commit(group)?;
    ui::note(&format!("compiled in {}", duration(elapsed)));
    ui::note(&format!("wrote {} ({})", show(&path), bytes(size)));
    print(args.json, || report_json, || report.text(120))?;
    Ok(Outcome::Valid)
}

/// Compiles the model in a file with the calibration data in another; the report has the cost of a proof.
pub fn compile_files(
    model: &Path,
    calibration: &Path,
    options: &Options,
) -> anyhow::Result<(CompiledModel, Report)> {
    let onnx = files::read(model, "model", ONNX)?;
    let table = read_table(calibration, "calibration file")?;
    let (compiled, report) = assay_compiler::compile(&onnx, &table, options).map_err(|error| {
        let hint = hint(&error);
        let place = match &error {
            CompileError::Calibration(_) | CompileError::Domain { .. } => Some(calibration),
            CompileError::Import(_) => Some(model),
            _ => None,
        };
        let error = match place {
            Some(path) => anyhow::Error::new(error).context(show(path)),
            None => error.into(),
        };
        match hint {
            Some(hint) => hinted(error, hint),
            None => error,
        }
    })?;
    let memory = assay_groth16::estimate(&compiled.circuit).memory_bytes;
    Ok((compiled, report.with_proving_memory(memory)))
}

/// The report under a key that says what it is, which also lets a later run know it for a report.
fn report_json(report: &Report) -> anyhow::Result<Value> {
    Ok(serde_json::json!({ "assay_report": serde_json::to_value(report)? }))
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
        CompileError::Calibration(error) => table_hint(error)?,
        CompileError::Domain { .. } => "widen --domain, or remove the row",
        CompileError::Quantize(QuantizeError::Unreachable { .. }) => "--max-error allows more",
        _ => return None,
    })
}

/// Parser of `BITS:SCALE`.
fn format(text: &str) -> Result<Format, String> {
    let wrong = || "a format is BITS:SCALE, such as 15:12".to_owned();
    let (bits, scale) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Format { bits: bits.parse().map_err(|_| wrong())?, scale: scale.parse().map_err(|_| wrong())? })
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
        assert_eq!(format("15:12"), Ok(Format { bits: 15, scale: 12 }));
        assert_eq!(format("8:-3"), Ok(Format { bits: 8, scale: -3 }));
        assert!(format("15").is_err() && format("300:1").is_err() && format(":").is_err());
        assert_eq!(domain("ltv=0:1.5"), Ok(("ltv".into(), (0.0, 1.5))));
        assert_eq!(domain("a=b=-1:2"), Ok(("a=b".into(), (-1.0, 2.0))));
        assert!(domain("ltv").is_err() && domain("ltv=1").is_err() && domain("ltv=a:b").is_err());
    }
}
