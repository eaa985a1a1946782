//! Keys at half their length.

use assay_interface::groth16::{
    BASE_MODULUS, COMMITTED_KEY_COMPRESSED_LEN, Form, KeyError, KeyPoint, PLAIN_KEY_COMPRESSED_LEN,
    VerifyingKey, check_key,
};

use super::{
    encoding::outside_the_subgroup,
    keys::{POINTS, fixtures},
};

#[test]
fn a_key_survives_compression() {
    for (key, length) in fixtures().into_iter().zip([PLAIN_KEY_COMPRESSED_LEN, COMMITTED_KEY_COMPRESSED_LEN])
    {
        let compressed = key.compress().unwrap();
        assert_eq!((compressed.len(), compressed.len()), (length, key.form().key_len() / 2));
        assert_eq!(VerifyingKey::decompress(&compressed), Ok(key));
    }
}

#[test]
fn the_sign_bit_negates_a_point_and_a_second_encoding_has_no_place() {
    let key = fixtures()[1];
    let compressed = key.compress().unwrap();
    for (index, (point, range)) in POINTS.into_iter().enumerate() {
        let at = range.start / 2;
        let mut flipped = compressed.clone();
        flipped[at] ^= 0x80;
        let other = VerifyingKey::decompress(&flipped).unwrap();
        let half = range.start + range.len() / 2;
        assert_eq!(other.as_bytes()[..half], key.as_bytes()[..half], "x of {point}");
        assert_ne!(other.as_bytes()[half..range.end], key.as_bytes()[half..range.end], "y of {point}");
        // x + p is no other name for x.
        let mut aliased = compressed.clone();
        aliased[at..at + 32].copy_from_slice(&BASE_MODULUS);
        assert_eq!(VerifyingKey::decompress(&aliased), Err(KeyError::Compressed(point)), "{index}");
    }
}

#[test]
fn what_is_no_point_is_named() {
    let compressed = fixtures()[1].compress().unwrap();
    for (point, range) in POINTS {
        let at = range.start / 2;
        let end = range.end / 2;
        // Half of all x have no y: one of these is among them.
        let found = (0..64).any(|byte| {
            let mut bytes = compressed.clone();
            bytes[end - 1] = byte;
            match VerifyingKey::decompress(&bytes) {
                Ok(_) => false,
                Err(error) => {
                    assert_eq!(error, KeyError::Compressed(point));
                    true
                }
            }
        });
        assert!(found, "{point}");
        // Zeros, and the flag of infinity, stand for the identity, which the key check refuses.
        for first in [0, 0x40] {
            let mut bytes = compressed.clone();
            bytes[at..end].fill(0);
            bytes[at] = first;
            let key = VerifyingKey::decompress(&bytes).unwrap();
            assert_eq!(check_key(&key), Err(KeyError::Identity(point)));
        }
    }
}

#[test]
fn decompression_does_not_check_the_subgroup_and_the_key_check_does() {
    let VerifyingKey::Committed(mut key) = fixtures()[1] else { unreachable!("the second is committed") };
    key.sigma_gamma_negated = outside_the_subgroup();
    let key = VerifyingKey::from(key);
    let back = VerifyingKey::decompress(&key.compress().unwrap()).unwrap();
    assert_eq!(back, key);
    assert_eq!(check_key(&back), Err(KeyError::NotInSubgroup(KeyPoint::SigmaGamma)));
}

#[test]
fn lengths_and_curves_are_checked() {
    for length in [0, 32, 287, 289, 383, 385, 576, 768] {
        assert_eq!(VerifyingKey::decompress(&vec![0; length]), Err(KeyError::Length(length)));
    }
    for key in fixtures() {
        let mut bytes = key.as_bytes().to_vec();
        bytes[63] ^= 1;
        let off_curve = VerifyingKey::from_slice(&bytes).unwrap();
        assert_eq!(off_curve.compress(), Err(KeyError::NotOnCurve(KeyPoint::Alpha)));
    }
    assert_eq!(fixtures().map(|key| key.form()), [Form::Plain, Form::Committed]);
}
