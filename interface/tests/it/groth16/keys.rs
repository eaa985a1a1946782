//! The checks of a key: each point for each fault, and each relation that would let anyone forge.

use std::ops::Range;

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::UniformRand;
use assay_interface::groth16::{
    BASE_MODULUS, COMMITTED_KEY_LEN, CommittedKey, Form, KeyError, KeyPoint, KeyRef, PLAIN_KEY_LEN, PlainKey,
    PlainProof, SetupKind, VerifyingKey, check_key, verify,
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    encoding::{g1, g2, negated, outside_the_subgroup, scalar},
    plain,
    toy::Toy,
};

/// Where the points of a committed key lie; a plain key has the first six.
pub const POINTS: [(KeyPoint, Range<usize>); 8] = [
    (KeyPoint::Alpha, 0..64),
    (KeyPoint::Beta, 64..192),
    (KeyPoint::Gamma, 192..320),
    (KeyPoint::Delta, 320..448),
    (KeyPoint::Ic0, 448..512),
    (KeyPoint::Ic1, 512..576),
    (KeyPoint::Ic2, 576..640),
    (KeyPoint::SigmaGamma, 640..768),
];

/// A sound key of each form.
pub fn fixtures() -> [VerifyingKey; 2] {
    [plain::fixture().0.into(), Toy::new(1).key().into()]
}

/// The check of `key` after a change to its bytes.
fn changed(key: &VerifyingKey, change: impl FnOnce(&mut [u8])) -> Result<(), KeyError> {
    let mut bytes = key.as_bytes().to_vec();
    change(&mut bytes);
    check_key(KeyRef::from_slice(&bytes).unwrap())
}

#[test]
fn lengths_add_up() {
    assert_eq!((PLAIN_KEY_LEN, COMMITTED_KEY_LEN), (576, 768));
    assert_eq!((size_of::<PlainKey>(), size_of::<CommittedKey>()), (576, 768));
    assert_eq!((Form::Plain.key_len(), Form::Committed.key_len()), (576, 768));
    for length in [0, 575, 577, 640, 767, 769] {
        assert_eq!(KeyRef::from_slice(&vec![0; length]), Err(KeyError::Length(length)));
    }
    for byte in 0..=255 {
        assert_eq!(SetupKind::from_byte(byte).map(SetupKind::to_byte), (byte < 2).then_some(byte));
        assert_eq!(Form::from_byte(byte).map(Form::to_byte), (byte < 2).then_some(byte));
    }
}

#[test]
fn sound_keys_pass() {
    for key in fixtures() {
        assert_eq!(check_key(&key), Ok(()));
    }
}

#[test]
fn each_point_is_checked_for_each_fault() {
    for key in fixtures() {
        let points = POINTS.into_iter().filter(|(_, range)| range.end <= key.as_bytes().len());
        for (point, range) in points {
            let at = |change: &dyn Fn(&mut [u8])| changed(&key, |bytes| change(&mut bytes[range.clone()]));
            assert_eq!(at(&|bytes| bytes.fill(0)), Err(KeyError::Identity(point)));
            let last = range.len() - 1;
            assert_eq!(at(&|bytes| bytes[last] ^= 1), Err(KeyError::NotOnCurve(point)));
            for coordinate in 0..range.len() / 32 {
                let refused = at(&|bytes| bytes[32 * coordinate..][..32].copy_from_slice(&BASE_MODULUS));
                assert_eq!(refused, Err(KeyError::NotCanonical(point)));
                let refused = at(&|bytes| bytes[32 * coordinate..][..32].fill(0xff));
                assert_eq!(refused, Err(KeyError::NotCanonical(point)));
            }
            if range.len() == 128 {
                let refused = at(&|bytes| bytes.copy_from_slice(&outside_the_subgroup()));
                assert_eq!(refused, Err(KeyError::NotInSubgroup(point)));
            }
        }
    }
}

