//! The demonstration: a feed over five sources, minute after minute, kept by the program's own keeper strategy with real proofs,
//! through lies, silence, a crash and a stop; and what an attacker tries.
//!
//! The model is the one under `models/anomaly-filter`. Prices follow real SOL candles of its test split; what each source says
//! of a minute is simulated around them, and brought through the feed program's bytecode.
//!
//! | module | what it is |
//! | --- | --- |
//! | `path` | the minutes, and what the sources say of each |
//! | `world` | the runtime, its people, model, sources and feed |
//! | `course` | the minutes, one episode after the other |
//! | `attacks` | what must be refused, each with one error |

mod attacks;
mod course;
mod path;
mod world;

use std::time::Instant;

use self::{course::Course, world::World};
use crate::error::DemoError;
use crate::{
    page::{Page, thousands},
    report,
    scenario::{Check, Options, Outcome, Scenario, ScenarioError},
};

/// The demonstration, as it is played.
pub struct Demonstration;

impl Scenario for Demonstration {
    fn play(&self, options: &Options, page: &mut Page<'_>) -> Result<Outcome, ScenarioError> {
        Ok(run(options, page)?)
    }
}

fn run(options: &Options, page: &mut Page<'_>) -> Result<Outcome, DemoError> {
    let start = Instant::now();
    let mut outcome = Outcome::default();
    let (prover, time) = page.step("Compile the anomaly filter, make a key", |page| {
        let prover = world::prover(options.seed)?;
        let constraints = prover.model().circuit().r1cs.num_constraints() as u64;
        page.line(format!("{} constraints", thousands(constraints)));
        Ok::<_, DemoError>(prover)
    })?;
    outcome.step("compile", time);
    let (fresh, time) =
        page.step("Deploy, register, renounce; five sources, one feed", |_| World::new(options, &prover))?;
    outcome.step("deploy", time);

    let title = "Attack it: each must be refused with one exact error";
    let (attacks, time) = page.step(title, |page| {
        let attacks = attacks::run(fresh.clone(), &prover)?;
        report::attacks(page, &attacks);
        Ok::<_, DemoError>(attacks)
    })?;
    outcome.step("attacks", time);
    outcome.attacks = attacks;

    let mut world = fresh;
    let keeper = world::keeper(world.keys.feed, prover, options.seed)?;
    let mut course = Course::new(&mut world, keeper)?;
    let mut episode = |title, play: fn(&mut Course<'_>) -> Result<Vec<Check>, DemoError>| {
        let (checks, time) = page.step(title, |page| {
            let checks = play(&mut course)?;
            report::checks(page, &checks);
            Ok::<_, DemoError>(checks)
        })?;
        outcome.step(title, time);
        outcome.checks.extend(checks);
        Ok::<_, DemoError>(())
    };
    episode("Calm minutes", |course| Ok(vec![course.calm()?]))?;
    episode("One source lies, one is silent", |course| {
        Ok(vec![course.one_lies()?, course.one_is_silent()?])
    })?;
    episode("Nobody proves", |course| Ok(vec![course.no_prover()?]))?;
    episode("A crash of 4 %", |course| Ok(course.crash()?.to_vec()))?;
    episode("The guardian stops the feed", |course| Ok(course.stop()?.to_vec()))?;
    outcome.transactions = world.figures();
    outcome.step("total", start.elapsed());
    outcome.judge();
    report::ending(page, &outcome, start.elapsed())?;
    Ok(outcome)
}
