//! The life of a market under random hands: borrower, supplier, an honest keeper, a thief who is also the borrower's accomplice with
//! all the cash, an admin and a guardian gone bad. Each tries everything, at times chosen to lie at the edges of waits and
//! windows, while prices move. What the program allowed is held against `record`, which knows nothing of the accounts' own
//! clocks and budgets.
//!
//! `ASSAY_LIFE_ROUNDS` says how many lives are played; the same seeds give the same lives.

mod acts;
mod record;

use std::collections::BTreeMap;

use assay_lending::state::{Evidence, Position, Snapshot};
use assay_lending_host::{ALL, MarketKeys};
use assay_localnet::Outcome;
use assay_tests::lives;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{SOL, TestMarket, USDC};
use acts::{Act, Who, random};
use record::Record;

const ROUNDS: u64 = 8;
const STEPS: usize = 160;
/// Place of the market's utilization among the features.
const UTILIZATION: usize = 14;
/// Lamports of a signature.
const FEE: u64 = 5_000;

/// A market, and what was seen of it.
struct Life {
    test: TestMarket,
    record: Record,
    /// All lamports and tokens of everybody, at the beginning.
    lamports: u64,
    tokens: [u64; 2],
    /// Accounts beside the fixed ones that hold lamports.
    created: Vec<Address>,
    signatures: u64,
    latest: Option<Evidence>,
    chain: [u8; 32],
    seen: BTreeMap<&'static str, usize>,
}

impl Life {
    fn new() -> Self {
        let mut test = TestMarket::without_market();
        test.fill_history();
        let mut life = Self {
            record: Record::new(test.guardian.address(), test.admin.address()),
            test,
            lamports: 0,
            tokens: [0; 2],
            created: Vec::new(),
            signatures: 1, // the creation's, below
            latest: None,
            chain: [0; 32],
            seen: BTreeMap::new(),
        };
        life.lamports = life.all_lamports();
        life.tokens = life.all_tokens();
        let create = life.test.create();
        life.test.admin_sends(create).expect_ok();
        life.chain = life.test.market().decision_chain;
        life.send(Act::Supply(Who::Lender, 100_000 * USDC)).unwrap().expect_ok();
        life.send(Act::Deposit(Who::Borrower, 200 * SOL)).unwrap().expect_ok();
        life.send(Act::Borrow(Who::Borrower, 13_500 * USDC)).unwrap().expect_ok();
        life
    }

    fn key(&self, who: Who) -> &Keypair {
        match who {
            Who::Admin => &self.test.admin.key,
            Who::Lender => &self.test.lender.key,
            Who::Borrower => &self.test.borrower.key,
            Who::Keeper => &self.test.liquidator.key,
            Who::Thief => &self.test.stranger.key,
            Who::Guardian => &self.test.guardian.key,
        }
    }

    fn all_lamports(&self) -> u64 {
        let keys = &self.test.keys;
        let mut all = vec![keys.market, keys.collateral_vault, keys.liquidity_vault, self.test.model];
        for who in Who::ALL {
            let owner = self.key(who).pubkey();
            all.extend([owner, keys.position(&owner), keys.deposit(&owner)]);
        }
        all.extend(&self.created);
        all.iter().map(|address| self.test.lamports(address)).sum()
    }

    fn all_tokens(&self) -> [u64; 2] {
        let test = &self.test;
        let actors =
            [&test.admin, &test.lender, &test.borrower, &test.liquidator, &test.stranger, &test.guardian];
        let sum = |accounts: [Address; 6], vault: &Address| {
            accounts.iter().map(|account| test.balance(account)).sum::<u64>() + test.balance(vault)
        };
        let collateral = sum(actors.map(|actor| actor.collateral), &test.keys.collateral_vault);
        [collateral, sum(actors.map(|actor| actor.debt), &test.keys.liquidity_vault)]
    }

    /// Tries an act; `None` where there is nothing to try.
    fn send(&mut self, act: Act) -> Option<Outcome> {
        let (instructions, signers) = self.transaction(act)?;
        let keys: Vec<Keypair> = signers.iter().map(|who| self.key(*who).insecure_clone()).collect();
        let keys: Vec<&Keypair> = keys.iter().collect();
        let (market, position) = (self.test.market(), self.test.position_address());
        let held = [self.test.net.account(&self.test.keys.market), self.test.net.account(&position)];
        let before = self.test.net.read(&position).unwrap();
        let outcome = self.test.net.send(&instructions, &keys);
        self.signatures += keys.len() as u64;
        if outcome.is_ok() {
            *self.seen.entry(act.name()).or_default() += 1;
            self.note_created(act);
            self.record.allowed(&self.test, act, (&market, before.as_ref()), self.latest, &signers);
        } else {
            let after = [self.test.net.account(&self.test.keys.market), self.test.net.account(&position)];
            assert_eq!(after, held, "{act:?} failed and changed the market");
        }
        self.holds(act, outcome.is_ok());
        Some(outcome)
    }

