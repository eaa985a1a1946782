use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

extern crate std;
use std::vec::Vec;

const NOW: i64 = 1_708_000_000;

const FEED: [u8; 32] = [7; 32];

fn update() -> PriceUpdate {
    PriceUpdate {
        write_authority: [1; 32],
        verification_level: VerificationLevel::Full,
        feed_id: FEED,
        price: 104_0700_0000,
        confidence: 500_0000,
        exponent: -8,
        publish_time: NOW - 10,
        previous_publish_time: NOW - 11,
        ema_price: 103_9000_0000,
        ema_confidence: 400_0000,
        posted_slot: 250_000_000,
    }
}

fn any_update() -> impl Strategy<Value = PriceUpdate> {
    let level = prop_oneof![
        Just(VerificationLevel::Full),
        any::<u8>().prop_map(|signatures| VerificationLevel::Partial { signatures }),
    ];
    let amounts = (any::<i64>(), any::<u64>(), any::<i64>(), any::<u64>());
    let times = (any::<i64>(), any::<i64>(), any::<u64>());
    (any::<[u8; 32]>(), level, any::<[u8; 32]>(), any::<i32>(), amounts, times).prop_map(
        |(write_authority, verification_level, feed_id, exponent, amounts, times)| PriceUpdate {
            write_authority,
            verification_level,
            feed_id,
            price: amounts.0,
            confidence: amounts.1,
            exponent,
            publish_time: times.0,
            previous_publish_time: times.1,
            ema_price: amounts.2,
            ema_confidence: amounts.3,
            posted_slot: times.2,
        },
    )
}

#[test]
fn discriminator_is_anchors() {
    assert!(Sha256::digest(b"account:PriceUpdateV2").starts_with(&DISCRIMINATOR));
}

/// The 32 bytes that base58 text stands for.
pub(crate) fn from_base58(text: &str) -> [u8; 32] {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0u8; 32];
    for character in text.as_bytes() {
        let mut carry = ALPHABET.iter().position(|letter| letter == character).unwrap();
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry & 0xff).unwrap();
            carry >>= 8;
        }
    }
    bytes
}

#[test]
fn programs_are_their_base58_addresses() {
    assert_eq!(from_base58("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ"), RECEIVER_PROGRAM);
    assert_eq!(from_base58("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT"), PUSH_ORACLE_PROGRAM);
}

#[test]
fn fields_stand_where_the_receiver_writes_them() {
    let data = update().encode();
    assert_eq!(data[40], 1);
    assert_eq!(data[41..73], FEED);
    assert_eq!(data[73..81], 104_0700_0000i64.to_le_bytes());
    assert_eq!(data[125..133], 250_000_000u64.to_le_bytes());
    assert_eq!(data[133], 0);
    let partial = VerificationLevel::Partial { signatures: 5 };
    let data = PriceUpdate { verification_level: partial, ..update() }.encode();
    assert_eq!(data[40..42], [0, 5]);
    assert_eq!(data[42..74], FEED);
    assert_eq!(data[126..134], 250_000_000u64.to_le_bytes());
}

#[test]
fn a_good_update_gives_its_price() {
    let accepted = update().checked(&FEED).unwrap();
    let expected =
        Price { price: 104_0700_0000, confidence: 500_0000, ema: 103_9000_0000, publish_time: NOW - 10 };
    assert_eq!(accepted, expected);
    assert_eq!((accepted.low(), accepted.high()), (104_0200_0000, 104_1200_0000));
}

#[test]
fn exponents_rescale_and_round_for_the_protocol() {
    let coarse = PriceUpdate { price: 10_407, confidence: 5, ema_price: 10_390, exponent: -2, ..update() };
    let price = coarse.checked(&FEED).unwrap();
    assert_eq!((price.price, price.confidence, price.ema), (104_0700_0000, 500_0000, 103_9000_0000));
    let fine = PriceUpdate { price: 12_345, confidence: 101, ema_price: 12_399, exponent: -10, ..update() };
    let price = fine.checked(&FEED).unwrap();
    assert_eq!((price.price, price.confidence, price.ema), (123, 2, 123));
}

