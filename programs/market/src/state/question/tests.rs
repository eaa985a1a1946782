use super::*;
use crate::state::{LATE_CLOSE, LEAST_STAKE};
use bytemuck::Zeroable;
use proptest::prelude::*;

/// A full hour.
const T: i64 = 1_764_000_000;
const WINDOW: i64 = 7_200;
const START: i64 = T - 200_000;

fn row(shares: &[u16]) -> Row {
    core::array::from_fn(|outcome| shares.get(outcome).copied().unwrap_or(0))
}

/// Two outcomes by a level of 3 % a day, and something between.
pub fn terms() -> Terms {
    Terms {
        ends_at: T,
        close_at: T - 25 * 3_600,
        observe_by: T + 20_000,
        resolve_by: T + 40_000,
        bond: 2 * LEAST_STAKE,
        observe_bounty: LEAST_STAKE,
        resolve_bounty: LEAST_STAKE,
        window: WINDOW as u32,
        patience: 7_200,
        rows: core::array::from_fn(|bucket| match bucket {
            0 => row(&[10_000, 0]),
            1 => row(&[3_333, 6_667]),
            2 => row(&[0, 10_000]),
            _ => row(&[]),
        }),
        fallback: row(&[5_000, 5_000]),
        thresholds: [2_048, 3_072, 0, 0, 0, 0, 0],
        outcomes: 2,
        buckets: 3,
        returns: 24,
        sources: 1,
        setups: 1,
        flags: 0,
        padding: [0; 4],
    }
}

fn question() -> Question {
    let model = |byte| Address::new_from_array([byte; 32]);
    Question {
        version: VERSION,
        models: [model(1), model(2)],
        mints: 2,
        terms: terms(),
        ..Zeroable::zeroed()
    }
}

fn observed() -> Question {
    Question { status: Status::Observed as u8, ..question() }
}

fn who(byte: u8) -> Address {
    Address::new_from_array([byte; 32])
}

#[test]
fn sound_terms_pass_and_each_fault_has_its_error() {
    terms().validate(START).unwrap();
    let late = Terms { close_at: T, flags: LATE_CLOSE, ..terms() };
    late.validate(START).unwrap();
    let first = |row: Row| {
        let mut rows = terms().rows;
        rows[0] = row;
        Terms { rows, ..terms() }
    };
    let mut spare = terms().rows;
    spare[7] = row(&[10_000]);
    let cases = [
        (first(row(&[9_999, 0])), MarketError::InvalidRows),
        (first(row(&[10_000, 1])), MarketError::InvalidRows),
        (first(row(&[5_000, 0, 5_000])), MarketError::InvalidRows),
        (Terms { rows: spare, ..terms() }, MarketError::InvalidRows),
        (Terms { fallback: row(&[1]), ..terms() }, MarketError::InvalidRows),
        (Terms { outcomes: 1, ..terms() }, MarketError::InvalidRows),
        (Terms { outcomes: 9, ..terms() }, MarketError::InvalidRows),
        (Terms { buckets: 1, ..terms() }, MarketError::InvalidRows),
        (Terms { buckets: 255, ..terms() }, MarketError::InvalidRows),
        (Terms { thresholds: [5, 5, 0, 0, 0, 0, 0], ..terms() }, MarketError::InvalidThresholds),
        (Terms { thresholds: [5, 4, 0, 0, 0, 0, 0], ..terms() }, MarketError::InvalidThresholds),
        (Terms { thresholds: [1, 2, 3, 0, 0, 0, 0], ..terms() }, MarketError::InvalidThresholds),
        (Terms { thresholds: [i16::MIN, 2, 0, 0, 0, 0, 0], ..terms() }, MarketError::InvalidThresholds),
        (Terms { ends_at: T + 60, ..terms() }, MarketError::InvalidTimes),
        (Terms { returns: 11, ..terms() }, MarketError::InvalidTimes),
        (Terms { returns: 32, ..terms() }, MarketError::InvalidTimes),
        (Terms { close_at: START, ..terms() }, MarketError::InvalidTimes),
        (Terms { close_at: T + 1, ..terms() }, MarketError::InvalidTimes),
        (Terms { patience: 599, ..terms() }, MarketError::InvalidTimes),
        (Terms { patience: 20_000, ..terms() }, MarketError::InvalidTimes),
        (Terms { observe_by: T + 40_000, ..terms() }, MarketError::InvalidTimes),
        (Terms { resolve_by: i64::MAX, ..terms() }, MarketError::InvalidTimes),
        (Terms { window: 3_599, ..terms() }, MarketError::InvalidTimes),
        (Terms { window: u32::MAX, ..terms() }, MarketError::InvalidTimes),
        (Terms { close_at: T - 24 * 3_600, ..terms() }, MarketError::LateClose),
        (Terms { sources: 0, ..terms() }, MarketError::InvalidSources),
        (Terms { sources: 5, ..terms() }, MarketError::InvalidSources),
        (Terms { bond: LEAST_STAKE - 1, ..terms() }, MarketError::InvalidStakes),
        (Terms { bond: u64::MAX, ..terms() }, MarketError::InvalidStakes),
        (Terms { resolve_bounty: 1, ..terms() }, MarketError::InvalidStakes),
        (Terms { setups: 0, ..terms() }, MarketError::InvalidSetupKinds),
        (Terms { setups: 4, ..terms() }, MarketError::InvalidSetupKinds),
        (Terms { flags: 4, ..terms() }, MarketError::ReservedNotZero),
        (Terms { padding: [0, 0, 0, 1], ..terms() }, MarketError::ReservedNotZero),
    ];
    for (terms, error) in cases {
        assert_eq!(terms.validate(START), Err(error), "{terms:?}");
    }
    for now in [i64::MAX, T] {
        assert_eq!(terms().validate(now), Err(MarketError::InvalidTimes));
    }
}

