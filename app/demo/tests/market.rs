//! The demonstration ends as it should, on the committed programs.

#![allow(missing_docs)]

use assay_demo::{
    market::Demonstration,
    page::Page,
    scenario::{Options, Scenario as _},
};

#[test]
fn every_question_ends_as_it_should_and_every_attack_is_refused() {
    let mut page = Vec::new();
    let outcome = Demonstration.play(&Options::default(), &mut Page::new(&mut page)).unwrap();
    assert!(outcome.as_expected, "{:?}\n{}", outcome.failures, String::from_utf8_lossy(&page));
    assert!(outcome.attacks.len() >= 10 && outcome.checks.len() == 9);
}
