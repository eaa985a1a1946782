//! Key files: the identity, and every damage refused by its own error, never by a panic.

use std::sync::LazyLock;

use crate::common;
use ark_bn254::{Fq, Fq2, G2Affine};
use ark_ff::{Field, PrimeField};
use assay_circuits::Circuit;
use assay_groth16::{
    KeyReadError, PointError, ProveError, Prover, ProvingKey, SetupKind, VerifyingKey, setup_development,
};
use assay_interface::{
    artifact::{self, ArtifactError, HEADER_LEN, Kind},
    groth16::{BASE_MODULUS, KeyError, KeyPoint},
};
use proptest::prelude::*;

struct Fixture {
    circuit: Circuit,
    key: ProvingKey,
    /// Payload of the `.pk`.
    payload: Vec<u8>,
}

/// Made once: a setup is most of the time of these tests.
fn fixture() -> &'static Fixture {
    static FIXTURE: LazyLock<Fixture> = LazyLock::new(make_fixture);
    &FIXTURE
}

fn make_fixture() -> Fixture {
    let circuit = common::small();
    let (key, _) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let bytes = key.to_bytes();
    let payload = artifact::decode(Kind::ProvingKey, &bytes).unwrap().payload.to_vec();
    Fixture { circuit, key, payload }
}

impl Fixture {
    /// Reads a payload in a sound container.
    fn read(&self, payload: &[u8]) -> Result<ProvingKey, KeyReadError> {
        ProvingKey::from_bytes(&artifact::encode(Kind::ProvingKey, self.circuit.digest(), payload))
    }

    /// The error of the payload after `change`.
    fn error(&self, change: impl FnOnce(&mut Vec<u8>)) -> KeyReadError {
        let mut payload = self.payload.clone();
        change(&mut payload);
        self.read(&payload).unwrap_err()
    }

    fn count_at(&self, offset: usize) -> usize {
        u32::from_le_bytes(self.payload[offset..offset + 4].try_into().unwrap()) as usize
    }

    /// Offsets of the payload's parts, from its own counts.
    fn layout(&self) -> Layout {
        let wires = 32 + 1 + 576;
        let beta_g1 = wires + 4;
        let a = beta_g1 + 2 * 64;
        let a_points = a + 4 + 4 * self.count_at(a);
        let b = a_points + 64 * self.count_at(a);
        let b_g1 = b + 4 + 4 * self.count_at(b);
        let b_g2 = b_g1 + 64 * self.count_at(b);
        let l = b_g2 + 128 * self.count_at(b);
        let l_points = l + 4 + 4 * self.count_at(l);
        let h = l_points + 64 * self.count_at(l);
        Layout { wires, beta_g1, a, a_points, b, b_g1, b_g2, l, l_points, h }
    }
}

struct Layout {
    wires: usize,
    beta_g1: usize,
    a: usize,
    a_points: usize,
    b: usize,
    b_g1: usize,
    b_g2: usize,
    l: usize,
    l_points: usize,
    h: usize,
}

/// A point of G2's curve outside the subgroup, in the interface's bytes.
fn outside_the_subgroup() -> [u8; 128] {
    let mut x = Fq2::new(Fq::ONE, Fq::ONE);
    let point = loop {
        match G2Affine::get_point_from_x_unchecked(x, false) {
            Some(point) if !point.is_in_correct_subgroup_assuming_on_curve() => break point,
            _ => x += Fq2::ONE,
        }
    };
    let mut bytes = [0; 128];
    for (slot, coordinate) in bytes.chunks_exact_mut(32).zip([point.x.c1, point.x.c0, point.y.c1, point.y.c0])
    {
        let limbs = coordinate.into_bigint().0;
        slot.chunks_exact_mut(8)
            .zip(limbs.iter().rev())
            .for_each(|(slot, limb)| slot.copy_from_slice(&limb.to_be_bytes()));
    }
    bytes
}

