//! snarkjs' key and witness files: `tests/data` says how they were made.

use std::{path::PathBuf, sync::LazyLock};

use crate::common;
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use assay_engine::{G1Point, G2Point};
use assay_groth16::{
    KeyReadError, PointError, ProveError, ValidatedKeys, VerifyError,
    circom::{CircomError, Zkey, read_wtns},
    snarkjs::{inputs_to_json, proof_from_json, proof_to_json},
};
use assay_interface::groth16::{KeyError, KeyPoint};
use proptest::prelude::*;

const ZKEY: &[u8] = include_bytes!("../data/tiny.zkey");
const WTNS: &[u8] = include_bytes!("../data/tiny.wtns");

static KEY: LazyLock<Zkey> = LazyLock::new(|| Zkey::from_bytes(ZKEY).unwrap());

#[test]
fn our_proof_and_snarkjs_proof_verify() {
    let witness = read_wtns(WTNS).unwrap();
    let public = KEY.public_inputs(&witness).unwrap().to_vec();
    // y and p, in snarkjs' decimals.
    let expected: Vec<String> = serde_json::from_str(include_str!("../data/tiny.public.json")).unwrap();
    assert_eq!(serde_json::from_str::<Vec<String>>(&inputs_to_json(&public)).unwrap(), expected);
    let theirs = proof_from_json(include_str!("../data/tiny.proof.json")).unwrap();
    assert_eq!(KEY.verify(&theirs, &public), Ok(()));
    let mut rng = common::rng(1);
    for _ in 0..2 {
        let (ours, _) = KEY.prove(&witness, &mut rng).unwrap();
        assert_eq!(KEY.verify(&ours, &public), Ok(()));
        assert_eq!(proof_from_json(&proof_to_json(&ours).unwrap()).unwrap(), ours);
        assert_ne!(ours, theirs);
        let wrong = [public[0], public[1] + Fr::from(1u64)];
        assert_eq!(KEY.verify(&ours, &wrong), Err(VerifyError::Invalid));
        assert_eq!(KEY.verify(&ours, &public[..1]), Err(VerifyError::Invalid));
    }
}

#[test]
fn a_wrong_witness_gives_no_valid_proof() {
    let witness = read_wtns(WTNS).unwrap();
    // Every wire but the constant one and the last, which occurs nowhere.
    for wire in 1..witness.len() - 1 {
        let mut wrong = witness.clone();
        wrong[wire] += Fr::from(1u64);
        let (proof, _) = KEY.prove(&wrong, &mut common::rng(1)).unwrap();
        assert_eq!(
            KEY.verify(&proof, KEY.public_inputs(&wrong).unwrap()),
            Err(VerifyError::Invalid),
            "wire {wire}"
        );
    }
    assert!(KEY.prove(&witness[1..], &mut common::rng(1)).is_err());
    assert!(matches!(KEY.public_inputs(&witness[..2]), Err(ProveError::WitnessLength { found: 2, .. })));
}

#[test]
#[cfg(unix)]
fn an_opened_key_is_the_same() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny.zkey");
    let cache = tempfile::tempdir().unwrap();
    let validated = ValidatedKeys::at(cache.path().join("keys"));
    let witness = read_wtns(WTNS).unwrap();
    for validated in [&ValidatedKeys::none(), &validated, &validated] {
        let key = Zkey::open(&path, validated).unwrap();
        let (proof, _) = key.prove(&witness, &mut common::rng(1)).unwrap();
        assert_eq!(proof, KEY.prove(&witness, &mut common::rng(1)).unwrap().0);
    }
    assert!(matches!(Zkey::open(cache.path(), &validated), Err(CircomError::Io(_))));
}

/// Where a section's bytes start and end.
fn section(bytes: &[u8], wanted: u32) -> std::ops::Range<usize> {
    let mut at = 12;
    loop {
        let number = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let length = u64::from_le_bytes(bytes[at + 4..at + 12].try_into().unwrap()) as usize;
        if number == wanted {
            return at + 12..at + 12 + length;
        }
        at += 12 + length;
    }
}

