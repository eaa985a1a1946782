//! Key files with weights: the identity, and each damage refused by its own error.

use ark_bn254::{Fq, Fq2, G2Affine};
use assay_interface::artifact::{self, HEADER_LEN, Kind};

use super::*;
use crate::{
    KeyReadError, ProvingKey, ValidatedKeys, VerifyingKey,
    weights::key::{WeightsProvingKey, WeightsVerifyingKey},
};

/// A point of G2's curve outside the subgroup.
pub(super) fn outside_the_subgroup() -> [u8; 128] {
    let mut x = Fq2::new(Fq::one(), Fq::one());
    let point = loop {
        match G2Affine::get_point_from_x_unchecked(x, false) {
            Some(point) if !point.is_in_correct_subgroup_assuming_on_curve() => break point,
            _ => x += Fq2::one(),
        }
    };
    point.bytes()
}

fn payload_of(key: &WeightsProvingKey) -> Vec<u8> {
    artifact::decode(Kind::ProvingKey, key.as_bytes()).unwrap().payload.to_vec()
}

fn read(key: &WeightsProvingKey, payload: &[u8]) -> Result<WeightsProvingKey, KeyReadError> {
    WeightsProvingKey::from_bytes(&artifact::encode(Kind::ProvingKey, key.circuit_digest(), payload))
}

/// The key with two weights' points exchanged in both parts.
pub(super) fn swapped(key: &WeightsProvingKey, left: usize, right: usize) -> WeightsProvingKey {
    let mut payload = payload_of(key);
    for part in [&key.inner().layout.g_weights, &key.inner().layout.sigma_g_weights] {
        let start = part.start - HEADER_LEN;
        let points: &mut [u8] = &mut payload[start..start + part.len()];
        let (a, b) = points.split_at_mut(64 * right);
        a[64 * left..64 * left + 64].swap_with_slice(&mut b[..64]);
    }
    read(key, &payload).unwrap()
}

#[test]
fn keys_round_trip_and_are_of_one_type() {
    let directory = tempfile::tempdir().unwrap();
    for world in World::both() {
        for key in &world.keys {
            assert_eq!(&WeightsProvingKey::from_bytes(key.as_bytes()).unwrap(), key);
            let path = directory.path().join("model.pk");
            std::fs::write(&path, key.as_bytes()).unwrap();
            let mapped = WeightsProvingKey::open(&path, &ValidatedKeys::none()).unwrap();
            assert_eq!((&mapped, mapped.digest()), (key, key.digest()));
            assert_eq!(ProvingKey::from_bytes(key.as_bytes()).err(), Some(KeyReadError::HasWeights));
            let vk = key.verifying_key();
            let bytes = vk.to_bytes();
            assert_eq!(&WeightsVerifyingKey::from_bytes(&bytes).unwrap(), vk);
            assert_eq!(VerifyingKey::from_bytes(&bytes).err(), Some(KeyReadError::HasWeights));
            let interface = vk.to_interface();
            let again = WeightsVerifyingKey::from_interface(&interface, vk.circuit_digest(), vk.setup_kind());
            assert_eq!(&again.unwrap(), vk);
            assert!(WeightsVerifyingKey::is_in(&bytes));
            let expected = if vk.has_commitment() { 896 } else { 704 };
            assert_eq!(interface.as_bytes().len(), expected);
        }
    }
    let (key, verifying_key) = crate::setup_development(&common::small(), &mut common::rng(1)).unwrap();
    assert_eq!(WeightsProvingKey::from_bytes(key.as_bytes()).err(), Some(KeyReadError::NoWeights));
    assert_eq!(
        WeightsVerifyingKey::from_bytes(&verifying_key.to_bytes()).err(),
        Some(KeyReadError::NoWeights)
    );
    assert!(!WeightsVerifyingKey::is_in(&verifying_key.to_bytes()) && !WeightsVerifyingKey::is_in(b"none"));
}

#[test]
fn damaged_keys_are_refused() {
    use crate::layout::{COUNTS, FORMAT_AT};
    let world = World::of(Ranges::Lookup);
    let key = &world.keys[0];
    let (layout, counts) = (key.inner().layout.clone(), key.inner().counts);
    let honest = payload_of(key);
    let error = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut payload = honest.clone();
        change(&mut payload);
        read(key, &payload).unwrap_err()
    };
    let at = |offset: usize| offset - HEADER_LEN;
    let set = |payload: &mut Vec<u8>, offset: usize, bytes: &[u8]| {
        payload[at(offset)..at(offset) + bytes.len()].copy_from_slice(bytes);
    };
    // A weight that is among the wires of L, or of the lookups: its place in that list says so.
    let wires = key.inner().weights().wires;
    let weight = wires[1];
    let expected = |field| KeyReadError::FreeWeight { index: 1, wire: weight, field };
    // In place of the last wire before it, if there is one: the list stays ascending.
    let inner = key.inner();
    let free = |part: &std::ops::Range<usize>, wires: &[u32]| {
        let place = wires.partition_point(|wire| *wire < weight).saturating_sub(1);
        error(&|payload| set(payload, part.start + 4 * place, &weight.to_le_bytes()))
    };
    assert_eq!(free(&layout.wires_l, inner.l().wires), expected("query L"));
    assert_eq!(free(&layout.wires_committed, inner.g().wires), expected("commitment"));
    assert_eq!(free(&layout.wires_b, inner.b_g1().wires), expected("query B"));
    // Points that are none, or do not fit sigma_w.
    let part = &layout.sigma_g_weights;
    let other = |payload: &mut Vec<u8>| {
        let (from, to) = (at(layout.g_weights.start), at(part.start));
        payload.copy_within(from..from + 64, to);
    };
    assert_eq!(error(&other), KeyReadError::SigmaWeights);
    let zero = error(&|payload| set(payload, layout.g_weights.start, &[0; 64]));
    assert!(matches!(zero, KeyReadError::Point { field: "weights", index: 0, .. }), "{zero}");
    let zero = error(&|payload| set(payload, part.end - 64, &[0; 64]));
    assert!(
        matches!(zero, KeyReadError::Point { field: "knowledge check of weights", index: 9, .. }),
        "{zero}"
    );
    // Wires.
    let wire = error(&|payload| set(payload, layout.wires_weights.start, &1u32.to_le_bytes()));
    assert!(matches!(wire, KeyReadError::Wire { field: "weights", index: 0, wire: 1, .. }), "{wire}");
    let wire = error(&|payload| set(payload, layout.wires_weights.start, &wires[1].to_le_bytes()));
    assert!(matches!(wire, KeyReadError::Wire { field: "weights", index: 1, .. }), "{wire}");
    // Counts and formats that are not possible.
    let count = |found| KeyReadError::Count { field: "weights", found };
    for found in [0, 1, counts.wires] {
        assert_eq!(error(&|payload| set(payload, COUNTS + 24, &u32::to_le_bytes(found))), count(found));
    }
    assert_eq!(error(&|payload| set(payload, FORMAT_AT, &[4])), KeyReadError::Format { found: 4 });
    assert!(error(&|payload| set(payload, FORMAT_AT, &[2])) != KeyReadError::NoWeights);
    assert!(matches!(
        error(&|payload| payload.truncate(at(part.start) + 5)),
        KeyReadError::Truncated { field: "knowledge check of weights" }
    ));
    assert!(matches!(
        error(&|payload| payload.truncate(at(layout.g_weights.start) + 5)),
        KeyReadError::Truncated { field: "weights" }
    ));
    assert_eq!(error(&|payload| payload.push(0)), KeyReadError::Trailing(1));
}