#[test]
fn keys_round_trip() {
    let Fixture { circuit, key, .. } = fixture();
    let read = ProvingKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(&read, key);
    assert_eq!(read.to_bytes(), key.to_bytes());
    let verifying_key = key.verifying_key();
    assert_eq!(&VerifyingKey::from_bytes(&verifying_key.to_bytes()).unwrap(), verifying_key);
    assert_eq!(verifying_key.circuit_digest(), circuit.digest());
    let artifact = verifying_key.to_bytes();
    let artifact = artifact::decode(Kind::VerifyingKey, &artifact).unwrap();
    assert_eq!((artifact.parent, artifact.digest), (circuit.digest(), verifying_key.digest()));
    assert_eq!(
        VerifyingKey::from_interface(
            verifying_key.to_interface().plain(),
            circuit.digest(),
            SetupKind::Development
        )
        .as_ref(),
        Ok(verifying_key)
    );
}

#[test]
fn the_container_is_checked_first() {
    let Fixture { key, .. } = fixture();
    let bytes = key.to_bytes();
    let wrong_kind = VerifyingKey::from_bytes(&bytes).unwrap_err();
    let (expected, found) = (Kind::VerifyingKey, Kind::ProvingKey);
    assert_eq!(wrong_kind, KeyReadError::Artifact(ArtifactError::WrongKind { expected, found }));
    assert_eq!(ProvingKey::from_bytes(b"{}").unwrap_err(), KeyReadError::Artifact(ArtifactError::NotAssay));
    let mut parent = bytes.clone();
    parent[8] ^= 1;
    assert_eq!(ProvingKey::from_bytes(&parent).unwrap_err(), KeyReadError::Parent);
    let mut flipped = bytes;
    flipped[HEADER_LEN + 5000] ^= 1;
    assert_eq!(
        ProvingKey::from_bytes(&flipped).unwrap_err(),
        KeyReadError::Artifact(ArtifactError::Checksum)
    );
}

#[test]
fn every_part_of_a_proving_key_is_checked() {
    let f = fixture();
    let at = f.layout();
    assert_eq!(f.error(|p| p[0] ^= 1), KeyReadError::Parent);
    assert_eq!(f.error(|p| p[32] = 2), KeyReadError::SetupKind(2));
    assert_eq!(f.error(|p| p[33..97].fill(0)), KeyReadError::Key(KeyError::Identity(KeyPoint::Alpha)));
    assert_eq!(
        f.error(|p| p.copy_within(33 + 320..33 + 448, 33 + 192)),
        KeyReadError::Key(KeyError::Equal(KeyPoint::Gamma, KeyPoint::Delta))
    );
    let set = |offset: usize, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move |p: &mut Vec<u8>| p[offset..offset + bytes.len()].copy_from_slice(&bytes)
    };
    let count = |field, found| KeyReadError::Count { field, found };
    assert_eq!(f.error(set(at.wires, &[1, 0, 0, 0])), count("wires", 1));
    assert_eq!(f.error(set(at.wires, &[0xff; 4])), count("wires", u32::MAX));
    assert_eq!(f.error(set(at.a, &[0xff; 4])), count("query A", u32::MAX));
    assert_eq!(f.error(set(at.b, &[0xff; 4])), count("query B in G1", u32::MAX));
    assert_eq!(f.error(set(at.l, &[0xff; 4])), count("query L", u32::MAX));
    assert_eq!(f.error(set(at.h, &[3, 0, 0, 0])), count("query H", 3));
    assert_eq!(f.error(set(at.h, &[0; 4])), count("query H", 0));
    assert_eq!(f.error(set(at.h, &[0, 0, 0, 0x10])), KeyReadError::Truncated { field: "query H" });
    let limit = f.count_at(at.wires) as u32;
    let wire = |field, index, wire| KeyReadError::Wire { field, index, wire, limit };
    assert_eq!(f.error(set(at.a + 8, &[0; 4])), wire("query A", 1, 0));
    assert_eq!(f.error(set(at.a + 4, &limit.to_le_bytes())), wire("query A", 0, limit));
    assert_eq!(f.error(set(at.l + 4, &[1, 0, 0, 0])), wire("query L", 0, 1));

    for (field, offset) in [
        ("beta in G1", at.beta_g1),
        ("delta in G1", at.beta_g1 + 64),
        ("query A", at.a_points),
        ("query B in G1", at.b_g1),
        ("query L", at.l_points),
        ("query H", at.h + 4),
    ] {
        let point = |error| KeyReadError::Point { field, index: 0, error };
        assert_eq!(f.error(set(offset, &[0; 64])), point(PointError::Identity));
        assert_eq!(f.error(set(offset, &BASE_MODULUS)), point(PointError::NotCanonical));
        assert_eq!(f.error(|p| p[offset + 63] ^= 1), point(PointError::NotOnCurve));
    }
    let point = |error| KeyReadError::Point { field: "query B in G2", index: 1, error };
    assert_eq!(f.error(set(at.b_g2 + 128, &[0; 128])), point(PointError::Identity));
    assert_eq!(f.error(|p| p[at.b_g2 + 255] ^= 1), point(PointError::NotOnCurve));
    assert_eq!(f.error(set(at.b_g2 + 128, &outside_the_subgroup())), point(PointError::NotInSubgroup));

    // A valid point in the wrong place: beta and delta no longer fit the verifying key.
    let another = f.payload[at.a_points..at.a_points + 64].to_vec();
    assert_eq!(f.error(set(at.beta_g1, &another)), KeyReadError::Inconsistent);
    assert_eq!(f.error(|p| p.push(0)), KeyReadError::Trailing(1));
}

