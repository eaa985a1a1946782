//! Field elements: canonical bytes only, at the modulus and around it.

use assay_interface::field::{FieldError, Scalar, is_canonical};
use proptest::prelude::*;

/// The modulus plus `delta`, which keeps within the last byte.
fn near_modulus(delta: i16) -> [u8; 32] {
    let mut bytes = Scalar::MODULUS;
    let mut carry = i32::from(delta);
    for byte in bytes.iter_mut().rev() {
        let sum = i32::from(*byte) + carry;
        *byte = sum.rem_euclid(256) as u8;
        carry = sum.div_euclid(256);
    }
    bytes
}

#[test]
fn the_modulus_is_arkworks() {
    use ark_ff::{BigInteger, PrimeField};
    assert_eq!(ark_bn254::Fr::MODULUS.to_bytes_be(), Scalar::MODULUS);
}

#[test]
fn the_boundary_is_exact() {
    assert!(Scalar::from_be_bytes(near_modulus(-1)).is_ok());
    assert_eq!(Scalar::from_be_bytes(near_modulus(0)), Err(FieldError::NotCanonical));
    assert_eq!(Scalar::from_be_bytes(near_modulus(1)), Err(FieldError::NotCanonical));
    assert_eq!(Scalar::from_be_bytes([0xff; 32]), Err(FieldError::NotCanonical));
    assert_eq!(Scalar::from_be_bytes([0; 32]), Ok(Scalar::ZERO));
}

#[test]
fn integers_are_big_endian() {
    let mut bytes = [0; 32];
    bytes[31] = 2;
    bytes[30] = 1;
    assert_eq!(Scalar::from(258u64).to_be_bytes(), bytes);
    bytes = [0; 32];
    bytes[16] = 0x80;
    assert_eq!(Scalar::from(1u128 << 127).to_be_bytes(), bytes);
    assert_eq!(
        Scalar::from(0x0102u64).to_string(),
        "0x0000000000000000000000000000000000000000000000000000000000000102"
    );
}

proptest! {
    #[test]
    fn bytes_round_trip_exactly_when_canonical(bytes: [u8; 32], head in 0x2fu8..0x32) {
        for bytes in [bytes, { let mut b = bytes; b[0] = head; b }, { let mut b = Scalar::MODULUS; b[31] = bytes[0]; b }] {
            prop_assert_eq!(is_canonical(&bytes), bytes < Scalar::MODULUS);
            match Scalar::from_be_bytes(bytes) {
                Ok(scalar) => { prop_assert!(bytes < Scalar::MODULUS); prop_assert_eq!(scalar.to_be_bytes(), bytes); }
                Err(FieldError::NotCanonical) => prop_assert!(bytes >= Scalar::MODULUS),
            }
        }
    }
}
