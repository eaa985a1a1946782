//! `append_leaf`: the program hashes and appends; the event holds what a follower needs.

use assay_credit_host::IssuerKeys;
use assay_credit_interface::epoch::{EPOCH_SECONDS, starts_at};
use assay_interface::field::Scalar;
use assay_interface::member;

use crate::support::{EPOCH, Person, World, refused, with_account};

#[test]
fn roots_and_paths_are_those_of_the_whole_tree() {
    let mut world = World::issued();
    let people: Vec<Person> = (0..70).map(|name| Person::new(name, name % 4, EPOCH)).collect();
    world.attest(&people);
    let leaves: Vec<Scalar> = people.iter().map(Person::leaf).collect();
    let whole = member::Tree::from_leaves(20, &leaves).unwrap();
    let tree = world.tree(EPOCH);
    assert_eq!((tree.count, tree.roots[69 % 64]), (70, whole.root().to_be_bytes()));
    for person in &people {
        let path = world.follower(EPOCH).path(person.leaf()).unwrap();
        assert_eq!(member::root_of_path(person.leaf(), path.position, &path.siblings), Ok(whole.root()));
    }
}

#[test]
fn a_leaf_is_a_field_element_and_not_zero() {
    let mut world = World::issued();
    for leaf in [[0; 32], [0xff; 32]] {
        refused(&world.append(EPOCH, leaf), "NotALeaf");
    }
    assert_eq!(world.tree(EPOCH).count, 0);
}

#[test]
fn a_tree_grows_until_its_epoch_ends() {
    let mut world = World::issued();
    world.net.set_time(starts_at(EPOCH) + EPOCH_SECONDS - 1);
    world.append(EPOCH, [1; 32]).expect_ok();
    world.create_tree(EPOCH + 1).expect_ok();
    world.append(EPOCH + 1, [1; 32]).expect_ok();
    world.net.advance(1);
    refused(&world.append(EPOCH, [1; 32]), "WrongEpoch");
    world.append(EPOCH + 1, [2; 32]).expect_ok();
}

#[test]
fn only_the_issuers_authority_and_only_its_own_tree() {
    let mut world = World::issued();
    let append = with_account(world.issuer.append_leaf(EPOCH, [1; 32]), 0, world.stranger.address());
    refused(&world.stranger_sends(append), "WrongAuthority");

    let other = IssuerKeys::derive(&world.stranger.address());
    world.stranger_sends(other.create(world.guardian.address())).expect_ok();
    let append = with_account(other.append_leaf(EPOCH, [1; 32]), 2, world.issuer.tree(EPOCH));
    refused(&world.stranger_sends(append), "WrongTree");
}
