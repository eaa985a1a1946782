//! `docs/corpus.md`: how much of the corpus goes in, by family, and why the rest does not.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::case;
use crate::ledger::{Ledger, Rows, is_writing};
use crate::outcome::Outcome;

const HEAD: &str = "# What goes in

`models/corpus` holds models as other people's exporters write them, with what onnxruntime answers. Each is compiled with
the defaults, run, proven, verified and compared by `cargo test --release -p assay --test corpus`. This page is made
from that test's ledgers (`tests/ledger/{corpus,nodes}.csv`); with `ASSAY_LEDGER=write` it is written anew.
";

const NODES: &str = "
## Single operators

The ONNX project's own tests of operators, those with at most 700 numbers (`models/corpus/nodes.py` says which and how).
Parameters that a circuit must know, such as axes and weights, are constants; all other inputs are variables.
";

/// Compares the page with the ledgers.
pub fn check() {
    if !is_writing() {
        assert_eq!(
            fs::read_to_string(path()).unwrap_or_default(),
            current(),
            "write it with ASSAY_LEDGER=write"
        );
    }
}

/// Writes the page of the ledgers as they are now.
pub fn write() {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    fs::write(path(), current()).unwrap();
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/corpus.md")
}

fn current() -> String {
    page(&Ledger::Models.read(), &Ledger::Nodes.read())
}

/// How many of a group came to what.
#[derive(Default)]
struct Counts {
    passes: usize,
    rightly_refused: usize,
    not: usize,
}

impl Counts {
    fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Counts {
        let mut counts = Counts::default();
        for outcome in outcomes {
            *match outcome {
                Outcome::Passes => &mut counts.passes,
                Outcome::RightlyRefused(_) => &mut counts.rightly_refused,
                Outcome::Refused(_) | Outcome::Fails(_) => &mut counts.not,
            } += 1;
        }
        counts
    }

    /// Models that are to go in.
    fn tried(&self) -> usize {
        self.passes + self.not
    }
}

fn page(models: &Rows, nodes: &Rows) -> String {
    let (family_of, families) = case::families();
    let mut page =
        format!("{HEAD}\n| family | models | go in | rightly refused |\n| --- | --- | --- | --- |\n");
    let row = |name: &str, counts: &Counts| {
        let Counts { passes, rightly_refused, .. } = counts;
        let all = counts.tried() + rightly_refused;
        format!("| {name} | {all} | {passes} of {} | {rightly_refused} |\n", counts.tried())
    };
    for family in &families {
        let members = models.iter().filter(|(key, _)| family_of.get(key) == Some(family));
        page += &row(family, &Counts::of(members.map(|(_, outcome)| outcome)));
    }
    page += &row("all", &Counts::of(models.values()));
    page += &reasons("## Not yet, and why", models, |outcome| !matches!(outcome, Outcome::RightlyRefused(_)));
    page += &reasons("## Rightly refused", models, |outcome| matches!(outcome, Outcome::RightlyRefused(_)));
    page += NODES;
    let counts = Counts::of(nodes.values());
    write!(
        page,
        "\n{} of {} tests pass.\n\n| operator | pass | why not |\n| --- | --- | --- |\n",
        counts.passes,
        counts.tried()
    )
    .unwrap();
    for (operator, outcomes) in groups(nodes) {
        let counts = Counts::of(outcomes.values().copied());
        let reason = outcomes.values().find_map(|outcome| outcome.reason()).unwrap_or_default();
        page += &format!("| {operator} | {} of {} | {} |\n", counts.passes, counts.tried(), cell(reason));
    }
    page
}

/// A table of those that do not pass.
fn reasons(title: &str, rows: &Rows, which: impl Fn(&Outcome) -> bool) -> String {
    let lines: Vec<String> = rows
        .iter()
        .filter(|(_, outcome)| which(outcome))
        .filter_map(|((_, name), outcome)| {
            outcome.reason().map(|reason| format!("| {name} | {} |\n", cell(reason)))
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("\n{title}\n\n| model | reason |\n| --- | --- |\n{}", lines.concat())
}

fn groups(rows: &Rows) -> BTreeMap<&str, BTreeMap<&str, &Outcome>> {
    let mut groups: BTreeMap<&str, BTreeMap<&str, &Outcome>> = BTreeMap::new();
    for ((group, name), outcome) in rows {
        groups.entry(group).or_default().insert(name, outcome);
    }
    groups
}

/// Text in a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['<', '>'], "'")
}
