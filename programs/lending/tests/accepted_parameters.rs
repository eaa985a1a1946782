//! Every set of parameters that a market accepts withstands the attacks: 100,000 random accepted sets, the edges of each bound
//! among them, each run through what an auditor did to the first version. At the level of the program's own functions: the
//! attacks in bytecode are in `tests/lending`. The generator is seeded, so a failure is a failure every time.

use anchor_lang::prelude::{Address, PodU128};
use assay_interface::price::{Price, PriceV1};
use assay_lending::{
    LendingError,
    math::{
        liquidation::Exposure,
        value::{Value, ltv_at_least, ltv_at_most},
    },
    oracle::Purpose,
    prices::Prices,
    state::{
        Budget, ExitClock, Market, PauseLevel, Position, RiskParams, SETUP_CEREMONY, SETUP_DEVELOPMENT,
        TIMELOCK_SECONDS, VERSION, least_repayment,
    },
};
use bytemuck::Zeroable;

const SETS: usize = 100_000;
const NOW: i64 = 1_708_000_000;
const PRICE: u64 = 100_0000_0000;

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

    /// A number from `low` to `high`, each end in a quarter of the cases.
    fn within(&mut self, low: u64, high: u64) -> u64 {
        match self.next() % 4 {
            0 => low,
            1 => high,
            _ => low + self.next() % (high - low + 1),
        }
    }

    fn bps(&mut self, low: u64, high: u64) -> u16 {
        u16::try_from(self.within(low, high.max(low))).unwrap()
    }

    fn seconds(&mut self, low: u64, high: u64) -> u32 {
        u32::try_from(self.within(low, high.max(low))).unwrap()
    }

    /// A set near the bounds; not every one is accepted.
    fn params(&mut self) -> RiskParams {
        let max_ltv_bps = self.bps(1, 9_150);
        let early_floor_bps = self.bps(u64::from(max_ltv_bps) + 200, 9_300);
        let liquidation_threshold_bps = self.bps(u64::from(early_floor_bps) + 200, 9_500);
        let most = 100_000_000 / u64::from(liquidation_threshold_bps) - 10_000;
        let bonus_max_bps = self.bps(0, most.min(2_000));
        let bonus_min_bps = self.bps(0, u64::from(bonus_max_bps));
        let early_bonus_max_bps = self.bps(0, u64::from(bonus_min_bps));
        let early_bonus_min_bps = self.bps(0, u64::from(early_bonus_max_bps));
        let price_max_age = self.seconds(1, 30);
        let strict_confidence_bps = self.bps(1, 200);
        let early_close_factor_bps = self.bps(1, 2_000);
        let supply_cap = self.within(100, 1 << 53);
        let (base, kink) = (self.seconds(0, 5_000), self.seconds(0, 10_000));
        let accepted_setup_kinds = self.within(1, 3) as u8;
        RiskParams {
            model: [1; 32],
            collateral_source: [2; 32],
            debt_source: [3; 32],
            attestors: [if accepted_setup_kinds & SETUP_CEREMONY == 0 { 0 } else { 4 }; 32],
            supply_cap,
            collateral_cap: self.within(1, u64::MAX),
            min_borrow: self.within(1, supply_cap / 100),
            dust_value: self.within(10_0000, 100_0000_0000),
            price_max_age,
            liquidation_max_age: self.seconds(u64::from(price_max_age), 60),
            skew: self.seconds(1, 15),
            snapshot_expiry: self.seconds(120, 600),
            early_window: self.seconds(600, 3_600),
            bonus_ramp: self.seconds(60, 7_200),
            base_rate_bps: base,
            kink_rate_bps: base + kink,
            max_rate_bps: base + kink + self.seconds(0, 15_000),
            strict_confidence_bps,
            clamp_confidence_bps: self.bps(u64::from(strict_confidence_bps), 200),
            max_ltv_bps,
            early_floor_bps,
            liquidation_threshold_bps,
            tolerance_bps: self.bps(25, 100),
            early_close_factor_bps,
            close_factor_bps: self.bps(2_000, 10_000),
            least_repayment_bps: self.bps(1, u64::from(early_close_factor_bps.min(1_000))),
            early_bonus_min_bps,
            early_bonus_max_bps,
            bonus_min_bps,
            bonus_max_bps,
            kink_utilization_bps: self.bps(1, 9_999),
            reserve_factor_bps: self.bps(0, 5_000),
            exit_cash_bps: self.bps(500, 2_000),
            score_threshold: self.within(0, 65_534) as i16,
            accepted_setup_kinds,
            ..RiskParams::TEMPLATE
        }
    }
}

