//! `add_outcome`: the mints, in order, each at its address, before any set.

use crate::support::{World, refused};

#[test]
fn mints_come_in_order_and_no_more_than_outcomes() {
    let mut world = World::empty();
    let create = world.create();
    world.net.send(&[create], &[&world.creator.key]).expect_ok();
    // No set before all are there.
    refused(&world.split(1), "WrongOutcomeMint");
    let creator = world.creator.address();
    let second = world.keys.add_outcome(creator, 1);
    refused(&world.net.send(&[second], &[&world.creator.key]), "InvalidSeeds");
    // Anyone may.
    let first = world.keys.add_outcome(world.prover.address(), 0);
    world.net.send(std::slice::from_ref(&first), &[&world.prover.key]).expect_ok();
    assert!(!world.net.send(&[first], &[&world.prover.key]).is_ok());
    let second = world.keys.add_outcome(creator, 1);
    world.net.send(&[second], &[&world.creator.key]).expect_ok();
    let third = world.keys.add_outcome(creator, 2);
    refused(&world.net.send(&[third], &[&world.creator.key]), "OutcomesComplete");
    assert_eq!(world.question().mints, 2);
}

#[test]
fn nobody_but_the_program_mints_and_nobody_freezes() {
    let world = World::new();
    for index in 0..2 {
        let mint = world.net.account(&world.keys.outcome(index)).unwrap().data;
        assert_eq!(mint[4..36], world.keys.question.to_bytes());
        assert_eq!((mint[36..44].to_vec(), mint[44], mint[46]), (vec![0; 8], 6, 0));
    }
}
