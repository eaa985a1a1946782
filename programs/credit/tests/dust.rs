//! Rounding dust: ten thousand random operations on the books, against a ledger of what everybody is worth.
//!
//! At the level of the program's own functions, which the instructions call and add no arithmetic to; in bytecode the same
//! operations run in `tests/credit/books.rs`, some hundreds of them. After each operation: nobody else is worth less, vault
//! and loans cover every claim, and what everybody gained by all operations of its own is at most one unit. One, and not
//! zero, because a single operation can move a sum that is rounded down past a whole number: the unit was lost to rounding
//! by an operation before. A default is the exception: what it takes from the suppliers is the borrower's debt, and no more.

use anchor_lang::prelude::PodU128;
use assay_credit::state::{
    ExitClock, Line, Pool, Status, Terms, Tier, TierBooks, VERSION, WRITE_OFF_SECONDS,
};
use assay_credit_interface::epoch::{epoch_of, starts_at};
use assay_program::math::shares::{assets_for_shares, shares_for_deposit};
use bytemuck::Zeroable;

const OPERATIONS: usize = 10_000;
const ACTORS: usize = 4;
const EPOCH: u32 = 680;

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
    line: Line,
}

struct World {
    pool: Pool,
    vault: u64,
    actors: [Actor; ACTORS],
    now: i64,
}

/// Every tier may draw much; a debt is due after two months.
fn terms() -> Terms {
    let tier = |rate_bps| Tier { limit: 1 << 40, rate_bps, padding: 0 };
    Terms {
        tiers: [tier(3_000), tier(2_000), tier(1_200), tier(800)],
        supply_cap: 1 << 53,
        debt_cap: 1 << 53,
        term: 60 * 86_400,
        grace: 86_400,
        cool_off: 30 * 86_400,
        reserve_factor_bps: 1_000,
        exit_cash_bps: 500,
        setups: 1,
        ..Terms::zeroed()
    }
}

impl World {
    fn new(index: u128) -> Self {
        let now = starts_at(EPOCH);
        let books = TierBooks { index: PodU128::from(index), ..TierBooks::empty() };
        let pool = Pool {
            terms: terms(),
            version: VERSION,
            books: [books; 4],
            exit: ExitClock::start(now),
            last_accrual: now,
            ..Pool::zeroed()
        };
        let line = Line { version: VERSION, ..Line::zeroed() };
        let mut world =
            Self { pool, vault: 0, actors: [Actor { tokens: 1 << 50, shares: 0, line }; ACTORS], now };
        for (actor, tier) in world.actors.iter_mut().zip(0..) {
            actor.line.take_tier(&mut world.pool, tier, EPOCH, now).unwrap();
        }
        world
    }

    /// What somebody has and may withdraw, less what it owes.
    fn worth(&self, actor: &Actor) -> i128 {
        let pool = &self.pool;
        let claim = assets_for_shares(actor.shares, pool.redeemable().unwrap(), pool.supply_shares).unwrap();
        i128::from(actor.tokens) + i128::from(claim) - i128::from(actor.line.debt(pool).unwrap())
    }

    fn worths(&self) -> [i128; ACTORS] {
        std::array::from_fn(|index| self.worth(&self.actors[index]))
    }

    fn supply(&mut self, who: usize, amount: u64) -> Option<()> {
        let pool = &mut self.pool;
        let minted = shares_for_deposit(amount, pool.assets().ok()?, pool.supply_shares).ok()?;
        if minted == 0 {
            return None;
        }
        pool.supply_shares = pool.supply_shares.checked_add(minted)?;
        pool.cash += amount;
        self.actors[who].shares += minted;
        self.pay_in(who, amount);
        Some(())
    }

    fn withdraw(&mut self, who: usize, shares: u64) -> Option<()> {
        let pool = &mut self.pool;
        let shares = shares.min(self.actors[who].shares);
        let out = assets_for_shares(shares, pool.redeemable().ok()?, pool.supply_shares).ok()?;
        if out == 0 || out > pool.cash {
            return None;
        }
        pool.supply_shares -= shares;
        pool.cash -= out;
        self.actors[who].shares -= shares;
        self.pay_out(who, out);
        Some(())
    }

    fn draw(&mut self, who: usize, amount: u64) -> Option<()> {
        let (mut pool, mut line) = (self.pool, self.actors[who].line);
        line.draw(&mut pool, amount, self.now).ok()?;
        (self.pool, self.actors[who].line) = (pool, line);
        self.pay_out(who, amount);
        Some(())
    }

    fn repay(&mut self, who: usize, amount: u64) -> Option<()> {
        let amount = amount.min(self.actors[who].line.debt(&self.pool).ok()?);
        if amount == 0 {
            return None;
        }
        self.actors[who].line.repay(&mut self.pool, amount, self.now).unwrap();
        self.pay_in(who, amount);
        Some(())
    }

