//! A program shown at work: what a scenario is asked, and what it found.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use crate::page::Page;

/// A program shown at work, in a runtime of its own.
pub trait Scenario: Sync {
    /// Plays it, and shows its steps on `page`. What it finds out is no error: it is in the outcome.
    ///
    /// # Errors
    /// The run could not be finished.
    fn play(&self, options: &Options, page: &mut Page<'_>) -> Result<Outcome, ScenarioError>;
}

/// What a caller may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of every key and every random choice: with the same one every run gives the same outcome, times excepted.
    pub seed: u64,
    /// Hours of real prices to replay.
    pub hours: usize,
    /// Where the programs' `.so` files are; the committed ones, if absent.
    pub programs: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, hours: 60, programs: None }
    }
}

/// Why a run could not be finished.
#[derive(Debug, Error)]
#[error("{source}")]
pub struct ScenarioError {
    /// The scenario's own error.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
    /// What to do about it, where a person can do something.
    pub hint: Option<&'static str>,
}

/// Everything that a run found. Its times vary from run to run; all else is a function of the options.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether everything was as expected.
    pub as_expected: bool,
    /// What was not.
    pub failures: Vec<String>,
    /// Each attack.
    pub attacks: Vec<Attack>,
    /// What holds at the end.
    pub checks: Vec<Check>,
    /// The transactions that went through, by kind.
    pub transactions: Vec<TransactionFigures>,
    /// The steps and how long each took.
    pub steps: Vec<Step>,
    /// What only this scenario has.
    #[serde(flatten)]
    pub details: serde_json::Map<String, serde_json::Value>,
}

/// One attack, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attack {
    /// What was tried.
    pub name: &'static str,
    /// The error that must refuse it.
    pub expected: String,
    /// What happened.
    pub got: String,
    /// Whether it was refused with that error and no other.
    pub refused: bool,
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// The numbers.
    pub detail: String,
    /// Whether it does.
    pub holds: bool,
}

/// The transactions of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TransactionFigures {
    /// The instruction.
    pub name: &'static str,
    /// How many.
    pub count: usize,
    /// Least compute units.
    pub compute_units_min: u64,
    /// Most compute units.
    pub compute_units_max: u64,
    /// Largest size, bytes.
    pub size: usize,
}

/// A step of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What.
    pub name: &'static str,
    /// Seconds.
    pub seconds: f64,
}

impl Outcome {
    /// Notes a step's time.
    pub fn step(&mut self, name: &'static str, time: Duration) {
        self.steps.push(Step { name, seconds: time.as_secs_f64() });
    }

    /// Decides whether everything was as expected, and names what was not.
    pub fn judge(&mut self) {
        let mut failures = std::mem::take(&mut self.failures);
        for attack in self.attacks.iter().filter(|attack| !attack.refused) {
            failures.push(format!("{}: expected {}, got {}", attack.name, attack.expected, attack.got));
        }
        for check in self.checks.iter().filter(|check| !check.holds) {
            failures.push(format!("{}: {}", check.name, check.detail));
        }
        self.as_expected = failures.is_empty();
        self.failures = failures;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_deviation_spoils_the_verdict_and_is_named() {
        let attack = |refused| Attack { name: "a", expected: "X".into(), got: "Y".into(), refused };
        let check = |holds| Check { name: "c", detail: "1 < 2".into(), holds };
        let judge = |refused, holds| {
            let mut outcome =
                Outcome { attacks: vec![attack(refused)], checks: vec![check(holds)], ..Outcome::default() };
            outcome.judge();
            (outcome.as_expected, outcome.failures)
        };
        assert_eq!(judge(true, true), (true, vec![]));
        assert_eq!(judge(false, true), (false, vec!["a: expected X, got Y".into()]));
        assert_eq!(judge(true, false), (false, vec!["c: 1 < 2".into()]));
    }
}
