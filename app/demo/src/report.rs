//! What a person sees of a scenario's findings.

use std::io;
use std::time::Duration;

use crate::page::{BAD, FAINT, GOOD, Page, Table, duration, paint, thousands};
use crate::scenario::{Attack, Check, Outcome};

/// The attacks, each with what refused it.
pub fn attacks(page: &mut Page<'_>, attacks: &[Attack]) {
    let mut table = Table::new(["", "attack", "refused with"]);
    for attack in attacks {
        let got = match attack.refused {
            true => attack.got.clone(),
            false => paint(BAD, format!("{}, expected {}", attack.got, attack.expected)),
        };
        table.row([tick(attack.refused), attack.name.to_owned(), got]);
    }
    page.lines(table.render());
}

/// Checks, one a line.
pub fn checks(page: &mut Page<'_>, checks: &[Check]) {
    for check in checks {
        let detail = paint(FAINT, &check.detail);
        page.line(format!("{} {}: {detail}", tick(check.holds), check.name));
    }
}

/// What the instructions cost.
pub fn costs(outcome: &Outcome) -> Table<5> {
    let mut units = Table::new(["instruction", ">sent", ">least CU", ">most CU", ">bytes"]);
    for figures in &outcome.transactions {
        units.row([
            figures.name.to_owned(),
            figures.count.to_string(),
            thousands(figures.compute_units_min),
            thousands(figures.compute_units_max),
            thousands(figures.size as u64),
        ]);
    }
    units
}

/// Tables below the steps, set in as the steps' lines are.
///
/// # Errors
/// The writer's.
pub fn below(page: &mut Page<'_>, lines: impl IntoIterator<Item = String>) -> io::Result<()> {
    for line in lines {
        page.say(format!("   {line}").trim_end())?;
    }
    Ok(())
}

/// The last lines; `told` stands before the counts.
///
/// # Errors
/// The writer's.
pub fn verdict(page: &mut Page<'_>, outcome: &Outcome, told: &str, time: Duration) -> io::Result<()> {
    let refused = outcome.attacks.iter().filter(|attack| attack.refused).count();
    let held = outcome.checks.iter().filter(|check| check.holds).count();
    let (style, word) = if outcome.as_expected { (GOOD, "As expected") } else { (BAD, "NOT as expected") };
    page.say(&format!(
        "\n{}: {told}{refused}/{} attacks refused, {held}/{} checks hold, in {}.",
        paint(style.bold(), word),
        outcome.attacks.len(),
        outcome.checks.len(),
        duration(time),
    ))?;
    for failure in &outcome.failures {
        page.say(&format!("  {} {failure}", tick(false)))?;
    }
    Ok(())
}

/// What the instructions cost, and the last lines.
///
/// # Errors
/// The writer's.
pub fn ending(page: &mut Page<'_>, outcome: &Outcome, time: Duration) -> io::Result<()> {
    page.say("")?;
    below(page, costs(outcome).render())?;
    verdict(page, outcome, "", time)
}

/// Whether something holds, in one column.
pub fn tick(holds: bool) -> String {
    if holds { paint(GOOD, "✓") } else { paint(BAD, "✗") }
}
