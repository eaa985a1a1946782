//! Rounding dust: ten thousand random operations on the books, against a ledger of what everybody is worth.
//!
//! At the level of the program's own functions, which the instructions call and add no arithmetic to; in bytecode the same
//! operations run in `tests/lending/books.rs`, some hundreds of them. After each operation: nobody else is worth less, vault
//! and loans cover every claim, and what everybody gained by all operations of its own is at most one unit. One, and not
//! zero, because a single operation can move a sum that is rounded down past a whole number: the unit was lost to rounding
//! by an operation before.

use anchor_lang::prelude::{Address, PodU128};
use assay_lending::{
    math::shares::{assets_for_shares, shares_for_deposit},
    state::{ExitClock, Market, Position, RiskParams, VERSION},
};
use bytemuck::Zeroable;

const OPERATIONS: usize = 10_000;
const ACTORS: usize = 4;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Mostly dust.
    fn amount(&mut self) -> u64 {
        match self.below(4) {
            0 => 1,
            1 => 1 + self.below(10),
            2 => 1 + self.below(10_000),
            _ => 1 + self.below(1_000_000_000),
        }
    }
}

#[derive(Clone, Copy)]
struct Actor {
    tokens: u64,
    shares: u64,
    position: Position,
}

struct World {
    market: Market,
    vault: u64,
    actors: [Actor; ACTORS],
}

impl World {
    fn new(index: u128) -> Self {
        let market = Market {
            params: RiskParams { reserve_factor_bps: 1_000, ..RiskParams::TEMPLATE },
            version: VERSION,
            borrow_index: PodU128::from(index),
            exit: ExitClock::start(0),
            debt_mint: Address::new_from_array([1; 32]),
            liquidity_vault: Address::new_from_array([1; 32]),
            ..Zeroable::zeroed()
        };
        let position = Position { version: VERSION, ..Zeroable::zeroed() };
        Self { market, vault: 0, actors: [Actor { tokens: 1 << 50, shares: 0, position }; ACTORS] }
    }

    /// What somebody has and may withdraw, less what it owes.
    fn worth(&self, actor: &Actor) -> i128 {
        let claim =
            assets_for_shares(actor.shares, self.market.redeemable().unwrap(), self.market.supply_shares)
                .unwrap();
        i128::from(actor.tokens) + i128::from(claim) - i128::from(actor.position.debt(&self.market).unwrap())
    }

    fn worths(&self) -> [i128; ACTORS] {
        std::array::from_fn(|index| self.worth(&self.actors[index]))
    }

    fn supply(&mut self, who: usize, amount: u64) -> Option<()> {
        let market = &mut self.market;
        let minted = shares_for_deposit(amount, market.assets().ok()?, market.supply_shares).ok()?;
        if minted == 0 {
            return None;
        }
        market.supply_shares = market.supply_shares.checked_add(minted)?;
        self.actors[who].shares += minted;
        self.pay_in(who, amount);
        self.market.cash += amount;
        Some(())
    }

    fn withdraw(&mut self, who: usize, shares: u64) -> Option<()> {
        let market = &mut self.market;
        let shares = shares.min(self.actors[who].shares);
        let out = assets_for_shares(shares, market.redeemable().ok()?, market.supply_shares).ok()?;
        if out == 0 || out > market.cash {
            return None;
        }
        market.supply_shares -= shares;
        market.cash -= out;
        self.actors[who].shares -= shares;
        self.pay_out(who, out);
        Some(())
    }

    fn borrow(&mut self, who: usize, amount: u64) -> Option<()> {
        let mut position = self.actors[who].position;
        position.take_loan(&mut self.market, amount).ok()?;
        self.actors[who].position = position;
        self.pay_out(who, amount);
        Some(())
    }

    fn repay(&mut self, who: usize, amount: u64) -> Option<()> {
        let mut position = self.actors[who].position;
        let amount = amount.min(position.debt(&self.market).ok()?);
        if amount == 0 {
            return None;
        }
        position.cancel_debt(&mut self.market, amount, 0).ok()?;
        self.actors[who].position = position;
        self.pay_in(who, amount);
        Some(())
    }

    fn pay_in(&mut self, who: usize, amount: u64) {
        self.actors[who].tokens -= amount;
        self.vault += amount;
    }

    fn pay_out(&mut self, who: usize, amount: u64) {
        self.vault -= amount;
        self.actors[who].tokens += amount;
    }

    fn check(&self, total: u64) {
        let market = &self.market;
        market.invariant().unwrap();
        assert_eq!(self.vault, market.cash, "no unit appears or vanishes");
        assert_eq!(self.vault + self.actors.iter().map(|actor| actor.tokens).sum::<u64>(), total);
        let claims: u64 = self
            .actors
            .iter()
            .map(|actor| {
                assets_for_shares(actor.shares, market.assets().unwrap(), market.supply_shares).unwrap()
            })
            .sum();
        let owed: u64 = self.actors.iter().map(|actor| actor.position.debt(market).unwrap()).sum();
        assert!(claims + market.reserves <= self.vault + market.debt_total().unwrap());
        assert!(owed >= market.debt_total().unwrap());
    }
}

#[test]
fn nobody_gains_by_dust_and_the_vault_covers_every_claim() {
    let mut random = Random(7);
    let mut done = 0;
    // An index of one, one a hair above, and two that divide nothing.
    for index in [1 << 64, (1 << 64) + 1, (1u128 << 64) * 4 / 3 + 12_345, (1u128 << 70) + 987_654_321] {
        let mut world = World::new(index);
        let total = world.actors.iter().map(|actor| actor.tokens).sum();
        let mut now = 0i64;
        let mut gained = [0i128; ACTORS];
        for _ in 0..OPERATIONS / 2 {
            let (who, amount) = (random.below(ACTORS as u64) as usize, random.amount());
            let before = world.worths();
            let acted = match random.below(9) {
                0 | 1 => world.supply(who, amount),
                2 | 3 => world.withdraw(who, amount.saturating_mul(1 + random.below(1_000))),
                4 | 5 => world.borrow(who, amount),
                6 | 7 => world.repay(who, amount),
                _ => {
                    // Interest moves worth from borrowers to suppliers; nobody acts.
                    now += random.below(100_000) as i64;
                    world.market.accrue(now).unwrap();
                    world.check(total);
                    continue;
                }
            };
            if acted.is_none() {
                continue;
            }
            done += 1;
            world.check(total);
            for (index, (before, after)) in before.into_iter().zip(world.worths()).enumerate() {
                if index == who {
                    gained[who] += after - before;
                    assert!(gained[who] <= 1, "{who} gained {} by its own operations", gained[who]);
                } else {
                    assert!(after >= before, "{index} lost {} by an operation of {who}", before - after);
                }
            }
        }
    }
    assert!(done >= OPERATIONS, "{done} operations were done");
}