#[test]
fn a_key_assembled_for_another_circuit_is_refused_before_proving() {
    let f = fixture();
    let at = f.layout();
    let mut payload = f.payload.clone();
    payload[at.wires] += 1;
    let key = f.read(&payload).unwrap();
    let found = f.count_at(at.wires) + 1;
    let error = Prover::new(&key, &f.circuit).unwrap_err();
    assert_eq!(error, ProveError::KeySize { what: "wires", expected: found - 1, found });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_flipped_bit_of_a_file_is_refused(bit: prop::sample::Index) {
        let mut bytes = fixture().key.to_bytes();
        let bit = bit.index(8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(ProvingKey::from_bytes(&bytes).is_err());
    }

    /// As above with a checksum made to fit: every bit but the setup kind's is checked by what it means.
    #[test]
    fn a_flipped_bit_under_a_valid_checksum_is_refused(bit: prop::sample::Index, head in 0usize..8 * 1000, near: bool) {
        let f = fixture();
        let mut payload = f.payload.clone();
        let bit = if near { head } else { bit.index(8 * payload.len()) };
        prop_assume!(bit != 8 * 32); // development or ceremony: both exist
        payload[bit / 8] ^= 1 << (bit % 8);
        if let Ok(key) = f.read(&payload) {
            prop_assert!(Prover::new(&key, &f.circuit).is_err(), "bit {} of byte {}", bit % 8, bit / 8);
        }
    }

    #[test]
    fn a_truncated_key_is_refused(cut: prop::sample::Index) {
        let f = fixture();
        let bytes = f.key.to_bytes();
        let end = cut.index(bytes.len());
        prop_assert!(matches!(ProvingKey::from_bytes(&bytes[..end]), Err(KeyReadError::Artifact(_))));
        let end = cut.index(f.payload.len());
        let refused = f.read(&f.payload[..end]);
        prop_assert!(matches!(refused, Err(KeyReadError::Truncated { .. })), "{refused:?}");
    }

    #[test]
    fn arbitrary_payloads_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let circuit = payload.first_chunk().copied().unwrap_or_default();
        for kind in [Kind::ProvingKey, Kind::VerifyingKey] {
            let bytes = artifact::encode(kind, circuit, &payload);
            prop_assert!(ProvingKey::from_bytes(&bytes).is_err());
            prop_assert!(VerifyingKey::from_bytes(&bytes).is_err());
        }
    }
}