#[test]
fn buckets_partition_all_outputs() {
    let terms = terms();
    let cases = [(i16::MIN, 0), (2_047, 0), (2_048, 1), (3_071, 1), (3_072, 2), (i16::MAX, 2)];
    for (output, bucket) in cases {
        assert_eq!(terms.bucket(output), bucket);
        terms.row(bucket).unwrap();
    }
    assert!(terms.row(3).is_err());
}

#[test]
fn an_undisputed_row_is_paid_after_its_window() {
    let mut question = observed();
    question.propose(4_000, who(7), T + 5).unwrap();
    assert_eq!(question.settle(T + 5 + WINDOW - 1), Err(MarketError::WindowOpen));
    question.settle(T + 5 + WINDOW).unwrap();
    question.invariant().unwrap();
    assert_eq!((question.status(), question.payout), (Ok(Status::Settled), row(&[0, 10_000])));
    assert_eq!(question.stakes(), Ok(Stakes::default()));
    for end in [question.settle(i64::MAX), question.void(i64::MAX), question.decide(Choice::First, 0)] {
        assert_eq!(end, Err(MarketError::WrongState));
    }
}

#[test]
fn the_second_model_answers_and_the_council_chooses_among_proven_rows() {
    let mut question = observed();
    question.propose(4_000, who(7), T).unwrap();
    assert_eq!(question.dispute(who(8), T + WINDOW), Err(MarketError::WindowOver));
    question.dispute(who(8), T + 10).unwrap();
    assert_eq!(question.status(), Ok(Status::Disputed));
    assert_eq!(question.decide(Choice::First, T + 11), Err(MarketError::WrongState));
    assert_eq!(question.propose(1, who(9), T + 11 + WINDOW), Err(MarketError::WindowOver));
    question.propose(1_000, who(9), T + 20).unwrap();
    question.dispute(who(10), T + 30).unwrap();
    assert_eq!(question.decide(Choice::Second, T + 30 + WINDOW), Err(MarketError::WindowOver));
    let mut silent = question;
    silent.void(T + 30 + WINDOW).unwrap();
    assert_eq!(silent.payout, terms().fallback);
    assert_eq!(silent.stakes(), Ok(Stakes { challengers: [2 * LEAST_STAKE; 2], ..Stakes::default() }));
    question.decide(Choice::Second, T + 31).unwrap();
    assert_eq!(question.payout, row(&[10_000, 0]));
    // The first challenger was right, the second was not.
    let expected =
        Stakes { challengers: [2 * LEAST_STAKE, 0], provers: [0, LEAST_STAKE], payer: LEAST_STAKE };
    assert_eq!(question.stakes(), Ok(expected));
}

#[test]
fn without_a_second_model_a_dispute_goes_to_the_council() {
    let mut question = observed();
    question.models[1] = Address::default();
    question.propose(4_000, who(7), T).unwrap();
    question.dispute(who(8), T + 1).unwrap();
    assert_eq!(question.place(T + 2), Err(MarketError::WrongState));
    assert_eq!(question.decide(Choice::Second, T + 2), Err(MarketError::NotProven));
    question.decide(Choice::Fallback, T + 2).unwrap();
    assert_eq!((question.status(), question.payout), (Ok(Status::Settled), terms().fallback));
}

#[test]
fn silence_is_void_in_every_state_and_never_before_its_time() {
    let mut open = question();
    assert_eq!(open.void(T + 20_000), Err(MarketError::WindowOpen));
    open.void(T + 20_001).unwrap();
    let mut waiting = observed();
    assert_eq!(waiting.void(T + 40_000), Err(MarketError::WindowOpen));
    waiting.void(T + 40_001).unwrap();
    let mut disputed = observed();
    disputed.propose(0, who(1), T).unwrap();
    assert_eq!(disputed.void(i64::MAX), Err(MarketError::WrongState));
    disputed.dispute(who(2), T).unwrap();
    assert_eq!(disputed.void(T + WINDOW), Err(MarketError::WindowOpen));
    disputed.void(T + WINDOW + 1).unwrap();
    for question in [open, waiting, disputed] {
        assert_eq!((question.status(), question.payout), (Ok(Status::Void), terms().fallback));
    }
}

