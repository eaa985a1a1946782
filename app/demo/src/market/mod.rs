//! The demonstration: three questions over real prices, one settled, one disputed, one void, and what an attacker tries.
//!
//! The model is the one under `models/market-resolver`; a second key for it answers disputes. Three sources hold the
//! closes of real SOL candles, each on a level of its own, brought hour by hour through the feed program's bytecode. The windows
//! lie in the test split, which the model was not trained on: its most volatile day, its calmest, and its last.
//!
//! | module | what it is |
//! | --- | --- |
//! | `windows` | the three stretches of real prices |
//! | `world` | the runtime, its people, models and sources |
//! | `course` | one question from creation to its end |
//! | `attacks` | what must be refused, each with one error |

mod attacks;
mod course;
mod windows;
mod world;

use std::time::Instant;

use assay_market::state::Status;

use self::{
    course::{Course, Ending},
    windows::Window,
    world::World,
};
use crate::error::DemoError;
use crate::{
    page::{Page, thousands},
    report,
    scenario::{Check, Options, Outcome, Scenario, ScenarioError, TransactionFigures},
};

/// The demonstration, as it is played.
pub struct Demonstration;

impl Scenario for Demonstration {
    fn play(&self, options: &Options, page: &mut Page<'_>) -> Result<Outcome, ScenarioError> {
        Ok(run(options, page)?)
    }
}

/// One unit of the volatility's format is this many percent a day.
const PERCENT: f64 = 1.0 / 1_024.0;

fn run(options: &Options, page: &mut Page<'_>) -> Result<Outcome, DemoError> {
    let start = Instant::now();
    let mut outcome = Outcome::default();
    let windows = windows::all()?;
    let first = windows.iter().map(Window::starts_at).min().ok_or(DemoError::Candles)?;
    let (provers, time) = page.step("Compile the resolver, make two keys", |page| {
        let provers = world::provers(options.seed)?;
        let [resolver, _] = &provers;
        page.line(format!(
            "{} constraints; the second key answers disputes",
            thousands(resolver.model().circuit().r1cs.num_constraints() as u64)
        ));
        Ok::<_, DemoError>(provers)
    })?;
    outcome.step("compile", time);
    let (mut base, time) = page.step("Deploy, register, renounce: nobody can stop the models", |_| {
        World::new(options, &provers, first)
    })?;
    outcome.step("deploy", time);
    outcome.transactions = base.take_figures();

    let endings = [Ending::Settled, Ending::Disputed, Ending::Void];
    for (window, ending) in windows.iter().zip(endings) {
        let (mut course, time) = page.step(ending.title(), |page| {
            let course = Course::play(base.clone(), &provers, window, ending)?;
            show(page, window, &course);
            let checks = checks(window, &course, ending);
            report::checks(page, &checks);
            outcome.checks.extend(checks);
            Ok::<_, DemoError>(course)
        })?;
        outcome.step(ending.title(), time);
        add(&mut outcome.transactions, course.take_figures());
        if ending == Ending::Settled {
            let title = "Attack it: each must be refused with one exact error";
            let (attacks, time) = page.step(title, |page| {
                let attacks = attacks::run(base.clone(), &provers, window)?;
                report::attacks(page, &attacks);
                Ok::<_, DemoError>(attacks)
            })?;
            outcome.step("attacks", time);
            outcome.attacks = attacks;
        }
    }
    outcome.step("total", start.elapsed());
    outcome.judge();
    report::ending(page, &outcome, start.elapsed())?;
    Ok(outcome)
}

/// Adds the figures of more transactions to those of the same kind.
fn add(figures: &mut Vec<TransactionFigures>, more: Vec<TransactionFigures>) {
    for new in more {
        match figures.iter_mut().find(|known| known.name == new.name) {
            Some(known) => {
                known.count += new.count;
                known.compute_units_min = known.compute_units_min.min(new.compute_units_min);
                known.compute_units_max = known.compute_units_max.max(new.compute_units_max);
                known.size = known.size.max(new.size);
            }
            None => figures.push(new),
        }
    }
}

fn show(page: &mut Page<'_>, window: &Window, course: &Course) {
    let percent = |output: i16| f64::from(output) * PERCENT;
    page.line(format!(
        "\"Was SOL as volatile as 3 % a day?\" The candles say {:.2} %",
        window.percent_a_day()
    ));
    let [first, second] = course.question.outputs;
    match course.question.proven {
        0 => page.line("no proof came in time"),
        1 => page.line(format!("the model proves {:.2} %", percent(first))),
        _ => page.line(format!(
            "the model proves {:.2} %, the second {:.2} %",
            percent(first),
            percent(second)
        )),
    }
    let [below, reached, ..] = course.question.payout;
    page.line(format!(
        "a set pays {below} : {reached}, and {} of {} units were redeemed",
        course.paid, course.sets
    ));
}

/// What must hold of a question that has run its course.
fn checks(window: &Window, course: &Course, ending: Ending) -> Vec<Check> {
    let question = &course.question;
    let [estimate, _] = question.outputs;
    let near =
        (f64::from(estimate) * PERCENT - window.percent_a_day()).abs() <= 0.15 * window.percent_a_day();
    let status = if ending == Ending::Void { Status::Void } else { Status::Settled };
    vec![
        Check {
            name: "the question ended as it should",
            detail: format!("status {}, expected {}", question.status, status as u8),
            holds: question.status == status as u8,
        },
        match ending {
            Ending::Void => Check {
                name: "nothing was proven",
                detail: format!("{} proofs", question.proven),
                holds: question.proven == 0,
            },
            Ending::Settled | Ending::Disputed => Check {
                name: "the model is near the candles",
                detail: format!(
                    "{:.3} % against {:.3} %",
                    f64::from(estimate) * PERCENT,
                    window.percent_a_day()
                ),
                holds: near,
            },
        },
        Check {
            name: "what was paid out came in",
            detail: format!("{} of {} units, {} left in the vault", course.paid, course.sets, course.left),
            holds: course.paid + course.left == course.sets && course.left <= 1,
        },
    ]
}