#[test]
fn a_source_takes_every_age_and_every_interval() {
    let good = update();
    let price = good.checked(&FEED).unwrap();
    for publish_time in [i64::MIN, 0, NOW + 1_000_000] {
        let other = PriceUpdate { publish_time, ..good };
        assert_eq!(other.checked(&FEED), Ok(Price { publish_time, ..price }));
    }
    let wide = PriceUpdate { confidence: u64::MAX, exponent: -3, price: 5, ..good };
    assert_eq!(wide.checked(&FEED).map(|price| (price.price, price.confidence)), Ok((500_000, u64::MAX)));
    // An average that is none, or leaves the range, does not keep the price away.
    for ema_price in [0, -1, i64::MIN, i64::MAX] {
        let other = PriceUpdate { ema_price, exponent: 0, price: 5, ..good };
        assert_eq!(other.checked(&FEED).map(|price| price.ema), Ok(0));
    }
    let cases = [
        (
            PriceUpdate { verification_level: VerificationLevel::Partial { signatures: 12 }, ..good },
            PythError::PartiallyVerified { signatures: 12 },
        ),
        (PriceUpdate { feed_id: [8; 32], ..good }, PythError::Feed),
        (PriceUpdate { price: 0, ..good }, PythError::Price(0)),
        (PriceUpdate { price: i64::MIN, ..good }, PythError::Price(i64::MIN)),
        (PriceUpdate { exponent: 1, ..good }, PythError::Exponent(1)),
        (PriceUpdate { exponent: i32::MAX, ..good }, PythError::Exponent(i32::MAX)),
        (PriceUpdate { exponent: i32::MIN, ..good }, PythError::Exponent(i32::MIN)),
        (
            PriceUpdate { price: i64::MAX, exponent: 0, ..good },
            PythError::Range { amount: i64::MAX.unsigned_abs(), exponent: 0 },
        ),
        (
            PriceUpdate { price: 9_999, exponent: -12, ..good },
            PythError::Range { amount: 9_999, exponent: -12 },
        ),
    ];
    for (update, error) in cases {
        assert_eq!(update.checked(&FEED), Err(error), "{update:?}");
    }
}

#[test]
fn limits_themselves_are_allowed() {
    let good = update();
    for allowed in [
        PriceUpdate { exponent: -12, ..good },
        PriceUpdate { price: 1, confidence: 0, ema_price: 1, exponent: 0, ..good },
    ] {
        allowed.checked(&FEED).unwrap();
    }
}

#[test]
fn hostile_bytes_are_named() {
    let data = update().encode();
    for length in 0..133 {
        assert_eq!(PriceUpdate::decode(&data[..length]), Err(PythError::Truncated(length)));
    }
    assert!(PriceUpdate::decode(&data[..133]).is_ok());
    for index in 0..8 {
        let mut other = data;
        other[index] ^= 1;
        assert_eq!(PriceUpdate::decode(&other), Err(PythError::Discriminator));
    }
    let mut unknown = data;
    unknown[40] = 2;
    assert_eq!(PriceUpdate::decode(&unknown), Err(PythError::UnknownVerificationLevel(2)));
    let mut partial = update();
    partial.verification_level = VerificationLevel::Partial { signatures: 1 };
    assert_eq!(PriceUpdate::decode(&partial.encode()[..133]), Err(PythError::Truncated(133)));
}

proptest! {
    #[test]
    fn decoding_inverts_encoding(update in any_update()) {
        prop_assert_eq!(PriceUpdate::decode(&update.encode()), Ok(update));
    }

    #[test]
    fn any_bytes_decode_or_fail_and_re_encode_to_themselves(
        tail in prop::collection::vec(any::<u8>(), 0..200),
        level in 0u8..3,
    ) {
        let mut data: Vec<u8> = DISCRIMINATOR.into_iter().chain(tail).collect();
        if let Some(byte) = data.get_mut(40) {
            *byte = level;
        }
        if let Ok(update) = PriceUpdate::decode(&data) {
            let used = if level == 0 { 134 } else { 133 };
            prop_assert_eq!(&update.encode()[..used], &data[..used]);
        }
    }

    #[test]
    fn a_checked_price_is_the_updates_rescaled(
        update in any_update(),
        exponent in MIN_EXPONENT - 1..=MAX_EXPONENT + 1,
        shifts in (0u32..63, 0u32..63),
    ) {
        let update = PriceUpdate {
            verification_level: VerificationLevel::Full,
            feed_id: FEED,
            exponent,
            price: update.price >> shifts.0,
            ema_price: update.ema_price >> shifts.1,
            ..update
        };
        if let Ok(price) = update.checked(&FEED) {
            prop_assert!(update.price > 0 && price.price > 0 && price.publish_time == update.publish_time);
            prop_assert!(price.ema == 0 || update.ema_price > 0);
            let unit = 10f64.powi(exponent + 8);
            prop_assert!((price.price as f64 - update.price as f64 * unit).abs() <= 1.0 + price.price as f64 * 1e-12);
        }
    }

    #[test]
    fn no_update_makes_the_check_panic(update in any_update()) {
        let full = PriceUpdate { verification_level: VerificationLevel::Full, ..update };
        let _ = full.checked(&full.feed_id);
    }
}
