//! What an attacker gets: each attack changes one thing about a step that would go through, and must be refused with
//! exactly one error. The control is the course itself.

use assay::Prover;
use assay_credit::{instructions::ALL, state::WRITE_OFF_SECONDS};
use assay_credit_interface::{
    epoch::{epoch_of, lapses_at, starts_at},
    formats::{ROOTS, TIERS},
};
use assay_localnet::Refusal;
use solana_instruction::Instruction;

use super::{
    people::Applicant,
    world::{COOL_OFF, Claimed, DAY, EPOCH, GRACE, LIMITS, Party, UNIT, World},
};
use crate::error::DemoError;
use crate::scenario::Attack;

/// Runs every attack.
///
/// # Errors
/// The attacks could not be prepared.
pub fn run(
    mut world: World,
    prover: &Prover,
    four: &[Applicant; TIERS],
    others: &[Applicant],
) -> Result<Vec<Attack>, DemoError> {
    world.attest(EPOCH, &others.iter().chain(four).collect::<Vec<_>>())?;
    let mut attacks = before_the_line(&world, prover, four)?;
    let [.., person] = four;
    let [.., borrower] = world.borrowers.clone();
    let [pool, _] = world.pools;
    let honest = world.prove(prover, person, EPOCH, &borrower.address(), pool)?;
    let open = world.opening(&honest)?;
    world.send("open_line_by_proof", &borrower, open)?;
    attacks.extend(with_the_line(&world, prover, four)?);
    attacks.extend(after_the_default(world, prover, four)?);
    Ok(attacks)
}

/// Nobody has a line yet.
fn before_the_line(
    world: &World,
    prover: &Prover,
    four: &[Applicant; TIERS],
) -> Result<Vec<Attack>, DemoError> {
    let ([_, poor, _, rich], [pool, elsewhere]) = (four, world.pools);
    let ([_, second, _, fourth], thief) = (world.borrowers.clone(), world.thief.clone());
    let honest = world.prove(prover, rich, EPOCH, &fourth.address(), pool)?;
    let mut attacks = Vec::new();

    let copied = world.opening(&Claimed { borrower: thief.address(), ..honest.clone() })?;
    attacks.push(judge("send a stolen proof", "ProofInvalid", world, &thief, copied));
    let modest = world.prove(prover, poor, EPOCH, &second.address(), pool)?;
    let better = world.opening(&Claimed { tier: 3, ..modest })?;
    attacks.push(judge("claim another tier", "ProofInvalid", world, &second, better));
    let other = world.prove(prover, rich, EPOCH, &fourth.address(), elsewhere)?;
    let moved = world.opening(&Claimed { pool, ..other })?;
    attacks.push(judge("bring another pool's proof", "ProofInvalid", world, &fourth, moved));
    let [own, _] = [rich.nullifier(&pool.pool)?, honest.root];
    let renamed = world.opening(&Claimed { nullifier: honest.root, ..honest.clone() })?;
    attacks.push(judge("choose another nullifier", "ProofInvalid", world, &fourth, renamed));
    let rootless = world.opening(&Claimed { root: own, ..honest.clone() })?;
    attacks.push(judge("name a root that never was", "StaleRoot", world, &fourth, rootless));
    let beyond = world.opening(&Claimed { tier: 3, ..honest.clone() })?;
    let mut beyond = beyond;
    if let Some(tier) = beyond.data.last_mut() {
        *tier = 4;
    }
    attacks.push(judge("claim a fifth tier", "TierOutOfRange", world, &fourth, beyond));

    let mut stale = world.clone();
    let filler: Vec<&Applicant> = four.iter().cycle().take(ROOTS).collect();
    stale.attest(EPOCH, &filler)?;
    let open = world.opening(&honest)?;
    attacks.push(judge("prove for a stale root", "StaleRoot", &stale, &fourth, open.clone()));
    let mut late = world.clone();
    late.net.set_time(lapses_at(EPOCH));
    attacks.push(judge("prove from a tree that is over", "WrongEpoch", &late, &fourth, open.clone()));
    let append = {
        let mut append = world.issuer.append_leaf(EPOCH, rich.leaf(EPOCH)?.to_be_bytes());
        if let Some(authority) = append.accounts.first_mut() {
            authority.pubkey = thief.address();
        }
        append
    };
    attacks.push(judge("attest oneself", "WrongAuthority", world, &thief, append));
    let mut stopped = world.clone();
    let guardian = stopped.issuer_guardian.clone();
    let stop = stopped.issuer.stop(guardian.address());
    stopped.send("stop_issuer", &guardian, stop)?;
    attacks.push(judge("prove on a stopped issuer's word", "IssuerStopped", &stopped, &fourth, open));
    Ok(attacks)
}

