//! snarkjs' key and witness files: `tests/data` says how they were made.

use std::{path::PathBuf, sync::LazyLock};

use crate::common;
use ark_bn254::Fr;
use assay_groth16::{
    KeyReadError, PointError, ValidatedKeys, VerifyError,
    circom::{CircomError, Zkey, read_wtns},
    snarkjs::{inputs_to_json, proof_from_json, proof_to_json},
};
use proptest::prelude::*;

const ZKEY: &[u8] = include_bytes!("../data/tiny.zkey");
const WTNS: &[u8] = include_bytes!("../data/tiny.wtns");

static KEY: LazyLock<Zkey> = LazyLock::new(|| Zkey::from_bytes(ZKEY).unwrap());

#[test]
fn our_proof_and_snarkjs_proof_verify() {
    let witness = read_wtns(WTNS).unwrap();
    let public = KEY.public_inputs(&witness).to_vec();
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
        assert_eq!(KEY.verify(&proof, KEY.public_inputs(&wrong)), Err(VerifyError::Invalid), "wire {wire}");
    }
    assert!(KEY.prove(&witness[1..], &mut common::rng(1)).is_err());
    assert_eq!(KEY.public_inputs(&witness[..2]), &[]);
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
