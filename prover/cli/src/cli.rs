//! The command line itself: subcommands, help, exit codes.

use std::process::ExitCode;
use std::sync::Mutex;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, Parser, Subcommand};
use serde_json::{Map, Value};

use crate::commands::{
    attestors, audit, bench, ceremony, compile, explain, export, inspect, keeper, member, model, prove,
    receipt, run, series, serve, setup, shell, submit, verify, weights, worker,
};
use crate::outcome::{self, Outcome};
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

And on a Solana cluster, whose verifier program checks the same proof (`assay model --help`):

  assay model register model.assay --url devnet
  assay submit decision.proof --to ADDRESS --url devnet

Or on a chain with the Ethereum virtual machine (`assay export --help`):

  assay export solidity --vk model.vk --model model.assay -o ModelVerifier.sol

Data goes to stdout, everything else to stderr; - as a file is standard input or output.
With --json, stdout holds one JSON document: the result, or {\"error\": {code, message, hint}}.
An output replaces only what the same command would make again; --force replaces any file but
an input of the command.
";

const MORE: &str = "\n`assay <COMMAND> --help` has a worked example of each.";

/// Prove that a decision came from a committed model.
///
/// Assay quantizes an ONNX model to integers, compiles it to a circuit, and proves each inference with Groth16 over
/// BN254. A program on Solana, or `assay verify`, checks the proof without running the model.
#[derive(Debug, Parser)]
#[command(name = "assay", version = env!("ASSAY_VERSION"), styles = STYLES)]
#[command(after_help = format!("{PIPELINE}\n{}\n{MORE}", outcome::TABLE))]
struct Cli {
    /// Print results and errors, and the number of warnings: no notes, no progress
    #[arg(short, long, global = true, display_order = 900)]
    quiet: bool,

    /// Print the result as a JSON document, and an error as one
    #[arg(long, global = true, display_order = 901)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compile(compile::Args),
    Setup(setup::Args),
    Ceremony(ceremony::Args),
    Run(run::Args),
    Explain(explain::Args),
    Prove(prove::Args),
    Verify(verify::Args),
    Export(export::Args),
    Model(model::Args),
    Attestors(attestors::Args),
    Series(series::Args),
    Submit(submit::Args),
    Receipt(receipt::Args),
    Keeper(keeper::Args),
    Serve(serve::Args),
    Worker(worker::Args),
    Inspect(inspect::Args),
    Member(member::Args),
    Weights(weights::Args),
    Audit(audit::Args),
    Bench(bench::Args),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
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
    let code = std::panic::catch_unwind(run_once).unwrap_or_else(|_| {
        let what = LAST_PANIC.lock().ok().and_then(|mut last| last.take());
        let what = what.as_deref().unwrap_or("no reason was given");
        report_error(
            "internal",
            &format!("assay {} stopped unexpectedly: {what}", env!("ASSAY_VERSION")),
            &["this is a bug in assay, whatever the input was: please report it with this message and the command"],
            Map::new(),
        );
        outcome::UNEXPECTED
    });
    ui::count_silenced();
    ExitCode::from(code)
}

fn run_once() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    ui::set_quiet(cli.quiet);
    ui::set_json(cli.json);
    if let Err(error) = interrupt::install() {
        ui::warn(&format!("an interruption may leave temporary files behind: {error}"));
    }
    match dispatch(cli.command) {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            let (code, details) = (failure::code(&error), failure::details(&error));
            report_error(code, &failure::message(&error), &failure::hints(&error), details);
            failure::exit_code(&error)
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Compile(args) => compile::run(args),
        Command::Setup(args) => setup::run(args),
        Command::Ceremony(args) => ceremony::run(args),
        Command::Run(args) => run::run(args),
        Command::Explain(args) => explain::run(&args),
        Command::Prove(args) => prove::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Export(args) => export::run(&args),
        Command::Model(args) => model::run(args),
        Command::Attestors(args) => attestors::run(&args),
        Command::Series(args) => series::run(&args),
        Command::Submit(args) => submit::run(&args),
        Command::Receipt(args) => receipt::run(&args),
        Command::Keeper(args) => keeper::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Worker(args) => worker::run(&args),
        Command::Inspect(args) => inspect::run(args),
        Command::Member(args) => member::run(args),
        Command::Weights(args) => weights::run(args),
        Command::Audit(args) => audit::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Completions(args) => shell::completions(args, &mut Cli::command()),
        Command::Man(args) => shell::man(args, Cli::command()),
    }
}

/// Help and version, which are data and go to stdout, and mistakes in the arguments.
fn usage(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        let _ = error.print();
        return 0;
    }
    // Nothing was parsed, so the wish for JSON is looked up by hand.
    ui::set_json(std::env::args_os().any(|argument| argument == "--json"));
    if ui::is_json() {
        let message = error.render().to_string();
        let message = message.trim_start_matches("error: ").trim_end();
        print_json(&failure::to_json("usage", message, &[], Map::new()));
    }
    let _ = error.print();
    outcome::MISTAKE
}

/// An error for a person on stderr, and with `--json` for a script on stdout.
fn report_error(code: &str, message: &str, hints: &[&str], details: Map<String, Value>) {
    if ui::is_json() {
        print_json(&failure::to_json(code, message, hints, details));
    }
    ui::error(message, hints);
}

/// Where stdout is gone, stderr has the error still.
fn print_json(value: &serde_json::Value) {
    let _ = ui::json(value);
}