    fn renew(&mut self, who: usize, tier: u8) -> Option<()> {
        let epoch = epoch_of(self.now)?;
        let (mut pool, mut line) = (self.pool, self.actors[who].line);
        line.take_tier(&mut pool, tier, epoch, self.now).ok()?;
        (self.pool, self.actors[who].line) = (pool, line);
        Some(())
    }

    fn mark_default(&mut self, who: usize) -> Option<()> {
        let (mut pool, mut line) = (self.pool, self.actors[who].line);
        line.mark_default(&mut pool, self.now).ok()?;
        (self.pool, self.actors[who].line) = (pool, line);
        Some(())
    }

    fn write_off(&mut self, who: usize) -> Option<()> {
        let (mut pool, mut line) = (self.pool, self.actors[who].line);
        line.write_off(&mut pool, self.now).ok()?;
        (self.pool, self.actors[who].line) = (pool, line);
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
        let pool = &self.pool;
        pool.invariant().unwrap();
        assert_eq!(self.vault, pool.cash, "no unit appears or vanishes");
        assert_eq!(self.vault + self.actors.iter().map(|actor| actor.tokens).sum::<u64>(), total);
        let claim =
            |actor: &Actor, assets| assets_for_shares(actor.shares, assets, pool.supply_shares).unwrap();
        let claims: u64 = self.actors.iter().map(|actor| claim(actor, pool.assets().unwrap())).sum();
        assert!(claims + pool.reserves <= self.vault + pool.debt_total().unwrap());
        let priced: u64 = self.actors.iter().map(|actor| claim(actor, pool.redeemable().unwrap())).sum();
        assert!(priced <= self.vault + pool.debt_total().unwrap() - pool.defaulted);
        let owed: u64 = self.actors.iter().map(|actor| actor.line.debt(pool).unwrap()).sum();
        assert!(owed >= pool.owed().unwrap());
        for actor in &self.actors {
            actor.line.invariant(pool).unwrap();
        }
    }
}

#[test]
fn nobody_gains_by_dust_and_the_vault_covers_every_claim() {
    let mut random = Random(7);
    let (mut done, mut defaults, mut lost) = (0, 0, 0);
    // An index of one, one a hair above, and two that divide nothing.
    for index in [1 << 64, (1 << 64) + 1, (1u128 << 64) * 4 / 3 + 12_345, (1u128 << 70) + 987_654_321] {
        let mut world = World::new(index);
        let total = world.actors.iter().map(|actor| actor.tokens).sum();
        let mut gained = [0i128; ACTORS];
        for _ in 0..OPERATIONS {
            let (who, amount) = (random.below(ACTORS as u64) as usize, random.amount());
            let before = world.worths();
            let acted = match random.below(12) {
                0 | 1 => world.supply(who, amount),
                2 | 3 => world.withdraw(who, amount.saturating_mul(1 + random.below(1_000))),
                4 | 5 => world.draw(who, amount),
                6 | 7 => world.repay(who, amount),
                8 => world.renew(who, random.below(4) as u8),
                9 => {
                    let debt = world.actors[who].line.debt(&world.pool).unwrap();
                    if world.mark_default(who).is_some() {
                        defaults += 1;
                        let fallen: i128 = before.iter().sum::<i128>() - world.worths().iter().sum::<i128>();
                        // Of the claims only: what everybody owes stays, and each claim is rounded down.
                        assert!(fallen <= i128::from(debt) + ACTORS as i128, "{fallen} of {debt}");
                        world.check(total);
                    }
                    continue;
                }
                10 => {
                    if random.below(4) == 0 && world.write_off(who).is_some() {
                        lost += 1;
                        assert_eq!(world.worths(), before, "it was priced as lost before");
                        world.check(total);
                    }
                    continue;
                }
                _ => {
                    // Interest moves worth from borrowers to suppliers; nobody acts.
                    world.now += random.below(400_000) as i64;
                    world.pool.accrue(world.now).unwrap();
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
                    // A defaulter's repayment lifts the price of shares that are priced without it.
                    let recovers = world.actors[who].line.status != Status::Active as u8;
                    gained[who] += if recovers { 0 } else { after - before };
                    assert!(gained[who] <= 1, "{who} gained {} by its own operations", gained[who]);
                } else {
                    assert!(after >= before, "{index} lost {} by an operation of {who}", before - after);
                }
            }
        }
    }
    assert!(
        done >= OPERATIONS && defaults > 50 && lost > 10,
        "{done} operations, {defaults} defaults, {lost} lost"
    );
    assert_eq!(WRITE_OFF_SECONDS, 30 * 86_400);
}