/// The best borrower has a line.
fn with_the_line(
    world: &World,
    prover: &Prover,
    four: &[Applicant; TIERS],
) -> Result<Vec<Attack>, DemoError> {
    let ([.., person], [pool, _]) = (four, world.pools);
    let ([.., borrower], thief, admin) = (world.borrowers.clone(), world.thief.clone(), world.admin.clone());
    let [.., limit] = LIMITS;
    let mut attacks = Vec::new();

    let again = world.prove(prover, person, EPOCH, &thief.address(), pool)?;
    let second = world.opening(&again)?;
    attacks.push(judge("open a second line", "LineExists", world, &thief, second));
    let renew = world.renewal(&again)?;
    attacks.push(judge("take a line over with its secret", "WrongAuthority", world, &thief, renew));
    let same = world.prove(prover, person, EPOCH, &borrower.address(), pool)?;
    let twice = world.renewal(&same)?;
    attacks.push(judge("prove twice in an epoch", "NoLaterEpoch", world, &borrower, twice));
    let above = world.drawing(&borrower, person, limit * UNIT + 1)?;
    attacks.push(judge("draw above the limit", "AboveLimit", world, &borrower, above));
    let stolen = world.drawing(&thief, person, UNIT)?;
    attacks.push(judge("draw on another's line", "WrongAuthority", world, &thief, stolen));
    let mut lapsed = world.clone();
    lapsed.net.set_time(lapses_at(EPOCH));
    let draw = world.drawing(&borrower, person, UNIT)?;
    attacks.push(judge("draw when the epoch has lapsed", "LineLapsed", &lapsed, &borrower, draw));

    let mut proposed = world.clone();
    let mut better = world.terms;
    better.debt_cap *= 2;
    proposed.send("propose_terms", &admin, pool.propose_terms(admin.address(), better))?;
    let taken_up = assay_credit_host::TakenUp {
        issuer: world.issuer.issuer,
        model: better.model.into(),
        attested: None,
    };
    let apply = pool.apply_terms(admin.address(), &taken_up);
    attacks.push(judge("change the terms at once", "TimelockRunning", &proposed, &admin, apply));
    Ok(attacks)
}

/// The best borrower draws, and does not pay.
fn after_the_default(
    mut world: World,
    prover: &Prover,
    four: &[Applicant; TIERS],
) -> Result<Vec<Attack>, DemoError> {
    let ([.., person], [pool, _]) = (four, world.pools);
    let ([.., borrower], thief) = (world.borrowers.clone(), world.thief.clone());
    let line = world.line_of(person)?;
    let draw = world.drawing(&borrower, person, 1_000 * UNIT)?;
    world.send("draw", &borrower, draw)?;
    let mut attacks = Vec::new();
    let due = world.line(&line)?.due;
    world.net.set_time(due + GRACE - 1);
    let mark = pool.mark_default(line);
    attacks.push(judge("mark a default early", "NotOverdue", &world, &thief, mark.clone()));
    world.net.advance(1);
    world.send("mark_default", &thief, mark)?;
    let off = pool.write_off(line);
    attacks.push(judge("book a loss early", "WriteOffTooSoon", &world, &thief, off.clone()));
    world.net.advance(WRITE_OFF_SECONDS);
    world.send("write_off", &thief, off)?;

    let prove_now = |world: &mut World, by: &Party| {
        let epoch = epoch_of(world.net.now()).ok_or(DemoError::Scenario("a time with an epoch"))?;
        world.attest(epoch, &[person])?;
        world.prove(prover, person, epoch, &by.address(), pool)
    };
    let epoch = epoch_of(world.net.now()).ok_or(DemoError::Scenario("a time with an epoch"))?;
    world.net.set_time(starts_at(epoch + 1) + DAY);
    let claimed = prove_now(&mut world, &thief)?;
    let back = world.opening(&claimed)?;
    attacks.push(judge("a defaulter returns as somebody new", "LineExists", &world, &thief, back));
    let claimed = prove_now(&mut world, &borrower)?;
    let unpaid = world.renewal(&claimed)?;
    attacks.push(judge("a defaulter renews without paying", "StillOwed", &world, &borrower, unpaid.clone()));
    world.send("repay", &borrower, pool.repay(borrower.address(), line, borrower.tokens, ALL))?;
    attacks.push(judge("a defaulter renews too soon", "CoolOffRunning", &world, &borrower, unpaid));
    // The control: paid and cooled off, the line comes back, with its history.
    world.net.advance(COOL_OFF);
    let claimed = prove_now(&mut world, &borrower)?;
    let renew = world.renewal(&claimed)?;
    world.send("renew_by_proof", &borrower, renew)?;
    Ok(attacks)
}

/// Sends what must be refused with the error of this name, in a world of its own.
fn judge(
    name: &'static str,
    expected: &str,
    world: &World,
    signer: &Party,
    instruction: Instruction,
) -> Attack {
    let (got, refused) = match world.clone().attempt(signer, instruction) {
        Ok(_) => ("accepted".to_owned(), false),
        Err(Refusal { name, .. }) => (name.clone(), name == expected),
    };
    Attack { name, expected: expected.to_owned(), got, refused }
}
