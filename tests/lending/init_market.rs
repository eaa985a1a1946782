use assay_client::lending::MarketKeys;
use assay_lending::math::fixed::ONE_Q64;
use assay_lending::state::RiskParams;
use assay_lending_interface::seeds::COLLATERAL_VAULT;
use solana_account::Account;
use solana_address::Address;

use crate::support::{World, refused, unsigned, with_account};

/// Token-2022's program.
const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

#[test]
fn a_market_starts_empty_with_its_own_vaults() {
    let mut world = World::without_market();
    let create = world.keys.init_market(world.admin.address(), world.params);
    world.admin_sends(create).expect_ok();
    let market = world.market();
    assert_eq!(market.admin, world.admin.address());
    assert_eq!(market.params, world.params);
    assert_eq!(
        (market.collateral_vault, market.liquidity_vault),
        (world.keys.collateral_vault, world.keys.liquidity_vault)
    );
    assert_eq!((market.collateral_decimals, market.debt_decimals, market.pause), (9, 6, 0));
    assert_eq!((market.cash, market.supply_shares, market.debt_shares, market.reserves), (0, 0, 0, 0));
    assert_eq!((market.borrow_index.get(), market.last_accrual), (ONE_Q64, world.net.now()));
    assert_eq!(world.history().feed, world.params.collateral_feed);
    for (vault, mint) in
        [(market.collateral_vault, market.collateral_mint), (market.liquidity_vault, market.debt_mint)]
    {
        let data = world.net.account(&vault).unwrap().data;
        assert_eq!((&data[..32], &data[32..64]), (mint.as_ref(), world.keys.market.as_ref()));
    }
}

#[test]
fn a_market_is_created_once() {
    let mut world = World::new();
    let again = world.keys.init_market(world.admin.address(), RiskParams { max_ltv_bps: 1, ..world.params });
    refused(&world.admin_sends(again), "Custom(0)"); // the system program: the address is in use
    assert_eq!(world.market().params, world.params);
}

#[test]
fn collateral_and_debt_must_differ() {
    let mut world = World::without_market();
    let mint = world.keys.debt_mint;
    let keys = MarketKeys::derive(&world.admin.address(), mint, mint);
    refused(&world.admin_sends(keys.init_market(world.admin.address(), world.params)), "SameMint");
}

#[test]
fn mints_need_six_to_nine_decimals() {
    for decimals in [0, 5, 10] {
        let mut world = World::without_market();
        let mint = world.net.create_mint(decimals);
        let admin = world.admin.address();
        for (collateral, debt) in [(mint, world.keys.debt_mint), (world.keys.collateral_mint, mint)] {
            let create = MarketKeys::derive(&admin, collateral, debt).init_market(admin, world.params);
            refused(&world.admin_sends(create), "UnsupportedDecimals");
        }
    }
}

#[test]
fn only_mints_of_the_classic_token_program_are_taken() {
    let mut world = World::without_market();
    let mint = world.keys.collateral_mint;
    let classic = world.net.account(&mint).unwrap();
    world.net.set_account(mint, Account { owner: TOKEN_2022.parse().unwrap(), ..classic });
    let create = world.keys.init_market(world.admin.address(), world.params);
    refused(&world.admin_sends(create), "IllegalOwner");
}

#[test]
fn parameters_out_of_bounds_are_refused() {
    let mut world = World::without_market();
    let admin = world.admin.address();
    type Change = fn(&mut RiskParams);
    let cases: [(Change, &str); 4] = [
        (|p| p.max_ltv_bps = 9_000, "InvalidThresholds"),
        (|p| p.bonus_max_bps = 2_500, "InvalidBonus"),
        (|p| p.max_rate_bps = 1, "InvalidRates"),
        (|p| p.statement_domain = [0xff; 32], "InvalidDomain"),
    ];
    for (change, error) in cases {
        let mut params = world.params;
        change(&mut params);
        let create = world.keys.init_market(admin, params);
        refused(&world.admin_sends(create), error);
    }
}

#[test]
fn addresses_are_the_derived_ones_and_the_creator_signs() {
    let mut world = World::without_market();
    let create = world.keys.init_market(world.admin.address(), world.params);
    let elsewhere = Address::find_program_address(&[COLLATERAL_VAULT, &[1; 32]], &assay_lending::ID).0;
    for index in [1, 2, 5, 6] {
        let moved = with_account(create.clone(), index, elsewhere);
        refused(&world.admin_sends(moved), "InvalidSeeds");
    }
    let outcome = world.stranger_sends(unsigned(create, 0));
    refused(&outcome, "MissingRequiredSignature");
}
