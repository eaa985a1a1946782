//! `assay-compare`: a suite of models, and the engine alone, against ark-groth16; and what a verification costs on chain.
//!
//! `assay bench` measures a user's machine and model. This is for claims about Assay: it carries ark-groth16 and an
//! in-process Solana runtime, which the product does not.

mod args;
mod arithmetic;
mod chain;
mod report;
mod row;
mod suite;

use std::process::ExitCode;

use assay_cli::bench::machine::Machine;
use assay_cli::{failure, ui};
use clap::Parser;
use serde_json::{Value, json};

use crate::args::Args;
use crate::row::Row;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui::error(&failure::message(&error), &failure::hints(&error));
            ExitCode::from(failure::exit_code(&error))
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(name) = &args.row {
        ui::json(&json!(suite::measure_row(name, args)?))?;
        return Ok(());
    }
    let rows = suite::run(args)?;
    let machine = Machine::here();
    if args.json {
        let rows: Vec<Value> = rows.iter().map(with_ratio).collect();
        ui::json(&json!({ "machine": machine, "rows": rows }))?;
    } else {
        ui::data(&report::text(&machine, &rows))?;
    }
    Ok(())
}

fn with_ratio(row: &Row) -> Value {
    let mut value = json!(row);
    if let Some(object) = value.as_object_mut() {
        object.insert("ark_ratio".into(), json!(row.ark_ratio()));
    }
    value
}
