//! `assay audit model`: does a model's circuit leave a prover any freedom?

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use assay::{Context, Inputs, Membership, Salts};
use assay_circuits::audit::{self, AuditReport, Coverage, Options, Progress, Verdict, audit_circuit};
use assay_circuits::{Assignment, Part};
use assay_groth16::element;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::{Map, Value, json};

use crate::artifacts::{self, Model};
use crate::bench::measure::random_inputs;
use crate::commands::print;
use crate::failure::{SelfCheck, hinted};
use crate::inputs::{self, Ranges, Rows};
use crate::outcome::Outcome;
use crate::ui::{self, BAD, Bar, GOOD, LOUD, STRONG, Table, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay audit model model.assay
  $ assay audit model model.assay --full
  $ assay audit model model.assay --input samples.csv --rows 1-3 --json | jq .verdict

For auditors, who ask whether the constraints leave a prover any choice. Three searches start from
an honest witness:
  witness sweep   changes each wire alone, to some twenty other values
  advice sweep    gives the circuit a wrong hint, and computes on from it
  uniqueness      proves from the constraints alone that each wire has one value, for these inputs

Above them stand the circuit's parts by kind of constraint: ranges are proven by bits, or by queries
of tables. `assay compile --check` makes the circuit again from the model file, and `assay inspect`
shows the declared domain, which the circuit asserts.

Verdicts:
  determined      everything was tried, and every wire is proven to have one value for each input
  sampled         nothing was found; a large circuit was sampled, and --full tries everything
  unexplained     some wires may have another value: each is listed with its constraint

Without --input, inputs are drawn at random from all that the model's formats represent. The seed is
in the report: the same seed repeats an audit.

Exit code 0: determined or sampled. Exit code 1: unexplained.";

/// Findings that the text form lists; --json lists all.
const LISTED: usize = 40;

/// Search a model's circuit for wires that a prover could choose.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(value_name = "MODEL.assay")]
    model: PathBuf,
    /// Weights to start from, of a model that was compiled with --weights committed: a secret [default: random ones of their formats]
    #[arg(long, value_name = "FILE.weights")]
    weights: Option<PathBuf>,
    /// Inputs to start from, in the model's own units [default: random ones]
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Rows of the inputs, such as 1-3,7 [default: the first]
    #[arg(long, value_name = "ROWS", requires = "input")]
    rows: Option<Ranges>,
    /// How many random inputs to start from
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "input",
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    count: u32,
    /// Try everything, however long it takes, in place of a sample of a large circuit
    #[arg(long)]
    full: bool,
    /// Seed of the sample and of the random inputs [default: drawn]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let model = artifacts::model_with(&args.model, args.weights.as_deref())?;
    let circuit = model.model.circuit();
    let seed = match args.seed {
        Some(seed) => seed,
        None => assay::system_rng()?.r#gen(),
    };
    let assignments = assignments(&model, &args, seed)?;
    let options = match args.full {
        true => Options { seed, ..Options::default() },
        false => Options::bounded(circuit, seed),
    };
    let report = {
        let count = assignments.len();
        let bar = Bar::start("auditing");
        let mut show = |progress: Progress| {
            bar.name(&format!("{} {} of {count}", progress.search.name(), progress.assignment + 1));
            bar.set(progress.done as u64, progress.total as u64);
            ControlFlow::Continue(())
        };
        audit_circuit(circuit, &assignments, &options, &mut show)
            .map_err(|error| SelfCheck(format!("the audit has nothing to start from: {error}")))?
    };
    let verdict = report.verdict();
    if verdict == Verdict::Sampled {
        ui::warn("a sample was tried: --full tries everything");
    }
    print(|| to_json(&model, &report, seed), || to_text(&model, &report, seed))?;
    Ok(match verdict {
        Verdict::Determined | Verdict::Sampled => Outcome::Valid,
        Verdict::Unexplained => Outcome::Invalid,
    })
}

fn assignments(model: &Model, args: &Args, seed: u64) -> anyhow::Result<Vec<Assignment>> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let inputs: Vec<Inputs> = match &args.input {
        Some(path) => {
            let rows = args.rows.clone().map_or(Rows::One(1), Rows::Some);
            inputs::choose(model, path, &rows)?.rows.into_iter().map(|(_, inputs)| inputs).collect()
        }
        None => (0..args.count).map(|_| random_inputs(&model.model, &mut rng)).collect::<Result<_, _>>()?,
    };
    if inputs.is_empty() {
        return Err(hinted(anyhow!("there is no input to start from"), "leave --input out for a random one"));
    }
    let weights = weights(model, &mut rng);
    let assignment = |inputs: Inputs| Assignment {
        inputs: inputs.integers().to_vec(),
        context: Context::from(rng.r#gen::<[u8; 32]>()).0,
        salts: Salts::draw(&model.model, &mut rng).as_slice().iter().map(element).collect(),
        member: Membership::made_up(&model.model, &mut rng).map(|membership| membership.for_circuit()),
        weights: Arc::clone(&weights),
    };
    Ok(inputs.into_iter().map(assignment).collect())
}

