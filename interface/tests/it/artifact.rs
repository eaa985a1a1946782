//! The file container: the identity, and each damage its own error.

use assay_interface::artifact::{ArtifactError, HEADER_LEN, Kind, VERSION, decode, digest, encode};
use proptest::prelude::*;

const PARENT: [u8; 32] = [7; 32];

fn sample() -> Vec<u8> {
    encode(Kind::Proof, PARENT, b"payload")
}

fn altered(position: usize, byte: u8) -> Vec<u8> {
    let mut bytes = sample();
    bytes[position] = byte;
    bytes
}

#[test]
fn each_damage_has_its_error() {
    use ArtifactError::*;
    let read = |bytes: &[u8]| decode(Kind::Proof, bytes).expect_err("damaged");
    assert_eq!(read(b""), NotAssay);
    assert_eq!(read(b"PK\x03\x04"), NotAssay);
    assert_eq!(read(&altered(0, b'a')), NotAssay);
    assert_eq!(read(b"ASS"), Truncated { expected: HEADER_LEN as u64, found: 3 });
    assert_eq!(read(&sample()[..HEADER_LEN - 1]), Truncated { expected: 80, found: 79 });
    assert_eq!(read(&sample()[..HEADER_LEN + 3]), Truncated { expected: 87, found: 83 });
    assert_eq!(read(&altered(5, 0)), UnknownKind(0));
    assert_eq!(read(&altered(5, 9)), UnknownKind(9));
    assert_eq!(read(&altered(5, 3)), WrongKind { expected: Kind::Proof, found: Kind::VerifyingKey });
    assert_eq!(read(&altered(6, 0)), InvalidVersion { found: 0 });
    assert_eq!(read(&altered(6, VERSION as u8 + 1)), NewerVersion { found: VERSION + 1 });
    assert_eq!(read(&[sample(), vec![0]].concat()), TrailingBytes(1));
    assert_eq!(read(&altered(HEADER_LEN, b'q')), Checksum);
    assert_eq!(read(&altered(48, 1)), Checksum);
    // A length that would overflow is a truncation, not an arithmetic error.
    let mut huge = sample();
    huge[40..48].fill(0xff);
    assert_eq!(read(&huge), Truncated { expected: u64::MAX, found: 87 });
}

#[test]
fn a_newer_kind_is_reported_as_newer_first() {
    let mut bytes = altered(5, 200);
    bytes[6] = VERSION as u8 + 1;
    assert_eq!(decode(Kind::Proof, &bytes), Err(ArtifactError::NewerVersion { found: VERSION + 1 }));
}

proptest! {
    #[test]
    fn decode_inverts_encode(kind in proptest::sample::select(Kind::ALL.to_vec()), parent: [u8; 32], payload: Vec<u8>) {
        let bytes = encode(kind, parent, &payload);
        let artifact = decode(kind, &bytes).unwrap();
        prop_assert_eq!(artifact.parent, parent);
        prop_assert_eq!(artifact.payload, &payload[..]);
        prop_assert_eq!(artifact.digest, digest(&payload));
        for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
            prop_assert_eq!(decode(other, &bytes), Err(ArtifactError::WrongKind { expected: other, found: kind }));
        }
    }

    #[test]
    fn every_truncation_is_refused(payload in proptest::collection::vec(any::<u8>(), 0..64), cut: prop::sample::Index) {
        let bytes = encode(Kind::Circuit, [0; 32], &payload);
        let cut = cut.index(bytes.len());
        let expected_error = if cut == 0 { "not an Assay" } else { "truncated" };
        let error = decode(Kind::Circuit, &bytes[..cut]).expect_err("shortened").to_string();
        prop_assert!(error.contains(expected_error), "{}", error);
    }

    #[test]
    fn a_flipped_bit_is_refused_outside_the_parent(payload in proptest::collection::vec(any::<u8>(), 1..64), bit: prop::sample::Index) {
        let mut bytes = encode(Kind::Circuit, PARENT, &payload);
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = decode(Kind::Circuit, &bytes);
        if (8..40).contains(&(bit / 8)) {
            prop_assert_ne!(read.unwrap().parent, PARENT); // the reader compares it with the parent it expects
        } else {
            prop_assert!(read.is_err());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = decode(Kind::Witness, &[&b"ASSAY\x04\x01\x00"[..], &bytes].concat());
        prop_assert_eq!(decode(Kind::Witness, &bytes).is_ok(), false);
    }
}
