//! The corpus: models as other people's exporters write them, and the ONNX project's tests of single operators.
//!
//! `models/corpus` has the models with onnxruntime's answers, and says how they are made. Each is compiled with its
//! calibration data, read again from its bytes, run on its samples, proven and verified under a development key, and its
//! outputs are compared with onnxruntime's: within the error that it was compiled for on rows of the calibration data, within
//! twice that on rows that calibration did not see. Labels are indices into the list of classes. Then what is certified is held against
//! up to a thousand fresh rows of the domain; `-- --nocapture` shows a table of that.
//!
//! What became of each stands in two ledgers, `tests/ledger/corpus.csv` and `tests/ledger/nodes.csv`, so a model that no longer
//! goes in shows, and so does one that goes in for the first time. `docs/corpus.md` is made from them. Where a change is
//! meant: `ASSAY_LEDGER=write cargo test --release -p assay --test corpus`, and commit the difference.
//!
//! `ASSAY_CORPUS=FOLDER cargo test --release -p assay --test corpus models -- --nocapture` tries models of your own: a
//! folder of the same form, with a `corpus.csv`. Nothing is compared with the ledger.

#![allow(missing_docs)]

mod answers;
mod case;
mod claim;
mod ledger;
mod node;
mod outcome;
mod page;
mod run;
mod work;

use case::Case;
use claim::Held;
use ledger::{Ledger, Rows};
use node::NodeTest;

#[test]
fn models_do_what_onnxruntime_says() {
    if let Some(folder) = case::own_folder() {
        let cases = Case::all(&folder);
        let (outcomes, held): (Vec<_>, Vec<_>) = work::shared(&cases, run::run).into_iter().unzip();
        for (case, outcome) in cases.iter().zip(&outcomes) {
            println!("{}/{}: {}", case.module, case.name, outcome.text());
        }
        claim::show(&named(&cases, held));
        return;
    }
    let cases = Case::all(&case::folder());
    assert!(cases.len() >= 120, "{} models", cases.len());
    let (outcomes, held): (Vec<_>, Vec<_>) = work::shared(&cases, run::run).into_iter().unzip();
    claim::show(&named(&cases, held));
    let rows =
        cases.iter().zip(outcomes).map(|(case, outcome)| ((case.module.clone(), case.name.clone()), outcome));
    settle(Ledger::Models, &rows.collect());
}

/// What is held of each model, with its name.
fn named(cases: &[Case], held: Vec<Vec<Held>>) -> Vec<(String, Vec<Held>)> {
    cases.iter().map(|case| format!("{}/{}", case.module, case.name)).zip(held).collect()
}

#[test]
fn operators_do_what_their_project_says() {
    let tests = NodeTest::all();
    assert!(tests.len() >= 500, "{} tests", tests.len());
    let outcomes = work::shared(&tests, node::run);
    let rows = tests
        .iter()
        .zip(outcomes)
        .map(|(test, outcome)| ((test.operator.clone(), test.name.clone()), outcome));
    settle(Ledger::Nodes, &rows.collect());
}

/// Compares with the ledger, or writes it and the page that is made from it.
fn settle(ledger: Ledger, found: &Rows) {
    if ledger::is_writing() {
        ledger.write(found);
        page::write();
    } else {
        ledger.check(found);
    }
}

#[test]
fn the_page_of_the_corpus_is_made_from_the_ledgers() {
    page::check();
}