#[test]
fn related_points_are_refused() {
    for key in fixtures() {
        let points: Vec<_> =
            POINTS.into_iter().filter(|(_, range)| range.end <= key.as_bytes().len()).collect();
        for (index, (left, from)) in points.iter().enumerate() {
            for (right, to) in points.iter().skip(index + 1).filter(|(_, to)| to.len() == from.len()) {
                let copied: Vec<u8> = key.as_bytes()[from.clone()].to_vec();
                let opposite = match copied.len() {
                    64 => negated::<64>(&copied.clone().try_into().unwrap()).to_vec(),
                    _ => negated::<128>(&copied.clone().try_into().unwrap()).to_vec(),
                };
                let put = |point: &[u8]| changed(&key, |bytes| bytes[to.clone()].copy_from_slice(point));
                // alpha is independent of nothing: no term of the equation shares a point of G2 with it.
                let is_free = *left == KeyPoint::Alpha;
                let (equal, negation) = (KeyError::Equal(*left, *right), KeyError::Opposite(*left, *right));
                assert_eq!(put(&copied), if is_free { Ok(()) } else { Err(equal) });
                assert_eq!(put(&opposite), if is_free { Ok(()) } else { Err(negation) });
            }
        }
    }
}

/// Why relations among beta, gamma and delta are refused: each lets anyone prove any digest, from the key alone.
#[test]
fn related_points_would_let_anyone_forge() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut g1_random = || (G1Affine::generator() * Fr::rand(&mut rng)).into_affine();
    let (alpha, ic0, ic1) = (g1_random(), g1_random(), g1_random());
    let g2_random =
        |seed| (G2Affine::generator() * Fr::rand(&mut ChaCha20Rng::seed_from_u64(seed))).into_affine();
    let (p, q) = (g2_random(3), g2_random(4));
    let digest = Fr::from(1234u64); // whatever the forger likes
    let v = (ic0 + ic1 * digest).into_affine();
    let t = Fr::from(77u64); // keeps every point off the identity
    let forgeries: [(KeyError, [G2Affine; 3], [G1Affine; 2], G2Affine); 6] = [
        // (error, [beta, gamma, delta], [A, C], B) with e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta)
        (
            KeyError::Equal(KeyPoint::Gamma, KeyPoint::Delta),
            [p, q, q],
            [alpha, (alpha * t - v).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Opposite(KeyPoint::Gamma, KeyPoint::Delta),
            [p, -q, q],
            [alpha, (alpha * t + v).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Equal(KeyPoint::Beta, KeyPoint::Gamma),
            [p, p, q],
            [(alpha + v).into_affine(), ((alpha + v) * t).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Opposite(KeyPoint::Beta, KeyPoint::Gamma),
            [p, -p, q],
            [(alpha - v).into_affine(), ((alpha - v) * t).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Equal(KeyPoint::Beta, KeyPoint::Delta),
            [q, p, q],
            [v, (v * t - alpha).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Opposite(KeyPoint::Beta, KeyPoint::Delta),
            [-q, p, q],
            [v, (v * t + alpha).into_affine()],
            (p + q * t).into_affine(),
        ),
    ];
    for (error, [beta, gamma, delta], [a, c], b) in forgeries {
        let key = PlainKey {
            alpha_g1: g1(alpha),
            beta_g2: g2(beta),
            gamma_g2: g2(gamma),
            delta_g2: g2(delta),
            ic: [g1(ic0), g1(ic1)],
        };
        let forged = PlainProof { a_negated: g1(-a), b: g2(b), c: g1(c) };
        assert_eq!(verify(&key, &forged, &scalar(digest)), Ok(()), "{error}: the forgery works");
        assert_eq!(check_key(&key), Err(error));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_are_the_identity(bytes in proptest::collection::vec(any::<u8>(), 768)) {
        for length in [576, 768] {
            let bytes = &bytes[..length];
            let key = KeyRef::from_slice(bytes).unwrap();
            prop_assert_eq!(key.as_bytes(), bytes);
            prop_assert_eq!(key.form().key_len(), length);
            let owned = VerifyingKey::from_slice(bytes).unwrap();
            prop_assert_eq!((owned, owned.as_bytes()), (key.to_owned(), bytes));
            prop_assert_eq!(key.plain().as_bytes(), &bytes[..576]);
            prop_assert_eq!(key.key_hash(), assay_interface::sha256(&[bytes]));
            prop_assert!(check_key(key).is_err());
        }
    }
}
