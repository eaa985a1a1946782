//! The demonstration ends as it should, on the committed programs.

#![allow(missing_docs)]

use assay_credit_host::Credit;
use assay_host::{Program, ScenarioEntry, page::Page, scenario::Options};

#[test]
fn everybody_gets_what_the_tier_says_and_every_attack_is_refused() {
    let ScenarioEntry::Own(scenario) = Credit.scenario() else { panic!("credit has its own scenario") };
    let mut page = Vec::new();
    let outcome = scenario.play(&Options::default(), &mut Page::new(&mut page)).unwrap();
    assert!(outcome.as_expected, "{:?}\n{}", outcome.failures, String::from_utf8_lossy(&page));
    assert!(outcome.attacks.len() >= 20 && outcome.checks.len() == 9);
}
