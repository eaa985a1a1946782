use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

extern crate std;
use std::vec::Vec;

/// A full hour.
const T: i64 = 1_764_000_000;

fn source() -> Source {
    let mut source = Source::zeroed();
    source.header.version = PriceV1::VERSION;
    source
}

fn account(source: &Source) -> Vec<u8> {
    let mut data = DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(source));
    data
}

/// Hours `last - count + 1..=last`, the price of each its number.
fn with_hours(last: u32, count: u32) -> Source {
    let mut source = source();
    for hour in last - count + 1..=last {
        source.hours[place(hour, HOURS)] =
            Hour { hour, lag: 3, first: 1, padding: 0, price: u64::from(hour) };
    }
    source
}

#[test]
fn discriminator_is_anchors() {
    assert!(Sha256::digest(b"account:Source").starts_with(&DISCRIMINATOR));
    assert!(Sha256::digest(b"account:Feed").starts_with(&FEED_DISCRIMINATOR));
    assert_eq!(ACCOUNT_LEN, 1_224);
}

#[test]
fn a_feed_is_read_as_the_source_that_it_begins_with() {
    let mut source = source();
    source.header.kind = Kind::Feed as u8;
    source.header.price = 7;
    let mut data = FEED_DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(&source));
    for length in [8, ACCOUNT_LEN - 1, ACCOUNT_LEN, FEED_ACCOUNT_LEN - 1, FEED_ACCOUNT_LEN + 1] {
        data.resize(length, 9);
        assert_eq!(Source::decode(&data), Err(ReadError::Length(length)));
    }
    let mut data = FEED_DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(&source));
    data.resize(FEED_ACCOUNT_LEN, 9);
    assert_eq!(Source::decode(&data), Ok(source));
    // Neither has the other's length.
    let mut crossed = account(&source);
    crossed.resize(FEED_ACCOUNT_LEN, 0);
    assert_eq!(Source::decode(&crossed), Err(ReadError::Length(FEED_ACCOUNT_LEN)));
}

#[test]
fn program_is_its_base58_address() {
    assert_eq!(
        crate::pyth::tests::from_base58("AFdqLJD4G6nwt9Bb2mJg2ZfVWxfoyobcoGJ6FqKrjkwo"),
        crate::PROGRAM
    );
}

#[test]
fn only_a_sources_bytes_are_read() {
    let data = account(&source());
    assert_eq!(Source::decode(&data), Ok(source()));
    for length in 0..8 {
        assert_eq!(Source::decode(&data[..length]), Err(ReadError::Length(length)));
    }
    for length in [8, 100, ACCOUNT_LEN - 1] {
        assert_eq!(Source::decode(&data[..length]), Err(ReadError::Length(length)));
    }
    let mut longer = data.clone();
    longer.push(0);
    assert_eq!(Source::decode(&longer), Err(ReadError::Length(ACCOUNT_LEN + 1)));
    for index in 0..8 {
        let mut other = data.clone();
        other[index] ^= 1;
        assert_eq!(Source::decode(&other), Err(ReadError::Discriminator));
    }
    for version in [0, 2, 255] {
        let mut other = source();
        other.header.version = version;
        assert_eq!(Source::decode(&account(&other)), Err(ReadError::Version(version)));
    }
}

#[test]
fn a_source_is_read_where_it_lies_if_it_is_aligned() {
    let data = account(&source());
    let mut room = std::vec![0u64; ACCOUNT_LEN / 8 + 1];
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut room);
    bytes[..ACCOUNT_LEN].copy_from_slice(&data);
    assert_eq!(Source::read(&bytes[..ACCOUNT_LEN]), Ok(&source()));
    bytes[1..=ACCOUNT_LEN].copy_from_slice(&data);
    assert_eq!(Source::read(&bytes[1..=ACCOUNT_LEN]), Err(ReadError::Misaligned));
    assert_eq!(Source::decode(&bytes[1..=ACCOUNT_LEN]), Ok(source()));
}

