//! Key files: the identity, and every damage refused by its own error, never by a panic.

use std::sync::LazyLock;

use crate::common;
use ark_bn254::{Fq, Fq2, G2Affine};
use ark_ff::{Field, PrimeField};
use assay_circuits::Circuit;
use assay_engine::G2Point;
use assay_groth16::{
    KeyOpenError, KeyReadError, PointError, ProveError, Prover, ProvingKey, SetupError, SetupKind,
    ValidatedKeys, VerifyingKey,
    oracle::{self, Secrets},
    scalar, setup_development, verify,
};
use assay_interface::{
    artifact::{self, ArtifactError, HEADER_LEN, Kind},
    groth16::{KeyError, KeyPoint, PlainKey, check_key},
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

    /// Number `index` of the counts: wires, domain, A, B, L, committed wires.
    fn count(&self, index: usize) -> usize {
        let at = COUNTS + 4 * index;
        u32::from_le_bytes(self.payload[at..at + 4].try_into().unwrap()) as usize
    }

    /// Offsets in the payload of the parts, from the counts: each part starts at a multiple of 64 in the file.
    fn layout(&self) -> Layout {
        let (a, b, l) = (self.count(2), self.count(3), self.count(4));
        let mut end = KEY + 576;
        let mut part = |len: usize| {
            let start = (HEADER_LEN + end).next_multiple_of(64) - HEADER_LEN;
            end = start + len;
            start
        };
        let (wires_a, wires_b, wires_l) = (part(4 * a), part(4 * b), part(4 * l));
        let _committed = part(0);
        Layout {
            wires_a,
            wires_b,
            wires_l,
            a: part(64 * a),
            b_g1: part(64 * b),
            b_g2: part(128 * b),
            l: part(64 * l),
            h: part(64 * self.count(1)),
        }
    }
}

// Offsets of the fixed fields in the payload.
const FORMAT: usize = 32;
const COUNTS: usize = 36;
const BETA: usize = 64;
const DELTA: usize = 128;
const KEY: usize = 192;

struct Layout {
    wires_a: usize,
    wires_b: usize,
    wires_l: usize,
    a: usize,
    b_g1: usize,
    b_g2: usize,
    l: usize,
    h: usize,
}

