//! The call for several statements at once.

use alloc::vec::Vec;
use core::borrow::Borrow;

use assay_interface::field::Scalar;
use assay_interface::groth16::SetupKind;
use assay_interface::statement::digest_of_encoded;
use assay_interface::verifier::{VERIFY_BATCH, VerifiedBatch, digests_hash, put_batch};

use crate::verify::{check_account, same};
use crate::{Account, CpiError, Expect, Role, VERIFIER};

/// What somebody claims about a model, several times.
#[derive(Debug)]
pub struct BatchClaim<'a> {
    /// The bytes of the batch, as `assay_interface::groth16::batch` lays them out: from whoever calls the program.
    pub batch: &'a [u8],
    /// The digests of the statements that the program acts on, in the batch's order: computed by the program itself, with
    /// [`digest`]. A digest that comes from whoever calls the program says nothing.
    pub digests: &'a [Scalar],
}

/// The digest of a statement: of the expected domain, a context of the program's own, and limbs that the program packed or will
/// read. About 2,100 compute units for two limbs.
///
/// # Errors
/// [`CpiError::WrongStatements`]: a limb is no element of the field, so no statement has it.
pub fn digest(
    domain: &[u8; 32],
    context: &[u8; 32],
    limbs: &[impl Borrow<[u8; 32]>],
) -> Result<Scalar, CpiError> {
    let wrong = CpiError::WrongStatements;
    let domain = Scalar::from_be_bytes(*domain).map_err(|_| wrong)?;
    let limbs: Vec<[u8; 32]> = limbs.iter().map(|limb| *limb.borrow()).collect();
    digest_of_encoded(&domain, context, &limbs).map_err(|_| wrong)
}

/// Has the verifier program check a batch, on the terms of `expect`, and returns how the model's key was made: every digest
/// of the claim, and no other, was proven.
///
/// The verifier program's account must be among those of the calling instruction. Nothing of `expect` may come from whoever
/// sends the transaction. Pays from two statements on: a further one costs about a quarter of [`crate::verify`].
///
/// # Errors
/// [`CpiError`], as the framework's error; [`CpiError::WrongStatements`] where the batch proves other statements than the
/// claim names, or in another order. What the verifier refuses ends the transaction.
pub fn verify_batch<A: Account>(
    model: &A,
    claim: &BatchClaim<'_>,
    expect: &Expect<'_>,
) -> Result<SetupKind, A::Error> {
    check_account(model, expect)?;
    let mut data = Vec::with_capacity(VERIFY_BATCH.len() + 4 + claim.batch.len());
    data.extend_from_slice(&VERIFY_BATCH);
    put_batch(&mut data, claim.batch);
    model.call(&VERIFIER, [(model, Role::Reads)], &data)?;
    Ok(proven(model, claim, expect)?)
}

/// What the verifier's answer to the last call says of the claim.
fn proven<A: Account>(
    caller: &A,
    claim: &BatchClaim<'_>,
    expect: &Expect<'_>,
) -> Result<SetupKind, CpiError> {
    let returned = caller.return_data().ok_or(CpiError::ForeignAnswer)?;
    if !same(&returned.program, &VERIFIER) {
        return Err(CpiError::ForeignAnswer);
    }
    let answer = returned.returned().ok_or(CpiError::ForeignAnswer)?;
    let answer = VerifiedBatch::decode(answer).map_err(|_| CpiError::ForeignAnswer)?;
    if !same(&answer.model, expect.model) {
        return Err(CpiError::WrongModel);
    }
    if !expect.setups.contain(answer.setup) {
        return Err(CpiError::SetupRefused);
    }
    let is_claimed = usize::from(answer.count) == claim.digests.len()
        && same(&answer.digests_hash, &digests_hash(claim.digests));
    if is_claimed { Ok(answer.setup) } else { Err(CpiError::WrongStatements) }
}
