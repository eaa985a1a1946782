//! `assay prove`: model.assay + model.pk + inputs -> proofs.

mod args;
mod many;
mod one;
mod source;

use anyhow::bail;
use assay::Context;

pub use self::args::Args;
use self::source::Source;
use crate::artifacts;
use crate::commands::circom;
use crate::decisions;
use crate::inputs::Rows;
use crate::outcome::Outcome;

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    if let Args { zkey: Some(zkey), wtns: Some(wtns), .. } = &args {
        return circom::run(&circom::Args {
            zkey: zkey.clone(),
            wtns: wtns.clone(),
            proof: args.proof.clone().unwrap_or_else(|| "proof.json".into()),
            public: args.public.clone().unwrap_or_else(|| "public.json".into()),
            force: args.force.into(),
        });
    }
    let (Some(model), Some(key), Some(input)) = (&args.model, &args.key, &args.input) else {
        bail!("a proof needs --model, --key and --input, or --zkey and --wtns");
    };
    let context = Context::from(args.context.unwrap_or_default());
    let source =
        Source { model: artifacts::model_with(model, args.weights.as_deref())?, key, input, context };
    if args.decision {
        decisions::demand(&source.model.model)?;
    }
    let rows = Rows::chosen(args.row, args.rows.clone(), args.all);
    match &args.output_dir {
        Some(directory) if rows.are_many() => many::run(&source, &rows, directory, &args)?,
        Some(_) => bail!("--output-dir takes the proofs of many rows: choose them with --rows or --all"),
        None => one::run(&source, &args)?,
    }
    Ok(Outcome::Valid)
}