fn error(change: impl FnOnce(&mut Vec<u8>)) -> CircomError {
    let mut bytes = ZKEY.to_vec();
    change(&mut bytes);
    Zkey::from_bytes(&bytes).unwrap_err()
}

#[test]
fn each_fault_of_a_key_has_its_error() {
    let at = |number| section(ZKEY, number).start;
    assert!(matches!(error(|b| b[0] ^= 1), CircomError::Magic("zkey")));
    assert!(matches!(error(|b| b[4] = 2), CircomError::Magic("zkey")));
    assert!(matches!(error(|b| b.truncate(3)), CircomError::Magic("zkey")));
    assert!(matches!(error(|b| b[at(1)] = 2), CircomError::Protocol)); // PLONK
    assert!(matches!(error(|b| b[at(2) + 4] ^= 1), CircomError::Protocol)); // another curve
    assert!(matches!(error(|b| b[at(5) - 12] = 77), CircomError::Section { section: 5, count: 0 }));
    assert!(matches!(error(|b| b[at(5) - 12] = 6), CircomError::Section { section: 5, count: 0 }));
    assert!(matches!(error(|b| b[at(10) - 12] = 6), CircomError::Section { section: 6, count: 2 }));
    assert!(matches!(error(|b| b.push(0)), CircomError::Length { section: 0, .. }));
    assert!(matches!(error(|b| b.truncate(b.len() - 1)), CircomError::Length { section: 10, .. }));
    let counts = at(2) + 72;
    assert!(matches!(error(|b| b[counts] += 1), CircomError::Length { .. }));
    assert!(matches!(error(|b| b[counts] = 2), CircomError::Counts { wires: 2, public: 2, .. }));
    assert!(matches!(error(|b| b[counts + 8] = 12), CircomError::Counts { domain: 12, .. }));
    assert!(matches!(error(|b| b[counts + 8] = 0), CircomError::Counts { domain: 0, .. }));
    let entry = at(4) + 4;
    assert!(matches!(error(|b| b[entry] = 2), CircomError::Entry(0)));
    assert!(matches!(error(|b| b[entry + 4] = 16), CircomError::Entry(0)));
    assert!(matches!(error(|b| b[entry + 8] = 11), CircomError::Entry(0)));
    assert!(matches!(error(|b| b[at(4)] -= 1), CircomError::Length { section: 4, .. }));
    assert!(matches!(
        error(|b| b[entry + 12..entry + 44].fill(0xff)),
        CircomError::NotCanonical { section: 4, index: 0 }
    ));
    for (number, field) in [(3, "IC"), (5, "section 5"), (8, "section 8"), (9, "section 9")] {
        let key_error = match error(|b| b[at(number) + 32] ^= 1) {
            CircomError::Key(error) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(key_error, KeyReadError::Point { field, index: 0, error: PointError::NotOnCurve });
    }
    let zero = error(|b| b[at(9)..at(9) + 64].fill(0));
    assert!(matches!(zero, CircomError::Key(KeyReadError::Point { error: PointError::Identity, .. })));
}

/// Offsets of the points in section 2: alpha, beta in G1; beta, gamma in G2; delta in both.
const BETA_1: usize = 84 + 64;
const BETA_2: usize = BETA_1 + 64;
const GAMMA_2: usize = BETA_2 + 128;
const DELTA_1: usize = GAMMA_2 + 128;
const DELTA_2: usize = DELTA_1 + 64;

/// A key without its phase 2, as `snarkjs groth16 setup` makes it before any contribution, has gamma = delta = the generator:
/// anyone can forge with it. It is refused, and so is every other relation that registration refuses.
#[test]
fn keys_that_anyone_can_forge_with_are_refused() {
    use KeyPoint::{Beta, Delta, Gamma, Ic0, Ic1};
    let start = section(ZKEY, 2).start;
    let of = |offset: usize, len: usize| ZKEY[start + offset..][..len].to_vec();
    let key_error = |change: &dyn Fn(&mut Vec<u8>)| match error(|bytes| change(bytes)) {
        CircomError::Key(error) => error,
        other => panic!("{other:?}"),
    };
    let with = |changes: &[(usize, Vec<u8>)]| {
        key_error(&|bytes| {
            for (offset, point) in changes {
                bytes[start + offset..][..point.len()].copy_from_slice(point);
            }
        })
    };
    let generators = [
        bytemuck::bytes_of(&G1Point::from(G1Affine::generator())).to_vec(),
        bytemuck::bytes_of(&G2Point::from(G2Affine::generator())).to_vec(),
    ];
    // The fresh key: delta is the generator in both groups, as gamma is in every key of snarkjs.
    assert_eq!(of(GAMMA_2, 128), generators[1]);
    let fresh = with(&[(DELTA_1, generators[0].clone()), (DELTA_2, generators[1].clone())]);
    assert_eq!(fresh, KeyReadError::Key(KeyError::Equal(Gamma, Delta)));
    assert!(fresh.to_string().contains("gamma equals delta: with this key anyone can forge proofs"));

    let negated = |offset: usize| {
        let point: G2Point = bytemuck::pod_read_unaligned(&of(offset, 128));
        bytemuck::bytes_of(&G2Point::from(-G2Affine::from(point))).to_vec()
    };
    for (changed, taken, left, right) in
        [(DELTA_2, GAMMA_2, Gamma, Delta), (BETA_2, GAMMA_2, Beta, Gamma), (BETA_2, DELTA_2, Beta, Delta)]
    {
        assert_eq!(with(&[(changed, of(taken, 128))]), KeyReadError::Key(KeyError::Equal(left, right)));
        assert_eq!(with(&[(changed, negated(taken))]), KeyReadError::Key(KeyError::Opposite(left, right)));
    }
    for (offset, len) in
        [(84, 64), (BETA_1, 64), (BETA_2, 128), (GAMMA_2, 128), (DELTA_1, 64), (DELTA_2, 128)]
    {
        let zero = with(&[(offset, vec![0; len])]);
        assert!(matches!(zero, KeyReadError::Point { error: PointError::Identity, .. }), "{zero:?}");
    }
    // beta or delta of one group only.
    assert_eq!(with(&[(DELTA_1, generators[0].clone())]), KeyReadError::Inconsistent);

    let ic = section(ZKEY, 3).start;
    let copied = |from: usize, to: usize| {
        key_error(&|bytes| bytes.copy_within(ic + 64 * from..ic + 64 * from + 64, ic + 64 * to))
    };
    assert_eq!(copied(0, 1), KeyReadError::Key(KeyError::Equal(Ic0, Ic1)));
    assert_eq!(copied(0, 2), KeyReadError::InputPoints { left: 0, right: 2 });
    assert_eq!(copied(1, 2), KeyReadError::InputPoints { left: 1, right: 2 });
}

#[test]
fn each_fault_of_a_witness_has_its_error() {
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = WTNS.to_vec();
        change(&mut bytes);
        read_wtns(&bytes).unwrap_err()
    };
    assert!(matches!(with(|b| b[3] = b'x'), CircomError::Magic("wtns")));
    assert!(matches!(with(|b| b[section(WTNS, 1).start + 4] ^= 1), CircomError::Protocol));
    assert!(matches!(with(|b| b[section(WTNS, 1).end - 4] += 1), CircomError::Length { section: 2, .. }));
    assert!(matches!(
        with(|b| b[section(WTNS, 2).start + 32..][..32].fill(0xff)),
        CircomError::NotCanonical { section: 2, index: 1 }
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_is_an_error_or_harmless_and_never_a_panic(bit: prop::sample::Index, cut: prop::sample::Index) {
        let mut bytes = ZKEY.to_vec();
        prop_assert!(Zkey::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        let bit = bit.index(8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(key) = Zkey::from_bytes(&bytes) {
            let _ = key.prove(&read_wtns(WTNS).unwrap(), &mut common::rng(1));
        }
        let mut bytes = WTNS.to_vec();
        prop_assert!(read_wtns(&bytes[..cut.index(bytes.len())]).is_err());
        let bit = bit % (8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(witness) = read_wtns(&bytes) {
            prop_assert!(witness != read_wtns(WTNS).unwrap());
        }
    }
}
