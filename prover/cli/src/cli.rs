//! The command line itself: subcommands, help, exit codes.

use std::process::ExitCode;
use std::sync::Mutex;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

use crate::commands::{bench, compile, demo, inspect, prove, setup, verify};
use crate::{failure, interrupt, ui};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const PIPELINE: &str = "\
The pipeline, one file a stage; each names its parent by digest, so a wrong pair fails at once:

  model.onnx --compile--> model.assay --setup--> model.pk, model.vk
  model.assay + model.pk + input --prove--> decision.proof --verify (model.vk)--> valid or not

  assay compile model.onnx --calibration samples.csv
  assay setup model.assay --development
  assay prove --model model.assay --key model.pk --input input.json -o decision.proof
  assay verify --vk model.vk --proof decision.proof --model model.assay

Exit codes: 0 valid or done, 1 invalid or a mistake that you can correct, 2 unexpected,
130 interrupted. Data goes to stdout, everything else to stderr.
`assay <COMMAND> --help` has a worked example of each.";

/// Prove that a decision came from a committed model.
///
/// Assay quantizes an ONNX model to integers, compiles it to a circuit, and proves each inference with Groth16 over
/// BN254. A program on Solana, or `assay verify`, checks the proof without running the model.
#[derive(Debug, Parser)]
#[command(name = "assay", version, styles = STYLES, after_help = PIPELINE, disable_help_subcommand = true)]
struct Cli {
    /// Print results, warnings and errors only: no notes, no progress
    #[arg(short, long, global = true, display_order = 900)]
    quiet: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compile(compile::Args),
    Setup(setup::Args),
    Prove(prove::Args),
    Verify(verify::Args),
    Inspect(inspect::Args),
    Bench(bench::Args),
    Demo(demo::Args),
}

/// How a command that ran to its end came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; what was checked is valid.
    Valid,
    /// What was checked is not valid, and stdout says why.
    Invalid,
}

/// What the panic hook saw last. A panic that a library catches and turns into an error is never printed.
static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = Some(info.to_string());
        }
    }));
    match std::panic::catch_unwind(run) {
        Ok(code) => code,
        Err(_) => {
            let what = LAST_PANIC.lock().ok().and_then(|mut last| last.take()).unwrap_or_default();
            ui::error(
                &format!("assay {} stopped unexpectedly: {what}", env!("CARGO_PKG_VERSION")),
                &[
                    "this is a bug in assay, whatever the input was: please report it with this message and the command",
                ],
            );
            ExitCode::from(failure::UNEXPECTED)
        }
    }
}

fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are data and go to stdout; clap knows which is which.
            let code = if error.use_stderr() { ExitCode::from(failure::INVALID) } else { ExitCode::SUCCESS };
            let _ = error.print();
            return code;
        }
    };
    ui::set_quiet(cli.quiet);
    if let Err(error) = interrupt::install() {
        ui::warn(&format!("an interruption may leave temporary files behind: {error}"));
    }
    let outcome = match cli.command {
        Command::Compile(args) => compile::run(args),
        Command::Setup(args) => setup::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Demo(args) => demo::run(args),
    };
    match outcome {
        Ok(Outcome::Valid) => ExitCode::SUCCESS,
        Ok(Outcome::Invalid) => ExitCode::from(failure::INVALID),
        Err(error) => {
            ui::error(&failure::message(&error), &failure::hints(&error));
            ExitCode::from(failure::exit_code(&error))
        }
    }
}
