use assay_credit_interface::epoch::{lapses_at, starts_at};
use bytemuck::Zeroable;

use super::*;
use crate::state::pool::tests::pool;

const EPOCH: u32 = 680;

/// A pool with cash, and a line of a tier in it.
fn taken(tier: u8) -> (Pool, Line, i64) {
    let now = starts_at(EPOCH);
    let mut pool = Pool { cash: 10_000_000_000, supply_shares: 1, last_accrual: now, ..pool() };
    let mut line = Line { version: VERSION, ..Line::zeroed() };
    line.take_tier(&mut pool, tier, EPOCH, now).unwrap();
    (pool, line, now)
}

fn drawn(tier: u8, amount: u64) -> (Pool, Line, i64) {
    let (mut pool, mut line, now) = taken(tier);
    line.draw(&mut pool, amount, now).unwrap();
    line.invariant(&pool).unwrap();
    (pool, line, now)
}

/// Far enough that the debt can be marked.
fn overdue(pool: &Pool, line: &Line) -> i64 {
    line.due + i64::from(pool.terms.grace)
}

#[test]
fn each_tier_draws_up_to_its_limit() {
    for tier in 0..4 {
        let (pool, line, now) = taken(tier);
        let limit = pool.terms.tiers[usize::from(tier)].limit;
        let draw = |amount| {
            let (mut pool, mut line) = (pool, line);
            line.draw(&mut pool, amount, now).map(|()| (line.debt(&pool), pool.cash))
        };
        assert_eq!(draw(limit + 1), Err(CreditError::AboveLimit));
        if limit > 0 {
            assert_eq!(draw(limit), Ok((Ok(limit), 10_000_000_000 - limit)));
        }
    }
    let (mut pool, mut line, now) = taken(3);
    assert_eq!(line.take_tier(&mut pool, 4, EPOCH + 1, now), Err(CreditError::TierOutOfRange));
}

#[test]
fn the_limit_counts_what_is_owed_with_its_interest() {
    let (mut pool, mut line, now) = drawn(3, 1_999_999_999);
    pool.accrue(now + 86_400).unwrap();
    assert_eq!(line.draw(&mut pool, 1, now + 86_400), Err(CreditError::AboveLimit));
}

#[test]
fn the_cap_counts_all_lines_and_what_was_lost() {
    let (mut pool, mut line, now) = drawn(3, 1_000);
    (pool.terms.debt_cap, pool.written_off) = (1_500, 400);
    let mut full = (pool, line);
    assert_eq!(full.1.draw(&mut full.0, 101, now), Err(CreditError::CapExceeded));
    line.draw(&mut pool, 100, now).unwrap();
}

#[test]
fn no_more_is_lent_than_the_vault_holds() {
    let (mut pool, mut line, now) = taken(3);
    pool.cash = 999;
    assert_eq!(line.draw(&mut pool, 1_000, now), Err(CreditError::InsufficientLiquidity));
}

#[test]
fn a_tier_lapses_with_its_epoch_its_issuer_and_its_model() {
    let (mut pool, mut line, now) = taken(3);
    let last = lapses_at(EPOCH) - 1;
    assert_eq!([now, last].map(|now| line.standing(now)), [Ok(Standing::Active); 2]);
    assert_eq!(line.standing(last + 1), Ok(Standing::Lapsed));
    assert_eq!(line.draw(&mut pool, 1, last + 1), Err(CreditError::LineLapsed));
    let terms = pool.terms;
    pool.terms.issuer = [7; 32];
    assert_eq!(line.draw(&mut pool, 1, last), Err(CreditError::WrongIssuer));
    (pool.terms, pool.terms.model) = (terms, [7; 32]);
    assert_eq!(line.draw(&mut pool, 1, last), Err(CreditError::WrongModel));
}

