use assay_lending::state::{HALT_COOLDOWN_SECONDS, HALT_SECONDS};
use assay_lending_host::ALL;
use solana_instruction::Instruction;

use crate::support::{SOL, TestMarket, USDC, refused};

/// Every instruction that a user of the market sends, with what each pause level says to it.
fn matrix(test: &mut TestMarket) -> Vec<(&'static str, Instruction, [bool; 3])> {
    let (lender, borrower) = (test.lender.address(), test.borrower.address());
    let snapshot = test.take_snapshot();
    let keys = test.keys;
    vec![
        ("supply", keys.supply(lender, test.lender.debt, USDC), [true, false, false]),
        ("withdraw supply", keys.withdraw_supply(lender, test.lender.debt, 1_000_000), [true, true, false]),
        ("borrow", keys.borrow(borrower, test.borrower.debt, test.prices, 100), [true, false, false]),
        (
            "withdraw collateral",
            keys.withdraw_collateral(borrower, test.borrower.collateral, test.prices, 1),
            [true, false, false],
        ),
        ("deposit collateral", keys.deposit_collateral(borrower, test.borrower.collateral, SOL), [true; 3]),
        ("repay", keys.repay(borrower, test.position_address(), test.borrower.debt, USDC), [true; 3]),
        ("early liquidation", test.early(&snapshot, ALL), [true, true, false]),
    ]
}

fn signer<'a>(test: &'a TestMarket, name: &str) -> &'a solana_keypair::Keypair {
    match name {
        "supply" | "withdraw supply" => &test.lender.key,
        "early liquidation" => &test.liquidator.key,
        _ => &test.borrower.key,
    }
}

#[test]
fn reduce_only_stays_open_at_every_level() {
    for level in 0..3u8 {
        let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
        test.set_prices(86.0, 1.0);
        let mut instructions = matrix(&mut test);
        if level > 0 {
            let pause = test.keys.set_pause(test.guardian.address(), level);
            test.guardian_sends(pause).expect_ok();
        }
        assert_eq!(test.market().guard.level, level);
        for (name, instruction, open) in &mut instructions {
            let signers = [signer(&test, name).insecure_clone()];
            let outcome = test.net.simulate(std::slice::from_ref(instruction), &[&signers[0]]);
            if open[usize::from(level)] {
                // At 80 % nobody may borrow or withdraw collateral, but that is not the pause's doing.
                if *name == "borrow" || *name == "withdraw collateral" {
                    refused(&outcome, "LtvExceeded");
                } else {
                    outcome.expect_ok();
                }
            } else {
                refused(&outcome, "Paused");
            }
        }
        test.set_prices(80.0, 1.0);
        let plain = test.keys.liquidate(&test.liquidation(USDC));
        test.liquidator_sends(plain).expect_ok();
        let impair = test.keys.impair(test.position_address(), test.prices);
        test.stranger_sends(impair).expect_ok();
    }
}

#[test]
fn collateral_of_a_position_without_debt_leaves_in_reduce_only() {
    let mut test = TestMarket::new();
    let (owner, tokens) = (test.borrower.address(), test.borrower.collateral);
    let deposit = test.keys.deposit_collateral(owner, tokens, SOL);
    test.borrower_sends(deposit).expect_ok();
    let pause = test.keys.set_pause(test.guardian.address(), 1);
    test.guardian_sends(pause).expect_ok();
    let withdraw = test.keys.withdraw_collateral(owner, tokens, test.prices, ALL);
    test.borrower_sends(withdraw).expect_ok();
}

#[test]
fn a_halt_ends_by_itself_and_is_not_prolonged() {
    let mut test = TestMarket::supplied(USDC);
    let halt = test.keys.set_pause(test.guardian.address(), 2);
    test.guardian_sends(halt.clone()).expect_ok();
    let withdraw = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, ALL);
    test.advance(HALT_SECONDS - 1);
    refused(&test.lender_sends(withdraw.clone()), "Paused");
    refused(&test.guardian_sends(halt.clone()), "NotARaise");
    test.advance(1);
    test.lender_sends(withdraw).expect_ok();
    refused(&test.guardian_sends(halt.clone()), "HaltTooSoon");
    test.advance(HALT_COOLDOWN_SECONDS);
    test.guardian_sends(halt).expect_ok();
}

#[test]
fn only_the_guardian_and_only_upwards() {
    let mut test = TestMarket::new();
    let as_stranger = test.keys.set_pause(test.stranger.address(), 1);
    refused(&test.stranger_sends(as_stranger), "WrongAuthority");
    let as_admin = test.keys.set_pause(test.admin.address(), 1);
    refused(&test.admin_sends(as_admin), "WrongAuthority");
    let guardian = test.guardian.address();
    for (level, error) in [(0, "NotARaise"), (3, "UnknownPauseLevel"), (255, "UnknownPauseLevel")] {
        refused(&test.guardian_sends(test.keys.set_pause(guardian, level)), error);
    }
    test.guardian_sends(test.keys.set_pause(guardian, 1)).expect_ok();
    refused(&test.guardian_sends(test.keys.set_pause(guardian, 1)), "NotARaise");
}
