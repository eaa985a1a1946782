//! Commitments bind values, bits and count, whoever chooses the salt. Each attack is shown on version 1's formula first.

use assay_interface::{
    field::Scalar,
    poseidon::absorb,
    schema::MAX_ELEMENTS,
    statement::{PackError, StatementError, commit, pack},
    tag::ListKind,
};
use proptest::prelude::*;

/// A commitment of version 1: nothing says how many values it holds, or of how many bits.
fn version_1(salt: Scalar, values: &[i64], bits: u8) -> Scalar {
    let limbs = pack(values, bits).expect("in range");
    absorb(&[&[salt], &limbs[..]].concat()).expect("hashes")
}

fn version_2(salt: Scalar, values: &[i64], bits: u8) -> Scalar {
    commit(salt, values, bits).expect("in range")
}

/// Values of 16 bits, 15 a limb.
fn values(count: i64) -> Vec<i64> {
    (0..count).map(|i| i * 7_919 % 65_536 - 32_768).collect()
}

#[test]
fn a_commitment_is_the_hash_of_tag_salt_and_limbs() {
    let (salt, values) = (Scalar::from(7u64), values(165));
    let tag = Scalar::from((1u128 << 64) + (16 << 32) + 165);
    let list = [&[tag, salt], &pack(&values, 16).expect("in range")[..]].concat();
    assert_eq!(version_2(salt, &values, 16), absorb(&list).expect("hashes"));
}

/// Twice eleven limbs: version 1 hashes salt and eleven of them, then that and the other eleven. So the running digest is a
/// salt under which the second half alone has the same commitment.
#[test]
fn a_tensor_and_its_second_half_have_different_commitments() {
    let (salt, long) = (Scalar::from(7u64), values(330));
    let (first, second) = long.split_at(165);
    let chosen = version_1(salt, first, 16);
    assert_eq!(version_1(salt, &long, 16), version_1(chosen, second, 16), "version 1 collides");

    let commitment = version_2(salt, &long, 16);
    for chosen in [chosen, version_2(salt, first, 16)] {
        assert_ne!(commitment, version_2(chosen, second, 16));
    }
    // The tag moves the blocks: tag, salt and ten limbs, then eleven, then the last. The running digest in front of a block
    // stands where a shorter list has its tag, so no salt makes up for it.
    let limbs = pack(&long, 16).expect("in range");
    let head = [ListKind::CommittedTensor.tag(16, 330), salt];
    let running = absorb(&[&head, &limbs[..10]].concat()).expect("hashes");
    assert_eq!(commitment, absorb(&[&[running], &limbs[10..]].concat()).expect("hashes"));
    let tags = (1..=32).flat_map(|bits| (1..=MAX_ELEMENTS as u32).map(move |count| (bits, count)));
    assert!(tags.into_iter().all(|(bits, count)| ListKind::CommittedTensor.tag(bits, count) != running));
    for from in [10, 11, 12] {
        let rest = &long[15 * from..];
        for chosen in [running, limbs[from - 1], salt] {
            assert_ne!(commitment, version_2(chosen, rest, 16));
        }
    }
}

/// The smallest value is stored as zero, so a limb does not show whether one follows. Version 1 needs no chosen salt here.
#[test]
fn a_smallest_value_at_the_end_counts() {
    let salt = Scalar::from(7u64);
    let (short, long) = (&[5][..], &[5, -128][..]);
    assert_eq!(version_1(salt, short, 8), version_1(salt, long, 8), "version 1 collides");
    assert_ne!(version_2(salt, short, 8), version_2(salt, long, 8));
}

/// Two values of 8 bits fill the bits of one of 16.
#[test]
fn values_of_other_bits_have_another_commitment() {
    let salt = Scalar::from(7u64);
    let (narrow, wide) = (&[5, -3][..], &[5 + 128 + 256 * -3][..]);
    assert_eq!(version_1(salt, narrow, 8), version_1(salt, wide, 16), "version 1 collides");
    assert_ne!(version_2(salt, narrow, 8), version_2(salt, wide, 16));
}

#[test]
fn each_fault_has_its_error() {
    let salt = Scalar::from(7u64);
    assert_eq!(commit(salt, &[], 8), Err(StatementError::CommittedCount(0)));
    let many = vec![0; MAX_ELEMENTS + 1];
    assert_eq!(commit(salt, &many, 8), Err(StatementError::CommittedCount(MAX_ELEMENTS + 1)));
    assert!(commit(salt, &many[1..], 8).is_ok());
    let range = PackError::Range { index: 0, value: 128, bits: 8 };
    assert_eq!(commit(salt, &[128], 8), Err(range.into()));
    assert_eq!(commit(salt, &[0], 33), Err(PackError::Bits(33).into()));
}

#[test]
fn the_numbers_of_kinds_are_fixed() {
    // A change of one is a change of every hash of that kind.
    assert_eq!(ListKind::ALL.map(|kind| kind as u8), [1, 2, 3, 4]);
    let largest = ListKind::Nullifier.tag(u8::MAX, u32::MAX);
    assert_eq!(largest, Scalar::from((4u128 << 64) + (255 << 32) + u128::from(u32::MAX)));
}

fn tensor() -> impl Strategy<Value = (u8, Vec<i64>)> {
    (1u8..=32).prop_flat_map(|bits| {
        let bound = 1i64 << (bits - 1);
        let value = prop_oneof![1 => -bound..bound, 1 => Just(-bound)];
        (Just(bits), proptest::collection::vec(value, 1..40))
    })
}

proptest! {
    #[test]
    fn other_tensors_and_salts_have_other_commitments(
        (a, b, salt) in (tensor(), tensor(), any::<u64>())
    ) {
        let commit = |(bits, values): &(u8, Vec<i64>), salt: u64| version_2(Scalar::from(salt), values, *bits);
        prop_assert_eq!(commit(&a, salt) == commit(&b, salt), a == b);
        prop_assert_ne!(commit(&a, salt), commit(&a, salt ^ 1));
        // More of the smallest value, which leave the limbs of version 1 as they were.
        let (bits, mut longer) = a.clone();
        longer.push(-(1i64 << (bits - 1)));
        prop_assert_ne!(commit(&(bits, longer), salt), commit(&a, salt));
    }

    #[test]
    fn tags_are_equal_where_kind_bits_and_count_are(
        a in (0usize..4, any::<u8>(), any::<u32>()), b in (0usize..4, any::<u8>(), any::<u32>())
    ) {
        let tag = |(kind, bits, count): (usize, u8, u32)| ListKind::ALL[kind].tag(bits, count);
        prop_assert_eq!(tag(a) == tag(b), a == b);
        prop_assert_ne!(tag(a), tag((a.0, a.1, a.2 ^ 1 << (b.1 % 32))));
        prop_assert_ne!(tag(a), tag((a.0, a.1 ^ 1 << (b.1 % 8), a.2)));
        prop_assert_ne!(tag(a), tag(((a.0 + 1) % 4, a.1, a.2)));
    }
}
