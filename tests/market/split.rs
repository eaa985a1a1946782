//! `split`: collateral in, one token of each outcome out.

use solana_address::Address;

use crate::support::{UNIT, World, refused, terms, with_account};

#[test]
fn a_set_is_one_token_of_each_outcome() {
    let world = World::traded(5 * UNIT);
    assert_eq!(world.net.token_balance(&world.keys.vault), 5 * UNIT);
    for account in world.holder.outcomes {
        assert_eq!(world.net.token_balance(&account), 5 * UNIT);
    }
    assert_eq!(world.question().held, 5 * UNIT);
}

#[test]
fn trading_ends_before_the_first_hour_that_counts() {
    let mut world = World::new();
    world.net.set_time(terms().close_at - 1);
    world.split(1).expect_ok();
    world.net.set_time(terms().close_at);
    refused(&world.split(1), "TradingClosed");
}

#[test]
fn nothing_and_more_than_there_is_are_refused() {
    let mut world = World::new();
    refused(&world.split(0), "ZeroAmount");
    assert!(!world.split(1_000 * UNIT + 1).is_ok());
    assert!(!world.split(u64::MAX).is_ok());
    assert_eq!(world.question().held, 0);
}

#[test]
fn the_outcomes_are_the_questions_all_and_in_order() {
    let mut world = World::new();
    let key = world.holder.key.insecure_clone();
    let split =
        world.keys.split(world.holder.address(), world.holder.collateral, &world.holder.outcomes, UNIT);
    // One missing, one twice, the order turned, a mint of the attacker's with the question as its authority.
    let mut missing = split.clone();
    missing.accounts.truncate(8);
    let mut none = split.clone();
    none.accounts.truncate(6);
    let mut more = split.clone();
    more.accounts.extend_from_slice(&split.accounts[6..8]);
    let mut turned = split.clone();
    turned.accounts[6..].rotate_left(2);
    let mut twice = split.clone();
    let first = twice.accounts[6..8].to_vec();
    twice.accounts[8..10].clone_from_slice(&first);
    let fake = Address::new_from_array([0x77; 32]);
    let copy = world.net.account(&world.keys.outcome(0)).unwrap();
    world.net.set_account(fake, copy);
    for bad in [missing, none, more, turned, twice, with_account(split.clone(), 6, fake)] {
        refused(&world.net.send(&[bad], &[&key]), "WrongOutcomeMint");
    }
    // Another vault, another collateral, somebody else's money.
    let vault = world.prover.collateral;
    refused(&world.net.send(&[with_account(split.clone(), 3, vault)], &[&key]), "WrongVault");
    let mint = world.keys.outcome(0);
    refused(&world.net.send(&[with_account(split.clone(), 2, mint)], &[&key]), "WrongMint");
    assert!(!world.net.send(&[with_account(split, 4, vault)], &[&key]).is_ok());
}
