//! Random sequences of every operation by two borrowers and a supplier: after each, the vault holds what the books say and the
//! books add up. In bytecode; the same on the program's functions, ten thousand times, is `programs/credit/tests/dust.rs`.

use assay_credit_host::{ALL, Deposit, Line, PoolKeys, Status};
use assay_credit_interface::epoch::epoch_of;
use assay_program::math::shares::assets_for_shares;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use solana_address::Address;

use crate::support::{DAY, EPOCH, Person, UNIT, World};

#[derive(Clone, Copy, Debug)]
enum Operation {
    Supply(u64),
    Withdraw(u64),
    Draw(u64),
    Repay(u64),
    Renew(u8),
    MarkDefault,
    WriteOff,
    Donate(u64),
    Wait(i64),
}

fn operation() -> impl Strategy<Value = (usize, Operation)> {
    let amount = prop_oneof![1u64..100, 1u64..2_000 * UNIT];
    let repaid = prop_oneof![1u64..100, 1u64..2_000 * UNIT, Just(ALL)];
    let kind = prop_oneof![
        2 => amount.clone().prop_map(Operation::Supply),
        2 => (1u64..1 << 42).prop_map(Operation::Withdraw),
        4 => amount.prop_map(Operation::Draw),
        3 => repaid.prop_map(Operation::Repay),
        2 => (0u8..4).prop_map(Operation::Renew),
        3 => Just(Operation::MarkDefault),
        2 => Just(Operation::WriteOff),
        1 => (1u64..1_000 * UNIT).prop_map(Operation::Donate),
        3 => (1i64..40 * DAY).prop_map(Operation::Wait),
    ];
    (0usize..2, kind)
}

/// A pool with two borrowers' lines.
struct Two {
    world: World,
    lines: [Address; 2],
}

impl Two {
    fn new() -> Self {
        let mut world = World::opened(3);
        let second = Person::new(1, 2, EPOCH);
        let proven = world.prove_for(&second, EPOCH, world.stranger.address(), world.keys);
        let open = world.opening(&proven);
        world.stranger_sends(open).expect_ok();
        let lines = [world.line_address(), proven.proving.line];
        Self { world, lines }
    }

    /// Runs one operation; most of the random ones are refused, which is fine.
    fn run(&mut self, user: usize, operation: Operation) -> bool {
        let (world, line) = (&mut self.world, self.lines[user]);
        let keys: PoolKeys = world.keys;
        let actor = if user == 0 { &world.borrower } else { &world.stranger };
        let (owner, tokens, key) = (actor.address(), actor.tokens, actor.key.insecure_clone());
        let instruction = match operation {
            Operation::Supply(amount) => return world.supply(amount).is_ok(),
            Operation::Withdraw(shares) => return world.withdraw(shares).is_ok(),
            Operation::Draw(amount) => keys.draw(owner, line, world.issuer.issuer, tokens, amount),
            Operation::Repay(amount) => keys.repay(owner, line, tokens, amount),
            Operation::Renew(tier) => {
                let epoch = epoch_of(world.net.now()).unwrap();
                if !world.followers.contains_key(&epoch) {
                    world.create_tree(epoch).expect_ok();
                }
                let person = Person::new(user as u8, tier, epoch);
                world.attest_in(epoch, &[person]);
                let proven = world.prove_for(&person, epoch, owner, keys);
                world.renewal(&proven)
            }
            Operation::MarkDefault => keys.mark_default(line),
            Operation::WriteOff => keys.write_off(line),
            Operation::Donate(amount) => {
                world.net.mint_to(&keys.mint, &keys.vault, amount);
                return true;
            }
            Operation::Wait(seconds) => {
                world.net.advance(seconds);
                return true;
            }
        };
        world.net.send(&[instruction], &[&key]).is_ok()
    }

    fn check(&self) {
        let world = &self.world;
        let pool = world.pool();
        pool.invariant().unwrap();
        assert!(world.vault() >= pool.cash);
        let lines: Vec<Line> = self.lines.iter().map(|line| world.net.read(line).unwrap().unwrap()).collect();
        for line in &lines {
            line.invariant(&pool).unwrap();
        }
        for (books, tier) in pool.books.iter().zip(0..) {
            let shares: u64 =
                lines.iter().filter(|line| line.tier == tier).map(|line| line.debt_shares).sum();
            assert_eq!(books.shares, shares, "tier {tier}");
        }
        let owed_in = |status: Status| -> u64 {
            lines.iter().filter(|line| line.status == status as u8).map(|line| line.owed).sum()
        };
        assert_eq!(
            (pool.defaulted, pool.written_off),
            (owed_in(Status::Defaulted), owed_in(Status::WrittenOff))
        );
        let owed: u64 = lines.iter().map(|line| line.debt(&pool).unwrap()).sum();
        assert!(owed >= pool.owed().unwrap(), "the borrowers owe what the pool counts on");
        let deposit: Deposit = world.deposit();
        assert_eq!(deposit.shares, pool.supply_shares);
        let claim = assets_for_shares(deposit.shares, pool.assets().unwrap(), pool.supply_shares).unwrap();
        let covered = world.vault() + pool.debt_total().unwrap();
        assert!(claim + pool.reserves <= covered, "the vault and the loans cover every claim");
        let priced =
            assets_for_shares(deposit.shares, pool.redeemable().unwrap(), pool.supply_shares).unwrap();
        let sound = pool.cash + pool.debt_total().unwrap() - pool.defaulted;
        assert!(priced <= sound, "nobody is paid out of a debt that has defaulted");
    }
}

#[test]
fn the_vault_covers_what_is_owed_after_any_sequence() {
    // A fixed seed: a failure is a failure every time.
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let accepted = std::cell::Cell::new(0);
    let sequences = prop::collection::vec(operation(), 30..60);
    runner
        .run(&sequences, |operations| {
            let mut two = Two::new();
            for (user, operation) in operations {
                if two.run(user, operation) {
                    accepted.set(accepted.get() + 1);
                }
                two.check();
            }
            Ok(())
        })
        .unwrap();
    assert!(accepted.get() > 400, "only {} operations went through", accepted.get());
}
