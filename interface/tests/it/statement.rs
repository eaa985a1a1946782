//! Statements: packing is a bijection, elements are injective, and each fault has its error.

use crate::common;
use assay_interface::{
    field::Scalar,
    schema::{ModelSchema, Side, TensorSchema, Visibility},
    statement::{
        PackError, Statement, StatementError, TensorValue, commit, digest_of_encoded, limbs_for, pack,
        unpack, values_per_limb,
    },
};
use proptest::prelude::*;

fn tensor(name: &str, visibility: Visibility) -> TensorSchema {
    TensorSchema {
        name: name.into(),
        shape: vec![3],
        bits: 8,
        scales: 0.into(),
        missing: Default::default(),
        visibility,
    }
}

fn schema() -> ModelSchema {
    let inputs = vec![tensor("x", Visibility::Public), tensor("secret", Visibility::Committed)];
    ModelSchema::new("m".into(), inputs, vec![tensor("y", Visibility::Public)]).expect("valid")
}

#[test]
fn packing_is_offset_binary_and_little_endian() {
    assert_eq!(pack(&[-128, 127, 0], 8), Ok(vec![Scalar::from(0x80_ff_00u64)]));
    assert_eq!(pack(&[-1, 0, 0, -1], 1), Ok(vec![Scalar::from(0b0110u64)]));
    assert_eq!(pack(&[1 << 31, 0], 32), Err(PackError::Range { index: 0, value: 1 << 31, bits: 32 }));
    assert_eq!(pack(&[(1 << 31) - 1, 0], 32), Ok(vec![Scalar::from(0x8000_0000_ffff_ffffu64)]));
    assert_eq!(pack(&[], 8), Ok(vec![]));
    // 16 values of 15 bits fill 240 of 248 bits; the seventeenth starts a limb.
    assert_eq!((values_per_limb(15), limbs_for(16, 15), limbs_for(17, 15)), (16, 1, 2));
    assert_eq!(pack(&[0; 17], 15).map(|limbs| limbs[1]), Ok(Scalar::from(1u64 << 14)));
}

#[test]
fn each_fault_of_packing_has_its_error() {
    assert_eq!(pack(&[0], 0), Err(PackError::Bits(0)));
    assert_eq!(unpack(&[], 0, 33), Err(PackError::Bits(33)));
    assert_eq!(pack(&[0, 128], 8), Err(PackError::Range { index: 1, value: 128, bits: 8 }));
    assert_eq!(pack(&[0, 0, -129], 8), Err(PackError::Range { index: 2, value: -129, bits: 8 }));
    assert_eq!(pack(&[i64::MIN], 32), Err(PackError::Range { index: 0, value: i64::MIN, bits: 32 }));
    assert_eq!(unpack(&[Scalar::ZERO], 32, 8), Err(PackError::LimbCount { expected: 2, given: 1 }));
    assert_eq!(unpack(&[Scalar::from(1u64 << 24)], 3, 8), Err(PackError::LimbPadding(0)));
    // 31 values of 8 bits fill all 248 bits; a bit above them cannot come from a packing.
    let mut bytes = [0; 32];
    bytes[0] = 1;
    let high = Scalar::from_be_bytes(bytes).expect("canonical");
    assert_eq!(unpack(&[high], 31, 8), Err(PackError::LimbPadding(0)));
}

