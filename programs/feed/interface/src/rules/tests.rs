use super::*;
use bytemuck::Zeroable;
use proptest::prelude::*;

extern crate std;
use std::vec::Vec;

/// A full hour, so a full minute too.
const T: i64 = 1_764_000_000;

fn price(price: u64, publish_time: i64) -> Price {
    Price { price, confidence: 1, ema: price, publish_time }
}

fn update(units: u64, publish_time: i64, previous_publish_time: i64) -> Observed {
    Observed { price: price(units, publish_time), previous_publish_time }
}

fn observe(source: &mut Source, update: &Observed, now: i64) -> Result<Kept, ObserveError> {
    source.observe(Interval::Minute, T, update, now)
}

#[test]
fn spot_goes_forward_only() {
    let mut source = Source::zeroed();
    assert_eq!(source.refresh(&price(10, T), 1, T), Ok(Refreshed::Written));
    assert_eq!(source.refresh(&price(11, T + 5), 2, T + 5), Ok(Refreshed::Written));
    let held = source;
    assert_eq!(
        (held.header.price, held.header.previous, held.header.round, held.header.slot),
        (11, 10, 2, 2)
    );
    // An equal time changes nothing, whatever else it says.
    assert_eq!(source.refresh(&price(99, T + 5), 3, T + 6), Ok(Refreshed::Unchanged));
    let older = RefreshError::Older { held: T + 5, given: T + 4 };
    assert_eq!(source.refresh(&price(99, T + 4), 3, T + 6), Err(older));
    assert_eq!(source.refresh(&price(99, T + 17), 3, T + 6), Err(RefreshError::Future { ahead: 11 }));
    assert_eq!(source, held);
    assert_eq!(source.refresh(&price(12, T + 16), 3, T + 6), Ok(Refreshed::Written));
}

#[test]
fn a_first_price_before_1970_is_taken_once() {
    let mut source = Source::zeroed();
    assert_eq!(source.refresh(&price(10, -5), 1, T), Ok(Refreshed::Written));
    assert_eq!(source.refresh(&price(10, -6), 1, T), Err(RefreshError::Older { held: -5, given: -6 }));
}

#[test]
fn the_first_update_is_final_at_once() {
    let mut source = Source::zeroed();
    assert_eq!(observe(&mut source, &update(10, T + 2, T - 1), T + 3), Ok(Kept::New));
    assert_eq!(source.minute(T, T + 3), Ok(price(10, T + 2)));
    let held = source;
    for other in [update(9, T, T), update(9, T, T - 1), update(9, T + 2, T - 1)] {
        assert_eq!(observe(&mut source, &other, T + 4), Ok(Kept::Old), "{other:?}");
        assert_eq!(source, held);
    }
}

#[test]
fn a_candidate_gives_way_to_earlier_ones_until_the_window_ends() {
    let mut source = Source::zeroed();
    assert_eq!(observe(&mut source, &update(10, T + 5, T + 5), T + 6), Ok(Kept::New));
    assert!(source.minute(T, T + 59).is_err());
    assert_eq!(observe(&mut source, &update(10, T + 6, T), T + 7), Ok(Kept::Old));
    assert_eq!(observe(&mut source, &update(11, T + 4, T), T + 30), Ok(Kept::New));
    let late = update(12, T + 3, T);
    assert_eq!(observe(&mut source, &late, T + 31), Err(ObserveError::LateCandidate(T)));
    // The other half of the window is for the first update alone.
    let mut challenged = source;
    assert_eq!(observe(&mut challenged, &update(13, T + 1, T - 1), T + 59), Ok(Kept::New));
    assert_eq!(challenged.minute(T, T + 59), Ok(price(13, T + 1)));
    // And from the window's end on nothing replaces it.
    assert_eq!(source.minute(T, T + 60), Ok(price(11, T + 4)));
    assert_eq!(observe(&mut source, &update(13, T + 1, T - 1), T + 60), Ok(Kept::Old));
    assert_eq!(source.minute(T, T + 60), Ok(price(11, T + 4)));
}

#[test]
fn a_missing_entry_is_filled_by_the_first_update_alone() {
    let mut source = Source::zeroed();
    let late = T + 32 * 3_600 - 1;
    let hour = Interval::Hour;
    let candidate = update(10, T + 5, T);
    assert_eq!(source.observe(hour, T, &candidate, late), Err(ObserveError::LateCandidate(T)));
    assert_eq!(source.observe(hour, T, &update(10, T + 5, T - 1), late), Ok(Kept::New));
    assert_eq!(source.hour(hour.index(T).unwrap(), late), Ok(10));
}

#[test]
fn candidates_of_one_second_have_an_order() {
    let candidates = [update(10, T + 1, T + 1), update(9, T + 1, T), update(11, T + 1, T + 1)];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
        let mut source = Source::zeroed();
        for index in order {
            observe(&mut source, &candidates[index], T + 2).unwrap();
        }
        assert_eq!(source.minute(T, T + 60), Ok(price(9, T + 1)));
    }
}

#[test]
fn each_check_has_its_own_error() {
    let mut source = Source::zeroed();
    let outside = |publish_time| Err(ObserveError::OutsideWindow { at: T, publish_time, window: 60 });
    for publish_time in [T - 1, T + 61, i64::MIN, i64::MAX] {
        let other = update(10, publish_time, T - 1);
        assert_eq!(observe(&mut source, &other, T + 100), outside(publish_time));
    }
    assert_eq!(observe(&mut source, &update(10, T + 11, T - 1), T), Err(ObserveError::Future { ahead: 11 }));
    for at in [T + 1, T - 59, -60, i64::MAX, i64::MIN] {
        let outcome = source.observe(Interval::Minute, at, &update(10, at, at.saturating_sub(1)), at);
        assert_eq!(outcome, Err(ObserveError::Time(at)));
    }
    let outcome = source.observe(Interval::Hour, T + 60, &update(10, T + 60, T), T + 60);
    assert_eq!(outcome, Err(ObserveError::Time(T + 60)));
    assert_eq!(source, Source::zeroed());
}

