//! `draw`: up to the tier's limit, while everything about the line stands.

use assay_credit::state::TIMELOCK_SECONDS;
use assay_credit_host::{IssuerKeys, TakenUp};

use crate::support::{DAY, Person, TERM, UNIT, World, refused, with_account};

#[test]
fn a_loan_moves_cash_and_sets_the_due_date() {
    let mut world = World::opened(3);
    let before = world.net.token_balance(&world.borrower.tokens);
    world.draw(1_500 * UNIT).expect_ok();
    assert_eq!(world.net.token_balance(&world.borrower.tokens), before + 1_500 * UNIT);
    assert_eq!((world.pool().cash, world.vault()), (8_500 * UNIT, 8_500 * UNIT));
    assert_eq!((world.debt(), world.line().due), (1_500 * UNIT, world.net.now() + TERM));
    refused(&world.draw(500 * UNIT + 1), "AboveLimit");
    world.draw(500 * UNIT).expect_ok();
}

#[test]
fn each_tier_has_its_limit() {
    for (tier, units) in [(0, 0), (1, 100), (2, 500), (3, 2_000)] {
        let mut world = World::opened(tier);
        refused(&world.draw(units * UNIT + 1), "AboveLimit");
        if units > 0 {
            world.draw(units * UNIT).expect_ok();
        }
    }
}

#[test]
fn nothing_more_once_the_debt_is_due() {
    let mut world = World::drawn(3, 10 * UNIT);
    let person = world.next_epoch(3);
    world.renew(&person).expect_ok();
    let person = world.next_epoch(3);
    world.renew(&person).expect_ok();
    refused(&world.draw(UNIT), "DebtDue");
    world.repay(u64::MAX).expect_ok();
    world.net.advance(1);
    world.draw(UNIT).expect_ok();
}

#[test]
fn not_above_the_cap_nor_what_the_vault_holds() {
    let mut world = World::with(|terms| terms.debt_cap = 2_500 * UNIT);
    world.supply(3_000 * UNIT).expect_ok();
    let people = [Person::new(0, 3, crate::support::EPOCH), Person::new(1, 3, crate::support::EPOCH)];
    world.attest(&people);
    world.open(&people[0]).expect_ok();
    world.draw(2_000 * UNIT).expect_ok();
    // A second person, on a key of their own.
    let [_, second] = people;
    let proven = world.prove_for(&second, crate::support::EPOCH, world.stranger.address(), world.keys);
    let open = world.opening(&proven);
    world.stranger_sends(open).expect_ok();
    let draw = |amount| {
        let (owner, tokens) = (world.stranger.address(), world.stranger.tokens);
        world.keys.draw(owner, proven.proving.line, world.issuer.issuer, tokens, amount)
    };
    let [above, below] = [draw(500 * UNIT + 1), draw(500 * UNIT)];
    refused(&world.stranger_sends(above), "CapExceeded");
    let mut short = world.net.clone();
    let out = world.keys.withdraw_supply(world.supplier.address(), world.supplier.tokens, 600_000 * UNIT);
    short.send(&[out], &[&world.supplier.key]).expect_ok();
    refused(&short.send(std::slice::from_ref(&below), &[&world.stranger.key]), "InsufficientLiquidity");
    world.stranger_sends(below).expect_ok();
}

#[test]
fn a_lower_limit_counts_for_open_lines() {
    let mut world = World::opened(3);
    let mut tighter = world.terms;
    tighter.tiers[3].limit = 500 * UNIT;
    let propose = world.keys.propose_terms(world.admin.address(), tighter);
    world.admin_sends(propose).expect_ok();
    world.net.advance(3_600);
    let apply = world.keys.apply_terms(world.admin.address(), &world.taken_up());
    world.admin_sends(apply).expect_ok();
    refused(&world.draw(500 * UNIT + 1), "AboveLimit");
    world.draw(500 * UNIT).expect_ok();
}

#[test]
fn not_on_the_word_of_an_issuer_that_was_replaced() {
    let mut world = World::opened(3);
    let other = IssuerKeys::derive(&world.stranger.address());
    world.stranger_sends(other.create(world.guardian.address())).expect_ok();
    let mut next = world.terms;
    next.issuer = other.issuer.to_bytes();
    let propose = world.keys.propose_terms(world.admin.address(), next);
    world.admin_sends(propose).expect_ok();
    world.net.advance(TIMELOCK_SECONDS as i64);
    let taken_up = TakenUp { issuer: other.issuer, ..world.taken_up() };
    let apply = world.keys.apply_terms(world.admin.address(), &taken_up);
    world.admin_sends(apply).expect_ok();
    refused(&world.draw(UNIT), "WrongIssuer");
    let other_word = with_account(world.drawing(UNIT), 3, other.issuer);
    refused(&world.borrower_sends(other_word), "WrongIssuer");
}

#[test]
fn not_nothing_not_by_others_and_not_while_paused() {
    let mut world = World::opened(3);
    refused(&world.draw(0), "ZeroAmount");
    let stolen = with_account(world.drawing(UNIT), 0, world.stranger.address());
    refused(&world.stranger_sends(stolen), "WrongAuthority");
    let other = with_account(world.drawing(UNIT), 5, world.stranger.tokens);
    refused(&world.borrower_sends(other), "WrongVault");
    world.pause(1).expect_ok();
    refused(&world.draw(UNIT), "Paused");
    world.net.advance(DAY);
}