/// A market with these parameters, and books.
fn market(params: RiskParams) -> Market {
    Market {
        params,
        version: VERSION,
        cash: 600_000_000_000,
        supply_shares: 1_000_000_000_000_000,
        debt_shares: 400_000_000_000,
        collateral_total: 1 << 50,
        borrow_index: PodU128::from(1 << 64),
        exit: ExitClock::start(NOW),
        last_accrual: NOW,
        debt_mint: Address::new_from_array([1; 32]),
        liquidity_vault: Address::new_from_array([1; 32]),
        collateral_decimals: 9,
        debt_decimals: 6,
        ..Zeroable::zeroed()
    }
}

fn price(price: u64, confidence: u64) -> Price {
    Price { price, confidence, ema: price, publish_time: NOW }
}

fn header(dollars: u64, confidence: u64) -> PriceV1 {
    let Price { price, confidence, ema, publish_time } = price(dollars, confidence);
    PriceV1 { version: 1, price, confidence, ema, publish_time, ..Zeroable::zeroed() }
}

/// A thousand tokens of collateral, and the debt that is this ratio of it at [`PRICE`].
fn at_ratio(ltv_bps: u16) -> Position {
    let debt = 100_000_000_000u64 / 10_000 * u64::from(ltv_bps);
    Position { collateral: 1_000_000_000_000, debt_shares: debt, version: VERSION, ..Zeroable::zeroed() }
}

fn prices(collateral: u64, confidence: u64) -> Prices {
    Prices { collateral: price(collateral, confidence), debt: price(1_0000_0000, 0) }
}

/// Two days pass, a halt or an accomplice with the cash keeps suppliers in, and the admin applies.
fn change_of_rules(params: &RiskParams) {
    let dear = RiskParams { collateral_source: [9; 32], ..*params };
    let due = NOW + TIMELOCK_SECONDS as i64;
    let mut halted = market(*params);
    halted.propose_params(&dear, NOW).unwrap();
    halted.guard.raise(PauseLevel::Halted, NOW).unwrap();
    halted.settle_exit(NOW).unwrap();
    assert_eq!(halted.apply_params(due), Err(LendingError::TimelockRunning));

    let mut drained = market(*params);
    drained.propose_params(&dear, NOW).unwrap();
    let assets = drained.assets().unwrap();
    drained.cash = u64::try_from(u128::from(assets) * u128::from(params.exit_cash_bps) / 10_000).unwrap() - 1;
    drained.debt_shares = assets - drained.cash;
    drained.settle_exit(NOW).unwrap();
    assert_eq!(drained.apply_params(due), Err(LendingError::TimelockRunning));
    // What changes at once or after an hour never makes anything riskier.
    assert!(!params.only_tightens(&dear));
}

/// The caller chooses among the prices of half a minute: 0.2 %, and the clamp of both confidence intervals.
fn chosen_price(params: &RiskParams) {
    let moved = PRICE - PRICE / 500;
    // A fresh loan is not liquidatable early at the chosen low.
    let loan = at_ratio(params.max_ltv_bps);
    let market = market(*params);
    let exposure = prices(moved, 0).exposure(&market, &loan).unwrap();
    let (debt, collateral) = (exposure.debt_value(), exposure.collateral_value());
    assert!(!ltv_at_least(debt, collateral, params.early_floor_bps), "{params:?}");
    // Nor under the plain rule by uncertainty alone.
    let wide = Purpose::PlainRule.admit(&header(PRICE, PRICE), params, NOW).unwrap();
    let certain = Prices { collateral: wide, debt: price(1_0000_0000, 0) };
    let uncertain = certain.safe_values(&market, exposure.debt, exposure.collateral);
    assert!(!ltv_at_least(uncertain.0, uncertain.1, params.liquidation_threshold_bps), "{params:?}");
    // A position below the floor does not reach the threshold.
    let safe = at_ratio(params.early_floor_bps - 1);
    let exposure = prices(moved, 0).exposure(&market, &safe).unwrap();
    let threshold = params.liquidation_threshold_bps;
    assert!(!ltv_at_least(exposure.debt_value(), exposure.collateral_value(), threshold), "{params:?}");
}

/// A borrower's accomplice repays as little as possible, as often as possible.
fn dust_repayments(params: &RiskParams, random: &mut Random) {
    let mut debt = random.within(params.min_borrow, params.supply_cap.max(params.min_borrow));
    let base = debt;
    let mut budget = Budget::zeroed();
    let (mut repaid, mut steps) = (0u64, 0u32);
    loop {
        budget = budget.renewed(debt, params.early_window, NOW);
        let allowed = budget.allowed(debt, params.early_close_factor_bps).unwrap();
        if allowed == 0 {
            break;
        }
        let least = least_repayment(debt, params.least_repayment_bps, params.min_borrow, allowed).unwrap();
        assert!(0 < least || debt < 10_000, "{params:?}");
        assert!(least <= allowed);
        let step = least.max(1).min(allowed);
        budget.spend(step).unwrap();
        (debt, repaid, steps) = (debt - step, repaid + step, steps + 1);
        assert!(steps <= 20_000, "{params:?}");
    }
    let most = u128::from(base) * u128::from(params.early_close_factor_bps) / 10_000;
    assert!(u128::from(repaid) <= most && most <= u128::from(base) / 5);
    // One snapshot never reaches over two windows.
    assert!(params.early_window >= params.snapshot_expiry);
}