/// A point of G2's curve outside the subgroup, as a key holds points.
fn outside_the_subgroup() -> [u8; 128] {
    let mut x = Fq2::new(Fq::ONE, Fq::ONE);
    let point = loop {
        match G2Affine::get_point_from_x_unchecked(x, false) {
            Some(point) if !point.is_in_correct_subgroup_assuming_on_curve() => break point,
            _ => x += Fq2::ONE,
        }
    };
    bytemuck::cast(G2Point::from(point))
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

/// Where a key of ours enters, or is made, what registration refuses is refused by the same name.
#[test]
fn keys_that_anyone_can_forge_with_are_refused() {
    let Fixture { circuit, key, .. } = fixture();
    let bytes = *key.verifying_key().to_interface().plain();
    let gamma_is_delta = PlainKey { gamma_g2: bytes.delta_g2, ..bytes };
    let beta_is_gamma = PlainKey { beta_g2: bytes.gamma_g2, ..bytes };
    let no_alpha = PlainKey { alpha_g1: [0; 64], ..bytes };
    let one_input_point = PlainKey { ic: [bytes.ic[0]; 2], ..bytes };
    for weak in [gamma_is_delta, beta_is_gamma, no_alpha, one_input_point] {
        let expected = KeyReadError::Key(check_key(&weak).unwrap_err());
        let payload = [&circuit.digest()[..], &[0], bytemuck::bytes_of(&weak)].concat();
        let file = artifact::encode(Kind::VerifyingKey, circuit.digest(), &payload);
        assert_eq!(VerifyingKey::from_bytes(&file), Err(expected.clone()));
        let in_proving_key = fixture().error(|payload| {
            payload[KEY..KEY + 576].copy_from_slice(bytemuck::bytes_of(&weak));
        });
        assert_eq!(in_proving_key, expected);
        let registered = VerifyingKey::from_interface(&weak, circuit.digest(), SetupKind::Ceremony);
        assert_eq!(registered, Err(expected));
    }
    let secrets = Secrets::draw(&mut common::rng(3));
    let setup = |secrets: Secrets| oracle::setup(&circuit.r1cs, circuit.digest(), &secrets).unwrap_err();
    for (secrets, left, right) in [
        (Secrets { gamma: secrets.delta, ..secrets }, KeyPoint::Gamma, KeyPoint::Delta),
        (Secrets { beta: secrets.gamma, ..secrets }, KeyPoint::Beta, KeyPoint::Gamma),
    ] {
        assert_eq!(setup(secrets), SetupError::Key(KeyReadError::Key(KeyError::Equal(left, right))));
    }
    let opposite = setup(Secrets { gamma: -secrets.delta, ..secrets });
    let (left, right) = (KeyPoint::Gamma, KeyPoint::Delta);
    assert_eq!(opposite, SetupError::Key(KeyReadError::Key(KeyError::Opposite(left, right))));
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
    // The first format had the setup kind here.
    assert_eq!(f.error(|p| p[FORMAT] = 0), KeyReadError::Format { found: 0 });
    assert_eq!(f.error(|p| p[FORMAT + 1] = 2), KeyReadError::SetupKind(2));
    let set = |offset: usize, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move |p: &mut Vec<u8>| p[offset..offset + bytes.len()].copy_from_slice(&bytes)
    };
    assert_eq!(f.error(set(KEY, &[0; 64])), KeyReadError::Key(KeyError::Identity(KeyPoint::Alpha)));
    assert_eq!(
        f.error(|p| p.copy_within(KEY + 320..KEY + 448, KEY + 192)),
        KeyReadError::Key(KeyError::Equal(KeyPoint::Gamma, KeyPoint::Delta))
    );

    let limit = f.count(0) as u32;
    let count = |field, found| KeyReadError::Count { field, found };
    assert_eq!(f.error(set(FORMAT + 2, &[1])), count("instance wires", 1));
    assert_eq!(f.error(set(FORMAT + 2, &[4])), count("instance wires", 4));
    // A third instance wire leaves one private wire less, and needs a commitment.
    let private = f.count(4) as u32;
    assert_eq!(f.error(set(FORMAT + 2, &[3])), count("query L", private));
    let uncommitted = f.error(|p| {
        p[FORMAT + 2] = 3;
        p[COUNTS + 4 * 4..COUNTS + 4 * 5].copy_from_slice(&(private - 1).to_le_bytes());
    });
    assert_eq!(uncommitted, count("committed wires", 0));
    assert_eq!(f.error(set(FORMAT + 3, &[1])), KeyReadError::Gap(HEADER_LEN + FORMAT + 3));
    assert_eq!(f.error(set(COUNTS, &[1, 0, 0, 0])), count("wires", 1));
    assert_eq!(f.error(set(COUNTS, &[0xff; 4])), count("wires", u32::MAX));
    for (index, field) in
        [(1, "query H"), (2, "query A"), (3, "query B"), (4, "query L"), (5, "committed wires")]
    {
        assert_eq!(f.error(set(COUNTS + 4 * index, &[0xff; 4])), count(field, u32::MAX));
    }
    assert_eq!(f.error(set(COUNTS + 4 * 4, &(limit - 1).to_le_bytes())), count("query L", limit - 1));
    assert_eq!(f.error(set(COUNTS + 4 * 5, &[1])), count("committed wires", 1));
    for size in [0u32, 5, 7, 27] {
        assert_eq!(f.error(set(COUNTS + 4, &size.to_le_bytes())), count("query H", size));
    }
    let larger = set(COUNTS + 4, &[0, 0, 0, 0x10]);
    assert_eq!(f.error(larger), KeyReadError::Truncated { field: "query H" });
    assert_eq!(f.error(set(COUNTS + 24, &[1])), KeyReadError::Gap(HEADER_LEN + COUNTS + 24));
    assert_eq!(f.error(set(at.wires_a - 1, &[1])), KeyReadError::Gap(HEADER_LEN + at.wires_a - 1));

    let wire = |field, index, wire| KeyReadError::Wire { field, index, wire, limit };
    assert_eq!(f.error(set(at.wires_a + 4, &[0; 4])), wire("query A", 1, 0));
    assert_eq!(f.error(set(at.wires_a, &limit.to_le_bytes())), wire("query A", 0, limit));
    assert_eq!(f.error(set(at.wires_b, &limit.to_le_bytes())), wire("query B", 0, limit));
    assert_eq!(f.error(set(at.wires_l, &[1, 0, 0, 0])), wire("query L", 0, 1));

    let modulus = bytemuck::bytes_of(&Fq::MODULUS.0).to_vec();
    for (field, offset) in [
        ("beta in G1", BETA),
        ("delta in G1", DELTA),
        ("query A", at.a),
        ("query B in G1", at.b_g1),
        ("query L", at.l),
        ("query H", at.h),
    ] {
        let point = |error| KeyReadError::Point { field, index: 0, error };
        assert_eq!(f.error(set(offset, &[0; 64])), point(PointError::Identity));
        assert_eq!(f.error(set(offset, &modulus)), point(PointError::NotCanonical));
        assert_eq!(f.error(|p| p[offset + 32] ^= 1), point(PointError::NotOnCurve));
    }
    let point = |error| KeyReadError::Point { field: "query B in G2", index: 1, error };
    assert_eq!(f.error(set(at.b_g2 + 128, &[0; 128])), point(PointError::Identity));
    assert_eq!(f.error(|p| p[at.b_g2 + 192] ^= 1), point(PointError::NotOnCurve));
    assert_eq!(f.error(set(at.b_g2 + 128, &outside_the_subgroup())), point(PointError::NotInSubgroup));

    // A valid point in the wrong place: beta and delta no longer fit the verifying key.
    let another = f.payload[at.a..at.a + 64].to_vec();
    assert_eq!(f.error(set(BETA, &another)), KeyReadError::Inconsistent);
    assert_eq!(f.error(|p| p.push(0)), KeyReadError::Trailing(1));
}

