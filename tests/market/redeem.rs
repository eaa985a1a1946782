//! `redeem`: what the payout says, rounded down, and the vault covers it for all.

use crate::support::{UNIT, WINDOW, World, refused, with_account};

fn settled(bps: u64) -> World {
    let mut world = World::proposed(bps);
    world.net.advance(WINDOW);
    world.settle().expect_ok();
    world
}

#[test]
fn each_outcome_gets_its_share_rounded_down() {
    let mut world = settled(20);
    let before = world.net.token_balance(&world.holder.collateral);
    world.redeem(0, 100 * UNIT).expect_ok();
    world.redeem(1, 100 * UNIT - 1).expect_ok();
    let paid = world.net.token_balance(&world.holder.collateral) - before;
    assert_eq!(paid, 33_330_000 + 66_669_999);
    // One token is left, worth less than a unit; the dust stays in the vault.
    refused(&world.redeem(1, 1), "ZeroAmount");
    assert_eq!(world.net.token_balance(&world.keys.vault), 100 * UNIT - paid);
    assert_eq!(world.question().held, 100 * UNIT - paid);
}

#[test]
fn an_outcome_that_lost_is_worth_nothing() {
    let mut world = settled(300);
    refused(&world.redeem(0, UNIT), "ZeroAmount");
    world.redeem(1, 100 * UNIT).expect_ok();
    assert_eq!(world.net.token_balance(&world.keys.vault), 0);
}

#[test]
fn not_before_the_payout_and_not_twice() {
    let mut world = World::proposed(300);
    refused(&world.redeem(1, UNIT), "WrongState");
    world.net.advance(WINDOW);
    refused(&world.redeem(1, UNIT), "WrongState");
    world.settle().expect_ok();
    world.redeem(1, 100 * UNIT).expect_ok();
    assert!(!world.redeem(1, UNIT).is_ok());
}

#[test]
fn one_redeems_ones_own_tokens_of_the_outcome_that_one_names() {
    let mut world = settled(300);
    let key = world.holder.key.insecure_clone();
    let redeem = |outcome, source: usize| {
        let holder = &world.holder;
        world.keys.redeem(holder.address(), holder.collateral, outcome, holder.outcomes[source], UNIT)
    };
    // Tokens that lost, named as those that won; somebody else's; a mint of one's own; an outcome that is none.
    let lost = redeem(1, 0);
    let swapped = with_account(redeem(1, 0), 5, world.keys.outcome(0));
    let none = redeem(2, 1);
    let strangers = with_account(redeem(1, 1), 6, world.prover.outcomes[1]);
    let collateral = with_account(redeem(1, 1), 5, world.keys.mint);
    assert!(!world.net.send(&[lost], &[&key]).is_ok());
    refused(&world.net.send(&[swapped], &[&key]), "WrongOutcomeMint");
    assert!(!world.net.send(&[none], &[&key]).is_ok());
    assert!(!world.net.send(&[strangers], &[&key]).is_ok());
    refused(&world.net.send(&[collateral], &[&key]), "Custom(2040)"); // the framework takes no account twice
    assert_eq!(world.question().held, 100 * UNIT);
}

#[test]
fn a_gift_to_the_vault_is_nobodys() {
    let mut world = settled(300);
    let (mint, vault) = (world.keys.mint, world.keys.vault);
    let before = world.question().held;
    let mut account = world.net.account(&vault).unwrap();
    account.data[64..72].copy_from_slice(&(500 * UNIT).to_le_bytes());
    world.net.set_account(vault, account);
    assert!(!world.redeem(1, 101 * UNIT).is_ok());
    world.redeem(1, 100 * UNIT).expect_ok();
    assert_eq!((before, world.question().held), (100 * UNIT, 0));
    assert_ne!(mint, vault);
}

/// A token account of the vault's that says its tokens were lamports: only the token program writes that, and for wrapped SOL
/// alone. Were it so, the token program would move lamports that are not there, the runtime would end the transaction, and nobody
/// would have gained. (Random cases met it about once in 200,000; the lamports of an ending are counted in `tests/src/attacks`.)
#[test]
fn a_vault_that_calls_its_tokens_lamports_pays_nobody() {
    const IS_NATIVE: usize = 109;
    let mut world = settled(20);
    let mut vault = world.net.account(&world.keys.vault).unwrap();
    vault.data[IS_NATIVE] = 1;
    world.net.set_account(world.keys.vault, vault.clone());
    let holder = world.net.account(&world.holder.collateral);
    refused(&world.redeem(0, 99 * UNIT), "UnbalancedInstruction");
    assert_eq!(world.net.account(&world.keys.vault), Some(vault));
    assert_eq!(world.net.account(&world.holder.collateral), holder);
}
