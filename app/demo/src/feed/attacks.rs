//! What an attacker gets: each attack changes one thing about a step that would go through, and must be refused with
//! exactly one error. The control is the course itself, which played before.

use assay::Prover;
use assay_feed_host::{FeedParams, feeds::FeedKeys, statement};
use assay_feed_interface::Scores;
use assay_host::strategy::Question;
use assay_keeper::prove;
use assay_localnet::Refusal;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;

use super::{
    path,
    world::{PARAMS, Party, START, World, minute},
};
use crate::error::DemoError;
use crate::scenario::Attack;

/// Runs every attack on a fresh feed.
///
/// # Errors
/// The attacks could not be prepared.
pub fn run(mut world: World, prover: &Prover) -> Result<Vec<Attack>, DemoError> {
    let mut attacks = Vec::new();
    let (keys, model) = (world.keys, world.model);
    let (keeper, thief, guardian) = (world.keeper.clone(), world.thief.clone(), world.guardian.clone());
    let sources = world.addresses();
    let truth = path::truth(3)?;
    let [first, second, ..] = truth[..] else { return Err(DemoError::Candles) };
    let (t0, t1) = (minute(START)?, minute(START + 60)?);

    terms(&mut attacks, &world);

    let future = keys.open_round(thief.address(), t1, &sources);
    attacks.push(judge("open a round of the future", "WrongMinute", &world, &thief, future));
    let [a, b, c, d, _] = sources;
    let swapped = keys.open_round(thief.address(), t0, &[b, a, c, d, d]);
    attacks.push(judge("open a round with other sources", "WrongSource", &world, &thief, swapped));

    // Three sources are brought, two withheld: enough for a quorum, too few to seal before patience is over.
    let mut withheld = path::quotes(first).map(Some);
    let [.., fourth, fifth] = &mut withheld;
    (*fourth, *fifth) = (None, None);
    let mut early = world.clone();
    early.bring(START, &withheld)?;
    early.send("open_round", &thief, &[keys.open_round(thief.address(), t0, &sources)])?;
    let publish = keys.publish_by_proof(thief.address(), model, t0, &[0; 256], [220; 8]);
    attacks.push(judge("withhold two sources and publish", "NotSealed", &early, &thief, publish));

    world.bring(START, &path::quotes(first).map(Some))?;
    world.send("open_round", &keeper, &[keys.open_round(keeper.address(), t0, &sources)])?;
    let (proof, scores) = proof(&world, prover, t0, &keeper.address())?;
    let publish =
        |by: &Party, minute, scores| keys.publish_by_proof(by.address(), model, minute, &proof, scores);
    let copied = publish(&thief, t0, scores);
    attacks.push(judge("send a copied proof", "ProofInvalid", &world, &thief, copied));
    let mut better = scores;
    let [liar, ..] = &mut better;
    *liar = liar.wrapping_sub(1_000);
    let other = publish(&keeper, t0, better);
    attacks.push(judge("claim other scores", "ProofInvalid", &world, &keeper, other));
    let fallback = keys.publish_fallback(t0);
    attacks.push(judge("fall back while a proof may come", "ProofAwaited", &world, &thief, fallback.clone()));
    attacks.push(judge(
        "close a round in use",
        "RoundOpen",
        &world,
        &thief,
        keys.close_round(keeper.address(), t0),
    ));

    let mut stopped = world.clone();
    stopped.send("stop", &guardian, &[keys.stop(guardian.address())])?;
    let honest = publish(&keeper, t0, scores);
    attacks.push(judge("publish on a stopped feed", "Stopped", &stopped, &keeper, honest.clone()));
    let authority = stopped.authority.clone();
    let start = keys.start(authority.address());
    attacks.push(judge("undo a stop at once", "TooEarly", &stopped, &authority, start));
    attacks.push(judge("stop with another key", "NotGuardian", &world, &thief, keys.stop(thief.address())));

    let older = world.clone();
    world.bring(START + 60, &path::quotes(second).map(Some))?;
    world.send("open_round", &keeper, &[keys.open_round(keeper.address(), t1, &sources)])?;
    let replayed = publish(&keeper, t1, scores);
    attacks.push(judge("replay a proof in another round", "ProofInvalid", &world, &keeper, replayed));
    let (newer, answered) = self::proof(&world, prover, t1, &keeper.address())?;
    let newer = keys.publish_by_proof(keeper.address(), model, t1, &newer, answered);
    world.send("publish_by_proof", &keeper, &[assay_host::compute_budget::limit(200_000), newer])?;
    attacks.push(judge("publish an older round", "RoundPassed", &world, &keeper, honest.clone()));
    let mut late = older;
    late.net.set_time(START + 900);
    attacks.push(judge("publish a round of long ago", "WrongMinute", &late, &keeper, honest));
    Ok(attacks)
}

/// Feeds that must not exist.
fn terms(attacks: &mut Vec<Attack>, world: &World) {
    let [a, b, c, d, _] = world.addresses();
    let authority = world.authority.clone();
    let mut create = |name, expected, params: FeedParams, sources: &[Address]| {
        let mut instruction = world.create(params, sources);
        // Another nonce, so another address: the feed of the scenario exists.
        let keys = FeedKeys::derive(&authority.address(), 2);
        if let (Some(byte), Some(feed)) = (instruction.data.get_mut(8), instruction.accounts.get_mut(1)) {
            *byte = 2;
            feed.pubkey = keys.feed;
        }
        attacks.push(judge(name, expected, world, &authority, instruction));
    };
    create("let one price vote twice", "InvalidSources", PARAMS, &[a, b, c, d, d]);
    create(
        "let half of the sources decide",
        "InvalidQuorum",
        FeedParams { quorum: 2, sources: 4, ..PARAMS },
        &[a, b, c, d],
    );
}

/// A proof of a round, bound to whom it names, and the scores.
fn proof(world: &World, prover: &Prover, minute: u32, by: &Address) -> Result<(Vec<u8>, Scores), DemoError> {
    let round = world.round(i64::from(minute) * 60)?;
    let address = world.keys.round(minute);
    let context = statement::round_context(&world.keys.feed, &address, minute, by);
    let mut rng = ChaCha20Rng::from_seed(context); // public inputs: nothing to hide
    let question = Question { inputs: statement::inputs(&round.features), context };
    let answer = prove(prover, question, &mut rng)?.answer;
    let scores = statement::scores(&answer.outputs);
    let scores = scores.ok_or(DemoError::Scenario("the model has eight scores of 16 bits"))?;
    Ok((answer.proof.as_bytes().to_vec(), scores))
}

/// Sends what must be refused with the error of this name, in a copy of the world.
fn judge(
    name: &'static str,
    expected: &str,
    world: &World,
    signer: &Party,
    instruction: Instruction,
) -> Attack {
    let limit = assay_host::compute_budget::limit(200_000);
    let outcome = world.clone().attempt(signer, &[limit, instruction]);
    let (got, refused) = match outcome {
        Ok(_) => ("accepted".to_owned(), false),
        Err(Refusal { name, .. }) => (name.clone(), name == expected),
    };
    Attack { name, expected: expected.to_owned(), got, refused }
}
