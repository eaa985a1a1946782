//! What `assay-cpi` states by itself is what the verifier program states.

use anchor_lang::Discriminator as _;
use assay_cpi::CpiError;
use assay_host::errors::ErrorTable;
use assay_interface::verifier::{
    RECORD, RECORD_BATCH, VERIFY, VERIFY_BATCH, attestation_account, attestor_set_account, model_account,
    series_account,
};
use assay_verifier::{Attestation, AttestorSet, Model, Series, instruction};
use assay_verifier_host::IDENTITY;

#[test]
fn the_address_is_the_programs() {
    assert_eq!(assay_cpi::VERIFIER, assay_verifier::ID.to_bytes());
}

#[test]
fn the_discriminators_are_the_programs() {
    assert_eq!(VERIFY, instruction::Verify::DISCRIMINATOR);
    assert_eq!(RECORD, instruction::Record::DISCRIMINATOR);
    assert_eq!(VERIFY_BATCH, instruction::VerifyBatch::DISCRIMINATOR);
    assert_eq!(RECORD_BATCH, instruction::RecordBatch::DISCRIMINATOR);
    assert_eq!(model_account::DISCRIMINATOR, Model::DISCRIMINATOR);
    assert_eq!(attestor_set_account::DISCRIMINATOR, AttestorSet::DISCRIMINATOR);
    assert_eq!(attestation_account::DISCRIMINATOR, Attestation::DISCRIMINATOR);
    assert_eq!(series_account::DISCRIMINATOR, Series::DISCRIMINATOR);
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
        MutableModel,
        NotAttested,
        WrongSeries,
        WrongStatements,
    ];
    for error in all {
        let (program, listed) = table.by_code(error.code()).unwrap();
        assert_eq!(*program, assay_verifier::ID);
        assert_eq!(listed.name, format!("{error:?}"));
    }
    assert_eq!(table.by_code(WrongStatements.code() + 1), None);
}
