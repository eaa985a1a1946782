//! `create`: a question whose terms are sound, shown in its account, and never change.

use assay_market::state::{LATE_CLOSE, TRUSTS_AUTHORITY};
use assay_market_host::{LEAST_STAKE, Models, Status};
use assay_verifier_host::{self as verifier, Registration};
use solana_account::Account;
use solana_address::Address;

use crate::support::{SOURCES, T, World, refused, row, terms, with_account};

#[test]
fn a_question_holds_what_its_creator_decided() {
    let world = World::new();
    let question = world.question();
    assert_eq!((question.terms, question.models, question.held), (terms(), world.models, 0));
    assert_eq!((question.council, question.mints), (world.council.address(), 2));
    assert_eq!(question.sources[..2], SOURCES);
    assert_eq!(question.status(), Ok(Status::Open));
    let rent = world.net.account(&world.keys.question).unwrap();
    let least = 6_960 * (128 + rent.data.len() as u64);
    assert_eq!(rent.lamports, least + 4 * LEAST_STAKE);
}

#[test]
fn each_fault_of_the_terms_has_its_refusal() {
    type Case = (fn(&mut World), &'static str);
    let cases: [Case; 9] = [
        (|world| world.terms.rows[0] = row([9_999, 0]), "InvalidRows"),
        (|world| world.terms.thresholds[1] = 500, "InvalidThresholds"),
        (|world| world.terms.ends_at = T + 1, "InvalidTimes"),
        (|world| world.terms.close_at = T - 24 * 3_600, "LateClose"),
        (|world| world.terms.bond = 1, "InvalidStakes"),
        (|world| world.terms.setups = 2, "InvalidSetupKinds"),
        (|world| world.terms.flags = 4, "ReservedNotZero"),
        (|world| world.models[1] = world.models[0], "SameModel"),
        (|world| world.terms.sources = 5, "InvalidSources"),
    ];
    for (change, error) in cases {
        let mut world = World::empty();
        change(&mut world);
        let create = world.create();
        refused(&world.net.send(&[create], &[&world.creator.key]), error);
    }
}

#[test]
fn trading_after_the_first_hour_needs_the_flag() {
    let world = World::with(|world| {
        world.terms.close_at = T;
        world.terms.flags = LATE_CLOSE;
    });
    assert_eq!(world.question().terms.flags, LATE_CLOSE);
}

#[test]
fn models_are_ones_that_nobody_can_stop_unless_the_flag_says_so() {
    let stoppable = |world: &mut World| {
        // The same key under an authority that keeps it.
        let keeper = &world.prover.key;
        let (key, schema) = crate::support::first_model();
        let registration = Registration::development(world.prover.address(), key, schema);
        world.net.send(&[registration.instruction().unwrap()], &[keeper]).expect_ok();
        world.models[0] = registration.model();
    };
    let mut world = World::empty();
    stoppable(&mut world);
    let create = world.create();
    let outcome = world.net.send(&[create], &[&world.creator.key]);
    assert!(!outcome.is_ok());
    let world = World::with(|world| {
        stoppable(world);
        world.terms.flags = TRUSTS_AUTHORITY;
    });
    assert_eq!(world.question().terms.flags, TRUSTS_AUTHORITY);
    assert_eq!(verifier::ID, world.net.account(&world.models[0]).unwrap().owner);
}

#[test]
fn a_model_is_the_verifiers_account() {
    let mut world = World::empty();
    for wrong in [SOURCES[0], world.keys.mint, Address::new_from_array([9; 32])] {
        world.models[0] = wrong;
        let create = world.create();
        assert!(!world.net.send(&[create], &[&world.creator.key]).is_ok(), "{wrong}");
    }
}

#[test]
fn attestors_who_were_named_must_have_attested() {
    let world = World::empty();
    let nobody = Address::new_from_array([8; 32]);
    let models = Models { attested: Some((nobody, [nobody; 2])), ..world.models() };
    let create =
        world.keys.create(world.creator.address(), world.council.address(), &models, &SOURCES, world.terms);
    let mut world = world;
    assert!(!world.net.send(&[create], &[&world.creator.key]).is_ok());
}

#[test]
fn sources_are_different_accounts_of_the_feed_program() {
    let mut world = World::empty();
    let creator = world.creator.address();
    let council = world.council.address();
    let mut foreign = world.net.account(&SOURCES[0]).unwrap();
    foreign.owner = verifier::ID;
    let other = Address::new_from_array([0x5f; 32]);
    world.net.set_account(other, foreign);
    let lists: [&[Address]; 5] =
        [&[], &SOURCES[..1], &[SOURCES[0], SOURCES[0]], &[SOURCES[0], other], &[SOURCES[0], world.keys.mint]];
    for sources in lists {
        let create = world.keys.create(creator, council, &world.models(), sources, world.terms);
        refused(&world.net.send(&[create], &[&world.creator.key]), "InvalidSources");
    }
}

#[test]
fn a_question_needs_a_council() {
    let mut world = World::empty();
    let create = world.keys.create(
        world.creator.address(),
        Address::default(),
        &world.models(),
        &SOURCES,
        world.terms,
    );
    refused(&world.net.send(&[create], &[&world.creator.key]), "NoAppeal");
}

#[test]
fn a_collateral_that_somebody_can_freeze_is_refused() {
    let mut world = World::empty();
    let mut mint = world.net.account(&world.keys.mint).unwrap();
    mint.data[46] = 1; // the freeze authority's option, then its address
    world.net.set_account(world.keys.mint, mint);
    let create = world.create();
    refused(&world.net.send(&[create], &[&world.creator.key]), "FreezableMint");
}

#[test]
fn an_address_is_the_creators_and_is_used_once() {
    let mut world = World::new();
    let create = world.create();
    assert!(!world.net.send(std::slice::from_ref(&create), &[&world.creator.key]).is_ok());
    let stranger = with_account(create, 0, world.prover.address());
    assert!(!world.net.send(&[stranger], &[&world.prover.key]).is_ok());
}

#[test]
fn lamports_at_the_address_do_not_keep_a_question_away() {
    let world = World::with(|world| {
        for address in [world.keys.question, world.keys.vault] {
            world.net.set_account(address, Account { lamports: 1_000_000, ..Account::default() });
        }
    });
    assert_eq!(world.question().terms, terms());
}
