//! Random sequences of every operation: after each, the vaults hold what the books say and the books add up.

use assay_lending::math::shares::assets_for_shares;
use assay_lending::state::{Deposit, Position};
use assay_lending_host::ALL;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{SOL, TestMarket, USDC};

#[derive(Clone, Copy, Debug)]
enum Operation {
    Supply(u64),
    WithdrawSupply(u64),
    Deposit(u64),
    WithdrawCollateral(u64),
    Borrow(u64),
    Repay(u64),
    Liquidate(u64),
    LiquidateEarly(u64),
    Impair,
    Socialize,
    Donate(u64),
    Wait(i64),
    Price(f64),
}

fn operation() -> impl Strategy<Value = (usize, Operation)> {
    let debt = prop_oneof![1u64..100, 1u64..200_000 * USDC, Just(ALL)];
    let collateral = prop_oneof![1u64..100, 1u64..2_000 * SOL, Just(ALL)];
    let kind = prop_oneof![
        debt.clone().prop_map(Operation::Supply),
        (1u64..1 << 50).prop_map(Operation::WithdrawSupply),
        collateral.clone().prop_map(Operation::Deposit),
        collateral.prop_map(Operation::WithdrawCollateral),
        debt.clone().prop_map(Operation::Borrow),
        debt.clone().prop_map(Operation::Repay),
        debt.clone().prop_map(Operation::Liquidate),
        debt.prop_map(Operation::LiquidateEarly),
        Just(Operation::Impair),
        Just(Operation::Socialize),
        (1u64..1_000 * USDC).prop_map(Operation::Donate),
        (1i64..3_000_000).prop_map(Operation::Wait),
        (20.0f64..180.0).prop_map(Operation::Price),
    ];
    (0usize..2, kind)
}

/// Runs one operation by one of two users; most of the random ones are refused, which is fine.
fn run(test: &mut TestMarket, user: usize, operation: Operation) -> bool {
    let (keys, prices) = (test.keys, test.prices);
    let actor = if user == 0 { &test.borrower } else { &test.lender };
    let (owner, key) = (actor.address(), actor.key.insecure_clone());
    let (collateral, debt) = (actor.collateral, actor.debt);
    let position = keys.position(&owner);
    let instruction = match operation {
        Operation::Supply(amount) => keys.supply(owner, debt, amount),
        Operation::WithdrawSupply(shares) => keys.withdraw_supply(owner, debt, shares),
        Operation::Deposit(amount) => keys.deposit_collateral(owner, collateral, amount),
        Operation::WithdrawCollateral(amount) => keys.withdraw_collateral(owner, collateral, prices, amount),
        Operation::Borrow(amount) => keys.borrow(owner, debt, prices, amount),
        Operation::Repay(amount) => keys.repay(owner, position, debt, amount),
        Operation::Liquidate(repay) => {
            let plain = keys.liquidate(&test.liquidation(repay));
            return test.liquidator_sends(plain).is_ok();
        }
        Operation::LiquidateEarly(repay) => {
            test.next_minute();
            test.fill_history();
            let (take, evidence) = (test.snapshot_instruction(), test.evidence());
            if !test.stranger_sends(take).is_ok() {
                return false;
            }
            test.advance(1);
            let early = test.early(&test.snapshot(evidence), repay);
            return test.liquidator_sends(early).is_ok();
        }
        Operation::Impair => keys.impair(position, prices),
        Operation::Socialize => keys.socialize(position, prices),
        Operation::Donate(amount) => {
            test.net.mint_to(&keys.debt_mint, &keys.liquidity_vault, amount);
            test.net.mint_to(&keys.collateral_mint, &keys.collateral_vault, amount);
            return true;
        }
        Operation::Wait(seconds) => {
            test.advance(seconds);
            return true;
        }
        Operation::Price(price) => {
            test.set_prices(price, 1.0);
            return true;
        }
    };
    test.net.send(&[instruction], &[&key]).is_ok()
}

fn check_books(test: &TestMarket) {
    let market = test.market();
    market.invariant().unwrap();
    let owners = [test.borrower.address(), test.lender.address()];
    let positions: Vec<Position> =
        owners.iter().filter_map(|owner| test.net.read(&test.keys.position(owner)).unwrap()).collect();
    let deposits: Vec<Deposit> =
        owners.iter().filter_map(|owner| test.net.read(&test.keys.deposit(owner)).unwrap()).collect();

    assert!(test.balance(&test.keys.liquidity_vault) >= market.cash);
    assert!(test.balance(&test.keys.collateral_vault) >= market.collateral_total);
    assert_eq!(positions.iter().map(|position| position.collateral).sum::<u64>(), market.collateral_total);
    assert_eq!(positions.iter().map(|position| position.debt_shares).sum::<u64>(), market.debt_shares);
    assert_eq!(positions.iter().map(|position| position.impaired).sum::<u64>(), market.impaired);
    assert_eq!(deposits.iter().map(|deposit| deposit.shares).sum::<u64>(), market.supply_shares);

    let owed: u64 = positions.iter().map(|position| position.debt(&market).unwrap()).sum();
    assert!(owed >= market.debt_total().unwrap(), "the borrowers owe what the market counts on");
    let assets = market.assets().unwrap();
    let claims: u64 = deposits
        .iter()
        .map(|deposit| assets_for_shares(deposit.shares, assets, market.supply_shares).unwrap())
        .sum();
    let vault = test.balance(&test.keys.liquidity_vault);
    assert!(
        claims + market.reserves <= vault + market.debt_total().unwrap(),
        "the vault and the loans cover every claim"
    );
}

#[test]
fn the_vaults_cover_what_is_owed_after_any_sequence() {
    // A fixed seed: a failure is a failure every time.
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let accepted = std::cell::Cell::new(0);
    let sequences = prop::collection::vec(operation(), 30..60);
    runner
        .run(&sequences, |operations| {
            let mut test = TestMarket::borrowed(1_000 * SOL, 60_000 * USDC);
            for (user, operation) in operations {
                if run(&mut test, user, operation) {
                    accepted.set(accepted.get() + 1);
                }
                check_books(&test);
            }
            Ok(())
        })
        .unwrap();
    assert!(accepted.get() > 400, "only {} operations went through", accepted.get());
}
