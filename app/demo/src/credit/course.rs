//! The life of a pool: four people take lines, one of each tier; they borrow, renew in the next epoch, and pay back; one does
//! not.

use assay::Prover;
use assay_credit::{instructions::ALL, state::WRITE_OFF_SECONDS};
use assay_credit_interface::{
    epoch::starts_at,
    formats::{DEPTH, TIERS},
};

use super::{
    people::Applicant,
    world::{DAY, EPOCH, GRACE, LIMITS, Party, SUPPLIED, UNIT, World},
};
use crate::error::DemoError;
use crate::{page::thousands, scenario::Check};

/// The best borrower is the one who does not pay.
const DEFAULTER: usize = TIERS - 1;

/// The first epoch: everybody is attested, the four take lines and draw what they may.
///
/// # Errors
/// A transaction was refused.
pub fn open(
    world: &mut World,
    prover: &Prover,
    four: &[Applicant; TIERS],
    others: &[Applicant],
) -> Result<Vec<Check>, DemoError> {
    let crowd: Vec<&Applicant> = others.iter().chain(four).collect();
    world.attest(EPOCH, &crowd)?;
    let [pool, elsewhere] = world.pools;
    let mut drawn = Vec::new();
    for ((person, party), limit) in four.iter().zip(world.borrowers.clone()).zip(LIMITS) {
        let claimed = world.prove(prover, person, EPOCH, &party.address(), pool)?;
        let open = world.opening(&claimed)?;
        world.send("open_line_by_proof", &party, open)?;
        if limit > 0 {
            let draw = world.drawing(&party, person, limit * UNIT)?;
            world.send("draw", &party, draw)?;
        }
        let line = world.line(&world.line_of(person)?)?;
        drawn.push((line.tier, world.net.token_balance(&party.tokens) / UNIT - SUPPLIED));
    }
    let expected: Vec<(u8, u64)> = four.iter().map(|person| person.tier).zip(LIMITS).collect();
    let [.., best] = four;
    let [here, there] = [best.nullifier(&pool.pool)?, best.nullifier(&elsewhere.pool)?];
    Ok(vec![
        Check {
            name: "each tier draws what it may",
            detail: format!("(tier, units) {drawn:?}"),
            holds: drawn == expected,
        },
        Check {
            name: "two pools know one person by different names",
            detail: format!("{} and {}", short(here.as_be_bytes()), short(there.as_be_bytes())),
            holds: here != there,
        },
        Check {
            name: "a borrower is one of many",
            detail: format!("{} leaves of a tree of depth {DEPTH}; no proof says which", crowd.len()),
            holds: crowd.len() > TIERS,
        },
    ])
}

/// The next epoch: new leaves, renewals, and everybody but one pays.
///
/// # Errors
/// A transaction was refused.
pub fn renew(world: &mut World, prover: &Prover, four: &[Applicant; TIERS]) -> Result<Vec<Check>, DemoError> {
    let epoch = EPOCH + 1;
    world.net.set_time(starts_at(epoch) + DAY);
    world.attest(epoch, &four.iter().collect::<Vec<_>>())?;
    let [pool, _] = world.pools;
    let (mut same_line, mut same_leaf) = (true, false);
    for (person, party) in four.iter().zip(world.borrowers.clone()) {
        let claimed = world.prove(prover, person, epoch, &party.address(), pool)?;
        let renew = world.renewal(&claimed)?;
        world.send("renew_by_proof", &party, renew)?;
        let line = world.line(&world.line_of(person)?)?;
        same_line &= line.epoch == epoch && line.owner == party.address();
        same_leaf |= person.leaf(EPOCH)? == person.leaf(epoch)?;
    }
    let mut owed = 0;
    for (index, (person, party)) in four.iter().zip(world.borrowers.clone()).enumerate() {
        let line = world.line(&world.line_of(person)?)?;
        if index == DEFAULTER || line.debt_shares == 0 {
            continue;
        }
        let repay = pool.repay(party.address(), world.line_of(person)?, party.tokens, ALL);
        world.send("repay", &party, repay)?;
        let left = world.line(&world.line_of(person)?)?.debt(&world.pool()?).map_err(DemoError::Pool)?;
        owed += left;
    }
    Ok(vec![
        Check {
            name: "renewed on the same line, from another leaf",
            detail: "the nullifier has no epoch, and the issuer drew a fresh salt".to_owned(),
            holds: same_line && !same_leaf,
        },
        Check { name: "who paid owes nothing", detail: format!("{owed} units owed"), holds: owed == 0 },
    ])
}

/// The best borrower does not pay: the loss is priced at once, booked later, and follows the person.
///
/// # Errors
/// A transaction was refused.
pub fn default(world: &mut World, four: &[Applicant; TIERS]) -> Result<Vec<Check>, DemoError> {
    let [pool, _] = world.pools;
    let [.., person] = four;
    let address = world.line_of(person)?;
    let due = world.line(&address)?.due;
    world.net.set_time(due + GRACE);
    let thief = world.thief.clone();
    world.send("mark_default", &thief, pool.mark_default(address))?;
    let (marked, owed) = (world.pool()?, world.line(&address)?.owed);
    let priced = marked.redeemable().map_err(DemoError::Pool)?;
    world.net.advance(WRITE_OFF_SECONDS);
    world.send("write_off", &thief, pool.write_off(address))?;
    let booked = world.pool()?;
    let after = booked.redeemable().map_err(DemoError::Pool)?;
    Ok(vec![
        Check {
            name: "a default is priced as lost at once",
            detail: format!("{} owed; suppliers' shares are worth {}", units(owed), units(priced)),
            holds: priced <= marked.cash,
        },
        Check {
            name: "booking it moves no price",
            detail: format!("{} before, {} after", units(priced), units(after)),
            holds: priced == after && booked.written_off == owed,
        },
    ])
}

/// The defaulter pays after all, and the supplier leaves with everything.
///
/// # Errors
/// A transaction was refused.
pub fn end(world: &mut World, four: &[Applicant; TIERS]) -> Result<Vec<Check>, DemoError> {
    let [pool, _] = world.pools;
    let [.., person] = four;
    let [.., defaulter] = world.borrowers.clone();
    let address = world.line_of(person)?;
    let before = world.pool()?.reserves;
    let owed = world.line(&address)?.owed;
    world.send("repay", &defaulter, pool.repay(defaulter.address(), address, defaulter.tokens, ALL))?;
    let recovered = world.pool()?.reserves - before;
    let supplier: Party = world.supplier.clone();
    let withdraw = pool.withdraw_supply(supplier.address(), supplier.tokens, ALL);
    world.send("withdraw_supply", &supplier, withdraw)?;
    let (left, books) = (world.net.token_balance(&pool.vault), world.pool()?);
    Ok(vec![
        Check {
            name: "what is paid back late goes to the reserves",
            detail: format!("{} of {}", units(recovered), units(owed)),
            holds: recovered == owed,
        },
        Check {
            name: "the vault holds what the books say",
            detail: format!("{} in the vault, {} reserves, nothing owed", units(left), units(books.reserves)),
            holds: left == books.cash && books.supply_shares == 0 && books.owed() == Ok(0),
        },
    ])
}

fn units(base: u64) -> String {
    format!("{}.{:02}", thousands(base / UNIT), base % UNIT / 10_000)
}

fn short(bytes: &[u8; 32]) -> String {
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