#[test]
fn each_fault_of_a_statement_has_its_error() {
    let good = [1, 2, 3];
    let commitment = commit(Scalar::from(9u64), &good, 8).expect("in range");
    let (values, hidden) = (TensorValue::Values(&good), TensorValue::Commitment(commitment));
    let build =
        |inputs: &[TensorValue<'_>], outputs: &[&[i64]]| Statement::new(&schema(), [0; 32], inputs, outputs);
    assert!(build(&[values, hidden], &[&good]).is_ok());
    assert_eq!(
        build(&[values], &[&good]),
        Err(StatementError::TensorCount { side: Side::Input, expected: 2, given: 1 })
    );
    assert_eq!(
        build(&[values, hidden], &[]),
        Err(StatementError::TensorCount { side: Side::Output, expected: 1, given: 0 })
    );
    assert_eq!(
        build(&[values, values], &[&good]),
        Err(StatementError::ValuesForCommitted { tensor: "secret".into() })
    );
    assert_eq!(
        build(&[hidden, hidden], &[&good]),
        Err(StatementError::CommitmentForPublic { tensor: "x".into() })
    );
    assert_eq!(
        build(&[values, hidden], &[&[1, 2]]),
        Err(StatementError::ValueCount { side: Side::Output, tensor: "y".into(), expected: 3, given: 2 })
    );
    assert_eq!(
        build(&[TensorValue::Values(&[0, 0, 500]), hidden], &[&good]),
        Err(PackError::Range { index: 2, value: 500, bits: 8 }.into())
    );
}

#[test]
fn encoded_limbs_are_checked() {
    let domain = schema().domain();
    let digest = digest_of_encoded(&domain, &[0; 32], &[[0; 32], Scalar::MODULUS]);
    assert_eq!(digest, Err(StatementError::LimbNotCanonical(1)));
}

/// Values of `bits` bits, with the limits of the range among them.
fn values(bits: u8, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<i64>> {
    let bound = 1i64 << (bits - 1);
    proptest::collection::vec(prop_oneof![4 => -bound..bound, 1 => Just(-bound), 1 => Just(bound - 1)], count)
}

fn packable() -> impl Strategy<Value = (u8, Vec<i64>)> {
    (1u8..=32).prop_flat_map(|bits| (Just(bits), values(bits, 0..80)))
}

/// What a caller chooses: everything of a statement but the schema.
type Claim = ([u8; 32], Vec<Vec<i64>>, Vec<Vec<i64>>);

fn claim(schema: &ModelSchema) -> impl Strategy<Value = Claim> + use<> {
    let tensors = |list: &[TensorSchema]| -> Vec<_> {
        list.iter().map(|t| values(t.bits, t.elements()..t.elements() + 1)).collect()
    };
    (any::<[u8; 32]>(), tensors(schema.inputs()), tensors(schema.outputs()))
}

fn statement(schema: &ModelSchema, (context, inputs, outputs): &Claim) -> Statement {
    let inputs: Vec<_> = schema
        .inputs()
        .iter()
        .zip(inputs)
        .map(|(tensor, values)| match tensor.visibility {
            Visibility::Public => TensorValue::Values(values),
            Visibility::Committed => {
                TensorValue::Commitment(commit(Scalar::from(5u64), values, tensor.bits).expect("in range"))
            }
            // Root and nullifier of the values' own: as the circuit would find them in a tree of one leaf.
            Visibility::Member { .. } => {
                let root = commit(Scalar::from(5u64), values, tensor.bits).expect("in range");
                TensorValue::Member(assay_interface::member::Claim {
                    root,
                    scope: [3; 32],
                    nullifier: Scalar::from(6u64),
                })
            }
        })
        .collect();
    let outputs: Vec<_> = outputs.iter().map(Vec::as_slice).collect();
    Statement::new(schema, *context, &inputs, &outputs).expect("valid")
}

proptest! {
    #[test]
    fn unpack_inverts_pack((bits, values) in packable()) {
        let limbs = pack(&values, bits).unwrap();
        prop_assert_eq!(limbs.len(), limbs_for(values.len(), bits));
        prop_assert_eq!(unpack(&limbs, values.len(), bits), Ok(values));
    }

    #[test]
    fn pack_inverts_unpack_wherever_it_accepts((bits, values) in packable(), limb: prop::sample::Index, bit in 0usize..256) {
        let mut limbs = pack(&values, bits).unwrap();
        prop_assume!(!limbs.is_empty());
        let limb = limb.index(limbs.len());
        let mut bytes = limbs[limb].to_be_bytes();
        bytes[31 - bit / 8] ^= 1 << (bit % 8);
        let Ok(flipped) = Scalar::from_be_bytes(bytes) else { return Ok(()) };
        limbs[limb] = flipped;
        match unpack(&limbs, values.len(), bits) {
            Ok(other) => { prop_assert_ne!(&other, &values); prop_assert_eq!(pack(&other, bits), Ok(limbs)); }
            Err(error) => prop_assert_eq!(error, PackError::LimbPadding(limb)),
        }
    }

    #[test]
    fn out_of_range_is_refused((bits, mut values) in packable(), excess in 0i64..1000, below: bool, at: prop::sample::Index) {
        prop_assume!(!values.is_empty());
        let bound = 1i64 << (bits - 1);
        let value = if below { -bound - 1 - excess } else { bound + excess };
        let index = at.index(values.len());
        values[index] = value;
        prop_assert_eq!(pack(&values, bits), Err(PackError::Range { index, value, bits }));
    }

    #[test]
    fn distinct_claims_have_distinct_elements(
        (schema, left, right, pick) in common::schema().prop_flat_map(|schema| {
            let (left, right) = (claim(&schema), claim(&schema));
            (Just(schema), left, right, any::<prop::sample::Index>())
        })
    ) {
        let (a, b) = (statement(&schema, &left), statement(&schema, &right));
        prop_assert_eq!(a.elements() == b.elements(), left == right);
        prop_assert_eq!(a.elements().len(), 3 + schema.input_limbs() + schema.output_limbs());
        // A single changed value, anywhere, changes the elements and the digest.
        let mut near = left.clone();
        let tensor = pick.index(near.1.len() + near.2.len());
        let slot = &mut near.1.iter_mut().chain(&mut near.2).nth(tensor).unwrap()[0];
        *slot = -1 - *slot; // stays in range, never equal
        let c = statement(&schema, &near);
        prop_assert_ne!(a.elements(), c.elements());
        prop_assert_ne!(a.digest().unwrap(), c.digest().unwrap());
        let mut moved = left;
        moved.0[pick.index(32)] ^= 1;
        prop_assert_ne!(a.elements(), statement(&schema, &moved).elements());
    }

    #[test]
    fn distinct_schemas_share_no_element_list(
        (left, right) in (common::schema(), common::schema()), context: [u8; 32]
    ) {
        prop_assume!(left != right);
        let zeros = |schema: &ModelSchema| -> Claim {
            let of = |list: &[TensorSchema]| list.iter().map(|t| vec![0; t.elements()]).collect();
            (context, of(schema.inputs()), of(schema.outputs()))
        };
        let (a, b) = (statement(&left, &zeros(&left)), statement(&right, &zeros(&right)));
        prop_assert_ne!(a.elements()[0], b.elements()[0]);
    }

    #[test]
    fn the_digest_of_encoded_limbs_is_the_statements(
        (schema, claim) in common::schema().prop_flat_map(|schema| { let claim = claim(&schema); (Just(schema), claim) })
    ) {
        let statement = statement(&schema, &claim);
        let encoded: Vec<[u8; 32]> = statement.limbs.iter().map(|limb| limb.to_be_bytes()).collect();
        prop_assert_eq!(
            digest_of_encoded(&statement.domain, &statement.context, &encoded),
            Ok(statement.digest().unwrap())
        );
    }
}
