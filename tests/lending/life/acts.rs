//! What somebody tries, and the transaction that tries it.

use assay_lending::state::Snapshot;
use assay_lending_host::{ALL, Vouched};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::support::{SOL, TestMarket, USDC};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Admin,
    Lender,
    Borrower,
    Keeper,
    /// Sends proofs that are not his, and lends himself all the cash.
    Thief,
    Guardian,
}

impl Who {
    pub const ALL: [Who; 6] =
        [Who::Admin, Who::Lender, Who::Borrower, Who::Keeper, Who::Thief, Who::Guardian];
}

/// What is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Loans up to a higher ratio.
    Looser,
    /// Loans up to a lower ratio.
    Tighter,
    Guardian(Who),
    Reserves(u64),
}

/// What somebody tries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    Wait(i64),
    Price(f64),
    KeeperActs,
    Supply(Who, u64),
    WithdrawSupply(Who, u64),
    Deposit(Who, u64),
    WithdrawCollateral(Who, u64),
    Borrow(Who, u64),
    /// All the cash there is, against as much collateral as it takes.
    TakeAllCash,
    Repay(Who, u64),
    Snapshot(Who),
    Flag,
    Clear,
    Early(u64),
    /// The keeper's proof, sent by the thief.
    Stolen,
    Liquidate(u64),
    /// A start and its end in one transaction.
    Flash(u64),
    /// A start alone.
    StartAlone,
    Impair,
    Socialize,
    Propose(Who, Change),
    Cancel(Who),
    Apply(Who, Change),
    Pause(Who, u8),
    Lower(Who, bool, u8),
}

impl Act {
    pub fn name(&self) -> &'static str {
        match self {
            Act::Wait(_) | Act::Price(_) | Act::KeeperActs => "time",
            Act::Supply(..) => "supply",
            Act::WithdrawSupply(..) => "withdraw",
            Act::Deposit(..) => "deposit",
            Act::WithdrawCollateral(..) => "withdraw collateral",
            Act::Borrow(..) => "borrow",
            Act::TakeAllCash => "all cash",
            Act::Repay(..) => "repay",
            Act::Snapshot(_) => "snapshot",
            Act::Flag => "flag",
            Act::Clear => "clear",
            Act::Early(_) => "early",
            Act::Stolen => "stolen",
            Act::Liquidate(_) => "liquidate",
            Act::Flash(_) => "flash",
            Act::StartAlone => "start alone",
            Act::Impair => "impair",
            Act::Socialize => "socialize",
            Act::Propose(..) => "propose",
            Act::Cancel(_) => "cancel",
            Act::Apply(..) => "apply",
            Act::Pause(..) => "pause",
            Act::Lower(..) => "lower",
        }
    }
}

fn change(rng: &mut ChaCha8Rng) -> Change {
    match rng.gen_range(0..4) {
        0 => Change::Looser,
        1 => Change::Tighter,
        2 => Change::Guardian(*[Who::Guardian, Who::Thief, Who::Admin].choose(rng).unwrap()),
        _ => Change::Reserves(rng.gen_range(1..100) * USDC),
    }
}

/// Mostly whose office it is, sometimes anybody.
fn officer(rng: &mut ChaCha8Rng, office: Who) -> Who {
    if rng.gen_bool(0.8) { office } else { *Who::ALL.choose(rng).unwrap() }
}

pub fn random(rng: &mut ChaCha8Rng, price: f64) -> Act {
    let waits = [1, 59, 60, 300, 899, 901, 3_600, 86_399, 86_401, 172_799, 172_801, 605_000];
    let likely_wait = *waits[..if rng.gen_bool(0.85) { 6 } else { waits.len() }].choose(rng).unwrap();
    let debt = if rng.gen_bool(0.2) { rng.gen_range(1..1_000) } else { rng.gen_range(1..4_000 * USDC) };
    let collateral = if rng.gen_bool(0.2) { rng.gen_range(1..1_000) } else { rng.gen_range(1..30 * SOL) };
    let user = if rng.gen_bool(0.7) { Who::Borrower } else { Who::Thief };
    let supplier = if rng.gen_bool(0.5) { Who::Lender } else { Who::Thief };
    let (guardian, admin) = (officer(rng, Who::Guardian), officer(rng, Who::Admin));
    match rng.gen_range(0..100) {
        0..12 => Act::Wait(likely_wait),
        12..24 => Act::Price((price * rng.gen_range(0.95..1.055)).clamp(20.0, 130.0)),
        24..36 => Act::KeeperActs,
        36..40 => Act::Supply(supplier, debt),
        40..44 => Act::WithdrawSupply(supplier, debt * 500),
        44..48 => Act::Deposit(user, collateral),
        48..52 => Act::WithdrawCollateral(user, collateral),
        52..56 => Act::Borrow(user, debt),
        56..58 => Act::TakeAllCash,
        58..62 => Act::Repay(user, if rng.gen_bool(0.3) { ALL } else { debt }),
        62..64 => Act::Flag,
        64..66 => Act::Clear,
        66..69 => Act::Early(if rng.gen_bool(0.5) { ALL } else { debt }),
        69..71 => Act::Stolen,
        71..75 => Act::Liquidate(if rng.gen_bool(0.5) { ALL } else { debt }),
        75..78 => Act::Flash(if rng.gen_bool(0.5) { ALL } else { debt }),
        78 => Act::StartAlone,
        79..81 => Act::Impair,
        81 => Act::Socialize,
        82..87 => Act::Propose(admin, change(rng)),
        87 => Act::Cancel(admin),
        88..94 => Act::Apply(admin, change(rng)),
        94..97 => Act::Pause(guardian, rng.gen_range(1..3)),
        _ => Act::Lower(admin, rng.gen_bool(0.3), rng.gen_range(0..2)),
    }
}

