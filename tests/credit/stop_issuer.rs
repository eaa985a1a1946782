//! `stop_issuer`: the guardian, at once. Nothing is appended, proven or drawn on the issuer's word; debts are repaid as before.

use crate::support::{EPOCH, Person, UNIT, World, refused};

#[test]
fn a_stopped_issuer_appends_nothing_and_its_word_opens_nothing() {
    let mut world = World::drawn(3, 10 * UNIT);
    let other = Person::new(2, 3, EPOCH);
    world.stop_issuer().expect_ok();
    refused(&world.append(EPOCH, [1; 32]), "IssuerStopped");
    refused(&world.create_tree(EPOCH + 1), "IssuerStopped");
    refused(&world.draw(UNIT), "IssuerStopped");
    let proven = world.prove_for(&other, EPOCH, world.stranger.address(), world.keys);
    let open = world.opening(&proven);
    refused(&world.stranger_sends(open), "IssuerStopped");
    world.repay(5 * UNIT).expect_ok();
    refused(&world.stop_issuer(), "IssuerStopped");
}

#[test]
fn only_the_guardian() {
    let mut world = World::issued();
    let stop = world.issuer.stop(world.authority.address());
    refused(&world.authority_sends(stop), "WrongAuthority");
    let stop = world.issuer.stop(world.stranger.address());
    refused(&world.stranger_sends(stop), "WrongAuthority");
}
