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

/// What instructions cost, and the last lines.
///
/// # Errors
/// The writer's.
pub fn verdict(page: &mut Page<'_>, outcome: &Outcome, time: Duration) -> io::Result<()> {
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
    page.say("")?;
    for line in units.render() {
        page.say(format!("   {line}").trim_end())?;
    }
    let refused = outcome.attacks.iter().filter(|attack| attack.refused).count();
    let held = outcome.checks.iter().filter(|check| check.holds).count();
    let (style, word) = if outcome.as_expected { (GOOD, "As expected") } else { (BAD, "NOT as expected") };
    page.say(&format!(
        "\n{}: {refused}/{} attacks refused, {held}/{} checks hold, in {}.",
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

fn tick(holds: bool) -> String {
    if holds { paint(GOOD, "✓") } else { paint(BAD, "✗") }
}
