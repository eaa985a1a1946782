//! Readers of what a program is sent or reads: schemas, statements, keys, answers, prices.

use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_feed_interface::{Interval, Source, source};
use assay_interface::field::Scalar;
use assay_interface::groth16::{self, SetupKind};
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement;
use assay_interface::verifier::Verified;

use super::keys::proven;

/// A model's schema.
pub fn schema(bytes: &[u8]) {
    if let Ok(read) = ModelSchema::decode(bytes) {
        assert_eq!(read.encode(), bytes, "one encoding for each schema");
        assert!(read.input_limbs() > 0 && read.output_limbs() > 0, "no tensor is empty");
    }
}

pub(super) fn schema_seeds() -> Vec<Vec<u8>> {
    let tensor = |name: &str, shape: &[u32], bits, visibility| TensorSchema {
        name: name.into(),
        shape: shape.to_vec(),
        bits,
        scales: 8.into(),
        missing: Default::default(),
        visibility,
    };
    let inputs = vec![
        tensor("x", &[1, 16], 15, Visibility::Public),
        tensor("y", &[3], 32, Visibility::Committed),
        tensor("z", &[2], 5, Visibility::Member { depth: 20 }),
    ];
    let outputs = vec![tensor("score", &[1], 16, Visibility::Public)];
    let small = ModelSchema::new("m".into(), inputs.iter().take(1).cloned().collect(), outputs.clone());
    let large = ModelSchema::new("a-longer-name".into(), inputs, outputs);
    [small, large].into_iter().flatten().map(|schema| schema.encode()).collect()
}

/// Limbs of a statement: first a count and a width, then the limbs.
pub fn unpack(bytes: &[u8]) {
    let Some((&[count, bits], rest)) = bytes.split_first_chunk::<2>() else { return };
    let limbs: Vec<Scalar> =
        rest.as_chunks::<32>().0.iter().filter_map(|limb| Scalar::from_be_bytes(*limb).ok()).collect();
    if let Ok(values) = statement::unpack(&limbs, usize::from(count), bits) {
        assert_eq!(values.len(), usize::from(count));
        assert_eq!(
            statement::pack(&values, bits).as_ref(),
            Ok(&limbs),
            "one packing for each list of values"
        );
    }
}

pub(super) fn unpack_seeds() -> Vec<Vec<u8>> {
    [(16usize, 15u8), (9, 32), (200, 1)]
        .into_iter()
        .filter_map(|(count, bits)| {
            let limbs = statement::pack(&vec![-1; count], bits).ok()?;
            let mut seed = vec![count as u8, bits];
            limbs.iter().for_each(|limb| seed.extend_from_slice(limb.as_be_bytes()));
            Some(seed)
        })
        .collect()
}

/// A verifying key and a proof as the verifier program gets them: registration, then verification.
pub fn onchain_key(bytes: &[u8]) {
    for (key_length, proof_length) in [(288, 256), (384, 384)] {
        let Some((key, rest)) = bytes.split_at_checked(key_length) else { return };
        let Ok(key) = groth16::VerifyingKey::decompress(key) else { continue };
        let _ = groth16::check_key(&key);
        let Some(proof) = rest.get(..proof_length) else { continue };
        let Ok(proof) = groth16::ProofRef::from_slice(proof) else { continue };
        let verified = groth16::verify(&key, proof, &Scalar::from(1u64));
        assert!(verified.is_err(), "noise is no proof under any key");
    }
}

pub(super) fn onchain_key_seeds() -> Vec<Vec<u8>> {
    proven()
        .iter()
        .map(|proven| {
            let key = proven.verifying_key.to_interface();
            let mut seed = key.compress().expect("a sound key");
            seed.extend(vec![0x22; key.form().proof_len()]);
            seed
        })
        .collect()
}

/// The verifier program's answer to a caller.
pub fn return_data(bytes: &[u8]) {
    if let Ok(read) = Verified::decode(bytes) {
        assert_eq!(read.encode(), bytes, "one encoding for each answer");
    }
}

pub(super) fn return_data_seeds() -> Vec<Vec<u8>> {
    vec![Verified { model: [1; 32], digest: [2; 32], setup: SetupKind::Ceremony }.encode().to_vec()]
}

/// A Pyth price account, read and judged.
pub fn price_account(bytes: &[u8]) {
    let Ok(read) = PriceUpdate::decode(bytes) else { return };
    assert_eq!(PriceUpdate::decode(&read.encode()).as_ref(), Ok(&read), "what is written is read back");
    if let Ok(price) = read.checked(&read.feed_id) {
        assert!(price.price > 0 && price.low() <= price.high(), "a checked price is usable");
    }
}

pub(super) fn price_account_seeds() -> Vec<Vec<u8>> {
    [VerificationLevel::Full, VerificationLevel::Partial { signatures: 13 }]
        .into_iter()
        .map(|verification_level| {
            let update = PriceUpdate {
                write_authority: [1; 32],
                verification_level,
                feed_id: [2; 32],
                price: 14_512_345_678,
                confidence: 5_000_000,
                exponent: -8,
                publish_time: 1_763_000_000,
                previous_publish_time: 1_762_999_999,
                ema_price: 14_400_000_000,
                ema_confidence: 6_000_000,
                posted_slot: 350_000_000,
            };
            update.encode().to_vec()
        })
        .collect()
}

/// A source of prices, as lending and markets read it.
pub fn price_source(bytes: &[u8]) {
    let Ok(read) = Source::decode(bytes) else { return };
    assert_eq!(read.header.version, 1, "a layout that is known");
    let now = read.header.publish_time;
    if let Ok(price) = read.spot(now, 0) {
        assert!(price.price > 0 && price.low() <= price.high(), "a spot price is usable");
    }
    for entry in &read.minutes {
        let at = Interval::Minute.time(entry.minute);
        assert!(read.minute(at, at).is_err() || entry.first == 1, "an open minute is not given");
        assert!(
            read.minute(at, at + 60).map_or(true, |price| price.price > 0),
            "no entry without a price is given"
        );
        let _ = read.hours::<24>(entry.minute, now);
    }
}

pub(super) fn price_source_seeds() -> Vec<Vec<u8>> {
    let mut seed = vec![0; source::ACCOUNT_LEN];
    for (index, byte) in seed.iter_mut().enumerate() {
        *byte = match index {
            0..8 => source::DISCRIMINATOR[index],
            8 => 1,
            9..16 => 0,
            _ => (index % 7) as u8,
        };
    }
    vec![seed]
}
