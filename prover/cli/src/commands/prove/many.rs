//! A folder of proofs, one a row, from one loaded prover.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use assay::{Decision, Execution, Inputs, Observer, OutputDecision, Salts};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use super::args::Args;
use super::source::Source;
use crate::commands::{print, show};
use crate::decisions;
use crate::failure::{HintExt, hinted};
use crate::files::{self, Claims, Force, Output, Product};
use crate::inputs::{self, Rows};
use crate::ui::{self, Bar, duration};

/// Where the files of a row go.
struct Folder<'a> {
    source: &'a Source<'a>,
    directory: &'a Path,
    /// The weights that were read.
    weights: Option<&'a PathBuf>,
    force: Force,
    /// Digits of the largest row of the input: names sort as rows do.
    digits: usize,
}

/// Proves the rows and writes each proof when it is there.
pub fn run(source: &Source<'_>, rows: &Rows, directory: &Path, args: &Args) -> anyhow::Result<()> {
    if let Some((name, _)) = source.model.model.member_input() {
        return Err(hinted(
            anyhow!("input {name:?} is a member of a tree, and a membership is of one row"),
            "--row chooses one, with its --membership",
        ));
    }
    let chosen = inputs::choose(&source.model, source.input, rows)?;
    make_directory(directory)?;
    let folder = Folder {
        source,
        directory,
        weights: args.weights.as_ref(),
        force: args.force.into(),
        digits: chosen.samples.to_string().len(),
    };
    let mut rng = assay::system_rng()?;
    // What may not be replaced is found before the work, not in the middle of it.
    for (row, inputs) in &chosen.rows {
        folder.check(*row, inputs, &mut rng)?;
    }
    let prover = source.prover()?;
    let bar = Bar::of("proving", chosen.rows.len() as u64);
    let start = Instant::now();
    let mut proven: Vec<Value> = Vec::with_capacity(chosen.rows.len());
    let mut decided = Vec::new();
    for (row, inputs) in &chosen.rows {
        let mut write = || -> anyhow::Result<Value> {
            let (execution, outputs) = folder.claim(*row, inputs, &mut rng)?;
            let decision = prover.prove_execution(&execution, &mut rng, Observer::none())?;
            let decisions = source.model.model.decide(inputs)?;
            let value = folder.commit(*row, outputs, &decision, &decisions)?;
            decided.extend(decisions);
            Ok(value)
        };
        let written = proven.len();
        proven.push(write().with_context(|| format!("row {row}")).hint(|| {
            format!("{written} of {} proofs are in {}, each whole", chosen.rows.len(), directory.display())
        })?);
        bar.step();
    }
    drop(bar);
    let (elapsed, count) = (start.elapsed(), proven.len());
    let each = elapsed / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    print(
        || {
            json!({
                "model": source.model.model.name(),
                "context": source.context.to_string(),
                "directory": show(directory),
                "seconds": elapsed.as_secs_f64(),
                "proofs": proven,
            })
        },
        || {
            let mut lines = vec![
                ("proofs", format!("{count} in {}", directory.display())),
                ("model", source.model.model.name().to_owned()),
                ("context", source.context.to_string()),
                ("took", format!("{}, {} each", duration(elapsed), duration(each))),
            ];
            if args.decision {
                let (all, certain) = decisions::count(decided.iter());
                lines.push(("decisions", format!("{certain} of {all} certainly the float model's")));
            }
            ui::fields(&lines)
        },
    )
}

fn make_directory(directory: &Path) -> anyhow::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    fs::create_dir(directory)
        .with_context(|| format!("cannot make the folder {}", directory.display()))
        .hint(|| "the folder that it lies in must exist and be writable")
}

impl Folder<'_> {
    fn path(&self, row: usize, ending: &str) -> std::path::PathBuf {
        self.directory.join(format!("row-{row:0digits$}.{ending}", digits = self.digits))
    }

    /// Refuses a row whose file may not be replaced. One that is not there yet is not solved for.
    fn check(&self, row: usize, inputs: &Inputs, rng: &mut ChaCha20Rng) -> anyhow::Result<()> {
        let exists = ["proof", "salts.json"].into_iter().any(|ending| self.path(row, ending).exists());
        if exists { self.claim(row, inputs, rng).map(drop) } else { Ok(()) }
    }

    fn claim(
        &self,
        row: usize,
        inputs: &Inputs,
        rng: &mut ChaCha20Rng,
    ) -> anyhow::Result<(Execution, (Output, Option<Output>))> {
        let model = &self.source.model;
        let salts = Salts::draw(&model.model, rng);
        let execution = model.model.execute(inputs, self.source.context, &salts)?;
        let read = [&model.path, self.source.key, self.source.input].into_iter().chain(self.weights);
        let mut claims = Claims::reading(read.map(PathBuf::as_path));
        let statement = Product::Proof { statement: execution.digest() };
        let proof = claims.output(&self.path(row, "proof"), statement, self.force)?;
        let salts = match salts.is_empty() {
            true => None,
            false => Some(claims.output(&self.path(row, "salts.json"), Product::Salts, self.force)?),
        };
        Ok((execution, (proof, salts)))
    }

    fn commit(
        &self,
        row: usize,
        (proof, salts): (Output, Option<Output>),
        decision: &Decision,
        decisions: &[OutputDecision],
    ) -> anyhow::Result<Value> {
        let model = &self.source.model.model;
        let path = show(proof.path());
        let mut group = vec![(proof, decision.to_bytes())];
        if let Some(output) = salts {
            group.push((output, decision.salts.to_json(model).into_bytes()));
        }
        files::commit(group)?;
        Ok(json!({
            "row": row,
            "proof_file": path,
            "digest": decision.digest.to_string(),
            "outputs": decision.outputs.tensors(),
            "decisions": decisions,
        }))
    }
}