#[test]
fn a_key_assembled_for_another_circuit_is_refused_before_proving() {
    let f = fixture();
    let mut payload = f.payload.clone();
    payload[COUNTS] += 1;
    let key = f.read(&payload).unwrap();
    let found = f.count(0) + 1;
    let error = Prover::new(&key, &f.circuit).unwrap_err();
    assert_eq!(error, ProveError::KeySize { what: "wires", expected: found - 1, found });
}

/// A key file is mapped. Damage is found when it is validated, and a file that was validated is only mapped again.
#[test]
#[cfg(unix)]
fn an_opened_key_proves_and_damage_is_found() {
    let f = fixture();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.pk");
    let cache = directory.path().join("cache");
    let validated = ValidatedKeys::at(&cache);
    std::fs::write(&path, f.key.as_bytes()).unwrap();
    let open = |validated: &ValidatedKeys| ProvingKey::open(&path, validated);
    let key = open(&validated).unwrap();
    assert_eq!(key, f.key);
    assert_eq!(key.digest(), f.key.digest());
    let witness = common::solve(&f.circuit, 4);
    let proof = Prover::new(&key, &f.circuit).unwrap().prove(&witness, &mut common::rng(5)).unwrap();
    assert_eq!(verify(key.verifying_key(), &proof, &scalar(witness.digest())), Ok(()));
    assert!(!cache.exists(), "a file of this moment is not remembered");

    // The file's time of status change lies in the past once its metadata have settled.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    open(&validated).unwrap();
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 1);
    let again = open(&validated).unwrap();
    assert_eq!(again, f.key);
    assert_eq!(again.verifying_key(), f.key.verifying_key());

    // The same bytes but one: found by the checksum, whatever is remembered of the file that it replaces.
    let mut bytes = f.key.to_bytes();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let other = directory.path().join("other");
    std::fs::write(&other, &bytes).unwrap();
    std::fs::rename(&other, &path).unwrap();
    for validated in [&validated, &ValidatedKeys::none()] {
        let error = open(validated).unwrap_err();
        assert!(
            matches!(error, KeyOpenError::Key(KeyReadError::Artifact(ArtifactError::Checksum))),
            "{error:?}"
        );
    }
    assert_eq!(key, f.key, "a mapped key outlives its name");

    // Written in place, the same length.
    std::fs::write(&path, f.key.as_bytes()).unwrap();
    assert_eq!(open(&validated).unwrap(), f.key);
    std::fs::write(&path, &bytes).unwrap();
    assert!(open(&validated).is_err());
    std::fs::write(&path, &bytes[..40]).unwrap();
    assert!(matches!(
        open(&validated),
        Err(KeyOpenError::Key(KeyReadError::Artifact(ArtifactError::Truncated { .. })))
    ));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(open(&validated), Err(KeyOpenError::Io(_))));
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
        prop_assume!(bit != 8 * (FORMAT + 1)); // development or ceremony: both exist
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
