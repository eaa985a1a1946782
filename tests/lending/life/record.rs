//! What was allowed so far, and what must hold of it: written down apart from the program's own clocks, budgets and levels.

use assay_lending::state::{Deposit, Evidence, Market, Position, Snapshot};
use assay_lending_host::MarketKeys;
use solana_address::Address;

use super::acts::{Act, Change, Who};
use crate::support::{TestMarket, USDC};

/// Seconds in which suppliers could leave, before a change is applied; and until when it may be.
const EXIT: i64 = 172_800;
const EXPIRY: i64 = EXIT + 604_800;
const HALT: i64 = 86_400;
const BPS: f64 = 10_000.0;

/// What early liquidations took from one window.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    start: i64,
    base: u64,
    repaid: u64,
}

/// A change that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    change: Change,
    at: i64,
    /// Seconds in which a supplier could leave since.
    open: i64,
}

pub struct Record {
    waiting: Option<Waiting>,
    /// When a halt ends by itself.
    halted_until: Option<i64>,
    last_halt_ended: i64,
    /// When the level last rose.
    raised_at: i64,
    guardian: Address,
    admin: Address,
    window: Window,
}

impl Record {
    pub fn new(guardian: Address, admin: Address) -> Self {
        Self {
            waiting: None,
            halted_until: None,
            last_halt_ended: i64::MIN / 2,
            raised_at: 0,
            guardian,
            admin,
            window: Window::default(),
        }
    }

    /// Whether the market is halted, as far as its guardian's acts say.
    fn is_halted(&self, now: i64) -> bool {
        self.halted_until.is_some_and(|until| now < until)
    }

    /// What was proposed.
    pub fn waits_for(&self) -> Option<Change> {
        self.waiting.map(|waiting| waiting.change)
    }

    /// Time passes: a second counts in which the supplier could have withdrawn what he is promised, tried out in a copy.
    pub fn wait(&mut self, test: &TestMarket, seconds: i64) {
        let now = test.net.now();
        let from = self.halted_until.filter(|until| *until > now).unwrap_or(now);
        let counted = (now + seconds - from).max(0);
        let can_leave = can_leave(test, from);
        if let Some(waiting) = &mut self.waiting
            && can_leave
        {
            waiting.open += counted;
        }
    }

    /// What the window leaves to an honest keeper, where nothing forbids him to act; by the record's own arithmetic.
    pub fn allowance(
        &self,
        test: &TestMarket,
        market: &Market,
        position: &Position,
        snapshot: &Snapshot,
    ) -> Option<u64> {
        let now = test.net.now();
        let debt = position.debt(market).unwrap();
        let value = position.collateral as f64 / 1e9 * test.dollars.0;
        let ltv = debt as f64 / USDC as f64 / value * BPS;
        let params = &market.params;
        // A margin for what rounding and a second of interest may do.
        let inside = ltv > f64::from(params.early_floor_bps) + 2.0
            && ltv < f64::from(params.liquidation_threshold_bps) - 2.0
            && snapshot.features[0] >= params.score_threshold;
        let window = self.renewed(debt, now, params.early_window);
        let budget = window.base as u128 * u128::from(params.early_close_factor_bps) / 10_000;
        let left = u64::try_from(budget).unwrap().saturating_sub(window.repaid).min(debt);
        (inside && !self.is_halted(now) && left > 20 * USDC).then_some(left)
    }

    fn renewed(&self, debt: u64, now: i64, length: u32) -> Window {
        if self.window.base == 0 || now >= self.window.start + i64::from(length) {
            Window { start: now, base: debt, repaid: 0 }
        } else {
            self.window
        }
    }

    /// An act that the program allowed.
    pub fn allowed(
        &mut self,
        test: &TestMarket,
        act: Act,
        before: (&Market, Option<&Position>),
        latest: Option<Evidence>,
        signers: &[Who],
    ) {
        let now = test.net.now();
        let market = test.market();
        let signed = |address: &Address| signers.iter().any(|who| address_of(test, *who) == *address);
        match act {
            Act::Stolen => panic!("a proof is its prover's"),
            Act::StartAlone => panic!("a start without its end"),
            Act::Supply(..) | Act::TakeAllCash => assert!(!self.is_halted(now)),
            Act::WithdrawSupply(..) => assert!(!self.is_halted(now), "a halt closes withdrawals"),
            Act::Borrow(who, _) => {
                assert!(!self.is_halted(now));
                if who == Who::Borrower {
                    self.after_loan(test);
                }
            }
            Act::Early(_) => self.early(test, before, latest),
            Act::Liquidate(_) | Act::Flash(_) => {
                self.debt_ended(test);
                uncovered_is_impaired(test);
            }
            Act::Repay(..) | Act::Socialize => self.debt_ended(test),
            Act::Propose(_, change) => {
                assert!(signed(&self.admin));
                self.waiting = Some(Waiting { change, at: now, open: 0 });
            }
            Act::Cancel(_) => {
                assert!(signed(&self.admin));
                self.waiting = None;
            }
            Act::Apply(_, kind) => {
                let is_admin_alone = matches!(kind, Change::Guardian(_) | Change::Reserves(_));
                assert!(!is_admin_alone || signed(&self.admin), "{kind:?}");
                self.applied(before.0, &market, now);
            }
            Act::Pause(_, level) => {
                assert!(signed(&self.guardian));
                self.raised_at = now;
                if level == 2 {
                    assert!(now >= self.last_halt_ended + 3 * HALT, "halts are three days apart");
                    self.halted_until = Some(now + HALT);
                    self.last_halt_ended = now + HALT;
                }
            }
            Act::Lower(..) => {
                assert!(signed(&self.admin), "the admin's");
                assert!(signed(&self.guardian) || now >= self.raised_at + HALT, "alone, a day after");
                if self.is_halted(now) {
                    self.last_halt_ended = now;
                }
                self.halted_until = None;
            }
            _ => {}
        }
        assert_eq!((market.guardian, market.admin), (self.guardian, self.admin), "{act:?}");
    }

