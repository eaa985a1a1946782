//! What `assay-cpi` states by itself is what the verifier program states.

use anchor_lang::Discriminator as _;
use assay_cpi::CpiError;
use assay_host::errors::ErrorTable;
use assay_interface::verifier::VERIFY;
use assay_verifier::instruction;
use assay_verifier_host::IDENTITY;

#[test]
fn the_address_is_the_programs() {
    assert_eq!(assay_cpi::VERIFIER, assay_verifier::ID.to_bytes());
}

#[test]
fn the_discriminator_is_the_instructions() {
    assert_eq!(VERIFY, instruction::Verify::DISCRIMINATOR);
}

#[test]
fn the_errors_have_their_names_in_the_programs_table() {
    use CpiError::*;
    let table = ErrorTable::of(&[IDENTITY]).unwrap();
    let all = [
        ForeignAnswer,
        WrongModel,
        NotAModel,
        WrongKey,
        WrongDomain,
        SetupRefused,
        TensorLayout,
        CallerProofLength,
    ];
    for error in all {
        let (program, listed) = table.by_code(error.code()).unwrap();
        assert_eq!(*program, assay_verifier::ID);
        assert_eq!(listed.name, format!("{error:?}"));
    }
    assert_eq!(table.by_code(CallerProofLength.code() + 1), None);
}