/// The instructions of an act and who signs them; `None` where there is nothing to build them from.
pub fn transaction(
    test: &TestMarket,
    snapshot: Option<Snapshot>,
    act: Act,
) -> Option<(Vec<Instruction>, Vec<Who>)> {
    let (keys, prices, position) = (test.keys, test.prices, test.position_address());
    let actor = |who: Who| match who {
        Who::Admin => &test.admin,
        Who::Lender => &test.lender,
        Who::Borrower => &test.borrower,
        Who::Keeper => &test.liquidator,
        Who::Thief => &test.stranger,
        Who::Guardian => &test.guardian,
    };
    let is_there = test.net.account(&position).is_some();
    let at = |who: Who| actor(who).address();
    let one = |instruction, who| Some((vec![instruction], vec![who]));
    match act {
        Act::Wait(_) | Act::Price(_) | Act::KeeperActs => None,
        Act::Supply(who, amount) => one(keys.supply(at(who), actor(who).debt, amount), who),
        Act::WithdrawSupply(who, shares) => one(keys.withdraw_supply(at(who), actor(who).debt, shares), who),
        Act::Deposit(who, amount) => {
            one(keys.deposit_collateral(at(who), actor(who).collateral, amount), who)
        }
        Act::WithdrawCollateral(who, amount) => {
            one(keys.withdraw_collateral(at(who), actor(who).collateral, prices, amount), who)
        }
        Act::Borrow(who, amount) => one(keys.borrow(at(who), actor(who).debt, prices, amount), who),
        Act::TakeAllCash => {
            let thief = actor(Who::Thief);
            let deposit = keys.deposit_collateral(thief.address(), thief.collateral, 10_000 * SOL);
            let borrow = keys.borrow(thief.address(), thief.debt, prices, test.market().cash);
            Some((vec![deposit, borrow], vec![Who::Thief]))
        }
        Act::Repay(who, amount) => {
            one(keys.repay(at(who), keys.position(&at(who)), actor(who).debt, amount), who)
        }
        Act::Snapshot(who) => {
            let evidence = is_there.then(|| test.evidence())?;
            one(keys.take_snapshot(at(who), position, evidence, prices), who)
        }
        Act::Flag => one(test.flag(&snapshot?), Who::Keeper),
        Act::Clear => one(test.clear(&snapshot?), Who::Keeper),
        Act::Early(repay) => one(test.early(&snapshot?, repay), Who::Keeper),
        Act::Stolen => {
            let mut stolen = test.early(&snapshot?, ALL);
            let thief = actor(Who::Thief);
            let accounts = [(0, thief.address()), (7, thief.collateral), (8, thief.debt)];
            accounts.into_iter().for_each(|(place, address)| stolen.accounts[place].pubkey = address);
            one(stolen, Who::Thief)
        }
        Act::Liquidate(repay) => one(keys.liquidate(&test.liquidation(repay)), Who::Keeper),
        Act::Flash(repay) => {
            let liquidation = test.liquidation(repay);
            let both = vec![keys.liquidate_start(&liquidation), keys.liquidate_end(&liquidation)];
            Some((both, vec![Who::Keeper]))
        }
        Act::StartAlone => one(keys.liquidate_start(&test.liquidation(ALL)), Who::Keeper),
        Act::Impair => one(keys.impair(position, prices), Who::Thief),
        Act::Socialize => one(keys.socialize(position, prices), Who::Thief),
        Act::Propose(who, change) => {
            let proposal = match change {
                Change::Looser | Change::Tighter => {
                    let max_ltv_bps = if change == Change::Looser { 7_200 } else { 7_000 };
                    let current = test.market().params;
                    keys.propose_params(at(who), assay_lending::state::RiskParams { max_ltv_bps, ..current })
                }
                Change::Guardian(guardian) => keys.propose_guardian(at(who), at(guardian)),
                Change::Reserves(amount) => keys.propose_withdrawal(at(who), amount),
            };
            one(proposal, who)
        }
        Act::Cancel(who) => one(keys.cancel_proposal(at(who)), who),
        Act::Apply(who, change) => {
            let apply = match change {
                Change::Looser | Change::Tighter => {
                    keys.apply_params(at(who), &test.market().params, Vouched::Nothing)
                }
                Change::Guardian(_) => keys.set_guardian(at(who)),
                Change::Reserves(_) => keys.withdraw_reserves(at(who), test.admin.debt),
            };
            one(apply, who)
        }
        Act::Pause(who, level) => one(keys.set_pause(at(who), level), who),
        Act::Lower(who, with_guardian, level) => {
            let guardian: Address = test.market().guardian;
            let found = Who::ALL.into_iter().find(|who| at(*who) == guardian).filter(|_| with_guardian);
            let mut signers = vec![who];
            signers.extend(found.filter(|guardian| *guardian != who));
            Some((vec![keys.lower_pause(at(who), found.map(at), level)], signers))
        }
    }
}
