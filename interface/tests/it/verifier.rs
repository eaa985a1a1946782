//! Instruction arguments and return data of the verifier program.

use assay_interface::{
    field::Scalar,
    groth16::{Proof, SetupKind},
    verifier::{ARGUMENTS_HEADER_LEN, RETURN_DATA_LEN, ReturnDataError, Verified, put_arguments},
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
    let mut data = vec![0xaa; 8];
    put_arguments(
        &mut data,
        &Proof::from_bytes([1; 256]),
        &[2; 32],
        &[Scalar::from(3u64), Scalar::from(4u64)],
    );
    assert_eq!(data.len(), 8 + ARGUMENTS_HEADER_LEN + 64);
    assert_eq!(data[8..264], [1; 256]);
    assert_eq!(data[264..296], [2; 32]);
    assert_eq!(data[296..300], [2, 0, 0, 0]);
    assert_eq!(data[331], 3);
    assert_eq!(data[363], 4);
}

proptest! {
    #[test]
    fn return_data_round_trips(model: [u8; 32], digest: [u8; 32], ceremony: bool) {
        let setup = if ceremony { SetupKind::Ceremony } else { SetupKind::Development };
        let verified = Verified { model, digest, setup };
        prop_assert_eq!(Verified::decode(&verified.encode()), Ok(verified));
    }
}
