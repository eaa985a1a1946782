//! The call.

use alloc::vec::Vec;
use core::borrow::Borrow;

use assay_interface::groth16::ProofRef;
use assay_interface::verifier::{RETURN_DATA_LEN, VERIFY, Verified, model_account, put_arguments};

use crate::{Claim, CpiError, Expect, Key, ModelAccount, Proven, VERIFIER};

/// Has the verifier program check `claim`, on the terms of `expect`.
///
/// The verifier program's account must be among those of the calling instruction. Nothing of `expect` may come from whoever
/// sends the transaction.
///
/// # Errors
/// [`CpiError`], as the framework's error. What the verifier refuses ends the transaction.
pub fn verify<'a, A: ModelAccount, L: Borrow<[u8; 32]>>(
    model: &A,
    claim: &Claim<'a, L>,
    expect: &Expect<'_>,
) -> Result<Proven<'a, L>, A::Error> {
    check_account(model, expect)?;
    let proof = ProofRef::from_slice(claim.proof).map_err(|_| CpiError::CallerProofLength)?;
    let mut data = Vec::with_capacity(VERIFY.len() + 40 + claim.proof.len() + 32 * claim.limbs.len());
    data.extend_from_slice(&VERIFY);
    put_arguments(&mut data, proof, claim.context, claim.limbs);
    model.call(&VERIFIER, &data)?;

    let Verified { model: proven, digest, setup } = answer(model)?;
    if proven != *expect.model {
        return Err(CpiError::WrongModel.into());
    }
    if !expect.setups.contain(setup) {
        return Err(CpiError::SetupRefused.into());
    }
    Ok(Proven::new(claim.limbs, digest, setup))
}

/// The account is the expected model's, with the expected key and domain. That it is a model, and not another account of the
/// verifier's, the verifier checks; neither the call nor a program other than the verifier can change what is read here.
fn check_account<A: ModelAccount>(model: &A, expect: &Expect<'_>) -> Result<(), A::Error> {
    if model.address() != expect.model {
        return Err(CpiError::WrongModel.into());
    }
    if !model.is_owned_by(&VERIFIER) {
        return Err(CpiError::NotAModel.into());
    }
    model.with_data(|data| {
        let key_hash = data.get(model_account::KEY_HASH).ok_or(CpiError::NotAModel)?;
        let domain = data.get(model_account::DOMAIN).ok_or(CpiError::NotAModel)?;
        match expect.key {
            Key::Hash(expected) if key_hash != expected => return Err(CpiError::WrongKey),
            Key::Hash(_) | Key::OfModel => {}
        }
        if domain == expect.domain { Ok(()) } else { Err(CpiError::WrongDomain) }
    })??;
    Ok(())
}

/// The verifier's answer to the last call.
fn answer<A: ModelAccount>(model: &A) -> Result<Verified, CpiError> {
    let returned = model.return_data().ok_or(CpiError::ForeignAnswer)?;
    if returned.program != VERIFIER || returned.length != RETURN_DATA_LEN {
        return Err(CpiError::ForeignAnswer);
    }
    Verified::decode(&returned.bytes).map_err(|_| CpiError::ForeignAnswer)
}
