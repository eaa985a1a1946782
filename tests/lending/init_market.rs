use assay_lending::math::fixed::ONE_Q64;
use assay_lending::state::{ExitClock, RiskParams, SETUP_CEREMONY};
use assay_lending_host::{MarketKeys, Vouched};
use assay_lending_interface::seeds::COLLATERAL_VAULT;
use assay_verifier_host::attestation_address;
use solana_account::Account;
use solana_address::Address;

use crate::support::{Model, TestMarket, refused, unsigned, with_account};

/// Token-2022's program.
const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

#[test]
fn a_market_starts_empty_with_its_own_vaults() {
    let mut test = TestMarket::without_market();
    let create = test.create();
    test.admin_sends(create).expect_ok();
    let market = test.market();
    assert_eq!(market.admin, test.admin.address());
    assert_eq!(market.params, test.params);
    assert_eq!(
        (market.collateral_vault, market.liquidity_vault),
        (test.keys.collateral_vault, test.keys.liquidity_vault)
    );
    assert_eq!((market.collateral_decimals, market.debt_decimals, market.guard.level), (9, 6, 0));
    assert_eq!((market.guardian, market.reserve_owner), (test.guardian.address(), test.admin.address()));
    assert_eq!(market.exit, ExitClock::start(test.net.now()));
    assert_eq!((market.cash, market.supply_shares, market.debt_shares, market.reserves), (0, 0, 0, 0));
    assert_eq!((market.borrow_index.get(), market.last_accrual), (ONE_Q64, test.net.now()));
    for (vault, mint) in
        [(market.collateral_vault, market.collateral_mint), (market.liquidity_vault, market.debt_mint)]
    {
        let data = test.net.account(&vault).unwrap().data;
        assert_eq!((&data[..32], &data[32..64]), (mint.as_ref(), test.keys.market.as_ref()));
    }
}

#[test]
fn a_market_is_created_once() {
    let mut test = TestMarket::new();
    let changed = RiskParams { max_ltv_bps: 1, ..test.params };
    let again = test.create_of(&test.keys, test.admin.address(), changed);
    refused(&test.admin_sends(again), "Custom(0)"); // the system program: the address is in use
    assert_eq!(test.market().params, test.params);
}

#[test]
fn collateral_and_debt_must_differ() {
    let mut test = TestMarket::without_market();
    let mint = test.keys.debt_mint;
    let keys = MarketKeys::derive(&test.admin.address(), mint, mint);
    let create = test.create_of(&keys, test.admin.address(), test.params);
    refused(&test.admin_sends(create), "SameMint");
}

#[test]
fn mints_need_six_to_nine_decimals() {
    for decimals in [0, 5, 10] {
        let mut test = TestMarket::without_market();
        let mint = test.net.create_mint(decimals);
        let admin = test.admin.address();
        for (collateral, debt) in [(mint, test.keys.debt_mint), (test.keys.collateral_mint, mint)] {
            let keys = MarketKeys::derive(&admin, collateral, debt);
            let create = test.create_of(&keys, admin, test.params);
            refused(&test.admin_sends(create), "UnsupportedDecimals");
        }
    }
}

#[test]
fn only_mints_of_the_classic_token_program_are_taken() {
    let mut test = TestMarket::without_market();
    let mint = test.keys.collateral_mint;
    let classic = test.net.account(&mint).unwrap();
    test.net.set_account(mint, Account { owner: TOKEN_2022.parse().unwrap(), ..classic });
    let create = test.create();
    refused(&test.admin_sends(create), "IllegalOwner");
}

#[test]
fn parameters_out_of_bounds_are_refused() {
    let mut test = TestMarket::without_market();
    let admin = test.admin.address();
    type Change = fn(&mut RiskParams);
    let cases: [(Change, &str); 5] = [
        (|p| p.max_ltv_bps = 9_000, "InvalidThresholds"),
        (|p| p.debt_source = p.collateral_source, "InvalidSources"),
        (|p| p.bonus_max_bps = 2_500, "InvalidBonus"),
        (|p| p.max_rate_bps = 1, "InvalidRates"),
        (|p| p.statement_domain = [0xff; 32], "InvalidDomain"),
    ];
    for (change, error) in cases {
        let mut params = test.params;
        change(&mut params);
        let create = test.create_of(&test.keys, admin, params);
        refused(&test.admin_sends(create), error);
    }
}

#[test]
fn addresses_are_the_derived_ones_and_the_creator_signs() {
    let mut test = TestMarket::without_market();
    let create = test.create();
    let elsewhere = Address::find_program_address(&[COLLATERAL_VAULT, &[1; 32]], &assay_lending::ID).0;
    for index in [1, 4, 5] {
        let moved = with_account(create.clone(), index, elsewhere);
        refused(&test.admin_sends(moved), "InvalidSeeds");
    }
    let outcome = test.stranger_sends(unsigned(create, 0));
    refused(&outcome, "MissingRequiredSignature");
}

#[test]
fn the_model_must_be_what_the_parameters_say() {
    let mut test = TestMarket::without_market();
    let admin = test.admin.address();
    let renamed = test.register(Model::renamed());
    let create = test.create();
    refused(&test.admin_sends(with_account(create.clone(), 8, renamed)), "WrongModel");
    let ceremonies = RiskParams { accepted_setup_kinds: SETUP_CEREMONY, attestors: [7; 32], ..test.params };
    let create = test.create_of(&test.keys, admin, ceremonies);
    refused(&test.admin_sends(create), "SetupRefused");
    let other_schema = RiskParams { model: renamed.to_bytes(), ..test.params };
    let create = test.create_of(&test.keys, admin, other_schema);
    refused(&test.admin_sends(create), "WrongDomain");
}

#[test]
fn a_ceremony_is_taken_up_with_as_many_attestations_as_its_set_asks_for() {
    let mut test = TestMarket::without_market();
    let ceremony = test.register_ceremony(Model::shared());
    let set = test.attestors(2);
    let params = RiskParams {
        model: ceremony.to_bytes(),
        accepted_setup_kinds: SETUP_CEREMONY,
        attestors: set.to_bytes(),
        ..test.params
    };
    test.vouched = Vouched::Attestors(set);
    let create = test.create_of(&test.keys, test.admin.address(), params);
    refused(&test.admin_sends(create.clone()), "NotAttested");
    let (lender, stranger) = (test.lender.key.insecure_clone(), test.stranger.key.insecure_clone());
    test.attest(&lender, set, ceremony);
    refused(&test.admin_sends(create.clone()), "NotAttested");
    // The same attestor twice is one.
    test.attest(&lender, set, ceremony);
    refused(&test.admin_sends(create.clone()), "NotAttested");
    test.attest(&stranger, set, ceremony);
    // Another set's attestation, and this set's of another model, say nothing of it.
    let (lax, other) = (test.attestors(1), test.register_ceremony(Model::successor()));
    test.attest(&lender, lax, ceremony);
    test.attest(&lender, set, other);
    test.attest(&stranger, set, other);
    let of_lax = attestation_address(&lax, &ceremony);
    refused(&test.admin_sends(with_account(create.clone(), 10, lax)), "NotAttested");
    refused(
        &test.admin_sends(with_account(with_account(create.clone(), 10, lax), 11, of_lax)),
        "NotAttested",
    );
    refused(&test.admin_sends(with_account(create.clone(), 11, of_lax)), "NotAttested");
    let of_other = attestation_address(&set, &other);
    refused(&test.admin_sends(with_account(create.clone(), 11, of_other)), "NotAttested");
    test.admin_sends(create).expect_ok();
    assert_eq!(test.market().params, params);
}