/// Whatever the score, the moment and the price: a proof pays less than the rule, and never for waiting past the ramp.
fn bonuses(params: &RiskParams, random: &mut Random) {
    let auction = params.auction();
    let wait = random.within(0, 10_000) as i64;
    let bonus = auction.bonus_bps(wait);
    assert!(bonus <= params.bonus_min_bps, "{params:?}");
    assert_eq!(auction.bonus_bps(i64::from(params.bonus_ramp)), auction.bonus_bps(i64::MAX));
    // Under the threshold a liquidation at any of these bonuses lowers the ratio.
    let between =
        random.bps(u64::from(params.early_floor_bps), u64::from(params.liquidation_threshold_bps) - 1);
    let exposure = prices(PRICE, 0).exposure(&market(*params), &at_ratio(between)).unwrap();
    assert!(exposure.covered(params.bonus_max_bps), "{params:?}");
    let repay = exposure.debt / 5;
    let early = exposure.plan(repay, bonus, params.bonus_min_bps).unwrap();
    let plain = exposure.plan(repay, params.bonus_min_bps, params.bonus_min_bps).unwrap();
    assert!(early.seized <= plain.seized, "a proof costs the borrower no more than the rule");
    let before = u128::from(exposure.debt) * u128::from(exposure.collateral - early.seized);
    let after = u128::from(exposure.debt - early.repaid) * u128::from(exposure.collateral);
    assert!(after <= before, "{params:?}");
}

/// An insolvent position can be liquidated however uncertain the price; its loss is shared before it is booked and after.
fn losses(params: &RiskParams, random: &mut Random) {
    let mut market = market(*params);
    market.reserves = random.within(0, 1_000_000_000);
    let mut position = at_ratio(9_900);
    let fallen = PRICE / 2;
    for confidence in [0, fallen / 50, fallen, u64::MAX] {
        let collateral = Purpose::PlainRule.admit(&header(fallen, confidence), params, NOW).unwrap();
        let prices = Prices { collateral, debt: price(1_0000_0000, 0) };
        let (debt, value) = prices.safe_values(&market, position.debt(&market).unwrap(), position.collateral);
        assert!(ltv_at_least(debt, value, params.liquidation_threshold_bps));
        assert_ne!(Purpose::AddRisk.admit(&header(fallen, fallen), params, NOW).err(), None);
    }
    prices(fallen, 0).impair(&mut market, &mut position).unwrap();
    assert!(position.impaired > 0 && position.impaired == market.impaired);
    let shared = market.redeemable().unwrap();
    // All collateral is sold for what is payable, and the rest written off.
    let paid = position.debt(&market).unwrap() - position.impaired;
    position.cancel_debt(&mut market, paid, NOW).unwrap();
    position.write_off(&mut market, NOW).unwrap();
    market.invariant().unwrap();
    assert!(market.redeemable().unwrap().abs_diff(shared) <= 2, "{params:?}");
}

/// A snapshot of a riskier position than there is now opens nothing.
fn recovered(params: &RiskParams) {
    let now: Exposure =
        prices(PRICE, 0).exposure(&market(*params), &at_ratio(params.early_floor_bps)).unwrap();
    let snapshot = params.early_floor_bps + params.tolerance_bps + 1;
    let holds = |bps| ltv_at_least(now.debt_value(), now.collateral_value(), bps);
    assert!(!holds(snapshot - params.tolerance_bps) && holds(params.early_floor_bps));
    assert!(ltv_at_most(Value::of_debt(0, 1, 6), Value::of_collateral(0, 1, 9), params.max_ltv_bps));
}

#[test]
fn a_hundred_thousand_accepted_sets_withstand_the_attacks() {
    let mut random = Random(0x00a5_5a70);
    let (mut accepted, mut tried) = (0, 0);
    while accepted < SETS {
        tried += 1;
        assert!(tried < 20 * SETS, "only {accepted} of {tried} sets were accepted");
        let params = random.params();
        if params.validate().is_err() {
            continue;
        }
        accepted += 1;
        assert!(params.accepted_setup_kinds == SETUP_DEVELOPMENT || params.attestors != [0; 32]);
        change_of_rules(&params);
        chosen_price(&params);
        dust_repayments(&params, &mut random);
        bonuses(&params, &mut random);
        losses(&params, &mut random);
        recovered(&params);
    }
}
