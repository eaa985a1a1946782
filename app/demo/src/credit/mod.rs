//! The demonstration: an issuer attests applicants of the German credit data; four of them, one of each tier, borrow without
//! collateral and without showing a number of theirs; one does not pay. And what an attacker tries.
//!
//! The model is the one under `models/credit-score`, and the applicants are ones that it was not trained on. Their proofs are real,
//! from paths in trees that are rebuilt from the program's events.
//!
//! | module | what it is |
//! | --- | --- |
//! | `people` | the model, and the applicants with their secrets |
//! | `world` | the runtime, its parties, issuer and pools |
//! | `course` | the life of the pool |
//! | `attacks` | what must be refused, each with one error |

mod attacks;
mod course;
mod people;
mod world;

use std::time::Instant;

use self::world::World;
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

/// People in the tree beside the four who borrow.
const OTHERS: usize = 8;

fn run(options: &Options, page: &mut Page<'_>) -> Result<Outcome, DemoError> {
    let start = Instant::now();
    let mut outcome = Outcome::default();
    let (prover, time) = page.step("Compile the scorecard with its tree, make a key", |page| {
        let prover = people::prover(options.seed)?;
        let constraints = prover.model().circuit().r1cs.num_constraints() as u64;
        page.line(format!("{} constraints; the numbers and the leaf stay secret", thousands(constraints)));
        Ok::<_, DemoError>(prover)
    })?;
    outcome.step("compile", time);
    let (four, others) = people::applicants(&prover, options.seed, OTHERS)?;
    let (fresh, time) = page
        .step("Deploy, register, renounce; an issuer, two pools, cash", |_| World::new(options, &prover))?;
    outcome.step("deploy", time);

    let title = "Attack it: each must be refused with one exact error";
    let (attacks, time) = page.step(title, |page| {
        let attacks = attacks::run(fresh.clone(), &prover, &four, &others)?;
        report::attacks(page, &attacks);
        Ok::<_, DemoError>(attacks)
    })?;
    outcome.step("attacks", time);
    outcome.attacks = attacks;

    let mut world = fresh;
    let mut episode = |title, play: &mut dyn FnMut(&mut World) -> Result<Vec<Check>, DemoError>| {
        let (checks, time) = page.step(title, |page| {
            let checks = play(&mut world)?;
            report::checks(page, &checks);
            Ok::<_, DemoError>(checks)
        })?;
        outcome.step(title, time);
        outcome.checks.extend(checks);
        Ok::<_, DemoError>(())
    };
    episode("Four people prove their tiers and borrow", &mut |world| {
        course::open(world, &prover, &four, &others)
    })?;
    episode("The next epoch: they renew, and pay", &mut |world| course::renew(world, &prover, &four))?;
    episode("The best of them does not pay", &mut |world| course::default(world, &four))?;
    episode("It pays after all, and the supplier leaves", &mut |world| course::end(world, &four))?;
    outcome.transactions = world.figures();
    outcome.step("total", start.elapsed());
    outcome.judge();
    report::ending(page, &outcome, start.elapsed())?;
    Ok(outcome)
}
