//! What a run found, as data: `assay demo --json` prints it.

use std::time::Duration;

use serde::Serialize;

/// Everything that a run found. Its times vary from run to run; all else is a function of the options.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether everything was as expected.
    pub as_expected: bool,
    /// What was not.
    pub failures: Vec<String>,
    /// The compiled model.
    pub model: ModelFigures,
    /// The replayed stretch of prices.
    pub replay: ReplayFigures,
    /// Each borrower, with the model and without.
    pub borrowers: Vec<BorrowerOutcome>,
    /// Each attack.
    pub attacks: Vec<Attack>,
    /// What holds at the end.
    pub checks: Vec<Check>,
    /// The transactions that went through, by kind.
    pub transactions: Vec<TransactionFigures>,
    /// The proofs of the replay.
    pub proofs: ProofFigures,
    /// The steps and how long each took.
    pub steps: Vec<Step>,
}

/// Figures of the compiler's report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelFigures {
    /// Constraints of the circuit.
    pub constraints: usize,
    /// Size of its domain.
    pub domain: usize,
    /// Wires.
    pub wires: usize,
    /// Largest error of the score against the float model, over the calibration data.
    pub max_error: f64,
    /// Mean error.
    pub mean_error: f64,
    /// Calibration samples on which the integer model decides otherwise than the float model.
    pub flips: usize,
    /// Calibration samples.
    pub samples: usize,
    /// Score from which on the market lets a liquidation open, in the model's output units.
    pub score_threshold: i16,
    /// The circuit's digest, hexadecimal.
    pub circuit: String,
    /// The model's account.
    pub account: String,
}

/// Figures of the replay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReplayFigures {
    /// Index of the first replayed candle in the file.
    pub first_candle: usize,
    /// First publish time, Unix seconds.
    pub from: i64,
    /// Last publish time, Unix seconds.
    pub to: i64,
    /// Prices hour by hour, 1e-8 USD.
    pub prices: Vec<u64>,
}

/// What became of one borrower, in two markets that differ in one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BorrowerOutcome {
    /// Name.
    pub name: String,
    /// Loan-to-value ratio at the opening, basis points.
    pub opened_at_bps: u32,
    /// In the market where proven scores open liquidations.
    pub with_model: PositionOutcome,
    /// In its twin, where only the plain rule does.
    pub rule_alone: PositionOutcome,
}

/// What became of one position. Amounts are base units, values 1e-8 USD.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PositionOutcome {
    /// Its hours, one mark each.
    pub hours: Vec<Hour>,
    /// Its liquidations.
    pub liquidations: Vec<LiquidationRecord>,
    /// Highest loan-to-value ratio at which an hour ended, basis points.
    pub peak_ltv_bps: u32,
    /// Loan-to-value ratio at the end, basis points.
    pub final_ltv_bps: u32,
    /// Collateral at the end.
    pub collateral: u64,
    /// Debt at the end.
    pub debt: u64,
}

/// One hour of one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hour {
    /// Below the floor of early liquidation.
    Safe,
    /// Above the floor, and left alone: by its score, or by the plain rule.
    LeftAlone,
    /// Liquidated because of a proven score.
    ByProof,
    /// Liquidated by the plain rule.
    ByRule,
}

/// One liquidation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiquidationRecord {
    /// Hour of the replay.
    pub hour: usize,
    /// Whether a proof opened it.
    pub by_proof: bool,
    /// Loan-to-value ratio before, basis points.
    pub ltv_bps: u32,
    /// The proven score, in the model's output units.
    pub score: Option<i16>,
    /// Debt repaid.
    pub repaid: u64,
    /// Collateral seized.
    pub seized: u64,
    /// Bonus, basis points.
    pub bonus_bps: u16,
    /// What the borrower paid for it: the seized collateral's value above the debt repaid, 1e-8 USD.
    pub cost: u64,
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

/// The proofs of the replay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProofFigures {
    /// How many.
    pub count: usize,
    /// Median seconds to solve for the witness.
    pub witness_median: f64,
    /// Median seconds to prove.
    pub prove_median: f64,
    /// Median seconds of both.
    pub total_median: f64,
    /// Most seconds of both.
    pub total_max: f64,
    /// Median seconds of the host's verification.
    pub verify_median: f64,
    /// Compute units of the verifier, called by the lending program.
    pub verify_cpi_units: u64,
    /// Bytes of a proof.
    pub bytes: usize,
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
    pub(crate) fn step(&mut self, name: &'static str, took: Duration) {
        self.steps.push(Step { name, seconds: took.as_secs_f64() });
    }

    /// Decides whether everything was as expected, and names what was not.
    pub(crate) fn judge(&mut self) {
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

/// The median of some durations, in seconds; zero of none.
pub(crate) fn median(durations: impl IntoIterator<Item = Duration>) -> f64 {
    let mut sorted: Vec<Duration> = durations.into_iter().collect();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).map_or(0.0, Duration::as_secs_f64)
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

    #[test]
    fn medians() {
        assert_eq!(median([]), 0.0);
        assert_eq!(median([3, 1, 2].map(Duration::from_secs)), 2.0);
        assert_eq!(median([4, 3, 1, 2].map(Duration::from_secs)), 2.0);
    }
}
