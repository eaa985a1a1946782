//! The page's tables, lanes and verdict.

use std::io;
use std::time::Duration;

use assay_host::time::utc;

use super::{
    chart::{self, Lane},
    outcome::{
        BorrowerOutcome, Findings, Hour, KeeperOutcome, LiquidationRecord, PositionOutcome, ReplayFigures,
    },
};
use crate::{
    page::{BAD, FAINT, PROOF, Page, STRONG, Table, duration, paint, thousands},
    report::{self, tick},
    scenario::{Attack, Check, Outcome},
};

/// Rows of the price chart.
const HEIGHT: usize = 10;

/// Most liquidations that are told one by one.
const TOLD: usize = 14;

/// The first lines.
pub fn title(page: &mut Page<'_>) -> io::Result<()> {
    page.say(&paint(STRONG, "Assay: a risk model liquidates a position on Solana, by proof"))?;
    page.say(&paint(
        FAINT,
        "In this process: compiler, prover, a Solana runtime with the programs' bytecode behind sockets, keepers.",
    ))
}

/// The replay: chart, lanes, events, and what came of each borrower with the model and without.
pub fn replay(page: &mut Page<'_>, figures: &ReplayFigures, borrowers: &[BorrowerOutcome], scale: i8) {
    let prices: Vec<f64> = figures.prices.iter().map(|&price| price as f64 / 1e8).collect();
    let Some(first) = prices.first().copied() else { return };
    let low = prices.iter().copied().fold(first, f64::min);
    page.line(format!(
        "SOL/USD from {}: the deepest {}-hour fall of the model's test split ({:.1} %)",
        utc(figures.from).replace(":00 UTC", " UTC"), // candles begin with minutes
        prices.len(),
        100.0 * (low / first - 1.0),
    ));
    page.line("");
    page.lines(chart::prices(&prices, HEIGHT));
    page.line(chart::hours(prices.len()));
    lanes(page, "with the model", borrowers, |borrower| &borrower.with_model);
    lanes(page, "rule alone", borrowers, |borrower| &borrower.rule_alone);
    page.line(format!(
        "{} by a proven score   {} by the plain rule   {} above the floor, left alone   {} safe",
        mark(Hour::ByProof),
        mark(Hour::ByRule),
        mark(Hour::LeftAlone),
        mark(Hour::Safe),
    ));
    page.line("");
    events(page, borrowers, scale);
    page.line("");
    comparison(page, borrowers);
}

fn lanes(
    page: &mut Page<'_>,
    title: &str,
    borrowers: &[BorrowerOutcome],
    side: impl Fn(&BorrowerOutcome) -> &PositionOutcome,
) {
    page.line(paint(STRONG, title));
    for borrower in borrowers {
        let lane = Lane {
            label: format!("{:<5} {:>6.1} %", borrower.name, percent(borrower.opened_at_bps)),
            marks: side(borrower).hours.iter().map(|&hour| mark(hour)).collect(),
        };
        page.line(lane.render());
    }
}

fn mark(hour: Hour) -> String {
    match hour {
        Hour::Safe => paint(FAINT, "·"),
        Hour::LeftAlone => "░".to_owned(),
        Hour::ByProof => paint(PROOF, "▼"),
        Hour::ByRule => paint(BAD, "✕"),
    }
}

/// The liquidations in order of time.
fn events(page: &mut Page<'_>, borrowers: &[BorrowerOutcome], scale: i8) {
    type Told<'a> = (&'a LiquidationRecord, &'a str, &'static str);
    let of = |side: fn(&BorrowerOutcome) -> &PositionOutcome, market: &'static str| {
        borrowers.iter().flat_map(move |borrower| {
            side(borrower).liquidations.iter().map(move |record| (record, borrower.name.as_str(), market))
        })
    };
    let mut told: Vec<Told<'_>> = of(|borrower| &borrower.with_model, "with the model")
        .chain(of(|borrower| &borrower.rule_alone, "rule alone"))
        .collect();
    told.sort_by_key(|(record, ..)| record.hour);
    let mut table =
        Table::new(["hour", "market", "who", "opened by", ">LTV %", ">repaid USDC", ">bonus %", ">cost USD"]);
    for (record, name, market) in told.iter().take(TOLD) {
        let opened = match record.score {
            Some(score) if record.by_proof => {
                let logit = f64::from(score) * 2f64.powi(-i32::from(scale));
                let risk = 1.0 / (1.0 + (-logit).exp());
                paint(PROOF, format!("proof: score {logit:.2}, risk {:.0} %", 100.0 * risk))
            }
            _ => paint(BAD, "the plain rule"),
        };
        table.row([
            format!("+{}", record.hour),
            (*market).to_owned(),
            (*name).to_owned(),
            opened,
            format!("{:.2}", percent(record.ltv_bps)),
            format!("{:.2}", record.repaid as f64 / 1e6),
            format!("{:.2}", f64::from(record.bonus_bps) / 100.0),
            format!("{:.2}", record.cost as f64 / 1e8),
        ]);
    }
    page.lines(table.render());
    if let Some(more) = told.len().checked_sub(TOLD).filter(|&more| more > 0) {
        page.line(format!("and {more} more"));
    }
}

