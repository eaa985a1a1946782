//! One proof.

use std::path::{Path, PathBuf};

use assay::{Content, Decision, Execution, OutputDecision, Salts};
use assay_interface::artifact::Kind;
use serde_json::{Value, json};

use super::args::Args;
use super::source::Source;
use crate::commands::{beside, print, show};
use crate::decisions;
use crate::files::{self, Claims, Force, Output, Product};
use crate::inputs;
use crate::progress::observed;
use crate::ui::{self, STRONG, bytes, duration, paint};
use crate::values;

/// Proves what the options ask for.
pub fn run(source: &Source<'_>, args: &Args) -> anyhow::Result<()> {
    let model = &source.model.model;
    let inputs = inputs::choose_one(&source.model, source.input, args.row)?;
    let inputs = inputs::with_membership(inputs, args.membership.as_deref())?;
    let mut rng = assay::system_rng()?;
    let salts = match &args.salts {
        Some(path) => inputs::read_salts(&source.model, path)?,
        None => Salts::draw(model, &mut rng),
    };
    if !salts.is_empty() && args.salts.is_none() && args.save_salts.is_none() {
        ui::warn(
            "the salts of committed inputs are not saved: no one can show later what the commitments hold",
        );
    }
    // Solved before the key is loaded: what cannot be written is found now.
    let execution = model.execute(&inputs, source.context, &salts)?;
    let outputs = Outputs::claim(source, args, &execution, &salts)?;
    let prover = source.prover()?;
    let decision = observed("proving", |observer| prover.prove_execution(&execution, &mut rng, observer))?;
    let written = outputs.commit(source, &decision, &execution)?;
    ui::note(&format!(
        "proof {}, checked {}",
        duration(decision.timings.prove),
        duration(decision.timings.check)
    ));
    let decisions = model.decide(&inputs)?;
    report(source, &decision, &written, &decisions, args.decision)
}

/// The files that will be written, all or none.
struct Outputs {
    proof: Output,
    witness: Option<Output>,
    salts: Option<Output>,
}

impl Outputs {
    fn claim(
        source: &Source<'_>,
        args: &Args,
        execution: &Execution,
        salts: &Salts,
    ) -> anyhow::Result<Outputs> {
        let model = &source.model.path;
        let path = match &args.output {
            Some(path) => path.clone(),
            None => beside(model, Kind::Proof.extension())?,
        };
        let read = [model, source.key, source.input]
            .into_iter()
            .chain(&args.salts)
            .chain(&args.membership)
            .chain(&args.weights);
        let mut claims = Claims::reading(read.map(PathBuf::as_path));
        let mut claim = |path: &Path, product| claims.output(path, product, Force::from(args.force));
        let save = args.save_salts.as_deref().filter(|_| !salts.is_empty());
        if args.save_salts.is_some() && save.is_none() {
            ui::warn("the model commits to no input: there are no salts to save");
        }
        Ok(Outputs {
            proof: claim(&path, Product::Proof { statement: execution.digest() })?,
            witness: args.witness.as_deref().map(|path| claim(path, Product::Witness)).transpose()?,
            salts: save.map(|path| claim(path, Product::Salts)).transpose()?,
        })
    }

    /// Writes them and gives the proof's path and size.
    fn commit(
        self,
        source: &Source<'_>,
        decision: &Decision,
        execution: &Execution,
    ) -> anyhow::Result<(PathBuf, u64)> {
        let path = self.proof.path().to_owned();
        let proof = decision.to_bytes();
        let size = proof.len() as u64;
        let mut group = vec![(self.proof, proof)];
        if let Some(output) = self.witness {
            group.push((output, execution.to_secret_bytes()));
        }
        if let Some(output) = self.salts {
            group.push((output, decision.salts.to_json(&source.model.model).into_bytes()));
        }
        files::commit(group)?;
        Ok((path, size))
    }
}

fn report(
    source: &Source<'_>,
    decision: &Decision,
    (path, size): &(PathBuf, u64),
    decisions: &[OutputDecision],
    shows_decisions: bool,
) -> anyhow::Result<()> {
    let model = &source.model.model;
    let tensors = model.decode(&decision.statement)?;
    let context = source.context.to_string();
    let value = || -> Value {
        json!({
            "proof_file": show(path),
            "model": model.name(),
            "circuit": hex::encode(model.circuit_digest()),
            "key": hex::encode(decision.key),
            "digest": decision.digest.to_string(),
            "domain": decision.statement.domain.to_string(),
            "context": context,
            "limbs": decision.statement.limbs.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "proof": hex::encode(decision.to_file().proof.as_bytes()),
            "inputs": tensors.inputs,
            "outputs": tensors.outputs,
            "decisions": decisions,
        })
    };
    let text = || {
        let fields = ui::fields(&[
            ("proof", format!("{} ({})", path.display(), bytes(*size))),
            ("model", model.name().to_owned()),
            ("digest", decision.digest.to_string()),
            ("context", context.clone()),
        ]);
        // A path leads to some root whatever the input is: which one, the holder compares with the tree's.
        let members = tensors.inputs.iter().filter(|tensor| matches!(tensor.content, Content::Member(_)));
        let members: Vec<_> = members.cloned().collect();
        let inputs = match members.is_empty() {
            true => String::new(),
            false => format!("{}\n{}", paint(STRONG, "inputs"), values::table(&members)),
        };
        let outputs = format!("{}\n{}", paint(STRONG, "outputs"), values::table(&tensors.outputs));
        let decisions = if shows_decisions { decisions::section(decisions) } else { String::new() };
        format!("{fields}{inputs}{outputs}{decisions}")
    };
    print(value, text)
}