#[test]
fn trading_ends_before_the_first_hour_that_counts() {
    let mut question = question();
    let close = terms().close_at;
    question.split(10, close - 1).unwrap();
    assert_eq!(question.split(10, close), Err(MarketError::TradingClosed));
    assert_eq!(question.split(0, close - 1), Err(MarketError::ZeroAmount));
    assert_eq!(question.require_observing(close - 1), Err(MarketError::WrongState));
    question.require_observing(close).unwrap();
    assert_eq!(question.require_observing(T + 20_001), Err(MarketError::WindowOver));
    question.mints = 1;
    assert_eq!(question.split(10, close - 1), Err(MarketError::WrongOutcomeMint));
    assert_eq!(question.merge(11), Err(MarketError::InvariantViolated));
    question.merge(10).unwrap();
    assert_eq!(question.held, 0);
}

/// An operation of anybody.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Split(u64),
    Merge(u64),
    Observe,
    Propose(i16),
    Dispute,
    Settle,
    Decide(Choice),
    Void,
    Redeem(u8, u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::{Decide, Dispute, Merge, Observe, Propose, Redeem, Settle, Split, Void};
    prop_oneof![
        3 => (0u64..1 << 40).prop_map(Split),
        2 => (0u64..1 << 39).prop_map(Merge),
        2 => Just(Observe),
        3 => (0i16..5_000).prop_map(Propose),
        1 => Just(Dispute),
        2 => Just(Settle),
        1 => prop_oneof![Just(Choice::First), Just(Choice::Second), Just(Choice::Fallback)].prop_map(Decide),
        1 => Just(Void),
        4 => (0u8..3, 0u64..1 << 40).prop_map(|(outcome, amount)| Redeem(outcome, amount)),
    ]
}

proptest! {
    /// Against supplies as token mints would hold them: before the payout each is the number of sets; after it the books cover
    /// what all tokens are worth; the payout is set once, to a row of the terms.
    #[test]
    fn the_books_cover_every_claim(
        calls in prop::collection::vec((operation(), 0i64..9_000), 1..60), second in any::<bool>(),
    ) {
        let mut question = question();
        if !second {
            question.models[1] = Address::default();
        }
        let mut supply = [0u64; 2];
        let mut now = terms().close_at - 40_000;
        let mut paid: Option<Row> = None;
        for (operation, step) in calls {
            now += step * if question.status == Status::Open as u8 { 3 } else { 1 };
            let before = question;
            let outcome = match operation {
                Operation::Split(amount) => question.split(amount, now).map(|()| {
                    supply.iter_mut().for_each(|supply| *supply += amount);
                }),
                Operation::Merge(amount) if supply.iter().all(|supply| *supply >= amount) => {
                    question.merge(amount).map(|()| supply.iter_mut().for_each(|supply| *supply -= amount))
                }
                Operation::Observe => question.require_observing(now).map(|()| {
                    question.status = Status::Observed as u8;
                }),
                Operation::Propose(output) => question.propose(output, who(3), now).map(drop),
                Operation::Dispute => question.dispute(who(4), now).map(drop),
                Operation::Settle => question.settle(now),
                Operation::Decide(choice) => question.decide(choice, now),
                Operation::Void => question.void(now),
                Operation::Redeem(outcome, amount)
                    if supply.get(usize::from(outcome)).is_some_and(|supply| *supply >= amount) =>
                {
                    question.redeem(outcome, amount).map(|_| supply[usize::from(outcome)] -= amount)
                }
                Operation::Merge(_) | Operation::Redeem(..) => continue,
            };
            prop_assert!(outcome.is_ok() || bytemuck::bytes_of(&question) == bytemuck::bytes_of(&before), "{operation:?} changed state and failed");
            question.invariant().unwrap();
            let is_final = question.status().unwrap().is_final();
            if is_final {
                let payout = *paid.get_or_insert(question.payout);
                prop_assert_eq!(question.payout, payout, "the payout was set twice");
                prop_assert!(terms().rows.contains(&payout) || payout == terms().fallback);
                let claims: u128 =
                    supply.iter().zip(payout).map(|(supply, share)| u128::from(*supply) * u128::from(share)).sum();
                prop_assert!(u128::from(question.held) * u128::from(WHOLE) >= claims);
            } else {
                prop_assert!(supply.iter().all(|supply| *supply == question.held));
            }
            // The bonds that came in go out, to the lamport.
            if is_final {
                let stakes = question.stakes().unwrap();
                let out: u64 = stakes.challengers.iter().chain(&stakes.provers).sum::<u64>() + stakes.payer;
                let disputes = question.challengers.iter().filter(|who| **who != Address::default()).count();
                prop_assert_eq!(out, disputes as u64 * terms().bond);
            }
        }
    }
}