/// What each borrower who was liquidated anywhere paid, and how near the edge the position came.
fn comparison(page: &mut Page<'_>, borrowers: &[BorrowerOutcome]) {
    let mut table = Table::new([
        "twins",
        ">highest LTV",
        ">rule alone",
        ">repaid USDC",
        ">rule alone",
        ">cost USD",
        ">rule alone",
    ]);
    let sum = |position: &PositionOutcome, value: fn(&LiquidationRecord) -> u64| -> u64 {
        position.liquidations.iter().map(value).sum()
    };
    let mut totals = [0u64; 4];
    for borrower in borrowers {
        let (model, rule) = (&borrower.with_model, &borrower.rule_alone);
        let cells = [
            sum(model, |record| record.repaid),
            sum(rule, |record| record.repaid),
            sum(model, |record| record.cost),
            sum(rule, |record| record.cost),
        ];
        totals.iter_mut().zip(cells).for_each(|(total, cell)| *total += cell);
        if model.liquidations.is_empty() && rule.liquidations.is_empty() {
            continue;
        }
        let [sold_model, sold_rule, cost_model, cost_rule] = cells;
        table.row([
            borrower.name.clone(),
            format!("{:.2} %", percent(model.peak_ltv_bps)),
            format!("{:.2} %", percent(rule.peak_ltv_bps)),
            usd(sold_model, 1e6),
            usd(sold_rule, 1e6),
            usd(cost_model, 1e8),
            usd(cost_rule, 1e8),
        ]);
    }
    let [sold_model, sold_rule, cost_model, cost_rule] = totals;
    table.row([
        paint(STRONG, "together"),
        String::new(),
        String::new(),
        usd(sold_model, 1e6),
        usd(sold_rule, 1e6),
        usd(cost_model, 1e8),
        usd(cost_rule, 1e8),
    ]);
    page.lines(table.render());
}

/// What the keepers' journals and metrics say.
pub fn keepers(page: &mut Page<'_>, keepers: &[KeeperOutcome]) {
    page.line("");
    for KeeperOutcome { market, lamports, repaid, ends } in keepers {
        page.line(format!(
            "the keeper's journal, {market}: {:.2} USDC and {:.5} SOL spent",
            *repaid as f64 / 1e6,
            *lamports as f64 / 1e9,
        ));
        page.lines(ends.iter().map(|line| paint(FAINT, format!("  {line}"))));
    }
}

/// The attacks, after the control.
pub fn attacks(page: &mut Page<'_>, attacks: &[Attack], control: &Check) {
    page.line(format!("{} {}", tick(control.holds), control.name));
    report::attacks(page, attacks);
}

/// Checks, one a line.
pub fn checks(page: &mut Page<'_>, checks: &[Check]) {
    for check in checks {
        page.line(format!("{} {}", tick(check.holds), check.name));
        page.line(paint(FAINT, format!("  {}", check.detail)));
    }
}

/// Times, compute units, sizes.
pub fn costs(page: &mut Page<'_>, outcome: &Outcome, findings: &Findings) -> io::Result<()> {
    let seconds = |seconds: f64| duration(Duration::from_secs_f64(seconds));
    let step = |name: &str| {
        outcome
            .steps
            .iter()
            .find(|step| step.name == name)
            .map_or_else(String::new, |step| seconds(step.seconds))
    };
    let proofs = &findings.proofs;
    let mut times = Table::new(["time", ">", ""]);
    let mut row = |what: &str, time: String, note: String| times.row([what.into(), time, paint(FAINT, note)]);
    row("compile", step("compile"), "ONNX to circuit, with its error report".into());
    row("setup", step("setup"), "development keys".into());
    row("witness", seconds(proofs.witness_median), format!("median of {} proofs", proofs.count));
    row("prove", seconds(proofs.prove_median), format!("median; {} bytes", proofs.bytes));
    row(
        "witness + prove",
        seconds(proofs.total_median),
        format!("median; at most {}", seconds(proofs.total_max)),
    );
    row("verify on the host", seconds(proofs.verify_median), "median".into());

    let mut units = report::costs(outcome);
    units.row([
        "  of which record, by CPI".to_owned(),
        String::new(),
        String::new(),
        thousands(proofs.verify_cpi_units),
        String::new(),
    ]);
    page.say(&format!("\n   {}", paint(STRONG, "Costs")))?;
    report::below(page, times.render().into_iter().chain([String::new()]).chain(units.render()))
}

/// The last lines.
pub fn verdict(
    page: &mut Page<'_>,
    outcome: &Outcome,
    findings: &Findings,
    time: Duration,
) -> io::Result<()> {
    let by_proof = |borrower: &BorrowerOutcome| {
        borrower.with_model.liquidations.iter().filter(|record| record.by_proof).count()
    };
    let opened: usize = findings.borrowers.iter().map(by_proof).sum();
    report::verdict(page, outcome, &format!("{opened} liquidations by proof, "), time)
}

fn percent(bps: u32) -> f64 {
    f64::from(bps) / 100.0
}

fn usd(amount: u64, unit: f64) -> String {
    if amount == 0 { "-".to_owned() } else { format!("{:.2}", amount as f64 / unit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_take_one_column() {
        let plain: Vec<usize> = [Hour::Safe, Hour::LeftAlone, Hour::ByProof, Hour::ByRule]
            .map(|hour| crate::page::visible(&mark(hour)))
            .to_vec();
        assert_eq!(plain, [1; 4]);
    }
}
