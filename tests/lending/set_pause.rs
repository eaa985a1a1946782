use assay_client::lending::ALL;
use assay_lending::state::{HALT_COOLDOWN_SECONDS, HALT_SECONDS};
use solana_instruction::Instruction;

use crate::support::{SOL, USDC, World, refused};

/// Every instruction that a user of the market sends, with what each pause level says to it.
fn matrix(world: &mut World) -> Vec<(&'static str, Instruction, [bool; 3])> {
    let (lender, borrower) = (world.lender.address(), world.borrower.address());
    let snapshot = world.take_snapshot();
    let keys = world.keys;
    vec![
        ("supply", keys.supply(lender, world.lender.debt, USDC), [true, false, false]),
        ("withdraw supply", keys.withdraw_supply(lender, world.lender.debt, 1_000_000), [true, true, false]),
        ("borrow", keys.borrow(borrower, world.borrower.debt, world.prices, 100), [true, false, false]),
        (
            "withdraw collateral",
            keys.withdraw_collateral(borrower, world.borrower.collateral, world.prices, 1),
            [true, false, false],
        ),
        ("deposit collateral", keys.deposit_collateral(borrower, world.borrower.collateral, SOL), [true; 3]),
        ("repay", keys.repay(borrower, world.position_address(), world.borrower.debt, USDC), [true; 3]),
        ("early liquidation", world.early(&snapshot, ALL), [true, true, false]),
    ]
}

fn signer<'a>(world: &'a World, name: &str) -> &'a solana_keypair::Keypair {
    match name {
        "supply" | "withdraw supply" => &world.lender.key,
        "early liquidation" => &world.liquidator.key,
        _ => &world.borrower.key,
    }
}

#[test]
fn reduce_only_stays_open_at_every_level() {
    for level in 0..3u8 {
        let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
        world.set_prices(86.0, 1.0);
        let mut instructions = matrix(&mut world);
        let pause = world.keys.set_pause(world.admin.address(), level);
        world.admin_sends(pause).expect_ok();
        assert_eq!(world.market().pause, level);
        for (name, instruction, open) in &mut instructions {
            let signers = [signer(&world, name).insecure_clone()];
            let outcome = world.net.simulate(std::slice::from_ref(instruction), &[&signers[0]]);
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
        world.set_prices(80.0, 1.0);
        let plain = world.keys.liquidate(&world.liquidation(USDC));
        world.liquidator_sends(plain).expect_ok();
        world.advance(3_600);
        let observe = world.keys.observe(world.prices.collateral);
        world.stranger_sends(observe).expect_ok();
    }
}

#[test]
fn collateral_of_a_position_without_debt_leaves_in_reduce_only() {
    let mut world = World::new();
    let (owner, tokens) = (world.borrower.address(), world.borrower.collateral);
    let deposit = world.keys.deposit_collateral(owner, tokens, SOL);
    world.borrower_sends(deposit).expect_ok();
    let pause = world.keys.set_pause(world.admin.address(), 1);
    world.admin_sends(pause).expect_ok();
    let withdraw = world.keys.withdraw_collateral(owner, tokens, world.prices, ALL);
    world.borrower_sends(withdraw).expect_ok();
}

#[test]
fn a_halt_ends_by_itself_and_is_not_prolonged() {
    let mut world = World::supplied(USDC);
    let halt = world.keys.set_pause(world.admin.address(), 2);
    world.admin_sends(halt.clone()).expect_ok();
    let withdraw = world.keys.withdraw_supply(world.lender.address(), world.lender.debt, ALL);
    world.advance(HALT_SECONDS);
    refused(&world.lender_sends(withdraw.clone()), "Paused");
    refused(&world.admin_sends(halt.clone()), "HaltTooSoon");
    world.advance(1);
    world.lender_sends(withdraw).expect_ok();
    refused(&world.admin_sends(halt.clone()), "HaltTooSoon");
    world.advance(HALT_COOLDOWN_SECONDS);
    world.admin_sends(halt).expect_ok();
}

#[test]
fn only_the_admin_and_only_known_levels() {
    let mut world = World::new();
    let as_stranger = world.keys.set_pause(world.stranger.address(), 1);
    refused(&world.stranger_sends(as_stranger), "WrongAuthority");
    let unknown = world.keys.set_pause(world.admin.address(), 3);
    refused(&world.admin_sends(unknown), "UnknownPauseLevel");
}