    fn note_created(&mut self, act: Act) {
        match act {
            Act::Snapshot(_) => {
                self.latest = Some(self.test.evidence());
                self.created.push(MarketKeys::snapshot(&self.test.position_address(), self.test.evidence()));
            }
            Act::Early(_) | Act::Flag | Act::Clear => {
                let snapshot = self.snapshot().expect("it was proven");
                let digest = self.test.proven(&snapshot).digest;
                self.created.push(assay_verifier_host::receipt_address(&self.test.model, &digest));
            }
            _ => return,
        }
        self.created.sort_unstable();
        self.created.dedup();
    }

    /// The last snapshot that was taken of the borrower's position.
    fn snapshot(&self) -> Option<Snapshot> {
        let address = MarketKeys::snapshot(&self.test.position_address(), self.latest?);
        self.test.net.read(&address).unwrap()
    }

    fn transaction(&self, act: Act) -> Option<(Vec<Instruction>, Vec<Who>)> {
        acts::transaction(&self.test, self.snapshot(), act)
    }

    fn step(&mut self, rng: &mut ChaCha8Rng) {
        let market = self.test.market();
        let act = match rng.gen_range(0..10) {
            0..4 => self.onward(rng),
            _ => random(rng, self.test.dollars.0),
        };
        match act {
            Act::Wait(seconds) => self.wait(seconds),
            Act::Price(dollars) => {
                self.wait(1);
                self.test.set_prices(dollars, 1.0);
            }
            Act::KeeperActs => self.keeper_acts(rng.gen_bool(0.3)),
            _ => drop(self.send(act)),
        }
        assert!(
            self.test.market().exit.at(i64::MAX / 2) >= market.exit.accumulated,
            "the exit clock goes on"
        );
    }

    /// What brings the market to where something can happen: a debt worth proving something about, a price near the limits, a
    /// change that waited long enough.
    fn onward(&mut self, rng: &mut ChaCha8Rng) -> Act {
        if let Some(change) = self.record.waits_for() {
            if rng.gen_bool(0.3) {
                return Act::Wait(*[86_401, 172_801].choose(rng).unwrap());
            }
            if rng.gen_bool(0.3) {
                return Act::Apply(Who::Admin, change);
            }
        }
        let position: Option<Position> = self.test.net.read(&self.test.position_address()).unwrap();
        let Some(position) = position.filter(|position| position.collateral > SOL) else {
            return Act::Deposit(Who::Borrower, 200 * SOL);
        };
        let debt = position.debt(&self.test.market()).unwrap() as f64 / USDC as f64;
        let collateral = position.collateral as f64 / SOL as f64;
        let value = collateral * self.test.dollars.0;
        match debt / value {
            ratio if ratio < 0.6 => Act::Borrow(Who::Borrower, ((0.68 * value - debt) * USDC as f64) as u64),
            _ if rng.gen_bool(0.5) => Act::KeeperActs,
            _ => Act::Price((debt / collateral / rng.gen_range(0.68..0.93)).clamp(1.0, 1_000.0)),
        }
    }

    /// Time passes; suppliers could leave in it, or not.
    fn wait(&mut self, seconds: i64) {
        self.record.wait(&self.test, seconds);
        self.test.advance(seconds);
    }

    /// An honest keeper's round: a snapshot of the next minute, then as much as the window allows. Where the record says that he may,
    /// nothing that anybody did before is in the way.
    fn keeper_acts(&mut self, flags_first: bool) {
        let to_the_minute = 60 - self.test.net.now() % 60;
        self.record.wait(&self.test, to_the_minute);
        self.test.next_minute();
        self.test.fill_history();
        if self.test.net.account(&self.test.position_address()).is_none()
            || self.test.position().debt_shares == 0
        {
            return;
        }
        let taken = self.send(Act::Snapshot(Who::Keeper)).expect("there is a position");
        taken.expect_ok();
        self.features_depend_on_nobody();
        self.wait(1);
        if flags_first {
            drop(self.send(Act::Flag));
        }
        let (market, position) = (self.test.market(), self.test.position());
        let snapshot = self.snapshot().expect("it was taken");
        let allowance = self.record.allowance(&self.test, &market, &position, &snapshot);
        let before = self.test.balance(&self.test.liquidator.debt);
        let outcome = self.send(Act::Early(ALL)).expect("there is a snapshot");
        if !outcome.is_ok() {
            drop(self.send(Act::Liquidate(ALL)));
            drop(self.send(Act::Clear));
        }
        if let Some(allowance) = allowance {
            let paid = before.saturating_sub(self.test.balance(&self.test.liquidator.debt));
            assert!(outcome.is_ok(), "an honest keeper was refused: {:?}", outcome.refusal);
            assert!(paid + 2 >= allowance, "{paid} of {allowance}");
            *self.seen.entry("allowance").or_default() += 1;
        }
    }

