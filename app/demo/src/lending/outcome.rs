//! What a run found of markets and borrowers, as data: `cargo xtask demo --json` prints it.

use std::time::Duration;

use serde::Serialize;

/// What only this scenario finds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Findings {
    /// The compiled model.
    pub model: ModelFigures,
    /// The replayed stretch of prices.
    pub replay: ReplayFigures,
    /// Each borrower, with the model and without.
    pub borrowers: Vec<BorrowerOutcome>,
    /// The keepers, by their journals and metrics.
    pub keepers: Vec<KeeperOutcome>,
    /// The proofs of the replay.
    pub proofs: ProofFigures,
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

/// What a keeper's journal and metrics say in the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeeperOutcome {
    /// Whose it is.
    pub market: &'static str,
    /// Fees and rent that its transactions took, lamports; what closed accounts returned is not set off.
    pub lamports: u64,
    /// What it repaid, base units of the debt asset.
    pub repaid: u64,
    /// Its metrics of how transactions ended, as `/metrics` shows them.
    pub ends: Vec<String>,
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
    /// Compute units of the verifier, called by the lending program: proof and receipt.
    pub verify_cpi_units: u64,
    /// Bytes of a proof.
    pub bytes: usize,
}

/// The median of some durations, in seconds; zero of none.
pub(super) fn median(durations: impl IntoIterator<Item = Duration>) -> f64 {
    let mut sorted: Vec<Duration> = durations.into_iter().collect();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).map_or(0.0, Duration::as_secs_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median([]), 0.0);
        assert_eq!(median([3, 1, 2].map(Duration::from_secs)), 2.0);
        assert_eq!(median([4, 3, 1, 2].map(Duration::from_secs)), 2.0);
    }
}