#[test]
fn one_proof_an_epoch_and_one_more_for_another_issuer_or_model() {
    let (mut pool, mut line, now) = taken(2);
    for epoch in [EPOCH - 1, EPOCH] {
        assert_eq!(line.take_tier(&mut pool, 3, epoch, now), Err(CreditError::NoLaterEpoch));
    }
    line.take_tier(&mut pool, 3, EPOCH + 1, now).unwrap();
    assert_eq!((line.tier, line.epoch), (3, EPOCH + 1));
    pool.terms.issuer = [7; 32];
    line.take_tier(&mut pool, 1, EPOCH + 1, now).unwrap();
    assert_eq!(line.take_tier(&mut pool, 3, EPOCH + 1, now), Err(CreditError::NoLaterEpoch));
    assert_eq!(line.issuer, Address::new_from_array([7; 32]));
    pool.terms.model = [8; 32];
    line.take_tier(&mut pool, 2, EPOCH + 1, now).unwrap();
    assert_eq!(line.take_tier(&mut pool, 3, EPOCH + 1, now), Err(CreditError::NoLaterEpoch));
    assert_eq!(line.model, Address::new_from_array([8; 32]));
}

#[test]
fn a_renewal_moves_the_debt_to_the_new_rate_and_never_lowers_it() {
    let (mut pool, mut line, now) = drawn(3, 1_000_000_007);
    for (step, tier) in [1, 3, 0, 2, 2].into_iter().enumerate() {
        let at = now + 1_000_003 * (1 + step as i64);
        pool.accrue(at).unwrap();
        let (debt, assets, due) = (line.debt(&pool).unwrap(), pool.assets().unwrap(), line.due);
        line.take_tier(&mut pool, tier, EPOCH + 1 + step as u32, at).unwrap();
        let after = line.debt(&pool).unwrap();
        assert!((debt..=debt + 1).contains(&after), "{debt} {after}");
        assert!(pool.assets().unwrap() >= assets);
        assert_eq!(line.due, due, "renewing moves no due date");
        line.invariant(&pool).unwrap();
        pool.invariant().unwrap();
    }
    let others = pool.books.iter().zip(0..).filter(|(_, tier)| *tier != 2);
    assert!(others.into_iter().all(|(books, _)| books.shares == 0));
}

#[test]
fn the_first_draw_from_zero_sets_the_due_date() {
    let (mut pool, mut line, now) = drawn(3, 1_000);
    let due = now + i64::from(pool.terms.term);
    assert_eq!(line.due, due);
    line.draw(&mut pool, 1_000, now + 1_000_000).unwrap();
    line.repay(&mut pool, 1_999, now + 1_000_001).unwrap();
    assert_eq!(line.due, due);
    line.repay(&mut pool, 1, now + 1_000_001).unwrap();
    assert_eq!((line.due, line.debt(&pool)), (0, Ok(0)));
    // Not in the second of the repayment: whoever lends for one transaction would prolong every debt.
    let now = now + 1_000_001;
    assert_eq!(line.draw(&mut pool, 1_000, now), Err(CreditError::JustRepaid));
    let due = now + 1 + i64::from(pool.terms.term);
    // Renewed in time, and due all the same.
    line.draw(&mut pool, 1_000, now + 1).unwrap();
    line.take_tier(&mut pool, 3, EPOCH + 2, starts_at(EPOCH + 2)).unwrap();
    assert_eq!(line.draw(&mut pool, 1, due), Err(CreditError::DebtDue));
    line.draw(&mut pool, 1, due - 1).unwrap();
}

#[test]
fn a_default_is_marked_once_after_due_and_grace() {
    let (mut pool, mut line, now) = drawn(3, 1_000);
    assert_eq!(taken(3).1.mark_default(&mut pool, i64::MAX), Err(CreditError::NoDebt));
    let at = overdue(&pool, &line);
    assert_eq!(line.mark_default(&mut pool, at - 1), Err(CreditError::NotOverdue));
    pool.accrue(at).unwrap();
    let (debt, assets) = (line.debt(&pool).unwrap(), pool.assets().unwrap());
    assert_eq!(line.mark_default(&mut pool, at), Ok(debt));
    assert_eq!((pool.defaulted, line.debt(&pool), line.defaults), (debt, Ok(debt), 1));
    assert!((assets..=assets + 1).contains(&pool.assets().unwrap()));
    assert_eq!(pool.redeemable(), Ok(pool.cash), "priced as lost at once, reserves and all");
    line.invariant(&pool).unwrap();
    assert_eq!(line.mark_default(&mut pool, i64::MAX), Err(CreditError::LineDefaulted));
    assert_eq!(line.draw(&mut pool, 1, now), Err(CreditError::LineDefaulted));
    // It bears no interest.
    pool.accrue(at + 31_536_000).unwrap();
    assert_eq!(line.debt(&pool), Ok(debt));
}

