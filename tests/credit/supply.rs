//! `supply`: shares at the price of all assets.

use solana_signer::Signer;

use crate::support::{GRACE, TERM, UNIT, World, refused, with_account};

#[test]
fn the_first_deposit_gets_a_thousand_shares_a_unit() {
    let world = World::supplied(1_000);
    let (pool, deposit) = (world.pool(), world.deposit());
    assert_eq!((deposit.shares, pool.supply_shares), (1_000 * 1_000 * UNIT, 1_000 * 1_000 * UNIT));
    assert_eq!((pool.cash, world.vault()), (1_000 * UNIT, 1_000 * UNIT));
    assert_eq!((deposit.pool, deposit.owner), (world.keys.pool, world.supplier.address()));
}

#[test]
fn a_default_is_not_bought_cheap() {
    let mut world = World::drawn(3, 2_000 * UNIT);
    world.net.advance(TERM + GRACE);
    world.mark_default().expect_ok();
    let before = world.deposit().shares;
    let (assets, shares) = (world.pool().assets().unwrap(), world.pool().supply_shares);
    world.supply(100 * UNIT).expect_ok();
    let priced = u128::from(100 * UNIT) * u128::from(shares + 1_000) / u128::from(assets + 1);
    assert_eq!(u128::from(world.deposit().shares - before), priced);
}

#[test]
fn not_nothing_not_above_the_cap_and_not_while_paused() {
    let mut world = World::supplied(1_000);
    refused(&world.supply(0), "ZeroAmount");
    refused(&world.supply(999_001 * UNIT), "CapExceeded");
    world.pause(1).expect_ok();
    refused(&world.supply(UNIT), "Paused");
}

#[test]
fn a_pool_that_lost_everything_takes_nothing() {
    let mut world = World::with(|terms| terms.exit_cash_bps = 100);
    world.supply(2_000 * UNIT).expect_ok();
    let person = crate::support::Person::new(0, 3, crate::support::EPOCH);
    world.attest(&[person]);
    world.open(&person).expect_ok();
    world.draw(2_000 * UNIT).expect_ok();
    world.net.advance(TERM + GRACE);
    world.mark_default().expect_ok();
    world.net.advance(30 * 86_400);
    world.write_off().expect_ok();
    assert_eq!(world.pool().assets(), Ok(0));
    refused(&world.supply(UNIT), "PoolInsolvent");
}

#[test]
fn into_no_other_vault_and_of_no_other_mint() {
    let mut world = World::new();
    let supply = world.keys.supply(world.supplier.address(), world.supplier.tokens, UNIT);
    let other = world.net.create_token_account(&world.keys.mint, &world.stranger.key.pubkey());
    refused(&world.supplier_sends(with_account(supply.clone(), 4, other)), "WrongVault");
    let mint = world.net.create_mint(6);
    refused(&world.supplier_sends(with_account(supply.clone(), 3, mint)), "WrongMint");
    assert!(!world.supplier_sends(with_account(supply, 5, world.stranger.tokens)).is_ok());
}
