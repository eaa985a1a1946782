//! `assay compile`: model.onnx + calibration data -> model.assay.

mod args;
mod check;
mod name;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use assay::{
    Compilation, CompileOptions, Error, Model, OnnxFile, OnnxSource, Report, Weights, external_data,
};
use assay_compiler::{CompileError, ImportError, Refusal};
use serde_json::Value;

pub use self::args::Args;
use crate::commands::{beside, print, show};
use crate::estimates;
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product, REPORT};
use crate::inputs::read_samples;
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, bytes, duration};

/// Most bytes of an ONNX file that are read.
const ONNX: u64 = 1 << 30;

/// Part of what the outputs vary by that is allowed as an error where nobody names one and the default cannot be met.
const OF_RANGE: f64 = 0.001;

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let Some(calibration) = args.samples.as_ref().or(args.calibration.as_ref()) else {
        bail!("a compilation needs calibration data");
    };
    if let Some(compiled) = &args.check {
        let onnx = read_model(&args.model)?;
        return check::run(compiled, &onnx, &read_samples(calibration, "calibration file")?);
    }
    compile_file(&args, calibration)?;
    Ok(Outcome::Valid)
}

fn compile_file(args: &Args, calibration: &Path) -> anyhow::Result<()> {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => beside(&args.model, "assay")?,
    };
    let onnx = read_model(&args.model)?;
    let options = options(args, &onnx.bytes);
    let source = OnnxSource::from(&onnx).digest();
    let weights: Vec<PathBuf> = onnx.external.keys().map(|name| args.model.with_file_name(name)).collect();
    let read = [args.model.as_path(), calibration].into_iter().chain(weights.iter().map(PathBuf::as_path));
    let mut claims = Claims::reading(read);
    let force = Force::from(args.force);
    let output = claims.output(&path, Product::Model { source }, force)?;
    let weights_file = match args.weights {
        args::Weights::Fixed => None,
        args::Weights::Committed => {
            Some(claims.output(&beside(&path, "weights")?, Product::Weights, force)?)
        }
    };
    let report_file = args
        .report
        .as_deref()
        .map(|path| claims.output(path, Product::Report { source }, force))
        .transpose()?;

    let start = Instant::now();
    let Compilation { model, report } = compile(&args.model, &onnx, calibration, &options)?;
    let elapsed = start.elapsed();
    let report = report.with_proving_time(estimates::proving_time(&model)?);
    let report_json = report_json(&report)?;
    let contents = model.to_bytes();
    let size = contents.len() as u64;
    let path = output.path().to_owned();
    let mut group = vec![(output, contents)];
    let mut weights_path = None;
    if let Some(file) = weights_file {
        weights_path = Some(file.path().to_owned());
        group.push((file, Weights::draw(&model, &mut assay::system_rng()?)?.to_secret_bytes()));
    }
    if let Some(file) = report_file {
        group.push((file, format!("{report_json:#}\n").into_bytes()));
    }
    files::commit(group)?;
    ui::note(&format!("compiled in {}", duration(elapsed)));
    ui::note(&format!("wrote {} ({})", show(&path), bytes(size)));
    if let Some(path) = weights_path {
        ui::note(&format!("wrote {}: whoever has it can prove as the owner, so keep it secret", show(&path)));
    }
    print(|| report_json, || report.text(ui::width()))
}

/// The model with the weights beside it; from standard input it has nothing beside it.
/// An ONNX file with the files beside it that hold its weights.
pub fn read_model(path: &Path) -> anyhow::Result<OnnxFile> {
    let bytes = files::read(path, "model", ONNX)?;
    let external = match files::is_standard(path) {
        true => Default::default(),
        false => external_data(&bytes, path)?,
    };
    Ok(OnnxFile { bytes, external })
}

fn options(args: &Args, onnx: &[u8]) -> CompileOptions {
    let defaults = CompileOptions::default();
    CompileOptions {
        // What is certified for all inputs is so for those of the calibration data.
        max_error: args.max_error_calibrated.or(args.max_error).unwrap_or(defaults.max_error),
        max_error_certified: args.max_error,
        widths: args.widths.into(),
        of_range: if args.max_error.or(args.max_error_calibrated).is_none() { OF_RANGE } else { 0.0 },
        name: args.name.clone().or_else(|| name::of_file(onnx, &args.model)),
        input_format: args.input_format,
        exact_floats: args.exact_floats(),
        output_format: args.output_format,
        domains: args.domain.iter().cloned().collect(),
        margin: args.margin,
        commit: args.commit.clone(),
        member: args.member.clone(),
        threshold: args.threshold,
        max_flips: args.max_flips,
        ranges: args.ranges.into(),
        weights: args.weights.into(),
        shapes: args.shape.iter().cloned().collect(),
        outputs: args.output.clone(),
        missing: args.missing.iter().cloned().collect(),
    }
}

/// Compiles the model with the calibration data in a file.
fn compile(
    path: &Path,
    onnx: &OnnxFile,
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

/// The report under a key that says what it is: a later run knows it by that.
fn report_json(report: &Report) -> anyhow::Result<Value> {
    Ok(serde_json::json!({ REPORT: serde_json::to_value(report)? }))
}

/// Advice for a model or data that cannot be compiled.
fn hint(error: &CompileError) -> Option<&'static str> {
    Some(match error {
        CompileError::Import(ImportError::NotOnnx(_) | ImportError::NoGraph) => {
            "export the model as ONNX: torch.onnx.export(...), skl2onnx.to_onnx(...)"
        }
        CompileError::Import(ImportError::Refused(refusals)) => {
            if refusals.iter().any(|refusal| matches!(refusal, Refusal::Weight { .. })) {
                "NaN and infinite numbers have no integer meaning: the training diverged, or the model has a table with gaps, as KNNImputer does, \
                 where SimpleImputer has none"
            } else if refusals.iter().any(|refusal| matches!(refusal, Refusal::DynamicDimension { .. })) {
                "--shape sets the size of a free dimension; or export with fixed shapes, without dynamic_axes or with the \
                 batch axis only"
            } else if refusals.iter().any(|refusal| matches!(refusal, Refusal::UnknownOutput { .. })) {
                "--output names what is proven; -o the file that is written"
            } else if refusals.iter().any(|refusal| matches!(refusal, Refusal::ExactOperand { .. })) {
                "--exact-floats=INPUT names the inputs that only trees read; without the option all are rounded"
            } else if refusals.iter().any(|refusal| matches!(refusal, Refusal::Operator { .. })) {
                "docs/operators.md lists what is supported; --output leaves out what the outputs that you prove do not need"
            } else {
                return None;
            }
        }
        CompileError::Calibration(error) => return Error::Samples(error.clone()).hint(),
        CompileError::Domain { .. } => "widen --domain, or remove the row",
        _ => return None,
    })
}