/// The weights of the model, or random ones of their formats; none where they are fixed.
fn weights(model: &Model, rng: &mut ChaCha20Rng) -> Arc<[i64]> {
    if let Some(weights) = model.model.weights() {
        return weights.values().into();
    }
    let tensors = model.model.circuit().program().weights().iter();
    let half = |bits: u8| 1i64 << bits.clamp(1, 60).saturating_sub(1);
    let bits = tensors.flat_map(|tensor| std::iter::repeat_n(tensor.bits, tensor.len as usize));
    bits.map(|bits| rng.gen_range(-half(bits)..half(bits))).collect()
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Determined => "determined",
        Verdict::Sampled => "sampled",
        Verdict::Unexplained => "unexplained",
    }
}

fn to_json(model: &Model, report: &AuditReport, seed: u64) -> Value {
    let searches = report.coverage().map(|(search, coverage)| {
        json!({
            "search": search.name(),
            "tried": coverage.tried,
            "of": coverage.of,
            "checks": coverage.checks,
        })
    });
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            json!({
                "wire": finding.wire.index(),
                "constraint": finding.place,
                "search": finding.search.name(),
                "detail": finding.detail,
            })
        })
        .collect();
    let allowed = report.allowed.iter();
    let allowed: Vec<Value> =
        allowed.map(|free| json!({ "wire": free.wire.index(), "reason": free.reason })).collect();
    json!({
        "verdict": verdict_name(report.verdict()),
        "model": model.model.name(),
        "circuit": hex::encode(model.model.circuit_digest()),
        "constraints": report.constraints,
        "wires": report.wires,
        "inputs": report.assignments,
        "seed": seed,
        "parts": parts(model),
        "searches": searches,
        "allowed": allowed,
        "findings": findings,
    })
}

/// What each part of the circuit consists of: its ranges are proven by bits, or by queries of tables.
fn parts(model: &Model) -> Vec<Value> {
    let part = |part: &Part<'_>| {
        let kinds: Map<String, Value> = part
            .kinds
            .most_first()
            .into_iter()
            .map(|(kind, count)| (kind.to_owned(), count.into()))
            .collect();
        json!({ "part": part.name, "constraints": part.kinds.total(), "kinds": kinds })
    };
    model.model.circuit().parts().iter().map(part).collect()
}

fn to_text(model: &Model, report: &AuditReport, seed: u64) -> String {
    let verdict = report.verdict();
    let style = match verdict {
        Verdict::Determined => GOOD,
        Verdict::Sampled => LOUD,
        Verdict::Unexplained => BAD,
    };
    let mut lines = vec![
        ("model", model.model.name().to_owned()),
        ("circuit", hex::encode(model.model.circuit_digest())),
        ("constraints", report.constraints.to_string()),
        ("wires", report.wires.to_string()),
        ("inputs", report.assignments.to_string()),
        ("seed", seed.to_string()),
    ];
    for free in &report.allowed {
        lines.push(("free by design", format!("wire {}: {}", free.wire.index(), free.reason)));
    }
    let mut parts = Table::new(["part", "constraints", "kinds"]);
    for Part { name, kinds } in model.model.circuit().parts() {
        let by_kind: Vec<String> =
            kinds.most_first().iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        parts.row([name.to_owned(), kinds.total().to_string(), by_kind.join(", ")]);
    }
    let mut searches = Table::new(["search", "tried", "of", "checks"]);
    for (search, Coverage { tried, of, checks }) in report.coverage() {
        searches.row([search.name().into(), tried.to_string(), of.to_string(), checks.to_string()]);
    }
    let mut text = format!(
        "{}  {}\n{}{}\n{}",
        paint(style, verdict_name(verdict)),
        model.path.display(),
        ui::fields(&lines),
        parts.render(),
        searches.render()
    );
    if !report.findings.is_empty() {
        let mut table = Table::new(["wire", "search", "constraint", "what"]);
        for audit::Finding { wire, place, search, detail } in report.findings.iter().take(LISTED) {
            table.row([wire.index().to_string(), search.name().into(), place.clone(), detail.clone()]);
        }
        text += &format!("{}\n{}", paint(STRONG, "findings"), table.render());
        if report.findings.len() > LISTED {
            text += &format!("  ... {} more\n", report.findings.len() - LISTED);
        }
    }
    text
}
