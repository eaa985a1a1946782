//! The rows of the suite, each in a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use assay_compiler::synthetic::Network;
use assay_compiler::{CompiledModel, Format, Options, Table, compile};
use assay_lending_interface::formats::FEATURES;

use super::measure::{Measured, Subject, measure};
use super::{Args, arithmetic};
use crate::failure::hinted;
use crate::ui::{self, Spinner};

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
pub fn run(args: &Args) -> anyhow::Result<Vec<Measured>> {
    let names = match args.only.is_empty() {
        true => all().map(str::to_owned).collect(),
        false => args.only.clone(),
    };
    let program = std::env::current_exe().context("the path of this program is not known")?;
    let mut rows = Vec::new();
    for name in &names {
        ui::note(&format!("row {name}"));
        let mut command = Command::new(&program);
        command.args(["bench", "--row", name, "--json"]);
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
pub fn measure_row(name: &str, args: &Args) -> anyhow::Result<Measured> {
    let with_ark = !args.without_ark;
    if name == OWN {
        return measure(own_model()?, args.runs, with_ark);
    }
    if let Some(network) = Network::by_name(name) {
        let (onnx, calibration) = (network.onnx(args.seed), network.calibration(args.seed));
        let start = Instant::now();
        let model = compiled(&onnx, &calibration, &network.options())?;
        let subject = Subject {
            compile_ms: Some(start.elapsed().as_secs_f64() * 1e3),
            ..Subject::new(name.to_owned(), model)
        };
        return measure(subject, args.runs, with_ark);
    }
    arithmetic::measure(name, args.runs, with_ark)?.ok_or_else(|| {
        let known: Vec<&str> = all().collect();
        hinted(anyhow!("the suite has no row {name:?}"), format!("rows: {}", known.join(", ")))
    })
}

/// The repository's own model, compiled now, in the formats that the lending program computes with.
fn own_model() -> anyhow::Result<Subject> {
    if !Path::new(OWN_MODEL).is_file() {
        return Err(hinted(
            anyhow!("there is no {OWN_MODEL} here to measure"),
            "name a model with --model, or run this at the root of the repository",
        ));
    }
    let options = Options {
        input_format: Some(Format { bits: FEATURES.bits, scale: FEATURES.scale }),
        output_format: Some(Format { bits: 16, scale: 8 }),
        ..Options::default()
    };
    let read = |path: &str| std::fs::read(path).with_context(|| path.to_owned());
    let (onnx, calibration) = (read(OWN_MODEL)?, Table::from_csv(&read(OWN_CALIBRATION)?)?);
    let start = Instant::now();
    let model = compiled(&onnx, &calibration, &options)?;
    Ok(Subject {
        compile_ms: Some(start.elapsed().as_secs_f64() * 1e3),
        ..Subject::new(OWN.to_owned(), model)
    })
}

fn compiled(onnx: &[u8], calibration: &Table, options: &Options) -> anyhow::Result<CompiledModel> {
    let _spinner = Spinner::start("compiling");
    Ok(compile(onnx, calibration, options)?.0)
}
