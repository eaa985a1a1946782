//! `assay compile --check`: is this file what its model and data give?

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Context;
use assay::{OnnxFile, Samples};
use assay_compiler::{CheckOutcome, Stage, check_with};
use serde_json::{Value, json};

use crate::artifacts;
use crate::commands::{print, show};
use crate::outcome::Outcome;
use crate::ui::{self, BAD, Bar, GOOD, paint};

/// Steps of a stage's bar.
const STEPS: f64 = 1000.0;

/// Compiles again and compares.
pub fn run(path: &Path, onnx: &OnnxFile, samples: &Samples) -> anyhow::Result<Outcome> {
    let compiled = artifacts::compiled(path)?;
    let outcome = {
        let bar = Bar::start("compiling again");
        let mut progress = |stage: Stage, done: Option<f64>| {
            bar.name(&format!("compiling again: {}", stage.name()));
            if let Some(done) = done {
                bar.set((done * STEPS) as u64, STEPS as u64);
            }
            ControlFlow::Continue(())
        };
        check_with(&compiled, onnx, samples.table(), None, &mut progress).with_context(|| show(path))?
    };
    print(|| to_json(path, &outcome), || to_text(path, &outcome))?;
    Ok(if outcome.is_reproduced() { Outcome::Valid } else { Outcome::Invalid })
}

fn to_json(path: &Path, outcome: &CheckOutcome) -> Value {
    json!({
        "same": outcome.is_reproduced(),
        "file": show(path),
        "circuit": hex::encode(outcome.circuit_digest),
        "differences": outcome.differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn to_text(path: &Path, outcome: &CheckOutcome) -> String {
    let verdict = if outcome.is_reproduced() { paint(GOOD, "same") } else { paint(BAD, "different") };
    let mut text = format!("{verdict}  {}\n", path.display());
    text += &ui::fields(&[("circuit", hex::encode(outcome.circuit_digest))]);
    for difference in &outcome.differences {
        text += &format!("  - {difference}\n");
    }
    text
}
