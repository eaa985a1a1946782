//! The rows of the suite, each in a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use assay::{CompileOptions, IntegerFormat, Model, Samples};
use assay_cli::failure::hinted;
use assay_cli::ui::{self, Bar};
use assay_compiler::synthetic::Network;
use assay_lending_interface::formats::{FEATURES, SCORE};

use crate::args::Args;
use crate::arithmetic;
use crate::row::{self, Ark, Row};

/// The row of the repository's own model.
const OWN: &str = "liquidation-risk";
const OWN_MODEL: &str = "models/liquidation-risk/model.onnx";
const OWN_CALIBRATION: &str = "models/liquidation-risk/calibration.csv";

/// Rows of the engine alone that run by default.
const ENGINE: [&str; 2] = ["squarings-2^16", "bits-67600"];

/// The rows that run by default.
fn all() -> impl Iterator<Item = &'static str> {
    std::iter::once(OWN).chain(Network::ALL.into_iter().map(Network::name)).chain(ENGINE)
}

/// Runs the rows asked for, all by default, one after another.
pub fn run(args: &Args) -> anyhow::Result<Vec<Row>> {
    let names = match args.only.is_empty() {
        true => all().map(str::to_owned).collect(),
        false => args.only.clone(),
    };
    let program = std::env::current_exe().context("the path of this program is not known")?;
    let mut rows = Vec::new();
    for name in &names {
        ui::note(&format!("row {name}"));
        let mut command = Command::new(&program);
        command.args(["--row", name, "--json"]);
        command.args(["--runs", &args.runs.to_string(), "--seed", &args.seed.to_string()]);
        if args.without_ark {
            command.arg("--without-ark");
        }
        let output = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("row {name}: {} cannot be started", program.display()))?;
        if !output.status.success() {
            bail!("row {name} failed: {}", output.status);
        }
        rows.push(serde_json::from_slice(&output.stdout).with_context(|| format!("row {name}: its report"))?);
    }
    Ok(rows)
}

/// Measures one row in this process.
pub fn measure_row(name: &str, args: &Args) -> anyhow::Result<Row> {
    let ark = args.ark();
    if name == OWN {
        let (onnx, samples, options) = own_model()?;
        return model_row(&onnx, &samples, &options, args.runs, ark);
    }
    if let Some(network) = Network::by_name(name) {
        let (onnx, samples) = (network.onnx(args.seed), network.calibration(args.seed).into());
        return model_row(&onnx, &samples, &network.options(), args.runs, ark);
    }
    arithmetic::measure(name, args.runs, ark)?.ok_or_else(|| {
        let known: Vec<&str> = all().collect();
        hinted(anyhow!("the suite has no row {name:?}"), format!("rows: {}", known.join(", ")))
    })
}

/// The repository's own model, in the formats that the lending program computes with.
fn own_model() -> anyhow::Result<(Vec<u8>, Samples, CompileOptions)> {
    if !Path::new(OWN_MODEL).is_file() {
        return Err(hinted(
            anyhow!("there is no {OWN_MODEL} here to measure"),
            "run this at the root of the repository",
        ));
    }
    let options = CompileOptions {
        input_format: Some(IntegerFormat { bits: FEATURES.bits, scale: FEATURES.scale }),
        output_format: Some(IntegerFormat { bits: SCORE.bits, scale: SCORE.scale }),
        ..CompileOptions::default()
    };
    let onnx = std::fs::read(OWN_MODEL).context(OWN_MODEL)?;
    Ok((onnx, Samples::open(Path::new(OWN_CALIBRATION))?, options))
}

fn model_row(
    onnx: &[u8],
    samples: &Samples,
    options: &CompileOptions,
    runs: u32,
    ark: Ark,
) -> anyhow::Result<Row> {
    let start = Instant::now();
    let model = {
        let _spinner = Bar::start("compiling");
        Model::compile(onnx, samples, options)?.model
    };
    row::of_model(&model, start.elapsed().as_secs_f64() * 1e3, runs, ark)
}
