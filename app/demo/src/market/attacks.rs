//! What an attacker gets: each attack changes one thing about a step that would go through, and must be refused with
//! exactly one error. The control is the course itself, which played before.

use assay::Prover;
use assay_localnet::Refusal;
use assay_market::state::{Choice, Place};
use solana_instruction::Instruction;

use super::{
    course::{Asked, DISPUTE_WINDOW, SETS},
    windows::Window,
    world::{Party, World},
};
use crate::error::DemoError;
use crate::scenario::Attack;

/// Runs every attack.
///
/// # Errors
/// The attacks could not be prepared.
pub fn run(world: World, provers: &[Prover; 2], window: &Window) -> Result<Vec<Attack>, DemoError> {
    let mut attacks = Vec::new();
    let mut asked = Asked::open(world, window)?;
    let (holder, prover, thief) =
        (asked.world.holder.clone(), asked.world.prover.clone(), asked.world.challenger.clone());

    let mut late = asked.clone();
    late.world.net.set_time(window.starts_at());
    let split = late.keys.split(holder.address(), holder.collateral, &late.outcomes, SETS);
    attacks.push(judge("make sets after the first hour", "TradingClosed", &mut late, &holder, split));

    asked.world.bring_hours(window)?;
    let [first, second, _] = asked.world.sources.map(|source| source.source);
    let swapped = asked.keys.observe(thief.address(), &[second, first, first]);
    attacks.push(judge("observe other sources", "WrongSource", &mut asked.clone(), &thief, swapped));
    let sources = asked.world.sources.map(|source| source.source);
    asked.world.send("observe", &prover, &[asked.keys.observe(prover.address(), &sources)])?;

    let (proof, output) = asked.proof(provers, Place::First, &prover.address())?;
    let copied = asked.claim(Place::First, &thief.address(), &proof, output)?;
    attacks.push(judge("send a copied proof", "ProofInvalid", &mut asked.clone(), &thief, copied));
    let higher = asked.claim(Place::First, &prover.address(), &proof, output.wrapping_add(1_024))?;
    attacks.push(judge("claim another output", "ProofInvalid", &mut asked.clone(), &prover, higher));
    let (answer, answered) = asked.proof(provers, Place::Second, &prover.address())?;
    let answer = asked.claim(Place::Second, &prover.address(), &answer, answered)?;
    attacks.push(judge(
        "let the second model answer first",
        "WrongModel",
        &mut asked.clone(),
        &prover,
        answer,
    ));

    let honest = asked.claim(Place::First, &prover.address(), &proof, output)?;
    asked.world.send("resolve_by_proof", &prover, &[honest])?;
    let question = asked.question()?;
    let settle = asked.keys.settle(&question);
    attacks.push(judge("settle before the window is over", "WindowOpen", &mut asked.clone(), &thief, settle));
    let [_, winner] = asked.outcomes;
    let redeem = asked.keys.redeem(holder.address(), holder.collateral, 1, winner, SETS);
    attacks.push(judge("redeem before the payout", "WrongState", &mut asked.clone(), &holder, redeem));
    let council = asked.keys.council(&question, Choice::Fallback);
    let by_council = asked.world.council.clone();
    attacks.push(judge("decide without being asked", "WrongState", &mut asked.clone(), &by_council, council));
    let void = asked.keys.void(&question);
    attacks.push(judge("void a row that stands", "WrongState", &mut asked.clone(), &thief, void));

    let mut over = asked;
    over.world.net.advance(i64::from(DISPUTE_WINDOW));
    let dispute = over.keys.dispute(thief.address());
    attacks.push(judge("dispute after the window", "WindowOver", &mut over.clone(), &thief, dispute));
    over.world.send("settle", &prover, &[over.keys.settle(&question)])?;
    let [loser, _] = over.outcomes;
    let lost = over.keys.redeem(holder.address(), holder.collateral, 0, loser, SETS);
    attacks.push(judge("redeem the outcome that lost", "ZeroAmount", &mut over, &holder, lost));
    Ok(attacks)
}

/// Sends what must be refused with the error of this name.
fn judge(
    name: &'static str,
    expected: &str,
    asked: &mut Asked,
    signer: &Party,
    instruction: Instruction,
) -> Attack {
    let outcome = asked.world.attempt(signer, &[assay_host::compute_budget::limit(200_000), instruction]);
    let (got, refused) = match outcome {
        Ok(_) => ("accepted".to_owned(), false),
        Err(Refusal { name, .. }) => (name.clone(), name == expected),
    };
    Attack { name, expected: expected.to_owned(), got, refused }
}