#[test]
fn a_minute_is_given_when_it_is_final() {
    let minute = Interval::Minute.index(T).unwrap();
    let entry = Minute { minute, lag: 7, first: 0, padding: 0, price: 5, confidence: 2, ema: 4 };
    let mut source = source();
    source.minutes[place(minute, MINUTES)] = entry;
    let price = Price { price: 5, confidence: 2, ema: 4, publish_time: T + 7 };
    assert_eq!(source.minute(T, T + 59), Err(RingError::Open { at: T, until: T + 60 }));
    assert_eq!(source.minute(T, T + 60), Ok(price));
    source.minutes[place(minute, MINUTES)].first = 1;
    assert_eq!(source.minute(T, T + 7), Ok(price));
    assert_eq!(source.minute(T + 1, T + 60), Err(RingError::Time(T + 1)));
    // The same place of the ring, another minute.
    for other in [T - 960, T + 960, T + 60] {
        assert_eq!(source.minute(other, T + 2_000), Err(RingError::Missing(other)));
    }
}

#[test]
fn minute_zero_of_an_empty_ring_is_missing() {
    assert_eq!(source().minute(0, 100), Err(RingError::Missing(0)));
    assert_eq!(source().hour(0, 100), Err(RingError::Missing(0)));
}

#[test]
fn hours_come_oldest_first_and_none_is_carried_on() {
    let last = Interval::Hour.index(T).unwrap();
    let source = with_hours(last, 32);
    let expected: [u64; 24] = core::array::from_fn(|i| u64::from(last) - 23 + i as u64);
    assert_eq!(source.hours(last, T), Ok(expected));
    assert_eq!(source.hours::<32>(last, T).map(|hours| hours[0]), Ok(u64::from(last) - 31));
    assert_eq!(source.hours::<33>(last, T), Err(RingError::Missing(T - 32 * 3_600)));
    for missing in [last - 23, last - 11, last] {
        let mut gap = source;
        gap.hours[place(missing, HOURS)].price = 0;
        assert_eq!(gap.hours::<24>(last, T), Err(RingError::Missing(Interval::Hour.time(missing))));
    }
    let mut open = source;
    open.hours[place(last, HOURS)].first = 0;
    assert_eq!(open.hours::<24>(last, T + 599), Err(RingError::Open { at: T, until: T + 600 }));
    assert!(open.hours::<24>(last, T + 600).is_ok());
    assert_eq!(source.hours::<24>(5, T), Err(RingError::Missing(5 * 3_600)));
}

#[test]
fn the_window_ends_with_the_last_hour_that_is_half_an_hour_old() {
    let hour = Interval::Hour.index(T).unwrap();
    assert_eq!(last_hour_before(T + 1_799), Some(hour - 1));
    assert_eq!(last_hour_before(T + 1_800), Some(hour));
    assert_eq!(last_hour_before(T + 5_399), Some(hour));
    assert_eq!(last_hour_before(T + 5_400), Some(hour + 1));
    for none in [1_799, -1, i64::MIN, i64::MAX] {
        assert_eq!(last_hour_before(none), None, "{none}");
    }
    // It is final whatever brought it.
    assert!(T + 1_800 >= Interval::Hour.closes_at(T));
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        head in prop::collection::vec(any::<u8>(), 0..80), fill: u8, length in 0usize..1_300, at: i64, now: i64, hour: u32,
    ) {
        let mut data: Vec<u8> = DISCRIMINATOR.into_iter().chain(head).collect();
        data.resize(length, fill);
        let source = Source::decode(&data);
        if let Ok(source) = source {
            let _ = (source.spot(now, 30), source.minute(at, now), source.hours::<24>(hour, now));
        }
        let source: Source = bytemuck::pod_read_unaligned(&[fill; size_of::<Source>()]);
        let minute = i64::from(hour) * 60;
        let _ = (source.spot(now, 30), source.minute(minute, now), source.hours::<24>(hour, now));
    }
}
