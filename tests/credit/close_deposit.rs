//! `close_deposit`: without shares, by its owner.

use assay_credit_host::ALL;

use crate::support::{World, refused, with_account};

#[test]
fn without_shares_the_rent_comes_back() {
    let mut world = World::supplied(10);
    let owner = world.supplier.address();
    let close = world.keys.close_deposit(owner);
    refused(&world.supplier_sends(close.clone()), "AccountInUse");
    world.withdraw(ALL).expect_ok();
    let (rent, before) = (world.lamports(&world.keys.deposit(&owner)), world.lamports(&owner));
    world.supplier_sends(close).expect_ok();
    assert_eq!(world.lamports(&owner), before + rent - 5_000);
}

#[test]
fn by_nobody_else() {
    let mut world = World::supplied(10);
    world.withdraw(ALL).expect_ok();
    let close = with_account(world.keys.close_deposit(world.supplier.address()), 0, world.stranger.address());
    refused(&world.stranger_sends(close), "WrongAuthority");
}