    /// A change took effect: suppliers had two days to leave, unless it only makes new risk smaller; and it was not forgotten.
    fn applied(&mut self, before: &Market, market: &Market, now: i64) {
        let waiting = self.waiting.take().expect("something was proposed");
        let is_tighter = market.params.max_ltv_bps <= before.params.max_ltv_bps;
        match waiting.change {
            Change::Looser | Change::Tighter if is_tighter => {
                assert!(now >= waiting.at + 3_600, "{waiting:?}")
            }
            Change::Looser | Change::Tighter | Change::Guardian(_) | Change::Reserves(_) => {
                assert!(waiting.open >= EXIT, "suppliers had {} seconds", waiting.open);
                assert!(waiting.open <= EXPIRY, "{waiting:?} was forgotten");
            }
        }
        if let Change::Guardian(_) = waiting.change {
            self.guardian = market.guardian;
        }
    }

    /// An early liquidation: within the window's budget, over the floor, no safer than the snapshot by more than the tolerance, and
    /// for no more than the plain rule's least bonus.
    fn early(&mut self, test: &TestMarket, before: (&Market, Option<&Position>), latest: Option<Evidence>) {
        let (market, position) = (before.0, before.1.expect("it was liquidated"));
        let (now, params) = (test.net.now(), &market.params);
        assert!(!self.is_halted(now), "a halt closes early liquidations");
        let mut accrued = *market;
        accrued.accrue(now).unwrap();
        let (debt, after) = (position.debt(&accrued).unwrap(), test.position());
        let price = test.dollars.0;
        let dollars = |collateral: u64| collateral as f64 / 1e9 * price;
        let ltv = debt as f64 / USDC as f64 / dollars(position.collateral) * BPS;
        let address = MarketKeys::snapshot(&test.position_address(), latest.expect("a snapshot"));
        let snapshot: Snapshot = test.net.read(&address).unwrap().unwrap();
        assert!(ltv + 1.0 >= f64::from(params.early_floor_bps), "{ltv} is below the floor");
        let least = f64::from(snapshot.ltv_bps) - f64::from(params.tolerance_bps);
        assert!(ltv + 1.0 >= least, "{ltv} is safer than {} at the snapshot", snapshot.ltv_bps);
        assert!(snapshot.features[0] >= params.score_threshold && now > snapshot.taken_at);

        let repaid = debt - after.debt(&test.market()).unwrap();
        let window = self.renewed(debt, now, params.early_window);
        self.window = Window { repaid: window.repaid + repaid, ..window };
        let limit = window.base as f64 * f64::from(params.early_close_factor_bps) / BPS;
        assert!(self.window.repaid as f64 <= limit + 4.0, "{:?}", self.window);
        let seized = dollars(position.collateral - after.collateral);
        let most = (repaid as f64 / USDC as f64) * (1.0 + f64::from(params.bonus_min_bps) / BPS);
        assert!(seized <= most + 1e-4, "{seized} USD for {repaid}");
        self.debt_ended(test);
    }

    /// A loan widens the window's base to the debt and what was repaid of it.
    fn after_loan(&mut self, test: &TestMarket) {
        let debt = test.position().debt(&test.market()).unwrap();
        if self.window.base != 0 {
            self.window.base = self.window.base.max(debt + self.window.repaid);
        }
    }

    /// A debt that ended takes its window with it.
    fn debt_ended(&mut self, test: &TestMarket) {
        let position: Option<Position> = test.net.read(&test.position_address()).unwrap();
        if position.is_none_or(|position| position.debt_shares == 0) {
            self.window = Window::default();
        }
    }
}

fn address_of(test: &TestMarket, who: Who) -> Address {
    match who {
        Who::Admin => test.admin.address(),
        Who::Lender => test.lender.address(),
        Who::Borrower => test.borrower.address(),
        Who::Keeper => test.liquidator.address(),
        Who::Thief => test.stranger.address(),
        Who::Guardian => test.guardian.address(),
    }
}

/// Whether the supplier can withdraw his own, or the share of all assets that the exit clock promises, at a time.
fn can_leave(test: &TestMarket, at: i64) -> bool {
    let mut net = test.net.clone();
    net.set_time(at);
    let (market, deposit) = (test.market(), test.deposit());
    if deposit.shares == 0 {
        return true;
    }
    let promised = market.supply_shares as u128 * u128::from(market.params.exit_cash_bps) / 10_000;
    let shares = u64::try_from(promised).unwrap().clamp(1, deposit.shares);
    let leave = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, shares);
    net.simulate(&[leave], &[&test.lender.key]).is_ok()
}

/// After a liquidation of the plain rule: what the collateral cannot pay is counted as lost.
fn uncovered_is_impaired(test: &TestMarket) {
    let (market, position) = (test.market(), test.position());
    let debt = position.debt(&market).unwrap();
    let value = position.collateral as f64 / 1e9 * test.dollars.0 * USDC as f64;
    let excess = debt as f64 - value;
    assert!(
        position.impaired as f64 + 100.0 >= excess,
        "{excess} is owed by nobody, {} impaired",
        position.impaired
    );
}

/// The vaults hold what the books say, and the books add up.
pub fn books(test: &TestMarket) {
    let market = test.market();
    market.invariant().unwrap();
    let owners = [test.borrower.address(), test.stranger.address(), test.lender.address()];
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
}