#[test]
fn a_place_of_the_ring_never_goes_back() {
    for (interval, places) in [(Interval::Minute, 16), (Interval::Hour, 32)] {
        let mut source = Source::zeroed();
        let later = T + places * interval.seconds();
        let first = |at| update(10, at, at - 1);
        assert_eq!(source.observe(interval, later, &first(later), later), Ok(Kept::New));
        let held = source;
        let older = source.observe(interval, T, &first(T), later);
        assert_eq!((older, source), (Err(ObserveError::Passed(T)), held));
        // Forward it goes, over a final entry of an older time.
        let next = later + places * interval.seconds();
        assert_eq!(source.observe(interval, next, &first(next), next), Ok(Kept::New));
        assert_ne!(source, held);
    }
}

/// Updates of one chain from `T - 3` on: publish times that never fall, each with the one before it.
fn chain() -> impl Strategy<Value = Vec<Observed>> {
    prop::collection::vec((0i64..4, 1u64..50), 6..24).prop_map(|steps| {
        let mut publish_time = T - 3;
        let mut chain = Vec::new();
        for (seconds, units) in steps {
            let previous = publish_time;
            publish_time += seconds;
            chain.push(update(units, publish_time, previous));
        }
        chain
    })
}

proptest! {
    #[test]
    fn publish_times_used_never_fall(
        calls in prop::collection::vec((-70i64..70, 1u64..9, -20i64..20), 1..40),
    ) {
        let mut source = Source::zeroed();
        let (mut now, mut last) = (T, i64::MIN);
        for (offset, units, step) in calls {
            now += step;
            let before = source;
            match source.refresh(&price(units, T + offset), 1, now) {
                Ok(Refreshed::Written) => {
                    prop_assert!(T + offset > last && T + offset <= now + 10);
                    last = T + offset;
                    prop_assert_eq!(source.header.publish_time, last);
                    prop_assert_eq!(source.header.previous, before.header.price);
                }
                Ok(Refreshed::Unchanged) => prop_assert_eq!((T + offset, source), (last, before)),
                Err(_) => prop_assert_eq!(source, before),
            }
        }
    }

    #[test]
    fn a_minute_is_the_same_for_every_order_that_contains_the_earliest(
        (chain, order) in chain().prop_flat_map(|chain| {
            let calls = (0..chain.len(), T..T + 60);
            (Just(chain), prop::collection::vec(calls, 0..40))
        }),
        insert in any::<prop::sample::Index>(),
        late in 0i64..3_000,
    ) {
        // The first update at or after T, by the chain itself.
        let Some(first) = chain.iter().find(|update| update.price.publish_time >= T) else { return Ok(()) };
        prop_assume!(first.previous_publish_time < T);
        let mut calls: Vec<(Observed, i64)> = order.iter().map(|(index, now)| (chain[*index], *now)).collect();
        calls.sort_by_key(|(_, now)| *now);
        // An honest caller brings the first at some moment before the window ends.
        let at = insert.index(calls.len() + 1);
        let now = if at == 0 { first.price.publish_time } else { calls[at - 1].1.max(first.price.publish_time) };
        prop_assume!(now < T + 60);
        calls.insert(at, (*first, now));
        let mut source = Source::zeroed();
        let mut settled: Option<Price> = None;
        for (update, now) in calls {
            let _ = observe(&mut source, &update, now);
            if let Ok(price) = source.minute(T, now) {
                prop_assert!(settled.is_none_or(|before| before == price), "a final entry changed");
                settled = Some(price);
            }
        }
        prop_assert_eq!(source.minute(T, T + 60 + late), Ok(first.price));
    }

    #[test]
    fn without_the_earliest_the_set_decides_and_not_the_order(
        updates in prop::collection::vec((0i64..5, 1u64..4, 0i64..2), 1..8), seed: u64, interval in 0u8..2,
    ) {
        let interval = Interval::from_byte(interval).unwrap();
        let updates: Vec<Observed> =
            updates.into_iter().map(|(lag, units, after)| update(units, T + lag, T + after)).collect();
        let mut shuffled = updates.clone();
        let mut state = seed;
        for end in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(end, (state >> 33) as usize % (end + 1));
        }
        let mut sources = [Source::zeroed(); 2];
        for (source, updates) in sources.iter_mut().zip([updates, shuffled]) {
            for update in updates {
                source.observe(interval, T, &update, T + 20).unwrap();
            }
        }
        prop_assert_eq!(sources[0], sources[1]);
    }

    #[test]
    fn no_call_makes_the_rules_panic(
        units: u64, times in prop::array::uniform4(any::<i64>()), slot: u64, interval in 0u8..2, round: u64,
    ) {
        let [publish_time, previous, at, now] = times;
        let mut source = Source::zeroed();
        source.header.round = round;
        let interval = Interval::from_byte(interval).unwrap();
        let update = update(units, publish_time, previous);
        let _ = source.refresh(&update.price, slot, now);
        for at in [at, at - at % 3_600, publish_time - publish_time % 3_600] {
            let _ = source.observe(interval, at, &update, now);
        }
    }
}
