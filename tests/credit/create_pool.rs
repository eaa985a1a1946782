//! `create_pool`: terms that pass, an issuer and a model that are there and may be trusted on them.

use assay_credit::state::SETUP_CEREMONY;
use assay_credit_host::{IssuerKeys, Terms};
use solana_address::Address;

use crate::support::{World, refused, with_account};

#[test]
fn a_pool_holds_what_it_was_given() {
    let world = World::new();
    let pool = world.pool();
    assert_eq!((pool.creator, pool.admin), (world.admin.address(), world.admin.address()));
    assert_eq!((pool.guardian, pool.reserve_owner), (world.guardian.address(), world.admin.address()));
    assert_eq!((pool.mint, pool.vault, pool.terms), (world.keys.mint, world.keys.vault, world.terms));
    assert_eq!((pool.cash, pool.supply_shares, pool.decimals), (0, 0, 6));
    pool.invariant().unwrap();
}

#[test]
fn terms_out_of_bounds_are_refused() {
    type Change = fn(&mut Terms);
    let cases: &[(Change, &str)] = &[
        (|t| t.tiers[0].limit = u64::MAX, "InvalidTiers"),
        (|t| t.tiers[3].rate_bps = 5_000, "InvalidTiers"),
        (|t| t.term = 0, "InvalidTimes"),
        (|t| t.supply_cap = 0, "InvalidCaps"),
        (|t| t.reserve_factor_bps = u16::MAX, "InvalidShares"),
        (|t| t.domain = [0xff; 32], "InvalidDomain"),
        (|t| t.setups = 8, "InvalidSetupKinds"),
        (|t| t.setups = SETUP_CEREMONY, "AttestorsMissing"),
        (|t| t.reserved[0] = 1, "ReservedNotZero"),
    ];
    for (change, error) in cases {
        let mut world = World::issued();
        change(&mut world.terms);
        let create = world.create_pool();
        refused(&world.admin_sends(create), error);
    }
}

#[test]
fn model_and_issuer_are_those_of_the_terms() {
    let mut world = World::issued();
    let create = world.create_pool();
    refused(&world.admin_sends(with_account(create.clone(), 7, world.keys.mint)), "WrongModel");
    let other = IssuerKeys::derive(&world.stranger.address());
    world.stranger_sends(other.create(world.guardian.address())).expect_ok();
    refused(&world.admin_sends(with_account(create, 6, other.issuer)), "WrongIssuer");
    world.terms.domain = [0; 32];
    let create = world.create_pool();
    refused(&world.admin_sends(create), "WrongDomain");
}

#[test]
fn a_development_key_is_no_ceremonys() {
    let mut world = World::issued();
    (world.terms.setups, world.terms.attestors) = (SETUP_CEREMONY, [1; 32]);
    let create = world.create_pool();
    refused(&world.admin_sends(create), "SetupRefused");
}

#[test]
fn neither_an_issuer_nor_a_model_that_does_not_exist() {
    let mut world = World::issued();
    world.terms.issuer = [9; 32];
    let create = world.create_pool();
    assert!(!world.admin_sends(create).is_ok());
    world.terms.issuer = world.issuer.issuer.to_bytes();
    world.terms.model = Address::new_from_array([9; 32]).to_bytes();
    let create = world.create_pool();
    refused(&world.admin_sends(create), "NotAModel");
}

#[test]
fn not_twice() {
    let mut world = World::new();
    let create = world.create_pool();
    assert!(!world.admin_sends(create).is_ok());
}
