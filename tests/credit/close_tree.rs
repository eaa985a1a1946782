//! `close_tree`: when its epoch is no longer in force; the rent goes to who paid.

use assay_credit_interface::epoch::starts_at;

use crate::support::{EPOCH, IN_FORCE, World, refused, with_account};

#[test]
fn after_the_epoch_and_three_days_to_who_paid() {
    let mut world = World::issued();
    let (tree, payer) = (world.issuer.tree(EPOCH), world.authority.address());
    let close = world.issuer.close_tree(EPOCH, payer);
    world.net.set_time(starts_at(EPOCH) + IN_FORCE);
    refused(&world.stranger_sends(close.clone()), "WrongEpoch");
    world.net.advance(1);
    let (rent, before) = (world.lamports(&tree), world.lamports(&payer));
    world.stranger_sends(close).expect_ok();
    assert_eq!(world.lamports(&payer), before + rent);
    // It never comes back.
    refused(&world.create_tree(EPOCH), "WrongEpoch");
}

#[test]
fn to_nobody_else() {
    let mut world = World::issued();
    world.net.set_time(starts_at(EPOCH) + IN_FORCE + 1);
    let close = world.issuer.close_tree(EPOCH, world.authority.address());
    let thief = with_account(close, 0, world.stranger.address());
    refused(&world.stranger_sends(thief), "WrongReceiver");
}