#[test]
fn a_debt_that_is_paid_back_before_it_is_booked_is_the_suppliers() {
    let (mut pool, mut line, _) = drawn(3, 1_000);
    let at = overdue(&pool, &line);
    let debt = line.mark_default(&mut pool, at).unwrap();
    let (redeemable, reserves) = (pool.redeemable().unwrap(), pool.reserves);
    line.repay(&mut pool, debt, at + 1).unwrap();
    assert_eq!((pool.redeemable(), pool.reserves, pool.defaulted), (Ok(redeemable + debt), reserves, 0));
    assert_eq!(line.cleared_at, at + 1);
    assert_eq!(line.write_off(&mut pool, i64::MAX), Err(CreditError::NoDebt));
}

#[test]
fn a_debt_that_is_paid_back_after_it_was_booked_is_the_reserves() {
    let (mut pool, mut line, _) = drawn(3, 1_000);
    let at = overdue(&pool, &line);
    assert_eq!(line.write_off(&mut pool, i64::MAX), Err(CreditError::NotDefaulted));
    let debt = line.mark_default(&mut pool, at).unwrap();
    assert_eq!(line.write_off(&mut pool, at + WRITE_OFF_SECONDS - 1), Err(CreditError::WriteOffTooSoon));
    let redeemable = pool.redeemable().unwrap();
    assert_eq!(line.write_off(&mut pool, at + WRITE_OFF_SECONDS), Ok(debt));
    assert_eq!((pool.redeemable(), pool.written_off, line.debt(&pool)), (Ok(redeemable), debt, Ok(debt)));
    line.invariant(&pool).unwrap();
    assert_eq!(line.write_off(&mut pool, i64::MAX), Err(CreditError::NotDefaulted));
    line.repay(&mut pool, debt - 1, at + WRITE_OFF_SECONDS).unwrap();
    assert_eq!((pool.redeemable(), pool.reserves, pool.written_off), (Ok(redeemable), debt - 1, 1));
    assert_eq!(line.repay(&mut pool, 2, at), Err(CreditError::InsufficientBalance));
    line.repay(&mut pool, 1, at + WRITE_OFF_SECONDS + 5).unwrap();
    assert_eq!(line.cleared_at, at + WRITE_OFF_SECONDS + 5);
    pool.invariant().unwrap();
}

#[test]
fn a_defaulter_comes_back_with_nothing_owed_and_after_the_cool_off() {
    for written_off in [false, true] {
        let (mut pool, mut line, _) = drawn(3, 1_000);
        let mut at = overdue(&pool, &line);
        line.mark_default(&mut pool, at).unwrap();
        at += WRITE_OFF_SECONDS;
        if written_off {
            line.write_off(&mut pool, at).unwrap();
        }
        assert_eq!(line.take_tier(&mut pool, 3, EPOCH + 9, at), Err(CreditError::StillOwed));
        let debt = line.debt(&pool).unwrap();
        line.repay(&mut pool, debt, at).unwrap();
        let free = at + i64::from(pool.terms.cool_off);
        assert_eq!(line.take_tier(&mut pool, 3, EPOCH + 9, free - 1), Err(CreditError::CoolOffRunning));
        line.take_tier(&mut pool, 3, EPOCH + 9, free).unwrap();
        assert_eq!((line.status(), line.defaults), (Ok(Status::Active), 1));
        line.invariant(&pool).unwrap();
        line.draw(&mut pool, 5, starts_at(EPOCH + 9)).unwrap();
    }
}

#[test]
fn statuses_and_bytes_are_one_to_one() {
    for byte in 0..=u8::MAX {
        match Status::from_byte(byte) {
            Some(status) => assert_eq!(status as u8, byte),
            None => assert!(byte == 0 || byte > 3),
        }
    }
}