    /// The same minute, taken by somebody else, later in it and at another spot price. Only the market's own state goes on
    /// meanwhile: interest by less than a unit, and the average utilization by what 40 seconds weigh in ten minutes.
    fn features_depend_on_nobody(&self) {
        let (address, taken) = (
            MarketKeys::snapshot(&self.test.position_address(), self.test.evidence()),
            self.snapshot().expect("it was taken"),
        );
        let mut other = self.test.net.clone();
        other.set_account(address, Default::default());
        other.advance(40);
        let take = self.test.keys.take_snapshot(
            self.test.lender.address(),
            self.test.position_address(),
            self.test.evidence(),
            self.test.prices,
        );
        other.send(&[take], &[&self.test.lender.key]).expect_ok();
        let again: Snapshot = other.read(&address).unwrap().unwrap();
        for (place, (first, later)) in taken.features.iter().zip(again.features).enumerate() {
            let most = if place == UTILIZATION { 8_192 / 15 + 1 } else { 1 };
            assert!(first.abs_diff(later) <= most, "feature {place}: {first} and {later}");
        }
        assert!(again.ltv_bps.abs_diff(taken.ltv_bps) <= 1);
    }

    /// What holds at every moment.
    fn holds(&mut self, act: Act, is_ok: bool) {
        let spent = self.lamports - self.all_lamports();
        assert!(
            spent <= FEE * self.signatures && spent.is_multiple_of(FEE),
            "{act:?}: {spent} lamports are gone"
        );
        assert_eq!(self.all_tokens(), self.tokens, "{act:?}");
        let market = self.test.market();
        let is_decision = is_ok && matches!(act, Act::Early(_) | Act::Stolen);
        assert_eq!(
            market.decision_chain != self.chain,
            is_decision,
            "{act:?}: the chain grows once a decision"
        );
        self.chain = market.decision_chain;
        record::books(&self.test);
    }

    /// Everything is paid back and closed: nobody is kept in, and the rent of all returns.
    fn end(mut self) -> BTreeMap<&'static str, usize> {
        self.wait(400_000);
        let market = self.test.market();
        for who in [Who::Borrower, Who::Thief] {
            for act in [Act::Repay(who, ALL), Act::WithdrawCollateral(who, ALL)] {
                drop(self.send(act));
            }
        }
        for who in [Who::Lender, Who::Thief] {
            drop(self.send(Act::WithdrawSupply(who, ALL)));
        }
        let market_after = self.test.market();
        assert_eq!(market_after.debt_shares, 0, "every debt can be paid back");
        assert_eq!(market_after.collateral_total, 0, "all collateral comes back");
        assert!(market_after.supply_shares == 0 || market.assets().unwrap() == 0, "suppliers leave");
        self.wait(181);
        let keys = self.test.keys;
        let snapshots: Vec<Address> = self.created.clone();
        for address in snapshots {
            let found: Result<Option<Snapshot>, _> = self.test.net.read(&address);
            if let Ok(Some(snapshot)) = found {
                let close = MarketKeys::close_snapshot(address, snapshot.payer);
                self.test.stranger_sends(close).expect_ok();
                self.signatures += 1;
            }
        }
        for who in [Who::Borrower, Who::Thief, Who::Lender] {
            let (owner, key) = (self.key(who).pubkey(), self.key(who).insecure_clone());
            let closings = [
                (keys.position(&owner), keys.close_position(owner)),
                (keys.deposit(&owner), keys.close_deposit(owner)),
            ];
            for (address, close) in closings {
                if self.test.net.account(&address).is_some() {
                    self.test.net.send(&[close], &[&key]).expect_ok();
                    self.signatures += 1;
                }
            }
        }
        let admin = Who::ALL.into_iter().find(|who| self.key(*who).pubkey() == market_after.admin);
        if let Some(admin) = admin {
            let destinations = [self.test.admin.collateral, self.test.admin.debt];
            let close = keys.close_market(market_after.admin, self.test.admin.address(), destinations);
            let key = self.key(admin).insecure_clone();
            self.test.net.send(&[close], &[&key]).expect_ok();
            self.signatures += 1;
            assert!(self.test.net.account(&keys.market).is_none());
            *self.seen.entry("closed").or_default() += 1;
        }
        let spent = self.lamports - self.all_lamports();
        assert!(spent <= FEE * self.signatures && spent.is_multiple_of(FEE), "{spent} lamports are gone");
        assert_eq!(self.all_tokens(), self.tokens);
        self.seen
    }
}

#[test]
fn whatever_anybody_tries_suppliers_can_leave_and_keepers_can_act() {
    let mut seen = BTreeMap::new();
    for round in 0..lives(ROUNDS) {
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        let mut life = Life::new();
        let start = *[100.0, 95.0, 84.0].choose(&mut rng).unwrap();
        life.test.set_prices(start, 1.0);
        for _ in 0..STEPS {
            life.step(&mut rng);
        }
        for (name, count) in life.end() {
            *seen.entry(name).or_default() += count;
        }
    }
    println!("{seen:?}");
    let met = |name: &str| seen.get(name).is_some_and(|count: &usize| *count > 0);
    let expected = [
        "supply",
        "withdraw",
        "borrow",
        "repay",
        "early",
        "allowance",
        "flag",
        "clear",
        "liquidate",
        "flash",
        "impair",
        "pause",
        "lower",
        "propose",
        "apply",
        "closed",
    ];
    let missing: Vec<&str> = expected.into_iter().filter(|name| !met(name)).collect();
    assert!(missing.is_empty(), "never met: {missing:?} of {seen:?}");
}
