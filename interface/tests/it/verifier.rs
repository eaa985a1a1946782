//! Instruction arguments and return data of the verifier program, and the hashes that it shares with its readers.

use assay_interface::{
    field::Scalar,
    groth16::{KeyRef, Proof, SetupKind, VerifyingKey},
    sha256,
    verifier::{
        RETURN_DATA_LEN, ReturnDataError, Verified, attestor_set_id, audit_extend, audit_start, model_id,
        put_arguments, series_id,
    },
};
use proptest::prelude::*;

#[test]
fn return_data_of_a_wrong_length_or_kind_is_refused() {
    assert_eq!(Verified::decode(&[]), Err(ReturnDataError::Length(0)));
    assert_eq!(Verified::decode(&[0; 66]), Err(ReturnDataError::Length(66)));
    let mut bytes = [0; RETURN_DATA_LEN];
    bytes[64] = 2;
    assert_eq!(Verified::decode(&bytes), Err(ReturnDataError::SetupKind(2)));
}

#[test]
fn arguments_lie_where_the_layout_says() {
    for length in [256, 384] {
        let mut data = vec![0xaa; 8];
        let proof = Proof::from_slice(&vec![1; length]).unwrap();
        put_arguments(&mut data, &proof, &[2; 32], &[Scalar::from(3u64), Scalar::from(4u64)]);
        let (arguments, limbs) = data[8..].split_at(4 + length + 32 + 4);
        assert_eq!(arguments[..4], (length as u32).to_le_bytes());
        assert_eq!(arguments[4..4 + length], vec![1; length]);
        assert_eq!(arguments[4 + length..][..32], [2; 32]);
        assert_eq!(arguments[4 + length + 32..], [2, 0, 0, 0]);
        assert_eq!((limbs.len(), limbs[31], limbs[63]), (64, 3, 4));
    }
}

#[test]
fn the_end_of_a_key_is_not_the_start_of_a_schema() {
    let bytes: Vec<u8> = (0..768 + 40).map(|i| i as u8).collect();
    let id = |key: usize| {
        let (key, schema) = bytes.split_at(key);
        model_id(SetupKind::Development, &[0; 32], KeyRef::from_slice(key).unwrap(), schema)
    };
    assert_ne!(id(576), id(768));
    let key = VerifyingKey::from_slice(&bytes[..768]).unwrap();
    let expected = [&b"assay:model:v2\0"[..], &[1], &[7; 32], &sha256(&[&bytes[..768]]), b"schema"].concat();
    assert_eq!(model_id(SetupKind::Ceremony, &[7; 32], &key, b"schema"), sha256(&[&expected]));
}

#[test]
fn setup_and_transcript_are_part_of_a_model() {
    let bytes: Vec<u8> = (0..768).map(|i| i as u8).collect();
    let key = VerifyingKey::from_slice(&bytes).unwrap();
    let id = |setup, hash: u8| model_id(setup, &[hash; 32], &key, b"schema");
    let ids = [id(SetupKind::Development, 0), id(SetupKind::Ceremony, 0), id(SetupKind::Ceremony, 1)];
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[2] != ids[0]);
}

#[test]
fn the_ids_of_sets_and_series_are_their_formulas() {
    let members = [[1; 32], [2; 32]];
    let set = [&b"assay:attestors:v1\0"[..], &[2], &[1; 32], &[2; 32]].concat();
    assert_eq!(attestor_set_id(2, &members), sha256(&[&set]));
    let series = [&b"assay:series:v1\0"[..], &86_400_i64.to_le_bytes(), &[3; 32], &[4; 32], b"name"].concat();
    assert_eq!(series_id(86_400, &[3; 32], &[4; 32], b"name"), sha256(&[&series]));
}

#[test]
fn the_audit_chain_is_its_formula() {
    let start = audit_start(&[7; 32]);
    assert_eq!(start, sha256(&[b"assay:audit:v1\0", &[7; 32]]));
    let mut step = [start, [9; 32]].concat();
    step.extend(1_700_000_000i64.to_le_bytes());
    assert_eq!(audit_extend(&start, &[9; 32], 1_700_000_000), sha256(&[&step]));
}

proptest! {
    #[test]
    fn return_data_round_trips(model: [u8; 32], digest: [u8; 32], ceremony: bool) {
        let setup = if ceremony { SetupKind::Ceremony } else { SetupKind::Development };
        let verified = Verified { model, digest, setup };
        prop_assert_eq!(Verified::decode(&verified.encode()), Ok(verified));
    }
}
