//! The demonstration ends as it should, on the committed programs.

#![allow(missing_docs)]

use assay_host::{Program, ScenarioEntry, page::Page, scenario::Options};
use assay_market_host::Market;

#[test]
fn every_question_ends_as_it_should_and_every_attack_is_refused() {
    let ScenarioEntry::Own(scenario) = Market.scenario() else { panic!("the market has its own scenario") };
    let mut page = Vec::new();
    let outcome = scenario.play(&Options::default(), &mut Page::new(&mut page)).unwrap();
    assert!(outcome.as_expected, "{:?}\n{}", outcome.failures, String::from_utf8_lossy(&page));
    assert!(outcome.attacks.len() >= 10 && outcome.checks.len() == 9);
}
